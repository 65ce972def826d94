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
#include <linux/capability.h>
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

static void test_paths(void **state)
{
	char path[128], parent[PATH_MAX];
	int record;
	struct step s;

	(void)state;
	new_plan("/");
	refuses("names no cgroup", 0);
	new_plan("a/../..");
	refuses("names no cgroup", 0);
	new_plan("/a\nb");
	refuses("control characters", 0);
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
	refuses("container's cgroup is not empty: 1 process(es) found", 0);
	kill(pid, SIGKILL);
	reap_killed(pid);
	assert_int_equal(journal_read(record, &journal), 0);
	put(directory(layout == V2 ? "" : "freezer"),
		layout == V2 ? "cgroup.freeze" : "freezer.state", layout == V2 ? "1" : "FROZEN");
	new_plan(path);
	refuses("container's cgroup unexpectedly frozen", 0);
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

/* On v1 what is frozen does not end, whatever signal it has. */
static void test_remove_frozen(void **state)
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
	put(directory(layout == V2 ? "" : "freezer"),
		layout == V2 ? "cgroup.freeze" : "freezer.state", layout == V2 ? "1" : "FROZEN");
	kill(pid, SIGKILL);
	s = start("remove", -1, record);
	expect(&s, MSG_DONE);
	finish(&s, 0);
	reap_killed(pid);
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
	refuses(layout == V2 ? v2 : v1, layout == V2 ? MSG_CGROUP_MAKE : MSG_LIMIT);
	c = new_plan("/davit-test-nobody");
	c->rootless = 1;
	refuses(layout == V2 ? v2 : "mkdir", MSG_CGROUP_MAKE);
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
	static const char *const paths[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/freezer"};
	struct step s;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = memfd_create("journal", MFD_CLOEXEC);

		if (layout == V2 && i == 1)
			continue; /* an ordinary name there */
		assert_int_equal(journal_append_cgroup(fd, "freezer", paths[i]), 0);
		s = start("remove", -1, fd);
		expect_error(&s, "the journal names no cgroup");
		finish(&s, 1);
		close(fd);
	}
}

static uint64_t capabilities_of(pid_t pid)
{
	char path[64], text[4096];
	const char *line;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	close(fd);
	text[n] = '\0';
	line = strstr(text, "CapPrm:");
	assert_non_null(line);
	return strtoull(line + strlen("CapPrm:"), NULL, 16);
}

#define BIT(capability) (UINT64_C(1) << (capability))

/* What is left once the plan and the host are known: of the devices' only what they need, of the owner's none. */
static void test_capabilities(void **state)
{
	const uint64_t always = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SYS_NICE),
		       devices = layout == V2 ? BIT(CAP_BPF) | BIT(CAP_NET_ADMIN)
					      : BIT(CAP_SYS_ADMIN);
	struct plan_config *c;
	struct step s;
	int record;

	(void)state;
	for (int has_devices = 0; has_devices < 2; has_devices++) {
		c = new_plan(NULL);
		c->has_resources = (uint64_t)has_devices;
		s = begin(&record);
		assert_true((capabilities_of(s.pid) | always) ==
			(always | (has_devices ? devices : 0)));
		order(&s, MSG_LIMIT, 0);
		expect(&s, MSG_DONE);
		finish(&s, 0);
		remove_container(record);
	}
}

/* Where the process is that systemd was asked to take: below the manager's own cgroup, in the unit. */
static void test_unit(void **state)
{
	static const struct {
		const char *path;
		int is_unit;
	} places[] = {{"/davit-test.slice/x.scope", 1}, {"/user/1/davit-test.slice/x.scope", 1},
		{"/adavit-test.slice/x.scope", 0}, {"/davit-test.slice/x.scope/y", 0},
		{"/davit-test.slice", 0}, {"/x.scope", 0}};
	struct plan_config *c;
	struct step s;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int file = memfd_create("cgroup", MFD_CLOEXEC), plan;

		assert_true(file >= 0);
		dprintf(file, "1:name=systemd:%s\n0::%s\n", places[i].path, places[i].path);
		c = new_plan(NULL);
		c->systemd = 1;
		c->systemd_unit = plan_put("x.scope");
		c->systemd_path = plan_put("/davit-test.slice/x.scope");
		plan = plan_file();
		s = start("create", plan, -1);
		assert_int_equal(msg_send(&s.peer, MSG_SCOPED, NULL, 0, file), 0);
		if (places[i].is_unit)
			close(take_announcements(&s));
		else
			expect_error(&s, "the container's process is not in its unit,");
		close(s.peer.fd);
		s.peer.fd = -1;
		finish(&s, 1);
		close(plan);
		close(file);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_life, clean_up),
		cmocka_unit_test_teardown(test_paths, clean_up),
		cmocka_unit_test_teardown(test_occupied, clean_up),
		cmocka_unit_test_teardown(test_kill_many, clean_up),
		cmocka_unit_test_teardown(test_remove_busy, clean_up),
		cmocka_unit_test_teardown(test_remove_frozen, clean_up),
		cmocka_unit_test_teardown(test_remove_deep, clean_up),
		cmocka_unit_test_teardown(test_rootless, clean_up),
		cmocka_unit_test_teardown(test_protocol, clean_up),
		cmocka_unit_test_teardown(test_bad_journal, clean_up),
		cmocka_unit_test_teardown(test_capabilities, clean_up),
		cmocka_unit_test_teardown(test_unit, clean_up),
	};

	return run_layouts(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
