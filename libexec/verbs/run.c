/* run: create, start and, in the foreground, wait, pass signals on and delete. */
#include "creation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "sys.h"
#include "text.h"
#include "verb.h"

static struct creation creation; /* large: kept out of the file by starting as zeros */
static int keep, no_subreaper;

static const struct flag flags[] = {
	CREATION_FLAGS(creation),
	{"detach", "d", FLAG_BOOL, &creation.detach, "detach from the container's process"},
	{"keep", NULL, FLAG_BOOL, &keep, "do not delete the container after it exits"},
	{"no-subreaper", NULL, FLAG_BOOL, &no_subreaper,
		"disable the use of the subreaper used to reap reparented processes"},
};

static const struct verb verb = {
	.name = "run",
	.usage = "<container-id>",
	.description = "create and run a container",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = 1,
};

static const struct msg_rule tty_rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_TTY},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_TTY},
	{MSG_TERMINAL, MSG_ONCE, 0, 0, PROGRAM_TTY},
	{MSG_DONE, MSG_ONCE, 0, MSG_TERMINAL, PROGRAM_TTY},
};

#define TTY_MS 10000

static struct step tty;

static int start_tty(void)
{
	static struct msg msg;
	const struct spawn_fd fds[] = {{creation.master_fd, FD_MASTER}};
	const struct spawn request = {
		.program = PROGRAM_TTY, .image = -1, .fds = fds, .fd_count = 1};
	int err = step_spawn(&tty, &request, tty_rules, sizeof(tty_rules) / sizeof(tty_rules[0]));

	if (err)
		return creation_error(&creation, "cannot start tty", err);
	close(creation.master_fd);
	creation.master_fd = -1;
	/* Not before the terminals are set up may the container see its own. */
	if (msg_await(&tty.peer, MSG_TERMINAL, &msg, TTY_MS)) {
		(void)step_finish(&tty, 1);
		step_error(&tty, creation.line, sizeof(creation.line));
		return -1;
	}
	return 0;
}

/* Everything that can be caught goes to the container; SIGCHLD means reap, SIGWINCH resize, SIGURG
 * nothing. */
static int watch_signals(void)
{
	sigset_t set;
	int fd;

	sigfillset(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	fd = signalfd(creation.signal_fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd;
}

static void take_signal(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		switch ((int)info.ssi_signo) {
		case SIGCHLD:
		case SIGURG:
			break;
		case SIGWINCH:
			if (tty.peer.fd >= 0)
				(void)msg_send(&tty.peer, MSG_WINDOW, NULL, 0,
					-1); /* it may just have ended */
			break;
		default:
			(void)sys_pidfd_send_signal(creation.init_pidfd, (int)info.ssi_signo);
		}
	}
}

/* As subreaper we get what the container orphaned; only what is not ours to wait for elsewhere is
 * reaped here. */
static int reap_orphans(pid_t init, int *status)
{
	siginfo_t info;
	int ended = 0;

	for (;;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
			return ended;
		if (info.si_pid == tty.pid && tty.pidfd >= 0) {
			(void)step_finish(&tty, 10);
			continue;
		}
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED);
		if (info.si_pid == init) {
			*status =
				info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
			ended = 1;
		}
	}
}

static int wait_for_container(int signals)
{
	pid_t init = (pid_t)creation.container.journal.init.pid;
	int status = 255;

	while (!reap_orphans(init, &status)) {
		struct pollfd pollers[] = {
			{.fd = signals, .events = POLLIN}, {.fd = tty.peer.fd, .events = POLLIN}};
		static struct msg msg;

		if (poll(pollers, 2, -1) < 0 && errno != EINTR)
			break;
		if (pollers[0].revents)
			take_signal(signals);
		if (pollers[1].revents)
			(void)step_receive(&tty, &msg); /* its end is seen by its pid */
	}
	return status;
}

/* tty goes on until it has written all the container's last words; it ends by itself when the pty
 * does. */
static void end_tty(void)
{
	if (tty.peer.fd >= 0 || tty.pidfd >= 0)
		(void)step_finish(&tty, 10);
}

static void destroy(void)
{
	static char line[CREATION_LINE];
	struct stat st;

	if (keep)
		return;
	/* `delete` may be at it, or have done it: then the id may already be another container's.
	 */
	if (flock(creation.journal_fd, LOCK_EX) < 0 || fstat(creation.journal_fd, &st) < 0 ||
		!st.st_nlink)
		return;
	if (container_kill(&creation.container, line, sizeof(line)) ||
		container_remove(creation.root_fd, &creation.container, &creation.poststop, line,
			sizeof(line)))
		log_record(LOG_LEVEL_WARNING, line, NULL);
}

static _Noreturn void fail(void)
{
	if (creation.init_pidfd >= 0)
		(void)sys_pidfd_send_signal(creation.init_pidfd, SIGKILL);
	while (waitid(P_PIDFD, (id_t)creation.init_pidfd, NULL, WEXITED) < 0 && errno == EINTR)
		continue;
	end_tty();
	destroy();
	step_kill(&creation.steps[STEP_HOOK]);
	step_kill(&creation.poststop);
	log_die(1, "runc run failed", creation.line);
}

int main(int argc, char **argv)
{
	const char *args[1];
	struct step *hook = &creation.steps[STEP_HOOK];
	int signals, status;

	creation.bundle = ".";
	verb_start(&verb, argc, argv, args, 1);
	creation.id = args[0];
	tty.peer.fd = tty.pidfd = -1;
	if (!no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		log_record(LOG_LEVEL_WARNING, "unable to become a child subreaper", NULL);
	if (creation_make(&creation))
		log_die(1, "runc run failed", creation.line);
	signals = creation.detach ? -1 : watch_signals();
	if (creation.master_fd >= 0 && start_tty())
		fail();
	if (container_start(&creation.container,
		    creation.container.plan.config->hooks_poststart.count ? hook : NULL,
		    creation.line, sizeof(creation.line)))
		fail();
	hooks_end(hook);
	if (creation.detach) {
		hooks_end(&creation.poststop);
		return 0;
	}
	status = wait_for_container(signals);
	end_tty();
	destroy();
	hooks_end(&creation.poststop);
	return status;
}
