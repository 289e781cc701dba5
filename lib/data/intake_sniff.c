#include "lib/data/intake_priv.h"
#include "lib/data/split.h"

#include <ctype.h>
#include <strings.h>

/* -- parts by name -- */

/* The part that one of the words in s[0..n) names, or -1. */
static int
part_in(const char *s, size_t n)
{
    static const struct {
        const char *word;
        int part;
    } words[] = {{"train", SPLIT_TRAIN}, {"training", SPLIT_TRAIN},
        {"valid", SPLIT_VALID}, {"validation", SPLIT_VALID},
        {"val", SPLIT_VALID}, {"dev", SPLIT_VALID}, {"test", SPLIT_TEST},
        {"testing", SPLIT_TEST}};
    for (size_t i = 0, k; i < n; i += k + 1) {
        for (k = 0; i + k < n && isalpha((unsigned char)s[i + k]); k++)
            ;
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (strlen(words[w].word) == k &&
                strncasecmp(words[w].word, s + i, k) == 0)
                return words[w].part;
    }
    return -1;
}

int
intake_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    int part = part_in(base, strlen(base));
    if (part >= 0 || !slash)
        return part;
    const char *folder = slash;
    while (folder > path && folder[-1] != '/')
        folder--;
    return part_in(folder, (size_t)(slash - folder));
}

/* -- format and separator -- */

/* Behind the string whose opening quote is at p. */
static const char *
skip_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            return p + 1;
        p += *p == '\\';
    }
    return end;
}

/* Behind the JSON value at p. */
static const char *
skip_value(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        char c = *p;
        if (depth == 0 && strchr(",]} \t\r\n", c))
            return p;
        p = c == '"' ? skip_string(p, end) : p + 1;
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        if (depth == 0 && strchr("\"]}", c))
            return p;
    }
    return end;
}

static const char *
skip_blanks(const char *p, const char *end)
{
    while (p < end && strchr(" \t\r\n", *p) && *p)
        p++;
    return p;
}

/* An object is user -> [items] if its first value is a list and no key is one
 * of a user or an item. */
static enum intake_format
sniff_json(const struct intake *k, const char *p, const char *end)
{
    int lists = 0, values = 0;
    p = skip_blanks(p + 1, end);
    while (p < end && *p == '"') {
        const char *behind = skip_value(p, end);
        struct text key = {p + 1, behind - p - 2};
        if (behind == end || key.n < 0)
            break;
        for (int role = INTAKE_USER; role <= INTAKE_ITEM; role++)
            if (intake_rank(k, role, key) >= 0)
                return INTAKE_JSONL;
        p = skip_blanks(behind, end);
        if (p == end || *p != ':')
            break;
        p = skip_blanks(p + 1, end);
        lists |= values++ == 0 && p < end && *p == '[';
        p = skip_blanks(skip_value(p, end), end);
        if (p == end || *p != ',')
            break;
        p = skip_blanks(p + 1, end);
    }
    return lists ? INTAKE_SPLIT : INTAKE_JSONL;
}

/* Separators that are found, in the order of preference. */
static const char *const seps[] = {"\t", "::", ";", "|", ",", " "};
enum { SEPS = sizeof seps / sizeof *seps, LINES = 32 };

/* How many fields a line has. */
static int64_t
count_fields(const char *p, const char *end, const char *sep, int quotes)
{
    int64_t n = 1;
    size_t k = strlen(sep);
    int quoted = 0;
    for (; p < end; p++) {
        if (quotes && *p == '"')
            quoted = !quoted;
        if (!quoted && (size_t)(end - p) >= k && memcmp(p, sep, k) == 0) {
            n++;
            p += k - 1;
        }
    }
    return n;
}

/* The separator that splits the first line and most lines like it; among
 * those, into most fields. NULL: none of them stands in the first line. */
static const char *
find_sep(const char *p, const char *end, int quotes)
{
    int64_t first[SEPS] = {0}, alike[SEPS] = {0};
    if (end - p > 5 && memcmp(p, "sep=", 4) == 0) { /* Excel's own line */
        for (int i = 0; i < (int)SEPS; i++)
            if (p[4] == *seps[i] && !seps[i][1] && strchr("\r\n", p[5]))
                return seps[i];
        while (p < end && *p != '\n' && *p != '\r')
            p++;
    }
    for (int line = 0; line < LINES && (p = skip_blanks(p, end)) < end;
         line++) {
        const char *to = p;
        while (to < end && *to != '\n' && *to != '\r')
            to++;
        if (to == end && line > 0)
            break; /* perhaps cut */
        for (int i = 0; i < (int)SEPS; i++) {
            int64_t n = count_fields(p, to, seps[i], quotes);
            if (line == 0)
                first[i] = n;
            alike[i] += n == first[i];
        }
        p = to;
    }
    int best = -1;
    for (int i = 0; i < (int)SEPS; i++)
        if (first[i] > 1 && (best < 0 || alike[i] > alike[best] ||
                                (alike[i] == alike[best] &&
                                    first[i] > first[best] && *seps[i] != ' ')))
            best = i;
    return best < 0 ? NULL : seps[best];
}

int
intake_sniff(struct intake *k, const char *path, struct xin *x, struct err *e)
{
    const unsigned char *bytes;
    int64_t got = xin_peek_more(x, 1 << 16, &bytes, e);
    if (got < 0)
        return (int)got;
    const char *p = (const char *)bytes, *end = p + got;
    const char *begin = skip_blanks(p, end);
    k->format = INTAKE_CSV;
    k->sniffed = 1;
    if (k->sep) {
        return 0;
    } else if (text_ends(path, ".tsv")) {
        k->format = INTAKE_TSV;
    } else if (text_ends(path, ".inter")) {
        k->format = INTAKE_INTER;
    } else if (text_ends(path, ".jsonl") || text_ends(path, ".ndjson")) {
        k->format = INTAKE_JSONL;
    } else if (!text_ends(path, ".csv") && begin < end && *begin == '{') {
        k->format = sniff_json(k, begin, end);
    } else if (!text_ends(path, ".csv") && begin < end && *begin == '[') {
        return err_set(e, ERR_FORMAT,
            "'%.300s' is a JSON array, not one object per line; read it with: "
            "jq -c '.[]' | stair-ingest [options]",
            x->name);
    } else {
        k->sep = find_sep(begin, end, !k->no_quotes);
        k->unsplit = !k->sep;
    }
    return 0;
}

static int
is_json(const struct intake *k)
{
    return k->format == INTAKE_JSONL || k->format == INTAKE_SPLIT;
}

int
intake_same_kind(
    const struct intake *k, const char *path, struct xin *x, struct err *e)
{
    struct intake other = *k;
    const unsigned char *bytes;
    int64_t n = xin_peek_more(x, 1 << 16, &bytes, e);
    const char *p = (const char *)bytes;
    if (n <= 0 || skip_blanks(p, p + n) == p + n)
        return (int)(n < 0 ? n : 0);
    other.sep = NULL;
    int rc = intake_sniff(&other, path, x, e);
    if (rc || is_json(&other) == is_json(k))
        return rc;
    return err_set(e, ERR_FORMAT,
        "'%.400s' is %s, the files before it are %s: read them one by one",
        x->name, is_json(&other) ? "JSON" : "a table",
        is_json(k) ? "JSON" : "tables");
}
