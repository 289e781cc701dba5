#ifndef STAIR_SCORER_WORK_H
#define STAIR_SCORER_WORK_H

#include "lib/base/exec.h"
#include "lib/rank/rank_kernel.h"
#include "lib/rank/scorer.h"

/*
 * A scorer at work in one ranking. Scores come in tiles: groups of `rows` users
 * by panels of kernel->cols items. A thread starts a chunk of users, then asks
 * for their tiles: all groups of the chunk meet one block of panels after the
 * other, panels in ascending order.
 */
struct scorer_work {
    const struct scorer *scorer;
    const struct rank_kernel *kernel;
    struct exec *exec;
    int threads;    /* that ask for scores: at most those of exec */
    int64_t panels; /* in all */
    int rows;       /* at most RANK_MAX_ROWS */
    int64_t chunk;  /* users at most, a multiple of rows */
    int64_t block;  /* panels */
    void *state;
};

struct scorer_kind {
    /* Fills w from rows on. On failure close is called too. */
    int (*open)(struct scorer_work *w, struct err *e);

    /* Place r of the thread's chunk is taken by user; -1: by nobody, who hits
     * nothing where the floor is INFINITY. */
    void (*start)(
        const struct scorer_work *w, int thread, int64_t r, int64_t user);

    /* Which scores of the group's users (places first .. first + rows - 1) in
     * the panel beat their user's floor: as rank_tile. Places behind the last
     * item have any score. */
    int (*tile)(const struct scorer_work *w, int thread, int64_t first,
        int64_t panel, const float *floor, float *c, uint32_t *hit);

    void (*close)(struct scorer_work *w);
};

int scorer_open(struct scorer_work *w, const struct scorer *s,
    struct exec *exec, int threads, struct err *e) ERR_CHECKED;
void scorer_close(struct scorer_work *w);

#endif
