/* lib/la/store, lib/data/dataset, lib/io/hist: our kinds of files. */
#include "lib/data/dataset.h"
#include "lib/io/kind.h"
#include "lib/la/source.h"
#include "lib/la/store.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
test_mat(void)
{
    float v[] = {1, 2, 3, 4, 5, 6};
    struct mat m = {2, 3, v}, back;
    struct hist h = {0};
    struct err e;
    ok(store_write_mat("m.npz", &m, "stair-npz 1\nmade\t1\t\t-\n", &e) == 0 &&
            store_read_mat("m.npz", &back, &h, "x", "", &e) == 0 &&
            back.n == 2 && back.d == 3 && !memcmp(back.x, v, sizeof v),
        "a dense matrix comes back");
    ok(h.lines && !strcmp(h.lines, "made\t1\t\t-\n") && h.inputs &&
            strlen(h.inputs) == 10 && !strncmp(h.inputs, "x:", 2),
        "with its history");
    mat_free(&back);
    hist_free(&h);
    v[4] = NAN;
    ok(store_write_mat("nan.npz", &m, "", &e) == 0 &&
            store_read_mat("nan.npz", &back, NULL, NULL, "", &e) == ERR_NUM &&
            !strcmp(e.msg,
                "'nan.npz': value at row 1, column 1 is not finite (nan)") &&
            !back.x,
        "%s", e.msg);
    struct npz_out z;
    int64_t three = 3, wide[] = {0, 1ll << 40};
    struct npy h1 = npy_make('f', 4, 1, &three), h2 = npy_make('f', 4, 2, wide);
    npz_out_open(&z, "flat.npz", NULL);
    npz_out_array(&z, "x", &h1, v);
    int rc = npz_out_commit(&z, &e);
    ok(!rc && store_read_mat("flat.npz", &back, NULL, NULL, "", &e) < 0 &&
            !strcmp(e.msg, "'flat.npz': member 'x' has 1 dimensions, not 2"),
        "%s", e.msg);
    npz_out_open(&z, "wide.npz", NULL);
    npz_out_array(&z, "x", &h2, NULL);
    rc = npz_out_commit(&z, &e);
    ok(!rc &&
            store_read_mat("wide.npz", &back, NULL, NULL, "", &e) ==
                ERR_SHAPE &&
            !strcmp(e.msg,
                "'wide.npz': member 'x' is empty and claims 0 x 1099511627776"),
        "%s", e.msg);
    struct mat none = {0, 4, NULL};
    ok(store_write_mat("none.npz", &none, "", &e) == 0 &&
            store_read_mat("none.npz", &back, NULL, NULL, "", &e) == 0 &&
            back.n == 0 && back.d == 4,
        "an empty one too");
    mat_free(&back);
}

/* Rows without a vector come back, through the loader and through a stream that
 * gives zeros for them. */
static void
test_missing(void)
{
    float v[] = {1, 2, 3, 4, 5, 6}, x[6];
    unsigned char mask[] = {0, 1, 0};
    struct mat m = {3, 2, v}, back;
    struct missing away = {mask, 1}, got;
    struct err e = {""};
    ok(!store_write_features("some.npz", &m, &away, "stair-npz 1\n", &e) &&
            !store_read_features("some.npz", &back, &got, NULL, NULL, "", &e) &&
            got.n == 1 && !memcmp(got.row, mask, 3) &&
            !memcmp(back.x, v, sizeof v),
        "missing rows are listed, their mean is kept %s", e.msg);
    mat_free(&back);
    missing_free(&got);
    struct source s;
    int rc = source_open(&s, "some.npz", NULL, NULL, &e);
    for (int pass = 0; !rc && pass < 2; pass++) {
        if ((rc = source_rows(&s, 1, x, &e)) ||
            (rc = source_rows(&s, 2, x + 2, &e)) || (rc = source_end(&s, &e)))
            break;
        ok(s.missing.n == 1 && x[1] > 0 && !(x[2] > 0) && !(x[3] > 0) &&
                x[5] > 0,
            "zeros in a stream, pass %d", pass);
        rc = source_rewind(&s, &e);
    }
    ok(rc == 0, "read twice %s", e.msg);
    source_close(&s);
    ok(!store_write_features("all.npz", &m, &(struct missing){0}, "", &e) &&
            !store_read_features("all.npz", &back, &got, NULL, NULL, "", &e) &&
            !got.row && !got.n,
        "none missing: no member");
    mat_free(&back);
}

