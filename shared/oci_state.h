/* The state of a container as hooks and seccomp agents get it: runtime.md, "State". */
#ifndef DAVIT_OCI_STATE_H
#define DAVIT_OCI_STATE_H

#include "json.h"
#include "plan.h"
#include "state.h"

/* Adds it to J as the member KEY (NULL: the whole text), in the order and form runc writes it. PID 0
 * is left out. */
void oci_state_add(struct json *j, const char *key, const struct plan *plan,
	enum container_status status, uint64_t pid);

#endif
