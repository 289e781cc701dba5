#include "tools/eval_segments.h"

#include "lib/base/mem.h"
#include "lib/io/table.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { USERS, ITEMS };

struct reader {
    const struct ids *ids[2];
    int wanted[2];
    struct ids label;
    int32_t *of[2];
    int64_t known[2], unknown;
    struct ids_shown stranger;
};

static int
put(struct reader *r, int side, int64_t at, int64_t segment,
    const struct table_row *row, struct err *e)
{
    if (at < 0)
        return 0;
    r->known[side]++;
    if (r->of[side][at] >= 0 && r->of[side][at] != segment)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": '%.255s' is in another segment already",
            row->file, row->line, row->field[0].s);
    r->of[side][at] = (int32_t)segment;
    return 0;
}

static int
add_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct reader *r = ctx;
    int64_t at[2] = {-1, -1};
    int rc = table_two(row, "id", "segment", e);
    if (rc)
        return rc;
    if (!row->field[1].n)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": the segment is empty", row->file,
            row->line);
    for (int side = 0; side < 2; side++)
        if (r->wanted[side])
            at[side] = ids_find(r->ids[side], row->field[0]);
    if (at[USERS] < 0 && at[ITEMS] < 0) {
        ids_show(&r->stranger, row->field[0]);
        r->unknown++;
        return 0;
    }
    int64_t segment = ids_add(&r->label, row->field[1], e);
    if (segment < 0)
        return (int)segment;
    rc = put(r, USERS, at[USERS], segment, row, e);
    return rc ? rc : put(r, ITEMS, at[ITEMS], segment, row, e);
}

static void
read_rows(struct cli *io, struct reader *r, const char *path)
{
    const char *name = ranker_shown(path);
    die_if(table_file(path, io->tool, add_row, r, &io->err), io);
    if (r->known[USERS] && r->known[ITEMS])
        cli_die(io,
            "'%s' has ids of users and of items: say --segments users=%s or "
            "--segments items=%s",
            name, name, name);
    if (!r->known[USERS] && !r->known[ITEMS])
        cli_die(io,
            "'%s' has no segment of a user or an item that is known%s%s", name,
            *r->stranger.s ? ": " : "",
            *r->stranger.s
                ? ids_differ((char[IDS_CLAUSE]){0}, name, &r->stranger,
                      r->ids[r->wanted[USERS] ? USERS : ITEMS])
                : "");
    if (r->unknown)
        cli_note(io, "'%s': passed over %" PRId64 " rows of unknown ids", name,
            r->unknown);
}

const char *
eval_segments_file(const char *operand, int *side)
{
    static const char *const prefix[2] = {"users=", "items="};
    *side = -1;
    for (int s = 0; s < 2; s++)
        if (strncmp(operand, prefix[s], strlen(prefix[s])) == 0) {
            *side = s;
            return operand + strlen(prefix[s]);
        }
    return operand;
}

void
eval_segments_read(struct cli *io, struct eval_groups *g, const char *operand,
    struct dataset *d)
{
    struct ids *ids[2] = {&d->user_ids, &d->item_ids};
    static const char *const what[2] = {"user", "item"};
    struct reader r = {.ids = {ids[USERS], ids[ITEMS]}, .wanted = {1, 1}};
    int asked;
    const char *path = eval_segments_file(operand, &asked);
    if (asked >= 0)
        r.wanted[!asked] = 0;
    for (int side = 0; side < 2; side++) {
        die_if(ids_index(ids[side], what[side], &io->err), io);
        r.of[side] = mem_new(ids[side]->n, sizeof *r.of[side], &io->err);
        die_if(r.of[side] ? 0 : ERR_NOMEM, io);
        memset(r.of[side], -1, (size_t)ids[side]->n * sizeof *r.of[side]);
    }
    read_rows(io, &r, path);
    int side = r.known[ITEMS] > 0;
    *g = (struct eval_groups){.name = side ? "item-segment" : "user-segment",
        .of_items = side,
        .label = r.label,
        .of = r.of[side]};
    free(r.of[!side]);
}
