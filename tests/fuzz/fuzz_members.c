/*
 * Checksums stop nearly all damage to a whole file before the readers see it.
 * Here the input is a list of members (length of the name, name, 16-bit length
 * of the data, data), from which a faultless archive is made.
 */
#include "tests/fuzz/readers.h"

#include <string.h>
#include <zlib.h>

enum { MAX = 1 << 18 };

struct archive {
    uint8_t b[MAX], dir[MAX];
    size_t n, dir_n;
    int members;
};

static void
put(uint8_t *b, size_t *n, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        b[(*n)++] = i < 8 ? (uint8_t)(v >> 8 * i) : 0;
}

/* Local header and directory entry share their middle. */
static void
put_sizes(uint8_t *b, size_t *n, uint32_t crc, size_t size, size_t name)
{
    put(b, n, 0, 6);
    put(b, n, 33, 2);
    put(b, n, crc, 4);
    put(b, n, size, 4);
    put(b, n, size, 4);
    put(b, n, name, 2);
    put(b, n, 0, 2);
}

static void
add(struct archive *a, const uint8_t *name, size_t name_n, const uint8_t *data,
    size_t n)
{
    uint32_t crc = (uint32_t)crc32_z(0, data, n);
    size_t at = a->n;
    put(a->b, &a->n, 0x04034b50, 4);
    put(a->b, &a->n, 20, 2);
    put_sizes(a->b, &a->n, crc, n, name_n);
    memcpy(a->b + a->n, name, name_n);
    memcpy(a->b + a->n + name_n, data, n);
    a->n += name_n + n;
    put(a->dir, &a->dir_n, 0x02014b50, 4);
    put(a->dir, &a->dir_n, 20 | 20 << 16, 4);
    put_sizes(a->dir, &a->dir_n, crc, n, name_n);
    put(a->dir, &a->dir_n, 0, 10);
    put(a->dir, &a->dir_n, at, 4);
    memcpy(a->dir + a->dir_n, name, name_n);
    a->dir_n += name_n;
    a->members++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct archive a;
    a.n = a.dir_n = 0;
    a.members = 0;
    if (n > MAX / 32) /* headers take 76 bytes per member of 3 */
        return 0;
    while (n > 3) {
        size_t name_n = data[0];
        if (name_n + 3 > n)
            break;
        const uint8_t *name = data + 1;
        data += 1 + name_n;
        n -= 1 + name_n;
        size_t len = data[0] | (size_t)data[1] << 8;
        data += 2;
        n -= 2;
        if (len > n)
            len = n;
        add(&a, name, name_n, data, len);
        data += len;
        n -= len;
    }
    size_t start = a.n, bytes = a.dir_n;
    memcpy(a.b + a.n, a.dir, a.dir_n);
    a.n += a.dir_n;
    put(a.b, &a.n, 0x06054b50, 4);
    put(a.b, &a.n, 0, 4);
    put(a.b, &a.n, (uint64_t)a.members, 2);
    put(a.b, &a.n, (uint64_t)a.members, 2);
    put(a.b, &a.n, bytes, 4);
    put(a.b, &a.n, start, 4);
    put(a.b, &a.n, 0, 2);
    read_all(a.b, a.n);
    return 0;
}
