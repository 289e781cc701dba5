#include "lib/io/kind.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"x", "format", "shape", "indptr", "indices",
    "data", "train_indptr", "train_indices", "valid_indptr", "valid_indices",
    "test_indptr", "test_indices", "user_ids", "item_ids", "user", "item",
    "counters", "blend"};

enum {
    DENSE = 1 << 0,
    CSR = 0x1f << 1,
    DATASET = 0xff << 6,
    MODEL = 3 << 14,
    CHECKPOINT = 1 << 16,
    BLEND = 1 << 17
};

void
kind_see(unsigned *seen, const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            *seen |= 1u << i;
}

enum kind
kind_of(unsigned seen)
{
    if (seen & BLEND)
        return KIND_BLEND;
    if ((seen & MODEL) == MODEL)
        return seen & CHECKPOINT ? KIND_CHECKPOINT : KIND_MODEL;
    if ((seen & DATASET) == DATASET)
        return KIND_DATASET;
    if ((seen & CSR) == CSR)
        return KIND_CSR;
    return seen & DENSE ? KIND_DENSE : KIND_OTHER;
}

/* The word of stair-info, and words for messages. */
static const char *const kinds[KIND_COUNT][2] = {
    [KIND_OTHER] = {"other", "a NumPy archive"},
    [KIND_DENSE] = {"dense", "a dense matrix"},
    [KIND_CSR] = {"csr", "a sparse matrix"},
    [KIND_DATASET] = {"dataset", "a dataset"},
    [KIND_MODEL] = {"model", "a model"},
    [KIND_CHECKPOINT] = {"checkpoint", "a checkpoint"},
    [KIND_BLEND] = {"blend", "a blend"}};

const char *
kind_name(enum kind k)
{
    return kinds[k][0];
}

const char *
kind_words(enum kind k)
{
    return kinds[k][1];
}

enum kind
kind_of_file(const char *path)
{
    struct npz_in z;
    struct npz_head h;
    struct err e;
    unsigned seen = 0;
    if (strcmp(path, "-") == 0 || !xin_is_file(path) ||
        npz_in_open(&z, path, &e))
        return KIND_OTHER;
    while (npz_in_next(&z, &h, &e) == 1)
        if (!h.text)
            kind_see(&seen, h.name);
    npz_in_close(&z);
    return kind_of(seen);
}

int
kind_not(const char *name, enum kind k, const char *member, const char *wanted,
    struct err *e)
{
    if (k == KIND_OTHER)
        return err_set(e, ERR_FORMAT,
            "'%s' has no member '%s', so it is not %s", name, member, wanted);
    return err_set(
        e, ERR_FORMAT, "'%s' is %s, not %s", name, kind_words(k), wanted);
}

int
kind_refuse(
    const struct npz *z, const char *member, const char *wanted, struct err *e)
{
    unsigned seen = 0;
    for (int i = 0; i < z->n; i++)
        kind_see(&seen, z->array[i].name);
    return kind_not(z->path, kind_of(seen), member, wanted, e);
}

int
kind_other(const char *wanted, struct err *e)
{
    if (!e)
        return ERR_OTHER;
    size_t n = strlen(e->msg);
    snprintf(e->msg + n, sizeof e->msg - n, ", but it should be %s", wanted);
    return ERR_OTHER;
}

int
kind_load(struct npz *z, const char *path, const char *const *members,
    const char *wanted, struct err *e)
{
    int rc = npz_load(z, path, members, e);
    return rc == ERR_OTHER ? kind_other(wanted, e) : rc;
}
