#include "tools/train_args.h"

#include "lib/base/ranks.h"
#include "lib/engine/cuda/cuda.h"
#include "lib/models/registry.h"
#include "tools/train_files.h"

#include <assert.h>
#include <stdio.h>
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
    train_files_features(io, o);
    train_files_check(io, o);
    if (strcmp(o->device, "cuda") == 0) {
        if (o->system->kind != MODEL_POLY)
            cli_usage(io,
                "model '%s' is computed on the CPU: it takes no "
                "'--device cuda'",
                o->model);
        die_if(cuda_usable(&io->err), io);
    }
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
