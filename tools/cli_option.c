#include "tools/cli.h"

static struct cli_option
row(enum cli_type type, const char *name, const char *arg, void *to,
    const char *help)
{
    return (struct cli_option){
        .name = name, .arg = arg, .type = type, .to = to, .help = help};
}

struct cli_option
cli_flag(const char *name, int *to, const char *help)
{
    return row(CLI_FLAG, name, NULL, to, help);
}

static struct cli_option
number(struct cli_option o, double min, double max)
{
    o.min = min;
    o.max = max;
    return o;
}

struct cli_option
cli_int(const char *name, const char *arg, int64_t *to, double min, double max,
    const char *help)
{
    return number(row(CLI_INT, name, arg, to, help), min, max);
}

struct cli_option
cli_real(const char *name, const char *arg, double *to, double min, double max,
    const char *help)
{
    return number(row(CLI_REAL, name, arg, to, help), min, max);
}

struct cli_option
cli_text(const char *name, const char *arg, const char **to, const char *help)
{
    return row(CLI_TEXT, name, arg, to, help);
}

struct cli_option
cli_choice(
    const char *name, const char *words, const char **to, const char *help)
{
    return row(CLI_CHOICE, name, words, to, help);
}

struct cli_option
cli_texts(
    const char *name, const char *arg, struct cli_list *to, const char *help)
{
    return row(CLI_LIST, name, arg, to, help);
}

struct cli_option
cli_file(const char *name, const char **to, const char *help)
{
    return cli_text(name, "FILE", to, help);
}

struct cli_option
cli_letter(int letter, struct cli_option o)
{
    o.letter = letter;
    return o;
}

struct cli_option
cli_above(struct cli_option o)
{
    o.open_min = 1;
    return o;
}

struct cli_option
cli_changing(struct cli_option o)
{
    o.changes = 1;
    return o;
}
