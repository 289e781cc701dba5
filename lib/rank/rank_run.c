/* A whole ranking, its users shared by ranks. */
#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/rank/rank.h"

#include <stdlib.h>

/* The shards that are ranked at once, one by each rank, and their lists. */
struct turn {
    struct rank *r;
    int64_t k;
    int64_t size;  /* users of a shard */
    int64_t *from; /* [ranks + 1] of ranks_join */
    int32_t *id;   /* [ranks][size][k] */
    float *score;
};

static int
turn_init(struct turn *t, struct err *e)
{
    int64_t ranks = ranks_count(), slots;
    t->size = rank_shard_size(t->r);
    if (__builtin_mul_overflow(t->size * ranks, t->k, &slots))
        slots = INT64_MAX;
    t->from = mem_new(ranks + 1, sizeof *t->from, e);
    t->id = mem_new(slots, sizeof *t->id, e);
    t->score = mem_new(slots, sizeof *t->score, e);
    return t->from && t->id && t->score ? 0 : ERR_NOMEM;
}

/* The lists of users first .. end - 1, which are at most a shard for each rank.
 */
static int
turn_rank(struct turn *t, int64_t first, int64_t end, struct err *e)
{
    int64_t k = t->k, at = 0, own = 0, to = 0;
    for (int r = 0; r <= ranks_count(); r++) {
        at = first + r * t->size < end ? first + r * t->size : end;
        t->from[r] = (at - first) * k * (int64_t)sizeof(int32_t);
        if (r == ranks_mine())
            own = at;
        if (r == ranks_mine() + 1)
            to = at;
    }
    int64_t slot = (own - first) * k;
    int rc = rank_shard(t->r, own, to, t->id + slot, t->score + slot, e);
    if (rc)
        return rc;
    _Static_assert(sizeof(float) == sizeof(int32_t), "one table of borders");
    ranks_join(t->id, t->from);
    ranks_join(t->score, t->from);
    return 0;
}

int
rank_run(const struct scorer *s, const struct rank_opt *opt, rank_emit *emit,
    void *ctx, struct err *e)
{
    struct turn t = {.k = opt->k};
    int rc = rank_open(&t.r, s, opt, e);
    if (rc)
        return rc;
    rc = turn_init(&t, e);
    int64_t users = opt->users ? opt->n_users : s->n_users;
    int64_t step = t.size * ranks_count();
    for (int64_t first = 0; first < users && !rc; first += step) {
        int64_t end = users - first < step ? users : first + step;
        rc = turn_rank(&t, first, end, e);
        if (!rc)
            rc = emit(ctx, first, end - first, t.id, t.score);
    }
    free(t.from);
    free(t.id);
    free(t.score);
    rank_close(t.r);
    return rc;
}
