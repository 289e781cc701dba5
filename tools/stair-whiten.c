/* Initial item embeddings: whitened features, averaged over operands. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/la/blas.h"
#include "lib/la/mat.h"
#include "lib/la/source.h"
#include "lib/la/store.h"
#include "lib/whiten/whiten.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct operand {
    char *path;
    char role[48];
    double weight;
};

struct sum {
    int64_t n, d;
    double *x; /* [n][d], weighted */
    double weight;
    char *first; /* name of the operand that set n */
};

static void
split_operand(struct cli *io, const char *text, struct operand *o)
{
    o->weight = 1;
    o->path = cli_split(io, text, &o->weight, 0);
    if (!(o->weight > 0))
        cli_usage(io, "'%s': the weight must be above 0", text);
    snprintf(o->role, sizeof o->role, "weight=%.9g", o->weight);
}

static int
add_operand(struct cli *io, const struct whiten_opt *opt,
    const struct operand *o, struct sum *sum)
{
    struct err *e = &io->err;
    struct source s;
    struct whiten_info info;
    double *q = NULL;
    int rc = source_open(&s, o->path, &io->hist, o->role, e);
    if (rc)
        return rc;
    if (sum->first && s.n != sum->n) {
        rc = err_set(e, ERR_SHAPE,
            "'%s' has %" PRId64 " rows, '%s' has %" PRId64, s.name, s.n,
            sum->first, sum->n);
        goto out;
    }
    q = mem_new(s.n * opt->d, sizeof *q, e);
    if (!q) {
        rc = ERR_NOMEM;
        goto out;
    }
    rc = s.sparse ? whiten_sparse(&s, opt, q, &info, e)
                  : whiten_dense(&s, opt, q, &info, e);
    if (rc)
        goto out;
    cli_detail(io,
        "'%s': %" PRId64 " x %" PRId64 ", residual %.2g after %" PRId64
        " products",
        s.name, s.n, s.d, info.residual, info.products);
    if (info.missing)
        cli_note(io,
            "'%s': %" PRId64 " of %" PRId64 " items are missing: rows of zeros",
            s.name, info.missing, s.n);
    if (info.row >= 0)
        cli_note(io,
            "'%s': damaged? the value at row %" PRId64 ", column %" PRId64
            " is %g, over a million times the others",
            s.name, info.row, info.column, (double)info.value);
    if (!sum->first) {
        sum->n = s.n;
        sum->x = mem_zero(s.n * sum->d, sizeof *sum->x, e);
        sum->first = strdup(s.name);
        if (!sum->x || !sum->first) {
            rc = err_set(e, ERR_NOMEM, "out of memory");
            goto out;
        }
    }
    for (int64_t i = 0; i < sum->n * sum->d; i++)
        sum->x[i] += o->weight * q[i];
    sum->weight += o->weight;
out:
    free(q);
    source_close(&s);
    return rc;
}

int
main(int argc, char **argv)
{
    struct whiten_opt opt = {.d = 64, .tol = 1e-6, .max_iter = 1000};
    struct cli io = {.tool = "stair-whiten",
        .ranks = 1,
        .operands = "FILE[:WEIGHT]...",
        .summary =
            "Whitens item features: the first left singular vectors of each\n"
            "centred FILE (dense features, or a CSR matrix of similarities),\n"
            "scaled to mean square 1/d per column, averaged by WEIGHT.",
        .examples = "  stair-whiten -o init.npz text.npz:5 image.npz:1\n"
                    "  stair-whiten -d 32 -o init.npz features.npy",
        .min_args = 1,
        .max_args = -1};
    const struct cli_option options[] = {
        cli_changing(cli_letter(
            'd', cli_int("dim", "N", &opt.d, 1, 1e6, "keep N dimensions"))),
        CLI_FOREIGN(&io),
        cli_int("max-iter", "N", &opt.max_iter, 1, 1e9,
            "give up after N products with a block of vectors"),
        CLI_OUTPUT(&io), CLI_THREADS(&io),
        cli_changing(cli_above(cli_real("tol", "X", &opt.tol, 0, 1,
            "relative residual that every vector must reach"))),
        CLI_END};
    io.table = options;
    cli_parse(&io, argc, argv);

    int m = io.n_args;
    struct operand *o = mem_zero(m, sizeof *o, &io.err);
    const char **path = mem_zero(m, sizeof *path, &io.err);
    if (!o || !path)
        die_if(ERR_NOMEM, &io);
    for (int i = 0; i < m; i++) {
        split_operand(&io, io.arg[i], &o[i]);
        path[i] = o[i].path;
    }
    cli_one_stdin(&io, path, m);
    opt.exec = cli_exec(&io);

    die_if(blas_reserve((int)io.threads, &io.err), &io);
    cli_same(&io, blas_config(), "multiplies with another BLAS");
    struct sum sum = {.d = opt.d};
    for (int i = 0; i < m; i++) {
        die_if(add_operand(&io, &opt, &o[i], &sum), &io);
        cli_belong(&io, IDENTITY_ALL);
    }
    struct mat out;
    die_if(mat_init(&out, sum.n, sum.d, &io.err), &io);
    for (int64_t i = 0; i < sum.n * sum.d; i++)
        out.x[i] = (float)(sum.x[i] / sum.weight);
    identity_inherit(&io.hist, IDENTITY_ALL);
    char *history = cli_history(&io);
    die_if(store_write_mat(io.out, &out, history, &io.err), &io);

    free(history);
    mat_free(&out);
    free(sum.x);
    free(sum.first);
    for (int i = 0; i < m; i++)
        free(o[i].path);
    free(o);
    free(path);
    return cli_finish(&io);
}
