/*
 * Runs a fuzz target over files without libFuzzer: each argument is a file, fed
 * whole and then cut and bit-flipped in a fixed way, so that a small corpus
 * covers many damaged inputs in an ordinary test.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX = 1 << 20, TRIES = 400 };

/* The target sees an exact-size block, so that reading past it is caught. */
static void
feed(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy)
        abort();
    memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

int
main(int argc, char **argv)
{
    static uint8_t buf[MAX];
    long runs = 0;
    for (int a = 1; a < argc; a++) {
        FILE *f = fopen(argv[a], "rb");
        if (!f) {
            perror(argv[a]);
            return 1;
        }
        size_t n = fread(buf, 1, MAX, f);
        fclose(f);
        feed(buf, n);
        uint32_t r = 12345;
        for (int t = 0; t < TRIES && n; t++, runs++) {
            r = r * 1664525u + 1013904223u;
            size_t at = (size_t)(((uint64_t)r * n) >> 32);
            if (t % 2) {
                feed(buf, at);
            } else {
                uint8_t old = buf[at];
                buf[at] = (uint8_t)(t % 4 ? old ^ (1u << (r & 7)) : r >> 8);
                feed(buf, n);
                buf[at] = old;
            }
        }
    }
    printf("%ld runs\n", runs);
    return 0;
}
