/* A table as a stranger's file: interactions by header and by number, with and
 * without quotes, with a separator that is found or given, with a condition and
 * times; item vectors in every form of text; ids in a column. The first byte
 * picks. */
#include "lib/data/intake.h"
#include "lib/data/interactions.h"
#include "lib/data/vectors_priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    NO_HEADER = 1,
    NO_QUOTES = 2,
    SKIP_BAD = 4,
    VECTORS = 8,
    FOUND = 16,     /* format and separator are found */
    SEPARATOR = 32, /* is the first line, up to 7 bytes of it */
    CONDITION = 64, /* on the third column; times are read, the latest counts */
};

static void
as_interactions(const char *path, int how, const char *sep)
{
    struct intake k = {.format = how & FOUND ? INTAKE_AUTO : INTAKE_CSV,
        .sep = sep,
        .take = intake_append};
    struct interactions a = {0};
    struct hist h = {0};
    struct err e;
    struct dataset d;
    struct where w = {.column = NULL};
    struct interactions_counts count;
    int64_t rounds;
    int by_value[2];
    char name[] = "rating", *file = name;
    k.ctx = &a;
    k.no_header = how & NO_HEADER;
    k.no_quotes = how & NO_QUOTES;
    k.skip_bad = how & SKIP_BAD;
    k.need[INTAKE_USER] = k.need[INTAKE_ITEM] = INTAKE_MUST;
    k.need[INTAKE_TIME] = k.need[INTAKE_LABEL] = INTAKE_MAYBE;
    if (how & CONDITION) {
        if (where_parse(&w, "3>=2", &e))
            abort();
        k.where = &w;
        k.n_where = 1;
    }
    struct split_opt split = {.ratio = {8, 1, 1}};
    if (!intake_begin(&k, &file, 1, &e) &&
        !intake_file(&k, path, "interactions", &h, &e) && !intake_end(&k, &e) &&
        !interactions_flush(&a, &e) &&
        !interactions_dedupe(
            &a, a.time ? INTERACTIONS_LATEST : INTERACTIONS_LAST, &count, &e) &&
        !interactions_core(&a, 2, &rounds, &e) &&
        !interactions_dataset(&a, IDS_AUTO, &split, &d, by_value, &e)) {
        /* what is built must hold its own invariants */
        if (csr_check(&d.train, "train", &e) ||
            csr_check(&d.valid, "valid", &e) || csr_check(&d.test, "test", &e))
            abort();
        dataset_free(&d);
    }
    where_free(&w);
    interactions_free(&a);
    hist_free(&h);
}

static void
as_vectors(const char *path, enum vectors_format format)
{
    struct ids ids = {0};
    if (ids_add(&ids, text_of("a"), NULL) ||
        ids_add(&ids, text_of("b"), NULL) != 1)
        abort();
    struct features f;
    struct vectors_opt o = {.format = format};
    struct vectors_result r;
    struct hist h = {0};
    struct err e;
    if (features_init(&f, &ids, &e))
        return;
    if (!vectors_read(path, &o, &f, &r, &h, &e) && !r.is_graph &&
        !features_fill(&f, "f", &e) && mat_check_finite(&f.m, "m", &e))
        abort();
    csr_free(&r.graph);
    features_free(&f);
    hist_free(&h);
}

/* The ids in a column of that name. */
static void
as_ids(const char *path, const char *column)
{
    char spec[64];
    struct vectors_rows rows = {0};
    struct hist h = {0};
    struct err e;
    snprintf(spec, sizeof spec, "%s:%s", path, column);
    if (!vectors_ids(spec, &rows, &h, &e))
        for (int64_t i = 0; i < rows.ids.n; i++)
            if (ids_reason(ids_get(&rows.ids, i)))
                abort();
    ids_free(&rows.ids);
    hist_free(&h);
}

/* The separator that the first line is; NULL if it cannot be one. */
static const char *
separator(const uint8_t **data, size_t *n, char sep[8])
{
    const uint8_t *end = memchr(*data, '\n', *n);
    size_t k = end ? (size_t)(end - *data) : 0;
    if (k < 1 || k > 7)
        return NULL;
    memcpy(sep, *data, k);
    sep[k] = 0;
    *data += k + 1;
    *n -= k + 1;
    return *sep && !strpbrk(sep, "\"\r") ? sep : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1)
        return 0;
    int how = *data++;
    char sep[8];
    const char *given = NULL;
    n--;
    if (n && how & SEPARATOR)
        given = separator(&data, &n, sep);
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    if (how & VECTORS && how & CONDITION)
        as_ids(path, "item");
    else if (how & VECTORS)
        as_vectors(path, how & NO_HEADER   ? VECTORS_BLANK
                         : how & NO_QUOTES ? VECTORS_JSONL
                         : how & SKIP_BAD  ? VECTORS_TSV
                         : how & FOUND     ? VECTORS_AUTO
                                           : VECTORS_CSV);
    else
        as_interactions(path, how, given);
    close(fd);
    return 0;
}
