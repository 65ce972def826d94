/* From "created" to "running": one byte into the fifo, then the end of its reader tells that the
 * exec has come. */
#include "creation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sys.h"
#include "text.h"
#include "unexecuted.h"
#include "verb.h"
#include "winsize.h"

static int fail(char *line, size_t size, const char *what, int err)
{
	text_join(line, size, what, err ? ": " : "", err ? errno_text(err) : "", NULL);
	return -1;
}

/* dmz closes its end just before execve; the process may also end, in a startContainer hook for
 * one. */
static void wait_for_exec(int fifo, int pidfd)
{
	struct pollfd pollers[] = {{.fd = fifo, .events = 0}, {.fd = pidfd, .events = POLLIN}};

	while (poll(pollers, 2, -1) < 0 && errno == EINTR)
		continue;
}

/* What dmz has left in the fifo: one byte while startContainer hooks run, so that when it has ended
 * meanwhile one of them has failed; two when the execve has failed. */
static int bytes_left(int fifo)
{
	int bytes = 0;

	return ioctl(fifo, FIONREAD, &bytes) < 0 ? 0 : bytes;
}

/* Of several starts at once one writes the byte: the others find the fifo locked, or removed. */
static int taken(int fifo)
{
	struct stat st;

	if (flock(fifo, LOCK_EX | LOCK_NB) < 0)
		return 1;
	return fstat(fifo, &st) < 0 || !st.st_nlink;
}

/* Without the right to look into that process the engine's own resize has to do. */
static void size_terminal(int pidfd)
{
	char line[128];
	int err = winsize_inherit_first(pidfd);

	if (!err)
		return;
	text_join(line, sizeof(line),
		"the size of the container's terminal stays: ", errno_text(-err), NULL);
	log_record(LOG_LEVEL_DEBUG, line, NULL);
}

int container_start(
	struct container *container, struct step *hook, int sizes, char *line, size_t size)
{
	int fifo, pidfd, err, alive, left;

	if (!container->plan.config->has_process)
		return fail(line, size, "process property must not be empty", 0);
	pidfd = state_pidfd(container);
	if (pidfd == -ESRCH)
		return fail(line, size, "container process is already dead", 0);
	if (pidfd < 0)
		return fail(line, size, "the container's first process", -pidfd);
	fifo = openat(container->dir, "exec.fifo", O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fifo < 0) {
		/* ENXIO: nobody waits there. Of a process that lives, an earlier start was heard. */
		struct pollfd ended = {.fd = pidfd, .events = POLLIN};

		err = errno;
		alive = err == ENXIO && poll(&ended, 1, 0) == 0;
		close(pidfd);
		if (err != ENXIO)
			return fail(line, size, "exec fifo", err);
		return fail(line, size,
			alive ? "cannot start an already running container"
			      : "container process is already dead",
			0);
	}
	if (taken(fifo)) {
		close(fifo);
		close(pidfd);
		return fail(line, size, "cannot start an already running container", 0);
	}
	if (sizes && container->plan.config->terminal)
		size_terminal(pidfd);
	if (write(fifo, "0", 1) != 1) {
		err = errno;
		close(fifo);
		close(pidfd);
		return fail(line, size, "exec fifo", err);
	}
	/* From here on it runs. The name says nothing once nobody waits at it: see live.c. */
	if (unlinkat(container->dir, "exec.fifo", 0) < 0 && errno != ENOENT) {
		text_join(line, size, "the exec fifo of the container stays: ", errno_text(errno),
			NULL);
		log_record(LOG_LEVEL_WARNING, line, NULL);
	}
	wait_for_exec(fifo, pidfd);
	left = bytes_left(fifo);
	if (left > 1)
		unexecuted_explain(&container->plan, &container->plan);
	/* Without hooks that byte is ours: it ended before it was read. */
	if (left == 1 && container->plan.config->hooks_start_container.count) {
		close(fifo);
		close(pidfd);
		(void)fail(line, size,
			"a startContainer hook failed (the container's standard error says which)",
			0);
		return START_HOOK_FAILED;
	}
	close(fifo);
	err = 0;
	if (hook &&
		hooks_run(hook, HOOK_POSTSTART, STATUS_RUNNING, container->journal.init.pid, line,
			size)) {
		/* config.md 1.3, "Poststart": a failure stops the container. */
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
		err = START_HOOK_FAILED;
	}
	close(pidfd);
	return err;
}
