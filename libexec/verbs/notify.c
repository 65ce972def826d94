/* Readiness of the container, passed on to the service manager. */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "conduct.h"
#include "dial.h"
#include "text.h"
#include "verb.h"

#define MANAGER_MS 30000
#define SOCKET     "notify.sock"

const char *notify_name(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	return name && *name ? name : NULL;
}

static void warn(const char *problem)
{
	char line[PATH_MAX + 400];

	text_join(line, sizeof(line),
		"telling the service manager that the container is ready: ", problem, NULL);
	log_record(LOG_LEVEL_WARNING, line, NULL);
}

void notify_connect(struct notify *n)
{
	char line[PATH_MAX + 300];

	n->manager = dial(notify_name(), SOCK_DGRAM, "", line, sizeof(line));
	if (n->manager < 0)
		warn(line);
}

static int filter(int fd, struct sock_filter *code, unsigned short length)
{
	struct sock_fprog program = {length, code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/*
 * The kernel runs the filter when the container sends: anything else than "READY=" costs us
 * nothing, and the file descriptors sent along end where they come from. Closing one may block (a
 * TCP socket that lingers), which must not happen here. The sender is told that all went well.
 */
static int only_ready(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x52454144 /* READ */, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x593d /* Y= */, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, sizeof("READY=") - 1), /* the rest is cut off */
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return filter(fd, code, sizeof(code) / sizeof(code[0]));
}

static int nothing_more(int fd)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

	return filter(fd, code, 1);
}

/* By descriptor: ROOT/ID may be longer than an address can be. Mode 0777, for every user of the
 * container. */
static int bind_in(int socket, int directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct text t = TEXT(address.sun_path);
	mode_t mask;
	int err;

	text_add(&t, "/proc/self/fd/");
	text_add_i64(&t, directory);
	text_add(&t, "/" SOCKET);
	if (unlinkat(directory, SOCKET, 0) < 0 && errno != ENOENT)
		return -errno;
	mask = umask(0);
	err = bind(socket, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	return err;
}

int notify_bind(struct notify *n, int dir, char *line, size_t size)
{
	int err;

	n->lock = openat(dir, NOTIFY_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (n->lock < 0 && errno == ENOENT) {
		text_join(line, size,
			"NOTIFY_SOCKET is set, but was not when the container was created", NULL);
		return -1;
	}
	err = n->lock < 0 || flock(n->lock, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (!err) {
		n->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (n->socket < 0)
			err = -errno;
		else
			err = n->manager < 0 ? nothing_more(n->socket) : only_ready(n->socket);
	}
	if (!err)
		err = bind_in(n->socket, n->lock);
	if (err) {
		text_join(line, size, "listen unixgram " NOTIFY_DIRECTORY "/" SOCKET ": ",
			errno_text(-err), NULL);
		return -1;
	}
	n->stage = n->manager < 0 ? NOTIFY_OVER : NOTIFY_BOUND;
	return 0;
}

struct pollfd notify_poller(const struct notify *n)
{
	switch (n->stage) {
	case NOTIFY_OVER:
		return (struct pollfd){.fd = -1};
	case NOTIFY_BOUND:
		return (struct pollfd){.fd = n->socket, .events = POLLIN};
	case NOTIFY_FLUSHED:
		return (struct pollfd){.fd = n->barrier}; /* POLLHUP */
	default:
		return (struct pollfd){.fd = n->manager, .events = POLLOUT};
	}
}

int notify_timeout(const struct notify *n)
{
	int64_t left = n->end - conduct_clock() / 1000;

	if (n->stage == NOTIFY_OVER || n->stage == NOTIFY_BOUND)
		return -1;
	return left > 0 ? (int)left : 0;
}

static void end(struct notify *n)
{
	close(n->manager);
	if (n->stage == NOTIFY_FLUSHED)
		close(n->barrier);
	n->stage = NOTIFY_OVER;
}

static int send_text(struct notify *n)
{
	char line[40];
	struct text t = TEXT(line);

	if (n->stage == NOTIFY_READY) {
		text_add(&t, "READY=1\n");
	} else {
		text_add(&t, "MAINPID=");
		text_add_u64(&t, n->pid);
		text_add(&t, "\n");
	}
	return send(n->manager, line, t.length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* sd_notify_barrier(3): the manager closes its end once it has seen to everything before. */
static int send_barrier(struct notify *n)
{
	static const char text[] = "BARRIER=1";
	int ends[2];
	ssize_t sent;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	sent = dial_send_fd(n->manager, text, sizeof(text) - 1, ends[1]);
	close(ends[1]);
	if (sent < 0)
		close(ends[0]);
	else
		n->barrier = ends[0];
	return sent < 0 ? (int)sent : 0;
}

static void send_all(struct notify *n)
{
	int err = 0;

	while (!err && n->stage != NOTIFY_FLUSHED) {
		err = n->stage == NOTIFY_BARRIER ? send_barrier(n) : send_text(n);
		if (!err)
			n->stage++;
	}
	if (err && err != -EAGAIN) {
		warn(errno_text(-err));
		end(n);
	}
}

void notify_advance(struct notify *n)
{
	struct pollfd poller = notify_poller(n);
	int ready = poller.fd < 0 ? 0 : poll(&poller, 1, 0), err;

	if (ready <= 0) {
		if (!notify_timeout(n)) {
			warn("it did not answer in time");
			end(n);
		}
		return;
	}
	switch (n->stage) {
	case NOTIFY_BOUND:
		n->end = conduct_clock() / 1000 + MANAGER_MS;
		n->stage = NOTIFY_READY;
		err = nothing_more(n->socket);
		if (err)
			warn(errno_text(-err));
		send_all(n);
		break;
	case NOTIFY_FLUSHED:
		end(n);
		break;
	default:
		send_all(n);
	}
}

int notify_wait(struct notify *n, int pidfd, int signals)
{
	while (n->stage != NOTIFY_OVER) {
		/* The process first: what it said before its end is then seen in the same call. */
		struct pollfd pollers[] = {
			{.fd = n->stage == NOTIFY_BOUND ? pidfd : -1, .events = POLLIN},
			{.fd = signals, .events = POLLIN}, notify_poller(n)};

		if (poll(pollers, 3, notify_timeout(n)) < 0 && errno != EINTR)
			return -errno;
		if (pollers[1].revents)
			return -EINTR;
		notify_advance(n);
		if (pollers[0].revents && n->stage == NOTIFY_BOUND)
			return 0;
	}
	return 0;
}
