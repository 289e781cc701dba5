/*
 * ItemKNN, item-based collaborative filtering. Row i of the matrix holds the K
 * items j of largest
 *   sim_ij = c_ij / (sqrt(n_i n_j) + H)
 * among those with c_ij > 0 but i itself, ties (of the float32) to the smaller
 * item. n_i counts the users of i, c_ij those of both. A user's scores are the
 * sum of his items' rows (lib/rank/scorer.h).
 *
 * sim is computed in double and stored in float; bytes do not depend on
 * threads. Cost: the sum over users of their squared number of items. Memory:
 * twice the result and I counters a thread.
 */
#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/topk.h"
#include "lib/models/system.h"

#include <math.h>
#include <stdlib.h>

enum { CHUNK = 64 }; /* items */

struct neighbour {
    int32_t id;
    float sim;
};

/* The neighbours of a chunk of items, row after row. */
struct part {
    struct neighbour *list;
    int64_t n, cap;
    int rc;
    struct err err;
};

struct scratch {
    int32_t *count; /* [I] users shared with the present item, else 0 */
    int32_t *with;  /* [I] the items whose count is not 0 */
    int32_t *id;    /* [most] */
    float *sim;     /* [most] */
};

struct build {
    const struct csr *train;
    struct csr users;  /* I x U */
    int64_t neighbors; /* K */
    double shrink;     /* H */
    struct csr *graph; /* indptr[i + 1] is the length of row i at first */
    int64_t most;      /* neighbours that a row can have */
    struct part *part; /* [chunks] */
    int64_t parts;
    struct scratch *scratch; /* [threads] */
    struct exec *exec;
};

static double
users_of(const struct build *b, int64_t i)
{
    return (double)(b->users.indptr[i + 1] - b->users.indptr[i]);
}

/* Which items share users with item i, and how many users: s->with and
 * s->count. Returns the number of these items. */
static int64_t
count(const struct build *b, struct scratch *s, int64_t i)
{
    const struct csr *train = b->train;
    int64_t n = 0;
    for (int64_t k = b->users.indptr[i]; k < b->users.indptr[i + 1]; k++) {
        int64_t u = b->users.indices[k];
        for (int64_t m = train->indptr[u]; m < train->indptr[u + 1]; m++) {
            int32_t j = train->indices[m];
            if (!s->count[j]++)
                s->with[n++] = j;
        }
    }
    return n;
}

static int
by_id(const void *a, const void *b)
{
    const struct neighbour *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int
add_row(const struct build *b, struct scratch *s, int64_t i, struct part *p)
{
    struct topk top;
    int64_t n = count(b, s, i);
    topk_init(&top, b->most, s->sim, s->id);
    for (int64_t k = 0; k < n; k++) {
        int32_t j = s->with[k];
        double both = s->count[j];
        s->count[j] = 0;
        double size = sqrt(users_of(b, i) * users_of(b, j));
        if (j != i)
            topk_push(&top, (float)(both / (size + b->shrink)), j);
    }
    if (!top.n)
        return 0;
    void *list = p->list;
    int rc = mem_grow(&list, &p->cap, p->n + top.n, sizeof *p->list, &p->err);
    p->list = list;
    if (rc)
        return rc;
    struct neighbour *row = p->list + p->n;
    for (int64_t k = 0; k < top.n; k++)
        row[k] = (struct neighbour){top.id[k], top.score[k]};
    qsort(row, (size_t)top.n, sizeof *row, by_id);
    b->graph->indptr[i + 1] = top.n;
    p->n += top.n;
    return 0;
}

static void
fill_part(void *ctx, int64_t c, int thread)
{
    struct build *b = ctx;
    struct part *p = &b->part[c];
    int64_t end = (c + 1) * CHUNK;
    if (end > b->train->cols)
        end = b->train->cols;
    for (int64_t i = c * CHUNK; i < end && !p->rc; i++)
        p->rc = add_row(b, &b->scratch[thread], i, p);
}

static int
prepare(struct build *b, struct err *e)
{
    int64_t items = b->train->cols;
    b->most = b->neighbors < items ? b->neighbors : items;
    b->parts = items / CHUNK + (items % CHUNK != 0);
    b->part = mem_zero(b->parts, sizeof *b->part, e);
    b->scratch = mem_zero(exec_threads(b->exec), sizeof *b->scratch, e);
    if (!b->part || !b->scratch)
        return ERR_NOMEM;
    for (int t = 0; t < exec_threads(b->exec); t++) {
        struct scratch *s = &b->scratch[t];
        s->count = mem_zero(items, sizeof *s->count, e);
        s->with = mem_new(items, sizeof *s->with, e);
        s->id = mem_new(b->most, sizeof *s->id, e);
        s->sim = mem_new(b->most, sizeof *s->sim, e);
        if (!s->count || !s->with || !s->id || !s->sim)
            return ERR_NOMEM;
    }
    return csr_transpose(b->train, &b->users, e);
}

/* The parts one after the other. */
static int
join(struct build *b, struct err *e)
{
    struct csr *g = b->graph;
    for (int64_t c = 0; c < b->parts; c++) {
        if (b->part[c].rc)
            return err_set(e, b->part[c].rc, "%s", b->part[c].err.msg);
        g->nnz += b->part[c].n;
    }
    g->indices = mem_new(g->nnz, sizeof *g->indices, e);
    g->data = mem_new(g->nnz, sizeof *g->data, e);
    if (!g->indices || !g->data)
        return ERR_NOMEM;
    int64_t at = 0;
    for (int64_t c = 0; c < b->parts; c++)
        for (int64_t k = 0; k < b->part[c].n; k++, at++) {
            g->indices[at] = b->part[c].list[k].id;
            g->data[at] = b->part[c].list[k].sim;
        }
    for (int64_t i = 0; i < g->rows; i++)
        g->indptr[i + 1] += g->indptr[i];
    return 0;
}

static int
make(struct model *m, const struct system_args *o, struct err *e)
{
    const struct csr *train = o->train;
    struct csr *graph = &m->sparse;
    struct build b = {.train = train,
        .neighbors = system_int(o, "neighbors"),
        .shrink = system_real(o, "shrink"),
        .graph = graph,
        .exec = o->exec};
    *graph = (struct csr){.rows = train->cols, .cols = train->cols};
    graph->indptr = mem_zero(train->cols + 1, sizeof *graph->indptr, e);
    int rc = graph->indptr ? prepare(&b, e) : ERR_NOMEM;
    if (!rc) {
        exec_for(b.exec, b.parts, fill_part, &b);
        rc = join(&b, e);
    }
    for (int t = 0; b.scratch && t < exec_threads(b.exec); t++) {
        free(b.scratch[t].count);
        free(b.scratch[t].with);
        free(b.scratch[t].id);
        free(b.scratch[t].sim);
    }
    for (int64_t c = 0; b.part && c < b.parts; c++)
        free(b.part[c].list);
    free(b.scratch);
    free(b.part);
    csr_free(&b.users);
    return rc;
}

static const struct system_param params[] = {
    {"neighbors", "K", SYSTEM_WHOLE, 100, 1, 1e6,
        "neighbours of an item, itself left out"},
    {"shrink", "H", SYSTEM_REAL, 100, 0, 1e9,
        "added to a similarity's denominator"},
    {.name = NULL}};

const struct system itemknn_system = {.name = "itemknn",
    .line = "s_ij = c_ij / (sqrt(n_i n_j) + H), summed; not trained",
    .kind = MODEL_SPARSE,
    .param = params,
    .make = make};
