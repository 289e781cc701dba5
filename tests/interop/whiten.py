"""stair-whiten against NumPy's SVD and eigenvalue solver, and what STAIR's
untrained model scores with its output."""
import gzip
import sys

import numpy as np
import scipy.sparse as sp

D = 12


def make():
    r = np.random.default_rng(2)
    n = 800
    scale = np.arange(1, 61) ** -0.7
    text = (r.standard_normal((n, 60)) * scale) @ np.linalg.qr(r.standard_normal((60, 60)))[0] + 3
    np.save("text.npy", text)
    wide = r.standard_normal((n, 700)).astype("f4")
    wide[:, :40] *= np.linspace(9, 3, 40)
    np.savez("wide.npz", x=wide)
    np.save("few.npy", wide[:100])
    s = text - text.mean(0)
    s = np.maximum(s @ s.T / 60, 0)
    s[s < np.sort(s, axis=1)[:, -30][:, None]] = 0
    sp.save_npz("graph.npz", sp.csr_matrix(s.astype("f4")))


def signed(q, n, d):
    top = abs(q).argmax(0)
    return q * np.sign(q[top, np.arange(d)]) * np.sqrt(n / d)


def svd(x):
    x = x.astype("f4").astype("f8")
    q, _, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    return signed(q[:, :D], len(x), D)


def check():
    text, wide = svd(np.load("text.npy")), svd(np.load("wide.npz")["x"])
    few = svd(np.load("few.npy"))
    for name, want in ("text", text), ("wide", wide), ("few", few), ("both", (5 * text + wide) / 6):
        got = np.load(name + ".out")["x"]
        assert got.dtype == np.float32
        assert abs(got - want).max() < 2e-5, (name, abs(got - want).max())
    k = sp.load_npz("graph.npz").astype("f8")
    k = k.maximum(k.T).toarray()
    j = np.eye(len(k)) - 1 / len(k)
    w, q = np.linalg.eigh(j @ k @ j)
    want = signed(q[:, ::-1][:, :D], len(k), D)
    got = np.load("graph.out")["x"]
    assert abs(got - want).max() < 2e-5, abs(got - want).max()


def untrained(directory, name, init, gamma, layers=3):
    """Valid R@10, R@20, N@20 of stepwise convolution without training."""
    with gzip.open(f"{directory}/{name}.inter.gz", "rt") as f:
        a = np.loadtxt(f, skiprows=1, dtype=np.int64)
    e = np.load(init)["x"].astype("f8")
    users, (items, d) = a[:, 0].max() + 1, e.shape
    part = lambda p: sp.csr_matrix((np.ones((a[:, 2] == p).sum()), a[a[:, 2] == p, :2].T), shape=(users, items))
    train, valid = part(0), part(1)
    degree = np.asarray(train.sum(1)).ravel()
    v = np.vstack([sp.diags(1 / np.maximum(degree, 1)) @ train @ e, e])
    adj = sp.bmat([[None, train], [train.T, None]]).tocsr()
    degree = np.asarray(adj.sum(1)).ravel()
    half = sp.diags(np.where(degree > 0, np.maximum(degree, 1) ** -0.5, 0))
    beta = 0.9 * (1 - (np.arange(d) / d) ** gamma)
    total = v.copy()
    for _ in range(layers):
        v = (half @ adj @ half @ v) * beta
        total += v
    h = total * (1 - beta) / (1 - beta ** (layers + 1))
    gain = 1 / np.log2(np.arange(2, 22))
    found = np.zeros(3)
    who = np.unique(a[a[:, 2] == 1, 0])
    for at in range(0, len(who), 2000):
        u = who[at:at + 2000]
        s = h[u] @ h[users:].T
        seen = train[u].tocoo()
        s[seen.row, seen.col] = -np.inf
        top = np.argpartition(-s, 20, axis=1)[:, :20]
        order = np.argsort(-np.take_along_axis(s, top, 1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, 1)
        hit = np.asarray(valid[np.repeat(u, 20), top.ravel()]).reshape(-1, 20) > 0
        n = np.asarray(valid[u].sum(1)).ravel().astype(int)
        ideal = np.cumsum(gain)[np.minimum(n, 20) - 1]
        found += (hit[:, :10].sum(1) / n).sum(), (hit.sum(1) / n).sum(), ((hit * gain).sum(1) / ideal).sum()
    print(" ".join(f"{x:.4f}" for x in found / len(who)))


if sys.argv[1] == "untrained":
    untrained(*sys.argv[2:5], float(sys.argv[5]))
else:
    {"make": make, "check": check}[sys.argv[1]]()
