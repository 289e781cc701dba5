#ifndef STAIR_INIT_H
#define STAIR_INIT_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Initial values of parameters. Element k of a tensor is a pure function of
 * (seed, tensor, k), where tensor is its number within the model. It is drawn
 * by rng.h (RNG_INIT) and without libm: the same bytes everywhere.
 */
struct init {
    uint64_t seed;
    uint32_t tensor;
    struct exec *exec;
};

/* Normal with standard deviation sd, and uniform on [-bound, bound), for n
 * elements. */
void init_normal(const struct init *o, double sd, float *x, int64_t n);
void init_uniform(const struct init *o, double bound, float *x, int64_t n);

/*
 * Glorot and Bengio (AISTATS 2010), for an embedding table n x d or a weight
 * matrix out x in: normal with sd sqrt(2 / (n + d)), or uniform up to
 * sqrt(6 / (n + d)).
 */
void init_xavier_normal(const struct init *o, struct mat *m);
void init_xavier_uniform(const struct init *o, struct mat *m);

/* A linear layer's weights and, with its own tensor number, its bias: n
 * elements uniform up to 1 / sqrt(in). */
void init_linear(const struct init *o, int64_t in, float *x, int64_t n);

#endif
