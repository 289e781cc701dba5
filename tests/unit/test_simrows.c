/* Similarity rows, softened interactions and InfoNCE against plain evaluation
 * in double. */
#include "lib/la/blas.h"
#include "lib/models/mmssl/infonce.h"
#include "lib/models/mmssl/realrows.h"
#include "lib/models/mmssl/simrows.h"
#include "tests/unit/execs.h"
#include "tests/unit/fd.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

/* --- similarity rows ------------------------------------------------------ */

enum { SB = 5, SI = 13, SD = 4, SH = 9 };

struct sim_ctx {
    const struct simrows_known *known;
    const float *w, *c; /* I x h, B x h */
};

static void
plain_rows(
    const struct simrows_known *n, const double *q, const double *k, double *s)
{
    for (int b = 0; b < SB; b++) {
        double norm = 0;
        for (int i = 0; i < SI; i++) {
            s[b * SI + i] = 0;
            for (int d = 0; d < SD; d++)
                s[b * SI + i] += q[b * SD + d] * k[i * SD + d];
        }
        for (int64_t e = n->start[b]; e < n->start[b + 1]; e++)
            s[b * SI + n->item[e]] = 0;
        for (int i = 0; i < SI; i++)
            norm += s[b * SI + i] * s[b * SI + i];
        norm = fmax(sqrt(norm), 1e-12);
        for (int i = 0; i < SI; i++)
            s[b * SI + i] /= norm;
    }
}

/* x: q, k; the loss <c, S w> */
static double
sim_loss(void *ctx, const double *x)
{
    const struct sim_ctx *o = ctx;
    double s[SB * SI], v = 0;
    plain_rows(o->known, x, x + SB * SD, s);
    for (int b = 0; b < SB; b++)
        for (int i = 0; i < SI; i++)
            for (int h = 0; h < SH; h++)
                v += (double)o->c[b * SH + h] * s[b * SI + i] *
                     (double)o->w[i * SH + h];
    return v;
}

static void
test_simrows(void)
{
    enum { N = (SB + SI) * SD };
    struct err e;
    struct csr train = random_csr(8, SI, 0.3, 30);
    static const int32_t users[SB] = {6, 0, 3, 7, 2};
    struct simrows_known known = {0};
    must(simrows_known_set(&known, &train, users, SB, &e), &e);
    struct mat q = random_mat(SB, SD, 31), k = random_mat(SI, SD, 32);
    struct mat w = random_mat(SI, SH, 33), c = random_mat(SB, SH, 34);
    struct mat dense = random_mat(SB, SI, 0), z = random_mat(SB, SH, 0);
    struct mat dw = zero_mat(SI, SH), dq = zero_mat(SB, SD),
               dk = zero_mat(SI, SD);
    struct arena arena = {0};
    struct simrows s = simrows_in(&arena, SB, SD, SH);
    must(simrows_set(&s, &known, &q, &k, &dense, exec_of(2), &e), &e);
    double x[N], plain[SB * SI], pz[SB * SH] = {0}, pw[SI * SH] = {0};
    float at[N], grad[N];
    memcpy(at, q.x, SB * SD * sizeof *at);
    memcpy(at + SB * SD, k.x, SI * SD * sizeof *at);
    for (int i = 0; i < N; i++)
        x[i] = (double)at[i];
    plain_rows(&known, x, x + SB * SD, plain);
    ok(off(plain, dense.x, SB * SI) < 1e-5, "simrows: S");
    for (int b = 0; b < SB; b++)
        for (int i = 0; i < SI; i++)
            for (int h = 0; h < SH; h++) {
                pz[b * SH + h] += plain[b * SI + i] * (double)w.x[i * SH + h];
                pw[i * SH + h] += plain[b * SI + i] * (double)c.x[b * SH + h];
            }
    simrows_times(&s, &w, &z, exec_of(2));
    ok(off(pz, z.x, SB * SH) < 1e-5, "simrows: S W without S");
    simrows_weights(&s, &c, &dw, exec_of(2));
    ok(off(pw, dw.x, SI * SH) < 1e-5, "simrows: S^T Z without S");
    simrows_backward(&s, &w, &z, &c, &dq, &dk, exec_of(2));
    memcpy(grad, dq.x, SB * SD * sizeof *at);
    memcpy(grad + SB * SD, dk.x, SI * SD * sizeof *at);
    struct sim_ctx ctx = {&known, w.x, c.x};
    fd_check("simrows", N, at, grad, sim_loss, &ctx, 1e-4);

    /* a user whose vector is zero, and one who knows all that is not */
    memset(q.x, 0, SD * sizeof *q.x);
    must(simrows_set(&s, &known, &q, &k, &dense, exec_of(1), &e), &e);
    simrows_times(&s, &w, &z, exec_of(1));
    simrows_backward(&s, &w, &z, &c, &dq, &dk, exec_of(1));
    int zero = 1, finite = 1;
    for (int h = 0; h < SH; h++)
        zero &= z.x[h] == 0;
    for (int i = 0; i < SI * SD; i++)
        finite &= isfinite(dk.x[i]);
    ok(zero && finite, "simrows: a row of zeros stays one");
    simrows_free(&s);
    arena_free(&arena);
    simrows_known_free(&known);
    csr_free(&train);
    struct mat *all[] = {&q, &k, &w, &c, &dense, &z, &dw, &dq, &dk};
    for (int i = 0; i < 9; i++)
        mat_free(all[i]);
}

