"""Reference for stair-eval, stair-recommend and stair-similar in plain NumPy.

make DIR     writes data.npz, models in several dtypes, titles.tsv
check DIR    compares what the tools printed with the definitions
"""
import json
import sys
import zlib

import numpy as np
import scipy.sparse as sp

U, I, D = 230, 310, 12
EDGES = [0, 1, 5, 10, 20, 50, 100, 200, 500, 1000]


def names(s):
    if s == len(EDGES) - 1:
        return f'{EDGES[s]}+'
    a, b = EDGES[s], EDGES[s + 1] - 1
    return f'{a}' if a == b else f'{a}-{b}'


def make():
    r = np.random.default_rng(7)
    p = 1 / (1 + r.permutation(I)) ** .7
    kind = np.full((U, I), -1)
    for u in range(U):
        n = int(r.integers(3, 40))
        items = r.choice(I, n, replace=False, p=p / p.sum())
        kind[u, items] = r.choice([0, 0, 0, 1, 2], n)
    for i in range(0, I, 31):  # items without train interactions
        kind[:, i][kind[:, i] == 0] = 1 + i % 2
    kind[5][kind[5] == 2] = 0  # a user without test items
    out = {}
    for code, part in enumerate(['train', 'valid', 'test']):
        rows = [np.nonzero(kind[u] == code)[0] for u in range(U)]
        out[part + '_indptr'] = np.cumsum([0] + [len(x) for x in rows])
        out[part + '_indices'] = np.concatenate(rows).astype('i4')
    out['user_ids'] = np.array([f'user "{u}"' for u in range(U)],
                               dtype='S')
    out['item_ids'] = np.array([f'i\\{i:05d}\xe9'.encode('latin1') for i in range(I)])
    np.savez('data.npz', **out)
    user, item = r.standard_normal((U, D)), r.standard_normal((I, D))
    half = lambda x: x.astype('f2')
    np.savez('f16.npz', user=half(user), item=half(item))
    np.savez('f32.npz', user=half(user).astype('f4'),
             item=half(item).astype('f4'), other=np.zeros(9))
    np.savez_compressed('f64.npz', item=half(item).astype('f8'),
                        user=half(user).astype('f8'))
    # small whole numbers: sums are exact and ties abound
    np.savez('ties.npz', user=r.integers(-1, 2, (U, D)),
             item=r.integers(-1, 2, (I, D)))
    bad = user.copy()
    bad[3, 2] = np.nan
    np.savez('nan.npz', user=bad, item=item)
    np.savez('flat.npz', user=user[0], item=item)
    np.savez('wide.npz', user=user[:, 1:], item=item)
    np.savez('large.npz', user=user * 1e20, item=item * 1e20)
    np.savez('double.npz', user=user * 1e50, item=item)
    np.savez('plain.npz', user=user.astype('f4'), item=item)
    np.savez('fortran.npz', user=np.asfortranarray(user), item=item)
    np.savez('big.npz', user=user.astype('>f4'), item=item)
    np.savez('one.npz', user=user)
    np.savez('words.npz', user=np.array([['a', 'b']]), item=item)
    # a graph of items: both signs, ties, empty rows, columns out of order
    g = sp.random(I, I, .04, 'csr', random_state=1,
                  data_rvs=lambda n: r.integers(-4, 9, n) / 3)
    g.data[g.indptr[5]:g.indptr[6]] = 0
    g.eliminate_zeros()
    sp.save_npz('graph.npz', g)
    for i in range(I):
        row = slice(g.indptr[i], g.indptr[i + 1])
        g.indices[row] = g.indices[row][::-1].copy()
        g.data[row] = g.data[row][::-1].copy()
    np.savez('reversed.npz', format=b'csr', shape=g.shape, indptr=g.indptr,
             indices=g.indices, data=g.data.astype('f4'), name=b'x')
    sp.save_npz('coo.npz', g.tocoo())
    sp.save_npz('narrow.npz', g.tocsr()[:, :I - 1])
    sp.save_npz('steep.npz', g * np.float32(1e38))
    g.data[7] = np.inf
    sp.save_npz('infinite.npz', g)
    out['user_ids'][7] = out['user_ids'][4]
    np.savez('twice.npz', **out)
    with open('segments.tsv', 'wb') as f:
        for u in range(0, U, 3):
            f.write(out['user_ids'][u] + b'\tseg "%d"\n' % (u % 7))
    with open('shelves.tsv', 'wb') as f:
        f.write(b'nothing\tx\n')
        for i in range(0, I, 2):
            f.write(out['item_ids'][i] + b'\t%d\n' % (i % 5))
    with open('even.txt', 'wb') as f:
        f.write(b'\n'.join(out['item_ids'][::2]))
    with open('titles.tsv', 'wb') as f:
        f.write(b'id\ttitle\tmore\n')
        for i in range(0, I, 2):
            f.write(out['item_ids'][i] + f'\tThe "{i}"\tx\n'.encode())


