/*
 * bench_rank model U I D FILE       writes random vectors
 * bench_rank rank DATA MODEL K T    times rank_run alone, train and valid
 * masked
 * bench_rank masks DATA MODEL K T   what each mask and cap adds to that
 * bench_rank blend DATA MODEL MODEL K T   the same of a blend and its parts
 */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/store.h"
#include "lib/rank/rank.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct err err;

static void
check(int rc)
{
    if (rc) {
        fprintf(stderr, "bench_rank: %s\n", err.msg);
        exit(1);
    }
}

static struct mat
random_mat(int64_t n, int64_t d, uint32_t which)
{
    struct mat m;
    check(mat_init(&m, n, d, &err));
    for (int64_t k = 0; k < n * d; k++)
        m.x[k] = (float)(rng_uniform(1, RNG_TEST, which, (uint64_t)k, 0) - 0.5);
    return m;
}

static void
write_model(char **arg)
{
    struct mat user = random_mat(atoll(arg[0]), atoll(arg[2]), 1);
    struct mat item = random_mat(atoll(arg[1]), atoll(arg[2]), 2);
    struct npz_out z;
    npz_out_open(&z, arg[3], NULL);
    store_put_mat(&z, "user", &user);
    store_put_mat(&z, "item", &item);
    check(npz_out_commit(&z, &err));
}

static double
seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static int
drop(void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    (void)first;
    (void)score;
    if (n)
        *(int32_t *)ctx ^= id[0];
    return 0;
}

/* Seconds of the fastest of several rankings. */
static double
time_scorer(const struct scorer *s, const struct rank_opt *o)
{
    int32_t sink = 0;
    double best = 1e30, work = (double)s->n_users * (double)s->n_items;
    for (int rep = 0; rep < (work < 1e9 ? 5 : 1); rep++) {
        double t = seconds();
        check(rank_run(s, o, drop, &sink, &err));
        t = seconds() - t;
        if (t < best)
            best = t;
    }
    return best;
}

static void
read_scorer(const char *data, const struct dataset *d, const char *path,
    struct ranker *r, struct scorer *s)
{
    check(ranker_read(path, "model", 0, r, NULL, &err));
    check(ranker_scorer(r, path, d, data, s, &err));
}

static void
time_rank(char **arg)
{
    struct dataset d;
    struct ranker r;
    struct scorer s;
    check(dataset_read(arg[0], &d, NULL, &err));
    read_scorer(arg[0], &d, arg[1], &r, &s);
    struct exec *exec;
    check(exec_new(&exec, atoi(arg[3]), NULL, &err));
    struct rank_opt o = {
        .k = atoll(arg[2]), .mask = {&d.train, &d.valid}, .exec = exec};
    double best = time_scorer(&s, &o);
    double work = (double)s.n_users * (double)s.n_items;
    printf("%.3f s, %.0f GFLOP/s, peak %.0f MB\n", best,
        2e-9 * work * (double)r.part[0].user.d / best,
        (double)mem_peak_rss() / 1e6);
}

/* So many items of each user, besides what users have. */
static struct csr
random_pairs(const struct dataset *d, int each)
{
    struct csr a;
    check(csr_init(&a, d->n_users, d->n_items, d->n_users * each, 0, &err));
    int64_t step = d->n_items / each;
    for (int64_t u = 0; u < d->n_users; u++) {
        for (int k = 0; k < each; k++)
            a.indices[u * each + k] =
                (int32_t)(k * step + (int64_t)(rng_uniform(1, RNG_TEST, 5,
                                                   (uint64_t)u, (uint64_t)k) *
                                               (double)step));
        a.indptr[u + 1] = (u + 1) * each;
    }
    return a;
}

enum { PLAIN, ORDER, EXCLUDE, PAIRS, CAP, COLD, ALL, WAYS };

/* Popular items first; a hundredth left out; places for the least popular
 * twentieth; at most two of a hundredth. */
