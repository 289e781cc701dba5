#include "tools/cat_vectors.h"

#include "lib/data/dataset.h"
#include "lib/io/jsonout.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int
cat_vectors_take(struct cat_vectors *v, struct npz *z, const char *name,
    struct ids *ids, struct err *e)
{
    const char *side = strncmp(name, "user", 4) == 0 ? "user_ids" : "item_ids";
    struct npy shape;
    *v = (struct cat_vectors){.m = {0}};
    int rc = npz_take_f32(z, name, 2, &v->m.x, &shape, e);
    if (rc)
        return rc;
    v->m.n = shape.shape[0];
    v->m.d = shape.shape[1];
    rc = mat_check_finite(&v->m, z->path, e);
    if (!rc && npz_find(z, side)) {
        rc = dataset_take_ids(z, side, &v->ids, e);
    } else if (!rc && ids) {
        v->ids = *ids;
        *ids = (struct ids){0};
    }
    if (!rc && v->ids.n && v->ids.n != v->m.n)
        rc = err_set(e, ERR_SHAPE,
            "'%s': member '%s' has %" PRId64 " rows, but there are %" PRId64
            " ids",
            z->path, name, v->m.n, v->ids.n);
    return rc;
}

void
cat_vectors_free(struct cat_vectors *v)
{
    mat_free(&v->m);
    ids_free(&v->ids);
}

static double
square_norm(const float *x, int64_t d)
{
    double sum = 0;
    for (int64_t j = 0; j < d; j++)
        sum += (double)x[j] * (double)x[j];
    return sum;
}

int
cat_vectors_cosine(struct cat_vectors *v, int users, struct err *e)
{
    int64_t n = v->m.n, d = v->m.d;
    struct mat wide;
    int rc = mat_init(&wide, n, d + 1, e);
    if (rc)
        return rc;
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, square_norm(v->m.x + i * d, d));
    for (int64_t i = 0; i < n; i++) {
        const float *from = v->m.x + i * d;
        float *to = wide.x + i * (d + 1);
        memcpy(to, from, (size_t)d * sizeof *to);
        to[d] = users ? 0 : (float)sqrt(most - square_norm(from, d));
    }
    mat_free(&v->m);
    v->m = wide;
    return 0;
}

void
cat_vectors_ids(struct xout *x, const struct ids *ids)
{
    for (int64_t i = 0; i < ids->n && !x->rc; i++) {
        struct text id = ids_get(ids, i);
        if (memchr(id.s, '\n', (size_t)id.n))
            xout_fail(x, ERR_FORMAT,
                "id %" PRId64 " holds a line break, which a list cannot", i);
        xout_write(x, id.s, id.n);
        xout_write(x, "\n", 1);
    }
}

void
cat_vectors_fvecs(struct xout *x, const struct mat *m)
{
    int32_t d = (int32_t)m->d;
    if (d != m->d)
        xout_fail(x, ERR_RANGE, "rows of %" PRId64 " values", m->d);
    for (int64_t i = 0; i < m->n && !x->rc; i++) {
        xout_write(x, &d, sizeof d);
        xout_write(x, m->x + i * m->d, m->d * (int64_t)sizeof *m->x);
    }
}

/* [v1,v2,..] */
static void
put_vector(struct xout *x, const struct mat *m, int64_t i)
{
    char number[JSONOUT_NUMBER];
    xout_write(x, "[", 1);
    for (int64_t j = 0; j < m->d; j++) {
        jsonout_float(number, m->x[i * m->d + j]);
        if (j)
            xout_write(x, ",", 1);
        xout_write(x, number, (int64_t)strlen(number));
    }
    xout_write(x, "]", 1);
}

static void
put_escaped(struct xout *x, struct text id)
{
    for (int64_t k = 0; k < id.n; k++) {
        char c = id.s[k];
        const char *to = c == '\\'   ? "\\\\"
                         : c == '\t' ? "\\t"
                         : c == '\n' ? "\\n"
                         : c == '\r' ? "\\r"
                                     : NULL;
        xout_write(x, to ? to : &c, to ? 2 : 1);
    }
}

void
cat_vectors_copy(struct xout *x, const struct cat_vectors *v)
{
    for (int64_t i = 0; i < v->m.n && !x->rc; i++) {
        put_escaped(x, ids_get(&v->ids, i));
        xout_write(x, "\t", 1);
        put_vector(x, &v->m, i);
        xout_write(x, "\n", 1);
    }
}

const char *
cat_vectors_template(const char *text)
{
    static const char *const known[][2] = {
        {"plain", "{\"id\": \"%i\", \"vector\": %v}"},
        {"milvus", "{\"id\": \"%i\", \"vector\": %v}"},
        {"elasticsearch", "{\"index\": {\"_id\": \"%i\"}}\n{\"vector\": %v}"},
        {"qdrant", "{\"id\": %n, \"vector\": %v, \"payload\": {\"id\": "
                   "\"%i\"}}"},
        {"vespa", "{\"put\": \"id:stair:item::%i\", \"fields\": {\"vector\": "
                  "{\"values\": %v}}}"}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(text, known[k][0]) == 0)
            return known[k][1];
    for (const char *p = strchr(text, '%'); p; p = strchr(p + 2, '%'))
        if (!p[1] || !strchr("ivn%", p[1]))
            return NULL;
    return text;
}

void
cat_vectors_jsonl(
    struct xout *x, const struct cat_vectors *v, const char *format)
{
    for (int64_t i = 0; i < v->m.n && !x->rc; i++) {
        for (const char *p = format; *p; p += 2) {
            int64_t n = (int64_t)strcspn(p, "%");
            xout_write(x, p, n);
            p += n;
            if (!*p)
                break;
            if (p[1] == 'i')
                jsonout_text(x, ids_get(&v->ids, i));
            else if (p[1] == 'v')
                put_vector(x, &v->m, i);
            else if (p[1] == 'n')
                xout_printf(x, "%" PRId64, i);
            else
                xout_write(x, "%", 1);
        }
        xout_write(x, "\n", 1);
    }
}
