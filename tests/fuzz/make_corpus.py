#!/usr/bin/env python3
"""Writes the corpora of fuzz_npy, fuzz_npz, fuzz_members, fuzz_vectors and fuzz_titles: run it beside the folder corpus.

The files are small, hold no random numbers, and cover every layout a reader
must take and every one it must refuse by name. They are also the inputs of
tests/cli/files.sh, which knows what is in them."""
import gzip
import io
import os
import zipfile
import numpy as np
import scipy.sparse as sp

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
FIXED = (1980, 1, 1, 0, 0, 0)


def put(kind, name, data):
    folder = os.path.join(here, kind)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def npy(a, **kw):
    b = io.BytesIO()
    np.lib.format.write_array(b, np.asanyarray(a), **kw)
    return b.getvalue()


class Pipe(io.RawIOBase):
    """A stream that cannot seek makes zipfile write data descriptors."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, b):
        self.data += bytes(b)
        return len(b)


def archive(members, method=zipfile.ZIP_STORED, to=None, zip64=False, edit=None):
    b = to or io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, a in members.items():
            info = zipfile.ZipInfo(name, FIXED)
            info.compress_type = method
            data = a if isinstance(a, bytes) else npy(a)
            with z.open(info, "w", force_zip64=zip64) as f:
                f.write(data)
            if edit:
                edit(info)
    return b.data if to else b.getvalue()


x = np.array([[1, 2, 3], [-0.5, 0.25, 1e10]], np.float32)
history = b"stair-npz 1\nstair-whiten\t0.1.0\t--dim=3\tx:0123abcd\n"
dense = {"history.txt": history, "x.npy": x}
a = sp.csr_matrix(np.array([[0, 1, 0], [0.5, 0, 0], [0, 0, 2]], np.float32))
csr = {"format.npy": np.array(b"csr"), "shape.npy": np.array([3, 3]),
       "indptr.npy": a.indptr.astype("i8"), "indices.npy": a.indices,
       "data.npy": a.data}


def part(rows):
    ptr = np.cumsum([0] + [len(r) for r in rows]).astype("i8")
    return ptr, np.array(sum(rows, []), "i4")


dataset = {"history.txt": history}
for name, rows in (("train", [[0, 2], [1]]), ("valid", [[1], []]), ("test", [[], [0]])):
    dataset[name + "_indptr.npy"], dataset[name + "_indices.npy"] = part(rows)
dataset["user_ids.npy"] = np.array([b"ann", b"bob"])
dataset["item_ids.npy"] = np.array([b"i1", b"item2", b"x"])
model = {"name.npy": np.array(b"stair"), "user.npy": x[:, :2], "item.npy": x}

blend = {"blend.npy": np.array([1, .5]), "part1_user.npy": x, "part1_item.npy": x,
         **{"part2_" + k: v for k, v in csr.items()}}

put("npz", "dense.npz", archive(dense))
put("npz", "blend.npz", archive(blend))
put("npz", "csr.npz", archive(csr))
put("npz", "dataset.npz", archive(dataset))
put("npz", "model.npz", archive({**model, "user.npy": x}))
state = {"name.npy": np.array(b"stair"), "run.npy": np.array(b"--dim=3"),
         "counters.npy": np.arange(7), "numbers.npy": np.array([0.5, 0.25])}
for name in ("user", "item"):
    for form in ("%s", "%s_param", "now_%s", "m_%s", "v_%s"):
        state[form % name + ".npy"] = x
put("npz", "checkpoint.npz", archive(state))
put("npz", "deflated.npz", archive(csr, zipfile.ZIP_DEFLATED))
put("npz", "descriptors.npz", archive({"x.npy": x, "y.npy": x[0]}, to=Pipe()))
put("npz", "text_pipe.npz", archive(dense, to=Pipe()))
put("npz", "descriptors_deflated.npz",
    archive({"x.npy": x}, zipfile.ZIP_DEFLATED, to=Pipe()))
put("npz", "zip64.npz", archive(dense, zip64=True))
put("npz", "zip64_descriptors.npz", archive({"x.npy": x}, to=Pipe(), zip64=True))
put("npz", "gzipped.npz.gz", gzip.compress(archive(dense), mtime=0))
put("npz", "empty.npz", archive({}))
put("npz", "shapes.npz", archive({
    "zero.npy": np.zeros((0, 4), "f4"), "scalar.npy": np.float64(2.5),
    "cube.npy": np.arange(8, dtype="u1").reshape(2, 2, 2),
    "u8.npy": np.array([2**64 - 1], "u8"), "bool.npy": np.array([True, False]),
    "half.npy": np.array([1, 65504, 2**-24, -0.0], "f2")}))
put("npz", "nan.npz", archive({"x.npy": np.array([[1, np.nan]], "f4")}))
put("npz", "big_endian.npz", archive({"x.npy": x.astype(">f4")}))
put("npz", "fortran.npz", archive({"x.npy": np.asfortranarray(x)}))
put("npz", "object.npz", archive({"x.npy": npy(np.array([{}, 1]), allow_pickle=True)}))
put("npz", "object_pipe.npz",
    archive({"x.npy": npy(np.array([{}, 1]), allow_pickle=True)}, to=Pipe()))
put("npz", "structured.npz",
    archive({"x.npy": np.array([(1, 2.0)], "i4,f8"), "y.npy": x}))
put("npz", "unicode.npz", archive({"x.npy": np.array(["a", "bc"])}))
put("npz", "path.npz", archive({"../x.npy": x}))
put("npz", "absolute.npz", archive({"/x.npy": x}))
twice = archive({"x.npy": x, "y.npy": x}).replace(b"y.npy", b"x.npy")
put("npz", "twice.npz", twice)
locked = bytearray(archive({"x.npy": x}))
locked[6] |= 1
put("npz", "encrypted.npz", bytes(locked))
put("npz", "bare.npy", npy(x))
put("npz", "bare_f8.npy", npy(x.astype("f8")))
put("npz", "bare_f2.npy", npy(np.array([[1, 0.5]], "f2")))
put("npz", "bare_v2.npy", npy(x, version=(2, 0)))
put("npz", "bare_v3.npy", npy(x, version=(3, 0)))

headers = {
    "f4": "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }",
    "scalar": "{'descr': '<i8', 'fortran_order': False, 'shape': (), }",
    "strings": "{'descr': '|S12', 'fortran_order': False, 'shape': (5,), }",
    "order": "{'shape': (3L,), 'descr': \"|b1\", 'fortran_order': False}\n",
    "fortran": "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }",
    "object": "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "structured": "{'descr': [('a', '<i4'), ('b', '<f8', (2,))], "
                  "'fortran_order': False, 'shape': (1,), }",
    "time": "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,), }",
    "overflow": "{'descr': '<f8', 'fortran_order': False, "
                "'shape': (4294967296, 4294967296), }",
}
for name, text in headers.items():
    put("npy", name, text.encode())


def listed(name):
    """A list of members, of which fuzz_members and fuzz_vectors make an archive."""
    out = b""
    with zipfile.ZipFile(os.path.join(here, "npz", name + ".npz")) as z:
        for info in z.infolist():
            data = z.read(info)
            out += bytes([len(info.filename)]) + info.filename.encode()
            out += len(data).to_bytes(2, "little") + data
    return out


for name in ("dense", "csr", "dataset", "model", "checkpoint", "blend", "shapes"):
    put("members", name, listed(name))

# fuzz_vectors: how (see there), length of the list of ids, the list, the rest.
AMAZON, ARCHIVE, IDS, GUESS = 1, 2, 4, 8


def vectors(how, rest, ids=b""):
    return bytes([how, len(ids)]) + ids + rest


def member(name, a):
    data = npy(a)
    return bytes([len(name)]) + name.encode() + len(data).to_bytes(2, "little") + data


one = np.float32(1.5).tobytes()
nan = np.float32(np.nan).tobytes()
put("vectors", "amazon", vectors(AMAZON, b"0000000001" + one + b"B000000002" + one))
put("vectors", "amazon_cut", vectors(AMAZON, b"0000000001" + one + b"00000"))
put("vectors", "amazon_nan", vectors(AMAZON, b"0000000001" + nan))
put("vectors", "amazon_twice", vectors(AMAZON | GUESS, (b"0000000001" + one) * 2))
put("vectors", "by_number", vectors(0, npy(x[[0, 1, 1]])))
put("vectors", "list", vectors(IDS, npy(x), b"b\na\n"))
put("vectors", "list_long", vectors(IDS, npy(x), b"b\na\n0000000001\n"))
put("vectors", "dense", vectors(ARCHIVE, listed("dense")))
put("vectors", "own_ids", vectors(ARCHIVE, member("ids.npy", np.array([b"a", b"0000000001"])) + member("x.npy", x)))
put("vectors", "own_unicode", vectors(ARCHIVE, member("ids.npy", np.array(["b", "\u00e9"])) + member("x.npy", x)))
put("vectors", "own_numbers", vectors(ARCHIVE | GUESS, member("x.npy", x) + member("ids.npy", np.array([1, 7]))))
put("vectors", "guess_csv", vectors(GUESS, b"id,v1,v2\na,1,2\nb,-3e-5,4\n"))

put("titles", "table", b"item\ttitle\nbc\tTwo words\tmore\na\t\nbc\tagain\nother\tx\n")
put("titles", "missing", b"item\ttitle\na\n")
