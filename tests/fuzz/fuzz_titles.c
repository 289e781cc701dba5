/* A table of titles as a stranger's file: every title that is kept lies in it.
 */
#include "lib/data/titles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[32];
    struct ids items = {0};
    if (ids_add(&items, text_of("a"), NULL) ||
        ids_add(&items, text_of("bc"), NULL) != 1)
        abort();
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct titles t;
    struct err e;
    if (!titles_read(&t, path, &items, &e)) {
        for (int64_t i = 0; i < items.n; i++) {
            struct text s = titles_get(&t, i);
            if (s.n < 0 || s.n > t.used || memchr(s.s, '\t', (size_t)s.n))
                abort();
        }
        titles_free(&t);
    }
    ids_free(&items);
    close(fd);
    return 0;
}
