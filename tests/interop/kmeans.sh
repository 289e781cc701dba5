#!/usr/bin/env bash
# stair-uncertainty against scikit-learn's k-means and entropies in NumPy.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
name="k-means as scikit-learn's"
[ "$PY" ] || { skip "$name" "NumPy is not there" && done_testing; }
$PY -c 'import sklearn' 2>/dev/null || { skip "$name" "scikit-learn is not there" && done_testing; }

stair-synth -q --users 400 --items 200 --interactions 4000 --topics 6 --image-dim 48 -o raw
stair-ingest -q --split ratio:8:1:1 -o d.npz raw/interactions.csv.gz
stair-features -q --data d.npz --ids raw/item_ids.txt -o text.npz raw/text.npy
runs "stair-uncertainty" stair-uncertainty --data d.npz --clusters 3,12 --restarts 20 -o table text=text.npz
cat >check.py <<'END'
import numpy as np
from sklearn.cluster import KMeans

d, x = np.load("d.npz"), np.load("text.npz")["x"].astype(float)
ptr, idx = d["train_indptr"], d["train_indices"]
for line in list(open("table"))[1:]:
    f = line.split("\t")
    k, mean, inertia = int(f[1]), float(f[3]), float(f[7])
    km = KMeans(k, init="k-means++", n_init=20, tol=1e-4, random_state=1).fit(x)
    # many clusters have many near-optima: two seeds of scikit-learn differ too
    off = (1e-6, 1e-6) if k == 3 else (1e-2, 0.08)
    assert abs(inertia / km.inertia_ - 1) < off[0], (inertia, km.inertia_)
    h = []
    for u in range(len(ptr) - 1):
        c = np.bincount(km.labels_[idx[ptr[u]:ptr[u + 1]]])
        p = c[c > 0] / c.sum()
        h.append(-(p * np.log(p)).sum())
    assert abs(mean / np.mean(h) - 1) < off[1], (mean, np.mean(h))
END
runs "$name: inertia and entropy" "$PY" check.py
done_testing
