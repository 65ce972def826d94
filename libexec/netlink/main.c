/*
 * netlink: sets the loopback device up in the network namespace whose NETLINK_ROUTE socket it is
 * handed. It enters no namespace: the socket was opened inside, so it holds nothing but NET_ADMIN.
 * One fixed message and its acknowledgement need no library; starting one costs six times as much.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "fds.h"
#include "priv_table.h"
#include "rtnetlink.h"
#include "step.h"

#define SECONDS        10
#define LOOPBACK_INDEX 1 /* of lo in every network namespace: it is made first */
#define BY_HAND_FD                                                                                 \
	0 /* priv_enter leaves only 0-2 open when a person runs us, and fd 0 is not read */

static const struct msg_rule rules[] = {
	{MSG_NETSOCK, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_CONDUCTOR},
};

/* By hand: a socket of our own network namespace. */
static void open_own_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || (fd != BY_HAND_FD && dup2(fd, BY_HAND_FD) < 0))
		die("opening a netlink socket:", NULL, errno);
}

/* RTM_NEWLINK with IFF_UP, rtnetlink(7). */
static void request_up(int fd)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			.nlmsg_seq = 1},
		.link = {.ifi_family = AF_UNSPEC,
			.ifi_index = LOOPBACK_INDEX,
			.ifi_flags = IFF_UP,
			.ifi_change = IFF_UP},
	};

	if (send(fd, &request, sizeof(request), 0) != (ssize_t)sizeof(request))
		die("setting up the loopback device:", "lo", errno);
}

/* One answer of fixed form, NLMSG_ERROR: 0 is the acknowledgement (netlink(7)). */
static void check_answer(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	ssize_t n;
	int ready;

	do
		ready = poll(&poller, 1, SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		die("setting up the loopback device:", "lo", ready ? errno : ETIMEDOUT);
	n = recv(fd, &answer, sizeof(answer), MSG_TRUNC);
	if (n < (ssize_t)sizeof(answer) || answer.header.nlmsg_type != NLMSG_ERROR ||
		answer.header.nlmsg_seq != 1)
		die("setting up the loopback device:", "lo", n < 0 ? errno : EPROTO);
	if (answer.error.error)
		die("setting up the loopback device:", "lo", answer.error.error);
}

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_NETLINK, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	struct msg msg;
	int fd;

	if (used ? argc != 2 : argc != 2 || strcmp(argv[1], "lo"))
		die("usage: netlink lo", NULL, 0);
	if (!used)
		open_own_socket();
	priv_enter(&priv, step_conducted());
	fd = used ? await(MSG_NETSOCK, &msg, SECONDS) : BY_HAND_FD;
	rtnetlink_check(fd);
	request_up(fd);
	check_answer(fd);
	tell(MSG_DONE, -1);
	_exit(0);
}
