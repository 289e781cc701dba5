#include "tools/eval_print.h"

#include "lib/io/jsonout.h"

#include <inttypes.h>

/* The beginning of a metric's name: "user-degree:5-9:"; either may be empty. */
struct prefix {
    const char *name;
    struct text label;
};

static void
put_prefix(struct xout *x, const struct prefix *p)
{
    if (*p->name)
        xout_printf(x, "%s:", p->name);
    if (p->label.n)
        xout_printf(x, "%.*s:", (int)p->label.n, p->label.s);
}

static void
put_line(struct xout *x, const struct prefix *p, const char *name, int64_t cut,
    double value)
{
    char number[JSONOUT_NUMBER];
    put_prefix(x, p);
    xout_printf(
        x, "%s\t%" PRId64 "\t%s\n", name, cut, jsonout_double(number, value));
}

static void
put_means(
    struct eval_print *p, const struct metrics *m, const struct prefix *prefix)
{
    const struct eval *v = p->all;
    put_prefix(&p->x, prefix);
    xout_printf(&p->x, "users\t-\t%" PRId64 "\n", m->users);
    for (int i = 0; i < p->kinds; i++)
        for (int c = 0; c < v->all.n_cuts; c++)
            put_line(
                &p->x, prefix, metrics_names[i], v->all.cut[c], m->value[i][c]);
}

static void
put_side(struct eval_print *p, const struct eval *v, const char *name)
{
    struct prefix prefix = {name, {"", 0}};
    if (v && v->all.users)
        put_means(p, &v->all, &prefix);
}

static void
put_groups(struct eval_print *p, const struct eval_groups *g)
{
    for (int64_t i = 0; i < g->label.n; i++) {
        struct prefix prefix = {g->name, ids_get(&g->label, i)};
        if (g->means[i].users)
            put_means(p, &g->means[i], &prefix);
    }
}

void
eval_print_text(struct eval_print *p)
{
    static const struct prefix none = {"", {"", 0}};
    const struct eval *v = p->all;
    const struct scores_about *about = p->about;
    put_means(p, &v->all, &none);
    for (int i = 0; i < EXPOSURE_KINDS; i++)
        for (int c = 0; c < v->all.n_cuts; c++)
            put_line(&p->x, &none, exposure_names[i], v->all.cut[c],
                v->exposure[i][c]);
    put_side(p, p->warm, "warm");
    put_side(p, p->cold, "cold");
    for (int i = 0; i < p->groups; i++)
        put_groups(p, &p->group[i]);
    for (int k = 0; k < SCORES_FACTS; k++)
        if (about->known & 1u << k)
            xout_printf(&p->x, "%s\t-\t%" PRIu32 "\n", scores_fact_name[k],
                about->value[k]);
}

/* , "name": {"10": .., "20": ..} */
static void
json_cuts(
    struct xout *x, const struct eval *v, const char *name, const double *value)
{
    char number[JSONOUT_NUMBER];
    xout_printf(x, ", \"%s\": {", name);
    for (int c = 0; c < v->all.n_cuts; c++)
        xout_printf(x, "%s\"%" PRId64 "\": %s", c ? ", " : "", v->all.cut[c],
            jsonout_double(number, value[c]));
    xout_write(x, "}", 1);
}

static void
json_means(struct eval_print *p, const struct metrics *m)
{
    xout_printf(&p->x, "\"users\": %" PRId64, m->users);
    for (int i = 0; i < p->kinds; i++)
        json_cuts(&p->x, p->all, metrics_names[i], m->value[i]);
}

static void
json_side(struct eval_print *p, const struct eval *v, const char *name)
{
    if (!v || !v->all.users)
        return;
    xout_printf(&p->x, ", \"%s\": {", name);
    json_means(p, &v->all);
    xout_write(&p->x, "}", 1);
}

static void
json_groups(struct eval_print *p, const struct eval_groups *g)
{
    int some = 0;
    xout_printf(&p->x, ", \"%s\": {", g->name);
    for (int64_t i = 0; i < g->label.n; i++) {
        if (!g->means[i].users)
            continue;
        if (some++)
            xout_write(&p->x, ", ", 2);
        jsonout_string(&p->x, ids_get(&g->label, i));
        xout_write(&p->x, ": {", 3);
        json_means(p, &g->means[i]);
        xout_write(&p->x, "}", 1);
    }
    xout_write(&p->x, "}", 1);
}

void
eval_print_json(struct eval_print *p)
{
    const struct scores_about *about = p->about;
    xout_printf(&p->x, "{\"split\": \"%s\", ", p->split);
    json_means(p, &p->all->all);
    for (int i = 0; i < EXPOSURE_KINDS; i++)
        json_cuts(&p->x, p->all, exposure_names[i], p->all->exposure[i]);
    xout_printf(&p->x, ", \"mask\": \"%s\"", p->mask);
    json_side(p, p->warm, "warm");
    json_side(p, p->cold, "cold");
    for (int i = 0; i < p->groups; i++)
        json_groups(p, &p->group[i]);
    for (int k = 0; k < SCORES_MASK; k++)
        if (about->known & 1u << k)
            xout_printf(&p->x, ", \"%s\": %" PRIu32, scores_fact_name[k],
                about->value[k]);
    xout_write(&p->x, "}\n", 2);
}
