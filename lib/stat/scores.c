#include "lib/stat/scores.h"

#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/io/foreign.h"
#include "lib/io/jsonl.h"
#include "lib/io/table.h"
#include "lib/io/xio.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 512 };

const char *const scores_fact_name[SCORES_FACTS] = {"digest:users",
    "digest:items", "digest:train", "digest:valid", "digest:test", "mask"};

/* The words for what is not ranked, in JSON. */
static const char *const mask_word[] = {"none", "train", "train,valid"};
enum { MASKS = 3 };

struct scores_about
scores_about(const struct dataset *d, enum scores_fact part, int masks)
{
    struct scores_about about = {
        .known = 1u << SCORES_USERS | 1u << SCORES_ITEMS | 1u << SCORES_TRAIN |
                 1u << SCORES_MASK | 1u << part};
    about.value[SCORES_USERS] = identity_ids(&d->user_ids);
    about.value[SCORES_ITEMS] = identity_ids(&d->item_ids);
    about.value[SCORES_TRAIN] = identity_pairs(&d->train);
    about.value[part] =
        identity_pairs(part == SCORES_VALID ? &d->valid : &d->test);
    about.value[SCORES_MASK] = (uint32_t)masks;
    return about;
}

struct reader {
    struct scores *s;
    const char *name;
    int64_t rows; /* of the table, its header included */
};

static int
number(const struct reader *r, int64_t line, const char *text, double *v,
    struct err *e)
{
    char *end;
    *v = strtod(text, &end);
    if (end != text && !*end && isfinite(*v))
        return 0;
    return err_set(e, ERR_FORMAT,
        "'%s' line %" PRId64 ": '%.100s' is not a number", r->name, line, text);
}

static int
add_value(struct scores *s, double v, int64_t at, struct err *e)
{
    int rc = mem_grow(&s->value, &s->cap, at + 1, sizeof *s->value, e);
    if (!rc)
        s->value[at] = v;
    return rc;
}

static int
add_key(const struct reader *r, int64_t line, const char *metric,
    const char *cut, struct err *e)
{
    char key[KEY_MAX];
    int n = snprintf(key, sizeof key, "%s\t%s", metric, cut);
    if (n >= KEY_MAX)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": the metric's name is too long", r->name,
            line);
    int64_t before = r->s->key.n,
            at = ids_add(&r->s->key, (struct text){key, n}, e);
    if (at < 0)
        return (int)at;
    if (r->s->key.n == before)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": '%s' at '%s' occurs twice", r->name, line,
            metric, cut);
    return 0;
}

/* Keeps the value if name is a fact's. Other values without a cut-off are
 * ignored. */
static void
add_fact(struct scores_about *about, const char *name, double value)
{
    for (int k = 0; k < SCORES_FACTS; k++)
        if (strcmp(name, scores_fact_name[k]) == 0 && value >= 0 &&
            value <= UINT32_MAX) {
            about->known |= 1u << k;
            about->value[k] = (uint32_t)value;
        }
}

/* One value of a summary. One without a cut-off is a fact, not a metric. */
static int
add_summary(const struct reader *r, int64_t line, const char *metric,
    const char *cut, const char *text, struct err *e)
{
    double v;
    int rc = number(r, line, text, &v, e);
    if (rc)
        return rc;
    if (strcmp(cut, "-") == 0) {
        add_fact(&r->s->about, metric, v);
        return 0;
    }
    rc = add_key(r, line, metric, cut, e);
    return rc ? rc : add_value(r->s, v, r->s->key.n - 1, e);
}

/* user<TAB>targets<TAB>recall@10.., and perhaps <TAB>digest */
static int
header(struct reader *r, const struct table_row *row, struct err *e)
{
    r->s->per_user = 1;
    r->s->digests = strcmp(row->field[row->n - 1].s, "digest") == 0;
    int rc = 0;
    for (int64_t i = 2; i < row->n - r->s->digests && !rc; i++) {
        char metric[KEY_MAX];
        const char *name = row->field[i].s, *at = strrchr(name, '@');
        if (!at || row->field[i].n >= KEY_MAX)
            return err_set(e, ERR_FORMAT,
                "'%s' line %" PRId64 ": column '%.100s' is no metric@cut-off",
                r->name, row->line, name);
        snprintf(metric, sizeof metric, "%.*s", (int)(at - name), name);
        rc = add_key(r, row->line, metric, at + 1, e);
    }
    r->s->columns = row->n - 1;
    return rc;
}

