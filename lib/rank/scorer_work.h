#ifndef STAIR_SCORER_WORK_H
#define STAIR_SCORER_WORK_H

#include "lib/base/arena.h"
#include "lib/base/exec.h"
#include "lib/rank/rank_items.h"
#include "lib/rank/rank_kernel.h"
#include "lib/rank/scorer.h"

/*
 * A scorer at work in one ranking. Scores come in tiles: a group of `rows`
 * users by a panel of kernel->cols places (rank_items.h says which item a place
 * holds). A thread starts a chunk of users, then asks for their tiles. It takes
 * one block of panels after the other, in ascending order, for all groups of
 * the chunk.
 */
struct scorer_work {
    const struct scorer *scorer;
    const struct rank_kernel *kernel;
    const struct rank_items *items; /* NULL: place i holds item i */
    struct exec *exec;
    int threads;   /* threads that ask for scores, at most those of exec */
    int rows;      /* at most RANK_MAX_ROWS, divides kernel->rows */
    int64_t chunk; /* users at most, a multiple of rows */
    int64_t panels, block; /* panels in all, panels a block */
    int moments;           /* 1: moments will be asked for */
    int nonzero;           /* 1: scores of 0 need not be hits */
    struct arena *mem;     /* where the state lies */
    void *state;
};

/* Mean and standard deviation of a user's scores over all items, and the
 * largest absolute value that a score can have. */
struct scorer_moments {
    double mean, deviation, most;
};

struct scorer_kind {
    /* Sets rows, chunk and block as they suit the scorer. */
    void (*shape)(struct scorer_work *w);

    /* Makes the state for w->threads threads in the shape of w, which may have
     * more rows and another chunk than the kind asked for. */
    int (*open)(struct scorer_work *w, struct err *e);

    /* Puts user `user` at place r of the thread's chunk; -1: nobody. */
    void (*start)(
        const struct scorer_work *w, int thread, int64_t r, int64_t user);

    /* Which scores of the group's users (places first .. first + rows - 1 of
     * the chunk) in the panel beat their user's floor: as rank_tile, but c need
     * only hold the scores that do. Places without an item may have any score.
     * The caller gives a place without a user the floor INFINITY, which nothing
     * beats. */
    int (*tile)(const struct scorer_work *w, int thread, int64_t first,
        int64_t panel, const float *floor, float *c, uint32_t *hit);

    /* All scores of the same users and panel: row[r] is a pointer to those of
     * user first + r, [kernel->cols], in room ([rows][cols]) or elsewhere.
     * NULL: the kind cannot be a part of a blend, nor has moments. */
    void (*scores)(const struct scorer_work *w, int thread, int64_t first,
        int64_t panel, float *room, const float **row);

    /* The moments of the user at place r of the chunk, after start. */
    struct scorer_moments (*moments)(
        const struct scorer_work *w, int thread, int64_t r);
};

/* Opens s in the shape that suits it. items may be NULL and is borrowed, as is
 * mem. */
int scorer_open(struct scorer_work *w, const struct scorer *s,
    const struct rank_items *items, struct exec *exec, int threads,
    struct arena *mem, struct err *e) ERR_CHECKED;

/* For a kind that has parts: the work of the part s in the shape of w, not yet
 * open. */
struct scorer_work scorer_part_work(
    const struct scorer_work *w, const struct scorer *s);

/* For a blend of two parts or more: part p at work. */
const struct scorer_work *scorer_blend_part(const struct scorer_work *w, int p);

/* The part's moments of the user at place r of the chunk, after start; the
 * deviation is 0 where the part adds nothing. */
struct scorer_moments scorer_blend_moments(
    const struct scorer_work *w, int thread, int64_t r, int p);

#endif
