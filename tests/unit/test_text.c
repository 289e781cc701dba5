/* lib/io: delimited text against what was written. */
#include "lib/io/table.h"
#include "tests/unit/piped.h"

/* Writes fields as <line:field|field>, reasons as <line!reason>. */
static int
show_row(void *ctx, const struct table_row *row, struct err *e)
{
    (void)ctx;
    (void)e;
    char head[32];
    snprintf(head, sizeof head, "<%d%c", (int)row->line, row->bad ? '!' : ':');
    puts_to(got, &got_n, head);
    if (row->bad)
        puts_to(got, &got_n, row->bad);
    for (int64_t i = 0; i < row->n; i++) {
        if (i)
            puts_to(got, &got_n, "|");
        put(got, &got_n, row->field[i].s, (size_t)row->field[i].n);
        if (row->field[i].s[row->field[i].n])
            puts_to(got, &got_n, "(not terminated)");
    }
    puts_to(got, &got_n, ">");
    return 0;
}

static int
read_table(const char *sep, int quotes, size_t chunk)
{
    struct xin x;
    struct writer w;
    open_pipe(&x, &w, chunk);
    got_n = 0;
    int rc = table_read(&x, sep, quotes, show_row, NULL, NULL);
    close_pipe(&x, &w);
    return rc;
}

static void
table_is(const char *name, const char *in, size_t n, const char *sep,
    int quotes, const char *out)
{
    text_n = 0;
    put(text, &text_n, in, n);
    int right = 1;
    for (size_t chunk = 1; chunk < 8; chunk += 2)
        right &= read_table(sep, quotes, chunk) == 0 && is(out);
    ok(right, "table: %s", name);
}
#define TABLE(name, in, sep, quotes, out)                                      \
    table_is(name, in, sizeof(in) - 1, sep, quotes, out)

static void
test_table(void)
{
    TABLE("plain", "a,b\nc,d\n", ",", 1, "<1:a|b><2:c|d>");
    TABLE("no line end at the end", "a,b\nc,d", ",", 1, "<1:a|b><2:c|d>");
    TABLE("CRLF", "a,b\r\nc,d\r\n", ",", 1, "<1:a|b><2:c|d>");
    TABLE("CR alone", "a,b\rc,d\re,f", ",", 1, "<1:a|b><2:c|d><3:e|f>");
    TABLE("empty lines count", "\n\na\r\n\r\n\nb\n", ",", 1, "<3:a><6:b>");
    TABLE("byte order mark", "\xEF\xBB\xBF\"a\",b\n", ",", 1, "<1:a|b>");
    TABLE("half a byte order mark", "\xEF\xBB", ",", 1, "<1:\xEF\xBB>");
    TABLE("what starts like one", "\xEF\xBBx,b\n", ",", 1, "<1:\xEF\xBBx|b>");
    TABLE("empty fields", ",\n,,x\n", ",", 1, "<1:|><2:||x>");
    TABLE("blanks belong to the field", " a ,\tb \n", ",", 1, "<1: a |\tb >");
    TABLE("quotes", "\"a,\"\"b\"\"\",\"\"\n\"c\nd\",e\nf,g\n", ",", 1,
        "<1:a,\"b\"|><2:c\nd|e><4:f|g>");
    TABLE("quotes off", "\"a,b\"\nc\"d,e\n", ",", 0, "<1:\"a|b\"><2:c\"d|e>");
    TABLE("tabs", "a b\t\"c\td\"\n", "\t", 1, "<1:a b|c\td>");
#define QUOTE "a quote inside an unquoted field, or text after a closing quote"
    TABLE("quote in the middle", "a\nb\"c,d\ne\n", ",", 1,
        "<1:a><2!" QUOTE "><3:e>");
    TABLE("text after a quote", "\"a\"b,c\nd\n", ",", 1, "<1!" QUOTE "><2:d>");
    TABLE("unclosed quote", "a\n\"b\nc", ",", 1,
        "<1:a><2!a quote is not closed before the end of the file><3:c>");
    TABLE("an unclosed quote costs its line", "a\n\"b\nc,d\n\"e\",f\n", ",", 1,
        "<1:a><2!" QUOTE "><3:c|d><4:e|f>");
    TABLE("so it does where CR ends the lines", "a\r\"b\rc,d\r\"e\",f\r", ",",
        1, "<1:a><2!" QUOTE "><3:c|d><4:e|f>");
    TABLE("quote in the middle and CR", "a\rb\"c,d\re\rf\"\rg", ",", 1,
        "<1:a><2!" QUOTE "><3:e><4!" QUOTE "><5:g>");
    TABLE("line ends of all kinds", "a\rb\r\nc\n\"d\r\ne\rf\ng\"\rh\n\ri", ",",
        1, "<1:a><2:b><3:c><4:d\r\ne\rf\ng><8:h><10:i>");
    TABLE("a separator of two bytes", "1::2:3::\n::\n:a:::b::\"c::d\"\n",
        "::", 1, "<1:1|2:3|><2:|><3::a|:b|c::d>");
    TABLE("which comes in halves", "a:\n:\nb::c:", "::", 1,
        "<1:a:><2::><3:b|c:>");
    TABLE("half after a quote too", "\"a\"::b\n", "::", 1, "<1:a|b>");
    TABLE("text after a quote, before half a separator", "\"a\":b::c\n",
        "::", 1, "<1!" QUOTE ">");
    TABLE("one quote, then the end", "\"", ",", 1,
        "<1!a quote is not closed before the end of the file>");
    TABLE("doubled quotes alone", "\"\"\"\",\"\"\n", ",", 1, "<1:\"|>");
    TABLE("NUL in quotes", "\"a\0b\",c\nd\n", ",", 1,
        "<1!NUL byte in the row><2:d>");
    TABLE("NUL", "a\nb\0c\nd\n", ",", 1, "<1:a><2!NUL byte in the row><3:d>");
    TABLE("NUL without quotes", "\0a\nd\n", ",", 0,
        "<1!NUL byte in the row><2:d>");
    TABLE("nothing", "", ",", 1, "");
}

