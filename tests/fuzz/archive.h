#ifndef STAIR_FUZZ_ARCHIVE_H
#define STAIR_FUZZ_ARCHIVE_H

/*
 * Checksums stop nearly all damage to a whole file before the readers see it.
 * Here an input is a list of members (length of the name, name, 16-bit length
 * of the data, data), from which a faultless archive is made.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

/* Headers take 76 bytes per member, which is at least 3 of the input. */
enum { ARCHIVE_MAX = 1 << 18, ARCHIVE_INPUT = ARCHIVE_MAX / 32 };

struct archive {
    uint8_t b[ARCHIVE_MAX], dir[ARCHIVE_MAX];
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
archive_add(struct archive *a, const uint8_t *name, size_t name_n,
    const uint8_t *data, size_t n)
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

/* The archive of at most ARCHIVE_INPUT bytes of input: a->b, a->n long. */
static void
archive_make(struct archive *a, const uint8_t *data, size_t n)
{
    a->n = a->dir_n = 0;
    a->members = 0;
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
        archive_add(a, name, name_n, data, len);
        data += len;
        n -= len;
    }
    size_t start = a->n, bytes = a->dir_n;
    memcpy(a->b + a->n, a->dir, a->dir_n);
    a->n += a->dir_n;
    put(a->b, &a->n, 0x06054b50, 4);
    put(a->b, &a->n, 0, 4);
    put(a->b, &a->n, (uint64_t)a->members, 2);
    put(a->b, &a->n, (uint64_t)a->members, 2);
    put(a->b, &a->n, bytes, 4);
    put(a->b, &a->n, start, 4);
    put(a->b, &a->n, 0, 2);
}

#endif
