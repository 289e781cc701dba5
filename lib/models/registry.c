#include "lib/models/registry.h"

#include <string.h>

#define ROW(x) &x##_system,
const struct system *const registry[] = {REGISTRY_SYSTEMS(ROW) NULL};

const struct system *
registry_find(const char *name)
{
    for (int k = 0; registry[k]; k++)
        if (strcmp(registry[k]->name, name) == 0)
            return registry[k];
    return NULL;
}
