#!/usr/bin/env bash
# stair-ingest against Python: the csv module's quoting, the k-core, the split
# rule, and (where it is there) pandas.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
[ -n "$PY" ] || {
	skip "ingest against Python" "no NumPy"
	done_testing
}
cat >twin.py <<'END'
import collections, csv, gzip, json, random, subprocess, sys
import numpy as np

def naive_core(rows, k):
    rounds = 0
    while True:
        du = collections.Counter(u for u, i in rows)
        di = collections.Counter(i for u, i in rows)
        left = [(u, i) for u, i in rows if du[u] >= k and di[i] >= k]
        if len(left) == len(rows):
            return rows, rounds
        rows, rounds = left, rounds + 1

def counts(n):
    if n < 3:
        return n, 0, 0
    if n < 10:
        return n - 2, 1, 1
    held = int(0.2 * n)
    return n - held, held // 2, held - held // 2

def weird(r, k):
    alphabet = ["a", "b", ",", '"', "\n", "\r", " ", "\t", "é", "€", "😀", ";", "'", "\\"]
    return "%d%s" % (k, "".join(r.choice(alphabet) for _ in range(r.randrange(6))))

def parts(path):
    d = np.load(path)
    users = [b.decode() for b in d["user_ids"]]
    items = [b.decode() for b in d["item_ids"]]
    out = []
    for p in ("train", "valid", "test"):
        ptr, idx = d[p + "_indptr"], d[p + "_indices"]
        out.append([(users[u], items[i]) for u in range(len(users)) for i in idx[ptr[u]:ptr[u + 1]]])
    return users, items, out

seed, k, dialect, split = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
r = random.Random(seed)
us = [weird(r, n) for n in range(60)]
its = [weird(r, n) for n in range(50)]
rows = []
for t in range(1500):
    rows.append((us[int(60 * r.random() ** 2)], its[int(50 * r.random() ** 2)], r.randrange(300)))
name = "in" + {"excel": ".csv", "excel-tab": ".tsv", "unix": ".csv"}[dialect]
with open(name, "w", newline="", encoding="utf-8") as f:
    w = csv.writer(f, dialect=dialect)
    w.writerow(["note", "item_id", "timestamp", "user_id"])
    for u, i, t in rows:
        w.writerow([weird(r, 0), i, t, u])
p = subprocess.run(["stair-ingest", "--core", str(k), "--split", split, "-o", "out.npz", name],
                   stderr=subprocess.PIPE, universal_newlines=True)
assert p.returncode == 0, p.stderr
said = p.stderr.splitlines()

first, time = [], {}
for u, i, t in rows:
    if (u, i) not in time or (split != "ratio" and t < time[u, i]):
        if (u, i) in time:
            first.remove((u, i))
        time[u, i] = t
        first.append((u, i))
left, rounds = naive_core(first, k)
assert said[0] == "stair-ingest: read %d rows, dropped %d duplicates: %d users, %d items" % (
    len(rows), len(rows) - len(first), len({u for u, i in first}), len({i for u, i in first})), said
assert [s for s in said if "core" in s] == ["stair-ingest: %d-core: %d rounds left %d of %d interactions" % (k, rounds, len(left), len(first))], said
users, items, (train, valid, test) = parts("out.npz")
assert users == list(dict.fromkeys(u for u, i in left))
assert items == list(dict.fromkeys(i for u, i in left))
assert sorted(train + valid + test) == sorted(left)
of = collections.defaultdict(list)
for u, i in left:
    of[u].append(i)
for u in users:
    got = tuple(sum(1 for a, b in p if a == u) for p in (train, valid, test))
    if split == "leave-one-out":
        n = len(of[u])
        want = (n, 0, 0) if n < 3 else (n - 2, 1, 1)
    else:
        want = counts(len(of[u]))
    assert got == want, (u, got, want)
    if split != "ratio":
        order = sorted(of[u], key=lambda i: time[u, i])
        cut = [order[:got[0]], order[got[0]:got[0] + got[1]], order[got[0] + got[1]:]]
        for p, want in zip((train, valid, test), cut):
            assert sorted(i for a, i in p if a == u) == sorted(want), u
END
n=0
for dialect in excel excel-tab unix; do
	for split in ratio time leave-one-out; do
		n=$((n + 1))
		runs "core and $split of a table written by Python's csv ($dialect)" "$PY" twin.py $n $((n % 4 + 2)) $dialect $split
	done
done

# the split is random: over many users each place is held out equally often
awk 'BEGIN { print "user,item"; for (u = 0; u < 3000; u++) for (i = 0; i < 5; i++) print u "," i }' >even.csv
stair-ingest -q --split ratio -o even.npz even.csv
runs "no item is favoured by the random split" "$PY" - <<'END'
import numpy as np
d = np.load("even.npz")
for p in ("valid", "test"):
    c = np.bincount(d[p + "_indices"], minlength=5)
    assert c.sum() == 3000 and abs(c - 600).max() < 5 * 600 ** .5, c
# valid and test of a user are independent choices among the other four
pair = np.bincount(5 * d["valid_indices"] + d["test_indices"], minlength=25).reshape(5, 5)
assert pair.trace() == 0 and abs(pair[~np.eye(5, dtype=bool)] - 150).max() < 5 * 150 ** .5, pair
END

if $PY -c 'import pandas' 2>/dev/null && [ -e "$DATA/amazon-baby/baby.inter.gz" ]; then
	stair-ingest -q -o baby.npz "$DATA/amazon-baby/baby.inter.gz"
	runs "a published .inter file as pandas reads it" env F="$DATA/amazon-baby/baby.inter.gz" "$PY" - <<'END'
import os, numpy as np, pandas, scipy.sparse as sp
t = pandas.read_csv(os.environ["F"], sep="\t")
d = np.load("baby.npz")
n, m = t.userID.max() + 1, t.itemID.max() + 1
assert (d["user_ids"].astype(int) == np.arange(n)).all() and (d["item_ids"].astype(int) == np.arange(m)).all()
for k, p in enumerate(("train", "valid", "test")):
    s = t[t.x_label == k]
    a = sp.csr_matrix((np.ones(len(s)), (s.userID, s.itemID)), (n, m))
    a.sort_indices()
    assert (a.indptr == d[p + "_indptr"]).all() and (a.indices == d[p + "_indices"]).all()
END
else
	skip "a published .inter file as pandas reads it" "no pandas or no data"
fi
done_testing
