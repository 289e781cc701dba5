/* lib/io/npy: the header of an array. */
#include "lib/io/npy.h"
#include "tests/unit/tap.h"

#include <inttypes.h>
#include <string.h>

static int
parse(struct npy *h, const char *dict, struct err *e)
{
    e->msg[0] = 0;
    return npy_parse(h, dict, (int64_t)strlen(dict), e);
}

static void
test_round_trip(void)
{
    static const struct {
        char kind;
        int size;
    } types[] = {{'f', 2}, {'f', 4}, {'f', 8}, {'i', 1}, {'i', 2}, {'i', 4},
        {'i', 8}, {'u', 1}, {'u', 2}, {'u', 4}, {'u', 8}, {'b', 1}, {'S', 1},
        {'S', 17}, {'S', 0}};
    static const int64_t shape[NPY_DIMS] = {3, 1, 4, 1, 5, 9, 2, 6};
    int good = 1, aligned = 1;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int ndim = 0; ndim <= NPY_DIMS; ndim++)
            for (uint64_t before = 0; before < 130; before += 13) {
                struct npy h =
                    npy_make(types[t].kind, types[t].size, ndim, shape);
                struct npy back;
                struct err e;
                char buf[NPY_EMIT];
                int n = npy_emit(&h, buf, before);
                int len = (unsigned char)buf[8] | (unsigned char)buf[9] << 8;
                aligned &= (before + (uint64_t)n) % 64 == 0 && n == len + 10;
                good &= npy_parse(&back, buf + 10, n - 10, &e) == 0 &&
                        back.kind == h.kind && back.size == h.size &&
                        back.ndim == ndim && back.count == h.count &&
                        memcmp(back.shape, h.shape, sizeof h.shape) == 0;
            }
    ok(good, "every type and number of axes survives");
    ok(aligned, "headers end at multiples of 64");
    int64_t big[NPY_DIMS] = {INT64_MAX, 1, 1, 1, 1, 1, 1, 1};
    for (int i = 0; i < NPY_DIMS; i++)
        big[i] = INT64_MAX;
    struct npy h = {.kind = 'S', .size = 1 << 20, .ndim = NPY_DIMS};
    memcpy(h.shape, big, sizeof big);
    char buf[NPY_EMIT];
    ok(npy_emit(&h, buf, 63) <= NPY_EMIT, "the longest header fits");
}

static void
test_forms(void)
{
    struct npy h;
    struct err e;
    ok(parse(&h, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
           &e) == 0 &&
            h.kind == 'f' && h.size == 4 && h.count == 6,
        "as NumPy writes it");
    ok(parse(&h,
           "  {\"shape\":(3L,),\"fortran_order\":False,\"descr\":'|b1'}\n",
           &e) == 0 &&
            h.kind == 'b' && h.ndim == 1 && h.shape[0] == 3,
        "other order, quotes, blanks, a Python 2 long");
    ok(parse(&h, "{'descr': '<i8', 'fortran_order': True, 'shape': (7,), }",
           &e) == 0 &&
            h.kind == 'i',
        "a vector is in both orders");
    ok(parse(&h, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }",
           &e) == 0 &&
            h.ndim == 0 && h.count == 1,
        "a scalar has one element");
    ok(parse(&h, "{'descr': '<i8', 'fortran_order': False, 'shape': (0, 5), }",
           &e) == 0 &&
            h.count == 0,
        "an empty array has none");
    ok(parse(&h, "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }",
           &e) == 0 &&
            h.kind == 'f' && h.swap == 8 && h.fortran,
        "big-endian, in Fortran order");
    ok(parse(&h, "{'descr': '>i1', 'fortran_order': True, 'shape': (6,), }",
           &e) == 0 &&
            h.kind == 'i' && !h.swap && !h.fortran,
        "which is nothing special for bytes and for lists");
    ok(parse(&h, "{'descr': '>U3', 'fortran_order': False, 'shape': (6,), }",
           &e) == 0 &&
            h.kind == '?' && h.swap == 4 && h.size == 12 && npy_is_unicode(&h),
        "Unicode strings");
}

