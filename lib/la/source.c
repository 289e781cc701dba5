#include "lib/la/source.h"

#include "lib/base/mem.h"
#include "lib/io/kind.h"
#include "lib/la/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HISTORY = 1 << 24, STEP = 1 << 22 };

struct source_state {
    struct npz_in in;
    struct npy npy;
    char *path, *name;
    struct hist *h;
    const char *role;
    char *history;
    int64_t at;    /* next row */
    int64_t taken; /* elements out of all */
    void *raw;     /* elements that are not float32 yet */
    int64_t raw_cap;
    int64_t passes;
    uint32_t id;
    float *all; /* rows that do not lie one after the other in the file */
    struct npy missing; /* the member of that name, and its data or NULL */
    void *list;
};

static const char *const csr_members[] = {
    "format", "shape", "indptr", "indices", "data", NULL};

static int
is_csr_member(const char *name)
{
    for (const char *const *p = csr_members; *p; p++)
        if (strcmp(*p, name) == 0)
            return 1;
    return 0;
}

/* Keeps history.txt, lets other texts pass. */
static int
take_text(struct source *s, const struct npz_head *h, struct err *e)
{
    struct source_state *st = s->state;
    if (strcmp(h->name, "history.txt") != 0 || st->history)
        return 0;
    if (h->bytes > MAX_HISTORY)
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member 'history.txt' is over 16 MiB", s->name);
    return npz_in_take(&st->in, h->bytes, 1, (void **)&st->history, e);
}

/* Kept until x tells how many rows there are. */
static int
take_missing(struct source *s, const struct npz_head *h, struct err *e)
{
    struct source_state *st = s->state;
    st->missing = h->npy;
    free(st->list);
    st->list = NULL;
    return npz_in_take(&st->in, h->bytes, 0, &st->list, e);
}

static int
note_history(struct source *s, const char *text, uint32_t id, struct err *e)
{
    struct source_state *st = s->state;
    if (!st->h)
        return 0;
    return hist_input(st->h, st->role, s->name, text, id, e);
}

static int
open_sparse(struct source *s, const struct npz_head *first, struct err *e)
{
    struct source_state *st = s->state;
    struct npz z;
    int rc = npz_load_rest(&z, &st->in, first, csr_members, e);
    if (rc)
        return rc;
    rc = store_take_csr(&z, "", &s->csr, e);
    if (!rc)
        rc = note_history(s, z.history ? z.history : st->history, z.id, e);
    npz_free(&z);
    s->sparse = 1;
    s->n = s->csr.rows;
    s->d = s->csr.cols;
    if (!rc && s->n == 0)
        rc = err_set(e, ERR_SHAPE,
            "'%s': matrix of %" PRId64 " x %" PRId64 " is empty", s->name, s->n,
            s->d);
    return rc;
}

/* Fortran order: column after column. */
static int
load_reordered(struct source *s, struct err *e)
{
    struct source_state *st = s->state;
    void *raw = NULL;
    int rc = npz_in_take(&st->in, st->npy.count * st->npy.size, 0, &raw, e);
    if (!rc && !(st->all = mem_new(st->npy.count, sizeof *st->all, e)))
        rc = ERR_NOMEM;
    if (!rc)
        npz_to_f32(&st->npy, raw, st->npy.count, st->all);
    free(raw);
    return rc;
}

static int
open_dense(struct source *s, const struct npz_head *h, struct err *e)
{
    struct source_state *st = s->state;
    if (h->npy.kind == '?')
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member 'x': %s is not supported", s->name,
            h->npy.why);
    if (!strchr("fiub", h->npy.kind))
        return err_set(
            e, ERR_FORMAT, "'%s': member 'x' is not numeric", s->name);
    if (h->npy.ndim != 2)
        return err_set(e, ERR_SHAPE,
            "'%s': member 'x' has %d dimensions, not 2", s->name, h->npy.ndim);
    st->npy = h->npy;
    s->n = h->npy.shape[0];
    s->d = h->npy.shape[1];
    if (h->npy.count == 0) /* n rows of nothing could claim any n */
        return err_set(e, ERR_SHAPE,
            "'%s': matrix of %" PRId64 " x %" PRId64 " is empty", s->name, s->n,
            s->d);
    missing_free(&s->missing);
    if (st->list) {
        int rc =
            missing_set(&s->missing, s->name, &st->missing, st->list, s->n, e);
        if (rc)
            return rc;
    }
    free(st->all);
    st->all = NULL;
    if (st->npy.fortran)
        return load_reordered(s, e);
    int64_t bytes;
    s->seekable = st->in.x.file_bytes >= 0 && st->in.x.fd > 0 &&
                  !__builtin_mul_overflow(h->npy.count, h->npy.size, &bytes) &&
                  bytes <= st->in.x.file_bytes;
    return 0;
}

