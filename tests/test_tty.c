/*
 * tty between a terminal or pipes and a container's pty: nothing is lost, the end is found, the
 * caller's terminal gets its attributes back. link: tests/steps shared/msg shared/plan_write
 * shared/plan
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "steps.h"

/* A relay at work: our ends of everything it has. */
struct session {
	pid_t pid;
	int in;       /* what the caller types; the terminal's master */
	int out;      /* what the caller sees */
	int master;   /* the container's pty, kept to look at it */
	int slave;    /* the container's side */
	int terminal; /* slave of the caller's terminal, or -1 */
	struct peer peer;
};

/* IN, OUT, ERR become its fds 0-2 and are closed here. */
static void start(struct session *s, int in, int out, int err)
{
	struct winsize size = {24, 80, 0, 0};

	assert_int_equal(openpty(&s->master, &s->slave, NULL, NULL, &size), 0);
	fcntl(s->master, F_SETFD, FD_CLOEXEC);
	fcntl(s->slave, F_SETFD, FD_CLOEXEC);
	s->pid = steps_start("tty",
		(const struct placed[]){{in, 0}, {out, 1}, {err, 2}, {s->master, FD_MASTER}}, 4,
		&s->peer);
	close(in);
	close(out);
	close(err);
}

static void start_pipes(struct session *s)
{
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	s->in = in[1];
	s->out = out[0];
	s->terminal = -1;
	start(s, in[0], out[1], open("/dev/null", O_RDWR | O_CLOEXEC));
}

static void start_terminal(struct session *s)
{
	struct winsize size = {33, 77, 0, 0};

	assert_int_equal(openpty(&s->in, &s->terminal, NULL, NULL, &size), 0);
	s->out = s->in;
	start(s, dup(s->terminal), dup(s->terminal), dup(s->terminal));
}

static void finish(struct session *s)
{
	close(s->in);
	if (s->out != s->in)
		close(s->out);
	close(s->master);
	if (s->terminal >= 0)
		close(s->terminal);
	close(s->peer.fd);
}

static void raw(int fd)
{
	struct termios t;

	assert_int_equal(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
}

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

static pid_t writer(int fd, size_t total)
{
	pid_t pid = fork();
	unsigned char bytes[5000];
	size_t done = 0;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (done < total) {
		size_t n = total - done < sizeof(bytes) ? total - done : sizeof(bytes);
		ssize_t w;

		for (size_t i = 0; i < n; i++)
			bytes[i] = pattern(done + i);
		for (size_t at = 0; at < n; at += (size_t)w) {
			w = write(fd, bytes + at, n - at);
			if (w <= 0)
				_exit(1);
		}
		done += n;
	}
	_exit(0);
}

/* Reads all of FD, in small pieces and now and then with a pause; returns how many bytes came in
 * order. */
static size_t read_pattern(int fd, size_t most, int slow)
{
	unsigned char bytes[3000];
	size_t total = 0;
	ssize_t n;

	while (total < most && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i] != pattern(total + (size_t)i))
				return total + (size_t)i;
		total += (size_t)n;
		if (slow && total % (1 << 16) < 3000)
			poll(NULL, 0, 2);
	}
	return total;
}

static void expect_done(struct session *s)
{
	struct msg msg;

	assert_int_equal(msg_await(&s->peer, MSG_TERMINAL, &msg, 5000), 0);
	assert_int_equal(msg_await(&s->peer, MSG_DONE, &msg, 5000), 0);
	assert_int_equal(steps_ended(s->pid), 0);
}

static void test_output_is_whole(void **state)
{
	const size_t total = 10 << 20;
	struct session s;
	pid_t pid;
	int status;

	(void)state;
	start_pipes(&s);
	raw(s.slave);
	pid = writer(s.slave, total);
	close(s.slave);
	assert_int_equal(read_pattern(s.out, total + 1, 1), total);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	expect_done(&s);
	finish(&s);
}

static void test_input_is_whole(void **state)
{
	const size_t total = 2 << 20;
	struct session s;
	pid_t pid;

	(void)state;
	start_pipes(&s);
	raw(s.slave);
	pid = writer(s.in, total);
	close(s.in);
	assert_int_equal(read_pattern(s.slave, total, 1), total);
	waitpid(pid, NULL, 0);
	close(s.slave);
	expect_done(&s);
	finish(&s);
}

/* Neither side reads before it has written: only a relay that never waits for one of them gets
 * through. */
static void test_both_at_once(void **state)
{
	const size_t total = 1 << 20;
	struct session s;
	pid_t in, out;

	(void)state;
	start_pipes(&s);
	raw(s.slave);
	in = writer(s.in, total);
	out = writer(s.slave, total);
	close(s.in);
	poll(NULL, 0, 50);
	assert_int_equal(read_pattern(s.slave, total, 0), total);
	assert_int_equal(read_pattern(s.out, total, 0), total);
	waitpid(in, NULL, 0);
	waitpid(out, NULL, 0);
	close(s.slave);
	expect_done(&s);
	finish(&s);
}

/* The end of the caller's input reaches a reader in the container, also within a line; output goes
 * on. */
static void test_end_of_input(void **state)
{
	char line[64];
	struct session s;

	(void)state;
	start_pipes(&s);
	assert_int_equal(write(s.in, "abc", 3), 3);
	poll(NULL, 0, 50);
	close(s.in);
	s.in = open("/dev/null", O_RDONLY);
	assert_int_equal(read(s.slave, line, sizeof(line)), 3);
	assert_int_equal(read(s.slave, line, sizeof(line)), 0);
	assert_int_equal(write(s.slave, "later\n", 6), 6);
	close(s.slave);
	assert_int_equal(read(s.out, line, 3), 3); /* the echo */
	assert_memory_equal(line, "abc", 3);
	expect_done(&s);
	finish(&s);
}

