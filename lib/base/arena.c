#include "lib/base/arena.h"

#include "lib/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
arena_take(struct arena *p, void *block)
{
    if (!p->rc && block)
        p->rc =
            mem_grow(&p->block, &p->cap, p->n + 1, sizeof *p->block, &p->err);
    if (p->rc || !block) {
        free(block);
        return NULL;
    }
    return p->block[p->n++] = block;
}

void *
arena_new(struct arena *p, int64_t n, size_t size)
{
    if (p->rc)
        return NULL;
    void *block = mem_new(n, size, &p->err);
    if (!block)
        p->rc = ERR_NOMEM;
    return arena_take(p, block);
}

void *
arena_zero(struct arena *p, int64_t n, size_t size)
{
    void *block = arena_new(p, n, size);
    if (block)
        memset(block, 0, (size_t)n * size);
    return block;
}

void
arena_fail(struct arena *p, int rc, const char *fmt, ...)
{
    if (p->rc)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->err.msg, sizeof p->err.msg, fmt, ap);
    va_end(ap);
    p->rc = rc;
}

int
arena_check(const struct arena *p, struct err *e)
{
    return p->rc ? err_set(e, p->rc, "%s", p->err.msg) : 0;
}

void
arena_free(struct arena *p)
{
    for (int64_t k = 0; k < p->n; k++)
        free(p->block[k]);
    free(p->block);
    *p = (struct arena){0};
}