def part(d, name):
    x = np.zeros((U, I), bool)
    for u in range(U):
        x[u, d[name + '_indices'][d[name + '_indptr'][u]:
                                  d[name + '_indptr'][u + 1]]] = True
    return x


def scores(model):
    m = np.load(model)
    if 'user' in m:
        return m['user'].astype('f8') @ m['item'].astype('f8').T
    graph = sp.load_npz(model).toarray().astype('f4')
    train = part(np.load('data.npz'), 'train')
    s = np.zeros((U, I), 'f4')
    for u in range(U):
        for j in np.nonzero(train[u])[0]:
            s[u] += graph[j]
    return s.astype('f8')


def ranking(model, mask, popular=False):
    """Ties to the smaller index, or first to the more popular item."""
    s = scores(model)
    train = part(np.load('data.npz'), 'train')
    if popular:
        s[train.sum(1) == 0] = 0
    s[mask] = -np.inf
    first = -train.sum(0) if popular else np.zeros(I)
    order = np.lexsort((np.broadcast_to(np.arange(I), s.shape),
                        np.broadcast_to(first, s.shape), -s), axis=1)
    return [o[:I - n] for o, n in zip(order, mask.sum(1))], s


def one(lst, target, k, longest):
    """All metrics of one list; lst is the whole ranking."""
    hit = target[lst].astype(float)
    top, n = hit[:k], int(target.sum())
    gain = 1 / np.log2(np.arange(2, 2 + max(k, n, I)))
    rank = np.nonzero(top)[0]
    own = hit[:max(50, longest)].sum()
    found = np.cumsum(top)
    return {
        'recall': top.sum() / n,
        'ndcg': (top * gain[:len(top)]).sum() / gain[:min(k, n)].sum(),
        'precision': top.sum() / k,
        'hit': float(top.sum() > 0),
        'mrr': 1 / (rank[0] + 1) if len(rank) else 0.,
        'map': (top * found / np.arange(1, len(top) + 1)).sum() / min(k, n),
        'mmssl-ndcg': (top * gain[:len(top)]).sum()
        / gain[:min(k, int(own))].sum() if own else 0.,
    }


def means(lists, target, users, k, longest):
    rows = [one(lists[u], target[u], k, longest) for u in users]
    return {m: np.mean([r[m] for r in rows]) for m in rows[0]}


def exposure(lists, k, train):
    """How often the first k places show each item, and what that means."""
    n, users = train.sum(0), int(train.any(1).sum())
    c = np.zeros(I, int)
    for x in lists:
        c[x[:k]] += 1
    total = c.sum()
    if not total:
        return dict.fromkeys(['coverage', 'popularity', 'novelty', 'gini',
                              'tail'], 0.)
    by_n = np.lexsort((np.arange(I), -n))
    before = np.cumsum(n[by_n]) - n[by_n]
    tail = np.zeros(I, bool)
    tail[by_n[before >= .8 * n.sum()]] = True
    # the area between the Lorenz curve and the diagonal, by pairs
    gini = np.abs(c[:, None] - c[None, :]).sum() / (2 * I * total)
    return {'coverage': (c > 0).mean(), 'popularity': (c * n).sum() / total,
            'novelty': -(c * np.log2(np.maximum(n, 1) / users)).sum() / total,
            'gini': gini, 'tail': c[tail].sum() / total}


def close(a, b, what):
    assert abs(a - b) < 1e-12 * max(1, abs(b)), (what, a, b)


def digest(ids):
    return zlib.crc32(b''.join(i + b'\0' for i in ids))


def pairs(d, part):
    return zlib.crc32(d[part + '_indices'].astype('<i4').tobytes(),
                      zlib.crc32(d[part + '_indptr'].astype('<i8').tobytes()))


