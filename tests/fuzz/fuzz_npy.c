/* The dictionary of a .npy header: what parses must survive being written and
 * parsed again. */
#include "lib/io/npy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct npy h, again;
    struct err e;
    if (npy_parse(&h, (const char *)data, (int64_t)n, &e) || h.kind == '?')
        return 0;
    char buf[NPY_EMIT];
    int len = npy_emit(&h, buf, 0);
    if (len > NPY_EMIT || len % 64 ||
        npy_parse(&again, buf + 10, len - 10, &e) || again.kind != h.kind ||
        again.size != h.size || again.ndim != h.ndim ||
        again.count != h.count ||
        memcmp(again.shape, h.shape, sizeof h.shape) != 0)
        abort();
    return 0;
}
