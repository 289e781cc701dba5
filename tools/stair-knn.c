/* The k nearest items by cosine, joined over operands into one item graph. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/knn/knn.h"
#include "lib/la/source.h"
#include "lib/la/store.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The recall of a search in cells without --recall. */
#define RECALL 0.95

struct knn_args {
    int self, directed, low_memory;
    int64_t cells, probe;
    double recall;
    const char *values;
    char measured[256]; /* recall of each dense operand, for the history */
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

static void
say_recall(struct cli *io, struct knn_args *a, const struct operand *o,
    const char *name, const struct knn_list *l)
{
    size_t n = strlen(a->measured);
    double recall = l->cells ? l->recall : 1;
    snprintf(a->measured + n, sizeof a->measured - n, "%s%.4f",
        n ? "," : "recall=", recall);
    io->outcome = a->measured;
    if (l->cells)
        cli_note(io,
            "'%s': recall@%" PRId64 " is %.4f in %" PRId64 " of %" PRId64
            " cells, measured on %" PRId64 " of %" PRId64 " rows",
            name, o->k, recall, l->probe, l->cells, l->sampled, l->n);
    else
        cli_note(
            io, "'%s': searched exactly, as cells would not be faster", name);
}

static int
neighbours(struct cli *io, struct knn_args *a, const struct operand *o,
    struct knn_list *l)
{
    struct err *e = &io->err;
    struct knn_opt opt = {.k = o->k,
        .self = a->self,
        .cells = a->cells,
        .probe = a->probe,
        .recall = a->recall};
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
    else if (s.sparse && a->cells)
        rc = err_set(e, ERR_FORMAT,
            "'%s' holds similarities, but '--cells' is for features", s.name);
    else if (s.sparse) {
        rc = knn_sparse(&s.csr, &opt, l, e);
        if (rc)
            rc = err_prefix(e, rc, "'%s'", s.name);
    } else {
        float *x = NULL;
        if (a->low_memory)
            rc = knn_dense_source(&s, &opt, l, e);
        else if (!(rc = source_load(&s, &x, e)))
            rc = knn_dense(x, s.n, s.d, &opt, l, e);
        if (!rc && s.missing.n)
            cli_note(io, "'%s': %" PRId64 " missing items have no neighbours",
                s.name, s.missing.n);
        if (!rc && l->zeros > s.missing.n)
            cli_note(io, "'%s': %" PRId64 " zero rows have no neighbours",
                s.name, l->zeros - s.missing.n);
        free(x);
        if (!rc && (a->probe || a->recall > 0))
            say_recall(io, a, o, s.name, l);
        if (rc == ERR_RANGE)
            rc = err_prefix(e, rc, "'%s'", s.name);
    }
    source_close(&s);
    return rc;
}

static void
check_args(struct cli *io, struct knn_args *a)
{
    if (a->probe && a->recall > 0)
        cli_usage(io, "options '--probe' and '--recall' exclude each other");
    if (a->cells && a->probe > a->cells)
        cli_usage(io, "option '--probe': %" PRId64 " of only %" PRId64 " cells",
            a->probe, a->cells);
    if (a->cells && !a->probe && !(a->recall > 0))
        a->recall = RECALL;
    if (a->low_memory && (a->probe || a->recall > 0))
        cli_usage(io,
            "option '--low-memory' searches exactly: "
            "it cannot be used with '--recall', '--cells' or '--probe'");
}

int
main(int argc, char **argv)
{
    struct knn_args a = {.values = "count", .recall = NAN};
    struct cli io = {.tool = "stair-knn",
        .ranks = 1,
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
        cli_changing(cli_int("cells", "N", &a.cells, 1, INT32_MAX,
            "divide the items into N cells and search the nearest; see "
            "--recall")),
        cli_changing(cli_flag("directed", &a.directed,
            "keep i -> j only where j is a neighbour of i")),
        CLI_FOREIGN(&io),
        cli_flag("low-memory", &a.low_memory,
            "read large features from their file several times"),
        cli_changing(cli_int("probe", "M", &a.probe, 1, INT32_MAX,
            "search the M nearest cells of an item, whatever the recall")),
        cli_changing(cli_above(cli_real("recall", "R", &a.recall, 0, 1,
            "find this part of all neighbours only, for much less time"))),
        cli_changing(
            cli_flag("self", &a.self, "let an item be its own neighbour")),
        cli_changing(cli_choice("values", "count|cosine|one", &a.values,
            "store the number of operands, the sum of cosines, or 1")),
        CLI_THREADS(&io), CLI_END};
    io.table = options;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);

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
