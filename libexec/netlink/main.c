/*
 * netlink: sets the loopback device up in the network namespace whose NETLINK_ROUTE socket it is
 * handed. The only program that links libmnl. It enters no namespace: the socket was opened inside,
 * so it holds nothing but NET_ADMIN.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "fds.h"
#include "priv_table.h"
#include "step.h"

#define SECONDS        10
#define LOOPBACK_INDEX 1 /* of lo in every network namespace: it is made first */
#define BUFFER_SIZE    8192
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

/* The first allocation takes calls that are not in our list; the one of mnl_socket_fdopen then fits
 * the arena. */
static void warm_up(void)
{
	void *memory = malloc(4096);

	if (!memory)
		die("malloc:", NULL, errno);
	free(memory);
}

/* libmnl takes any fd; what we were handed must be what we were promised. */
static struct mnl_socket *open_socket(int fd)
{
	struct mnl_socket *netlink;
	int domain = 0, protocol = -1;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0)
		die("getsockopt:", NULL, errno);
	if (domain != AF_NETLINK || protocol != NETLINK_ROUTE)
		die("this is not a route netlink socket", NULL, 0);
	netlink = mnl_socket_fdopen(fd);
	if (!netlink)
		die("mnl_socket_fdopen:", NULL, errno);
	return netlink;
}

/* RTM_NEWLINK with IFF_UP, rtnetlink(7). */
static void request_up(struct mnl_socket *netlink, void *buffer)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link;

	header->nlmsg_type = RTM_NEWLINK;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->nlmsg_seq = 1;
	link = mnl_nlmsg_put_extra_header(header, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = LOOPBACK_INDEX;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	if (mnl_socket_sendto(netlink, header, header->nlmsg_len) < 0)
		die("setting up the loopback device:", "lo", errno);
}

static void check_answer(struct mnl_socket *netlink, void *buffer)
{
	struct pollfd poller = {.fd = mnl_socket_get_fd(netlink), .events = POLLIN};
	ssize_t n;
	int ready;

	do
		ready = poll(&poller, 1, SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		die("setting up the loopback device:", "lo", ready ? errno : ETIMEDOUT);
	n = mnl_socket_recvfrom(netlink, buffer, BUFFER_SIZE);
	/* STOP is the acknowledgement; OK would mean that none was in it. */
	if (n < 0 || mnl_cb_run(buffer, (size_t)n, 1, 0, NULL, NULL) < MNL_CB_STOP)
		die("setting up the loopback device:", "lo", errno);
}

int main(int argc, char **argv)
{
	static char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	int used = step_start(PROGRAM_NETLINK, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	struct mnl_socket *netlink;
	struct msg msg;

	if (used ? argc != 2 : argc != 2 || strcmp(argv[1], "lo"))
		die("usage: netlink lo", NULL, 0);
	if (!used)
		open_own_socket();
	warm_up();
	priv_enter(&priv, step_conducted());
	netlink = open_socket(used ? await(MSG_NETSOCK, &msg, SECONDS) : BY_HAND_FD);
	request_up(netlink, buffer);
	check_answer(netlink, buffer);
	tell(MSG_DONE, -1);
	_exit(0);
}
