/*
 * Messages: what the rules of a receiver permit arrives; anything else is a protocol error, and no
 * descriptor is lost by it.
 * link: shared/msg shared/text
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "msg.h"
#include "text.h"

static const struct msg_rule rules[] = {
	MSG_ANY_STEP,
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_ROOTFS},
	{MSG_MOUNTED, 0, 0, 0, PROGRAM_COUNT},
	{MSG_INIT, MSG_ONCE | MSG_FD, sizeof(struct msg_init), 0, PROGRAM_NS},
	{MSG_CREATED, MSG_FD_OPTIONAL, 0, MSG_MOUNTED, PROGRAM_DMZ},
	{MSG_RESCTRL, 0, sizeof(struct msg_resctrl), 0, PROGRAM_COUNT},
};

static struct peer from, to;
static struct msg msg;

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	from = (struct peer){.fd = pair[0], .self = PROGRAM_ROOTFS};
	to = (struct peer){
		.fd = pair[1], .rules = rules, .rule_count = sizeof(rules) / sizeof(rules[0])};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(from.fd);
	close(to.fd);
	return 0;
}

static int open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Sends one as PROGRAM with SEQUENCE; returns what the receiver makes of it. */
static int say(enum program program, uint32_t sequence, enum msg_type type, const void *body,
	size_t length, int fd)
{
	from.self = program;
	from.sent = sequence;
	assert_int_equal(msg_send(&from, type, body, length, fd), 0);
	return msg_recv(&to, &msg);
}

static int say_nothing_more(enum program program, uint32_t sequence, enum msg_type type)
{
	return say(program, sequence, type, NULL, 0, -1);
}

static void test_permitted(void **state)
{
	const struct msg_init init = {4711, 1};

	(void)state;
	assert_int_equal(say(PROGRAM_NS, 0, MSG_INIT, &init, sizeof(init), from.fd), 1);
	assert_int_equal(msg.body.init.pid, 4711);
	assert_true(fcntl(msg.fd, F_GETFD) & FD_CLOEXEC);
	close(msg.fd);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), 1);
	assert_int_equal(msg.fd, -1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 1, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_DMZ, 0, MSG_CREATED), 1);
	close(from.fd);
	assert_int_equal(msg_recv(&to, &msg), 0);
}

static void test_once(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_DONE), 1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 1, MSG_DONE), -EPROTO);
}

static void test_after(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_DMZ, 0, MSG_CREATED), -EPROTO);
}

static void test_types(void **state)
{
	(void)state;
	/* No rule, of another program, none at all, beyond the last. */
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_KEEP), -EPROTO);
	assert_int_equal(say_nothing_more(PROGRAM_DMZ, 0, MSG_DONE), -EPROTO);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, 0), -EPROTO);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_TYPE_COUNT), -EPROTO);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, 64 + MSG_MOUNTED), -EPROTO);
}

static void test_lengths(void **state)
{
	const struct msg_init init = {0};
	const struct msg_header short_one = {MSG_MOUNTED, sizeof(short_one), 0, PROGRAM_ROOTFS},
				lie = {MSG_MOUNTED, sizeof(lie) + 4, 0, PROGRAM_ROOTFS};
	static char long_one[sizeof(msg) + 64];

	(void)state;
	assert_int_equal(say(PROGRAM_NS, 0, MSG_INIT, &init, sizeof(init) - 1, from.fd), -EPROTO);
	assert_int_equal(say(PROGRAM_ROOTFS, 0, MSG_MOUNTED, "x", 1, -1), -EPROTO);
	assert_int_equal(send(from.fd, &short_one, sizeof(short_one) - 4, 0), 12);
	assert_int_equal(msg_recv(&to, &msg), -EPROTO);
	assert_int_equal(send(from.fd, &lie, sizeof(lie), 0), 16);
	assert_int_equal(msg_recv(&to, &msg), -EPROTO);
	memcpy(long_one, &short_one, sizeof(short_one));
	assert_int_equal(send(from.fd, long_one, sizeof(long_one), 0), (int)sizeof(long_one));
	assert_int_equal(msg_recv(&to, &msg), -EPROTO);
}

