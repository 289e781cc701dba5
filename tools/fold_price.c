#include "tools/fold_price.h"

#include "lib/base/mem.h"
#include "lib/fold/fold_items.h"
#include "lib/rank/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

struct price {
    const unsigned char *state;
    struct metrics m;
    int64_t near, places;
};

static int
add_list(void *ctx, const struct metrics_user *u, struct err *e)
{
    (void)e;
    struct price *p = ctx;
    for (int64_t r = 0; r < u->gain->n && u->list[r] >= 0; r++) {
        p->places++;
        p->near += p->state[u->list[r]] == FOLD_NEAR;
    }
    return 0;
}

static struct price
measure(struct cli *io, const struct scorer *s, const struct dataset *d,
    const unsigned char *state, const struct rank_items *items)
{
    static const int64_t cut = 20;
    struct price p = {.state = state};
    struct metrics_opt o = {.target = &d->valid,
        .mask = {&d->train},
        .items = items,
        .cuts = &cut,
        .n_cuts = 1,
        .exec = cli_exec(io),
        .each = add_list,
        .ctx = &p};
    die_if(metrics_run(&p.m, s, &o, &io->err), io);
    return p;
}

void
fold_price(struct cli *io, struct ranker *model, const struct dataset *d,
    const char *data, const unsigned char *state)
{
    struct scorer s;
    struct rank_items kept;
    if (!d->valid.nnz) {
        cli_detail(io, "'%s' holds no valid interactions to measure by",
            ranker_shown(data));
        return;
    }
    die_if(ranker_scorer(model, "model", d, data, &s, &io->err), io);
    unsigned char *shelf = mem_zero(d->n_items, 1, &io->err);
    die_if(shelf ? 0 : ERR_NOMEM, io);
    int64_t near = 0;
    for (int64_t i = 0; i < d->n_items; i++)
        if (state[i] == FOLD_NEAR) {
            shelf[i] = RANK_LEFT_OUT;
            near++;
        }
    die_if(rank_items_init(&kept, d->n_items, shelf, NULL, &io->err), io);
    struct price with = measure(io, &s, d, state, NULL);
    struct price without = measure(io, &s, d, state, &kept);
    cli_detail(io,
        "valid recall@20 %.4f, ndcg@20 %.4f; without the %" PRId64
        " items that have vectors from content %.4f, %.4f; they take %.1f %% "
        "of the places",
        with.m.value[METRICS_RECALL][0], with.m.value[METRICS_NDCG][0], near,
        without.m.value[METRICS_RECALL][0], without.m.value[METRICS_NDCG][0],
        with.places ? 100 * (double)with.near / (double)with.places : 0);
    rank_items_free(&kept);
    free(shelf);
}
