/*
 * startContainer hooks. Their program is no part of the container, so a profile need not allow what it
 * calls: where the conductor finds that the filter forbids some of that, a thread is made before the
 * filter is loaded, which binds the thread that loads it alone (seccomp(2)). It waits for `start`, has
 * the hooks run, and is gone when the user's program begins. The program then loads the filter for
 * each hook.
 */
#include "dmz.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "fds.h"
#include "inner_hooks.h"
#include "step.h"
#include "sys.h"

static int filter_fd, go[2];

/* In the child of a fork. */
static void place_filter(void)
{
	if (dup2(filter_fd, FD_FILTER) < 0 || sys_fcntl(FD_FILTER, F_SETFD, 0) < 0)
		_exit(1);
}

/* While they run there is a byte in the fifo. It stays when one fails or we are killed, and tells
 * `start`, which has the other end, that the program was not reached. */
static void run_hooks(int start, void (*place)(void))
{
	char bytes[16] = "0";
	ssize_t marked = start < 0 ? -1 : write(start, bytes, 1); /* by hand it may be a pipe */

	conductor.fd = -1;
	run_inner_hooks(HOOK_START_CONTAINER, STATUS_CREATED, program_environment(), place);
	while (marked == 1 && read(start, bytes, sizeof(bytes)) < 0 && errno == EINTR)
		continue;
}

void run_start_hooks(int start)
{
	run_hooks(start, NULL);
}

static int run_unfiltered(void *unused)
{
	(void)unused;
	drop_rest();
	wait_for_start(FD_START);
	run_hooks(FD_START, place_filter);
	if (write(go[1], "", 1) != 1)
		leave(255);
	for (;;)
		pause();
}

int start_hooks_unfiltered(int filter)
{
	filter_fd = filter;
	if (syscall(SYS_pipe2, go, O_CLOEXEC) < 0 || start_thread(run_unfiltered, 0) < 0)
		die("starting", "hook", errno);
	return go[0];
}
