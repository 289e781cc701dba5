#ifndef STAIR_RANKS_H
#define STAIR_RANKS_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * The processes that share one run: mpirun starts them, and each has a rank,
 * 0 .. ranks_count() - 1. A program that is built without MPI, or that is
 * started without mpirun, is alone: the functions then return at once.
 *
 * All ranks run the same program with the same options. They take the same
 * path through it, and meet in the functions below in the same order, on one
 * thread at a time. Rank 0 alone reads and writes files (xio.h), and what it
 * read reaches the others, so that they need no files.
 *
 * Nothing here depends on an order that MPI leaves open. MPI only moves data;
 * whoever needs a sum adds the parts himself, in a fixed order.
 *
 * If a rank is lost, MPI ends the others. So only ranks_start returns an error.
 */

/*
 * Joins the other ranks, before anything else here is called. The standard
 * output of ranks other than 0 is closed: what they print goes nowhere.
 * ERR_DEVICE if MPI does not allow calls from several threads, or if this
 * program is one of several that mpirun started and is built without MPI or
 * with another one than mpirun's.
 */
int ranks_start(struct err *e) ERR_CHECKED;

int ranks_count(void);
int ranks_mine(void);

/* How many processes the mpirun of Open MPI, or of MPICH and its relatives,
 * says that it started; 0 if none does. */
int ranks_started(void);

/* 1 if mpirun started this program, even as a single process. Its standard
 * output may then look like a terminal although it is none. */
int ranks_launched(void);

/* How many of the ranks run on this machine, this one included. */
int ranks_beside(void);

/* The machine of a rank, for messages. */
const char *ranks_host(int rank);

/* "MPI 3.1", or "without MPI": what the program is built with. */
const char *ranks_config(void);

/* The n bytes at p of rank 0 reach p everywhere. */
void ranks_share(void *p, int64_t n);

/* The largest x of all ranks. */
int64_t ranks_largest(int64_t x);

/*
 * On entry rank r has the bytes from[r] .. from[r + 1] - 1 of `all`; from is
 * [ranks_count() + 1]. After ranks_join every rank has all bytes. After
 * ranks_collect rank `to` has all bytes, and the others have what they had.
 * ranks_join takes one round of messages, from each rank to each other one.
 */
void ranks_join(void *all, const int64_t *from);
void ranks_collect(void *all, const int64_t *from, int to);

/* The first rank whose n bytes at p are not those of rank 0, or 0. */
int ranks_odd(const void *p, int64_t n);

/* The share of this rank of n things, from .. to - 1: equal parts in the order
 * of the ranks, each but the last a multiple of `unit`. */
void ranks_part(int64_t n, int64_t unit, int64_t *from, int64_t *to);

/* The ranks_part of every rank, counted in bytes, as ranks_join takes it. Each
 * thing has `size` bytes; from is [ranks_count() + 1]. */
void ranks_parts(int64_t n, int64_t unit, int64_t size, int64_t *from);

/* Ends all ranks at once; mpirun exits with this status. Returns only if there
 * are no other ranks. */
void ranks_abort(int status);

/* Waits for the other ranks and leaves MPI. The last call of a program to this
 * header. */
void ranks_finish(void);

#endif
