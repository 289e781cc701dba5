#ifndef STAIR_CLOCK_H
#define STAIR_CLOCK_H

#include <time.h>

/* Seconds on the monotonic clock: for durations, never for a result. */
static inline double
clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
