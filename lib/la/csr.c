#include "lib/la/csr.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static int
by_column(const void *a, const void *b)
{
    const struct csr_entry *x = a, *y = b;
    return (x->column > y->column) - (x->column < y->column);
}

void
csr_sort(int64_t n, int32_t *column, float *value, struct csr_entry *room)
{
    int64_t k = 1;
    while (k < n && column[k - 1] <= column[k])
        k++;
    if (k >= n)
        return;
    for (k = 0; k < n; k++)
        room[k] = (struct csr_entry){column[k], value[k]};
    qsort(room, (size_t)n, sizeof *room, by_column);
    for (k = 0; k < n; k++) {
        column[k] = room[k].column;
        value[k] = room[k].value;
    }
}

int
csr_init(struct csr *a, int64_t rows, int64_t cols, int64_t nnz, int with_data,
    struct err *e)
{
    *a = (struct csr){0};
    if (rows < 0 || rows == INT64_MAX || cols < 0 || nnz < 0 ||
        cols > (int64_t)INT32_MAX + 1)
        return err_set(e, ERR_RANGE,
            "sparse matrix of %" PRId64 " x %" PRId64 " is too large", rows,
            cols);
    a->indptr = mem_new(rows + 1, sizeof *a->indptr, e);
    a->indices = mem_new(nnz, sizeof *a->indices, e);
    if (with_data)
        a->data = mem_new(nnz, sizeof *a->data, e);
    if (!a->indptr || !a->indices || (with_data && !a->data)) {
        csr_free(a);
        return ERR_NOMEM;
    }
    a->rows = rows;
    a->cols = cols;
    a->nnz = nnz;
    a->indptr[0] = 0;
    return 0;
}

void
csr_free(struct csr *a)
{
    free(a->indptr);
    free(a->indices);
    free(a->data);
    *a = (struct csr){0};
}

struct csr
csr_in(struct arena *p, int64_t rows, int64_t cols, int64_t nnz, int with_data)
{
    struct csr a = {0};
    if (!p->rc)
        p->rc = csr_init(&a, rows, cols, nnz, with_data, &p->err);
    csr_keep(&a, p);
    return a;
}

void
csr_keep(struct csr *a, struct arena *p)
{
    a->indptr = arena_take(p, a->indptr);
    a->indices = arena_take(p, a->indices);
    a->data = arena_take(p, a->data);
    if (p->rc)
        *a = (struct csr){0};
}

int
csr_check(const struct csr *a, const char *what, struct err *e)
{
    if (a->indptr[0] != 0 || a->indptr[a->rows] != a->nnz)
        return err_set(e, ERR_FORMAT,
            "'%s': row pointers do not span the %" PRId64 " entries", what,
            a->nnz);
    for (int64_t i = 0; i < a->rows; i++) {
        int64_t from = a->indptr[i], to = a->indptr[i + 1];
        if (from > to || from < 0 || to > a->nnz)
            return err_set(e, ERR_FORMAT,
                "'%s': row pointers decrease at row %" PRId64, what, i);
        for (int64_t k = from; k < to; k++) {
            int32_t j = a->indices[k];
            if (j < 0 || j >= a->cols)
                return err_set(e, ERR_RANGE,
                    "'%s': row %" PRId64 ": column %" PRId32
                    " is outside 0..%" PRId64,
                    what, i, j, a->cols - 1);
            if (k > from && j <= a->indices[k - 1])
                return err_set(e, ERR_FORMAT,
                    "'%s': row %" PRId64
                    ": columns are not ascending and unique",
                    what, i);
            if (a->data && !isfinite(a->data[k]))
                return err_set(e, ERR_NUM,
                    "'%s': value at row %" PRId64 ", column %" PRId32
                    " is not finite (%g)",
                    what, i, j, (double)a->data[k]);
        }
    }
    return 0;
}

int64_t *
csr_column_counts(const struct csr *a, struct err *e)
{
    int64_t *n = mem_zero(a->cols, sizeof *n, e);
    for (int64_t k = 0; n && k < a->nnz; k++)
        n[a->indices[k]]++;
    return n;
}

int
csr_transpose(const struct csr *a, struct csr *t, struct err *e)
{
    int rc = csr_init(t, a->cols, a->rows, a->nnz, a->data != NULL, e);
    if (!rc)
        csr_transpose_into(a, t);
    return rc;
}

