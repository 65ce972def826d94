/*
 * Both ends of sd_notify(3). As the service manager:
 *   helper-notify listen NAME [keep]   binds NAME ("@": abstract) and prints each datagram as "PID
 * TEXT", with "+fd" behind it when a descriptor came along, which is closed, or kept for good and
 * as the service, to $NOTIFY_SOCKET: helper-notify send TEXT…           one datagram each;
 * "TEXT*5000" fills it up with "x" to that length helper-notify fd TEXT              with a TCP
 * socket along that blocks whoever closes it for a minute helper-notify flood                "X"
 * for ever
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;

static int open_socket(const char *name)
{
	if (!name || strlen(name) >= sizeof(address.sun_path))
		exit(2);
	memcpy(address.sun_path, name, strlen(name));
	address_size = (socklen_t)(sizeof(sa_family_t) + strlen(name) + (*name != '@'));
	if (*name == '@')
		address.sun_path[0] = '\0';
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static void print(const char *text, ssize_t length, const struct msghdr *message, int keep)
{
	int pid = 0, fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
		c = CMSG_NXTHDR((struct msghdr *)message, c)) {
		if (c->cmsg_type == SCM_CREDENTIALS)
			pid = ((struct ucred *)CMSG_DATA(c))->pid;
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	printf("%d ", pid);
	for (ssize_t i = 0; i < length; i++)
		if (text[i] == '\n')
			printf("\\n");
		else
			putchar(text[i]);
	printf("%s\n", fd >= 0 ? "+fd" : "");
	fflush(stdout);
	if (fd >= 0 && !keep)
		close(fd);
}

static int listen_for(const char *name, int keep)
{
	static char text[65536], control[256];
	int fd = open_socket(name), on = 1;

	if (bind(fd, (struct sockaddr *)&address, address_size) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return 1;
	for (;;) {
		struct iovec iov = {text, sizeof(text)};
		struct msghdr message = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &message, 0);

		if (n < 0)
			return 1;
		print(text, n, &message, keep);
	}
}

static int send_one(int fd, const char *text)
{
	static char filled[65536];
	const char *star = strchr(text, '*');
	size_t length = star ? (size_t)(star - text) : strlen(text);

	memset(filled, 'x', sizeof(filled));
	memcpy(filled, text, length);
	if (star)
		length = strtoul(star + 1, NULL, 10);
	return sendto(fd, filled, length, 0, (struct sockaddr *)&address, address_size) < 0;
}

/* A connection on loopback with bytes nobody takes, and SO_LINGER. */
static int lingering(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger linger = {1, 60};
	socklen_t size = sizeof(in);
	static char bytes[1 << 20];
	int server = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(server, (struct sockaddr *)&in, size) < 0 || listen(server, 1) < 0 ||
		getsockname(server, (struct sockaddr *)&in, &size) < 0 ||
		connect(fd, (struct sockaddr *)&in, size) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		exit(3);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		continue;
	return fd;
}

static int send_fd(int fd, const char *text)
{
	int along = lingering();
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_name = &address,
		.msg_namelen = address_size,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int failed;

	*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(c), &along, sizeof(along));
	failed = sendmsg(fd, &message, 0) < 0;
	/* The other end of the connection must stay, or nothing would linger. */
	if (!failed && fork() == 0) {
		close(along);
		pause();
	}
	_exit(failed);
}

int main(int argc, char **argv)
{
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "listen") && argc > 2)
		return listen_for(argv[2], argc > 3);
	fd = open_socket(getenv("NOTIFY_SOCKET"));
	if (!strcmp(argv[1], "fd") && argc > 2)
		return send_fd(fd, argv[2]);
	if (!strcmp(argv[1], "flood"))
		for (;;)
			if (send_one(fd, "X"))
				return 1;
	for (int i = 2; i < argc; i++)
		if (send_one(fd, argv[i])) {
			perror(argv[i]);
			return 1;
		}
	return 0;
}
