#ifndef STAIR_CLI_H
#define STAIR_CLI_H

#include "lib/base/err.h"
#include "lib/io/hist.h"

#include <stdint.h>

/*
 * The command line that all tools share: option tables, help from them,
 * messages, exit codes, signals, progress. A tool fills a struct with its
 * defaults, points a table at it, and calls cli_parse.
 */

enum cli_type {
    CLI_FLAG,   /* int *, no argument: set to 1 */
    CLI_INT,    /* int64_t *, min..max; starts below min if not set */
    CLI_REAL,   /* double *, min..max, finite; starts as NAN if not set */
    CLI_TEXT,   /* const char ** */
    CLI_CHOICE, /* const char **, one of the words in `arg`: "a|b|c" */
    CLI_LIST    /* struct cli_list *, may be repeated */
};

enum { CLI_LIST_MAX = 64 };
struct cli_list {
    const char *item[CLI_LIST_MAX];
    int n;
};

struct cli_option {
    int letter;       /* 0: long only */
    const char *name; /* long name without dashes */
    const char *arg;  /* placeholder in the help; NULL for flags */
    enum cli_type type;
    void *to;
    double min, max;  /* of numbers, both inclusive */
    int open_min;     /* min itself is not allowed */
    int changes;      /* 1: changes the output's content, goes to history */
    const char *help; /* one sentence, lower case; the default is appended */
};

/* Ends every table. */
#define CLI_END                                                                \
    {                                                                          \
        .name = NULL                                                           \
    }

/* Rows: the name, the placeholder of its argument, where the value goes, the
 * range of a number, and the help. The placeholder of a choice is its words. */
struct cli_option cli_flag(const char *name, int *to, const char *help);
struct cli_option cli_int(const char *name, const char *arg, int64_t *to,
    double min, double max, const char *help);
struct cli_option cli_real(const char *name, const char *arg, double *to,
    double min, double max, const char *help);
struct cli_option cli_text(
    const char *name, const char *arg, const char **to, const char *help);
struct cli_option cli_choice(
    const char *name, const char *words, const char **to, const char *help);
struct cli_option cli_texts(
    const char *name, const char *arg, struct cli_list *to, const char *help);

/* A text whose placeholder is FILE. */
struct cli_option cli_file(const char *name, const char **to, const char *help);

/* Change a row: to have a letter too, to a number that must be above min, or to
 * an option that changes the output. */
struct cli_option cli_letter(int letter, struct cli_option row);
struct cli_option cli_above(struct cli_option row);
struct cli_option cli_changing(struct cli_option row);

/* Options with one meaning in all tools; use those that apply. */
#define CLI_OUTPUT(io)                                                         \
    cli_letter('o',                                                            \
        cli_file("output", &(io)->out, "write to FILE, - is standard output"))
#define CLI_DATA(var) cli_file("data", (var), "the dataset, by stair-ingest")
#define CLI_FOREIGN(io)                                                        \
    cli_flag("foreign", &(io)->foreign,                                        \
        "take files of other users, items or splits, too")
#define CLI_THREADS(io)                                                        \
    cli_letter('t', cli_int("threads", "N", &(io)->threads, 1, 1024,           \
                        "use N threads; the result does not depend on it"))
#define CLI_SEED(var)                                                          \
    cli_letter('s', cli_changing(cli_int("seed", "N", (var), 0, 9e15,          \
                        "seed of all random choices")))

struct exec;

struct cli {
    const char *tool;     /* "stair-knn" */
    const char *operands; /* "FILE:K..." for the usage line, "" if none */
    const char *summary;  /* what it does, one or more lines */
    const char *examples; /* at least two runnable command lines */
    const struct cli_option *table;
    int min_args, max_args; /* operands; max -1: any number */
    int ranks;              /* 1: several ranks (ranks.h) share the work */
    /* filled by cli_parse */
    char **arg;
    int n_args;
    const char *out; /* default "-" */
    int64_t threads; /* default: the rank's share of the processors at hand */
    int quiet, verbose;
    int foreign; /* inputs may belong to other users, items or splits */
    int argc;
    char **argv;
    double started;
    int progress_shown;
    double progress_last;
    struct err err;
    struct hist hist;
    const char *outcome; /* what the history says behind the options */
    struct exec *exec;   /* see cli_exec */
    int64_t checked;     /* of hist's inputs, by cli_belong */
};

