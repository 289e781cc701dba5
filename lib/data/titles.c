#include "lib/data/titles.h"

#include "lib/base/mem.h"
#include "lib/io/table.h"

#include <stdlib.h>
#include <string.h>

/* What the first row's second field may be called in a header whose first one
 * is an item's id, too. */
static const char *const header_word[] = {"title", "name", "label", NULL};

struct reader {
    struct titles *t;
    const struct ids *items;
    int64_t rows;
};

/* A header whose first field is no item's id is passed over like any such row.
 * If an item is called so, the second field tells whether it is a header. */
static int
is_header(const struct table_row *row)
{
    for (const char *const *w = header_word; *w; w++)
        if (text_same(row->field[1], text_of(*w)))
            return 1;
    return 0;
}

static int
add(void *ctx, const struct table_row *row, struct err *e)
{
    struct reader *r = ctx;
    struct titles *t = r->t;
    int rc = table_two(row, "id", "title", e);
    if (rc)
        return rc;
    int first = r->rows++ == 0;
    int64_t i = ids_find(r->items, row->field[0]);
    if (i < 0)
        ids_show(&t->stranger, row->field[0]);
    if (i < 0 || t->at[i] >= 0 || (first && is_header(row)))
        return 0;
    int64_t n = row->field[1].n + 1; /* with the NUL behind a field */
    rc = mem_grow(&t->text, &t->cap, t->used + n, 1, e);
    if (rc)
        return rc;
    memcpy(t->text + t->used, row->field[1].s, (size_t)n);
    t->at[i] = t->used;
    t->used += n;
    t->found++;
    return 0;
}

int
titles_read(
    struct titles *t, const char *path, struct ids *items, struct err *e)
{
    *t = (struct titles){.n = items->n};
    struct reader r = {.t = t, .items = items};
    int rc = ids_index(items, "item", e);
    if (rc)
        return rc;
    t->at = mem_new(t->n, sizeof *t->at, e);
    if (!t->at)
        return ERR_NOMEM;
    for (int64_t i = 0; i < t->n; i++)
        t->at[i] = -1;
    rc = table_file(path, "stair-recommend", add, &r, e);
    if (rc)
        titles_free(t);
    return rc;
}

struct text
titles_get(const struct titles *t, int64_t i)
{
    return text_of(t->at[i] < 0 ? "" : t->text + t->at[i]);
}

void
titles_free(struct titles *t)
{
    free(t->at);
    free(t->text);
    *t = (struct titles){0};
}
