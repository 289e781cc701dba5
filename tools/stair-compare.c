/* Compares systems by the metrics of their runs. */
#include "lib/base/mem.h"
#include "lib/io/jsonout.h"
#include "lib/io/xio.h"
#include "lib/stat/scores.h"
#include "lib/stat/stats.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const char *path;
    struct scores s;
};

struct group {
    char *name;
    int first, n; /* its runs */
    int twin;     /* another one has the same name */
};

struct compare {
    int n_runs, n_groups;
    struct run *run;
    struct group *group;
};

static const char summary[] =
    "Compares the first system with each of the others: means and standard\n"
    "deviations over their runs, paired and Welch t-tests. The operand NAME=\n"
    "begins a system, the files after it are the metrics of its runs, as\n"
    "stair-eval writes them; of tables by --per-user, users are compared.";

static const char examples[] =
    "  stair-compare stair= stair-?.tsv lightgcn= lightgcn-?.tsv\n"
    "  stair-compare stair=stair-users.tsv mf=mf-users.tsv";

/* "NAME=" begins a system, "NAME=FILE" also has its first file; without any
 * name each file is a system. */
static void
add_operand(struct cli *io, struct compare *c, const char *arg, int *named)
{
    char *name;
    int given;
    const char *path = cli_named(io, arg, &name, &given);
    struct group *last = c->n_groups ? &c->group[c->n_groups - 1] : NULL;
    if (given && last && !last->n)
        cli_usage(io, "system '%s' has no files", last->name);
    *named |= given;
    if (given || !*named)
        c->group[c->n_groups++] = (struct group){name, c->n_runs, 0, 0};
    else
        free(name);
    if (given && !*path)
        return;
    c->run[c->n_runs++].path = path;
    c->group[c->n_groups - 1].n++;
}

/* Files of one name in several folders, as of a sweep, go by their paths. */
static void
distinguish(struct cli *io, struct compare *c)
{
    for (int g = 0; g < c->n_groups; g++)
        for (int k = 0; k < g; k++)
            if (strcmp(c->group[k].name, c->group[g].name) == 0)
                c->group[k].twin = c->group[g].twin = 1;
    for (int g = 0; g < c->n_groups; g++) {
        if (!c->group[g].twin)
            continue;
        free(c->group[g].name);
        c->group[g].name = strdup(c->run[c->group[g].first].path);
        if (!c->group[g].name)
            cli_die(io, "out of memory");
    }
}

static void
parse_operands(struct cli *io, struct compare *c)
{
    c->run = mem_zero(io->n_args, sizeof *c->run, &io->err);
    c->group = mem_zero(io->n_args, sizeof *c->group, &io->err);
    const char **path = mem_zero(io->n_args, sizeof *path, &io->err);
    if (!c->run || !c->group || !path)
        die_if(ERR_NOMEM, io);
    int named = 0;
    for (int i = 0; i < io->n_args; i++)
        add_operand(io, c, io->arg[i], &named);
    if (!named)
        distinguish(io, c);
    for (int g = 0; g < c->n_groups; g++) {
        if (!c->group[g].n)
            cli_usage(io, "system '%s' has no files", c->group[g].name);
        for (int k = 0; k < g; k++)
            if (named && strcmp(c->group[k].name, c->group[g].name) == 0)
                cli_usage(io, "two systems are named '%s'", c->group[g].name);
    }
    if (c->n_groups < 2)
        cli_usage(io, "there is one system, '%s': nothing to compare it with",
            c->group[0].name);
    for (int r = 0; r < c->n_runs; r++)
        path[r] = c->run[r].path;
    cli_one_stdin(io, path, c->n_runs);
    free(path);
}

/* Every file must hold what the first holds. */
static void
check_run(struct cli *io, const struct run *first, const struct run *r)
{
    if (r->s.per_user != first->s.per_user)
        cli_die(io, "'%s' holds metrics of %s and '%s' of %s", first->path,
            first->s.per_user ? "single users" : "all users", r->path,
            r->s.per_user ? "single users" : "all users");
    for (int64_t k = 0; k < first->s.key.n; k++) {
        struct text key = ids_get(&first->s.key, k);
        if (ids_find(&r->s.key, key) < 0) {
            const char *tab = memchr(key.s, '\t', (size_t)key.n);
            cli_die(io, "'%s' has no %.*s at %.*s, but '%s' has", r->path,
                (int)(tab - key.s), key.s, (int)(key.s + key.n - tab - 1),
                tab + 1, first->path);
        }
    }
    for (int64_t i = 0; first->s.per_user && i < first->s.n; i++) {
        struct text id = ids_get(&first->s.users, i);
        if (r->s.n != first->s.n || ids_find(&r->s.users, id) != i)
            cli_die(io,
                "'%s' and '%s' are not about the same users in the same order",
                first->path, r->path);
    }
}

