#include "lib/io/npy.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A cursor over the dictionary, which is a Python literal. */
struct cur {
    const char *p, *end;
};

static void
blanks(struct cur *c)
{
    while (c->p < c->end && isspace((unsigned char)*c->p))
        c->p++;
}

static int
take(struct cur *c, char ch)
{
    blanks(c);
    if (c->p < c->end && *c->p == ch) {
        c->p++;
        return 1;
    }
    return 0;
}

static int
take_word(struct cur *c, const char *w)
{
    blanks(c);
    size_t n = strlen(w);
    if ((size_t)(c->end - c->p) >= n && memcmp(c->p, w, n) == 0) {
        c->p += n;
        return 1;
    }
    return 0;
}

static int
take_string(struct cur *c, char *out, size_t cap)
{
    blanks(c);
    if (c->p == c->end || (*c->p != '\'' && *c->p != '"'))
        return 0;
    char quote = *c->p++;
    size_t n = 0;
    while (c->p < c->end && *c->p != quote) {
        if (n + 1 >= cap || *c->p == '\\')
            return 0;
        out[n++] = *c->p++;
    }
    out[n] = 0;
    return take(c, quote);
}

/* A structured dtype is a list: step over it, brackets balanced. */
static int
skip_list(struct cur *c)
{
    int depth = 0;
    do {
        if (c->p == c->end)
            return 0;
        depth += *c->p == '[' || *c->p == '(';
        depth -= *c->p == ']' || *c->p == ')';
        c->p++;
    } while (depth > 0);
    return 1;
}

static int
take_size(struct cur *c, int64_t *v)
{
    blanks(c);
    if (c->p == c->end || !isdigit((unsigned char)*c->p))
        return 0;
    int64_t r = 0;
    while (c->p < c->end && isdigit((unsigned char)*c->p))
        if (__builtin_mul_overflow(r, 10, &r) ||
            __builtin_add_overflow(r, *c->p++ - '0', &r))
            return 0;
    take(c, 'L'); /* Python 2 wrote 3L */
    *v = r;
    return 1;
}

static void
refuse(struct npy *h, const char *why)
{
    if (h->kind == '?')
        return;
    h->kind = '?';
    snprintf(h->why, sizeof h->why, "%s", why);
}

static int
parse_descr(struct npy *h, const char *d, struct err *e)
{
    char order = d[0];
    char kind = order ? d[1] : 0;
    if (!kind || !strchr("<>|=", order))
        return err_set(e, ERR_FORMAT, "unknown dtype '%s'", d);
    int size = 0;
    const char *p = d + 2;
    for (; isdigit((unsigned char)*p); p++)
        if ((size = size * 10 + *p - '0') > 1 << 20)
            return err_set(
                e, ERR_FORMAT, "element size out of range in '%s'", d);
    h->kind = kind;
    h->size = size;
    snprintf(h->descr, sizeof h->descr, "%s", d);
    int unit = kind == 'U' ? 4 : size;
    if (kind == 'U')
        h->size *= 4;
    if (order == '>' && unit > 1 && strchr("fiuU", kind))
        h->swap = unit;
    h->opaque = kind == 'O';
    if (kind == 'O')
        refuse(h, "object dtype");
    else if (order == '|' && size > 1 && strchr("fiu", kind))
        return err_set(e, ERR_FORMAT, "no byte order in '%s'", d);
    else if (*p || !strchr("fiubS", kind) || (kind != 'S' && size < 1) ||
             (kind == 'f' && size != 2 && size != 4 && size != 8) ||
             (strchr("iu", kind) && size != 1 && size != 2 && size != 4 &&
                 size != 8) ||
             (kind == 'b' && size != 1)) {
        char why[sizeof h->why];
        snprintf(why, sizeof why, "dtype '%s'", d);
        refuse(h, why);
    }
    return 0;
}

static int
parse_shape(struct npy *h, struct cur *c, struct err *e)
{
    if (!take(c, '('))
        return err_set(e, ERR_FORMAT, "shape is not a tuple");
    h->ndim = 0;
    h->count = 1;
    while (!take(c, ')')) {
        int64_t v;
        if (!take_size(c, &v))
            return err_set(e, ERR_FORMAT, "shape is not a tuple of sizes");
        if (h->ndim == NPY_DIMS)
            return err_set(e, ERR_FORMAT, "more than %d dimensions", NPY_DIMS);
        h->shape[h->ndim++] = v;
        if (__builtin_mul_overflow(h->count, v, &h->count))
            return err_set(e, ERR_FORMAT, "shape product overflows");
        if (!take(c, ',')) {
            if (!take(c, ')'))
                return err_set(e, ERR_FORMAT, "shape is not a tuple");
            break;
        }
    }
    return 0;
}

