/* Compiled once per instruction set, see the Makefile. */
#include "lib/knn/knn_kernel.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

extern knn_dot PASTE(knn_dot_, ISA);
double
PASTE(knn_dot_, ISA)(const float *a, const float *b, int64_t d)
{
    double s[8] = {0};
    int64_t c = 0;
    for (; c + 8 <= d; c += 8)
        for (int q = 0; q < 8; q++)
            s[q] += (double)a[c + q] * (double)b[c + q];
    for (int q = 0; c < d; c++, q++)
        s[q] += (double)a[c] * (double)b[c];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

extern knn_above PASTE(knn_above_, ISA);
int
PASTE(knn_above_, ISA)(
    float *v, float scale, const float *inverse, float own, const float *bar)
{
    int hit = 0;
    for (int p = 0; p < KNN_SPAN; p++) {
        v[p] *= scale * inverse[p];
        hit |= (v[p] >= own) | (v[p] >= bar[p]);
    }
    return hit;
}
