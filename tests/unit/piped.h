#ifndef STAIR_PIPED_H
#define STAIR_PIPED_H

/* Text that arrives through a pipe in pieces, and what is made of it. */
#include "lib/base/rng.h"
#include "lib/io/xio.h"
#include "tests/unit/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 20 };
static char text[CAP], want[CAP], got[CAP];
static size_t text_n, want_n, got_n;
static uint64_t draws;

__attribute__((unused)) static int64_t
below(int64_t n)
{
    return rng_below(n, 11, RNG_TEST, 7, draws++, 0);
}

static void
put(char *to, size_t *n, const char *s, size_t k)
{
    if (*n + k > CAP)
        abort();
    memcpy(to + *n, s, k);
    *n += k;
}

static void
puts_to(char *to, size_t *n, const char *s)
{
    put(to, n, s, strlen(s));
}

/* The writer of the pipe: hands over `chunk` bytes at a time. */
struct writer {
    pthread_t thread;
    int fd;
    size_t chunk;
};

static void *
write_text(void *p)
{
    struct writer *w = p;
    for (size_t i = 0; i < text_n; i += w->chunk) {
        size_t k = text_n - i < w->chunk ? text_n - i : w->chunk;
        if (write(w->fd, text + i, k) != (ssize_t)k)
            break;
    }
    close(w->fd);
    return NULL;
}

static void
open_pipe(struct xin *x, struct writer *w, size_t chunk)
{
    int fd[2];
    char path[32];
    if (pipe(fd))
        abort();
    *w = (struct writer){.fd = fd[1], .chunk = chunk};
    if (pthread_create(&w->thread, NULL, write_text, w))
        abort();
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    if (xin_open(x, path, NULL))
        abort();
    close(fd[0]);
}

static void
close_pipe(struct xin *x, struct writer *w)
{
    xin_close(x);
    pthread_join(w->thread, NULL);
}

static int
is(const char *s)
{
    int same = got_n == strlen(s) && memcmp(got, s, got_n) == 0;
    if (!same)
        printf("# got %.*s\n", (int)got_n, got);
    return same;
}

#endif
