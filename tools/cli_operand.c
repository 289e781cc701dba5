#include "lib/data/identity.h"
#include "lib/io/xio.h"
#include "tools/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *
cli_split(struct cli *io, const char *operand, double *value, double min)
{
    char *file = strdup(operand);
    if (!file)
        cli_die(io, "out of memory");
    char *colon = strrchr(file, ':');
    if (!colon || xin_exists(file))
        return file;
    char *end;
    double v = strtod(colon + 1, &end);
    if (end == colon + 1 || *end)
        return file;
    if (!isfinite(v) || v < min)
        cli_usage(io, "'%s': '%s' is not a number of at least %g", operand,
            colon + 1, min);
    *value = v;
    *colon = 0;
    if (!*file)
        cli_usage(io, "'%s' names no file", operand);
    return file;
}

const char *
cli_named(struct cli *io, const char *arg, char **name, int *given)
{
    const char *equal = strchr(arg, '='), *slash = strrchr(arg, '/');
    const char *path = arg;
    *given = equal && equal > arg && !memchr(arg, '/', (size_t)(equal - arg)) &&
             !xin_exists(arg);
    if (*given) {
        *name = strndup(arg, (size_t)(equal - arg));
        path = equal + 1;
    } else {
        *name = strdup(slash ? slash + 1 : arg);
        char *dot = *name ? strrchr(*name, '.') : NULL;
        if (dot && dot != *name)
            *dot = 0;
    }
    if (!*name)
        cli_die(io, "out of memory");
    if (strpbrk(*name, "\t\n"))
        cli_usage(io, "a name must not hold tabs or line ends");
    return path;
}

void
cli_foreign(struct cli *io)
{
    if (!io->foreign)
        cli_die(io, "%s (--foreign takes it all the same)", io->err.msg);
    cli_note(io, "%s", io->err.msg);
}

void
cli_belong(struct cli *io, unsigned parts)
{
    for (; io->checked < io->hist.n; io->checked++)
        if (identity_check(&io->hist, io->checked, parts, &io->err))
            cli_foreign(io);
}

/* The value of an option in a step's options, "" without it. */
static struct text
step_option(const struct hist_step *step, const char *name)
{
    struct text options = step->field[HIST_OPTIONS], w;
    int64_t n = (int64_t)strlen(name);
    while (text_next_word(&options, &w))
        if (w.n >= n && memcmp(w.s, name, (size_t)n) == 0)
            return (struct text){w.s + n, w.n - n};
    return text_of("");
}

/* Whether later data keep held out what was: split by hash or label. */
static int
keeps(struct text split)
{
    return (split.n >= 4 && memcmp(split.s, "hash", 4) == 0) ||
           text_same(split, text_of("label"));
}

void
cli_note_split(struct cli *io, const char *model)
{
    const struct hist_file *data = &io->hist.file[0];
    const struct hist_file *from = &io->hist.file[io->hist.n - 1];
    static const char ingest[] = "stair-ingest";
    struct hist_step step;
    struct text split = text_of(""), seed = text_of("");
    if (!data->text || !from->text || !*data->belongs || !*from->belongs ||
        !identity_same(data, from, IDENTITY_TRAIN, NULL))
        return;
    for (const char *p = data->text; hist_next(&p, ingest, &step);) {
        split = step_option(&step, "--split=");
        seed = step_option(&step, "--seed=");
    }
    int same = keeps(split);
    for (const char *p = from->text; same && hist_next(&p, ingest, &step);)
        same = text_same(split, step_option(&step, "--split=")) &&
               text_same(seed, step_option(&step, "--seed="));
    if (!same)
        cli_note(io,
            "'%s' may have been trained on what '%s' holds out, and then "
            "metrics are too good: only the same stair-ingest --split hash for "
            "both keeps that out of training",
            strcmp(model, "-") ? model : "<stdin>", data->name);
}

void
cli_one_stdin(struct cli *io, const char *const *path, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += path[i] && strcmp(path[i], "-") == 0;
    if (count > 1)
        cli_usage(io, "only one input can be standard input");
}

static int
look(const char *path, int fd, struct stat *st)
{
    return strcmp(path, "-") == 0 ? fstat(fd, st) : stat(path, st);
}

int
cli_same_file(const char *a, int a_fd, const char *b, int b_fd)
{
    struct stat s, t;
    if (look(a, a_fd, &s) || look(b, b_fd, &t))
        return strcmp(a, b) == 0;
    return S_ISREG(s.st_mode) && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

void
cli_second_output(struct cli *io, const char *option, const char *path)
{
    if (path && cli_same_file(path, 1, io->out, 1))
        cli_usage(io, "'--%s %s' and '--output %s' are the same file", option,
            path, io->out);
}
