#include "lib/data/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char *const word[IDENTITY_PARTS] = {"users", "items", "train"};

uint32_t
identity_ids(const struct ids *ids)
{
    uLong crc = crc32_z(0, NULL, 0);
    for (int64_t i = 0; i < ids->n; i++) {
        struct text id = ids_get(ids, i);
        crc = crc32_z(crc, (const void *)id.s, (size_t)id.n);
        crc = crc32_z(crc, (const void *)"", 1);
    }
    return (uint32_t)crc;
}

uint32_t
identity_pairs(const struct csr *pairs)
{
    uLong crc = crc32_z(0, NULL, 0);
    crc = crc32_z(crc, (const void *)pairs->indptr,
        (size_t)(pairs->rows + 1) * sizeof *pairs->indptr);
    if (pairs->nnz)
        crc = crc32_z(crc, (const void *)pairs->indices,
            (size_t)pairs->nnz * sizeof *pairs->indices);
    return (uint32_t)crc;
}

static uLong
row_of(uLong crc, const struct ids *ids, const struct csr *pairs, int64_t u)
{
    for (int64_t k = pairs->indptr[u]; k < pairs->indptr[u + 1]; k++) {
        struct text id = ids_get(ids, pairs->indices[k]);
        crc = crc32_z(crc, (const void *)id.s, (size_t)id.n);
        crc = crc32_z(crc, (const void *)"", 1);
    }
    return crc32_z(crc, (const void *)"\n", 1);
}

uint32_t
identity_user(
    const struct dataset *d, const struct csr *target, int64_t u, int masks)
{
    unsigned char last = (unsigned char)masks;
    uLong crc = row_of(crc32_z(0, NULL, 0), &d->item_ids, &d->train, u);
    crc = row_of(crc, &d->item_ids, target, u);
    return (uint32_t)crc32_z(crc, &last, 1);
}

struct identity
identity_of(const struct dataset *d)
{
    return (struct identity){
        IDENTITY_ALL, {identity_ids(&d->user_ids), identity_ids(&d->item_ids),
                          identity_pairs(&d->train)}};
}

void
identity_print(const struct identity *id, char text[HIST_BELONGS])
{
    int n = 0;
    *text = 0;
    for (int k = 0; k < IDENTITY_PARTS; k++)
        if (id->known & 1u << k)
            n += snprintf(text + n, HIST_BELONGS - (size_t)n, "%s%s:%08" PRIx32,
                n ? " " : "", word[k], id->digest[k]);
}

static int
parse_digest(struct text t, uint32_t *digest)
{
    char text[9] = "";
    if (t.n != 8 || (int64_t)strspn(t.s, "0123456789abcdef") < t.n)
        return 0;
    memcpy(text, t.s, 8);
    *digest = (uint32_t)strtoul(text, NULL, 16);
    return 1;
}

/* Unknown words are passed over: a later version may add some. */
static struct identity
parse(struct text belongs)
{
    struct identity id = {0};
    for (struct text w; text_next_word(&belongs, &w);)
        for (int k = 0; k < IDENTITY_PARTS; k++) {
            int64_t at = (int64_t)strlen(word[k]);
            if (w.n > at && memcmp(w.s, word[k], (size_t)at) == 0 &&
                w.s[at] == ':' &&
                parse_digest(
                    (struct text){w.s + at + 1, w.n - at - 1}, &id.digest[k]))
                id.known |= 1u << k;
        }
    return id;
}

static struct identity
file_identity(const struct hist_file *f)
{
    return parse(text_of(f->belongs));
}

void
identity_note(struct hist *h, const struct identity *id)
{
    struct hist_file *f = &h->file[h->n - 1];
    struct identity all = file_identity(f);
    for (int k = 0; k < IDENTITY_PARTS; k++)
        if (id->known & 1u << k)
            all.digest[k] = id->digest[k];
    all.known |= id->known;
    identity_print(&all, f->belongs);
}

void
identity_inherit(struct hist *h, unsigned parts)
{
    struct identity out = {0};
    for (int64_t i = 0; i < h->n; i++) {
        struct identity in = file_identity(&h->file[i]);
        for (int k = 0; k < IDENTITY_PARTS; k++)
            if (in.known & ~out.known & parts & 1u << k) {
                out.digest[k] = in.digest[k];
                out.known |= 1u << k;
            }
    }
    identity_print(&out, h->belongs);
}

