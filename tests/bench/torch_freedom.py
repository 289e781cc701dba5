#!/usr/bin/env python3
"""A plain PyTorch twin of stair-train --model freedom, timed.

Usage: torch_freedom.py DATA EPOCHS THREADS FEATURES:WEIGHT...

Sparse matrix products, nn.Embedding, nn.Linear, autograd and torch.optim.Adam,
the batch's rows projected, negatives drawn with NumPy for all triples of an
epoch. Prints the seconds of the fastest epoch, drawing the epoch's graph and the
triples included, making the item graph not.
"""
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

data, epochs, threads, *features = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(1)
rng = np.random.default_rng(1)
BATCH, DIM, LAYERS, NEIGHBOURS, KEEP, MODAL = 2048, 64, 2, 10, 0.2, 1e-3

d = np.load(data)
indptr, item = d["train_indptr"].astype(np.int64), d["train_indices"].astype(np.int64)
users, items = len(indptr) - 1, len(d["item_ids"])
user = np.repeat(np.arange(users), np.diff(indptr))
pairs = np.sort(user * items + item)


def load(path):
    x = np.load(path)
    return torch.from_numpy(np.asarray(x if isinstance(x, np.ndarray) else x["x"], np.float32))


def sparse(rows, cols, values, n, m):
    """COO: its product is the faster one here, and has a gradient."""
    return torch.sparse_coo_tensor(torch.stack([rows, cols]), values, (n, m)).coalesce()


def item_graph(x, k):
    unit = F.normalize(x)
    near = torch.cat([(part @ unit.T).topk(k).indices for part in unit.split(1024)])
    rows = torch.arange(len(x)).repeat_interleave(k)
    return sparse(rows, near.flatten(), torch.full((len(x) * k,), 1 / k), len(x), len(x))


def normalised(u, i):
    n = users + items
    rows, cols = torch.cat([u, i + users]), torch.cat([i + users, u])
    scale = torch.bincount(rows, minlength=n).float().pow(-0.5)
    return sparse(rows, cols, scale[rows] * scale[cols], n, n)


class Freedom(nn.Module):
    def __init__(self, modalities, graph):
        super().__init__()
        self.user, self.item = nn.Embedding(users, DIM), nn.Embedding(items, DIM)
        nn.init.xavier_normal_(self.user.weight)
        nn.init.xavier_normal_(self.item.weight)
        self.modalities = modalities
        self.project = nn.ModuleList(nn.Linear(x.shape[1], DIM) for x in modalities)
        self.graph = graph

    def loss(self, a, u, p, n):
        e = torch.cat([self.user.weight, self.item.weight])
        total = e
        for _ in range(LAYERS):
            e = torch.sparse.mm(a, e)
            total = total + e
        h_user, h_item = (total / (LAYERS + 1)).split([users, items])
        z = h_item + torch.sparse.mm(self.graph, self.item.weight)
        h = h_user[u]
        loss = F.softplus(-(h * (z[p] - z[n])).sum(1)).mean()
        for x, project in zip(self.modalities, self.project):
            loss = loss + MODAL * F.softplus(-(h * (project(x[p]) - project(x[n]))).sum(1)).mean()
        return loss


def negatives():
    """Uniform over the items that the user does not have in train."""
    neg = rng.integers(0, items, len(user))
    bad = np.arange(len(user))
    while len(bad):
        key = user[bad] * items + neg[bad]
        at = np.minimum(np.searchsorted(pairs, key), len(pairs) - 1)
        bad = bad[pairs[at] == key]
        neg[bad] = rng.integers(0, items, len(bad))
    return neg


modalities, weights = zip(*(f.rsplit(":", 1) for f in features))
modalities, weights = [load(m) for m in modalities], [float(w) for w in weights]
parts = [item_graph(x, NEIGHBOURS) * (w / sum(weights)) for x, w in zip(modalities, weights)]
graph = sum(parts[1:], parts[0]).coalesce()
model = Freedom(modalities, graph)
adam = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-6)
u_all, i_all = torch.from_numpy(user), torch.from_numpy(item)
weight = (torch.bincount(u_all)[u_all].float() * torch.bincount(i_all)[i_all].float()).pow(-0.5)
spent = []
for epoch in range(int(epochs)):
    start, cpu = time.perf_counter(), time.process_time()
    kept = torch.multinomial(weight, int(len(user) * KEEP))
    a = normalised(u_all[kept], i_all[kept])
    neg = torch.from_numpy(negatives())
    total = 0.0
    for at in torch.randperm(len(user)).split(BATCH):
        adam.zero_grad()
        loss = model.loss(a, u_all[at], i_all[at], neg[at])
        loss.backward()
        adam.step()
        total += loss.item() * len(at)
    spent.append(time.perf_counter() - start)
    print("epoch %d loss %.4f sec %.3f cpu %.3f"
          % (epoch + 1, total / len(user), spent[-1], time.process_time() - cpu), file=sys.stderr)
print("%.6f" % min(spent))
