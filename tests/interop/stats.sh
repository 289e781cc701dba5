#!/usr/bin/env bash
# stair-compare's tests against SciPy's.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "SciPy's t-tests" "SciPy is not there" && done_testing; }

$PY "$TOP/tests/interop/stats.py" make || exit 1
for n in 2 5 40; do
	# shellcheck disable=SC2086
	runs "$n runs" stair-compare -o "runs$n.tsv" a= a$n-*.tsv b= b$n-*.tsv
done
runs "users" stair-compare -o users.tsv a=ua.tsv b=ub.tsv
runs "all equal SciPy's" "$PY" "$TOP/tests/interop/stats.py" check
done_testing
