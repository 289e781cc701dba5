/*
 * Damaged and foreign npz files. A file cut anywhere must fail; a flipped bit
 * must fail or leave everything as it was, which it can only in fields that do
 * not matter, see dont_care().
 */
#include "lib/base/mem.h"
#include "lib/io/npz.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX = 8192 };

/* A file in memory with a path. */
static int fd;
static char path[64];

static void
set(const void *p, size_t n)
{
    if (ftruncate(fd, 0) || pwrite(fd, p, n, 0) != (ssize_t)n)
        abort();
}

static size_t
get(const char *name, unsigned char *buf)
{
    FILE *f = fopen(name, "rb");
    size_t n = f ? fread(buf, 1, MAX, f) : 0;
    if (f)
        fclose(f);
    return n;
}

static int
load(struct npz *z, struct err *e)
{
    e->msg[0] = 0;
    return npz_load(z, path, NULL, e);
}

/* What became an unsupported type is no longer read as numbers. */
static int
unread(const struct npz *z)
{
    int n = 0;
    for (int i = 0; i < z->n; i++)
        n += !z->array[i].data;
    return n;
}

static int
same(const struct npz *a, const struct npz *b)
{
    int equal =
        a->n == b->n && a->id == b->id &&
        !strcmp(a->history ? a->history : "", b->history ? b->history : "");
    for (int i = 0; i < a->n && equal; i++) {
        const struct npz_array *x = &a->array[i], *y = &b->array[i];
        equal = !strcmp(x->name, y->name) && x->npy.kind == y->npy.kind &&
                x->npy.size == y->npy.size && x->npy.ndim == y->npy.ndim &&
                !memcmp(x->npy.shape, y->npy.shape, sizeof x->npy.shape) &&
                !x->data == !y->data &&
                (!x->data || !memcmp(x->data, y->data,
                                 (size_t)(x->npy.count * x->npy.size)));
    }
    return equal;
}

