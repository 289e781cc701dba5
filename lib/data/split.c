#include "lib/data/split.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { RATIO_MAX = 1000000 };

/* ":A:B:C", or nothing. */
static int
parse_ratio(struct split_opt *o, const char *p)
{
    o->ratio[0] = 8;
    o->ratio[1] = o->ratio[2] = 1;
    if (!*p)
        return 1;
    for (int i = 0; i < 3; i++) {
        if (*p != ':' || p[1] < '0' || p[1] > '9')
            return 0;
        char *end;
        o->ratio[i] = strtoll(p + 1, &end, 10);
        if (o->ratio[i] > RATIO_MAX)
            return 0;
        p = end;
    }
    return !*p && o->ratio[0] > 0;
}

int
split_parse(struct split_opt *o, const char *text, struct err *e)
{
    static const struct {
        const char *name;
        enum split_kind kind;
        int ratio;
    } kinds[] = {{"ratio", SPLIT_RATIO, 1}, {"time", SPLIT_TIME, 1},
        {"time-global", SPLIT_TIME_GLOBAL, 1}, {"leave-one-out", SPLIT_LAST, 0},
        {"label", SPLIT_LABEL, 0}};
    size_t n = strcspn(text, ":");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].name) != n || memcmp(kinds[i].name, text, n) != 0)
            continue;
        o->kind = kinds[i].kind;
        if (!kinds[i].ratio && text[n])
            return err_set(
                e, ERR_RANGE, "split '%s' takes no ratio", kinds[i].name);
        if (!parse_ratio(o, text + n))
            return err_set(e, ERR_RANGE,
                "split '%s': the ratio is not three whole numbers "
                "TRAIN:VALID:TEST, TRAIN at least 1, all at most %d",
                text, RATIO_MAX);
        return 0;
    }
    return err_set(e, ERR_RANGE,
        "split '%s' is none of ratio[:8:1:1], time[:8:1:1], "
        "time-global[:8:1:1], leave-one-out, label",
        text);
}

void
split_counts(const int64_t ratio[3], int64_t n, int64_t *valid, int64_t *test)
{
    int64_t a = ratio[0], b = ratio[1], c = ratio[2];
    int64_t parts = (b > 0) + (c > 0);
    *valid = *test = 0;
    if (parts == 0 || n < 1 + parts)
        return;
    /* the product of n < 2^40 and 2 10^6 fits */
    int64_t held = n * (b + c) / (a + b + c);
    if (held < parts)
        held = parts;
    *valid = held * b / (b + c);
    if (b > 0 && *valid == 0)
        *valid = 1;
    *test = held - *valid;
}

struct key {
    uint64_t high, low;
    int64_t row;
};

static int
by_key(const void *x, const void *y)
{
    const struct key *a = x, *b = y;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Histories are short: most need no call into qsort. */
static void
sort_keys(struct key *k, int64_t n)
{
    if (n > 32) {
        qsort(k, (size_t)n, sizeof *k, by_key);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        struct key x = k[i];
        int64_t j = i;
        for (; j > 0 && by_key(&k[j - 1], &x) > 0; j--)
            k[j] = k[j - 1];
        k[j] = x;
    }
}

static struct key
row_key(const struct split_opt *o, int64_t row, int32_t user, int32_t item,
    const struct decimal *time)
{
    struct key k = {.row = row};
    if (o->kind == SPLIT_RATIO) {
        k.high = rng_u64(
            o->seed, RNG_SPLIT, 0, (uint64_t)user << 32 | (uint64_t)item, 0);
    } else if (time) {
        k.high = (uint64_t)time->whole ^ (uint64_t)1 << 63;
        k.low = time->frac;
    }
    return k;
}

/* The rows of one group, keys set. */
static void
assign_group(
    const struct split_opt *o, struct key *k, int64_t n, unsigned char *part)
{
    static const int64_t one_each[3] = {INT32_MAX, 1, 1};
    int64_t valid, test;
    split_counts(o->kind == SPLIT_LAST ? one_each : o->ratio, n, &valid, &test);
    if (valid + test == 0)
        return;
    sort_keys(k, n);
    for (int64_t i = n - valid - test; i < n; i++)
        part[k[i].row] = i < n - test ? SPLIT_VALID : SPLIT_TEST;
}

int
split_assign(const struct split_opt *o, int64_t n, const int32_t *user,
    const int32_t *item, const struct decimal *time, int64_t users,
    unsigned char *part, struct err *e)
{
    if ((o->kind == SPLIT_TIME || o->kind == SPLIT_TIME_GLOBAL) && !time)
        return err_set(e, ERR_SHAPE, "a split by time needs times");
    int global = o->kind == SPLIT_TIME_GLOBAL;
    int64_t groups = global ? 1 : users;
    struct key *key = mem_new(n, sizeof *key, e);
    int64_t *start = mem_zero(groups + 1, sizeof *start, e);
    int rc = key && start ? 0 : ERR_NOMEM;
    if (!rc) {
        /* counting sort by group; rows stay in order within one */
        for (int64_t r = 0; r < n; r++) {
            part[r] = SPLIT_TRAIN;
            start[global ? 0 : user[r]]++;
        }
        int64_t sum = 0;
        for (int64_t g = 0; g <= groups; g++) {
            int64_t size = start[g];
            start[g] = sum;
            sum += size;
        }
        for (int64_t r = 0; r < n; r++)
            key[start[global ? 0 : user[r]]++] =
                row_key(o, r, user[r], item[r], time ? &time[r] : NULL);
        for (int64_t g = 0, from = 0; g < groups; g++) {
            assign_group(o, key + from, start[g] - from, part);
            from = start[g];
        }
    }
    free(key);
    free(start);
    return rc;
}
