#include "lib/data/idmap.h"

#include <inttypes.h>
#include <string.h>

int64_t
idmap_length(const struct strs *s, int64_t i)
{
    return (int64_t)strnlen(s->bytes + i * s->width, (size_t)s->width);
}

int
idmap_build(
    struct ids *map, const struct strs *s, const char *what, struct err *e)
{
    *map = (struct ids){0};
    for (int64_t i = 0; i < s->n; i++) {
        const char *p = s->bytes + i * s->width;
        int64_t n = idmap_length(s, i), at = ids_add(map, p, n, e);
        if (at == i)
            continue;
        if (at >= 0)
            at = err_set(e, ERR_FORMAT,
                "%ss %" PRId64 " and %" PRId64 " have the same id '%.*s'", what,
                at, i, (int)n, p);
        ids_free(map);
        return (int)at;
    }
    return 0;
}

int
idmap_check_table(const struct strs *s, const char *what, struct err *e)
{
    for (int64_t i = 0; i < s->n; i++) {
        const char *p = s->bytes + i * s->width;
        for (int64_t k = 0; k < s->width && p[k]; k++)
            if (p[k] == '\t' || p[k] == '\n' || p[k] == '\r')
                return err_set(e, ERR_FORMAT,
                    "the id of %s %" PRId64
                    " contains a tab or a line end, which a table cannot "
                    "hold",
                    what, i);
    }
    return 0;
}
