/* Conversion of our files to npy, Matrix Market and tab-separated text. */
#include "lib/data/dataset.h"
#include "lib/io/kind.h"
#include "lib/io/npz.h"
#include "lib/io/xio.h"
#include "lib/la/store.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cat_opt {
    const char *format, *member;
};

static const char *const part_name[] = {"train", "valid", "test"};

static int
put_number(struct xout *x, const struct npy *h, const void *p, int64_t i,
    struct err *e)
{
    if (h->kind == 'f')
        return xout_printf(
            x, e, h->size == 8 ? "%.17g" : "%.9g", npz_value(h, p, i));
    if (h->kind == 'u')
        return xout_printf(x, e, "%" PRIu64, (uint64_t)npz_value_int(h, p, i));
    return xout_printf(x, e, "%" PRId64, npz_value_int(h, p, i));
}

/* An id becomes one field of a line; what would break the line is refused. */
static int
put_id(
    struct xout *x, struct text id, const char *what, int64_t i, struct err *e)
{
    for (int64_t k = 0; k < id.n; k++)
        if (id.s[k] == '\t' || id.s[k] == '\n' || id.s[k] == '\r')
            return err_set(e, ERR_FORMAT,
                "%s %" PRId64 " holds a tab or a line break: use -f npy", what,
                i);
    return xout_write(x, id.s, id.n, e);
}

/* The last axis runs along the line. */
static int
put_array(struct xout *x, const struct npz_array *a, struct err *e)
{
    const struct npy *h = &a->npy;
    int64_t width = h->ndim ? h->shape[h->ndim - 1] : 1;
    if (h->ndim < 2)
        width = 1;
    for (int64_t i = 0; i < h->count; i++) {
        const char *s = (char *)a->data + i * h->size;
        int rc =
            h->kind == 'S'
                ? put_id(x,
                      (struct text){s, (int64_t)strnlen(s, (size_t)h->size)},
                      a->name, i, e)
                : put_number(x, h, a->data, i, e);
        if (!rc)
            rc = xout_write(x, (i + 1) % width ? "\t" : "\n", 1, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int
put_npy(struct xout *x, const struct npz_array *a, struct err *e)
{
    char head[NPY_EMIT];
    int n = npy_emit(&a->npy, head, 0);
    int rc = xout_write(x, head, n, e);
    return rc ? rc : xout_write(x, a->data, a->npy.count * a->npy.size, e);
}

/* Matrix Market counts from 1 and stores dense matrices by columns. */
static int
put_mtx_dense(struct xout *x, const struct npz_array *a, struct err *e)
{
    const struct npy *h = &a->npy;
    if (h->ndim != 2 || !strchr("fiub", h->kind))
        return err_set(
            e, ERR_SHAPE, "member '%s' is not a matrix of numbers", a->name);
    int64_t n = h->shape[0], d = h->shape[1];
    int rc = xout_printf(x, e,
        "%%%%MatrixMarket matrix array %s general\n%" PRId64 " %" PRId64 "\n",
        h->kind == 'f' ? "real" : "integer", n, d);
    for (int64_t j = 0; j < d && !rc; j++)
        for (int64_t i = 0; i < n && !rc; i++) {
            rc = put_number(x, h, a->data, i * d + j, e);
            if (!rc)
                rc = xout_write(x, "\n", 1, e);
        }
    return rc;
}

static int
put_csr(struct xout *x, const struct csr *a, int mtx, struct err *e)
{
    int rc = 0;
    if (mtx)
        rc = xout_printf(x, e,
            "%%%%MatrixMarket matrix coordinate %s general\n%" PRId64
            " %" PRId64 " %" PRId64 "\n",
            a->data ? "real" : "pattern", a->rows, a->cols, a->nnz);
    const char *sep = mtx ? " " : "\t";
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1] && !rc; k++) {
            rc = xout_printf(x, e, "%" PRId64 "%s%" PRId64, i + mtx, sep,
                (int64_t)a->indices[k] + mtx);
            if (!rc && a->data)
                rc = xout_printf(x, e, "%s%.9g", sep, (double)a->data[k]);
            if (!rc)
                rc = xout_write(x, "\n", 1, e);
        }
    return rc;
}

/* user, item, label (0 train, 1 valid, 2 test): all parts, or one. */
static int
put_dataset(struct xout *x, const struct dataset *d, int only, struct err *e)
{
    const struct csr *part[] = {&d->train, &d->valid, &d->test};
    int rc = 0;
    for (int64_t u = 0; u < d->n_users; u++)
        for (int p = 0; p < 3; p++) {
            const struct csr *a = part[p];
            if (only >= 0 && p != only)
                continue;
            for (int64_t k = a->indptr[u]; k < a->indptr[u + 1] && !rc; k++) {
                int64_t i = a->indices[k];
                rc = put_id(x, ids_get(&d->user_ids, u), "user id", u, e);
                if (!rc)
                    rc = xout_write(x, "\t", 1, e);
                if (!rc)
                    rc = put_id(x, ids_get(&d->item_ids, i), "item id", i, e);
                if (!rc)
                    rc = xout_printf(x, e, "\t%d\n", p);
            }
        }
    return rc;
}

static int
is_format(const struct cat_opt *o, const char *f)
{
    return strcmp(o->format, f) == 0;
}

/* Two things of several arrays have no npy form. */
static int
several(
    const struct npz *z, const char *what, const char *format, struct err *e)
{
    return err_set(e, ERR_FORMAT,
        "'%s' is a %s: -f %s needs one member, name it with -m", z->path, what,
        format);
}

static int
cat_dataset(struct npz *z, const struct cat_opt *o, int part, struct xout *x,
    struct err *e)
{
    int market = is_format(o, "mtx");
    if (is_format(o, "npy") || (market && part < 0))
        return several(z, "dataset", o->format, e);
    struct dataset d;
    int rc = dataset_take(z, &d, e);
    if (rc)
        return rc;
    const struct csr *csr[] = {&d.train, &d.valid, &d.test};
    rc = market ? put_csr(x, csr[part], 1, e) : put_dataset(x, &d, part, e);
    dataset_free(&d);
    return rc;
}

static int
cat_csr(struct npz *z, const struct cat_opt *o, struct xout *x, struct err *e)
{
    if (is_format(o, "npy"))
        return several(z, "csr matrix", "npy", e);
    struct csr a;
    int rc = store_take_csr(z, "", &a, e);
    if (rc)
        return rc;
    rc = put_csr(x, &a, is_format(o, "mtx"), e);
    csr_free(&a);
    return rc;
}

static int
cat_array(const struct npz *z, const struct npz_array *a,
    const struct cat_opt *o, struct xout *x, struct err *e)
{
    if (!a->data)
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member '%s': %s is not supported", z->path,
            a->name, a->npy.why);
    if (is_format(o, "npy"))
        return put_npy(x, a, e);
    if (is_format(o, "mtx"))
        return put_mtx_dense(x, a, e);
    return put_array(x, a, e);
}

