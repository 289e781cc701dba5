#ifndef STAIR_NPZ_IN_H
#define STAIR_NPZ_IN_H

/* Shared by the npz_in*.c files alone: the reader's state and its parts. */

#include "lib/io/npz.h"

#include <zlib.h>

enum {
    SIG_LOCAL = 0x04034b50,
    SIG_DESCRIPTOR = 0x08074b50,
    SIG_CENTRAL = 0x02014b50,
    SIG_END64 = 0x06064b50,
    SIG_LOCATOR64 = 0x07064b50,
    SIG_END = 0x06054b50,
    FLAG_ENCRYPTED = 1 | 1 << 6,
    FLAG_DESCRIPTOR = 8,
    STORED = 0,
    DEFLATED = 8
};

struct entry {
    char name[NPZ_NAME]; /* as stored, with .npy */
    uint32_t crc, method;
    uint64_t packed, plain, offset;
    int listed; /* met in the central directory */
};

struct npz_in_state {
    int bare; /* a .npy: 1 before its only member, 2 after */
    struct entry *entry;
    int n;
    int open; /* inside a member */
    int flags, method, zip64, sized;
    uint64_t start;       /* input offset of the member's data */
    uint64_t plain_bytes; /* produced so far, npy header included */
    int64_t left;         /* payload bytes not yet handed out */
    uint32_t crc;         /* over plain bytes so far */
    struct npy npy;       /* of the open member */
    int deflate_ended;
    z_stream z;
    int z_open;
    uint32_t id;
};

static inline uint32_t
le16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t
le32(const unsigned char *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static inline uint64_t
le64(const unsigned char *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* ERR_FORMAT with the file, the member where there is one, and the cause. */
int npz_in_bad(struct npz_in *z, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads n bytes as they are in the file; a short file is an error. */
int npz_in_raw(
    struct npz_in *z, void *buf, int64_t n, struct err *e) ERR_CHECKED;

/* Skips n raw bytes. */
int npz_in_drop(struct npz_in *z, int64_t n, struct err *e) ERR_CHECKED;

/* Reads n decoded bytes of the open member; they count in its size and CRC. */
int npz_in_plain(
    struct npz_in *z, void *buf, int64_t n, struct err *e) ERR_CHECKED;

/* Reads the end marker of a deflated member, after its last plain byte. */
int npz_in_drain(struct npz_in *z, struct err *e) ERR_CHECKED;

/* Reads a member name of n bytes into name[NPZ_NAME]. Refuses a name that could
 * do harm when printed or unpacked. */
int npz_in_name(
    struct npz_in *z, char *name, int64_t n, struct err *e) ERR_CHECKED;

/* Reads an extra field of n bytes. Those of the nv values that are 0xFFFFFFFF
 * are replaced by their ZIP64 forms, in order; *zip64 is 1 if there were
 * any. */
int npz_in_extra(struct npz_in *z, int64_t n, uint64_t *v[], int nv, int *zip64,
    struct err *e) ERR_CHECKED;

/* Reads everything behind the members, beginning with the signature sig, which
 * was read already. Directory and end records must repeat what was read
 * before. */
int npz_in_tail(struct npz_in *z, uint32_t sig, struct err *e) ERR_CHECKED;

#endif
