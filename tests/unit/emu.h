#ifndef TEST_EMU_H
#define TEST_EMU_H

/*
 * A device that is a loop: it calls a kernel's body for all indices of a launch
 * in a shuffled order, and what runs on the second lane at a random time within
 * what the lanes allow. Blocks of memory are separate, so that the sanitizers
 * see whatever leaves one.
 */

#include "lib/base/rng.h"
#include "lib/engine/cuda/cuda_body.h"
#include "lib/engine/cuda/cuda_priv.h"

#include <stdlib.h>
#include <string.h>

struct emu_launch {
    enum cuda_kernel k;
    struct cuda_mem g;
    struct cuda_arg a;
    int64_t n;
};

enum { EMU_QUEUE = 16 };

struct emu {
    struct cuda_device dev;
    uint32_t seed, random, orders;
    int64_t room;
    int blocks, marks[2];
    int fail; /* the how-maniest call fails; 0: none */
    int calls;
    int forked, from, to; /* launches that wait on lane 1 */
    struct emu_launch queue[EMU_QUEUE];
    int *alive; /* devices and blocks that are not freed */
};

static void
emu_run(struct emu *d, const struct emu_launch *l)
{
#define EMU_BODY(name) cuda_body_##name,
    static void (*const body[])(const struct cuda_mem *,
        const struct cuda_arg *, int64_t) = {CUDA_KERNELS(EMU_BODY)};
#undef EMU_BODY
    if (l->n == 0)
        return;
    struct rng_perm p;
    rng_perm_init(&p, l->n, d->seed, RNG_TEST, d->orders++);
    for (int64_t i = 0; i < l->n; i++)
        body[l->k](&l->g, &l->a, rng_perm_at(&p, i));
}

static int
emu_coin(struct emu *d)
{
    return (int)(rng_u64(d->seed, RNG_TEST, 1, d->random++, 0) & 1);
}

static int
emu_fails(struct emu *d, const char *what, struct err *e)
{
    return ++d->calls == d->fail ? err_set(e, ERR_DEVICE, "%s failed", what)
                                 : 0;
}

/* Those that wait on lane 1: some now, or all. */
static void
emu_drain(struct emu *d, int all)
{
    while (d->from < d->to && (all || emu_coin(d)))
        emu_run(d, &d->queue[d->from++]);
}

static void
emu_close(struct cuda_device *dev)
{
    struct emu *d = (struct emu *)dev;
    --*d->alive;
    free(d);
}

static int
emu_room(struct cuda_device *dev, int64_t bytes, struct err *e)
{
    struct emu *d = (struct emu *)dev;
    if (d->room && bytes > d->room)
        return err_set(e, ERR_NOMEM, "too much");
    return emu_fails(d, "room", e);
}

static int
emu_alloc(struct cuda_device *dev, void **p, int64_t bytes, struct err *e)
{
    struct emu *d = (struct emu *)dev;
    int rc = emu_fails(d, "alloc", e);
    if (rc)
        return rc;
    *p = calloc(1, (size_t)bytes);
    ++*d->alive;
    return *p ? 0 : ERR_NOMEM;
}

static void
emu_free(struct cuda_device *dev, void *p)
{
    --*((struct emu *)dev)->alive;
    free(p);
}

static int
emu_copy(struct cuda_device *dev, void *to, const void *from, int64_t bytes,
    struct err *e)
{
    struct emu *d = (struct emu *)dev;
    if (d->forked)
        abort();
    memcpy(to, from, (size_t)bytes);
    return emu_fails(d, "copy", e);
}

static int
emu_start(struct cuda_device *dev, int lane, enum cuda_kernel k,
    const struct cuda_mem *g, const struct cuda_arg *a, int64_t n,
    struct err *e)
{
    struct emu *d = (struct emu *)dev;
    struct emu_launch l = {k, *g, *a, n};
    if (lane == 0) {
        emu_drain(d, 0);
        emu_run(d, &l);
    } else if (!d->forked || d->to == EMU_QUEUE) {
        abort();
    } else {
        d->queue[d->to++] = l;
    }
    return emu_fails(d, "launch", e);
}

static int
emu_fork(struct cuda_device *dev, struct err *e)
{
    struct emu *d = (struct emu *)dev;
    if (d->forked)
        abort();
    d->forked = 1;
    d->from = d->to = 0;
    return emu_fails(d, "fork", e);
}

static int
emu_join(struct cuda_device *dev, struct err *e)
{
    struct emu *d = (struct emu *)dev;
    emu_drain(d, 1);
    d->forked = 0;
    return emu_fails(d, "join", e);
}

static int
emu_repeat(struct cuda_device *dev, int (*issue)(void *, struct err *),
    void *ctx, struct err *e)
{
    int rc = issue(ctx, e);
    return rc ? rc : emu_fails((struct emu *)dev, "repeat", e);
}

static int
emu_mark(struct cuda_device *dev, int mark, struct err *e)
{
    struct emu *d = (struct emu *)dev;
    d->marks[mark] = 1;
    return emu_fails(d, "mark", e);
}

static int
emu_await(struct cuda_device *dev, int mark, struct err *e)
{
    struct emu *d = (struct emu *)dev;
    if (!d->marks[mark])
        abort();
    return emu_fails(d, "await", e);
}

static struct emu *
emu_open(uint32_t seed, int *alive)
{
    struct emu *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    *d = (struct emu){.dev = {"a loop", emu_close, emu_room, emu_alloc,
                          emu_free, emu_copy, emu_copy, emu_start, emu_fork,
                          emu_join, emu_repeat, emu_mark, emu_await},
        .seed = seed,
        .alive = alive};
    ++*alive;
    return d;
}

#endif
