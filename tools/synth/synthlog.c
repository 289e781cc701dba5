#include "tools/synth/synthlog.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    MAX_TOPICS = 5, /* a user's */
    BRAND_TRIES = 4,
    TRIES = 64,
    EXCHANGES = 4096
};

static const int64_t first_second = 1262304000, /* 2010-01-01 */
    last_second = 1406073600;                   /* 2014-07-23 */

struct market {
    const struct synth *s;
    struct arena memory;
    uint64_t seed;
    int64_t *row;    /* [n_users + 1]: where a user's items start */
    int32_t *bought; /* [interactions] */
    int32_t *ticket; /* [interactions], grouped by topic */
    int64_t *start;  /* [topics]: of a topic's tickets */
    int64_t *left;   /* [topics]: how many of them remain */
    int64_t *tree;   /* [topics + 1]: Fenwick sums of left */
    int64_t top;     /* largest power of two <= topics */
    int64_t total;   /* tickets that remain */
};

/* A user's own random numbers, one after another. */
struct dice {
    uint64_t seed, index;
    enum synth_draw what;
    uint32_t draw;
};

static int64_t
roll(struct dice *d, int64_t n)
{
    return rng_below(n, d->seed, RNG_SYNTH, d->what, d->index, d->draw++);
}

static double
chance(struct dice *d)
{
    return rng_uniform(d->seed, RNG_SYNTH, d->what, d->index, d->draw++);
}

static void
add(struct market *m, int64_t topic, int64_t by)
{
    m->left[topic] += by;
    m->total += by;
    for (int64_t k = topic + 1; k <= m->s->opt.topics; k += k & -k)
        m->tree[k] += by;
}

/* A topic in proportion to the tickets that are left. */
static int64_t
any_topic(const struct market *m, struct dice *d)
{
    int64_t x = roll(d, m->total), k = 0;
    for (int64_t step = m->top; step > 0; step /= 2)
        if (k + step <= m->s->opt.topics && m->tree[k + step] <= x) {
            k += step;
            x -= m->tree[k];
        }
    return k;
}

/* any_topic among the topics of one category; -1 if nothing is left there. */
static int64_t
sibling(const struct market *m, int64_t topic, struct dice *d)
{
    int64_t from = topic - topic % SYNTH_PER_CATEGORY;
    int64_t to = from + SYNTH_PER_CATEGORY, sum = 0;
    if (to > m->s->opt.topics)
        to = m->s->opt.topics;
    for (int64_t k = from; k < to; k++)
        sum += m->left[k];
    if (sum == 0)
        return -1;
    int64_t x = roll(d, sum), k = from;
    for (; x >= m->left[k]; k++)
        x -= m->left[k];
    return k;
}

static int
owns(const struct market *m, int64_t user, int64_t n, int32_t item)
{
    for (int64_t k = 0; k < n; k++)
        if (m->bought[m->row[user] + k] == item)
            return 1;
    return 0;
}

static int32_t
take(struct market *m, int64_t topic, int64_t at)
{
    int32_t *t = m->ticket + m->start[topic];
    int32_t item = t[at];
    t[at] = t[m->left[topic] - 1];
    add(m, topic, -1);
    return item;
}

/* An item of this topic that the user lacks, of a liked brand if one turns up
 * early; -1 if none does. */
static int32_t
draw_item(struct market *m, int64_t user, int64_t n, int64_t topic,
    const int64_t liked[2], struct dice *d)
{
    int64_t found = -1;
    for (int k = 0; k < 2 * BRAND_TRIES; k++) {
        int64_t at = roll(d, m->left[topic]);
        int32_t item = m->ticket[m->start[topic] + at];
        if (owns(m, user, n, item))
            continue;
        if (found < 0)
            found = at;
        int32_t brand = m->s->brand[item];
        if (brand == liked[0] || brand == liked[1]) {
            found = at;
            break;
        }
        if (k >= BRAND_TRIES)
            break;
    }
    return found < 0 ? -1 : take(m, topic, found);
}

/* Only items that this user has seem to be left. An earlier user takes one of
 * them and hands over an item that this user lacks. */
static int32_t
exchange(struct market *m, int64_t user, int64_t n, struct dice *d)
{
    int64_t topic = any_topic(m, d);
    int32_t mine = m->ticket[m->start[topic]];
    for (int k = 0; k < EXCHANGES && user > 0; k++) {
        int64_t other = roll(d, user), have = m->s->user_degree[other];
        if (have == 0 || owns(m, other, have, mine))
            continue;
        int64_t at = m->row[other] + roll(d, have);
        int32_t theirs = m->bought[at];
        if (owns(m, user, n, theirs))
            continue;
        m->bought[at] = mine;
        take(m, topic, 0);
        return theirs;
    }
    return -1;
}

