/* Hooks of the line. See inner_hooks.h. */
#include "inner_hooks.h"

#include "fds.h"
#include "inner.h"

void run_inner_hooks(enum hook_kind kind, enum container_status status, char *const *environment,
	void (*place)(void))
{
	const struct msg_hooks request = {kind, status, 0};

	inner_run("hook", FD_HOOK, environment, place, &request);
}
