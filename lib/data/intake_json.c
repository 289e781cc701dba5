#include "lib/data/intake_priv.h"
#include "lib/io/jsonl.h"

#include <inttypes.h>
#include <string.h>

/* Values of one record, copied: the tokeniser keeps only the present one. */
struct record {
    int rank[INTAKE_ROLES]; /* place of the key among the usual names */
    int64_t n[INTAKE_ROLES];
    char text[INTAKE_ROLES][JSONL_TEXT + 1];
};

/* The role and rank of a key; -1 if it has none. */
static int
role_of(const struct intake *k, const struct jsonl *j, int *rank)
{
    for (int role = 0; role < INTAKE_ROLES; role++) {
        if (k->need[role] == INTAKE_NEVER)
            continue;
        const char *want = k->column[role];
        *rank = 0;
        if (want) {
            if ((int64_t)strlen(want) == j->n && j->n <= JSONL_TEXT &&
                memcmp(want, j->text, (size_t)j->n) == 0)
                return role;
            continue;
        }
        for (const char *const *p = intake_names[role]; *p; p++, ++*rank)
            if (strcmp(*p, j->text) == 0 && (int64_t)strlen(*p) == j->n)
                return role;
    }
    return -1;
}

/* The value after a key that has a role, its first token being t. */
static int
take_value(struct intake_run *r, struct jsonl *j, struct record *rec, int t,
    int role, int rank, int *wrong, struct err *e)
{
    if (t != JSONL_STRING && t != JSONL_NUMBER) {
        *wrong = role + 1;
        return jsonl_skip(j, t, e);
    }
    if (rec->rank[role] >= 0 && rec->rank[role] < rank)
        return t;
    /* an id written as a number must be whole, or 1 and 1.0 would differ */
    if (t == JSONL_NUMBER && role <= INTAKE_ITEM &&
        strspn(j->text, "-0123456789") != (size_t)j->n)
        *wrong = role + 1;
    rec->rank[role] = rank;
    rec->n[role] = j->n;
    memcpy(rec->text[role], j->text,
        (size_t)(j->n < JSONL_TEXT ? j->n : JSONL_TEXT) + 1);
    (void)r;
    return t;
}

/* An object whose opening brace is read. Returns a token or a code. */
static int
read_object(struct intake_run *r, struct jsonl *j, struct record *rec,
    int *wrong, struct err *e)
{
    for (;;) {
        int t = jsonl_next(j, e);
        if (t != JSONL_KEY)
            return t;
        int rank, role = role_of(r->k, j, &rank);
        t = jsonl_next(j, e);
        if (t < 0 || t == JSONL_BAD)
            return t;
        t = role < 0 ? jsonl_skip(j, t, e)
                     : take_value(r, j, rec, t, role, rank, wrong, e);
        if (t < 0 || t == JSONL_BAD)
            return t;
    }
}

static int
missing_key(struct intake_run *r, int64_t line, int role, struct err *e)
{
    if (r->k->column[role])
        return intake_bad(
            r, line, e, "the record has no key '%.60s'", r->k->column[role]);
    return intake_bad(r, line, e,
        "the record has no %s key (name one with --%s)", intake_role[role],
        intake_role[role]);
}

/* A complete record: all needed values there and of a usable type? */
static int
finish_record(struct intake_run *r, const struct record *rec, int64_t line,
    int wrong, struct err *e)
{
    struct intake *k = r->k;
    if (wrong)
        return intake_bad(r, line, e,
            "the %s is neither a string nor a whole number",
            intake_role[wrong - 1]);
    struct text value[INTAKE_ROLES] = {{0}};
    for (int role = 0; role < INTAKE_ROLES; role++) {
        int there = rec->rank[role] >= 0;
        if (k->need[role] == INTAKE_MAYBE)
            k->need[role] = there ? INTAKE_MUST : INTAKE_NEVER;
        if (k->need[role] == INTAKE_NEVER)
            continue;
        if (!there)
            return missing_key(r, line, role, e);
        value[role] = (struct text){rec->text[role], rec->n[role]};
    }
    return intake_row(r, line, value, e);
}

