#ifndef STAIR_EXECS_H
#define STAIR_EXECS_H

/* Pools of threads for tests: each is made once and freed at the end. */

#include "lib/base/exec.h"

#include <stdlib.h>
#include <string.h>

enum { EXECS = 64 };

static struct {
    int threads;
    const char *isa;
    struct exec *exec;
} exec_made[EXECS];

static void
exec_free_all(void)
{
    for (int i = 0; i < EXECS; i++)
        exec_free(exec_made[i].exec);
}

/* With the kernels of an instruction set (NULL: the best); NULL if this
 * processor lacks it. */
__attribute__((unused)) static struct exec *
exec_with(int threads, const char *isa)
{
    int i = 0;
    for (; i < EXECS && exec_made[i].exec; i++)
        if (exec_made[i].threads == threads &&
            (isa ? exec_made[i].isa && strcmp(exec_made[i].isa, isa) == 0
                 : !exec_made[i].isa))
            return exec_made[i].exec;
    if (i == EXECS)
        abort();
    if (i == 0)
        atexit(exec_free_all);
    if (exec_new(&exec_made[i].exec, threads, isa, NULL))
        return NULL;
    exec_made[i].threads = threads;
    exec_made[i].isa = isa;
    return exec_made[i].exec;
}

__attribute__((unused)) static struct exec *
exec_of(int threads)
{
    return exec_with(threads, NULL);
}

#endif