/*
 * Parses argv by the table. Handles -h, -V, -q, -v itself (they need no row).
 * Exits 2 on an unknown, ambiguous, repeated-with-another-value or malformed
 * option, a number out of range, or a wrong number of operands. Afterwards
 * INT, TERM and HUP, unless ignored as under nohup(1), remove unfinished
 * outputs and then kill the process.
 *
 * Joins the ranks that mpirun started, if it did. Exits if they are several and
 * the tool does not share its work, or if they are different programs or have
 * other options. From then on rank 0 speaks for all, and an error of any of
 * them ends all.
 */
void cli_parse(struct cli *io, int argc, char **argv);

/* Exits if a rank has another text than rank 0, which means that it `does` what
 * the others do not. */
void cli_same(struct cli *io, const char *text, const char *does);

/* The version of these programs, as in every history. */
const char *cli_release(void);

/* What --version prints. */
void cli_version(const struct cli *io);

/* The threads and the instruction set of this run, by --threads and the
 * environment variable STAIR_ISA; cli_finish frees them. Exits 1 if this
 * processor does not run the instructions. */
struct exec *cli_exec(struct cli *io);

/* The options that change the output, as "--name=value ...", in table order,
 * values canonical. Caller frees. */
char *cli_options_text(struct cli *io);

/* hist_text for this step. Exits on no memory. */
char *cli_history(struct cli *io);

/* "tool: message" on stderr, then exit 1 (die) or 2 (usage). */
_Noreturn void cli_die(struct cli *io, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void cli_usage(struct cli *io, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* If rc is negative: dies with the sentence in io->err. Inline, so that
 * compilers and analyzers see that nothing comes after an error. */
static inline void
die_if(int rc, struct cli *io)
{
    if (rc < 0)
        cli_die(io, "%s", io->err.msg);
}

static inline void
usage_if(int rc, struct cli *io)
{
    if (rc < 0)
        cli_usage(io, "%s", io->err.msg);
}

/* A line on stderr unless --quiet; with cli_detail only under --verbose. */
void cli_note(struct cli *io, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void cli_detail(struct cli *io, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The one progress line: only on a terminal, at most 5 times a second, quiet
 * otherwise. cli_note and the end of the program clear it. */
void cli_progress(struct cli *io, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Splits "FILE:NUMBER" at the last colon. Without a colon that is followed by a
 * number, or if there is a file of that whole name, the whole is the file and
 * *value stays. Exits 2 if the number is below min or not finite. The returned
 * file name is the caller's to free.
 */
char *cli_split(struct cli *io, const char *operand, double *value, double min);

/*
 * The file in "NAME=FILE" or "FILE", borrowed; "" in "NAME=". An operand that
 * is an existing file is that file, and a name holds no slash. *given tells
 * whether there is a name; else *name is that of the file without folder and
 * ending. The caller frees *name.
 */
const char *cli_named(
    struct cli *io, const char *operand, char **name, int *given);

/* io->err says that files do not belong together: dies with it, or with
 * --foreign only notes it. */
void cli_foreign(struct cli *io);

/*
 * Called after inputs were read. An input that io->hist got since the last
 * call, and that belongs to other users, items or another train split (the
 * given parts, enum identity_part) than one before it, is a case for
 * cli_foreign.
 */
void cli_belong(struct cli *io, unsigned parts);

/*
 * For a model that serves or goes on with a later dataset; that is io->hist's
 * first input, and the model is the newest. Notes if the model may have been
 * trained on what the dataset holds out: their train pairs differ, and
 * stair-ingest did not split both by hash or label in the same way.
 */
void cli_note_split(struct cli *io, const char *model);

/* Exits 2 if more than one of the n inputs is "-". */
void cli_one_stdin(struct cli *io, const char *const *path, int n);

/*
 * Whether two paths are one file, whatever their names; "-" is the descriptor
 * beside it. 0 for a device or pipe, of which two names do no harm.
 */
int cli_same_file(const char *a, int a_fd, const char *b, int b_fd);

/* Exits 2 if path, NULL or what an option names, is the file of --output. */
void cli_second_output(struct cli *io, const char *option, const char *path);

/* Closes stdout and checks that; with --verbose prints version, command, wall
 * and CPU seconds and peak memory. Returns main's exit code. */
int cli_finish(struct cli *io);

#endif
