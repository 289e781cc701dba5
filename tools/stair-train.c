/* stair-train: dataset, initial vectors, item graph in; model out. */
#include "lib/base/clock.h"
#include "lib/base/ranks.h"
#include "lib/data/identity.h"
#include "lib/la/blas.h"
#include "lib/la/store.h"
#include "lib/rank/ranker.h"
#include "lib/train/train.h"
#include "tools/cli.h"
#include "tools/train_args.h"
#include "tools/train_input.h"
#include "tools/train_log.h"
#include "tools/train_setup.h"
#include "tools/train_warm.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int stop;

static void
on_stop(int sig)
{
    stop = sig;
}

enum { STOPS = 3 };
static const int stops[STOPS] = {SIGINT, SIGTERM, SIGHUP};

/* A hang-up that nohup ignores stays ignored. SIGINT is caught even where a
 * shell started the run in the background: it can be continued. */
static void
catch_signals(struct sigaction old[STOPS])
{
    struct sigaction act = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigemptyset(&act.sa_mask);
    for (int i = 0; i < STOPS; i++) {
        sigaction(stops[i], NULL, &old[i]);
        if (stops[i] != SIGHUP || old[i].sa_handler != SIG_IGN)
            sigaction(stops[i], &act, NULL);
    }
}

/* Nothing looks at a stop request while the model is written. */
static void
release_signals(const struct sigaction old[STOPS])
{
    for (int i = 0; i < STOPS; i++)
        sigaction(stops[i], &old[i], NULL);
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

enum { LOSS_TEXT = 32 };

/* Empty before the end of the first epoch, when there is no loss yet. */
static void
loss_text(
    char text[LOSS_TEXT], const char *before, double loss, const char *after)
{
    *text = 0;
    if (!isnan(loss))
        snprintf(text, LOSS_TEXT, fabs(loss) < 1e6 ? "%s%.4f%s" : "%s%.4g%s",
            before, loss, after);
}

struct reporter {
    struct cli *io;
    struct train_log log;
    double started;
    int64_t epochs, steps_done;
    double loss, ndcg;
};

static void
on_step(void *ctx, int64_t epoch, int64_t step, int64_t steps)
{
    struct reporter *r = ctx;
    r->steps_done++;
    double rate = (double)r->steps_done / (clock_seconds() - r->started);
    int64_t left = (r->epochs - epoch) * steps + steps - step;
    int64_t eta = (int64_t)((double)left / rate);
    char loss[LOSS_TEXT];
    loss_text(loss, "loss ", r->loss, ", ");
    cli_progress(r->io,
        "epoch %" PRId64 "/%" PRId64 ", %s%.0f steps/s, eta %" PRId64
        ":%02d:%02d, valid NDCG@20 %.4f",
        epoch, r->epochs, loss, rate, eta / 3600, (int)(eta / 60 % 60),
        (int)(eta % 60), r->ndcg);
}

static int
on_report(void *ctx, const struct train_report *t, struct err *e)
{
    struct reporter *r = ctx;
    if (t->epoch > 0)
        r->loss = t->loss;
    if (t->has_valid) {
        double recall = t->valid.value[METRICS_RECALL][1];
        r->ndcg = t->valid.value[METRICS_NDCG][1];
        char loss[LOSS_TEXT], test[80] = "";
        loss_text(loss, "loss=", t->loss, " ");
        if (t->has_test)
            snprintf(test, sizeof test,
                " test_recall@20=%.4f "
                "test_ndcg@20=%.4f",
                t->test.value[METRICS_RECALL][1],
                t->test.value[METRICS_NDCG][1]);
        cli_note(r->io,
            "epoch=%" PRId64 " %srecall@20=%.4f ndcg@20=%.4f%s sec=%.2f%s",
            t->epoch, loss, recall, r->ndcg, test, t->seconds,
            t->is_best ? " best" : "");
    }
    return train_log_add(&r->log, t, e);
}

static void
write_model(struct cli *io, const char *name, const struct dataset *d,
    const struct mat vec[2], const struct mat param[2])
{
    char *history = cli_history(io), *copy = strdup(name);
    struct ranker r = {.parts = 1,
        .part = {{.name = copy, .mat = {vec[0], vec[1], param[0], param[1]}}}};
    struct seen seen;
    if (!copy)
        cli_die(io, "out of memory");
    die_if(seen_of(&seen, d, &io->err), io);
    die_if(ranker_write(io->out, &r, d, &seen, history, &io->err), io);
    seen_free(&seen);
    free(copy);
    free(history);
}

static void
resume(struct cli *io, const struct train_args *o, struct engine *g,
    const char *run_options, struct checkpoint *run)
{
    struct checkpoint c;
    int64_t epochs = system_int(&o->set, "epochs");
    struct hist own = {0};
    die_if(checkpoint_read(o->resume, &c, &own, &io->err), io);
    die_if(
        identity_same(&io->hist.file[0], &own.file[0], IDENTITY_ALL, &io->err),
        io);
    hist_free(&own);
    die_if(checkpoint_same_run(&c, run_options, o->resume, &io->err), io);
    if (c.evaluated > epochs)
        cli_die(io, "'%s' is at epoch %" PRId64 ", beyond --epochs %" PRId64,
            o->resume, c.evaluated, epochs);
    if (c.evaluated >= 0 && c.evaluated < epochs &&
        c.evaluated % system_int(&o->set, "eval-every"))
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
train(struct cli *io, const struct train_args *o, struct train_input *in,
    struct train_warm *warm)
{
    struct train_setup work;
    struct checkpoint run;
    train_setup_make(io, o, in, &work);
    struct engine *g = work.engine;
    train_warm_put(io, o, warm, g);
    char *run_options = run_text(io);
    die_if(train_start(&run, g, o->model, run_options, &io->err), io);
    struct mat initial = {0};
    if (o->log)
        die_if(engine_take(g, ENGINE_ITEM, &initial, &io->err), io);
    if (o->resume)
        resume(io, o, g, run_options, &run);
    run.data = &in->data;
    cli_detail(io, "%s, %d threads, %" PRId64 " steps per epoch", g->what,
        (int)io->threads, g->steps);

    struct reporter r = {.io = io,
        .epochs = system_int(&o->set, "epochs"),
        .started = clock_seconds(),
        .loss = (double)NAN,
        .ndcg = run.best};
    die_if(train_log_open(&r.log, ranks_mine() ? NULL : o->log,
               o->resume ? run.reported : -1, &io->err),
        io);
    char *history = cli_history(io);
    struct train_opt to = {.epochs = r.epochs,
        .every = system_int(&o->set, "eval-every"),
        .patience = system_int(&o->set, "patience"),
        .deadline = o->seconds > 0 ? io->started + o->seconds : 0,
        .keep_last = strcmp(o->keep, "last") == 0,
        .log_test = o->log_test,
        .exec = cli_exec(io),
        .initial = o->log ? &initial : NULL,
        .checkpoint = o->checkpoint,
        .history = history,
        .stop = &stop};
    struct train_hooks hooks = {&r, on_step, on_report};
    if (in->data.valid.nnz == 0)
        cli_note(io, "no user has valid items: nothing is evaluated, the "
                     "last model is kept");
    struct sigaction old[STOPS];
    catch_signals(old);
    int rc = train_run(g, &in->data, &to, &run, &hooks, &io->err);
    release_signals(old);
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
        int sig = (int)ranks_largest(stop);
        ranks_finish();
        exit(128 + sig);
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
    if (to.deadline > 0 && run.cursor.epoch < to.epochs &&
        !(to.patience && run.worse >= to.patience))
        cli_note(io,
            "ended at epoch %" PRId64 " because of --seconds; --epochs %" PRId64
            " makes the same model",
            run.cursor.epoch, run.cursor.epoch);
    if (run.best_epoch >= 0)
        cli_detail(io, "best valid NDCG@20 %.6f at epoch %" PRId64, run.best,
            run.best_epoch);
    mat_free(&initial);
    write_model(io, run.name, &in->data, run.vec, run.param);
    checkpoint_free(&run);
    train_setup_free(&work);
    free(run_options);
    free(history);
}

static void
write_sparse(struct cli *io, const char *name, const struct dataset *d,
    const struct csr *graph)
{
    struct npz_out z;
    char *history = cli_history(io);
    npz_out_open(&z, io->out, history);
    store_put_csr(&z, "", graph, name);
    dataset_put_ids(&z, NULL, &d->item_ids);
    die_if(npz_out_commit(&z, &io->err), io);
    free(history);
}

/* A model that is not trained. */
static void
write_untrained(
    struct cli *io, const struct train_args *o, struct train_input *in)
{
    struct model m;
    train_setup_model(io, o, in, &m);
    if (m.kind == MODEL_FIXED)
        write_model(io, o->model, &in->data, m.fixed, m.fixed);
    else
        write_sparse(io, o->model, &in->data, &m.sparse);
    model_free(&m);
}

int
main(int argc, char **argv)
{
    struct train_args o;
    struct cli io = {
        .tool = "stair-train",
        .ranks = 1,
        .operands = "",
        .examples =
            "  stair-train --data data.npz --init init.npz --items items.npz "
            "\\\n    --gamma 0.1 --weight-decay 0.3 -o model.npz\n"
            "  stair-train --data data.npz --init init.npz --items items.npz "
            "\\\n    --checkpoint run.npz --log run.jsonl -o model.npz",
    };
    train_args_init(&o, &io);
    cli_parse(&io, argc, argv);
    if (train_args_list(&o))
        return cli_finish(&io);
    train_args_check(&io, &o);
    train_args_try(&io, &o);

    if (o.system->kind == MODEL_NET || o.start)
        die_if(blas_reserve((int)io.threads, &io.err), &io);
    struct train_input in = {0};
    struct train_warm warm;
    train_input_read(&io, &o, &in);
    train_warm_read(&io, &o, &in, &warm);
    train_args_final(&io, &o);
    if (system_trains(o.system))
        train(&io, &o, &in, &warm);
    else
        write_untrained(&io, &o, &in);
    train_input_free(&in);
    return cli_finish(&io);
}