static int
user(struct reader *r, const struct table_row *row, struct err *e)
{
    struct scores *s = r->s;
    if (row->n != s->columns + 1)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": %" PRId64
            " fields, but the header has %" PRId64,
            r->name, row->line, row->n, s->columns + 1);
    const char *why = ids_reason(row->field[0]);
    if (why)
        return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": the user id %s",
            r->name, row->line, why);
    int64_t i = ids_add(&s->users, row->field[0], e);
    if (i < 0)
        return (int)i;
    if (i < s->n)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": user '%.100s' occurs twice", r->name,
            row->line, row->field[0].s);
    int rc = 0;
    for (int64_t k = 0; k < s->columns && !rc; k++) {
        double v;
        rc = number(r, row->line, row->field[k + 1].s, &v, e);
        if (!rc)
            rc = add_value(s, v, s->n * s->columns + k, e);
    }
    s->n += !rc;
    return rc;
}

static int
add_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct reader *r = ctx;
    int rc = table_good(row, e);
    if (rc)
        return rc;
    if (r->rows++ == 0 && row->n > 2 && strcmp(row->field[0].s, "user") == 0 &&
        strcmp(row->field[1].s, "targets") == 0)
        return header(r, row, e);
    if (r->s->per_user)
        return user(r, row, e);
    if (row->n != 3)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64
            ": not a line 'metric<TAB>cut-off<TAB>value' of stair-eval",
            r->name, row->line);
    return add_summary(
        r, row->line, row->field[0].s, row->field[1].s, row->field[2].s, e);
}

/* {"recall": {"10": 0.1}, "user-degree": {"5-9": {"recall": ..}}}: the path to
 * a number is its metric, a last part of digits alone its cut-off. */
static int
json(struct reader *r, struct xin *x, struct err *e)
{
    struct jsonl j;
    char path[KEY_MAX] = "";
    int64_t length[JSONL_DEPTH + 1] = {0};
    jsonl_init(&j, x);
    for (;;) {
        int t = jsonl_next(&j, e), rc = 0;
        if (t < 0)
            return t;
        int64_t at = length[j.depth > 0 ? j.depth - 1 : 0];
        if (t == JSONL_BAD)
            return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": %s", r->name,
                j.line, j.bad);
        if (t == JSONL_END)
            return 0;
        if (t == JSONL_KEY) {
            int n = snprintf(path + at, sizeof path - (size_t)at, "%s%s",
                at ? ":" : "", j.text);
            if (at + n >= KEY_MAX || j.n > JSONL_TEXT)
                return err_set(e, ERR_FORMAT,
                    "'%s' line %" PRId64 ": the metric's name is too long",
                    r->name, j.line);
            length[j.depth] = at + n;
        } else if (t == JSONL_NUMBER) {
            char *cut = strrchr(path, ':');
            if (cut && cut[1] && !cut[1 + strspn(cut + 1, "0123456789")]) {
                *cut = 0;
                rc = add_summary(r, j.line, path, cut + 1, j.text, e);
                *cut = ':';
            } else {
                rc = add_summary(r, j.line, path, "-", j.text, e);
            }
        } else if (t == JSONL_STRING && strcmp(path, "mask") == 0) {
            for (int k = 0; k < MASKS; k++)
                if (strcmp(j.text, mask_word[k]) == 0)
                    add_fact(&r->s->about, path, k);
        } else if (t == JSONL_ARRAY) {
            return err_set(e, ERR_FORMAT,
                "'%s' line %" PRId64 ": not an object of stair-eval", r->name,
                j.line);
        }
        if (rc)
            return rc;
    }
}

