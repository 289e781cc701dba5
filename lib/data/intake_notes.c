#include "lib/data/intake_priv.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

struct teller {
    intake_say *say;
    void *ctx;
};

static void __attribute__((format(printf, 2, 3)))
tell(const struct teller *to, const char *fmt, ...)
{
    char sentence[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    to->say(to->ctx, sentence);
}

void
intake_notes(const struct intake *k, intake_say *say, void *ctx)
{
    const struct teller to = {say, ctx};
    if (*k->ignored[0])
        tell(&to,
            "column '%s' is ignored: every row is a positive interaction "
            "(--where chooses, as in --where '%s>=4')",
            k->ignored[0], k->ignored[0]);
    if (*k->ignored[1])
        tell(&to,
            "column '%s' is ignored: rows of every kind count "
            "(--where chooses, as in --where '%s=purchase')",
            k->ignored[1], k->ignored[1]);
    if (k->headers)
        tell(&to,
            "passed over %" PRId64 " rows that repeat the header, the first "
            "in line %" PRId64,
            k->headers, k->header_line);
    if (*k->numeric)
        tell(&to,
            "the first row is taken as a header, but it holds the number '%s' "
            "(--no-header takes it as data)",
            k->numeric);
    if (k->unsaid_header)
        tell(&to,
            "the first row looks like a header, but --no-header takes it as "
            "data");
    if (k->local && k->zoned)
        tell(&to,
            "some times have a zone and some have none: those without are "
            "taken as UTC");
}

/* Blanks, among them the no-break and the zero-width one. */
static const char *const blanks[] = {
    " ", "\t", "\n", "\r", "\xC2\xA0", "\xE2\x80\x8B"};
enum { BLANKS = sizeof blanks / sizeof *blanks };

/* Bytes of the blank that t begins with, or ends with, or 0. */
static int64_t
blank_at(struct text t, int end)
{
    unsigned char c = t.n ? (unsigned char)t.s[end ? t.n - 1 : 0] : 'x';
    if (c > ' ' && c < 0x80) /* nearly always */
        return 0;
    for (int i = 0; i < BLANKS; i++) {
        int64_t k = (int64_t)strlen(blanks[i]);
        if (k <= t.n &&
            memcmp(end ? t.s + t.n - k : t.s, blanks[i], (size_t)k) == 0)
            return k;
    }
    return 0;
}

static struct text
trim(struct text t)
{
    for (int64_t k; (k = blank_at(t, 0)) > 0;)
        t = (struct text){t.s + k, t.n - k};
    for (int64_t k; (k = blank_at(t, 1)) > 0;)
        t.n -= k;
    return t;
}

/* What programs write where there is no value. */
static int
means_missing(struct text t)
{
    static const char *const words[] = {"null", "none", "nan", "n/a", "na",
        "nil", "undefined", "unknown", "\\N", "#N/A"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((int64_t)strlen(words[i]) == t.n &&
            strncasecmp(words[i], t.s, (size_t)t.n) == 0)
            return 1;
    return 0;
}

static int
has_line_end(struct text t)
{
    return memchr(t.s, '\n', (size_t)t.n) || memchr(t.s, '\r', (size_t)t.n);
}

void
intake_id_notes(
    const struct ids *ids, const char *what, intake_say *say, void *ctx)
{
    int role = strcmp(what, "user") == 0 ? INTAKE_USER : INTAKE_ITEM;
    int64_t blank = 0, twins = 0, broken = 0, wild = 0, bytes = 0;
    struct text first = {0}, line = {0}, other = {0}, name = {0}, none = {0};
    struct text longest = {"", 0};
    for (int64_t i = 0; i < ids->n; i++) {
        struct text id = ids_get(ids, i), inner = trim(id);
        if (inner.n < id.n) {
            if (blank++ == 0)
                first = id;
            twins += inner.n && ids_find(ids, inner) >= 0;
        }
        if (has_line_end(id) && broken++ == 0)
            line = id;
        if (!text_is_utf8(id) && wild++ == 0)
            other = id;
        /* the words below end in a letter, most ids do not */
        int word = id.n < 16 && isalpha((unsigned char)id.s[id.n - 1]);
        if (word && intake_usual(role, id))
            name = id;
        if (word && means_missing(id))
            none = id;
        if (id.n > longest.n)
            longest = id;
        bytes += id.n;
    }
    char shown[INTAKE_SHOWN];
    const struct teller to = {say, ctx};
    if (blank)
        tell(&to,
            "%" PRId64 " %s ids begin or end with a blank, the first '%s'; "
            "%" PRId64 " of them without it are other ids",
            blank, what, intake_show(first, shown), twins);
    if (broken)
        tell(&to,
            "%" PRId64 " %s ids hold a line end, the first '%s' (an unclosed "
            "quote?)",
            broken, what, intake_show(line, shown));
    if (wild)
        tell(&to,
            "%" PRId64 " %s ids are not in UTF-8, the first '%s' (for Western "
            "Europe: iconv -f CP1252 -t UTF-8)",
            wild, what, intake_show(other, shown));
    if (name.n)
        tell(&to,
            "one %s is called '%s', as a column is (a second header inside?)",
            what, intake_show(name, shown));
    if (none.n)
        tell(&to,
            "one %s is called '%s', as a missing value is (--where leaves it "
            "out)",
            what, intake_show(none, shown));
    if (longest.n > 64 && longest.n > 4 * bytes / ids->n)
        tell(&to,
            "the longest %s id has %" PRId64 " bytes, %" PRId64
            " are usual: '%s' (a lost separator?)",
            what, longest.n, bytes / ids->n, intake_show(longest, shown));
}
