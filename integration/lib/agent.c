/*
 * A seccomp agent: answers the system calls that a container's filter leaves to it.
 *     helper-agent SOCKET LOG [die|close|stall]
 * listens at SOCKET, and for each connection writes the container process state to LOG.N (N from 1) and
 * one line per system call to LOG. mkdir fails with ENOTBLK, mount seems to succeed, all others go on.
 * "die": has the filter's listener, and takes one call that it never answers before it ends; "close":
 * closes every connection at once; "stall": accepts none. Ends after 60 seconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Reads to the end of the connection. Returns the one fd that came with the first bytes. */
static int take(int connection, FILE *state)
{
	char bytes[4096];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = {bytes, sizeof(bytes)};
	int listener = -1, first = 1;

	for (;; first = 0) {
		struct msghdr record = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(connection, &record, MSG_CMSG_CLOEXEC);
		struct cmsghdr *c = CMSG_FIRSTHDR(&record);

		if (n < 0)
			fail("recvmsg");
		if (n == 0)
			return listener;
		if (!c != !first || (c && c->cmsg_len != CMSG_LEN(sizeof(int)))) {
			fprintf(stderr, "agent: not one descriptor with the first bytes\n");
			exit(1);
		}
		if (c)
			memcpy(&listener, CMSG_DATA(c), sizeof(listener));
		fwrite(bytes, 1, (size_t)n, state);
	}
}

static void answer(int listener, FILE *log)
{
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp response = {0};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* the caller has gone */
	fprintf(log, "pid %u call %d\n", call.pid, call.data.nr);
	fflush(log);
	response.id = call.id;
	if (call.data.nr == SYS_mkdir || call.data.nr == SYS_mkdirat)
		response.error = -ENOTBLK;
	else if (call.data.nr != SYS_mount)
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static _Noreturn void serve(int connection, int number, const char *name, const char *mode)
{
	char path[4096];
	struct pollfd poller = {.events = POLLIN};
	FILE *state, *log;

	alarm(60);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s.%d", name, number);
	state = fopen(path, "we");
	log = fopen(name, "ae");
	if (!state || !log)
		fail(path);
	poller.fd = take(connection, state);
	fclose(state);
	if (poller.fd < 0)
		exit(0);
	while (poll(&poller, 1, -1) > 0 && !(poller.revents & POLLHUP)) {
		if (!strcmp(mode, "die")) {
			struct seccomp_notif call = {0};

			(void)ioctl(poller.fd, SECCOMP_IOCTL_NOTIF_RECV, &call);
			break;
		}
		answer(poller.fd, log);
	}
	fprintf(log, "end %d\n", number);
	fclose(log);
	exit(0);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *mode = argc > 3 ? argv[3] : "";
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	alarm(60);
	signal(SIGCHLD, SIG_IGN);
	strcpy(address.sun_path, argv[1]);
	if (socket_fd < 0 || bind(socket_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(socket_fd, 8) < 0)
		fail(argv[1]);
	while (!strcmp(mode, "stall"))
		pause();
	for (int number = 1;; number++) {
		int connection = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC);

		if (connection < 0)
			fail("accept");
		if (strcmp(mode, "close") != 0 && fork() == 0)
			serve(connection, number, argv[2], mode);
		close(connection);
	}
}
