/* What files say that they belong to, and how it is compared. */
#include "lib/data/identity.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

/* Input number i of a step, whose history is one line that ends so. */
static void
add(struct hist *h, const char *name, const char *options, const char *belongs)
{
    char text[512];
    struct err e;
    snprintf(text, sizeof text,
        "stair-npz 1\nstair-ingest\t1\t%s\tlog:0000000a%s%s\n", options,
        belongs ? "\t" : "", belongs ? belongs : "");
    if (hist_input(h, "x", name, text, 0, &e))
        abort();
}

/* What the comparison of two files says; "" if they go together. */
static const char *
said(const char *options_a, const char *a, const char *options_b, const char *b,
    unsigned parts)
{
    static struct err e;
    struct hist h = {0};
    *e.msg = 0;
    add(&h, "a", options_a, a);
    add(&h, "b", options_b, b);
    int rc = identity_check(&h, 1, parts, &e);
    hist_free(&h);
    return rc ? e.msg : "";
}

#define ALL_A "users:00000001 items:00000002 train:00000003"

static void
test_same(void)
{
    static const struct {
        const char *b, *begin;
        unsigned parts;
    } row[] = {
        {ALL_A, "", IDENTITY_ALL},
        {NULL, "", IDENTITY_ALL},
        {"items:00000002", "", IDENTITY_ALL},
        {"items:00000009",
            "'b' belongs to other items than 'a': ", IDENTITY_ALL},
        {"items:00000009", "", IDENTITY_USERS | IDENTITY_TRAIN},
        {"users:00000009",
            "'b' belongs to other users than 'a': ", IDENTITY_ALL},
        {"train:00000009",
            "'b' belongs to another train split than 'a': ", IDENTITY_ALL},
        {"train:00000009", "", IDENTITY_USERS | IDENTITY_ITEMS},
        {"users:0000000a items:0000000b train:0000000c",
            "'b' belongs to other users and items than 'a': ", IDENTITY_ALL},
        /* words that say nothing */
        {"items:2", "", IDENTITY_ALL},
        {"items:000000020", "", IDENTITY_ALL},
        {"items:0000000G", "", IDENTITY_ALL},
        {"items:", "", IDENTITY_ALL},
        {"items", "", IDENTITY_ALL},
        {"titles:00000009", "", IDENTITY_ALL},
        {"  titles:00000009   items:00000008 ",
            "'b' belongs to other items than 'a': ", IDENTITY_ALL},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *got =
            said("--seed=1", ALL_A, "--seed=2", row[i].b, row[i].parts);
        size_t n = strlen(row[i].begin);
        ok(n ? strncmp(got, row[i].begin, n) == 0 : !*got, "%s: %s",
            row[i].b ? row[i].b : "nothing", *got ? got : "goes together");
    }
}

static void
test_origins(void)
{
    static const char *const row[][3] = {
        {"--core=5 --seed=1", "--core=5 --seed=2",
            "the first is from stair-ingest --seed=2, the second from "
            "stair-ingest --seed=1"},
        {"--core=5", "--core=5 --seed=2",
            "the first is from stair-ingest --seed=2, the second from "
            "stair-ingest --core=5 log:0000000a"},
        {"--core=5", "--core=5",
            "the first is from stair-ingest items:00000002, the second from "
            "stair-ingest items:00000001"},
        {"", "--user=\033[31m", /* a terminal must not be told things */
            "the first is from stair-ingest --user=?[31m, the second from "
            "stair-ingest log:0000000a"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *got = said(row[i][0], "items:00000001", row[i][1],
            "items:00000002", IDENTITY_ALL);
        const char *from = strstr(got, "the first");
        ok(from && strcmp(from, row[i][2]) == 0, "%s", got);
    }

    /* without a history there are the digests */
    struct hist h = {0};
    struct err e = {""};
    struct identity one = {IDENTITY_ITEMS, {0, 1, 0}};
    int rc = hist_input(&h, "x", "a", NULL, 0, &e);
    identity_note(&h, &one);
    add(&h, "b", "--seed=1", "items:00000002");
    ok(!rc && identity_check(&h, 1, IDENTITY_ALL, &e) == ERR_FORMAT &&
            strstr(e.msg, "the second from items:00000001"),
        "%s", e.msg);
    hist_free(&h);

    /* a long history fits into one sentence */
    char options[512] = "";
    for (int i = 0; i < 40; i++)
        sprintf(options + strlen(options), " --o%02d=abc", i);
    const char *got =
        said(options, "items:00000001", "", "items:00000002", IDENTITY_ALL);
    ok(strlen(got) < sizeof e.msg - 1 && strstr(got, "--o01"), "long options");
}

static void
test_inherit(void)
{
    struct hist h = {0};
    add(&h, "none", "", NULL);
    add(&h, "items", "", "items:00000005");
    add(&h, "all", "", ALL_A);
    identity_inherit(&h, IDENTITY_ALL);
    ok(!strcmp(h.belongs, "users:00000001 items:00000005 train:00000003"),
        "an output belongs to what the first inputs do: %s", h.belongs);
    identity_inherit(&h, IDENTITY_ITEMS);
    ok(!strcmp(h.belongs, "items:00000005"), "or to items alone");
    struct identity id = {IDENTITY_USERS, {7, 0, 0}};
    identity_note(&h, &id);
    ok(!strcmp(
           h.file[2].belongs, "users:00000007 items:00000002 train:00000003"),
        "what members say counts more than the history");
    struct err e;
    char *text = hist_text(&h, "stair-x", "1", "", &e);
    ok(text && strstr(text, "\titems:00000005\n"), "the line says it");
    free(text);
    hist_free(&h);
}

/* CRC-32 of "a\0bc\0", and of the pairs (0, 1), (1, 0), (1, 2), by zlib in
 * Python. */
static void
test_digests(void)
{
    struct ids two = {0}, none = {0};
    struct err e;
    if (ids_add(&two, text_of("a"), &e) < 0 ||
        ids_add(&two, text_of("bc"), &e) < 0)
        abort();
    ok(identity_ids(&two) == 0x67f38eca, "ids: %08x", identity_ids(&two));
    ok(identity_ids(&none) == 0, "no ids");
    ids_free(&two);
    int64_t ptr[] = {0, 1, 3};
    int32_t col[] = {1, 0, 2};
    struct csr a = {
        .rows = 2, .cols = 3, .nnz = 3, .indptr = ptr, .indices = col};
    ok(identity_pairs(&a) == 0xf50686e6, "pairs: %08x", identity_pairs(&a));
}

int
main(void)
{
    test_same();
    test_origins();
    test_inherit();
    test_digests();
    return done();
}
