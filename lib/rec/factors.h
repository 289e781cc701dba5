#ifndef STAIR_FACTORS_H
#define STAIR_FACTORS_H

#include "lib/base/err.h"
#include "lib/la/mat.h"
#include "lib/rec/dataset.h"

/*
 * What ranking needs of a model: the vectors whose inner product is the score.
 * Zero-initialise; free with factors_free.
 */
struct factors {
    struct mat user; /* U x d */
    struct mat item; /* I x d */
};

/*
 * Members `user` and `item` of any .npz, whoever wrote it: two axes, any
 * numeric type, finite. Other members are skipped. path "-" is standard input.
 */
int factors_read(
    const char *path, struct factors *f, struct err *e) ERR_CHECKED;

/* ERR_SHAPE naming both files unless f (from path) has the users and items of
 * d (from data). */
int factors_check(const struct factors *f, const char *path,
    const struct dataset *d, const char *data, struct err *e) ERR_CHECKED;

/* path as messages show it: <stdin> for "-". */
const char *factors_shown(const char *path);

void factors_free(struct factors *f);

#endif
