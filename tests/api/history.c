/* Lists for users who are read as lines of user, tab, item, those of a user one
 * after the other: history DATA MODEL <LINES. */
#include <stair.h>

#include <stdio.h>
#include <string.h>

enum { LIST = 5, USERS = 1000, PAIRS = 10000 };
static char name[USERS][64];
static int64_t first[USERS + 1], had[PAIRS], item[USERS * LIST];
static float score[USERS * LIST];

int
main(int argc, char **argv)
{
    struct stair *s;
    struct stair_error e;
    char line[128];
    int64_t n = 0, pairs = 0;
    if (argc != 3)
        return 2;
    if (stair_open(&s, argv[1], argv[2], 2, &e)) {
        fprintf(stderr, "history: %s\n", e.message);
        return 1;
    }
    while (fgets(line, sizeof line, stdin) && pairs < PAIRS) {
        char *tab = strchr(line, '\t');
        if (!tab)
            return 1;
        *tab = 0;
        tab[1 + strcspn(tab + 1, "\n")] = 0;
        if (!n || strcmp(name[n - 1], line) != 0)
            snprintf(name[n++], sizeof name[0], "%.63s", line);
        had[pairs++] = stair_find_item(s, tab + 1, -1);
        first[n] = pairs;
    }
    if (stair_history(s, first, had, n, LIST, NULL, 0, item, score, &e)) {
        fprintf(stderr, "history: %s\n", e.message);
        stair_close(s);
        return 1;
    }
    for (int64_t p = 0; p < n * LIST; p++) {
        int64_t length;
        if (item[p] < 0)
            continue;
        const char *id = stair_item_id(s, item[p], &length);
        printf("%s\t%d\t%.*s\t%.9g\n", name[p / LIST], (int)(p % LIST) + 1,
            (int)length, id, (double)score[p]);
    }
    stair_close(s);
    return 0;
}
