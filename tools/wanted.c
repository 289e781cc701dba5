#include "tools/wanted.h"

#include "lib/base/mem.h"
#include "lib/io/table.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdlib.h>

/* Users and items are easily taken for each other, and the ids of two exports
 * for the same. */
static int
unknown(const struct wanted *w, struct text id, struct err *e)
{
    for (int64_t i = 0; w->other && i < w->other->n; i++)
        if (text_same(ids_get(w->other, i), id))
            return err_set(e, ERR_FORMAT, "'%.255s' is %s", id.s, w->not );
    struct text first = w->ids->n ? ids_get(w->ids, 0) : text_of("");
    return err_set(e, ERR_FORMAT,
        "unknown %s '%.255s' (the first of %s is '%.*s')", w->what, id.s, w->of,
        (int)first.n, first.s);
}

static int
want(struct wanted *w, struct text id, struct err *e)
{
    int64_t i = ids_find(w->ids, id);
    if (i < 0 && w->skip_unknown) {
        w->skipped++;
        return 0;
    }
    if (i < 0)
        return unknown(w, id, e);
    int rc = mem_grow(&w->at, &w->cap, w->n + 1, sizeof *w->at, e);
    if (!rc)
        w->at[w->n++] = i;
    return rc;
}

static void
make_table(struct cli *io, struct wanted *w)
{
    int rc = ids_index(w->ids, w->what, &io->err);
    if (rc)
        rc = err_prefix(&io->err, rc, "'%s'", ranker_shown(w->path));
    die_if(rc, io);
}

static int
add_row(void *ctx, const struct table_row *row, struct err *e)
{
    int rc = table_good(row, e);
    if (rc)
        return rc;
    rc = want(ctx, row->field[0], e);
    return rc ? err_prefix(e, rc, "'%s' line %" PRId64, row->file, row->line)
              : 0;
}

void
wanted_read(struct cli *io, struct wanted *w, const char *path)
{
    make_table(io, w);
    die_if(table_file(path, io->tool, add_row, w, &io->err), io);
}

void
wanted_list(struct cli *io, struct wanted *w, const char *option,
    const struct cli_list *list)
{
    make_table(io, w);
    for (int i = 0; i < list->n; i++) {
        int rc = want(w, text_of(list->item[i]), &io->err);
        if (rc)
            rc = err_prefix(&io->err, rc, "option '--%s'", option);
        die_if(rc, io);
    }
}

void
wanted_free(struct wanted *w)
{
    free(w->at);
    w->at = NULL;
}
