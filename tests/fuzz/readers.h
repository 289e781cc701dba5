#ifndef STAIR_FUZZ_READERS_H
#define STAIR_FUZZ_READERS_H

/* Every reader of npz files there is, for the fuzz targets: none may crash, and
 * what one of them accepts must keep its promises. */
#include "lib/data/identity.h"
#include "lib/io/npz.h"
#include "lib/la/source.h"
#include "lib/la/store.h"
#include "lib/rank/ranker.h"
#include "lib/train/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
take_each(struct npz *z, int how)
{
    struct err e;
    for (int i = 0; i < z->n; i++) {
        float *f = NULL;
        int64_t *l = NULL;
        int32_t *s = NULL;
        const char *name = z->array[i].name;
        int rc = how == 0   ? npz_take_f32(z, name, -1, &f, NULL, &e)
                 : how == 1 ? npz_take_i64(z, name, -1, &l, NULL, &e)
                            : npz_take_i32(z, name, -1, &s, NULL, &e);
        if (rc > 0)
            abort();
        free(f);
        free(l);
        free(s);
    }
}

static void
read_arrays(const char *path)
{
    struct npz z;
    struct err e;
    for (int how = 0; how < 3; how++) {
        if (npz_load(&z, path, NULL, &e))
            return;
        take_each(&z, how);
        npz_free(&z);
    }
    if (npz_load(&z, path, NULL, &e))
        abort();
    struct hist h = {0};
    if (hist_input(&h, "data", path, z.history, z.id, &e) == 0)
        free(hist_text(&h, "tool", "1", "", &e));
    hist_free(&h);
    npz_free(&z);
}

static void
read_source(const char *path)
{
    struct source s;
    struct err e;
    if (source_open(&s, path, NULL, "x", &e))
        return;
    float *x = NULL;
    if (!s.sparse && source_load(&s, &x, &e) == 0)
        free(x);
    source_close(&s);
}

static void
check_part(const struct ranker_part *r, const char *path)
{
    struct err e;
    if (r->graph.indptr ? csr_check(&r->graph, path, &e)
                        : mat_check_finite(&r->user, path, &e) ||
                              mat_check_finite(&r->item, path, &e) ||
                              r->user.d != r->item.d || !(r->weight > 0))
        abort();
}

static void
read_ranker(const char *path, struct hist *h, int params)
{
    struct ranker r;
    struct err e;
    if (ranker_read(path, "x", params, &r, h, &e))
        return;
    for (int p = 0; p < r.parts; p++)
        check_part(&r.part[p], path);
    ranker_free(&r);
}

static void
read_all(const void *data, size_t n)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, n, 0) != (ssize_t)n)
        abort();
    struct err e;
    struct mat m;
    struct csr a;
    struct dataset d;
    struct checkpoint c;
    struct hist h = {0};
    read_arrays(path);
    read_source(path);
    read_ranker(path, &h, 0);
    read_ranker(path, NULL, 1);
    if (store_read_mat(path, &m, &h, "x", "", &e) == 0) {
        if (mat_check_finite(&m, path, &e))
            abort();
        mat_free(&m);
    }
    if (store_read_csr(path, &a, &h, "items", "", &e) == 0) {
        if (csr_check(&a, path, &e))
            abort();
        csr_free(&a);
    }
    if (dataset_read(path, &d, &h, &e) == 0) {
        if (csr_check(&d.train, path, &e))
            abort();
        dataset_free(&d);
    }
    if (checkpoint_read(path, &c, &h, &e) == 0)
        checkpoint_free(&c);
    for (int64_t i = 0; i < h.n; i++)
        if (identity_check(&h, i, IDENTITY_ALL, &e) && !*e.msg)
            abort();
    identity_inherit(&h, IDENTITY_ALL);
    hist_free(&h);
}

#endif
