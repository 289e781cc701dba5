#include "lib/la/store.h"

#include "lib/base/mem.h"
#include "lib/io/kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
store_take_mat(struct npz *z, const char *name, struct mat *m, struct err *e)
{
    struct npy shape;
    int rc = npz_take_f32(z, name, 2, &m->x, &shape, e);
    if (rc)
        return rc;
    *m = (struct mat){shape.shape[0], shape.shape[1], m->x};
    return mat_check_finite(m, z->path, e);
}

int
store_take_missing(
    const struct npz *z, int64_t rows, struct missing *missing, struct err *e)
{
    const struct npz_array *a = npz_find(z, "missing");
    *missing = (struct missing){0};
    return a && a->data
               ? missing_set(missing, z->path, &a->npy, a->data, rows, e)
               : 0;
}

int
store_read_mat(const char *path, struct mat *m, struct hist *h,
    const char *role, const char *wanted, struct err *e)
{
    return store_read_features(path, m, NULL, h, role, wanted, e);
}

int
store_read_features(const char *path, struct mat *m, struct missing *missing,
    struct hist *h, const char *role, const char *wanted, struct err *e)
{
    static const char *const members[] = {"x", "missing", NULL};
    *m = (struct mat){0};
    if (missing)
        *missing = (struct missing){0};
    struct npz z;
    int rc = kind_load(&z, path, members, wanted, e);
    if (rc)
        return rc;
    struct npy shape;
    rc = npz_find(&z, "x") ? npz_take_f32(&z, "x", 2, &m->x, &shape, e)
                           : kind_refuse(&z, "x", wanted, e);
    if (!rc) {
        m->n = shape.shape[0];
        m->d = shape.shape[1];
        /* an empty matrix costs no bytes whatever its other side claims */
        if (shape.count == 0 && (m->n | m->d) > INT32_MAX)
            rc = err_set(e, ERR_SHAPE,
                "'%s': member 'x' is empty and claims %" PRId64 " x %" PRId64,
                z.path, m->n, m->d);
    }
    if (!rc)
        rc = mat_check_finite(m, z.path, e);
    if (!rc && missing)
        rc = store_take_missing(&z, m->n, missing, e);
    if (!rc && h)
        rc = hist_input(h, role, z.path, z.history, z.id, e);
    npz_free(&z);
    if (rc)
        mat_free(m);
    if (rc && missing)
        missing_free(missing);
    return rc;
}

/* SciPy's rows are nearly always sorted. */
static int
sort_rows(struct csr *a, struct err *e)
{
    void *room = NULL;
    int64_t cap = 0;
    int rc = 0;
    for (int64_t i = 0; i < a->rows && !rc; i++) {
        int64_t from = a->indptr[i], to = a->indptr[i + 1];
        if (from < 0 || from > to || to > a->nnz)
            break; /* csr_check says it */
        rc = mem_grow(&room, &cap, to - from, sizeof(struct csr_entry), e);
        if (!rc)
            csr_sort(to - from, a->indices + from, a->data + from, room);
    }
    free(room);
    return rc;
}

/* A member's name: prefix and word. */
struct name {
    char s[NPZ_NAME];
};

static struct name
name_of(const char *prefix, const char *word)
{
    struct name n;
    snprintf(n.s, sizeof n.s, "%s%s", prefix, word);
    return n;
}

/* SciPy writes which of its formats it is, as a byte string of any width. */
static int
check_format(struct npz *z, const char *prefix, struct err *e)
{
    struct name name = name_of(prefix, "format");
    const struct npz_array *f = npz_find(z, name.s);
    if (!f || !f->data)
        return err_set(
            e, ERR_FORMAT, "'%s' has no member '%s'", z->path, name.s);
    int wide = npy_is_unicode(&f->npy), known = wide || f->npy.kind == 'S';
    char word[5] = "";
    for (int i = 0; known && f->npy.count == 1 && i < 4; i++) {
        int at = wide ? 4 * i : i;
        word[i] = at < f->npy.size ? ((const char *)f->data)[at] : 0;
    }
    if (strcmp(word, "csr") != 0)
        return err_set(e, ERR_FORMAT,
            "'%s' is sparse but not csr (convert it with .tocsr())", z->path);
    return 0;
}

