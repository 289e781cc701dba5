#ifndef STAIR_RANK_KERNEL_H
#define STAIR_RANK_KERNEL_H

#include "lib/base/exec.h"

#include <stdint.h>

enum { RANK_MAX_ROWS = 16, RANK_MAX_COLS = 32, RANK_LIST_STEP = 16 };

/*
 * One tile of scores, rows users by cols items, and which of them beat their
 * user's floor: the score that an item must exceed to enter his list. Each
 * score is the chain s = fmaf(user[j], item[j], s) over ascending j from s = 0:
 * the same bits whatever the tile, the vector width or the machine, so equal
 * item vectors tie exactly.
 *
 *   a      [d][rows] users, packed       b  [d][cols] items, packed, 64-byte
 *   floor  [rows]                           aligned
 *   c      [rows][cols] the scores of rows with a hit; others untouched
 *   hit    [rows] bit i: score of item i > floor
 *
 * Returns the rows with a hit: bit r if hit[r] is not 0.
 */
typedef int rank_tile(const float *a, const float *b, int64_t d,
    const float *floor, float *c, uint32_t *hit);

/* Bit i: score[i] > floor, of a row of a tile. */
typedef uint32_t rank_above(const float *score, float floor);

/* score[k] = the same chain of rows a[k] and b[k] of x [.][d], k < n. */
typedef void rank_chains(const float *x, int64_t d, const int32_t *a,
    const int32_t *b, int64_t n, float *score);

/*
 * Puts s and i behind the last entry of score and id, both [k], that is >= s;
 * the last entry falls off. score is descending, k a multiple of
 * RANK_LIST_STEP, and score[-1] is INFINITY. Without branches on data: these
 * would cost more than moving the whole list.
 */
typedef void rank_insert(
    float *score, int32_t *id, int64_t k, float s, int32_t i);

/*
 * rank_insert for a list that holds at most cap entries of a group, cap at
 * least 1, with the groups in a third array; g -1 is no group. If group g is
 * full, its last entry falls off instead, and what stands behind that one stays
 * where it is. Returns 0 and leaves the list as it was if g is full of entries
 * that are >= s. k is at most 64.
 */
typedef int rank_insert_capped(float *score, int32_t *id, int32_t *group,
    int64_t k, int64_t cap, float s, int32_t i, int32_t g);

/*
 * Which weighted sums of scores beat their user's floor: rank_tile for rows
 * users and the chain
 *   s = b[r];  s = fmaf(a[p][r], score[p][r][i], s), p ascending, p < parts
 *
 *   a      [parts][RANK_MAX_ROWS]     score  [parts][RANK_MAX_ROWS] each [cols]
 *   b      [rows]
 */
typedef int rank_mix(int rows, int parts, const float *const *score,
    const float *a, const float *b, const float *floor, uint32_t *hit);

/* y[k] += a x[k], k < n. */
typedef void rank_add_scaled(double *y, double a, const double *x, int64_t n);

/* y[k] += a (x[k] - m[k]), k < n. */
typedef void rank_add_product(
    double *y, double a, const float *x, const double *m, int64_t n);

struct rank_kernel {
    int rows, cols; /* rows divides 48, cols at most 32 */
    rank_tile *tile;
    rank_above *above;
    rank_insert *insert;
    rank_insert_capped *insert_capped;
    rank_chains *chains;
    rank_mix *mix;
    rank_add_scaled *add_scaled;
    rank_add_product *add_product;
};

const struct rank_kernel *rank_kernel_of(const struct exec *exec);

#endif
