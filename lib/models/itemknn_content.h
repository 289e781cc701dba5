#ifndef STAIR_ITEMKNN_CONTENT_H
#define STAIR_ITEMKNN_CONTENT_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"

#include <stdint.h>

/*
 * ItemKNN smoothed by content. What users bought together says little about an
 * item that few have bought. Items that look like it, or read like it, say
 * more: their purchases are those that it would have had.
 *
 *   Q = P + a C^n + b/2 (S P + P S^T) + c S P S^T
 *
 * P is ItemKNN's matrix divided by the mean of its stored values. C is the
 * graph of items that are alike, its values cosines; C^n is taken entry by
 * entry. S is C with rows that sum to 1, a row of C without entries stays
 * empty. Entries of C on the diagonal or not above 0 count as not stored. Only
 * the largest entries of a row of Q are kept.
 */
struct itemknn_content {
    const struct csr *items; /* C: I x I, symmetric */
    double content;          /* a */
    int power;               /* n, at least 1 */
    double smooth, both;     /* b, c */
    int64_t row;             /* entries of a row of Q at most */
};

/*
 * Q from p, ItemKNN's matrix before the division; q is freed with csr_free,
 * also after an error. A row is summed in double, its terms in an order that is
 * the matrices', and rounded to float: bytes do not depend on threads. Ties go
 * to the smaller item. Nothing is pruned before a row is complete.
 *
 * Cost: with e entries in a row of C, e^2 times those of P. Memory: 32 bytes
 * an item and thread, and twice the result. ERR_SHAPE unless C is I x I,
 * ERR_NOMEM.
 */
int itemknn_content(struct csr *q, const struct csr *p,
    const struct itemknn_content *o, struct exec *exec,
    struct err *e) ERR_CHECKED;

#endif
