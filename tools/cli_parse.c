#include "tools/cli.h"

#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/io/xio.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Removes unfinished files, then dies of the same signal. */
static void
on_signal(int sig)
{
    xout_unlink_all();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void
catch_signals(void)
{
    static const int sigs[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction act = {.sa_handler = on_signal}, old;
    sigemptyset(&act.sa_mask);
    for (int i = 0; i < 3; i++)
        if (!sigaction(sigs[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(sigs[i], &act, NULL);
}

/* A closed standard stream must not become the number of a data file: it is
 * replaced by something that refuses to be read or written. */
static void
guard_streams(void)
{
    static const int flags[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", flags[fd]) != fd)
                _exit(1);
}

/* 1 if a number is still what no command line can set: there is no default, or
 * it depends and the help says on what. */
static int
is_open(const struct cli_option *o)
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
    if (is_open(o))
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

/* Prints what does not fit into a line up to a '|', and returns the rest. */
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
static void
print_help(const struct cli *io)
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

static void
bad_value(struct cli *io, const struct cli_option *o, const char *text,
    const char *why)
{
    cli_usage(io, "option '--%s': '%s' %s", o->name, text, why);
}

static void
check_range(
    struct cli *io, const struct cli_option *o, const char *text, double v)
{
    if (isnan(v) || v < o->min || (o->open_min && v <= o->min) || v > o->max) {
        char why[128];
        snprintf(why, sizeof why, "is not in %g%s..%g", o->min,
            o->open_min ? " (excluded)" : "", o->max);
        bad_value(io, o, text, why);
    }
}

static int64_t
parse_int(struct cli *io, const struct cli_option *o, const char *text)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        bad_value(io, o, text, "is not a whole number");
    check_range(io, o, text, (double)v);
    return v;
}

static double
parse_real(struct cli *io, const struct cli_option *o, const char *text)
{
    char *end;
    errno = 0;
    double v = strtod(text, &end);
    if (end == text || *end)
        bad_value(io, o, text, "is not a number");
    check_range(io, o, text, v);
    return v;
}

static int
is_choice(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = choices; p;) {
        const char *bar = strchr(p, '|');
        size_t k = bar ? (size_t)(bar - p) : strlen(p);
        if (k == n && memcmp(p, word, n) == 0)
            return 1;
        p = bar ? bar + 1 : NULL;
    }
    return 0;
}

/* A second, different value for the same option is a mistake, not an order. */
static void
assign(struct cli *io, const struct cli_option *o, const char *text, int seen)
{
    int differs = 0;
    switch (o->type) {
    case CLI_FLAG:
        *(int *)o->to = 1;
        break;
    case CLI_INT: {
        int64_t v = parse_int(io, o, text), *to = o->to;
        differs = *to != v;
        *to = v;
        break;
    }
    case CLI_REAL: {
        double v = parse_real(io, o, text), *to = o->to;
        differs = *to < v || *to > v;
        *to = v;
        break;
    }
    case CLI_CHOICE:
        if (!is_choice(o->arg, text)) {
            char why[512];
            snprintf(why, sizeof why, "is none of %s", o->arg);
            bad_value(io, o, text, why);
        }
        /* fall through */
    case CLI_TEXT: {
        const char **to = o->to;
        differs = !*to || strcmp(*to, text) != 0;
        if (!*text)
            bad_value(io, o, text, "is empty");
        *to = text;
        break;
    }
    case CLI_LIST: {
        struct cli_list *l = o->to;
        if (l->n == CLI_LIST_MAX)
            cli_usage(io, "option '--%s' is given too often", o->name);
        l->item[l->n++] = text;
        break;
    }
    }
    if (seen && differs)
        cli_usage(
            io, "option '--%s' is given twice with different values", o->name);
}

enum { MAX_OPTIONS = 64, LONG_BASE = 256, HIDDEN = 1 };

/* "-:3" is standard input and a number, not an option. getopt must not see its
 * dash; it may move the words meanwhile, so they are found again by the mark.
 * Returns how many there are. */
static int
hide_stdin(struct cli *io, int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "-:", 2) != 0)
            continue;
        argv[i] = strdup(argv[i]);
        if (!argv[i])
            cli_die(io, "out of memory");
        argv[i][0] = HIDDEN;
        n++;
    }
    return n;
}

static void
show_stdin(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == HIDDEN && argv[i][1] == ':')
            argv[i][0] = '-';
}

