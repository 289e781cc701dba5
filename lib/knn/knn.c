#include "lib/knn/knn.h"

#include "lib/base/mem.h"
#include "lib/la/topk.h"

#include <inttypes.h>
#include <stdlib.h>

int
knn_list_init(
    struct knn_list *l, int64_t n, const struct knn_opt *opt, struct err *e)
{
    *l = (struct knn_list){.n = n, .k = opt->k};
    int64_t most = opt->self ? n : n - 1, count;
    if (opt->k < 1 || opt->k > most)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " neighbours wanted of %" PRId64 " items", opt->k, most);
    if (n > INT32_MAX || __builtin_mul_overflow(n, opt->k, &count))
        return err_set(e, ERR_RANGE, "%" PRId64 " items are too many", n);
    l->id = mem_new(count, sizeof *l->id, e);
    l->score = mem_new(count, sizeof *l->score, e);
    if (!l->id || !l->score) {
        knn_list_free(l);
        return ERR_NOMEM;
    }
    for (int64_t c = 0; c < count; c++) {
        l->id[c] = -1;
        l->score[c] = 0.0f;
    }
    return 0;
}

void
knn_list_free(struct knn_list *l)
{
    free(l->id);
    free(l->score);
    *l = (struct knn_list){0};
}

int
knn_sparse(const struct csr *a, const struct knn_opt *opt, struct knn_list *l,
    struct err *e)
{
    *l = (struct knn_list){0};
    if (a->rows != a->cols)
        return err_set(e, ERR_SHAPE,
            "similarities must be square, not %" PRId64 " x %" PRId64, a->rows,
            a->cols);
    int rc = knn_list_init(l, a->rows, opt, e);
    if (rc)
        return rc;
    for (int64_t i = 0; i < a->rows; i++) {
        struct topk t;
        topk_init(&t, opt->k, l->score + i * opt->k, l->id + i * opt->k);
        for (int64_t p = a->indptr[i]; p < a->indptr[i + 1]; p++) {
            float v = a->data ? a->data[p] : 1.0f;
            if ((opt->self || a->indices[p] != i) &&
                topk_enters(&t, v, a->indices[p]))
                topk_push(&t, v, a->indices[p]);
        }
        topk_sort(&t);
    }
    return 0;
}
