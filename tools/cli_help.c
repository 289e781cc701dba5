#include "tools/cli_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int
cli_is_open(const struct cli_option *o)
{
    if (o->type == CLI_INT)
        return (double)*(const int64_t *)o->to < o->min;
    return o->type == CLI_REAL && isnan(*(const double *)o->to);
}

/* " [default]" or nothing. */
static void
default_text(const struct cli_option *o, char *buf, size_t cap)
{
    const char *word;
    *buf = 0;
    if (cli_is_open(o))
        return;
    switch (o->type) {
    case CLI_INT:
        snprintf(buf, cap, " [%" PRId64 "]", *(const int64_t *)o->to);
        break;
    case CLI_REAL:
        snprintf(buf, cap, " [%g]", *(const double *)o->to);
        break;
    case CLI_TEXT:
    case CLI_CHOICE:
        word = *(const char *const *)o->to;
        if (word)
            snprintf(buf, cap, " [%s]", word);
        break;
    case CLI_FLAG:
    case CLI_LIST:
        break;
    }
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
        char help[1024], value[256];
        default_text(o, value, sizeof value);
        snprintf(help, sizeof help, "%s%s", o->help, value);
        print_row(o->letter, o->name, o->arg, help);
    }
    print_row('q', "quiet", NULL, "say nothing but errors");
    print_row('v', "verbose", NULL, "say more; end with time and memory");
    print_row('h', "help", NULL, "print this and exit");
    print_row('V', "version", NULL, "print version and build, and exit");
    if (io->examples)
        printf("\nexamples:\n%s\n", io->examples);
}
