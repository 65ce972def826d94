/* What --check and --explain print: the findings of a review and the sentences about the plan, as
 * text or as one JSON document, on fd 1. */
#ifndef DAVIT_PRESENT_H
#define DAVIT_PRESENT_H

#include "plan.h"

struct options;

/* PLAN NULL: config.json is not valid, or nobody asked for the steps. */
void present(const struct options *options, const struct plan *plan);

#endif
