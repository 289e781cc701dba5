/*
 * Makes one system or library call of a program fail: for LD_PRELOAD.
 *
 *   FAULT=KIND:N:ACTION   the N-th call of KIND, from 1; KIND: read, write,
 *                         fsync, close, rename, open, alloc, thread, other.
 *                         ACTION: an errno as a number, or that and + for this
 *                         and all later calls; short: half of the bytes; eof:
 *                         none; before and after: the call is done, and SIGTERM
 *                         comes
 *   FAULT_COUNT=FILE      at the end the calls of each kind are counted there
 *
 * Only calls that go through the dynamic linker are seen: not what stdio does
 * inside libc. Those from BLAS, and those made while it is loaded, are passed
 * through, for its failures are not ours.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind {
    READ,
    WRITE,
    FSYNC,
    CLOSE,
    RENAME,
    OPEN,
    ALLOC,
    THREAD,
    OTHER,
    KINDS
};
static const char *const kind_name[KINDS] = {"read", "write", "fsync", "close",
    "rename", "open", "alloc", "thread", "other"};

/* What becomes of a call. */
enum fate { PASS, FAIL, SHORT, NONE, BEFORE, AFTER };

static _Atomic long calls[KINDS];
static int ready, chosen = -1, later, number;
static long at;
static enum fate what;
static uintptr_t blas_from, blas_to;
static int loading;
static void *(*real_dlopen)(const char *, int);
static int (*real_thread)(
    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* glibc's own, so that nothing has to be looked up while memory is asked for */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static int
find_blas(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    if (!strstr(info->dlpi_name, "blas"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t to = from + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        if (!blas_from || from < blas_from)
            blas_from = from;
        if (to > blas_to)
            blas_to = to;
    }
    return 1;
}

__attribute__((constructor)) static void
begin(void)
{
    real_thread = (int (*)(pthread_t *, const pthread_attr_t *,
        void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create");
    real_dlopen = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
    char kind[16], action[16];
    const char *spec = getenv("FAULT");
    if (spec && sscanf(spec, "%15[^:]:%ld:%15s", kind, &at, action) == 3) {
        for (int k = 0; k < KINDS; k++)
            if (strcmp(kind, kind_name[k]) == 0)
                chosen = k;
        what = strcmp(action, "short") == 0    ? SHORT
               : strcmp(action, "eof") == 0    ? NONE
               : strcmp(action, "before") == 0 ? BEFORE
               : strcmp(action, "after") == 0  ? AFTER
                                               : FAIL;
        number = atoi(action);
        later = strchr(action, '+') != NULL;
    }
    ready = 1;
}

__attribute__((destructor)) static void
end(void)
{
    const char *path = getenv("FAULT_COUNT");
    ready = 0;
    if (!path)
        return;
    char text[512];
    size_t n = 0;
    for (int k = 0; k < KINDS; k++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %ld\n",
            kind_name[k], (long)calls[k]);
    int fd = (int)syscall(
        SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    syscall(SYS_write, fd, text, n);
    syscall(SYS_close, fd);
}

static enum fate
fate(enum kind k, const void *caller)
{
    uintptr_t pc = (uintptr_t)caller;
    if (!ready || loading || (pc >= blas_from && pc < blas_to))
        return PASS;
    long n = atomic_fetch_add(&calls[k], 1) + 1;
    if ((int)k != chosen || (later ? n < at : n != at))
        return PASS;
    if (what == FAIL)
        errno = number;
    if (what == BEFORE)
        kill(getpid(), SIGTERM);
    return what;
}
#define FATE(k) fate(k, __builtin_return_address(0))

void *
dlopen(const char *path, int flags)
{
    loading = 1;
    void *library = real_dlopen(path, flags);
    dl_iterate_phdr(find_blas, NULL);
    loading = 0;
    return library;
}

static void
finish(enum fate f)
{
    int no = errno;
    if (f == AFTER)
        kill(getpid(), SIGTERM);
    errno = no;
}

/* Defines a call that returns -1 on failure. */
#define CALL(k, type, name, params, real)                                      \
    type name params                                                           \
    {                                                                          \
        enum fate f = FATE(k);                                                 \
        if (f == FAIL)                                                         \
            return -1;                                                         \
        type r = (type)(real);                                                 \
        finish(f);                                                             \
        return r;                                                              \
    }

CALL(READ, ssize_t, read, (int fd, void *p, size_t n),
    f == NONE ? 0 : syscall(SYS_read, fd, p, f == SHORT ? (n + 1) / 2 : n))
CALL(WRITE, ssize_t, write, (int fd, const void *p, size_t n),
    syscall(SYS_write, fd, p, f == SHORT ? (n + 1) / 2 : n))
CALL(FSYNC, int, fsync, (int fd), syscall(SYS_fsync, fd))
CALL(RENAME, int, rename, (const char *a, const char *b),
    syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 0))
CALL(OTHER, int, ftruncate, (int fd, off_t n), syscall(SYS_ftruncate, fd, n))
CALL(OTHER, int, fchmod, (int fd, mode_t m), syscall(SYS_fchmod, fd, m))
CALL(OTHER, int, mkdir, (const char *p, mode_t m),
    syscall(SYS_mkdirat, AT_FDCWD, p, m))
CALL(OTHER, int, dup, (int fd), syscall(SYS_dup, fd))
CALL(OTHER, int, fstat, (int fd, struct stat *st), syscall(SYS_fstat, fd, st))
CALL(OTHER, int, unlink, (const char *p), syscall(SYS_unlinkat, AT_FDCWD, p, 0))

/* Closes even when it says it did not, as Linux does. */
int
close(int fd)
{
    enum fate f = FATE(CLOSE);
    int no = errno;
    int r = (int)syscall(SYS_close, fd);
    if (f == FAIL) {
        errno = no;
        return -1;
    }
    finish(f);
    return r;
}

int
open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list ap;
    va_start(ap, flags);
    if (flags & O_CREAT)
        mode = va_arg(ap, mode_t);
    va_end(ap);
    enum fate f = FATE(OPEN);
    if (f == FAIL)
        return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    finish(f);
    return fd;
}

/* Memory: `f` is known to the expression. */
#define MEMORY(name, params, real)                                             \
    void *name params                                                          \
    {                                                                          \
        enum fate f = FATE(ALLOC);                                             \
        void *p = f == FAIL ? NULL : real;                                     \
        finish(f);                                                             \
        return p;                                                              \
    }
MEMORY(malloc, (size_t n), __libc_malloc(n))
MEMORY(calloc, (size_t n, size_t size), __libc_calloc(n, size))
MEMORY(realloc, (void *old, size_t n), __libc_realloc(old, n))

int
posix_memalign(void **p, size_t align, size_t n)
{
    enum fate f = FATE(ALLOC);
    void *q = f == FAIL ? NULL : __libc_memalign(align, n);
    finish(f);
    if (!q)
        return ENOMEM;
    *p = q;
    return 0;
}

int
pthread_create(
    pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    enum fate f = FATE(THREAD);
    if (f == FAIL)
        return number;
    int rc = real_thread(t, attr, run, arg);
    finish(f);
    return rc;
}
