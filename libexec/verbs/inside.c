/*
 * A container that joins a pid namespace: dmz, which is outside, makes the process that is inside
 * when there is nothing left but to start the program. Here that one becomes the container's first.
 */
#include "creation.h"

#include <errno.h>
#include <sys/wait.h>
#include "sys.h"

/* A child of ours that no step is: whoever has taken over dmz could name any process. */
static int is_made_by_dmz(const struct creation *c, uint64_t pid)
{
	siginfo_t info;

	if (!pid || pid > INT32_MAX || pid == c->container.journal.init.pid ||
		pid == (uint64_t)c->poststop.pid)
		return 0;
	for (size_t i = 0; i < STEP_COUNT; i++)
		if (pid == (uint64_t)c->steps[i].pid)
			return 0;
	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
}

int inside_take(struct creation *c, uint64_t pid)
{
	struct journal_init record = {.pid = pid};
	int pidfd, err;

	if (!is_made_by_dmz(c, pid))
		return creation_error(c, "protocol error: dmz", 0);
	pidfd = sys_pidfd_open((int)pid, 0);
	if (pidfd < 0)
		return creation_error(c, "pidfd_open", errno);
	/* The one that has made it has nothing left to do. */
	if (!creation_kill_first(c)) {
		close(pidfd);
		return creation_error(c, "unable to start container process: dmz did not end", 0);
	}
	close(c->init_pidfd);
	c->init_pidfd = pidfd;
	err = state_start_time(pid, &record.start_time, NULL);
	c->container.journal.init = record;
	c->steps[STEP_LINE].pid = (pid_t)pid;
	if (!err)
		err = journal_append(c->journal_fd, JOURNAL_INIT, &record, sizeof(record));
	if (err)
		return creation_state_error(c, "journal", err);
	return step_tell(&c->steps[STEP_LINE], MSG_INSIDE, NULL, 0, -1, c->line, sizeof(c->line));
}