int
scores_read(struct scores *s, const char *path, struct err *e)
{
    *s = (struct scores){0};
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    struct reader r = {.s = s, .name = x.name};
    const unsigned char *p;
    rc = foreign_check(&x, "stair-compare", e);
    if (!rc) {
        int64_t n = xin_peek(&x, &p, e);
        rc = n < 0                ? (int)n
             : n > 0 && *p == '{' ? json(&r, &x, e)
                                  : table_read(&x, "\t", 0, add_row, &r, e);
    }
    if (!rc && !s->per_user) {
        s->n = s->key.n > 0;
        s->columns = s->key.n;
    }
    if (!rc && (s->n == 0 || s->key.n == 0))
        rc = err_set(e, ERR_FORMAT, "'%s' holds no metrics", x.name);
    xin_close(&x);
    if (rc)
        scores_free(s);
    return rc;
}

/* The number of the part that the lists are compared with; -1 if it is not
 * known. */
static int
part_of(const struct scores_about *about)
{
    return about->known & 1u << SCORES_VALID  ? SCORES_VALID
           : about->known & 1u << SCORES_TEST ? SCORES_TEST
                                              : -1;
}

/* The number of a user's targets; -1 if the file has no possible number. */
static int64_t
targets(const struct scores *s, int64_t user)
{
    double v = s->value[user * s->columns];
    return v >= 0 && v < 1e15 ? (int64_t)v : -1;
}

static uint32_t
digest(const struct scores *s, int64_t user)
{
    double v = s->value[(user + 1) * s->columns - 1];
    return v >= 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
}

static int
same_targets(const struct scores *a, const char *a_name, const struct scores *b,
    const char *b_name, struct err *e)
{
    for (int64_t i = 0; i < a->n && i < b->n; i++) {
        struct text id = ids_get(&a->users, i);
        int64_t ta = targets(a, i), tb = targets(b, i);
        if (ta != tb)
            return err_set(e, ERR_FORMAT,
                "'%s' and '%s' are of different splits: user '%.*s' has "
                "%" PRId64 " targets in the first and %" PRId64
                " in the second",
                b_name, a_name, (int)id.n, id.s, tb, ta);
        if (a->digests && b->digests && digest(a, i) != digest(b, i))
            return err_set(e, ERR_FORMAT,
                "'%s' and '%s' are of different splits or masks: user '%.*s' "
                "has other train items, targets or --mask",
                b_name, a_name, (int)id.n, id.s);
    }
    return 0;
}

int
scores_same(const struct scores *a, const char *a_name, const struct scores *b,
    const char *b_name, struct err *e)
{
    static const char *const what[SCORES_FACTS] = {
        "users", "items", "train pairs", "valid pairs", "test pairs", "masks"};
    const struct scores_about *p = &a->about, *q = &b->about;
    int part_a = part_of(p), part_b = part_of(q);
    if (part_a >= 0 && part_b >= 0 && part_a != part_b)
        return err_set(e, ERR_FORMAT, "'%s' holds metrics on %s and '%s' on %s",
            b_name, what[part_b], a_name, what[part_a]);
    for (int k = 0; k < SCORES_FACTS; k++) {
        if (!(p->known & q->known & 1u << k) || p->value[k] == q->value[k])
            continue;
        if (k == SCORES_MASK)
            return err_set(e, ERR_FORMAT,
                "'%s' was made with --mask %s and '%s' with --mask %s", b_name,
                mask_word[q->value[k] % MASKS], a_name,
                mask_word[p->value[k] % MASKS]);
        return err_set(e, ERR_FORMAT,
            "'%s' is about other %s than '%s': %s %08" PRIx32
            " in the first, %08" PRIx32 " in the second",
            b_name, what[k], a_name, scores_fact_name[k], q->value[k],
            p->value[k]);
    }
    return a->per_user && b->per_user ? same_targets(a, a_name, b, b_name, e)
                                      : 0;
}

void
scores_free(struct scores *s)
{
    ids_free(&s->key);
    ids_free(&s->users);
    free(s->value);
    *s = (struct scores){0};
}
