#include "tools/cli_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *
cli_value(const struct cli_option *o, int digits, char room[CLI_ROOM])
{
    const int64_t *whole = o->to;
    const double *real = o->to;
    switch (o->type) {
    case CLI_INT:
        snprintf(room, CLI_ROOM, "%" PRId64, *whole);
        return (double)*whole < o->min ? NULL : room;
    case CLI_REAL:
        snprintf(room, CLI_ROOM, "%.*g", digits, *real);
        return isnan(*real) ? NULL : room;
    case CLI_TEXT:
    case CLI_CHOICE:
        return *(const char *const *)o->to;
    case CLI_FLAG:
    case CLI_LIST:
        break;
    }
    return NULL;
}

enum { LEFT = 26, WIDTH = 80 };

/* Breaks a long list of choices behind a '|'; returns the last line's part. */
static const char *
print_choices(const char *left)
{
    while (strlen(left) > WIDTH - 2) {
        int len = WIDTH - 2;
        while (len > 0 && left[len - 1] != '|')
            len--;
        if (len == 0)
            break;
        printf("  %.*s\n      ", len, left);
        left += len;
    }
    return left;
}

/* The option on the left, its help on the right, broken between words. */
static void
print_row(int letter, const char *name, const char *arg, const char *help)
{
    char left[256];
    int n = letter ? snprintf(left, sizeof left, "-%c, --%s", letter, name)
                   : snprintf(left, sizeof left, "    --%s", name);
    if (arg)
        snprintf(left + n, sizeof left - (size_t)n, " %s", arg);
    const char *end = print_choices(left);
    printf("  %-*s", end > left ? 0 : LEFT, end);
    int at = end > left || strlen(end) > LEFT ? WIDTH : LEFT + 2;
    while (*help) {
        int len = (int)strcspn(help, " ");
        if (at + 2 + len > WIDTH) {
            printf("\n%*s", LEFT + 4, "");
            at = LEFT + 4;
        } else {
            int gap = at == LEFT + 2 ? 2 : 1;
            printf("%*s", gap, "");
            at += gap;
        }
        printf("%.*s", len, help);
        at += len;
        help += len + (help[len] == ' ');
    }
    putchar('\n');
}

/* In one piece: then the reason for which it cannot be written is known. */
void
cli_help(const struct cli *io)
{
    static char page[1 << 16];
    setvbuf(stdout, page, _IOFBF, sizeof page);
    printf("usage: %s [options]%s%s\n\n%s\n\noptions (defaults in brackets):\n",
        io->tool, *io->operands ? " " : "", io->operands, io->summary);
    for (const struct cli_option *o = io->table; o->name; o++) {
        char help[1024], room[CLI_ROOM];
        const char *value = cli_value(o, 6, room);
        snprintf(help, sizeof help, value ? "%s [%s]" : "%s", o->help, value);
        print_row(o->letter, o->name, o->arg, help);
    }
    print_row('q', "quiet", NULL, "say nothing but errors");
    print_row('v', "verbose", NULL, "say more; end with time and memory");
    print_row('h', "help", NULL, "print this and exit");
    print_row('V', "version", NULL, "print version and build, and exit");
    if (io->examples)
        printf("\nexamples:\n%s\n", io->examples);
}
