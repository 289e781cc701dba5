#include "lib/models/mmssl/critic.h"

#include "lib/base/rng_words.h"
#include "lib/models/mmssl/critic_priv.h"
#include "lib/models/mmssl/wide.h"
#include "lib/nn/adam.h"
#include "lib/nn/init.h"
#include "lib/nn/matmul.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Sizes of all there is, in floats but for the masks. */
static int
sizes(struct critic *c, int64_t items, int64_t batch, int modals, struct err *e)
{
    if (items < 8)
        return err_set(e, ERR_RANGE,
            "a critic needs at least 8 items, not %" PRId64, items);
    if (items > INT32_MAX || batch > INT32_MAX / modals)
        return err_set(e, ERR_RANGE, "too many items or users for a critic");
    c->items = items;
    c->users = batch;
    c->modals = modals;
    c->rows = modals * batch;
    c->h[0] = items / 4;
    c->h[1] = items / 8;
    c->size =
        items * c->h[0] + c->h[0] * c->h[1] + 2 * c->h[0] + 3 * c->h[1] + 1;
    return 0;
}

int
critic_bytes(int64_t items, int64_t batch, int modals, int64_t *size,
    int64_t *bytes, struct err *e)
{
    struct critic c = {0};
    int rc = sizes(&c, items, batch, modals, e);
    if (rc)
        return rc;
    int64_t h1 = c.h[0], h2 = c.h[1];
    double n = 4.0 * (double)c.size + 2.0 * (double)h1 * (double)h1 +
               (double)c.rows * (5.25 * (double)(h1 + h2) + 2.0 * (double)h1) +
               2.0 * (double)batch * (double)h1;
    if (n > 1e17)
        return err_set(e, ERR_RANGE, "too many items for a critic");
    *size = c.size;
    *bytes = (int64_t)n * 4;
    return 0;
}

int
critic_no_memory(int64_t items, int64_t batch, int modals, struct err *e)
{
    int64_t size, bytes;
    int rc = critic_bytes(items, batch, modals, &size, &bytes, e);
    return rc ? rc
              : err_set(e, ERR_NOMEM,
                    "not enough memory for the critic: %" PRId64
                    " items and batches of %" PRId64 " users need %.1f GB",
                    items, batch, (double)bytes / 1e9);
}

static void
layers_init(struct critic *c, struct arena *p)
{
    struct critic_layers *l = &c->l;
    for (int k = 0; k < 2; k++) {
        struct mat *m[] = {&l->xh[k], &l->u[k], &l->d[k], &l->ay[k], &l->az[k]};
        for (int i = 0; i < 5; i++)
            *m[i] = mat_in(p, c->rows, c->h[k]);
        l->r[k] = arena_zero(p, c->h[k], sizeof *l->r[k]);
        l->rb[k] = arena_zero(p, c->h[k], sizeof *l->rb[k]);
        l->keep[k] = arena_new(p, c->rows * c->h[k], 1);
    }
    float **v[] = {&l->s, &l->a3, &l->z3, &l->norm};
    for (int i = 0; i < 4; i++)
        *v[i] = arena_zero(p, c->rows, sizeof **v[i]);
}

static void
start(struct critic *c, uint32_t tensor)
{
    struct critic_at w = critic_at(c, c->theta);
    int64_t h1 = c->h[0], h2 = c->h[1];
    struct init o = {c->seed, tensor, c->exec};
    init_normal(&o, sqrt(2.0 / (double)c->items), w.w1.x, c->items * h1);
    o.tensor++;
    init_normal(&o, sqrt(2.0 / (double)h1), w.w2.x, h1 * h2);
    o.tensor++;
    init_normal(&o, sqrt(2.0 / (double)h2), w.w3, h2);
    for (int64_t k = 0; k < h1; k++)
        w.g1[k] = 1;
    for (int64_t k = 0; k < h2; k++)
        w.g2[k] = 1;
}

