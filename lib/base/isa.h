#ifndef STAIR_ISA_H
#define STAIR_ISA_H

/*
 * Instruction sets, and families of kernels that are compiled once for each of
 * them. A family F is a table of functions, struct F, and needs two lines. Its
 * header declares the function that chooses a table,
 *
 *   const struct F *F_of(const struct exec *exec);
 *
 * and a file whose name ends in _isa.c defines the tables and that function:
 *
 *   ISA_FAMILY(F) = {.dot = k_dot, ...};
 *
 * The Makefile compiles that file once per instruction set. It includes
 * lib/base/exec.h.
 */

/* In ascending order: a processor that runs one runs those before it. */
enum isa {
    ISA_PORTABLE,
    ISA_AVX2,
    ISA_AVX512,
    ISA_AVX512VNNI, /* the kernels of ISA_AVX512, and sums of products of 16-bit
                       integers in one instruction */
    ISA_SETS
};

/* "portable", "avx2", "avx512", "avx512vnni" */
const char *isa_name(enum isa isa);

/* The last one that is built and that this processor runs. */
enum isa isa_best(void);

/* The one of this name (an enum isa), or -1 if there is none, it is not built
 * or this processor lacks it. */
int isa_named(const char *name);

/* The macro ISA is the name of the set that the present file is compiled for:
 * portable, avx2 or avx512. */
#define ISA_PASTE_(a, b) a##b
#define ISA_PASTE(a, b) ISA_PASTE_(a, b)
#define ISA_STRING_(a) #a
#define ISA_STRING(a) ISA_STRING_(a)

#ifdef STAIR_X86
#define ISA_DECLARE(family)                                                    \
    extern const struct family family##_portable, family##_avx2, family##_avx512
#define ISA_TABLE(family)                                                      \
    {                                                                          \
        &family##_portable, &family##_avx2, &family##_avx512, &family##_avx512 \
    }
#else
#define ISA_DECLARE(family) extern const struct family family##_portable
#define ISA_TABLE(family)                                                      \
    {                                                                          \
        &family##_portable                                                     \
    }
#endif

#define ISA_DEFINE(family)                                                     \
    extern const struct family ISA_PASTE(family##_, ISA);                      \
    const struct family ISA_PASTE(family##_, ISA)

/* The portable object also holds the function that chooses. */
#define ISA_FAMILY_portable(family)                                            \
    ISA_DECLARE(family);                                                       \
    const struct family *family##_of(const struct exec *exec)                  \
    {                                                                          \
        static const struct family *const all[] = ISA_TABLE(family);           \
        return all[exec_isa(exec)];                                            \
    }                                                                          \
    ISA_DEFINE(family)
#define ISA_FAMILY_avx2(family) ISA_DEFINE(family)
#define ISA_FAMILY_avx512(family) ISA_DEFINE(family)
#define ISA_FAMILY(family) ISA_PASTE(ISA_FAMILY_, ISA)(family)

#endif
