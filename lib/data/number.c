#include "lib/data/number.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* old[new] by first occurrence; returns the count. to is all -1 before. */
static int64_t
by_appearance(const int32_t *index, int64_t n, int32_t *to, int32_t *old)
{
    int64_t count = 0;
    for (int64_t r = 0; r < n; r++) {
        int32_t i = index[r];
        if (to[i] < 0) {
            to[i] = (int32_t)count;
            old[count++] = i;
        }
    }
    return count;
}

/* Reorders old[0..count) by value: 0 if the ids are exactly 0..count-1, else
 * -1 with the reason; old is unchanged then. slot is scratch [count]. */
static int
by_id(const struct ids *ids, int32_t *old, int64_t count, int32_t *slot,
    const char *what, struct err *e)
{
    memset(slot, 0, (size_t)count * sizeof *slot);
    for (int64_t k = 0; k < count; k++) {
        int64_t len, v;
        const char *s = ids_get(ids, old[k], &len);
        v = ids_integer(s, len);
        if (v < 0)
            return err_set(e, ERR_FORMAT,
                "%s ids are not the integers 0..n-1: '%.*s' is not a whole "
                "number in plain digits",
                what, (int)len, s);
        if (v < count)
            slot[v] = old[k] + 1;
    }
    /* distinct ids: if none is missing below count, there is none above */
    for (int64_t v = 0; v < count; v++)
        if (!slot[v])
            return err_set(e, ERR_FORMAT,
                "%s ids are not the integers 0..n-1: there are %" PRId64
                " and %" PRId64 " is missing",
                what, count, v);
    for (int64_t v = 0; v < count; v++)
        old[v] = slot[v] - 1;
    return 0;
}

static int
collect(const struct ids *ids, const int32_t *old, int64_t count,
    struct strs *names, struct err *e)
{
    names->n = count;
    names->width = 1;
    int64_t len;
    for (int64_t k = 0; k < count; k++) {
        ids_get(ids, old[k], &len);
        if (len > names->width)
            names->width = len;
    }
    names->bytes = mem_zero(count, (size_t)names->width, e);
    if (!names->bytes)
        return ERR_NOMEM;
    for (int64_t k = 0; k < count; k++) {
        const char *s = ids_get(ids, old[k], &len);
        memcpy(names->bytes + k * names->width, s, (size_t)len);
    }
    return 0;
}

int
number_ids(int32_t *index, int64_t n, const struct ids *ids, int order,
    const char *what, struct strs *names, int *by_value, struct err *e)
{
    *names = (struct strs){0};
    *by_value = 0;
    int32_t *to = mem_new(ids->n, sizeof *to, e);
    int32_t *old = mem_new(ids->n, sizeof *old, e);
    int32_t *slot = mem_new(ids->n, sizeof *slot, e);
    int rc = to && old && slot ? 0 : ERR_NOMEM;
    if (!rc) {
        memset(to, 0xff, (size_t)ids->n * sizeof *to);
        int64_t count = by_appearance(index, n, to, old);
        if (order) {
            int wrong =
                by_id(ids, old, count, slot, what, order == 1 ? e : NULL);
            if (wrong && order == 1)
                rc = wrong;
            *by_value = !wrong;
        }
        if (!rc)
            rc = collect(ids, old, count, names, e);
        if (!rc) {
            for (int64_t k = 0; k < count; k++)
                to[old[k]] = (int32_t)k;
            for (int64_t r = 0; r < n; r++)
                index[r] = to[index[r]];
        }
    }
    free(to);
    free(old);
    free(slot);
    return rc;
}