static void test_sequence(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 2, MSG_MOUNTED), -EPROTO);
}

static void test_sequence_again(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), -EPROTO);
}

static void test_first_sequence(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 1, MSG_MOUNTED), -EPROTO);
}

static void test_late(void **state)
{
	(void)state;
	to.late = 1;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 7, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 8, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 10, MSG_MOUNTED), -EPROTO);
}

static void test_later_program(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_NS, 0, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_DMZ, 1, MSG_MOUNTED), -EPROTO);
}

static void test_earlier_program(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_DMZ, 0, MSG_MOUNTED), 1);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), -EPROTO);
}

static void test_unknown_program(void **state)
{
	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_COUNT, 0, MSG_MOUNTED), -EPROTO);
}

static void test_descriptors(void **state)
{
	const struct msg_init init = {0};
	int files = open_files();

	(void)state;
	/* One that is due, one too many, and an optional one. */
	assert_int_equal(say(PROGRAM_NS, 0, MSG_INIT, &init, sizeof(init), -1), -EPROTO);
	assert_int_equal(say(PROGRAM_ROOTFS, 0, MSG_MOUNTED, NULL, 0, from.fd), -EPROTO);
	assert_int_equal(msg.fd, -1);
	assert_int_equal(open_files(), files);
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), 1);
	assert_int_equal(say(PROGRAM_DMZ, 0, MSG_CREATED, NULL, 0, from.fd), 1);
	close(msg.fd);
}

/* A header with COUNT descriptors. */
static void send_many(const struct msg_header *header, int count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)header, sizeof(*header)};
	struct msghdr record = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&record);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	for (int i = 0; i < count; i++)
		memcpy(CMSG_DATA(cmsg) + (size_t)i * sizeof(int), &from.fd, sizeof(int));
	assert_int_equal(sendmsg(from.fd, &record, 0), (int)sizeof(*header));
}

static void test_many_descriptors(void **state)
{
	const struct msg_header created = {MSG_CREATED, sizeof(created), 0, PROGRAM_DMZ};
	int files = open_files();

	(void)state;
	assert_int_equal(say_nothing_more(PROGRAM_ROOTFS, 0, MSG_MOUNTED), 1);
	for (int count = 2; count <= 16; count++) {
		send_many(&created, count);
		assert_int_equal(msg_recv(&to, &msg), -EPROTO);
		assert_int_equal(msg.fd, -1);
		assert_int_equal(open_files(), files);
	}
}

static void test_strings_end(void **state)
{
	struct msg_text text;
	struct msg_resctrl groups;

	(void)state;
	memset(&text, 'x', sizeof(text));
	assert_int_equal(say(PROGRAM_ROOTFS, 0, MSG_ERROR, &text, sizeof(text), -1), 1);
	assert_int_equal(strlen(msg.body.text.what), MSG_WHAT_MAX - 1);
	assert_int_equal(strlen(msg.body.text.object), MSG_OBJECT_MAX - 1);
	memset(&groups, 'x', sizeof(groups));
	assert_int_equal(say(PROGRAM_ROOTFS, 1, MSG_RESCTRL, &groups, sizeof(groups), -1), 1);
	assert_int_equal(strlen(msg.body.resctrl.group), MSG_RESCTRL_PATH - 1);
	assert_int_equal(strlen(msg.body.resctrl.monitor), MSG_RESCTRL_PATH - 1);
}

