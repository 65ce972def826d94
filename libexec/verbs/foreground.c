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
#include "verb.h"

#define TTY_MS 10000

static const struct msg_rule tty_rules[] = {
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_TTY},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_TTY},
	{MSG_TERMINAL, MSG_ONCE, 0, 0, PROGRAM_TTY},
	{MSG_SUSPENDED, 0, sizeof(struct msg_suspended), 0, PROGRAM_TTY},
	{MSG_DONE, MSG_ONCE, 0, MSG_TERMINAL, PROGRAM_TTY},
};

/* tty has gone, or has to. Every signal is blocked here: SIGTTOU, too. */
static void end_tty(struct foreground *f)
{
	char line[300];

	if (!step_finish(&f->tty, 1))
		return;
	caller_restore(&f->caller);
	step_error(&f->tty, line, sizeof(line));
	log_record(LOG_LEVEL_WARNING, line, NULL);
}

static void continue_tty(struct foreground *f)
{
	if (f->tty.peer.fd < 0)
		return;
	f->turn++;
	(void)msg_send(&f->tty.peer, MSG_CONTINUE, NULL, 0, -1); /* it may just have ended */
}

/* By the default action, so that the kernel does not stop a process group that nobody could
 * continue. */
static void stop(int number)
{
	sigset_t set;

	if (sigpending(&set) < 0 || sigismember(&set, SIGCONT))
		return; /* `fg` came before we got here */
	sigemptyset(&set);
	sigaddset(&set, number);
	if (kill(getpid(), number) < 0 || sigprocmask(SIG_UNBLOCK, &set, NULL) < 0)
		return;
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* tty has given the terminal back. If it was told to go on after it said so, it does. */
static void take_suspended(struct foreground *f, const struct msg_suspended *body)
{
	if (body->turn != f->turn)
		return;
	if (body->signal == SIGTSTP || body->signal == SIGTTIN || body->signal == SIGTTOU)
		stop((int)body->signal);
	caller_find(&f->caller);
	continue_tty(f);
}

static int wants_to_end(void)
{
	sigset_t set;

	return !sigpending(&set) &&
		(sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP) ||
			sigismember(&set, SIGINT) || sigismember(&set, SIGQUIT));
}

/* Until the terminals are set up, which a job in the background has to wait for. */
static int await_terminal(struct foreground *f, char *line, size_t size)
{
	static struct msg msg;
	int err;

	while ((err = msg_await(&f->tty.peer, MSG_TERMINAL, &msg, TTY_MS)) == -EPROTO &&
		msg.header.type == MSG_SUSPENDED) {
		take_suspended(f, &msg.body.suspended);
		if (!wants_to_end())
			continue;
		text_join(line, size, "interrupted", NULL);
		step_kill(&f->tty);
		return -1;
	}
	if (!err)
		return 0;
	(void)step_finish(&f->tty, 1);
	caller_restore(&f->caller);
	step_error(&f->tty, line, size);
	return -1;
}

int foreground_tty(struct foreground *f, int master, char *line, size_t size)
{
	const struct spawn_fd fds[] = {{master, FD_MASTER}};
	const struct spawn request = {
		.program = PROGRAM_TTY, .image = -1, .fds = fds, .fd_count = 1};
	int err;

	caller_find(&f->caller);
	err = step_start_or_say(
		&f->tty, &request, tty_rules, sizeof(tty_rules) / sizeof(tty_rules[0]), line, size);
	close(master);
	return err ? -1 : await_terminal(f, line, size);
}

/* Everything that can be caught goes to the container; SIGCHLD means reap, SIGWINCH resize, SIGURG
 * nothing. With a terminal SIGTSTP also stops us, and SIGTTIN and SIGTTOU are about tty, which says
 * what to do. */
int foreground_watch(struct foreground *f, int signal_fd)
{
	sigset_t set;

	conduct_all_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	f->signals = signalfd(signal_fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return f->signals < 0 ? -errno : 0;
}

static void take_signal(struct foreground *f, int number)
{
	const struct msg_number signal_number = {(uint64_t)number};
	int terminal = f->tty.peer.fd >= 0;

	if (number == SIGCHLD || number == SIGURG ||
		(terminal && (number == SIGTTIN || number == SIGTTOU)))
		return;
	if (number != SIGWINCH)
		(void)sys_pidfd_send_signal(f->pidfd, number);
	if (!terminal)
		return;
	/* A message that cannot be sent: tty has just ended. */
	if (number == SIGWINCH)
		(void)msg_send(&f->tty.peer, MSG_WINDOW, NULL, 0, -1);
	else if (number == SIGTSTP)
		(void)msg_send(
			&f->tty.peer, MSG_SUSPEND, &signal_number, sizeof(signal_number), -1);
	else if (number == SIGCONT)
		continue_tty(f);
}

static void take_signals(struct foreground *f)
{
	struct signalfd_siginfo info;

	while (read(f->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(f, (int)info.ssi_signo);
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
			end_tty(f);
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

static void take_message(struct foreground *f)
{
	static struct msg msg;
	int got = step_receive(&f->tty, &msg);

	if (got == 1 && msg.header.type == MSG_SUSPENDED)
		take_suspended(f, &msg.body.suspended);
	else if (got < 0)
		end_tty(f);
}

/* One wait, at most so many milliseconds (-1: for ever). Returns 0 when nothing came. */
static int turn(struct foreground *f, int timeout)
{
	struct pollfd pollers[] = {{.fd = f->signals, .events = POLLIN},
		{.fd = f->tty.peer.fd, .events = POLLIN},
		f->notify ? notify_poller(f->notify) : (struct pollfd){.fd = -1}};
	int n = poll(pollers, 3, timeout);

	if (n < 0 && errno != EINTR) {
		char line[128];

		text_join(line, sizeof(line),
			"waiting for the container's process: poll: ", errno_text(errno), NULL);
		log_record(LOG_LEVEL_ERROR, line, NULL);
		return 0;
	}
	if (f->notify)
		notify_advance(f->notify);
	if (n <= 0)
		return n < 0;
	if (pollers[0].revents)
		take_signals(f);
	if (pollers[1].revents && f->tty.peer.fd >= 0)
		take_message(f);
	return 1;
}

int foreground_wait(struct foreground *f)
{
	int status = 255;

	while (!reap_children(f, &status)) {
		int timeout = f->notify ? notify_timeout(f->notify) : -1;

		if (!turn(f, timeout) && timeout < 0)
			break;
	}
	if (f->notify)
		notify_advance(f->notify); /* said just before the end */
	return status;
}

void foreground_end(struct foreground *f)
{
	while (f->tty.peer.fd >= 0)
		if (!turn(f, TTY_MS))
			break;
	if (f->tty.pidfd >= 0)
		end_tty(f);
}
