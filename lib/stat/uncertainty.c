#include "lib/stat/uncertainty.h"

#include "lib/base/fmath.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <stdlib.h>

/* Restarts of k-means number their streams from 0 (see kmeans.h). */
enum { FIRST_PERMUTATION = 1 << 24 };

int
uncertainty_present(const struct csr *items, const struct missing *missing,
    struct csr *out, struct err *e)
{
    int64_t *to = mem_new(items->cols, sizeof *to, e), left = 0;
    if (!to)
        return ERR_NOMEM;
    for (int64_t i = 0; i < items->cols; i++)
        to[i] = missing_at(missing, i) ? -1 : left++;
    int rc = csr_select(items, NULL, items->rows, to, left, out, e);
    free(to);
    return rc;
}

int
uncertainty_of(const struct csr *items, const int32_t *label, int64_t clusters,
    const int64_t *order, struct uncertainty *out, struct err *e)
{
    *out = (struct uncertainty){0};
    int64_t *count = mem_zero(clusters, sizeof *count, e), compared = 0;
    if (!count)
        return ERR_NOMEM;
    for (int64_t u = 0; u < items->rows; u++) {
        int64_t from = items->indptr[u], to = items->indptr[u + 1];
        int64_t n = to - from, most = n < clusters ? n : clusters;
        double h = 0;
        for (int64_t k = from; k < to; k++) {
            int64_t i = items->indices[k];
            count[label[order ? order[i] : i]]++;
        }
        /* in the order of the items; a label counts where it is met first */
        for (int64_t k = from; k < to; k++) {
            int64_t i = items->indices[k];
            int64_t *c = &count[label[order ? order[i] : i]];
            double p = (double)*c / (double)n;
            if (*c)
                h -= p * fm_log(p);
            *c = 0;
        }
        out->users += n > 0;
        out->mean += h;
        if (most > 1) {
            out->relative += h / fm_log((double)most);
            compared++;
        }
    }
    if (out->users)
        out->mean /= (double)out->users;
    if (compared)
        out->relative /= (double)compared;
    free(count);
    return 0;
}

int
uncertainty_permuted(const struct csr *items, const int32_t *label,
    int64_t clusters, int64_t permutations, uint64_t seed,
    struct uncertainty *out, struct err *e)
{
    *out = (struct uncertainty){0};
    int64_t n = items->cols;
    int64_t *order = mem_new(n, sizeof *order, e);
    if (!order)
        return ERR_NOMEM;
    int rc = 0;
    for (int64_t p = 0; p < permutations && !rc; p++) {
        struct rng_perm perm;
        struct uncertainty one;
        rng_perm_init(
            &perm, n, seed, RNG_KMEANS, FIRST_PERMUTATION + (uint32_t)p);
        for (int64_t i = 0; i < n; i++)
            order[i] = rng_perm_at(&perm, i);
        rc = uncertainty_of(items, label, clusters, order, &one, e);
        out->users = one.users;
        out->mean += one.mean / (double)permutations;
        out->relative += one.relative / (double)permutations;
    }
    free(order);
    return rc;
}
