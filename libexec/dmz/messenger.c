/*
 * Who hands over the listener of a filter that notifies. The calls for it, sendmsg and close, would
 * themselves run under the filter, and an agent that is to answer them has not got the listener
 * yet. So a thread is made before the filter is loaded, which binds the thread that loads it
 * alone (seccomp(2)); it shares the descriptors with it, and is gone before the user's program.
 */
#include "dmz.h"

#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "step.h"

#define STEP_NS 50000

static int listener_fd = -1, handed;

static int run(void *unused)
{
	const struct timespec step = {0, STEP_NS};
	int listener;

	(void)unused;
	while ((listener = __atomic_load_n(&listener_fd, __ATOMIC_SEQ_CST)) < 0)
		(void)syscall(SYS_nanosleep, &step, NULL);
	hand_over(listener);
	__atomic_store_n(&handed, 1, __ATOMIC_SEQ_CST);
	return 0;
}

int messenger_start(void)
{
	return start_thread(run, CLONE_FILES);
}

void messenger_give(int listener)
{
	__atomic_store_n(&listener_fd, listener, __ATOMIC_SEQ_CST);
}

void messenger_end(void)
{
	while (!__atomic_load_n(&handed, __ATOMIC_SEQ_CST))
		continue;
}
