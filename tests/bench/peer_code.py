"""What peers.py runs, each in a process of its own.

Usage: peer_code.py prepare SIZE
       peer_code.py peer STAGE NAME OUT     prints [seconds, MB]; OUT is a .npy
       peer_code.py check STAGE OURS OUT    prints in what OUT differs from ours
       peer_code.py model OUT               writes OUT.npz for stair-eval
"""
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import scipy.sparse as sp

PEERS = {}  # stage -> {name: function}


def peer(stage, name):
    """A generator function: prepares, yields, computes, yields its result."""
    def keep(f):
        PEERS.setdefault(stage, {})[name] = f
        return f
    return keep


# -- the shop, and what the stages read ------------------------------------------


def sh(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def prepare(size):
    sh("stair-synth", "-q", "--like", size, "-o", ".")
    sh("stair-ingest", "-q", "--core", "5", "--split", "ratio:8:1:1", "-o", "data.npz", "interactions.csv.gz")
    for f in "text", "image":
        sh("stair-features", "-q", "--data", "data.npz", "--ids", "item_ids.txt", "-o", f + ".npz", f + ".npy")
    np.save("features.npy", np.load("image.npz")["x"])
    sh("stair-knn", "-q", "-o", "items.npz", "text.npz:5", "image.npz:1")
    sh("stair-knn", "-q", "--values", "cosine", "-o", "similar.npz", "text.npz:10")
    sh("stair-whiten", "-q", "-o", "init.npz", "text.npz:5", "image.npz:1")
    sh("stair-train", "-q", "--model", "mf", "--data", "data.npz", "--epochs", "20", "--eval-every", "20", "-o", "mf.npz")


def train():
    d = np.load("data.npz")
    n = len(d["train_indices"])
    return sp.csr_matrix((np.ones(n, "f4"), d["train_indices"], d["train_indptr"]),
                         shape=(len(d["user_ids"]), len(d["item_ids"])))


# -- the stages: our command, and whether a peer's result is ours ------------------


def same_counts(ours, theirs):
    d = np.load(ours)
    want = [len(d["user_ids"]), len(d["item_ids"])]
    return "" if list(theirs[:2]) == want else "other counts: %s" % theirs


def same_neighbours(ours, theirs):
    """By their cosines, as rows that are equal tie."""
    x = np.load("features.npy").astype("f8")
    x /= np.linalg.norm(x, axis=1)[:, None]
    a = sp.load_npz(ours).tocsr()
    kept = 0
    for i in range(len(x)):
        least = (x[a.indices[a.indptr[i]:a.indptr[i + 1]]] @ x[i]).min()
        kept += (x[theirs[i]] @ x[i] > least - 1e-6).sum()
    part = kept / theirs.size
    return "" if part > .9999 else "%.4f of the neighbours" % part


def residual(x, v):
    """The worst |F^T u - s v| / s of right singular vectors v."""
    y = x.astype("f8")
    y -= y.mean(0)
    v = v.astype("f8")
    u = y @ v
    s = np.linalg.norm(u, axis=0)
    return (np.linalg.norm(y.T @ (u / s) - s * v, axis=0) / s).max()


def vectors_of(x, q):
    """Right singular vectors that belong to left ones, up to scale."""
    y = x.astype("f8")
    y -= y.mean(0)
    v = y.T @ q.astype("f8")
    return v / np.linalg.norm(v, axis=0)


def residuals(ours, theirs):
    x = np.load("features.npy")
    a, b = residual(x, vectors_of(x, np.load(ours)["x"])), residual(x, theirs)
    return "residual %.1e, ours %.1e" % (b, a)


def same_space(ours, theirs):
    q, _ = np.linalg.qr(np.load(ours)["x"].astype("f8"))
    cosines = np.linalg.svd(q.T @ theirs, compute_uv=False)
    return "" if cosines.min() > .999 else "another space: a cosine of %.3f" % cosines.min()


def same_lists(ours, theirs):
    d = np.load("data.npz")
    place = {s: i for i, s in enumerate(d["item_ids"].tolist())}
    who = {s: i for i, s in enumerate(d["user_ids"].tolist())}
    mine = np.full(theirs.shape, -1)
    with open(ours, "rb") as f:
        for line in f:
            user, rank, item = line.split(b"\t")[:3]
            mine[who[user], int(rank) - 1] = place[item]
    part = (mine == theirs)[mine >= 0].mean()
    return "" if part > .999 else "%.4f of the places" % part


CHECKS = {"ingest": same_counts, "knn": same_neighbours, "whiten": residuals, "whiten-1e-3": residuals,
          "whiten-graph": same_space, "recommend": same_lists}


@peer("ingest", "pandas")
def ingest_pandas():
    import pandas
    yield
    t = pandas.read_csv("interactions.csv.gz")
    t = t.drop_duplicates(["user", "item"])
    _, users = pandas.factorize(t["user"])
    _, items = pandas.factorize(t["item"])
    yield np.array([len(users), len(items)])


@peer("ingest", "polars")
def ingest_polars():
    import polars
    yield
    t = polars.read_csv("interactions.csv.gz").unique(["user", "item"], keep="first", maintain_order=True)
    codes = [t[c].cast(polars.Categorical).to_physical().to_numpy() for c in ("user", "item")]
    yield np.array([len(np.unique(c)) for c in codes])


def without_self(found, k=5):
    """Lists of k + 1 that may hold the row itself."""
    own = np.arange(len(found))[:, None]
    key = np.where(found == own, found.shape[1], np.arange(found.shape[1])[None, :])
    return np.take_along_axis(found, np.argsort(key, axis=1, kind="stable"), 1)[:, :k]


@peer("knn", "torch")
def knn_torch():
    import torch
    x = torch.from_numpy(np.load("features.npy"))
    yield
    y = torch.nn.functional.normalize(x)
    top = [torch.topk(y[b:b + 1024] @ y.T, 6)[1] for b in range(0, len(y), 1024)]
    yield without_self(torch.cat(top).numpy())


@peer("knn", "faiss IndexFlatIP")
def knn_faiss():
    import faiss
    x = np.load("features.npy")
    yield
    y = x / np.linalg.norm(x, axis=1)[:, None]
    index = faiss.IndexFlatIP(y.shape[1])
    index.add(y)
    yield without_self(index.search(y, 6)[1])


@peer("knn", "scikit-learn, brute")
def knn_sklearn():
    from sklearn.neighbors import NearestNeighbors
    x = np.load("features.npy")
    yield
    n = NearestNeighbors(n_neighbors=6, algorithm="brute", metric="cosine").fit(x)
    yield without_self(n.kneighbors(x)[1])


@peer("knn", "hnswlib (approximate)")
def knn_hnswlib():
    import hnswlib
    x = np.load("features.npy")
    yield
    index = hnswlib.Index("cosine", x.shape[1])
    index.init_index(len(x), ef_construction=100, M=16)
    index.add_items(x)
    index.set_ef(50)
    yield without_self(index.knn_query(x, 6)[0].astype("i8"))


def randomised(n_iter):
    from sklearn.utils.extmath import randomized_svd
    x = np.load("features.npy")
    yield
    _, _, v = randomized_svd(x - x.mean(0), 64, n_iter=n_iter, random_state=1)
    yield v.T


@peer("whiten", "scikit-learn, 32 iterations")
def whiten_sklearn():
    yield from randomised(32)


@peer("whiten", "NumPy, Gram and eigh")
def whiten_numpy():
    x = np.load("features.npy")
    yield
    y = x - x.mean(0)
    yield np.linalg.eigh(y.T @ y)[1][:, -64:]


@peer("whiten", "torch.linalg.svd")
def whiten_torch():
    import torch
    x = torch.from_numpy(np.load("features.npy"))
    yield
    yield torch.linalg.svd(x - x.mean(0), full_matrices=False)[2][:64].T.numpy()


@peer("whiten-1e-3", "scikit-learn, default")
def whiten_sklearn_default():
    yield from randomised("auto")


@peer("whiten-1e-3", "scikit-learn, 20 iterations")
def whiten_sklearn_20():
    yield from randomised(20)


@peer("whiten-graph", "SciPy eigsh")
def whiten_eigsh():
    import scipy.sparse.linalg as sl
    k = sp.load_npz("similar.npz").astype("f8")
    yield
    k = k.maximum(k.T).tocsr()
    n = k.shape[0]

    def centred(v):
        y = k @ (v - v.mean(0))
        return y - y.mean(0)
    op = sl.LinearOperator((n, n), matvec=centred, matmat=centred, dtype="f8")
    yield sl.eigsh(op, 64, which="LA", tol=1e-6)[1]


@peer("itemknn", "implicit CosineRecommender")
def itemknn_implicit():
    from implicit.nearest_neighbours import CosineRecommender
    r = train()
    yield
    m = CosineRecommender(K=int(os.environ.get("NEIGHBORS", 200)), num_threads=int(os.environ["OMP_NUM_THREADS"]))
    m.fit(r, show_progress=False)
    yield np.array([m.similarity.nnz])


def masked_rows():
    d = np.load("data.npz")
    parts = [sp.csr_matrix((np.ones(len(d[p + "_indices"]), "f4"), d[p + "_indices"], d[p + "_indptr"]),
                           shape=(len(d["user_ids"]), len(d["item_ids"]))) for p in ("train", "valid", "test")]
    return (parts[0] + parts[1] + parts[2]).tocsr()


@peer("recommend", "NumPy, sgemm and argpartition")
def recommend_numpy():
    m, seen = np.load("mf.npz"), masked_rows()
    yield
    out = []
    for a in range(0, len(m["user"]), 1024):
        s = m["user"][a:a + 1024] @ m["item"].T
        s[seen[a:a + 1024].nonzero()] = -np.inf
        top = np.argpartition(-s, 20, axis=1)[:, :20]
        order = np.argsort(-np.take_along_axis(s, top, 1), axis=1, kind="stable")
        out.append(np.take_along_axis(top, order, 1))
    yield np.concatenate(out)


@peer("recommend", "implicit")
def recommend_implicit():
    from implicit.cpu.matrix_factorization_base import MatrixFactorizationBase

    class Model(MatrixFactorizationBase):
        def fit(self, *a, **k):
            pass

        def save(self, *a, **k):
            pass
    m, seen = np.load("mf.npz"), masked_rows()
    model = Model(num_threads=int(os.environ["OMP_NUM_THREADS"]))
    model.user_factors, model.item_factors = m["user"], m["item"]
    yield
    users = np.arange(len(m["user"]))
    yield model.recommend(users, seen[users], N=20, filter_already_liked_items=True)[0]


@peer("recommend", "torch")
def recommend_torch():
    import torch
    m, seen = np.load("mf.npz"), masked_rows()
    user, item = torch.from_numpy(m["user"]), torch.from_numpy(m["item"])
    yield
    out = []
    for a in range(0, len(user), 1024):
        s = user[a:a + 1024] @ item.T
        row, column = seen[a:a + 1024].nonzero()
        s[torch.from_numpy(row), torch.from_numpy(column)] = -torch.inf
        out.append(torch.topk(s, 20)[1])
    yield torch.cat(out).numpy()


# -- quality against seconds ---------------------------------------------------------


def factors(model):
    r = train()
    yield
    model.fit(r, show_progress=False)
    yield np.concatenate([model.user_factors, model.item_factors])


for n in 5, 15, 50:
    def als(n=n):
        from implicit.cpu.als import AlternatingLeastSquares
        yield from factors(AlternatingLeastSquares(
            factors=64, iterations=n, random_state=1, num_threads=int(os.environ["OMP_NUM_THREADS"])))
    peer("quality", "implicit ALS, %d iterations" % n)(als)
for n in 1, 50, 200, 1000:
    def bpr(n=n):
        from implicit.cpu.bpr import BayesianPersonalizedRanking
        yield from factors(BayesianPersonalizedRanking(
            factors=64, iterations=n, random_state=1, num_threads=int(os.environ["OMP_NUM_THREADS"])))
    peer("quality", "implicit BPR, %d epochs" % n)(bpr)


# -- running ------------------------------------------------------------------------


def run_peer(stage, name, out):
    steps = PEERS[stage][name]()
    next(steps)
    t = time.perf_counter()
    result = next(steps)
    t = time.perf_counter() - t
    np.save(out, result)
    print(json.dumps([t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3]))


def check(stage, ours, theirs):
    print(CHECKS[stage](ours, np.load(theirs)) if stage in CHECKS else "")


def model(out):
    users, x = len(np.load("data.npz")["user_ids"]), np.load(out).astype("f4")
    np.savez(out + ".npz", user=x[:users], item=x[users:])


def names(stage):
    print("\n".join(PEERS[stage]))


if __name__ == "__main__":
    {"prepare": prepare, "peer": run_peer, "check": check, "model": model, "names": names}[sys.argv[1]](*sys.argv[2:])
