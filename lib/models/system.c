#include "lib/models/system.h"

#include <assert.h>
#include <string.h>

int
system_trains(const struct system *s)
{
    return s->kind == MODEL_POLY || s->kind == MODEL_NET;
}

int
system_with_items(const struct system *s, const char *name)
{
    const char *const *with = s->reads.with_items;
    for (int k = 0; with && with[k]; k++)
        if (strcmp(with[k], name) == 0)
            return 1;
    return 0;
}

int
system_param(const struct system *s, const char *name)
{
    for (int k = 0; s->param[k].name; k++)
        if (strcmp(s->param[k].name, name) == 0)
            return k;
    return -1;
}

void
system_defaults(struct system_args *o, const struct system *s)
{
    *o = (struct system_args){.system = s};
    for (int k = 0; s->param[k].name; k++) {
        assert(k < SYSTEM_PARAMS);
        o->value[k] = s->param[k].value;
    }
}

static int
place(const struct system *s, const char *name)
{
    int k = system_param(s, name);
    assert(k >= 0);
    return k;
}

double
system_real(const struct system_args *o, const char *name)
{
    return o->value[place(o->system, name)];
}

int64_t
system_int(const struct system_args *o, const char *name)
{
    return (int64_t)system_real(o, name);
}

void
system_set(struct system_args *o, const char *name, double value)
{
    o->value[place(o->system, name)] = value;
}

int
system_make(struct model *m, const struct system_args *o, struct err *e)
{
    *m = (struct model){.kind = o->system->kind};
    int rc = o->system->net ? net_new(&m->net, o->system->net, o, e)
                            : o->system->make(m, o, e);
    if (rc)
        model_free(m);
    return rc;
}
