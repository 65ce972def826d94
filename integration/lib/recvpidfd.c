/*
 * Plays the caller's end of --pidfd-socket: helper-recvpidfd SOCKET. Prints the text that came with the descriptor, the
 * "Pid:" of its fdinfo, and, when it can be waited for, "ended". What is no pidfd is an error.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int connection, char *text, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {text, size - 1};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(connection, &message, 0);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd;

	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	text[n] = '\0';
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* Nothing else has such a line in its fdinfo. */
static int pid_of(int pidfd)
{
	char path[64], line[256];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	return pid;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct pollfd poller = {.events = POLLIN};
	char text[64], more;
	int listener, connection;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 1) < 0)
		return 1;
	connection = accept(listener, NULL, NULL);
	poller.fd = receive(connection, text, sizeof(text));
	if (poller.fd < 0 || !pid_of(poller.fd))
		return 1;
	printf("%s %d\n", text, pid_of(poller.fd));
	fflush(stdout);
	/* The other side has nothing more to say and closes. */
	if (read(connection, &more, 1) != 0)
		return 1;
	printf("closed\n");
	fflush(stdout);
	if (poll(&poller, 1, 60000) == 1)
		printf("ended\n");
	return 0;
}