/* Rows and columns of a. */
static int
take_shape(struct npz *z, const char *prefix, struct csr *a, struct err *e)
{
    int64_t *shape = NULL;
    struct npy h;
    int rc = npz_take_i64(z, name_of(prefix, "shape").s, 1, &shape, &h, e);
    if (rc)
        return rc;
    if (h.count != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] == INT64_MAX ||
        shape[1] > (int64_t)INT32_MAX + 1)
        rc = err_set(
            e, ERR_SHAPE, "'%s': shape is not two usable sizes", z->path);
    else {
        a->rows = shape[0];
        a->cols = shape[1];
    }
    free(shape);
    return rc;
}

int
store_take_csr(struct npz *z, const char *prefix, struct csr *a, struct err *e)
{
    *a = (struct csr){0};
    struct npy hp, hi, hd;
    int rc = check_format(z, prefix, e);
    if (!rc)
        rc = take_shape(z, prefix, a, e);
    if (!rc)
        rc =
            npz_take_i64(z, name_of(prefix, "indptr").s, 1, &a->indptr, &hp, e);
    if (!rc)
        rc = npz_take_i32(
            z, name_of(prefix, "indices").s, 1, &a->indices, &hi, e);
    if (!rc)
        rc = npz_take_f32(z, name_of(prefix, "data").s, 1, &a->data, &hd, e);
    if (!rc) {
        a->nnz = hi.count;
        if (hp.count != a->rows + 1 || hd.count != a->nnz)
            rc = err_set(e, ERR_SHAPE,
                "'%s': lengths of indptr, indices and data disagree", z->path);
    }
    if (!rc)
        rc = sort_rows(a, e);
    if (!rc)
        rc = csr_check(a, z->path, e);
    if (rc)
        csr_free(a);
    return rc;
}

int
store_read_csr(const char *path, struct csr *a, struct hist *h,
    const char *role, const char *wanted, struct err *e)
{
    static const char *const members[] = {
        "format", "shape", "indptr", "indices", "data", NULL};
    *a = (struct csr){0};
    struct npz z;
    int rc = kind_load(&z, path, members, wanted, e);
    if (rc)
        return rc;
    rc = npz_find(&z, "format") ? store_take_csr(&z, "", a, e)
                                : kind_refuse(&z, "format", wanted, e);
    if (!rc && h)
        rc = hist_input(h, role, z.path, z.history, z.id, e);
    npz_free(&z);
    if (rc)
        csr_free(a);
    return rc;
}

void
store_put_mat(struct npz_out *z, const char *name, const struct mat *m)
{
    int64_t shape[] = {m->n, m->d};
    struct npy h = npy_make('f', 4, 2, shape);
    npz_out_array(z, name, &h, m->x);
}

int
store_write_mat(
    const char *path, const struct mat *m, const char *history, struct err *e)
{
    return store_write_features(path, m, &(struct missing){0}, history, e);
}

int
store_write_features(const char *path, const struct mat *m,
    const struct missing *missing, const char *history, struct err *e)
{
    struct npz_out z;
    npz_out_open(&z, path, history);
    missing_put(&z, missing, m->n);
    store_put_mat(&z, "x", m);
    return npz_out_commit(&z, e);
}

/* data may be NULL in memory; on disk it is always there, as SciPy needs it. */
static void
put_values(struct npz_out *z, const char *name, const struct csr *a)
{
    struct err e;
    if (a->data) {
        npz_out_list(z, name, 'f', 4, a->nnz, a->data);
        return;
    }
    float *ones = mem_new(a->nnz, sizeof *ones, &e);
    for (int64_t k = 0; k < a->nnz && ones; k++)
        ones[k] = 1.0f;
    if (ones)
        npz_out_list(z, name, 'f', 4, a->nnz, ones);
    else
        xout_fail(&z->x, ERR_NOMEM, "%s", e.msg);
    free(ones);
}

void
store_put_csr(struct npz_out *z, const char *prefix, const struct csr *a,
    const char *name)
{
    int64_t shape[] = {a->rows, a->cols};
    npz_out_string(z, name_of(prefix, "format").s, "csr");
    if (name)
        npz_out_string(z, name_of(prefix, "name").s, name);
    npz_out_list(z, name_of(prefix, "shape").s, 'i', 8, 2, shape);
    npz_out_list(
        z, name_of(prefix, "indptr").s, 'i', 8, a->rows + 1, a->indptr);
    npz_out_list(z, name_of(prefix, "indices").s, 'i', 4, a->nnz, a->indices);
    put_values(z, name_of(prefix, "data").s, a);
}

int
store_write_csr(
    const char *path, const struct csr *a, const char *history, struct err *e)
{
    struct npz_out z;
    npz_out_open(&z, path, history);
    store_put_csr(&z, "", a, NULL);
    return npz_out_commit(&z, e);
}
