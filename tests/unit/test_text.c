/* lib/io: delimited text and JSON against what was written. */
#include "lib/base/rng.h"
#include "lib/io/jsonl.h"
#include "lib/io/table.h"
#include "tests/unit/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 20 };
static char text[CAP], want[CAP], got[CAP];
static size_t text_n, want_n, got_n;
static uint64_t draws;

static int64_t
below(int64_t n)
{
    return rng_below(n, 11, RNG_TEST, 7, draws++, 0);
}

static void
put(char *to, size_t *n, const char *s, size_t k)
{
    if (*n + k > CAP)
        abort();
    memcpy(to + *n, s, k);
    *n += k;
}

static void
puts_to(char *to, size_t *n, const char *s)
{
    put(to, n, s, strlen(s));
}

/* The writer of the pipe: hands over `chunk` bytes at a time. */
struct writer {
    pthread_t thread;
    int fd;
    size_t chunk;
};

static void *
write_text(void *p)
{
    struct writer *w = p;
    for (size_t i = 0; i < text_n; i += w->chunk) {
        size_t k = text_n - i < w->chunk ? text_n - i : w->chunk;
        if (write(w->fd, text + i, k) != (ssize_t)k)
            break;
    }
    close(w->fd);
    return NULL;
}

static void
open_pipe(struct xin *x, struct writer *w, size_t chunk)
{
    int fd[2];
    char path[32];
    if (pipe(fd))
        abort();
    *w = (struct writer){.fd = fd[1], .chunk = chunk};
    if (pthread_create(&w->thread, NULL, write_text, w))
        abort();
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    if (xin_open(x, path, NULL))
        abort();
    close(fd[0]);
}

static void
close_pipe(struct xin *x, struct writer *w)
{
    xin_close(x);
    pthread_join(w->thread, NULL);
}

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

