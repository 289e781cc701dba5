/* Declarations of systems: what the program and the pages rely on. */
#include "lib/models/registry.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <string.h>

static const char *const trained[] = {
    "dim", "lr", "batch", "epochs", "eval-every", "patience"};

static int
is_usual(const struct system_param *q)
{
    if (isnan(q->value))
        return q->type != SYSTEM_FLAG;
    return q->value >= q->min && q->value <= q->max &&
           !(q->type == SYSTEM_ABOVE && q->value <= q->min) &&
           !(q->type == SYSTEM_WHOLE && q->value < floor(q->value)) &&
           !(q->type == SYSTEM_FLAG && q->value > 0);
}

/* Systems that share an option read it from the command line in one way. */
static int
agrees(const struct system_param *q)
{
    for (int k = 0; registry[k]; k++) {
        int at = system_param(registry[k], q->name);
        if (at < 0)
            continue;
        const struct system_param *p = &registry[k]->param[at];
        int flag = (p->type == SYSTEM_FLAG) + (q->type == SYSTEM_FLAG);
        int whole = (p->type == SYSTEM_WHOLE) + (q->type == SYSTEM_WHOLE);
        if (flag == 1 || whole == 1 ||
            (p->arg && q->arg && strcmp(p->arg, q->arg) != 0))
            return 0;
    }
    return 1;
}

static int
is_flag(const struct system *s, const char *name)
{
    int at = name ? system_param(s, name) : -1;
    return !name || (at >= 0 && s->param[at].type == SYSTEM_FLAG);
}

static void
test(const struct system *s, int at)
{
    int n = 0, usual = 1, agree = 1, once = 1;
    for (const struct system_param *q = s->param; q->name; q++, n++) {
        usual &= is_usual(q) && (q->arg != NULL) == (q->type != SYSTEM_FLAG);
        agree &= agrees(q);
        once &= system_param(s, q->name) == n && q->help && *q->help;
    }
    ok(n <= SYSTEM_PARAMS && usual, "%s: defaults are in their ranges",
        s->name);
    ok(agree, "%s: its options are read as those of other systems", s->name);
    ok(once, "%s: each parameter once", s->name);
    ok(registry_find(s->name) == registry[at], "%s: is found", s->name);
    ok(is_flag(s, s->reads.no_init) && is_flag(s, s->reads.no_items),
        "%s: flags take inputs away", s->name);
    ok(strlen(s->line) <= 66, "%s: a line is a line", s->name);
    int have = 0, all = sizeof trained / sizeof *trained;
    for (int k = 0; k < all; k++)
        have += system_param(s, trained[k]) >= 0;
    ok(system_trains(s) ? have == all : have == 0,
        "%s: training has its parameters, and nothing else has", s->name);

    struct system_args o;
    system_defaults(&o, s);
    int same = o.system == s;
    for (int k = 0; k < n; k++) {
        double v = system_real(&o, s->param[k].name);
        same &= isnan(s->param[k].value)
                    ? isnan(v)
                    : v >= s->param[k].value && v <= s->param[k].value;
        system_set(&o, s->param[k].name, 1);
        same &= system_int(&o, s->param[k].name) == 1;
    }
    ok(same, "%s: values by name", s->name);
}

int
main(void)
{
    int n = 0;
    for (; registry[n]; n++)
        test(registry[n], n);
    ok(n >= 11 && !registry_find("") && !registry_find("none"),
        "%d systems and no other", n);
    return done();
}
