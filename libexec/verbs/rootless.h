/* What is different for a caller who is not root. */
#ifndef DAVIT_ROOTLESS_H
#define DAVIT_ROOTLESS_H

#include <unistd.h>
#include "plan.h"

struct creation;
struct step;

/* What an ordinary user cannot have is refused before anything is made, and newuidmap and newgidmap are found
 * where the maps need them. 0, or -1 with line set. */
int rootless_check(struct creation *c);

/* Starts subids, which has these write the maps. 0, or -1 with line set. */
int rootless_spawn(struct creation *c);

/* What is to be added when FAILED met a file that it has no right to: "", or whose rights count. Static. */
const char *rootless_hint(const struct creation *c, const struct step *failed);

/* DMZ is the image that the container's first process is executed from: the caller keeps the right to look at it where
 * its own ids are not mapped. 0, or -1 with line set. */
int rootless_show(struct creation *c, int dmz);

/* True when the container has a user namespace of its own. */
static inline int rootless_is_new(const struct plan *plan)
{
	const char *path;

	return plan_namespace(plan, NS_USER, &path) && !path;
}

/* True when setgroups(2) is denied to PLAN's container: the caller maps only its own gid. */
static inline int rootless_denies_groups(const struct plan *plan)
{
	return geteuid() != 0 && rootless_is_new(plan) &&
		plan_maps_only(plan, plan->config->gid_map, getegid());
}

#endif
