#include "lib/io/xio.h"

#include "lib/base/mem.h"
#include "lib/base/ranks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUF = 1 << 18, MAX_OPEN = 32 };

/* Unfinished files, for the signal handler: a slot is filled before the name
 * can exist on disk and cleared after it no longer does. */
static _Atomic(char *) unfinished[MAX_OPEN];

static void
remember(char *path)
{
    for (int i = 0; i < MAX_OPEN; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&unfinished[i], &none, path))
            return;
    }
}

static void
forget(const char *path)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (atomic_load(&unfinished[i]) == path)
            atomic_store(&unfinished[i], NULL);
}

void
xout_unlink_all(void)
{
    for (int i = 0; i < MAX_OPEN; i++) {
        char *path = atomic_load(&unfinished[i]);
        if (path)
            unlink(path);
    }
}

static void
release(struct xout *x)
{
    free(x->name);
    free(x->path);
    free(x->temp);
    free(x->buf);
    x->name = x->path = x->temp = NULL;
    x->buf = NULL;
    x->fd = -1;
}

void
xout_fail(struct xout *x, int rc, const char *fmt, ...)
{
    if (!x->rc) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(x->err.msg, sizeof x->err.msg, fmt, ap);
        va_end(ap);
        x->rc = rc;
    }
    xout_abort(x);
}

static void
fail(struct xout *x, const char *what)
{
    xout_fail(x, ERR_IO, "cannot %s '%s': %s", what, x->name, strerror(errno));
}

int
xout_check(const struct xout *x, struct err *e)
{
    return x->rc ? err_set(e, x->rc, "%s", x->err.msg) : 0;
}

/* Where a path leads through symbolic links, its last part need not exist:
 * the link stays a link, the file it points to is replaced. NULL: no memory. */
static char *
follow(const char *path)
{
    char link[PATH_MAX], next[2 * PATH_MAX], *at = strdup(path);
    for (int hops = 0; at && hops < 40; hops++) {
        ssize_t n = readlink(at, link, sizeof link - 1);
        if (n < 0 || strlen(at) >= PATH_MAX)
            break;
        link[n] = 0;
        const char *slash = strrchr(at, '/');
        int dir = slash && link[0] != '/' ? (int)(slash - at) + 1 : 0;
        snprintf(next, sizeof next, "%.*s%s", dir, at, link);
        free(at);
        at = strdup(next);
    }
    return at;
}

/* Creates the temporary file beside the real one; a signal between creation
 * and remembering it would leave it behind, hence remember first. */
static void
open_temp(struct xout *x, const char *path)
{
    x->path = follow(path);
    size_t n = x->path ? strlen(x->path) + 32 : 32;
    char *temp = malloc(n);
    const char *slash = x->path ? strrchr(x->path, '/') : NULL;
    int dir = slash ? (int)(slash - x->path) + 1 : 0;
    if (!x->path || !temp)
        xout_fail(x, ERR_NOMEM, "out of memory");
    for (int attempt = 0; !x->rc && x->fd < 0; attempt++) {
        unsigned char r[8];
        struct timespec now;
        if (getentropy(r, sizeof r)) {
            clock_gettime(CLOCK_REALTIME, &now);
            int64_t mix = now.tv_nsec ^ (int64_t)getpid() << 32;
            memcpy(r, &mix, sizeof r);
        }
        snprintf(temp, n, "%.*s.stair-%02x%02x%02x%02x%02x%02x%02x%02x", dir,
            x->path, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]);
        remember(temp);
        x->fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (x->fd >= 0)
            break;
        forget(temp);
        if (errno != EEXIST || attempt > 100)
            fail(x, "create");
    }
    if (x->rc)
        free(temp);
    else
        x->temp = temp;
}

/* Opens what stands under the path, or what is to stand there. */
static void
open_path(struct xout *x, const char *path)
{
    struct stat st;
    int exists = stat(path, &st) == 0;
    if (!exists || S_ISREG(st.st_mode)) {
        open_temp(x, path);
        if (!x->rc && exists && fchmod(x->fd, st.st_mode & 0777))
            fail(x, "create");
        return;
    }
    x->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (x->fd < 0)
        fail(x, "open");
}

