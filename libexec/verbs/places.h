/*
 * ROOT/ID/landlock: where each path of a container's Landlock rules led when it was created, records of
 * a fixed length in the order of the plan. A process of the container may have put something else
 * there since, so `exec` compares what fence finds then.
 */
#ifndef DAVIT_PLACES_H
#define DAVIT_PLACES_H

#include "msg.h"
#include "plan.h"

/* Writes the record number INDEX below the container's directory DIR. 0 or -errno. */
int places_keep(int dir, uint32_t index, const struct msg_place *place);

/* Whether PLACE is the record number INDEX, of the path with that number in PLAN. 0, or -1 and LINE. */
int places_check(int dir, const struct plan *plan, uint32_t index, const struct msg_place *place,
	char *line, size_t size);

#endif
