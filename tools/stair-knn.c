/* The k nearest items by cosine, joined over operands into one item graph. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/knn/knn.h"
#include "lib/la/blas.h"
#include "lib/la/source.h"
#include "lib/la/store.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct knn_args {
    int self, directed, low_memory;
    const char *values;
};

struct operand {
    char *path;
    char role[32];
    int64_t k;
};

static enum knn_values
values_of(const char *word)
{
    return strcmp(word, "count") == 0    ? KNN_COUNT
           : strcmp(word, "cosine") == 0 ? KNN_COSINE
                                         : KNN_ONE;
}

static void
split_operand(struct cli *io, const char *text, struct operand *o)
{
    double k = 0;
    o->path = cli_split(io, text, &k, 1);
    if (k < 1)
        cli_usage(
            io, "'%s' lacks the number of neighbours, as in %s:5", text, text);
    if (k > INT32_MAX || floor(k) < k)
        cli_usage(
            io, "'%s': the number of neighbours is not a whole number", text);
    o->k = (int64_t)k;
    snprintf(o->role, sizeof o->role, "k=%" PRId64, o->k);
}

static int
neighbours(struct cli *io, const struct knn_args *a, const struct operand *o,
    struct knn_list *l)
{
    struct err *e = &io->err;
    struct knn_opt opt = {.k = o->k, .self = a->self};
    opt.exec = cli_exec(io);
    struct source s;
    int rc = source_open(&s, o->path, &io->hist, o->role, e);
    if (rc)
        return rc;
    if (o->k >= s.n)
        rc = err_set(e, ERR_RANGE,
            "'%s': %" PRId64 " neighbours wanted, but there are only %" PRId64
            " items",
            s.name, o->k, s.n);
    else if (s.sparse) {
        rc = knn_sparse(&s.csr, &opt, l, e);
        if (rc)
            rc = err_prefix(e, rc, "'%s'", s.name);
    } else {
        float *x = NULL;
        int64_t zeros = 0;
        if (a->low_memory)
            rc = knn_dense_source(&s, &opt, l, &zeros, e);
        else if (!(rc = source_load(&s, &x, e)))
            rc = knn_dense(x, s.n, s.d, &opt, l, &zeros, e);
        if (!rc && zeros)
            cli_note(io, "'%s': %" PRId64 " zero rows have no neighbours",
                s.name, zeros);
        free(x);
    }
    source_close(&s);
    return rc;
}

int
main(int argc, char **argv)
{
    struct knn_args a = {.values = "count"};
    struct cli io = {.tool = "stair-knn",
        .operands = "FILE:K...",
        .summary =
            "Finds the K nearest items of every item by cosine in each FILE\n"
            "(dense features, or a CSR matrix of similarities to pick from)\n"
            "and writes one symmetric item graph of them all, as CSR.",
        .examples =
            "  stair-knn -o items.npz text.npz:5 image.npz:1\n"
            "  stair-knn --directed --values cosine -o nn.npz image.npy:10",
        .min_args = 1,
        .max_args = -1};
    const struct cli_option options[] = {CLI_OUTPUT(&io),
        {0, "directed", NULL, CLI_FLAG, &a.directed, 0, 0, 0, 1,
            "keep i -> j only where j is a neighbour of i"},
        CLI_FOREIGN(&io),
        {0, "low-memory", NULL, CLI_FLAG, &a.low_memory, 0, 0, 0, 0,
            "read large features from their file several times"},
        {0, "self", NULL, CLI_FLAG, &a.self, 0, 0, 0, 1,
            "let an item be its own neighbour"},
        {0, "values", "count|cosine|one", CLI_CHOICE, &a.values, 0, 0, 0, 1,
            "store the number of operands, the sum of cosines, or 1"},
        CLI_THREADS(&io), CLI_END};
    io.table = options;
    cli_parse(&io, argc, argv);

    int m = io.n_args;
    struct operand *o = mem_zero(m, sizeof *o, &io.err);
    struct knn_list *l = mem_zero(m, sizeof *l, &io.err);
    const char **path = mem_zero(m, sizeof *path, &io.err);
    if (!o || !l || !path)
        die_if(ERR_NOMEM, &io);
    for (int i = 0; i < m; i++) {
        split_operand(&io, io.arg[i], &o[i]);
        path[i] = o[i].path;
    }
    cli_one_stdin(&io, path, m);

    die_if(blas_reserve((int)io.threads, &io.err), &io);
    for (int i = 0; i < m; i++) {
        die_if(neighbours(&io, &a, &o[i], &l[i]), &io);
        if (l[i].n != l[0].n)
            cli_die(&io, "'%s' has %" PRId64 " rows, '%s' has %" PRId64,
                o[i].path, l[i].n, o[0].path, l[0].n);
        cli_belong(&io, IDENTITY_ALL);
    }
    struct csr g;
    die_if(knn_graph(l, m, values_of(a.values), a.directed, &g, &io.err), &io);
    identity_inherit(&io.hist, IDENTITY_ALL);
    char *history = cli_history(&io);
    die_if(store_write_csr(io.out, &g, history, &io.err), &io);
    cli_detail(&io, "%" PRId64 " items, %" PRId64 " entries", g.rows, g.nnz);

    free(history);
    csr_free(&g);
    for (int i = 0; i < m; i++) {
        knn_list_free(&l[i]);
        free(o[i].path);
    }
    free(o);
    free(l);
    free(path);
    return cli_finish(&io);
}
