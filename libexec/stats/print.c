/* Standard output, which is the caller's: a file, a terminal, most often a pipe that somebody reads
 * when he likes. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>
#include "fds.h"
#include "stats.h"
#include "step.h"

char output[OUTPUT_MAX];

/* Until fd 1 takes PIPE_BUF bytes at once, or its reader is gone: then the write says so. */
static void await_room(void)
{
	struct pollfd pollers[] = {{.fd = 1, .events = POLLOUT},
		{.fd = step_conducted() ? FD_CONTROL : -1, .events = POLLIN}};

	while (poll(pollers, 2, -1) < 0 && errno == EINTR)
		continue;
	if (pollers[1].revents)
		_exit(1); /* the conductor is gone */
}

int print(const char *data, size_t length)
{
	while (length) {
		ssize_t n;

		await_room();
		n = write(1, data, length < PIPE_BUF ? length : PIPE_BUF);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}
