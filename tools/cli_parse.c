#include "tools/cli_priv.h"

#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/base/near.h"
#include "lib/io/xio.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

/* Exits 2 if the word is none of the choices. */
static void
check_choice(struct cli *io, const struct cli_option *o, const char *word)
{
    struct near near = near_to(text_of(word));
    for (const char *p = o->arg; p;) {
        const char *bar = strchr(p, '|');
        struct text choice = {p, bar ? bar - p : (int64_t)strlen(p)};
        if (text_same(choice, near.typed))
            return;
        near_try(&near, choice);
        p = bar ? bar + 1 : NULL;
    }
    if (near.best.s)
        cli_usage(io,
            "option '--%s': '%s' is none of %s (did you mean '%.*s'?)", o->name,
            word, o->arg, (int)near.best.n, near.best.s);
    cli_usage(io, "option '--%s': '%s' is none of %s", o->name, word, o->arg);
}

/* A second, different value for the same option is an error. */
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
        check_choice(io, o, text);
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

enum { MAX_OPTIONS = 64, COMMON = 4, LONG_BASE = 256, HIDDEN = 1 };

/* The table, and the options of all tools, as getopt_long wants them. */
struct getopt_tables {
    struct option longs[MAX_OPTIONS + COMMON + 1];
    char shorts[2 * MAX_OPTIONS + 8];
};

static void
fill_tables(struct getopt_tables *t, const struct cli *io)
{
    static const struct option common[COMMON] = {
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},
        {"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'}};
    *t = (struct getopt_tables){.shorts = ":hVqv"};
    int n = 0;
    for (; io->table[n].name; n++) {
        const struct cli_option *o = &io->table[n];
        t->longs[n] = (struct option){o->name,
            o->type == CLI_FLAG ? no_argument : required_argument, NULL,
            LONG_BASE + n};
        if (o->letter) {
            char s[3] = {(char)o->letter, o->type == CLI_FLAG ? 0 : ':', 0};
            strcat(t->shorts, s);
        }
    }
    memcpy(t->longs + n, common, sizeof common);
}

/* A long option, with or without "=value", that matches none of ours or
 * several. */
_Noreturn static void
unknown_long(struct cli *io, const struct getopt_tables *t, const char *word)
{
    struct text typed = {word + 2, (int64_t)strcspn(word + 2, "=")};
    struct near near = near_to(typed);
    char some[256] = "";
    size_t used = 0;
    for (const struct option *o = t->longs; o->name; o++) {
        near_try(&near, text_of(o->name));
        if (strncmp(o->name, typed.s, (size_t)typed.n) == 0 &&
            used < sizeof some)
            used += (size_t)snprintf(some + used, sizeof some - used,
                "%s'--%s'", used ? " or " : "", o->name);
    }
    int n = (int)typed.n;
    if (used)
        cli_usage(io, "option '--%.*s' can be %s", n, typed.s, some);
    if (near.best.s)
        cli_usage(io, "unknown option '--%.*s' (did you mean '--%s'?)", n,
            typed.s, near.best.s);
    cli_usage(io, "unknown option '--%.*s' (see --help)", n, typed.s);
}

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

/* What getopt_long complains of. */
_Noreturn static void
bad_option(struct cli *io, const struct getopt_tables *t, int missing,
    const char *word)
{
    if (missing)
        cli_usage(io, "option '%s' needs a value", word);
    if (optopt && strncmp(word, "--", 2) == 0)
        cli_usage(io, "option '%s' takes no value", word);
    if (optopt)
        cli_usage(io, "unknown option '-%c' (see --help)", optopt);
    unknown_long(io, t, word);
}

static void
parse_options(struct cli *io, int argc, char **argv)
{
    struct getopt_tables t;
    int seen[MAX_OPTIONS] = {0}, c;
    fill_tables(&t, io);
    opterr = 0;
    while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
        int row = c - LONG_BASE;
        switch (c) {
        case 'h':
            cli_help(io);
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
        case '?':
            bad_option(io, &t, c == ':', argv[optind - 1]);
        }
        if (row < 0)
            for (row = 0; io->table[row].letter != c; row++)
                ;
        assign(io, &io->table[row], optarg, seen[row]);
        seen[row] = 1;
    }
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
    cli_join(io);
    int hidden = hide_stdin(io, argc, argv);
    parse_options(io, argc, argv);
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
        char room[CLI_ROOM];
        const char *value = cli_value(o, 9, room);
        const struct cli_list *l = o->type == CLI_LIST ? o->to : NULL;
        if (!o->changes)
            continue;
        for (int i = 0; l && i < l->n; i++, sep = " ")
            fprintf(f, "%s--%s=%s", sep, o->name, l->item[i]);
        if (value)
            fprintf(f, "%s--%s=%s", sep, o->name, value);
        else if (o->type == CLI_FLAG && *(int *)o->to)
            fprintf(f, "%s--%s", sep, o->name);
        else
            continue;
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
