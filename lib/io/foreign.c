#include "lib/io/foreign.h"

#include "lib/io/kind.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PANDAS(read)                                                           \
    "python3 -c 'import pandas, sys; pandas.read_" read                        \
    "(sys.argv[1]).to_csv(sys.stdout, index=False)' %"

/* Formats by the bytes they begin with. In the command % stands for the file's
 * name; NULL: there is none. */
static const struct format {
    const char *magic;
    int n;
    const char *name, *command;
} formats[] = {
    {"\xFD\x37zXZ", 5, "compressed by xz", "xz -dc %"},
    {"BZh", 3, "compressed by bzip2", "bzip2 -dc %"},
    {"\x28\xB5\x2F\xFD", 4, "compressed by zstd", "zstd -dc %"},
    {"\x04\x22\x4D\x18", 4, "compressed by lz4", "lz4 -dc %"},
    {"LZIP", 4, "compressed by lzip", "lzip -dc %"},
    {"\x1F\x9D", 2, "compressed by compress", "gzip -dc %"},
    {"7z\xBC\xAF\x27\x1C", 6, "a 7-Zip archive", "7z x -so %"},
    {"Rar!\x1A\x07", 6, "a RAR archive", "unrar p -inul %"},
    {"PAR1", 4, "a Parquet file", PANDAS("parquet")},
    {"ARROW1", 6, "a Feather file", PANDAS("feather")},
    {"FEA1", 4, "a Feather file", PANDAS("feather")},
    {"ORC", 3, "an ORC file", PANDAS("orc")},
    {"\x89HDF\r\n\x1A\n", 8, "an HDF5 file", PANDAS("hdf")},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8, "an Excel file", PANDAS("excel")},
    {"SQLite format 3", 16, "an SQLite database",
        "sqlite3 -csv -header % 'SELECT * FROM TABLE'"},
    {"\x93NUMPY", 6, "a NumPy array", NULL},
    {"Obj\x01", 4, "an Avro file", NULL},
    {"\xFF\xFE\0\0", 4, "text in UTF-32", "iconv -f UTF-32 -t UTF-8 %"},
    {"\0\0\xFE\xFF", 4, "text in UTF-32", "iconv -f UTF-32 -t UTF-8 %"},
    {"\xFF\xFE", 2, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 %"},
    {"\xFE\xFF", 2, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 %"},
};

static const struct format zip = {NULL, 0, "a zip archive", "unzip -p %"},
                           xlsx = {NULL, 0, "an Excel file", PANDAS("excel")},
                           npz = {NULL, 0, "a NumPy archive", NULL},
                           tar = {NULL, 0, "a tar archive", "tar -xOf %"},
                           html = {NULL, 0, "a web page", NULL},
                           word2vec = {NULL, 0, "word2vec's binary format",
                               "python3 -c 'import sys; from gensim.models "
                               "import KeyedVectors as K; "
                               "K.load_word2vec_format(sys.argv[1], "
                               "binary=True).save_word2vec_format("
                               "\"/dev/stdout\")' %"},
                           pdf = {NULL, 0, "a PDF file", NULL},
                           little = {NULL, 0, "text in UTF-16",
                               "iconv -f UTF-16LE -t UTF-8 %"},
                           big = {NULL, 0, "text in UTF-16",
                               "iconv -f UTF-16BE -t UTF-8 %"};

enum { LOOK = 4096 };

static int
holds(const unsigned char *p, int64_t n, const char *word)
{
    return memmem(p, (size_t)n, word, strlen(word)) != NULL;
}

/* What a zip archive is for, by the names of its first members. */
static const struct format *
which_zip(const unsigned char *p, int64_t n)
{
    if (holds(p, n, "xl/") || holds(p, n, "[Content_Types].xml"))
        return &xlsx;
    return holds(p, n, ".npy") ? &npz : &zip;
}

/* ASCII in UTF-16 without a byte order mark: every other byte is NUL. */
static const struct format *
wide_text(const unsigned char *p, int64_t n)
{
    int64_t zeros[2] = {0};
    for (int64_t i = 0; i < n; i++)
        zeros[i % 2] += p[i] == 0;
    if (n < 8 || zeros[0] + zeros[1] < n / 2 - n / 16)
        return NULL;
    return zeros[0] == 0 ? &little : zeros[1] == 0 ? &big : NULL;
}

/* Whether there is a byte that no text has. */
static int
is_binary(const unsigned char *p, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (p[i] < '\t' || (p[i] > '\r' && p[i] < ' ' && p[i] != 27) ||
            p[i] >= 0xF8)
            return 1;
    return 0;
}

/* A line of two whole numbers before what is no text. */
static int
is_word2vec(const unsigned char *p, int64_t n)
{
    int64_t at = 0;
    for (int word = 0; word < 2; word++) {
        int64_t from = at;
        while (at < n && p[at] >= '0' && p[at] <= '9')
            at++;
        if (at == from || at >= n || p[at++] != (word ? '\n' : ' '))
            return 0;
    }
    return 1;
}

static const struct format *
recognise(const unsigned char *p, int64_t n)
{
    if (n >= 9 && (strncasecmp((const char *)p, "<!doctype", 9) == 0 ||
                      strncasecmp((const char *)p, "<html", 5) == 0))
        return &html;
    if (n >= 5 && memcmp(p, "%PDF-", 5) == 0)
        return &pdf;
    if (!is_binary(p, n))
        return NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (n >= formats[i].n &&
            memcmp(p, formats[i].magic, (size_t)formats[i].n) == 0)
            return &formats[i];
    if (n >= 4 && memcmp(p, "PK\3\4", 4) == 0)
        return which_zip(p, n);
    if (n >= 262 && memcmp(p + 257, "ustar", 5) == 0)
        return &tar;
    if (is_word2vec(p, n))
        return &word2vec;
    return wide_text(p, n < 512 ? n : 512);
}

/* The command for the file, whose name is quoted for the shell. */
static void
fill_in(char *to, size_t cap, const char *command, const char *name)
{
    const char *at = strchr(command, '%');
    int known = !strchr(name, '\'') && strcmp(name, "<stdin>") != 0;
    snprintf(to, cap, known ? "%.*s'%s'%s" : "%.*s%s%s", (int)(at - command),
        command, known ? name : "FILE", at + 1);
}

int
foreign_check(struct xin *x, const char *reader, struct err *e)
{
    const unsigned char *p;
    int64_t n = xin_peek_more(x, LOOK, &p, e);
    if (n < 0)
        return (int)n;
    const struct format *f = recognise(p, n < LOOK ? n : LOOK);
    if (!f)
        return 0;
    if (!f->command)
        return err_set(e, ERR_FORMAT, "'%.400s' is %s, not text", x->name,
            f == &npz ? kind_words(kind_of_file(x->name)) : f->name);
    char command[640];
    fill_in(command, sizeof command, f->command, x->name);
    return err_set(e, ERR_FORMAT,
        "'%.200s' is %s, not %s; read it with: %s | %s [options]", x->name,
        f->name, strncmp(f->name, "text", 4) == 0 ? "UTF-8" : "text", command,
        reader);
}
