#ifndef STAIR_ADAM_VEC16_H
#define STAIR_ADAM_VEC16_H

/* Adam's update of sixteen elements at once. Private to *_isa.c files. */

#include "lib/base/vec16.h"
#include "lib/nn/adam_inline.h"

ADAM_INLINE(adam_vec16, v16, v16_set, v16_fma, v16_mul, v16_div, v16_sqrt)

#endif