/* Random fields, quoted where needed and at random elsewhere. */
static void
test_table_random(void)
{
    int right = 1;
    for (int c = 0; c < 60; c++) {
        text_n = want_n = 0;
        int line = 1, crlf = c % 2;
        for (int r = 0; r < 30; r++) {
            char head[32];
            snprintf(head, sizeof head, "<%d:", line);
            puts_to(want, &want_n, head);
            int fields = 1 + (int)below(5);
            for (int i = 0; i < fields; i++) {
                char f[16];
                int n = (int)below(9);
                if (fields == 1 && n == 0)
                    n = 1; /* would be an empty line */
                for (int k = 0; k < n; k++)
                    f[k] = "ab ,\"\n\r\xC3\xA9"[below(9)];
                int quote = below(4) == 0 || memchr(f, ',', (size_t)n) ||
                            memchr(f, '"', (size_t)n) ||
                            memchr(f, '\n', (size_t)n) ||
                            memchr(f, '\r', (size_t)n);
                if (i) {
                    puts_to(text, &text_n, ",");
                    puts_to(want, &want_n, "|");
                }
                if (quote)
                    puts_to(text, &text_n, "\"");
                for (int k = 0; k < n; k++) {
                    put(text, &text_n, f + k, 1);
                    if (f[k] == '"')
                        put(text, &text_n, f + k, 1);
                    line += f[k] == '\n' ||
                            (f[k] == '\r' && (k + 1 == n || f[k + 1] != '\n'));
                }
                if (quote)
                    puts_to(text, &text_n, "\"");
                put(want, &want_n, f, (size_t)n);
            }
            puts_to(text, &text_n, crlf ? "\r\n" : "\n");
            puts_to(want, &want_n, ">");
            line++;
        }
        right &= read_table(",", 1, 1 + (size_t)below(200)) == 0;
        right &= got_n == want_n && memcmp(got, want, got_n) == 0;
    }
    ok(right, "table: random rows come back, line numbers right");
}

static int
stop_at_two(void *ctx, const struct table_row *row, struct err *e)
{
    ++*(int *)ctx;
    return row->line == 2 ? err_set(e, ERR_RANGE, "enough") : 0;
}

/* Shows the first two of many. */
static int
show_two(void *ctx, const struct table_row *row, struct err *e)
{
    return ++*(int *)ctx > 2 ? 0 : show_row(NULL, row, e);
}

static void
test_table_limits(void)
{
    struct xin x;
    struct err e;
    struct writer w;
    int rows = 0;
    text_n = 0;
    puts_to(text, &text_n, "a\nb\nc\n");
    open_pipe(&x, &w, 100);
    int rc = table_read(&x, ",", 1, stop_at_two, &rows, &e);
    ok(rc == ERR_RANGE && rows == 2 && !strcmp(e.msg, "enough"),
        "table: the receiver can stop it");
    close_pipe(&x, &w);
    FILE *f = fopen("long", "w");
    if (!f)
        abort();
    fputs("a\n\"", f);
    for (int i = 0; i < 16 * 1024 + 9; i++)
        fprintf(f, "%1023s\n", "x");
    fclose(f);
    got_n = 0;
    rows = 0;
    rc = xin_open(&x, "long", NULL) ||
         table_read(&x, ",", 1, show_two, &rows, NULL);
    ok(rc == 0 && is("<1:a><2!the row is longer than 16 MiB (an unclosed "
                     "quote?)>"),
        "table: a row has a longest length");
    ok(rows == 2 + 16 * 1024 + 8, "table: the lines in it are rows");
    xin_close(&x);
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN); /* a reader may stop early */
    test_table();
    test_table_random();
    test_table_limits();
    return done();
}