static void
test_simrows_threads(void)
{
    struct err e;
    enum { B = 150, I = 400, D = 16, H = 300 };
    struct csr train = random_csr(B, I, 0.05, 35);
    int32_t users[B];
    for (int b = 0; b < B; b++)
        users[b] = b;
    struct simrows_known known = {0};
    must(simrows_known_set(&known, &train, users, B, &e), &e);
    struct mat q = random_mat(B, D, 36), k = random_mat(I, D, 37);
    struct mat w = random_mat(I, H, 38), dense = random_mat(B, I, 0);
    struct mat z[3], dw[3], dq[3], dk[3];
    int equal = 1;
    for (int t = 0; t < 3; t++) {
        struct arena arena = {0};
        struct simrows s = simrows_in(&arena, B, D, H);
        z[t] = random_mat(B, H, 0);
        dw[t] = zero_mat(I, H);
        dq[t] = zero_mat(B, D);
        dk[t] = zero_mat(I, D);
        must(simrows_set(&s, &known, &q, &k, &dense, exec_of(t + 1), &e), &e);
        simrows_times(&s, &w, &z[t], exec_of(t + 1));
        simrows_weights(&s, &z[t], &dw[t], exec_of(t + 1));
        simrows_backward(&s, &w, &z[t], &z[t], &dq[t], &dk[t], exec_of(t + 1));
        equal &= !memcmp(z[0].x, z[t].x, sizeof(float) * B * H) &&
                 !memcmp(dw[0].x, dw[t].x, sizeof(float) * I * H) &&
                 !memcmp(dq[0].x, dq[t].x, sizeof(float) * B * D) &&
                 !memcmp(dk[0].x, dk[t].x, sizeof(float) * I * D);
        simrows_free(&s);
        arena_free(&arena);
    }
    ok(equal, "simrows: 1, 2 and 3 threads");
    for (int t = 0; t < 3; t++) {
        mat_free(&z[t]);
        mat_free(&dw[t]);
        mat_free(&dq[t]);
        mat_free(&dk[t]);
    }
    simrows_known_free(&known);
    csr_free(&train);
    mat_free(&q);
    mat_free(&k);
    mat_free(&w);
    mat_free(&dense);
}

/* Y of S in double, with or without the authors' noise. */
static void
plain_reals(
    const struct csr *train, const struct mat *s, double noise, double *y)
{
    for (int64_t b = 0; b < s->n; b++) {
        double sum = 0, norm = 0, *row = y + b * s->d;
        for (int64_t i = 0; i < s->d; i++) {
            double u =
                rng_uniform(9, RNG_TEST, 77, (uint64_t)(b * s->d + i), 0);
            double g = -log(-log(u + 1e-8) + 1e-8);
            row[i] = exp(csr_has(train, b, (int32_t)i) + noise * g);
            sum += row[i];
        }
        for (int64_t i = 0; i < s->d; i++) {
            row[i] = row[i] / sum + 100 * (double)s->x[b * s->d + i];
            norm += row[i] * row[i];
        }
        for (int64_t i = 0; i < s->d; i++)
            row[i] /= sqrt(norm);
    }
}

