/* The engine of nets, run on MF-BPR written as one, against the engine of the
 * linear family. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cpu/cpu_net.h"
#include "lib/graph/bpr.h"
#include "lib/models/registry.h"
#include "lib/train/train.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USERS = 30, ITEMS = 20, D = 16, BATCH = 16, SEED = 7 };

static struct csr train;
static struct graph graph;
static int epochs_begun; /* calls of the net's epoch() */
static int broken;       /* the loss is NAN from this step on, if above 0 */
static int refused;      /* the step is an error, likewise */

static void
make_train(void)
{
    struct err e;
    if (csr_init(&train, USERS, ITEMS, USERS * ITEMS, 0, &e))
        abort();
    int64_t n = 0;
    for (int64_t u = 0; u < USERS; u++) {
        for (int64_t i = 0; i < ITEMS; i++)
            if (rng_u64(1, RNG_TEST, 1, (uint64_t)(u * ITEMS + i), 0) % 4 == 0)
                train.indices[n++] = (int32_t)i;
        train.indptr[u + 1] = n;
    }
    train.nnz = n;
    if (graph_bipartite(&train, &graph, &e))
        abort();
}

static int
mf_epoch(struct net *m, int64_t epoch, struct err *e)
{
    (void)m;
    (void)epoch;
    (void)e;
    epochs_begun++;
    return 0;
}

static int
mf_step(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    if (refused && b->t >= refused)
        return err_set(e, ERR_NUM, "a cosine is not finite");
    const struct net_tensor *user = &m->tensor[NET_USER],
                            *item = &m->tensor[NET_ITEM];
    *loss = broken && b->t >= broken ? (double)NAN : 0;
    for (int64_t k = 0; k < b->n; k++) {
        const float *u = user->x.x + b->user[k] * D;
        const float *p = item->x.x + b->item[k] * D;
        const float *q = item->x.x + b->item[b->n + k] * D;
        double x = 0;
        for (int j = 0; j < D; j++)
            x += (double)(u[j] * (p[j] - q[j]));
        float c;
        *loss += bpr_triple(x, b->n, &c);
        for (int j = 0; j < D; j++) {
            user->g.x[b->user[k] * D + j] += c * (p[j] - q[j]);
            item->g.x[b->item[k] * D + j] += c * u[j];
            item->g.x[b->item[b->n + k] * D + j] -= c * u[j];
        }
    }
    m->tensor[2].x.x[0] += 1; /* the state: steps so far */
    return 0;
}

static int
mf_vectors(struct net *m, struct mat *user, struct mat *item, struct err *e)
{
    (void)e;
    memcpy(user->x, m->tensor[NET_USER].x.x, USERS * D * sizeof(float));
    memcpy(item->x, m->tensor[NET_ITEM].x.x, ITEMS * D * sizeof(float));
    return 0;
}

static const struct net_kind mf = {
    .epoch = mf_epoch, .step = mf_step, .vectors = mf_vectors};

/* What MF-BPR is made from. */
static void
set_args(struct system_args *o, int64_t dim)
{
    system_defaults(o, &mf_system);
    o->train = &train;
    o->exec = exec_of(2);
    o->seed = SEED;
    system_set(o, "dim", (double)dim);
    system_set(o, "lr", .01);
    system_set(o, "weight-decay", .02);
}

static struct engine *
net_engine(struct sampler *s, const struct poly *like)
{
    struct err e;
    struct net *m;
    struct engine *g;
    struct system_args o;
    set_args(&o, D);
    if (net_new(&m, &mf, &o, &e) ||
        sample_init(s, SAMPLE_USERS, &train, SEED, &e))
        abort();
    net_add_embeddings(m, USERS, ITEMS, D);
    net_add(m, NET_STATE, 1, 1, "steps");
    if (arena_check(&m->arena, &e))
        abort();
    memcpy(m->tensor[NET_USER].x.x, like->user.x, USERS * D * sizeof(float));
    memcpy(m->tensor[NET_ITEM].x.x, like->item.x, ITEMS * D * sizeof(float));
    struct mat all = net_embeddings(m);
    ok(all.n == USERS + ITEMS && all.x + USERS * D == m->tensor[NET_ITEM].x.x,
        "embeddings are adjacent");
    if (cpu_net_new(&g, m, s, BATCH, &e))
        abort();
    return g;
}

static void
run(struct engine *g, struct engine_cursor *c, int epochs)
{
    struct err e;
    while (c->epoch < epochs)
        if (engine_epoch(g, c, NULL, NULL, NULL, &e)) {
            printf("# %s\n", e.msg);
            abort();
        }
}

