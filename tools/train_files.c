#include "tools/train_files.h"

#include "lib/base/ranks.h"
#include "lib/io/xio.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 64 }; /* members of checkpoints are named after it */

/* The length of the name in NAME=FILE[:WEIGHT]. */
static size_t
name_length(struct cli *io, const char *operand)
{
    const char *file = strchr(operand, '=');
    size_t n = file ? (size_t)(file - operand) : 0;
    if (n == 0 || !file[1])
        cli_usage(io, "'--features %s' is not NAME=FILE", operand);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)operand[i]) && operand[i] != '_')
            cli_usage(io,
                "'--features %s': a name has letters, digits and '_' only",
                operand);
    if (n > NAME_MAX_LENGTH)
        cli_usage(io, "'--features %s': a name has at most %d characters",
            operand, NAME_MAX_LENGTH);
    return n;
}

void
train_files_features(struct cli *io, struct train_args *o)
{
    for (int i = 0; i < o->features.n; i++) {
        const char *operand = o->features.item[i];
        struct train_features *f = &o->feature[i];
        size_t n = name_length(io, operand);
        f->weight = (double)NAN;
        f->name = strndup(operand, n);
        f->path = cli_split(io, operand + n + 1, &f->weight, 0);
        if (!f->name)
            cli_die(io, "out of memory");
        for (int k = 0; k < i; k++)
            if (strcmp(o->feature[k].name, f->name) == 0)
                cli_usage(io, "features '%s' are given twice", f->name);
        if (!isnan(f->weight) && !o->system->reads.weights)
            cli_usage(io, "model '%s' takes no weight in '--features %s'",
                o->model, operand);
        if (isnan(f->weight))
            f->weight = 1;
    }
}

struct named {
    const char *option, *path; /* path NULL: not given */
    int fd;                    /* what "-" is */
};

static void
check_distinct(struct cli *io, const struct train_args *o)
{
    enum { LOG, CHECKPOINT, RESUME, FEATURES = 9 };
    struct named f[FEATURES + CLI_LIST_MAX] = {{"log", o->log, 1},
        {"checkpoint", o->checkpoint, 1}, {"resume", o->resume, 0},
        {"output", io->out, 1}, {"data", o->data, 0}, {"init", o->init, 0},
        {"items", o->items, 0}, {"triples", o->triples, 0},
        {"start", o->start, 0}};
    int n = FEATURES;
    for (int i = 0; i < o->features.n; i++)
        f[n++] = (struct named){"features", o->feature[i].path, 0};
    for (int i = LOG; i <= CHECKPOINT; i++) {
        if (!f[i].path)
            continue;
        if (strcmp(f[i].path, "-") == 0)
            cli_usage(io, "option '--%s': standard output is for the model",
                f[i].option);
        for (int k = i + 1; k < n; k++)
            if (f[k].path && !(i == CHECKPOINT && k == RESUME) &&
                cli_same_file(f[i].path, f[i].fd, f[k].path, f[k].fd))
                cli_usage(io, "'--%s %s' and '--%s %s' are the same file",
                    f[i].option, f[i].path, f[k].option, f[k].path);
    }
}

void
train_files_check(struct cli *io, const struct train_args *o)
{
    enum { FILES = 6 };
    const char *in[FILES + CLI_LIST_MAX] = {
        o->data, o->init, o->items, o->triples, o->resume, o->start};
    for (int i = 0; i < o->features.n; i++)
        in[FILES + i] = o->feature[i].path;
    cli_one_stdin(io, in, FILES + o->features.n);
    if (ranks_mine() == 0)
        check_distinct(io, o);
}

void
train_files_try(struct cli *io, const struct train_args *o)
{
    die_if(xout_try(io->out, XOUT_BINARY, &io->err), io);
    if (o->checkpoint)
        die_if(xout_try(o->checkpoint, XOUT_BINARY, &io->err), io);
}
