/* The members of a faultless archive, through every reader. */
#include "tests/fuzz/archive.h"
#include "tests/fuzz/readers.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct archive a;
    if (n > ARCHIVE_INPUT)
        return 0;
    archive_make(&a, data, n);
    read_all(a.b, a.n);
    return 0;
}