/* A CSR file from raw members; NULL leaves the default. */
static int
read_csr(const char *format, const int64_t *shape, const int64_t *ptr,
    const int32_t *idx, struct csr *a, struct err *e)
{
    static const int64_t shape0[] = {2, 3}, ptr0[] = {0, 2, 3};
    static const int32_t idx0[] = {0, 2, 1};
    static const float val[] = {1, 2, 3};
    int64_t two = 2, three = 3;
    struct npy hf = npy_make('S', (int)strlen(format), 0, NULL);
    struct npy hs = npy_make('i', 8, 1, &two), hp = npy_make('i', 8, 1, &three);
    struct npy hi = npy_make('i', 4, 1, &three),
               hd = npy_make('f', 4, 1, &three);
    struct npz_out z;
    npz_out_open(&z, "a.npz", NULL);
    npz_out_array(&z, "data", &hd, val);
    npz_out_array(&z, "indices", &hi, idx ? idx : idx0);
    npz_out_array(&z, "indptr", &hp, ptr ? ptr : ptr0);
    npz_out_array(&z, "shape", &hs, shape ? shape : shape0);
    if (*format)
        npz_out_array(&z, "format", &hf, format);
    if (npz_out_commit(&z, e))
        abort();
    e->msg[0] = 0;
    return store_read_csr("a.npz", a, NULL, NULL, "an item graph", e);
}

static void
test_csr(void)
{
    struct csr a, b;
    struct err e;
    ok(read_csr("csr", NULL, NULL, NULL, &a, &e) == 0 && a.rows == 2 &&
            a.cols == 3 && a.nnz == 3 && a.indices[1] == 2,
        "a CSR file in any order of members");
    ok(store_write_csr("b.npz", &a, "stair-npz 1\n", &e) == 0 &&
            store_read_csr("b.npz", &b, NULL, NULL, "", &e) == 0 &&
            !memcmp(a.indptr, b.indptr, 24) && !memcmp(a.data, b.data, 12) &&
            !memcmp(a.indices, b.indices, 12),
        "comes back");
    csr_free(&b);
    free(a.data);
    a.data = NULL;
    ok(store_write_csr("b.npz", &a, "", &e) == 0 &&
            store_read_csr("b.npz", &b, NULL, NULL, "", &e) == 0 && b.data &&
            b.data[0] == 1 && b.data[2] == 1,
        "without values: ones are written");
    csr_free(&a);
    csr_free(&b);
    ok(read_csr("csr", NULL, NULL, (int32_t[]){2, 0, 1}, &a, &e) == 0 &&
            a.indices[0] == 0 && a.data[0] == 2 && a.data[1] == 1,
        "rows are sorted, with their values");
    csr_free(&a);
    static const char bent[] = "'a.npz' is sparse but not csr (convert it with "
                               ".tocsr())";
    ok(read_csr("csc", NULL, NULL, NULL, &a, &e) < 0 && !strcmp(e.msg, bent),
        "%s", e.msg);
    ok(read_csr("c", NULL, NULL, NULL, &a, &e) < 0 && !strcmp(e.msg, bent),
        "a cut word is another word");
    ok(read_csr("", NULL, NULL, NULL, &a, &e) < 0 &&
            !strcmp(e.msg, "'a.npz' has no member 'format', so it is "
                           "not an item graph"),
        "%s", e.msg);
    ok(read_csr("csr", NULL, NULL, (int32_t[]){2, 2, 1}, &a, &e) < 0 &&
            !strcmp(
                e.msg, "'a.npz': row 0: columns are not ascending and unique"),
        "%s", e.msg);
    ok(read_csr("csr", (int64_t[]){2, -3}, NULL, NULL, &a, &e) < 0 &&
            !strcmp(e.msg, "'a.npz': shape is not two usable sizes"),
        "%s", e.msg);
    ok(read_csr("csr", (int64_t[]){3, 3}, NULL, NULL, &a, &e) < 0 &&
            !strcmp(
                e.msg, "'a.npz': lengths of indptr, indices and data disagree"),
        "%s", e.msg);
    ok(read_csr("csr", NULL, (int64_t[]){0, 7, 3}, NULL, &a, &e) < 0 &&
            !strcmp(e.msg, "'a.npz': row pointers decrease at row 0"),
        "%s", e.msg);
}