static void test_await(void **state)
{
	int files = open_files();
	const struct msg_init init = {0};

	(void)state;
	assert_int_equal(msg_await(&to, MSG_DONE, &msg, 10), -ETIMEDOUT);
	from.self = PROGRAM_NS;
	assert_int_equal(msg_send(&from, MSG_INIT, &init, sizeof(init), from.fd), 0);
	assert_int_equal(msg_await(&to, MSG_DONE, &msg, 1000), -EPROTO);
	assert_int_equal(open_files(), files);
	close(from.fd);
	assert_int_equal(msg_await(&to, MSG_DONE, &msg, 1000), -ECONNRESET);
}

/* A peer that closes its end with something unread resets the socket; what it said comes first. */
static void test_reset(void **state)
{
	(void)state;
	assert_int_equal(send(to.fd, "x", 1, 0), 1);
	assert_int_equal(msg_send(&from, MSG_MOUNTED, NULL, 0, -1), 0);
	close(from.fd);
	assert_int_equal(msg_recv(&to, &msg), 1);
	assert_int_equal(msg_recv(&to, &msg), 0);
	assert_int_equal(msg_send(&to, MSG_MOUNTED, NULL, 0, -1), -EPIPE);
}

static void test_cgroups(void **state)
{
	static struct msg_cgroups list;
	const char *controller, *path;
	char name[MSG_CONTROLLER_MAX + 1], way[4096];
	size_t at = 0;
	int added = 0;

	(void)state;
	memset(name, 'c', sizeof(name));
	name[MSG_CONTROLLER_MAX] = '\0';
	assert_int_equal(msg_add_cgroup(&list, name, "/p"), -ENOSPC);
	name[MSG_CONTROLLER_MAX - 1] = '\0';
	assert_int_equal(msg_add_cgroup(&list, name, "/p"), 0);
	assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), 1);
	assert_string_equal(controller, name);
	assert_string_equal(path, "/p");
	assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), 0);
	memset(way, 'w', sizeof(way));
	way[sizeof(way) - 1] = '\0';
	while (!msg_add_cgroup(&list, "", way))
		added++;
	assert_int_equal(added, 1);
	assert_int_equal(list.length, MSG_CONTROLLER_MAX + 3 + 1 + sizeof(way));
}

static void test_malformed_cgroups(void **state)
{
	static struct msg_cgroups list;
	const char *controller, *path;
	size_t at;

	(void)state;
	memset(list.text, 'x', sizeof(list.text));
	/* Longer than the text, a name without an end, a path without one, a name that is too long. */
	for (list.length = 1; list.length <= sizeof(list.text) + 1; list.length++) {
		at = 0;
		assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), -EPROTO);
		if (list.length == 40)
			list.length = sizeof(list.text) - 1;
	}
	list.text[3] = '\0';
	for (list.length = 4; list.length < 40; list.length++) {
		at = 0;
		assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), -EPROTO);
	}
	list.text[39] = '\0';
	at = 0;
	assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), 1);
	at = 0;
	list.length = sizeof(list.text) + 1;
	assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), -EPROTO);
	list.length = 40;
	at = 41;
	assert_int_equal(msg_next_cgroup(&list, &at, &controller, &path), -EPROTO);
}

static void line_of(int err, const char *what, const char *object, const char *line)
{
	struct msg_text body = {.err = err};
	char buffer[256];
	struct text t = TEXT(buffer);

	snprintf(body.what, sizeof(body.what), "%s", what);
	snprintf(body.object, sizeof(body.object), "%s", object);
	msg_text_line(&body, &t);
	assert_string_equal(buffer, line);
}

static void test_text_line(void **state)
{
	(void)state;
	line_of(0, "a", "", "a");
	line_of(0, "a", "b", "a b");
	line_of(0, "", "b", "b");
	line_of(ENOENT, "a:", "", "a: no such file or directory");
	line_of(ENOENT, "a", "b", "a b: no such file or directory");
	line_of(ENOENT, "a", "b:", "a b: no such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_permitted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_after, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sequence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sequence_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_first_sequence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_later_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_earlier_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strings_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_await, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cgroups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_cgroups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text_line, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("msg", tests, NULL, NULL);
}
