#include "lib/engine/mpi/mpi.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/engine/cpu/kernels.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 23 /* bytes of columns moved at once */ };

struct shared {
    struct engine base;
    struct engine *part; /* the panels of this rank */
    int count, mine;     /* ranks */
    int bands, panels;   /* of the model */
    int64_t d;
    int *panel;    /* [count + 1] where each rank's panels begin */
    int64_t *from; /* [count + 1] of ranks_join */
    char *message; /* of a step: whether each rank wants to stop, an int64_t,
                      then its partial scores */
    char *room;    /* [BLOCK and more] */
    struct arena arena;
};

int
mpi_panels(int64_t d)
{
    return (int)((d + PANEL - 1) / PANEL);
}

/* The first panel of a rank. All ranks have the same number of panels, or the
 * later ones one more. */
static int
first_panel(const struct shared *g, int rank)
{
    int active = g->count < g->panels ? g->count : g->panels;
    return rank < active ? (int)((int64_t)g->panels * rank / active)
                         : g->panels;
}

/* The columns in front of a rank's panels. */
static int64_t
first_column(const struct shared *g, int rank)
{
    int64_t column = (int64_t)g->panel[rank] * PANEL;
    return column < g->d ? column : g->d;
}

static int
exchange(void *ctx, float *partial, int64_t stride, int parts, int64_t n,
    int *stop, struct err *e)
{
    (void)parts;
    (void)e;
    struct shared *g = ctx;
    int64_t row = n * (int64_t)sizeof *partial;
    for (int r = 0; r < g->count; r++)
        g->from[r + 1] = g->from[r] + (int64_t)sizeof(int64_t) +
                         g->bands * (g->panel[r + 1] - g->panel[r]) * row;
    int64_t head = *stop;
    char *at = g->message + g->from[g->mine];
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (int b = 0; b < g->bands; b++)
        for (int p = g->panel[g->mine]; p < g->panel[g->mine + 1]; p++) {
            memcpy(at, partial + (b * g->panels + p) * stride, (size_t)row);
            at += row;
        }
    ranks_join(g->message, g->from);
    for (int r = 0; r < g->count; r++) {
        at = g->message + g->from[r];
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        *stop |= head != 0;
        for (int b = 0; b < g->bands && r != g->mine; b++)
            for (int p = g->panel[r]; p < g->panel[r + 1]; p++) {
                memcpy(partial + (b * g->panels + p) * stride, at, (size_t)row);
                at += row;
            }
    }
    return 0;
}

static void
release(struct engine *base)
{
    struct shared *g = (struct shared *)base;
    engine_free(g->part);
    arena_free(&g->arena);
    free(g);
}

/* Every rank has the same triples and scores, so the sums of losses agree to
 * the last bit. If not, the processor or a library of some rank does other
 * arithmetic. */
static int
check_same(const struct engine_cursor *c, struct err *e)
{
    int odd = ranks_odd(c, sizeof *c);
    if (!odd)
        return 0;
    return err_set(e, ERR_NUM,
        "ranks 0 (on %s) and %d (on %s) have come to different losses",
        ranks_host(0), odd, ranks_host(odd));
}

static int
epoch(struct engine *base, struct engine_cursor *c, const volatile int *stop,
    void (*progress)(void *, int64_t, int64_t), void *ctx, struct err *e)
{
    struct shared *g = (struct shared *)base;
    int rc = g->part->kind->epoch(g->part, c, stop, progress, ctx, e);
    base->times = g->part->times;
    return rc ? rc : check_same(c, e);
}

/* Copies the columns of rank r, which lie in `bands` runs of a row, from x to
 * the rank's part of room, or back to x. */
static void
move(const struct shared *g, int r, int bands, const struct mat *x, int back)
{
    int64_t c0 = first_column(g, r), width = first_column(g, r + 1) - c0;
    char *at = g->room + g->from[r];
    size_t bytes = (size_t)width * sizeof(float);
    for (int64_t i = 0; i < x->n; i++)
        for (int b = 0; b < bands; b++, at += bytes) {
            float *to = x->x + i * x->d + b * g->d + c0;
            memcpy(back ? (char *)to : at, back ? at : (char *)to, bytes);
        }
}

/* The ranks' columns of x, which has `bands` times those of the model, come
 * together: on rank 0, or on all. */
static void
join(const struct shared *g, int bands, const struct mat *x, int to_all)
{
    int64_t row = x->d * (int64_t)sizeof(float), step = BLOCK / row + 1;
    for (int64_t first = 0; first < x->n; first += step) {
        struct mat part = {x->n - first < step ? x->n - first : step, x->d,
            x->x + first * x->d};
        for (int r = 0; r <= g->count; r++)
            g->from[r] =
                part.n * bands * first_column(g, r) * (int64_t)sizeof(float);
        move(g, g->mine, bands, &part, 0);
        if (to_all)
            ranks_join(g->room, g->from);
        else
            ranks_collect(g->room, g->from, 0);
        for (int r = 0; r < g->count && (to_all || g->mine == 0); r++)
            if (r != g->mine)
                move(g, r, bands, &part, 1);
    }
    g->from[0] = 0;
}

static int
vectors(struct engine *base, struct mat *user, struct mat *item, struct err *e)
{
    struct shared *g = (struct shared *)base;
    int rc = engine_vectors(g->part, user, item, e);
    if (rc)
        return rc;
    join(g, g->bands, user, 1);
    join(g, g->bands, item, 1);
    return 0;
}

static int
get(const struct engine *base, int tensor, int64_t first, struct mat *x,
    struct err *e)
{
    const struct shared *g = (const struct shared *)base;
    int rc = engine_get(g->part, tensor, first, x, e);
    if (!rc)
        join(g, 1, x, 0);
    return rc;
}

static int
set(struct engine *base, int tensor, int64_t first, const struct mat *x,
    struct err *e)
{
    return engine_set(((struct shared *)base)->part, tensor, first, x, e);
}

static const struct engine_kind kind = {release, epoch, vectors, get, set};

static int
allocate(struct shared *g, int64_t batch, struct err *e)
{
    struct arena *p = &g->arena;
    int64_t column = g->bands * (int64_t)sizeof(float);
    g->panel = arena_new(p, g->count + 1, sizeof *g->panel);
    g->from = arena_zero(p, g->count + 1, sizeof *g->from);
    g->message = arena_new(
        p, g->count * (int64_t)sizeof(int64_t) + column * g->panels * batch, 1);
    g->room = arena_new(p, BLOCK + 2 * column * g->d, 1);
    return arena_check(p, e);
}

int
mpi_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, const struct cpu_opt *o,
    struct err *e)
{
    *out = NULL;
    struct shared *g = mem_zero(1, sizeof *g, e);
    if (!g)
        return ERR_NOMEM;
    *g = (struct shared){.count = ranks_count(),
        .mine = ranks_mine(),
        .bands = m->bands,
        .panels = mpi_panels(m->d),
        .d = m->d};
    int rc = allocate(g, o->batch < s->n ? o->batch : s->n, e);
    struct cpu_opt own = *o;
    if (!rc) {
        for (int r = 0; r <= g->count; r++)
            g->panel[r] = first_panel(g, r);
        own.from = g->panel[g->mine];
        own.to = g->panel[g->mine + 1];
        own.exchange = exchange;
        own.ctx = g;
        rc = cpu_new(&g->part, m, ui, items, s, &own, e);
    }
    if (rc) {
        release(&g->base);
        return rc;
    }
    g->base = *g->part;
    g->base.kind = &kind;
    g->base.own = g->part;
    *out = &g->base;
    return 0;
}
