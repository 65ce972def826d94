/*
 * The journal: what is appended is read back, a torn end is ignored, everything else that is wrong
 * is refused. link: shared/journal
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "journal.h"

static struct journal journal;

static int new_file(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

/* A file with one of each record. */
static int full_file(void)
{
	struct journal_init init = {4711, 123456789};
	struct journal_ready ready = {1700000000, 999999999};
	struct journal_keyring keyring = {{0, UINT64_MAX}};
	int fd = new_file();

	assert_int_equal(journal_append_cgroup(fd, "memory", "/sys/fs/cgroup/memory/a"), 0);
	assert_int_equal(journal_append_cgroup(fd, "", "/sys/fs/cgroup/unified/a"), 0);
	assert_int_equal(journal_append(fd, JOURNAL_INIT, &init, sizeof(init)), 0);
	assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL_OWN, "/sys/fs/resctrl/a"), 0);
	assert_int_equal(journal_append_resctrl(
				 fd, JOURNAL_RESCTRL_MONITOR, "/sys/fs/resctrl/a/mon_groups/a"),
		0);
	assert_int_equal(journal_append(fd, JOURNAL_KEYRING, &keyring, sizeof(keyring)), 0);
	assert_int_equal(journal_append(fd, JOURNAL_READY, &ready, sizeof(ready)), 0);
	return fd;
}

static void test_empty(void **state)
{
	int fd = new_file();

	(void)state;
	memset(&journal, 0xff, sizeof(journal));
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_int_equal(journal.cgroup_count, 0);
	assert_int_equal(journal.init.pid, 0);
	assert_int_equal(journal.is_ready, 0);
	assert_null(journal.resctrl.group);
	assert_null(journal.resctrl.monitor);
	assert_int_equal(journal.resctrl.own, 0);
	assert_int_equal(journal.has_keyring, 0);
	close(fd);
}

static void test_round_trip(void **state)
{
	int fd = full_file();

	(void)state;
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_int_equal(journal.cgroup_count, 2);
	assert_string_equal(journal.cgroups[0].controller, "memory");
	assert_string_equal(journal.cgroups[0].path, "/sys/fs/cgroup/memory/a");
	assert_string_equal(journal.cgroups[1].controller, "");
	assert_string_equal(journal.cgroups[1].path, "/sys/fs/cgroup/unified/a");
	assert_int_equal(journal.init.pid, 4711);
	assert_int_equal(journal.init.start_time, 123456789);
	assert_string_equal(journal.resctrl.group, "/sys/fs/resctrl/a");
	assert_string_equal(journal.resctrl.monitor, "/sys/fs/resctrl/a/mon_groups/a");
	assert_int_equal(journal.resctrl.own, 1);
	assert_int_equal(journal.has_keyring, 1);
	assert_true(!journal.keyring.secret[0] && journal.keyring.secret[1] == UINT64_MAX);
	assert_int_equal(journal.is_ready, 1);
	assert_int_equal(journal.ready.nanoseconds, 999999999);
	close(fd);
}

/* Cut at every byte: always readable, and the records before the cut are there. */
static void test_torn(void **state)
{
	int fd = full_file();

	(void)state;
	for (off_t size = size_of(fd) - 1; size >= 0; size--) {
		assert_int_equal(ftruncate(fd, size), 0);
		assert_int_equal(journal_read(fd, &journal), 0);
		assert_int_equal(journal.is_ready, 0);
		assert_true(journal.cgroup_count <= 2);
	}
	close(fd);
}

static int records_of(const struct journal *j)
{
	return (int)j->cgroup_count + (j->init.pid != 0) + (j->resctrl.group != NULL) +
		(j->resctrl.monitor != NULL) + j->has_keyring + j->is_ready;
}

/* Any changed bit is noticed and costs the record it is in, no other; but that the last one may look
 * like a torn one. */
