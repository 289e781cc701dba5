/* The critic against a twin in double that forms every matrix: values, every
 * weight's gradient, penalty included, and the generator's. */
#include "lib/base/mem.h"
#include "lib/base/rng_words.h"
#include "lib/la/blas.h"
#include "lib/models/mmssl/critic.h"
#include "tests/unit/execs.h"
#include "tests/unit/fd.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

enum {
    B = 7,
    MODALS = 3,
    M = MODALS * B,
    I = 26,
    H1 = 6,
    H2 = 3,
    D = 4,
    STEP = 5
};
enum { SIZE = I * H1 + H1 * H2 + 2 * H1 + 3 * H2 + 1 };
static const uint64_t seed = 11;

/* --- the twin ------------------------------------------------------------- */

/* Mask of layer k in call number `call`: 0 or 1/(1-p). */
static double
mask(int call, int k, int n, int j)
{
    const double drop = k ? 0.5 : 0.31;
    uint32_t w;
    rng_words(rng_words_of(NULL), seed, RNG_CRITIC, STEP,
        (uint32_t)(call * 2 + k), (uint64_t)(n * (k ? H2 : H1) + j), 1, &w);
    return w >= (uint32_t)(drop * 0x1p32) ? 1 / (1 - drop) : 0;
}

struct plain {
    double xh1[M][H1], xh2[M][H2], r1[H1], r2[H2], u2[M][H2], out[M];
};

static void
columns(int d, double *z, double *r)
{
    for (int j = 0; j < d; j++) {
        double mu = 0, var = 0;
        for (int n = 0; n < M; n++)
            mu += z[n * d + j] / M;
        for (int n = 0; n < M; n++)
            var += pow(z[n * d + j] - mu, 2) / M;
        r[j] = 1 / sqrt(var + 1e-5);
        for (int n = 0; n < M; n++)
            z[n * d + j] = (z[n * d + j] - mu) * r[j];
    }
}

static double
forward(const double *w, const double *x, int call, struct plain *p)
{
    const double *w2 = w + I * H1, *w3 = w2 + H1 * H2, *g1 = w3 + H2,
                 *c1 = g1 + H1, *g2 = c1 + H1, *c2 = g2 + H2, *b3 = c2 + H2;
    double mean = 0;
    memset(p, 0, sizeof *p);
    for (int n = 0; n < M; n++)
        for (int i = 0; i < I; i++)
            for (int j = 0; j < H1; j++)
                p->xh1[n][j] += x[n * I + i] * w[i * H1 + j];
    columns(H1, p->xh1[0], p->r1);
    for (int n = 0; n < M; n++)
        for (int j = 0; j < H1; j++)
            for (int k = 0; k < H2; k++)
                p->xh2[n][k] += (g1[j] * p->xh1[n][j] + c1[j]) *
                                mask(call, 0, n, j) * w2[j * H2 + k];
    columns(H2, p->xh2[0], p->r2);
    for (int n = 0; n < M; n++) {
        double z = b3[0];
        for (int k = 0; k < H2; k++) {
            p->u2[n][k] = (g2[k] * p->xh2[n][k] + c2[k]) * mask(call, 1, n, k);
            z += p->u2[n][k] * w3[k];
        }
        p->out[n] = 100 / (1 + exp(-z));
        mean += p->out[n] / M;
    }
    return mean;
}

/* a = g r o P(a) over d columns */
static void
project(int d, const double *xh, const double *r, const double *g, double *a)
{
    for (int j = 0; j < d; j++) {
        double m = 0, c = 0;
        for (int n = 0; n < M; n++) {
            m += a[n * d + j] / M;
            c += a[n * d + j] * xh[n * d + j] / M;
        }
        for (int n = 0; n < M; n++)
            a[n * d + j] = g[j] * r[j] * (a[n * d + j] - m - xh[n * d + j] * c);
    }
}

