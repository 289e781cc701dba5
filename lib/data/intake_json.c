#include "lib/base/mem.h"
#include "lib/data/intake_priv.h"
#include "lib/data/split.h"
#include "lib/io/jsonl.h"

#include <inttypes.h>
#include <stdlib.h>

/* The values of one record are copied, since the tokeniser keeps only the
 * present one. */
struct record {
    int rank[INTAKE_SLOTS]; /* place of the key among the usual names, or -1 */
    int usable[INTAKE_SLOTS];
    int64_t n[INTAKE_SLOTS];
    char text[INTAKE_SLOTS][JSONL_TEXT];
};

static int
is_whole(const struct jsonl *j)
{
    return strspn(j->text, "-0123456789") == (size_t)j->n;
}

/* Whether the value, whose first token is t, can be one of the slot. */
static int
is_usable(const struct jsonl *j, int slot, int t)
{
    if (slot >= INTAKE_ROLES) /* null and NaN are absent */
        return t == JSONL_STRING || t == JSONL_NUMBER || t == JSONL_WORD;
    if (j->odd)
        return 0;
    /* an id written as a number must be whole, or 1 and 1.0 would differ */
    return t == JSONL_STRING ||
           (t == JSONL_NUMBER && (slot > INTAKE_ITEM || is_whole(j)));
}

/* Of two keys for one slot the better one counts, whatever its value is. Of two
 * equally good ones the last counts. */
static void
keep_value(const struct jsonl *j, struct record *rec, int slot, int rank, int t)
{
    if (rec->rank[slot] >= 0 && rec->rank[slot] < rank)
        return;
    int absent = slot >= INTAKE_ROLES && t == JSONL_WORD &&
                 (j->odd || strcmp(j->text, "null") == 0);
    rec->rank[slot] = rank;
    rec->usable[slot] = is_usable(j, slot, t);
    rec->n[slot] = absent ? 0 : j->n < JSONL_TEXT ? j->n : JSONL_TEXT;
    memcpy(rec->text[slot], j->text, (size_t)rec->n[slot]);
}

/* One key and its value. Returns the value's last token or a code. */
static int
read_member(
    struct intake_run *r, struct jsonl *j, struct record *rec, struct err *e)
{
    struct intake *k = r->k;
    int rank[INTAKE_SLOTS], wanted = 0, slots = intake_slots(k);
    struct text key = {j->text, j->n < JSONL_TEXT ? j->n : JSONL_TEXT};
    for (int slot = 0; slot < slots; slot++) {
        rank[slot] = -1;
        if (slot >= INTAKE_ROLES || k->need[slot] != INTAKE_NEVER ||
            k->absent[slot])
            rank[slot] = intake_rank(k, slot, key);
        wanted |= rank[slot] >= 0;
    }
    if (!wanted && k->rows + k->bad + k->left == 0)
        intake_ignored(k, key);
    int t = jsonl_next(j, e);
    if (t < 0 || t == JSONL_BAD)
        return t;
    for (int slot = 0; slot < slots; slot++)
        if (rank[slot] >= 0)
            keep_value(j, rec, slot, rank[slot], t);
    return jsonl_skip(j, t, e);
}

/* An object whose opening brace is read. Returns a token or a code. */
static int
read_object(
    struct intake_run *r, struct jsonl *j, struct record *rec, struct err *e)
{
    for (int slot = 0; slot < intake_slots(r->k); slot++)
        rec->rank[slot] = -1;
    for (;;) {
        int t = jsonl_next(j, e);
        if (t != JSONL_KEY)
            return t;
        t = read_member(r, j, rec, e);
        if (t < 0 || t == JSONL_BAD)
            return t;
    }
}

/* Whether the value of each role is there, if it must be, and can be used. Also
 * settles which optional roles are there. Sets *ok, and deals with the row if
 * it is not. */
static int
check_role(struct intake_run *r, const struct record *rec, int64_t line,
    int role, int *good, struct err *e)
{
    struct intake *k = r->k;
    int there = rec->rank[role] >= 0;
    if (there && k->absent[role])
        return err_set(e, ERR_FORMAT,
            "'%.400s', line %" PRId64
            ": the record has a %s, those before it have none",
            r->x->name, line, intake_role(role));
    intake_settle(k, role, there);
    int by_file = role == INTAKE_LABEL && k->label_from != INTAKE_BY_COLUMN;
    if (k->need[role] == INTAKE_NEVER || by_file ||
        (there && rec->usable[role]))
        return 0;
    *good = 0;
    if (there)
        return intake_bad(r, line, e, "the %s is neither a string nor a %s",
            intake_role(role), role <= INTAKE_ITEM ? "whole number" : "number");
    if (k->column[role])
        return intake_bad(
            r, line, e, "the record has no key '%.60s'", k->column[role]);
    return intake_bad(r, line, e,
        "the record has no %s key (name one with --%s)", intake_role(role),
        intake_role(role));
}

