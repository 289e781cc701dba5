#ifndef STAIR_CPU_NET_H
#define STAIR_CPU_NET_H

#include "lib/base/err.h"
#include "lib/engine/engine.h"
#include "lib/graph/sample.h"
#include "lib/models/net.h"

/*
 * Trains a net on the CPU: per step the model's gradients, then Adam on every
 * parameter. Same bytes for any number of threads on one type of machine
 * (matrix products come from BLAS).
 *
 * The net passes to the engine, which frees it, also if this fails; the sampler
 * is borrowed.
 */
int cpu_net_new(struct engine **out, struct net *m, struct sampler *s,
    int64_t batch, struct err *e) ERR_CHECKED;

#endif
