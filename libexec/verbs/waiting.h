/* Says which step holds a verb up, for whoever looks at a command that takes long. */
#ifndef DAVIT_WAITING_H
#define DAVIT_WAITING_H

#include <poll.h>
#include "conduct.h"

struct waiting {
	const struct step *steps;
	size_t count;
	int64_t begun; /* conduct_clock, in milliseconds */
	int said;
};

/*
 * poll(2) for LEFT milliseconds, below 0 without a limit. When the wait has lasted 5 seconds it says
 * once, as a warning, for which of the steps; it returns -1 with EINTR then.
 */
int waiting_poll(struct waiting *waiting, struct pollfd *pollers, size_t count, int64_t left);

/*
 * The same while hooks run, which may take any time: only while HOOK, their program, is stopped and keeps no
 * timeout, the time runs. It returns 0 after so many SECONDS of that, and -1 with EINTR now and then.
 */
int waiting_hooks(struct waiting *waiting, const struct step *hook, struct pollfd *pollers,
	size_t count, int seconds);

/* The error of one that has lasted too long, in LINE: "… a step took too long: cgroup (stopped)". */
void waiting_error(const struct waiting *waiting, char *line, size_t size);

#endif
