#include "lib/knn/knn_kernel.h"

void
knn_kernel_get(struct knn_kernel *k, const struct exec *exec)
{
    const struct knn_loop *loop = knn_loop_of(exec);
    *k = (struct knn_kernel){loop->dot, loop->above, knn_half_of(exec)};
}
