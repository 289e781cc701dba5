#include "tools/cli.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/text.h"
#include "lib/io/xio.h"
#include "tools/synth/synth.h"
#include "tools/synth/synthlog.h"
#include "tools/synth/synthvec.h"
#include "tools/synth/synthword.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct tool {
    struct cli io;
    struct synth_opt want; /* as given; a size of 0 means the preset's */
    const char *like, *what, *type;
    struct synth plan;
};

/* zlib writes a copy of the descriptor: x itself buffers nothing. Its header of
 * gzip has neither time nor name. */
static void
write_log(struct tool *t, struct xout *x, int compress)
{
    struct cli *io = &t->io;
    struct synthlog log;
    die_if(synthlog_make(&log, &t->plan, &io->err), io);
    gzFile g = gzdopen(dup(x->fd), compress ? "wb4" : "wT");
    if (!g)
        cli_die(io, "out of memory");
    int good = gzputs(g, "user,item,time\n") > 0;
    for (int64_t k = 0; good && k < log.n; k++) {
        char user[SYNTH_ID], item[SYNTH_ID];
        good = gzprintf(g, "%s,%s,%" PRIu32 "\n",
                   synth_user_id(&t->plan, log.row[k].user, user),
                   synth_item_id(&t->plan, log.row[k].item, item),
                   log.row[k].time) > 0;
    }
    if (gzclose(g) != Z_OK || !good)
        cli_die(io, "cannot write '%s': %s", x->name, strerror(errno));
    cli_detail(io, "%" PRId64 " interactions", log.n);
    synthlog_free(&log);
}

static void
write_items(struct tool *t, struct xout *x, int titles)
{
    const struct synth *s = &t->plan;
    if (titles)
        xout_printf(x, "item\ttitle\n");
    for (int64_t i = 0; i < s->n_items; i++) {
        char id[SYNTH_ID], title[SYNTHWORD_TITLE];
        synth_item_id(s, i, id);
        if (!titles) {
            xout_printf(x, "%s\n", id);
            continue;
        }
        uint64_t variety = rng_u64(
            (uint64_t)s->opt.seed, RNG_SYNTH, SYNTH_TITLE, (uint64_t)i, 0);
        xout_printf(x, "%s\t%s\n", id,
            synthword_title(s->topic[i], s->brand[i], variety, title));
    }
}

static void
write_vectors(struct tool *t, struct xout *x, enum synthvec_kind kind)
{
    struct cli *io = &t->io;
    struct synthvec v;
    die_if(synthvec_init(&v, &t->plan, kind, cli_exec(io), &io->err), io);
    int rc = synthvec_write(
        &v, strcmp(t->type, "float16") == 0, x, cli_exec(io), &io->err);
    synthvec_free(&v);
    die_if(rc, io);
}

/* One file, complete under its name or not there at all. */
static void
write_one(struct tool *t, const char *what, const char *path)
{
    struct cli *io = &t->io;
    struct xout x;
    int vectors = strcmp(what, "text") == 0 || strcmp(what, "image") == 0;
    int compress = text_ends(path, ".gz");
    die_if(xout_open(&x, path, vectors || compress ? XOUT_BINARY : XOUT_TEXT,
               &io->err),
        io);
    if (strcmp(what, "interactions") == 0)
        write_log(t, &x, compress);
    else if (strcmp(what, "text") == 0)
        write_vectors(t, &x, SYNTHVEC_TEXT);
    else if (strcmp(what, "image") == 0)
        write_vectors(t, &x, SYNTHVEC_IMAGE);
    else
        write_items(t, &x, strcmp(what, "items") == 0);
    die_if(xout_commit(&x, &io->err), io);
    cli_detail(io, "wrote '%s'", path);
}

