/* JSON as a stranger's file: as records and as user -> [items]. The first byte
 * picks. */
#include "lib/data/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data + 1, n - 1) != (ssize_t)(n - 1))
        abort();
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    struct intake k = {.n_files = 1, .skip_bad = data[0] >> 1 & 1};
    k.format = data[0] & 1 ? INTAKE_SPLIT : INTAKE_JSONL;
    k.need[INTAKE_USER] = k.need[INTAKE_ITEM] = INTAKE_MUST;
    k.need[INTAKE_TIME] = k.need[INTAKE_LABEL] = INTAKE_MAYBE;
    struct interactions a = {0};
    struct hist h = {0};
    struct err e;
    if (!intake_file(&k, path, &a, &h, &e) && !intake_end(&k, &a, &e))
        for (int64_t r = 0; r < a.n; r++)
            if (a.user[r] >= a.users.n || a.item[r] >= a.items.n)
                abort();
    interactions_free(&a);
    hist_free(&h);
    close(fd);
    return 0;
}
