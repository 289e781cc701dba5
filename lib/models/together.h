#ifndef STAIR_TOGETHER_H
#define STAIR_TOGETHER_H

#include "lib/base/arena.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"

#include <stdint.h>

/* What users bought together. For an item i: the items j that users of i have,
 * too, and c_ij, how many users have both. n_i counts the users of i. */
struct together {
    const struct csr *train;  /* U x I, borrowed */
    struct csr users;         /* I x U */
    struct together_row *row; /* [threads] */
};

/* The items of one row, by the thread that counts it. */
struct together_row {
    int64_t n;
    int32_t *item;  /* [I]: n of them, in the order in which they are met; i
                       itself is among them */
    int32_t *count; /* [I]: c_ij at j, 0 elsewhere */
};

/* In an arena: the transpose of train, and 8 bytes an item and thread. */
struct together together_in(
    struct arena *p, const struct csr *train, struct exec *exec);

/* Row i, for `thread` of exec_for. The caller sets the counts to 0 again before
 * the thread's next row. Takes time in the items of all users of i. */
struct together_row *together_count(
    const struct together *t, int thread, int64_t i);

/* n_i */
double together_users(const struct together *t, int64_t i);

#endif
