/* lib/io/xio: input from anything, output that is whole or absent. */
#include "lib/io/xio.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

enum { BIG = 700000 };
static unsigned char big[BIG];

static void
spit(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f))
        abort();
}

static char *
slurp(const char *path)
{
    static char buf[1000];
    FILE *f = fopen(path, "rb");
    if (!f)
        return strcpy(buf, "(none)");
    buf[fread(buf, 1, sizeof buf - 1, f)] = 0;
    fclose(f);
    return buf;
}

/* Unfinished files have names of their own. */
static int
leftovers(void)
{
    int n = 0;
    DIR *d = opendir(".");
    for (struct dirent *x; d && (x = readdir(d));)
        n += strncmp(x->d_name, ".stair-", 7) == 0;
    closedir(d);
    return n;
}

/* A child writes bytes into a FIFO in pieces of the given size. */
static pid_t
feed(const char *fifo, const unsigned char *p, int64_t n, int64_t piece)
{
    unlink(fifo);
    if (mkfifo(fifo, 0600))
        abort();
    pid_t pid = fork();
    if (pid)
        return pid;
    int fd = open(fifo, O_WRONLY);
    for (int64_t i = 0; i < n; i += piece) {
        int64_t k = n - i < piece ? n - i : piece;
        if (write(fd, p + i, (size_t)k) != k)
            _exit(1);
    }
    _exit(0);
}

static void
test_input(void)
{
    struct xin x;
    struct err e;
    unsigned char *got = malloc(BIG + 1);
    spit("big", big, BIG);
    ok(xin_open(&x, "big", &e) == 0 && x.file_bytes == BIG, "open a file");
    x.sum = 1;
    int64_t sizes[] = {0, 1, 3, 262144, 5, 300000, BIG};
    int64_t at = 0;
    int good = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t want = sizes[i] < BIG - at ? sizes[i] : BIG - at;
        int64_t n = xin_read(&x, got + at, sizes[i], &e);
        good &= n == want;
        at += n;
    }
    ok(good && at == BIG && memcmp(got, big, BIG) == 0, "reads of any size");
    ok(x.offset == BIG && x.crc == crc32(0, big, BIG), "counted and summed");
    ok(xin_read(&x, got, 10, &e) == 0, "the end stays the end");
    xin_close(&x);
    xin_close(&x);

    pid_t pid = feed("fifo", big, 5000, 1);
    ok(xin_open(&x, "fifo", &e) == 0 && x.file_bytes == -1 &&
            xin_read(&x, got, 5000, &e) == 5000 &&
            xin_read(&x, got, 1, &e) == 0 && memcmp(got, big, 5000) == 0,
        "a pipe that gives one byte at a time");
    xin_close(&x);
    waitpid(pid, NULL, 0);

    const unsigned char *p;
    spit("few", "abc", 3);
    ok(xin_open(&x, "few", &e) == 0 && xin_peek(&x, &p, &e) == 3 &&
            (xin_take(&x, 2), xin_peek(&x, &p, &e)) == 1 && *p == 'c' &&
            (xin_take(&x, 1), xin_peek(&x, &p, &e)) == 0 && x.offset == 3,
        "peek and take");
    xin_close(&x);
    spit("none", "", 0);
    ok(xin_open(&x, "none", &e) == 0 && xin_peek(&x, &p, &e) == 0,
        "an empty file is at its end");
    xin_close(&x);
    ok(xin_open(&x, "absent", &e) == ERR_IO &&
            !strcmp(e.msg, "cannot open 'absent': No such file or directory"),
        "%s", e.msg);
    ok(xin_open(&x, ".", &e) == ERR_IO &&
            !strcmp(e.msg, "cannot read '.': is a directory"),
        "%s", e.msg);
    free(got);
}

static size_t
gzip(unsigned char *out, size_t cap, const void *p, size_t n)
{
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0) != Z_OK)
        abort();
    z.next_in = (unsigned char *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    size_t made = cap - z.avail_out;
    deflateEnd(&z);
    return made;
}

