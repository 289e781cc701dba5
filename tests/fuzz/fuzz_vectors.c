/*
 * Item vectors as a stranger's file. The first byte picks: the Amazon format,
 * of whose records the input holds the id and one number, which is repeated;
 * arrays, as they are or in a faultless archive, with a list of ids or without
 * (its length is the second byte); or what the bytes look like.
 */
#include "lib/data/vectors.h"
#include "tests/fuzz/archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { AMAZON = 1, ARCHIVE = 2, IDS = 4, GUESS = 8, ID = 10, WIDTH = 4096 };

/* A file in memory whose path the readers get. */
static int
file(char *path, size_t cap, const void *data, size_t n)
{
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, cap, "/proc/self/fd/%d", fd);
    return fd;
}

/* Full records; what is left is one that was cut. */
static size_t
records(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t to = 0;
    for (int r = 0; r < 3 && n >= ID + 4; r++, in += ID + 4, n -= ID + 4) {
        memcpy(out + to, in, ID);
        to += ID;
        for (int i = 0; i < WIDTH; i++, to += 4)
            memcpy(out + to, in + ID, 4);
    }
    if (n > ID)
        n = ID;
    memcpy(out + to, in, n);
    return to + n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct archive a;
    static uint8_t amazon[4 * (ID + 4 * WIDTH)];
    if (n < 2 || n > ARCHIVE_INPUT)
        return 0;
    int how = data[0];
    size_t ids_n = how & IDS ? data[1] : 0;
    data += 2;
    n -= 2;
    if (ids_n > n)
        ids_n = n;
    char path[32], ids_path[32];
    int ids = file(ids_path, sizeof ids_path, data, ids_n);
    data += ids_n;
    n -= ids_n;
    const void *bytes = data;
    if (how & AMAZON) {
        n = records(amazon, data, n);
        bytes = amazon;
    } else if (how & ARCHIVE) {
        archive_make(&a, data, n);
        bytes = a.b;
        n = a.n;
    }
    int fd = file(path, sizeof path, bytes, n);
    struct features f;
    struct hist h = {0};
    struct err e;
    struct ids items = {0};
    if (ids_add(&items, text_of("a"), NULL) ||
        ids_add(&items, text_of("b"), NULL) != 1 ||
        ids_add(&items, text_of("0000000001"), NULL) != 2)
        abort();
    if (!features_init(&f, &items, &e)) {
        enum vectors_format format = how & GUESS    ? VECTORS_AUTO
                                     : how & AMAZON ? VECTORS_AMAZON
                                                    : VECTORS_NPZ;
        struct vectors_opt o = {
            .format = format, .ids = how & IDS ? ids_path : NULL};
        struct vectors_result r;
        if (!vectors_read(path, &o, &f, &r, &h, &e) &&
            (r.is_graph ? csr_check(&r.graph, "g", &e)
                        : !features_fill(&f, "f", &e) &&
                              mat_check_finite(&f.m, "m", &e)))
            abort();
        csr_free(&r.graph);
        features_free(&f);
    }
    hist_free(&h);
    close(fd);
    close(ids);
    return 0;
}
