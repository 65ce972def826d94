/*
 * netdev between two network namespaces of the test: what it does when it is told that the creation
 * has failed, and when its conductor goes without a word. Needs root and ip(8).
 * link: tests/steps shared/msg shared/plan_write shared/plan shared/journal
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "journal.h"
#include "skip.h"
#include "steps.h"

static char pool[1 << 20];
static int host, inside, netsock;

/* The test's own namespace becomes the host; a second one is held by the descriptor INSIDE. */
static int make_namespaces(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	inside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	netsock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return host < 0 || inside < 0 || netsock < 0 ? -1 : 0;
}

static int is_inside(const char *name)
{
	unsigned index;

	assert_int_equal(setns(inside, CLONE_NEWNET), 0);
	index = if_nametoindex(name);
	assert_int_equal(setns(host, CLONE_NEWNET), 0);
	return index != 0;
}

static int plan_with(const char *device, const char *name)
{
	struct plan_net_device *record;

	plan_begin(pool, sizeof(pool));
	record = plan_add(PLAN_RECORD_net_device, &plan_config_record()->net_devices);
	record->host = plan_put(device);
	record->name = plan_put(name);
	return steps_plan();
}

static void make_device(void)
{
	if (geteuid() != 0)
		SKIP("only root makes a network namespace");
	(void)!system("ip link delete p0 2>&-"); /* left by a test that failed */
	if (system("ip link add v0 type veth peer name p0") != 0)
		SKIP("no veth devices or no ip(8)");
}

/* Starts netdev for the device v0, which is to be x0 inside, until it is there. */
static pid_t begin(struct peer *peer, int journal)
{
	const struct placed fds[] = {{plan_with("v0", "x0"), FD_PLAN}, {journal, FD_JOURNAL}};
	struct msg msg;
	pid_t pid;

	make_device();
	pid = steps_start("netdev", fds, 2, peer);
	assert_int_equal(msg_send(peer, MSG_NETSOCK, NULL, 0, netsock), 0);
	do
		assert_int_equal(msg_recv(peer, &msg), 1);
	while (msg.header.type == MSG_DEBUG);
	assert_int_equal(msg.header.type, MSG_DONE);
	close(fds[0].from);
	return pid;
}

static int new_journal(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	return fd;
}

static void end(int journal)
{
	close(journal);
	assert_int_equal(system("ip link delete p0"), 0); /* and its other end, wherever that is */
}

static void told_to_undo(void **state)
{
	int journal = new_journal();
	struct peer peer;
	pid_t pid = begin(&peer, journal);

	(void)state;
	assert_true(is_inside("x0"));
	assert_int_equal(if_nametoindex("v0"), 0);
	assert_int_equal(msg_send(&peer, MSG_UNDO, NULL, 0, -1), 0);
	assert_int_equal(steps_ended(pid), 0);
	assert_false(is_inside("x0"));
	assert_int_not_equal(if_nametoindex("v0"), 0);
	close(peer.fd);
	end(journal);
}

static void conductor_is_gone(void **state)
{
	const struct journal_init init = {4711, 12345};
	const struct journal_ready ready = {1, 1};

	(void)state;
	for (int succeeded = 0; succeeded < 2; succeeded++) {
		int journal = new_journal();
		struct peer peer;
		pid_t pid = begin(&peer, journal);

		assert_int_equal(journal_append(journal, JOURNAL_INIT, &init, sizeof(init)), 0);
		if (succeeded)
			assert_int_equal(
				journal_append(journal, JOURNAL_READY, &ready, sizeof(ready)), 0);
		close(peer.fd);
		assert_int_equal(steps_ended(pid), 0);
		assert_int_equal(is_inside("x0"), succeeded);
		assert_int_equal(if_nametoindex("v0") != 0, !succeeded);
		end(journal);
	}
}

/* Nobody listens any more when it has moved the device. */
static void conductor_is_gone_before(void **state)
{
	int journal = new_journal();
	const struct placed fds[] = {{plan_with("v0", "x0"), FD_PLAN}, {journal, FD_JOURNAL}};
	struct peer peer;
	pid_t pid;

	(void)state;
	make_device();
	pid = steps_start("netdev", fds, 2, &peer);
	assert_int_equal(msg_send(&peer, MSG_NETSOCK, NULL, 0, netsock), 0);
	close(peer.fd);
	assert_int_equal(steps_ended(pid), 0);
	assert_false(is_inside("x0"));
	assert_int_not_equal(if_nametoindex("v0"), 0);
	end(journal);
}

/* Those of a terminal or of a service that is stopped, and one it cannot block. */
static void signals(void **state)
{
	static const int blocked[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1};
	int journal = new_journal();
	struct peer peer;
	pid_t pid = begin(&peer, journal);

	(void)state;
	for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++)
		assert_int_equal(kill(pid, blocked[i]), 0);
	assert_int_equal(msg_send(&peer, MSG_UNDO, NULL, 0, -1), 0);
	assert_int_equal(steps_ended(pid), 0);
	assert_int_not_equal(if_nametoindex("v0"), 0);
	close(peer.fd);
	end(journal);
	journal = new_journal();
	pid = begin(&peer, journal);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(steps_ended(pid), 1000 + SIGKILL);
	assert_true(is_inside("x0"));
	close(peer.fd);
	end(journal);
}

static void not_netlink(void **state)
{
	int journal = new_journal(), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct placed fds[] = {{plan_with("v0", "x0"), FD_PLAN}, {journal, FD_JOURNAL}};
	struct peer peer;
	struct msg msg;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		SKIP("only root has rights over the test's namespace");
	pid = steps_start("netdev", fds, 2, &peer);
	assert_int_equal(msg_send(&peer, MSG_NETSOCK, NULL, 0, fd), 0);
	assert_int_equal(msg_recv(&peer, &msg), 1);
	assert_int_equal(msg.header.type, MSG_ERROR);
	assert_string_equal(msg.body.text.what, "this is not a route netlink socket");
	assert_int_equal(steps_ended(pid), 1);
	close(peer.fd);
	close(fd);
	close(journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_to_undo),
		cmocka_unit_test(conductor_is_gone),
		cmocka_unit_test(conductor_is_gone_before),
		cmocka_unit_test(signals),
		cmocka_unit_test(not_netlink),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, make_namespaces, NULL);
}
