/* Every function of stair.h with good and with bad arguments: every DATA
 * VECTORS GRAPH. Prints a line for what is wrong, exits 1 then. */
#include <stair.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad;

static void
check(int good, const char *what)
{
    if (!good)
        printf("not ok - %s\n", what);
    bad |= !good;
}

static void
check_error(int got, int code, const struct stair_error *e, const char *message)
{
    check(got == code && strcmp(e->message, message) == 0, message);
    if (strcmp(e->message, message) != 0)
        printf("#  got: %s\n", e->message);
}

enum { K = 4 };

static void
check_ids(const struct stair *s)
{
    int64_t n;
    const char *id = stair_item_id(s, 3, &n);
    check(stair_find_item(s, id, n) == 3, "an item's id and back");
    id = stair_user_id(s, 2, &n);
    check(stair_find_user(s, id, n) == 2, "a user's id and back");
    char text[300];
    snprintf(text, sizeof text, "%.*s", (int)n, id);
    check(stair_find_user(s, text, -1) == 2, "an id that ends in a NUL");
    check(stair_find_item(s, text, -1) == -1, "a user is no item");
    check(stair_find_user(s, text, n - 1) == -1, "a part of an id");
}

/* At most one of a group, none of the first half; arrays go at once. */
static struct stair_offer *
half_of_the_items(const struct stair *s)
{
    struct stair_error e;
    int64_t n = stair_items(s);
    unsigned char *offered = malloc((size_t)n);
    int32_t *group = malloc((size_t)n * sizeof *group);
    for (int64_t i = 0; i < n; i++) {
        offered[i] = i >= n / 2;
        group[i] = (int32_t)(i % 3) - 1;
    }
    struct stair_filter f = {offered, group, 1, 0};
    struct stair_offer *o;
    check(stair_offer_make(&o, s, &f, &e) == 0, "an offer");
    f.group = NULL;
    struct stair_offer *none = o;
    check_error(stair_offer_make(&none, s, &f, &e), STAIR_RANGE, &e,
        "a cap needs groups");
    check(!none, "no offer after a failure");
    f.cap = -1;
    check_error(stair_offer_make(&none, s, &f, &e), STAIR_RANGE, &e,
        "a cap or a number of places is below 0");
    free(offered);
    free(group);
    return o;
}

/* Users in one call have the lists that each has alone; what they have may come
 * in any order and more than once; who has nothing gets the popular ones. */
static void
check_history(struct stair *s)
{
    struct stair_error e;
    int64_t first[4] = {0, 3, 3, 7}, had[7] = {7, 2, 5, 5, 7, 2, 7};
    int64_t item[3 * K], one[K];
    float score[3 * K], of_one[K];
    check(!stair_history(s, first, had, 3, K, NULL, 0, item, score, &e),
        "histories");
    check(!memcmp(item, item + 2 * K, K * sizeof *item) &&
              !memcmp(score, score + 2 * K, K * sizeof *score),
        "the order of what a user has");
    check(item[K] >= 0 && score[K] == 0, "a user who has nothing");
    for (int p = 0; p < K; p++)
        check(item[p] != 7 && item[p] != 2 && item[p] != 5, "what a user has");
    check(!stair_history(s, first, had, 1, K, NULL, 0, one, of_one, &e) &&
              !memcmp(one, item, sizeof one) &&
              !memcmp(of_one, score, sizeof of_one),
        "a history alone");
    had[1] = stair_items(s);
    check(stair_history(s, first, had, 3, K, NULL, 0, item, score, &e) ==
              STAIR_RANGE,
        "an item out of range");
    had[1] = 2;
    first[1] = 9;
    check_error(stair_history(s, first, had, 3, K, NULL, 0, item, score, &e),
        STAIR_RANGE, &e, "what user 1 has ends before it begins");
}

