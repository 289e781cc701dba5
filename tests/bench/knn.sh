#!/usr/bin/env bash
# Neighbours by cosine: seconds and memory, beside the peers that Python has.
# N, D, K choose the size (7050 4096 5); N=63001 needs 1 GB of disk and memory.
# shellcheck source=tests/bench/features.inc
. "$TOP/tests/bench/features.inc"
features "${N:=7050}" "${D:=4096}"
: "${K:=5}"

measure "stair-knn --low-memory" stair-knn -v --low-memory -o low.npz "features.npy:$K"
measure "stair-knn, in memory" stair-knn -v -o graph.npz "features.npy:$K"
cmp graph.npz low.npz
peer "sklearn NearestNeighbors" "from sklearn.neighbors import NearestNeighbors" \
	"NearestNeighbors(n_neighbors=$K + 1, algorithm='brute', metric='cosine').fit(x).kneighbors(x)"
peer "NumPy, blocks and argpartition" "" "
y = x / np.linalg.norm(x, axis=1)[:, None]
for b in range(0, len(y), 1024):
    s = y[b:b + 1024] @ y.T
    s[np.arange(len(s)), b + np.arange(len(s))] = -1
    np.argpartition(-s, $K, axis=1)[:, :$K]"
peer "torch topk" "import torch" "
y = torch.nn.functional.normalize(torch.from_numpy(x))
for b in range(0, len(y), 1024):
    torch.topk(y[b:b + 1024] @ y.T, $K + 1)"
peer "faiss IndexFlatIP" "import faiss" "
y = x / np.linalg.norm(x, axis=1)[:, None]
i = faiss.IndexFlatIP(y.shape[1]); i.add(y); i.search(y, $K + 1)"
