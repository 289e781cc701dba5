#include "lib/engine/engine.h"

#include "lib/base/ranks.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 22 };

void
engine_free(struct engine *g)
{
    if (g)
        g->kind->free(g);
}

int
engine_epoch(struct engine *g, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e)
{
    if (c->step == 0)
        c->loss = 0;
    int rc = g->kind->epoch(g, c, stop, progress, ctx, e);
    if (!rc && c->step == g->steps) {
        c->epoch++;
        c->step = 0;
    }
    return rc;
}

int
engine_vectors(
    struct engine *g, struct mat *user, struct mat *item, struct err *e)
{
    return g->kind->vectors(g, user, item, e);
}

int
engine_get(const struct engine *g, int tensor, int64_t first, struct mat *x,
    struct err *e)
{
    assert(first >= 0 && first + x->n <= g->tensor[tensor].n);
    return g->kind->get(g, tensor, first, x, e);
}

int
engine_set(struct engine *g, int tensor, int64_t first, const struct mat *x,
    struct err *e)
{
    assert(first >= 0 && first + x->n <= g->tensor[tensor].n);
    return g->kind->set(g, tensor, first, x, e);
}

int64_t
engine_block(const struct engine *g, int tensor)
{
    int64_t row = g->tensor[tensor].d * (int64_t)sizeof(float);
    return row > 0 && row < BLOCK_BYTES ? BLOCK_BYTES / row : 1;
}

int
engine_take(const struct engine *g, int tensor, struct mat *x, struct err *e)
{
    int rc = mat_init(x, g->tensor[tensor].n, g->tensor[tensor].d, e);
    if (rc)
        return rc;
    rc = engine_get(g, tensor, 0, x, e);
    if (rc)
        mat_free(x);
    return rc;
}

/* ERR_NUM for element i of a tensor with rows of d, which is not finite; i < 0:
 * all are finite. */
static int
check_element(int64_t i, int64_t d, const char *what, int64_t t, struct err *e)
{
    if (i < 0)
        return 0;
    return err_set(e, ERR_NUM,
        "%s is not finite at row %" PRId64 ", column %" PRId64
        " after step %" PRId64 "; the input vectors or --lr may be too large",
        what, i / d, i % d, t);
}

int
engine_check_mat(
    const struct mat *x, const char *what, int64_t t, struct err *e)
{
    return check_element(mat_not_finite(x), x->d, what, t, e);
}

/* Finds the first element that is not finite among the columns of all ranks. */
static int
check_tensor(const struct engine *g, int tensor, int64_t t, struct err *e)
{
    const struct engine *own = g->own ? g->own : g;
    int64_t n = g->tensor[tensor].n, d = g->tensor[tensor].d, bad = -1;
    int64_t rows = engine_block(g, tensor);
    struct mat x;
    int rc = mat_init(&x, n < rows ? n : rows, d, e);
    if (rc)
        return rc;
    memset(x.x, 0, (size_t)(x.n * d) * sizeof *x.x);
    for (int64_t first = 0; first < n && !rc && bad < 0; first += rows) {
        if (n - first < rows)
            x.n = n - first;
        rc = engine_get(own, tensor, first, &x, e);
        int64_t i = rc ? -1 : mat_not_finite(&x);
        bad = i < 0 ? -1 : first * d + i;
    }
    mat_free(&x);
    if (rc)
        return rc;
    int64_t before = ranks_largest(bad < 0 ? 0 : n * d - bad);
    return check_element(
        before ? n * d - before : -1, d, g->tensor[tensor].label, t, e);
}

int
engine_check(const struct engine *g, int64_t t, struct err *e)
{
    int rc = 0;
    for (int k = 0; k < g->tensors && !rc; k++)
        rc = check_tensor(g, k, t, e);
    return rc;
}

int
engine_bad_loss(const struct engine *g, const struct engine_cursor *c,
    int64_t step, struct err *e)
{
    int rc = engine_check(g, c->t, e);
    if (rc)
        return rc;
    return err_set(e, ERR_NUM,
        "loss is not finite at epoch %" PRId64 ", step %" PRId64, c->epoch + 1,
        step);
}

int
engine_bad_step(const struct engine *g, const struct engine_cursor *c,
    int64_t step, struct err *e)
{
    int rc = engine_check(g, c->t, e);
    if (rc)
        return rc;
    return err_prefix(
        e, ERR_NUM, "epoch %" PRId64 ", step %" PRId64, c->epoch + 1, step);
}

void
engine_linear(struct engine_tensor t[ENGINE_LINEAR], int64_t users,
    int64_t items, int64_t d)
{
    static const char *const name[ENGINE_LINEAR][2] = {
        {"now_user", "user parameter"}, {"now_item", "item parameter"},
        {"m_user", "user first moment"}, {"m_item", "item first moment"},
        {"v_user", "user second moment"}, {"v_item", "item second moment"}};
    for (int k = 0; k < ENGINE_LINEAR; k++)
        t[k] = (struct engine_tensor){
            name[k][0], name[k][1], k % 2 ? items : users, d};
}
