/* Names that look like a security-relevant one: a typing error there silently takes a protection
 * away. */
#ifndef DAVIT_NEAR_H
#define DAVIT_NEAR_H

#include "fields.h"

/* Warns when NAME, which FIELDS does not know, is close to one of its FIELD_GUARD names, or any of
 * them in another case. */
void near_miss(const struct field *fields, const char *name);

/* Insertions, deletions and replacements that make B of A, without regard to case. Neither is longer
 * than this. */
#define NEAR_LENGTH_MAX 31
unsigned near_distance(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
