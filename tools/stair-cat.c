/* Conversion of our files to what others read: arrays, text, what servers of
 * vectors load. */
#include "lib/data/identity.h"
#include "lib/io/kind.h"
#include "lib/io/npz.h"
#include "lib/io/xio.h"
#include "lib/la/store.h"
#include "tools/cat_text.h"
#include "tools/cat_vectors.h"
#include "tools/cli.h"

#include <stdio.h>
#include <string.h>

struct cat_opt {
    const char *format, *member, *ids, *data, *template;
    int cosine;
};

static const char *const part_name[] = {"train", "valid", "test"};

static int
is_format(const struct cat_opt *o, const char *f)
{
    return strcmp(o->format, f) == 0;
}

/* Two things of several arrays have no npy form. */
static int
several(
    const struct npz *z, const char *what, const char *format, struct err *e)
{
    return err_set(e, ERR_FORMAT,
        "'%s' is a %s: -f %s needs one member, name it with -m", z->path, what,
        format);
}

static int
cat_dataset(struct npz *z, const struct cat_opt *o, int part, struct xout *x,
    struct err *e)
{
    int market = is_format(o, "mtx");
    if (is_format(o, "npy") || (market && part < 0))
        return several(z, "dataset", o->format, e);
    struct dataset d;
    int rc = dataset_take(z, &d, e);
    if (rc)
        return rc;
    const struct csr *csr[] = {&d.train, &d.valid, &d.test};
    if (market)
        cat_text_csr(x, csr[part], 1);
    else
        cat_text_dataset(x, &d, part);
    dataset_free(&d);
    return 0;
}

static int
cat_csr(struct npz *z, const struct cat_opt *o, struct xout *x, struct err *e)
{
    if (is_format(o, "npy"))
        return several(z, "csr matrix", "npy", e);
    struct csr a;
    int rc = store_take_csr(z, "", &a, e);
    if (rc)
        return rc;
    cat_text_csr(x, &a, is_format(o, "mtx"));
    csr_free(&a);
    return 0;
}

/* In one of the formats that arrays have. */
static void
put_array(struct xout *x, const struct npz_array *a, const struct cat_opt *o)
{
    if (is_format(o, "npy"))
        cat_text_npy(x, a);
    else if (is_format(o, "mtx"))
        cat_text_mtx(x, a);
    else
        cat_text_array(x, a);
}

static int
cat_array(const struct npz *z, const struct npz_array *a,
    const struct cat_opt *o, struct xout *x, struct err *e)
{
    if (!a->data)
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member '%s': %s is not supported", z->path,
            a->name, a->npy.why);
    put_array(x, a, o);
    return 0;
}

/* -1 unless the name is one of a dataset's parts. */
static int
find_part(const char *name)
{
    for (int p = 0; p < 3; p++)
        if (strcmp(name, part_name[p]) == 0)
            return p;
    return -1;
}

static int
cat_named(struct npz *z, const struct cat_opt *o, struct xout *x, struct err *e)
{
    const struct npz_array *a = npz_find(z, o->member);
    if (a)
        return cat_array(z, a, o, x, e);
    if (strcmp(o->member, "history.txt") == 0 && z->history &&
        is_format(o, "tsv")) {
        xout_write(x, z->history, (int64_t)strlen(z->history));
        return 0;
    }
    int part = find_part(o->member);
    if (part >= 0 && npz_find(z, "user_ids"))
        return cat_dataset(z, o, part, x, e);
    return err_set(
        e, ERR_FORMAT, "'%s' has no member '%s'", z->path, o->member);
}

static int
cat_whole(struct npz *z, const struct cat_opt *o, struct xout *x, struct err *e)
{
    unsigned seen = 0;
    for (int i = 0; i < z->n; i++)
        kind_see(&seen, z->array[i].name);
    enum kind kind = kind_of(seen);
    if (kind == KIND_CSR)
        return cat_csr(z, o, x, e);
    if (kind == KIND_DATASET)
        return cat_dataset(z, o, -1, x, e);
    const struct npz_array *a = npz_find(z, "x");
    if (kind != KIND_DENSE && z->n == 1)
        a = &z->array[0];
    if (a && (kind == KIND_DENSE || kind == KIND_OTHER))
        return cat_array(z, a, o, x, e);
    return err_set(e, ERR_FORMAT,
        "'%s' holds %d arrays: name one with -m (stair-info lists them)",
        z->path, z->n);
}

/* Whether rows are vectors with ids, not just an array. */
static int
is_vectors(const struct cat_opt *o)
{
    return o->cosine || o->ids || is_format(o, "jsonl") ||
           is_format(o, "pgvector") || is_format(o, "fvecs");
}

static void
check_options(struct cli *io, struct cat_opt *o, const char *path)
{
    cli_one_stdin(io, (const char *const[]){path, o->data}, 2);
    if (o->template && !is_format(o, "jsonl"))
        cli_usage(io, "option '--template' goes with -f jsonl");
    if (!o->template)
        o->template = "plain";
    const char *format = cat_vectors_template(o->template);
    if (!format)
        cli_usage(io,
            "option '--template': a %% in '%s' is not one of %%i (id), %%v "
            "(vector), %%n (row) and %%%%",
            o->template);
    o->template = format;
    if (o->data && !is_vectors(o))
        cli_usage(io, "option '--data' is for ids, and this output has none");
    if (o->ids && strcmp(o->ids, "-") == 0 && strcmp(io->out, "-") == 0)
        cli_usage(io, "vectors and ids cannot both go to standard output");
    cli_second_output(io, "ids", o->ids);
}

/* The member of a file that holds several: what servers answer with. */
static const char *
vectors_member(const struct npz *z, const struct cat_opt *o)
{
    return o->member ? o->member : npz_find(z, "item") ? "item" : "x";
}