/* d sum(out) / d x, M x I, after forward in the interpolates' call */
static void
slopes(const double *w, const struct plain *p, double *grad)
{
    const double *w2 = w + I * H1, *w3 = w2 + H1 * H2, *g1 = w3 + H2,
                 *g2 = g1 + 2 * H1;
    double a2[M][H2], a1[M][H1];
    for (int n = 0; n < M; n++)
        for (int k = 0; k < H2; k++)
            a2[n][k] =
                p->out[n] * (1 - p->out[n] / 100) * w3[k] * mask(2, 1, n, k);
    project(H2, p->xh2[0], p->r2, g2, a2[0]);
    for (int n = 0; n < M; n++)
        for (int j = 0; j < H1; j++) {
            a1[n][j] = 0;
            for (int k = 0; k < H2; k++)
                a1[n][j] += a2[n][k] * w2[j * H2 + k] * mask(2, 0, n, j);
        }
    project(H1, p->xh1[0], p->r1, g1, a1[0]);
    for (int n = 0; n < M; n++)
        for (int i = 0; i < I; i++) {
            grad[n * I + i] = 0;
            for (int j = 0; j < H1; j++)
                grad[n * I + i] += a1[n][j] * w[i * H1 + j];
        }
}

struct game {
    const struct simrows_known *known;
    double fake[M * I], real[M * I], mixed[M * I];
    double w[SIZE];
    struct critic_losses losses;
};

static void
interpolate(struct game *o)
{
    for (int n = 0; n < M; n++) {
        uint32_t w;
        rng_words(
            rng_words_of(NULL), seed, RNG_MIX, STEP, 0, (uint64_t)n, 1, &w);
        double a = (double)rng_words_unit(w);
        for (int i = 0; i < I; i++)
            o->mixed[n * I + i] =
                a * o->real[n * I + i] + (1 - a) * o->fake[n * I + i];
    }
}

static double
critic_loss(void *ctx, const double *w)
{
    struct game *o = ctx;
    struct plain p;
    double grad[M * I];
    o->losses.real = forward(w, o->real, 0, &p);
    o->losses.fake = forward(w, o->fake, 1, &p);
    forward(w, o->mixed, 2, &p);
    slopes(w, &p, grad);
    o->losses.penalty = o->losses.norm = 0;
    for (int n = 0; n < M; n++) {
        double norm = 0;
        for (int i = 0; i < I; i++)
            norm += grad[n * I + i] * grad[n * I + i];
        norm = sqrt(norm);
        o->losses.norm += norm / M;
        o->losses.penalty += 0.3 * pow(norm - 1, 2) / M;
    }
    return o->losses.fake - o->losses.real + o->losses.penalty;
}

/* sum(out) by x, to check slopes */
static double
output_sum(void *ctx, const double *x)
{
    struct plain p;
    return M * forward(((struct game *)ctx)->w, x, 2, &p);
}

static void
rows_of(
    const struct simrows_known *n, const double *q, const double *k, double *s)
{
    for (int b = 0; b < B; b++) {
        double norm = 0;
        for (int i = 0; i < I; i++) {
            s[b * I + i] = 0;
            for (int d = 0; d < D; d++)
                s[b * I + i] += q[b * D + d] * k[i * D + d];
        }
        for (int64_t e = n->start[b]; e < n->start[b + 1]; e++)
            s[b * I + n->item[e]] = 0;
        for (int i = 0; i < I; i++)
            norm += s[b * I + i] * s[b * I + i];
        for (int i = 0; i < I; i++)
            s[b * I + i] /= sqrt(norm);
    }
}

/* x: q and k of one modality after another */
static double
generator_loss(void *ctx, const double *x)
{
    struct game *o = ctx;
    struct plain p;
    double fake[M * I];
    for (int i = 0; i < MODALS; i++) {
        const double *q = x + i * (B + I) * D;
        rows_of(o->known, q, q + B * D, fake + i * B * I);
    }
    return -0.01 * forward(o->w, fake, 3, &p);
}

/* --- the tests ------------------------------------------------------------ */

struct setup {
    struct csr train;
    struct simrows_known known;
    struct mat q[MODALS + 1], k[MODALS + 1], dense[MODALS + 1];
    struct critic_fake fake[MODALS];
    struct simrows own; /* what reals are made of */
    struct realrows real;
    struct critic c;
    struct arena arena;
    float *flat;
};

