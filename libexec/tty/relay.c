/*
 * The relay. Two buffers, one for each direction; a direction reads only when its buffer is empty,
 * so a slow reader slows its writer down and nothing is lost. Nothing that passes is looked at, but
 * for the last byte typed.
 */
#include "tty.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"

#define BUFFER_SIZE   16384
#define PIECE         PIPE_BUF /* POLLOUT of a pipe promises that much */
#define PIECE_TTY     512
#define DRAIN_SECONDS 2 /* after the conductor is gone */

struct buffer {
	size_t start;
	size_t end;
	char bytes[BUFFER_SIZE];
};

static struct buffer input, output;
static int input_open = 1;   /* fd 0 may give more */
static int output_open = 1;  /* fd 1 still takes bytes */
static int master_open = 1;  /* the container's side is there */
static int conducted_by = 1; /* FD_CONTROL is there */
static int typing_line;      /* the last byte typed did not end a line */
static size_t piece = PIECE;

static size_t held(const struct buffer *b)
{
	return b->end - b->start;
}

/* Fills an empty buffer. Returns 0 at the end of FD: end of file, or any error but the two that
 * mean "later". */
static int fill(struct buffer *b, int fd)
{
	ssize_t n = read(fd, b->bytes, sizeof(b->bytes));

	b->start = 0;
	b->end = n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Writes at most MOST bytes. Returns 0 when FD takes no more, ever. */
static int empty(struct buffer *b, int fd, size_t most)
{
	size_t length = held(b) < most ? held(b) : most;
	ssize_t n = write(fd, b->bytes + b->start, length);

	if (n > 0)
		b->start += (size_t)n;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/*
 * The end of our input becomes the character that means it to the container's terminal; twice
 * within a line, where the first one only hands over what was typed – termios(3), VEOF.
 */
static void end_input(void)
{
	char eof = terminal_eof();

	input_open = 0;
	input.start = 0;
	input.end = typing_line ? 2 : 1;
	memset(input.bytes, eof, input.end);
}

static void take_input(void)
{
	if (!fill(&input, 0)) {
		end_input();
		return;
	}
	if (held(&input))
		typing_line =
			input.bytes[input.end - 1] != '\n' && input.bytes[input.end - 1] != '\r';
}

/* A caller that no longer reads must not stop the container: its output goes nowhere then. */
static void give_output(void)
{
	if (!empty(&output, 1, piece))
		output_open = 0;
	if (!output_open)
		output.start = output.end;
}

static void take_message(void)
{
	struct msg msg;
	int got = msg_recv(&conductor, &msg);

	if (got < 0)
		fail("waiting for runc:", "control socket", got);
	if (got == 0)
		conducted_by = 0;
	else
		terminal_copy_size();
}

/* One wait and what it allows. Returns what ppoll did. */
static int turn(const struct timespec *timeout)
{
	struct pollfd fds[4] = {
		{.fd = input_open && !held(&input) ? 0 : -1, .events = POLLIN},
		{.fd = held(&output) ? 1 : -1, .events = POLLOUT},
		{.fd = master_open && (held(&input) || !held(&output)) ? FD_MASTER : -1},
		{.fd = conducted_by ? conductor.fd : -1, .events = POLLIN},
	};
	int n;

	fds[2].events = (short)((held(&input) ? POLLOUT : 0) | (held(&output) ? 0 : POLLIN));
	n = ppoll(fds, 4, timeout, NULL);
	if (n < 0 && errno != EINTR)
		fail("ppoll:", NULL, errno);
	if (n <= 0)
		return n;
	if (fds[3].revents)
		take_message();
	if (fds[1].revents)
		give_output();
	if (fds[0].revents)
		take_input();
	if ((fds[2].revents & POLLOUT) && held(&input) && !empty(&input, FD_MASTER, PIECE))
		input.start = input.end;
	if (fds[2].revents & POLLHUP)
		input.start = input.end; /* nobody is there to read it */
	/* Data that is there comes before the hang-up: EIO only when all has been read. */
	if ((fds[2].revents & (POLLIN | POLLHUP | POLLERR)) && !held(&output))
		master_open = fill(&output, FD_MASTER);
	return n;
}

static time_t seconds(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		fail("clock_gettime:", NULL, errno);
	return now.tv_sec;
}

/* The conductor is gone: hand over what is there already. The container may write on, so there is
 * an end to it. */
static void drain(void)
{
	const struct timespec none = {0, 0}, wait = {DRAIN_SECONDS, 0};
	time_t end = seconds() + DRAIN_SECONDS;

	input_open = 0;
	input.start = input.end;
	while ((held(&output) || master_open) && seconds() < end)
		if (turn(held(&output) ? &wait : &none) == 0)
			return;
}

void relay(void)
{
	if (isatty(1))
		piece = PIECE_TTY;
	conducted_by = conductor.fd >= 0;
	while (master_open || held(&output)) {
		turn(NULL);
		if (conductor.fd >= 0 && !conducted_by) {
			drain();
			break;
		}
	}
}
