#include "lib/train/train.h"

#include "lib/base/clock.h"
#include "lib/base/ranks.h"
#include "lib/stat/stats.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t cuts[] = {10, 20};
enum { N_CUTS = 2, CHOOSES = 1 /* NDCG at cuts[1] picks the best model */ };

int
train_start(struct checkpoint *run, const struct engine *g, const char *name,
    const char *options, struct err *e)
{
    *run = (struct checkpoint){
        .evaluated = -1, .reported = -1, .best_epoch = -1, .best = -1};
    run->name = strdup(name);
    run->run = strdup(options);
    int rc = run->name && run->run ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    for (int i = 0; i < 2 && !rc; i++) {
        rc = mat_init(&run->vec[i], g->tensor[i].n, g->width, e);
        if (!rc)
            rc = mat_init(&run->param[i], g->tensor[i].n, g->tensor[i].d, e);
    }
    if (rc)
        checkpoint_free(run);
    return rc;
}

static int
save(const struct engine *g, const struct train_opt *o,
    const struct checkpoint *run, struct err *e)
{
    if (!o->checkpoint)
        return 0;
    return checkpoint_write(o->checkpoint, run, g, o->history, e);
}

static int
keep_parameters(const struct engine *g, struct checkpoint *run, struct err *e)
{
    int rc = engine_get(g, ENGINE_USER, 0, &run->param[0], e);
    return rc ? rc : engine_get(g, ENGINE_ITEM, 0, &run->param[1], e);
}

/* The output vectors of users and items, which are finite. */
static int
vectors(struct engine *g, int64_t t, struct mat vec[2], struct err *e)
{
    int rc = engine_vectors(g, &vec[0], &vec[1], e);
    if (rc == ERR_NUM)
        return err_prefix(e, rc, "output vectors after step %" PRId64, t);
    if (!rc)
        rc = engine_check_mat(&vec[0], "user output vector", t, e);
    return rc ? rc : engine_check_mat(&vec[1], "item output vector", t, e);
}

static int
keep(struct engine *g, struct checkpoint *run, struct err *e)
{
    int rc = keep_parameters(g, run, e);
    return rc ? rc : vectors(g, run->cursor.t, run->vec, e);
}

/* Measures how much the items still resemble their initial parameters. */
static int
compare(const struct engine *g, const struct mat *initial,
    struct train_report *r, struct err *e)
{
    struct mat item;
    int rc = engine_take(g, ENGINE_ITEM, &item, e);
    if (rc)
        return rc;
    r->has_correlation = 1;
    r->init_correlation = stats_column_correlation(&item, initial);
    mat_free(&item);
    return 0;
}

/* Evaluates the present parameters and keeps them if they are the best so far,
 * or if the last ones are wanted. */
static int
evaluate(struct engine *g, const struct dataset *d, const struct train_opt *o,
    struct checkpoint *run, struct train_report *r, struct err *e)
{
    struct mat vec[2] = {{0}, {0}};
    int rc = mat_init(&vec[0], run->vec[0].n, run->vec[0].d, e);
    if (!rc)
        rc = mat_init(&vec[1], run->vec[1].n, run->vec[1].d, e);
    if (rc)
        goto out;
    struct scorer s;
    rc = vectors(g, run->cursor.t, vec, e);
    if (!rc)
        rc = scorer_dense(&s, &vec[0], &vec[1], e);
    if (rc)
        goto out;
    struct metrics_opt lists = {.target = &d->valid,
        .mask = {&d->train},
        .cuts = cuts,
        .n_cuts = N_CUTS,
        .exec = o->exec};
    rc = metrics_run(&r->valid, &s, &lists, e);
    if (!rc && o->log_test) {
        lists.target = &d->test;
        lists.mask[1] = &d->valid;
        rc = metrics_run(&r->test, &s, &lists, e);
        r->has_test = 1;
    }
    if (!rc && o->initial)
        rc = compare(g, o->initial, r, e);
    if (rc)
        goto out;
    r->has_valid = 1;
    run->evaluated = run->cursor.epoch;
    run->worse++;
    double ndcg = r->valid.value[METRICS_NDCG][CHOOSES];
    if (ndcg > run->best) {
        run->best = ndcg;
        run->best_epoch = run->cursor.epoch;
        run->worse = 0;
        r->is_best = 1;
    }
    if (r->is_best || o->keep_last) {
        for (int i = 0; i < 2; i++) {
            struct mat t = run->vec[i];
            run->vec[i] = vec[i];
            vec[i] = t;
        }
        rc = keep_parameters(g, run, e);
    }
out:
    mat_free(&vec[0]);
    mat_free(&vec[1]);
    return rc;
}

