#include "lib/rank/rank_kernel.h"

#include "lib/base/isa.h"

#include <stddef.h>
#include <string.h>

extern const struct rank_kernel rank_kernel_portable;
#ifdef STAIR_X86
extern const struct rank_kernel rank_kernel_avx2, rank_kernel_avx512;
#endif

const struct rank_kernel *
rank_kernel_named(const char *isa)
{
    if (!isa_supported(isa))
        return NULL;
#ifdef STAIR_X86
    if (strcmp(isa, "avx512") == 0)
        return &rank_kernel_avx512;
    if (strcmp(isa, "avx2") == 0)
        return &rank_kernel_avx2;
#endif
    return &rank_kernel_portable;
}

const struct rank_kernel *
rank_kernel(void)
{
    const struct rank_kernel *k = rank_kernel_named("avx512");
    if (!k)
        k = rank_kernel_named("avx2");
    return k ? k : &rank_kernel_portable;
}
