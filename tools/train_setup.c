#include "tools/train_setup.h"

#include "lib/base/ranks.h"
#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cpu/cpu_net.h"
#include "lib/engine/cuda/cuda.h"
#include "lib/engine/mpi/mpi.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TRIPLES = 1 << 24 /* of a step, whose rows have numbers of 32 bits */ };

static int64_t
negatives_of(const struct train_args *o)
{
    int several = system_param(o->system, "negatives") >= 0;
    return several ? system_int(&o->set, "negatives") : 1;
}

/* Sets the batch, at most all positives, and the steps of an epoch. */
static void
set_steps(const struct train_args *o, const struct train_input *in,
    struct system_args *a)
{
    int64_t positives = in->data.train.nnz;
    if (in->triples)
        positives = in->n_triples / negatives_of(o);
    int64_t batch = system_int(&o->set, "batch");
    a->batch = batch < positives ? batch : positives;
    a->steps = (positives + batch - 1) / batch;
}

/* A graph that is read while the model is made; others are checked when the
 * engine's is made of them. */
static void
check_items(struct cli *io, const struct train_args *o, struct train_input *in)
{
    struct graph g = {0};
    int64_t n = in->data.n_items;
    int joined = system_param(o->system, "co-purchase") >= 0 &&
                 system_real(&o->set, "co-purchase") > 0;
    if (o->system->kind == MODEL_SPARSE)
        die_if(graph_check_items(&in->items, n, o->items, &io->err), io);
    else if (joined)
        die_if(graph_items(&in->items, n, o->items, &g, &io->err), io);
    graph_free(&g);
}

void
train_setup_model(struct cli *io, const struct train_args *o,
    struct train_input *in, struct model *m)
{
    const struct system *s = o->system;
    struct system_args a = o->set;
    a.train = &in->data.train;
    a.init = in->init.x ? &in->init : NULL;
    a.items = o->items ? &in->items : NULL;
    a.features = in->features;
    a.n_features = in->n_features;
    if (system_trains(s))
        set_steps(o, in, &a);
    a.seed = (uint64_t)o->seed;
    a.exec = cli_exec(io);
    if (o->items)
        check_items(io, o, in);
    if (s->note) {
        char text[128];
        die_if(s->note(&a, text, sizeof text, &io->err), io);
        cli_note(io, "%s", text);
    }
    die_if(system_make(m, &a, &io->err), io);
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
        die_if(sample_distinct(s, train, system_int(&o->set, "batch"),
                   (uint64_t)o->seed, &io->err),
            io);
    else
        die_if(sample_init(s, kind, train, (uint64_t)o->seed, &io->err), io);
}

static int
make_engine(struct cli *io, const struct train_args *o, const struct poly *p,
    const struct graph *ui, const struct graph *items, struct train_setup *s)
{
    struct cpu_opt co = {.batch = system_int(&o->set, "batch") * p->negatives,
        .exec = cli_exec(io)};
    int64_t step = co.batch < s->sampler.n ? co.batch : s->sampler.n;
    if (step > TRIPLES)
        cli_die(io,
            "steps of %" PRId64 " triples are too large: --batch times "
            "--negatives is at most %d",
            step, TRIPLES);
    if (strcmp(o->device, "cuda") == 0)
        return cuda_new(
            &s->engine, p, ui, items, &s->sampler, co.batch, &io->err);
    if (ranks_count() == 1)
        return cpu_new(&s->engine, p, ui, items, &s->sampler, &co, &io->err);
    int panels = mpi_panels(p->d);
    if (ranks_count() > panels)
        cli_note(io,
            "%" PRId64 " columns make %d panels: only %d of %d ranks share the "
            "training, and all share the evaluation",
            p->d, panels, panels, ranks_count());
    return mpi_new(&s->engine, p, ui, items, &s->sampler, &co, &io->err);
}

static void
make_poly(struct cli *io, const struct train_args *o, struct train_input *in,
    struct poly *p, struct train_setup *s)
{
    struct graph ui = {0}, items = {0};
    die_if(graph_bipartite(&in->data.train, &ui, &io->err), io);
    if (o->items)
        die_if(graph_items(p->items.rows ? &p->items : &in->items,
                   in->data.n_items, o->items, &items, &io->err),
            io);
    csr_free(&in->items);
    mat_free(&in->init);
    make_sampler(io, o, in, p->sampling, &s->sampler);
    die_if(
        sample_negatives(&s->sampler, p->negatives, o->triples, &io->err), io);
    die_if(make_engine(io, o, p, &ui, &items, s), io);
    graph_free(&ui);
    graph_free(&items);
    poly_free(p);
}

/* The net passes to the engine. */
static void
make_net(struct cli *io, const struct train_args *o, struct train_input *in,
    struct net *m, struct train_setup *s)
{
    make_sampler(io, o, in, m->sampling, &s->sampler);
    int64_t batch = s->sampler.batch;
    if (!batch)
        batch = system_int(&o->set, "batch");
    die_if(cpu_net_new(&s->engine, m, &s->sampler, batch, &io->err), io);
}

void
train_setup_make(struct cli *io, const struct train_args *o,
    struct train_input *in, struct train_setup *s)
{
    struct model m;
    *s = (struct train_setup){0};
    train_setup_model(io, o, in, &m);
    if (m.kind == MODEL_NET)
        make_net(io, o, in, m.net, s);
    else
        make_poly(io, o, in, &m.poly, s);
}

void
train_setup_free(struct train_setup *s)
{
    engine_free(s->engine);
    sample_free(&s->sampler);
}
