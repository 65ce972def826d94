/*
 * The relay. Two buffers, one for each direction; a direction reads only while its buffer has room,
 * so a slow reader slows its writer down and nothing is lost. Nothing that passes is looked at, but
 * for the last byte typed.
 */
#include "tty.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"

#define BUFFER_SIZE 16384
#define READ_MOST   4096 /* that the kernel's terminals ever give at once */
#define ROUNDS      16   /* of output before the other direction has its turn */

struct buffer {
	size_t start;
	size_t end;
	char bytes[BUFFER_SIZE];
};

static struct buffer input, output;
static int input_open = 1;  /* fd 0 may give more */
static int output_open = 1; /* fd 1 still takes bytes */
static int master_open = 1; /* the container's side is there */
static int typing_line;     /* the last byte typed did not end a line */

static size_t held(const struct buffer *b)
{
	return b->end - b->start;
}

static size_t room(const struct buffer *b)
{
	return sizeof(b->bytes) - b->end;
}

static int has_room(const struct buffer *b)
{
	return !held(b) || room(b) >= READ_MOST;
}

/* Returns 0 at the end of FD: end of file, or any error but the two that mean "later". */
static int fill(struct buffer *b, int fd)
{
	ssize_t n;

	if (!held(b))
		b->start = b->end = 0;
	n = read(fd, b->bytes + b->end, room(b));
	if (n > 0)
		b->end += (size_t)n;
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
	if (!empty(&output, 1, terminal_piece()))
		output_open = 0;
	if (!output_open)
		output.start = output.end;
}

static void take_output(void)
{
	size_t before;

	do {
		before = held(&output);
		master_open = fill(&output, FD_MASTER);
	} while (master_open && held(&output) > before && room(&output) >= READ_MOST);
}

/* Waits are left out as long as neither side needs one, and FD 1 cannot block. */
static void pass_output(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		take_output();
		if (!held(&output) || terminal_piece() < BUFFER_SIZE)
			return;
		give_output();
		if (held(&output) || !master_open)
			return;
	}
}

/* What a wait has allowed. Output goes first: it makes room. */
static void move(const short ready[3])
{
	if (ready[1])
		give_output();
	if (ready[0])
		take_input();
	if ((ready[2] & POLLOUT) && held(&input) && !empty(&input, FD_MASTER, SIZE_MAX))
		input.start = input.end;
	if (ready[2] & POLLHUP)
		input.start = input.end; /* nobody is there to read it */
	/* Data that is there comes before the hang-up: EIO only when all has been read. */
	if ((ready[2] & (POLLIN | POLLHUP | POLLERR)) && has_room(&output))
		pass_output();
}

/* One wait and what it allows. Returns 0 when the caller's terminal has been hung up. */
static int turn(void)
{
	struct pollfd fds[5] = {
		{.fd = input_open && !held(&input) ? 0 : -1, .events = POLLIN},
		{.fd = held(&output) ? 1 : -1, .events = POLLOUT},
		{.fd = master_open && (held(&input) || has_room(&output)) ? FD_MASTER : -1},
		{.fd = conductor.fd, .events = POLLIN},
		{.fd = terminal_caller()}, /* asks for its hang-up only */
	};
	int n;

	fds[2].events = (short)((held(&input) ? POLLOUT : 0) | (has_room(&output) ? POLLIN : 0));
	n = ppoll(fds, 5, NULL, NULL);
	if (n < 0 && errno != EINTR)
		fail("ppoll:", NULL, errno);
	if (n <= 0)
		return 1;
	if (fds[4].revents & POLLHUP)
		return 0;
	if (fds[3].revents) {
		job_message(); /* the rest may be old by then */
		return 1;
	}
	move((const short[]){fds[0].revents, fds[1].revents, fds[2].revents});
	return 1;
}

void relay(void)
{
	while (master_open || held(&output)) {
		job_check();
		if (!turn())
			return;
	}
}
