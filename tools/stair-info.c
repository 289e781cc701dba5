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

enum { CHUNK = 1 << 20, SHORT_TEXT = 256, MAX_HISTORY = 1 << 20 };

/* Running numbers of one member. */
struct sums {
    int64_t n, bad; /* elements seen, not finite ones among them */
    double min, max, sum;
    int64_t imin, imax; /* of integers, exact */
    /* of row pointers: lengths of the rows */
    int64_t last, rows, empty, dmin, dmax;
};

/* The sizes that name a file's shape, whatever their member. */
struct sizes {
    int64_t n, d, rows, cols, nnz, users, items, part[3], blend;
    char name[SHORT_TEXT + 1];
};

struct info {
    struct npz_in in;
    struct npz_head head;
    unsigned char *buf;
    unsigned seen;
    struct sizes size;
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

static void
note_size(struct info *o, const struct npz_head *h, const int64_t *shape_member)
{
    static const char *const part[] = {
        "train_indices", "valid_indices", "test_indices"};
    struct sizes *z = &o->size;
    int64_t n = h->npy.ndim > 0 ? h->npy.shape[0] : 1,
            d = h->npy.ndim > 1 ? h->npy.shape[1] : 1;
    if (strcmp(h->name, "x") == 0)
        z->n = n, z->d = d;
    else if (strcmp(h->name, "indices") == 0)
        z->nnz = n;
    else if (strcmp(h->name, "user") == 0)
        z->users = n, z->d = d;
    else if (strcmp(h->name, "user_ids") == 0)
        z->users = n;
    else if (strcmp(h->name, "item") == 0 || strcmp(h->name, "item_ids") == 0)
        z->items = n;
    else if (strcmp(h->name, "blend") == 0)
        z->blend = n;
    else if (shape_member)
        z->rows = shape_member[0], z->cols = shape_member[1];
    for (int i = 0; i < 3; i++)
        if (strcmp(h->name, part[i]) == 0)
            z->part[i] = n;
}

/* A short byte string or the two sizes of a sparse matrix are shown whole. */
static void
note_small(struct info *o, const struct npz_head *h)
{
    const struct npy *y = &h->npy;
    int64_t shape[2];
    if (y->kind == 'S' && y->count == 1 && h->bytes <= SHORT_TEXT) {
        fprintf(o->out, "text\t%s\t", h->name);
        put_text(o->out, (char *)o->buf, (size_t)h->bytes);
        fputc('\n', o->out);
        if (strcmp(h->name, "name") == 0) {
            memcpy(o->size.name, o->buf, (size_t)h->bytes);
            o->size.name[h->bytes] = 0;
        }
    }
    if (strcmp(h->name, "shape") == 0 && y->count == 2 &&
        strchr("iu", y->kind)) {
        shape[0] = npz_value_int(y, o->buf, 0);
        shape[1] = npz_value_int(y, o->buf, 1);
        note_size(o, h, shape);
    } else {
        note_size(o, h, NULL);
    }
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
read_history(struct info *o, struct err *e)
{
    const struct npz_head *h = &o->head;
    if (h->bytes > MAX_HISTORY)
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member 'history.txt' is over 1 MiB",
            o->in.x.name);
    free(o->history);
    int64_t n = h->bytes;
    o->history = mem_zero(n + 1, 1, e);
    return o->history ? npz_in_read(&o->in, o->history, n, e) : ERR_NOMEM;
}

static int
show_member(struct info *o, const char *path, struct err *e)
{
    const struct npz_head *h = &o->head;
    struct sums s = {0};
    int history = h->text && strcmp(h->name, "history.txt") == 0;
    int rc = history ? read_history(o, e) : read_member(o, &s, e);
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
    const struct sizes *z = &o->size;
    switch (kind) {
    case KIND_DENSE:
        printf("size\tn=%" PRId64 "\td=%" PRId64 "\n", z->n, z->d);
        break;
    case KIND_CSR:
        printf("size\trows=%" PRId64 "\tcols=%" PRId64 "\tnnz=%" PRId64 "\n",
            z->rows, z->cols, z->nnz);
        break;
    case KIND_DATASET:
        printf("size\tusers=%" PRId64 "\titems=%" PRId64 "\ttrain=%" PRId64
               "\tvalid=%" PRId64 "\ttest=%" PRId64 "\n",
            z->users, z->items, z->part[0], z->part[1], z->part[2]);
        break;
    case KIND_MODEL:
    case KIND_CHECKPOINT:
        printf("size\tusers=%" PRId64 "\titems=%" PRId64 "\td=%" PRId64 "\n",
            z->users, z->items, z->d);
        break;
    case KIND_BLEND:
        printf("size\tusers=%" PRId64 "\titems=%" PRId64 "\tparts=%" PRId64
               "\n",
            z->users, z->items, z->blend);
        break;
    case KIND_OTHER:
    case KIND_COUNT:
        break;
    }
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
