#include "lib/io/hist.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "stair-npz ";
enum { FORMAT = 1, MAX_LINES = 4096 };

static int
append(char **s, const char *text, size_t n)
{
    size_t old = *s ? strlen(*s) : 0;
    char *p = realloc(*s, old + n + 1);
    if (!p)
        return -1;
    memcpy(p + old, text, n);
    p[old + n] = 0;
    *s = p;
    return 0;
}

/* The next line of *p, which moves behind it: 1, or 0 if there is none. */
static int
next_line(const char **p, struct text *line)
{
    if (!*p || !**p)
        return 0;
    *line = (struct text){*p, (int64_t)strcspn(*p, "\n")};
    *p += line->n + ((*p)[line->n] != 0);
    return 1;
}

static int
has_line(const char *lines, struct text line)
{
    for (struct text l; next_line(&lines, &l);)
        if (text_same(l, line))
            return 1;
    return 0;
}

/* The last step of a file's history is its own: it says what it belongs to. */
static int
add_file(struct hist *h, const char *name, const char *text, struct err *e)
{
    int rc = mem_grow(&h->file, &h->cap, h->n + 1, sizeof *h->file, e);
    if (rc)
        return rc;
    struct hist_file *f = &h->file[h->n++];
    *f = (struct hist_file){strdup(name), text ? strdup(text) : NULL, ""};
    if (!f->name || (text && !f->text))
        return err_set(e, ERR_NOMEM, "out of memory");
    struct text belongs = hist_belongs(text);
    if (belongs.n < HIST_BELONGS)
        memcpy(f->belongs, belongs.s, (size_t)belongs.n);
    return 0;
}

int
hist_input(struct hist *h, const char *role, const char *name, const char *text,
    uint32_t id, struct err *e)
{
    char *inputs;
    if (asprintf(&inputs, "%s%s%s:%08" PRIx32, h->inputs ? h->inputs : "",
            h->inputs ? " " : "", role, id) < 0)
        return err_set(e, ERR_NOMEM, "out of memory");
    free(h->inputs);
    h->inputs = inputs;
    if (!text || strncmp(text, magic, sizeof magic - 1) != 0)
        return add_file(h, name, NULL, e); /* somebody else's */
    char *after;
    long version = strtol(text + sizeof magic - 1, &after, 10);
    if (version < 1 || (*after && *after != '\n'))
        return err_set(e, ERR_FORMAT,
            "'%s': history.txt does not start with a format number", name);
    if (version > FORMAT)
        return err_set(e, ERR_FORMAT,
            "'%s' is of format stair-npz %ld; this program reads up to %d",
            name, version, FORMAT);
    const char *p = text;
    struct text line;
    next_line(&p, &line);
    for (int lines = 0; next_line(&p, &line); lines++) {
        if (lines == MAX_LINES)
            return err_set(e, ERR_FORMAT, "'%s': history.txt has over %d lines",
                name, MAX_LINES);
        if (line.n && !has_line(h->lines, line))
            if (append(&h->lines, line.s, (size_t)line.n) ||
                append(&h->lines, "\n", 1))
                return err_set(e, ERR_NOMEM, "out of memory");
    }
    return add_file(h, name, text, e);
}

int
hist_next(const char **p, const char *tool, struct hist_step *step)
{
    const char *s = *p;
    if (s && strncmp(s, magic, sizeof magic - 1) == 0)
        s = strchr(s, '\n');
    do {
        while (s && *s == '\n')
            s++;
        *p = s;
        if (!s || !*s)
            return 0;
        const char *end = s + strcspn(s, "\n");
        for (int k = 0; k < HIST_FIELDS; k++) {
            size_t n = strcspn(s, "\t\n");
            step->field[k] = (struct text){s, (int64_t)n};
            s += n + (s + n < end);
        }
        *p = s = end;
    } while (tool && !text_same(step->field[HIST_TOOL], text_of(tool)));
    return 1;
}

struct text
hist_belongs(const char *text)
{
    struct hist_step step = {.field[HIST_BELONGS_TO] = {"", 0}};
    while (hist_next(&text, NULL, &step))
        ;
    return step.field[HIST_BELONGS_TO];
}

char *
hist_text(const struct hist *h, const char *tool, const char *version,
    const char *options, struct err *e)
{
    char *s;
    if (asprintf(&s, "%s%d\n%s%s\t%s\t%s\t%s%s%s\n", magic, FORMAT,
            h->lines ? h->lines : "", tool, version, options,
            h->inputs ? h->inputs : "-", *h->belongs ? "\t" : "",
            h->belongs) >= 0)
        return s;
    err_set(e, ERR_NOMEM, "out of memory");
    return NULL;
}

void
hist_free(struct hist *h)
{
    for (int64_t i = 0; i < h->n; i++) {
        free(h->file[i].name);
        free(h->file[i].text);
    }
    free(h->file);
    free(h->lines);
    free(h->inputs);
    *h = (struct hist){0};
}
