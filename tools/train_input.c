#include "tools/train_input.h"

#include "lib/data/identity.h"
#include "lib/la/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
read_triples(struct cli *io, const char *path, struct train_input *in)
{
    static const char *const wanted[] = {"x", NULL};
    struct npz z;
    struct npy h;
    die_if(npz_load(&z, path, wanted, &io->err), io);
    die_if(npz_take_i32(&z, "x", 2, &in->triples, &h, &io->err), io);
    if (h.shape[1] != 3)
        cli_die(io, "'%s': triples have %" PRId64 " columns, not 3", path,
            h.shape[1]);
    in->n_triples = h.shape[0];
    die_if(
        hist_input(&io->hist, "triples", path, z.history, z.id, &io->err), io);
    npz_free(&z);
}

/* The role of an input includes its weight, which changes the model. */
static void
read_features(struct cli *io, const struct train_args *o,
    const struct train_features *from, struct train_input *in)
{
    struct net_features *f = &in->features[in->n_features++];
    f->name = from->name;
    f->weight = from->weight;
    char role[128];
    int n = snprintf(role, sizeof role, "%s", f->name);
    if (f->weight < 1 || f->weight > 1)
        snprintf(role + n, sizeof role - (size_t)n, "=%.9g", f->weight);
    die_if(store_read_features(from->path, &f->x, &f->missing, &io->hist, role,
               "item features: see stair-features(1)", &io->err),
        io);
    if (f->missing.n)
        cli_note(io,
            "'%s': %" PRId64 " of %" PRId64 " items are missing: the mean of "
            "the others, and no neighbours",
            from->path, f->missing.n, f->x.n);
    if (f->x.n != in->data.n_items)
        cli_die(io, "'%s' has %" PRId64 " rows, but '%s' has %" PRId64 " items",
            from->path, f->x.n, o->data, in->data.n_items);
    if (f->x.d == 0)
        cli_die(io, "'%s' has no columns", from->path);
    free(from->path);
}

/* Whether a step of that program led to the newest input. */
static int
came_through(const struct cli *io, const char *tool)
{
    struct hist_step step;
    const char *p = io->hist.file[io->hist.n - 1].text;
    return hist_next(&p, tool, &step);
}

enum { WIDE = 256 }; /* columns that a model has only if that is said */

/* Why the columns are not those of initial vectors, which have a mean of 0 and
 * one scale; "" if they may be. Both bounds are far from what noise does. */
static void
look_at_columns(const struct mat *m, char *why, size_t cap)
{
    double least = INFINITY, most = 0;
    *why = 0;
    for (int64_t j = 0; j < m->d && !*why; j++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < m->n; i++) {
            double v = (double)m->x[i * m->d + j];
            sum += v;
            squares += v * v;
        }
        double mean = sum / (double)m->n, rms = sqrt(squares / (double)m->n);
        least = rms < least ? rms : least;
        most = rms > most ? rms : most;
        if (fabs(mean) > 0.5 * rms)
            snprintf(
                why, cap, "column %" PRId64 " has a mean of %.3g", j, mean);
    }
    if (!*why && most > 10 * least)
        snprintf(why, cap, "columns have sizes from %.3g to %.3g", least, most);
}

/* Features are no initial vectors: their columns are correlated, their scale is
 * any, and the model gets their width. */
static void
check_whitened(
    struct cli *io, const struct train_args *o, const struct mat *m, int said)
{
    const int64_t d = m->d;
    char why[120];
    if (came_through(io, "stair-whiten"))
        return;
    if (came_through(io, "stair-features"))
        cli_die(io,
            "'%s' holds features that are not whitened; initial vectors are "
            "made of them by: stair-whiten -d 64 -o init.npz '%s'",
            o->init, o->init);
    if (d > WIDE && !said)
        cli_die(io,
            "'%s' has %" PRId64 " columns, which the model would have too: "
            "if it holds features, whiten them (stair-whiten -d 64 -o init.npz "
            "'%s'), else say --dim %" PRId64,
            o->init, d, o->init, d);
    look_at_columns(m, why, sizeof why);
    if (*why && !said)
        cli_die(io,
            "'%s' is not whitened, %s: if it holds features, whiten them "
            "(stair-whiten -d 64 -o init.npz '%s'), else say --dim %" PRId64,
            o->init, why, o->init, d);
}

void
train_input_read(struct cli *io, struct train_args *o, struct train_input *in)
{
    die_if(dataset_read(o->data, &in->data, &io->hist, &io->err), io);
    if (o->log_test && !in->data.test.nnz)
        cli_die(io, "'%s' holds no test interactions", o->data);
    if (o->init) {
        die_if(store_read_mat(o->init, &in->init, &io->hist, "init",
                   "item vectors: see stair-whiten(1)", &io->err),
            io);
        if (in->init.n != in->data.n_items)
            cli_die(io,
                "'%s' has %" PRId64 " rows, but '%s' has %" PRId64 " items",
                o->init, in->init.n, o->data, in->data.n_items);
        int64_t dim = system_int(&o->set, "dim");
        if (in->init.d == 0 || (dim && in->init.d != dim))
            cli_die(io, "'%s' has %" PRId64 " columns, not %" PRId64, o->init,
                in->init.d, dim ? dim : 64);
        check_whitened(io, o, &in->init, dim != 0);
        system_set(&o->set, "dim", (double)in->init.d);
    }
    if (o->items)
        die_if(store_read_csr(o->items, &in->items, &io->hist, "items",
                   "an item graph: see stair-knn(1)", &io->err),
            io);
    for (int i = 0; i < o->features.n; i++)
        read_features(io, o, &o->feature[i], in);
    if (o->triples)
        read_triples(io, o->triples, in);
    cli_belong(io, IDENTITY_ALL);
    identity_inherit(&io->hist, IDENTITY_ALL);
}

void
train_input_free(struct train_input *in)
{
    dataset_free(&in->data);
    mat_free(&in->init);
    csr_free(&in->items);
    free(in->triples);
    for (int i = 0; i < in->n_features; i++) {
        free(in->features[i].name);
        mat_free(&in->features[i].x);
        missing_free(&in->features[i].missing);
    }
    *in = (struct train_input){0};
}
