#include "lib/la/best.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/la/topk.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 }; /* rows */

/* The entries of a chunk of rows, one row after the other. */
struct part {
    struct csr_entry *entry;
    int64_t n, cap;
    int rc;
    struct err err;
};

struct scratch {
    struct best_row row;
    float *order; /* [cols] its values, being put in order */
    int32_t *id;  /* [cols] and their columns */
};

struct making {
    const struct best *b;
    struct csr *a; /* indptr[i + 1] is the length of row i at first */
    struct part *part;
    int64_t parts;
    struct scratch *scratch; /* [threads] */
    struct csr_entry *all;   /* of all ranks' parts, rank after rank */
    struct arena arena;      /* of the arrays but `all` and a's */
};

/* Copies the k largest entries of a row, whose columns ascend, to out. */
static int64_t
keep(struct scratch *s, int64_t k, struct csr_entry *out)
{
    const struct best_row *r = &s->row;
    float least = 0;
    int64_t n = 0, ties = k; /* how many of the entries `least` are kept */
    if (r->n > k) {
        memcpy(s->order, r->value, (size_t)r->n * sizeof *s->order);
        memcpy(s->id, r->id, (size_t)r->n * sizeof *s->id);
        least = topk_divide(s->order, s->id, r->n, k);
        for (int64_t t = 0; t < r->n; t++)
            ties -= r->value[t] > least;
    }
    for (int64_t t = 0; t < r->n; t++) {
        float v = r->value[t];
        if (r->n <= k || v > least || (v >= least && ties-- > 0))
            out[n++] = (struct csr_entry){r->id[t], v};
    }
    return n;
}

static int
add_row(const struct making *m, int64_t i, int thread, struct part *p)
{
    struct scratch *s = &m->scratch[thread];
    s->row.n = 0;
    m->b->row(m->b->ctx, i, thread, &s->row);
    if (!s->row.n)
        return 0;
    void *entry = p->entry;
    int rc =
        mem_grow(&entry, &p->cap, p->n + s->row.n, sizeof *p->entry, &p->err);
    p->entry = entry;
    if (rc)
        return rc;
    csr_sort(s->row.n, s->row.id, s->row.value, p->entry + p->n);
    int64_t n = keep(s, m->b->k, p->entry + p->n);
    m->a->indptr[i + 1] = n;
    p->n += n;
    return 0;
}

static void
fill_part(void *ctx, int64_t c, int thread)
{
    const struct making *m = ctx;
    struct part *p = &m->part[c];
    int64_t end = (c + 1) * CHUNK;
    if (end > m->b->rows)
        end = m->b->rows;
    for (int64_t i = c * CHUNK; i < end && !p->rc; i++)
        p->rc = add_row(m, i, thread, p);
}

/* Makes this rank's parts: rank r of n has the parts r, r + n, r + 2 n, .. */
static void
fill_own(void *ctx, int64_t k, int thread)
{
    fill_part(ctx, k * ranks_count() + ranks_mine(), thread);
}

static int64_t
own_parts(const struct making *m, int rank)
{
    return m->parts > rank ? (m->parts - rank - 1) / ranks_count() + 1 : 0;
}

static int
prepare(struct making *m, int threads, struct err *e)
{
    const struct best *b = m->b;
    struct arena *p = &m->arena;
    m->parts = b->rows / CHUNK + (b->rows % CHUNK != 0);
    m->part = arena_zero(p, m->parts, sizeof *m->part);
    m->scratch = arena_zero(p, threads, sizeof *m->scratch);
    for (int t = 0; m->scratch && t < threads; t++) {
        struct scratch *s = &m->scratch[t];
        s->row.id = arena_new(p, b->cols, sizeof *s->row.id);
        s->row.value = arena_new(p, b->cols, sizeof *s->row.value);
        s->order = arena_new(p, b->cols, sizeof *s->order);
        s->id = arena_new(p, b->cols, sizeof *s->id);
    }
    *m->a = (struct csr){.rows = b->rows, .cols = b->cols};
    m->a->indptr = mem_zero(b->rows + 1, sizeof *m->a->indptr, e);
    return m->a->indptr ? arena_check(p, e) : ERR_NOMEM;
}