static int
shop(struct market *m, int64_t user, struct err *e)
{
    struct dice d = {m->seed, (uint64_t)user, SYNTH_PURCHASE, 0};
    int64_t degree = m->s->user_degree[user];
    int64_t topic[MAX_TOPICS],
        n_topics = 2 + (degree > 8) + (degree > 20) + (degree > 60);
    for (int64_t k = 0; k < n_topics; k++) {
        int64_t near =
            k > 0 && chance(&d) < 0.5 ? sibling(m, topic[0], &d) : -1;
        topic[k] = near >= 0 ? near : any_topic(m, &d);
    }
    int64_t liked[2] = {roll(&d, m->s->n_brands), roll(&d, m->s->n_brands)};
    for (int64_t n = 0; n < degree; n++) {
        int64_t t = chance(&d) < m->s->opt.taste ? topic[roll(&d, n_topics)]
                                                 : any_topic(m, &d);
        int32_t item =
            m->left[t] > 0 ? draw_item(m, user, n, t, liked, &d) : -1;
        for (int k = 0; item < 0 && k < TRIES; k++)
            item = draw_item(m, user, n, any_topic(m, &d), liked, &d);
        if (item < 0)
            item = exchange(m, user, n, &d);
        if (item < 0)
            return err_set(e, ERR_RANGE,
                "the interactions do not fit between %" PRId64
                " users and %" PRId64 " items: ask for fewer",
                m->s->opt.users, m->s->opt.items);
        m->bought[m->row[user] + n] = item;
    }
    return 0;
}

/* Fewer than core items for a fringe user, half of them of the fringe too. */
static int64_t
browse(const struct market *m, int64_t user, const int32_t *fringe,
    int64_t n_fringe, int32_t *item)
{
    struct dice d = {m->seed, (uint64_t)user, SYNTH_FRINGE, 0};
    int64_t want = 1 + roll(&d, m->s->opt.core - 1), n = 0;
    for (int64_t k = 0; k < want; k++) {
        int32_t x = n_fringe && chance(&d) < 0.5
                        ? fringe[roll(&d, n_fringe)]
                        : m->bought[roll(&d, m->s->opt.interactions)];
        int seen = 0;
        for (int64_t j = 0; j < n; j++)
            seen |= item[j] == x;
        if (!seen)
            item[n++] = x;
    }
    return n;
}

static int
open_market(struct market *m, struct err *e)
{
    const struct synth *s = m->s;
    int64_t n = s->opt.interactions, topics = s->opt.topics;
    m->row = arena_new(&m->memory, s->n_users + 1, sizeof *m->row);
    m->bought = arena_new(&m->memory, n, sizeof *m->bought);
    m->ticket = arena_new(&m->memory, n, sizeof *m->ticket);
    m->start = arena_zero(&m->memory, topics + 1, sizeof *m->start);
    m->left = arena_zero(&m->memory, topics, sizeof *m->left);
    m->tree = arena_zero(&m->memory, topics + 1, sizeof *m->tree);
    int rc = arena_check(&m->memory, e);
    if (rc)
        return rc;
    m->row[0] = 0;
    for (int64_t u = 0; u < s->n_users; u++)
        m->row[u + 1] = m->row[u] + s->user_degree[u];
    for (int64_t i = 0; i < s->n_items; i++)
        m->start[s->topic[i] + 1] += s->item_degree[i];
    for (int64_t k = 0; k < topics; k++)
        m->start[k + 1] += m->start[k];
    for (int64_t i = 0; i < s->n_items; i++)
        for (int64_t k = 0; k < s->item_degree[i]; k++) {
            int64_t t = s->topic[i];
            m->ticket[m->start[t] + m->left[t]++] = (int32_t)i;
        }
    for (m->top = 1; m->top * 2 <= topics;)
        m->top *= 2;
    for (int64_t k = 0; k < topics; k++) {
        int64_t count = m->left[k];
        m->left[k] = 0;
        add(m, k, count);
    }
    return 0;
}

static int
by_time(const void *pa, const void *pb)
{
    const struct synthlog_row *a = pa, *b = pb;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->user != b->user)
        return a->user < b->user ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

/* A user joins some day; from then on purchases fall anywhere. */
static int
put(struct synthlog *log, int64_t *cap, const struct market *m, int64_t user,
    const int32_t *item, int64_t n, struct err *e)
{
    struct dice d = {m->seed, (uint64_t)user, SYNTH_TIME, 0};
    int rc = mem_grow(&log->row, cap, log->n + n, sizeof *log->row, e);
    if (rc)
        return rc;
    int64_t joined = first_second + roll(&d, last_second - first_second);
    for (int64_t k = 0; k < n; k++)
        log->row[log->n++] = (struct synthlog_row){
            (uint32_t)(joined + roll(&d, last_second - joined)), (int32_t)user,
            item[k]};
    return 0;
}

int
synthlog_make(struct synthlog *log, const struct synth *s, struct err *e)
{
    *log = (struct synthlog){0};
    struct market m = {.s = s, .seed = (uint64_t)s->opt.seed};
    int64_t cap = 0, n_fringe = 0;
    int32_t *fringe = arena_new(&m.memory, s->n_items, sizeof *fringe);
    int32_t *few = arena_new(&m.memory, s->opt.core, sizeof *few);
    int rc = open_market(&m, e);
    for (int64_t u = 0; rc == 0 && u < s->n_users; u++)
        rc = shop(&m, u, e);
    for (int64_t i = 0; rc == 0 && i < s->n_items; i++)
        if (s->item_degree[i] == 0)
            fringe[n_fringe++] = (int32_t)i;
    for (int64_t u = 0; rc == 0 && u < s->n_users; u++) {
        const int32_t *item = m.bought + m.row[u];
        int64_t n = s->user_degree[u];
        if (n == 0) {
            n = browse(&m, u, fringe, n_fringe, few);
            item = few;
        }
        rc = put(log, &cap, &m, u, item, n, e);
    }
    if (rc == 0)
        qsort(log->row, (size_t)log->n, sizeof *log->row, by_time);
    arena_free(&m.memory);
    if (rc)
        synthlog_free(log);
    return rc;
}

void
synthlog_free(struct synthlog *log)
{
    free(log->row);
    *log = (struct synthlog){0};
}
