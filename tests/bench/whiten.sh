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
peer "torch.linalg.svd" "import torch" "
torch.linalg.svd(torch.from_numpy(x - x.mean(0)), full_matrices=False)"
# the worst |F^T u - s v| / s of its u, s and v
residual="
y = x.astype('f8'); y -= y.mean(0); v = v.T.astype('f8')
u = y @ v; s = np.linalg.norm(u, axis=0)
print('  residual %.2g' % (np.linalg.norm(y.T @ (u / s) - s * v, axis=0) / s).max())"
measure "stair-whiten --tol 1e-3" stair-whiten -v --tol 1e-3 -d "$RANK" -o init.npz features.npy
for n in 7 20 32; do
	peer "scikit-learn randomized_svd, $n iterations" "from sklearn.utils.extmath import randomized_svd" "
u, s, v = randomized_svd(x - x.mean(0), $RANK, n_iter=$n, random_state=1)" "$residual"
done

for s in baby sports; do
	for f in text image; do
		graph=$DATA/amazon-$s/${f}_knn10.npz
		[ -e "$graph" ] || continue
		measure "stair-whiten, $s, similarities of $f" stair-whiten -v -d "$RANK" -o s.npz "$graph"
		cp "$graph" k.npz
		peer "SciPy eigsh on them" "import scipy.sparse as sp, scipy.sparse.linalg as sl" "
k = sp.load_npz('k.npz').astype('f8'); k = k.maximum(k.T).tocsr(); n = k.shape[0]
def f(v):
    v = v - v.mean(0)
    y = k @ v
    return y - y.mean(0)
sl.eigsh(sl.LinearOperator((n, n), matvec=f, matmat=f, dtype='f8'), $RANK, which='LA', tol=1e-6)"
	done
done
