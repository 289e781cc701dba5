#include "lib/train/checkpoint.h"

#include "lib/base/mem.h"
#include "lib/io/kind.h"
#include "lib/la/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTERS = 7, NUMBERS = 2 };

_Static_assert(CHECKPOINT_MEMBERS + ENGINE_TENSORS <= NPZ_MEMBERS,
    "a file holds a checkpoint of any engine");

static const char *const vec_name[] = {"user", "item"};
static const char *const param_name[] = {"user_param", "item_param"};

struct tensor {
    const struct engine *g;
    int k;
};

static int
get_rows(void *ctx, int64_t first, int64_t n, void *buf, struct err *e)
{
    const struct tensor *t = ctx;
    struct mat x = {n, t->g->tensor[t->k].d, buf};
    return engine_get(t->g, t->k, first, &x, e);
}

static int
put_state(struct npz_out *z, const struct engine *g, struct err *e)
{
    int rc = 0;
    for (int k = 0; k < g->tensors && !rc; k++) {
        const struct engine_tensor *t = &g->tensor[k];
        int64_t shape[] = {t->n, t->d};
        struct npy h = npy_make('f', 4, 2, shape);
        rc = npz_out_rows(z, t->member, &h, engine_block(g, k), get_rows,
            &(struct tensor){g, k}, e);
    }
    return rc;
}

int
checkpoint_write(const char *path, const struct checkpoint *c,
    const struct engine *g, const char *history, struct err *e)
{
    struct npz_out z;
    int64_t counters[COUNTERS] = {c->cursor.epoch, c->cursor.step, c->cursor.t,
        c->evaluated, c->reported, c->best_epoch, c->worse};
    double numbers[NUMBERS] = {c->cursor.loss, c->best};
    npz_out_open(&z, path, history);
    npz_out_string(&z, "name", c->name);
    npz_out_string(&z, "run", c->run);
    npz_out_list(&z, "counters", 'i', 8, COUNTERS, counters);
    npz_out_list(&z, "numbers", 'f', 8, NUMBERS, numbers);
    if (c->data)
        dataset_put_ids(&z, &c->data->user_ids, &c->data->item_ids);
    for (int i = 0; i < 2; i++)
        store_put_mat(&z, vec_name[i], &c->vec[i]);
    for (int i = 0; i < 2; i++)
        store_put_mat(&z, param_name[i], &c->param[i]);
    int rc = put_state(&z, g, e);
    if (!rc)
        return npz_out_commit(&z, e);
    npz_out_abort(&z);
    return rc;
}

static int
no_checkpoint(const struct npz *z, struct err *e)
{
    return err_set(e, ERR_FORMAT, "'%s' is not a checkpoint", z->path);
}

static int
take_string(struct npz *z, const char *name, char **s, struct err *e)
{
    struct npz_array *a = npz_find(z, name);
    if (!a || !a->data || a->npy.kind != 'S' || a->npy.count != 1)
        return no_checkpoint(z, e);
    *s = mem_zero(a->npy.size + 1, 1, e);
    if (!*s)
        return ERR_NOMEM;
    memcpy(*s, a->data, (size_t)a->npy.size);
    return 0;
}

/* Members that have none of the names above are the engine's. */
static int
is_state(const char *name)
{
    static const char *const other[] = {"name", "run", "counters", "numbers",
        "user_ids", "item_ids", "user", "item", "user_param", "item_param"};
    _Static_assert(CHECKPOINT_MEMBERS == 1 + sizeof other / sizeof *other,
        "members beside the engine's");
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (strcmp(name, other[i]) == 0)
            return 0;
    return 1;
}

static int
take_state(struct npz *z, struct checkpoint *c, struct err *e)
{
    c->state = mem_zero(z->n, sizeof *c->state, e);
    if (!c->state)
        return ERR_NOMEM;
    int rc = 0;
    for (int i = 0; i < z->n && !rc; i++) {
        if (!is_state(z->array[i].name))
            continue;
        struct checkpoint_tensor *t = &c->state[c->tensors++];
        t->name = strdup(z->array[i].name);
        rc = t->name ? store_take_mat(z, t->name, &t->x, e)
                     : err_set(e, ERR_NOMEM, "out of memory");
    }
    return rc;
}

static int
take_all(struct npz *z, struct checkpoint *c, struct err *e)
{
    struct npz_array *n = npz_find(z, "numbers");
    int64_t *counters = NULL;
    struct npy h;
    int rc = take_string(z, "name", &c->name, e);
    if (!rc)
        rc = take_string(z, "run", &c->run, e);
    if (!rc && (!n || !n->data || n->npy.kind != 'f' || n->npy.size != 8 ||
                   n->npy.count != NUMBERS))
        rc = no_checkpoint(z, e);
    if (!rc)
        rc = npz_take_i64(z, "counters", 1, &counters, &h, e);
    if (!rc && h.count != COUNTERS)
        rc = no_checkpoint(z, e);
    if (!rc) {
        c->cursor = (struct engine_cursor){
            counters[0], counters[1], counters[2], ((double *)n->data)[0]};
        c->evaluated = counters[3];
        c->reported = counters[4];
        c->best_epoch = counters[5];
        c->worse = counters[6];
        c->best = ((double *)n->data)[1];
    }
    free(counters);
    for (int i = 0; i < 2 && !rc; i++)
        rc = store_take_mat(z, vec_name[i], &c->vec[i], e);
    for (int i = 0; i < 2 && !rc; i++)
        rc = store_take_mat(z, param_name[i], &c->param[i], e);
    return rc ? rc : take_state(z, c, e);
}

