/* A condition in the first line, a value in the rest, which is also read as a
 * time. */
#include "lib/data/when.h"
#include "lib/data/where.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_when(struct text value)
{
    struct decimal v = {0, 0};
    enum when kind = when_parse(value, &v);
    if (kind != WHEN_NONE && v.frac >= 1000000000000000000u)
        abort();
    if ((kind == WHEN_LOCAL || kind == WHEN_ZONED) &&
        (v.whole < -62167305600 || v.whole > 253402387200))
        abort();
}

/* The six operators agree about one value. */
static void
check_where(struct where *w, struct text value)
{
    int holds[6];
    for (int op = WHERE_EQ; op <= WHERE_GE; op++) {
        w->op = (enum where_op)op;
        holds[op] = where_holds(w, value);
    }
    if (holds[WHERE_EQ] + holds[WHERE_NE] != 1)
        abort();
    if (holds[WHERE_LT] < 0 || value.n == 0) {
        for (int op = WHERE_LT; op <= WHERE_GE; op++)
            if (holds[op] != holds[WHERE_LT])
                abort();
    } else if (holds[WHERE_LT] + holds[WHERE_EQ] + holds[WHERE_GT] != 1 ||
               holds[WHERE_LE] == holds[WHERE_GT] ||
               holds[WHERE_GE] == holds[WHERE_LT]) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
    if (!end)
        return 0;
    size_t k = (size_t)(end - data);
    char *expression = malloc(k + 1);
    if (!expression)
        abort();
    memcpy(expression, data, k);
    expression[k] = 0;
    struct text value = {(const char *)end + 1, (int64_t)(n - k - 1)};
    struct where w;
    struct err e;
    check_when(value);
    if (!where_parse(&w, expression, &e)) {
        check_where(&w, value);
        where_free(&w);
    }
    free(expression);
    return 0;
}
