#include "lib/io/gzout.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <zlib.h>

enum { OUT = 1 << 16, GZIP = 16, LEVEL = 4 };

struct gzout_state {
    z_stream z;
    unsigned char out[OUT];
};

int
gzout_init(struct gzout *g, struct xout *x, int compress, struct err *e)
{
    *g = (struct gzout){.x = x};
    if (!compress)
        return 0;
    g->state = mem_zero(1, sizeof *g->state, e);
    if (!g->state)
        return ERR_NOMEM;
    if (deflateInit2(&g->state->z, LEVEL, Z_DEFLATED, MAX_WBITS + GZIP, 8,
            Z_DEFAULT_STRATEGY) != Z_OK) {
        free(g->state);
        g->state = NULL;
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    return 0;
}

static int
squeeze(struct gzout *g, int flush, struct err *e)
{
    struct gzout_state *s = g->state;
    int rc;
    do {
        s->z.next_out = s->out;
        s->z.avail_out = OUT;
        rc = deflate(&s->z, flush);
        int failed = xout_write(g->x, s->out, OUT - (int64_t)s->z.avail_out, e);
        if (failed)
            return failed;
    } while (flush == Z_FINISH ? rc == Z_OK : s->z.avail_in > 0);
    return 0;
}

int
gzout_write(struct gzout *g, const void *buf, int64_t n, struct err *e)
{
    if (!g->state)
        return xout_write(g->x, buf, n, e);
    const unsigned char *p = buf;
    while (n > 0) {
        uInt k = n < 1 << 30 ? (uInt)n : (uInt)1 << 30;
        g->state->z.next_in = (unsigned char *)p;
        g->state->z.avail_in = k;
        int rc = squeeze(g, Z_NO_FLUSH, e);
        if (rc)
            return rc;
        p += k;
        n -= k;
    }
    return 0;
}

int
gzout_end(struct gzout *g, struct err *e)
{
    int rc = g->state ? squeeze(g, Z_FINISH, e) : 0;
    gzout_free(g);
    return rc;
}

void
gzout_free(struct gzout *g)
{
    if (g->state)
        deflateEnd(&g->state->z);
    free(g->state);
    g->state = NULL;
}