static int same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag &&
		a->c_cflag == b->c_cflag && !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void await_raw(struct session *s)
{
	struct termios now;

	for (int i = 0; i < 500; i++) {
		assert_int_equal(tcgetattr(s->terminal, &now), 0);
		if (!(now.c_lflag & ICANON))
			return;
		poll(NULL, 0, 10);
	}
	fail_msg("the terminal did not become raw");
}

/* The same with terminals, whose writers block for good where pipes would not. */
static void test_both_at_once_on_a_terminal(void **state)
{
	const size_t total = 1 << 20;
	struct session s;
	pid_t in, out;

	(void)state;
	start_terminal(&s);
	await_raw(&s);
	raw(s.terminal); /* without the translation of newlines */
	raw(s.slave);
	in = writer(s.in, total);
	out = writer(s.slave, total);
	poll(NULL, 0, 50);
	assert_int_equal(read_pattern(s.slave, total, 0), total);
	assert_int_equal(read_pattern(s.out, total, 0), total);
	waitpid(in, NULL, 0);
	waitpid(out, NULL, 0);
	close(s.slave);
	expect_done(&s);
	finish(&s);
}

/* Signals to a whole process group are for the container: tty goes on. */
static void test_signals_of_the_group(void **state)
{
	static const int numbers[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGPIPE};
	struct termios now;
	struct session s;
	char c;

	(void)state;
	start_terminal(&s);
	await_raw(&s);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		kill(s.pid, numbers[i]);
		assert_int_equal(write(s.slave, "x", 1), 1);
		assert_int_equal(read(s.in, &c, 1), 1);
		assert_int_equal(c, 'x');
		tcgetattr(s.terminal, &now);
		assert_false(now.c_lflag & ICANON);
	}
	close(s.slave);
	expect_done(&s);
	finish(&s);
}

static void test_attributes_come_back(void **state)
{
	struct termios before, after;
	struct session s;

	(void)state;
	start_terminal(&s);
	tcgetattr(s.slave, &before); /* fresh ptys are all alike */
	await_raw(&s);
	close(s.peer.fd); /* as when the conductor was killed */
	assert_int_equal(steps_ended(s.pid), 1);
	tcgetattr(s.terminal, &after);
	before.c_oflag |= ONLCR;
	assert_true(same(&before, &after));
	close(s.slave);
	s.peer.fd = open("/dev/null", O_RDONLY);
	finish(&s);
}

/* A terminal that has gone is a hang-up for the container. */
static void test_hang_up(void **state)
{
	struct session s;
	struct msg msg;
	char c;

	(void)state;
	start_terminal(&s);
	await_raw(&s);
	assert_int_equal(msg_await(&s.peer, MSG_TERMINAL, &msg, 5000), 0);
	close(s.in);
	close(s.terminal);
	assert_int_equal(msg_await(&s.peer, MSG_DONE, &msg, 5000), 0);
	assert_int_equal(steps_ended(s.pid), 0);
	close(s.master);
	assert_true(read(s.slave, &c, 1) <= 0);
	close(s.slave);
	close(s.peer.fd);
}

static void await_size(struct session *s, unsigned rows)
{
	struct winsize size = {0};

	for (int i = 0; i < 500; i++) {
		assert_int_equal(ioctl(s->slave, TIOCGWINSZ, &size), 0);
		if (size.ws_row == rows)
			return;
		poll(NULL, 0, 10);
	}
	assert_int_equal(size.ws_row, rows);
}

static void test_window_size(void **state)
{
	struct winsize size = {40, 100, 0, 0};
	struct termios attributes, before;
	struct session s;

	(void)state;
	start_terminal(&s);
	tcgetattr(s.terminal, &before);
	await_raw(&s);
	await_size(&s, 33);
	tcgetattr(s.slave, &attributes);
	assert_false(attributes.c_oflag & ONLCR);
	tcgetattr(s.terminal, &attributes);
	assert_true(attributes.c_oflag & OPOST);
	ioctl(s.in, TIOCSWINSZ, &size);
	assert_int_equal(msg_send(&s.peer, MSG_WINDOW, NULL, 0, -1), 0);
	await_size(&s, 40);
	size.ws_row = 41;
	ioctl(s.in, TIOCSWINSZ, &size);
	kill(s.pid, SIGWINCH);
	await_size(&s, 41);
	/* Our own descriptions of the caller's terminal still block. */
	assert_false(fcntl(s.terminal, F_GETFL) & O_NONBLOCK);
	close(s.slave);
	expect_done(&s);
	tcgetattr(s.terminal, &attributes);
	assert_true(attributes.c_lflag & ICANON);
	finish(&s);
}

static void test_caller_stops_reading(void **state)
{
	struct session s;
	pid_t pid;
	int status;

	(void)state;
	start_pipes(&s);
	raw(s.slave);
	close(s.out);
	s.out = open("/dev/null", O_RDONLY);
	pid = writer(s.slave, 1 << 20);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(s.slave);
	expect_done(&s);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_is_whole),
		cmocka_unit_test(test_input_is_whole),
		cmocka_unit_test(test_both_at_once),
		cmocka_unit_test(test_both_at_once_on_a_terminal),
		cmocka_unit_test(test_end_of_input),
		cmocka_unit_test(test_signals_of_the_group),
		cmocka_unit_test(test_attributes_come_back),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_window_size),
		cmocka_unit_test(test_caller_stops_reading),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
