"""stair-features against NumPy and SciPy: features.py SEED"""
import gzip
import json
import subprocess
import sys

import numpy as np
import scipy.sparse as sp

seed = int(sys.argv[1])
rng = np.random.default_rng(seed)
I, D = int(rng.integers(30, 60)), int(rng.integers(1, 9))
letters = list("abcXYZ019_-.éЖ字")
known = list({"".join(rng.choice(letters, 5)) + str(i) for i in range(I)})
rng.shuffle(known)
with open("log.csv", "w") as f:
    f.write("user,item\n" + "".join(f"u{n % 7},{i}\n" for n, i in enumerate(known)))
subprocess.run(["stair-ingest", "-q", "--ids", "appearance", "-o", "d.npz", "log.csv"], check=True)
items = [b.decode() for b in np.load("d.npz")["item_ids"]]
assert sorted(items) == sorted(known)

# rows of the files: some items, and ids that no item has
rows = [i for i in known if rng.random() < .8] + [f"none{n}" for n in range(5)]
rng.shuffle(rows)
x = (rng.normal(size=(len(rows), D)) * 10.0 ** rng.integers(-6, 6, size=(len(rows), 1))).astype("f4")
x[0] = 3  # whole numbers, too
place = {i: n for n, i in enumerate(rows)}
missing = [n for n, i in enumerate(items) if i not in place]
want = np.full((len(items), D), np.nan, "f4")
for n, i in enumerate(items):
    if i in place:
        want[n] = x[place[i]]


def check(name, *args, values=x, data=None):
    wanted = want if values is x else values
    p = subprocess.run(["stair-features", "-q", "--data", "d.npz", "-o", "out.npz", *args], input=data, capture_output=True)
    assert p.returncode == 0, (name, p.stderr)
    z = np.load("out.npz")
    assert list(z["missing"] if "missing" in z else []) == missing, name
    there = [n for n in range(len(items)) if n not in missing]
    assert np.array_equal(z["x"][there], wanted[there]), name
    mean = wanted[there].astype("f8").mean(0)
    assert np.allclose(z["x"][missing], mean, rtol=1e-6, atol=0), name


def number(v):
    return repr(float(v)) if rng.random() < .5 else "%.9g" % v


def table(name, sep, header, end="\n", list_form=None):
    with open(name, "w", newline="") as f:
        if header:
            f.write(sep.join(["id"] + [f"v{k}" for k in range(1 if list_form else D)]) + end)
        for i, v in zip(rows, x):
            cells = [number(w) for w in v]
            if list_form:
                cells = [list_form % (" " if " " in list_form else ", ").join(cells)]
            f.write(sep.join([i, *cells]) + end)
    check(f"{name}, header {header}", name)


for header in (False, True):
    table("t.csv", ",", header)
    table("t.tsv", "\t", header, "\r\n")
    table("semicolons.csv", ";", header, "\r")
    table("list.csv", ",", header, list_form='"[%s]"')
    table("list.tsv", "\t", header, list_form="[ %s ]")
with open("blank.txt", "w") as f:
    f.writelines(" ".join([i, *map(number, v)]) + " \n" for i, v in zip(rows, x))
check("blanks", "blank.txt") if D > 1 else None
body = open("blank.txt").read()
open("word2vec.txt", "w").write(f"{len(rows)} {D}\n" + body)
check("word2vec", "word2vec.txt") if D > 1 else None
objects = [{"note": [{"id": "x"}], "vector": [float(w) for w in v], "id": i} for i, v in zip(rows, x)]
with gzip.open("v.jsonl.gz", "wt") as f:
    f.writelines(json.dumps(o, ensure_ascii=bool(rng.integers(2))) + "\n" for o in objects)
check("JSON lines", "v.jsonl.gz")
json.dump([{"k": o["id"], "e": o["vector"]} for o in objects], open("v.json", "w"), indent=1)
check("JSON, an array", "--id", "k", "--vector", "e", "v.json")

with open("ids.txt", "w") as f:
    f.writelines(i + "\n" for i in rows)
with open("ids.csv", "w") as f:
    f.writelines(['n;"the id"\n'] + [f'{n};"{i}"\n' for n, i in enumerate(rows)])
for dtype in "f4 f8 >f4 >f8 f2 i2 >i4 u1".split():
    for order in "CF":
        a = np.asarray(x if "f" in dtype else np.clip(x, 0, 200)).astype(dtype, order=order)
        wanted = np.full((len(items), D), np.nan, "f4")
        for n, i in enumerate(items):
            if i in place:
                wanted[n] = a[place[i]]
        if not np.isfinite(a.astype("f4")).all():
            continue
        np.save("a.npy", a)
        check(f"{dtype} {order} .npy", "--ids", "ids.txt", "a.npy", values=wanted)
        check(f"{dtype} {order} ids of a column", "--ids", "ids.csv:the id", "a.npy", values=wanted)
        save = np.savez_compressed if order == "F" else np.savez
        save("a.npz", other=a[:1], emb=a, ids=np.array(rows))
        check(f"{dtype} {order} member", "--member", "emb", "a.npz", values=wanted)
        np.savez("b.npz", ids=np.array([r.encode() for r in rows]), x=a)
        check(f"{dtype} {order} pipe", values=wanted, data=open("b.npz", "rb").read())

# graphs: as SciPy indexes them
n = len(rows)
g = sp.random(n, n, .2, "csr", np.float32, rng)
for t in ("f4", "f8", "i4"):
    a = (g * 100).astype(t) if t == "i4" else g.astype(t)
    a.eliminate_zeros()
    sp.save_npz("g.npz", a, compressed=bool(rng.integers(2)))
    subprocess.run(["stair-features", "-q", "--data", "d.npz", "--ids", "ids.txt", "-o", "out.npz", "g.npz"], check=True)
    got = sp.load_npz("out.npz")
    dense, full = a.toarray().astype("f4"), np.zeros((len(items),) * 2, "f4")
    for r, i in enumerate(items):
        for c, j in enumerate(items):
            if i in place and j in place:
                full[r, c] = dense[place[i], place[j]]
    assert got.has_sorted_indices and np.array_equal(got.toarray(), full), t
