#include "lib/io/kind.h"

#include <stddef.h>
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

const char *
kind_name(enum kind k)
{
    static const char *const word[KIND_COUNT] = {
        "other", "dense", "csr", "dataset", "model", "checkpoint", "blend"};
    return word[k];
}
