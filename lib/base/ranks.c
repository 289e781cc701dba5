/* What needs no MPI: see ranks_mpi.c and ranks_one.c for the rest. */
#include "lib/base/ranks.h"

#include <stdlib.h>

int
ranks_started(void)
{
    static const char *const size[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (int i = 0; i < 2; i++) {
        const char *n = getenv(size[i]);
        if (n)
            return (int)strtol(n, NULL, 10);
    }
    return 0;
}

static int64_t
border(int64_t n, int64_t unit, int rank)
{
    int64_t units = (n + unit - 1) / unit, count = ranks_count();
    int64_t at = (units / count * rank + units % count * rank / count) * unit;
    return at < n ? at : n;
}

void
ranks_part(int64_t n, int64_t unit, int64_t *from, int64_t *to)
{
    *from = border(n, unit, ranks_mine());
    *to = border(n, unit, ranks_mine() + 1);
}

void
ranks_parts(int64_t n, int64_t unit, int64_t size, int64_t *from)
{
    for (int r = 0; r <= ranks_count(); r++)
        from[r] = border(n, unit, r) * size;
}
