#ifndef STAIR_NEAR_H
#define STAIR_NEAR_H

#include "lib/base/text.h"

/*
 * What was probably meant: the known word that is nearest to a mistyped one.
 *
 *   struct near n = near_to(text_of("lightgnc"));
 *   for each known word: near_try(&n, word);
 *   n.best.s is NULL, or n.best is the word to suggest.
 *
 * The distance counts letters that are wrong, missing, too many or swapped with
 * the next; capitals count as small ones. At most a third of the word may be
 * wrong. If no word is that near, a word is taken that contains the typed one
 * or is contained in it. Of equally near words the first is taken.
 */
struct near {
    struct text typed, best; /* borrowed; best.s NULL: none is near */
    int64_t distance;
};

struct near near_to(struct text typed);
void near_try(struct near *n, struct text word);

#endif
