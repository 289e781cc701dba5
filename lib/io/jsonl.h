#ifndef STAIR_JSONL_H
#define STAIR_JSONL_H

#include "lib/base/err.h"
#include "lib/io/xio.h"

#include <stdint.h>

/*
 * JSON (RFC 8259), streamed token by token: any number of values one after the
 * other, such as JSON lines or one large object. Nothing is kept but the text
 * of the present token, so memory is constant. Lines end in LF, CRLF or CR.
 *
 * Some writers go beyond JSON. A lenient reader takes NaN and other bare words
 * as JSONL_WORD, half of a surrogate pair as U+FFFD, and control characters and
 * unknown escapes in strings as they stand.
 */
enum jsonl_token {
    JSONL_END = 0, /* of the input, between values */
    JSONL_OBJECT,
    JSONL_OBJECT_END,
    JSONL_ARRAY,
    JSONL_ARRAY_END,
    JSONL_KEY,    /* text, unescaped, UTF-8 */
    JSONL_STRING, /* likewise */
    JSONL_NUMBER, /* text as written */
    JSONL_WORD,   /* true, false, null */
    JSONL_BAD     /* not JSON: see bad */
};

enum { JSONL_TEXT = 1024, JSONL_DEPTH = 256 };

struct jsonl {
    char text[JSONL_TEXT + 1]; /* of the token, terminated */
    int64_t n;                 /* its length; text holds the first 1024 */
    int64_t line;              /* of the last byte read, from 1 */
    int depth;                 /* containers open after the token */
    const char *bad;           /* reason after JSONL_BAD */
    /* set to 1 after jsonl_init */
    int lines;   /* a value must end in the line where it begins */
    int lenient; /* text beyond JSON is read, and `odd` says why it is none */
    const char *odd; /* after a token: why it is no JSON, or NULL */
    /* private */
    struct xin *x;
    const unsigned char *start, *p, *end;
    unsigned char stack[JSONL_DEPTH];
    int expect;
    int cr; /* the byte before was a CR */
    int io;
};

/* Reads from x, which stays the caller's and must not be used meanwhile. */
void jsonl_init(struct jsonl *j, struct xin *x);

/* The next token, or a negative code if reading failed. After JSONL_BAD only
 * jsonl_resync may be called. */
int jsonl_next(struct jsonl *j, struct err *e) ERR_CHECKED;

/* After the first token of a value (t): reads to the value's end. Returns the
 * last token, JSONL_BAD, or a negative code. */
int jsonl_skip(struct jsonl *j, int t, struct err *e) ERR_CHECKED;

/* The reason in `bad` if a value does not end in its line (see `lines`). */
extern const char jsonl_cut[];

/* Drops the rest of the line and everything that is open. */
int jsonl_resync(struct jsonl *j, struct err *e) ERR_CHECKED;

#endif
