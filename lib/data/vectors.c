#include "lib/data/vectors.h"

#include "lib/base/mem.h"
#include "lib/data/vectors_priv.h"
#include "lib/io/foreign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ASIN = 10, AMAZON_D = 4096, LOOK = 1 << 16 };

int
vectors_room(struct vectors_sink *s, int64_t n, struct err *e)
{
    if (n >= VECTORS_MAX_D)
        return err_set(e, ERR_FORMAT, "more than %d values", VECTORS_MAX_D);
    return mem_grow(&s->v, &s->cap, n + 1, sizeof *s->v, e);
}

int
vectors_put(struct vectors_sink *s, struct text id, int64_t d, struct err *e)
{
    const char *why = ids_reason(id);
    if (why)
        return err_set(e, ERR_FORMAT, "the id %s", why);
    int64_t before = s->seen.n, at = ids_add(&s->seen, id, e);
    if (at < 0)
        return (int)at;
    if (at < before)
        return err_set(
            e, ERR_FORMAT, "a second vector for id '%.*s'", (int)id.n, id.s);
    return features_put(s->f, id, s->v, d, e);
}

int
vectors_number(struct text t, float *v)
{
    char *end;
    if (t.n == 0 || (int64_t)strspn(t.s, "0123456789+-.eE") < t.n)
        return 0;
    *v = strtof(t.s, &end);
    return end == t.s + t.n;
}

static int
read_amazon(struct xin *x, struct vectors_sink *s, struct err *e)
{
    enum { RECORD = ASIN + 4 * AMAZON_D };
    unsigned char *rec = mem_new(RECORD, 1, e);
    int rc = rec ? vectors_room(s, AMAZON_D - 1, e) : ERR_NOMEM;
    for (int64_t n = 1; !rc; n++) {
        int64_t got = xin_read(x, rec, RECORD, e);
        if (got <= 0) {
            rc = (int)got;
            break;
        }
        struct text id = {(char *)rec, ASIN};
        const char *why = ids_reason(id);
        if (got < RECORD) {
            rc = err_set(e, ERR_FORMAT, "'%.400s' ends inside record %" PRId64,
                x->name, n);
        } else if (why) {
            rc = err_set(e, ERR_FORMAT,
                "'%.400s', record %" PRId64
                ": the id %s (not an Amazon feature file?)",
                x->name, n, why);
        } else {
            memcpy(s->v, rec + ASIN, 4 * AMAZON_D);
            rc = vectors_put(s, id, AMAZON_D, e);
            if (rc)
                rc = err_prefix(e, rc, "'%.400s', record %" PRId64, x->name, n);
        }
    }
    free(rec);
    return rc;
}

/* By the first line that is not empty. */
static enum vectors_format
sniff_text(const unsigned char *p, int64_t n)
{
    const unsigned char *end = p + n;
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    while (p < end && strchr("\r\n \t", *p))
        p++;
    const unsigned char *stop = p;
    while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
    size_t line = (size_t)(stop - p);
    if (line && (*p == '{' || *p == '['))
        return VECTORS_JSONL;
    if (memchr(p, '\t', line))
        return VECTORS_TSV;
    int other = memchr(p, ',', line) || memchr(p, ';', line);
    return other || !memchr(p, ' ', line) ? VECTORS_CSV : VECTORS_BLANK;
}

int
vectors_separator(struct xin *x, int tabs, const char **sep, struct err *e)
{
    const unsigned char *p;
    int64_t n = xin_peek_more(x, LOOK, &p, e);
    if (n < 0)
        return (int)n;
    size_t line = 0;
    while (line < (size_t)n && p[line] != '\n' && p[line] != '\r')
        line++;
    *sep = tabs && memchr(p, '\t', line)                   ? "\t"
           : memchr(p, ';', line) && !memchr(p, ',', line) ? ";"
                                                           : ",";
    return 0;
}

