#!/usr/bin/env bash
# Whitening: seconds and memory, beside the peers that Python has.
# N, D choose the size (7050 4096), RANK the columns wanted (64); FULL=1 adds
# LAPACK's whole SVD, a minute or two.
# shellcheck source=tests/bench/features.inc
. "$TOP/tests/bench/features.inc"
features "${N:=7050}" "${D:=4096}"
: "${RANK:=64}"

measure "stair-whiten" stair-whiten -v -d "$RANK" -o init.npz features.npy
peer "NumPy, Gram matrix and eigh" "" "
y = x - x.mean(0)
w, v = np.linalg.eigh(y.T @ y)
y @ v[:, -$RANK:]"
if [ "${FULL:-0}" = 1 ]; then
	peer "SciPy, LAPACK's thin SVD" "import scipy.linalg" "
scipy.linalg.svd(x - x.mean(0), full_matrices=False, overwrite_a=True)"
fi
peer "scikit-learn randomized_svd (approximate)" "from sklearn.utils.extmath import randomized_svd" "
randomized_svd(x - x.mean(0), $RANK, random_state=1)"
peer "torch.linalg.svd" "import torch" "
torch.linalg.svd(torch.from_numpy(x - x.mean(0)), full_matrices=False)"
if [ -e "$DATA/amazon-sports/text_knn10.npz" ]; then
	measure "stair-whiten, similarities of 18,357 items" stair-whiten -v -o s.npz "$DATA/amazon-sports/text_knn10.npz"
	cp "$DATA/amazon-sports/text_knn10.npz" k.npz
	peer "SciPy eigsh on them" "import scipy.sparse as sp, scipy.sparse.linalg as sl" "
k = sp.load_npz('k.npz').astype('f8'); k = k.maximum(k.T); n = k.shape[0]
def f(v):
    v = v - v.mean(0)
    y = k @ v
    return y - y.mean(0)
sl.eigsh(sl.LinearOperator((n, n), matvec=f, matmat=f, dtype='f8'), 64, which='LA', tol=1e-6)"
fi