/* -1 unless the name is one of a dataset's parts. */
static int
find_part(const char *name)
{
    for (int p = 0; p < 3; p++)
        if (strcmp(name, part_name[p]) == 0)
            return p;
    return -1;
}

static int
cat_named(struct npz *z, const struct cat_opt *o, struct xout *x, struct err *e)
{
    const struct npz_array *a = npz_find(z, o->member);
    if (a)
        return cat_array(z, a, o, x, e);
    if (strcmp(o->member, "history.txt") == 0 && z->history &&
        is_format(o, "tsv"))
        return xout_write(x, z->history, (int64_t)strlen(z->history), e);
    int part = find_part(o->member);
    if (part >= 0 && npz_find(z, "user_ids"))
        return cat_dataset(z, o, part, x, e);
    return err_set(
        e, ERR_FORMAT, "'%s' has no member '%s'", z->path, o->member);
}

static int
cat_whole(struct npz *z, const struct cat_opt *o, struct xout *x, struct err *e)
{
    unsigned seen = 0;
    for (int i = 0; i < z->n; i++)
        kind_see(&seen, z->array[i].name);
    enum kind kind = kind_of(seen);
    if (kind == KIND_CSR)
        return cat_csr(z, o, x, e);
    if (kind == KIND_DATASET)
        return cat_dataset(z, o, -1, x, e);
    const struct npz_array *a = npz_find(z, "x");
    if (kind != KIND_DENSE && z->n == 1)
        a = &z->array[0];
    if (a && (kind == KIND_DENSE || kind == KIND_OTHER))
        return cat_array(z, a, o, x, e);
    return err_set(e, ERR_FORMAT,
        "'%s' holds %d arrays: name one with -m (stair-info lists them)",
        z->path, z->n);
}

static int
load(struct npz *z, const char *path, const char *member, struct err *e)
{
    const char *wanted[10] = {member, "user_ids", "item_ids"};
    char name[6][32];
    if (!member)
        return npz_load(z, path, NULL, e);
    if (find_part(member) < 0)
        wanted[1] = NULL;
    else
        for (int p = 0; p < 3; p++) {
            snprintf(name[p], sizeof *name, "%s_indptr", part_name[p]);
            snprintf(name[p + 3], sizeof *name, "%s_indices", part_name[p]);
            wanted[3 + p] = name[p];
            wanted[6 + p] = name[p + 3];
        }
    return npz_load(z, path, wanted, e);
}

int
main(int argc, char **argv)
{
    struct cat_opt o = {.format = "tsv"};
    struct cli io = {.tool = "stair-cat",
        .operands = "[FILE]",
        .summary = "Converts an npz or npy file, or one member of it, to "
                   "npy, Matrix Market or\ntab-separated text.",
        .examples = "  stair-cat items.npz | head\n"
                    "  stair-cat -f npy -m user -o user.npy model.npz",
        .max_args = 1};
    const struct cli_option table[] = {{.letter = 'f',
                                           .name = "format",
                                           .arg = "tsv|npy|mtx",
                                           .type = CLI_CHOICE,
                                           .to = &o.format,
                                           .help = "write this format"},
        {.letter = 'm',
            .name = "member",
            .arg = "MEMBER",
            .type = CLI_TEXT,
            .to = &o.member,
            .help = "convert this member, or train, valid or test of a "
                    "dataset"},
        CLI_OUTPUT(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    struct npz z;
    struct xout x;
    die_if(load(&z, io.n_args ? io.arg[0] : "-", o.member, &io.err), &io);
    die_if(xout_open(&x, io.out, is_format(&o, "npy") ? XOUT_BINARY : XOUT_TEXT,
               &io.err),
        &io);
    die_if(o.member ? cat_named(&z, &o, &x, &io.err)
                    : cat_whole(&z, &o, &x, &io.err),
        &io);
    die_if(xout_commit(&x, &io.err), &io);
    npz_free(&z);
    return cli_finish(&io);
}
