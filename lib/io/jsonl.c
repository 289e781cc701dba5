#include "lib/io/jsonl.h"

#include "lib/base/text.h"

#include <ctype.h>
#include <string.h>

/* What may come next. */
enum {
    VALUE,      /* a value */
    FIRST_ITEM, /* a value or ] */
    FIRST_KEY,  /* a key or } */
    NEXT_KEY,   /* a key */
    AFTER       /* , or the end of the container; at depth 0 a value */
};

void
jsonl_init(struct jsonl *j, struct xin *x)
{
    memset(j, 0, sizeof *j);
    j->x = x;
    j->line = 1;
    j->expect = VALUE;
}

const char jsonl_cut[] = "the line ends inside a value";

static int
is_line_end(int c)
{
    return c == '\n' || c == '\r';
}

static int
bad(struct jsonl *j, const char *why)
{
    if (j->lines && j->depth && j->p < j->end && is_line_end(*j->p))
        why = jsonl_cut;
    if (!j->io)
        j->bad = why;
    return j->io ? j->io : JSONL_BAD;
}

/* At the end of the buffered bytes: gets more; 0 at the end of the input or
 * after a failure, which stays in j->io. */
static int
refill(struct jsonl *j, struct err *e)
{
    xin_take(j->x, j->end - j->start);
    j->start = j->p = j->end = NULL;
    if (j->io)
        return 0;
    const unsigned char *p;
    int64_t n = xin_peek(j->x, &p, e);
    if (n <= 0) {
        j->io = (int)n;
        return 0;
    }
    j->start = j->p = p;
    j->end = p + n;
    return 1;
}

/* The next byte without consuming it, -1 at the end. */
static inline int
look(struct jsonl *j, struct err *e)
{
    if (j->p == j->end && !refill(j, e))
        return -1;
    return *j->p;
}

/* Passes over the byte order mark of a file that was put behind another. */
static int
mark(struct jsonl *j, struct err *e)
{
    static const unsigned char bytes[] = {0xEF, 0xBB, 0xBF};
    for (int i = 0; i < 3; i++) {
        if (look(j, e) != bytes[i])
            return 0;
        j->p++;
    }
    return 1;
}

static int
blanks(struct jsonl *j, struct err *e)
{
    for (;;) {
        int c = look(j, e);
        if (c == 0xEF && !j->depth) {
            if (!mark(j, e))
                return 0; /* no value begins so */
            continue;
        }
        if (c != ' ' && c != '\t' && !is_line_end(c)) {
            j->cr = 0;
            return c;
        }
        if (is_line_end(c) && j->lines && j->depth)
            return c; /* nothing may follow: an error wherever it comes */
        j->line += c == '\r' || (c == '\n' && !j->cr);
        j->cr = c == '\r';
        j->p++;
    }
}

static inline void
put(struct jsonl *j, int c)
{
    if (j->n < JSONL_TEXT)
        j->text[j->n] = (char)c;
    j->n++;
}

static void
put_utf8(struct jsonl *j, unsigned c)
{
    char bytes[4];
    int n = text_put_utf8(bytes, c);
    for (int i = 0; i < n; i++)
        put(j, bytes[i]);
}

static int
hex4(struct jsonl *j, struct err *e)
{
    static const char digits[] = "0123456789abcdef";
    int v = 0;
    for (int i = 0; i < 4; i++) {
        int c = look(j, e);
        const char *at = c > 0 ? strchr(digits, tolower(c)) : NULL;
        if (!at)
            return -1;
        j->p++;
        v = v << 4 | (int)(at - digits);
    }
    return v;
}

/* What JSON does not allow: 0 for a lenient reader, else the token to return.
 */
static int
odd(struct jsonl *j, const char *why)
{
    if (!j->lenient)
        return bad(j, why);
    j->odd = why;
    return 0;
}

/* Puts U+FFFD for what is no character. */
static int
replaced(struct jsonl *j, const char *why)
{
    int t = odd(j, why);
    put_utf8(j, 0xFFFD);
    return t;
}

static int escape(struct jsonl *j, struct err *e);

/* The code behind \u, with both halves of a pair. 0, or the token to return. */
static int
unicode(struct jsonl *j, struct err *e)
{
    static const char half[] = "half of a surrogate pair";
    static const char digits[] = "\\u without four hexadecimal digits";
    int v = hex4(j, e);
    while (v >= 0xD800 && v < 0xDC00) {
        if (look(j, e) != '\\')
            return replaced(j, half);
        j->p++;
        if (look(j, e) != 'u') {
            int t = replaced(j, half);
            return t ? t : escape(j, e);
        }
        j->p++;
        int low = hex4(j, e);
        if (low >= 0xDC00 && low < 0xE000) {
            put_utf8(j, 0x10000u + ((unsigned)(v - 0xD800) << 10) +
                            (unsigned)(low - 0xDC00));
            return 0;
        }
        int t = replaced(j, half);
        if (t)
            return t;
        v = low; /* which may begin the next pair */
    }
    if (v < 0)
        return replaced(j, digits);
    if (v >= 0xDC00 && v < 0xE000)
        return replaced(j, half);
    put_utf8(j, (unsigned)v);
    return 0;
}

/* Behind the backslash. 0, or the token to return. */
static int
escape(struct jsonl *j, struct err *e)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = look(j, e);
    if (c < 0)
        return bad(j, "a string is not closed");
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        j->p++;
        put(j, to[at - from]);
        return 0;
    }
    if (c == 'u') {
        j->p++;
        return unicode(j, e);
    }
    if (is_line_end(c))
        return bad(j, "unknown escape in a string");
    int t = odd(j, "unknown escape in a string");
    if (!t) {
        j->p++;
        put(j, c);
    }
    return t;
}