/* Long rows that arrive in descending order. */
static void
test_sorting(void)
{
    enum { N = 20000 };
    struct csr a, b;
    struct err e;
    if (csr_init(&a, 1, N, N, 1, &e))
        abort();
    a.indptr[1] = N;
    for (int32_t k = 0; k < N; k++) {
        a.indices[k] = N - 1 - k;
        a.data[k] = (float)(N - 1 - k);
    }
    int good = store_write_csr("long.npz", &a, "", &e) == 0 &&
               store_read_csr("long.npz", &b, NULL, NULL, "", &e) == 0;
    for (int32_t k = 0; k < N && good; k++)
        good = b.indices[k] == k && (int32_t)b.data[k] == k;
    ok(good, "a row of %d in descending order", N);
    csr_free(&a);
    csr_free(&b);
}

static struct dataset
example(void)
{
    static int64_t p0[] = {0, 2, 3}, p1[] = {0, 1, 1}, p2[] = {0, 0, 1};
    static int32_t i0[] = {0, 2, 1}, i1[] = {1}, i2[] = {0};
    static char users[] = "annbob", items[] = "i1item2x";
    static int64_t users_at[] = {0, 3, 6}, items_at[] = {0, 2, 7, 8};
    struct dataset d = {.n_users = 2,
        .n_items = 3,
        .train = {2, 3, 3, p0, i0, NULL},
        .valid = {2, 3, 1, p1, i1, NULL},
        .test = {2, 3, 1, p2, i2, NULL},
        .user_ids = {.n = 2, .bytes = users, .at = users_at},
        .item_ids = {.n = 3, .bytes = items, .at = items_at}};
    return d;
}

static void
refused(const struct dataset *d, const char *why)
{
    struct dataset back;
    struct err e = {""};
    int rc = dataset_write("bad.npz", d, "", &e);
    if (rc)
        abort();
    rc = dataset_read("bad.npz", &back, NULL, &e);
    ok(rc < 0 && !strcmp(e.msg, why) && !back.user_ids.bytes, "%s",
        rc ? e.msg : "accepted");
}

static void
test_dataset(void)
{
    struct dataset d = example(), back;
    struct hist h = {0};
    struct err e;
    ok(dataset_write("d.npz", &d, "stair-npz 1\n", &e) == 0 &&
            dataset_read("d.npz", &back, &h, &e) == 0 && back.n_users == 2 &&
            back.n_items == 3 && back.train.nnz == 3 &&
            !memcmp(back.train.indices, d.train.indices, 12) &&
            back.valid.nnz == 1 && back.test.indices[0] == 0 &&
            text_same(ids_get(&back.user_ids, 1), text_of("bob")) &&
            text_same(ids_get(&back.item_ids, 1), text_of("item2")) &&
            text_same(ids_get(&back.item_ids, 2), text_of("x")),
        "a dataset comes back");
    ok(h.inputs && !strncmp(h.inputs, "data:", 5), "and is noted as input");
    hist_free(&h);
    dataset_free(&back);
    dataset_free(&back);

    int32_t twice[] = {2};
    d.valid.indices = twice;
    refused(&d, "'bad.npz': user 0 has item 2 in both train and valid");
    d = example();
    d.test.indices = (int32_t[]){1};
    refused(&d, "'bad.npz': user 1 has item 1 in both train and test");
    d = example();
    d.test = d.valid;
    refused(&d, "'bad.npz': user 0 has item 1 in both valid and test");
    d = example();
    d.train.indices = (int32_t[]){0, 3, 1};
    refused(&d, "'bad.npz' member 'train_indices': row 0: column 3 is outside "
                "0..2");
    d = example();
    d.user_ids.n = 1;
    refused(&d, "'bad.npz': member 'train_indptr' has 3 elements for 1 users");
    d = example();
    d.user_ids.bytes = "a\0nbob";
    refused(&d, "'bad.npz': member 'user_ids': id 0 holds a NUL byte");
    struct dataset none = {.train = {0, 0, 0, (int64_t[]){0}, NULL, NULL}};
    none.valid = none.test = none.train;
    ok(dataset_write("none.npz", &none, "", &e) == 0 &&
            dataset_read("none.npz", &back, NULL, &e) == 0 && back.n_users == 0,
        "an empty dataset %s", e.msg);
    dataset_free(&back);
}

