/* How much of users' behaviour each set of item features explains. */
#include "lib/base/rng.h"
#include "lib/data/identity.h"
#include "lib/io/jsonout.h"
#include "lib/io/kind.h"
#include "lib/io/xio.h"
#include "lib/la/blas.h"
#include "lib/la/store.h"
#include "lib/stat/kmeans.h"
#include "lib/stat/uncertainty.h"
#include "tools/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CLUSTERS = 64, FIRST_RANDOM = 1 << 25 };

struct uncertainty_args {
    const char *data, *clusters;
    int64_t seed, permutations, random;
    struct kmeans_opt kmeans; /* but for the clusters, the seed and exec */
    int64_t k[MAX_CLUSTERS];
    int n_k;
};

static const char summary[] =
    "Groups the items by k-means on each FILE and prints the entropy of the\n"
    "groups among a user's train items, in nats, as the mean over users: the\n"
    "lower, the more the features say about behaviour. FILE holds dense\n"
    "features, or is a model, whose item vectors are taken.";

static const char examples[] =
    "  stair-uncertainty --data data.npz text=text.npz image=image.npz\n"
    "  stair-uncertainty --data data.npz --clusters 20 --random 64 mf=mf.npz";

static void
parse_clusters(struct cli *io, struct uncertainty_args *a)
{
    const char *p = a->clusters;
    for (;;) {
        char *end;
        errno = 0;
        long long k = strtoll(p, &end, 10);
        if (*p < '0' || *p > '9' || errno || k < 1 || k > INT32_MAX ||
            a->n_k == MAX_CLUSTERS || (*end != ',' && *end))
            cli_usage(io,
                "option '--clusters': '%s' is not 1 to %d numbers, as in 8,20",
                a->clusters, MAX_CLUSTERS);
        a->k[a->n_k++] = k;
        if (!*end)
            return;
        p = end + 1;
    }
}

static void
check_args(struct cli *io, struct uncertainty_args *a)
{
    if (!a->data)
        cli_usage(io, "option '--data' is missing (see --help)");
    if (!io->n_args && !a->random)
        cli_usage(io, "expected NAME=FILE... or '--random' (see --help)");
    parse_clusters(io, a);
}

/* Items and the features that they have. */
struct operand {
    struct mat m;
    struct missing missing; /* items that have none */
};

static void
read_features(struct cli *io, const char *path, const struct dataset *d,
    const char *data, struct operand *f)
{
    static const char *const members[] = {"x", "item", "missing", NULL};
    static const char wanted[] =
        "item features or a model: see stair-features(1)";
    struct npz z;
    die_if(kind_load(&z, path, members, wanted, &io->err), io);
    const char *member = npz_find(&z, "x") ? "x" : "item";
    if (!npz_find(&z, member))
        die_if(kind_refuse(&z, "x", wanted, &io->err), io);
    die_if(store_take_mat(&z, member, &f->m, &io->err), io);
    if (f->m.n != d->n_items)
        cli_die(io, "'%s' has %" PRId64 " rows, but '%s' has %" PRId64 " items",
            z.path, f->m.n, data, d->n_items);
    if (*member == 'x')
        die_if(store_take_missing(&z, f->m.n, &f->missing, &io->err), io);
    die_if(hist_input(&io->hist, "features", z.path, z.history, z.id, &io->err),
        io);
    npz_free(&z);
    cli_belong(io, IDENTITY_ITEMS);
}

/* Standard normal vectors, which say nothing. */
static void
random_features(struct cli *io, const struct uncertainty_args *a, int64_t n,
    struct operand *f)
{
    die_if(mat_init(&f->m, n, a->random, &io->err), io);
    for (int64_t i = 0; i < n * a->random; i++)
        f->m.x[i] = (float)rng_normal(
            (uint64_t)a->seed, RNG_KMEANS, FIRST_RANDOM, (uint64_t)i, 0);
}

/* The line of one number of clusters. */
static void
measure(struct cli *io, const struct uncertainty_args *a, int64_t clusters,
    const struct csr *items, const char *name, const struct mat *m,
    struct xout *x)
{
    struct kmeans_opt o = a->kmeans;
    struct kmeans k;
    struct uncertainty own, null;
    char n[5][JSONOUT_NUMBER];
    o.clusters = clusters;
    o.seed = (uint64_t)a->seed;
    o.exec = cli_exec(io);
    cli_progress(io, "%s, %" PRId64 " clusters", name, clusters);
    die_if(kmeans_run(m, &o, &k, &io->err), io);
    die_if(uncertainty_of(items, k.label, clusters, NULL, &own, &io->err), io);
    die_if(uncertainty_permuted(items, k.label, clusters, a->permutations,
               o.seed, &null, &io->err),
        io);
    xout_printf(x, "%s\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%s\t%s\t%s\n", name,
        clusters, own.users, jsonout_double(n[0], own.mean),
        jsonout_double(n[1], own.relative), jsonout_double(n[2], null.mean),
        jsonout_double(n[3], null.relative), jsonout_double(n[4], k.inertia));
    kmeans_free(&k);
    die_if(xout_check(x, &io->err), io);
}

