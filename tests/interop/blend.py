"""Reference for stair-blend in NumPy: z-scores, and the search for weights.

python3 blend.py scores DATA BLEND.npz LISTS.tsv
    LISTS.tsv holds the lists of stair-recommend --keep-seen: their scores are
    those of the definition, and nothing that is left out has a larger one
python3 blend.py weights DATA MODEL...
    prints the weights that the grid gives and the valid NDCG@20
python3 blend.py value DATA WEIGHT,.. MODEL...
    prints the weights and their valid NDCG@20
"""
import sys

import numpy as np
import scipy.sparse as sp

GRID = [0, .05, .1, .15, .2, .25, .3, .4, .5, .6, .7, .8, 1, 1.25, 1.6, 2, 2.5, 3.2, 4]


def part(d, name):
    shape = len(d['user_ids']), len(d['item_ids'])
    ind = d[name + '_indices']
    return sp.csr_matrix((np.ones(len(ind)), ind, d[name + '_indptr']), shape)


def model(m, prefix=''):
    """A function from rows to float64 scores."""
    if prefix + 'user' in m:
        user, item = (m[prefix + k].astype('f8') for k in ('user', 'item'))
        return lambda train, rows: user[rows] @ item.T
    ptr = m[prefix + 'indptr']
    graph = sp.csr_matrix((m[prefix + 'data'].astype('f8'), m[prefix + 'indices'],
                           ptr), (len(ptr) - 1, len(ptr) - 1))
    return lambda train, rows: (train[rows] @ graph).toarray()


def z(s):
    mean, deviation = s.mean(1, keepdims=True), s.std(1, keepdims=True)
    flat = deviation <= 2**-20 * np.hypot(mean, deviation)
    return np.where(flat, 0, (s - mean) / np.where(flat, 1, deviation))


def check_scores(data, blend, lists):
    d, m = np.load(data), np.load(blend)
    train = part(d, 'train')
    weights = m['blend']
    parts = [model(m, f'part{k + 1}_') for k in range(len(weights))]
    item = {x.decode('latin1'): i for i, x in enumerate(d['item_ids'])}
    user = {x.decode('latin1'): i for i, x in enumerate(d['user_ids'])}
    rows = {}
    for line in open(lists, encoding='latin1'):
        u, _, i, s = line.rstrip('\n').split('\t')
        rows.setdefault(user[u], []).append((item[i], float(s)))
    users, worst = sorted(rows), 0
    for at in range(0, len(users), 500):
        some = users[at:at + 500]
        total = sum(w * z(p(train, some)) for w, p in zip(weights, parts))
        for t, u in zip(total, some):
            ids, s = (np.array(x) for x in zip(*rows[u]))
            worst = max(worst, np.abs(t[ids] - s).max())
            assert (np.diff(s) <= 0).all() and len(set(ids)) == len(ids)
            t[ids] = -np.inf
            assert len(ids) == len(t) or t.max() < s.min() + 1e-4
    assert worst < 1e-4, worst
    print(len(users), 'users')


def ndcg(score, train, valid):
    rows = np.flatnonzero(np.diff(valid.indptr))
    gain = 1 / np.log2(np.arange(2, 22))
    total = 0.
    for at in range(0, len(rows), 1000):
        r = rows[at:at + 1000]
        s = score(r).astype('f4')
        seen = train[r].tocoo()
        s[seen.row, seen.col] = -np.inf
        top = np.argsort(-s, 1, kind='stable')[:, :20]
        target = valid[r].toarray() > 0
        hit = np.take_along_axis(target, top, 1)
        best = np.cumsum(gain)[np.minimum(target.sum(1), 20) - 1]
        total += ((hit * gain).sum(1) / best).sum()
    return total / len(rows)


def value_of(data, files):
    d = np.load(data)
    train, valid = part(d, 'train'), part(d, 'valid')
    parts = [model(np.load(f)) for f in files]

    def value(w):
        if np.count_nonzero(w) == 1:  # as the part alone ranks
            k = int(np.flatnonzero(w)[0])
            return ndcg(lambda r: parts[k](train, r), train, valid)
        return ndcg(lambda r: sum(x * z(p(train, r)) for x, p in zip(w, parts)
                                  if x), train, valid)
    return value


def show(w, value):
    print(' '.join(f'{x:.4g}' for x in w), f'{value:.6f}')


def weights(data, *files):
    value, n = value_of(data, files), len(files)

    alone = [value(np.eye(n)[k]) for k in range(n)]
    best = int(np.argmax(alone))
    w, now = np.eye(n)[best], alone[best]
    for _ in range(4 if n > 2 else 1):
        before = w.copy()
        for k in range(n):
            if k == best:
                continue
            for x in GRID:
                v = w.copy()
                v[k] = x
                if x == before[k]:
                    continue
                y = value(v)
                if y > now or (y == now and x < w[k]):
                    w, now = v, y
        if (w == before).all():
            break
    show(w, now)


if sys.argv[1] == 'scores':
    check_scores(*sys.argv[2:])
elif sys.argv[1] == 'value':
    chosen = [float(x) for x in sys.argv[3].split(',')]
    show(chosen, value_of(sys.argv[2], sys.argv[4:])(chosen))
else:
    weights(*sys.argv[2:])
