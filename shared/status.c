/* The words of state.h, apart from it so that a program that only names a status links nothing
 * else. */
#include "state.h"

const char *const status_names[STATUS_COUNT] = {
	[STATUS_CREATING] = "creating",
	[STATUS_CREATED] = "created",
	[STATUS_RUNNING] = "running",
	[STATUS_PAUSED] = "paused",
	[STATUS_STOPPED] = "stopped",
	[STATUS_BROKEN] = "broken",
};