static void
test_hist(void)
{
    struct hist h = {0};
    struct err e;
    char *t = hist_text(&h, "stair-x", "1", "--a=1", &e);
    ok(t && !strcmp(t, "stair-npz 1\nstair-x\t1\t--a=1\t-\n"),
        "the first step of a chain");
    int rc = hist_input(&h, "data", "f", t, 0x1234, &e);
    rc |= hist_input(&h, "items", "g",
        "stair-npz 1\nother\nstair-x\t1\t--a=1"
        "\t-\nlast line without an end",
        1, &e);
    rc |= hist_input(&h, "none", "h", NULL, 2, &e);
    rc |= hist_input(&h, "foreign", "h", "written by hand", 3, &e);
    free(t);
    t = hist_text(&h, "stair-y", "2", "", &e);
    ok(!rc && t &&
            !strcmp(t,
                "stair-npz 1\nstair-x\t1\t--a=1\t-\nother\nlast line without "
                "an end\nstair-y\t2\t\tdata:00001234 items:00000001 "
                "none:00000002 foreign:00000003\n"),
        "lines are joined, each once");
    free(t);
    ok(hist_input(&h, "x", "f.npz", "stair-npz 2\n", 0, &e) == ERR_FORMAT &&
            !strcmp(e.msg, "'f.npz' is of format stair-npz 2; this program "
                           "reads up to 1"),
        "%s", e.msg);
    ok(hist_input(&h, "x", "f.npz", "stair-npz one\n", 0, &e) == ERR_FORMAT,
        "%s", e.msg);
    char role[300];
    memset(role, 'r', sizeof role - 1);
    role[sizeof role - 1] = 0;
    hist_free(&h);
    ok(hist_input(&h, role, "f", NULL, 9, &e) == 0 && h.inputs &&
            strlen(h.inputs) == 299 + 9,
        "a long role");
    hist_free(&h);
    char *many = malloc(100000);
    strcpy(many, "stair-npz 1\n");
    size_t at = strlen(many);
    for (int i = 0; i < 5000; i++)
        at += (size_t)sprintf(many + at, "l%d\n", i);
    ok(hist_input(&h, "x", "f.npz", many, 0, &e) == ERR_FORMAT &&
            !strcmp(e.msg, "'f.npz': history.txt has over 4096 lines"),
        "%s", e.msg);
    free(many);
    hist_free(&h);
    hist_free(&h);
}

static void
test_kind(void)
{
    static const struct {
        enum kind kind;
        const char *names[9];
    } row[] = {{KIND_DENSE, {"x"}}, {KIND_OTHER, {"arr_0"}}, {KIND_OTHER, {0}},
        {KIND_CSR, {"format", "shape", "indptr", "indices", "data"}},
        {KIND_OTHER, {"format", "shape", "indptr", "indices"}},
        {KIND_MODEL, {"name", "user", "item", "x"}},
        {KIND_CHECKPOINT, {"counters", "item", "user"}},
        {KIND_BLEND, {"blend", "part1_user", "part1_item", "user_ids"}},
        {KIND_DATASET,
            {"train_indptr", "train_indices", "valid_indptr", "valid_indices",
                "test_indptr", "test_indices", "user_ids", "item_ids"}}};
    int good = 1;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        unsigned seen = 0;
        for (const char *const *n = row[i].names; *n; n++)
            kind_see(&seen, *n);
        good &= kind_of(seen) == row[i].kind;
    }
    ok(good && !strcmp(kind_name(KIND_CSR), "csr"), "kinds by their members");
}

int
main(void)
{
    test_mat();
    test_missing();
    test_csr();
    test_sorting();
    test_dataset();
    test_hist();
    test_kind();
    return done();
}
