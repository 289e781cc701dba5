/* Do two files hold the same, within a tolerance? */
#include "lib/io/npz.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct cmp_opt {
    double atol, rtol;
    int history, quiet;
};

/* Index i of a flat array as (i, j, ..) of its shape. */
static const char *
place(const struct npy *h, int64_t i, char *buf, size_t cap)
{
    int64_t at[NPY_DIMS];
    for (int k = h->ndim - 1; k >= 0; k--) {
        at[k] = i % h->shape[k];
        i /= h->shape[k];
    }
    size_t n = 0;
    buf[n++] = '(';
    for (int k = 0; k < h->ndim; k++)
        n += (size_t)snprintf(
            buf + n, cap - n, "%s%" PRId64, k ? ", " : "", at[k]);
    snprintf(buf + n, cap - n, ")");
    return buf;
}

enum { PLACE = 24 * NPY_DIMS };

static int
same_shape(const struct npy *a, const struct npy *b)
{
    if (a->ndim != b->ndim)
        return 0;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i])
            return 0;
    return 1;
}

/* 1 if all floats of the array are finite; else says where the first is. */
static int
all_finite(
    const struct npz *z, const struct npz_array *a, const struct cmp_opt *o)
{
    if (a->npy.kind != 'f')
        return 1;
    for (int64_t i = 0; i < a->npy.count; i++) {
        double v = npz_value(&a->npy, a->data, i);
        if (isfinite(v))
            continue;
        char at[PLACE];
        if (!o->quiet)
            printf("%s: '%s' is not finite at %s: %g\n", a->name, z->path,
                place(&a->npy, i, at, sizeof at), v);
        return 0;
    }
    return 1;
}

/* By how much a and b exceed the tolerance; at most 0 if they do not. */
static double
excess(double a, double b, const struct cmp_opt *o)
{
    return fabs(a - b) - (o->atol + o->rtol * fabs(b));
}

static int
same_numbers(const struct npz_array *a, const struct npz_array *b,
    const struct cmp_opt *o)
{
    int whole = a->npy.kind != 'f' && b->npy.kind != 'f';
    int64_t n = a->npy.count, differ = 0, worst = 0;
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        double by = excess(
            npz_value(&a->npy, a->data, i), npz_value(&b->npy, b->data, i), o);
        if (whole) /* exact, also beyond 2^53; the tolerance is for floats */
            by = npz_value_int(&a->npy, a->data, i) !=
                 npz_value_int(&b->npy, b->data, i);
        if (by <= 0)
            continue;
        differ++;
        if (by > most) {
            most = by;
            worst = i;
        }
    }
    if (!differ || o->quiet)
        return !differ;
    char at[PLACE];
    printf("%s: %" PRId64 " of %" PRId64 " values differ, worst at %s: ",
        a->name, differ, n, place(&a->npy, worst, at, sizeof at));
    if (whole)
        printf("%" PRId64 " and %" PRId64 "\n",
            npz_value_int(&a->npy, a->data, worst),
            npz_value_int(&b->npy, b->data, worst));
    else
        printf("%.9g and %.9g\n", npz_value(&a->npy, a->data, worst),
            npz_value(&b->npy, b->data, worst));
    return 0;
}

/* Byte strings are equal up to padding, so their widths may differ. */
static int
same_strings(const struct npz_array *a, const struct npz_array *b,
    const struct cmp_opt *o)
{
    for (int64_t i = 0; i < a->npy.count; i++) {
        const char *s = (const char *)a->data + i * a->npy.size;
        const char *t = (const char *)b->data + i * b->npy.size;
        size_t n = strnlen(s, (size_t)a->npy.size);
        if (n == strnlen(t, (size_t)b->npy.size) && memcmp(s, t, n) == 0)
            continue;
        char at[PLACE];
        if (!o->quiet)
            printf("%s: strings differ, first at %s\n", a->name,
                place(&a->npy, i, at, sizeof at));
        return 0;
    }
    return 1;
}

static int
same_member(const struct npz *za, const struct npz_array *a,
    const struct npz *zb, const struct npz_array *b, const struct cmp_opt *o)
{
    int sa = a->npy.kind == 'S', sb = b->npy.kind == 'S';
    if (sa != sb) {
        if (!o->quiet)
            printf("%s: types %s and %s differ\n", a->name, a->npy.descr,
                b->npy.descr);
        return 0;
    }
    if (!same_shape(&a->npy, &b->npy)) {
        if (!o->quiet)
            printf("%s: shapes differ\n", a->name);
        return 0;
    }
    if (sa)
        return same_strings(a, b, o);
    /* both are looked at, so that both are reported */
    int fine = all_finite(za, a, o);
    fine &= all_finite(zb, b, o);
    return fine && same_numbers(a, b, o);
}

static int
missing(const struct npz *in, const struct npz *from, const struct cmp_opt *o)
{
    int n = 0;
    for (int i = 0; i < in->n; i++)
        if (!npz_find(from, in->array[i].name)) {
            if (!o->quiet)
                printf("%s: only in '%s'\n", in->array[i].name, in->path);
            n++;
        }
    return n;
}

static int
same_history(const struct npz *a, const struct npz *b, const struct cmp_opt *o)
{
    const char *s = a->history ? a->history : "";
    const char *t = b->history ? b->history : "";
    if (strcmp(s, t) == 0)
        return 1;
    if (!o->quiet)
        printf("history.txt: texts differ\n");
    return 0;
}

static int
same_files(const struct npz *a, const struct npz *b, const struct cmp_opt *o)
{
    int same = !missing(a, b, o);
    same &= !missing(b, a, o);
    for (int i = 0; i < a->n; i++) {
        const struct npz_array *y = npz_find(b, a->array[i].name);
        if (y)
            same &= same_member(a, &a->array[i], b, y, o);
    }
    if (o->history)
        same &= same_history(a, b, o);
    return same;
}

/* Trouble is exit 2 here, as 1 says that the files differ. */
static void
load(struct npz *z, const char *path, struct cli *io)
{
    usage_if(npz_load(z, path, NULL, &io->err), io);
    for (int i = 0; i < z->n; i++)
        if (!z->array[i].data)
            cli_usage(io, "cannot read '%s': member '%s': %s is not supported",
                z->path, z->array[i].name, z->array[i].npy.why);
}

int
main(int argc, char **argv)
{
    struct cmp_opt o = {0};
    struct cli io = {.tool = "stair-cmp",
        .operands = "A B",
        .summary = "Compares two npz or npy files member by member: every "
                   "value must be finite and\n|a - b| <= atol + rtol |b|. "
                   "Exits 0 if so, 1 if not, 2 on trouble.",
        .examples = "  stair-cmp one.npz two.npz\n"
                    "  stair-cmp --atol 1e-6 --rtol 1e-5 cpu.npz cuda.npz",
        .min_args = 2,
        .max_args = 2};
    const struct cli_option table[] = {
        cli_real("atol", "A", &o.atol, 0, 1e30, "absolute tolerance of floats"),
        cli_real(
            "rtol", "R", &o.rtol, 0, 1e30, "tolerance relative to B's value"),
        cli_flag("history", &o.history, "compare history.txt too"), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    cli_one_stdin(&io, (const char *const *)io.arg, io.n_args);
    o.quiet = io.quiet;
    struct npz a, b;
    load(&a, io.arg[0], &io);
    load(&b, io.arg[1], &io);
    int same = same_files(&a, &b, &o);
    npz_free(&a);
    npz_free(&b);
    if (cli_finish(&io))
        return 2;
    return same ? 0 : 1;
}
