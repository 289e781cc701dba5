#include "tools/train_args.h"

#include "lib/base/ranks.h"
#include "lib/engine/cuda/cuda.h"
#include "lib/io/xio.h"
#include "lib/models/registry.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usual_model[] = "stair";

/* An input of the system's, or not. `without` is the flag that takes it away.
 */
static void
check_input(struct cli *io, const struct train_args *o, enum system_need need,
    const char *without, int given, const char *option, const char *hint)
{
    int taken = without && system_int(&o->set, without);
    if (need == SYSTEM_MUST && !taken && !given)
        cli_usage(io, "model '%s' needs '--%s%s", o->model, option, hint);
    if (given && (need == SYSTEM_NO || taken))
        cli_usage(io, "model '%s'%s%s%s takes no '--%s'", o->model,
            taken ? " with '--" : "", taken ? without : "", taken ? "'" : "",
            option);
}

static void
check_inputs(struct cli *io, const struct train_args *o)
{
    const struct system_reads *r = &o->system->reads;
    /* the parameters of --start are initial vectors */
    check_input(io, o,
        r->init == SYSTEM_MUST && o->start ? SYSTEM_MAY : r->init, r->no_init,
        o->init != NULL, "init", "' (see stair-whiten)");
    check_input(io, o, r->items, r->no_items, o->items != NULL, "items",
        "' (see stair-knn)");
    check_input(
        io, o, r->features, NULL, o->features.n > 0, "features", " NAME=FILE'");
}

/* 0 is what stands in the initial vectors or the model that it starts from, or
 * 64. */
static void
choose_width(struct train_args *o)
{
    if (system_param(o->system, "dim") < 0)
        return;
    if (o->start && !train_params_given(&o->params, "dim"))
        system_set(&o->set, "dim", 0);
    if (!o->start && !o->init && !system_int(&o->set, "dim"))
        system_set(&o->set, "dim", 64);
}

/* A net's layers mix its columns, so that ranks would have to exchange whole
 * matrices. */
static void
check_ranks(struct cli *io, const struct train_args *o)
{
    if (ranks_count() == 1)
        return;
    if (o->system->kind == MODEL_NET)
        cli_usage(io,
            "model '%s' is trained by one process: start it without mpirun",
            o->model);
    if (strcmp(o->device, "cuda") == 0)
        cli_usage(io, "option '--device cuda' is for one process, not for %d",
            ranks_count());
}

enum { NAME_MAX_LENGTH = 64 }; /* members of checkpoints are named after it */

/* The length of the name in NAME=FILE[:WEIGHT]. */
static size_t
name_length(struct cli *io, const char *operand)
{
    const char *file = strchr(operand, '=');
    size_t n = file ? (size_t)(file - operand) : 0;
    if (n == 0 || !file[1])
        cli_usage(io, "'--features %s' is not NAME=FILE", operand);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)operand[i]) && operand[i] != '_')
            cli_usage(io,
                "'--features %s': a name has letters, digits and '_' only",
                operand);
    if (n > NAME_MAX_LENGTH)
        cli_usage(io, "'--features %s': a name has at most %d characters",
            operand, NAME_MAX_LENGTH);
    return n;
}

/* Takes the operands of --features apart. */
static void
take_features(struct cli *io, struct train_args *o)
{
    for (int i = 0; i < o->features.n; i++) {
        const char *operand = o->features.item[i];
        struct train_features *f = &o->feature[i];
        size_t n = name_length(io, operand);
        f->weight = (double)NAN;
        f->name = strndup(operand, n);
        f->path = cli_split(io, operand + n + 1, &f->weight, 0);
        if (!f->name)
            cli_die(io, "out of memory");
        for (int k = 0; k < i; k++)
            if (strcmp(o->feature[k].name, f->name) == 0)
                cli_usage(io, "features '%s' are given twice", f->name);
        if (!isnan(f->weight) && !o->system->reads.weights)
            cli_usage(io, "model '%s' takes no weight in '--features %s'",
                o->model, operand);
        if (isnan(f->weight))
            f->weight = 1;
    }
}

struct named {
    const char *option, *path; /* path NULL: not given */
    int fd;                    /* what "-" is */
};

static void
check_distinct(struct cli *io, const struct train_args *o)
{
    enum { LOG, CHECKPOINT, RESUME, FEATURES = 9 };
    struct named f[FEATURES + CLI_LIST_MAX] = {{"log", o->log, 1},
        {"checkpoint", o->checkpoint, 1}, {"resume", o->resume, 0},
        {"output", io->out, 1}, {"data", o->data, 0}, {"init", o->init, 0},
        {"items", o->items, 0}, {"triples", o->triples, 0},
        {"start", o->start, 0}};
    int n = FEATURES;
    for (int i = 0; i < o->features.n; i++)
        f[n++] = (struct named){"features", o->feature[i].path, 0};
    for (int i = LOG; i <= CHECKPOINT; i++) {
        if (!f[i].path)
            continue;
        if (strcmp(f[i].path, "-") == 0)
            cli_usage(io, "option '--%s': standard output is for the model",
                f[i].option);
        for (int k = i + 1; k < n; k++)
            if (f[k].path && !(i == CHECKPOINT && k == RESUME) &&
                cli_same_file(f[i].path, f[i].fd, f[k].path, f[k].fd))
                cli_usage(io, "'--%s %s' and '--%s %s' are the same file",
                    f[i].option, f[i].path, f[k].option, f[k].path);
    }
}

