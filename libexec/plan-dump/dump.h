/* A plan as text, by the tables of plan.def: what is in the list is in the output. */
#ifndef DAVIT_DUMP_H
#define DAVIT_DUMP_H

#include "plan.h"

/* Writes PLAN to FD, one "field: value" per line; absent fields are left out. Dies when FD takes no
 * more. */
void dump(const struct plan *plan, int fd);
/* The same as one line of JSON. */
void dump_json(const struct plan *plan, int fd);

#endif
