/* The two set-id programs that map ids of an ordinary user's ranges (newuidmap(1), subuid(5)). */
#ifndef DAVIT_SUBIDS_H
#define DAVIT_SUBIDS_H

#include <sys/types.h>
#include "plan.h"

struct tool {
	const char *name;   /* newuidmap */
	const char *member; /* linux.uidMappings */
	const char *ranges; /* /etc/subuid */
	const char *path;   /* of the program */
	struct plan_list map;
	uint32_t own; /* the caller's id */
};

/* Runs TOOL for process PID and waits for its end, within a time limit. Dies on failure. */
void tool_run(const struct plan *plan, const struct tool *tool, pid_t pid);

/* TOOL ended with an error: dies with SAID, which it wrote, and with what there is to be seen about it. */
_Noreturn void reason_die(const struct tool *tool, const char *said);

#endif