/* The lines of one set of features, by the items that have any; frees it. */
static void
measure_all(struct cli *io, const struct uncertainty_args *a,
    const struct dataset *d, const char *name, struct operand *f,
    struct xout *x)
{
    struct csr present = {0};
    const struct csr *items = &d->train;
    int64_t left = f->m.n - f->missing.n;
    for (int i = 0; i < a->n_k; i++)
        if (a->k[i] > left)
            cli_die(io,
                "'%s': %" PRId64 " clusters of %" PRId64
                " items that have a vector",
                name, a->k[i], left);
    if (f->missing.n) {
        cli_note(io,
            "'%s': %" PRId64 " of %" PRId64 " items are missing: left out",
            name, f->missing.n, f->m.n);
        missing_drop(&f->missing, &f->m);
        die_if(uncertainty_present(items, &f->missing, &present, &io->err), io);
        items = &present;
    }
    die_if(kmeans_centre(&f->m, &io->err), io);
    for (int i = 0; i < a->n_k; i++)
        measure(io, a, a->k[i], items, name, &f->m, x);
    csr_free(&present);
    mat_free(&f->m);
    missing_free(&f->missing);
}

int
main(int argc, char **argv)
{
    struct uncertainty_args a = {.clusters = "8,10,20,50,100",
        .seed = 1,
        .permutations = 10,
        .kmeans = {.restarts = 10, .iterations = 300, .tolerance = 1e-4}};
    struct cli io = {.tool = "stair-uncertainty",
        .operands = "--data FILE [NAME=]FILE...",
        .summary = summary,
        .examples = examples,
        .max_args = -1};
    const struct cli_option table[] = {CLI_DATA(&a.data),
        cli_text("clusters", "K,...", &a.clusters, "numbers of clusters"),
        cli_int("random", "D", &a.random, 0, 1 << 16,
            "also of D columns of Gaussian noise, if not 0"),
        cli_int("restarts", "N", &a.kmeans.restarts, 1, 1e6,
            "take the best of N runs of k-means"),
        cli_int("iterations", "N", &a.kmeans.iterations, 1, 1e9,
            "iterations of a run, at most"),
        cli_real("tolerance", "T", &a.kmeans.tolerance, 0, 1e9,
            "end a run when the centres' squared moves are below T times the "
            "columns' mean variance"),
        cli_int("permutations", "N", &a.permutations, 1, 1e6,
            "compare with the mean over N random orders of the labels"),
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_SEED(&a.seed), CLI_THREADS(&io),
        CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);

    die_if(blas_reserve((int)io.threads, &io.err), &io);
    struct dataset d;
    struct xout x;
    const char *path[CLI_LIST_MAX + 1] = {a.data};
    char *name[CLI_LIST_MAX];
    const int n = io.n_args;
    if (n > CLI_LIST_MAX)
        cli_usage(&io, "more than %d sets of features", CLI_LIST_MAX);
    for (int i = 0; i < n; i++) {
        int given;
        path[i + 1] = cli_named(&io, io.arg[i], &name[i], &given);
        if (!*path[i + 1])
            cli_usage(&io, "operand '%s' has no file", io.arg[i]);
    }
    cli_one_stdin(&io, path, n + 1);
    die_if(dataset_read(a.data, &d, &io.hist, &io.err), &io);
    for (int i = 0; i < a.n_k; i++)
        if (a.k[i] > d.n_items)
            cli_die(&io, "%" PRId64 " clusters of %" PRId64 " items", a.k[i],
                d.n_items);
    die_if(xout_open(&x, io.out, XOUT_TEXT, &io.err), &io);
    xout_printf(&x,
        "features\tclusters\tusers\tuncertainty\trelative\tpermuted\t"
        "permuted_relative\tinertia\n");
    for (int i = 0; i < n; i++) {
        struct operand f = {0};
        read_features(&io, path[i + 1], &d, a.data, &f);
        measure_all(&io, &a, &d, name[i], &f, &x);
        free(name[i]);
    }
    if (a.random) {
        struct operand f = {0};
        random_features(&io, &a, d.n_items, &f);
        measure_all(&io, &a, &d, "random", &f, &x);
    }
    die_if(xout_commit(&x, &io.err), &io);
    dataset_free(&d);
    return cli_finish(&io);
}
