#ifndef STAIR_SYNTHWORD_H
#define STAIR_SYNTHWORD_H

#include <stdint.h>

/* Words for made-up products, so that a person can read recommendations. */

enum { SYNTHWORD_BRANDS = 24, SYNTHWORD_TITLE = 128 };

/*
 * "Brand Adjective Noun Model" for an item of this topic and brand; variety
 * picks adjective and model. The noun tells the topic: the first 192 topics
 * have nouns of their own, later ones repeat them with a qualifier in front.
 * buf holds SYNTHWORD_TITLE bytes; returns buf.
 */
char *synthword_title(
    int64_t topic, int64_t brand, uint64_t variety, char *buf);

#endif
