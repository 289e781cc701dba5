#include "tools/train_files.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 64 }; /* it is a part of members' names */

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
        if (!isnan(f->weight) && !(o->system->takes & TRAIN_WEIGHTS))
            cli_usage(io, "model '%s' takes no weight in '--features %s'",
                o->model, operand);
        if (isnan(f->weight))
            f->weight = 1;
    }
}

void
train_files_check(struct cli *io, const struct train_args *o)
{
    const char *in[5 + CLI_LIST_MAX] = {
        o->data, o->init, o->items, o->triples, o->resume};
    for (int i = 0; i < o->features.n; i++)
        in[5 + i] = o->feature[i].path;
    cli_one_stdin(io, in, 5 + o->features.n);
}
