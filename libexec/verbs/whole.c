/* See whole.h. */
#include "whole.h"

#include <errno.h>
#include <sys/sendfile.h>
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