static void
setup_init(struct setup *s, int64_t b, int64_t items, int64_t d, int threads)
{
    struct err e;
    memset(s, 0, sizeof *s);
    must(csr_init(&s->train, b, items, b * 3, 0, &e), &e);
    int32_t *users = mem_new(b, sizeof *users, &e);
    for (int64_t u = 0; u < b; u++) {
        users[u] = (int32_t)u;
        for (int64_t j = 0; j < 3; j++)
            s->train.indices[3 * u + j] = (int32_t)((u + 5 * j) % items);
        s->train.indptr[u + 1] = 3 * (u + 1);
    }
    must(simrows_known_set(&s->known, &s->train, users, b, &e), &e);
    free(users);
    int64_t size, bytes;
    must(critic_bytes(items, b, MODALS, &size, &bytes, &e), &e);
    s->flat = mem_zero(4 * size, sizeof *s->flat, &e);
    struct critic_store store = {
        s->flat, s->flat + size, s->flat + 2 * size, s->flat + 3 * size};
    must(critic_init(&s->c, &s->arena, items, b + 3, MODALS, 3e-4, seed, 4,
             exec_of(threads), &store, &e),
        &e);
    critic_batch(&s->c, b); /* fewer than there is room for */
    for (int i = 0; i <= MODALS; i++) {
        struct simrows *sim = i < MODALS ? &s->fake[i].s : &s->own;
        s->q[i] = random_mat(b, d, 60 + (uint32_t)i);
        s->k[i] = random_mat(items, d, 64 + (uint32_t)i);
        s->dense[i] = random_mat(b, items, 0);
        *sim = simrows_in(&s->arena, b, d, s->c.h[0]);
        must(simrows_set(sim, &s->known, &s->q[i], &s->k[i], &s->dense[i],
                 exec_of(threads), &e),
            &e);
    }
    s->real = realrows_in(&s->arena, b, s->c.h[0]);
    must(arena_check(&s->arena, &e), &e);
    realrows_set(&s->real, &s->own, &s->dense[MODALS], exec_of(threads));
    /* gains and shifts that show */
    struct critic_at w = critic_at(&s->c, s->c.theta);
    for (int64_t j = 0; j < s->c.h[0]; j++) {
        w.g1[j] += 0.3f * w.w1.x[j];
        w.c1[j] = 0.5f * w.w1.x[j + 7];
    }
    for (int64_t j = 0; j < s->c.h[1]; j++) {
        w.g2[j] += 0.3f * w.w2.x[j];
        w.c2[j] = 0.5f * w.w2.x[j + 3];
        w.w3[j] *= 0.2f; /* keeps the sigmoid off its ends */
    }
    w.b3[0] = 0.1f;
}

static void
setup_free(struct setup *s)
{
    for (int i = 0; i <= MODALS; i++) {
        mat_free(&s->q[i]);
        mat_free(&s->k[i]);
        mat_free(&s->dense[i]);
        simrows_free(i < MODALS ? &s->fake[i].s : &s->own);
    }
    arena_free(&s->arena);
    free(s->flat);
    simrows_known_free(&s->known);
    csr_free(&s->train);
}

/* Y once for each modality, from S */
static void
reals(const struct setup *s, double *y)
{
    for (int b = 0; b < B; b++) {
        double sum = 0, norm = 0;
        for (int i = 0; i < I; i++) {
            y[b * I + i] = exp(csr_has(&s->train, b, i));
            sum += y[b * I + i];
        }
        for (int i = 0; i < I; i++) {
            double v = y[b * I + i] / sum +
                       100 * (double)s->dense[MODALS].x[b * I + i];
            y[b * I + i] = v;
            norm += v * v;
        }
        for (int i = 0; i < I; i++)
            y[b * I + i] /= sqrt(norm);
    }
    for (int k = B * I; k < M * I; k++)
        y[k] = y[k - B * I];
}

static int
near(double a, double b)
{
    return fabs(a - b) < 1e-5 * fmax(1, fabs(b));
}

