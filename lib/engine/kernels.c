#include "lib/engine/kernels.h"

#include <stddef.h>
#include <string.h>

extern const struct kernels kernels_portable;
#ifdef STAIR_X86
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

static int
supported(const char *name)
{
#ifdef STAIR_X86
    if (strcmp(name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("fma");
    if (strcmp(name, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return strcmp(name, "portable") == 0;
}

const struct kernels *
kernels_get(const char *name)
{
    static const struct kernels *const all[] = {
#ifdef STAIR_X86
        &kernels_avx512,
        &kernels_avx2,
#endif
        &kernels_portable,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if ((!name || strcmp(name, all[i]->name) == 0) &&
            supported(all[i]->name))
            return all[i];
    return NULL;
}
