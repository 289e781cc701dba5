#ifndef STAIR_SYNTHVEC_H
#define STAIR_SYNTHVEC_H

#include "lib/base/exec.h"
#include "lib/io/xio.h"
#include "tools/synth/synth.h"

enum synthvec_kind { SYNTHVEC_TEXT, SYNTHVEC_IMAGE };

/*
 * Feature vectors of a plan's items, row i for item i. Every topic, category
 * and brand has a random direction; an item's signal is
 *
 *   S (.8 topic + .6 category + .5 brand) + u (topic and category of another)
 *
 * with S the signal strength of the kind and u uniform on 0..1: the other topic
 * is what makes weak features mislead.
 *
 *   text    signal + noise of unit variance, scaled to length 1
 *   image   max(0, base + signal / 2 + noise / 2), base a skewed positive
 *           profile that all images share, like activations of a CNN; the
 *           share no_image of the items has max(0, base) itself
 */
struct synthvec {
    const struct synth *s; /* borrowed */
    enum synthvec_kind kind;
    int64_t d;
    struct arena memory;
    float *topic; /* [topics][d], category mixed in */
    float *brand; /* [n_brands][d] */
    float *base;  /* [d], images only, else zero */
};

/* Draws the tables, O(topics d) memory. Caller frees with synthvec_free. */
int synthvec_init(struct synthvec *v, const struct synth *s,
    enum synthvec_kind kind, struct exec *exec, struct err *e) ERR_CHECKED;
void synthvec_free(struct synthvec *v);

/* Rows first .. first + n - 1 into x [n][d], and rounded into half [n][d]
 * unless that is NULL; the same for any threads. */
void synthvec_rows(const struct synthvec *v, int64_t first, int64_t n, float *x,
    uint16_t *half, struct exec *exec);

/* The whole matrix as a .npy into x, in blocks of rows: float32, or float16
 * rounded to nearest if half. Memory is bounded whatever the number of items.
 */
int synthvec_write(const struct synthvec *v, int half, struct xout *x,
    struct exec *exec, struct err *e) ERR_CHECKED;

/* IEEE float16 nearest to x, ties to even; beyond 65504 infinite. */
uint16_t synthvec_half(float x);

#endif
