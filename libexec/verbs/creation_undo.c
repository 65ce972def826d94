/* A creation that failed, or whose container `run` has to end: processes, devices, cgroups, files. */
#include "creation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include "sys.h"
#include "verb.h"

#define NETDEV_SECONDS 60
#define KILL_SECONDS   10

/* Devices go back first: while netdev lives, so does the namespace that it has a socket in. */
static void undo_netdev(struct creation *c)
{
	struct step *step = &c->steps[STEP_NETDEV];
	int had_failed = step->failed;
	char line[CREATION_LINE];

	if (!c->netdev_asked)
		return;
	if (step_tell(step, MSG_UNDO, NULL, 0, -1, line, sizeof(line)) ||
		(step_finish(step, NETDEV_SECONDS) && !had_failed)) {
		step_error(step, line, sizeof(line));
		log_record(LOG_LEVEL_WARNING, line, NULL);
	}
}

/* systemd has said no, or scope has undone what it did: a unit of that name is somebody else's. An
 * error of the system says that nobody knows. */
static int unit_was_refused(const struct creation *c)
{
	const struct step *scope = &c->steps[STEP_SCOPE];

	return !c->unit_made && (scope->peer.seen >> MSG_ERROR & 1) && !scope->error.err;
}

/* One that is in an uninterruptible call, or on v1 in a frozen cgroup, does not end. */
int creation_kill_first(const struct creation *c)
{
	struct pollfd poller = {.fd = c->init_pidfd, .events = POLLIN};
	int n;

	if (c->init_pidfd < 0)
		return 1;
	(void)sys_pidfd_send_signal(c->init_pidfd, SIGKILL);
	do
		n = poll(&poller, 1, KILL_SECONDS * 1000);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		(void)waitid(P_PIDFD, (id_t)c->init_pidfd, NULL, WEXITED | WNOHANG);
	return n > 0;
}

void creation_undo(struct creation *c)
{
	char line[CREATION_LINE];
	/* Losing its control socket and its life in either order ends the container's first
	 * process. */
	int ended = creation_kill_first(c);

	undo_netdev(c);
	for (int i = 0; i < STEP_COUNT; i++)
		step_kill(&c->steps[i]);
	handover_undo(&c->handover);
	if (!c->have_directory)
		return;
	if (!ended) {
		log_record(LOG_LEVEL_WARNING,
			"container init still running: what there is of the container waits for "
			"delete "
			"--force",
			NULL);
		return;
	}
	if (c->container.dir >= 0 && c->journal_fd >= 0 &&
		journal_read(c->journal_fd, &c->container.journal))
		log_record(LOG_LEVEL_WARNING, "the journal of the failed container cannot be read",
			NULL);
	if (unit_was_refused(c))
		c->container.journal.unit.name = NULL;
	if (container_remove(c->root_fd, &c->container, c->hooks_ran ? &c->poststop : NULL, line,
		    sizeof(line)))
		log_record(LOG_LEVEL_WARNING, line, NULL);
	step_kill(&c->poststop);
}