struct step_ctx {
    const struct train_hooks *hooks;
    int64_t epoch;
};

static void
on_step(void *ctx, int64_t step, int64_t steps)
{
    const struct step_ctx *s = ctx;
    if (s->hooks->step)
        s->hooks->step(s->hooks->ctx, s->epoch, step, steps);
}

/* Does what is due between epochs at the present label: evaluation, report,
 * checkpoint. A resumed run repeats none of it, except that it keeps the model
 * again where nothing is evaluated. */
static int
between(struct engine *g, const struct dataset *d, const struct train_opt *o,
    struct checkpoint *run, const struct train_hooks *hooks, int64_t last,
    double spent, struct err *e)
{
    int64_t label = run->cursor.epoch;
    struct train_report r = {.epoch = label,
        .seconds = spent,
        .loss = label ? run->cursor.loss / (double)g->positives : (double)NAN};
    int due =
        run->evaluated < label && (label % o->every == 0 || label >= last);
    int rc = due ? engine_check(g, run->cursor.t, e) : 0;
    if (!rc && due)
        rc = d->valid.nnz > 0 ? evaluate(g, d, o, run, &r, e) : keep(g, run, e);
    if (!rc && run->reported < label) {
        run->reported = label;
        if (hooks->report)
            rc = hooks->report(hooks->ctx, &r, e);
    }
    if (!rc && due)
        rc = save(g, o, run, e);
    return rc;
}

/* Saves the run, unless its state is not finite: the checkpoint file stays as
 * it is then. */
static int
stop(const struct engine *g, const struct train_opt *o,
    const struct checkpoint *run, struct err *e)
{
    int rc = engine_check(g, run->cursor.t, e);
    if (!rc)
        rc = save(g, o, run, e);
    return rc ? rc : err_set(e, ERR_STOP, "stopped by a signal");
}

int
train_run(struct engine *g, const struct dataset *d, const struct train_opt *o,
    struct checkpoint *run, const struct train_hooks *hooks, struct err *e)
{
    const struct engine_cursor *c = &run->cursor;
    if (c->epoch + (c->step > 0) > o->epochs)
        return err_set(e, ERR_RANGE,
            "the run is at epoch %" PRId64 ", step %" PRId64
            ", beyond its last epoch, %" PRId64,
            c->epoch, c->step, o->epochs);
    int64_t last = o->epochs;
    double spent = 0, judged = 0;
    for (;;) {
        if (run->cursor.step == 0) {
            double start = clock_seconds();
            int late = o->deadline > 0 && spent > 0 &&
                       start + spent + judged > o->deadline;
            ranks_share(&late, sizeof late); /* rank 0's clock decides */
            if (late)
                last = run->cursor.epoch;
            int64_t before = run->evaluated;
            int rc = between(g, d, o, run, hooks, last, spent, e);
            if (rc)
                return rc;
            if (run->evaluated > before)
                judged = clock_seconds() - start;
            if (run->cursor.epoch >= last ||
                (o->patience && run->worse >= o->patience))
                return 0;
        }
        /* a signal may have reached one rank alone */
        if (ranks_largest(o->stop && *o->stop))
            return stop(g, o, run, e);
        struct step_ctx s = {hooks, run->cursor.epoch + 1};
        double start = clock_seconds();
        int rc = engine_epoch(g, &run->cursor, o->stop, on_step, &s, e);
        if (rc)
            return rc;
        spent = clock_seconds() - start;
    }
}
