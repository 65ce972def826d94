/*
 * netlink sets up the loopback device of a new network namespace. Needs root.
 * link: tests/steps shared/msg shared/plan_write shared/plan
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "skip.h"
#include "steps.h"

static int is_up(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	close(fd);
	return (request.ifr_flags & IFF_UP) != 0;
}

/* Hands FD over; returns the answer's type. */
static uint32_t run(int fd, struct msg *msg)
{
	struct peer peer;
	pid_t pid = steps_start("netlink", NULL, 0, &peer);

	assert_int_equal(msg_send(&peer, MSG_NETSOCK, NULL, 0, fd), 0);
	assert_int_equal(msg_recv(&peer, msg), 1);
	assert_int_equal(steps_ended(pid), msg->header.type == MSG_DONE ? 0 : 1);
	close(peer.fd);
	return msg->header.type;
}

static void test_loopback(void **state)
{
	struct msg msg;
	int netlink;

	(void)state;
	if (geteuid() != 0)
		SKIP("only root makes a network namespace");
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_false(is_up());
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_int_equal(run(netlink, &msg), MSG_DONE);
	assert_true(is_up());
	assert_int_equal(run(netlink, &msg), MSG_DONE); /* and again */
	close(netlink);
}

static void test_not_netlink(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct msg msg;

	(void)state;
	assert_int_equal(run(fd, &msg), MSG_ERROR);
	assert_string_equal(msg.body.text.what, "this is not a route netlink socket");
	close(fd);
}

/* The kernel looks at the rights of who has opened the socket, too. */
static void test_refused(void **state)
{
	struct msg msg;
	int netlink;

	(void)state;
	if (geteuid() != 0)
		SKIP("only root makes a network namespace");
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(seteuid(65534), 0);
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(run(netlink, &msg), MSG_ERROR);
	assert_string_equal(msg.body.text.what, "setting up the loopback device:");
	assert_int_equal(msg.body.text.err, EPERM);
	assert_false(is_up());
	close(netlink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_not_netlink),
		cmocka_unit_test(test_refused),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
