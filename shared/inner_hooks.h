/*
 * Hooks that run inside the container's namespaces (createContainer, startContainer): the line
 * starts the hook program from FD_HOOK, speaks to it as a conductor would, and passes its error on.
 */
#ifndef DAVIT_INNER_HOOKS_H
#define DAVIT_INNER_HOOKS_H

#include "names.h"
#include "state.h"

/* Runs all hooks of KIND with STATUS in their state. Dies with the hook's error when one fails.
 * ENVIRONMENT is that of their program, and PLACE as in inner.h. */
void run_inner_hooks(enum hook_kind kind, enum container_status status, char *const *environment,
	void (*place)(void));

#endif
