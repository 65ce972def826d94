/* See whole.h. */
#include "whole.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

int write_whole(int fd, const void *data, size_t size)
{
	const char *bytes = data;

	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int copy_whole(int to, int from, size_t size)
{
	off_t offset = 0;

	while ((size_t)offset < size) {
		ssize_t n = sendfile(to, from, &offset, size - (size_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A FIFO that nobody has opened to write yet is not at its end: read(2) says so, poll(2) waits. */
static int await_more(int fd, int64_t end)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int64_t left = end < 0 ? -1 : end - milliseconds();
	int n = end < 0 || left > 0 ? poll(&poller, 1, (int)left) : 0;

	return n > 0 || (n < 0 && errno == EINTR) ? 0 : n ? -errno : -ETIMEDOUT;
}

static int copy_to_end(int to, int from, int64_t end)
{
	static char buffer[65536];
	size_t total = 0;
	ssize_t n = 1;
	int err = 0;

	while (!err && n && total < STREAM_MAX) {
		size_t wanted = STREAM_MAX - total;

		err = await_more(from, end);
		n = err ? 0 : read(from, buffer, wanted < sizeof(buffer) ? wanted : sizeof(buffer));
		if (n > 0) {
			err = write_whole(to, buffer, (size_t)n);
			total += (size_t)n;
		} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
			err = -errno;
		}
	}
	return err || lseek(to, 0, SEEK_SET) == 0 ? err : -errno;
}

int copy_stream(int from, const char *name, int seconds)
{
	int memfd = memfd_create(name, MFD_CLOEXEC), err;

	if (memfd < 0)
		return -errno;
	err = copy_to_end(memfd, from, seconds < 0 ? -1 : milliseconds() + seconds * 1000);
	if (!err)
		return memfd;
	close(memfd);
	return err;
}