static void
test_gzip(void)
{
    static unsigned char packed[2 * BIG], got[BIG + 1];
    size_t n = gzip(packed, sizeof packed, big, 400000);
    n += gzip(packed + n, sizeof packed - n, "", 0);
    n += gzip(packed + n, sizeof packed - n, big + 400000, BIG - 400000);
    struct xin x;
    struct err e;
    spit("many.gz", packed, n);
    ok(xin_open(&x, "many.gz", &e) == 0 && x.file_bytes == -1 &&
            xin_read(&x, got, BIG + 1, &e) == BIG &&
            memcmp(got, big, BIG) == 0 && x.offset == BIG,
        "three gzip members, one of them empty");
    xin_close(&x);
    pid_t pid = feed("fifo", packed, 3000, 1);
    ok(xin_open(&x, "fifo", &e) == 0 && xin_read(&x, got, 500, &e) == 500 &&
            memcmp(got, big, 500) == 0,
        "gzip from a pipe, byte by byte");
    ok(xin_read(&x, got, BIG, &e) == ERR_FORMAT &&
            !strcmp(e.msg, "cannot read 'fifo': gzip stream ends early"),
        "%s", e.msg);
    xin_close(&x);
    waitpid(pid, NULL, 0);

    n = gzip(packed, sizeof packed, "some text", 9);
    int good = 1;
    for (size_t cut = 2; cut < n; cut++) {
        spit("cut.gz", packed, cut);
        int64_t r = xin_open(&x, "cut.gz", &e);
        if (!r)
            r = xin_read(&x, got, 100, &e);
        good &= r == ERR_FORMAT;
        xin_close(&x);
    }
    ok(good, "gzip cut at every byte fails");
    int wrong = 0;
    for (size_t bit = 16; bit < 8 * n; bit++) { /* the first two tell gzip */
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        spit("flip.gz", packed, n);
        int64_t r = xin_open(&x, "flip.gz", &e);
        if (!r)
            r = xin_read(&x, got, 100, &e);
        wrong += r >= 0 && (r != 9 || memcmp(got, "some text", 9) != 0);
        xin_close(&x);
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    ok(wrong == 0, "no flipped bit changes the text unnoticed");
    packed[n++] = 'x';
    spit("long.gz", packed, n);
    ok(xin_open(&x, "long.gz", &e) == 0 && xin_read(&x, got, 100, &e) < 0,
        "garbage behind gzip: %s", e.msg);
    xin_close(&x);
}

static int
write_file(const char *path, const char *text, int commit, struct err *e)
{
    struct xout x;
    int rc = xout_open(&x, path, XOUT_TEXT, e);
    xout_write(&x, text, (int64_t)strlen(text));
    if (!rc && commit)
        return xout_commit(&x, e);
    xout_abort(&x);
    return rc;
}

static mode_t
mode_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) ? 0 : st.st_mode & 07777;
}

static void
test_output(void)
{
    struct xout x;
    struct err e;
    umask(022);
    ok(write_file("out", "one\n", 1, &e) == 0 && !strcmp(slurp("out"), "one\n"),
        "write a file");
    ok(mode_of("out") == 0644, "a new file has the mode of the umask");
    chmod("out", 0600);
    ok(write_file("out", "two\n", 1, &e) == 0 &&
            !strcmp(slurp("out"), "two\n") && mode_of("out") == 0600,
        "a rewritten one keeps its permission bits");
    ok(write_file("out", "three\n", 0, &e) == 0 &&
            !strcmp(slurp("out"), "two\n"),
        "an abandoned one stays as it was");
    ok(xout_open(&x, "out", XOUT_TEXT, &e) == 0 && leftovers() == 1 &&
            !strcmp(slurp("out"), "two\n"),
        "the new text grows under another name");
    xout_unlink_all();
    ok(leftovers() == 0, "a signal handler can remove it");
    static const char gone[] =
        "cannot rename to 'out': No such file or directory";
    xout_write(&x, "abc", 3);
    ok(xout_check(&x, &e) == 0 && xout_commit(&x, &e) == ERR_IO &&
            !strcmp(e.msg, gone) && !strcmp(slurp("out"), "two\n"),
        "%s", e.msg);
    xout_write(&x, "abc", 3);
    xout_printf(&x, "%5000s", "");
    ok(xout_check(&x, &e) == ERR_IO && xout_commit(&x, &e) == ERR_IO &&
            !strcmp(e.msg, gone),
        "the first failure is the one that stays: %s", e.msg);

    int rc = xout_open(&x, "big2", XOUT_BINARY, &e);
    xout_write(&x, big, 10);
    xout_write(&x, big + 10, BIG - 20);
    xout_write(&x, big + BIG - 10, 10);
    ok(rc == 0 && x.offset == BIG && xout_commit(&x, &e) == 0 &&
            system("cmp -s big big2") == 0,
        "large and small pieces");
    ok(xout_commit(&x, &e) == ERR_IO && !strcmp(e.msg, "output is closed"),
        "twice: %s", e.msg);
    rc = xout_open(&x, "text", XOUT_TEXT, &e);
    xout_printf(&x, "%s %d\n", "n", 3);
    ok(rc == 0 && xout_commit(&x, &e) == 0 && !strcmp(slurp("text"), "n 3\n"),
        "formatted text");
    rc = xout_open(&x, "text", XOUT_TEXT, &e);
    xout_printf(&x, "%5000s", "");
    ok(rc == 0 && leftovers() == 0 && xout_commit(&x, &e) == ERR_RANGE &&
            !strcmp(e.msg, "line too long for 'text'") &&
            !strcmp(slurp("text"), "n 3\n"),
        "%s", e.msg);
    rc = xout_open(&x, "text", XOUT_TEXT, &e);
    xout_fail(&x, ERR_FORMAT, "no text: %d", 7);
    xout_write(&x, "abc", 3);
    ok(rc == 0 && leftovers() == 0 && xout_commit(&x, &e) == ERR_FORMAT &&
            !strcmp(e.msg, "no text: 7") && !strcmp(slurp("text"), "n 3\n"),
        "a failure of whoever writes: %s", e.msg);
}

