#ifndef STAIR_TRAIN_LOG_H
#define STAIR_TRAIN_LOG_H

#include "lib/base/err.h"
#include "lib/train/train.h"

/*
 * The log of a training run: JSON lines, one object per epoch label, written
 * through at once so that it can be followed.
 */
struct train_log {
    int fd;           /* -1: no log */
    const char *path; /* borrowed */
};

/*
 * Opens path (NULL: no log). A resumed run keeps the lines up to the label it
 * continues from and cuts what an interrupted run wrote beyond; a fresh run
 * (resumed_at -1) starts empty.
 */
int train_log_open(struct train_log *l, const char *path, int64_t resumed_at,
    struct err *e) ERR_CHECKED;
int train_log_add(struct train_log *l, const struct train_report *r,
    struct err *e) ERR_CHECKED;
int train_log_close(struct train_log *l, struct err *e) ERR_CHECKED;

#endif
