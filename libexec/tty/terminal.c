/* The caller's terminal and the container's: attributes, window size, and the way back on every
 * exit. */
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "caller.h"
#include "fds.h"
#include "step.h"

#define PIECE_TTY 512

static struct caller caller = {.fd = -1};
static volatile sig_atomic_t raw;        /* the caller's terminal is */
static volatile sig_atomic_t background; /* SIGTTIN or SIGTTOU */
static pid_t parent;
static size_t piece = PIPE_BUF; /* POLLOUT of a pipe promises that much */

size_t terminal_piece(void)
{
	return piece;
}

/* SIGTTOU blocked: see caller_restore. */
static void restore(void)
{
	if (raw)
		caller_restore(&caller);
	raw = 0;
}

void terminal_restore(void)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	restore();
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int terminal_caller(void)
{
	return caller.fd;
}

int terminal_background(void)
{
	return background;
}

void fail(const char *what, const char *object, int err)
{
	terminal_restore();
	die(what, object, err);
}

void terminal_copy_size(void)
{
	struct winsize size;

	if (caller.fd >= 0 && !ioctl(caller.fd, TIOCGWINSZ, &size))
		ioctl(FD_MASTER, TIOCSWINSZ, &size);
}

static void on_end(int number)
{
	restore();
	_exit(128 + number);
}

/* The end of the conductor comes as SIGTERM; one to the whole process group is for the container.
 */
static void on_term(int number)
{
	if (getppid() != parent)
		on_end(number);
}

static void on_background(int number)
{
	background = number;
}

static void on_window(int number)
{
	int keep = errno;

	(void)number;
	terminal_copy_size();
	errno = keep;
}

/* With FLAGS 0 the calls that it interrupts fail with EINTR. */
static void handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	sigfillset(&action.sa_mask);
	if (sigaction(number, &action, NULL) < 0)
		die("sigaction:", NULL, errno);
}

/* The handlers do all there is to do, so that a signal works even while a write to the caller's
 * terminal blocks. */
static void catch_signals(void)
{
	int conducted = step_conducted();
	void (*end)(int) = conducted ? SIG_IGN : on_end;

	sigset_t none;

	parent = getppid();
	handle(SIGTERM, conducted ? on_term : on_end, SA_RESTART);
	handle(SIGHUP, end, 0);
	handle(SIGINT, end, 0);
	handle(SIGQUIT, end, 0);
	handle(SIGPIPE, SIG_IGN, 0);
	handle(SIGWINCH, on_window, SA_RESTART);
	if (conducted) { /* else the shell watches us: the default action stops us */
		handle(SIGTSTP, SIG_IGN, 0);
		handle(SIGTTIN, on_background, 0);
		handle(SIGTTOU, on_background, 0);
	}
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		die("sigprocmask:", NULL, errno);
}

/* Makes FD non-blocking, for us alone. Returns 0 when it is somebody else's, who lets us not. */
static int reopen(int fd, const char *path, int mode)
{
	int fresh = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fresh < 0)
		return 0;
	if (dup2(fresh, fd) < 0)
		die("dup2:", path, errno);
	close(fresh);
	return 1;
}

/* A fifo that we read stays as it is: opened anew it would not tell that its writers had gone
 * before – poll(2) then waits for the next one. */
static void reopen_both(void)
{
	struct stat st;

	if (isatty(0))
		(void)reopen(0, "/proc/self/fd/0", O_RDONLY);
	if (fstat(1, &st) < 0)
		die("fstat:", "fd 1", errno);
	if (isatty(1))
		piece = PIECE_TTY;
	else if (!S_ISFIFO(st.st_mode))
		return;
	if (reopen(1, "/proc/self/fd/1", O_WRONLY))
		piece = SIZE_MAX;
}

void terminal_prepare(void)
{
	int flags = fcntl(FD_MASTER, F_GETFL);

	if (flags < 0 || fcntl(FD_MASTER, F_SETFL, flags | O_NONBLOCK) < 0)
		die("the container's terminal:", NULL, errno);
	reopen_both();
	caller_find(&caller);
	catch_signals();
}

void terminal_container(void)
{
	struct termios attributes;

	if (tcgetattr(FD_MASTER, &attributes) < 0)
		die("the container's terminal:", NULL, errno);
	attributes.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(FD_MASTER, TCSANOW, &attributes) < 0)
		die("the container's terminal:", NULL, errno);
}

void terminal_raw(void)
{
	int before = raw, err;

	background = 0;
	if (!raw) /* what was found in the background may have been the shell's own */
		caller_find(&caller);
	if (caller.fd < 0)
		return;
	raw = 1;
	err = caller_set_raw(&caller);
	if (err)
		raw = before;
	/* EIO: it is hung up, or we are in the background for good, where we leave it as it is. */
	if (err && err != -EINTR && err != -EIO)
		fail("setting the terminal to raw mode:", NULL, err);
	terminal_copy_size();
}

char terminal_eof(void)
{
	struct termios attributes;

	if (tcgetattr(FD_MASTER, &attributes) < 0)
		return 4;
	return (char)attributes.c_cc[VEOF];
}
