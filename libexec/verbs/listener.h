/*
 * The agent that answers the system calls which a seccomp profile leaves to it (SCMP_ACT_NOTIFY):
 * config-linux.md, "listenerPath" and "The Container Process State". Functions return 0, or -1 and
 * LINE.
 */
#ifndef DAVIT_LISTENER_H
#define DAVIT_LISTENER_H

#include "plan.h"
#include "state.h"

/* Connects to the agent of the container's PLAN, before anything is made; *AGENT is -1 when there is
 * none. */
int listener_connect(const struct plan *plan, int *agent, char *line, size_t size);

struct listener_process {
	uint64_t pid;  /* that the filter is of */
	uint64_t init; /* of the container's first process */
	enum container_status status;
};

/*
 * Sends the container process state with LISTENER, the other end of the filter, which is closed, and
 * ends the connection. LISTENER and *AGENT must both be there or both be -1.
 */
int listener_send(const struct plan *plan, const struct listener_process *process, int *agent,
	int listener, char *line, size_t size);

#endif