static void
test_output_places(void)
{
    struct xout x;
    struct err e;
    ok(write_file("absent/out", "x", 1, &e) == ERR_IO &&
            !strcmp(
                e.msg, "cannot create 'absent/out': No such file or directory"),
        "%s", e.msg);
    ok(write_file(".", "x", 1, &e) == ERR_IO &&
            !strcmp(e.msg, "cannot open '.': Is a directory"),
        "%s", e.msg);
    mkdir("closed", 0555);
    if (geteuid() == 0)
        skip("unwritable directory", "root may write anywhere");
    else
        ok(write_file("closed/out", "x", 1, &e) == ERR_IO &&
                !strcmp(e.msg, "cannot create 'closed/out': Permission denied"),
            "%s", e.msg);
    static const char full[] =
        "cannot write '/dev/full': No space left on device";
    int rc = xout_open(&x, "/dev/full", XOUT_BINARY, &e);
    xout_write(&x, big, 10);
    ok(rc == 0 && xout_check(&x, &e) == 0 && xout_commit(&x, &e) == ERR_IO &&
            !strcmp(e.msg, full),
        "at the end: %s", e.msg);
    rc = xout_open(&x, "/dev/full", XOUT_BINARY, &e);
    xout_write(&x, big, BIG);
    ok(rc == 0 && xout_check(&x, &e) == ERR_IO && !strcmp(e.msg, full),
        "in the middle: %s", e.msg);
    xout_abort(&x);

    mkdir("dir", 0755);
    spit("dir/target", "old", 3);
    if (symlink("dir/target", "link") || symlink("link", "link2") ||
        symlink("dir/new", "dangling"))
        abort();
    ok(write_file("link2", "new", 1, &e) == 0 &&
            !strcmp(slurp("dir/target"), "new") && mode_of("link2") == 0777,
        "links stay, their target is replaced");
    ok(write_file("dangling", "born", 1, &e) == 0 &&
            !strcmp(slurp("dir/new"), "born"),
        "a link to nothing creates its target");
    if (symlink("loop", "loop"))
        abort();
    ok(write_file("loop", "x", 1, &e) == 0 && !strcmp(slurp("loop"), "x"),
        "a link to itself is replaced");

    unlink("fifo");
    mkfifo("fifo", 0600);
    pid_t pid = fork();
    if (pid == 0)
        _exit(write_file("fifo", "through", 1, &e) != 0);
    ok(!strcmp(slurp("fifo"), "through"), "a FIFO is written directly");
    int status = 1;
    waitpid(pid, &status, 0);
    struct stat st;
    ok(status == 0 && stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode),
        "and stays a FIFO");
    ok(leftovers() == 0, "no unfinished file is left");
}

int
main(void)
{
    for (int i = 0; i < BIG; i++)
        big[i] = (unsigned char)((i * 2654435761u) >> 13);
    test_input();
    test_gzip();
    test_output();
    test_output_places();
    return done();
}
