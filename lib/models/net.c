#include "lib/models/net.h"

#include "lib/base/mem.h"
#include "lib/models/system.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
zeros(struct mat *x, int64_t n, int64_t d, struct err *e)
{
    int rc = mat_init(x, n, d, e);
    if (!rc)
        memset(x->x, 0, (size_t)(n * d) * sizeof *x->x);
    return rc;
}

int
net_new(struct net **out, const struct net_kind *kind,
    const struct system_args *o, struct err *e)
{
    *out = mem_zero(1, sizeof **out, e);
    if (!*out)
        return ERR_NOMEM;
    **out = (struct net){.name = o->system->name,
        .kind = kind,
        .width = system_int(o, "dim"),
        .exec = o->exec,
        .seed = o->seed};
    int rc = kind->make ? kind->make(*out, o, e) : 0;
    if (rc) {
        net_free(*out);
        *out = NULL;
    }
    return rc;
}

static int
check_name(const struct net *m, const char *name, struct err *e)
{
    if (strlen(name) > NET_NAME)
        return err_set(e, ERR_RANGE,
            "model '%s': a tensor's name has at most %d bytes: '%s'", m->name,
            NET_NAME, name);
    for (int k = 0; k < m->tensors; k++)
        if (strcmp(m->tensor[k].name, name) == 0)
            return err_set(e, ERR_RANGE,
                "model '%s': two tensors are named '%s'", m->name, name);
    return 0;
}

/* The next tensor, with a name and nothing else. */
static int
append(struct net *m, enum net_role role, struct err *e, const char *name,
    va_list ap)
{
    if (m->tensors == NET_TENSORS)
        return err_set(e, ERR_RANGE,
            "model '%s' would have more than %d tensors, too many for a "
            "checkpoint",
            m->name, NET_TENSORS);
    char *text;
    if (vasprintf(&text, name, ap) < 0)
        return err_set(e, ERR_NOMEM, "out of memory");
    int rc = check_name(m, text, e);
    if (rc) {
        free(text);
        return rc;
    }
    m->tensor[m->tensors++] = (struct net_tensor){.name = text, .role = role};
    return 0;
}

static int
fill(struct net_tensor *t, int64_t n, int64_t d, struct err *e)
{
    int rc = zeros(&t->x, n, d, e);
    if (rc || t->role == NET_STATE)
        return rc;
    rc = zeros(&t->g, n, d, e);
    if (!rc)
        rc = zeros(&t->m, n, d, e);
    if (!rc)
        rc = zeros(&t->v, n, d, e);
    return rc;
}

int
net_add(struct net *m, enum net_role role, int64_t n, int64_t d, int *place,
    struct err *e, const char *name, ...)
{
    va_list ap;
    va_start(ap, name);
    int rc = append(m, role, e, name, ap);
    va_end(ap);
    if (rc)
        return rc;
    *place = m->tensors - 1;
    return fill(&m->tensor[*place], n, d, e);
}

/* Leaves the first `users` rows to a, the others become b. */
static void
halve(struct mat *a, struct mat *b, int64_t users)
{
    *b = (struct mat){a->n - users, a->d, a->x + users * a->d};
    a->n = users;
}

int
net_add_embeddings(
    struct net *m, int64_t users, int64_t items, int64_t d, struct err *e)
{
    int place;
    int rc = net_add(m, NET_PARAM, users + items, d, &place, e, "user");
    if (!rc)
        rc = net_add(m, NET_PARAM, 0, d, &place, e, "item");
    if (rc)
        return rc;
    struct net_tensor *u = &m->tensor[NET_USER], *i = &m->tensor[NET_ITEM];
    struct mat *whole[] = {&u->x, &u->g, &u->m, &u->v};
    struct mat *part[] = {&i->x, &i->g, &i->m, &i->v};
    for (int k = 0; k < 4; k++) {
        mat_free(part[k]);
        halve(whole[k], part[k], users);
    }
    i->part = 1;
    return 0;
}

/* The user's matrix and the item's that lies behind it. */
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

void
net_free(struct net *m)
{
    if (!m)
        return;
    if (m->kind->free)
        m->kind->free(m);
    for (int k = 0; k < m->tensors; k++) {
        struct net_tensor *t = &m->tensor[k];
        free(t->name);
        if (t->part)
            continue;
        mat_free(&t->x);
        mat_free(&t->g);
        mat_free(&t->m);
        mat_free(&t->v);
    }
    free(m);
}
