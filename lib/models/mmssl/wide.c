#include "lib/models/mmssl/wide.h"

#include "lib/base/isa.h"

#include <stddef.h>
#include <string.h>

extern const struct wide wide_portable;
#ifdef STAIR_X86
extern const struct wide wide_avx2, wide_avx512;
#endif

const struct wide *
wide_named(const char *isa)
{
    static const struct wide *const all[] = {
#ifdef STAIR_X86
        &wide_avx512,
        &wide_avx2,
#endif
        &wide_portable,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if ((!isa || strcmp(isa, all[i]->name) == 0) &&
            isa_supported(all[i]->name))
            return all[i];
    return NULL;
}

const struct wide *
wide_best(void)
{
    return wide_named(NULL);
}