static void
test_gradient(void)
{
    struct setup s;
    struct game o = {0};
    setup_init(&s, B, I, D, 2);
    ok(s.c.size == SIZE, "sizes");
    for (int k = 0; k < M * I; k++)
        o.fake[k] = (double)s.dense[k / (B * I)].x[k % (B * I)];
    reals(&s, o.real);
    for (int k = 0; k < SIZE; k++)
        o.w[k] = (double)s.c.theta[k];
    interpolate(&o);

    struct critic_losses got;
    critic_gradient(&s.c, s.fake, &s.real, STEP, &got);
    critic_loss(&o, o.w);
    ok(near(got.real, o.losses.real) && near(got.fake, o.losses.fake),
        "mean outputs %.4f and %.4f", got.real, got.fake);
    ok(near(got.penalty, o.losses.penalty) && near(got.norm, o.losses.norm),
        "penalty %.4f at mean length %.4f without the gradients", got.penalty,
        got.norm);

    struct plain p;
    float slope[M * I], x[M * I];
    double g[M * I];
    forward(o.w, o.mixed, 2, &p);
    slopes(o.w, &p, g);
    for (int k = 0; k < M * I; k++) {
        slope[k] = (float)g[k];
        x[k] = (float)o.mixed[k];
    }
    fd_check("the twin's slopes", M * I, x, slope, output_sum, &o, 1e-4);
    fd_check("every weight, penalty included", SIZE, s.c.theta, s.c.grad,
        critic_loss, &o, 2e-4);

    /* the generator's side */
    enum { N = (B + I) * D };
    struct mat dq[MODALS], dk[MODALS];
    float at[MODALS * N], grad[MODALS * N];
    double atd[MODALS * N];
    for (int i = 0; i < MODALS; i++) {
        dq[i] = random_mat(B, D, 0);
        dk[i] = random_mat(I, D, 0);
        memset(dq[i].x, 0, sizeof(float) * B * D);
        memset(dk[i].x, 0, sizeof(float) * I * D);
        s.fake[i].dq = &dq[i];
        s.fake[i].dk = &dk[i];
    }
    double value = critic_generator(&s.c, s.fake, 0.01, STEP);
    for (int i = 0; i < MODALS; i++) {
        memcpy(at + i * N, s.q[i].x, sizeof(float) * B * D);
        memcpy(at + i * N + B * D, s.k[i].x, sizeof(float) * I * D);
        memcpy(grad + i * N, dq[i].x, sizeof(float) * B * D);
        memcpy(grad + i * N + B * D, dk[i].x, sizeof(float) * I * D);
    }
    for (int k = 0; k < MODALS * N; k++)
        atd[k] = (double)at[k];
    o.known = &s.known;
    ok(near(value, generator_loss(&o, atd)), "the generator's loss %.5f",
        value);
    fd_check("the generator's operands", MODALS * N, at, grad, generator_loss,
        &o, 2e-4);
    for (int i = 0; i < MODALS; i++) {
        mat_free(&dq[i]);
        mat_free(&dk[i]);
    }
    setup_free(&s);
}

static void
test_threads(void)
{
    struct setup s[3];
    struct critic_losses losses;
    int equal = 1;
    for (int t = 0; t < 3; t++) {
        setup_init(&s[t], 40, 600, 8, t + 1);
        for (uint32_t k = 1; k <= 2; k++)
            critic_step(&s[t].c, s[t].fake, &s[t].real, k, &losses);
        equal &= memcmp(s[0].c.theta, s[t].c.theta,
                     sizeof(float) * (size_t)s[0].c.size) == 0;
    }
    ok(equal, "1, 2 and 3 threads");
    for (int t = 0; t < 3; t++)
        setup_free(&s[t]);
}

static void
test_learns(void)
{
    struct setup s;
    struct critic_losses first = {0}, now = {0};
    setup_init(&s, 40, 600, 8, 2);
    for (uint32_t k = 1; k <= 40; k++) {
        critic_step(&s.c, s.fake, &s.real, k, &now);
        if (k == 1)
            first = now;
    }
    double before = first.fake - first.real + first.penalty,
           after = now.fake - now.real + now.penalty;
    ok(after < before - 1, "the loss falls from %.2f to %.2f", before, after);
    setup_free(&s);
}

static void
test_limits(void)
{
    struct err e;
    struct critic c;
    struct critic_store none = {0};
    struct arena arena = {0};
    int64_t size, bytes;
    ok(critic_init(&c, &arena, 7, 4, 2, 1e-3, 1, 0, exec_of(1), &none, &e) ==
                ERR_RANGE &&
            !strcmp(e.msg, "a critic needs at least 8 items, not 7"),
        "few items: %s", e.msg);
    must(critic_bytes(7050, 1024, 2, &size, &bytes, &e), &e);
    ok(bytes > 350e6 && bytes < 450e6, "7050 items: %.1f M weights, %.0f MB",
        (double)size / 1e6, (double)bytes / 1e6);
    ok(critic_bytes(INT64_MAX / 2, 1024, 2, &size, &bytes, &e) == ERR_RANGE,
        "too many: %s", e.msg);
    ok(critic_init(&c, &arena, 200000000, 1024, 2, 1e-3, 1, 0, exec_of(1),
           &none, &e) == ERR_NOMEM &&
            strstr(e.msg, "not enough memory for the critic: 200000000 items "
                          "and batches of 1024 users need "),
        "no memory: %s", e.msg);
    arena_free(&arena);
}

int
main(void)
{
    blas_init();
    test_gradient();
    test_threads();
    test_learns();
    test_limits();
    return done();
}
