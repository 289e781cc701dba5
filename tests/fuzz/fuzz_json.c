/* JSON as a stranger's file: as records, with a condition or without, as user
 * -> [items], or to be found out. The first byte picks. */
#include "lib/data/intake.h"
#include "lib/data/interactions.h"

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
    struct intake k = {.take = intake_append, .skip_bad = data[0] & 2};
    struct where w = {.column = NULL};
    struct err e;
    k.format = data[0] & 4   ? INTAKE_AUTO
               : data[0] & 1 ? INTAKE_SPLIT
                             : INTAKE_JSONL;
    k.need[INTAKE_USER] = k.need[INTAKE_ITEM] = INTAKE_MUST;
    k.need[INTAKE_TIME] = k.need[INTAKE_LABEL] = INTAKE_MAYBE;
    if (data[0] & 8) {
        if (where_parse(&w, "rating>=2", &e))
            abort();
        k.where = &w;
        k.n_where = 1;
    }
    struct interactions a = {0};
    k.ctx = &a;
    struct hist h = {0};
    if (!intake_file(&k, path, "interactions", &h, &e) && !intake_end(&k, &e) &&
        !interactions_flush(&a, &e))
        for (int64_t r = 0; r < a.n; r++)
            if (a.user[r] >= a.users.n || a.item[r] >= a.items.n)
                abort();
    where_free(&w);
    interactions_free(&a);
    hist_free(&h);
    close(fd);
    return 0;
}