int
npy_parse(struct npy *h, const char *dict, int64_t n, struct err *e)
{
    memset(h, 0, sizeof *h);
    struct cur c = {dict, dict + n};
    int have_descr = 0, have_order = 0, have_shape = 0, fortran = 0;
    if (!take(&c, '{'))
        return err_set(e, ERR_FORMAT, "npy header is not a dictionary");
    while (!take(&c, '}')) {
        char key[32], val[64];
        if (!take_string(&c, key, sizeof key) || !take(&c, ':'))
            return err_set(e, ERR_FORMAT, "npy header is not a dictionary");
        if (strcmp(key, "descr") == 0 && !have_descr++) {
            blanks(&c);
            if (c.p < c.end && *c.p == '[') {
                if (!skip_list(&c))
                    return err_set(e, ERR_FORMAT, "npy header ends early");
                refuse(h, "structured dtype");
                h->opaque = 1;
            } else if (!take_string(&c, val, sizeof val)) {
                return err_set(e, ERR_FORMAT, "npy dtype is not a string");
            } else {
                int rc = parse_descr(h, val, e);
                if (rc)
                    return rc;
            }
        } else if (strcmp(key, "fortran_order") == 0 && !have_order++) {
            fortran = take_word(&c, "True");
            if (!fortran && !take_word(&c, "False"))
                return err_set(e, ERR_FORMAT, "fortran_order is not a bool");
        } else if (strcmp(key, "shape") == 0 && !have_shape++) {
            int rc = parse_shape(h, &c, e);
            if (rc)
                return rc;
        } else {
            return err_set(
                e, ERR_FORMAT, "unexpected npy header key '%s'", key);
        }
        if (!take(&c, ',') && !(take(&c, '}')))
            return err_set(e, ERR_FORMAT, "npy header is not a dictionary");
        else if (c.p[-1] == '}')
            break;
    }
    blanks(&c);
    if (c.p != c.end)
        return err_set(e, ERR_FORMAT, "text after the npy header");
    if (!have_descr || !have_order || !have_shape)
        return err_set(e, ERR_FORMAT, "npy header lacks a key");
    int64_t bytes;
    if (__builtin_mul_overflow(h->count, h->size, &bytes))
        return err_set(e, ERR_FORMAT, "shape product overflows");
    h->fortran = fortran && h->ndim > 1;
    return 0;
}

void
npy_swap(void *data, int64_t n, int size)
{
    unsigned char *p = data;
    for (int64_t i = 0; i + size <= n; i += size, p += size)
        for (int a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char c = p[a];
            p[a] = p[b];
            p[b] = c;
        }
}

void
npy_reorder(const struct npy *h, const void *from, void *to)
{
    int64_t at[NPY_DIMS] = {0}, step[NPY_DIMS], place = 0;
    for (int k = 0; k < h->ndim; k++)
        step[k] = k ? step[k - 1] * h->shape[k - 1] : 1;
    char *p = to;
    for (int64_t i = 0; i < h->count; i++, p += h->size) {
        memcpy(p, (const char *)from + place * h->size, (size_t)h->size);
        /* the next place in C order: the last axis runs fastest */
        for (int k = h->ndim - 1; k >= 0; k--) {
            place += step[k];
            if (++at[k] < h->shape[k])
                break;
            place -= step[k] * at[k];
            at[k] = 0;
        }
    }
}

int
npy_is_unicode(const struct npy *h)
{
    return h->descr[0] && h->descr[1] == 'U' && h->size > 0;
}

int
npy_emit(const struct npy *h, char *buf, uint64_t before)
{
    char *p = buf + 10;
    p += sprintf(p, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (",
        h->size == 1 || h->kind == 'S' ? '|' : '<', h->kind, h->size);
    for (int i = 0; i < h->ndim; i++)
        p += sprintf(p, "%s%" PRId64, i ? ", " : "", h->shape[i]);
    p += sprintf(p, "%s), }", h->ndim == 1 ? "," : "");
    while ((before + (uint64_t)(p + 1 - buf)) % 64)
        *p++ = ' ';
    *p++ = '\n';
    int len = (int)(p - buf);
    memcpy(buf, "\x93NUMPY\x01\x00", 8);
    buf[8] = (char)((len - 10) & 255);
    buf[9] = (char)((len - 10) >> 8);
    return len;
}

struct npy
npy_make(char kind, int size, int ndim, const int64_t *shape)
{
    struct npy h = {.kind = kind, .size = size, .ndim = ndim, .count = 1};
    for (int i = 0; i < ndim; i++) {
        h.shape[i] = shape[i];
        h.count *= shape[i];
    }
    return h;
}
