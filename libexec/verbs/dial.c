/* Unix sockets of the caller. */
#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "text.h"

/* The address of PATH; "@name" is abstract: its name has no NUL at its end, but one instead of the
 * "@". The length, or 0. */
static socklen_t address_of(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);

	if (length >= sizeof(address->sun_path))
		return 0;
	memcpy(address->sun_path, path, length);
	if (*path == '@')
		address->sun_path[0] = '\0';
	else
		length++;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/* A path that is longer than an address: the socket is opened, and the address names the descriptor.
 * 0, or -1 and errno. */
static int connect_to(int fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = address_of(path, &address);
	int opened = -1, err;
	char name[48];
	struct text t = TEXT(name);

	if (!length && *path != '@') {
		opened = open(path, O_PATH | O_CLOEXEC);
		if (opened < 0)
			return -1;
		text_add(&t, "/proc/self/fd/");
		text_add_u64(&t, (uint64_t)opened);
		length = address_of(name, &address);
	}
	errno = ENAMETOOLONG;
	err = !length || connect(fd, (struct sockaddr *)&address, length) < 0 ? errno : 0;
	if (opened >= 0)
		close(opened);
	errno = err;
	return err ? -1 : 0;
}

int dial(const char *path, int type, const char *before, char *line, size_t size)
{
	const char *kind = type == SOCK_DGRAM ? "dial unixgram " : "dial unix ";
	/* A listener that accepts nobody is not waited for; nor is anything else later. */
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd >= 0 && !connect_to(fd, path))
		return fd;
	err = errno;
	text_join(line, size, before, kind, path, ": connect: ", errno_text(err), NULL);
	if (fd >= 0)
		close(fd);
	errno = err;
	return -1;
}

ssize_t dial_send_fd(int socket, const char *text, size_t length, int fd)
{
	struct iovec iov = {(void *)(uintptr_t)text, length};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr record = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&record);
	ssize_t sent;

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	sent = sendmsg(socket, &record, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent < 0 ? -errno : sent;
}
