/*
 * Into a joined pid namespace. Whoever is in there may be allowed to take over what comes in, so
 * nothing comes in that has more than the container: ids, capabilities, root, Landlock and, if that
 * can be, the filters are what they are to be when the last process is made, and only that is
 * inside.
 */
#include "dmz.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fds.h"
#include "inside.h"
#include "step.h"
#include "sys.h"

int choose_pid_namespace(const struct plan *plan)
{
	const char *path;

	if (!plan_namespace(plan, NS_PID, &path) || !path || !step_conducted() ||
		sys_fcntl(FD_PIDNS, F_GETFD, 0) < 0)
		return 0;
	if (setns(FD_PIDNS, CLONE_NEWPID) < 0)
		die("failed to join namespace", "pid", errno);
	close(FD_PIDNS);
	return 1;
}

/* Of the process that is outside: what the conductor knows as the container's first one ends. */
static _Noreturn void hand_on(uint64_t pid)
{
	const struct {
		struct msg_header header;
		struct msg_number pid;
	} record = {{MSG_INSIDE, sizeof(record), conductor.sent, conductor.self}, {pid}};

	leave(write(conductor.fd, &record, sizeof(record)) != (ssize_t)sizeof(record));
}

void move_inside(void)
{
	struct msg_header answer;
	long pid = syscall(__NR_clone, INSIDE_CLONE_FLAGS, 0, 0, 0, 0);

	if (pid < 0)
		die("failed to create namespaces: clone:",
			errno == ENOMEM ? "has the first process of the pid namespace ended?"
					: NULL,
			errno);
	if (pid > 0)
		hand_on((uint64_t)pid);
	conductor.sent++;
	/* The conductor has us in the journal, and the other one is gone: its place among the
	 * processes of the user is free. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		read(conductor.fd, &answer, sizeof(answer)) != (ssize_t)sizeof(answer) ||
		answer.type != MSG_INSIDE)
		leave(1);
}