static void test_every_byte(void **state)
{
	int fd = full_file();
	off_t size = size_of(fd);

	(void)state;
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	for (off_t at = 0; at < size; at++) {
		for (int bit = 0; bit < 8; bit++) {
			unsigned char byte, changed;
			int err;

			assert_int_equal(pread(fd, &byte, 1, at), 1);
			changed = (unsigned char)(byte ^ (1 << bit));
			assert_int_equal(pwrite(fd, &changed, 1, at), 1);
			err = journal_read(fd, &journal);
			assert_true(err == -EBADMSG || (!err && !journal.is_ready));
			assert_int_equal(records_of(&journal), 6);
			for (size_t i = 0; i < journal.cgroup_count; i++)
				assert_int_equal(journal.cgroups[i].path[0], '/');
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
	}
	close(fd);
}

/* All of one journal in another; and records of older builds, which have no sum. */
static void test_copy(void **state)
{
	static const char old[] = "dvj1\1\0\25\0cpu\0/sys/fs/cgroup/a\0", torn[] = "dvj1\2\0\20\0";
	int fd = full_file(), copy = new_file();

	(void)state;
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_int_equal(journal_append_all(copy, &journal), 0);
	assert_int_equal(size_of(copy), size_of(fd));
	assert_int_equal(journal_read(copy, &journal), 0);
	assert_int_equal(records_of(&journal), 7);
	assert_int_equal(ftruncate(copy, 0), 0);
	assert_int_equal(write(copy, old, 29), 29);
	assert_int_equal(journal_append_cgroup(copy, "", "/sys/fs/cgroup/b"), 0);
	assert_int_equal(write(copy, torn, 8), 8);
	assert_int_equal(journal_read(copy, &journal), 0);
	assert_int_equal(journal.cgroup_count, 2);
	assert_string_equal(journal.cgroups[0].path, "/sys/fs/cgroup/a");
	assert_string_equal(journal.cgroups[1].path, "/sys/fs/cgroup/b");
	/* What follows a torn record shows that it was not torn. */
	assert_int_equal(journal_append_cgroup(copy, "", "/sys/fs/cgroup/c"), 0);
	assert_int_equal(journal_read(copy, &journal), -EBADMSG);
	assert_int_equal(journal.cgroup_count, 3);
	close(copy);
	close(fd);
}

static void test_bad_paths(void **state)
{
	static const char *const paths[] = {"", "/", "a", "/..", "//a", "/etc", "/etc/passwd",
		"/sys/fs", "/sys/fs/cgroups", "/sys/fs/cgroup/../x", "/sys/fs/cgroup/a/..",
		"/sys/fs/cgroup//b", "/sys/fs/cgroup/a/", "/sys/fs/./cgroup/a",
		"/sys/fs/resctrl/a"};
	int fd = new_file();

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char body[64] = "cpu";

		assert_int_equal(journal_append_cgroup(fd, "cpu", paths[i]), -EINVAL);
		assert_int_equal(size_of(fd), 0);
		memcpy(body + 4, paths[i], strlen(paths[i]) + 1);
		assert_int_equal(
			journal_append(fd, JOURNAL_CGROUP, body, 4 + strlen(paths[i]) + 1), 0);
		assert_int_equal(journal_read(fd, &journal), -EBADMSG);
		assert_int_equal(journal.cgroup_count, 0);
		assert_int_equal(ftruncate(fd, 0), 0);
	}
	assert_int_equal(journal_append_cgroup(fd, "cpu", "/sys/fs/cgroup/..b/...c"), 0);
	assert_int_equal(journal_read(fd, &journal), 0);
	close(fd);
}

static void test_bad_records(void **state)
{
	struct journal_init init = {1, 0};
	struct journal_ready ready = {0, 1000000000};
	int fd = new_file();

	(void)state;
	assert_int_equal(journal_append(fd, JOURNAL_INIT, &init, sizeof(init)), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(journal.init.pid, 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, JOURNAL_READY, &ready, sizeof(ready)), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, 99, &ready, sizeof(ready)), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, JOURNAL_KEYRING, &ready, sizeof(ready) - 1), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(journal_append(fd, JOURNAL_KEYRING, &ready, sizeof(ready)), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, JOURNAL_CGROUP, "cpu", 4), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, JOURNAL_CGROUP, "", 0), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	close(fd);
}

