#include "lib/data/identity.h"
#include "lib/io/xio.h"
#include "tools/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

void
cli_one_stdin(struct cli *io, const char *const *path, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += path[i] && strcmp(path[i], "-") == 0;
    if (count > 1)
        cli_usage(io, "only one input can be standard input");
}