void
csr_transpose_into(const struct csr *a, struct csr *t)
{
    t->rows = a->cols;
    t->cols = a->rows;
    t->nnz = a->nnz;
    for (int64_t j = 0; j <= t->rows; j++)
        t->indptr[j] = 0;
    for (int64_t k = 0; k < a->nnz; k++)
        t->indptr[a->indices[k] + 1]++;
    for (int64_t j = 0; j < t->rows; j++)
        t->indptr[j + 1] += t->indptr[j];
    /* indptr[j] is the position at which row j is written next; afterwards all
     * are shifted back. */
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1]; k++) {
            int64_t at = t->indptr[a->indices[k]]++;
            t->indices[at] = (int32_t)i;
            if (a->data)
                t->data[at] = a->data[k];
        }
    for (int64_t j = t->rows; j > 0; j--)
        t->indptr[j] = t->indptr[j - 1];
    t->indptr[0] = 0;
}

int
csr_select(const struct csr *a, const int64_t *row, int64_t rows,
    const int64_t *col, int64_t cols, struct csr *out, struct err *e)
{
    int rc = csr_init(out, rows, cols, a->nnz, a->data != NULL, e);
    if (rc)
        return rc;
    out->nnz = 0;
    for (int64_t i = 0; i < rows; i++) {
        int64_t r = row ? row[i] : i, k = r < 0 ? 0 : a->indptr[r];
        for (; r >= 0 && k < a->indptr[r + 1]; k++) {
            int64_t j = col ? col[a->indices[k]] : a->indices[k];
            if (j < 0)
                continue;
            if (a->data)
                out->data[out->nnz] = a->data[k];
            out->indices[out->nnz++] = (int32_t)j;
        }
        out->indptr[i + 1] = out->nnz;
    }
    return 0;
}

/* Row i of max(a, t) is written from position at on; if s is NULL, it is only
 * counted. Returns the position after it. */
static int64_t
merge_row(const struct csr *a, const struct csr *t, int64_t i, struct csr *s,
    int64_t at)
{
    int64_t p = a->indptr[i], q = t->indptr[i];
    while (p < a->indptr[i + 1] || q < t->indptr[i + 1]) {
        int64_t c = p < a->indptr[i + 1] ? a->indices[p] : INT64_MAX;
        int64_t r = q < t->indptr[i + 1] ? t->indices[q] : INT64_MAX;
        if (s) {
            float v = c <= r ? csr_value(a, p) : csr_value(t, q);
            if (c == r && csr_value(t, q) > v)
                v = csr_value(t, q);
            s->indices[at] = (int32_t)(c < r ? c : r);
            s->data[at] = v;
        }
        p += c <= r;
        q += r <= c;
        at++;
    }
    return at;
}

int
csr_symmetrise(const struct csr *a, struct csr *s, struct err *e)
{
    *s = (struct csr){0};
    struct csr t;
    int rc = csr_transpose(a, &t, e);
    if (rc)
        return rc;
    int64_t nnz = 0;
    for (int64_t i = 0; i < a->rows; i++)
        nnz = merge_row(a, &t, i, NULL, nnz);
    rc = csr_init(s, a->rows, a->cols, nnz, 1, e);
    int64_t at = 0;
    for (int64_t i = 0; !rc && i < a->rows; i++)
        s->indptr[i + 1] = at = merge_row(a, &t, i, s, at);
    csr_free(&t);
    return rc;
}

int
csr_is_symmetric(const struct csr *a, int64_t *row, int64_t *col, struct err *e)
{
    *row = *col = -1;
    if (a->rows != a->cols)
        return 0;
    struct csr t;
    int rc = csr_transpose(a, &t, e);
    if (rc)
        return rc;
    int same = 1;
    for (int64_t i = 0; i < a->rows && same; i++) {
        int64_t p = a->indptr[i], q = t.indptr[i];
        for (; same && (p < a->indptr[i + 1] || q < t.indptr[i + 1]);
             p++, q++) {
            int64_t c = p < a->indptr[i + 1] ? a->indices[p] : INT64_MAX;
            int64_t d = q < t.indptr[i + 1] ? t.indices[q] : INT64_MAX;
            same = c == d && csr_value(a, p) == csr_value(&t, q);
            if (!same) {
                *row = i;
                *col = c < d ? c : d;
            }
        }
    }
    csr_free(&t);
    return same;
}
