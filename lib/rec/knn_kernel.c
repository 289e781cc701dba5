#include "lib/rec/knn_kernel.h"

#include <stddef.h>
#include <string.h>

extern knn_dot knn_dot_portable;
extern knn_above knn_above_portable;
#ifdef STAIR_X86
extern knn_dot knn_dot_avx2, knn_dot_avx512;
extern knn_above knn_above_avx2, knn_above_avx512;
#endif

static int
get(struct knn_kernel *k, const char *isa)
{
    *k = (struct knn_kernel){0};
#ifdef STAIR_X86
    int bf16 = strcmp(isa, "avx512bf16") == 0;
    if (bf16 || strcmp(isa, "avx512") == 0) {
        k->dot = knn_dot_avx512;
        k->above = knn_above_avx512;
        k->half = bf16 ? knn_half_kernel() : NULL;
        return (k->half || !bf16) && __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq")
                   ? 0
                   : -1;
    }
    if (strcmp(isa, "avx2") == 0) {
        k->dot = knn_dot_avx2;
        k->above = knn_above_avx2;
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                   ? 0
                   : -1;
    }
#endif
    k->dot = knn_dot_portable;
    k->above = knn_above_portable;
    return strcmp(isa, "portable") == 0 ? 0 : -1;
}

int
knn_kernel_get(struct knn_kernel *k, const char *isa)
{
    static const char *const best[] = {
        "avx512bf16", "avx512", "avx2", "portable"};
    if (isa)
        return get(k, isa);
    size_t i = 0;
    while (get(k, best[i]))
        i++;
    return 0;
}
