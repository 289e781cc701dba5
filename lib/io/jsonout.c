#include "lib/io/jsonout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
jsonout_double(char *buf, double v)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, JSONOUT_NUMBER, "%.*g", digits, v);
        double back = strtod(buf, NULL);
        if (back <= v && back >= v)
            break;
    }
    return buf;
}

enum { FLOAT_DIGITS = 9, EXACT = 22 /* 10^22 is a double */ };

static const double power[EXACT + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22};

/* v * 10^k, rounded once. */
static double
scale(double v, int k)
{
    return k >= 0 ? v * power[k] : v / power[-k];
}

/*
 * Whether the decimal n / 10^k reads back as v: 1, 0, or -1 if this arithmetic
 * cannot tell. The double that is nearest to the decimal is rounded to a float,
 * which is right unless that double lies in the middle between two floats.
 */
static int
reads_back(double n, int k, float v)
{
    double d = scale(n, -k);
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if ((bits & 0x1fffffff) == 0x10000000)
        return -1;
    float back = (float)d;
    return back <= v && back >= v;
}

/* A number of p digits, the first of which stands for 10^at. */
static void
put_digits(char *buf, const char *sign, const char *digit, int p, int at)
{
    if (at < -4 || at >= FLOAT_DIGITS)
        snprintf(buf, JSONOUT_NUMBER, "%s%c%s%se%c%02d", sign, *digit,
            p > 1 ? "." : "", digit + 1, at < 0 ? '-' : '+', abs(at));
    else if (at < 0)
        snprintf(
            buf, JSONOUT_NUMBER, "%s0.%.*s%s", sign, -at - 1, "000", digit);
    else if (p <= at + 1)
        snprintf(buf, JSONOUT_NUMBER, "%s%s%.*s", sign, digit, at + 1 - p,
            "00000000");
    else
        snprintf(buf, JSONOUT_NUMBER, "%s%.*s.%s", sign, at + 1, digit,
            digit + at + 1);
}

/* The digits of v > 0 in doubles; p of them, or 0 where doubles do not suffice:
 * near the ends of the range, or if it cannot be told which decimal is the
 * nearest. */
static int
digits_fast(float v, char *digit, int *at)
{
    double a = (double)v;
    if (!(a > 1e-13 && a < 1e21))
        return 0;
    *at = (int)floor(log10(a));
    *at -= a < scale(1, *at);
    *at += a >= scale(1, *at + 1);
    for (int p = 1; p <= FLOAT_DIGITS; p++) {
        int k = p - 1 - *at;
        double exact = scale(a, k), n = rint(exact);
        int right = reads_back(n, k, v);
        if (right < 0 || fabs(fabs(exact - n) - 0.5) < 1e-6)
            return 0;
        if (!right)
            continue;
        if (n >= power[p]) { /* 9.6 became 10 */
            n /= 10;
            ++*at;
        }
        snprintf(digit, FLOAT_DIGITS + 1, "%.0f", n);
        return p;
    }
    return 0;
}

/* The digits of any v > 0, by way of text. */
static int
digits_slow(float v, char *digit, int *at)
{
    for (int p = 1;; p++) {
        char text[JSONOUT_NUMBER];
        snprintf(text, sizeof text, "%.*e", p - 1, (double)v);
        float back = strtof(text, NULL);
        if (p < FLOAT_DIGITS && (back < v || back > v))
            continue;
        *at = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
        digit[0] = text[0];
        memcpy(digit + 1, text + 2, (size_t)p - 1);
        digit[p] = 0;
        return p;
    }
}

char *
jsonout_float(char *buf, float v)
{
    char digit[FLOAT_DIGITS + 1];
    int at, p;
    float a = fabsf(v);
    if (!(a > 0) || isinf(a)) {
        snprintf(buf, JSONOUT_NUMBER, "%g", (double)v);
        return buf;
    }
    p = digits_fast(a, digit, &at);
    if (!p)
        p = digits_slow(a, digit, &at);
    put_digits(buf, v < 0 ? "-" : "", digit, p, at);
    return buf;
}

void
jsonout_text(struct xout *x, struct text t)
{
    const unsigned char *p = (const unsigned char *)t.s, *end = p + t.n;
    for (int k; p < end; p += k) {
        k = text_utf8_length(p, end - p);
        if (!k) {
            xout_write(x, "\xef\xbf\xbd", 3);
            k = 1;
        } else if (*p < 0x20 || *p == 0x7f)
            xout_printf(x, "\\u%04x", *p);
        else if (*p == '"' || *p == '\\')
            xout_printf(x, "\\%c", *p);
        else
            xout_write(x, p, k);
    }
}

void
jsonout_string(struct xout *x, struct text t)
{
    xout_write(x, "\"", 1);
    jsonout_text(x, t);
    xout_write(x, "\"", 1);
}
