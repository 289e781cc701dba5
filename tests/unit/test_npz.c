/* lib/io/npz: the container, written and read. Foreign layouts and damage are
 * in test_npz_damage.c. */
#include "lib/base/mem.h"
#include "lib/io/npz.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const float f4[] = {1.5f, -2, 3e-40f, 0, -0.0f, 1e30f};
static const int64_t i8[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
static const char s5[] = "abc\0\0de\0\0\0fghij";
static const double scalar = 0.1;
static const unsigned char u1[] = {0, 1, 2, 3, 250, 251, 252, 255};

static int
write_all(const char *path, const char *history, struct err *e)
{
    int64_t two3[] = {2, 3}, five = 5, three = 3, cube[] = {2, 2, 2};
    int64_t none[] = {0, 4};
    struct npy hf = npy_make('f', 4, 2, two3), hi = npy_make('i', 8, 1, &five);
    struct npy hs = npy_make('S', 5, 1, &three), h0 = npy_make('f', 8, 0, NULL);
    struct npy hu = npy_make('u', 1, 3, cube), he = npy_make('i', 4, 2, none);
    struct npz_out z;
    npz_out_open(&z, path, history);
    npz_out_array(&z, "f4", &hf, f4);
    npz_out_array(&z, "i8", &hi, i8);
    npz_out_array(&z, "strings", &hs, s5);
    npz_out_array(&z, "scalar", &h0, &scalar);
    npz_out_array(&z, "cube", &hu, u1);
    npz_out_array(&z, "empty", &he, NULL);
    return npz_out_commit(&z, e);
}

static int
holds(const struct npz *z, const char *name, const void *data, size_t n)
{
    const struct npz_array *a = npz_find(z, name);
    return a && a->data && a->npy.count * a->npy.size == (int64_t)n &&
           memcmp(a->data, data, n) == 0;
}

static int
check_all(const struct npz *z)
{
    return z->n == 6 && holds(z, "f4", f4, sizeof f4) &&
           holds(z, "i8", i8, sizeof i8) && holds(z, "strings", s5, 15) &&
           holds(z, "scalar", &scalar, sizeof scalar) &&
           holds(z, "cube", u1, sizeof u1) && holds(z, "empty", "", 0) &&
           npz_find(z, "cube")->npy.ndim == 3 &&
           npz_find(z, "empty")->npy.shape[1] == 4;
}

static void
test_round_trip(void)
{
    struct npz z;
    struct err e;
    ok(write_all("all.npz", "stair-npz 1\n", &e) == 0 &&
            npz_load(&z, "all.npz", NULL, &e) == 0 && check_all(&z) &&
            !strcmp(z.history, "stair-npz 1\n") && !strcmp(z.path, "all.npz"),
        "every kind of array comes back");
    uint32_t id = z.id;
    npz_free(&z);
    npz_free(&z);
    ok(write_all("same.npz", "stair-npz 1\n", &e) == 0 &&
            system("cmp -s all.npz same.npz") == 0,
        "bytes are a function of the content");
    ok(write_all("other.npz", "stair-npz 1\nmore\n", &e) == 0 &&
            npz_load(&z, "other.npz", NULL, &e) == 0 && z.id == id,
        "the identity does not count the history");
    npz_free(&z);

    static const char *const wanted[] = {"i8", "absent", NULL};
    ok(npz_load(&z, "all.npz", wanted, &e) == 0 && z.n == 6 &&
            npz_find(&z, "i8")->data && !npz_find(&z, "f4")->data &&
            !npz_find(&z, "absent") && z.id == id,
        "unwanted members are skipped but verified");
    npz_free(&z);

    struct npz_in in;
    struct npz_head h;
    int aligned = 1, members = 0, rc = npz_in_open(&in, "all.npz", &e);
    while (!rc && (rc = npz_in_next(&in, &h, &e)) > 0) {
        aligned &= h.text || (h.offset > 0 && h.offset % 64 == 0);
        members++;
        rc = 0;
    }
    npz_in_close(&in);
    npz_in_close(&in);
    ok(rc == 0 && members == 7 && aligned, "payloads lie at multiples of 64");
}

static void
test_pipe(void)
{
    struct npz z;
    struct err e;
    mkfifo("fifo", 0600);
    pid_t pid = fork();
    if (pid == 0)
        _exit(write_all("fifo", "stair-npz 1\n", &e) != 0);
    ok(npz_load(&z, "fifo", NULL, &e) == 0 && check_all(&z), "through a pipe");
    npz_free(&z);
    waitpid(pid, NULL, 0);
    pid = fork();
    if (pid == 0)
        _exit(system("cat all.npz >fifo") != 0);
    struct npz_in in;
    struct npz_head h;
    int rc = npz_in_open(&in, "fifo", &e);
    if (!rc)
        rc = npz_in_next(&in, &h, &e);
    ok(rc == 1 && h.offset == -1, "nothing to map in a pipe");
    ok(npz_load_rest(&z, &in, &h, NULL, &e) == 0 && check_all(&z),
        "load from a reader that is under way");
    npz_free(&z);
    npz_in_close(&in);
    waitpid(pid, NULL, 0);
    ok(system("gzip -kf all.npz") == 0 &&
            npz_load(&z, "all.npz.gz", NULL, &e) == 0 && check_all(&z),
        "gzipped");
    npz_free(&z);
}

static void
test_stream(void)
{
    struct npz_in in;
    struct npz_head h;
    struct err e;
    float part[4];
    ok(npz_in_open(&in, "all.npz", &e) == 0 && npz_in_next(&in, &h, &e) == 1 &&
            h.text && h.bytes == 12 && npz_in_next(&in, &h, &e) == 1 &&
            !strcmp(h.name, "f4") && h.bytes == 24 &&
            npz_in_read(&in, part, 16, &e) == 0 && part[1] == -2 &&
            npz_in_read(&in, part, 8, &e) == 0 && part[1] == 1e30f,
        "a member in pieces");
    ok(npz_in_read(&in, part, 1, &e) == ERR_FORMAT, "no more than there is: %s",
        e.msg);
    npz_in_close(&in);
    ok(npz_in_open(&in, "all.npz", &e) == 0 && npz_in_next(&in, &h, &e) == 1 &&
            npz_in_read(&in, part, 4, &e) == 0 &&
            npz_in_next(&in, &h, &e) == 1 && !strcmp(h.name, "f4"),
        "the rest of a member is skipped");
    npz_in_close(&in);
}

static void
test_take(void)
{
    static const char *const path = "types.npz";
    int64_t three = 3, n1[] = {3, 1};
    struct npz_out w;
    struct err e;
    uint16_t half[] = {0x3c00, 0x0001, 0xfc00}; /* 1, 2^-24, -inf */
    double wide[] = {1, 0.1, 1e300};
    uint64_t u8[] = {0, 5, 1ull << 63};
    int64_t l[] = {0, 5, 1ll << 31};
    struct npy h2 = npy_make('f', 2, 1, &three);
    struct npy h8 = npy_make('f', 8, 2, n1);
    struct npy hu = npy_make('u', 8, 1, &three);
    struct npy hl = npy_make('i', 8, 1, &three);
    struct npy hb = npy_make('b', 1, 1, &three);
    struct npy hs = npy_make('S', 2, 1, &three);
    npz_out_open(&w, path, NULL);
    npz_out_array(&w, "half", &h2, half);
    npz_out_array(&w, "wide", &h8, wide);
    npz_out_array(&w, "u8", &hu, u8);
    npz_out_array(&w, "l", &hl, l);
    npz_out_array(&w, "b", &hb, "\0\1\1");
    npz_out_array(&w, "s", &hs, "aabbcc");
    int rc = npz_out_commit(&w, &e);
    struct npz z;
    struct npy shape;
    float *f = NULL;
    int64_t *i = NULL;
    int32_t *s = NULL;
    rc |= npz_load(&z, path, NULL, &e);
    ok(rc == 0 && npz_take_f32(&z, "half", 1, &f, &shape, &e) == 0 &&
            f[0] == 1 && f[1] == 0x1p-24f && isinf(f[2]) && f[2] < 0 &&
            shape.size == 2,
        "half precision");
    free(f);
    f = NULL;
    ok(npz_take_f32(&z, "half", 1, &f, NULL, &e) == ERR_FORMAT,
        "a member is taken once: %s", e.msg);
    ok(npz_take_f32(&z, "wide", 1, &f, NULL, &e) < 0 &&
            !strcmp(
                e.msg, "'types.npz': member 'wide' has 2 dimensions, not 1"),
        "%s", e.msg);
    ok(npz_take_i64(&z, "wide", 2, &i, NULL, &e) < 0 &&
            !strcmp(e.msg, "'types.npz': member 'wide' is not integer"),
        "%s", e.msg);
    ok(npz_take_f32(&z, "wide", -1, &f, NULL, &e) == 0 && f[1] == 0.1f &&
            isinf(f[2]),
        "double precision is rounded");
    free(f);
    f = NULL;
    ok(npz_take_i64(&z, "u8", 1, &i, NULL, &e) == ERR_RANGE &&
            !strcmp(e.msg,
                "'types.npz': member 'u8': element 2 does not fit in 64 bits"),
        "%s", e.msg);
    ok(npz_take_i32(&z, "l", 1, &s, NULL, &e) == ERR_RANGE &&
            !strcmp(e.msg,
                "'types.npz': member 'l': element 2 does not fit in 32 bits"),
        "%s", e.msg);
    ok(npz_take_i64(&z, "l", 1, &i, NULL, &e) == 0 && i[2] == 1ll << 31,
        "integers move as they are");
    free(i);
    ok(npz_take_i32(&z, "b", 1, &s, NULL, &e) == 0 && s[0] == 0 && s[2] == 1,
        "booleans are integers");
    free(s);
    ok(npz_take_f32(&z, "s", 1, &f, NULL, &e) < 0 &&
            !strcmp(e.msg, "'types.npz': member 's' is not numeric"),
        "%s", e.msg);
    ok(npz_take_f32(&z, "t", 1, &f, NULL, &e) < 0 &&
            !strcmp(e.msg, "'types.npz' has no member 't'"),
        "%s", e.msg);
    npz_free(&z);
}

/* All 65536 halves against the definition. */
static void
test_half(void)
{
    struct npy h = npy_make('f', 2, 0, NULL);
    int good = 1;
    for (uint32_t v = 0; v < 65536; v++) {
        uint16_t u = (uint16_t)v;
        float got;
        npz_to_f32(&h, &u, 1, &got);
        int exp = v >> 10 & 31, frac = v & 1023;
        double want = exp == 31 ? (frac ? (double)NAN : (double)INFINITY)
                      : exp     ? ldexp(1024 + frac, exp - 25)
                                : ldexp(frac, -24);
        if (v >> 15)
            want = -want;
        good &= isnan(want)
                    ? isnan(got) != 0
                    : (double)got == want && !signbit(got) == !signbit(want);
    }
    ok(good, "all halves");
}

static void
test_limits(void)
{
    struct npz_out w;
    struct err e;
    char name[400];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    struct npy h = npy_make('i', 8, 0, NULL);
    npz_out_open(&w, "long.npz", NULL);
    npz_out_array(&w, name, &h, i8);
    ok(npz_out_commit(&w, &e) == ERR_RANGE,
        "an array's name of 399 bytes is refused");
    npz_out_open(&w, "long.npz", NULL);
    npz_out_text(&w, name, "");
    ok(npz_out_commit(&w, &e) == ERR_RANGE, "so is a text's");
    name[251] = 0;
    npz_out_open(&w, "long.npz", NULL);
    npz_out_array(&w, name, &h, i8);
    ok(npz_out_commit(&w, &e) == 0, "one of 251 is written");
    struct npz z;
    ok(npz_load(&z, "long.npz", NULL, &e) == 0 &&
            !strcmp(z.array[0].name, name),
        "and read");
    npz_free(&z);
    npz_out_open(&w, "old.npz", NULL);
    ok(xout_check(&w.x, &e) == 0, "open");
    npz_out_abort(&w);
    npz_out_abort(&w);
    ok(access("old.npz", F_OK) != 0, "an abandoned file does not appear");
    npz_out_open(&w, "/dev/full", NULL);
    npz_out_array(&w, "x", &h, i8);
    ok(npz_out_commit(&w, &e) == ERR_IO &&
            !strcmp(e.msg, "cannot write '/dev/full': No space left on device"),
        "%s", e.msg);
    npz_out_open(&w, "absent/a.npz", "stair-npz 1\n");
    npz_out_array(&w, "x", &h, i8);
    ok(npz_out_commit(&w, &e) == ERR_IO &&
            !strcmp(e.msg,
                "cannot create 'absent/a.npz': No such file or directory"),
        "%s", e.msg);
}

/* As many members as there can be. */
static void
fill_up(struct npz_out *w)
{
    struct npy h = npy_make('i', 8, 0, NULL);
    npz_out_open(w, "full.npz", NULL);
    for (int i = 0; i < NPZ_MEMBERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        npz_out_array(w, name, &h, i8);
    }
}

/* What no reader takes is not written. */
static void
test_members(void)
{
    struct npz_out w;
    struct err e = {""};
    struct npy h = npy_make('i', 8, 0, NULL);
    npz_out_open(&w, "full.npz", NULL);
    npz_out_text(&w, "x", "");
    npz_out_array(&w, "x", &h, i8);
    ok(xout_check(&w.x, &e) == 0,
        "a text and an array of one name differ: x, x.npy");
    npz_out_array(&w, "x", &h, i8);
    ok(npz_out_commit(&w, &e) == ERR_RANGE &&
            !strcmp(e.msg, "two members are named 'x.npy'"),
        "%s", e.msg);
    struct npz z;
    fill_up(&w);
    ok(npz_out_commit(&w, &e) == 0 && npz_load(&z, "full.npz", NULL, &e) == 0 &&
            z.n == NPZ_MEMBERS,
        "a full file is read: %s", e.msg);
    npz_free(&z);
    fill_up(&w);
    npz_out_array(&w, "more", &h, i8);
    ok(npz_out_commit(&w, &e) == ERR_RANGE &&
            !strcmp(e.msg,
                "member 'more.npy' is one too many: a file holds at most 1056"),
        "%s", e.msg);
}

/* For tests/interop/npz.sh: IN.npy, which may be larger than 4 GiB, as member x
 * of OUT.npz, and a small member behind it. */
static int
copy(const char *in, const char *out)
{
    static const char *const wanted[] = {"x", NULL};
    struct npz z;
    struct npz_out w;
    struct err e = {""};
    int64_t five = 5;
    struct npy h = npy_make('i', 8, 1, &five);
    int rc = npz_load(&z, in, wanted, &e);
    if (!rc) {
        npz_out_open(&w, out, NULL);
        npz_out_array(&w, "x", &z.array[0].npy, z.array[0].data);
        npz_out_array(&w, "last", &h, i8);
        rc = npz_out_commit(&w, &e);
    }
    fputs(e.msg, stderr);
    return rc != 0;
}

/* Element i of row r is 100 r + i; fails at the row `bad`. */
struct made {
    int64_t d, bad;
    int calls;
};

static int
make_rows(void *ctx, int64_t first, int64_t n, void *buf, struct err *e)
{
    struct made *m = ctx;
    float *x = buf;
    m->calls++;
    for (int64_t r = 0; r < n; r++)
        for (int64_t i = 0; i < m->d; i++)
            x[r * m->d + i] = (float)(100 * (first + r) + i);
    return first + n > m->bad ? err_set(e, ERR_IO, "no more rows") : 0;
}

static void
test_rows(void)
{
    struct err e;
    struct npz_out z;
    struct npz got;
    int64_t shape[] = {10, 3}, none[] = {0, 3};
    struct npy h = npy_make('f', 4, 2, shape), h0 = npy_make('f', 4, 2, none);
    struct made m = {3, 10, 0};
    float all[30];
    int rc = make_rows(&m, 0, 10, all, &e);
    npz_out_open(&z, "whole.npz", NULL);
    npz_out_array(&z, "x", &h, all);
    npz_out_array(&z, "none", &h0, NULL);
    rc |= npz_out_commit(&z, &e);
    for (int64_t rows = 1; rows <= 11; rows += rows < 4 ? 1 : 6) {
        m.calls = 0;
        npz_out_open(&z, "rows.npz", NULL);
        rc |= npz_out_rows(&z, "x", &h, rows, make_rows, &m, &e);
        rc |= npz_out_rows(&z, "none", &h0, rows, make_rows, &m, &e);
        rc |= npz_out_commit(&z, &e);
        rc |= npz_load(&got, "whole.npz", NULL, &e);
        uint32_t id = got.id;
        npz_free(&got);
        rc |= npz_load(&got, "rows.npz", NULL, &e);
        ok(rc == 0 && got.id == id && holds(&got, "x", all, sizeof all) &&
                m.calls == 2 * (int)((10 + rows - 1) / rows),
            "an array in blocks of %d rows is the whole one", (int)rows);
        npz_free(&got);
    }
    m.bad = 7;
    npz_out_open(&z, "rows.npz", NULL);
    ok(npz_out_rows(&z, "x", &h, 4, make_rows, &m, &e) == ERR_IO &&
            npz_out_commit(&z, &e) == ERR_IO && !strcmp(e.msg, "no more rows"),
        "rows that cannot be had: %s", e.msg);
}

int
main(int argc, char **argv)
{
    if (argc == 3)
        return copy(argv[1], argv[2]);
    test_round_trip();
    test_pipe();
    test_stream();
    test_take();
    test_half();
    test_limits();
    test_members();
    test_rows();
    return done();
}
