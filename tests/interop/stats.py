"""Metric files for stair-compare, and SciPy's tests of the same numbers."""
import sys

import numpy as np
from scipy import stats

METRICS = 12
SIZES = (2, 5, 40)
USERS = 3000


def samples(n):
    rng = np.random.default_rng(n)
    spread = 10.0 ** rng.uniform(-5, -1, (METRICS, 1))
    gap = 10.0 ** rng.uniform(-6, -1, (METRICS, 1))
    a = 0.5 + gap + spread * rng.standard_normal((METRICS, n))
    b = 0.5 + spread * 3 * rng.standard_normal((METRICS, n))
    return a, b


def make():
    for n in SIZES:
        for name, x in zip("ab", samples(n)):
            for r in range(n):
                with open(f"{name}{n}-{r:02}.tsv", "w") as f:
                    for m in range(METRICS):
                        print(f"m{m}\t10\t{x[m, r]!r}", file=f)
    for name, x in zip("ab", samples(USERS)):
        with open(f"u{name}.tsv", "w") as f:
            print("user\ttargets", *(f"m{m}@10" for m in range(METRICS)), sep="\t", file=f)
            for u in range(USERS):
                print(f"user{u}", 1, *map(repr, x[:, u].tolist()), sep="\t", file=f)


def near(got, want, what):
    got = float(got)
    if not abs(got - want) <= 1e-9 * abs(want) + 1e-300:
        sys.exit(f"{what}: {got} is not {want}")


def check_table(path, n, welch):
    a, b = samples(n)
    rows = [line.rstrip("\n").split("\t") for line in open(path)]
    head, rows = rows[0], rows[1:]
    assert len(rows) == 2 * METRICS
    for m in range(METRICS):
        one = dict(zip(head, rows[2 * m]))
        two = dict(zip(head, rows[2 * m + 1]))
        for row, x in ((one, a[m]), (two, b[m])):
            near(row["mean"], x.mean(), f"{path} {m} mean")
            near(row["sd"], x.std(ddof=1), f"{path} {m} sd")
        p = stats.ttest_rel(a[m], b[m])
        near(two["paired_t"], p.statistic, f"{path} {m} paired t")
        near(two["paired_p"], p.pvalue, f"{path} {m} paired p")
        if welch:
            w = stats.ttest_ind(a[m], b[m], equal_var=False)
            near(two["welch_t"], w.statistic, f"{path} {m} Welch t")
            near(two["welch_p"], w.pvalue, f"{path} {m} Welch p")


def check():
    for n in SIZES:
        check_table(f"runs{n}.tsv", n, True)
    check_table("users.tsv", USERS, False)


{"make": make, "check": check}[sys.argv[1]]()
