/* Waiting in the foreground: signals in, exit status out, and tty in between. */
#include "foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "sys.h"
#include "text.h"

#define TTY_MS      10000
#define TTY_SECONDS 10

static const struct msg_rule tty_rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_TTY},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_TTY},
	{MSG_TERMINAL, MSG_ONCE, 0, 0, PROGRAM_TTY},
	{MSG_DONE, MSG_ONCE, 0, MSG_TERMINAL, PROGRAM_TTY},
};

int foreground_tty(struct foreground *f, int master, char *line, size_t size)
{
	static struct msg msg;
	const struct spawn_fd fds[] = {{master, FD_MASTER}};
	const struct spawn request = {
		.program = PROGRAM_TTY, .image = -1, .fds = fds, .fd_count = 1};
	int err =
		step_spawn(&f->tty, &request, tty_rules, sizeof(tty_rules) / sizeof(tty_rules[0]));

	close(master);
	if (err) {
		text_join(line, size, "cannot start tty: ", errno_text(-err), NULL);
		return -1;
	}
	if (msg_await(&f->tty.peer, MSG_TERMINAL, &msg, TTY_MS)) {
		(void)step_finish(&f->tty, 1);
		step_error(&f->tty, line, size);
		return -1;
	}
	return 0;
}

/* Everything that can be caught goes to the container; SIGCHLD means reap, SIGWINCH resize, SIGURG
 * nothing. */
int foreground_watch(struct foreground *f, int signal_fd)
{
	sigset_t set;

	sigfillset(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	f->signals = signalfd(signal_fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return f->signals < 0 ? -errno : 0;
}

static void take_signals(struct foreground *f)
{
	struct signalfd_siginfo info;

	while (read(f->signals, &info, sizeof(info)) == sizeof(info)) {
		switch ((int)info.ssi_signo) {
		case SIGCHLD:
		case SIGURG:
			break;
		case SIGWINCH:
			if (f->tty.peer.fd >= 0)
				(void)msg_send(&f->tty.peer, MSG_WINDOW, NULL, 0,
					-1); /* it may just have ended */
			break;
		default:
			(void)sys_pidfd_send_signal(f->pidfd, (int)info.ssi_signo);
		}
	}
}

/* As subreaper we get what the container orphaned; only what is not ours to wait for elsewhere is
 * reaped here. */
static int reap_children(struct foreground *f, int *status)
{
	siginfo_t info;
	int ended = 0;

	for (;;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
			return ended;
		if (info.si_pid == f->tty.pid && f->tty.pidfd >= 0) {
			(void)step_finish(&f->tty, TTY_SECONDS);
			continue;
		}
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED);
		if (info.si_pid == f->pid) {
			*status =
				info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
			ended = 1;
		}
	}
}

static void advance_notify(struct foreground *f)
{
	if (f->notify)
		notify_advance(f->notify);
}

int foreground_wait(struct foreground *f)
{
	int status = 255;

	while (!reap_children(f, &status)) {
		struct pollfd pollers[] = {{.fd = f->signals, .events = POLLIN},
			{.fd = f->tty.peer.fd, .events = POLLIN},
			f->notify ? notify_poller(f->notify) : (struct pollfd){.fd = -1}};
		static struct msg msg;

		if (poll(pollers, 3, f->notify ? notify_timeout(f->notify) : -1) < 0 &&
			errno != EINTR)
			break;
		if (pollers[0].revents)
			take_signals(f);
		if (pollers[1].revents)
			(void)step_receive(&f->tty, &msg); /* its end is seen by its pid */
		advance_notify(f);
	}
	advance_notify(f); /* said just before the end */
	return status;
}

void foreground_end(struct foreground *f)
{
	if (f->tty.peer.fd >= 0 || f->tty.pidfd >= 0)
		(void)step_finish(&f->tty, TTY_SECONDS);
}
