#include "lib/fold/fold_plan.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where today's ids stand in the model. */
static int
match(int64_t **row, const struct ids *today, struct ids *model,
    const char *what, struct err *e)
{
    *row = mem_new(today->n, sizeof **row, e);
    if (!*row)
        return ERR_NOMEM;
    int rc = model->slots ? 0 : ids_index(model, what, e);
    for (int64_t i = 0; i < today->n && !rc; i++)
        (*row)[i] = ids_find(model, ids_get(today, i));
    return rc;
}

/* Leaves in p->seen, which are today's digests, what the rows that stay were
 * trained on, 0 elsewhere. */
static void
sort_users(struct fold_plan *p, const struct fold_rows *rows, int keep_all)
{
    const int64_t *seen = rows->seen->user;
    for (int64_t u = 0; u < p->data->n_users; u++) {
        int64_t row = p->user_row[u], now = p->seen.user[u];
        int64_t then = row < 0 ? 0 : seen ? seen[row] : now;
        then = then > 0 ? then : 0;
        enum fold_user state = then && then == now ? FOLD_USER_KEPT
                               : then              ? FOLD_USER_CHANGED
                                                   : FOLD_USER_NEW;
        if (keep_all && row >= 0)
            state = FOLD_USER_KEPT;
        p->user[u] = (unsigned char)state;
        p->users[state]++;
        p->seen.user[u] = state == FOLD_USER_KEPT ? then : SEEN_FOLDED;
    }
}

static void
sort_items(struct fold_plan *p, const struct fold_rows *rows, int keep_all)
{
    const int64_t *seen = rows->seen->item;
    for (int64_t i = 0; i < p->data->n_items; i++) {
        int64_t row = p->item_row[i];
        int64_t then = row < 0 ? SEEN_FOLDED
                       : seen  ? seen[row]
                               : p->seen.item[i];
        int own = then > 0 || (keep_all && row >= 0);
        p->item[i] = own ? FOLD_OWN : then == 0 ? FOLD_START : FOLD_NONE;
        p->known += row >= 0;
        p->items += own;
        p->seen.item[i] = own ? then : SEEN_FOLDED;
    }
}

int
fold_plan_make(struct fold_plan *p, const struct fold_rows *rows,
    const struct dataset *data, int keep_all, struct err *e)
{
    *p = (struct fold_plan){.data = data};
    p->user = mem_new(data->n_users, 1, e);
    p->item = mem_new(data->n_items, 1, e);
    int rc = p->user && p->item ? seen_of(&p->seen, data, e) : ERR_NOMEM;
    if (!rc)
        rc = match(&p->user_row, &data->user_ids, rows->user_ids, "user", e);
    if (!rc)
        rc = match(&p->item_row, &data->item_ids, rows->item_ids, "item", e);
    if (rc) {
        fold_plan_free(p);
        return rc;
    }
    sort_users(p, rows, keep_all);
    sort_items(p, rows, keep_all);
    return 0;
}

void
fold_plan_free(struct fold_plan *p)
{
    free(p->user_row);
    free(p->item_row);
    free(p->user);
    free(p->item);
    seen_free(&p->seen);
    *p = (struct fold_plan){0};
}
