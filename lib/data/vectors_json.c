#include "lib/data/vectors_priv.h"
#include "lib/io/jsonl.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The usual keys, the best first; objects may have several. */
static const char *const id_keys[] = {"id", "item_id", "itemID", "itemId",
    "item", "asin", "parent_asin", "sku", NULL};
static const char *const vector_keys[] = {
    "vector", "embedding", "embeddings", "values", NULL};

enum { NONE = 99 };

struct record {
    char id[IDS_MAX_LENGTH + 1];
    int64_t id_n;
    int64_t d;                /* values in the sink; 0: the vector is null */
    int id_rank, vector_rank; /* of their keys, NONE: not met yet */
};

/* The place of a key among the usual ones, or NONE; given is the only one. */
static int
rank(const struct jsonl *j, const char *given, const char *const *usual)
{
    if (given)
        return strcmp(j->text, given) == 0 ? 0 : NONE;
    for (int i = 0; usual[i]; i++)
        if (strcmp(j->text, usual[i]) == 0)
            return i;
    return NONE;
}

static int
take_id(const struct jsonl *j, int t, struct record *r, struct err *e)
{
    int whole =
        t == JSONL_NUMBER && strspn(j->text, "-0123456789") == (size_t)j->n;
    if (j->odd)
        return err_set(e, ERR_FORMAT, "the id: %s", j->odd);
    if (t != JSONL_STRING && !whole)
        return err_set(
            e, ERR_FORMAT, "the id is neither a string nor a whole number");
    if (j->n > IDS_MAX_LENGTH)
        return err_set(e, ERR_FORMAT, "the id is longer than 255 bytes");
    r->id_n = j->n;
    memcpy(r->id, j->text, (size_t)j->n);
    return 0;
}

static int
bad(const struct jsonl *j, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s", j->bad);
}

/* The vector, whose first token is t. */
static int
take_vector(struct jsonl *j, int t, struct vectors_sink *s, struct record *r,
    struct err *e)
{
    r->d = 0;
    if (t == JSONL_WORD && strcmp(j->text, "null") == 0)
        return 0;
    if (t != JSONL_ARRAY)
        return err_set(e, ERR_FORMAT, "the vector is no array");
    for (; (t = jsonl_next(j, e)) != JSONL_ARRAY_END; r->d++) {
        if (t < 0 || t == JSONL_BAD)
            return t < 0 ? t : bad(j, e);
        int rc = vectors_room(s, r->d, e);
        if (rc)
            return rc;
        if (t != JSONL_NUMBER ||
            !vectors_number((struct text){j->text, j->n}, &s->v[r->d]))
            return err_set(e, ERR_FORMAT,
                "value %" PRId64 " is not a finite number", r->d + 1);
    }
    return r->d ? 0 : err_set(e, ERR_FORMAT, "the vector is empty");
}

/* A key was read: its value. */
static int
take_value(struct jsonl *j, const struct vectors_opt *o, struct vectors_sink *s,
    struct record *r, struct err *e)
{
    int id = rank(j, o->id, id_keys);
    int vector = rank(j, o->vector, vector_keys);
    int t = jsonl_next(j, e);
    if (t < 0 || t == JSONL_BAD)
        return t < 0 ? t : bad(j, e);
    if (id != NONE && id <= r->id_rank) {
        r->id_rank = id;
        return take_id(j, t, r, e);
    }
    if (vector != NONE && vector <= r->vector_rank) {
        r->vector_rank = vector;
        return take_vector(j, t, s, r, e);
    }
    t = jsonl_skip(j, t, e);
    return t < 0 ? t : t == JSONL_BAD ? bad(j, e) : 0;
}

/* An object of which the brace is read. */
static int
read_object(struct jsonl *j, const struct vectors_opt *o,
    struct vectors_sink *s, struct record *r, struct err *e)
{
    *r = (struct record){.id_rank = NONE, .vector_rank = NONE};
    int t;
    while ((t = jsonl_next(j, e)) == JSONL_KEY) {
        int rc = take_value(j, o, s, r, e);
        if (rc)
            return rc;
    }
    return t < 0 ? t : t == JSONL_BAD ? bad(j, e) : 0;
}

static int
put_object(const struct vectors_opt *o, struct vectors_sink *s,
    const struct record *r, struct err *e)
{
    if (r->id_rank == NONE)
        return err_set(e, ERR_FORMAT, "the object has no id (key '%s')",
            o->id ? o->id : "id, item_id, ..; see --id");
    if (r->vector_rank == NONE)
        return err_set(e, ERR_FORMAT, "the object has no vector (key '%s')",
            o->vector ? o->vector : "vector, embedding, ..; see --vector");
    struct text id = {r->id, r->id_n};
    if (r->d)
        return vectors_put(s, id, r->d, e);
    /* null says that there is no vector; it gets the width of the others */
    int64_t d = s->f->m.d;
    for (int64_t i = 0; i < d; i++) {
        int rc = vectors_room(s, i, e);
        if (rc)
            return rc;
        s->v[i] = NAN;
    }
    return d ? vectors_put(s, id, d, e) : 0;
}

int
vectors_json(struct xin *x, const struct vectors_opt *o, struct vectors_sink *s,
    struct err *e)
{
    struct jsonl j;
    struct record r;
    int rc = xin_skip_mark(x, e), t;
    jsonl_init(&j, x);
    j.lenient = 1;
    while (!rc && (t = jsonl_next(&j, e)) != JSONL_END) {
        if (t < 0)
            return t;
        int64_t line = j.line;
        if (t == JSONL_ARRAY && j.depth == 1)
            continue; /* one array of all objects */
        if (t == JSONL_ARRAY_END && j.depth == 0)
            continue;
        if (t == JSONL_BAD)
            rc = bad(&j, e);
        else if (t != JSONL_OBJECT)
            rc = err_set(e, ERR_FORMAT, "not an object");
        else if (!(rc = read_object(&j, o, s, &r, e)))
            rc = put_object(o, s, &r, e);
        if (rc)
            rc = err_prefix(e, rc, "'%.400s', line %" PRId64, s->name, line);
    }
    return rc;
}
