#ifndef STAIR_MMSSL_TWIN_H
#define STAIR_MMSSL_TWIN_H

/*
 * MMSSL in double as its equations say (lib/models/mmssl/mmssl.c), with dense
 * matrices: the generator's whole loss and the output vectors.
 */

#include "lib/base/rng_words.h"
#include "lib/models/net.h"
#include "tests/unit/execs.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { U = 20, I = 26, D = 4, WIDEST = 6, B = 7, TOP = 2, L = 2, MOST = 3 };
enum { H1 = I / 4, H2 = I / 8, MOST_ROWS = MOST * B };
static const uint64_t seed = 5;
static const int width[MOST] = {WIDEST, 5, 3};
static int modals; /* 1 .. MOST */

/* Parameters, flat, in the order of the net's tensors. */
enum {
    EU = 0,
    EI = EU + U * D,
    WEIGHTS = EI + I * D,
    MOST_PARAMETERS = WEIGHTS + MOST * D * (WIDEST + 1) + 4 * D * D
};

/* Where modality m's weights begin, m = modals: the heads; then its bias. */
static int
weights_at(int m)
{
    int at = WEIGHTS;
    while (m-- > 0)
        at += D * (width[m] + 1);
    return at;
}

static int
parameters(void)
{
    return weights_at(modals) + 4 * D * D;
}

struct twin {
    double r[U][I], g[MOST][U][I]; /* the graphs, 0 or 1 */
    double f[MOST][I][WIDEST];
    double mask[MOST][I][D];
    double critic[I * H1 + H1 * H2 + 2 * H1 + 3 * H2 + 1];
    const struct net_batch *b;
    /* of the last evaluation: */
    double s[MOST][B][I], user[U * D], item[I * D];
};

/* y = diag(degree^-1/2) A x; back: of the transpose. x, y with D columns */
static void
spread(double a[U][I], int back, const double *x, double *y)
{
    int n = back ? I : U, m = back ? U : I;
    for (int r = 0; r < n; r++) {
        double degree = 1e-8;
        for (int d = 0; d < D; d++)
            y[r * D + d] = 0;
        for (int c = 0; c < m; c++) {
            double v = back ? a[c][r] : a[r][c];
            degree += v;
            for (int d = 0; d < D; d++)
                y[r * D + d] += v * x[c * D + d];
        }
        for (int d = 0; d < D; d++)
            y[r * D + d] /= sqrt(degree);
    }
}

static void
add_normed(int n, double w, const double *x, double *y)
{
    for (int r = 0; r < n; r++) {
        double s = 0;
        for (int d = 0; d < D; d++)
            s += x[r * D + d] * x[r * D + d];
        for (int d = 0; d < D; d++)
            y[r * D + d] += w * x[r * D + d] / fmax(sqrt(s), 1e-12);
    }
}

static void
softmax(int n, double *x)
{
    for (int r = 0; r < n; r++) {
        double s = 0;
        for (int d = 0; d < D; d++)
            s += exp(x[r * D + d]);
        for (int d = 0; d < D; d++)
            x[r * D + d] = exp(x[r * D + d]) / s;
    }
}

static double
dot(const double *a, const double *b)
{
    double s = 0;
    for (int d = 0; d < D; d++)
        s += a[d] * b[d];
    return s;
}

static double
nce(const struct twin *w, const double *k, const double *out)
{
    double z[2][B][D], loss = 0;
    for (int a = 0; a < B; a++) {
        memset(z[0][a], 0, sizeof z[0][a]);
        memset(z[1][a], 0, sizeof z[1][a]);
        add_normed(1, 1, k + w->b->user[a] * D, z[0][a]);
        add_normed(1, 1, out + w->b->user[a] * D, z[1][a]);
    }
    for (int a = 0; a < B; a++) {
        double sum = 0;
        for (int b = 0; b < B; b++)
            sum += exp(dot(z[0][a], z[1][b]) / 0.5) +
                   (a != b ? exp(dot(z[0][a], z[0][b]) / 0.5) : 0);
        loss -= log(exp(dot(z[0][a], z[1][a]) / 0.5) / sum + 1e-8) / B;
    }
    return loss;
}

static void
bn_mask(const struct twin *w, int k, int d, const double *g, const double *c,
    double *z)
{
    const double drop = k ? 0.5 : 0.31;
    const int rows = modals * B;
    for (int j = 0; j < d; j++) {
        double mu = 0, var = 0;
        for (int n = 0; n < rows; n++)
            mu += z[n * d + j] / rows;
        for (int n = 0; n < rows; n++)
            var += pow(z[n * d + j] - mu, 2) / rows;
        for (int n = 0; n < rows; n++) {
            uint32_t word;
            rng_words(rng_words_of(NULL), seed, RNG_CRITIC, (uint32_t)w->b->t,
                (uint32_t)(6 + k), (uint64_t)(n * d + j), 1, &word);
            double keep =
                word >= (uint32_t)(drop * 0x1p32) ? 1 / (1 - drop) : 0;
            z[n * d + j] =
                keep * (g[j] * (z[n * d + j] - mu) / sqrt(var + 1e-5) + c[j]);
        }
    }
}