def check_eval(json_file, text_file, model, split, masks):
    d = np.load('data.npz')
    train, target = part(d, 'train'), part(d, split)
    mask = np.zeros((U, I), bool)
    for m in masks:
        mask |= part(d, m)
    lists, _ = ranking(model, mask)
    got = json.load(open(json_file))
    cuts = [int(k) for k in got['recall']]
    users = [u for u in range(U) if target[u].any()]
    assert got['split'] == split and got['users'] == len(users)
    degree, item_degree = train.sum(1), train.sum(0)
    for k in cuts:
        for m, v in means(lists, target, users, k, cuts[-1]).items():
            close(got[m][str(k)], v, (m, k))
        for m, v in exposure([lists[u] for u in users], k, train).items():
            close(got[m][str(k)], v, (m, k))
        for side in 'warm', 'cold':
            mine = (item_degree > 0) == (side == 'warm')
            some = target & mine
            who = [u for u in users if some[u].any()]
            among = {u: lists[u][mine[lists[u]]] for u in who}
            assert len(who) > 9 and got[side]['users'] == len(who)
            for m, v in means(among, some, who, k, cuts[-1]).items():
                close(got[side][m][str(k)], v, (side, m, k))
        for u in range(7):
            mine = [x for x in users if x % 3 == 0 and x % 7 == u]
            for m, v in means(lists, target, mine, k, cuts[-1]).items():
                close(got['user-segment'][f'seg "{u}"'][m][str(k)], v, (u, m))
        for i in range(5):
            some = target.copy()
            some[:, (np.arange(I) % 2 != 0) | (np.arange(I) % 5 != i)] = False
            mine = [x for x in users if some[x].any()]
            for m, v in means(lists, some, mine, k, cuts[-1]).items():
                close(got['item-segment'][str(i)][m][str(k)], v, (i, m))
        for s in range(len(EDGES)):
            lo, hi = EDGES[s], (EDGES + [10**9])[s + 1]
            mine = [u for u in users if lo <= degree[u] < hi]
            if mine:
                x = got['user-degree'][names(s)]
                assert x['users'] == len(mine)
                for m, v in means(lists, target, mine, k, cuts[-1]).items():
                    close(x[m][str(k)], v, ('user-degree', s, m, k))
            else:
                assert names(s) not in got['user-degree']
            some = target & ((item_degree >= lo) & (item_degree < hi))
            mine = [u for u in users if some[u].any()]
            if mine:
                x = got['item-degree'][names(s)]
                assert x['users'] == len(mine)
                for m, v in means(lists, some, mine, k, cuts[-1]).items():
                    close(x[m][str(k)], v, ('item-degree', s, m, k))
            else:
                assert names(s) not in got['item-degree']
    # the text says the same, digit by digit
    lines = {}
    for line in open(text_file):
        m, k, v = line.rstrip('\n').split('\t')
        lines[m, k] = float(v)
    n = 0
    for m, v in got.items():
        if m in ('warm', 'cold'):
            got[m] = v = {'': v}
        if isinstance(v, dict) and m not in (
                'user-degree', 'item-degree', 'user-segment', 'item-segment',
                'warm', 'cold'):
            for k, x in v.items():
                assert lines[m, k] == x
                n += 1
        elif isinstance(v, dict):
            for s, row in v.items():
                s = s and s + ':'
                assert lines[f'{m}:{s}users', '-'] == row.pop('users')
                for name, cuts in row.items():
                    for k, x in cuts.items():
                        assert lines[f'{m}:{s}{name}', k] == x
                        n += 1
                n += 1
    # what they are about
    masks = {'none': 0, 'train': 1, 'train,valid': 2}
    about = {'digest:users': digest(d['user_ids']),
             'digest:items': digest(d['item_ids']),
             'digest:train': pairs(d, 'train'),
             'digest:' + split: pairs(d, split),
             'mask': masks[got['mask']]}
    for name, value in about.items():
        assert lines[name, '-'] == value, (name, value)
        assert name == 'mask' or got[name] == value, (name, value)
    assert lines['users', '-'] == got['users'] and len(lines) == n + 1 + len(about)


def check_users():
    d = np.load('data.npz')
    target = part(d, 'test')
    lists, _ = ranking('f32.npz', part(d, 'train') | part(d, 'valid'))
    rows = [x.rstrip('\n').split('\t') for x in open('users.tsv')]
    users = [u for u in range(U) if target[u].any()]
    assert rows[0][:3] == ['user', 'targets', 'recall@1']
    assert len(rows) == 1 + len(users) < 1 + U
    for row, u in zip(rows[1:], users):
        assert row[0].encode() == d['user_ids'][u]
        assert int(row[1]) == target[u].sum()
        digest = zlib.crc32(b''.join(b''.join(d['item_ids'][i] + b'\0' for i in np.flatnonzero(p[u])) + b'\n'
                                     for p in (part(d, 'train'), target)) + b'\2')
        assert rows[0][-1] == 'digest' and int(row[-1]) == digest
        for head, x in zip(rows[0][2:-1], row[2:-1]):
            m, k = head.split('@')
            close(float(x), one(lists[u], target[u], int(k), 400)[m], head)


def check_itemknn():
    """knn.npz has 12 neighbours and a shrinkage of 3."""
    x = part(np.load('data.npz'), 'train').astype('f8')
    n = x.sum(0)
    sim = (x.T @ x / (np.sqrt(np.outer(n, n)) + 3)).astype('f4')
    np.fill_diagonal(sim, 0)
    order = np.lexsort((np.broadcast_to(np.arange(I), sim.shape), -sim), axis=1)
    want = np.zeros_like(sim)
    for i in range(I):
        want[i, order[i, :12]] = sim[i, order[i, :12]]
    got = sp.load_npz('knn.npz')
    assert got.has_sorted_indices and (got.data > 0).all()
    assert (got.toarray() == want).all()