int
xout_open(struct xout *x, const char *path, int kind, struct err *e)
{
    *x = (struct xout){.fd = -1};
    int std = strcmp(path, "-") == 0;
    x->name = strdup(std ? "<stdout>" : path);
    x->buf = mem_new(BUF, 1, NULL);
    if (!x->name || !x->buf)
        xout_fail(x, ERR_NOMEM, "out of memory");
    else if (ranks_mine() > 0)
        open_path(x, "/dev/null");
    else if (std)
        x->fd = 1;
    else
        open_path(x, path);
    /* mpirun may read the standard output through a terminal of its own */
    if (kind == XOUT_BINARY && isatty(x->fd) && !(std && ranks_launched()))
        xout_fail(x, ERR_IO,
            "refusing to write binary data to a terminal (use -o FILE or a "
            "pipe)");
    return xout_check(x, e);
}

/* Whether the temporary file could be created and renamed. */
static int
try_file(const char *path, struct err *e)
{
    struct stat st;
    char *at = follow(path);
    if (!at)
        return err_set(e, ERR_NOMEM, "out of memory");
    char *slash = strrchr(at, '/');
    if (slash)
        slash[1] = 0;
    int rc = 0;
    if ((stat(path, &st) && errno != ENOENT) ||
        access(slash ? at : ".", W_OK | X_OK))
        rc =
            err_set(e, ERR_IO, "cannot create '%s': %s", path, strerror(errno));
    free(at);
    return rc;
}

int
xout_try(const char *path, int kind, struct err *e)
{
    struct stat st;
    if (ranks_mine() > 0)
        return 0;
    if (strcmp(path, "-") != 0) {
        if (stat(path, &st) || S_ISREG(st.st_mode))
            return try_file(path, e);
        if (S_ISFIFO(st.st_mode))
            return 0;
    }
    struct xout x;
    int rc = xout_open(&x, path, kind, e);
    xout_abort(&x);
    return rc;
}

static void
write_all(struct xout *x, const unsigned char *p, int64_t n)
{
    while (n > 0 && x->fd >= 0) {
        ssize_t w = write(x->fd, p, (size_t)(n < 1 << 30 ? n : 1 << 30));
        if (w >= 0) {
            p += w;
            n -= w;
        } else if (errno != EINTR) {
            fail(x, "write");
        }
    }
}

static void
flush(struct xout *x)
{
    write_all(x, x->buf, x->len);
    x->len = 0;
}

void
xout_write(struct xout *x, const void *buf, int64_t n)
{
    x->offset += (uint64_t)n;
    if (x->len + n > BUF)
        flush(x);
    if (n > BUF) {
        write_all(x, buf, n);
    } else if (x->fd >= 0) {
        memcpy(x->buf + x->len, buf, (size_t)n);
        x->len += n;
    }
}

void
xout_printf(struct xout *x, const char *fmt, ...)
{
    char line[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof line)
        xout_fail(x, ERR_RANGE, "line too long for '%s'", x->name);
    else
        xout_write(x, line, n);
}

/* Standard output is closed, and checked, at exit. */
static void
finish(struct xout *x)
{
    int fd = x->fd;
    flush(x);
    if (x->fd < 0 || fd == 1)
        return;
    if (x->temp && fsync(fd) && errno != EINVAL) {
        fail(x, "write");
        return;
    }
    x->fd = -1;
    if (close(fd))
        fail(x, "close");
    else if (x->temp && rename(x->temp, x->path))
        fail(x, "rename to");
    else if (x->temp)
        forget(x->temp);
}

int
xout_commit(struct xout *x, struct err *e)
{
    if (x->fd < 0)
        xout_fail(x, ERR_IO, "output is closed");
    finish(x);
    release(x);
    ranks_share(&x->rc, sizeof x->rc);
    ranks_share(&x->err, sizeof x->err);
    return xout_check(x, e);
}

void
xout_abort(struct xout *x)
{
    if (x->fd > 1)
        close(x->fd);
    if (x->temp) {
        unlink(x->temp);
        forget(x->temp);
    }
    release(x);
}