/* The unit of a systemd: its name is one that davit makes, and there is but one. */
static void test_unit(void **state)
{
	static const char *const bad[] = {"", "a-/b.scope", "../a-.scope", "a-%i.scope",
		"a- b.scope", "a", ".scope", "init.scope", ".slice", "-.slice", "system.slice",
		"user.slice", "machine.slice", "user-1000.slice", "a-b.service", "a-b.target",
		"a-b.scope.service", "a-b.SCOPE"};
	static char longest[257];
	int fd = new_file();

	(void)state;
	memset(longest, 'x', 256);
	longest[1] = '-';
	memcpy(longest + 250, ".scope", 6);
	assert_int_equal(journal_append_unit(fd, longest, 0), -EINVAL);
	memcpy(longest + 249, ".scope", 7);
	assert_int_equal(journal_append_unit(fd, longest, 1), 0);
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_string_equal(journal.unit.name, longest);
	assert_int_equal(journal.unit.of_user, 1);
	assert_int_equal(journal_append_unit(fd, "b.slice", 0), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_string_equal(journal.unit.name, longest);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(journal_append_unit(fd, bad[i], 0), -EINVAL);
		fd = new_file();
		assert_int_equal(journal_append(fd, JOURNAL_UNIT, bad[i], strlen(bad[i]) + 1), 0);
		assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	}
	fd = new_file();
	assert_int_equal(journal_append_unit(fd, "runc-a\\x2db@1:2.scope", 0), 0);
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_int_equal(journal.unit.of_user, 0);
	assert_int_equal(journal_append(fd, JOURNAL_UNIT, "a", 1), 0); /* no NUL */
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
}

/* One group and one monitoring group, each a sound path with its end. */
static void test_resctrl(void **state)
{
	static const char *const bad[] = {"", "/", "a", "/a/../b", "/a//b", "/a/"};
	int fd = new_file();

	(void)state;
	assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL, "/sys/fs/resctrl"), 0);
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_string_equal(journal.resctrl.group, "/sys/fs/resctrl");
	assert_null(journal.resctrl.monitor);
	assert_int_equal(journal.resctrl.own, 0);
	assert_int_equal(journal_append_resctrl(fd, JOURNAL_RESCTRL_OWN, "/sys/fs/resctrl/b"), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_string_equal(journal.resctrl.group, "/sys/fs/resctrl");
	assert_int_equal(journal.resctrl.own, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			journal_append_resctrl(fd, JOURNAL_RESCTRL_MONITOR, bad[i]), -EINVAL);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(
			journal_append(fd, JOURNAL_RESCTRL_MONITOR, bad[i], strlen(bad[i]) + 1), 0);
		assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, JOURNAL_RESCTRL, "/a", 2), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(journal_append(fd, JOURNAL_RESCTRL, "/a\0b", 5), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	close(fd);
}

static void test_limits(void **state)
{
	static char path[4200];
	int fd = new_file();

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	memcpy(path, "/sys/fs/cgroup/", 15);
	assert_int_equal(journal_append_cgroup(fd, "cpu", path), -ENAMETOOLONG);
	path[4095] = '\0';
	for (int i = 0; i < JOURNAL_CGROUPS_MAX; i++)
		assert_int_equal(
			journal_append_cgroup(fd, "name=0123456789012345678901234", path), 0);
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_int_equal(journal.cgroup_count, JOURNAL_CGROUPS_MAX);
	assert_int_equal(journal_append_cgroup(fd, "cpu", "/sys/fs/cgroup"), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, JOURNAL_SIZE_MAX), 0);
	assert_int_equal(journal_read(fd, &journal), -EBADMSG);
	assert_int_equal(journal_append_cgroup(-1, "cpu", "/sys/fs/cgroup/a"), -EBADF);
	assert_int_equal(journal_read(-1, &journal), -EBADF);
	close(fd);
}

/* A file that may not grow any more takes a part of a record: an error, and no record for a reader. */
static void test_short_write(void **state)
{
	struct rlimit old, limit;
	int fd = new_file();

	(void)state;
	assert_int_equal(journal_append_cgroup(fd, "cpu", "/sys/fs/cgroup/cpu/a"), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)size_of(fd) + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(journal_append_cgroup(fd, "cpu", "/sys/fs/cgroup/cpu/b"), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(size_of(fd), limit.rlim_cur);
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_int_equal(journal.cgroup_count, 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_bad_paths),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_unit),
		cmocka_unit_test(test_resctrl),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_short_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
