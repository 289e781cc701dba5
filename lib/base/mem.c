#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ALIGN = 64, HUGE = 2 << 20 };

void *
mem_new(int64_t n, size_t size, struct err *e)
{
    size_t bytes;
    if (n < 0 || __builtin_mul_overflow((uint64_t)n, size, &bytes) ||
        bytes > PTRDIFF_MAX - 2 * HUGE) {
        err_set(
            e, ERR_NOMEM, "out of memory: %" PRId64 " x %zu bytes", n, size);
        return NULL;
    }
    /* Large arrays start on a huge page, so that random row gathers do not
     * spend their time in the page tables. */
    size_t align = bytes >= 4 * (size_t)HUGE ? HUGE : ALIGN;
    size_t whole = (bytes + ALIGN) / ALIGN * ALIGN;
    void *p = NULL;
    if (posix_memalign(&p, align, whole)) {
        err_set(e, ERR_NOMEM, "out of memory: %zu bytes wanted", bytes);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (align == HUGE)
        (void)madvise(p, whole / HUGE * HUGE, MADV_HUGEPAGE);
#endif
    return p;
}

void *
mem_zero(int64_t n, size_t size, struct err *e)
{
    void *p = mem_new(n, size, e);
    if (p)
        memset(p, 0, (size_t)n * size);
    return p;
}

int
mem_grow(void *p, int64_t *cap, int64_t need, size_t size, struct err *e)
{
    if (need <= *cap)
        return 0;
    int64_t want = *cap < 16 ? 16 : *cap + *cap / 2;
    if (want < need)
        want = need;
    size_t bytes;
    void *old, *q = NULL;
    memcpy(&old, p, sizeof old);
    if (!__builtin_mul_overflow((uint64_t)want, size, &bytes) &&
        bytes <= PTRDIFF_MAX)
        q = realloc(old, bytes);
    if (!q)
        return err_set(e, ERR_NOMEM,
            "out of memory: %" PRId64 " x %zu bytes wanted", want, size);
    memcpy(p, &q, sizeof q);
    *cap = want;
    return 0;
}

int64_t
mem_peak_rss(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u))
        return 0;
    return (int64_t)u.ru_maxrss * 1024;
}

int64_t
mem_machine(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (int64_t)pages * size : INT64_MAX;
}
