/* See kernfs.h. */
#include "kernfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"

int beneath(int dir, const char *name, int flags)
{
	const struct open_how how = {
		/* openat2 refuses O_NOCTTY with O_PATH, which opens no terminal anyway. */
		.flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW | (flags & O_PATH ? 0 : O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	do /* EAGAIN: a rename somewhere on the host raced with the lookup */
		fd = sys_openat2(dir, name, &how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : fd;
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A directory is a cgroup that somebody has given the name of a file which this kernel has not. */
static int no_file(int err)
{
	return err == EISDIR ? -ENOENT : -err;
}

ssize_t read_file(int dir, const char *name, char *buffer, size_t size)
{
	int fd = beneath(dir, name, O_RDONLY);
	size_t length = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	/* kernfs gives a page at a time; only an empty read is the end. */
	do {
		n = read(fd, buffer + length, size - length);
		if (n > 0)
			length += (size_t)n;
	} while ((n > 0 && length < size) || (n < 0 && errno == EINTR));
	n = n < 0 ? no_file(errno) : length == size ? -EFBIG : 0;
	close(fd);
	if (n < 0)
		return n;
	if (length && buffer[length - 1] == '\n')
		length--;
	buffer[length] = '\0';
	return strlen(buffer) == length ? (ssize_t)length : -EBADMSG;
}

int write_file(int dir, const char *name, const char *value)
{
	int fd = beneath(dir, name, O_WRONLY);
	size_t length = strlen(value);
	ssize_t n;

	if (fd < 0)
		return no_file(-fd);
	do
		n = write(fd, value, length);
	while (n < 0 && errno == EINTR);
	n = n < 0 ? -errno : (size_t)n == length ? 0 : -EIO;
	close(fd);
	return (int)n;
}

int64_t now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		die("clock_gettime:", NULL, errno);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int64_t ms)
{
	if (poll(NULL, 0, (int)ms) < 0 && errno != EINTR)
		die("poll:", NULL, errno);
}