static struct rank_items
offer(const struct dataset *d, int way)
{
    int64_t n = d->n_items, groups = 100;
    struct rank_items r;
    int64_t *degree = mem_zero(n, sizeof *degree, &err);
    unsigned char *shelf = mem_zero(n, 1, &err);
    int32_t *group = mem_new(n, sizeof *group, &err);
    check(degree && shelf && group ? 0 : ERR_NOMEM);
    for (int64_t k = 0; k < d->train.nnz; k++)
        degree[d->train.indices[k]]++;
    for (int64_t i = 0; i < n; i++) {
        group[i] = (int32_t)(i * 7919 % groups);
        if ((way == EXCLUDE || way == ALL) && i % 100 == 1)
            shelf[i] = RANK_LEFT_OUT;
        else if ((way == COLD || way == ALL) && i % 20 == 0)
            shelf[i] = RANK_SECOND;
    }
    check(rank_items_init(&r, n, shelf, degree, &err));
    if (way == COLD || way == ALL)
        r.reserved = 2;
    if (way == CAP || way == ALL)
        check(rank_items_cap(&r, group, groups, 2, &err));
    free(degree);
    free(shelf);
    free(group);
    return r;
}

/* One after the other, in turns, since the machine's speed changes, and in time
 * of the processor. It includes that of putting the items in places. */
static void
time_masks(char **arg)
{
    enum { ROUNDS = 9, PAIRS_EACH = 10 };
    static const char *const name[WAYS] = {"nothing but what users have",
        "popular first among equals", "items left out", "pairs left out",
        "a cap for groups", "places for cold items", "all of these"};
    struct dataset d;
    struct ranker r;
    struct scorer s;
    struct exec *exec;
    check(dataset_read(arg[0], &d, NULL, &err));
    read_scorer(arg[0], &d, arg[1], &r, &s);
    check(exec_new(&exec, atoi(arg[3]), NULL, &err));
    int64_t n = 400000000 / (s.n_items + 1), *users;
    if (n > s.n_users)
        n = s.n_users;
    check((users = mem_new(n, sizeof *users, &err)) ? 0 : ERR_NOMEM);
    for (int64_t u = 0; u < n; u++)
        users[u] = u;
    struct csr pairs = random_pairs(&d, PAIRS_EACH);
    double best[WAYS];
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < WAYS; way++) {
            int32_t sink = 0;
            struct rank_opt o = {.k = atoll(arg[2]),
                .mask = {&d.train, &d.valid},
                .users = users,
                .n_users = n,
                .exec = exec};
            double t = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
            struct rank_items items = {0};
            if (way != PLAIN && way != PAIRS) {
                items = offer(&d, way);
                o.items = &items;
            }
            if (way == PAIRS || way == ALL)
                o.mask[2] = &pairs;
            check(rank_run(&s, &o, drop, &sink, &err));
            t = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - t;
            if (!round || t < best[way])
                best[way] = t;
            rank_items_free(&items);
        }
    for (int way = 0; way < WAYS; way++)
        printf("  %-32s %.3f s  %+.1f %%\n", name[way], best[way],
            100 * (best[way] / best[PLAIN] - 1));
    free(users);
    csr_free(&pairs);
}

static void
time_blend(char **arg)
{
    struct dataset d;
    struct ranker r[2];
    struct scorer s[2], both;
    check(dataset_read(arg[0], &d, NULL, &err));
    struct exec *exec;
    check(exec_new(&exec, atoi(arg[4]), NULL, &err));
    struct rank_opt o = {
        .k = atoll(arg[3]), .mask = {&d.train, &d.valid}, .exec = exec};
    double t[2];
    for (int i = 0; i < 2; i++) {
        read_scorer(arg[0], &d, arg[1 + i], &r[i], &s[i]);
        t[i] = time_scorer(&s[i], &o);
    }
    struct scorer_part part[] = {{s[0], 1}, {s[1], .3}};
    check(scorer_blend(&both, part, 2, &err));
    double blend = time_scorer(&both, &o);
    printf("%.3f s, parts %.3f and %.3f s, ratio %.2f\n", blend, t[0], t[1],
        blend / (t[0] + t[1]));
}

int
main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "model") == 0)
        write_model(argv + 2);
    else if (argc == 6 && strcmp(argv[1], "rank") == 0)
        time_rank(argv + 2);
    else if (argc == 6 && strcmp(argv[1], "masks") == 0)
        time_masks(argv + 2);
    else if (argc == 7 && strcmp(argv[1], "blend") == 0)
        time_blend(argv + 2);
    else
        return 2;
    return 0;
}