/* Against the definition: element (i, j, k) is at i + 2 (j + 3 k). */
static void
test_reorder(void)
{
    struct npy h = npy_make('u', 1, 3, (int64_t[]){2, 3, 4});
    unsigned char from[24], to[24];
    for (int i = 0; i < 24; i++)
        from[i] = (unsigned char)i;
    npy_reorder(&h, from, to);
    int good = 1;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++)
                good &= to[(i * 3 + j) * 4 + k] == i + 2 * (j + 3 * k);
    ok(good, "Fortran order becomes C order");
    npy_swap(from, 24, 4);
    ok(from[0] == 3 && from[3] == 0 && from[20] == 23 && from[23] == 20,
        "bytes turn around");
}

static void
test_unread(void)
{
    static const char *const row[][2] = {
        {"'|O', 'fortran_order': False", "object dtype"},
        {"'|O', 'fortran_order': True", "object dtype"},
        {"[('a', '<f4'), ('b', '<i4', (2,))], 'fortran_order': False",
            "structured dtype"},
        {"'<U3', 'fortran_order': False", "dtype '<U3'"},
        {"'<c8', 'fortran_order': False", "dtype '<c8'"},
        {"'<M8[ns]', 'fortran_order': False", "dtype '<M8[ns]'"},
        {"'<f16', 'fortran_order': False", "dtype '<f16'"},
        {"'<f4x', 'fortran_order': False", "dtype '<f4x'"},
        {"'<i3', 'fortran_order': False", "dtype '<i3'"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char dict[256];
        struct npy h;
        struct err e;
        snprintf(
            dict, sizeof dict, "{'descr': %s, 'shape': (2, 2), }", row[i][0]);
        int rc = parse(&h, dict, &e);
        ok(rc == 0 && h.kind == '?' && strcmp(h.why, row[i][1]) == 0,
            "told apart: %s (%s)", row[i][1], rc ? e.msg : h.why);
    }
}

static void
test_refused(void)
{
#define F "'fortran_order': False"
    static const char *const row[][2] = {{"", "npy header is not a dictionary"},
        {"[]", "npy header is not a dictionary"},
        {"{'descr': '<f4', " F ", 'shape': (2,)",
            "npy header is not a dictionary"},
        {"{'descr': '<f4', " F "}", "npy header lacks a key"},
        {"{'descr': '<f4', " F ", 'shape': (2,), 'more': 1}",
            "unexpected npy header key 'more'"},
        {"{'descr': '<f4', 'descr': '<f4', " F ", 'shape': (2,)}",
            "unexpected npy header key 'descr'"},
        {"{'descr': '<f4', " F ", 'shape': (2,)} x",
            "text after the npy header"},
        {"{'descr': '', " F ", 'shape': (2,)}", "unknown dtype ''"},
        {"{'descr': 'f4', " F ", 'shape': (2,)}", "unknown dtype 'f4'"},
        {"{'descr': '|f4', " F ", 'shape': (2,)}", "no byte order in '|f4'"},
        {"{'descr': 4, " F ", 'shape': (2,)}", "npy dtype is not a string"},
        {"{'descr': [('a', " F ", 'shape': (2,)}", "npy header ends early"},
        {"{'descr': '|S9999999', " F ", 'shape': (2,)}",
            "element size out of range in '|S9999999'"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
            "fortran_order is not a bool"},
        {"{'descr': '<f4', " F ", 'shape': 2}", "shape is not a tuple"},
        {"{'descr': '<f4', " F ", 'shape': (-2,)}",
            "shape is not a tuple of sizes"},
        {"{'descr': '<f4', " F ", 'shape': (2 3)}", "shape is not a tuple"},
        {"{'descr': '<f4', " F ", 'shape': (99999999999999999999,)}",
            "shape is not a tuple of sizes"},
        {"{'descr': '<f4', " F ", 'shape': (4294967296, 4294967296)}",
            "shape product overflows"},
        {"{'descr': '<f8', " F ", 'shape': (1152921504606846976,)}",
            "shape product overflows"},
        {"{'descr': '<f4', " F ", 'shape': (1,1,1,1,1,1,1,1,1)}",
            "more than 8 dimensions"}};
#undef F
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct npy h;
        struct err e;
        int rc = parse(&h, row[i][0], &e);
        ok(rc == ERR_FORMAT && strcmp(e.msg, row[i][1]) == 0,
            "refused: %s (%s)", row[i][1], rc ? e.msg : "accepted");
    }
}

int
main(void)
{
    test_round_trip();
    test_forms();
    test_reorder();
    test_unread();
    test_refused();
    return done();
}
