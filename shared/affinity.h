/* The CPUs a process may run on, sched_setaffinity(2), as the plan lists them. */
#ifndef DAVIT_AFFINITY_H
#define DAVIT_AFFINITY_H

#include "plan.h"

/*
 * Lets the caller run on CPUS, a list of the plan; an empty one stands for all there are, however
 * many. Returns 0 or -errno: -EINVAL when none of them is there or allowed.
 */
int affinity_set(const struct plan *plan, struct plan_list cpus);

#endif
