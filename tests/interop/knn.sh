#!/usr/bin/env bash
# stair-knn on files that NumPy wrote, against NumPy and scikit-learn.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ "$PY" ] || { skip "NumPy twin" "NumPy is not there" && done_testing; }

$PY "$TOP/tests/interop/knn.py" make || exit 1
runs "two kinds of files" stair-knn -o both.npz text.npy:5 image.npz:3
runs "cosines" stair-knn --directed --values cosine -o near.npz text.npy:5
runs "the graph is NumPy's" "$PY" "$TOP/tests/interop/knn.py" check
if $PY -c 'import sklearn.neighbors' 2>/dev/null; then
	runs "cosines are scikit-learn's" "$PY" "$TOP/tests/interop/knn.py" sklearn
else
	skip "cosines are scikit-learn's" "scikit-learn is not there"
fi
done_testing
