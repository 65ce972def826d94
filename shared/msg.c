/* The one codec of messages between programs. */
#include "msg.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "sys.h"
#include "text.h"

const char program_names[PROGRAM_COUNT][8] = {
	[PROGRAM_CONDUCTOR] = "runc",
	[PROGRAM_PARSE] = "parse",
	[PROGRAM_SECCOMP] = "seccomp",
	[PROGRAM_SOURCES] = "sources",
	[PROGRAM_CGROUP] = "cgroup",
	[PROGRAM_NETLINK] = "netlink",
	[PROGRAM_NS] = "ns",
	[PROGRAM_ROOTFS] = "rootfs",
	[PROGRAM_PTY] = "pty",
	[PROGRAM_HOOK] = "hook",
	[PROGRAM_FENCE] = "fence",
	[PROGRAM_DMZ] = "dmz",
	[PROGRAM_TTY] = "tty",
	[PROGRAM_NETDEV] = "netdev",
	[PROGRAM_RESCTRL] = "resctrl",
	[PROGRAM_COPYUP] = "copyup",
	[PROGRAM_STATS] = "stats",
	[PROGRAM_PSTABLE] = "pstable",
	[PROGRAM_SCOPE] = "scope",
	[PROGRAM_WITNESS] = "witness",
	[PROGRAM_WHY] = "why",
	[PROGRAM_NODES] = "nodes",
	[PROGRAM_SUBIDS] = "subids",
};

int msg_send(struct peer *peer, enum msg_type type, const void *body, size_t length, int fd)
{
	struct msg_header header = {
		type, (uint32_t)(sizeof(header) + length), peer->sent, peer->self};
	struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)body, length}};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr record = {.msg_iov = iov, .msg_iovlen = 2};
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		record.msg_control = &control;
		record.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&record);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	do
		n = sys_sendmsg(peer->fd, &record, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	peer->sent++;
	return 0;
}

/* Takes the first fd of a control message and closes any other, so that none is ever lost. Returns
 * how many came. */
static size_t take_fds(struct msghdr *record, int *first)
{
	size_t count = 0;

	*first = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(record); c; c = CMSG_NXTHDR(record, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++, count++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (count)
				close(fd);
			else
				*first = fd;
		}
	}
	return count;
}

static const struct msg_rule *find_rule(const struct peer *peer, const struct msg_header *header)
{
	for (size_t i = 0; i < peer->rule_count; i++) {
		const struct msg_rule *rule = &peer->rules[i];

		if (rule->type == header->type &&
			(rule->program == PROGRAM_COUNT || rule->program == header->program))
			return rule;
	}
	return NULL;
}

static int in_sequence(struct peer *peer, const struct msg_header *header)
{
	uint32_t expected = peer->received;

	if (header->program >= PROGRAM_COUNT)
		return 0;
	if (!peer->joined) {
		expected = peer->late ? header->sequence : 0;
	} else if (header->program != peer->sender) {
		if (header->program < peer->sender)
			return 0;
		expected = 0;
	}
	peer->joined = 1;
	peer->sender = header->program;
	peer->received = expected + 1;
	return header->sequence == expected;
}

static int permitted(struct peer *peer, const struct msg *msg, size_t size, size_t fds)
{
	const struct msg_rule *rule;
	uint64_t bit;

	if (size < sizeof(msg->header) || msg->header.length != size || !msg->header.type ||
		msg->header.type >= MSG_TYPE_COUNT)
		return 0;
	rule = find_rule(peer, &msg->header);
	if (!rule || size != sizeof(msg->header) + rule->body)
		return 0;
	bit = UINT64_C(1) << msg->header.type;
	if ((rule->flags & MSG_ONCE) && (peer->seen & bit))
		return 0;
	if (rule->after && !(peer->seen & (UINT64_C(1) << rule->after)))
		return 0;
	if (fds > 1 || (fds && !(rule->flags & (MSG_FD | MSG_FD_OPTIONAL))) ||
		(!fds && (rule->flags & MSG_FD)))
		return 0;
	peer->seen |= bit;
	return in_sequence(peer, &msg->header);
}

static void end_strings(struct msg *msg)
{
	switch (msg->header.type) {
	case MSG_ERROR:
	case MSG_WARNING:
	case MSG_DEBUG:
		msg->body.text.what[MSG_WHAT_MAX - 1] = '\0';
		msg->body.text.object[MSG_OBJECT_MAX - 1] = '\0';
		break;
	case MSG_RESCTRL:
		msg->body.resctrl.group[MSG_RESCTRL_PATH - 1] = '\0';
		msg->body.resctrl.monitor[MSG_RESCTRL_PATH - 1] = '\0';
		break;
	default:
		break;
	}
}

int msg_recv(struct peer *peer, struct msg *msg)
{
	struct iovec iov[2] = {
		{&msg->header, sizeof(msg->header)}, {&msg->body, sizeof(msg->body)}};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control = {0};
	struct msghdr record = {.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	size_t fds;
	ssize_t n;
	int reset = 0;

	msg->fd = -1;
	do
		n = sys_recvmsg(peer->fd, &record, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !reset++)));
	/* A peer that closed without having read all we sent is reported first, once; what it said
	 * is still there. */
	if (n <= 0)
		return n == 0 || errno == ECONNRESET ? 0 : -errno;
	fds = take_fds(&record, &msg->fd);
	if ((record.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
		!permitted(peer, msg, (size_t)n, fds)) {
		if (msg->fd >= 0)
			close(msg->fd);
		msg->fd = -1;
		return -EPROTO;
	}
	end_strings(msg);
	return 1;
}

int msg_await(struct peer *peer, enum msg_type type, struct msg *msg, int timeout)
{
	struct pollfd poller = {.fd = peer->fd, .events = POLLIN};
	int n;

	do
		n = poll(&poller, 1, timeout);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	n = msg_recv(peer, msg);
	if (n <= 0)
		return n ? n : -ECONNRESET;
	if (msg->header.type == type)
		return 0;
	if (msg->fd >= 0)
		close(msg->fd);
	return -EPROTO;
}

void msg_text_line(const struct msg_text *body, struct text *t)
{
	text_add(t, body->what);
	if (body->object[0]) {
		text_add(t, body->what[0] ? " " : "");
		text_add(t, body->object);
	}
	if (!body->err)
		return;
	text_add(t, t->length && t->data[t->length - 1] == ':' ? " " : ": ");
	text_add(t, errno_text(body->err));
}

int msg_add_cgroup(struct msg_cgroups *cgroups, const char *controller, const char *path)
{
	size_t first = strlen(controller) + 1, second = strlen(path) + 1;

	if (first > MSG_CONTROLLER_MAX || first + second > sizeof(cgroups->text) - cgroups->length)
		return -ENOSPC;
	memcpy(cgroups->text + cgroups->length, controller, first);
	memcpy(cgroups->text + cgroups->length + first, path, second);
	cgroups->length += (uint32_t)(first + second);
	return 0;
}

int msg_next_cgroup(
	const struct msg_cgroups *cgroups, size_t *at, const char **controller, const char **path)
{
	size_t left, first, second;

	if (cgroups->length > sizeof(cgroups->text) || *at > cgroups->length)
		return -EPROTO;
	left = cgroups->length - *at;
	if (!left)
		return 0;
	*controller = cgroups->text + *at;
	first = strnlen(*controller, left) + 1;
	if (first > MSG_CONTROLLER_MAX || first >= left)
		return -EPROTO;
	*path = *controller + first;
	second = strnlen(*path, left - first) + 1;
	if (second > left - first)
		return -EPROTO;
	*at += first + second;
	return 1;
}
