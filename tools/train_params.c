#include "tools/train_params.h"

#include "lib/models/registry.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds to text, which has room for size bytes. */
__attribute__((format(printf, 3, 4))) static void
add(char *text, size_t size, const char *fmt, ...)
{
    size_t n = strlen(text);
    va_list ap;
    va_start(ap, fmt);
    int more = vsnprintf(text + n, size - n, fmt, ap);
    va_end(ap);
    assert(n + (size_t)more < size);
    (void)more;
}

static const struct system_param *
param_of(const struct system *s, const char *name)
{
    int k = system_param(s, name);
    return k < 0 ? NULL : &s->param[k];
}

static int
same_value(double a, double b)
{
    return isnan(a) ? isnan(b) : a >= b && a <= b;
}

/* How many of the first systems have the option, with that default unless value
 * is NULL. */
static int
count(const char *name, int first, const double *value)
{
    int n = 0;
    for (int k = 0; k < first && registry[k]; k++) {
        const struct system_param *q = param_of(registry[k], name);
        n += q && (!value || same_value(q->value, *value));
    }
    return n;
}

static void
add_value(char *text, double value)
{
    if (isnan(value))
        add(text, TRAIN_PARAMS_HELP, "its own");
    else
        add(text, TRAIN_PARAMS_HELP, "%.9g", value);
}

/* "mf, bm3: 2", the systems whose default this is. */
static void
add_group(char *text, const char *name, double value)
{
    const char *comma = "";
    for (int k = 0; registry[k]; k++) {
        const struct system_param *q = param_of(registry[k], name);
        if (!q || !same_value(q->value, value))
            continue;
        add(text, TRAIN_PARAMS_HELP, "%s%s", comma, registry[k]->name);
        comma = ", ";
    }
    add(text, TRAIN_PARAMS_HELP, ": ");
    add_value(text, value);
}

/* The meaning, as far as all systems share it. */
static void
add_meaning(struct train_param *t)
{
    const char *help = t->first->help;
    int len = (int)strlen(help);
    for (int k = 0; registry[k]; k++) {
        const struct system_param *q = param_of(registry[k], t->first->name);
        if (q && strcmp(q->help, help) != 0)
            len = (int)strcspn(help, ",");
    }
    add(t->help, sizeof t->help, "%.*s", len, help);
}

/* The meaning and the defaults: first that of most systems, then the others
 * with the systems' names. */
static void
make_help(struct train_param *t)
{
    const char *name = t->first->name, *sep = "; ";
    int all = count(name, INT_MAX, NULL);
    if (all == 1)
        for (int k = 0; registry[k]; k++)
            if (param_of(registry[k], name))
                add(t->help, sizeof t->help, "%s: ", registry[k]->name);
    add_meaning(t);
    if (t->first->type == SYSTEM_FLAG)
        return;
    for (int common = 1; common >= 0; common--)
        for (int k = 0; registry[k]; k++) {
            const struct system_param *q = param_of(registry[k], name);
            if (!q || count(name, k, &q->value) ||
                (2 * count(name, INT_MAX, &q->value) > all) != common)
                continue;
            add(t->help, sizeof t->help, "%s", sep);
            if (common)
                add_value(t->help, q->value);
            else
                add_group(t->help, name, q->value);
            sep = ", ";
        }
}

static enum cli_type
cli_type(const struct system_param *q)
{
    if (q->type == SYSTEM_FLAG)
        return CLI_FLAG;
    return q->type == SYSTEM_WHOLE ? CLI_INT : CLI_REAL;
}

static struct cli_option
make_row(struct train_param *t)
{
    const struct system_param *q = t->first;
    struct cli_option row = {.letter = strcmp(q->name, "dim") == 0 ? 'd' : 0,
        .name = q->name,
        .arg = q->arg,
        .type = cli_type(q),
        .to = &t->real,
        .min = q->min,
        .max = q->max,
        .open_min = q->type == SYSTEM_ABOVE,
        .changes = 1,
        .help = t->help};
    if (row.type == CLI_FLAG)
        row.to = &t->flag;
    if (row.type == CLI_INT)
        row.to = &t->whole;
    return row;
}

static struct train_param *
find(struct train_params *p, const char *name)
{
    for (int k = 0; k < p->n; k++)
        if (strcmp(p->option[k].first->name, name) == 0)
            return &p->option[k];
    return NULL;
}

/* The range of row becomes wide enough for one more system. */
static void
widen(struct cli_option *row, const struct system_param *q)
{
    if (q->min < row->min || (q->min <= row->min && q->type != SYSTEM_ABOVE)) {
        row->min = q->min;
        row->open_min = q->type == SYSTEM_ABOVE;
    }
    row->max = fmax(row->max, q->max);
}

