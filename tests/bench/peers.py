"""Stages of stair beside peers that compute the same.

Usage: peers.py SIZE THREADS RUNS [STAGE]...

Ours is timed as a whole process, from files to a file. A peer is timed without
its start, imports and reading: from arrays in memory to arrays. They take turns
and the shortest time of each counts. Memory is the largest of the process; this
one stays small, as its children begin with what it has. A result that differs
from ours is said in the last column.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

INF = float("inf")
STAGES = {
    "ingest": ["stair-ingest", "-o", "ours", "interactions.csv.gz"],
    "knn": ["stair-knn", "--directed", "-o", "ours", "features.npy:5"],
    "whiten": ["stair-whiten", "-o", "ours", "features.npy"],
    "whiten-1e-3": ["stair-whiten", "--tol", "1e-3", "-o", "ours", "features.npy"],
    "whiten-graph": ["stair-whiten", "-o", "ours", "similar.npz"],
    "itemknn": ["stair-train", "--model", "itemknn", "--data", "data.npz", "-o", "ours"],
    "recommend": ["stair-recommend", "--data", "data.npz", "-n", "20", "-o", "ours", "mf.npz"],
}
TRAIN = ["stair-train", "-q", "--data", "data.npz", "-o", "ours", "--model"]
OURS = [("ItemKNN", TRAIN + ["itemknn"]),
        ("ItemKNN with content", TRAIN + ["itemknn", "--items", "similar.npz"])]
OURS += [("MF-BPR, %d epochs" % n, TRAIN + ["mf", "--epochs", str(n), "--eval-every", str(n)]) for n in (1, 20, 100)]
OURS += [("STAIR, %d epochs" % n, TRAIN + ["stair", "--init", "init.npz", "--items", "items.npz", "--epochs", str(n),
                                           "--eval-every", str(n)]) for n in (5, 20, 100)]



def timed(command):
    """Seconds and MB of a process, and its last words."""
    with tempfile.TemporaryFile() as said:
        t = time.perf_counter()
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, use = os.wait4(p.pid, 0)
        p.returncode = status
        t = time.perf_counter() - t
        said.seek(0)
        words = said.read().decode(errors="replace").strip().split("\n")[-1]
    if status:
        raise RuntimeError("%s: %s" % (" ".join(command), words))
    return (t, use.ru_maxrss / 1e3), words


def code(*arguments):
    """peer_code.py in a process: what it printed last."""
    return timed([sys.executable, os.path.join(os.path.dirname(__file__), "peer_code.py"), *arguments])[1]


def names(stage):
    return subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "peer_code.py"), "names", stage],
                          check=True, stdout=subprocess.PIPE).stdout.decode().split("\n")[:-1]


def least(a, b):
    return (min(a[0], b[0]), max(a[1], b[1]))


def sit(stage, runs):
    """Ours and the peers, in turns."""
    ours, best, remark = (INF, 0), {}, {}
    peers = names(stage)
    for turn in range(runs):
        ours = least(ours, timed(STAGES[stage])[0])
        for i, name in enumerate(peers):
            if turn and name not in best:
                continue
            try:
                best[name] = least(best.get(name, (INF, 0)), json.loads(code("peer", stage, name, "theirs-%d.npy" % i)))
            except RuntimeError as failed:
                remark[name] = str(failed)
                continue
            if turn == 0:
                remark[name] = code("check", stage, "ours", "theirs-%d.npy" % i)
    print("  %-34s %8.2f %7.0f           %s" % (stage, *ours, " ".join(STAGES[stage])))
    for name in sorted(peers, key=lambda name: best.get(name, (INF,))):
        if name in best:
            t, mb = best[name]
            print("    %-32s %8.2f %7.0f %7.2f   %s" % (name, t, mb, t / ours[0], remark[name]))
        else:
            print("    %-32s failed: %s" % (name, remark[name]))


def ndcg(model):
    out = subprocess.run(["stair-eval", "-q", "--data", "data.npz", "--top", "20", model], check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    return next(float(row.split("\t")[2]) for row in out.split("\n") if row.startswith("ndcg\t20\t"))


def quality(runs):
    """NDCG@20 against seconds. A row is behind another that is better and sooner."""
    rows = []
    for name, command in OURS:
        best = (INF, 0)
        for _ in range(runs):
            best = least(best, timed(command)[0])
        rows.append((best[0], ndcg("ours"), best[1], name))
    for name in names("quality"):
        best = (INF, 0)
        for _ in range(runs):
            best = least(best, json.loads(code("peer", "quality", name, "theirs.npy")))
        code("model", "theirs.npy")
        rows.append((best[0], ndcg("theirs.npy.npz"), best[1], name))
    print("  %-34s %8s %7s %7s" % ("quality, test", "s", "MB", "NDCG@20"))
    for t, value, mb, name in sorted(rows):
        better = [r for r in rows if r[0] < t and r[1] > value]
        by = "   behind " + max(better, key=lambda r: r[1])[3] if better else ""
        print("    %-32s %8.2f %7.0f %7.4f%s" % (name, t, mb, value, by))


def main():
    size, threads, runs, *stages = sys.argv[1:]
    os.environ.update(OMP_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads, MKL_NUM_THREADS=threads,
                      POLARS_MAX_THREADS=threads)
    for stage in stages:
        if stage not in STAGES and stage != "quality":
            sys.exit("STAGES: '%s' is none of %s quality" % (stage, " ".join(STAGES)))
    code("prepare", size)
    print("-- %s, %s threads, the shortest of %s" % (size, threads, runs))
    print("  %-34s %8s %7s %7s" % ("", "s", "MB", "ratio"))
    for stage in stages or [*STAGES, "quality"]:
        if stage == "quality":
            quality(int(runs))
        else:
            sit(stage, int(runs))
        sys.stdout.flush()


main()
