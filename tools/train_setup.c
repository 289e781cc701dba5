#include "tools/train_setup.h"

#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cpu/cpu_net.h"
#include "lib/engine/cuda/cuda.h"

#include <stdlib.h>
#include <string.h>

void
train_setup_model(struct cli *io, const struct train_args *o,
    const struct train_input *in, struct model *m)
{
    const struct train_settings *set = &o->set;
    struct model_opt mo = {.gamma = set->gamma,
        .layers = set->layers,
        .dim = o->dim,
        .rate = set->rate,
        .decay = set->decay,
        .seed = (uint64_t)o->seed,
        .jacobi_a = set->jacobi_a,
        .jacobi_b = set->jacobi_b,
        .scale = set->scale,
        .mid = set->mid,
        .no_mi = o->no_mi,
        .no_fsc = o->no_fsc,
        .no_bsc = o->no_bsc};
    const struct csr *train = &in->data.train;
    die_if(o->system->model ? o->system->model(m, &mo, train, &io->err)
                            : model_stair(m, &mo, train, &in->init, &io->err),
        io);
}

static void
make_sampler(struct cli *io, const struct train_args *o,
    const struct train_input *in, enum sample_kind kind, struct sampler *s)
{
    const struct csr *train = &in->data.train;
    if (in->triples)
        die_if(sample_replay(
                   s, train, in->triples, in->n_triples, o->triples, &io->err),
            io);
    else if (kind == SAMPLE_DISTINCT)
        die_if(sample_distinct(
                   s, train, o->set.batch, (uint64_t)o->seed, &io->err),
            io);
    else
        die_if(sample_init(s, kind, train, (uint64_t)o->seed, &io->err), io);
}

/* A system of the linear family. */
static void
make_linear(struct cli *io, const struct train_args *o, struct train_input *in,
    struct train_setup *s)
{
    struct model m;
    struct graph ui = {0}, items = {0};
    train_setup_model(io, o, in, &m);
    die_if(graph_bipartite(&in->data.train, &ui, &io->err), io);
    if (o->items)
        die_if(graph_items(
                   &in->items, in->data.n_items, o->items, &items, &io->err),
            io);
    csr_free(&in->items);
    mat_free(&in->init);
    make_sampler(io, o, in, m.sampling, &s->sampler);
    struct cpu_opt co = {o->set.batch, cli_exec(io), 0};
    die_if(
        strcmp(o->device, "cuda") == 0
            ? cuda_new(&s->engine, &m, &ui, &items, &s->sampler, o->set.batch,
                  &io->err)
            : cpu_new(&s->engine, &m, &ui, &items, &s->sampler, &co, &io->err),
        io);
    graph_free(&ui);
    graph_free(&items);
    model_free(&m);
}

static void
make_net(struct cli *io, const struct train_args *o, struct train_input *in,
    struct train_setup *s)
{
    const struct train_settings *set = &o->set;
    int64_t triples = in->triples ? in->n_triples : in->data.train.nnz;
    struct net_opt no = {.train = &in->data.train,
        .features = in->features,
        .n_features = in->n_features,
        .batch = set->batch < triples ? set->batch : triples,
        .layers = set->layers,
        .item_layers = set->item_layers,
        .neighbours = set->neighbours,
        .dim = o->dim,
        .rate = set->rate,
        .decay = set->decay,
        .keep_edges = set->keep_edges,
        .origin = set->origin,
        .dropout = set->dropout,
        .modal_loss = set->modal_loss,
        .penalty = set->penalty,
        .train_features = o->train_features,
        .seed = (uint64_t)o->seed,
        .exec = cli_exec(io)};
    if (o->system->needs) {
        char text[128];
        die_if(o->system->needs(&no, text, sizeof text, &io->err), io);
        cli_note(io, "%s", text);
    }
    struct net *m;
    die_if(o->system->net(&m, &no, &io->err), io);
    make_sampler(io, o, in, m->sampling, &s->sampler);
    int64_t batch = s->sampler.batch ? s->sampler.batch : set->batch;
    die_if(cpu_net_new(&s->engine, m, &s->sampler, batch, &io->err), io);
}

void
train_setup_make(struct cli *io, const struct train_args *o,
    struct train_input *in, struct train_setup *s)
{
    *s = (struct train_setup){0};
    if (o->system->form == TRAIN_NET)
        make_net(io, o, in, s);
    else
        make_linear(io, o, in, s);
}

void
train_setup_free(struct train_setup *s)
{
    engine_free(s->engine);
    sample_free(&s->sampler);
}
