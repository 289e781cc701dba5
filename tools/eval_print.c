#include "tools/eval_print.h"

#include "lib/io/jsonout.h"

#include <inttypes.h>
#include <stdio.h>

static int
print_line(struct xout *x, const char *prefix, const char *name, int64_t cut,
    double value, struct err *e)
{
    char number[JSONOUT_NUMBER];
    return xout_printf(x, e, "%s%s\t%" PRId64 "\t%s\n", prefix, name, cut,
        jsonout_double(number, value));
}

static int
print_means(struct xout *x, const struct eval *v, const struct eval_means *m,
    const char *prefix, struct err *e)
{
    int rc = xout_printf(x, e, "%susers\t-\t%" PRId64 "\n", prefix, m->users);
    for (int i = 0; i < v->kinds; i++)
        for (int c = 0; c < v->n_cuts && !rc; c++)
            rc = print_line(
                x, prefix, metrics_names[i], v->cut[c], m->value[i][c], e);
    return rc;
}

static int
print_strata(struct xout *x, const struct eval *v,
    const struct eval_means *strata, const char *side, struct err *e)
{
    int rc = 0;
    for (int s = 0; s < EVAL_STRATA && !rc; s++) {
        char name[48], prefix[96];
        snprintf(prefix, sizeof prefix, "%s-degree:%s:", side,
            eval_stratum_name(s, name));
        if (strata[s].users)
            rc = print_means(x, v, &strata[s], prefix, e);
    }
    return rc;
}

int
eval_print_text(struct xout *x, const struct eval *v,
    const struct scores_about *about, int strata, struct err *e)
{
    int rc = print_means(x, v, &v->all, "", e);
    for (int c = 0; c < v->n_cuts && !rc; c++)
        rc = print_line(x, "", "coverage", v->cut[c], v->coverage[c], e);
    for (int c = 0; c < v->n_cuts && !rc; c++)
        rc = print_line(x, "", "popularity", v->cut[c], v->popularity[c], e);
    if (!rc && strata)
        rc = print_strata(x, v, v->user, "user", e);
    if (!rc && strata)
        rc = print_strata(x, v, v->item, "item", e);
    for (int k = 0; k < SCORES_FACTS && !rc; k++)
        if (about->known & 1u << k)
            rc = xout_printf(x, e, "%s\t-\t%" PRIu32 "\n", scores_fact_name[k],
                about->value[k]);
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
json_means(struct xout *x, const struct eval *v, const struct eval_means *m,
    struct err *e)
{
    int rc = xout_printf(x, e, "\"users\": %" PRId64, m->users);
    for (int i = 0; i < v->kinds && !rc; i++)
        rc = json_cuts(x, v, metrics_names[i], m->value[i], e);
    return rc;
}

static int
json_strata(struct xout *x, const struct eval *v,
    const struct eval_means *strata, const char *side, struct err *e)
{
    int rc = xout_printf(x, e, ", \"%s-degree\": {", side);
    const char *comma = "";
    for (int s = 0; s < EVAL_STRATA && !rc; s++) {
        char name[48];
        if (!strata[s].users)
            continue;
        rc =
            xout_printf(x, e, "%s\"%s\": {", comma, eval_stratum_name(s, name));
        if (!rc)
            rc = json_means(x, v, &strata[s], e);
        if (!rc)
            rc = xout_write(x, "}", 1, e);
        comma = ", ";
    }
    return rc ? rc : xout_write(x, "}", 1, e);
}

int
eval_print_json(struct xout *x, const struct eval *v,
    const struct scores_about *about, const char *split, const char *mask,
    int strata, struct err *e)
{
    int rc = xout_printf(x, e, "{\"split\": \"%s\", ", split);
    if (!rc)
        rc = json_means(x, v, &v->all, e);
    if (!rc)
        rc = json_cuts(x, v, "coverage", v->coverage, e);
    if (!rc)
        rc = json_cuts(x, v, "popularity", v->popularity, e);
    if (!rc)
        rc = xout_printf(x, e, ", \"mask\": \"%s\"", mask);
    if (!rc && strata)
        rc = json_strata(x, v, v->user, "user", e);
    if (!rc && strata)
        rc = json_strata(x, v, v->item, "item", e);
    for (int k = 0; k < SCORES_MASK && !rc; k++)
        if (about->known & 1u << k)
            rc = xout_printf(x, e, ", \"%s\": %" PRIu32, scores_fact_name[k],
                about->value[k]);
    return rc ? rc : xout_write(x, "}\n", 2, e);
}
