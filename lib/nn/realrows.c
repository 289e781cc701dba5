#include "lib/nn/realrows.h"

#include "lib/base/fmath.h"
#include "lib/base/mem.h"
#include "lib/base/par.h"
#include "lib/base/rng_words.h"
#include "lib/nn/loops.h"
#include "lib/nn/wide.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { WORDS = 1024 };

int
realrows_init(struct realrows *r, int64_t items, int threads, struct err *e)
{
    *r = (struct realrows){.threads = threads, .items = items};
    r->row = mem_zero(threads, sizeof *r->row, e);
    int rc = r->row ? 0 : ERR_NOMEM;
    for (int t = 0; t < threads && !rc; t++) {
        r->row[t] = mem_new(items, sizeof *r->row[t], e);
        rc = r->row[t] ? 0 : ERR_NOMEM;
    }
    if (rc)
        realrows_free(r);
    return rc;
}

void
realrows_free(struct realrows *r)
{
    for (int t = 0; r->row && t < r->threads; t++)
        free(r->row[t]);
    free(r->row);
    *r = (struct realrows){0};
}

struct job {
    struct realrows *r;
    const struct simrows_known *known;
    const struct wide *wide;
    const struct loops *loops;
    float noise, one; /* e^1: what a known item's share is multiplied by */
    uint64_t seed;
    uint32_t step;
    struct mat *s;
};

static void
row(void *ctx, int64_t b, int thread)
{
    const struct job *j = ctx;
    const struct simrows_known *n = j->known;
    int64_t items = j->s->d;
    float *p = j->r->row[thread], *s = j->s->x + b * items;
    uint32_t word[WORDS];
    for (int64_t i = 0; i < items; i += WORDS) {
        int64_t m = items - i < WORDS ? items - i : WORDS;
        rng_words(j->seed, RNG_GUMBEL, j->step, 0, (uint64_t)(b * items + i), m,
            word);
        j->wide->gumbel_exp(m, word, j->noise, p + i);
    }
    for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
        p[n->item[k]] *= j->one;
    double sum = j->wide->sum(items, p);
    j->wide->scale(items, 100.0f, s);
    j->wide->add(items, (float)(1.0 / sum), p, s);
    double norm = sqrt(j->loops->dot(items, s, s));
    j->wide->scale(items, (float)(1.0 / (norm > 1e-12 ? norm : 1e-12)), s);
}

void
realrows_make(struct realrows *r, const struct simrows_known *known,
    double noise, uint64_t seed, uint32_t step, struct mat *s)
{
    assert(s->n == known->users && s->d == r->items);
    struct job j = {r, known, wide_best(), loops_best(), (float)noise,
        (float)fm_exp(1.0), seed, step, s};
    par_for(r->threads, s->n, row, &j);
}