/* mean D of the rows in s */
static double
opinion(const struct twin *w)
{
    const double *w1 = w->critic, *w2 = w1 + I * H1, *w3 = w2 + H1 * H2,
                 *g1 = w3 + H2, *c1 = g1 + H1, *g2 = c1 + H1, *c2 = g2 + H2,
                 *b3 = c2 + H2;
    double z1[MOST_ROWS * H1] = {0}, z2[MOST_ROWS * H2] = {0}, mean = 0;
    for (int n = 0; n < modals * B; n++)
        for (int i = 0; i < I; i++)
            for (int j = 0; j < H1; j++)
                z1[n * H1 + j] += w->s[n / B][n % B][i] * w1[i * H1 + j];
    bn_mask(w, 0, H1, g1, c1, z1);
    for (int n = 0; n < modals * B; n++)
        for (int j = 0; j < H1; j++)
            for (int k = 0; k < H2; k++)
                z2[n * H2 + k] += z1[n * H1 + j] * w2[j * H2 + k];
    bn_mask(w, 1, H2, g2, c2, z2);
    for (int n = 0; n < modals * B; n++) {
        double z = b3[0];
        for (int k = 0; k < H2; k++)
            z += z2[n * H2 + k] * w3[k];
        mean += 100 / (1 + exp(-z)) / (modals * B);
    }
    return mean;
}

static void
similar(struct twin *w, int m, const double *fu, const double *fi)
{
    for (int b = 0; b < B; b++) {
        double norm = 0, *s = w->s[m][b];
        int u = w->b->user[b];
        for (int i = 0; i < I; i++) {
            s[i] = w->r[u][i] != 0 ? 0 : dot(fu + u * D, fi + i * D);
            norm += s[i] * s[i];
        }
        for (int i = 0; i < I; i++)
            s[i] /= sqrt(norm);
    }
}

static double
squares(int n, const double *x)
{
    double s = 0;
    for (int k = 0; k < n * D; k++)
        s += x[k] * x[k];
    return s;
}

static double
loss_of(void *ctx, const double *p)
{
    struct twin *w = ctx;
    double fu[MOST][U * D], fi[MOST][I * D], ku[MOST][U * D], ki[MOST][I * D];
    double head[D * D];
    const double *h = p + weights_at(modals);
    double u[L + 1][U * D], i[L + 1][I * D], *ou = w->user, *oi = w->item;
    double zu[U * D] = {0}, zi[I * D] = {0}, loss = 0;
    int any = 0;
    for (int k = 0; k < D * D; k++)
        head[k] = h[k] + h[D * D + k] + h[2 * D * D + k] + h[3 * D * D + k];
    for (int m = 0; m < modals; m++) {
        const double *wm = p + weights_at(m), *bm = wm + D * width[m];
        double x[I * D];
        for (int r = 0; r < I; r++)
            for (int d = 0; d < D; d++) {
                double v = bm[d];
                for (int c = 0; c < width[m]; c++)
                    v += w->f[m][r][c] * wm[d * width[m] + c];
                x[r * D + d] = v * w->mask[m][r][d];
            }
        spread(w->r, 0, x, fu[m]);
        spread(w->r, 1, fu[m], fi[m]);
        spread(w->g[m], 0, p + EI, ku[m]);
        spread(w->g[m], 1, p + EU, ki[m]);
        for (int k = 0; k < U * I; k++)
            any |= w->g[m][k / I][k % I] != 0;
        for (int r = 0; r < U; r++)
            for (int d = 0; d < D; d++)
                for (int c = 0; c < D; c++)
                    zu[r * D + d] +=
                        ku[m][r * D + c] * head[c * D + d] / modals;
        for (int r = 0; r < I; r++)
            for (int d = 0; d < D; d++)
                for (int c = 0; c < D; c++)
                    zi[r * D + d] +=
                        ki[m][r * D + c] * head[c * D + d] / modals;
    }
    memcpy(u[0], p + EU, sizeof u[0]);
    memcpy(i[0], p + EI, sizeof i[0]);
    add_normed(U, 0.36, zu, u[0]);
    add_normed(I, 0.36, zi, i[0]);
    for (int l = 1; l <= L; l++) {
        spread(w->r, 0, i[l - 1], u[l]);
        if (l == L)
            softmax(U, u[l]);
        spread(w->r, 1, u[l], i[l]);
        if (l == L)
            softmax(I, i[l]);
    }
    memset(ou, 0, sizeof w->user);
    memset(oi, 0, sizeof w->item);
    for (int l = 0; l <= L; l++) {
        for (int k = 0; k < U * D; k++)
            ou[k] += u[l][k] / (L + 1);
        for (int k = 0; k < I * D; k++)
            oi[k] += i[l][k] / (L + 1);
    }
    for (int m = 0; m < modals; m++) {
        add_normed(U, 0.55, fu[m], ou);
        add_normed(I, 0.55, fi[m], oi);
    }
    for (int b = 0; b < B; b++) {
        const double *us = ou + w->b->user[b] * D, *ps = oi + w->b->item[b] * D,
                     *ns = oi + w->b->item[B + b] * D;
        loss += log1p(exp(dot(us, ns) - dot(us, ps))) / B;
        loss +=
            1e-3 / (2 * B) * (squares(1, us) + squares(1, ps) + squares(1, ns));
    }
    for (int m = 0; m < modals; m++) {
        loss += 1e-3 / (2 * I) * (squares(U, fu[m]) + squares(I, fi[m]));
        if (any)
            loss += 0.3 * nce(w, ku[m], ou);
        similar(w, m, fu[m], fi[m]);
    }
    return loss - 1e-4 * opinion(w);
}

#endif
