#include "lib/rank/scorer.h"

#include "lib/rank/scorer_work.h"

#include <inttypes.h>
#include <stddef.h>

_Static_assert(RANK_ITEMS_STEP % RANK_MAX_COLS == 0, "shelves begin at panels");

int
scorer_check_items(int64_t n, struct err *e)
{
    if (n <= INT32_MAX)
        return 0;
    return err_set(e, ERR_RANGE, "%" PRId64 " items are more than 2^31 - 1", n);
}

struct scorer_work
scorer_part_work(const struct scorer_work *w, const struct scorer *s)
{
    struct scorer_work part = *w;
    part.scorer = s;
    part.state = NULL;
    return part;
}

int
scorer_open(struct scorer_work *w, const struct scorer *s,
    const struct rank_items *items, struct exec *exec, int threads,
    struct arena *mem, struct err *e)
{
    *w = (struct scorer_work){.scorer = s,
        .kernel = rank_kernel_of(exec),
        .items = items,
        .exec = exec,
        .threads = threads,
        .mem = mem};
    int64_t cols = w->kernel->cols;
    w->panels = items ? items->offered / cols
                      : s->n_items / cols + (s->n_items % cols != 0);
    s->kind->shape(w);
    return s->kind->open(w, e);
}
