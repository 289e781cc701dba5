/* All calls of MPI are here. */
#include "lib/base/ranks.h"

#include <fcntl.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STEP = 1 << 28, /* bytes of a message, whose length is an int */
    HOST = 64       /* bytes of a machine's name */
};

/* A process has one set of ranks, as it has one environment. */
static struct {
    int launched, count, mine, beside;
    char (*host)[HOST];   /* [count] */
    MPI_Request *request; /* [2 count] */
    MPI_Status *status;   /* [2 count] */
} world = {.count = 1, .beside = 1};

/* A program that nobody started as a rank must not look for others: MPI would
 * start processes of its own, or wait. */
static int
is_launched(void)
{
    static const char *const name[] = {
        "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_FD"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (getenv(name[i]))
            return 1;
    return 0;
}

static int
gather_hosts(struct err *e)
{
    char name[MPI_MAX_PROCESSOR_NAME];
    int n;
    world.host = calloc((size_t)world.count, sizeof *world.host);
    world.request = calloc((size_t)world.count, 2 * sizeof *world.request);
    world.status = calloc((size_t)world.count, 2 * sizeof *world.status);
    if (!world.host || !world.request || !world.status)
        return err_set(e, ERR_NOMEM, "out of memory");
    MPI_Get_processor_name(name, &n);
    if (n >= HOST)
        n = HOST - 1;
    memcpy(world.host[world.mine], name, (size_t)n);
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, world.host, HOST,
        MPI_CHAR, MPI_COMM_WORLD);
    MPI_Comm near;
    MPI_Comm_split_type(
        MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &near);
    MPI_Comm_size(near, &world.beside);
    MPI_Comm_free(&near);
    return 0;
}

int
ranks_start(struct err *e)
{
    int level;
    world.launched = is_launched();
    if (!world.launched)
        return 0;
    /* errors of MPI end the job: its default */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_size(MPI_COMM_WORLD, &world.count);
    MPI_Comm_rank(MPI_COMM_WORLD, &world.mine);
    if (world.count == 1 && ranks_started() > 1)
        return err_set(e, ERR_DEVICE,
            "mpirun started %d processes, but they do not find each other: "
            "this program is built with another MPI, %s",
            ranks_started(), ranks_config());
    if (level < MPI_THREAD_SERIALIZED)
        return err_set(e, ERR_DEVICE,
            "this MPI allows calls from one thread only, not from several in "
            "turn");
    if (world.mine > 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere >= 0)
            dup2(nowhere, 1);
        if (nowhere > 2)
            close(nowhere);
    }
    return gather_hosts(e);
}

int
ranks_count(void)
{
    return world.count;
}

int
ranks_mine(void)
{
    return world.mine;
}

int
ranks_launched(void)
{
    return world.launched;
}

int
ranks_beside(void)
{
    return world.beside;
}

const char *
ranks_host(int rank)
{
    return world.host ? world.host[rank] : "this machine";
}

const char *
ranks_config(void)
{
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int n;
    MPI_Get_library_version(text, &n); /* allowed before MPI_Init */
    text[strcspn(text, ",\n")] = 0;
    return text;
}

static int
step(int64_t n)
{
    return (int)(n < STEP ? n : STEP);
}

void
ranks_share(void *p, int64_t n)
{
    if (world.count == 1)
        return;
    for (int64_t at = 0; at < n; at += STEP)
        MPI_Bcast((char *)p + at, step(n - at), MPI_BYTE, 0, MPI_COMM_WORLD);
}

int64_t
ranks_largest(int64_t x)
{
    if (world.count > 1)
        MPI_Allreduce(
            MPI_IN_PLACE, &x, 1, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
    return x;
}

/* Starts a part of a message; n may be what is left of several. */
static void
start(int receive, char *p, int64_t n, int rank, int *requests)
{
    if (n <= 0)
        return;
    MPI_Request *r = &world.request[(*requests)++];
    if (receive)
        MPI_Irecv(p, step(n), MPI_BYTE, rank, 0, MPI_COMM_WORLD, r);
    else
        MPI_Isend(p, step(n), MPI_BYTE, rank, 0, MPI_COMM_WORLD, r);
}

/* Every rank sends its part to ranks to .. end - 1. */
static void
move(char *all, const int64_t *from, int to, int end)
{
    int count = world.count, mine = world.mine;
    int64_t most = 0;
    for (int r = 0; r < count; r++)
        if (from[r + 1] - from[r] > most)
            most = from[r + 1] - from[r];
    for (int64_t at = 0; at < most; at += STEP) {
        int n = 0;
        for (int k = 1; k < count && to <= mine && mine < end; k++) {
            int r = (mine + k) % count;
            start(1, all + from[r] + at, from[r + 1] - from[r] - at, r, &n);
        }
        for (int k = 1; k < count; k++) {
            int r = (mine + count - k) % count;
            if (to <= r && r < end)
                start(0, all + from[mine] + at,
                    from[mine + 1] - from[mine] - at, r, &n);
        }
        MPI_Waitall(n, world.request, world.status);
    }
}

void
ranks_join(void *all, const int64_t *from)
{
    if (world.count > 1)
        move(all, from, 0, world.count);
}

void
ranks_collect(void *all, const int64_t *from, int to)
{
    if (world.count > 1)
        move(all, from, to, to + 1);
}

int
ranks_odd(const void *p, int64_t n)
{
    enum { WORD = 1024 };
    char mine[WORD], first[WORD];
    int64_t odd = 0;
    for (int64_t at = 0; world.count > 1 && at < n; at += WORD) {
        size_t k = (size_t)(n - at < WORD ? n - at : WORD);
        memcpy(mine, (const char *)p + at, k);
        memcpy(first, mine, k);
        ranks_share(first, (int64_t)k);
        if (memcmp(mine, first, k) != 0 && !odd)
            odd = world.mine;
    }
    /* the smallest of those that differ */
    int64_t most = ranks_largest(odd ? world.count - odd : 0);
    return most ? (int)(world.count - most) : 0;
}

void
ranks_abort(int status)
{
    if (world.count > 1)
        MPI_Abort(MPI_COMM_WORLD, status);
}

void
ranks_finish(void)
{
    if (!world.launched)
        return;
    MPI_Finalize();
    free(world.host);
    free(world.request);
    free(world.status);
    world.host = NULL;
    world.request = NULL;
    world.status = NULL;
    world.launched = 0;
    world.count = 1;
}
