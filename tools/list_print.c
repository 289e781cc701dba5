#include "tools/list_print.h"

#include "lib/base/mem.h"
#include "lib/fold/fold_explain.h"
#include "lib/io/jsonout.h"
#include "lib/rank/explain.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdlib.h>

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
    write_text(p, titles_get(&p->title, item));
}

static int
find_reasons(
    struct list_print *p, int64_t of, int32_t item, int32_t *by, float *part)
{
    const struct scorer *s = p->scorer;
    if (p->blend)
        return fold_blend_top(p->blend, of, item, p->explain, by, part);
    if (s->graph)
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
        write_text(p, ids_get(p->ids->items, by[k]));
        xout_printf(
            &p->x, p->json ? ", \"part\": %.9g" : "\t%.9g", (double)part[k]);
        if (p->titles)
            write_title(p, by[k]);
        if (p->json)
            xout_write(&p->x, "}", 1);
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
    xout_printf(&p->x, "{\"%s\": ", p->ids->what);
    write_text(p, ids_get(p->ids->lists, of));
    xout_printf(&p->x, ", \"%s\": [", p->what);
    for (int64_t r = 0; r < p->k && id[r] >= 0; r++) {
        xout_printf(&p->x, "%s{\"item\": ", r ? ", " : "");
        write_text(p, ids_get(p->ids->items, id[r]));
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
        write_text(p, ids_get(p->ids->lists, of));
        xout_printf(&p->x, "\t%" PRId64 "\t", r + 1);
        write_text(p, ids_get(p->ids->items, id[r]));
        xout_printf(&p->x, "\t%.9g", (double)score[r]);
        write_more(p, of, id[r]);
        xout_write(&p->x, "\n", 1);
    }
}

static int
print(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    struct list_print *p = ctx;
    const struct wanted *w = p->wanted;
    for (int64_t i = first; i < first + n; i++, id += p->k, score += p->k) {
        p->empty += *id < 0;
        (p->json ? write_json : write_rows)(p, w ? w->at[i] : i, id, score);
    }
    cli_progress(p->io, "%" PRId64 " of %" PRId64 " %ss", first + n,
        w ? w->n : p->ids->lists->n, p->ids->what);
    return xout_check(&p->x, &p->io->err);
}

static void
read_titles(struct cli *io, struct list_print *p)
{
    const char *name = ranker_shown(p->titles);
    die_if(titles_read(&p->title, p->titles, p->ids->items, &io->err), io);
    if (!p->title.found)
        cli_note(io, "'%s' has no title of an item of '%s'%s%s", name,
            ranker_shown(p->path), *p->title.stranger.s ? ": " : "",
            *p->title.stranger.s ? ids_differ((char[IDS_CLAUSE]){0}, name,
                                       &p->title.stranger, p->ids->items)
                                 : "");
}

/* Whether the ids can stand in lines. */
static int
check_ids(const struct list_print *p, struct err *e)
{
    int rc = ids_check_table(p->ids->lists, p->ids->what, e);
    if (!rc)
        rc = ids_check_table(p->ids->items, "item", e);
    return rc ? err_prefix(e, rc, "'%s'", ranker_shown(p->path)) : 0;
}

void
list_print(struct cli *io, struct list_print *p, const struct scorer *s,
    const struct rank_opt *given)
{
    struct rank_opt o = *given;
    p->io = io;
    p->scorer = s;
    if (p->titles)
        read_titles(io, p);
    if (p->explain && s->parts)
        die_if(
            fold_blend_open(&p->blend, s, p->map, cli_exec(io), &io->err), io);
    else if (p->map && p->map->from) {
        p->room = mem_new(p->map->from, sizeof *p->room, &io->err);
        die_if(p->room ? 0 : ERR_NOMEM, io);
    }
    if (p->k > s->n_items)
        p->k = s->n_items > 0 ? s->n_items : 1;
    o.k = p->k;
    o.exec = cli_exec(io);
    o.items = &p->offer->items;
    if (p->offer->pairs)
        o.mask[RANK_MASKS - 1] = &p->offer->masked;
    if (p->wanted) {
        static const int64_t none = 0;
        o.users = p->wanted->n ? p->wanted->at : &none;
        o.n_users = p->wanted->n;
    }
    if (!p->json)
        die_if(check_ids(p, &io->err), io);
    die_if(xout_open(&p->x, io->out, XOUT_TEXT, &io->err), io);
    die_if(rank_run(s, &o, print, p, &io->err), io);
    die_if(xout_commit(&p->x, &io->err), io);
    titles_free(&p->title);
    fold_blend_close(p->blend);
    free(p->room);
}
