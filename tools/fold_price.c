#include "tools/fold_price.h"

#include "lib/base/mem.h"
#include "lib/fold/fold_items.h"
#include "lib/rank/metrics.h"
#include "lib/rank/rank.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CUT = 20 };

struct price {
    const struct csr *target;
    const unsigned char *state;
    const int64_t *users; /* [n] those who have targets */
    int64_t n;
    struct metrics_gain gain;
    double recall, ndcg; /* sums over users */
    int64_t near, places;
};

static int
add_lists(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    (void)score;
    static const int64_t cut[] = {CUT};
    struct price *p = ctx;
    for (int64_t k = 0; k < n; k++, id += CUT) {
        double value[METRICS_KINDS][METRICS_CUTS];
        int64_t from = p->target->indptr[p->users[first + k]];
        int64_t to = p->target->indptr[p->users[first + k] + 1];
        metrics_list(&p->gain, id, CUT, p->target->indices + from, to - from,
            cut, 1, value);
        p->recall += value[METRICS_RECALL][0];
        p->ndcg += value[METRICS_NDCG][0];
        for (int64_t r = 0; r < CUT && id[r] >= 0; r++) {
            p->places++;
            p->near += p->state[id[r]] == FOLD_NEAR;
        }
    }
    return 0;
}

static struct price
measure(struct cli *io, const struct price *from, const struct scorer *s,
    const struct csr *train, const struct rank_items *items)
{
    struct price p = *from;
    struct rank_opt o = {.k = CUT,
        .mask = {train},
        .users = p.users,
        .n_users = p.n,
        .items = items,
        .exec = cli_exec(io)};
    die_if(rank_run(s, &o, add_lists, &p, &io->err), io);
    p.recall /= (double)p.n;
    p.ndcg /= (double)p.n;
    return p;
}

static void
compare(struct cli *io, const struct price *from, const struct scorer *s,
    const struct dataset *d)
{
    struct rank_items all, kept;
    unsigned char *shelf = mem_zero(d->n_items, 1, &io->err);
    die_if(shelf ? 0 : ERR_NOMEM, io);
    die_if(rank_items_init(&all, d->n_items, NULL, NULL, &io->err), io);
    int64_t near = 0;
    for (int64_t i = 0; i < d->n_items; i++)
        if (from->state[i] == FOLD_NEAR) {
            shelf[i] = RANK_LEFT_OUT;
            near++;
        }
    die_if(rank_items_init(&kept, d->n_items, shelf, NULL, &io->err), io);
    struct price with = measure(io, from, s, &d->train, &all);
    struct price without = measure(io, from, s, &d->train, &kept);
    cli_detail(io,
        "valid recall@20 %.4f, ndcg@20 %.4f; without the %" PRId64
        " items that have vectors from content %.4f, %.4f; they take %.1f "
        "%% "
        "of the places",
        with.recall, with.ndcg, near, without.recall, without.ndcg,
        with.places ? 100 * (double)with.near / (double)with.places : 0);
    rank_items_free(&all);
    rank_items_free(&kept);
    free(shelf);
}

void
fold_price(struct cli *io, struct ranker *model, const struct dataset *d,
    const char *data, const unsigned char *state)
{
    struct scorer s;
    int64_t *users;
    struct price p = {.target = &d->valid, .state = state};
    if (!d->valid.nnz) {
        cli_detail(io, "'%s' holds no valid interactions to measure by",
            ranker_shown(data));
        return;
    }
    die_if(ranker_scorer(model, "model", d, data, &s, &io->err), io);
    p.n = metrics_users(&d->valid, &users, &io->err);
    die_if((int)(p.n < 0 ? p.n : 0), io);
    p.users = users;
    die_if(metrics_gain_init(&p.gain, CUT, &io->err), io);
    compare(io, &p, &s, d);
    metrics_gain_free(&p.gain);
    free(users);
}
