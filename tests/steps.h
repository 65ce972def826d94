/* For unit tests of step programs: makes a plan, starts a built program as a conductor does, waits
 * for its end. */
#ifndef DAVIT_TESTS_STEPS_H
#define DAVIT_TESTS_STEPS_H

#include <sys/types.h>
#include "fds.h"
#include "msg.h"
#include "plan_write.h"
#include "step.h"

struct placed {
	int from;
	int to; /* 0-2 or a number of fds.h */
};

/* The plan that plan_begin started, as a sealed memfd. */
int steps_plan(void);

/* Starts build/davit/NAME, where a blank begins its argument, with FDS and a control socket, whose other end is PEER's (conductor's
 * rules set). */
pid_t steps_start(const char *name, const struct placed *fds, size_t count, struct peer *peer);

/* Its exit status, 1000 + signal, or -1 after 10 seconds, when it is killed. */
int steps_ended(pid_t pid);

#endif
