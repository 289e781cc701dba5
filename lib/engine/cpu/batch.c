#include "lib/engine/cpu/batch.h"

#include "lib/base/mem.h"

#include <stdlib.h>

int
batch_init(
    struct batch *b, int64_t max, int64_t n_users, int64_t n_all, struct err *e)
{
    *b = (struct batch){
        .n_all = n_all, .n_users = n_users, .none = (int32_t)(3 * max)};
    b->user = mem_new(max, sizeof *b->user, e);
    b->pos = mem_new(max, sizeof *b->pos, e);
    b->neg = mem_new(max, sizeof *b->neg, e);
    b->node = mem_new(3 * max, sizeof *b->node, e);
    b->count = mem_new(3 * max, sizeof *b->count, e);
    b->bits = mem_zero(n_all / 64 + 1, sizeof *b->bits, e);
    b->slot = mem_new(n_all, sizeof *b->slot, e);
    if (!b->user || !b->pos || !b->neg || !b->node || !b->count || !b->bits ||
        !b->slot) {
        batch_free(b);
        return ERR_NOMEM;
    }
    for (int64_t r = 0; r < n_all; r++)
        b->slot[r] = b->none;
    return 0;
}

void
batch_set(
    struct batch *b, const int32_t *triple, int64_t n, const int32_t *place)
{
    int64_t n_users = b->n_users;
    for (int64_t k = 0; k < b->n_nodes; k++)
        b->slot[b->node[k] + (k < b->user_nodes ? 0 : n_users)] = b->none;
    b->n = n;
    b->user_nodes = 0;
    for (int64_t t = 0; t < n; t++) {
        int64_t u = triple[3 * t], p = n_users + triple[3 * t + 1],
                q = n_users + triple[3 * t + 2];
        b->bits[u >> 6] |= (uint64_t)1 << (u & 63);
        b->bits[p >> 6] |= (uint64_t)1 << (p & 63);
        b->bits[q >> 6] |= (uint64_t)1 << (q & 63);
    }
    /* A scan of the bitmap lists the nodes in order without sorting. */
    int64_t k = 0;
    for (int64_t w = 0; w <= b->n_all / 64; w++) {
        for (uint64_t x = b->bits[w]; x; x &= x - 1) {
            int64_t node = w * 64 + __builtin_ctzll(x);
            b->count[k] = 0;
            b->node[k] = place[node] - (int32_t)(node < n_users ? 0 : n_users);
            b->user_nodes += node < n_users;
            b->slot[place[node]] = (int32_t)k++;
        }
        b->bits[w] = 0;
    }
    b->n_nodes = k;
    for (int64_t t = 0; t < n; t++) {
        b->user[t] = b->slot[place[triple[3 * t]]];
        b->pos[t] = b->slot[place[n_users + triple[3 * t + 1]]];
        b->neg[t] = b->slot[place[n_users + triple[3 * t + 2]]];
        b->count[b->user[t]]++;
        b->count[b->pos[t]]++;
        b->count[b->neg[t]]++;
    }
}

void
batch_free(struct batch *b)
{
    free(b->user);
    free(b->pos);
    free(b->neg);
    free(b->node);
    free(b->count);
    free(b->bits);
    free(b->slot);
    *b = (struct batch){0};
}