/* Walks to the first member that tells what the operand is. */
static int
enter(struct source *s, struct err *e)
{
    static const char wanted[] =
        "item features or a graph of items: see stair-features(1)";
    struct source_state *st = s->state;
    unsigned seen = 0;
    int rc = npz_in_open(&st->in, st->path, e);
    if (rc)
        return rc == ERR_OTHER ? kind_other(wanted, e) : rc;
    if (!st->name && !(st->name = strdup(st->in.x.name)))
        return err_set(e, ERR_NOMEM, "out of memory");
    s->name = st->name;
    for (;;) {
        struct npz_head h;
        rc = npz_in_next(&st->in, &h, e);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return kind_not(s->name, kind_of(seen), "x", wanted, e);
        if (!h.text)
            kind_see(&seen, h.name);
        if (h.text)
            rc = take_text(s, &h, e);
        else if (strcmp(h.name, "x") == 0)
            return open_dense(s, &h, e);
        else if (strcmp(h.name, "missing") == 0)
            rc = take_missing(s, &h, e);
        else if (is_csr_member(h.name))
            return open_sparse(s, &h, e);
        else
            rc = 0;
        if (rc)
            return rc;
    }
}

int
source_open(struct source *s, const char *path, struct hist *h,
    const char *role, struct err *e)
{
    *s = (struct source){0};
    s->state = mem_zero(1, sizeof *s->state, e);
    if (!s->state)
        return ERR_NOMEM;
    struct source_state *st = s->state;
    st->h = h;
    st->role = role;
    st->path = strdup(path);
    int rc = st->path ? enter(s, e) : err_set(e, ERR_NOMEM, "out of memory");
    if (rc)
        source_close(s);
    return rc;
}

/* n elements from the stream, converted. */
static int
read_elements(struct source *s, int64_t n, float *dst, struct err *e)
{
    struct source_state *st = s->state;
    int size = st->npy.size;
    if (st->all) {
        memcpy(dst, st->all + st->taken, (size_t)n * sizeof *dst);
        st->taken += n;
        return 0;
    }
    if (st->npy.kind == 'f' && size == 4)
        return n ? npz_in_read(&st->in, dst, n * size, e) : 0;
    while (n > 0) {
        int64_t k = n < STEP / 16 ? n : STEP / 16;
        int rc = mem_grow(&st->raw, &st->raw_cap, k, (size_t)size, e);
        if (!rc)
            rc = npz_in_read(&st->in, st->raw, k * size, e);
        if (rc)
            return rc;
        npz_to_f32(&st->npy, st->raw, k, dst);
        dst += k;
        n -= k;
    }
    return 0;
}

int
source_rows(struct source *s, int64_t k, float *dst, struct err *e)
{
    struct source_state *st = s->state;
    int rc = read_elements(s, k * s->d, dst, e);
    if (!rc) {
        missing_clear(&s->missing, st->at, k, s->d, dst);
        rc = mat_check_rows(&(struct mat){k, s->d, dst}, st->at, s->name, e);
    }
    st->at += k;
    return rc;
}

int
source_load(struct source *s, float **x, struct err *e)
{
    int64_t count = s->state->npy.count, done = 0, cap = 0;
    float *p = NULL;
    int rc = 0;
    if (s->seekable && !(p = mem_new(count, sizeof *p, e)))
        return ERR_NOMEM;
    do {
        int64_t k = count - done < STEP ? count - done : STEP;
        if (!s->seekable)
            rc = mem_grow(&p, &cap, done + k, sizeof *p, e);
        if (!rc)
            rc = read_elements(s, k, p + done, e);
        if (rc)
            break;
        done += k;
    } while (done < count);
    s->state->at = s->n;
    if (!rc) {
        missing_clear(&s->missing, 0, s->n, s->d, p);
        rc = mat_check_finite(&(struct mat){s->n, s->d, p}, s->name, e);
    }
    if (!rc)
        rc = source_end(s, e);
    if (rc) {
        free(p);
        return rc;
    }
    *x = p;
    return 0;
}

int
source_end(struct source *s, struct err *e)
{
    struct source_state *st = s->state;
    if (s->sparse)
        return 0;
    int rc;
    do {
        struct npz_head h;
        rc = npz_in_next(&st->in, &h, e);
        if (rc > 0 && h.text && take_text(s, &h, e))
            return ERR_FORMAT;
        if (rc > 0 && !h.text && strcmp(h.name, "missing") == 0)
            return missing_late(s->name, e);
    } while (rc > 0);
    if (rc)
        return rc;
    uint32_t id = npz_in_id(&st->in);
    if (st->passes++ == 0) {
        st->id = id;
        return note_history(s, st->history, id, e);
    }
    if (id != st->id)
        return err_set(
            e, ERR_FORMAT, "'%s' changed while it was read", s->name);
    return 0;
}

int
source_rewind(struct source *s, struct err *e)
{
    struct source_state *st = s->state;
    int64_t n = s->n, d = s->d;
    npz_in_close(&st->in);
    st->at = st->taken = 0;
    int rc = enter(s, e);
    if (!rc && (s->sparse || s->n != n || s->d != d))
        rc = err_set(e, ERR_FORMAT, "'%s' changed while it was read", s->name);
    return rc;
}

void
source_close(struct source *s)
{
    struct source_state *st = s->state;
    if (st) {
        npz_in_close(&st->in);
        free(st->path);
        free(st->name);
        free(st->history);
        free(st->raw);
        free(st->list);
        free(st->all);
        free(st);
    }
    csr_free(&s->csr);
    missing_free(&s->missing);
    *s = (struct source){0};
}