/* The lengths of all ranks' rows; those of a part lie together. */
static int
exchange_lengths(struct making *m, int64_t *from, struct err *e)
{
    int64_t *length = mem_zero(m->parts * CHUNK, sizeof *length, e), at = 0;
    if (!length)
        return ERR_NOMEM;
    for (int back = 0; back < 2; back++) {
        at = 0;
        for (int r = 0; r < ranks_count(); r++) {
            from[r] = at * (int64_t)sizeof *length;
            for (int64_t c = r; c < m->parts; c += ranks_count())
                for (int64_t i = c * CHUNK; i < (c + 1) * CHUNK; i++, at++) {
                    if (i >= m->b->rows)
                        continue;
                    if (!back)
                        length[at] = m->a->indptr[i + 1];
                    else
                        m->a->indptr[i + 1] = length[at];
                    if (back && r != ranks_mine())
                        m->part[c].n += length[at];
                }
        }
        from[ranks_count()] = at * (int64_t)sizeof *length;
        if (!back)
            ranks_join(length, from);
    }
    free(length);
    return 0;
}

/* The entries of all ranks' parts, which then lie in m->all. */
static int
exchange_entries(struct making *m, int64_t *from, struct err *e)
{
    int64_t all = 0;
    for (int64_t c = 0; c < m->parts; c++)
        all += m->part[c].n;
    m->all = mem_new(all, sizeof *m->all, e);
    if (!m->all)
        return ERR_NOMEM;
    struct csr_entry *at = m->all;
    for (int r = 0; r < ranks_count(); r++) {
        from[r] = (at - m->all) * (int64_t)sizeof *at;
        for (int64_t c = r; c < m->parts; c += ranks_count()) {
            struct part *p = &m->part[c];
            if (p->entry && p->n)
                memcpy(at, p->entry, (size_t)p->n * sizeof *at);
            free(p->entry);
            p->entry = at;
            at += p->n;
        }
    }
    from[ranks_count()] = all * (int64_t)sizeof *at;
    ranks_join(m->all, from);
    return 0;
}

static int
exchange(struct making *m, struct err *e)
{
    int64_t *from = mem_new(ranks_count() + 1, sizeof *from, e);
    int rc = from ? exchange_lengths(m, from, e) : ERR_NOMEM;
    if (!rc)
        rc = exchange_entries(m, from, e);
    free(from);
    return rc;
}

/* The parts one after the other; each is freed when it has been copied. */
static int
join(struct making *m, struct err *e)
{
    struct csr *a = m->a;
    for (int64_t c = 0; c < m->parts; c++)
        if (m->part[c].rc)
            return err_set(e, m->part[c].rc, "%s", m->part[c].err.msg);
    int rc = ranks_count() > 1 ? exchange(m, e) : 0;
    if (rc)
        return rc;
    for (int64_t c = 0; c < m->parts; c++)
        a->nnz += m->part[c].n;
    a->indices = mem_new(a->nnz, sizeof *a->indices, e);
    a->data = mem_new(a->nnz, sizeof *a->data, e);
    if (!a->indices || !a->data)
        return ERR_NOMEM;
    int64_t at = 0;
    for (int64_t c = 0; c < m->parts; c++) {
        struct part *p = &m->part[c];
        for (int64_t k = 0; k < p->n; k++, at++) {
            a->indices[at] = p->entry[k].column;
            a->data[at] = p->entry[k].value;
        }
        if (!m->all)
            free(p->entry);
        p->entry = NULL;
    }
    for (int64_t i = 0; i < a->rows; i++)
        a->indptr[i + 1] += a->indptr[i];
    return 0;
}

int
best_make(struct csr *a, const struct best *b, struct exec *exec, struct err *e)
{
    struct making m = {.b = b, .a = a};
    int threads = exec_threads(exec);
    int rc = prepare(&m, threads, e);
    if (!rc) {
        exec_for(exec, own_parts(&m, ranks_mine()), fill_own, &m);
        rc = join(&m, e);
    }
    for (int64_t c = 0; m.part && !m.all && c < m.parts; c++)
        free(m.part[c].entry);
    free(m.all);
    arena_free(&m.arena);
    return rc;
}
