#include "tools/synth/synth.h"

#include "lib/base/fmath.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "tools/synth/synthword.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int
synth_preset(struct synth_opt *o, const char *name, struct err *e)
{
    static const struct {
        const char *name;
        int64_t users, items, interactions, topics;
    } sets[] = {
        {"demo", 4000, 2000, 36000, 64},
        {"baby", 19445, 7050, 160792, 160},
        {"sports", 35598, 18357, 296337, 320},
        {"electronics", 192403, 63001, 1689188, 640},
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if (strcmp(name, sets[i].name) != 0)
            continue;
        *o = (struct synth_opt){.users = sets[i].users,
            .items = sets[i].items,
            .interactions = sets[i].interactions,
            .topics = sets[i].topics,
            .core = 5,
            .seed = 1,
            .popularity = 1.8,
            .activity = 3.0,
            .taste = 0.8,
            .fringe = 0.25,
            .text_signal = 0.8,
            .image_signal = 0.5,
            .no_image = 0.01,
            .text_dim = 384,
            .image_dim = 4096};
        return 0;
    }
    return err_set(e, ERR_RANGE, "there is no preset '%s'", name);
}

/* Largest degrees: a few per cent of the other side, as in real shops, more
 * where that would leave no room for a tail. */
static int64_t
user_cap(const struct synth_opt *o)
{
    int64_t cap = 4 * o->core + o->items / 25;
    return cap < o->items / 2 ? cap : o->items / 2;
}

static int64_t
item_cap(const struct synth_opt *o)
{
    int64_t cap = 8 * o->core + o->users / 16;
    return cap < o->users / 2 ? cap : o->users / 2;
}

int
synth_check(const struct synth_opt *o, struct err *e)
{
    if ((1.0 + o->fringe) * (double)o->users > (double)INT32_MAX ||
        (1.0 + o->fringe) * (double)o->items > (double)INT32_MAX)
        return err_set(e, ERR_RANGE,
            "more than %d users or items, the fringe included, are not "
            "supported",
            INT32_MAX);
    if (o->interactions / o->core < o->users ||
        o->interactions / o->core < o->items)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " interactions are too few for %" PRId64
            " users and %" PRId64 " items of at least %" PRId64 " each",
            o->interactions, o->users, o->items, o->core);
    if ((o->interactions + o->users - 1) / o->users > user_cap(o) ||
        (o->interactions + o->items - 1) / o->items > item_cap(o))
        return err_set(e, ERR_RANGE,
            "%" PRId64 " interactions are too many for %" PRId64
            " users and %" PRId64 " items (at most %" PRId64 " per user and "
            "%" PRId64 " per item)",
            o->interactions, o->users, o->items, user_cap(o), item_cap(o));
    if (o->topics > o->items)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " topics are too many for %" PRId64 " items", o->topics,
            o->items);
    return 0;
}

static int64_t
degree_at(double q, double scale, int64_t min, double c)
{
    double y = scale * q;
    return min + (int64_t)(y * c / (y + c + 1e-300));
}

int
synth_degrees(int64_t *deg, int64_t n, int64_t total, int64_t min, int64_t cap,
    double a, struct err *e)
{
    if (total / n < min || (total + n - 1) / n > cap)
        return err_set(e, ERR_RANGE,
            "no %" PRId64 " degrees in %" PRId64 "..%" PRId64
            " add up to %" PRId64,
            n, min, cap, total);
    double *q = mem_new(n, sizeof *q, e);
    if (!q)
        return ERR_NOMEM;
    for (int64_t r = 0; r < n; r++)
        q[r] = fm_pow(((double)r + 0.5) / (double)n, -1.0 / a) - 1.0;
    double c = (double)(cap - min), low = 0.0, high = 1e15;
    int64_t sum = 0;
    for (int step = 0; step < 100; step++) {
        double mid = step < 50 && low > 0.0 ? sqrt(low) * sqrt(high)
                     : low > 0.0            ? 0.5 * (low + high)
                                            : high * 1e-3;
        sum = 0;
        for (int64_t r = 0; r < n; r++)
            sum += degree_at(q[r], mid, min, c);
        if (sum <= total)
            low = mid;
        else
            high = mid;
    }
    sum = 0;
    for (int64_t r = 0; r < n; r++) {
        deg[r] = degree_at(q[r], low, min, c);
        sum += deg[r];
    }
    for (int64_t r = 0; sum < total; r = r + 1 < n ? r + 1 : 0)
        if (deg[r] < cap) {
            deg[r]++;
            sum++;
        }
    free(q);
    return 0;
}

