/* lib/io: JSON against what was written. */
#include "lib/io/jsonl.h"
#include "tests/unit/piped.h"

/* Tokens as one text: K:key S:string N:number W:word { } [ ] and !reason. */
static void
show_json(size_t chunk, int lenient)
{
    struct xin x;
    struct writer w;
    int t;
    open_pipe(&x, &w, chunk);
    struct jsonl j;
    jsonl_init(&j, &x);
    j.lenient = lenient;
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
            puts_to(got, &got_n, j.odd ? "? " : " ");
        }
    }
    if (t < 0)
        puts_to(got, &got_n, "(failed)");
    close_pipe(&x, &w);
}

static void
json_as(const char *in, int lenient, const char *out)
{
    text_n = 0;
    puts_to(text, &text_n, in);
    int right = 1;
    for (size_t chunk = 1; chunk < 8; chunk += 3) {
        show_json(chunk, lenient);
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
json_is(const char *in, const char *out)
{
    json_as(in, 0, out);
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
    show_json(7, 0);
    static const char deep[] = "!nested deeper than 256 levels ";
    ok(got_n == 256 + sizeof deep - 1 &&
            memcmp(got + 256, deep, sizeof deep - 1) == 0,
        "json: nesting has a limit");
}

/* What is not JSON but has its place: marked with ?. */
static void
test_json_lenient(void)
{
    json_as("[NaN,-Infinity,None,01,1.,null]", 1,
        "[W:NaN? W:-Infinity? W:None? W:01? W:1.? W:null ]");
    json_as("{\"a\":NaN}", 1, "{K:a W:NaN? }");
    json_as(
        "[\"a\tb\",\"\\x\",\"\\u12\"]", 1, "[S:a\tb? S:x? S:\xEF\xBF\xBD? ]");
    json_as("[\"\\ud83d\",\"\\ude00\",\"\\ud83dx\",\"\\ud83d\\n\"]", 1,
        "[S:\xEF\xBF\xBD? S:\xEF\xBF\xBD? S:\xEF\xBF\xBDx? "
        "S:\xEF\xBF\xBD\n? ]");
    json_as("[\"\\ud83d\\ud83d\\ude00\",\"\\ud83d\\u0041\",\"\\ud83d\\\"]", 1,
        "[S:\xEF\xBF\xBD\xF0\x9F\x98\x80? S:\xEF\xBF\xBD"
        "A? "
        "!a string is not closed ");
    json_as("[\"a\nb\"]", 1,
        "[!a control character in a string W:b? !a string is not closed ");
    json_as("[1,]", 1, "[N:1 !neither a value nor its end ");
    json_as("{\"a\":}", 1, "{K:a !neither a value nor its end ");
    json_as("{\"a\":1,}", 1, "{K:a N:1 !expected a key in double quotes ");
}

/* Line numbers and new starts, whatever ends the lines. */
static void
test_json_lines(void)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    int right = 1;
    for (int i = 0; i < 3; i++) {
        text_n = 0;
        static const char *const lines[] = {
            "{\"a\":1}", "", "[1", "{}", "tru", "7"};
        for (int l = 0; l < 6; l++) {
            puts_to(text, &text_n, lines[l]);
            puts_to(text, &text_n, ends[i]);
        }
        struct xin x;
        struct writer w;
        struct jsonl j;
        open_pipe(&x, &w, 3);
        jsonl_init(&j, &x);
        j.lines = 1;
        static const int64_t at[] = {1, 1, 1, 1, 3, 3, 3, 4, 4, 5, 6};
        int t, n = 0;
        while ((t = jsonl_next(&j, NULL)) > 0) {
            right &= n < 11 && j.line == at[n++];
            if (t == JSONL_BAD && jsonl_resync(&j, NULL))
                abort();
        }
        right &= n == 11 && t == JSONL_END;
        close_pipe(&x, &w);
    }
    ok(right, "json: lines end in LF, CRLF or CR");
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
    test_json();
    test_json_lenient();
    test_json_lines();
    test_json_random();
    return done();
}