/* The step of f's history that first wrote an output with the digest that part
 * k of its identity has. */
static void
find_origin(const struct hist_file *f, int k, struct hist_step *step)
{
    uint32_t digest = file_identity(f).digest[k];
    for (const char *p = f->text; hist_next(&p, NULL, step);) {
        struct identity id = parse(step->field[HIST_BELONGS_TO]);
        if (id.known & 1u << k && id.digest[k] == digest)
            return;
    }
    *step = (struct hist_step){0};
}

static int
has_word(const struct hist_step *step, struct text wanted)
{
    for (int f = HIST_OPTIONS; f <= HIST_INPUTS; f++) {
        struct text rest = step->field[f], w;
        while (text_next_word(&rest, &w))
            if (text_same(w, wanted))
                return 1;
    }
    return 0;
}

struct phrase {
    char s[320];
    size_t n;
};

/* What comes from a file may hold anything; long words are cut. */
static void
put(struct phrase *t, struct text w)
{
    for (int64_t i = 0; i < w.n && i < 80 && t->n + 1 < sizeof t->s; i++) {
        char c = w.s[i];
        t->s[t->n++] = (unsigned char)c < 32 || c == 127 ? '?' : c;
    }
    t->s[t->n] = 0;
}

/* Collects the words of the step's options and inputs, except those of
 * `without` (may be NULL). Returns how many. */
static int
put_words(struct phrase *t, const struct hist_step *step,
    const struct hist_step *without)
{
    int count = 0;
    for (int f = HIST_OPTIONS; f <= HIST_INPUTS; f++) {
        struct text rest = step->field[f], w;
        while (text_next_word(&rest, &w)) {
            if (without && has_word(without, w))
                continue;
            put(t, text_of(" "));
            put(t, w);
            count++;
        }
    }
    return count;
}

/* "stair-ingest --seed=1": what the other origin lacks, or everything if it
 * lacks nothing. Where the steps are the same, the digest is put. */
static void
describe(struct phrase *t, const struct hist_file *f, int k,
    const struct hist_step *own, const struct hist_step *other)
{
    struct phrase theirs = {.n = 0};
    *t = (struct phrase){.n = 0};
    put(t, own->field[HIST_TOOL]);
    if (put_words(t, own, other))
        return;
    if (put_words(&theirs, other, own) && put_words(t, own, NULL))
        return;
    char digest[32];
    snprintf(digest, sizeof digest, "%s%s:%08" PRIx32, t->n ? " " : "", word[k],
        file_identity(f).digest[k]);
    put(t, text_of(digest));
}

static int
refuse(const struct hist_file *a, const struct hist_file *b, unsigned differ,
    struct err *e)
{
    static const char *const what[] = {[IDENTITY_USERS] = "other users than",
        [IDENTITY_ITEMS] = "other items than",
        [IDENTITY_USERS | IDENTITY_ITEMS] = "other users and items than",
        [IDENTITY_TRAIN] = "another train split than"};
    unsigned ids = differ & (IDENTITY_USERS | IDENTITY_ITEMS);
    int k = ids & IDENTITY_ITEMS ? 1 : ids ? 0 : 2;
    struct hist_step from_a, from_b;
    struct phrase origin_a, origin_b;
    find_origin(a, k, &from_a);
    find_origin(b, k, &from_b);
    describe(&origin_a, a, k, &from_a, &from_b);
    describe(&origin_b, b, k, &from_b, &from_a);
    return err_set(e, ERR_FORMAT,
        "'%.250s' belongs to %s '%.250s': the first is from %s, the second "
        "from %s",
        b->name, what[ids ? ids : differ], a->name, origin_b.s, origin_a.s);
}

int
identity_same(const struct hist_file *a, const struct hist_file *b,
    unsigned parts, struct err *e)
{
    struct identity p = file_identity(a), q = file_identity(b);
    unsigned differ = 0;
    for (int k = 0; k < IDENTITY_PARTS; k++)
        if (p.known & q.known & parts & 1u << k && p.digest[k] != q.digest[k])
            differ |= 1u << k;
    return differ ? refuse(a, b, differ, e) : 0;
}

int
identity_check(const struct hist *h, int64_t i, unsigned parts, struct err *e)
{
    int rc = 0;
    for (int64_t j = 0; j < i && !rc; j++)
        rc = identity_same(&h->file[j], &h->file[i], parts, e);
    return rc;
}
