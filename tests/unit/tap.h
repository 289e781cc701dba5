#ifndef STAIR_TAP_H
#define STAIR_TAP_H

/* Test Anything Protocol for C tests: one line per check, plan at the end. */

#include <stdarg.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused)) static int
ok(int pass, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("%sok %d - ", pass ? "" : "not ", ++tap_count);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
    tap_failed += !pass;
    return pass;
}

__attribute__((unused)) static void
skip(const char *what, const char *why)
{
    printf("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
}

__attribute__((unused)) static int
done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

#endif
