/* A table as a stranger's file: interactions by header and by number, with and
 * without quotes, and item vectors. The first byte picks. */
#include "lib/data/intake.h"
#include "lib/data/vectors.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
as_interactions(const char *path, int how)
{
    struct intake k = {.format = INTAKE_CSV, .n_files = 1};
    struct interactions a = {0};
    struct hist h = {0};
    struct err e;
    struct dataset d;
    int64_t dropped, rounds;
    int by_value[2];
    k.no_header = how & 1;
    k.no_quotes = how >> 1 & 1;
    k.skip_bad = how >> 2 & 1;
    k.need[INTAKE_USER] = k.need[INTAKE_ITEM] = INTAKE_MUST;
    k.need[INTAKE_TIME] = k.need[INTAKE_LABEL] = INTAKE_MAYBE;
    struct split_opt split = {.ratio = {8, 1, 1}};
    if (!intake_file(&k, path, &a, &h, &e) && !intake_end(&k, &a, &e) &&
        !interactions_dedupe(&a, &dropped, &e) &&
        !interactions_core(&a, 2, &rounds, &e) &&
        !interactions_dataset(&a, IDS_AUTO, &split, &d, by_value, &e)) {
        /* what is built must hold its own invariants */
        if (csr_check(&d.train, "train", &e) ||
            csr_check(&d.valid, "valid", &e) || csr_check(&d.test, "test", &e))
            abort();
        dataset_free(&d);
    }
    interactions_free(&a);
    hist_free(&h);
}

static void
as_vectors(const char *path)
{
    struct ids ids = {0};
    if (ids_add(&ids, text_of("a"), NULL) ||
        ids_add(&ids, text_of("b"), NULL) != 1)
        abort();
    struct features f;
    int by_id;
    struct hist h = {0};
    struct err e;
    if (features_init(&f, &ids, &e))
        return;
    if (!vectors_read(path, VECTORS_CSV, NULL, &f, &by_id, &h, &e) &&
        !features_fill(&f, &e) && mat_check_finite(&f.m, "m", &e))
        abort();
    features_free(&f);
    hist_free(&h);
}

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
    if (data[0] & 8)
        as_vectors(path);
    else
        as_interactions(path, data[0]);
    close(fd);
    return 0;
}
