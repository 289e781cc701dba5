#include "tools/train_warm.h"

#include "lib/base/mem.h"
#include "lib/fold/fold_model.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void
check_model(struct cli *io, const struct train_args *o, const struct ranker *m)
{
    const char *name = ranker_shown(o->start);
    if (m->parts || m->graph.indptr)
        cli_die(io, "'%s' is a %s, and a training starts from one model", name,
            m->parts ? "blend" : "graph of items");
    if (!m->user_param.x || !m->item_param.x)
        cli_die(io, "'%s' has vectors but no parameters to start from", name);
    if (m->name && strcmp(m->name, o->model) != 0)
        cli_die(io, "'%s' is a model of '%s', not of '%s'", name, m->name,
            o->model);
    if (m->user_ids.n != m->user.n || m->item_ids.n != m->item.n)
        cli_die(io, "'%s' has no ids of its users and items", name);
}

static void
fold(struct cli *io, const struct train_args *o, const struct train_input *in,
    struct ranker *m)
{
    struct fold_rows rows = {&m->user_ids, &m->item_ids, &m->seen};
    struct fold_opt opt = {o->items ? &in->items : NULL, 1, cli_exec(io)};
    struct fold_plan plan;
    struct fold_count count;
    die_if(fold_plan_make(&plan, &rows, &in->data, 1, &io->err), io);
    if (!plan.known || !plan.users[FOLD_USER_KEPT])
        cli_die(io, "'%s' has none of the %" PRId64 " %s of '%s'",
            ranker_shown(o->start),
            plan.known ? in->data.n_users : in->data.n_items,
            plan.known ? "users" : "items", o->data);
    if (o->items)
        die_if(
            graph_check_items(&in->items, in->data.n_items, o->items, &io->err),
            io);
    unsigned char *state = mem_new(in->data.n_items, 1, &io->err);
    die_if(state ? 0 : ERR_NOMEM, io);
    die_if(fold_model(m, &plan, &opt, state, &count, &io->err), io);
    cli_note(io,
        "starting from %" PRId64 " users and %" PRId64 " items; new: %" PRId64
        " users, %" PRId64 " items by content, %" PRId64 " by users, %" PRId64
        " at 0",
        plan.users[FOLD_USER_KEPT], plan.items, plan.users[FOLD_USER_NEW],
        count.near, count.mapped, count.none);
    free(state);
    fold_plan_free(&plan);
}

/* The width of the model is that of its parameters. */
static void
take_width(struct cli *io, struct train_args *o, struct train_input *in,
    const struct ranker *m)
{
    int64_t d = m->item_param.d;
    if (system_param(o->system, "dim") >= 0) {
        int64_t dim = system_int(&o->set, "dim");
        if (dim && dim != d)
            cli_die(io,
                "'%s' has parameters of %" PRId64 " columns, not %" PRId64,
                ranker_shown(o->start), d, dim);
        system_set(&o->set, "dim", (double)d);
    }
    if (o->init || !o->system->reads.init)
        return;
    die_if(mat_init(&in->init, m->item_param.n, d, &io->err), io);
    memcpy(in->init.x, m->item_param.x,
        (size_t)(in->init.n * d) * sizeof *in->init.x);
}

void
train_warm_read(struct cli *io, struct train_args *o, struct train_input *in,
    struct train_warm *w)
{
    struct ranker m;
    *w = (struct train_warm){0};
    if (!o->start)
        return;
    die_if(ranker_read_part(o->start, "start", &m, &io->hist, &io->err), io);
    check_model(io, o, &m);
    fold(io, o, in, &m);
    take_width(io, o, in, &m);
    w->user = m.user_param;
    w->item = m.item_param;
    m.user_param = m.item_param = (struct mat){0};
    ranker_free(&m);
}

static void
put(struct cli *io, const struct train_args *o, struct mat *x, int tensor,
    struct engine *g)
{
    const struct engine_tensor *t = &g->tensor[tensor];
    if (t->n != x->n || t->d != x->d)
        cli_die(io,
            "'%s' has parameters of %" PRId64
            " columns, but the model those of %" PRId64,
            ranker_shown(o->start), x->d, t->d);
    die_if(engine_set(g, tensor, 0, x, &io->err), io);
    mat_free(x);
}

void
train_warm_put(struct cli *io, const struct train_args *o, struct train_warm *w,
    struct engine *g)
{
    if (!o->start)
        return;
    put(io, o, &w->user, ENGINE_USER, g);
    put(io, o, &w->item, ENGINE_ITEM, g);
}
