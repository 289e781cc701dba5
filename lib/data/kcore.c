#include "lib/data/kcore.h"

#include <string.h>

int64_t
kcore_round(const int32_t *user, const int32_t *item, int64_t n, int64_t users,
    int64_t items, int64_t k, int64_t *user_degree, int64_t *item_degree,
    unsigned char *keep)
{
    memset(user_degree, 0, (size_t)users * sizeof *user_degree);
    memset(item_degree, 0, (size_t)items * sizeof *item_degree);
    for (int64_t r = 0; r < n; r++) {
        user_degree[user[r]]++;
        item_degree[item[r]]++;
    }
    int64_t dropped = 0;
    for (int64_t r = 0; r < n; r++) {
        keep[r] = user_degree[user[r]] >= k && item_degree[item[r]] >= k;
        dropped += !keep[r];
    }
    return dropped;
}
