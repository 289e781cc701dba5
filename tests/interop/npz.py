"""Both directions between the container and NumPy, SciPy, zipfile. Prints TAP
lines without a plan; tests/interop/npz.sh counts them."""
import io
import re
import subprocess
import sys
import zipfile

import numpy as np
import scipy.io
import scipy.sparse as sp

rng = np.random.default_rng(1)


def ok(good, name):
    print("ok" if good else "not ok", "-", name)


def run(*args, data=None, code=0):
    p = subprocess.run(args, input=data, capture_output=True)
    if p.returncode != code:
        print("# exit %d: %s: %s" % (p.returncode, " ".join(args), p.stderr.decode()[:300]))
    return p.stdout


def equal(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def arrays():
    shapes = [(), (0,), (7,), (3, 5), (0, 4), (2, 3, 4), (1000, 33)]
    for t in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 ?".split():
        for s in shapes:
            a = rng.normal(size=s) * 50
            yield np.asarray(a > 0 if t == "?" else a.astype(np.int64) if t[0] in "iu" else a).astype(t)
    for s in shapes:
        n = int(np.prod(s))
        yield np.array([b"x" * (i % 6) for i in range(n)], "S6").reshape(s)


def to_us():
    """What NumPy and SciPy write is read right."""
    named = {"a%d" % i: a for i, a in enumerate(arrays())}
    np.savez("plain.npz", **named)
    np.savez_compressed("packed.npz", **named)
    pipe = ["-c", "import sys, numpy as np; z = np.load('plain.npz');"
            "np.savez(sys.stdout.buffer, **z)"]
    piped = run(sys.executable, *pipe)
    packed = run(sys.executable, pipe[0], pipe[1].replace("savez(", "savez_compressed("))
    with zipfile.ZipFile(io.BytesIO(piped)) as z:
        ok(all(i.flag_bits & 8 for i in z.infolist()), "np.savez into a pipe uses data descriptors")
    for how, args, data in (("np.savez", ["plain.npz"], None),
                            ("np.savez_compressed", ["packed.npz"], None),
                            ("np.savez | ", ["-"], piped),
                            ("np.savez_compressed | ", ["-"], packed)):
        bad = [k for k, a in list(named.items())[::3 if data else 1]
               if not equal(a, np.load(io.BytesIO(run("stair-cat", "-f", "npy", "-m", k, *args, data=data))))]
        ok(not bad, "%s: members come out as they went in %s" % (how, bad))
        info = run("stair-info", *args, data=data).decode()
        ok(info.count("\nmember\t") == len(named) and "warning" not in info, how + ": stair-info")
    for t in ("f2", "f4", "f8"):
        a = (rng.normal(size=(60, 7)) * 3).astype(t)
        np.save("a.npy", a)
        text = np.loadtxt(io.StringIO(run("stair-cat", "a.npy").decode()))
        ok(equal(a, text.astype(t)), "np.save %s: read exactly" % t)
        for version in (1, 2, 3):
            b = io.BytesIO()
            np.lib.format.write_array(b, a, version=(version, 0))
            ok(equal(a, np.load(io.BytesIO(run("stair-cat", "-f", "npy", data=b.getvalue())))),
               "npy version %d, %s, from a pipe" % (version, t))
    for name, m in (("random", sp.random(40, 70, 0.1, "csr", np.float32, rng)),
                    ("empty", sp.csr_matrix((5, 6), dtype=np.float32)),
                    ("double", sp.random(9, 9, 0.4, "csr", np.float64, rng))):
        for compressed in (True, False):
            sp.save_npz("m.npz", m, compressed)
            back = scipy.io.mmread(io.BytesIO(run("stair-cat", "-f", "mtx", "m.npz")))
            ok(abs(sp.csr_matrix(back).astype("f4") - m.astype("f4")).sum() == 0 and back.shape == m.shape,
               "scipy.sparse.save_npz, %s, compressed %s" % (name, compressed))
    m = sp.random(30, 30, 0.3, "csr", np.float32, rng)
    for r in range(30):
        s = slice(m.indptr[r], m.indptr[r + 1])
        m.indices[s], m.data[s] = m.indices[s][::-1].copy(), m.data[s][::-1].copy()
    m.has_sorted_indices = False
    sp.save_npz("m.npz", m)
    back = scipy.io.mmread(io.BytesIO(run("stair-cat", "-f", "mtx", "m.npz")))
    ok(abs(sp.csr_matrix(back).astype("f4") - m).sum() == 0, "a matrix with unsorted rows")
    for other in ("csc", "coo"):
        sp.save_npz("m.npz", m.asformat(other))
        p = subprocess.run(["stair-knn", "-o", "k.npz", "m.npz:1"], capture_output=True)
        ok(p.returncode == 1 and p.stderr.startswith(b"stair-knn: "), other + " is refused: %r" % p.stderr)


def of_us(path):
    """A file of ours opens everywhere and says what stair-info says."""
    with open(path, "rb") as f:
        raw = f.read()
    with zipfile.ZipFile(path) as z:
        infos = z.infolist()
        ok(z.testzip() is None and infos[0].filename == "history.txt" and
           all(i.compress_type == 0 and i.date_time == (1980, 1, 1, 0, 0, 0) for i in infos),
           path + ": zipfile agrees")
    z = np.load(path)
    ok(z["history.txt"].decode().startswith("stair-npz 1\n"), path + ": history")
    info = run("stair-info", path).decode()
    members = re.findall(r"^member\t(\S+)\t(\S+)\t(\(.*?\))\tcrc=(\w+)", info, re.M)
    maps = dict(re.findall(r"^memmap\t(\S+)\t(.*)$", info, re.M))
    arrays_ = [m for m in members if m[1] != "text"]
    good = sorted(m[0] for m in arrays_) == sorted(k for k in z.files if k != "history.txt")
    crcs = {i.filename: i.CRC for i in infos}
    for name, descr, shape, crc in arrays_:
        a = z[name]
        good &= a.dtype.str == descr and str(a.shape) == shape and crcs[name + ".npy"] == int(crc, 16)
        if a.size:
            m = eval(maps[name], {"np": np})
            good &= equal(a, np.asarray(m)) and m.offset % 64 == 0
        good &= equal(a, np.load(io.BytesIO(run("stair-cat", "-f", "npy", "-m", name, path))))
    ok(good, "%s: %d arrays, types, shapes, checksums, maps" % (path, len(arrays_)))
    if "indptr" in z.files:
        m = sp.load_npz(path)
        back = scipy.io.mmread(io.BytesIO(run("stair-cat", "-f", "mtx", path)))
        ok(m.has_canonical_format and abs(sp.csr_matrix(back).astype("f4") - m).sum() == 0, path + ": scipy.sparse.load_npz")
    if "train_indptr" in z.files:
        users, items = z["user_ids"], z["item_ids"]
        want = []
        for label, part in enumerate(("train", "valid", "test")):
            ptr, ind = z[part + "_indptr"], z[part + "_indices"]
            want += [(u, k, label, users[u], items[i]) for u in range(len(users))
                     for k, i in enumerate(ind[ptr[u]:ptr[u + 1]])]
        want.sort(key=lambda w: (w[0], w[2], w[1]))
        text = b"".join(b"%s\t%s\t%d\n" % (u, i, label) for _, _, label, u, i in want)
        ok(run("stair-cat", path) == text, path + ": every interaction")
    np.savez("again.npz", **{k: z[k] for k in z.files if k != "history.txt"})
    ok(run("stair-cmp", path, "again.npz", code=0) == b"", path + ": equal to NumPy's copy of it")
    repacked = io.BytesIO()
    with zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as out:
        for i in infos:
            out.writestr(i.filename, raw[0:0] + zipfile.ZipFile(path).read(i))
    want = re.search(r"^id\t.*", info, re.M).group()
    ok(want in run("stair-info", data=repacked.getvalue()).decode(), path + ": same id when compressed")


to_us()
for path in sys.argv[1:]:
    of_us(path)
