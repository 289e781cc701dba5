/* Item vectors, put in the order of a dataset's items. */
#include "lib/data/identity.h"
#include "lib/data/vectors.h"
#include "lib/la/store.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct features_opt {
    const char *data, *format;
    struct vectors_opt read;
    int zeros_missing;
};

static enum vectors_format
format_of(const char *word)
{
    static const char *const words[] = {
        "auto", "npz", "amazon", "csv", "tsv", "blank", "jsonl"};
    int i = 0;
    while (strcmp(words[i], word) != 0)
        i++;
    return (enum vectors_format)i;
}

static void
write_graph(struct cli *io, const struct vectors_result *r, const char *history)
{
    const struct csr *a = &r->graph;
    int64_t empty = 0;
    for (int64_t i = 0; i < a->rows; i++)
        empty += a->indptr[i] == a->indptr[i + 1];
    die_if(store_write_csr(io->out, a, history, &io->err), io);
    cli_note(io,
        "%" PRId64 " items, %" PRId64 " similarities; %" PRId64
        " items without any, %" PRId64 " similarities from or to unknown items",
        a->rows, a->nnz, empty, r->outside);
}

static void
write_vectors(
    struct cli *io, struct features *f, const char *file, const char *history)
{
    die_if(
        features_fill(f, strcmp(file, "-") ? file : "<stdin>", &io->err), io);
    die_if(store_write_features(io->out, &f->m, &f->missing, history, &io->err),
        io);
    if (f->zeros && !f->zeros_missing)
        cli_note(io,
            "%" PRId64 " items have a vector of zeros: if that says they have "
            "none, give --zeros-missing",
            f->zeros);
    cli_note(io,
        "%" PRId64 " items x %" PRId64 " values; %" PRId64
        " items without a vector are marked as missing, %" PRId64
        " vectors are of unknown items",
        f->m.n, f->m.d, f->missing.n, f->unknown);
}

int
main(int argc, char **argv)
{
    struct features_opt o = {.format = "auto"};
    struct cli io;
    const struct cli_option options[] = {
        cli_file("data", &o.data,
            "the dataset whose items get the vectors; required"),
        cli_text("ids", "FILE[:COLUMN]", &o.read.ids,
            "id of each row of an .npy or .npz, one per line, or a\ncolumn of "
            "a table with a header"),
        cli_text("id", "KEY", &o.read.id,
            "of the ids in JSON objects [id, item_id, ..]"),
        cli_text("member", "NAME", &o.read.member,
            "of an .npz that holds the vectors [x]"),
        cli_text("vector", "KEY", &o.read.vector,
            "of the vectors in JSON objects [vector, embedding, ..]"),
        cli_changing(cli_choice("format", "auto|npz|amazon|csv|tsv|blank|jsonl",
            &o.format, "what the file is; auto looks at name and content")),
        cli_changing(cli_flag("zeros-missing", &o.zeros_missing,
            "a vector of zeros says that the item has none")),
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_END};
    io = (struct cli){.tool = "stair-features",
        .operands = "[FILE]",
        .summary =
            "Aligns item vectors (.npy, .npz, Amazon .b, CSV, word2vec text,\n"
            "JSON lines) or a graph of items to the items of a dataset; items\n"
            "without a vector are marked as missing.",
        .examples = "  stair-features --data data.npz -o text.npz text.npy\n"
                    "  stair-features --data data.npz -o image.npz "
                    "image_features_Baby.b\n"
                    "  zcat vectors.csv.gz | stair-features --data data.npz "
                    ">text.npz",
        .table = options,
        .max_args = 1};
    cli_parse(&io, argc, argv);
    if (!o.data)
        cli_usage(&io, "option '--data' is missing");
    const char *file = io.n_args ? io.arg[0] : "-";
    cli_one_stdin(&io, (const char *const[]){o.data, o.read.ids, file}, 3);

    struct dataset d;
    struct features f;
    struct vectors_result r;
    die_if(dataset_read(o.data, &d, &io.hist, &io.err), &io);
    if (features_init(&f, &d.item_ids, &io.err))
        cli_die(&io, "'%s': %s", o.data, io.err.msg);
    dataset_free(&d);
    f.zeros_missing = o.zeros_missing;
    o.read.format = format_of(o.format);
    die_if(vectors_read(file, &o.read, &f, &r, &io.hist, &io.err), &io);
    if (!r.by_id) /* rows are numbers of the items of a dataset: of which one?
                   */
        cli_belong(&io, IDENTITY_ITEMS);
    int ids_are_rows = features_ids_are_rows(&f);
    if (!r.by_id && ids_are_rows == 0)
        cli_note(&io,
            "the item ids are numbers but not the row numbers: give --ids if "
            "the rows go by id");
    else if (!r.by_id && ids_are_rows < 0 &&
             !*io.hist.file[io.hist.n - 1].belongs)
        cli_note(&io,
            "nothing says which items the rows are: row i is taken for item i "
            "of the dataset (give --ids if it is not)");
    identity_inherit(&io.hist, IDENTITY_ITEMS);
    char *history = cli_history(&io);
    if (r.is_graph)
        write_graph(&io, &r, history);
    else
        write_vectors(&io, &f, file, history);
    csr_free(&r.graph);
    free(history);
    features_free(&f);
    return cli_finish(&io);
}
