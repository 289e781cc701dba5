/* Compiled once per instruction set with -DISA=name. */
#include "lib/models/mmssl/wide.h"

#include <math.h>
#include <string.h>

/* s[j] += x[i][j], column by column. */
static void
w_sums(int64_t n, int64_t w, int64_t ld, const float *x, double *restrict s)
{
    memset(s, 0, WIDE_TILE * sizeof *s);
    for (int64_t i = 0; i < n; i++) {
        const float *r = x + i * ld;
        for (int64_t j = 0; j < w; j++)
            s[j] += (double)r[j];
    }
}

static void
w_normalise(
    int64_t n, int64_t w, int64_t ld, float *z, double eps, float *restrict r)
{
    double mu[WIDE_TILE], s[WIDE_TILE], rd[WIDE_TILE];
    w_sums(n, w, ld, z, mu);
    for (int64_t j = 0; j < w; j++)
        mu[j] /= (double)n;
    memset(s, 0, sizeof s);
    for (int64_t i = 0; i < n; i++) {
        const float *x = z + i * ld;
        for (int64_t j = 0; j < w; j++) {
            double c = (double)x[j] - mu[j];
            s[j] += c * c;
        }
    }
    for (int64_t j = 0; j < w; j++) {
        rd[j] = 1.0 / sqrt(s[j] / (double)n + eps);
        r[j] = (float)rd[j];
    }
    for (int64_t i = 0; i < n; i++) {
        float *restrict x = z + i * ld;
        for (int64_t j = 0; j < w; j++)
            x[j] = (float)(((double)x[j] - mu[j]) * rd[j]);
    }
}

static void
w_project(int64_t n, int64_t w, int64_t ld, const float *xh, const float *r,
    const float *g, const float *y, float *z)
{
    double a[WIDE_TILE], b[WIDE_TILE];
    w_sums(n, w, ld, y, a);
    memset(b, 0, sizeof b);
    for (int64_t i = 0; i < n; i++) {
        const float *yi = y + i * ld, *xi = xh + i * ld;
        for (int64_t j = 0; j < w; j++)
            b[j] += (double)yi[j] * (double)xi[j];
    }
    float ma[WIDE_TILE], mb[WIDE_TILE], gr[WIDE_TILE];
    for (int64_t j = 0; j < w; j++) {
        ma[j] = (float)(a[j] / (double)n);
        mb[j] = (float)(b[j] / (double)n);
        gr[j] = g[j] * r[j];
    }
    for (int64_t i = 0; i < n; i++) {
        const float *yi = y + i * ld, *xi = xh + i * ld;
        float *zi = z + i * ld;
        for (int64_t j = 0; j < w; j++)
            zi[j] = gr[j] * ((yi[j] - ma[j]) - xi[j] * mb[j]);
    }
}

static void
w_backward(int64_t n, int64_t w, int64_t ld, const float *xh, const float *r,
    const float *g, const float *xb, const float *rb, float *y,
    double *restrict gb, double *restrict bb)
{
    double q[WIDE_TILE], x[WIDE_TILE];
    memset(q, 0, sizeof q);
    memset(x, 0, sizeof x);
    memset(gb, 0, WIDE_TILE * sizeof *gb);
    w_sums(n, w, ld, y, bb);
    for (int64_t i = 0; i < n; i++) {
        const float *yi = y + i * ld, *xi = xh + i * ld;
        for (int64_t j = 0; j < w; j++)
            gb[j] += (double)yi[j] * (double)xi[j];
    }
    for (int64_t j = 0; j < w; j++) {
        q[j] = (double)g[j] * bb[j];
        x[j] = (double)g[j] * gb[j];
    }
    if (xb)
        for (int64_t i = 0; i < n; i++) {
            const float *bi = xb + i * ld, *xi = xh + i * ld;
            for (int64_t j = 0; j < w; j++) {
                q[j] += (double)bi[j];
                x[j] += (double)bi[j] * (double)xi[j];
            }
        }
    float mq[WIDE_TILE], mx[WIDE_TILE];
    for (int64_t j = 0; j < w; j++) {
        mq[j] = (float)(q[j] / (double)n);
        /* the variance's own adjoint joins the term in xh */
        double own = rb ? (double)rb[j] * (double)r[j] : 0;
        mx[j] = (float)((x[j] + own) / (double)n);
    }
    for (int64_t i = 0; i < n; i++) {
        const float *xi = xh + i * ld, *bi = xb ? xb + i * ld : NULL;
        float *yi = y + i * ld;
        if (bi)
            for (int64_t j = 0; j < w; j++)
                yi[j] =
                    r[j] * (((g[j] * yi[j] + bi[j]) - mq[j]) - xi[j] * mx[j]);
        else
            for (int64_t j = 0; j < w; j++)
                yi[j] = r[j] * ((g[j] * yi[j] - mq[j]) - xi[j] * mx[j]);
    }
}

