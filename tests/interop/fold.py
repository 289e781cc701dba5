"""Reference for stair-fold in NumPy, by its definition in stair-fold(1).

python3 fold.py BEFORE.npz MODEL.npz TODAY.npz FOLDED.npz ITEMS.npz|- BOOST
    FOLDED is what MODEL, trained on BEFORE, becomes for TODAY
"""
import sys

import numpy as np
import scipy.sparse as sp

RIDGE = 0.3


def train(d):
    shape = len(d['user_ids']), len(d['item_ids'])
    ind = d['train_indices']
    return sp.csr_matrix((np.ones(len(ind)), ind, d['train_indptr']), shape)


def rows_of(now, then):
    at = {x: i for i, x in enumerate(then)}
    return np.array([at.get(x, -1) for x in now], dtype=int)


def copied(x, row, keep):
    out = np.zeros((len(row), x.shape[1]))
    out[keep] = x[row[keep]]
    return out


def unit(s):
    norm = np.linalg.norm(s, axis=1, keepdims=True)
    return np.where(norm > 0, s / np.where(norm > 0, norm, 1), 0)


def near(x, own, start, graph, boost):
    """Vectors from neighbours, round by round, and from untrained rows."""
    x, ready = x.copy(), own.copy()
    median = np.sort(np.linalg.norm(x[own], axis=1))[(own.sum() - 1) // 2]
    left = start & (np.linalg.norm(x, axis=1) * 4 >= median)
    x[~own & ~left] = 0
    mine = unit(x * left[:, None])
    link = (graph != 0).astype('f8')
    while True:
        new = ~ready & (link @ ready.astype('f8') > 0)
        if not new.any():
            break
        s = unit(link[new] @ (x * ready[:, None])) + mine[new]
        x[new] = unit(s) * median * boost
        ready |= new
    alone = left & ~ready
    x[alone] = mine[alone] * median * boost
    return x, ready | alone


def ridge(history, x, p, use, y):
    """A function from rows of a history to y."""
    has = (x != 0).any(1)
    h = history @ sp.diags(has.astype('f8'))
    n = np.asarray(h.sum(1)).ravel()
    m = np.maximum(n, 1)[:, None]
    phi = np.hstack([h @ x / m, h @ p / m, h @ x / np.sqrt(m)])
    use = use & (n > 0)
    g = phi[use].T @ phi[use]
    g += RIDGE * np.trace(g) / len(g) * np.eye(len(g))
    w = np.linalg.solve(g, phi[use].T @ y[use])
    return phi @ w, n > 0


before, model, today, folded = (np.load(f) for f in sys.argv[1:5])
boost = float(sys.argv[6])
a, b = train(before), train(today)
user, item = (rows_of(today[k], before[k]) for k in ('user_ids', 'item_ids'))

was = [frozenset(before['item_ids'][r.indices]) for r in a]
now = [frozenset(today['item_ids'][r.indices]) for r in b]
kept = np.array([u >= 0 and len(was[u]) > 0 and was[u] == h
                 for u, h in zip(user, now)])
known = np.array([u >= 0 and len(was[u]) > 0 for u in user])
bought = np.asarray(a.sum(0)).ravel() > 0
own = np.array([i >= 0 and bought[i] for i in item])
start = np.array([i >= 0 and not bought[i] for i in item])

d = model['user'].shape[1]
h, e = (copied(model[k], item, item >= 0) for k in ('item', 'item_param'))
hu, eu = (copied(model[k], user, user >= 0) for k in ('user', 'user_param'))
graph = sp.csr_matrix((len(own), len(own)))
if sys.argv[5] != '-':
    graph = sp.load_npz(sys.argv[5])
e, _ = near(e, own, start, graph, 1)
h, ready = near(h, own, start, graph, boost)
y, got = ridge(b.T.tocsr(), hu, eu, own, np.hstack([h, e]))
mapped = ~ready & got
h[mapped], e[mapped] = y[mapped, :d], y[mapped, d:]
y, got = ridge(b, h, e, kept, np.hstack([hu, eu]))
made = ~kept & got
hu[made], eu[made] = y[made, :d], y[made, d:]

for name, want in ('user', hu), ('item', h), ('user_param', eu), ('item_param', e):
    worst = np.abs(folded[name] - want).max() / np.abs(want).max()
    assert worst < 2e-5, (name, worst)
assert ((folded['user_train'] > 0) == kept).all()
assert ((folded['item_train'] > 0) == own).all()
print(kept.sum(), 'kept', (known & ~kept).sum(), 'changed', made.sum(), 'made',
      (ready & ~own).sum(), 'near', mapped.sum(), 'mapped')
