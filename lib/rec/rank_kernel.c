#include "lib/rec/rank_kernel.h"

#include <stddef.h>
#include <string.h>

extern const struct rank_kernel rank_kernel_portable;
#ifdef STAIR_X86
extern const struct rank_kernel rank_kernel_avx2, rank_kernel_avx512;
#endif

const struct rank_kernel *
rank_kernel_named(const char *isa)
{
#ifdef STAIR_X86
    if (strcmp(isa, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq")
                   ? &rank_kernel_avx512
                   : NULL;
    if (strcmp(isa, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                   ? &rank_kernel_avx2
                   : NULL;
#endif
    return strcmp(isa, "portable") == 0 ? &rank_kernel_portable : NULL;
}

const struct rank_kernel *
rank_kernel(void)
{
    const struct rank_kernel *k = rank_kernel_named("avx512");
    if (!k)
        k = rank_kernel_named("avx2");
    return k ? k : &rank_kernel_portable;
}
