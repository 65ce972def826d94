/* An update of a container that exists: applied by the steps, kept in ROOT/ID, or all undone. */
#ifndef DAVIT_UPDATING_H
#define DAVIT_UPDATING_H

#include "conduct.h"

/*
 * Applies the plan PLAN (also container->plan) of CONTAINER, whose JOURNAL is locked; with RDT its
 * resctrl group as well; then writes plan, resources.json and state.json. 0; or -1 and LINE: nothing
 * is changed then, unless the limits are in force and only the other files could not follow.
 */
int container_update(
	struct container *container, int journal, int plan, int rdt, char *line, size_t size);

/* Under the lock, before the next one: what a killed update has left is put in force or removed. 0; or
 * -1 and LINE. */
int updates_finish(const struct container *container, char *line, size_t size);

#endif
