/*
 * Plays the caller's end of --pidfd-socket and --console-socket: helper-peer SOCKET [kill|full].
 * Prints the text that came with the one descriptor and, of a pidfd, the "Pid:" of its fdinfo, else
 * what it is; then "closed" when the other side has closed, and "ended" when the process has.
 * kill: kills that process at once. full: takes no connection, as its backlog has no room.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int connection, char *text, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
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

/* 0 when it is no pidfd: nothing else has such a line in its fdinfo. */
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

static void tell(const char *text, int fd)
{
	char path[64], link[256] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (pid_of(fd))
		printf("%s %d\n", text, pid_of(fd));
	else if (readlink(path, link, sizeof(link) - 1) > 0)
		printf("%s %s\n", text, link);
	fflush(stdout);
}

static int fill(const struct sockaddr_un *address)
{
	int first = socket(AF_UNIX, SOCK_STREAM, 0);

	if (first < 0 || connect(first, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return 1;
	printf("full\n");
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct pollfd poller = {.events = POLLIN};
	const char *mode = argc == 3 ? argv[2] : "";
	char text[64], more;
	int listener, connection, is_full = !strcmp(mode, "full");

	if (argc < 2 || argc > 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, is_full ? 0 : 1) < 0)
		return 1;
	if (is_full)
		return fill(&address);
	connection = accept(listener, NULL, NULL);
	poller.fd = receive(connection, text, sizeof(text));
	if (poller.fd < 0)
		return 1;
	tell(text, poller.fd);
	if (!strcmp(mode, "kill") &&
		syscall(SYS_pidfd_send_signal, poller.fd, SIGKILL, NULL, 0) < 0)
		return 1;
	/* The other side has nothing more to say and closes. */
	if (read(connection, &more, 1) != 0)
		return 1;
	printf("closed\n");
	fflush(stdout);
	if (!pid_of(poller.fd))
		pause(); /* a master that is closed is a hang-up */
	if (poll(&poller, 1, 60000) == 1)
		printf("ended\n");
	return 0;
}
