/* Names that look like a security-relevant one: a typing error there silently takes a protection
 * away. */
#ifndef DAVIT_NEAR_H
#define DAVIT_NEAR_H

#include "fields.h"

/* Warns when NAME, which FIELDS does not know, is close to one of its FIELD_GUARD names, or any of
 * them in another case. */
void near_miss(const struct field *fields, const char *name);

#endif
