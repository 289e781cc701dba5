/* hog BYTES: takes all but so many bytes of the GPU's memory, says "ready" and
 * keeps it until standard input ends. */
#include "lib/engine/cuda/cuda_priv.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    struct cuda_device *d;
    struct err e;
    void *p;
    int64_t keep = argc == 2 ? atoll(argv[1]) : 0;
    if (keep <= 0 || cuda_open(&d, &e)) {
        fprintf(stderr, "hog: %s\n", keep > 0 ? e.msg : "how many bytes?");
        return 1;
    }
    for (int64_t step = (int64_t)1 << 32; step >= 1 << 20; step /= 4)
        while (!d->room(d, step + keep, &e) && !d->alloc(d, &p, step, &e))
            continue;
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    d->close(d);
    return 0;
}
