/* rules.c: the plan's Landlock rules, for the kernel. */
#ifndef DAVIT_FENCE_H
#define DAVIT_FENCE_H

#include "plan.h"

/* A ruleset with all of them, the paths looked up beneath the directory ROOT. Dies of what the
 * kernel cannot enforce, and of a path that is not there: nobody runs with less than was asked. */
int make_rules(const struct plan *plan, int root);

#endif