static double
difference(const struct engine *a, int i, const struct engine *b, int j)
{
    struct mat x, y;
    struct err e;
    double most = 0, size = 0;
    if (engine_take(a, i, &x, &e) || engine_take(b, j, &y, &e))
        abort();
    for (int64_t k = 0; k < x.n * x.d; k++) {
        most = fmax(most, fabs((double)x.x[k] - (double)y.x[k]));
        size = fmax(size, fabs((double)y.x[k]));
    }
    mat_free(&x);
    mat_free(&y);
    return most / size;
}

/* The place of a member in the engine's list. */
static int
place(const struct engine *g, const char *member)
{
    for (int k = 0; k < g->tensors; k++)
        if (strcmp(g->tensor[k].member, member) == 0)
            return k;
    return -1;
}

static void
stop_after(void *ctx, int64_t step, int64_t steps)
{
    (void)step;
    (void)steps;
    int *stop = ctx;
    if (--stop[1] == 0)
        stop[0] = 1;
}

/* net_add refuses the name, and nothing is added. */
static void
no_tensor(struct net *m, const char *why, const char *name)
{
    struct err e = {0};
    int n = m->tensors, before = m->arena.rc;
    ok(net_add(m, NET_STATE, 1, 1, "%s", name) == 0 && !before &&
            arena_check(&m->arena, &e) == ERR_RANGE && m->tensors == n &&
            strncmp(e.msg, why, strlen(why)) == 0,
        "%.60s", e.msg);
    m->arena.rc = 0;
}

/* What net_add refuses; the largest net with the longest name fits into a file
 * all the same. */
static void
limits(void)
{
    struct err e;
    struct net *m;
    struct engine *g;
    struct sampler s;
    struct checkpoint c;
    struct system_args o;
    set_args(&o, 1);
    char longest[NET_NAME + 2];
    memset(longest, 'a', sizeof longest);
    longest[NET_NAME] = 0;
    if (net_new(&m, &mf, &o, &e) ||
        sample_init(&s, SAMPLE_USERS, &train, SEED, &e))
        abort();
    net_add_embeddings(m, USERS, ITEMS, 1);
    net_add(m, NET_OWN, 1, 1, "%s", longest);
    no_tensor(m, "model 'mf': two tensors are named 'user'", "user");
    longest[NET_NAME] = 'a';
    longest[NET_NAME + 1] = 0;
    no_tensor(
        m, "model 'mf': a tensor's name has at most 240 bytes: 'aaa", longest);
    while (!m->arena.rc && m->tensors < NET_TENSORS)
        net_add(m, NET_PARAM, 1, 1, "%d", m->tensors);
    no_tensor(m,
        "model 'mf' would have more than 338 tensors, too many for a "
        "checkpoint",
        "more");
    int rc;
    if (cpu_net_new(&g, m, &s, BATCH, &e) ||
        train_start(&c, g, "mf", "--model=mf", &e))
        abort();
    for (int i = 0; i < 2; i++)
        if (engine_get(g, i, 0, &c.vec[i], &e) ||
            engine_get(g, i, 0, &c.param[i], &e))
            abort();
    rc = checkpoint_write("large.npz", &c, g, "stair-npz 1\n", &e);
    checkpoint_free(&c);
    ok(!rc && checkpoint_read("large.npz", &c, NULL, &e) == 0 &&
            c.tensors == 3 * NET_TENSORS &&
            checkpoint_restore(&c, g, "large.npz", &e) == 0,
        "the largest checkpoint is written and read");
    checkpoint_free(&c);
    engine_free(g);
    sample_free(&s);
}

/* A run that is stopped when its state is not finite leaves the file alone. */
static void
stopped_without(struct engine *g, const struct engine_cursor *c)
{
    struct err e;
    struct checkpoint run;
    struct dataset d = {.train = train};
    int now = 1;
    struct train_opt o = {.epochs = 100,
        .every = 1,
        .exec = exec_of(1),
        .checkpoint = "none.npz",
        .history = "stair-npz 1\n",
        .stop = &now};
    struct train_hooks hooks = {0};
    if (train_start(&run, g, "mf", "--model=mf", &e))
        abort();
    run.cursor = *c;
    int rc = train_run(g, &d, &o, &run, &hooks, &e);
    ok(rc == ERR_NUM && access("none.npz", F_OK) != 0,
        "stopped without a number: %s", rc ? e.msg : "no error");
    checkpoint_free(&run);
}

