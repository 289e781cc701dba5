#include "lib/knn/knn_kernel.h"

#include "lib/base/isa.h"

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
    *k = (struct knn_kernel){knn_dot_portable, knn_above_portable, NULL};
#ifdef STAIR_X86
    if (strcmp(isa, "avx512bf16") == 0) {
        k->half = knn_half_kernel();
        if (!k->half)
            return -1;
        isa = "avx512";
    }
    if (strcmp(isa, "avx512") == 0) {
        k->dot = knn_dot_avx512;
        k->above = knn_above_avx512;
    } else if (strcmp(isa, "avx2") == 0) {
        k->dot = knn_dot_avx2;
        k->above = knn_above_avx2;
    }
#endif
    return isa_supported(isa) ? 0 : -1;
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