/* Degrees by rank become degrees by index: a random permutation of the n core
 * and the fringe rows decides who has which. */
static int
deal(int64_t *out, int64_t n_out, int64_t n, int64_t total, int64_t cap,
    double a, const struct synth_opt *o, enum synth_draw what, struct err *e)
{
    int64_t *deg = mem_new(n, sizeof *deg, e);
    if (!deg)
        return ERR_NOMEM;
    int rc = synth_degrees(deg, n, total, o->core, cap, a, e);
    for (int64_t i = 0; rc == 0 && i < n_out; i++) {
        int64_t r = rng_permute(n_out, i, (uint64_t)o->seed, RNG_SYNTH, what);
        out[i] = r < n ? deg[r] : 0;
    }
    free(deg);
    return rc;
}

/* Topics have unequal sizes: the k-th weighs (k + 4)^-1/2, all mixed so that
 * no category gets all the large ones. */
static int
draw_topics(struct synth *s, struct err *e)
{
    uint64_t seed = (uint64_t)s->opt.seed;
    int64_t n = s->opt.topics;
    double *upto = mem_new(n, sizeof *upto, e);
    if (!upto)
        return ERR_NOMEM;
    double sum = 0.0;
    for (int64_t k = 0; k < n; k++) {
        int64_t r = rng_permute(n, k, seed, RNG_SYNTH, SYNTH_TOPIC);
        sum += 1.0 / sqrt((double)r + 4.0);
        upto[k] = sum;
    }
    for (int64_t i = 0; i < s->n_items; i++) {
        double x =
            sum * rng_uniform(seed, RNG_SYNTH, SYNTH_TOPIC, (uint64_t)i, 100);
        int64_t low = 0, high = n - 1;
        while (low < high) {
            int64_t mid = (low + high) / 2;
            if (upto[mid] > x)
                high = mid;
            else
                low = mid + 1;
        }
        s->topic[i] = (int32_t)low;
        s->brand[i] = (int32_t)rng_below(
            s->n_brands, seed, RNG_SYNTH, SYNTH_BRAND, (uint64_t)i, 0);
    }
    free(upto);
    return 0;
}

int
synth_init(struct synth *s, const struct synth_opt *o, struct err *e)
{
    *s = (struct synth){.opt = *o, .n_brands = SYNTHWORD_BRANDS};
    int rc = synth_check(o, e);
    if (rc)
        return rc;
    double fringe = o->core > 1 ? o->fringe : 0.0;
    s->n_users = o->users + (int64_t)(fringe * (double)o->users);
    s->n_items = o->items + (int64_t)(fringe * (double)o->items);
    s->user_degree = arena_new(&s->memory, s->n_users, sizeof *s->user_degree);
    s->item_degree = arena_new(&s->memory, s->n_items, sizeof *s->item_degree);
    s->topic = arena_new(&s->memory, s->n_items, sizeof *s->topic);
    s->brand = arena_new(&s->memory, s->n_items, sizeof *s->brand);
    rc = arena_check(&s->memory, e);
    if (rc == 0)
        rc = deal(s->user_degree, s->n_users, o->users, o->interactions,
            user_cap(o), o->activity, o, SYNTH_USER_RANK, e);
    if (rc == 0)
        rc = deal(s->item_degree, s->n_items, o->items, o->interactions,
            item_cap(o), o->popularity, o, SYNTH_ITEM_RANK, e);
    if (rc == 0)
        rc = draw_topics(s, e);
    if (rc)
        synth_free(s);
    return rc;
}

void
synth_free(struct synth *s)
{
    arena_free(&s->memory);
    *s = (struct synth){0};
}

/* prefix and `digits` base-36 digits of a random, hence unique, number. */
static char *
make_id(const char *prefix, int digits, int64_t i, int64_t seed,
    enum synth_draw what, char *buf)
{
    static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int64_t n = 1;
    for (int k = 0; k < digits; k++)
        n *= 36;
    int64_t x = rng_permute(n, i, (uint64_t)seed, RNG_SYNTH, what);
    size_t len = strlen(prefix);
    memcpy(buf, prefix, len);
    buf[len + (size_t)digits] = 0;
    for (int k = digits - 1; k >= 0; k--, x /= 36)
        buf[len + (size_t)k] = digit[x % 36];
    return buf;
}

char *
synth_user_id(const struct synth *s, int64_t i, char *buf)
{
    return make_id("A", 11, i, s->opt.seed, SYNTH_USER_ID, buf);
}

char *
synth_item_id(const struct synth *s, int64_t i, char *buf)
{
    return make_id("B00", 7, i, s->opt.seed, SYNTH_ITEM_ID, buf);
}
