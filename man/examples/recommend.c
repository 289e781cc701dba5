/*
 * Recommends to users whose ids stand on standard input, one a line:
 *
 *   cc -o recommend recommend.c $(pkg-config --cflags --libs stair)
 *   printf 'u1\nu2\n' | ./recommend data.npz model.npz
 */
#include <stair.h>

#include <stdio.h>
#include <string.h>

enum { LIST = 5 };

int
main(int argc, char **argv)
{
    struct stair *s;
    struct stair_error error;
    char id[258];
    if (argc != 3) {
        fprintf(stderr, "usage: recommend DATA MODEL <IDS\n");
        return 2;
    }
    if (stair_open(&s, argv[1], argv[2], 1, &error)) {
        fprintf(stderr, "recommend: %s\n", error.message);
        return 1;
    }
    while (fgets(id, sizeof id, stdin)) {
        id[strcspn(id, "\r\n")] = 0;
        int64_t user = stair_find_user(s, id, -1), item[LIST];
        float score[LIST];
        if (user < 0) {
            fprintf(stderr, "recommend: unknown user '%s'\n", id);
            continue;
        }
        if (stair_recommend(s, &user, 1, LIST, NULL, 0, item, score, &error)) {
            fprintf(stderr, "recommend: %s\n", error.message);
            stair_close(s);
            return 1;
        }
        for (int r = 0; r < LIST && item[r] >= 0; r++) {
            int64_t length;
            const char *name = stair_item_id(s, item[r], &length);
            printf("%s\t%d\t%.*s\t%.9g\n", id, r + 1, (int)length, name,
                (double)score[r]);
        }
    }
    stair_close(s);
    return 0;
}
