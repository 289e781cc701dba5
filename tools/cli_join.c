#include "lib/base/exec.h"
#include "lib/base/ranks.h"
#include "tools/cli_priv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* The checksum of the program that runs, as it lies on this machine; 0 if it
 * cannot be read. */
static uint32_t
program_sum(void)
{
    enum { BUF = 1 << 16 };
    unsigned char *buf = malloc(BUF);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    uint32_t sum = 0;
    for (ssize_t n; buf && fd >= 0 && (n = read(fd, buf, BUF)) > 0;)
        sum = (uint32_t)crc32_z(sum, buf, (size_t)n);
    if (fd >= 0)
        close(fd);
    free(buf);
    return sum;
}

/* The words behind the program's name, each with its zero byte, and the
 * variables that change what is computed. */
static uint32_t
option_sum(const struct cli *io)
{
    uint32_t sum = 0;
    for (int i = 1; i < io->argc; i++)
        sum = (uint32_t)crc32_z(
            sum, (const unsigned char *)io->argv[i], strlen(io->argv[i]) + 1);
    return sum;
}

static void
check_sum(struct cli *io, uint32_t sum, const char *what)
{
    int odd = ranks_odd(&sum, sizeof sum);
    if (odd)
        cli_die(io, "rank %d on %s %s than rank 0 on %s", odd, ranks_host(odd),
            what, ranks_host(0));
}

void
cli_same(struct cli *io, const char *text, const char *does)
{
    uint32_t sum =
        (uint32_t)crc32_z(0, (const unsigned char *)text, strlen(text));
    check_sum(io, sum, does);
}

/* The default of --threads: this rank's share of the processors at hand. */
static int64_t
usual_threads(void)
{
    int64_t at_hand = exec_cpus();
    int64_t share = sysconf(_SC_NPROCESSORS_ONLN) / ranks_beside();
    int64_t threads = at_hand < share ? at_hand : share;
    return threads > 1 ? threads : 1;
}

void
cli_join(struct cli *io)
{
    die_if(ranks_start(&io->err), io);
    if (ranks_count() > 1) {
        if (!io->ranks)
            cli_usage(io, "works in one process: start it without mpirun");
        check_sum(io, program_sum(), "runs another program");
        check_sum(io, option_sum(io), "has other options");
    }
    if (!io->threads)
        io->threads = ranks_count() > 1 ? usual_threads() : exec_cpus();
}