int
intake_jsonl(struct intake_run *r, struct err *e)
{
    struct jsonl j;
    jsonl_init(&j, r->x);
    j.lines = 1;
    struct record rec;
    for (;;) {
        int wrong = 0, t = jsonl_next(&j, e), rc = 0;
        int64_t line = j.line;
        if (t < 0 || t == JSONL_END)
            return t;
        for (int role = 0; role < INTAKE_ROLES; role++)
            rec.rank[role] = -1;
        if (t == JSONL_OBJECT) {
            t = read_object(r, &j, &rec, &wrong, e);
        } else if (t != JSONL_BAD) {
            j.bad = "the line is not an object";
            t = JSONL_BAD;
        }
        if (t < 0)
            return t;
        if (t == JSONL_BAD) {
            rc = intake_bad(r, j.line, e, "%s", j.bad);
            if (!rc)
                rc = jsonl_resync(&j, e);
        } else {
            rc = finish_record(r, &rec, line, wrong, e);
        }
        if (rc)
            return rc;
    }
}

/* The items of one user; the opening bracket is read. */
static int
read_items(struct intake_run *r, struct jsonl *j, struct text user, int *rc,
    struct err *e)
{
    static const char *const label[] = {"0", "1", "2"};
    for (;;) {
        int t = jsonl_next(j, e);
        if (t < 0 || t == JSONL_BAD || t == JSONL_ARRAY_END)
            return t;
        int whole = t == JSONL_STRING ||
                    (t == JSONL_NUMBER &&
                        strspn(j->text, "-0123456789") == (size_t)j->n);
        struct text value[INTAKE_ROLES] = {[INTAKE_USER] = user,
            [INTAKE_ITEM] = {j->text, j->n},
            [INTAKE_LABEL] = text_of(label[r->k->file % 3])};
        *rc = whole ? intake_row(r, j->line, value, e)
                    : intake_bad(r, j->line, e,
                          "an item is neither a string nor a whole number");
        if (*rc)
            return JSONL_BAD;
        t = jsonl_skip(j, t, e);
        if (t < 0 || t == JSONL_BAD)
            return t;
    }
}

/* Damage in the JSON itself cannot be skipped: there is no next line. */
int
intake_split(struct intake_run *r, struct err *e)
{
    struct intake *k = r->k;
    if (k->need[INTAKE_LABEL] == INTAKE_MAYBE)
        k->need[INTAKE_LABEL] = k->n_files == 3 ? INTAKE_MUST : INTAKE_NEVER;
    if (k->need[INTAKE_LABEL] && k->n_files != 3)
        return err_set(e, ERR_FORMAT,
            "split files in JSON are three (train, valid, test), not %d",
            k->n_files);
    if (k->need[INTAKE_TIME] == INTAKE_MUST)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has no times: user -> [items] files have none",
            r->x->name);
    k->need[INTAKE_TIME] = INTAKE_NEVER;
    struct jsonl j;
    jsonl_init(&j, r->x);
    int rc = 0, t = jsonl_next(&j, e);
    if (t != JSONL_OBJECT && t >= 0 && t != JSONL_BAD)
        j.bad = "the file is not an object user -> [items]";
    else if (t == JSONL_OBJECT)
        while ((t = jsonl_next(&j, e)) == JSONL_KEY) {
            char user[JSONL_TEXT + 1];
            int64_t n = j.n;
            memcpy(user, j.text, sizeof user);
            t = jsonl_next(&j, e);
            if (t == JSONL_ARRAY) {
                t = read_items(r, &j, (struct text){user, n}, &rc, e);
            } else if (t >= 0 && t != JSONL_BAD) {
                j.bad = "a user's items are not a list";
                t = JSONL_BAD;
            }
            if (t < 0 || t == JSONL_BAD)
                break;
        }
    if (t == JSONL_OBJECT_END) {
        t = jsonl_next(&j, e);
        if (t > 0 && t != JSONL_BAD)
            j.bad = "text after the object";
    }
    if (t < 0 || rc)
        return rc ? rc : t;
    if (j.bad)
        return err_set(e, ERR_FORMAT, "'%.400s', line %" PRId64 ": %s",
            r->x->name, j.line, j.bad);
    return 0;
}
