#include "tools/eval_print.h"

#include "lib/io/jsonout.h"

#include <inttypes.h>

/* The beginning of a metric's name: "user-degree:5-9:"; either may be empty. */
struct prefix {
    const char *name;
    struct text label;
};

static int
put_prefix(struct xout *x, const struct prefix *p, struct err *e)
{
    int rc = *p->name ? xout_printf(x, e, "%s:", p->name) : 0;
    if (!rc && p->label.n)
        rc = xout_printf(x, e, "%.*s:", (int)p->label.n, p->label.s);
    return rc;
}

static int
put_line(struct xout *x, const struct prefix *p, const char *name, int64_t cut,
    double value, struct err *e)
{
    char number[JSONOUT_NUMBER];
    int rc = put_prefix(x, p, e);
    return rc ? rc
              : xout_printf(x, e, "%s\t%" PRId64 "\t%s\n", name, cut,
                    jsonout_double(number, value));
}

static int
put_means(struct eval_print *p, const struct eval_means *m,
    const struct prefix *prefix, struct err *e)
{
    const struct eval *v = p->all;
    int rc = put_prefix(&p->x, prefix, e);
    if (!rc)
        rc = xout_printf(&p->x, e, "users\t-\t%" PRId64 "\n", m->users);
    for (int i = 0; i < p->kinds; i++)
        for (int c = 0; c < v->n_cuts && !rc; c++)
            rc = put_line(
                &p->x, prefix, metrics_names[i], v->cut[c], m->value[i][c], e);
    return rc;
}

static int
put_side(
    struct eval_print *p, const struct eval *v, const char *name, struct err *e)
{
    struct prefix prefix = {name, {"", 0}};
    return v && v->all.users ? put_means(p, &v->all, &prefix, e) : 0;
}

static int
put_groups(struct eval_print *p, const struct eval_groups *g, struct err *e)
{
    int rc = 0;
    for (int64_t i = 0; i < g->label.n && !rc; i++) {
        struct prefix prefix = {g->name, ids_get(&g->label, i)};
        if (g->means[i].users)
            rc = put_means(p, &g->means[i], &prefix, e);
    }
    return rc;
}

int
eval_print_text(struct eval_print *p, struct err *e)
{
    static const struct prefix none = {"", {"", 0}};
    const struct eval *v = p->all;
    const struct scores_about *about = p->about;
    int rc = put_means(p, &v->all, &none, e);
    for (int i = 0; i < EXPOSURE_KINDS; i++)
        for (int c = 0; c < v->n_cuts && !rc; c++)
            rc = put_line(&p->x, &none, exposure_names[i], v->cut[c],
                v->exposure[i][c], e);
    if (!rc)
        rc = put_side(p, p->warm, "warm", e);
    if (!rc)
        rc = put_side(p, p->cold, "cold", e);
    for (int i = 0; i < p->groups && !rc; i++)
        rc = put_groups(p, &p->group[i], e);
    for (int k = 0; k < SCORES_FACTS && !rc; k++)
        if (about->known & 1u << k)
            rc = xout_printf(&p->x, e, "%s\t-\t%" PRIu32 "\n",
                scores_fact_name[k], about->value[k]);
    return rc;
}

/* , "name": {"10": .., "20": ..} */
static int
json_cuts(struct xout *x, const struct eval *v, const char *name,
    const double *value, struct err *e)
{
    char number[JSONOUT_NUMBER];
    int rc = xout_printf(x, e, ", \"%s\": {", name);
    for (int c = 0; c < v->n_cuts && !rc; c++)
        rc = xout_printf(x, e, "%s\"%" PRId64 "\": %s", c ? ", " : "",
            v->cut[c], jsonout_double(number, value[c]));
    return rc ? rc : xout_write(x, "}", 1, e);
}

static int
json_means(struct eval_print *p, const struct eval_means *m, struct err *e)
{
    int rc = xout_printf(&p->x, e, "\"users\": %" PRId64, m->users);
    for (int i = 0; i < p->kinds && !rc; i++)
        rc = json_cuts(&p->x, p->all, metrics_names[i], m->value[i], e);
    return rc;
}

static int
json_side(
    struct eval_print *p, const struct eval *v, const char *name, struct err *e)
{
    if (!v || !v->all.users)
        return 0;
    int rc = xout_printf(&p->x, e, ", \"%s\": {", name);
    if (!rc)
        rc = json_means(p, &v->all, e);
    return rc ? rc : xout_write(&p->x, "}", 1, e);
}

static int
json_groups(struct eval_print *p, const struct eval_groups *g, struct err *e)
{
    int rc = xout_printf(&p->x, e, ", \"%s\": {", g->name), some = 0;
    for (int64_t i = 0; i < g->label.n && !rc; i++) {
        struct text label = ids_get(&g->label, i);
        if (!g->means[i].users)
            continue;
        rc = some++ ? xout_write(&p->x, ", ", 2, e) : 0;
        if (!rc)
            rc = jsonout_string(&p->x, label.s, label.n, e);
        if (!rc)
            rc = xout_write(&p->x, ": {", 3, e);
        if (!rc)
            rc = json_means(p, &g->means[i], e);
        if (!rc)
            rc = xout_write(&p->x, "}", 1, e);
    }
    return rc ? rc : xout_write(&p->x, "}", 1, e);
}

int
eval_print_json(struct eval_print *p, struct err *e)
{
    const struct scores_about *about = p->about;
    int rc = xout_printf(&p->x, e, "{\"split\": \"%s\", ", p->split);
    if (!rc)
        rc = json_means(p, &p->all->all, e);
    for (int i = 0; i < EXPOSURE_KINDS && !rc; i++)
        rc =
            json_cuts(&p->x, p->all, exposure_names[i], p->all->exposure[i], e);
    if (!rc)
        rc = xout_printf(&p->x, e, ", \"mask\": \"%s\"", p->mask);
    if (!rc)
        rc = json_side(p, p->warm, "warm", e);
    if (!rc)
        rc = json_side(p, p->cold, "cold", e);
    for (int i = 0; i < p->groups && !rc; i++)
        rc = json_groups(p, &p->group[i], e);
    for (int k = 0; k < SCORES_MASK && !rc; k++)
        if (about->known & 1u << k)
            rc = xout_printf(&p->x, e, ", \"%s\": %" PRIu32,
                scores_fact_name[k], about->value[k]);
    return rc ? rc : xout_write(&p->x, "}\n", 2, e);
}
