/* See listener.h. */
#include "listener.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "conduct.h"
#include "dial.h"
#include "oci_state.h"
#include "text.h"

#define STATE_MAX    (1u << 20)
#define SEND_SECONDS 10

int listener_connect(const struct plan *plan, int *agent, char *line, size_t size)
{
	const char *path = plan_text(plan, plan->config->listener_path);

	*agent = -1;
	if (!path)
		return 0;
	*agent = dial(path, SOCK_STREAM,
		"failed to connect with seccomp agent specified in the seccomp profile: ", line,
		size);
	return *agent < 0 ? -1 : 0;
}

static int write_state(const struct plan *plan, const struct listener_process *process,
	struct json *j, char *buffer, size_t size)
{
	const char *metadata = plan_text(plan, plan->config->listener_metadata);

	json_start(j, buffer, size, NULL);
	json_object(j, NULL);
	json_string(j, "ociVersion", OCI_VERSION);
	json_array(j, "fds");
	json_string(j, NULL, "seccompFd");
	json_array_end(j);
	json_u64(j, "pid", process->pid);
	if (metadata && *metadata)
		json_string(j, "metadata", metadata);
	oci_state_add(j, "state", plan, process->status, process->init);
	json_object_end(j);
	return j->cut ? -E2BIG : 0;
}

/* What a stream takes at once is less than a large state; an agent that does not read is not waited
 * for for ever. */
static int send_rest(int agent, const char *text, size_t length)
{
	int64_t end = conduct_clock() / 1000 + SEND_SECONDS * 1000;

	while (length) {
		struct pollfd poller = {.fd = agent, .events = POLLOUT};
		int64_t left = end - conduct_clock() / 1000;
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&poller, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		n = send(agent, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The program that sends it works in the container: nothing else of what it may have gets out. */
static int is_listener(int fd)
{
	static const char kind[] = "anon_inode:seccomp notify";
	char path[48], target[64];
	struct text t = TEXT(path);
	ssize_t n;

	text_add(&t, "/proc/self/fd/");
	text_add_u64(&t, (uint64_t)fd);
	n = readlink(path, target, sizeof(target));
	return n == (ssize_t)sizeof(kind) - 1 && !memcmp(target, kind, sizeof(kind) - 1);
}

int listener_send(const struct plan *plan, const struct listener_process *process, int *agent,
	int listener, char *line, size_t size)
{
	static char buffer[STATE_MAX];
	struct json j;
	ssize_t n;

	if (*agent < 0 && listener < 0)
		return 0;
	n = *agent < 0 || listener < 0   ? -EPROTO
		: !is_listener(listener) ? -EBADF
					 : write_state(plan, process, &j, buffer, sizeof(buffer));
	if (!n)
		n = dial_send_fd(*agent, j.data, j.length, listener);
	if (n > 0)
		n = send_rest(*agent, j.data + n, j.length - (size_t)n);
	if (listener >= 0)
		close(listener);
	if (*agent >= 0)
		close(*agent);
	*agent = -1;
	if (n == -E2BIG)
		text_join(line, size, "the state for the seccomp agent is larger than 1 MiB", NULL);
	else if (n == -EBADF)
		text_join(line, size,
			"protocol error: what was sent for the seccomp agent is not a seccomp "
			"listener",
			NULL);
	else if (n < 0)
		text_join(line, size,
			"sending the seccomp listener to the agent: ", errno_text((int)-n), NULL);
	return n < 0 ? -1 : 0;
}
