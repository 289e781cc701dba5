#ifndef STAIR_ERR_H
#define STAIR_ERR_H

/*
 * Errors are values. A call that can fail returns 0 or one of these negative
 * codes, and writes one complete sentence into the caller's struct err: lower
 * case, no full stop, the subject in quotes, the cause last.
 */
enum err_code {
    ERR_NOMEM = -1,  /* allocation failed or its size overflows */
    ERR_IO = -2,     /* the operating system refused */
    ERR_FORMAT = -3, /* a file or text is not what it should be */
    ERR_SHAPE = -4,  /* sizes disagree */
    ERR_RANGE = -5,  /* a number or option is outside its range */
    ERR_NUM = -6,    /* not finite, or an iteration did not converge */
    ERR_DEVICE = -7, /* an accelerator failed */
    ERR_STOP = -8,   /* stopped by a signal, state saved */
    ERR_OTHER = -9   /* a file is of an entirely different kind */
};

struct err {
    char msg[1024];
};

#define ERR_CHECKED __attribute__((warn_unused_result))

/*
 * Writes the formatted sentence into e (which may be NULL) and returns code,
 * so that a caller can write: return err_set(e, ERR_SHAPE, "...", ...);
 */
int err_set(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the message that e holds; returns code unchanged. */
int err_prefix(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
