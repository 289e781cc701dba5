/* What is in a file: kind, members, numbers, history. One fact per line. */
#include "lib/base/mem.h"
#include "lib/io/kind.h"
#include "lib/io/npz.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 20, SHORT_TEXT = 256 };

/* Running numbers of one member. */
struct sums {
    int64_t n, bad; /* elements seen, not finite ones among them */
    double min, max, sum;
    int64_t imin, imax; /* of integers, exact */
    /* of row pointers: lengths of the rows */
    int64_t last, rows, empty, dmin, dmax;
};

/* The sizes that name a file's shape, and the members that tell them. */
enum size {
    N,
    D,
    ROWS,
    COLS,
    NNZ,
    USERS,
    ITEMS,
    TRAIN,
    VALID,
    TEST,
    PARTS,
    SIZES
};

static const struct {
    const char *member;
    int axis;
    enum size size;
} told[] = {{"x", 0, N}, {"x", 1, D}, {"user", 0, USERS}, {"user", 1, D},
    {"user_ids", 0, USERS}, {"item", 0, ITEMS}, {"item_ids", 0, ITEMS},
    {"indices", 0, NNZ}, {"train_indices", 0, TRAIN},
    {"valid_indices", 0, VALID}, {"test_indices", 0, TEST},
    {"blend", 0, PARTS}};

static const struct {
    const char *name;
    enum size size;
} shown[KIND_COUNT][6] = {[KIND_DENSE] = {{"n", N}, {"d", D}},
    [KIND_CSR] = {{"rows", ROWS}, {"cols", COLS}, {"nnz", NNZ}},
    [KIND_DATASET] = {{"users", USERS}, {"items", ITEMS}, {"train", TRAIN},
        {"valid", VALID}, {"test", TEST}},
    [KIND_MODEL] = {{"users", USERS}, {"items", ITEMS}, {"d", D}},
    [KIND_CHECKPOINT] = {{"users", USERS}, {"items", ITEMS}, {"d", D}},
    [KIND_BLEND] = {{"users", USERS}, {"items", ITEMS}, {"parts", PARTS}}};

struct info {
    struct npz_in in;
    struct npz_head head;
    unsigned char *buf;
    unsigned seen;
    int64_t size[SIZES];
    char *history;
    FILE *out; /* held back until the whole file is verified */
};

/* Text from a file may hold anything; a terminal gets the printable part. */
static void
put_text(FILE *f, const char *s, size_t n)
{
    for (size_t i = 0; i < n && s[i]; i++)
        fputc((unsigned char)s[i] < 32 || s[i] == 127 ? '?' : s[i], f);
}

static void
put_shape(FILE *f, const struct npy *h)
{
    fputc('(', f);
    for (int i = 0; i < h->ndim; i++)
        fprintf(f, "%s%" PRId64, i ? ", " : "", h->shape[i]);
    fputs(h->ndim == 1 ? ",)" : ")", f);
}

static void
add_values(struct sums *s, const struct npy *h, const void *p, int64_t n)
{
    for (int64_t i = 0; i < n; i++, s->n++) {
        double v = npz_value(h, p, i);
        if (!isfinite(v)) {
            s->bad++;
            continue;
        }
        int first = s->n == s->bad;
        s->sum += v;
        if (first || v < s->min)
            s->min = v;
        if (first || v > s->max)
            s->max = v;
        if (h->kind == 'f')
            continue;
        int64_t k = npz_value_int(h, p, i);
        if (first || k < s->imin)
            s->imin = k;
        if (first || k > s->imax)
            s->imax = k;
        int64_t len;
        if (!first && !__builtin_sub_overflow(k, s->last, &len)) {
            s->empty += len == 0;
            if (!s->rows || len < s->dmin)
                s->dmin = len;
            if (!s->rows || len > s->dmax)
                s->dmax = len;
            s->rows++;
        }
        s->last = k;
    }
}

static int
is_row_pointer(const struct npz_head *h)
{
    size_t n = strlen(h->name);
    return n >= 6 && strcmp(h->name + n - 6, "indptr") == 0 &&
           h->npy.ndim == 1 && h->npy.kind == 'i';
}

