"""Indexes of other programs over what stair-cat wrote, against the lists of
stair-recommend: serve.py faiss|hnswlib LISTS CUT

Reads user.npy item.npy user.ids item.ids, the same with the column of --cosine
in wide-user.npy wide-item.npy, and item.fvecs. LISTS has user, rank, item,
score; each list CUT items.
"""
import sys

import numpy as np

library, lists, cut = sys.argv[1], sys.argv[2], int(sys.argv[3])
user, item = np.load('user.npy'), np.load('item.npy')
wide_user, wide_item = np.load('wide-user.npy'), np.load('wide-item.npy')
uid, iid = (open(f'{m}.ids').read().splitlines() for m in ('user', 'item'))
n, d = item.shape

fvecs = np.fromfile('item.fvecs', '<i4').reshape(n, d + 1)
assert (fvecs[:, 0] == d).all()
assert (fvecs[:, 1:].view('<f4') == item).all()

want, score = {}, {}
for line in open(lists):
    u, _, i, s = line.rstrip('\n').split('\t')
    want.setdefault(u, []).append(i)
    score[u, i] = float(s)


def same(found, what, rounding=0):
    """Sums in another order may exchange items of nearly equal scores."""
    exact = user.astype('f8') @ item.astype('f8').T
    assert len(found) == len(want)
    for u, row in enumerate(found):
        got = [iid[i] for i in row]
        assert len(set(got)) == len(got) == cut
        for r, (g, w) in enumerate(zip(got, want[uid[u]])):
            if g != w:
                a, b = exact[u, iid.index(g)], exact[u, iid.index(w)]
                assert abs(a - b) < 1e-6 * abs(exact).max() + rounding, (
                    what, u, r, g, w)


def cosine(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-30)


if library == 'faiss':
    import faiss
    index = faiss.IndexFlatIP(d)
    index.add(fvecs[:, 1:].view('<f4').copy())
    s, found = index.search(user, cut)
    same(found, 'inner products')
    assert np.allclose(s, [[score[uid[u], iid[i]] for i in row] if
                           [iid[i] for i in row] == want[uid[u]] else s[u]
                           for u, row in enumerate(found)], rtol=1e-4)
    index = faiss.IndexFlatIP(d + 1)
    index.add(cosine(wide_item).astype('f4'))
    same(index.search(cosine(wide_user).astype('f4'), cut)[1], 'cosines')
else:
    import hnswlib
    for space, items, users in (('ip', item, user),
                                ('cosine', wide_item, wide_user)):
        exact = hnswlib.BFIndex(space=space, dim=items.shape[1])
        exact.init_index(max_elements=n)
        exact.add_items(items, np.arange(n))
        found = exact.knn_query(users, k=cut)[0]
        same(found, space, 2.**-22)  # of 1 - x in float32
        # its graph may miss some
        index = hnswlib.Index(space=space, dim=items.shape[1])
        index.init_index(max_elements=n, ef_construction=2 * n, M=48,
                         random_seed=1)
        index.set_num_threads(1)
        index.add_items(items, np.arange(n))
        index.set_ef(2 * n)
        near = index.knn_query(users, k=cut)[0]
        recall = np.mean([len(set(a) & set(b)) / cut
                          for a, b in zip(near, found)])
        assert recall > .95, (space, recall)