/* NumPy's or ours, by the name of the first member; other archives are not. */
static int
is_npz(const unsigned char *p, int64_t n)
{
    size_t k = n < 300 ? (size_t)n : 300;
    return n > 3 && memcmp(p, "PK\3\4", 4) == 0 &&
           (memmem(p, k, ".npy", 4) || memmem(p, k, "history.txt", 11));
}

static int
sniff(
    const char *path, struct xin *x, enum vectors_format *format, struct err *e)
{
    const unsigned char *p;
    int64_t got = xin_peek_more(x, LOOK, &p, e);
    if (got < 0)
        return (int)got;
    if (got == 0)
        return err_set(e, ERR_FORMAT, "'%.400s' is empty", x->name);
    int npz = p[0] == 0x93 || is_npz(p, got);
    int amazon = text_ends(path, ".b");
    int rc = npz || amazon ? 0 : foreign_check(x, "stair-features", e);
    if (rc)
        return rc;
    if (npz)
        *format = VECTORS_NPZ;
    else if (amazon)
        *format = VECTORS_AMAZON;
    else if (text_ends(path, ".npy") || text_ends(path, ".npz"))
        *format = VECTORS_NPZ; /* which says what is wrong */
    else if (memchr(p, 0, (size_t)got))
        return err_set(e, ERR_FORMAT,
            "'%.400s' is neither .npy, .npz nor text (see --format)", x->name);
    else
        *format = sniff_text(p, got);
    return 0;
}

/* An option that is for other formats. */
static int
check_options(const struct vectors_opt *o, enum vectors_format format,
    const char *name, struct err *e)
{
    int npz = format == VECTORS_NPZ, json = format == VECTORS_JSONL;
    if (o->ids && !npz)
        return err_set(e, ERR_FORMAT,
            "'%.400s' holds its own ids: --ids is for .npy and .npz", name);
    if (o->member && !npz)
        return err_set(
            e, ERR_FORMAT, "'%.400s' is no .npz, which --member is for", name);
    if ((o->id || o->vector) && !json)
        return err_set(e, ERR_FORMAT,
            "'%.400s' is not JSON, which --id and --vector are for", name);
    return 0;
}

static int
read_rows(struct xin *x, const struct vectors_opt *o,
    enum vectors_format format, struct features *f, struct err *e)
{
    struct vectors_sink s = {.name = x->name, .f = f};
    const char *sep = format == VECTORS_TSV ? "\t" : " ";
    int rc = format == VECTORS_CSV ? vectors_separator(x, 0, &sep, e) : 0;
    if (!rc)
        rc = format == VECTORS_AMAZON  ? read_amazon(x, &s, e)
             : format == VECTORS_JSONL ? vectors_json(x, o, &s, e)
                                       : vectors_text(x, sep, &s, e);
    ids_free(&s.seen);
    free(s.v);
    return rc;
}

int
vectors_read(const char *path, const struct vectors_opt *o, struct features *f,
    struct vectors_result *r, struct hist *h, struct err *e)
{
    *r = (struct vectors_result){.by_id = 1};
    enum vectors_format format = o->format;
    struct vectors_rows rows = {0};
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    x.sum = 1;
    if (format == VECTORS_AUTO)
        rc = sniff(path, &x, &format, e);
    if (!rc)
        rc = check_options(o, format, x.name, e);
    if (!rc && o->ids)
        rc = vectors_ids(o->ids, &rows, h, e);
    if (rc) {
        xin_close(&x);
    } else if (format == VECTORS_NPZ) {
        rc = vectors_npz(&x, path, o, &rows, f, r, h, e);
        r->by_id = rows.given;
    } else {
        rc = read_rows(&x, o, format, f, e);
        if (!rc)
            rc = hist_input(h, "features", x.name, NULL, x.crc, e);
        xin_close(&x);
    }
    ids_free(&rows.ids);
    return rc;
}