static int
is(const char *s)
{
    int same = got_n == strlen(s) && memcmp(got, s, got_n) == 0;
    if (!same)
        printf("# got %.*s\n", (int)got_n, got);
    return same;
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

/* Tokens as one text: K:key S:string N:number W:word { } [ ] and !reason. */
static void
show_json(size_t chunk)
{
    struct xin x;
    struct writer w;
    int t;
    open_pipe(&x, &w, chunk);
    struct jsonl j;
    jsonl_init(&j, &x);
    got_n = 0;
    while ((t = jsonl_next(&j, NULL)) > 0) {
        static const char *const mark[] = {[JSONL_OBJECT] = "{",
            [JSONL_OBJECT_END] = "}",
            [JSONL_ARRAY] = "[",
            [JSONL_ARRAY_END] = "]",
            [JSONL_KEY] = "K:",
            [JSONL_STRING] = "S:",
            [JSONL_NUMBER] = "N:",
            [JSONL_WORD] = "W:",
            [JSONL_BAD] = "!"};
        puts_to(got, &got_n, mark[t]);
        if (t == JSONL_BAD) {
            puts_to(got, &got_n, j.bad);
            puts_to(got, &got_n, " ");
            if (jsonl_resync(&j, NULL))
                abort();
        } else if (t >= JSONL_KEY) {
            put(got, &got_n, j.text, (size_t)j.n);
            puts_to(got, &got_n, " ");
        }
    }
    if (t < 0)
        puts_to(got, &got_n, "(failed)");
    close_pipe(&x, &w);
}

static void
json_is(const char *in, const char *out)
{
    text_n = 0;
    puts_to(text, &text_n, in);
    int right = 1;
    for (size_t chunk = 1; chunk < 8; chunk += 3) {
        show_json(chunk);
        right &= is(out);
    }
    char name[100];
    snprintf(name, sizeof name, "%s", out);
    for (char *p = name; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = '?';
    ok(right, "json: %s", name);
}

static void
test_json(void)
{
    json_is("{}[] {\"a\":1}", "{}[]{K:a N:1 }");
    json_is("[true,false,null,-0.5e+3]", "[W:true W:false W:null N:-0.5e+3 ]");
    json_is("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "S:\"\\/\b\f\n\r\t ");
    json_is("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"",
        "S:A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 ");
    json_is("[1,]", "[N:1 !neither a value nor its end ");
    json_is("[1 2]", "[N:1 !expected ',' or ']' ");
    json_is("{\"a\" 1}\n7", "{!expected ':' after a key N:7 ");
    json_is("{\"a\":1,}\n7", "{K:a N:1 !expected a key in double quotes N:7 ");
    json_is("{a:1}", "{!expected a key in double quotes ");
    json_is("{'a':1}", "{!expected a key in double quotes ");
    json_is("{\"a\":1 \"b\"}", "{K:a N:1 !expected ',' or '}' ");
    json_is("[01]", "[!neither a value nor its end ");
    json_is("[1.]", "[!neither a value nor its end ");
    json_is("[-]", "[!neither a value nor its end ");
    json_is("[1e]", "[!neither a value nor its end ");
    json_is("[NaN]", "[!neither a value nor its end ");
    json_is("[tru]", "[!neither a value nor its end ");
    json_is("]", "!neither a value nor its end ");
    json_is("[\"a", "[!a string is not closed ");
    json_is("[\"a\\", "[!a string is not closed ");
    json_is("[\"a\nb\"]",
        "[!a control character in a string !neither a value nor its end ");
    json_is("\"\\x\"", "!unknown escape in a string ");
    json_is("\"\\u12\"", "!\\u without four hexadecimal digits ");
    json_is("\"\\udc00\"", "!half of a surrogate pair ");
    json_is("\"\\ud800\\u0041\"", "!half of a surrogate pair ");
    json_is("[1", "[N:1 !the input ends inside a value ");
    json_is("", "");
    text_n = 0;
    for (int i = 0; i < 300; i++)
        puts_to(text, &text_n, "[");
    show_json(7);
    static const char deep[] = "!nested deeper than 256 levels ";
    ok(got_n == 256 + sizeof deep - 1 &&
            memcmp(got + 256, deep, sizeof deep - 1) == 0,
        "json: nesting has a limit");
}

static void
blank(void)
{
    static const char *const some[] = {"", "", " ", "\t", "\r\n", "  \n"};
    puts_to(text, &text_n, some[below(6)]);
}

static void
random_json_string(const char *mark)
{
    puts_to(want, &want_n, mark);
    puts_to(text, &text_n, "\"");
    int long_one = below(50) == 0;
    int n = (int)below(long_one ? 3000 : 12);
    for (int i = 0, room = JSONL_TEXT; i < n; i++) {
        static const char *const in[] = {
            "a", "\\\"", "\\\\", "\\u0041", "\xC3\xA9", "\\n", "{", "]"};
        static const char *const out[] = {
            "a", "\"", "\\", "A", "\xC3\xA9", "\n", "{", "]"};
        int k = (int)below(long_one ? 4 : 8);
        puts_to(text, &text_n, in[k]);
        if (room >= (int)strlen(out[k]))
            puts_to(want, &want_n, out[k]);
        room -= (int)strlen(out[k]);
    }
    puts_to(text, &text_n, "\"");
    puts_to(want, &want_n, " ");
}

static void
random_value(int depth)
{
    blank();
    int what = (int)below(depth > 5 ? 3 : 5);
    static const char *const bare[] = {
        "N:0", "N:-12", "N:3.25", "N:1E9", "N:2e-7", "W:true", "W:null"};
    if (what == 0) {
        random_json_string("S:");
    } else if (what < 3) {
        const char *s = bare[below(7)];
        puts_to(text, &text_n, s + 2);
        puts_to(want, &want_n, s);
        puts_to(want, &want_n, " ");
    } else {
        int object = what == 4, n = (int)below(4);
        puts_to(text, &text_n, object ? "{" : "[");
        puts_to(want, &want_n, object ? "{" : "[");
        for (int i = 0; i < n; i++) {
            if (i)
                puts_to(text, &text_n, ",");
            if (object) {
                blank();
                random_json_string("K:");
                blank();
                puts_to(text, &text_n, ":");
            }
            random_value(depth + 1);
        }
        blank();
        puts_to(text, &text_n, object ? "}" : "]");
        puts_to(want, &want_n, object ? "}" : "]");
    }
    blank();
}

/* Long strings: the token's length is the whole, its text the beginning. */
static void
test_json_random(void)
{
    int right = 1;
    for (int c = 0; c < 300; c++) {
        text_n = want_n = 0;
        for (int i = 0; i < 5; i++) {
            random_value(0);
            puts_to(text, &text_n, "\n");
        }
        struct xin x;
        struct writer w;
        int t;
        open_pipe(&x, &w, 1 + (size_t)below(300));
        struct jsonl j;
        jsonl_init(&j, &x);
        got_n = 0;
        while ((t = jsonl_next(&j, NULL)) > 0 && t != JSONL_BAD) {
            static const char *const mark[] = {
                "", "{", "}", "[", "]", "K:", "S:", "N:", "W:"};
            puts_to(got, &got_n, mark[t]);
            if (t < JSONL_KEY)
                continue;
            put(got, &got_n, j.text,
                (size_t)(j.n < JSONL_TEXT ? j.n : JSONL_TEXT));
            puts_to(got, &got_n, " ");
        }
        right &=
            t == JSONL_END && got_n == want_n && memcmp(got, want, got_n) == 0;
        close_pipe(&x, &w);
    }
    ok(right, "json: random values come back");
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN); /* a reader may stop early */
    test_table();
    test_table_random();
    test_table_limits();
    test_json();
    test_json_random();
    return done();
}
