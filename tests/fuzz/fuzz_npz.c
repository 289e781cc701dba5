/* A whole file through every reader. */
#include "tests/fuzz/readers.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    read_all(data, n);
    return 0;
}