void
cli_parse(struct cli *io, int argc, char **argv)
{
    guard_streams();
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit fails as on a full disk */
    io->started = clock_seconds();
    io->argc = argc;
    io->argv = argv;
    if (!io->out)
        io->out = "-";
    if (!io->threads)
        io->threads = exec_cpus();

    struct option longs[MAX_OPTIONS + 5] = {{0}};
    char shorts[2 * MAX_OPTIONS + 8] = ":hVqv";
    int n = 0;
    for (; io->table[n].name; n++) {
        const struct cli_option *o = &io->table[n];
        longs[n] = (struct option){o->name,
            o->type == CLI_FLAG ? no_argument : required_argument, NULL,
            LONG_BASE + n};
        if (o->letter) {
            char s[3] = {(char)o->letter, o->type == CLI_FLAG ? 0 : ':', 0};
            strcat(shorts, s);
        }
    }
    longs[n] = (struct option){"help", no_argument, NULL, 'h'};
    longs[n + 1] = (struct option){"version", no_argument, NULL, 'V'};
    longs[n + 2] = (struct option){"quiet", no_argument, NULL, 'q'};
    longs[n + 3] = (struct option){"verbose", no_argument, NULL, 'v'};

    int seen[MAX_OPTIONS] = {0}, c, hidden = hide_stdin(io, argc, argv);
    opterr = 0;
    while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const char *word = argv[optind - 1];
        int row = c - LONG_BASE;
        switch (c) {
        case 'h':
            print_help(io);
            exit(cli_finish(io));
        case 'V':
            cli_version(io);
            exit(cli_finish(io));
        case 'q':
            io->quiet = 1;
            continue;
        case 'v':
            io->verbose = 1;
            continue;
        case ':':
            cli_usage(io, "option '%s' needs a value", word);
        case '?':
            if (optopt && strncmp(word, "--", 2) == 0)
                cli_usage(io, "option '%s' takes no value", word);
            if (optopt)
                cli_usage(io, "unknown option '-%c' (see --help)", optopt);
            cli_usage(
                io, "unknown or ambiguous option '%s' (see --help)", word);
        }
        if (row < 0)
            for (row = 0; io->table[row].letter != c; row++)
                ;
        assign(io, &io->table[row], optarg, seen[row]);
        seen[row] = 1;
    }
    if (hidden)
        show_stdin(argc, argv);
    io->arg = argv + optind;
    io->n_args = argc - optind;
    if (io->n_args < io->min_args)
        cli_usage(io, "expected %s (see --help)", io->operands);
    if (io->max_args >= 0 && io->n_args > io->max_args)
        cli_usage(
            io, "unexpected operand '%s' (see --help)", io->arg[io->max_args]);
    catch_signals();
}

char *
cli_options_text(struct cli *io)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        cli_die(io, "out of memory");
    const char *sep = "";
    for (const struct cli_option *o = io->table; o->name; o++) {
        if (!o->changes || is_open(o))
            continue;
        switch (o->type) {
        case CLI_FLAG:
            if (*(int *)o->to)
                fprintf(f, "%s--%s", sep, o->name);
            else
                continue;
            break;
        case CLI_INT:
            fprintf(f, "%s--%s=%" PRId64, sep, o->name, *(int64_t *)o->to);
            break;
        case CLI_REAL:
            fprintf(f, "%s--%s=%.9g", sep, o->name, *(double *)o->to);
            break;
        case CLI_TEXT:
        case CLI_CHOICE:
            if (!*(const char **)o->to)
                continue;
            fprintf(f, "%s--%s=%s", sep, o->name, *(const char **)o->to);
            break;
        case CLI_LIST: {
            const struct cli_list *l = o->to;
            if (!l->n)
                continue;
            for (int i = 0; i < l->n; i++)
                fprintf(f, "%s--%s=%s", i ? " " : sep, o->name, l->item[i]);
            break;
        }
        }
        sep = " ";
    }
    if (io->outcome)
        fprintf(f, "%s%s", sep, io->outcome);
    int full = ferror(f);
    if (fclose(f) || full || !text)
        cli_die(io, "out of memory");
    /* tabs and newlines separate fields and lines of the history */
    for (char *p = text; *p; p++)
        if (*p == '\t' || *p == '\n' || *p == '\r')
            *p = ' ';
    return text;
}

char *
cli_history(struct cli *io)
{
    char *options = cli_options_text(io);
    char *text =
        hist_text(&io->hist, io->tool, cli_release(), options, &io->err);
    free(options);
    if (!text)
        cli_die(io, "%s", io->err.msg);
    return text;
}