/* A complete record. */
static int
finish_record(
    struct intake_run *r, const struct record *rec, int64_t line, struct err *e)
{
    struct intake *k = r->k;
    struct text value[INTAKE_SLOTS];
    for (int slot = 0; slot < intake_slots(k); slot++) {
        int there = rec->rank[slot] >= 0;
        value[slot] = there ? (struct text){rec->text[slot], rec->n[slot]}
                            : (struct text){"", 0};
        if (slot < INTAKE_ROLES || !there)
            continue;
        k->met[slot - INTAKE_ROLES] = 1;
        if (!rec->usable[slot])
            return intake_bad(r, line, e,
                "'%.60s' is neither a string nor a number",
                intake_asked(k, slot));
    }
    int good, rc = intake_meets(r, line, value, &good, e);
    for (int role = 0; role < INTAKE_ROLES && good && !rc; role++)
        rc = check_role(r, rec, line, role, &good, e);
    return rc || !good ? rc : intake_take(r, line, value, e);
}

int
intake_jsonl(struct intake_run *r, struct err *e)
{
    struct jsonl j;
    jsonl_init(&j, r->x);
    j.lines = j.lenient = 1;
    struct record *rec = mem_new(1, sizeof *rec, e);
    int rc = rec ? 0 : ERR_NOMEM;
    while (!rc) {
        int t = jsonl_next(&j, e);
        int64_t line = j.line;
        if (t == JSONL_END)
            break;
        if (t == JSONL_OBJECT) {
            t = read_object(r, &j, rec, e);
        } else if (t > 0 && t != JSONL_BAD) {
            j.bad = "the line is not an object";
            t = JSONL_BAD;
        }
        if (t < 0) {
            rc = t;
        } else if (t == JSONL_BAD) {
            int first = r->k->rows + r->k->bad + r->k->left == 0;
            rc = intake_bad(r, j.line, e, "%s%s", j.bad,
                first && j.bad == jsonl_cut
                    ? " (objects of several lines become lines by: jq -c .)"
                    : "");
            if (!rc)
                rc = jsonl_resync(&j, e);
        } else {
            rc = finish_record(r, rec, line, e);
        }
    }
    free(rec);
    return rc;
}

/* The items of one user; the opening bracket is read. */
static int
read_items(struct intake_run *r, struct jsonl *j, struct text user, int *rc,
    struct err *e)
{
    for (;;) {
        int t = jsonl_next(j, e);
        if (t < 0 || t == JSONL_BAD || t == JSONL_ARRAY_END)
            return t;
        struct text value[INTAKE_SLOTS];
        for (int slot = 0; slot < INTAKE_ROLES; slot++)
            value[slot] = text_of("");
        value[INTAKE_USER] = user;
        value[INTAKE_ITEM] = (struct text){j->text, j->n};
        *rc = is_usable(j, INTAKE_ITEM, t)
                  ? intake_take(r, j->line, value, e)
                  : intake_bad(r, j->line, e,
                        "an item is neither a string nor a whole number");
        if (*rc)
            return JSONL_BAD;
        t = jsonl_skip(j, t, e);
        if (t < 0 || t == JSONL_BAD)
            return t;
    }
}

/* Whether such files have what is asked for, and which part this file is. */
static int
plan_split(struct intake_run *r, struct err *e)
{
    static const int parts[4][3] = {[2] = {SPLIT_TRAIN, SPLIT_TEST},
        [3] = {SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST}};
    struct intake *k = r->k;
    const char *name = r->x->name;
    if (k->need[INTAKE_TIME] == INTAKE_MUST)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has no times: user -> [items] files have none", name);
    intake_settle(k, INTAKE_TIME, 0);
    if (k->n_where)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has no columns for --where: user -> [items] files have "
            "none",
            name);
    if (k->need[INTAKE_LABEL] == INTAKE_NEVER ||
        k->label_from == INTAKE_BY_NAME) {
        intake_settle(k, INTAKE_LABEL, 0);
        return 0;
    }
    int several = k->n_files == 2 || k->n_files == 3;
    if (!several && (k->n_files > 1 || k->need[INTAKE_LABEL] == INTAKE_MUST))
        return err_set(e, ERR_FORMAT,
            "split files in JSON are two or three (train, test, or train, "
            "valid, test), not %d",
            k->n_files);
    if (several) {
        k->label_from = INTAKE_BY_ORDER;
        k->part = parts[k->n_files][k->file];
    }
    intake_settle(k, INTAKE_LABEL, 0);
    return 0;
}

/* Damage in the JSON itself cannot be skipped: there is no next line. */
int
intake_split(struct intake_run *r, struct err *e)
{
    struct jsonl j;
    int rc = plan_split(r, e);
    if (rc)
        return rc;
    jsonl_init(&j, r->x);
    int t = jsonl_next(&j, e);
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