static void
test_realrows(void)
{
    struct err e;
    enum { RB = 9, RI = 2100, RH = 150 };
    static double y[RB * RI], noisy[RB * RI], z[RB * RH], dw[RI * RH];
    struct csr train = random_csr(RB, RI, 0.01, 40);
    int32_t users[RB] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    struct simrows_known known = {0};
    must(simrows_known_set(&known, &train, users, RB, &e), &e);
    struct mat q = random_mat(RB, SD, 41), k = random_mat(RI, SD, 42);
    struct mat w = random_mat(RI, RH, 43), c = random_mat(RB, RH, 44);
    struct mat dense = zero_mat(RB, RI), got[3], grad[3];
    int equal = 1;
    memset(q.x, 0, SD * sizeof *q.x); /* a user whose S is 0 */
    for (int t = 0; t < 3; t++) {
        struct arena arena = {0};
        struct simrows s = simrows_in(&arena, RB, SD, RH);
        struct realrows r = realrows_in(&arena, RB + 1, RH);
        got[t] = zero_mat(RB, RH);
        grad[t] = zero_mat(RI, RH);
        must(simrows_set(&s, &known, &q, &k, &dense, exec_of(t + 1), &e), &e);
        realrows_set(&r, &s, &dense, exec_of(t + 1));
        realrows_times(&r, &w, &got[t], exec_of(t + 1));
        realrows_weights(&r, &c, &grad[t], exec_of(t + 1));
        equal &= !memcmp(got[0].x, got[t].x, sizeof(float) * RB * RH) &&
                 !memcmp(grad[0].x, grad[t].x, sizeof(float) * RI * RH);
        simrows_free(&s);
        arena_free(&arena);
    }
    plain_reals(&train, &dense, 0, y);
    for (int b = 0; b < RB; b++)
        for (int i = 0; i < RI; i++)
            for (int h = 0; h < RH; h++) {
                z[b * RH + h] += y[b * RI + i] * (double)w.x[i * RH + h];
                dw[i * RH + h] += y[b * RI + i] * (double)c.x[b * RH + h];
            }
    ok(off(z, got[0].x, RB * RH) < 2e-6, "realrows: Y W without Y");
    ok(off(dw, grad[0].x, RI * RH) < 2e-6, "realrows: Y^T Z without Y");
    ok(equal, "realrows: 1, 2 and 3 threads");
    plain_reals(&train, &dense, 0.002, noisy);
    double worst = 0;
    for (int b = 1; b < RB; b++) {
        double s = 0;
        for (int i = 0; i < RI; i++)
            s += pow(noisy[b * RI + i] - y[b * RI + i], 2);
        worst = fmax(worst, sqrt(s));
    }
    ok(worst < 3e-5 / sqrt(RI),
        "realrows: the noise would change a row by %.1e", worst);
    for (int t = 0; t < 3; t++) {
        mat_free(&got[t]);
        mat_free(&grad[t]);
    }
    struct mat *all[] = {&q, &k, &w, &c, &dense};
    for (int i = 0; i < 5; i++)
        mat_free(all[i]);
    simrows_known_free(&known);
    csr_free(&train);
}

/* --- InfoNCE -------------------------------------------------------------- */

enum { NB = 6, ND = 5 };

static double
nce_loss(void *ctx, const double *x)
{
    (void)ctx;
    double z[2][NB][ND], loss = 0;
    for (int v = 0; v < 2; v++)
        for (int b = 0; b < NB; b++) {
            double norm = 0;
            for (int d = 0; d < ND; d++)
                norm += pow(x[(v * NB + b) * ND + d], 2);
            for (int d = 0; d < ND; d++)
                z[v][b][d] = x[(v * NB + b) * ND + d] / sqrt(norm);
        }
    for (int a = 0; a < NB; a++) {
        double own = 0, sum = 0;
        for (int b = 0; b < NB; b++) {
            double e = 0, q = 0;
            for (int d = 0; d < ND; d++) {
                e += z[0][a][d] * z[1][b][d];
                q += z[0][a][d] * z[0][b][d];
            }
            sum += exp(e / 0.5) + (b != a ? exp(q / 0.5) : 0);
            if (b == a)
                own = exp(e / 0.5);
        }
        loss -= log(own / sum + 1e-8);
    }
    return 0.03 * loss / NB;
}

static void
test_infonce(void)
{
    enum { N = NB * ND };
    struct arena arena = {0};
    struct infonce s = infonce_in(&arena, NB + 2, ND);
    struct mat z1 = random_mat(NB, ND, 50), z2 = random_mat(NB, ND, 51);
    struct mat d1 = zero_mat(NB, ND), d2 = zero_mat(NB, ND);
    double got = infonce_loss(&s, &z1, &z2, 0.5, 0.03, &d1, &d2, exec_of(2));
    float at[2 * N], grad[2 * N];
    double x[2 * N];
    memcpy(at, z1.x, N * sizeof *at);
    memcpy(at + N, z2.x, N * sizeof *at);
    memcpy(grad, d1.x, N * sizeof *at);
    memcpy(grad + N, d2.x, N * sizeof *at);
    for (int k = 0; k < 2 * N; k++)
        x[k] = (double)at[k];
    double want = nce_loss(NULL, x);
    ok(fabs(got - want) < 1e-6 * want, "infonce: value");
    fd_check("infonce", 2 * N, at, grad, nce_loss, NULL, 1e-4);
    mat_free(&z1);
    mat_free(&z2);
    mat_free(&d1);
    mat_free(&d2);

    enum { B = 300, D = 16 };
    struct mat a = random_mat(B, D, 52), b = random_mat(B, D, 53), da[3], db[3];
    int equal = 1;
    s = infonce_in(&arena, B, D);
    for (int t = 0; t < 3; t++) {
        da[t] = zero_mat(B, D);
        db[t] = zero_mat(B, D);
        infonce_loss(&s, &a, &b, 0.5, 1, &da[t], &db[t], exec_of(t + 1));
        equal &= !memcmp(da[0].x, da[t].x, sizeof(float) * B * D) &&
                 !memcmp(db[0].x, db[t].x, sizeof(float) * B * D);
    }
    ok(equal, "infonce: 1, 2 and 3 threads");
    for (int t = 0; t < 3; t++) {
        mat_free(&da[t]);
        mat_free(&db[t]);
    }
    arena_free(&arena);
    mat_free(&a);
    mat_free(&b);
}

int
main(void)
{
    blas_init();
    test_simrows();
    test_simrows_threads();
    test_realrows();
    test_infonce();
    return done();
}
