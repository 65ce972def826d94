/* The caller's terminal and the container's: attributes, window size, and the way back on every
 * exit. */
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"

static struct termios saved;

/* The caller's terminal, -1: none. Raw only while raw is set. */
static int caller = -1;
static volatile sig_atomic_t raw;

void terminal_restore(void)
{
	if (!raw)
		return;
	raw = 0;
	tcsetattr(caller, TCSANOW,
		&saved); /* it fails when the terminal is gone: then there is none to restore */
}

void fail(const char *what, const char *object, int err)
{
	terminal_restore();
	die(what, object, err);
}

void terminal_copy_size(void)
{
	struct winsize size;

	if (caller >= 0 && !ioctl(caller, TIOCGWINSZ, &size))
		ioctl(FD_MASTER, TIOCSWINSZ, &size);
}

static void on_end(int number)
{
	terminal_restore();
	_exit(128 + number);
}

static void on_window(int number)
{
	int keep = errno;

	(void)number;
	terminal_copy_size();
	errno = keep;
}

/* The handlers do all there is to do, so that a signal works even while a write to the caller's
 * terminal blocks. */
static void catch_signals(void)
{
	static const int ends[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
	struct sigaction end = {.sa_handler = on_end}, ignore = {.sa_handler = SIG_IGN};
	struct sigaction window = {.sa_handler = on_window, .sa_flags = SA_RESTART};
	sigset_t none;

	sigemptyset(&none);
	sigfillset(&end.sa_mask);
	sigfillset(&window.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (sigaction(ends[i], &end, NULL) < 0)
			die("sigaction:", NULL, errno);
	/* Ignored SIGTTOU: restoring works from the background too. */
	if (sigaction(SIGWINCH, &window, NULL) < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0 ||
		sigaction(SIGTTOU, &ignore, NULL) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		die("sigaction:", NULL, errno);
}

static void find_caller(void)
{
	static const int candidates[] = {0, 2, 1};

	for (size_t i = 0; i < 3 && caller < 0; i++)
		if (!tcgetattr(candidates[i], &saved))
			caller = candidates[i];
}

static void reopen(int fd, const char *path, int mode)
{
	int fresh;

	if (!isatty(fd))
		return;
	fresh = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fresh < 0)
		return; /* somebody else's terminal: then writing to it may block, in small pieces
			 */
	if (dup2(fresh, fd) < 0)
		die("dup2:", path, errno);
	close(fresh);
}

void terminal_prepare(void)
{
	int flags = fcntl(FD_MASTER, F_GETFL);

	if (flags < 0 || fcntl(FD_MASTER, F_SETFL, flags | O_NONBLOCK) < 0)
		die("the container's terminal:", NULL, errno);
	reopen(0, "/proc/self/fd/0", O_RDONLY);
	reopen(1, "/proc/self/fd/1", O_WRONLY);
	find_caller();
	catch_signals();
}

static void clear_onlcr(void)
{
	struct termios attributes;

	if (tcgetattr(FD_MASTER, &attributes) < 0)
		die("the container's terminal:", NULL, errno);
	attributes.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(FD_MASTER, TCSANOW, &attributes) < 0)
		die("the container's terminal:", NULL, errno);
}

/* Raw but for OPOST: the newline is translated here, once, and not in the container's terminal. */
void terminal_raw(void)
{
	struct termios attributes = saved;

	clear_onlcr();
	if (caller < 0)
		return;
	cfmakeraw(&attributes);
	attributes.c_oflag |= OPOST;
	raw = 1;
	if (tcsetattr(caller, TCSANOW, &attributes) < 0)
		fail("setting the terminal to raw mode:", NULL, errno);
	terminal_copy_size();
}

char terminal_eof(void)
{
	struct termios attributes;

	if (tcgetattr(FD_MASTER, &attributes) < 0)
		return 4;
	return (char)attributes.c_cc[VEOF];
}
