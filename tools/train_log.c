#include "tools/train_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
fail(const struct train_log *l, const char *what, struct err *e)
{
    return err_set(
        e, ERR_IO, "cannot %s '%s': %s", what, l->path, strerror(errno));
}

/* INT64_MAX of a line that is not one of ours. */
static int64_t
epoch_of(const char *line)
{
    static const char begin[] = "{\"epoch\": ";
    char *end;
    if (strncmp(line, begin, sizeof begin - 1) != 0)
        return INT64_MAX;
    long long epoch = strtoll(line + sizeof begin - 1, &end, 10);
    return *end == ',' || *end == '}' ? epoch : INT64_MAX;
}

/* The length of the log up to its last line with an epoch of at most `last`; -1
 * on a read error. */
static int64_t
kept_length(int fd, int64_t last)
{
    FILE *f = fdopen(dup(fd), "r");
    if (!f)
        return -1;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int64_t keep = 0;
    while ((n = getline(&line, &cap, f)) > 0 && line[n - 1] == '\n' &&
           epoch_of(line) <= last)
        keep += n;
    free(line);
    if (ferror(f) || (n < 0 && !feof(f))) /* also when memory is short */
        keep = -1;
    fclose(f);
    return keep;
}

int
train_log_open(
    struct train_log *l, const char *path, int64_t resumed_at, struct err *e)
{
    *l = (struct train_log){-1, path};
    if (!path)
        return 0;
    l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->fd < 0)
        return fail(l, "open", e);
    int64_t keep = resumed_at < 0 ? 0 : kept_length(l->fd, resumed_at);
    if (keep < 0)
        return fail(l, "read", e);
    /* A log may also go to a pipe or device, which cannot be cut. */
    if (ftruncate(l->fd, keep) && errno != EINVAL)
        return fail(l, "cut", e);
    (void)!lseek(l->fd, 0, SEEK_END);
    return 0;
}

static int
put_metrics(char *to, size_t cap, const char *split, const struct metrics *m)
{
    int n = snprintf(to, cap, ", \"%s\": {", split);
    for (int i = 0; i < m->n_cuts; i++)
        n += snprintf(to + n, cap - (size_t)n,
            "%s\"recall@%" PRId64 "\": %.17g, \"ndcg@%" PRId64 "\": %.17g",
            i ? ", " : "", m->cut[i], m->value[METRICS_RECALL][i], m->cut[i],
            m->value[METRICS_NDCG][i]);
    return n + snprintf(to + n, cap - (size_t)n, "}");
}

int
train_log_add(struct train_log *l, const struct train_report *r, struct err *e)
{
    if (l->fd < 0)
        return 0;
    char s[4096];
    int n = snprintf(s, sizeof s, "{\"epoch\": %" PRId64, r->epoch);
    if (r->epoch > 0)
        n += snprintf(s + n, sizeof s - (size_t)n,
            ", \"loss\": %.17g, \"seconds\": %.6f", r->loss, r->seconds);
    if (r->has_valid) {
        n += put_metrics(s + n, sizeof s - (size_t)n, "valid", &r->valid);
        n += snprintf(s + n, sizeof s - (size_t)n, ", \"best\": %s",
            r->is_best ? "true" : "false");
    }
    if (r->has_correlation)
        n += snprintf(s + n, sizeof s - (size_t)n,
            ", \"init_correlation\": %.17g", r->init_correlation);
    if (r->has_test)
        n += put_metrics(s + n, sizeof s - (size_t)n, "test", &r->test);
    n += snprintf(s + n, sizeof s - (size_t)n, "}\n");
    for (int done = 0; done < n;) {
        ssize_t w = write(l->fd, s + done, (size_t)(n - done));
        if (w < 0 && errno != EINTR)
            return fail(l, "write", e);
        if (w > 0)
            done += (int)w;
    }
    return 0;
}

int
train_log_close(struct train_log *l, struct err *e)
{
    int fd = l->fd;
    l->fd = -1;
    if (fd >= 0 && close(fd))
        return fail(l, "close", e);
    return 0;
}