/* Two inputs must not be standard input, nor the checkpoint or the log, which
 * are written while the training runs, another file as well or standard output.
 * A run may be saved to where it is resumed from. */
static void
check_files(struct cli *io, const struct train_args *o)
{
    enum { FILES = 6 };
    const char *in[FILES + CLI_LIST_MAX] = {
        o->data, o->init, o->items, o->triples, o->resume, o->start};
    for (int i = 0; i < o->features.n; i++)
        in[FILES + i] = o->feature[i].path;
    cli_one_stdin(io, in, FILES + o->features.n);
    if (ranks_mine() == 0)
        check_distinct(io, o);
}

void
train_args_check(struct cli *io, struct train_args *o)
{
    if (!o->data)
        cli_usage(io, "option '--data' is missing");
    o->system = registry_find(o->model);
    train_params_take(io, &o->params, o->system, &o->set);
    check_inputs(io, o);
    const char *alone =
        o->items ? NULL : train_params_items(&o->params, o->system);
    if (alone)
        cli_usage(io, "option '--%s' needs '--items' (see stair-knn)", alone);
    if (!system_trains(o->system) &&
        (o->triples || o->start || o->resume || o->checkpoint))
        cli_usage(io,
            "model '%s' is not trained: it takes no "
            "'--triples', '--start', '--resume' or '--checkpoint'",
            o->model);
    check_ranks(io, o);
    choose_width(o);
    take_features(io, o);
    check_files(io, o);
    if (strcmp(o->device, "cuda") == 0) {
        if (o->system->kind != MODEL_POLY)
            cli_usage(io,
                "model '%s' is computed on the CPU: it takes no "
                "'--device cuda'",
                o->model);
        die_if(cuda_usable(&io->err), io);
    }
}

void
train_args_try(struct cli *io, const struct train_args *o)
{
    die_if(xout_try(io->out, XOUT_BINARY, &io->err), io);
    if (o->checkpoint)
        die_if(xout_try(o->checkpoint, XOUT_BINARY, &io->err), io);
}

int
train_args_list(const struct train_args *o)
{
    if (o->list)
        train_params_list(
            o->model == usual_model ? NULL : registry_find(o->model));
    return o->list;
}

/* The rows that come before and after the systems' parameters. */
static int
first_rows(struct train_args *o, struct cli *io, struct cli_option *row)
{
    const struct cli_option rows[] = {
        CLI_FOREIGN(io),
        CLI_OUTPUT(io),
        CLI_THREADS(io),
        CLI_SEED(&o->seed),
        cli_changing(cli_choice(
            "model", o->params.systems, &o->model, "the system to train")),
        cli_flag("list", &o->list,
            "print the parameters of all systems, or of --model, and exit"),
        cli_file("data", &o->data, "dataset from stair-ingest"),
        cli_file("init", &o->init, "initial item vectors from stair-whiten"),
        cli_file("items", &o->items, "symmetric item graph from stair-knn"),
        cli_texts("features", "NAME=FILE[:WEIGHT]", &o->features,
            "the items' features of a modality; once for each"),
    };
    memcpy(row, rows, sizeof rows);
    return sizeof rows / sizeof *rows;
}

static int
last_rows(struct train_args *o, struct cli_option *row)
{
    const struct cli_option rows[] = {
        cli_changing(cli_choice("keep", "best|last", &o->keep,
            "write the best model by valid NDCG@20, or the last")),
        cli_file("triples", &o->triples,
            "replay these (user, positive, negative) rows instead of sampling"),
        cli_file("checkpoint", &o->checkpoint,
            "save the run to FILE at each evaluation"),
        cli_file("start", &o->start,
            "begin with the parameters of the model in FILE, by id"),
        cli_file("resume", &o->resume, "continue the run saved in FILE"),
        cli_real("seconds", "S", &o->seconds, 0, 1e9,
            "end with the epoch after which no other fits in S seconds from "
            "the start; 0: no limit"),
        cli_file("log", &o->log, "write a JSON line per epoch to FILE"),
        cli_flag("log-test", &o->log_test,
            "also evaluate on test, for the log only"),
        cli_choice("device", "cpu|cuda", &o->device, "where to compute"),
        CLI_END,
    };
    memcpy(row, rows, sizeof rows);
    return sizeof rows / sizeof *rows;
}

void
train_args_init(struct train_args *o, struct cli *io)
{
    *o = (struct train_args){
        .model = usual_model, .device = "cpu", .keep = "best", .seed = 1};
    struct cli_option param[TRAIN_PARAMS];
    train_params_rows(&o->params, param);
    int n = first_rows(o, io, o->table);
    assert(n + o->params.n < TRAIN_ARGS_OPTIONS - 16);
    memcpy(o->table + n, param, (size_t)o->params.n * sizeof *param);
    last_rows(o, o->table + n + o->params.n);
    snprintf(o->summary, sizeof o->summary,
        "Trains a recommender and writes its user and item vectors, whose "
        "inner\nproduct is the score; itemknn writes a graph of items "
        "instead.\n\nsystems, and in brackets what they read beside the "
        "dataset:\n%s",
        o->params.lines);
    io->table = o->table;
    io->summary = o->summary;
}

void
train_args_final(struct cli *io, struct train_args *o)
{
    int n = first_rows(o, io, o->table);
    n += train_params_own(&o->params, &o->set, o->items != NULL, o->table + n);
    if (system_trains(o->system))
        last_rows(o, o->table + n);
    else
        o->table[n] = (struct cli_option)CLI_END;
}