static void
put_sums(FILE *f, const struct npz_head *h, const struct sums *s)
{
    if (s->n > s->bad) {
        fprintf(f, "values\t%s\t", h->name);
        double mean = s->sum / (double)(s->n - s->bad);
        if (h->npy.kind == 'f')
            fprintf(f, "min=%.9g\tmax=%.9g\tmean=%.9g\n", s->min, s->max, mean);
        else if (h->npy.kind == 'u' && h->npy.size == 8)
            fprintf(
                f, "min=%.17g\tmax=%.17g\tmean=%.9g\n", s->min, s->max, mean);
        else
            fprintf(f, "min=%" PRId64 "\tmax=%" PRId64 "\tmean=%.9g\n", s->imin,
                s->imax, mean);
    }
    if (s->bad)
        fprintf(f, "warning\t%s\t%" PRId64 " values are not finite\n", h->name,
            s->bad);
    if (s->rows && is_row_pointer(h))
        fprintf(f,
            "degree\t%s\tmin=%" PRId64 "\tmax=%" PRId64
            "\tmean=%.9g\tempty=%" PRId64 "\n",
            h->name, s->dmin, s->dmax, (s->max - s->min) / (double)s->rows,
            s->empty);
}

/* A short byte string or the two sizes of a sparse matrix are shown whole. */
static void
note_small(struct info *o, const struct npz_head *h)
{
    const struct npy *y = &h->npy;
    if (y->kind == 'S' && y->count == 1 && h->bytes <= SHORT_TEXT) {
        fprintf(o->out, "text\t%s\t", h->name);
        put_text(o->out, (char *)o->buf, (size_t)h->bytes);
        fputc('\n', o->out);
    }
    if (strcmp(h->name, "shape") == 0 && y->count == 2 &&
        strchr("iu", y->kind)) {
        o->size[ROWS] = npz_value_int(y, o->buf, 0);
        o->size[COLS] = npz_value_int(y, o->buf, 1);
    }
    for (size_t k = 0; k < sizeof told / sizeof *told; k++)
        if (strcmp(h->name, told[k].member) == 0)
            o->size[told[k].size] =
                y->ndim > told[k].axis ? y->shape[told[k].axis] : 1;
}

/* The line that maps the payload without copying; only plain files have one. */
static void
put_memmap(FILE *f, const struct npz_head *h, const char *path)
{
    if (h->offset < 0 || h->bytes == 0 || strcmp(path, "-") == 0)
        return;
    fprintf(f, "memmap\t%s\tnp.memmap('", h->name);
    for (const char *p = path; *p; p++) {
        if (*p == '\'' || *p == '\\')
            fputc('\\', f);
        put_text(f, p, 1);
    }
    fprintf(f, "', '%s', 'r', %" PRId64 ", ", h->npy.descr, h->offset);
    put_shape(f, &h->npy);
    fputs(h->npy.fortran ? ", 'F')\n" : ")\n", f);
}

/* Reads all of the member that is open, in chunks of whole elements. */
static int
read_member(struct info *o, struct sums *s, struct err *e)
{
    const struct npz_head *h = &o->head;
    int numeric = !h->text && strchr("fiub", h->npy.kind) != NULL;
    int64_t step = numeric ? CHUNK / h->npy.size * h->npy.size : CHUNK;
    for (int64_t left = h->bytes, k; left >= 0; left -= k) {
        k = left < step ? left : step;
        int rc = npz_in_read(&o->in, o->buf, k, e);
        if (rc)
            return rc;
        if (numeric)
            add_values(s, &h->npy, o->buf, k / h->npy.size);
        if (left == k)
            break;
    }
    return 0;
}

static int
show_member(struct info *o, const char *path, struct err *e)
{
    const struct npz_head *h = &o->head;
    struct sums s = {0};
    int history = h->text && strcmp(h->name, "history.txt") == 0;
    if (history)
        free(o->history);
    int rc = history ? npz_in_text(&o->in, h, &o->history, e)
                     : read_member(o, &s, e);
    if (rc)
        return rc;
    if (!h->text)
        kind_see(&o->seen, h->name);
    fprintf(o->out, "member\t%s\t", h->name);
    if (h->text) {
        fputs("text\t-", o->out);
    } else {
        put_text(o->out, *h->npy.descr ? h->npy.descr : "structured", 64);
        fputc('\t', o->out);
        put_shape(o->out, &h->npy);
    }
    fprintf(o->out, "\tcrc=%08" PRIx32 "\tbytes=%" PRId64 "\n",
        npz_in_crc(&o->in), h->bytes);
    if (h->text)
        return 0;
    if (h->npy.kind == '?') {
        fprintf(
            o->out, "warning\t%s\t%s is not supported\n", h->name, h->npy.why);
        return 0;
    }
    note_small(o, h);
    put_sums(o->out, h, &s);
    put_memmap(o->out, h, path);
    return 0;
}

