/* Talks to conmon's attach socket (SOCK_SEQPACKET): fd 0 goes to it, and what comes from it to fd 1
 * without the byte that names the stream, until conmon closes it. */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path may be longer than sun_path: from its directory the last part is enough. */
static int connect_to(char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *name = strrchr(path, '/') + 1;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(name) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, name, strlen(name));
	if (chdir(dirname(path)) < 0 ||
		connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return fd;
}

static int relay(int fd)
{
	struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
	char buffer[65536];
	ssize_t n;

	for (;;) {
		if (poll(polled, 2, -1) < 0)
			return 1;
		if (polled[1].revents) {
			n = read(0, buffer, sizeof(buffer));
			if (n <= 0)
				polled[1].fd = -1;
			else if (send(fd, buffer, n, MSG_NOSIGNAL) != n)
				return 1;
		}
		if (polled[0].revents) {
			n = recv(fd, buffer, sizeof(buffer), 0);
			if (n <= 0)
				return n < 0 && errno != ECONNRESET;
			if (write(1, buffer + 1, n - 1) != n - 1)
				return 1;
		}
	}
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2 || argv[1][0] != '/') {
		fprintf(stderr, "usage: helper-attach /PATH/attach\n");
		return 2;
	}
	fd = connect_to(argv[1]);
	if (fd < 0) {
		perror("helper-attach");
		return 1;
	}
	return relay(fd);
}