static void
check_lists(struct stair *s)
{
    struct stair_error e;
    int64_t items = stair_items(s), user[3] = {5, 0, 5}, item[3 * K];
    float score[3 * K];
    check(!stair_recommend(s, user, 3, K, NULL, 0, item, score, &e), "lists");
    check(!memcmp(item, item + 2 * K, K * sizeof *item) &&
              !memcmp(score, score + 2 * K, K * sizeof *score),
        "a list does not depend on the others");
    for (int r = 0; r + 1 < K; r++)
        check(score[r] >= score[r + 1], "best first");
    struct stair_offer *o = half_of_the_items(s);
    check(!stair_recommend(s, user, 3, K, o, 1, item, score, &e), "an offer");
    for (int p = 0; p < 3 * K; p++) {
        check(item[p] == -1 || item[p] >= items / 2, "what is not offered");
        check(item[p] != -1 || score[p] == 0, "score 0 behind the end");
        for (int q = p / K * K; q < p; q++)
            check(item[p] < 0 || item[p] % 3 == 0 || item[p] % 3 != item[q] % 3,
                "one of a group");
    }
    check(!stair_similar(s, user, 3, K, o, 0, item, score, &e), "similar");
    for (int p = 0; p < 3 * K; p++)
        check(
            item[p] == -1 || item[p] >= items / 2, "similar ones of an offer");
    stair_offer_free(o);
    check(!stair_recommend(s, user, 0, K, NULL, 0, NULL, NULL, &e), "nobody");
    check_history(s);
    int64_t long_list = items + 7,
            *all = malloc((size_t)long_list * sizeof *all);
    float *of = malloc((size_t)long_list * sizeof *of);
    check(!stair_recommend(s, user, 1, long_list, NULL, 1, all, of, &e) &&
              all[items - 1] >= 0 && all[items] == -1 &&
              all[long_list - 1] == -1,
        "more than there are");
    free(all);
    free(of);
    user[1] = stair_users(s);
    char message[99];
    snprintf(message, sizeof message, "index %d is outside 0..%d", (int)user[1],
        (int)user[1] - 1);
    check_error(stair_recommend(s, user, 3, K, NULL, 0, item, score, &e),
        STAIR_RANGE, &e, message);
    check_error(stair_recommend(s, user, 3, 0, NULL, 0, item, score, &e),
        STAIR_RANGE, &e, "3 lists of 0 items cannot be made");
    check(stair_recommend(s, user, 3, 0, NULL, 0, item, score, NULL) ==
              STAIR_RANGE,
        "nobody reads the message");
}

int
main(int argc, char **argv)
{
    struct stair *s, *t;
    struct stair_error e;
    if (argc != 4)
        return 2;
    check_error(stair_open(&s, argv[1], argv[2], 0, &e), STAIR_RANGE, &e,
        "0 threads cannot do anything");
    check(!s, "nothing is open after a failure");
    check(stair_open(&s, "none", argv[2], 1, NULL) == STAIR_IO, "no file");
    check(stair_open(&s, argv[2], argv[1], 1, &e) == STAIR_FORMAT &&
              strstr(e.message, "is a model, not a dataset"),
        "files the other way round");
    stair_close(NULL);
    stair_offer_free(NULL);
    check(strlen(stair_version()) > 4, "a version");
    check(!stair_open(&s, argv[1], argv[2], 1, &e), "open");
    check(!stair_open(&t, argv[1], argv[3], 3, &e), "a second one");
    check(stair_users(s) == stair_users(t) && stair_users(s) > 9, "users");
    check(stair_items(s) == stair_items(t) && stair_items(s) > 9, "items");
    check_ids(s);
    check_lists(s);
    check_lists(t);
    int64_t of = 1, item[2];
    float score[2];
    check(!stair_similar(s, &of, 1, 2, NULL, 1, item, score, &e) &&
              item[0] != 1 && item[1] != 1,
        "inner products, without the item itself");
    stair_close(s);
    stair_close(t);
    return bad;
}
