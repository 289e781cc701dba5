#!/usr/bin/env bash
# stair-features against NumPy and SciPy: vectors in every form that it reads and
# graphs of items, with ids in any order, some unknown and some missing.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "vectors and graphs against NumPy and SciPy" "they are not there" && done_testing; }

for seed in 1 2 3; do
	runs "seed $seed" "$PY" "$TOP/tests/interop/features.py" $seed
done
done_testing
