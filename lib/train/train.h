#ifndef STAIR_TRAIN_H
#define STAIR_TRAIN_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/data/dataset.h"
#include "lib/engine/engine.h"
#include "lib/rank/metrics.h"
#include "lib/train/checkpoint.h"

#include <stdint.h>

/*
 * The protocol around the steps. The epoch label is the number of epochs
 * trained. The model is evaluated on valid at the labels 0, every, 2 every, ..
 * and after the last epoch. The best model is the first one with the largest
 * valid NDCG@20: only a strictly larger one replaces it. Test evaluations
 * decide nothing.
 */
struct train_opt {
    int64_t epochs, every;
    int64_t patience; /* stop after so many evaluations without a new best;
                         0: never */
    double deadline;  /* clock_seconds() by which to end; 0: none */
    int keep_last;    /* result is the last model, not the best */
    int log_test;     /* also evaluate on test, for the report only */
    struct exec *exec;
    const struct mat *initial; /* item parameters at the start, to compare with
                                  at each evaluation; or NULL */
    const char *checkpoint;    /* file written at these labels, or NULL */
    const char *history;       /* its history text */
    const volatile int *stop;
};

/* What happened at an epoch label. */
struct train_report {
    int64_t epoch;
    double loss;    /* mean over the epoch's triples; NAN at label 0 */
    double seconds; /* of training, evaluation excluded */
    int has_valid, has_test, is_best;
    struct metrics valid, test; /* cuts 10 and 20 */
    int has_correlation;
    double init_correlation; /* of the item parameters with the initial ones:
                                see stats_column_correlation; paper, Fig. 5 */
};

struct train_hooks {
    void *ctx;
    void (*step)(void *ctx, int64_t epoch, int64_t step, int64_t steps);
    /* A negative return ends the run with it. */
    int (*report)(void *ctx, const struct train_report *r, struct err *e);
};

/*
 * Trains from run's state to the end. run comes from train_start or from
 * checkpoint_read; on return its vec and param hold the result. If no user has
 * valid items, nothing is evaluated and the model of each label is kept. With a
 * deadline the run ends early, as if o->epochs were the present label: at the
 * first label where another epoch would end after it, if that took as long as
 * the last epoch and evaluation did. One epoch is always trained. ERR_RANGE if
 * run is beyond the last epoch. ERR_STOP if *stop became non-zero: run can be
 * continued, and its state is in the checkpoint file if there is one.
 */
int train_run(struct engine *g, const struct dataset *d,
    const struct train_opt *o, struct checkpoint *run,
    const struct train_hooks *hooks, struct err *e) ERR_CHECKED;

/* Makes a run of g at label 0 and allocates the matrices of its result. The
 * model's name and the options are copied. */
int train_start(struct checkpoint *run, const struct engine *g,
    const char *name, const char *options, struct err *e) ERR_CHECKED;

#endif
