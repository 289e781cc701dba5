/*
 * bench_critic I B T: one step of a critic for I items and batches of B users
 * by T threads, its parts timed; random vectors of 64 columns, six known items
 * a user.
 */
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"
#include "lib/models/mmssl/critic.h"
#include "lib/models/mmssl/realrows.h"
#include "lib/nn/init.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { D = 64, KNOWN = 6, MODALS = 2, REPEATS = 3, PARTS = 4 };
static struct err err;

static void
check(int rc)
{
    if (rc) {
        fprintf(stderr, "bench_critic: %s\n", err.msg);
        exit(1);
    }
}

static struct mat
random_mat(int64_t n, int64_t d, uint32_t which)
{
    struct mat m;
    check(mat_init(&m, n, d, &err));
    init_normal(&(struct init){1, which, NULL}, 1.0, m.x, n * d);
    return m;
}

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int64_t items = atoll(argv[1]), b = atoll(argv[2]);
    struct exec *exec;
    check(exec_new(&exec, atoi(argv[3]), NULL, &err));
    blas_init();
    struct csr train;
    struct simrows_known known = {0};
    check(csr_init(&train, b, items, b * KNOWN, 0, &err));
    int32_t *users = mem_new(b, sizeof *users, &err);
    check(users ? 0 : ERR_NOMEM);
    for (int64_t u = 0; u < b; u++) {
        users[u] = (int32_t)u;
        train.indptr[u + 1] = (u + 1) * KNOWN;
        for (int64_t k = 0; k < KNOWN; k++)
            train.indices[u * KNOWN + k] =
                (int32_t)((u * 7 + k * (items / KNOWN)) % items);
    }
    check(simrows_known_set(&known, &train, users, b, &err));
    struct critic c;
    struct arena arena = {0};
    int64_t size, bytes;
    check(critic_bytes(items, b, MODALS, &size, &bytes, &err));
    float *flat = mem_zero(4 * size, sizeof *flat, &err);
    check(flat ? 0 : ERR_NOMEM);
    struct critic_store store = {
        flat, flat + size, flat + 2 * size, flat + 3 * size};
    check(critic_init(
        &c, &arena, items, b, MODALS, 3e-4, 1, 0, exec, &store, &err));
    struct realrows r = realrows_in(&arena, b, c.h[0]);
    struct mat q[MODALS], k[MODALS], dq[MODALS], dk[MODALS],
        dense = random_mat(b, items, 9);
    struct critic_fake fake[MODALS];
    for (uint32_t i = 0; i < MODALS; i++) {
        q[i] = random_mat(b, D, 10 + i);
        k[i] = random_mat(items, D, 12 + i);
        dq[i] = random_mat(b, D, 14);
        dk[i] = random_mat(items, D, 15);
        fake[i].s = simrows_in(&arena, b, D, c.h[0]);
        fake[i].dq = &dq[i];
        fake[i].dk = &dk[i];
    }
    check(arena_check(&arena, &err));
    static const char *const name[] = {
        "similarities", "reals", "critic", "generator"};
    double best[PARTS] = {1e30, 1e30, 1e30, 1e30}, total = 0;
    for (uint32_t t = 1; t <= REPEATS; t++) {
        struct critic_losses l;
        double at[PARTS + 1];
        at[0] = clock_seconds();
        for (int i = 0; i < MODALS; i++)
            check(simrows_set(
                &fake[i].s, &known, &q[i], &k[i], &dense, exec, &err));
        at[1] = clock_seconds();
        realrows_set(&r, &fake[1].s, &dense, exec);
        at[2] = clock_seconds();
        critic_step(&c, fake, &r, t, &l);
        at[3] = clock_seconds();
        critic_generator(&c, fake, 1e-4, t);
        at[4] = clock_seconds();
        for (int i = 0; i < PARTS; i++)
            if (at[i + 1] - at[i] < best[i])
                best[i] = at[i + 1] - at[i];
    }
    for (int i = 0; i < PARTS; i++) {
        printf("%s %.3f s, ", name[i], best[i]);
        total += best[i];
    }
    printf(
        "together %.3f s, peak %.0f MB\n", total, (double)mem_peak_rss() / 1e6);
    return 0;
}
