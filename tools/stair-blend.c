/* One model of several: their scores added with weights. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/rank/blend.h"
#include "lib/rank/ranker.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model as the command line names it, then as it is read. */
struct part {
    char *path;
    char role[48];
    double weight; /* NAN: to be chosen */
    struct ranker model;
};

struct blend_args {
    const char *data;
    struct part part[SCORER_PARTS];
    int parts;
    int given; /* weights are */
};

static const char summary[] =
    "Writes one model whose score is the weighted sum of the models' "
    "z-scores:\n"
    "each user's scores by one model, with mean 0 and standard deviation 1 "
    "over\n"
    "all items. Weights that are not given are chosen by NDCG@20 on the valid\n"
    "items.";

static const char examples[] =
    "  stair-blend --data data.npz -o blend.npz model.npz items.npz\n"
    "  stair-blend --data data.npz -o blend.npz model.npz:1 items.npz:0.3";

static void
parse_parts(struct cli *io, struct blend_args *a)
{
    const char *in[SCORER_PARTS + 1] = {a->data};
    double sum = 0;
    if (io->n_args > SCORER_PARTS)
        cli_usage(io, "%d models are more than %d", io->n_args, SCORER_PARTS);
    for (int p = 0; p < io->n_args; p++) {
        struct part *part = &a->part[a->parts++];
        part->weight = (double)NAN;
        part->path = cli_split(io, io->arg[p], &part->weight, 0);
        int given = !isnan(part->weight);
        if (p && given != a->given)
            cli_usage(io, "'%s' has a weight and '%s' has none",
                given ? part->path : a->part[0].path,
                given ? a->part[0].path : part->path);
        a->given = given;
        strcpy(part->role, "model");
        if (given)
            snprintf(
                part->role, sizeof part->role, "model=%.17g", part->weight);
        sum += given ? part->weight : 1;
        in[p + 1] = part->path;
    }
    if (!(sum > 0))
        cli_usage(io, "all weights are 0");
    cli_one_stdin(io, in, a->parts + 1);
}

static void
read_part(struct cli *io, const struct blend_args *a, struct dataset *d,
    struct part *p, struct scorer *s)
{
    die_if(
        ranker_read(p->path, p->role, 1, &p->model, &io->hist, &io->err), io);
    if (p->model.blend)
        cli_die(io, "'%s' is a blend, and a blend has no blends as parts",
            ranker_shown(p->path));
    die_if(ranker_scorer(&p->model, p->path, d, a->data, s, &io->err), io);
    cli_belong(io, IDENTITY_ALL);
}

struct trials {
    struct cli *io;
    int n;
};

static void
show_trial(void *ctx, const double *weight, int parts, double value)
{
    struct trials *t = ctx;
    char text[SCORER_PARTS * 8 + 1] = "";
    for (int p = 0, n = 0; p < parts; p++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %.4g", weight[p]);
    cli_detail(t->io, "weights%s: valid NDCG@20 %.6f", text, value);
    cli_progress(t->io, "%d weights tried", ++t->n);
}

static void
choose_weights(struct cli *io, struct blend_args *a, const struct dataset *d,
    const struct scorer *s)
{
    double weight[SCORER_PARTS], value;
    struct trials t = {io, 0};
    struct blend_opt o = {.target = &d->valid,
        .mask = &d->train,
        .exec = cli_exec(io),
        .tried = show_trial,
        .ctx = &t};
    if (!d->valid.nnz)
        cli_die(io,
            "'%s' holds no valid interactions to choose weights by; give each "
            "model one, as in %s:1",
            ranker_shown(a->data), a->part[0].path);
    die_if(blend_fit(s, a->parts, &o, weight, &value, &io->err), io);
    for (int p = 0; p < a->parts; p++) {
        a->part[p].weight = weight[p];
        cli_note(
            io, "weight %.4g: %s", weight[p], ranker_shown(a->part[p].path));
    }
    cli_note(io, "valid NDCG@20 %.6f", value);
}

static void
agree(int64_t *a, const int64_t *b, int64_t n)
{
    for (int64_t i = 0; b && i < n; i++)
        if (a[i] != b[i])
            a[i] = 0;
}

/* What the rows of every part were trained on, 0 where parts differ: such a row
 * is none that stays when the blend is folded. A file whose ids are not as many
 * as its rows does not tell. */
static void
add_seen(struct seen *all, const struct ranker *r, const struct dataset *d)
{
    if (!r->seen.user || !r->seen.item || r->user_ids.n != d->n_users ||
        r->item_ids.n != d->n_items)
        return;
    if (!all->user)
        *all = r->seen;
    agree(all->user, r->seen.user, d->n_users);
    agree(all->item, r->seen.item, d->n_items);
}

/* A model of weight 0 is no part. */
static void
write_parts(struct cli *io, struct blend_args *a, const struct dataset *d)
{
    struct ranker r = {.blend = 1};
    for (int p = 0; p < a->parts; p++)
        if (a->part[p].weight > 0) {
            r.part[r.parts] = a->part[p].model.part[0];
            r.part[r.parts++].weight = a->part[p].weight;
            add_seen(&r.seen, &a->part[p].model, d);
        }
    identity_inherit(&io->hist, IDENTITY_ALL);
    char *history = cli_history(io);
    die_if(ranker_write(io->out, &r, d, &r.seen, history, &io->err), io);
    free(history);
}

int
main(int argc, char **argv)
{
    struct blend_args a = {0};
    struct cli io = {.tool = "stair-blend",
        .operands = "--data FILE MODEL[:WEIGHT]...",
        .summary = summary,
        .examples = examples,
        .min_args = 1,
        .max_args = -1};
    const struct cli_option table[] = {CLI_DATA(&a.data), CLI_FOREIGN(&io),
        CLI_OUTPUT(&io), CLI_THREADS(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    if (!a.data)
        cli_usage(&io, "option '--data' is missing (see --help)");
    parse_parts(&io, &a);

    struct dataset d;
    struct scorer s[SCORER_PARTS];
    die_if(dataset_read(a.data, &d, &io.hist, &io.err), &io);
    for (int p = 0; p < a.parts; p++)
        read_part(&io, &a, &d, &a.part[p], &s[p]);
    if (!a.given)
        choose_weights(&io, &a, &d, s);
    write_parts(&io, &a, &d);
    for (int p = 0; p < a.parts; p++) {
        ranker_free(&a.part[p].model);
        free(a.part[p].path);
    }
    dataset_free(&d);
    return cli_finish(&io);
}
