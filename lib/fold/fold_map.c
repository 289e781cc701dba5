#include "lib/fold/fold_map.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Users are added up in so many ranges, whatever their number; within a range
 * a chunk at a time is multiplied. */
enum { RANGES = 16, CHUNK = 256 };

static int
mark_items(struct fold_map *m, struct err *e)
{
    const struct mat *v = m->vector;
    m->has = mem_zero(v->n, 1, e);
    if (!m->has)
        return ERR_NOMEM;
    for (int64_t i = 0; i < v->n; i++)
        for (int64_t t = 0; t < v->d && !m->has[i]; t++)
            m->has[i] = v->x[i * v->d + t] != 0;
    return 0;
}

static void
add_row(double *to, const struct mat *m, int64_t i)
{
    const float *x = m->x + i * m->d;
    for (int64_t t = 0; t < m->d; t++)
        to[t] += (double)x[t];
}

/* phi of the items, [m->from]; returns n. */
static int64_t
make_phi(
    const struct fold_map *m, const int32_t *item, int64_t count, double *phi)
{
    int64_t d = m->vector->d, p = m->param ? m->param->d : 0, n = 0;
    double *mean = phi, *param = phi + d, *root = phi + d + p;
    memset(phi, 0, (size_t)m->from * sizeof *phi);
    for (int64_t k = 0; k < count; k++) {
        if (!m->has[item[k]])
            continue;
        n++;
        add_row(mean, m->vector, item[k]);
        if (m->param)
            add_row(param, m->param, item[k]);
    }
    double by_n = n ? 1 / (double)n : 0, by_root = sqrt(by_n);
    for (int64_t t = 0; t < d; t++) {
        root[t] = mean[t] * by_root;
        mean[t] *= by_n;
    }
    for (int64_t t = 0; t < p; t++)
        param[t] *= by_n;
    return n;
}

/* The normal equations, of all or of a range's users. */
struct sums {
    double *gram;  /* [from][from] */
    double *right; /* [to][from] */
    double *phi;   /* [CHUNK][from] */
    double *y;     /* [CHUNK][to] */
};

struct fit {
    const struct fold_map *map;
    const struct fold_map_fit *users;
    struct sums range[RANGES];
};

static struct sums
sums_in(struct arena *m, int64_t from, int64_t to)
{
    return (struct sums){.gram = arena_zero(m, from * from, sizeof(double)),
        .right = arena_zero(m, to * from, sizeof(double)),
        .phi = arena_new(m, CHUNK * from, sizeof(double)),
        .y = arena_new(m, CHUNK * to, sizeof(double))};
}

static void
copy_row(double *to, const struct mat *m, int64_t i)
{
    for (int64_t t = 0; t < m->d; t++)
        to[t] = (double)m->x[i * m->d + t];
}

static void
add_chunk(struct sums *s, int64_t n, int64_t from, int64_t to)
{
    blas_dgemm(
        1, 0, from, from, n, 1, s->phi, from, s->phi, from, 1, s->gram, from);
    blas_dgemm(1, 0, to, from, n, 1, s->y, to, s->phi, from, 1, s->right, from);
}

static void
add_range(void *ctx, int64_t r, int thread)
{
    (void)thread;
    struct fit *f = ctx;
    struct sums *s = &f->range[r];
    const struct fold_map *m = f->map;
    const struct csr *h = f->users->history;
    int64_t n = 0;
    for (int64_t u = h->rows * r / RANGES; u < h->rows * (r + 1) / RANGES;
         u++) {
        const int32_t *item = h->indices + h->indptr[u];
        if (!f->users->use[u] ||
            !make_phi(
                m, item, h->indptr[u + 1] - h->indptr[u], s->phi + n * m->from))
            continue;
        double *y = s->y + n * m->to;
        copy_row(y, f->users->vector, u);
        if (m->param)
            copy_row(y + f->users->vector->d, f->users->param, u);
        if (++n == CHUNK) {
            add_chunk(s, n, m->from, m->to);
            n = 0;
        }
    }
    if (n)
        add_chunk(s, n, m->from, m->to);
}

static void
join(struct fit *f)
{
    const struct fold_map *m = f->map;
    struct sums *all = &f->range[0];
    for (int r = 1; r < RANGES; r++) {
        for (int64_t k = 0; k < m->from * m->from; k++)
            all->gram[k] += f->range[r].gram[k];
        for (int64_t k = 0; k < m->to * m->from; k++)
            all->right[k] += f->range[r].right[k];
    }
}

/* The ridge is 0 if the users have no items or all their items are 0: W is
 * 0. */
static int
solve(struct fold_map *m, struct sums *s, struct err *e)
{
    double trace = 0;
    for (int64_t k = 0; k < m->from; k++)
        trace += s->gram[k * m->from + k];
    double ridge = FOLD_MAP_RIDGE * trace / (double)m->from;
    if (!(ridge > 0))
        return 0;
    for (int64_t k = 0; k < m->from; k++)
        s->gram[k * m->from + k] += ridge;
    int rc = blas_dposv(m->from, m->to, s->gram, s->right, e);
    for (int64_t k = 0; k < m->from && !rc; k++)
        for (int64_t j = 0; j < m->to; j++)
            m->w[k * m->to + j] = s->right[j * m->from + k];
    return rc;
}

int
fold_map_make(struct fold_map *m, const struct mat *vector,
    const struct mat *param, const struct fold_map_fit *users, struct err *e)
{
    int params = param && param->x && users->param && users->param->x;
    int64_t p = params ? param->d : 0;
    *m = (struct fold_map){.vector = vector,
        .param = p ? param : NULL,
        .from = 2 * vector->d + p,
        .to = users->vector->d + (p ? users->param->d : 0)};
    struct fit f = {.map = m, .users = users};
    struct arena mem = {0};
    for (int r = 0; r < RANGES; r++)
        f.range[r] = sums_in(&mem, m->from, m->to);
    int rc = arena_check(&mem, e);
    if (!rc)
        rc = mark_items(m, e);
    m->w = mem_zero(m->from * m->to, sizeof *m->w, e);
    if (!m->w)
        rc = ERR_NOMEM;
    if (!rc) {
        exec_for(users->exec, RANGES, add_range, &f);
        join(&f);
        rc = solve(m, &f.range[0], e);
    }
    arena_free(&mem);
    if (rc)
        fold_map_free(m);
    return rc;
}

int
fold_map_row(const struct fold_map *m, const int32_t *item, int64_t n,
    double *room, float *y)
{
    double *phi = room, *sum = room + m->from;
    int any = make_phi(m, item, n, phi) > 0;
    memset(sum, 0, (size_t)m->to * sizeof *sum);
    for (int64_t k = 0; k < m->from && any; k++)
        for (int64_t j = 0; j < m->to; j++)
            sum[j] += phi[k] * m->w[k * m->to + j];
    for (int64_t j = 0; j < m->to; j++)
        y[j] = (float)sum[j];
    return any;
}

void
fold_map_free(struct fold_map *m)
{
    free(m->has);
    free(m->w);
    *m = (struct fold_map){0};
}