static void
put_vectors(const struct cat_vectors *v, const struct cat_opt *o,
    const char *name, struct xout *x)
{
    int64_t shape[] = {v->m.n, v->m.d};
    struct npz_array a = {.npy = npy_make('f', 4, 2, shape), .data = v->m.x};
    snprintf(a.name, sizeof a.name, "%s", name);
    if (is_format(o, "jsonl"))
        cat_vectors_jsonl(x, v, o->template);
    else if (is_format(o, "pgvector"))
        cat_vectors_copy(x, v);
    else if (is_format(o, "fvecs"))
        cat_vectors_fvecs(x, &v->m);
    else
        put_array(x, &a, o);
}

static void
write_ids(struct cli *io, const struct cat_opt *o, const struct ids *ids)
{
    struct xout x;
    die_if(xout_open(&x, o->ids, XOUT_TEXT, &io->err), io);
    cat_vectors_ids(&x, ids);
    die_if(xout_commit(&x, &io->err), io);
}

/* Vectors, with ids where the format or --ids wants them. */
static void
cat_rows(struct cli *io, const struct cat_opt *o, const char *path)
{
    static const char wanted[] = "vectors: see stair-train(1)";
    struct dataset d = {0};
    struct cat_vectors v;
    struct npz z;
    struct xout x;
    const char *members[] = {
        o->member ? o->member : "item", "x", "user_ids", "item_ids", NULL};
    if (o->data)
        die_if(dataset_read(o->data, &d, &io->hist, &io->err), io);
    die_if(kind_load(&z, path, members, wanted, &io->err), io);
    const char *name = vectors_member(&z, o);
    if (!npz_find(&z, name))
        die_if(kind_refuse(&z, name, wanted, &io->err), io);
    int users = strncmp(name, "user", 4) == 0;
    die_if(hist_input(&io->hist, "vectors", z.path, z.history, z.id, &io->err),
        io);
    cli_belong(io, users ? IDENTITY_USERS : IDENTITY_ITEMS);
    die_if(cat_vectors_take(&v, &z, name,
               !o->data ? NULL
               : users  ? &d.user_ids
                        : &d.item_ids,
               &io->err),
        io);
    int named = o->ids || is_format(o, "jsonl") || is_format(o, "pgvector");
    if (named && v.ids.n != v.m.n)
        cli_die(io, "'%s' has no %s_ids: name the dataset with --data", z.path,
            users ? "user" : "item");
    if (o->cosine)
        die_if(cat_vectors_cosine(&v, users, &io->err), io);
    int binary = is_format(o, "npy") || is_format(o, "fvecs");
    die_if(
        xout_open(&x, io->out, binary ? XOUT_BINARY : XOUT_TEXT, &io->err), io);
    put_vectors(&v, o, name, &x);
    die_if(xout_check(&x, &io->err), io);
    if (o->ids)
        write_ids(io, o, &v.ids);
    die_if(xout_commit(&x, &io->err), io);
    cat_vectors_free(&v);
    dataset_free(&d);
    npz_free(&z);
}

static int
load(struct npz *z, const char *path, const char *member, struct err *e)
{
    const char *wanted[] = {member, "user_ids", "item_ids", "train_indptr",
        "train_indices", "valid_indptr", "valid_indices", "test_indptr",
        "test_indices", NULL};
    if (member && find_part(member) < 0)
        wanted[1] = NULL;
    return npz_load(z, path, member ? wanted : NULL, e);
}

int
main(int argc, char **argv)
{
    struct cat_opt o = {.format = "tsv"};
    struct cli io = {.tool = "stair-cat",
        .operands = "[FILE]",
        .summary = "Converts an npz or npy file, or one member of it, to "
                   "text, npy or Matrix\nMarket, or its vectors to what "
                   "servers load: JSON lines, PostgreSQL's COPY,\nfvecs.",
        .examples = "  stair-cat items.npz | head\n"
                    "  stair-cat -f npy -m user -o user.npy model.npz\n"
                    "  stair-cat -f jsonl --template qdrant --cosine -o "
                    "items.jsonl model.npz",
        .max_args = 1};
    const struct cli_option table[] = {
        cli_letter('f', cli_choice("format", "tsv|npy|mtx|jsonl|pgvector|fvecs",
                            &o.format, "write this format")),
        cli_letter('m',
            cli_text("member", "MEMBER", &o.member,
                "convert this member, or train, valid or test of a dataset")),
        cli_flag("cosine", &o.cosine,
            "append the column that makes cosine rank as the inner product"),
        cli_file("data", &o.data,
            "the dataset whose ids the rows have, if FILE has none"),
        CLI_FOREIGN(&io),
        cli_file(
            "ids", &o.ids, "write the ids of the rows to FILE, one a line"),
        cli_text("template", "TEXT", &o.template,
            "the line of jsonl: plain, milvus, elasticsearch, qdrant, vespa, "
            "or a text with %i for the id, %v for the vector, %n for the row"),
        CLI_OUTPUT(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    const char *path = io.n_args ? io.arg[0] : "-";
    check_options(&io, &o, path);
    if (is_vectors(&o)) {
        cat_rows(&io, &o, path);
        return cli_finish(&io);
    }
    struct npz z;
    struct xout x;
    die_if(load(&z, path, o.member, &io.err), &io);
    die_if(xout_open(&x, io.out, is_format(&o, "npy") ? XOUT_BINARY : XOUT_TEXT,
               &io.err),
        &io);
    die_if(o.member ? cat_named(&z, &o, &x, &io.err)
                    : cat_whole(&z, &o, &x, &io.err),
        &io);
    die_if(xout_commit(&x, &io.err), &io);
    npz_free(&z);
    return cli_finish(&io);
}