static unsigned
le(const unsigned char *p, int bytes)
{
    unsigned v = 0;
    for (int i = bytes; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/*
 * 1 for each bit of one of our files whose change goes unnoticed by design:
 * version needed (the features used speak for themselves), reserved flags,
 * dates, the filler that aligns the data (a shorter one leaves zeros that read
 * as more filler), and of the directory what concerns extraction to disk: who
 * made it, attributes, the disk it starts on.
 */
static void
dont_care(const unsigned char *b, size_t n, unsigned char *mask)
{
    memset(mask, 0, n);
    size_t at = 0;
    for (; le(b + at, 4) == 0x04034b50;) {
        unsigned name = le(b + at + 26, 2), extra = le(b + at + 28, 2);
        memset(mask + at + 4, 255, 2);
        mask[at + 6] = 0xb6; /* all but encryption and descriptor bits */
        mask[at + 7] = 255;
        memset(mask + at + 10, 255, 4);
        memset(mask + at + 30 + name, 255, extra);
        at += 30 + name + extra + le(b + at + 18, 4);
    }
    for (; le(b + at, 4) == 0x02014b50; at += 46 + le(b + at + 28, 2)) {
        memset(mask + at + 4, 255, 6);
        memset(mask + at + 12, 255, 4);
        memset(mask + at + 34, 255, 8);
    }
}

static void
test_own(void)
{
    static unsigned char b[MAX], mask[MAX];
    int64_t shape[] = {2, 2}, three = 3;
    float x[] = {1, 2, 3, 4};
    struct npy hx = npy_make('f', 4, 2, shape),
               hi = npy_make('i', 4, 1, &three);
    struct npz_out w;
    struct npz z, good;
    struct err e;
    npz_out_open(&w, "own.npz", "stair-npz 1\nstair-test\t1\n");
    npz_out_array(&w, "x", &hx, x);
    npz_out_array(&w, "i", &hi, "abcdefghijkl");
    int rc = npz_out_commit(&w, &e);
    size_t n = get("own.npz", b);
    set(b, n);
    ok(rc == 0 && load(&good, &e) == 0, "a file of our own: %zu bytes", n);
    int bad = 0;
    for (size_t cut = 0; cut < n; cut++) {
        set(b, cut);
        if (load(&z, &e) != ERR_FORMAT || !e.msg[0])
            bad++;
    }
    ok(bad == 0, "cut at every byte: fails (%d)", bad);
    dont_care(b, n, mask);
    int wrong = 0, outside = 0, unseen = 0;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        b[bit / 8] ^= (unsigned char)(1 << bit % 8);
        set(b, n);
        if (load(&z, &e) == 0) {
            unseen++;
            wrong += !same(&z, &good);
            outside += !(mask[bit / 8] >> bit % 8 & 1);
            npz_free(&z);
        }
        b[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    ok(wrong == 0, "no flipped bit of %zu changes the content unnoticed",
        8 * n);
    ok(outside == 0,
        "the %d unnoticed ones are all in fields without a meaning", unseen);
    b[n] = 0;
    set(b, n + 1);
    ok(load(&z, &e) == ERR_FORMAT && strstr(e.msg, "data after the end"), "%s",
        e.msg);
    npz_free(&good);
}

/* Every file of the fuzz corpus that can be read. */
static void
test_corpus(void)
{
    char dir[4096], name[8192];
    static unsigned char b[MAX];
    snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/npz", getenv("TOP"));
    int slow = getenv("SANITIZED") && *getenv("SANITIZED") == '1';
    DIR *d = opendir(dir);
    int files = 0;
    for (struct dirent *x; d && (x = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", dir, x->d_name);
        size_t n = get(name, b);
        struct npz z, good;
        struct err e;
        set(b, n);
        if (x->d_name[0] == '.' || load(&good, &e))
            continue;
        files++;
        int bad = 0, wrong = 0;
        for (size_t cut = 0; cut < n; cut += slow ? 7 : 1) {
            set(b, cut);
            if (load(&z, &e) == 0) {
                bad++;
                npz_free(&z);
            }
        }
        int bare = b[0] == 0x93;
        for (size_t bit = 0; bit < 8 * n; bit += slow ? 31 : 3) {
            if (bare && bit / 8 >= 128) /* data without a checksum */
                break;
            b[bit / 8] ^= (unsigned char)(1 << bit % 8);
            set(b, n);
            if (load(&z, &e) == 0) {
                /* the identity of a bare file sums its header as well */
                if (bare)
                    z.id = good.id;
                wrong += unread(&z) == unread(&good) && !same(&z, &good);
                npz_free(&z);
            }
            b[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        ok(!bad && !wrong, "%s: %d cuts, %d flips unnoticed", x->d_name, bad,
            wrong);
        npz_free(&good);
    }
    if (d)
        closedir(d);
    ok(files > 15, "%d files of the corpus", files);
}

/* What is not caught by a checksum, told by its name. */
static void
refused(const void *p, size_t n, const char *why, size_t at)
{
    struct npz z;
    struct err e;
    char want[400], place[40] = "";
    set(p, n);
    int rc = load(&z, &e);
    if (at)
        snprintf(place, sizeof place, " at byte %zu", at);
    snprintf(want, sizeof want, "cannot read '%s': %s%s", path, why, place);
    ok((rc == ERR_FORMAT || rc == ERR_OTHER) && !strcmp(e.msg, want),
        "refused: %s (%s)", why, rc ? e.msg : "accepted");
}

static void
test_refused(void)
{
    static unsigned char b[MAX], c[MAX];
    size_t n = get("own.npz", b), dir = 0;
    while (le(b + dir, 4) != 0x02014b50)
        dir++;
    size_t end = n - 22;
#define EDIT(at, text, size) (memcpy(c, b, n), memcpy(c + (at), text, size), c)
    memcpy(c, b, dir);
    memcpy(c + dir, b + end, 22);
    refused(c, dir + 22, "directory is missing", dir + 4);
    size_t second = dir + 46 + le(b + dir + 28, 2);
    memcpy(c, b, second);
    memcpy(c + second, b + end, 22);
    refused(c, second + 22, "directory lacks a member", second + 4);
    refused(EDIT(dir + 46, "history.txT", 11), n,
        "directory entry 'history.txT' disagrees with the members", second);
    refused(EDIT(dir + 42, "\1", 1), n,
        "directory entry 'history.txt' disagrees with the members", second);
    refused(EDIT(end + 8, "\2", 1), n,
        "end record disagrees with the directory", n);
    refused(EDIT(end + 12, "\1", 1), n,
        "end record disagrees with the directory", n);
    refused(EDIT(end, "\1", 1), n, "damaged end record", end + 4);
    refused(EDIT(0, "PX", 2), n, "not an npz or npy file", 0);
    refused(EDIT(1, "K\1\1", 3), n, "neither a member nor the directory", 4);
    refused(EDIT(6, "\1", 1), n, "member 'history.txt': is encrypted", 0);
    refused(EDIT(8, "\14", 1), n,
        "member 'history.txt': unknown compression method 12", 0);
    refused(EDIT(30, "his\33ory", 7), n,
        "member name holds a control character", 41);
    refused(EDIT(30, "../tory", 7), n,
        "member name '../tory.txt' looks like a path outside the archive", 41);
    refused(EDIT(30, "his/../", 7), n,
        "member name 'his/../.txt' looks like a path outside the archive", 41);
    refused(EDIT(26, "\0", 1), n, "member name is empty or too long", 30);
    refused(EDIT(26, "\0\1", 2), n, "member name is empty or too long", 30);
#undef EDIT
    /* bare arrays, whose header nothing protects */
    memcpy(c, "\x93NUMPY\2\0\1\0\1\0", 12);
    memset(c + 12, ' ', 4000);
    refused(c, 4000, "npy header is over 64 KiB", 12);
    c[6] = 4;
    refused(c, 4000, "unknown npy version 4.0", 10);
    memcpy(c, "\x93NUMPX", 6);
    refused(c, 4000, "not a npy array", 10);
    static const char huge[] =
        "\x93NUMPY\1\0\x5c\0{'descr': '<f4', "
        "'fortran_order': False, 'shape': (1099511627776,), }"
        "                       \n";
    int64_t before = mem_peak_rss();
    refused(huge, sizeof huge - 1, "unexpected end of file", sizeof huge - 1);
    ok(mem_peak_rss() - before < 64 << 20, "4 TiB are not allocated");
}

/* Comments, one of which looks like an extra field gone wrong. */
static void
test_comment(void)
{
    static unsigned char b[MAX], c[MAX];
    size_t n = get("own.npz", b), end = n - 22, at = 0;
    struct npz z;
    struct err e;
    while (le(b + at, 4) != 0x02014b50)
        at++;
    size_t entry = at + 46 + le(b + at + 28, 2);
    memcpy(c, b, entry);
    memcpy(c + entry, "\1\0\377\377", 4); /* a comment on the first entry */
    memcpy(c + entry + 4, b + entry, n - entry);
    c[at + 32] = 4;
    c[end + 4 + 12] = (unsigned char)(c[end + 4 + 12] + 4);
    memcpy(c + n + 4, "hello", 5); /* and one on the whole */
    c[end + 4 + 20] = 5;
    set(c, n + 9);
    ok(load(&z, &e) == 0, "comments are skipped %s", e.msg);
    npz_free(&z);
}

int
main(void)
{
    fd = memfd_create("npz", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    test_own();
    test_corpus();
    test_refused();
    test_comment();
    return done();
}
