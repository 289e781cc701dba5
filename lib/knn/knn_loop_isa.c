/* Compiled once per instruction set, see the Makefile. */
#include "lib/knn/knn_kernel.h"

static double
dot(const float *a, const float *b, int64_t d)
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

static int
above(float *v, float scale, const float *inverse, float own, const float *bar)
{
    int hit = 0;
    for (int p = 0; p < KNN_SPAN; p++) {
        v[p] *= scale * inverse[p];
        hit |= (v[p] >= own) | (v[p] >= bar[p]);
    }
    return hit;
}

ISA_FAMILY(knn_loop) = {.dot = dot, .above = above};
