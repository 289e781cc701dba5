#include "tools/list_print.h"

#include "lib/fold/fold_explain.h"
#include "lib/io/jsonout.h"
#include "lib/rank/explain.h"

#include <inttypes.h>

static int
write_id(struct list_print *p, const struct ids *s, int64_t i, struct err *e)
{
    struct text id = ids_get(s, i);
    return p->json ? jsonout_string(&p->x, id.s, id.n, e)
                   : xout_write(&p->x, id.s, id.n, e);
}

static int
write_title(struct list_print *p, int64_t item, struct err *e)
{
    int64_t n;
    const char *title = titles_get(p->titles, item, &n);
    int rc;
    if (!p->json) {
        rc = xout_write(&p->x, "\t", 1, e);
        return rc ? rc : xout_write(&p->x, title, n, e);
    }
    rc = xout_printf(&p->x, e, ", \"title\": ");
    return rc ? rc : jsonout_string(&p->x, title, n, e);
}

static int
find_reasons(
    struct list_print *p, int64_t of, int32_t item, int32_t *by, float *part)
{
    const struct scorer *s = p->scorer;
    if (!p->map)
        return explain_top(s, of, item, p->explain, by, part);
    int64_t from = s->history->indptr[of], to = s->history->indptr[of + 1];
    return fold_explain_top(p->map, s->history->indices + from, to - from,
        s->item->x + item * s->item->d, p->explain, p->room, by, part);
}

/* The items that add most to the score, and what they add. */
static int
write_reasons(struct list_print *p, int64_t of, int32_t item, struct err *e)
{
    int32_t by[LIST_PRINT_REASONS];
    float part[LIST_PRINT_REASONS];
    int n = find_reasons(p, of, item, by, part);
    int rc = p->json ? xout_printf(&p->x, e, ", \"because\": [") : 0;
    for (int k = 0; k < n && !rc; k++) {
        rc = xout_printf(&p->x, e, "%s",
            !p->json ? "\t"
            : k      ? ", {\"item\": "
                     : "{\"item\": ");
        if (!rc)
            rc = write_id(p, p->item_ids, by[k], e);
        if (!rc)
            rc = xout_printf(&p->x, e, p->json ? ", \"part\": %.9g}" : "\t%.9g",
                (double)part[k]);
    }
    return rc || !p->json ? rc : xout_write(&p->x, "]", 1, e);
}

/* {"user": .., "items": [{"item": .., "score": ..}, ..]} */
static int
write_json(struct list_print *p, int64_t of, const int32_t *id,
    const float *score, struct err *e)
{
    int rc = xout_printf(&p->x, e, "{\"%s\": ", p->whose);
    if (!rc)
        rc = write_id(p, p->ids, of, e);
    if (!rc)
        rc = xout_printf(&p->x, e, ", \"%s\": [", p->what);
    for (int64_t r = 0; r < p->k && id[r] >= 0 && !rc; r++) {
        rc = xout_printf(&p->x, e, "%s{\"item\": ", r ? ", " : "");
        if (!rc)
            rc = write_id(p, p->item_ids, id[r], e);
        if (!rc)
            rc = xout_printf(&p->x, e, ", \"score\": %.9g", (double)score[r]);
        if (!rc && p->titles)
            rc = write_title(p, id[r], e);
        if (!rc && p->explain)
            rc = write_reasons(p, of, id[r], e);
        if (!rc)
            rc = xout_write(&p->x, "}", 1, e);
    }
    return rc ? rc : xout_write(&p->x, "]}\n", 3, e);
}

static int
write_rows(struct list_print *p, int64_t of, const int32_t *id,
    const float *score, struct err *e)
{
    int rc = 0;
    for (int64_t r = 0; r < p->k && id[r] >= 0 && !rc; r++) {
        rc = write_id(p, p->ids, of, e);
        if (!rc)
            rc = xout_printf(&p->x, e, "\t%" PRId64 "\t", r + 1);
        if (!rc)
            rc = write_id(p, p->item_ids, id[r], e);
        if (!rc)
            rc = xout_printf(&p->x, e, "\t%.9g", (double)score[r]);
        if (!rc && p->titles)
            rc = write_title(p, id[r], e);
        if (!rc && p->explain)
            rc = write_reasons(p, of, id[r], e);
        if (!rc)
            rc = xout_write(&p->x, "\n", 1, e);
    }
    return rc;
}

int
list_print(struct list_print *p, int64_t of, const int32_t *id,
    const float *score, struct err *e)
{
    return (p->json ? write_json : write_rows)(p, of, id, score, e);
}
