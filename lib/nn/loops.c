#include "lib/nn/loops.h"

#include "lib/base/isa.h"

#include <stddef.h>
#include <string.h>

extern const struct loops loops_portable;
#ifdef STAIR_X86
extern const struct loops loops_avx2, loops_avx512;
#endif

const struct loops *
loops_named(const char *isa)
{
    static const struct loops *const all[] = {
#ifdef STAIR_X86
        &loops_avx512,
        &loops_avx2,
#endif
        &loops_portable,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if ((!isa || strcmp(isa, all[i]->name) == 0) &&
            isa_supported(all[i]->name))
            return all[i];
    return NULL;
}

const struct loops *
loops_best(void)
{
    return loops_named(NULL);
}
