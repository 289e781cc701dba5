#include "tools/recommend_print.h"

#include "lib/io/jsonout.h"

#include <inttypes.h>

static int
write_id(
    struct recommend_print *p, const struct ids *s, int64_t i, struct err *e)
{
    struct text id = ids_get(s, i);
    return p->json ? jsonout_string(&p->x, id.s, id.n, e)
                   : xout_write(&p->x, id.s, id.n, e);
}

static int
write_title(struct recommend_print *p, int64_t item, struct err *e)
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

/* {"user": .., "items": [{"item": .., "score": ..}, ..]} */
static int
write_json(struct recommend_print *p, int64_t user, const int32_t *id,
    const float *score, struct err *e)
{
    int rc = xout_printf(&p->x, e, "{\"user\": ");
    if (!rc)
        rc = write_id(p, p->user_ids, user, e);
    if (!rc)
        rc = xout_printf(&p->x, e, ", \"items\": [");
    for (int64_t r = 0; r < p->k && id[r] >= 0 && !rc; r++) {
        rc = xout_printf(&p->x, e, "%s{\"item\": ", r ? ", " : "");
        if (!rc)
            rc = write_id(p, p->item_ids, id[r], e);
        if (!rc)
            rc = xout_printf(&p->x, e, ", \"score\": %.9g", (double)score[r]);
        if (!rc && p->titles)
            rc = write_title(p, id[r], e);
        if (!rc)
            rc = xout_write(&p->x, "}", 1, e);
    }
    return rc ? rc : xout_write(&p->x, "]}\n", 3, e);
}

static int
write_rows(struct recommend_print *p, int64_t user, const int32_t *id,
    const float *score, struct err *e)
{
    int rc = 0;
    for (int64_t r = 0; r < p->k && id[r] >= 0 && !rc; r++) {
        rc = write_id(p, p->user_ids, user, e);
        if (!rc)
            rc = xout_printf(&p->x, e, "\t%" PRId64 "\t", r + 1);
        if (!rc)
            rc = write_id(p, p->item_ids, id[r], e);
        if (!rc)
            rc = xout_printf(&p->x, e, "\t%.9g", (double)score[r]);
        if (!rc && p->titles)
            rc = write_title(p, id[r], e);
        if (!rc)
            rc = xout_write(&p->x, "\n", 1, e);
    }
    return rc;
}

int
recommend_print(struct recommend_print *p, int64_t user, const int32_t *id,
    const float *score, struct err *e)
{
    return (p->json ? write_json : write_rows)(p, user, id, score, e);
}
