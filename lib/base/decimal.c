#include "lib/base/decimal.h"

static const uint64_t one = 1000000000000000000;

/* Larger exponents make no difference: the number is too large, or 0. */
enum { EXPONENT_MAX = 100000 };

static int
is_digit(struct text t, int64_t i)
{
    return i < t.n && t.s[i] >= '0' && t.s[i] <= '9';
}

static int64_t
digits(struct text t, int64_t i)
{
    while (is_digit(t, i))
        i++;
    return i;
}

/* The exponent from its e at i to the end of t; 0 if it is none. */
static int
exponent(struct text t, int64_t i, int64_t *power)
{
    int negative = ++i < t.n && t.s[i] == '-';
    i += i < t.n && (t.s[i] == '-' || t.s[i] == '+');
    if (!is_digit(t, i))
        return 0;
    for (*power = 0; is_digit(t, i); i++)
        if (*power < EXPONENT_MAX)
            *power = *power * 10 + (t.s[i] - '0');
    if (negative)
        *power = -*power;
    return i == t.n;
}

/* Puts the digit behind whole's last; 0 if there is no room. */
static int
push(struct decimal *v, int digit)
{
    return !__builtin_mul_overflow(v->whole, 10, &v->whole) &&
           !__builtin_add_overflow(v->whole, digit, &v->whole);
}

enum decimal_result
decimal_parse(struct text t, struct decimal *v)
{
    int negative = t.n > 0 && t.s[0] == '-';
    int64_t from = t.n > 0 && (t.s[0] == '-' || t.s[0] == '+');
    int64_t point = digits(t, from), end = point, power = 0;
    if (point < t.n && t.s[point] == '.')
        end = digits(t, point + 1);
    int64_t count = end - from - (end > point);
    if (count < 1)
        return DECIMAL_NONE;
    if (end < t.n &&
        ((t.s[end] != 'e' && t.s[end] != 'E') || !exponent(t, end, &power)))
        return DECIMAL_NONE;

    *v = (struct decimal){0};
    int fits = 1;
    /* the power of ten of the digit, and what it counts if that is below 0 */
    int64_t place = point - from - 1 + power;
    uint64_t unit = one / 10;
    for (int64_t k = -1; k > place && unit; k--)
        unit /= 10;
    for (int64_t i = from; i < end; i++) {
        if (i == point)
            continue;
        int digit = t.s[i] - '0';
        if (place >= 0) {
            fits &= push(v, digit);
        } else {
            v->frac += (uint64_t)digit * unit;
            unit /= 10;
        }
        place--;
    }
    for (; place >= 0 && v->whole && fits; place--)
        fits = push(v, 0);
    if (!fits) {
        *v = negative ? (struct decimal){INT64_MIN, 0}
                      : (struct decimal){INT64_MAX, one - 1};
        return DECIMAL_LARGE;
    }
    if (negative) {
        v->whole = -v->whole - (v->frac > 0);
        v->frac = v->frac ? one - v->frac : 0;
    }
    return DECIMAL_OK;
}
