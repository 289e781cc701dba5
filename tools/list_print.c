#include "tools/list_print.h"

#include "lib/fold/fold_explain.h"
#include "lib/io/jsonout.h"
#include "lib/rank/explain.h"

#include <inttypes.h>

static void
write_text(struct list_print *p, struct text t)
{
    if (p->json)
        jsonout_string(&p->x, t);
    else
        xout_write(&p->x, t.s, t.n);
}

static void
write_title(struct list_print *p, int64_t item)
{
    xout_printf(&p->x, p->json ? ", \"title\": " : "\t");
    write_text(p, titles_get(p->titles, item));
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
static void
write_reasons(struct list_print *p, int64_t of, int32_t item)
{
    int32_t by[LIST_PRINT_REASONS];
    float part[LIST_PRINT_REASONS];
    int n = find_reasons(p, of, item, by, part);
    if (p->json)
        xout_printf(&p->x, ", \"because\": [");
    for (int k = 0; k < n; k++) {
        xout_printf(&p->x, "%s",
            !p->json ? "\t"
            : k      ? ", {\"item\": "
                     : "{\"item\": ");
        write_text(p, ids_get(p->item_ids, by[k]));
        xout_printf(
            &p->x, p->json ? ", \"part\": %.9g}" : "\t%.9g", (double)part[k]);
    }
    if (p->json)
        xout_write(&p->x, "]", 1);
}

/* What comes behind the score of an item. */
static void
write_more(struct list_print *p, int64_t of, int32_t item)
{
    if (p->titles)
        write_title(p, item);
    if (p->explain)
        write_reasons(p, of, item);
}

/* {"user": .., "items": [{"item": .., "score": ..}, ..]} */
static void
write_json(
    struct list_print *p, int64_t of, const int32_t *id, const float *score)
{
    xout_printf(&p->x, "{\"%s\": ", p->whose);
    write_text(p, ids_get(p->ids, of));
    xout_printf(&p->x, ", \"%s\": [", p->what);
    for (int64_t r = 0; r < p->k && id[r] >= 0; r++) {
        xout_printf(&p->x, "%s{\"item\": ", r ? ", " : "");
        write_text(p, ids_get(p->item_ids, id[r]));
        xout_printf(&p->x, ", \"score\": %.9g", (double)score[r]);
        write_more(p, of, id[r]);
        xout_write(&p->x, "}", 1);
    }
    xout_write(&p->x, "]}\n", 3);
}

static void
write_rows(
    struct list_print *p, int64_t of, const int32_t *id, const float *score)
{
    for (int64_t r = 0; r < p->k && id[r] >= 0; r++) {
        write_text(p, ids_get(p->ids, of));
        xout_printf(&p->x, "\t%" PRId64 "\t", r + 1);
        write_text(p, ids_get(p->item_ids, id[r]));
        xout_printf(&p->x, "\t%.9g", (double)score[r]);
        write_more(p, of, id[r]);
        xout_write(&p->x, "\n", 1);
    }
}

int
list_print(struct list_print *p, int64_t of, const int32_t *id,
    const float *score, struct err *e)
{
    (p->json ? write_json : write_rows)(p, of, id, score);
    return xout_check(&p->x, e);
}