def check_top():
    d = np.load('data.npz')
    seen = part(d, 'train') | part(d, 'valid') | part(d, 'test')
    uid = [x.decode('latin1') for x in d['user_ids']]
    iid = [x.decode('latin1') for x in d['item_ids']]
    for model in ['f32.npz', 'ties.npz', 'graph.npz']:
        for name, mask in ('', seen), ('all', seen & False):
            lists, s = ranking(model, mask, True)
            want = [(uid[u], str(r + 1), iid[i])
                    for u in range(U) for r, i in enumerate(lists[u][:7])]
            score = [s[u, i] for u in range(U) for i in lists[u][:7]]
            got = [x.rstrip('\n').split('\t') for x in
                   open(f'{model}{name}.top', encoding='latin1')]
            assert [tuple(x[:3]) for x in got] == want, (model, name)
            np.testing.assert_allclose([float(x[3]) for x in got], score,
                                       rtol=1e-5, atol=1e-5)
    lists, s = ranking('f32.npz', seen, True)
    rows = [json.loads(x) for x in open('some.json', encoding='utf-8')]
    assert [x['user'] for x in rows] == [uid[9], uid[0], uid[9]]
    for row, u in zip(rows, [9, 0, 9]):
        assert len(row['items']) == 5
        for x, i in zip(row['items'], lists[u]):
            assert x['item'] == iid[i].encode('latin1').decode('utf-8', 'replace')
            assert np.float32(x['score']) == x['score'] or \
                abs(np.float32(x['score']) - s[u, i]) < 1e-5
            assert x['title'] == (f'The "{i}"' if i % 2 == 0 else '')


def alike(model, inner=False):
    """Scores of items for items; the part's members have a prefix."""
    m = np.load(model)
    if 'blend' in m:
        total = np.zeros((I, I))
        for p, weight in enumerate(m['blend'], 1):
            part = {k.removeprefix(f'part{p}_'): m[k] for k in m
                    if k.startswith(f'part{p}_')}
            s = alike_of(part, inner)
            spread = s.std(1, keepdims=True)
            total += np.where(spread > 0, weight * (
                s - s.mean(1, keepdims=True)) / np.maximum(spread, 1e-9), 0)
        return total
    return alike_of(m, inner)


def alike_of(m, inner):
    if 'item' not in m:
        return sp.csr_matrix((m['data'], m['indices'], m['indptr']),
                             shape=(I, I)).toarray().astype('f8')
    x = m['item'].astype('f8')
    if not inner:
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return x @ x.T


def check_similar():
    d = np.load('data.npz')
    iid = [x.decode('latin1') for x in d['item_ids']]
    degree = part(d, 'train').sum(0)
    for model, inner, options in [
            ('f32.npz', False, ''), ('ties.npz', True, ''),
            ('graph.npz', False, ''), ('mixed.npz', False, ''),
            ('f32.npz', True, 'only')]:
        s = alike(model, inner)
        out = np.eye(I, dtype=bool) | (s == 0)
        if options:
            out[:, 1::2] = True
        s[out] = -np.inf
        order = np.lexsort((np.broadcast_to(np.arange(I), s.shape),
                            np.broadcast_to(-degree, s.shape), -s), axis=1)
        want = [(iid[i], str(r + 1), iid[j]) for i in range(I)
                for r, j in enumerate(order[i, :9]) if not out[i, j]]
        score = [s[i, j] for i in range(I) for j in order[i, :9]
                 if not out[i, j]]
        got = [x.rstrip('\n').split('\t') for x in
               open(f'{model}{options}.similar', encoding='latin1')]
        assert [tuple(x[:3]) for x in got] == want, (model, options)
        np.testing.assert_allclose([float(x[3]) for x in got], score,
                                   rtol=1e-5, atol=1e-5)


if sys.argv[1] == 'make':
    make()
else:
    check_eval('test.json', 'test.tsv', 'f32.npz', 'test', ['train', 'valid'])
    check_eval('valid.json', 'valid.tsv', 'f32.npz', 'valid', ['train'])
    check_eval('none.json', 'none.tsv', 'ties.npz', 'test', [])
    check_eval('short.json', 'short.tsv', 'f32.npz', 'test',
               ['train', 'valid'])
    check_eval('graph.json', 'graph.tsv', 'graph.npz', 'test',
               ['train', 'valid'])
    check_eval('knn.json', 'knn.tsv', 'knn.npz', 'valid', ['train'])
    check_users()
    check_itemknn()
    check_top()
    check_similar()
