/*
 * The resctrl program, spoken to by a conductor that lies and a journal that somebody has forged.
 * What it does on a resctrl file system is in integration/resctrl.bats. Needs root.
 * link: tests/steps shared/msg shared/plan_write shared/plan shared/journal
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "journal.h"
#include "steps.h"

#define SECONDS 10
#define MAGIC   0x7655821

static int new_journal(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Runs MODE with the file FD at NUMBER; WHAT is its error, or NULL: it has done its work. */
static void run(const char *mode, int fd, int number, const char *what)
{
	static struct msg msg;
	const struct placed fds[] = {{fd, number}};
	struct peer peer;
	pid_t pid = steps_start(mode, fds, 1, &peer);
	int err;

	assert_true(pid > 0);
	err = msg_await(&peer, what ? MSG_ERROR : MSG_DONE, &msg, SECONDS * 1000);
	if (err)
		fail_msg("%s: %d, %s %s", mode, err, msg.body.text.what, msg.body.text.object);
	if (what && !strstr(msg.body.text.what, what))
		fail_msg("%s: \"%s\" is not in \"%s\"", mode, what, msg.body.text.what);
	assert_int_equal(steps_ended(pid), what ? 1 : 0);
	close(peer.fd);
	close(fd);
}

static void forged_groups(void **state)
{
	static const char *const paths[] = {"/etc/x", "/sys/fs/resctrlx", "/sys/fs/resctrl/a/b",
		"/sys/fs/cgroup/a", "/sys/fs/resctrl/a/mon_groups/a"};
	static const char *const modes[] = {"resctrl remove", "resctrl join"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = new_journal();

		assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL_OWN, paths[i / 2]), 0);
		run(modes[i % 2], fd, FD_JOURNAL, "the journal names no resctrl group:");
	}
}

/* The root group is nobody's own. */
static void forged_root(void **state)
{
	int fd = new_journal();

	(void)state;
	assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL_OWN, "/sys/fs/resctrl"), 0);
	run("resctrl remove", fd, FD_JOURNAL, "the journal names no resctrl group:");
}

static void forged_monitors(void **state)
{
	static const char *const paths[] = {"/sys/fs/resctrl/a", "/sys/fs/resctrl/b/mon_groups/x",
		"/sys/fs/resctrl/a/mon_groups", "/sys/fs/resctrl/a/mon_groups/x/y",
		"/sys/fs/resctrl/mon_groups/x", "/etc"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = new_journal();

		assert_int_equal(
			journal_append_resctrl(fd, JOURNAL_RESCTRL, "/sys/fs/resctrl/a"), 0);
		assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL_MONITOR, paths[i]), 0);
		run("resctrl remove", fd, FD_JOURNAL, "the journal names no monitoring group:");
	}
}

/* A journal without a group, and one whose file system is not mounted any more. */
static void nothing_to_remove(void **state)
{
	struct statfs fs;
	int fd;

	(void)state;
	run("resctrl remove", new_journal(), FD_JOURNAL, NULL);
	run("resctrl join", new_journal(), FD_JOURNAL, "the journal names no resctrl group");
	if (!statfs("/sys/fs/resctrl", &fs) && (unsigned)fs.f_type == MAGIC)
		return;
	fd = new_journal();
	assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL_OWN, "/sys/fs/resctrl/a"), 0);
	run("resctrl remove", fd, FD_JOURNAL, NULL);
}

static void broken_input(void **state)
{
	int fd = new_journal();

	(void)state;
	assert_int_equal(write(fd, "no journal", 10), 10);
	run("resctrl remove", fd, FD_JOURNAL, "journal:");
	fd = new_journal();
	assert_int_equal(write(fd, "no plan", 7), 7);
	run("resctrl create", fd, FD_PLAN, "plan:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_groups),
		cmocka_unit_test(forged_root),
		cmocka_unit_test(forged_monitors),
		cmocka_unit_test(nothing_to_remove),
		cmocka_unit_test(broken_input),
	};

	if (geteuid() != 0) {
		puts("1..1\nok 1 # skip needs root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