int
critic_init(struct critic *c, struct arena *p, int64_t items, int64_t batch,
    int modals, double rate, uint64_t seed, uint32_t tensor, struct exec *exec,
    const struct critic_store *store, struct err *e)
{
    *c = (struct critic){.theta = store->theta,
        .m = store->m,
        .v = store->v,
        .grad = store->grad,
        .rate = rate,
        .seed = seed,
        .exec = exec};
    int rc = sizes(c, items, batch, modals, e);
    if (rc)
        return rc;
    int64_t h = c->h[0];
    c->zf = mat_in(p, c->rows, h);
    c->df = mat_in(p, c->rows, h);
    c->zr = mat_in(p, batch, h);
    c->dr = mat_in(p, batch, h);
    c->gram = mat_in(p, h, h);
    c->p = mat_in(p, h, h);
    layers_init(c, p);
    rc = arena_check(p, e);
    if (rc == ERR_NOMEM)
        rc = critic_no_memory(items, batch, modals, e);
    if (!rc)
        start(c, tensor);
    return rc;
}

void
critic_batch(struct critic *c, int64_t b)
{
    c->users = b;
    c->rows = c->modals * b;
    c->zf.n = c->df.n = c->rows;
    c->zr.n = c->dr.n = b;
    for (int k = 0; k < 2; k++) {
        struct critic_layers *l = &c->l;
        l->xh[k].n = l->u[k].n = l->d[k].n = l->ay[k].n = l->az[k].n = c->rows;
    }
}

struct critic_at
critic_at(const struct critic *c, float *flat)
{
    int64_t h1 = c->h[0], h2 = c->h[1];
    struct critic_at a;
    a.w1 = (struct mat){c->items, h1, flat};
    a.w2 = (struct mat){h1, h2, flat + c->items * h1};
    a.w3 = a.w2.x + h1 * h2;
    a.g1 = a.w3 + h2;
    a.c1 = a.g1 + h1;
    a.g2 = a.c1 + h1;
    a.c2 = a.g2 + h2;
    a.b3 = a.c2 + h2;
    return a;
}

struct job {
    struct critic *c;
    const struct wide *wide;
    const float *a; /* [M] */
    int add;
};

/* The share of the reals in each interpolated row. */
static float
share(const struct critic *c, uint32_t t, int64_t n)
{
    uint32_t w;
    rng_words(
        rng_words_of(c->exec), c->seed, RNG_MIX, t, 0, (uint64_t)n, 1, &w);
    return rng_words_unit(w);
}

static void
mix(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    int64_t h = c->h[0], users = c->users;
    for (int64_t n = from; n < to; n++)
        j->wide->mix(h, j->a[n], c->zr.x + n % users * h, c->zf.x + n * h,
            c->l.xh[0].x + n * h);
}

static void
copy_real(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    int64_t h = c->h[0], users = c->users;
    for (int64_t n = from; n < to; n++)
        memcpy(c->l.xh[0].x + n * h, c->zr.x + n % users * h,
            (size_t)h * sizeof(float));
}

/* dr_b gets all its rows' gradients, by their shares if there are any. */
static void
fold_real(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    int64_t h = c->h[0], users = c->users;
    for (int64_t b = from; b < to && b < users; b++) {
        float *d = c->dr.x + b * h;
        if (!j->a)
            memset(d, 0, (size_t)h * sizeof *d);
        for (int64_t n = b; n < c->rows; n += users)
            j->wide->add(h, j->a ? j->a[n] : 1.0f, c->l.d[0].x + n * h, d);
    }
}

static void
fold_fake(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    int64_t h = c->h[0];
    for (int64_t n = from; n < to; n++)
        j->wide->add(h, 1.0f - j->a[n], c->l.d[0].x + n * h, c->df.x + n * h);
}