/* What it is, and which options name its inputs. */
static void
add_line(struct train_params *p, const struct system *s)
{
    const struct system_reads *r = &s->reads;
    const struct {
        enum system_need need;
        const char *option;
    } in[] = {
        {r->init, "init"}, {r->items, "items"}, {r->features, "features"}};
    add(p->lines, sizeof p->lines, "%s  %-11s %s", *p->lines ? "\n" : "",
        s->name, s->line);
    const char *sep = " (";
    for (int k = 0; k < 3; k++)
        if (in[k].need) {
            add(p->lines, sizeof p->lines, "%s%s", sep, in[k].option);
            sep = ", ";
        }
    if (*sep == ',')
        add(p->lines, sizeof p->lines, ")");
}

void
train_params_rows(struct train_params *p, struct cli_option *row)
{
    *p = (struct train_params){0};
    for (int s = 0; registry[s]; s++) {
        add(p->systems, sizeof p->systems, "%s%s", s ? "|" : "",
            registry[s]->name);
        add_line(p, registry[s]);
        for (const struct system_param *q = registry[s]->param; q->name; q++) {
            struct train_param *t = find(p, q->name);
            if (t) {
                widen(&row[t - p->option], q);
                continue;
            }
            assert(p->n < TRAIN_PARAMS);
            t = &p->option[p->n];
            *t = (struct train_param){
                .first = q, .real = (double)NAN, .whole = INT64_MIN};
            make_help(t);
            row[p->n++] = make_row(t);
        }
    }
}

/* NAN: it is not given. */
static double
given(const struct train_param *t)
{
    switch (t->first->type) {
    case SYSTEM_FLAG:
        return t->flag ? 1 : (double)NAN;
    case SYSTEM_WHOLE:
        return t->whole != INT64_MIN ? (double)t->whole : (double)NAN;
    default:
        return t->real;
    }
}

static void
check_range(struct cli *io, const struct system *s,
    const struct system_param *q, double v)
{
    int above = q->type == SYSTEM_ABOVE;
    if (v < q->min || (above && v <= q->min) || v > q->max)
        cli_usage(io, "model '%s': option '--%s': '%.9g' is not in %g%s..%g",
            s->name, q->name, v, q->min, above ? " (excluded)" : "", q->max);
}

void
train_params_take(struct cli *io, const struct train_params *p,
    const struct system *s, struct system_args *o)
{
    system_defaults(o, s);
    for (int k = 0; k < p->n; k++) {
        const struct train_param *t = &p->option[k];
        const char *name = t->first->name;
        const struct system_param *q = param_of(s, name);
        double value = given(t);
        if (isnan(value))
            continue;
        if (!q)
            cli_usage(io, "model '%s' takes no '--%s'", s->name, name);
        check_range(io, s, q, value);
        system_set(o, name, value);
    }
}

int
train_params_given(const struct train_params *p, const char *name)
{
    for (int k = 0; k < p->n; k++)
        if (strcmp(p->option[k].first->name, name) == 0)
            return !isnan(given(&p->option[k]));
    return 0;
}

const char *
train_params_items(const struct train_params *p, const struct system *s)
{
    for (int k = 0; k < p->n; k++) {
        const char *name = p->option[k].first->name;
        if (system_with_items(s, name) && !isnan(given(&p->option[k])))
            return name;
    }
    return NULL;
}

int
train_params_own(struct train_params *p, const struct system_args *o, int items,
    struct cli_option *row)
{
    int n = 0;
    for (int k = 0; o->system->param[k].name; k++) {
        const struct system_param *q = &o->system->param[k];
        if (!items && system_with_items(o->system, q->name))
            continue;
        struct train_param *t = find(p, q->name);
        double v = o->value[k];
        t->real = v;
        t->flag = v > 0;
        t->whole = isnan(v) ? INT64_MIN : (int64_t)v;
        row[n++] = make_row(t);
    }
    return n;
}

static void
list_system(const struct system *s)
{
    for (const struct system_param *q = s->param; q->name; q++) {
        printf("%s\t%s\t", s->name, q->name);
        if (q->type == SYSTEM_FLAG)
            printf("off\toff\ton");
        else if (isnan(q->value))
            printf("-\t%.9g\t%.9g", q->min, q->max);
        else
            printf("%.9g\t%s%.9g\t%.9g", q->value,
                q->type == SYSTEM_ABOVE ? ">" : "", q->min, q->max);
        printf("\t%s\n", q->help);
    }
}

void
train_params_list(const struct system *s)
{
    for (int k = 0; registry[k]; k++)
        if (!s || s == registry[k])
            list_system(registry[k]);
}
