#!/usr/bin/env python3
"""A plain PyTorch twin of stair-train's step, timed.

Usage: torch_step.py DATA INIT ITEMS BATCH STEPS THREADS

Sparse CSR products in torch.sparse, gradients by the same products on the
gradient (the graph is symmetric), dense AdamW written out. Prints the median
seconds of a step, sampling included.
"""
import sys
import time

import numpy as np
import scipy.sparse as sp
import torch

data, init, items, batch, steps, threads = sys.argv[1:]
batch, steps = int(batch), int(steps)
torch.set_num_threads(int(threads))
d = np.load(data)
indptr, indices = d["train_indptr"].astype(np.int64), d["train_indices"].astype(np.int64)
users, n_items = len(indptr) - 1, len(d["item_ids"])
pair_user = np.repeat(np.arange(users), np.diff(indptr))


def normalised(a):
    a = a.tocsr().astype(np.float32)
    deg = np.asarray(a.sum(1)).ravel()
    scale = sp.diags(np.divide(1, np.sqrt(deg), out=np.zeros_like(deg), where=deg > 0))
    a = (scale @ a @ scale).tocsr()
    return torch.sparse_csr_tensor(
        torch.from_numpy(a.indptr.astype(np.int64)), torch.from_numpy(a.indices.astype(np.int64)),
        torch.from_numpy(a.data.astype(np.float32)), size=a.shape)


r = sp.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(users, n_items))
graph = normalised(sp.bmat([[None, r], [r.T, None]]))
item_graph = normalised(sp.load_npz(items))
x = torch.from_numpy(np.load(init)["x"].astype(np.float32))
dim = x.shape[1]
mean = torch.from_numpy((sp.diags(1 / np.maximum(np.diff(indptr), 1)) @ r @ x.numpy()).astype(np.float32))
e = torch.cat([mean, x])
m, v = torch.zeros_like(e), torch.zeros_like(e)
beta = torch.tensor([0.9 * (1 - (j / dim) ** 0.2) for j in range(dim)], dtype=torch.float32)


def smooth(a, x, b, layers=3):
    y = total = x
    for _ in range(layers):
        y = (a @ y) * b
        total = total + y
    return total * ((1 - b) / (1 - b ** (layers + 1)))


has = set((pair_user * n_items + indices).tolist())
rng = np.random.default_rng(1)
order = rng.permutation(len(indices))
spent = []
for t in range(1, steps + 1):
    start = time.perf_counter()
    at = order[((t - 1) * batch) % len(order):][:batch]
    u, p = pair_user[at], indices[at]
    n = rng.integers(0, n_items, len(at))
    for k in range(len(at)):
        while int(u[k]) * n_items + int(n[k]) in has:
            n[k] = rng.integers(0, n_items)
    iu, ip, iq = (torch.from_numpy(a) for a in (u, users + p, users + n))
    h = smooth(graph, e, beta)
    hu, diff = h[iu], h[ip] - h[iq]
    c = -torch.sigmoid(-(hu * diff).sum(1, keepdim=True)) / len(at)
    dh = torch.zeros_like(h)
    dh.index_add_(0, iu, c * diff)
    dh.index_add_(0, ip, c * hu)
    dh.index_add_(0, iq, -c * hu)
    g = smooth(graph, dh, beta)
    m.mul_(0.9).add_(g, alpha=0.1)
    v.mul_(0.999).addcmul_(g, g, value=0.001)
    step = (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8)
    step[users:] = smooth(item_graph, step[users:], 1 - beta)
    e.mul_(1 - 1e-4).add_(step, alpha=-1e-3)
    spent.append(time.perf_counter() - start)
print("%.6f" % np.median(spent))