/* Xf W1, one modality below the other. */
static void
fakes(struct critic *c, struct critic_fake *fake)
{
    struct mat w1 = critic_at(c, c->theta).w1;
    for (int i = 0; i < c->modals; i++) {
        struct mat z = mat_rows(&c->zf, i * c->users, c->users);
        simrows_times(&fake[i].s, &w1, &z, c->exec);
    }
}

void
critic_gradient(struct critic *c, struct critic_fake *fake,
    struct realrows *real, uint32_t t, struct critic_losses *losses)
{
    int64_t b = c->users, h = c->h[0], items = c->items;
    assert(real->s->q->n == b && real->s->k->n == items);
    struct job j = {.c = c, .wide = wide_of(c->exec)};
    struct mat w1 = critic_at(c, c->theta).w1, dw1 = critic_at(c, c->grad).w1;
    size_t wide = (size_t)(c->rows * h) * sizeof(float);
    double mean = 1.0 / (double)c->rows;
    memset(c->grad + items * h, 0,
        (size_t)(c->size - items * h) * sizeof *c->grad);
    fakes(c, fake);
    realrows_times(real, &w1, &c->zr, c->exec);

    critic_rows(c, h, copy_real, &j);
    losses->real = critic_forward(c, CRITIC_REAL, t);
    critic_output(c, -mean);
    critic_backward(c, 0, 1);
    critic_rows(c, h, fold_real, &j);

    memcpy(c->l.xh[0].x, c->zf.x, wide);
    losses->fake = critic_forward(c, CRITIC_FAKE, t);
    critic_output(c, mean);
    critic_backward(c, 0, 1);
    memcpy(c->df.x, c->l.d[0].x, wide);

    float *a = c->l.z3; /* before the call that uses it, and after */
    for (int64_t n = 0; n < c->rows; n++)
        a[n] = share(c, t, n);
    j.a = a;
    critic_rows(c, h, mix, &j);
    critic_forward(c, CRITIC_MIX, t);
    critic_output(c, 0);
    losses->penalty = critic_penalty(c, &c->zf, &losses->norm);
    critic_backward(c, 1, 1);
    for (int64_t n = 0; n < c->rows; n++)
        a[n] = share(c, t, n);
    critic_rows(c, h, fold_real, &j);
    critic_rows(c, h, fold_fake, &j);

    matmul(0, 0, 1.0f, &w1, &c->p, 0.0f, &dw1, c->exec);
    realrows_weights(real, &c->dr, &dw1, c->exec);
    for (int i = 0; i < c->modals; i++) {
        struct mat d = mat_rows(&c->df, i * b, b);
        simrows_weights(&fake[i].s, &d, &dw1, c->exec);
    }
}

void
critic_step(struct critic *c, struct critic_fake *fake, struct realrows *real,
    uint32_t t, struct critic_losses *losses)
{
    critic_gradient(c, fake, real, t, losses);
    struct adam_opt o = {.rate = c->rate, .b1 = 0.5, .b2 = 0.9};
    struct adam a = adam_scalars(&o, t);
    adam_step(&a, c->size, c->theta, c->m, c->v, c->grad, c->exec);
}

double
critic_generator(
    struct critic *c, struct critic_fake *fake, double w, uint32_t t)
{
    struct mat w1 = critic_at(c, c->theta).w1;
    fakes(c, fake);
    memcpy(c->l.xh[0].x, c->zf.x, (size_t)(c->rows * c->h[0]) * sizeof(float));
    double mean = critic_forward(c, CRITIC_GENERATOR, t);
    critic_output(c, -w / (double)c->rows);
    critic_backward(c, 0, 0);
    for (int i = 0; i < c->modals; i++) {
        struct mat z = mat_rows(&c->zf, i * c->users, c->users);
        struct mat dz = mat_rows(&c->l.d[0], i * c->users, c->users);
        simrows_backward(
            &fake[i].s, &w1, &z, &dz, fake[i].dq, fake[i].dk, c->exec);
    }
    return -w * mean;
}
