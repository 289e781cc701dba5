#include "lib/models/model.h"

#include <stdlib.h>

void
model_free(struct model *m)
{
    free(m->coef);
    free(m->item_coef);
    mat_free(&m->user);
    mat_free(&m->item);
    *m = (struct model){0};
}
