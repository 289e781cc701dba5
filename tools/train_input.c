#include "tools/train_input.h"

#include "lib/la/store.h"

#include <ctype.h>
#include <inttypes.h>
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

/* NAME=FILE[:WEIGHT] */
static void
read_features(struct cli *io, const struct train_args *o, const char *operand,
    struct train_input *in)
{
    const char *file = strchr(operand, '=');
    size_t n = file ? (size_t)(file - operand) : 0;
    if (n == 0 || !file[1])
        cli_usage(io, "'--features %s' is not NAME=FILE", operand);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)operand[i]) && operand[i] != '_')
            cli_usage(io,
                "'--features %s': a name has letters, digits and '_' only",
                operand);
    struct net_features *f = &in->features[in->n_features++];
    f->weight = 1;
    f->name = strndup(operand, n);
    char *path = cli_split(io, file + 1, &f->weight, 0);
    if (!f->name)
        cli_die(io, "out of memory");
    for (int i = 0; i < in->n_features - 1; i++)
        if (strcmp(in->features[i].name, f->name) == 0)
            cli_usage(io, "features '%s' are given twice", f->name);
    die_if(store_read_mat(path, &f->x, &io->hist, f->name, &io->err), io);
    if (f->x.n != in->data.n_items)
        cli_die(io, "'%s' has %" PRId64 " rows, but '%s' has %" PRId64 " items",
            path, f->x.n, o->data, in->data.n_items);
    if (f->x.d == 0)
        cli_die(io, "'%s' has no columns", path);
    free(path);
}

void
train_input_read(struct cli *io, struct train_args *o, struct train_input *in)
{
    die_if(dataset_read(o->data, &in->data, &io->hist, &io->err), io);
    if (o->init) {
        die_if(store_read_mat(o->init, &in->init, &io->hist, "init", &io->err),
            io);
        if (in->init.n != in->data.n_items)
            cli_die(io,
                "'%s' has %" PRId64 " rows, but '%s' has %" PRId64 " items",
                o->init, in->init.n, o->data, in->data.n_items);
        if (in->init.d == 0 || (o->dim && in->init.d != o->dim))
            cli_die(io, "'%s' has %" PRId64 " columns, not %" PRId64, o->init,
                in->init.d, o->dim ? o->dim : 64);
        o->dim = in->init.d;
    }
    if (o->items)
        die_if(
            store_read_csr(o->items, &in->items, &io->hist, "items", &io->err),
            io);
    for (int i = 0; i < o->features.n; i++)
        read_features(io, o, o->features.item[i], in);
    if (o->triples)
        read_triples(io, o->triples, in);
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
    }
    *in = (struct train_input){0};
}
