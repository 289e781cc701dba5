/* stair-train: dataset, initial vectors, item graph in; model out. */
#include "lib/base/clock.h"
#include "lib/engine/cpu.h"
#include "lib/engine/train.h"
#include "lib/la/store.h"
#include "tools/cli.h"
#include "tools/train_args.h"
#include "tools/train_log.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    struct dataset data;
    struct mat init;
    struct csr items;
    int32_t *triples;
    int64_t n_triples;
};

static volatile int stop;

static void
on_stop(int sig)
{
    stop = sig;
}

/* A hang-up that nohup ignores stays ignored. SIGINT is caught even where a
 * shell started the run in the background: it can be continued. */
static void
catch_signals(void)
{
    struct sigaction act = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    struct sigaction old;
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &act, NULL);
}

static void
read_triples(struct cli *io, const char *path, struct input *in)
{
    static const char *const wanted[] = {"x", NULL};
    struct npz z;
    struct npy h;
    die_if(npz_load(&z, path, wanted, &io->err), io);
    die_if(npz_take_i32(&z, "x", 2, &in->triples, &h, &io->err), io);
    if (h.shape[1] != 3)
        cli_die(io, "'%s': triples have %" PRId64 " columns, not 3", path,
            h.shape[1]);
    in->n_triples = h.shape[0];
    die_if(
        hist_input(&io->hist, "triples", path, z.history, z.id, &io->err), io);
    npz_free(&z);
}

static void
read_inputs(struct cli *io, struct train_args *o, struct input *in)
{
    die_if(dataset_read(o->data, &in->data, &io->hist, &io->err), io);
    if (o->init) {
        die_if(store_read_mat(o->init, &in->init, &io->hist, "init", &io->err),
            io);
        if (in->init.n != in->data.n_items)
            cli_die(io,
                "'%s' has %" PRId64 " rows, but '%s' has %" PRId64 " items",
                o->init, in->init.n, o->data, in->data.n_items);
        if (in->init.d == 0 || (o->dim && in->init.d != o->dim))
            cli_die(io, "'%s' has %" PRId64 " columns, not %" PRId64, o->init,
                in->init.d, o->dim ? o->dim : 64);
        o->dim = in->init.d;
    }
    if (o->items)
        die_if(
            store_read_csr(o->items, &in->items, &io->hist, "items", &io->err),
            io);
    if (o->triples)
        read_triples(io, o->triples, in);
}

/* What must be equal for a checkpoint to continue this run. */
static char *
run_text(struct cli *io)
{
    char *options = cli_options_text(io);
    const char *inputs = io->hist.inputs ? io->hist.inputs : "";
    size_t n = strlen(options) + strlen(inputs) + 2;
    char *s = malloc(n);
    if (!s)
        cli_die(io, "out of memory");
    snprintf(s, n, "%s %s", options, inputs);
    free(options);
    for (char *p = s; *p; p++)
        if (*p == ' ')
            *p = '\n';
    return s;
}

struct reporter {
    struct cli *io;
    const struct train_args *o;
    struct train_log log;
    double started;
    int64_t steps_done;
    double loss, ndcg;
};

static void
on_step(void *ctx, int64_t epoch, int64_t step, int64_t steps)
{
    struct reporter *r = ctx;
    r->steps_done++;
    double rate = (double)r->steps_done / (clock_seconds() - r->started);
    int64_t left = (r->o->epochs - epoch) * steps + steps - step;
    int64_t eta = (int64_t)((double)left / rate);
    cli_progress(r->io,
        "epoch %" PRId64 "/%" PRId64 ", loss %.4f, %.0f steps/s, eta %" PRId64
        ":%02d:%02d, valid NDCG@20 %.4f",
        epoch, r->o->epochs, r->loss, rate, eta / 3600, (int)(eta / 60 % 60),
        (int)(eta % 60), r->ndcg);
}

static int
on_report(void *ctx, const struct train_report *t, struct err *e)
{
    struct reporter *r = ctx;
    if (t->epoch > 0)
        r->loss = t->loss;
    if (t->has_valid) {
        r->ndcg = t->valid.ndcg[1];
        char test[80] = "";
        if (t->has_test)
            snprintf(test, sizeof test,
                " test_recall@20=%.4f "
                "test_ndcg@20=%.4f",
                t->test.recall[1], t->test.ndcg[1]);
        cli_note(r->io,
            "epoch=%" PRId64 " loss=%.4f recall@20=%.4f ndcg@20=%.4f%s "
            "sec=%.2f%s",
            t->epoch, t->epoch ? t->loss : (double)NAN, t->valid.recall[1],
            t->valid.ndcg[1], test, t->seconds, t->is_best ? " best" : "");
    }
    return train_log_add(&r->log, t, e);
}

