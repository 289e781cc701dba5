#include "lib/engine/cpu/batch.h"

struct batch
batch_in(struct arena *p, int64_t max, int64_t n_users, int64_t n_all)
{
    struct batch b = {
        .n_all = n_all, .n_users = n_users, .none = (int32_t)(3 * max)};
    b.user = arena_new(p, max, sizeof *b.user);
    b.pos = arena_new(p, max, sizeof *b.pos);
    b.neg = arena_new(p, max, sizeof *b.neg);
    b.node = arena_new(p, 3 * max, sizeof *b.node);
    b.count = arena_new(p, 3 * max, sizeof *b.count);
    b.bits = arena_zero(p, n_all / 64 + 1, sizeof *b.bits);
    b.slot = arena_new(p, n_all, sizeof *b.slot);
    for (int64_t r = 0; b.slot && r < n_all; r++)
        b.slot[r] = b.none;
    return b;
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
