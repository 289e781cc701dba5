#include "lib/models/model.h"

void
model_free(struct model *m)
{
    switch (m->kind) {
    case MODEL_POLY:
        poly_free(&m->poly);
        break;
    case MODEL_NET:
        net_free(m->net);
        break;
    case MODEL_FIXED:
        mat_free(&m->fixed[0]);
        mat_free(&m->fixed[1]);
        break;
    case MODEL_SPARSE:
        csr_free(&m->sparse);
        break;
    }
    *m = (struct model){0};
}
