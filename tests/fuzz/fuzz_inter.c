/* A labelled .inter file, its format to be guessed from its bytes. */
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
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    struct intake k = {.take = intake_append};
    k.need[INTAKE_USER] = k.need[INTAKE_ITEM] = INTAKE_MUST;
    k.need[INTAKE_LABEL] = INTAKE_MUST;
    struct interactions a = {0};
    k.ctx = &a;
    struct split_opt split = {.kind = SPLIT_LABEL};
    struct hist h = {0};
    struct err e;
    struct dataset d;
    struct interactions_counts count;
    int by_value[2];
    if (!intake_file(&k, path, "interactions", &h, &e) && !intake_end(&k, &e) &&
        !interactions_flush(&a, &e) &&
        !interactions_dedupe(&a, INTERACTIONS_FIRST, &count, &e) &&
        !interactions_dataset(&a, IDS_AUTO, &split, &d, by_value, &e)) {
        if (csr_check(&d.train, "train", &e) ||
            d.train.nnz + d.valid.nnz + d.test.nnz != a.n)
            abort();
        dataset_free(&d);
    }
    interactions_free(&a);
    hist_free(&h);
    close(fd);
    return 0;
}
