#include "lib/io/npz_in.h"

#include <string.h>

/* One directory entry, its signature consumed. */
static int
read_entry(struct npz_in *z, struct err *e)
{
    struct npz_in_state *s = z->state;
    unsigned char b[42];
    int rc = npz_in_raw(z, b, sizeof b, e);
    if (rc)
        return rc;
    struct entry m = {.crc = le32(b + 12),
        .method = le16(b + 6),
        .packed = le32(b + 16),
        .plain = le32(b + 20),
        .offset = le32(b + 38)};
    rc = npz_in_name(z, m.name, le16(b + 24), e);
    if (rc)
        return rc;
    uint64_t *v[] = {&m.plain, &m.packed, &m.offset};
    int zip64 = 0;
    rc = npz_in_extra(z, le16(b + 26), v, 3, &zip64, e);
    if (!rc)
        rc = npz_in_drop(z, le16(b + 28), e); /* a comment */
    if (rc)
        return rc;
    struct entry *seen = NULL;
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->entry[i].name, m.name) == 0)
            seen = &s->entry[i];
    if (!seen || seen->listed || seen->crc != m.crc ||
        seen->method != m.method || seen->packed != m.packed ||
        seen->plain != m.plain || seen->offset != m.offset)
        return npz_in_bad(
            z, e, "directory entry '%s' disagrees with the members", m.name);
    seen->listed = 1;
    return 0;
}

/* Where the directory lies: what the end records must say. */
struct place {
    uint64_t n, start, bytes;
};

static int
wrong(struct npz_in *z, struct err *e)
{
    return npz_in_bad(z, e, "end record disagrees with the directory");
}

/* ZIP64 end record and locator, signature consumed; the next one in *sig. */
static int
read_end64(
    struct npz_in *z, const struct place *d, uint32_t *sig, struct err *e)
{
    uint64_t at = z->x.offset - 4;
    unsigned char b[52];
    int rc = npz_in_raw(z, b, sizeof b, e);
    if (rc)
        return rc;
    uint64_t len = le64(b);
    if (len < 44 || len > 1 << 16 || le32(b + 12) || le32(b + 16) ||
        le64(b + 20) != d->n || le64(b + 28) != d->n ||
        le64(b + 36) != d->bytes || le64(b + 44) != d->start)
        return wrong(z, e);
    rc = npz_in_drop(z, (int64_t)len - 44, e);
    if (!rc)
        rc = npz_in_raw(z, b, 24, e);
    if (rc)
        return rc;
    if (le32(b) != SIG_LOCATOR64 || le32(b + 4) || le64(b + 8) != at ||
        le32(b + 16) > 1)
        return wrong(z, e);
    *sig = le32(b + 20);
    return 0;
}

/* Whether a number of the last record is right, or, with ZIP64, is the mask
 * that says to look there. */
static int
says(uint64_t told, uint64_t mask, uint64_t truth, int zip64)
{
    return told == truth || (zip64 && told == mask);
}

static int
read_end(struct npz_in *z, const struct place *d, int zip64, struct err *e)
{
    unsigned char b[18];
    int rc = npz_in_raw(z, b, sizeof b, e);
    if (rc)
        return rc;
    if (!says(le16(b), UINT16_MAX, 0, zip64) ||
        !says(le16(b + 2), UINT16_MAX, 0, zip64) ||
        !says(le16(b + 4), UINT16_MAX, d->n, zip64) ||
        !says(le16(b + 6), UINT16_MAX, d->n, zip64) ||
        !says(le32(b + 8), UINT32_MAX, d->bytes, zip64) ||
        !says(le32(b + 12), UINT32_MAX, d->start, zip64))
        return wrong(z, e);
    return npz_in_drop(z, le16(b + 16), e); /* a comment */
}

int
npz_in_tail(struct npz_in *z, uint32_t sig, struct err *e)
{
    struct place d = {.start = z->x.offset - 4};
    while (sig == SIG_CENTRAL) {
        unsigned char b[4];
        int rc = read_entry(z, e);
        if (!rc)
            rc = npz_in_raw(z, b, sizeof b, e);
        if (rc)
            return rc;
        d.n++;
        sig = le32(b);
    }
    if (d.n != (uint64_t)z->state->n)
        return npz_in_bad(z, e, "directory lacks a member");
    d.bytes = z->x.offset - 4 - d.start;
    int zip64 = sig == SIG_END64;
    if (zip64) {
        int rc = read_end64(z, &d, &sig, e);
        if (rc)
            return rc;
    }
    if (sig != SIG_END)
        return npz_in_bad(z, e, "damaged end record");
    int rc = read_end(z, &d, zip64, e);
    if (rc)
        return rc;
    const unsigned char *p;
    int64_t k = xin_peek(&z->x, &p, e);
    if (k < 0)
        return (int)k;
    return k ? npz_in_bad(z, e, "data after the end of the file") : 0;
}
