/* What ns writes about its child before the child may go on. */
#ifndef DAVIT_NS_H
#define DAVIT_NS_H

#include <sys/types.h>
#include "plan.h"

/* Writes the id maps of the plan for CHILD, which is in a new user namespace. Dies on failure. */
void write_id_maps(const struct plan *plan, pid_t child);

/*
 * Sets oom_score_adj, raises hard limits that only the host's root may raise, and forgets the
 * caller's CPU affinity; the child inherits all three. Dies on failure, but for the affinity, where
 * it warns.
 */
void set_inherited(const struct plan *plan);

#endif
