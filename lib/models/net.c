#include "lib/models/net.h"

#include "lib/base/mem.h"
#include "lib/models/system.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
net_new(struct net **out, const struct net_kind *kind,
    const struct system_args *o, struct err *e)
{
    *out = mem_zero(1, sizeof **out, e);
    if (!*out)
        return ERR_NOMEM;
    **out = (struct net){.name = o->system->name,
        .kind = kind,
        .adam = {.rate = system_real(o, "lr"),
            .coupled = system_real(o, "weight-decay")},
        .width = system_int(o, "dim"),
        .exec = o->exec,
        .seed = o->seed};
    (*out)->own = arena_zero(&(*out)->arena, 1, kind->own);
    int rc = arena_check(&(*out)->arena, e);
    if (!rc && kind->make)
        rc = kind->make(*out, o, e);
    if (!rc)
        rc = arena_check(&(*out)->arena, e);
    if (rc) {
        net_free(*out);
        *out = NULL;
    }
    return rc;
}

static int
is_name(struct net *m, const char *name)
{
    if (strlen(name) > NET_NAME)
        arena_fail(&m->arena, ERR_RANGE,
            "model '%s': a tensor's name has at most %d bytes: '%s'", m->name,
            NET_NAME, name);
    for (int k = 0; k < m->tensors; k++)
        if (strcmp(m->tensor[k].name, name) == 0)
            arena_fail(&m->arena, ERR_RANGE,
                "model '%s': two tensors are named '%s'", m->name, name);
    return !m->arena.rc;
}

/* The next tensor, with a name and nothing else, or NULL. */
static struct net_tensor *
append(struct net *m, enum net_role role, const char *name, va_list ap)
{
    if (m->tensors == NET_TENSORS)
        arena_fail(&m->arena, ERR_RANGE,
            "model '%s' would have more than %d tensors, too many for a "
            "checkpoint",
            m->name, NET_TENSORS);
    char *text;
    if (vasprintf(&text, name, ap) < 0) {
        arena_fail(&m->arena, ERR_NOMEM, "out of memory");
        return NULL;
    }
    text = arena_take(&m->arena, text);
    if (!text || !is_name(m, text))
        return NULL;
    struct net_tensor *t = &m->tensor[m->tensors++];
    *t = (struct net_tensor){.name = text, .role = role, .adam = m->adam};
    return t;
}

static struct mat
zeros(struct net *m, const struct mat *like)
{
    struct mat x = mat_in(&m->arena, like->n, like->d);
    if (x.x)
        memset(x.x, 0, (size_t)(x.n * x.d) * sizeof *x.x);
    return x;
}

/* Returns the tensor's number. */
static int
fill(struct net *m, struct net_tensor *t, const struct mat *x)
{
    if (!t)
        return 0;
    t->x = x->x ? *x : zeros(m, x);
    if (t->role != NET_STATE) {
        t->g = zeros(m, x);
        t->m = zeros(m, x);
        t->v = zeros(m, x);
    }
    return (int)(t - m->tensor);
}

int
net_add(struct net *m, enum net_role role, int64_t n, int64_t d,
    const char *name, ...)
{
    va_list ap;
    va_start(ap, name);
    struct net_tensor *t = append(m, role, name, ap);
    va_end(ap);
    return fill(m, t, &(struct mat){n, d, NULL});
}

int
net_add_value(struct net *m, struct mat *x, const char *name, ...)
{
    va_list ap;
    va_start(ap, name);
    struct net_tensor *t = append(m, NET_PARAM, name, ap);
    va_end(ap);
    struct mat own = *x;
    *x = (struct mat){0};
    return arena_take(&m->arena, own.x) ? fill(m, t, &own) : 0;
}

/* Leaves the first `users` rows to a, the others become b. */
static void
halve(struct mat *a, struct mat *b, int64_t users)
{
    *b = (struct mat){a->n - users, a->d, a->x + users * a->d};
    a->n = users;
}

void
net_add_embeddings(struct net *m, int64_t users, int64_t items, int64_t d)
{
    net_add(m, NET_PARAM, users + items, d, "user");
    net_add(m, NET_PARAM, 0, d, "item");
    if (m->arena.rc)
        return;
    struct net_tensor *u = &m->tensor[NET_USER], *i = &m->tensor[NET_ITEM];
    halve(&u->x, &i->x, users);
    halve(&u->g, &i->g, users);
    halve(&u->m, &i->m, users);
    halve(&u->v, &i->v, users);
}

/* The users' matrix and the items' that lies behind it. */
static struct mat
both(const struct mat *user, const struct mat *item)
{
    return (struct mat){user->n + item->n, user->d, user->x};
}

struct mat
net_embeddings(const struct net *m)
{
    return both(&m->tensor[NET_USER].x, &m->tensor[NET_ITEM].x);
}

struct mat
net_embeddings_gradients(const struct net *m)
{
    return both(&m->tensor[NET_USER].g, &m->tensor[NET_ITEM].g);
}

struct init
net_init(const struct net *m, int tensor)
{
    return (struct init){m->seed, (uint32_t)tensor, m->exec};
}

void
net_free(struct net *m)
{
    if (!m)
        return;
    if (m->kind->free && m->own)
        m->kind->free(m);
    arena_free(&m->arena);
    free(m);
}
