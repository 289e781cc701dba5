#ifndef STAIR_KIND_H
#define STAIR_KIND_H

/*
 * Which of the kinds of stair-npz(5) a file is, by the names of its members in
 * any order. kind_see each name once (starting from 0), then ask kind_of.
 */
enum kind {
    KIND_OTHER,      /* any other npz */
    KIND_DENSE,      /* x */
    KIND_CSR,        /* format shape indptr indices data */
    KIND_DATASET,    /* train, valid and test parts, user_ids, item_ids */
    KIND_MODEL,      /* user item */
    KIND_CHECKPOINT, /* a model with the member counters */
    KIND_BLEND,      /* blend, and models as its parts */
    KIND_COUNT
};

void kind_see(unsigned *seen, const char *name);
enum kind kind_of(unsigned seen);
const char *kind_name(enum kind k);

#endif
