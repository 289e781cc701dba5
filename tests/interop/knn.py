"""Features for stair-knn, and its graphs against NumPy and scikit-learn."""
import sys

import numpy as np
import scipy.sparse as sp


def make():
    r = np.random.default_rng(1)
    n = 900
    text = r.standard_normal((n, 40)) @ r.standard_normal((40, 64))
    text[100:130] = text[7]
    np.save("text.npy", text)
    image = np.maximum(r.standard_normal((n, 500)) + 0.5, 0)
    image[::9] = image[3]
    np.savez_compressed("image.npz", ids=np.arange(n), x=image.astype("f2"))
    np.save("text32.npy", text.astype("f4"))


def lists(x, k):
    """Neighbours by cosine in double, ties to the smaller index."""
    x = x.astype("f4").astype("f8")
    x /= np.linalg.norm(x, axis=1)[:, None]
    s = np.round((x @ x.T) * 2.0**44) / 2.0**44
    s = np.where(s > 1 - 1e-12, 1.0, s)
    np.fill_diagonal(s, -9)
    return np.argsort(-s, axis=1, kind="stable")[:, :k], s


def check():
    text, image = np.load("text.npy"), np.load("image.npz")["x"]
    n = len(text)
    want = np.zeros((n, n))
    for x, k in (text, 5), (image, 3):
        j, _ = lists(x, k)
        d = np.zeros((n, n))
        np.put_along_axis(d, j, 1, 1)
        want += d
    got = sp.load_npz("both.npz")
    assert got.dtype == np.float32 and got.has_sorted_indices
    assert (got.toarray() == np.maximum(want, want.T)).all()
    _, s = lists(text, 5)
    near = sp.load_npz("near.npz").tocoo()
    assert abs(near.data - s[near.row, near.col]).max() < 1e-6
    assert (np.load("both.npz")["history.txt"]).decode().startswith("stair-npz 1\n")


def sklearn():
    from sklearn.neighbors import NearestNeighbors

    x = np.load("text32.npy")
    d, _ = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(x).kneighbors(x)
    g = sp.load_npz("near.npz")
    ours = -np.sort(-np.array([g[i].data for i in range(g.shape[0])]), axis=1)
    assert abs(ours - (1 - d[:, 1:])).max() < 1e-5


{"make": make, "check": check, "sklearn": sklearn}[sys.argv[1]]()
