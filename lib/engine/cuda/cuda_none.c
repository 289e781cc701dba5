/* The device of a build without CUDA: there is none. */
#include "lib/engine/cuda/cuda_priv.h"

#include <stddef.h>

int
cuda_open(struct cuda_device **out, struct err *e)
{
    *out = NULL;
    return cuda_usable(e);
}

int
cuda_usable(struct err *e)
{
    return err_set(e, ERR_DEVICE, "this program was built without CUDA");
}