static void
w_second(int64_t n, int64_t w, int64_t ld, const float *xh, const float *r,
    const float *g, float *ay, float *az, double *restrict gb,
    float *restrict rb)
{
    double y[WIDE_TILE], z[WIDE_TILE], yx[WIDE_TILE], zx[WIDE_TILE],
        zy[WIDE_TILE];
    w_sums(n, w, ld, ay, y);
    w_sums(n, w, ld, az, z);
    memset(yx, 0, sizeof yx);
    memset(zx, 0, sizeof zx);
    memset(zy, 0, sizeof zy);
    for (int64_t i = 0; i < n; i++) {
        const float *yi = ay + i * ld, *zi = az + i * ld, *xi = xh + i * ld;
        for (int64_t j = 0; j < w; j++) {
            double a = (double)yi[j], b = (double)zi[j], x = (double)xi[j];
            yx[j] += a * x;
            zx[j] += b * x;
            zy[j] += a * b;
        }
    }
    float c[WIDE_TILE], d[WIDE_TILE], m[WIDE_TILE], gr[WIDE_TILE];
    for (int64_t j = 0; j < w; j++) {
        double k = (double)n;
        double q = zy[j] - y[j] * z[j] / k - yx[j] * zx[j] / k;
        gb[j] = (double)r[j] * q;
        rb[j] = (float)((double)g[j] * q);
        c[j] = (float)(yx[j] / k);
        d[j] = (float)(zx[j] / k);
        m[j] = (float)(z[j] / k);
        gr[j] = g[j] * r[j];
    }
    for (int64_t i = 0; i < n; i++) {
        const float *xi = xh + i * ld;
        float *yi = ay + i * ld, *zi = az + i * ld;
        for (int64_t j = 0; j < w; j++) {
            float a = yi[j], b = zi[j];
            yi[j] = -gr[j] * (b * c[j] + a * d[j]);
            zi[j] = gr[j] * ((b - m[j]) - xi[j] * d[j]);
        }
    }
}

static void
w_affine(int64_t w, const float *xh, const float *g, const float *b, float *y)
{
    for (int64_t j = 0; j < w; j++)
        y[j] = g[j] * xh[j] + b[j];
}

static void
w_keep(int64_t n, const uint32_t *word, uint32_t below, uint8_t *keep)
{
    for (int64_t k = 0; k < n; k++)
        keep[k] = word[k] >= below;
}

static void
w_mask(int64_t n, const uint8_t *keep, float scale, float *x)
{
    for (int64_t k = 0; k < n; k++)
        x[k] = keep[k] ? x[k] * scale : 0.0f;
}

static void
w_mix(int64_t n, float a, const float *x, const float *y, float *z)
{
    float b = 1.0f - a;
    for (int64_t k = 0; k < n; k++)
        z[k] = a * x[k] + b * y[k];
}

static void
w_add(int64_t n, float a, const float *x, float *y)
{
    for (int64_t k = 0; k < n; k++)
        y[k] += a * x[k];
}

static double
w_sum(int64_t n, const float *x)
{
    double s[16] = {0};
    for (int64_t k = 0; k + 16 <= n; k += 16)
        for (int l = 0; l < 16; l++)
            s[l] += (double)x[k + l];
    for (int64_t k = n / 16 * 16; k < n; k++)
        s[k % 16] += (double)x[k];
    for (int h = 8; h > 0; h /= 2)
        for (int l = 0; l < h; l++)
            s[l] += s[l + h];
    return s[0];
}

ISA_FAMILY(wide) = {
    .normalise = w_normalise,
    .project = w_project,
    .backward = w_backward,
    .second = w_second,
    .affine = w_affine,
    .keep = w_keep,
    .mask = w_mask,
    .mix = w_mix,
    .add = w_add,
    .sum = w_sum,
    .sums = w_sums,
};