static void
write_all(struct tool *t, const char *dir)
{
    static const char *const file[][2] = {
        {"interactions", "interactions.csv.gz"}, {"text", "text.npy"},
        {"image", "image.npy"}, {"items", "items.tsv"},
        {"ids", "item_ids.txt"}};
    if (mkdir(dir, 0777) && errno != EEXIST)
        cli_die(&t->io, "cannot create '%s': %s", dir, strerror(errno));
    for (size_t k = 0; k < sizeof file / sizeof file[0]; k++) {
        size_t n = strlen(dir) + 32;
        char *path = mem_new((int64_t)n, 1, &t->io.err);
        if (!path)
            cli_die(&t->io, "%s", t->io.err.msg);
        snprintf(path, n, "%s/%s", dir, file[k][1]);
        write_one(t, file[k][0], path);
        free(path);
    }
}

int
main(int argc, char **argv)
{
    struct tool t = {.like = "demo", .what = "all", .type = "float32"};
    struct synth_opt *o = &t.want, preset;
    struct cli *io = &t.io;
    if (synth_preset(o, t.like, &io->err))
        return 1;
    o->users = o->items = o->interactions = o->topics = 0;
    const struct cli_option table[] = {
        cli_above(cli_real("activity", "A", &o->activity, 1, 20,
            "exponent of the users' degrees; small is heavy-tailed")),
        cli_int("core", "K", &o->core, 1, 1000,
            "fewest interactions of a user or item of the core"),
        cli_real("fringe", "F", &o->fringe, 0, 100,
            "users and items below the core, per one of the core"),
        cli_int("image-dim", "N", &o->image_dim, 1, 100000,
            "length of an image vector"),
        cli_real("image-signal", "S", &o->image_signal, 0, 1000,
            "strength of the topic in image vectors"),
        cli_int("interactions", "N", &o->interactions, 0, 1e11,
            "interactions of the core; 0: as --like"),
        cli_int(
            "items", "N", &o->items, 0, 1e9, "items of the core; 0: as --like"),
        cli_choice("like", "demo|baby|sports|electronics", &t.like,
            "take sizes after a public dataset"),
        cli_real("no-image", "F", &o->no_image, 0, 1,
            "share of the items that have one imputed image vector"),
        CLI_OUTPUT(io),
        cli_above(cli_real("popularity", "A", &o->popularity, 1, 20,
            "exponent of the items' degrees; small is heavy-tailed")),
        CLI_SEED(&o->seed),
        cli_real("taste", "P", &o->taste, 0, 1,
            "share of purchases within the user's own topics"),
        cli_int("text-dim", "N", &o->text_dim, 1, 100000,
            "length of a text vector"),
        cli_real("text-signal", "S", &o->text_signal, 0, 1000,
            "strength of the topic in text vectors"),
        CLI_THREADS(io),
        cli_int("topics", "N", &o->topics, 0, 1e6,
            "number of topics; 0: as --like"),
        cli_choice(
            "type", "float32|float16", &t.type, "number format of the vectors"),
        cli_int(
            "users", "N", &o->users, 0, 1e9, "users of the core; 0: as --like"),
        cli_choice("what", "all|interactions|text|image|items|ids", &t.what,
            "what to write; all fills the directory -o names"),
        CLI_END};
    io->tool = "stair-synth";
    io->operands = "";
    io->summary = "Makes up a shop: purchases, text and image vectors, titles."
                  "\nThe files are raw, like those a user would bring.";
    io->examples = "  stair-synth --like demo --image-dim 512 -o raw\n"
                   "  stair-synth --what interactions --users 200 --items 100 "
                   "--interactions 2000 --topics 8 | head -5";
    io->table = table;
    io->min_args = io->max_args = 0;
    cli_parse(io, argc, argv);

    die_if(synth_preset(&preset, t.like, &io->err), io);
    o->users = o->users ? o->users : preset.users;
    o->items = o->items ? o->items : preset.items;
    o->interactions = o->interactions ? o->interactions : preset.interactions;
    o->topics = o->topics ? o->topics : preset.topics;
    int all = strcmp(t.what, "all") == 0;
    if (all && strcmp(io->out, "-") == 0)
        cli_usage(io, "name a directory with -o, or one thing with --what");
    usage_if(synth_check(o, &io->err), io);

    die_if(synth_init(&t.plan, o, &io->err), io);
    if (all)
        write_all(&t, io->out);
    else
        write_one(&t, t.what, io->out);
    synth_free(&t.plan);
    return cli_finish(io);
}