/* The opening quote is consumed. */
static int
string(struct jsonl *j, int token, struct err *e)
{
    j->n = 0;
    for (;;) {
        if (look(j, e) < 0)
            return bad(j, "a string is not closed");
        const unsigned char *q = j->p;
        while (q < j->end && *q != '"' && *q != '\\' && *q >= ' ')
            q++;
        int64_t k = q - j->p;
        if (j->n < JSONL_TEXT) {
            int64_t room = JSONL_TEXT - j->n;
            memcpy(j->text + j->n, j->p, (size_t)(k < room ? k : room));
        }
        j->n += k;
        j->p = q;
        if (q == j->end)
            continue;
        int t = 0, c = *q;
        if (c < ' ') {
            static const char why[] = "a control character in a string";
            t = is_line_end(c) ? bad(j, why) : odd(j, why);
            if (!t)
                put(j, c);
        }
        j->p += !t;
        if (c == '"')
            break;
        if (c == '\\')
            t = escape(j, e);
        if (t)
            return t;
    }
    j->text[j->n < JSONL_TEXT ? j->n : JSONL_TEXT] = 0;
    return token;
}

static const char *
skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9')
        s++;
    return s;
}

static int
is_number(const char *s)
{
    s += *s == '-';
    const char *t = *s == '0' ? s + 1 : skip_digits(s);
    if (t == s)
        return 0;
    if (*t == '.') {
        s = t + 1;
        t = skip_digits(s);
        if (t == s)
            return 0;
    }
    if (*t == 'e' || *t == 'E') {
        s = t + 1;
        s += *s == '+' || *s == '-';
        t = skip_digits(s);
        if (t == s)
            return 0;
    }
    return *t == 0;
}

/* A number or one of the three words: everything up to a delimiter. */
static int
bare(struct jsonl *j, struct err *e)
{
    j->n = 0;
    for (;;) {
        int c = look(j, e);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                (c >= 'A' && c <= 'Z') || c == '.' || c == '+' || c == '-'))
            break;
        put(j, c);
        j->p++;
        if (j->n > JSONL_TEXT)
            return bad(j, "a number of more than 1024 digits");
    }
    if (j->io)
        return j->io;
    j->text[j->n] = 0;
    if (is_number(j->text))
        return JSONL_NUMBER;
    if (strcmp(j->text, "true") == 0 || strcmp(j->text, "false") == 0 ||
        strcmp(j->text, "null") == 0)
        return JSONL_WORD;
    static const char why[] = "neither a value nor its end";
    int t = j->n ? odd(j, why) : bad(j, why);
    return t ? t : JSONL_WORD;
}

static int
open_container(struct jsonl *j, int token)
{
    if (j->depth == JSONL_DEPTH)
        return bad(j, "nested deeper than 256 levels");
    j->p++;
    j->stack[j->depth++] = (unsigned char)token;
    j->expect = token == JSONL_OBJECT ? FIRST_KEY : FIRST_ITEM;
    return token;
}

static int
close_container(struct jsonl *j)
{
    j->p++;
    j->expect = AFTER;
    return j->stack[--j->depth] == JSONL_OBJECT ? JSONL_OBJECT_END
                                                : JSONL_ARRAY_END;
}

int
jsonl_next(struct jsonl *j, struct err *e)
{
    j->n = 0;
    j->odd = NULL;
    int c = blanks(j, e);
    if (j->io)
        return j->io;
    if (c < 0)
        return j->depth ? bad(j, "the input ends inside a value") : JSONL_END;
    if (j->expect == AFTER && j->depth) {
        int object = j->stack[j->depth - 1] == JSONL_OBJECT;
        if (c == (object ? '}' : ']'))
            return close_container(j);
        if (c != ',')
            return bad(
                j, object ? "expected ',' or '}'" : "expected ',' or ']'");
        j->p++;
        j->expect = object ? NEXT_KEY : VALUE;
        c = blanks(j, e);
    }
    if (j->expect == FIRST_KEY && c == '}')
        return close_container(j);
    if (j->expect == FIRST_ITEM && c == ']')
        return close_container(j);
    if (j->expect == FIRST_KEY || j->expect == NEXT_KEY) {
        if (c != '"')
            return bad(j, "expected a key in double quotes");
        j->p++;
        int t = string(j, JSONL_KEY, e);
        if (t != JSONL_KEY)
            return t;
        if (blanks(j, e) != ':')
            return bad(j, "expected ':' after a key");
        j->p++;
        j->expect = VALUE;
        return JSONL_KEY;
    }
    if (c == '{')
        return open_container(j, JSONL_OBJECT);
    if (c == '[')
        return open_container(j, JSONL_ARRAY);
    j->expect = AFTER;
    if (c != '"')
        return bare(j, e);
    j->p++;
    return string(j, JSONL_STRING, e);
}

int
jsonl_skip(struct jsonl *j, int t, struct err *e)
{
    if (t != JSONL_OBJECT && t != JSONL_ARRAY)
        return t;
    int depth = j->depth - 1;
    do
        t = jsonl_next(j, e);
    while (t > 0 && t != JSONL_BAD && j->depth > depth);
    return t;
}

int
jsonl_resync(struct jsonl *j, struct err *e)
{
    j->depth = 0;
    j->expect = VALUE;
    j->bad = NULL;
    int c;
    while ((c = look(j, e)) >= 0) {
        j->p++;
        if (is_line_end(c)) {
            j->line++;
            j->cr = c == '\r';
            break;
        }
    }
    return j->io;
}
