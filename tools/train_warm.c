#include "tools/train_warm.h"

#include "lib/base/mem.h"
#include "lib/fold/fold_model.h"
#include "lib/la/store.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void
check_model(struct cli *io, const struct train_args *o, const struct ranker *m)
{
    const char *name = ranker_shown(o->start);
    const struct ranker_part *part = &m->part[0];
    if (m->blend || part->graph.indptr)
        cli_die(io, "'%s' is a %s, and a training starts from one model", name,
            m->blend ? "blend" : "graph of items");
    if (!part->user_param.x || !part->item_param.x)
        cli_die(io, "'%s' has vectors but no parameters to start from", name);
    if (part->name && strcmp(part->name, o->model) != 0)
        cli_die(io, "'%s' is a model of '%s', not of '%s'", name, part->name,
            o->model);
    if (m->user_ids.n != part->user.n || m->item_ids.n != part->item.n)
        cli_die(io, "'%s' has no ids of its users and items", name);
}

static void
fold(struct cli *io, const struct train_args *o, const struct train_input *in,
    struct ranker *m, struct train_warm *w)
{
    struct fold_rows rows = {&m->user_ids, &m->item_ids, &m->seen};
    struct fold_opt opt = {.graph = o->items ? &in->items : NULL,
        .boost = 1,
        .exec = cli_exec(io)};
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
    die_if(fold_model(&m->part[0], &plan, &opt, state, &count, &io->err), io);
    cli_note(io,
        "starting from %" PRId64 " users and %" PRId64 " items; new: %" PRId64
        " users, %" PRId64 " items by content, %" PRId64 " by users, %" PRId64
        " at 0",
        plan.users[FOLD_USER_KEPT], plan.items, plan.users[FOLD_USER_NEW],
        count.near, count.mapped, count.none);
    w->row[0] = plan.user_row;
    w->row[1] = plan.item_row;
    plan.user_row = plan.item_row = NULL;
    free(state);
    fold_plan_free(&plan);
}

/* The width of the model is that of its parameters. */
static void
take_width(struct cli *io, struct train_args *o, struct train_input *in,
    const struct mat *param)
{
    int64_t d = param->d;
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
    die_if(mat_init(&in->init, param->n, d, &io->err), io);
    memcpy(in->init.x, param->x, (size_t)(in->init.n * d) * sizeof *in->init.x);
}

void
train_warm_read(struct cli *io, struct train_args *o, struct train_input *in,
    struct train_warm *w)
{
    struct ranker m;
    struct ranker_part *part = &m.part[0];
    *w = (struct train_warm){0};
    if (!o->start)
        return;
    die_if(ranker_read(o->start, "start", 1, &m, &io->hist, &io->err), io);
    check_model(io, o, &m);
    if (in->data.valid.nnz + in->data.test.nnz)
        cli_note_split(io, o->start);
    w->old[0] = part->user.n;
    w->old[1] = part->item.n;
    fold(io, o, in, &m, w);
    take_width(io, o, in, &part->item_param);
    w->user = part->user_param;
    w->item = part->item_param;
    part->user_param = part->item_param = (struct mat){0};
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

static int
is_present(const struct engine_tensor *t)
{
    return strncmp(t->member, "now_", 4) == 0;
}

/* Rows that the model has replace those of a new matrix. */
static void
put_rows(struct cli *io, const int64_t *row, struct engine *g, int tensor,
    const struct mat *old)
{
    struct mat now;
    die_if(engine_take(g, tensor, &now, &io->err), io);
    for (int64_t i = 0; i < now.n; i++)
        if (row[i] >= 0)
            memcpy(now.x + i * now.d, old->x + row[i] * now.d,
                (size_t)now.d * sizeof *now.x);
    die_if(engine_set(g, tensor, 0, &now, &io->err), io);
    mat_free(&now);
}

/* A matrix of the checkpoint: the rows of users or items by their ids, or all
 * of it. 1 if it fits. */
static int
follow(struct cli *io, const struct train_warm *w, struct engine *g, int tensor,
    const struct mat *old)
{
    const struct engine_tensor *t = &g->tensor[tensor];
    const struct mat *side[] = {&w->user, &w->item};
    if (t->d != old->d)
        return 0;
    for (int k = 1; k >= 0; k--)
        if (t->n == side[k]->n && old->n == w->old[k]) {
            put_rows(io, w->row[k], g, tensor, old);
            return 1;
        }
    if (t->n != old->n)
        return 0;
    struct mat now = *old;
    die_if(engine_set(g, tensor, 0, &now, &io->err), io);
    return 1;
}

/* The parameters of a net that are no embeddings. */
static void
put_others(struct cli *io, const struct train_args *o,
    const struct train_warm *w, struct engine *g)
{
    const char *wanted[ENGINE_TENSORS + 1] = {NULL};
    int n = 0, anew = 0;
    for (int t = ENGINE_ITEM + 1; t < g->tensors; t++)
        if (is_present(&g->tensor[t]))
            wanted[n++] = g->tensor[t].member;
    if (!n)
        return;
    struct npz z = {0};
    if (strcmp(o->start, "-") != 0)
        die_if(npz_load(&z, o->start, wanted, &io->err), io);
    for (int t = ENGINE_ITEM + 1; t < g->tensors; t++) {
        if (!is_present(&g->tensor[t]))
            continue;
        struct mat old = {0};
        if (npz_find(&z, g->tensor[t].member))
            die_if(store_take_mat(&z, g->tensor[t].member, &old, &io->err), io);
        anew += !old.x || !follow(io, w, g, t, &old);
        mat_free(&old);
    }
    npz_free(&z);
    if (anew)
        cli_note(io,
            "%d of %d matrices of parameters beside those of users and items "
            "begin anew (a checkpoint holds them)",
            anew, n);
}

void
train_warm_put(struct cli *io, const struct train_args *o, struct train_warm *w,
    struct engine *g)
{
    if (!o->start)
        return;
    put_others(io, o, w, g);
    put(io, o, &w->user, ENGINE_USER, g);
    put(io, o, &w->item, ENGINE_ITEM, g);
    free(w->row[0]);
    free(w->row[1]);
}