int
main(void)
{
    struct err e;
    make_train();
    limits();
    struct model made;
    struct system_args o;
    set_args(&o, D);
    if (system_make(&made, &o, &e))
        abort();
    struct poly m = made.poly;
    for (int64_t k = 0; k < USERS * D; k++)
        m.user.x[k] *= 1000;
    for (int64_t k = 0; k < ITEMS * D; k++)
        m.item.x[k] *= 1000;
    struct sampler s, s2;
    struct engine *g = net_engine(&s, &m), *twin;
    struct cpu_opt co = {.batch = BATCH, .exec = exec_of(1)};
    if (sample_init(&s2, SAMPLE_USERS, &train, SEED, &e) ||
        cpu_new(&twin, &m, &graph, NULL, &s2, &co, &e))
        abort();
    ok(g->tensors == 7 && g->steps == twin->steps && g->width == D &&
            place(g, "now_user") == ENGINE_USER &&
            place(g, "now_item") == ENGINE_ITEM,
        "tensors, steps and width");
    struct engine_cursor c = {0}, c2 = {0};
    run(g, &c, 10);
    run(twin, &c2, 10);
    static const char *const same[] = {
        "now_user", "now_item", "m_user", "m_item", "v_user", "v_item"};
    for (int k = 0; k < 6; k++) {
        double d = difference(g, place(g, same[k]), twin, place(twin, same[k]));
        ok(d < 1e-4, "%s as the linear engine's (%.1e)", same[k], d);
    }
    ok(fabs(c.loss - c2.loss) < 1e-4 * c2.loss && c.t == c2.t &&
            epochs_begun == 10,
        "loss %.5f, %.5f", c.loss / (double)g->positives,
        c2.loss / (double)g->positives);

    /* stopped within an epoch, through a file */
    struct sampler sh;
    struct engine *h = net_engine(&sh, &m);
    struct engine_cursor d = {0};
    int stop[2] = {0, 2 * (int)g->steps + 3};
    while (!stop[0])
        if (engine_epoch(h, &d, &stop[0], stop_after, stop, &e))
            abort();
    struct checkpoint run1, run2;
    if (train_start(&run1, h, "mf", "--model=mf", &e))
        abort();
    run1.cursor = d;
    for (int i = 0; i < 2; i++)
        if (engine_get(h, i, 0, &run1.vec[i], &e) ||
            engine_get(h, i, 0, &run1.param[i], &e))
            abort();
    if (checkpoint_write("ck.npz", &run1, h, "stair-npz 1\n", &e))
        printf("# %s\n", e.msg);
    engine_free(h);
    sample_free(&sh);
    h = net_engine(&sh, &m);
    ok(checkpoint_read("ck.npz", &run2, NULL, &e) == 0 &&
            checkpoint_restore(&run2, h, "ck.npz", &e) == 0,
        "a checkpoint holds all tensors");
    run(h, &run2.cursor, 10);
    int equal = 1;
    for (int k = 0; k < g->tensors; k++)
        equal &= !(difference(h, k, g, k) > 0);
    ok(equal, "stopped within an epoch and resumed: same bytes");
    checkpoint_free(&run2);
    ok(checkpoint_read("ck.npz", &run2, NULL, &e) == 0 &&
            checkpoint_restore(&run2, twin, "ck.npz", &e) == 0,
        "a model with fewer tensors takes those that it has");
    checkpoint_free(&run2);
    if (checkpoint_write("linear.npz", &run1, twin, "stair-npz 1\n", &e) ||
        checkpoint_read("linear.npz", &run2, NULL, &e))
        abort();
    ok(checkpoint_restore(&run2, h, "linear.npz", &e) == ERR_FORMAT &&
            strcmp(e.msg, "'linear.npz' has no member 'now_steps'") == 0,
        "%s", e.msg);
    checkpoint_free(&run2);
    checkpoint_free(&run1);

    broken = (int)c.t + 3;
    int rc = engine_epoch(g, &c, NULL, NULL, NULL, &e);
    ok(rc == ERR_NUM &&
            strcmp(e.msg, "loss is not finite at epoch 11, step 3") == 0,
        "%s", rc ? e.msg : "no error");
    refused = (int)c.t + 1;
    rc = engine_epoch(g, &c, NULL, NULL, NULL, &e);
    ok(rc == ERR_NUM &&
            strcmp(e.msg, "epoch 11, step 3: a cosine is not finite") == 0,
        "%s", rc ? e.msg : "no error");
    struct mat bad;
    if (engine_take(g, place(g, "m_item"), &bad, &e))
        abort();
    bad.x[D + 2] = NAN;
    if (engine_set(g, place(g, "m_item"), 0, &bad, &e))
        abort();
    mat_free(&bad);
    rc = engine_check(g, 5, &e);
    ok(rc == ERR_NUM &&
            strcmp(e.msg, "item first moment is not finite at row 1, column "
                          "2 after step 5; the input vectors or --lr may be "
                          "too large") == 0,
        "%s", rc ? e.msg : "no error");
    rc = engine_epoch(g, &c, NULL, NULL, NULL, &e);
    ok(rc == ERR_NUM && strstr(e.msg, "item first moment is not finite"),
        "a step's error is the state's if that is at fault");
    stopped_without(g, &c);
    engine_free(g);
    engine_free(h);
    engine_free(twin);
    sample_free(&s);
    sample_free(&sh);
    sample_free(&s2);
    poly_free(&m);
    graph_free(&graph);
    csr_free(&train);
    return done();
}