int
checkpoint_read(
    const char *path, struct checkpoint *c, struct hist *h, struct err *e)
{
    *c = (struct checkpoint){0};
    struct npz z;
    static const char wanted[] =
        "a checkpoint: see --checkpoint in stair-train(1)";
    int rc = kind_load(&z, path, NULL, wanted, e);
    if (rc)
        return rc;
    rc = npz_find(&z, "counters") ? take_all(&z, c, e)
                                  : kind_refuse(&z, "counters", wanted, e);
    if (!rc && h)
        rc = hist_input(h, "resume", z.path, z.history, z.id, e);
    npz_free(&z);
    if (rc)
        checkpoint_free(c);
    return rc;
}

/* The next line of *p that may not differ, without its newline, or NULL. */
static const char *
next_line(const char **p, size_t *n)
{
    static const char free_option[] = "--epochs=";
    while (**p) {
        const char *line = *p, *end = strchr(line, '\n');
        *n = end ? (size_t)(end - line) : strlen(line);
        *p = end ? end + 1 : line + *n;
        if (*n && strncmp(line, free_option, sizeof free_option - 1) != 0)
            return line;
    }
    return NULL;
}

int
checkpoint_same_run(const struct checkpoint *c, const char *run,
    const char *path, struct err *e)
{
    const char *p = c->run, *q = run;
    for (;;) {
        size_t n = 0, m = 0;
        const char *a = next_line(&p, &n), *b = next_line(&q, &m);
        if (!a && !b)
            return 0;
        if (!a || !b || n != m || memcmp(a, b, n) != 0)
            return err_set(e, ERR_FORMAT,
                "'%s' is a checkpoint of another run: it has %.*s, this run "
                "has %.*s",
                path, a ? (int)n : 7, a ? a : "nothing", b ? (int)m : 7,
                b ? b : "nothing");
    }
}

static int
another(struct err *e, const char *path, const char *what, const struct mat *is,
    int64_t n, int64_t d)
{
    return err_set(e, ERR_SHAPE,
        "'%s' is a checkpoint of another run: its %s is %" PRId64 " x %" PRId64
        ", this run has %" PRId64 " x %" PRId64,
        path, what, is->n, is->d, n, d);
}

static struct checkpoint_tensor *
find(struct checkpoint *c, const char *name)
{
    for (int i = 0; i < c->tensors; i++)
        if (strcmp(c->state[i].name, name) == 0)
            return &c->state[i];
    return NULL;
}

/* Whether a run of g can have reached these numbers; the samplers count epochs
 * in 32 bits. */
static int
check_counters(const struct checkpoint *c, const struct engine *g,
    const char *path, struct err *e)
{
    const struct engine_cursor *at = &c->cursor;
    /* unsigned, as the numbers may be any */
    uint64_t t = (uint64_t)at->epoch * (uint64_t)g->steps + (uint64_t)at->step;
    uint64_t since = (uint64_t)c->evaluated - (uint64_t)c->best_epoch;
    const struct {
        const char *name;
        int64_t value, least, most;
    } counter[] = {
        {"epoch", at->epoch, 0, UINT32_MAX},
        {"step", at->step, 0, g->steps - 1},
        {"number of all steps", at->t, (int64_t)t, (int64_t)t},
        {"epoch of the last evaluation", c->evaluated, -1, at->epoch},
        {"epoch of the last report", c->reported, -1, at->epoch},
        {"epoch of the best evaluation", c->best_epoch, -1, c->evaluated},
        {"number of evaluations since", c->worse, 0, (int64_t)since},
    };
    for (size_t k = 0; k < sizeof counter / sizeof *counter; k++)
        if (counter[k].value < counter[k].least ||
            counter[k].value > counter[k].most)
            return err_set(e, ERR_RANGE,
                "'%s': %s is %" PRId64 ", not in %" PRId64 "..%" PRId64, path,
                counter[k].name, counter[k].value, counter[k].least,
                counter[k].most);
    if (!isfinite(at->loss))
        return err_set(e, ERR_NUM, "'%s': sum of the losses is not finite (%g)",
            path, at->loss);
    if (!(c->best >= -1 && c->best <= 1))
        return err_set(e, ERR_RANGE, "'%s': best value is %g, not in -1..1",
            path, c->best);
    return 0;
}

int
checkpoint_restore(
    struct checkpoint *c, struct engine *g, const char *path, struct err *e)
{
    int rc = check_counters(c, g, path, e);
    if (rc)
        return rc;
    for (int i = 0; i < 2; i++) {
        const struct engine_tensor *t = &g->tensor[i];
        if (c->param[i].n != t->n || c->param[i].d != t->d)
            return another(e, path, param_name[i], &c->param[i], t->n, t->d);
        if (c->vec[i].n != t->n || c->vec[i].d != g->width)
            return another(e, path, vec_name[i], &c->vec[i], t->n, g->width);
    }
    for (int k = 0; k < g->tensors; k++) {
        const struct engine_tensor *t = &g->tensor[k];
        struct checkpoint_tensor *x = find(c, t->member);
        if (!x)
            return err_set(
                e, ERR_FORMAT, "'%s' has no member '%s'", path, t->member);
        if (x->x.n != t->n || x->x.d != t->d)
            return another(e, path, t->member, &x->x, t->n, t->d);
        rc = engine_set(g, k, 0, &x->x, e);
        if (rc)
            return rc;
        mat_free(&x->x);
    }
    return 0;
}

void
checkpoint_free(struct checkpoint *c)
{
    free(c->name);
    free(c->run);
    for (int i = 0; i < 2; i++) {
        mat_free(&c->vec[i]);
        mat_free(&c->param[i]);
    }
    for (int k = 0; k < c->tensors; k++) {
        free(c->state[k].name);
        mat_free(&c->state[k].x);
    }
    free(c->state);
    *c = (struct checkpoint){0};
}
