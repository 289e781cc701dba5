#include "lib/base/isa.h"

#include <string.h>

static const char *const names[ISA_SETS] = {
    "portable", "avx2", "avx512", "avx512vnni"};

static int
supported(enum isa isa)
{
#ifdef STAIR_X86
    switch (isa) {
    case ISA_AVX512VNNI:
        return supported(ISA_AVX512) && __builtin_cpu_supports("avx512vnni");
    case ISA_AVX512:
        return supported(ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq");
    case ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default:
        break;
    }
#endif
    return isa == ISA_PORTABLE;
}

const char *
isa_name(enum isa isa)
{
    return names[isa];
}

enum isa
isa_best(void)
{
    enum isa isa = ISA_SETS - 1;
    while (!supported(isa))
        isa--;
    return isa;
}

int
isa_named(const char *name)
{
    for (int isa = 0; isa < ISA_SETS; isa++)
        if (strcmp(name, names[isa]) == 0)
            return supported((enum isa)isa) ? isa : -1;
    return -1;
}
