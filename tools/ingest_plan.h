#ifndef STAIR_INGEST_PLAN_H
#define STAIR_INGEST_PLAN_H

#include "lib/data/intake.h"
#include "lib/data/interactions.h"
#include "tools/cli.h"

/* The options of stair-ingest, and what they mean for the library. */
struct ingest_opt {
    const char *format, *sep, *ids, *ids_from, *catalogue, *split, *repeat;
    const char *column[INTAKE_ROLES];
    struct cli_list where;
    int no_header, no_quotes, skip_bad;
    int64_t core, seed;
};

/* Conditions go to where [CLI_LIST_MAX], to be freed one by one. ERR_RANGE: an
 * option is wrong. */
int ingest_plan(const struct ingest_opt *o, struct intake *k,
    struct where *where, struct split_opt *split, struct err *e) ERR_CHECKED;

/* Which of repeated rows counts: the earliest where there are times. */
enum interactions_repeat ingest_plan_repeat(
    const struct ingest_opt *o, const struct interactions *a);

enum ids_order ingest_plan_order(const struct ingest_opt *o);

#endif