static void
write_model(struct cli *io, const char *name, const struct mat vec[2],
    const struct mat param[2])
{
    struct npz_out z;
    char *history = cli_history(io);
    struct npy h = npy_make('S', (int)strlen(name), 0, NULL);
    die_if(npz_out_open(&z, io->out, &io->err), io);
    die_if(npz_out_text(&z, "history.txt", history, &io->err), io);
    die_if(npz_out_array(&z, "name", &h, name, &io->err), io);
    die_if(store_put_mat(&z, "user", &vec[0], &io->err), io);
    die_if(store_put_mat(&z, "item", &vec[1], &io->err), io);
    die_if(store_put_mat(&z, "user_param", &param[0], &io->err), io);
    die_if(store_put_mat(&z, "item_param", &param[1], &io->err), io);
    die_if(npz_out_commit(&z, &io->err), io);
    free(history);
}

static void
resume(struct cli *io, const struct train_args *o, struct engine *g,
    const char *run_options, struct checkpoint *run)
{
    struct checkpoint c;
    die_if(checkpoint_read(o->resume, &c, &io->err), io);
    die_if(checkpoint_same_run(&c, run_options, o->resume, &io->err), io);
    if (c.evaluated > o->epochs)
        cli_die(io, "'%s' is at epoch %" PRId64 ", beyond --epochs %" PRId64,
            o->resume, c.evaluated, o->epochs);
    if (c.evaluated >= 0 && c.evaluated % o->every && c.evaluated < o->epochs)
        cli_die(io,
            "'%s' is of a run that ended at epoch %" PRId64
            ", which is no multiple of --eval-every: it can't be "
            "continued as if it had not ended",
            o->resume, c.evaluated);
    die_if(checkpoint_restore(&c, g, o->resume, &io->err), io);
    checkpoint_free(run);
    *run = c;
    cli_note(io, "resuming at epoch %" PRId64 ", step %" PRId64,
        run->cursor.epoch, run->cursor.step);
}

static void
make_model(struct cli *io, const struct train_args *o, const struct input *in,
    struct model *m)
{
    struct model_opt mo = {.gamma = o->gamma,
        .layers = o->layers,
        .dim = o->dim,
        .rate = o->rate,
        .decay = o->decay,
        .seed = (uint64_t)o->seed,
        .jacobi_a = o->jacobi_a,
        .jacobi_b = o->jacobi_b,
        .scale = o->scale,
        .mid = o->mid,
        .no_mi = o->no_mi,
        .no_fsc = o->no_fsc,
        .no_bsc = o->no_bsc};
    const struct csr *t = &in->data.train;
    struct err *e = &io->err;
    die_if(train_args_is(o, "mf")         ? model_mf(m, &mo, t, e)
           : train_args_is(o, "lightgcn") ? model_lightgcn(m, &mo, t, e)
           : train_args_is(o, "jgcf")     ? model_jgcf(m, &mo, t, e)
           : train_args_is(o, "popularity")
               ? model_popularity(m, t, e)
               : model_stair(m, &mo, t, &in->init, e),
        io);
}

