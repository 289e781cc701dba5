/* The ranks of a program that is built without MPI: it is alone. */
#include "lib/base/ranks.h"

int
ranks_start(struct err *e)
{
    if (ranks_started() <= 1)
        return 0;
    return err_set(e, ERR_DEVICE,
        "mpirun started %d processes, but this program is built without MPI, "
        "and each would do all the work (see stair-mpi(7))",
        ranks_started());
}

int
ranks_count(void)
{
    return 1;
}

int
ranks_mine(void)
{
    return 0;
}

int
ranks_launched(void)
{
    return 0;
}

int
ranks_beside(void)
{
    return 1;
}

const char *
ranks_host(int rank)
{
    (void)rank;
    return "this machine";
}

const char *
ranks_config(void)
{
    return "without MPI";
}

void
ranks_share(void *p, int64_t n)
{
    (void)p;
    (void)n;
}

int64_t
ranks_largest(int64_t x)
{
    return x;
}

void
ranks_join(void *all, const int64_t *from)
{
    (void)all;
    (void)from;
}

void
ranks_collect(void *all, const int64_t *from, int to)
{
    (void)all;
    (void)from;
    (void)to;
}

int
ranks_odd(const void *p, int64_t n)
{
    (void)p;
    (void)n;
    return 0;
}

void
ranks_abort(int status)
{
    (void)status;
}

void
ranks_finish(void)
{
}
