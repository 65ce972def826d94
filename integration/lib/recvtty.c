/* Listens on a unix socket, receives one fd with SCM_RIGHTS and copies what it reads from it to fd
 * 1 until the end. With "hold" it receives one after the other and keeps the last four. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The terminal that the next connection brings, or -1. */
static int receive(int listener)
{
	char name[4096], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {name, sizeof(name)};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int connection = accept(listener, NULL, NULL), fd;
	struct cmsghdr *cmsg;

	if (connection < 0 || recvmsg(connection, &message, 0) <= 0)
		return -1;
	close(connection);
	cmsg = CMSG_FIRSTHDR(&message);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS || cmsg->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return isatty(fd) ? fd : -1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener, fd, held[4] = {-1, -1, -1, -1};
	char text[4096];
	ssize_t n;

	if (argc < 2 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 8) < 0)
		return 1;
	for (int i = 0; argc > 2; i = (i + 1) % 4) {
		close(held[i]);
		held[i] = receive(listener);
	}
	fd = receive(listener);
	if (fd < 0)
		return 1;
	while ((n = read(fd, text, sizeof(text))) > 0)
		if (write(1, text, (size_t)n) != n)
			return 1;
	return 0;
}