static void
put_sizes(const struct info *o, enum kind kind)
{
    if (!shown[kind][0].name)
        return;
    fputs("size", stdout);
    for (int k = 0; shown[kind][k].name; k++)
        printf(
            "\t%s=%" PRId64, shown[kind][k].name, o->size[shown[kind][k].size]);
    putchar('\n');
}

/* "users:1a2b3c4d items:.." of the last step as fields. */
static void
put_belongs(const char *text)
{
    struct text belongs = hist_belongs(text);
    if (!belongs.n)
        return;
    fputs("belongs\t", stdout);
    for (const char *p = belongs.s; p < belongs.s + belongs.n; p++)
        if (*p == ' ' || *p == ':')
            putchar(*p == ' ' ? '\t' : '=');
        else
            put_text(stdout, p, 1);
    putchar('\n');
}

static void
put_history(const char *text)
{
    for (const char *p = text; p && *p;) {
        const char *end = strchr(p, '\n');
        size_t n = end ? (size_t)(end - p) : strlen(p);
        fputs("history\t", stdout);
        for (size_t i = 0; i < n; i++)
            if (p[i] == '\t')
                putchar('\t');
            else
                put_text(stdout, p + i, 1);
        putchar('\n');
        p = end ? end + 1 : NULL;
    }
}

static int
show(struct info *o, const char *path, struct err *e)
{
    char *text = NULL;
    size_t size = 0;
    int rc = npz_in_open(&o->in, path, e);
    if (rc)
        return rc;
    o->out = open_memstream(&text, &size);
    if (!o->out)
        rc = err_set(e, ERR_NOMEM, "out of memory");
    while (!rc && (rc = npz_in_next(&o->in, &o->head, e)) > 0)
        rc = show_member(o, path, e);
    int full = o->out && ferror(o->out);
    if (o->out && (fclose(o->out) || full || !text) && !rc)
        rc = err_set(e, ERR_NOMEM, "out of memory");
    if (!rc) {
        enum kind kind = kind_of(o->seen);
        fputs("file\t", stdout);
        put_text(stdout, o->in.x.name, strlen(o->in.x.name));
        printf("\nkind\t%s\nid\t%08" PRIx32 "\n", kind_name(kind),
            npz_in_id(&o->in));
        put_belongs(o->history);
        put_sizes(o, kind);
        fwrite(text, 1, size, stdout);
        put_history(o->history);
    }
    free(text);
    free(o->history);
    npz_in_close(&o->in);
    return rc;
}

int
main(int argc, char **argv)
{
    static const struct cli_option table[] = {CLI_END};
    struct cli io = {.tool = "stair-info",
        .operands = "[FILE]...",
        .summary = "Verifies npz and npy files and prints what is in them: "
                   "kind, sizes, members\nwith their checksums and ranges, "
                   "how to map them in NumPy, and their history.",
        .examples = "  stair-info data.npz\n"
                    "  stair-info items.npz | grep ^history",
        .table = table,
        .max_args = -1};
    static char *standard[] = {"-"};
    cli_parse(&io, argc, argv);
    if (io.n_args == 0) {
        io.arg = standard;
        io.n_args = 1;
    }
    cli_one_stdin(&io, (const char *const *)io.arg, io.n_args);
    unsigned char *buf = mem_new(CHUNK, 1, &io.err);
    die_if(buf ? 0 : ERR_NOMEM, &io);
    for (int i = 0; i < io.n_args; i++) {
        struct info o = {.buf = buf};
        if (i)
            putchar('\n');
        die_if(show(&o, io.arg[i], &io.err), &io);
    }
    free(buf);
    return cli_finish(&io);
}
