#ifndef STAIR_NET_ALL_H
#define STAIR_NET_ALL_H

#include "lib/models/net.h"

#include <stddef.h>

/*
 * The systems that are nets, one per file of the same name, which has their
 * equations. Each moves the features out of o and borrows o->train; *out is
 * freed by net_free, and NULL after an error. ERR_NOMEM, ERR_RANGE.
 */
int net_lattice(
    struct net **out, const struct net_opt *o, struct err *e) ERR_CHECKED;
int net_mmgcn(
    struct net **out, const struct net_opt *o, struct err *e) ERR_CHECKED;
int net_bm3(
    struct net **out, const struct net_opt *o, struct err *e) ERR_CHECKED;
int net_freedom(
    struct net **out, const struct net_opt *o, struct err *e) ERR_CHECKED;
int net_mmssl(
    struct net **out, const struct net_opt *o, struct err *e) ERR_CHECKED;

/* What net_mmssl is about to allocate for its critic, a sentence for people.
 * ERR_NOMEM if the machine has less, ERR_RANGE. */
int mmssl_needs(const struct net_opt *o, char *text, size_t size,
    struct err *e) ERR_CHECKED;

#endif
