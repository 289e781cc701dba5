/*
 * bench_rank model U I D FILE       writes random vectors
 * bench_rank rank DATA MODEL K T    times rank_run alone, train and valid
 * masked
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
    check(npz_out_open(&z, arg[3], &err));
    check(store_put_mat(&z, "user", &user, &err));
    check(store_put_mat(&z, "item", &item, &err));
    check(npz_out_commit(&z, &err));
}

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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

static void
time_rank(char **arg)
{
    struct dataset d;
    struct ranker r;
    struct scorer s;
    int32_t sink = 0;
    check(dataset_read(arg[0], &d, NULL, &err));
    check(ranker_read(arg[1], &r, NULL, &err));
    check(ranker_scorer(&r, arg[1], &d, arg[0], &s, &err));
    struct exec *exec;
    check(exec_new(&exec, atoi(arg[3]), NULL, &err));
    struct rank_opt o = {
        .k = atoll(arg[2]), .mask = {&d.train, &d.valid}, .exec = exec};
    double best = 1e30, work = (double)s.n_users * (double)s.n_items;
    for (int rep = 0; rep < (work < 1e9 ? 5 : 1); rep++) {
        double t = seconds();
        check(rank_run(&s, &o, drop, &sink, &err));
        t = seconds() - t;
        if (t < best)
            best = t;
    }
    printf("%.3f s, %.0f GFLOP/s, peak %.0f MB\n", best,
        2e-9 * work * (double)r.user.d / best, (double)mem_peak_rss() / 1e6);
}

int
main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "model") == 0)
        write_model(argv + 2);
    else if (argc == 6 && strcmp(argv[1], "rank") == 0)
        time_rank(argv + 2);
    else
        return 2;
    return 0;
}