/* The system's values of key k of the first file: one a run, or one a user, the
 * mean over the runs. Returns how many. */
static int64_t
values(const struct compare *c, const struct group *g, int64_t k, double *to)
{
    const struct scores *first = &c->run[0].s;
    int64_t rows = first->n;
    struct text key = ids_get(&first->key, k);
    if (first->per_user)
        memset(to, 0, (size_t)rows * sizeof *to);
    for (int r = 0; r < g->n; r++) {
        const struct scores *s = &c->run[g->first + r].s;
        int64_t at = ids_find(&s->key, key);
        if (!first->per_user) {
            to[r] = scores_value(s, 0, at);
            continue;
        }
        for (int64_t i = 0; i < rows; i++)
            to[i] += scores_value(s, i, at) / g->n;
    }
    return first->per_user ? rows : g->n;
}

static void
print_test(struct xout *x, const struct stats_test *t)
{
    char a[JSONOUT_NUMBER], b[JSONOUT_NUMBER], p[JSONOUT_NUMBER];
    if (t && t->defined)
        xout_printf(x, "\t%s\t%s\t%s", jsonout_double(a, t->t),
            jsonout_double(b, t->df), jsonout_double(p, t->p));
    else
        xout_printf(x, "\t-\t-\t-");
}

/* The line of a system; test NULL for the first, which the others are compared
 * with. */
static void
print_line(struct xout *x, const struct compare *c, const struct group *g,
    int64_t k, const struct stats_moments *m, const struct stats_moments *first,
    const struct stats_test test[2])
{
    char mean[JSONOUT_NUMBER], sd[JSONOUT_NUMBER], gain[JSONOUT_NUMBER];
    struct text key = ids_get(&c->run[0].s.key, k);
    xout_printf(x, "%.*s\t%s\t%" PRId64 "\t%s\t%s", (int)key.n, key.s, g->name,
        m->n, jsonout_double(mean, m->mean),
        m->n > 1 ? jsonout_double(sd, m->sd) : "-");
    xout_printf(x, "\t%s",
        test && m->mean > 0
            ? jsonout_double(gain, (first->mean / m->mean - 1) * 100)
            : "-");
    for (int i = 0; i < 2; i++)
        print_test(x, test ? &test[i] : NULL);
    xout_write(x, "\n", 1);
}

static void
compare(struct cli *io, const struct compare *c, struct xout *x)
{
    const struct scores *first = &c->run[0].s;
    int64_t room = first->per_user ? first->n : c->n_runs;
    double *a = mem_new(room, sizeof *a, &io->err);
    double *b = mem_new(room, sizeof *b, &io->err);
    die_if(a && b ? 0 : ERR_NOMEM, io);
    for (int64_t k = 0; k < first->key.n; k++) {
        int64_t na = values(c, &c->group[0], k, a);
        struct stats_moments ma = stats_moments(a, na);
        print_line(x, c, &c->group[0], k, &ma, NULL, NULL);
        for (int g = 1; g < c->n_groups; g++) {
            int64_t nb = values(c, &c->group[g], k, b);
            struct stats_moments mb = stats_moments(b, nb);
            struct stats_test test[2] = {{0}, {0}};
            if (na == nb)
                test[0] = stats_paired(a, b, na);
            if (!first->per_user)
                test[1] = stats_welch(&ma, &mb);
            print_line(x, c, &c->group[g], k, &mb, &ma, test);
        }
    }
    free(a);
    free(b);
}

int
main(int argc, char **argv)
{
    struct compare c = {0};
    struct cli io = {.tool = "stair-compare",
        .operands = "[NAME=]FILE...",
        .summary = summary,
        .examples = examples,
        .min_args = 1,
        .max_args = -1};
    const struct cli_option table[] = {
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    parse_operands(&io, &c);

    struct xout x;
    for (int r = 0; r < c.n_runs; r++) {
        die_if(scores_read(&c.run[r].s, c.run[r].path, &io.err), &io);
        check_run(&io, &c.run[0], &c.run[r]);
        if (scores_same(&c.run[0].s, c.run[0].path, &c.run[r].s, c.run[r].path,
                &io.err))
            cli_foreign(&io);
    }
    die_if(xout_open(&x, io.out, XOUT_TEXT, &io.err), &io);
    xout_printf(&x,
        "metric\tcut-off\tsystem\tn\tmean\tsd\timprovement\tpaired_t\t"
        "paired_df\tpaired_p\twelch_t\twelch_df\twelch_p\n");
    compare(&io, &c, &x);
    die_if(xout_commit(&x, &io.err), &io);

    for (int r = 0; r < c.n_runs; r++)
        scores_free(&c.run[r].s);
    for (int g = 0; g < c.n_groups; g++)
        free(c.group[g].name);
    free(c.run);
    free(c.group);
    return cli_finish(&io);
}
