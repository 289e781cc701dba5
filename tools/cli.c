#include "tools/cli.h"

#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/io/xio.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef STAIR_VERSION
#define STAIR_VERSION "unknown"
#endif
#ifndef STAIR_BUILD
#define STAIR_BUILD "unknown"
#endif

/* Declared in lib/la/blas.h. The symbol is weak: only tools that call BLAS have
 * it. */
extern const char *blas_config(void) __attribute__((weak));

/* A program that dies leaves its memory to the system, so LeakSanitizer checks
 * only those that end well. */
static int dying;
#ifdef __SANITIZE_ADDRESS__
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
    return dying;
}
#endif

static void
clear_progress(struct cli *io)
{
    if (io->progress_shown)
        fputs("\r\033[K", stderr);
    io->progress_shown = 0;
}

static void
say(struct cli *io, const char *fmt, va_list ap)
{
    clear_progress(io);
    fprintf(stderr, "%s: ", io->tool);
    if (ranks_mine() > 0)
        fprintf(
            stderr, "rank %d on %s: ", ranks_mine(), ranks_host(ranks_mine()));
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

/* Nearly all errors are met by all ranks, and rank 0 tells of them and ends the
 * others. What another rank met alone it tells when rank 0 has had its time.
 * mpirun must pass a message on before it ends the ranks. */
enum { PATIENCE = 2 /* seconds */, DELIVERY = 300000 /* microseconds */ };

_Noreturn static void
end(struct cli *io, int status, const char *fmt, va_list ap)
{
    if (ranks_mine() > 0)
        sleep(PATIENCE);
    say(io, fmt, ap);
    xout_unlink_all();
    dying = 1;
    if (ranks_count() > 1)
        usleep(DELIVERY);
    ranks_abort(status);
    exit(status);
}

void
cli_die(struct cli *io, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    end(io, 1, fmt, ap);
}

void
cli_usage(struct cli *io, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    end(io, 2, fmt, ap);
}

void
cli_note(struct cli *io, const char *fmt, ...)
{
    if (io->quiet || ranks_mine() > 0)
        return;
    va_list ap;
    va_start(ap, fmt);
    say(io, fmt, ap);
    va_end(ap);
}

void
cli_detail(struct cli *io, const char *fmt, ...)
{
    if (!io->verbose || ranks_mine() > 0)
        return;
    va_list ap;
    va_start(ap, fmt);
    say(io, fmt, ap);
    va_end(ap);
}

void
cli_progress(struct cli *io, const char *fmt, ...)
{
    if (io->quiet || !isatty(2) || ranks_mine() > 0)
        return;
    double now = clock_seconds();
    if (now - io->progress_last < 0.2)
        return;
    io->progress_last = now;
    fprintf(stderr, "\r\033[K%s: ", io->tool);
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fflush(stderr);
    io->progress_shown = 1;
}

const char *
cli_release(void)
{
    return STAIR_VERSION;
}

void
cli_version(const struct cli *io)
{
    printf("%s %s\nbuilt with %s\n%s\n%s\n", io->tool, STAIR_VERSION,
        STAIR_BUILD, blas_config ? blas_config() : "without BLAS",
        ranks_config());
}

struct exec *
cli_exec(struct cli *io)
{
    if (!io->exec)
        die_if(exec_new(
                   &io->exec, (int)io->threads, getenv("STAIR_ISA"), &io->err),
            io);
    return io->exec;
}

/* What --verbose says at the end. */
static void
summarise(struct cli *io)
{
    int64_t peak = ranks_largest(mem_peak_rss());
    if (ranks_mine() > 0)
        return;
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double cpu = (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
                 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    fprintf(stderr, "%s: version %s, command", io->tool, STAIR_VERSION);
    for (int i = 0; i < io->argc; i++)
        fprintf(stderr, " %s", io->argv[i]);
    if (ranks_count() > 1)
        fprintf(stderr, ", the first of %d ranks", ranks_count());
    fprintf(stderr, ", %.2f s wall, %.2f s cpu, %.1f MB peak\n",
        clock_seconds() - io->started, cpu, (double)peak / 1e6);
}

int
cli_finish(struct cli *io)
{
    clear_progress(io);
    if (io->verbose)
        summarise(io);
    hist_free(&io->hist);
    exec_free(io->exec);
    ranks_finish();
    errno = 0;
    if (fflush(stdout) || ferror(stdout) || close(1)) {
        fprintf(stderr, "%s: cannot write '<stdout>': %s\n", io->tool,
            errno ? strerror(errno) : "an earlier write failed");
        return 1;
    }
    return 0;
}
