/* One request to the kernel at a time, and its answers, netlink(7). libmnl builds and walks the
 * messages; the sockets are read here, because its own part allocates. */
#include "netdev.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define SECONDS      10
#define REQUEST_SIZE 2048
#define ANSWER_SIZE  (64 << 10)

static union {
	struct nlmsghdr header;
	char bytes[REQUEST_SIZE];
} request;

struct nlmsghdr *request_begin(uint16_t type, uint16_t flags, const void *head, size_t length)
{
	static uint32_t sequence;

	memset(&request, 0, sizeof(request));
	mnl_nlmsg_put_header(request.bytes);
	request.header.nlmsg_type = type;
	request.header.nlmsg_flags = NLM_F_REQUEST | flags;
	request.header.nlmsg_seq = ++sequence;
	memcpy(mnl_nlmsg_put_extra_header(&request.header, length), head, length);
	return &request.header;
}

static ssize_t receive(int socket, void *buffer, size_t size)
{
	struct pollfd poller = {.fd = socket, .events = POLLIN};
	ssize_t n;
	int ready;

	do
		ready = poll(&poller, 1, SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT;
	n = recv(socket, buffer, size, MSG_TRUNC);
	if (n < 0)
		return -errno;
	return (size_t)n > size ? -EMSGSIZE : n;
}

struct answers {
	int (*each)(const struct nlmsghdr *answer, void *data);
	void *data;
	int torn; /* the list changed while the kernel wrote it down */
	int err;  /* of EACH: the first */
};

/* Both end with a number: of an error the negated errno. */
static int ending(const struct nlmsghdr *message)
{
	int err = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(message), sizeof(err));
	return err;
}

/* Returns 1 when all has come, 0 for more, -errno. */
static int take(const struct nlmsghdr *message, int length, struct answers *answers)
{
	for (; mnl_nlmsg_ok(message, length); message = mnl_nlmsg_next(message, &length)) {
		if (message->nlmsg_seq != request.header.nlmsg_seq)
			continue; /* to an earlier one, which was given up */
		answers->torn |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
			int err = ending(message);

			return err < 0 ? err : 1;
		}
		if (answers->each && !answers->err)
			answers->err = answers->each(message, answers->data);
	}
	return 0;
}

int request_send(int socket, int (*each)(const struct nlmsghdr *answer, void *data), void *data)
{
	static char buffer[ANSWER_SIZE] __attribute__((aligned(8)));
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct answers answers = {.each = each, .data = data};
	ssize_t n;
	int got;

	/*
	 * With the address, though it is the default: without one the kernel asks also for the
	 * capabilities of who opened the socket, and a container's user namespace has none on the
	 * host (__netlink_ns_capable).
	 */
	n = sendto(socket, &request, request.header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
		sizeof(kernel));
	if (n != (ssize_t)request.header.nlmsg_len)
		return n < 0 ? -errno : -EIO;
	do {
		n = receive(socket, buffer, sizeof(buffer));
		if (n < 0)
			return (int)n;
		got = take((const struct nlmsghdr *)(const void *)buffer, (int)n, &answers);
	} while (!got);
	if (got < 0)
		return got;
	return answers.err ? answers.err : answers.torn ? -EINTR : 0;
}
