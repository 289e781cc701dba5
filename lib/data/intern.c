#include "lib/data/intern.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2048 };

struct batch {
    int n;
    int64_t len;
    int rc;
    struct err err;
    struct ids_key first[BATCH], second[BATCH];
    int32_t first_id[BATCH], second_id[BATCH];
    char text[2 * BATCH * IDS_MAX_LENGTH];
};

struct intern {
    struct ids *first, *second;
    intern_fn *f;
    void *ctx;
    struct batch *fill; /* the caller's */
    struct batch *work; /* the worker's while busy, else looked up or empty */
    int started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t turn; /* busy or quit changed */
    int busy, quit;      /* under the lock */
};

static void
look_up(struct intern *q, struct batch *b)
{
    b->rc = ids_add_all(q->first, b->first, b->n, b->first_id, &b->err);
    if (!b->rc)
        b->rc = ids_add_all(q->second, b->second, b->n, b->second_id, &b->err);
}

static void *
worker(void *p)
{
    struct intern *q = p;
    pthread_mutex_lock(&q->lock);
    for (;;) {
        while (!q->busy && !q->quit)
            pthread_cond_wait(&q->turn, &q->lock);
        if (q->quit)
            break;
        pthread_mutex_unlock(&q->lock);
        look_up(q, q->work);
        pthread_mutex_lock(&q->lock);
        q->busy = 0;
        pthread_cond_broadcast(&q->turn);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static void
wait_idle(struct intern *q)
{
    if (!q->started)
        return;
    pthread_mutex_lock(&q->lock);
    while (q->busy)
        pthread_cond_wait(&q->turn, &q->lock);
    pthread_mutex_unlock(&q->lock);
}

/* Hands over what was looked up and empties the batch. */
static int
deliver(struct intern *q, struct batch *b, struct err *e)
{
    int n = b->n;
    b->n = 0;
    b->len = 0;
    if (n == 0)
        return 0;
    if (b->rc)
        return err_set(e, b->rc, "%s", b->err.msg);
    return q->f(q->ctx, n, b->first_id, b->second_id, e);
}

/* Passes the full batch to the worker and takes the other one. */
static int
pass_on(struct intern *q, struct err *e)
{
    wait_idle(q);
    int rc = deliver(q, q->work, e);
    if (rc)
        return rc;
    struct batch *full = q->fill;
    q->fill = q->work;
    q->work = full;
    if (!q->started)
        q->started = pthread_create(&q->thread, NULL, worker, q) == 0;
    if (!q->started) {
        look_up(q, full);
        return 0;
    }
    pthread_mutex_lock(&q->lock);
    q->busy = 1;
    pthread_cond_broadcast(&q->turn);
    pthread_mutex_unlock(&q->lock);
    return 0;
}

struct intern *
intern_new(struct ids *first, struct ids *second, intern_fn *f, void *ctx,
    struct err *e)
{
    struct intern *q = mem_zero(1, sizeof *q, e);
    struct batch *a = mem_new(1, sizeof *a, e);
    struct batch *b = mem_new(1, sizeof *b, e);
    if (!q || !a || !b) {
        free(q);
        free(a);
        free(b);
        return NULL;
    }
    a->n = b->n = 0;
    a->len = b->len = 0;
    q->first = first;
    q->second = second;
    q->f = f;
    q->ctx = ctx;
    q->fill = a;
    q->work = b;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->turn, NULL);
    return q;
}

static struct ids_key
keep_text(struct batch *b, const char *s, int64_t n)
{
    assert(n <= IDS_MAX_LENGTH);
    char *to = b->text + b->len;
    memcpy(to, s, (size_t)n);
    b->len += n;
    return (struct ids_key){to, n};
}

int
intern_add(struct intern *q, const char *first, int64_t first_n,
    const char *second, int64_t second_n, struct err *e)
{
    struct batch *b = q->fill;
    b->first[b->n] = keep_text(b, first, first_n);
    b->second[b->n] = keep_text(b, second, second_n);
    return ++b->n == BATCH ? pass_on(q, e) : 0;
}

int
intern_flush(struct intern *q, struct err *e)
{
    wait_idle(q);
    int rc = deliver(q, q->work, e);
    if (!rc) {
        look_up(q, q->fill);
        rc = deliver(q, q->fill, e);
    }
    return rc;
}

void
intern_free(struct intern *q)
{
    if (!q)
        return;
    if (q->started) {
        pthread_mutex_lock(&q->lock);
        q->quit = 1;
        pthread_cond_broadcast(&q->turn);
        pthread_mutex_unlock(&q->lock);
        pthread_join(q->thread, NULL);
    }
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->turn);
    free(q->fill);
    free(q->work);
    free(q);
}
