/* Unix sockets of the caller. */
#include "dial.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "text.h"

int dial(const char *path, int type, const char *before, char *line, size_t size)
{
	const char *kind = type == SOCK_DGRAM ? "dial unixgram " : "dial unix ", *doing = ": ";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int fd = -1, err = ENAMETOOLONG;

	if (length < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, length);
		/* The name of an abstract one has no NUL at its end, but one instead of the "@". */
		if (*path == '@')
			address.sun_path[0] = '\0';
		else
			length++;
		doing = ": connect: ";
		/* A listener that accepts nobody is not waited for; nor is anything else later. */
		fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0 &&
			!connect(fd, (struct sockaddr *)&address,
				(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)))
			return fd;
		err = errno;
	}
	text_join(line, size, before, kind, path, doing, errno_text(err), NULL);
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
