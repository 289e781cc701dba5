#ifndef STAIR_TWIN_H
#define STAIR_TWIN_H

/*
 * The naive twin of a training step: dense matrices, double precision, loops as
 * the equations are written, and none of the engine's code.
 */

#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/models/poly.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct twin {
    int64_t users, items, n, d;
    int layers, item_layers;
    const float *coef, *item_coef;
    int bands;
    double mid, penalty;
    int64_t negatives; /* triples of a positive, one after another */
    double rate, decoupled, coupled;
    double *a;         /* [n][n] normalised user-item graph */
    double *s;         /* [items][items] normalised item graph */
    double *e, *m, *v; /* [n][d] */
    double *h, *dh;    /* [n][bands d] */
    double *de, *dir;  /* [n][d] */
    int64_t t;
};

static double *
twin_new(int64_t n)
{
    double *p = calloc((size_t)(n ? n : 1), sizeof *p);
    if (!p)
        abort();
    return p;
}

static void
twin_normalise(double *a, int64_t n)
{
    double *deg = twin_new(n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            deg[i] += a[i * n + j];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            if (a[i * n + j] > 0)
                a[i * n + j] /= sqrt(deg[i]) * sqrt(deg[j]);
    free(deg);
}

static void
twin_init(struct twin *w, const struct poly *m, const struct csr *train,
    const struct csr *items)
{
    *w = (struct twin){.users = m->user.n,
        .items = m->item.n,
        .n = m->user.n + m->item.n,
        .d = m->d,
        .layers = m->layers,
        .item_layers = m->item_layers,
        .coef = m->coef,
        .item_coef = m->item_coef,
        .rate = m->adam.rate,
        .decoupled = m->adam.decoupled,
        .coupled = m->adam.coupled,
        .bands = m->bands,
        .mid = m->mid,
        .penalty = m->penalty,
        .negatives = m->negatives};
    int64_t n = w->n, d = w->d;
    w->a = twin_new(n * n);
    for (int64_t u = 0; u < w->users; u++)
        for (int64_t k = train->indptr[u]; k < train->indptr[u + 1]; k++) {
            int64_t i = w->users + train->indices[k];
            w->a[u * n + i] = w->a[i * n + u] = 1;
        }
    twin_normalise(w->a, n);
    w->s = twin_new(w->items * w->items);
    if (items)
        for (int64_t i = 0; i < w->items; i++)
            for (int64_t k = items->indptr[i]; k < items->indptr[i + 1]; k++)
                w->s[i * w->items + items->indices[k]] =
                    items->data ? (double)items->data[k] : 1.0;
    twin_normalise(w->s, w->items);
    w->e = twin_new(n * d);
    w->m = twin_new(n * d);
    w->v = twin_new(n * d);
    w->h = twin_new(n * d * w->bands);
    w->dh = twin_new(n * d * w->bands);
    w->de = twin_new(n * d);
    w->dir = twin_new(n * d);
    for (int64_t k = 0; k < w->users * d; k++)
        w->e[k] = (double)m->user.x[k];
    for (int64_t k = 0; k < w->items * d; k++)
        w->e[w->users * d + k] = (double)m->item.x[k];
}

static void
twin_free(struct twin *w)
{
    free(w->a);
    free(w->s);
    free(w->e);
    free(w->m);
    free(w->v);
    free(w->h);
    free(w->dh);
    free(w->de);
    free(w->dir);
}

/* y = sum_l A^l x diag(c_l) by powers, not by Horner. */
static void
twin_propagate(const double *a, int64_t n, int64_t d, int layers,
    const float *c, const double *x, double *y)
{
    double *p = twin_new(n * d), *q = twin_new(n * d);
    memcpy(p, x, (size_t)(n * d) * sizeof *p);
    for (int64_t k = 0; k < n * d; k++)
        y[k] = (double)c[k % d] * p[k];
    for (int l = 1; l <= layers; l++) {
        memset(q, 0, (size_t)(n * d) * sizeof *q);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                if (a[i * n + j] > 0)
                    for (int64_t k = 0; k < d; k++)
                        q[i * d + k] += a[i * n + j] * p[j * d + k];
        for (int64_t k = 0; k < n * d; k++)
            y[k] += (double)c[l * d + k % d] * q[k];
        double *t = p;
        p = q;
        q = t;
    }
    free(p);
    free(q);
}

/* Output vectors: the propagated parameters, then mid e minus these. */
static void
twin_vectors(struct twin *w)
{
    int64_t d = w->d, wide = w->bands * d;
    double *low = twin_new(w->n * d);
    twin_propagate(w->a, w->n, d, w->layers, w->coef, w->e, low);
    for (int64_t r = 0; r < w->n; r++)
        for (int64_t k = 0; k < wide; k++)
            w->h[r * wide + k] =
                k < d ? low[r * d + k]
                      : w->mid * w->e[r * d + k - d] - low[r * d + k - d];
    free(low);
}

/* s+ - s- of a triple. */
static double
twin_margin(const struct twin *w, const int32_t *triple)
{
    int64_t d = w->bands * w->d;
    const double *u = w->h + triple[0] * d,
                 *p = w->h + (w->users + triple[1]) * d,
                 *q = w->h + (w->users + triple[2]) * d;
    double x = 0;
    for (int64_t k = 0; k < d; k++)
        x += u[k] * (p[k] - q[k]);
    return x;
}

/* e^-x summed over the negatives of triple t's positive. */
static double
twin_against(const struct twin *w, const int32_t *triple, int64_t t)
{
    double sum = 0;
    for (int64_t k = t - t % w->negatives, end = k + w->negatives; k < end; k++)
        sum += exp(-twin_margin(w, triple + 3 * k));
    return sum;
}

/* Mean loss of the batch at the present parameters; fills h. */
static double
twin_loss(struct twin *w, const int32_t *triple, int64_t b)
{
    twin_vectors(w);
    double loss = 0;
    for (int64_t t = 0; t < b; t += w->negatives)
        loss += log1p(twin_against(w, triple, t));
    return loss * (double)w->negatives / (double)b;
}

/* The penalty on the batch's parameters. */
static double
twin_penalty(const struct twin *w, const int32_t *triple, int64_t b)
{
    double sum = 0;
    for (int64_t t = 0; t < 3 * b; t++) {
        int64_t r = triple[t] + (t % 3 ? w->users : 0);
        for (int64_t k = 0; k < w->d; k++)
            sum += w->e[r * w->d + k] * w->e[r * w->d + k];
    }
    return w->penalty * sum / (2 * (double)b);
}

/* Gradient of twin_loss + twin_penalty with respect to e into de; returns the
 * former. */
static double
twin_gradient(struct twin *w, const int32_t *triple, int64_t b)
{
    int64_t d = w->d, wide = w->bands * d;
    double loss = twin_loss(w, triple, b);
    memset(w->dh, 0, (size_t)(w->n * wide) * sizeof *w->dh);
    for (int64_t t = 0; t < b; t++) {
        int64_t iu = triple[3 * t] * wide,
                ip = (w->users + triple[3 * t + 1]) * wide,
                iq = (w->users + triple[3 * t + 2]) * wide;
        double x = twin_margin(w, triple + 3 * t);
        double c = -exp(-x) / (1 + twin_against(w, triple, t)) *
                   (double)w->negatives / (double)b;
        for (int64_t k = 0; k < wide; k++) {
            w->dh[iu + k] += c * (w->h[ip + k] - w->h[iq + k]);
            w->dh[ip + k] += c * w->h[iu + k];
            w->dh[iq + k] -= c * w->h[iu + k];
        }
    }
    double *low = twin_new(w->n * d);
    for (int64_t r = 0; r < w->n; r++)
        for (int64_t k = 0; k < d; k++)
            low[r * d + k] = w->dh[r * wide + k] -
                             (w->bands == 2 ? w->dh[r * wide + d + k] : 0);
    twin_propagate(w->a, w->n, d, w->layers, w->coef, low, w->de);
    if (w->bands == 2)
        for (int64_t r = 0; r < w->n; r++)
            for (int64_t k = 0; k < d; k++)
                w->de[r * d + k] += w->mid * w->dh[r * wide + d + k];
    for (int64_t t = 0; t < 3 * b; t++) {
        int64_t r = triple[t] + (t % 3 ? w->users : 0);
        for (int64_t k = 0; k < d; k++)
            w->de[r * d + k] += w->penalty / (double)b * w->e[r * d + k];
    }
    free(low);
    return loss;
}

/* One step; returns the batch's mean loss before it. */
static double
twin_step(struct twin *w, const int32_t *triple, int64_t b)
{
    int64_t d = w->d, users = w->users * d;
    double loss = twin_gradient(w, triple, b);
    w->t++;
    double c1 = 1 - pow(.9, (double)w->t), c2 = 1 - pow(.999, (double)w->t);
    for (int64_t k = 0; k < w->n * d; k++) {
        double g = w->de[k] + w->coupled * w->e[k];
        w->m[k] = .9 * w->m[k] + .1 * g;
        w->v[k] = .999 * w->v[k] + .001 * g * g;
        w->dir[k] = w->m[k] / c1 / (sqrt(w->v[k] / c2) + 1e-8);
        w->e[k] *= 1 - w->rate * w->decoupled;
    }
    if (w->item_coef) {
        double *smooth = twin_new(w->items * d);
        twin_propagate(w->s, w->items, d, w->item_layers, w->item_coef,
            w->dir + users, smooth);
        memcpy(w->dir + users, smooth, (size_t)(w->items * d) * sizeof *smooth);
        free(smooth);
    }
    for (int64_t k = 0; k < w->n * d; k++)
        w->e[k] -= w->rate * w->dir[k];
    return loss;
}

#endif
