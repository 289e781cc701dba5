#!/usr/bin/env python3
"""A small dataset, initial vectors and item graph for tests of stair-train.

Usage: make_toy.py DIR [users items dim]
"""
import sys

import numpy as np
import scipy.sparse as sp

out = sys.argv[1]
users, items, dim = (int(v) for v in (sys.argv[2:] or (60, 40, 20)))
rng = np.random.default_rng(3)
parts = {"train": [], "valid": [], "test": []}
for u in range(users):
    liked = np.flatnonzero((np.arange(items) + u) % 4 == 0)
    chosen = rng.permutation(liked)[:8]
    parts["train"].append(np.sort(chosen[:6]))
    parts["valid"].append(chosen[6:7])
    parts["test"].append(chosen[7:8])
data = {}
for name, rows in parts.items():
    data[name + "_indptr"] = np.cumsum([0] + [len(r) for r in rows])
    data[name + "_indices"] = np.concatenate(rows).astype(np.int32)
data["user_ids"] = np.array([b"u%d" % u for u in range(users)])
data["item_ids"] = np.array([b"i%d" % i for i in range(items)])
np.savez(out + "/data.npz", **data)
np.savez(out + "/init.npz", x=rng.normal(size=(items, dim)).astype(np.float32))
near = (np.arange(items)[:, None] - np.arange(items)) % 8 == 4
sp.save_npz(out + "/items.npz", sp.csr_matrix(near.astype(np.float32)))
