/* Metric files as a stranger's: lines, a JSON object, a table of users. */
#include "lib/stat/scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct scores s;
    struct err e;
    if (!scores_read(&s, path, &e)) {
        if (s.n < 1 || (s.per_user && s.users.n != s.n))
            abort();
        for (int64_t i = 0; i < s.n * s.key.n; i++)
            if (!isfinite(s.value[i]))
                abort();
        if (scores_same(&s, "a", &s, "b", &e))
            abort();
        scores_free(&s);
    }
    close(fd);
    return 0;
}
