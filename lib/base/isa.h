#ifndef STAIR_ISA_H
#define STAIR_ISA_H

/*
 * 1 if this processor runs what *_isa.c files compiled for the instruction set
 * of this name ("avx512", "avx2", "portable") contain; else 0, also for names
 * that are not built.
 */
int isa_supported(const char *name);

#endif
