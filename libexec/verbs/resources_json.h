/* linux.resources of a plan, written as JSON. */
#ifndef DAVIT_RESOURCES_JSON_H
#define DAVIT_RESOURCES_JSON_H

#include "json.h"
#include "plan.h"

/* The members "resources" and "intelRdt" as config.json has them. */
void resources_add(struct json *j, const struct plan *plan);

/* The object "cgroups" of runc's state.json (runc-cli.md 2.2): what is not set is left out. */
void resources_add_state(struct json *j, const struct plan *plan);

#endif
