/*
 * The cgroup program as a conductor drives it, on this host's layout, on v2 and on pure v1, each in
 * a mount namespace of its own. Only cgroups with this process's id in their name are made, and all
 * of them are removed. link: shared/plan shared/plan_write shared/names shared/text shared/msg
 * shared/journal tests/cgroup_run
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>
#include "fds.h"
#include "journal.h"
#include "msg.h"
#include "names.h"
#include "plan_write.h"
#include "step.h"
#include "cgroup_run.h"
#include "skip.h"

static void test_life(void **state)
{
	int record;
	struct step s;
	pid_t pid;

	(void)state;
	new_plan(NULL)->has_resources = 0;
	s = begin(&record);
	assert_true(journal.cgroup_count >= (layout == V2 ? 1 : 5));
	assert_int_equal(!!directory(""), layout != V1);
	assert_true(layout == V2 || directory("freezer"));
	pid = sleeper();
	join(&s, pid);
	assert_joined(pid);
	limit(&s);
	run_mode("kill", record);
	reap_killed(pid);
	remove_container(record);
}

static void test_limits_v1(void **state)
{
	struct plan_config *c = new_plan(NULL);
	int record;
	struct step s;
	pid_t pid;

	(void)state;
	if (layout == V2)
		SKIP("files of v1");
	c->memory_limit = (struct plan_opt_i64){1, 64 << 20};
	c->memory_swap = (struct plan_opt_i64){1, 96 << 20};
	c->memory_reservation = (struct plan_opt_i64){1, 32 << 20};
	c->memory_swappiness = (struct plan_opt_u64){1, 10};
	c->memory_disable_oom = 1;
	c->cpu_shares = (struct plan_opt_u64){1, 512};
	c->cpu_quota = (struct plan_opt_i64){1, 50000};
	c->cpu_period = (struct plan_opt_u64){1, 200000};
	c->cpu_burst = (struct plan_opt_u64){1, 20000};
	c->cpuset_cpus = plan_put("0");
	c->pids_limit = (struct plan_opt_i64){1, 7};
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	rule(c, 1, DEVICE_CHAR, 1, 11, DEVICE_READ);
	s = begin(&record);
	pid = sleeper();
	join(&s, pid);
	limit(&s);
	assert_string_equal(content("memory", "memory.limit_in_bytes"), "67108864");
	assert_string_equal(content("memory", "memory.memsw.limit_in_bytes"), "100663296");
	assert_string_equal(content("memory", "memory.soft_limit_in_bytes"), "33554432");
	assert_string_equal(content("memory", "memory.swappiness"), "10");
	assert_non_null(strstr(content("memory", "memory.oom_control"), "oom_kill_disable 1"));
	assert_string_equal(content("cpu", "cpu.shares"), "512");
	assert_string_equal(content("cpu", "cpu.cfs_quota_us"), "50000");
	assert_string_equal(content("cpu", "cpu.cfs_period_us"), "200000");
	assert_string_equal(content("cpu", "cpu.cfs_burst_us"), "20000");
	assert_string_equal(content("cpuset", "cpuset.cpus"), "0");
	assert_string_equal(content("pids", "pids.max"), "7");
	assert_non_null(strstr(content("devices", "devices.list"), "c 1:11 r\n"));
	assert_non_null(strstr(content("devices", "devices.list"), "c 136:* rwm"));
	assert_null(strstr(content("devices", "devices.list"), "a *:* rwm"));
	run_mode("kill", record);
	reap_killed(pid);
	remove_container(record);
}

static void test_limits_v2(void **state)
{
	struct plan_config *c = new_plan(NULL);
	struct plan_hugepage *page;
	struct plan_kv *kv;
	int record, huge;
	struct step s;

	(void)state;
	if (layout != V2)
		SKIP("files of v2");
	huge = has_huge_pages();
	if (huge) {
		page = plan_add(PLAN_RECORD_hugepage, &c->hugepages);
		page->size = plan_put("2MB");
		page->limit = 4 << 20;
	}
	kv = plan_add(PLAN_RECORD_kv, &c->unified);
	kv->key = plan_put(huge ? "hugetlb.2MB.max" : "cgroup.max.descendants");
	kv->value = plan_put("8388608\n6291456\n");
	s = begin(&record);
	limit(&s);
	if (huge) {
		assert_string_equal(content("", "hugetlb.2MB.max"), "6291456");
		assert_string_equal(content("", "hugetlb.2MB.rsvd.max"), "4194304");
	} else {
		assert_string_equal(content("", "cgroup.max.descendants"), "6291456");
	}
	remove_container(record);
}

static void refused(const char *what, enum msg_type at)
{
	int record, plan = plan_file();
	struct step s = start("create", plan, -1);

	close(plan);
	if (at != MSG_LIMIT && at != MSG_CGROUP_MAKE) {
		expect_error(&s, what);
		finish(&s, 1);
		return;
	}
	record = take_announcements(&s);
	order(&s, MSG_CGROUP_MAKE, 0);
	if (at == MSG_LIMIT) {
		expect(&s, MSG_CGROUP_MADE);
		s.v2 = msg.fd;
		order(&s, MSG_LIMIT, 0);
	}
	expect_error(&s, what);
	finish(&s, 1);
	remove_container(record);
}

static void test_refused_limits(void **state)
{
	struct plan_config *c = new_plan(NULL);
	struct plan_hugepage *page;
	struct plan_kv *kv;

	(void)state;
	page = plan_add(PLAN_RECORD_hugepage, &c->hugepages);
	page->size = plan_put("../2MB");
	refused("invalid hugepage size", MSG_LIMIT);
	c = new_plan(NULL);
	kv = plan_add(PLAN_RECORD_kv, &c->unified);
	kv->key = plan_put("../cgroup.procs");
	kv->value = plan_put("1");
	refused(layout == V2 ? "must be a file name (no slashes)"
			     : "cannot use unified on cgroup v1",
		MSG_LIMIT);
	c = new_plan(NULL);
	c->memory_swappiness = (struct plan_opt_u64){1, 101};
	refused(layout == V2 ? "linux.resources.memory.swappiness: cgroup v2 has no such limit"
			     : "invalid memory swappiness value: 101 (valid range is 0-100)",
		MSG_LIMIT);
	c = new_plan(NULL);
	c->cpu_shares = (struct plan_opt_u64){1, 1000000};
	refused(layout == V2 ? "cannot set cpu limit: container could not join or create cgroup"
			     : "the maximum allowed cpu-shares is 262144",
		MSG_LIMIT);
	c = new_plan(NULL);
	c->cpuset_cpus = plan_put("4000-4001");
	if (layout == V2)
		refused("cannot set cpuset limit: container could not", MSG_LIMIT);
	else
		refused("write \"4000-4001\" to", MSG_CGROUP_MAKE);
}

static void test_missing_controller(void **state)
{
	struct plan_config *c = new_plan(NULL);

	(void)state;
	if (layout == V2) {
		c->memory_limit = (struct plan_opt_i64){1, 64 << 20};
		refused("cannot set memory limit: container could not join or create cgroup",
			MSG_LIMIT);
	} else if (access("/sys/fs/cgroup/hugetlb", F_OK)) {
		struct plan_hugepage *page = plan_add(PLAN_RECORD_hugepage, &c->hugepages);

		page->size = plan_put("2MB");
		refused("cannot set hugetlb limit: container could not join or create cgroup",
			MSG_LIMIT);
	}
}

/* A process that opens PATH with FLAGS when told to; its exit status is the errno. */
static int opened_inside(struct step *s, const char *path, int flags)
{
	int gate[2], status;
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	pid = fork_child();
	if (!pid) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) < 0)
			_exit(255);
		_exit(open(path, flags) < 0 ? errno : 0);
	}
	close(gate[0]);
	join(s, pid);
	limit(s);
	close(gate[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void devices_case(
	void (*add)(struct plan_config *), const char *path, int flags, int expected)
{
	int record;
	struct step s;

	add(new_plan(NULL));
	s = begin(&record);
	assert_int_equal(opened_inside(&s, path, flags), expected);
	remove_container(record);
}

static void no_rules(struct plan_config *c)
{
	(void)c;
}

static void read_kmsg(struct plan_config *c)
{
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	rule(c, 1, DEVICE_CHAR, 1, 11, DEVICE_READ);
}

static void read_and_write_kmsg(struct plan_config *c)
{
	read_kmsg(c);
	rule(c, 1, DEVICE_CHAR, 1, 11, DEVICE_WRITE);
}

static void all_but_kmsg(struct plan_config *c)
{
	rule(c, 1, DEVICE_ALL, -1, -1, 7);
	rule(c, 0, DEVICE_CHAR, 1, 11, DEVICE_WRITE);
}

static void wildcard_taken_back(struct plan_config *c)
{
	read_and_write_kmsg(c);
	rule(c, 0, DEVICE_CHAR, 1, -1, DEVICE_READ);
}

static void everything(struct plan_config *c)
{
	rule(c, 1, DEVICE_ALL, -1, -1, 7);
}

static void no_resources(struct plan_config *c)
{
	c->has_resources = 0;
}

static void test_devices(void **state)
{
	(void)state;
	devices_case(no_resources, "/dev/kmsg", O_RDONLY, 0);
	devices_case(no_rules, "/dev/kmsg", O_RDONLY, EPERM);
	devices_case(no_rules, "/dev/null", O_RDWR, 0);
	devices_case(read_kmsg, "/dev/kmsg", O_RDONLY, 0);
	devices_case(read_kmsg, "/dev/kmsg", O_RDWR, EPERM);
	devices_case(read_kmsg, "/dev/null", O_RDWR, 0);
	devices_case(read_and_write_kmsg, "/dev/kmsg", O_RDWR, 0);
	devices_case(all_but_kmsg, "/dev/kmsg", O_RDONLY, 0);
	devices_case(all_but_kmsg, "/dev/kmsg", O_RDWR, EPERM);
	devices_case(wildcard_taken_back, "/dev/kmsg", O_RDONLY, EPERM);
	devices_case(wildcard_taken_back, "/dev/kmsg", O_WRONLY, 0);
	devices_case(everything, "/dev/kmsg", O_RDWR, 0);
}

static void test_device_holes(void **state)
{
	struct plan_config *c = new_plan(NULL);

	(void)state;
	if (layout == V2)
		SKIP("devices.list is of v1");
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	rule(c, 1, DEVICE_CHAR, -1, -1, 7);
	rule(c, 0, DEVICE_CHAR, 1, 11, DEVICE_WRITE);
	refused("requested rule [c 1:11 w] not supported by devices cgroupv1 (cannot punch hole in "
		"existing wildcard rule [c *:* rwm])",
		MSG_LIMIT);
}

static void test_many_device_rules(void **state)
{
	struct plan_config *c = new_plan(NULL);
	int record;
	struct step s;

	(void)state;
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	for (int i = 0; i < 3000; i++)
		rule(c, i % 3 != 0, i % 2 ? DEVICE_CHAR : DEVICE_BLOCK, 300 + i % 100, i,
			1 + (unsigned)i % 7);
	s = begin(&record);
	limit(&s);
	remove_container(record);
	c = new_plan(NULL);
	for (int i = 0; i < 4097; i++)
		rule(c, 1, DEVICE_CHAR, 1, 3, 7);
	refused("too many rules", MSG_LIMIT);
}

static void test_paths(void **state)
{
	char path[128], parent[PATH_MAX];
	int record;
	struct step s;

	(void)state;
	new_plan("/");
	refused("names no cgroup", 0);
	new_plan("a/../..");
	refused("names no cgroup", 0);
	new_plan("/a\nb");
	refused("control characters", 0);
	snprintf(path, sizeof(path), "/../davit-test-%d/./x//../b/leaf/", (int)getpid());
	new_plan(path);
	s = begin(&record);
	snprintf(path, sizeof(path), "/davit-test-%d/b/leaf", (int)getpid());
	for (size_t i = 0; i < journal.cgroup_count; i++)
		assert_non_null(strstr(journal.cgroups[i].path, path));
	limit(&s);
	remove_container(record);
	for (size_t i = 0; i < journal.cgroup_count; i++)
		for (int up = 0; up < 2; up++) {
			snprintf(parent, sizeof(parent), "%s", journal.cgroups[i].path);
			for (int n = 0; n <= up; n++)
				*strrchr(parent, '/') = '\0';
			assert_int_equal(rmdir(parent), 0); /* only the leaf is ours */
		}
}

static void test_occupied(void **state)
{
	char path[64];
	int record;
	struct step s;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "/davit-test-%d", (int)getpid());
	new_plan(path);
	s = begin(&record);
	pid = sleeper();
	join(&s, pid);
	limit(&s);
	new_plan(path);
	refused("container's cgroup is not empty: 1 process(es) found", 0);
	kill(pid, SIGKILL);
	reap_killed(pid);
	assert_int_equal(journal_read(record, &journal), 0);
	put(directory(layout == V2 ? "" : "freezer"),
		layout == V2 ? "cgroup.freeze" : "freezer.state", layout == V2 ? "1" : "FROZEN");
	new_plan(path);
	refused("container's cgroup unexpectedly frozen", 0);
	put(directory(layout == V2 ? "" : "freezer"),
		layout == V2 ? "cgroup.freeze" : "freezer.state", layout == V2 ? "0" : "THAWED");
	/* There, empty and thawed: it is used, and removed like one of ours. */
	new_plan(path);
	close(record);
	s = begin(&record);
	limit(&s);
	remove_container(record);
}

/* Processes that keep making others, some of them in cgroups below, all of them frozen. */
static void test_kill_many(void **state)
{
	char below[PATH_MAX], digits[16];
	int record, status;
	struct step s;
	pid_t pid, deep;
	sigset_t set;

	(void)state;
	new_plan(NULL);
	s = begin(&record);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	pid = fork_child();
	if (!pid) {
		/* Started by a signal, so that all of it happens inside. */
		int number;

		sigwait(&set, &number);
		for (int i = 0; i < 20; i++)
			if (!fork_child())
				for (;;) {
					if (!fork_child())
						_exit(0);
					poll(NULL, 0, 1);
					while (waitpid(-1, NULL, WNOHANG) > 0)
						;
				}
		for (;;)
			pause();
	}
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	join(&s, pid);
	deep = sleeper();
	snprintf(below, sizeof(below), "%s/below", directory(layout == V2 ? "" : "pids"));
	assert_int_equal(mkdir(below, 0755), 0);
	snprintf(digits, sizeof(digits), "%d", (int)deep);
	put(below, "cgroup.procs", digits);
	if (layout == HYBRID)
		put(directory(""), "cgroup.procs", digits);
	limit(&s);
	kill(pid, SIGUSR1);
	poll(NULL, 0, 50);
	put(directory(layout == V2 ? "" : "freezer"),
		layout == V2 ? "cgroup.freeze" : "freezer.state", layout == V2 ? "1" : "FROZEN");
	run_mode("kill", record);
	reap_killed(pid);
	reap_killed(deep);
	remove_container(record);
	while (waitpid(-1, &status, WNOHANG) > 0)
		;
}

/* A process that will not go is named, within the time that is promised. */
static void test_remove_busy(void **state)
{
	int record;
	struct step s;
	pid_t pid;

	(void)state;
	new_plan(NULL);
	s = begin(&record);
	pid = sleeper();
	join(&s, pid);
	limit(&s);
	s = start("remove", -1, record);
	poll(NULL, 0, 300);
	kill(pid, SIGKILL);
	reap_killed(pid);
	expect(&s, MSG_DONE);
	finish(&s, 0);
	remove_container(record);
}

static void test_remove_deep(void **state)
{
	int record, dir, next;
	struct step s;

	(void)state;
	new_plan(NULL);
	s = begin(&record);
	limit(&s);
	dir = open(directory(layout == V2 ? "" : "freezer"), O_RDONLY | O_DIRECTORY);
	assert_true(dir >= 0);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(mkdirat(dir, "x", 0755), 0);
		assert_int_equal(mkdirat(dir, "y", 0755), 0);
		next = openat(dir, "x", O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(dir);
		dir = next;
	}
	close(dir);
	remove_container(record);
}

/* Without rights: no cgroup at all is made, and that is fine until somebody asks for a limit or a
 * path. */
static void test_rootless(void **state)
{
	static const char v1[] = "cannot set pids limit: container could not join or create cgroup";
	static const char v2[] =
		"rootless needs no limits + no cgrouppath when no permission is granted";
	struct plan_config *c = new_plan(NULL);
	int record, plan;
	struct step s;
	pid_t pid;

	(void)state;
	run_as = 65534;
	c->rootless = 1;
	plan = plan_file();
	s = start("create", plan, -1);
	close(plan);
	record = take_announcements(&s);
	order(&s, MSG_CGROUP_MAKE, 0);
	expect(&s, MSG_CGROUP_MADE);
	assert_int_equal(msg.fd, -1);
	pid = sleeper();
	join(&s, pid);
	limit(&s);
	kill(pid, SIGKILL);
	reap_killed(pid);
	run_mode("kill", record);
	remove_container(record);
	c = new_plan(NULL);
	c->rootless = 1;
	c->pids_limit = (struct plan_opt_i64){1, 5};
	refused(layout == V2 ? v2 : v1, layout == V2 ? MSG_CGROUP_MAKE : MSG_LIMIT);
	c = new_plan("/davit-test-nobody");
	c->rootless = 1;
	refused(layout == V2 ? v2 : "mkdir", MSG_CGROUP_MAKE);
	run_as = 0;
}

static void test_protocol(void **state)
{
	int record, plan;
	struct step s;

	(void)state;
	new_plan(NULL);
	plan = plan_file();
	s = start("create", plan, -1);
	record = take_announcements(&s);
	order(&s, MSG_LIMIT, 0);
	expect_error(&s, "waiting for runc");
	finish(&s, 1);
	remove_container(record);
	for (int i = 0; i < 3; i++) {
		new_plan(NULL);
		s = begin(&record);
		order(&s, MSG_CGROUP_JOIN, i == 0 ? 1 : i == 1 ? s.pid : (pid_t)0x7fffffff);
		expect_error(&s, "runc asks for");
		finish(&s, 1);
		remove_container(record);
	}
	s = start("nonsense", plan, -1);
	expect_error(&s, "unknown mode");
	finish(&s, 1);
	s = start("create", plan, -1);
	close(s.peer.fd); /* the conductor dies */
	s.peer.fd = -1;
	finish(&s, 1);
	close(plan);
}

static void test_bad_journal(void **state)
{
	static const char *const paths[] = {
		"/etc/passwd", "/sys/fs/cgroup", "/sys/fs/cgroup/freezer", "/sys/fs/cgroupx/a"};
	struct step s;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = memfd_create("journal", MFD_CLOEXEC);

		if (layout == V2 && i == 2)
			continue; /* an ordinary name there */
		assert_int_equal(journal_append_cgroup(fd, "freezer", paths[i]), 0);
		s = start("remove", -1, fd);
		expect_error(&s, "the journal names no cgroup");
		finish(&s, 1);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_life, clean_up),
		cmocka_unit_test_teardown(test_limits_v1, clean_up),
		cmocka_unit_test_teardown(test_limits_v2, clean_up),
		cmocka_unit_test_teardown(test_refused_limits, clean_up),
		cmocka_unit_test_teardown(test_missing_controller, clean_up),
		cmocka_unit_test_teardown(test_devices, clean_up),
		cmocka_unit_test_teardown(test_device_holes, clean_up),
		cmocka_unit_test_teardown(test_many_device_rules, clean_up),
		cmocka_unit_test_teardown(test_paths, clean_up),
		cmocka_unit_test_teardown(test_occupied, clean_up),
		cmocka_unit_test_teardown(test_kill_many, clean_up),
		cmocka_unit_test_teardown(test_remove_busy, clean_up),
		cmocka_unit_test_teardown(test_remove_deep, clean_up),
		cmocka_unit_test_teardown(test_rootless, clean_up),
		cmocka_unit_test_teardown(test_protocol, clean_up),
		cmocka_unit_test_teardown(test_bad_journal, clean_up),
	};

	return run_layouts(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