static int
train(struct cli *io, const struct train_args *o, struct input *in)
{
    struct model m;
    struct graph ui = {0}, items = {0};
    struct sampler s;
    struct engine *g;
    struct checkpoint run;
    make_model(io, o, in, &m);
    die_if(graph_bipartite(&in->data.train, &ui, &io->err), io);
    if (o->items)
        die_if(graph_items(
                   &in->items, in->data.n_items, o->items, &items, &io->err),
            io);
    csr_free(&in->items);
    mat_free(&in->init);
    if (o->triples)
        die_if(sample_replay(&s, &in->data.train, in->triples, in->n_triples,
                   o->triples, &io->err),
            io);
    else
        die_if(sample_init(&s, m.sampling, &in->data.train, (uint64_t)o->seed,
                   &io->err),
            io);
    struct cpu_opt co = {o->batch, (int)io->threads, getenv("STAIR_ISA"), 0};
    die_if(cpu_new(&g, &m, &ui, &items, &s, &co, &io->err), io);
    char *run_options = run_text(io);
    die_if(train_start(&run, g, m.name, run_options, &io->err), io);
    model_free(&m);
    struct mat initial = {0};
    if (o->log)
        die_if(engine_take(g, ENGINE_ITEM, &initial, &io->err), io);
    if (o->resume)
        resume(io, o, g, run_options, &run);
    cli_detail(io, "%s kernels, %d threads, %" PRId64 " steps per epoch",
        g->what, (int)io->threads, g->steps);

    struct reporter r = {.io = io,
        .o = o,
        .started = clock_seconds(),
        .loss = (double)NAN,
        .ndcg = run.best};
    die_if(
        train_log_open(&r.log, o->log, o->resume ? run.reported : -1, &io->err),
        io);
    char *history = cli_history(io);
    struct train_opt to = {.epochs = o->epochs,
        .every = o->every,
        .patience = o->patience,
        .keep_last = strcmp(o->keep, "last") == 0,
        .log_test = o->log_test,
        .threads = (int)io->threads,
        .initial = o->log ? &initial : NULL,
        .checkpoint = o->checkpoint,
        .history = history,
        .stop = &stop};
    struct train_hooks hooks = {&r, on_step, on_report};
    if (in->data.valid.nnz == 0)
        cli_note(io, "no user has valid items: nothing is evaluated, the "
                     "last model is kept");
    catch_signals();
    int rc = train_run(g, &in->data, &to, &run, &hooks, &io->err);
    if (rc == ERR_STOP) {
        if (o->checkpoint)
            cli_note(io,
                "stopped at epoch %" PRId64 ", step %" PRId64
                "; to go on, run the same command with --resume %s",
                run.cursor.epoch, run.cursor.step, o->checkpoint);
        else
            cli_note(io,
                "stopped at epoch %" PRId64 ", step %" PRId64
                "; nothing is saved without --checkpoint",
                run.cursor.epoch, run.cursor.step);
        exit(128 + stop);
    }
    die_if(rc, io);
    die_if(train_log_close(&r.log, &io->err), io);
    struct engine_times t = g->times;
    cli_detail(io,
        "seconds: sampling %.2f, forward %.2f, scores %.2f, "
        "backward %.2f, adam %.2f, smoothing %.2f, waiting %.2f; "
        "%" PRId64 " steps",
        t.sample, t.forward, t.scores, t.backward, t.adam, t.smooth, t.wait,
        t.steps);
    if (run.best_epoch >= 0)
        cli_detail(io, "best valid NDCG@20 %.6f at epoch %" PRId64, run.best,
            run.best_epoch);
    engine_free(g);
    mat_free(&initial);
    write_model(io, run.name, run.vec, run.param);
    checkpoint_free(&run);
    sample_free(&s);
    graph_free(&ui);
    graph_free(&items);
    free(run_options);
    free(history);
    return 0;
}

int
main(int argc, char **argv)
{
    struct train_args o;
    struct cli_option table[TRAIN_ARGS_OPTIONS];
    struct cli io = {
        .tool = "stair-train",
        .operands = "",
        .summary = "Trains a recommender and writes its user and item vectors, "
                   "whose inner\nproduct is the score.",
        .examples =
            "  stair-train --data data.npz --init init.npz --items items.npz "
            "\\\n    --gamma 0.1 --weight-decay 0.3 -o model.npz\n"
            "  stair-train --data data.npz --init init.npz --items items.npz "
            "\\\n    --checkpoint run.npz --log run.jsonl -o model.npz",
    };
    train_args_init(&o, &io, table);
    io.table = table;
    cli_parse(&io, argc, argv);
    train_args_check(&io, &o);
    struct input in = {0};
    read_inputs(&io, &o, &in);
    if (train_args_is(&o, "popularity")) {
        struct model m;
        make_model(&io, &o, &in, &m);
        struct mat vec[2] = {m.user, m.item};
        write_model(&io, m.name, vec, vec);
        model_free(&m);
    } else {
        train(&io, &o, &in);
    }
    dataset_free(&in.data);
    free(in.triples);
    return cli_finish(&io);
}
