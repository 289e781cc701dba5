#include "lib/engine/cpu/kernels.h"

#include "lib/base/isa.h"

#include <stddef.h>
#include <string.h>

extern const struct kernels kernels_portable;
#ifdef STAIR_X86
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

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
            isa_supported(all[i]->name))
            return all[i];
    return NULL;
}
