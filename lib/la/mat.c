#include "lib/la/mat.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int
mat_init(struct mat *m, int64_t n, int64_t d, struct err *e)
{
    *m = (struct mat){0};
    int64_t count;
    if (n < 0 || d < 0 || __builtin_mul_overflow(n, d, &count))
        return err_set(e, ERR_RANGE,
            "matrix of %" PRId64 " x %" PRId64 " is too large", n, d);
    m->x = mem_new(count, sizeof *m->x, e);
    if (!m->x)
        return ERR_NOMEM;
    m->n = n;
    m->d = d;
    return 0;
}

struct mat
mat_in(struct arena *p, int64_t n, int64_t d)
{
    struct mat m = {0};
    if (!p->rc)
        p->rc = mat_init(&m, n, d, &p->err);
    if (!arena_take(p, m.x))
        m = (struct mat){0};
    return m;
}

void
mat_free(struct mat *m)
{
    free(m->x);
    *m = (struct mat){0};
}

int64_t
mat_not_finite(const struct mat *m)
{
    uint32_t bad = 0;
    int64_t n = m->n * m->d, i = 0;
    for (int64_t k = 0; k < n; k++) { /* all of them, without a branch */
        uint32_t u;
        memcpy(&u, m->x + k, sizeof u);
        bad |= (u & 0x7f800000u) == 0x7f800000u;
    }
    while (bad && isfinite(m->x[i]))
        i++;
    return bad ? i : -1;
}

int
mat_check_rows(
    const struct mat *m, int64_t first, const char *what, struct err *e)
{
    int64_t i = mat_not_finite(m);
    if (i < 0)
        return 0;
    return err_set(e, ERR_NUM,
        "'%s': value at row %" PRId64 ", column %" PRId64 " is not finite (%g)",
        what, first + i / m->d, i % m->d, (double)m->x[i]);
}

int
mat_check_finite(const struct mat *m, const char *what, struct err *e)
{
    return mat_check_rows(m, 0, what, e);
}

double
mat_norm(const float *x, int64_t d)
{
    double sum = 0;
    for (int64_t t = 0; t < d; t++)
        sum += (double)x[t] * (double)x[t];
    return sqrt(sum);
}

double *
mat_means(const struct mat *m, struct err *e)
{
    double *mean = mem_zero(m->d, sizeof *mean, e);
    for (int64_t i = 0; i < m->n && mean; i++)
        for (int64_t j = 0; j < m->d; j++)
            mean[j] += (double)m->x[i * m->d + j];
    for (int64_t j = 0; j < m->d && mean; j++)
        mean[j] /= (double)m->n;
    return mean;
}
