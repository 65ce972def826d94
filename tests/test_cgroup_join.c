/*
 * `cgroup join` as the conductor of exec drives it: one more process for a container that is there,
 * on this host's layout, on v2 and on pure v1. link: shared/plan shared/plan_write shared/names
 * shared/text shared/msg shared/journal shared/live tests/cgroup_run
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "journal.h"
#include "msg.h"
#include "state.h"
#include "cgroup_run.h"
#include "skip.h"

static int record;        /* the container's journal */
static pid_t init, other; /* its first process, and the one that is to join */
static char extra[96];    /* a cgroup that a test has made outside of the container's */

static void end(pid_t *pid)
{
	kill(*pid, SIGKILL);
	reap_killed(*pid);
	*pid = 0;
}

static void remove_extra(void)
{
	assert_int_equal(rmdir(extra), 0);
	extra[0] = '\0';
}

/* Teardown: what is left after a failure. */
static int clean(void **state)
{
	if (init)
		end(&init);
	if (other)
		end(&other);
	clean_up(state);
	if (extra[0])
		remove_extra();
	return 0;
}

static void record_init(pid_t pid, uint64_t later)
{
	struct journal_init body = {.pid = (uint64_t)pid};

	assert_int_equal(state_start_time(body.pid, &body.start_time, NULL), 0);
	body.start_time += later;
	assert_true(lseek(record, 0, SEEK_END) >= 0);
	assert_int_equal(journal_append(record, JOURNAL_INIT, &body, sizeof(body)), 0);
}

/* A container at PATH with one process in all its cgroups, and another process outside. */
static void make_container(const char *path)
{
	struct step s;

	new_plan(path)->has_resources = 0;
	s = begin(&record);
	init = sleeper();
	other = sleeper();
	join(&s, init);
	limit(&s);
	record_init(init, 0);
}

static void remove_all(void)
{
	end(&init);
	end(&other);
	remove_container(record);
}

static struct step start_join(const char *controllers, const char *path)
{
	more[0] = controllers;
	more[1] = path;
	return start("join", -1, record);
}

/* Starts one and takes its first answer. */
static struct step made(const char *controllers, const char *path)
{
	struct step s = start_join(controllers, path);

	expect(&s, MSG_CGROUP_MADE);
	s.v2 = msg.fd;
	return s;
}

static void joined(struct step *s)
{
	join(s, other);
	expect(s, MSG_DONE);
	finish(s, 0);
}

/* The join of the other process fails with WHAT, and it has gone nowhere. */
static void not_joined(struct step *s, const char *what);

/* Where PID is by the kernel's word, in the hierarchy with CONTROLLER ("": v2). */
static const char *place_of(pid_t pid, const char *controller)
{
	static char line[PATH_MAX];
	char file[64];
	FILE *f;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	f = fopen(file, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *list = strchr(line, ':'), *path = strchr(list + 1, ':');

		line[strcspn(line, "\n")] = '\0';
		*path = '\0';
		if (strcmp(list + 1, controller) != 0)
			continue;
		fclose(f);
		return path + 1;
	}
	fclose(f);
	return "";
}

static void assert_place(pid_t pid, const char *controller, const char *end_of_path)
{
	const char *path = place_of(pid, controller);
	size_t length = strlen(path), wanted = strlen(end_of_path);

	if (length < wanted || strcmp(path + length - wanted, end_of_path) != 0)
		fail_msg("%s is not at the end of %s", end_of_path, path);
}

static void not_joined(struct step *s, const char *what)
{
	order(s, MSG_CGROUP_JOIN, other);
	expect_error(s, what);
	finish(s, 1);
	assert_place(other, "", place_of(getpid(), ""));
}

static void assert_directory(int fd, const char *path)
{
	struct stat a, b;

	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(stat(path, &b), 0);
	assert_true(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static const char *below(const char *controller, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory(controller), name);
	return path;
}

static void move(pid_t pid, const char *dir)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%d", (int)pid);
	put(dir, "cgroup.procs", digits);
}

static void move_away(void)
{
	snprintf(extra, sizeof(extra), "%s-away", directory(""));
	assert_int_equal(mkdir(extra, 0755), 0);
	move(init, extra);
}

static void test_join(void **state)
{
	struct step s;

	(void)state;
	make_container(NULL);
	s = made(NULL, NULL);
	assert_int_equal(s.v2 >= 0, layout == V2);
	if (layout == V2)
		assert_directory(s.v2, directory(""));
	joined(&s);
	assert_int_equal(journal_read(record, &journal), 0);
	assert_joined(other);
	/* Cloned into it, there is nothing to join. */
	s = made(NULL, NULL);
	close(s.peer.fd);
	s.peer.fd = -1;
	finish(&s, 0);
	remove_all();
}

/* One that another hierarchy refuses, here a cpuset without processors, is not left where no signal ends it. */
static void refused_before_the_freezer(void)
{
	struct step s;
	char digits[32];
	int is_stuck;

	assert_int_equal(mkdir(below("cpuset", "bare"), 0755), 0);
	s = made("cpuset", "bare");
	order(&s, MSG_CGROUP_JOIN, other);
	expect_error(&s, "write \"");
	finish(&s, 1);
	snprintf(digits, sizeof(digits), "%d", (int)other);
	is_stuck = strstr(content("freezer", "cgroup.procs"), digits) != NULL;
	if (is_stuck)
		run_mode("thaw", record);
	assert_false(is_stuck);
}

static void test_paused(void **state)
{
	struct step s;

	(void)state;
	make_container(NULL);
	run_mode("freeze", record);
	if (layout != V2)
		refused_before_the_freezer();
	s = made(NULL, NULL);
	joined(&s);
	assert_joined(other);
	run_mode("thaw", record);
	remove_all();
}

static void make_below(const char *name)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < journal.cgroup_count; i++) {
		snprintf(path, sizeof(path), "%s/%s", journal.cgroups[i].path, name);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	if (layout != V2) {
		put(below("cpuset", name), "cpuset.cpus", content("cpuset", "cpuset.cpus"));
		put(below("cpuset", name), "cpuset.mems", content("cpuset", "cpuset.mems"));
	}
}

static void test_sub(void **state)
{
	static const char *const paths[] = {"/sub", "sub", "./x/..//sub/"};
	struct step s;

	(void)state;
	make_container(NULL);
	make_below("sub");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		s = made("", paths[i]);
		if (layout == V2)
			assert_directory(s.v2, below("", "sub"));
		joined(&s);
		assert_place(other, layout == V2 ? "" : "memory", "/sub");
		assert_place(other, layout == V2 ? "" : "freezer", "/sub");
		if (layout != V1)
			assert_place(other, "", "/sub");
		end(&other);
		other = sleeper();
	}
	if (layout != V2) {
		more[2] = "pids";
		more[3] = "/";
		s = made("memory", "sub");
		joined(&s);
		more[2] = NULL;
		assert_place(other, "memory", "/sub");
		assert_place(other, "pids", place_of(init, "pids"));
		assert_place(other, "freezer", place_of(init, "freezer"));
	}
	remove_all();
}

static void refused(const char *controllers, const char *path, const char *what, const char *object)
{
	struct step s = start_join(controllers, path);

	expect_error(&s, what);
	assert_non_null(strstr(msg.body.text.object, object));
	finish(&s, 1);
}

static void test_bad_sub(void **state)
{
	static const char *const paths[] = {"..", "/..", "../", "a/../..", "/../", "./.."};
	char back[128];

	(void)state;
	make_container(NULL);
	make_below("sub");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		refused("", paths[i], "bad sub cgroup path:", paths[i]);
	snprintf(back, sizeof(back), "../%s/sub", id);
	refused("", back, "bad sub cgroup path:", back);
	snprintf(back, sizeof(back), "%s/missing", id);
	refused("", "missing", "can't open cgroup: open", back);
	refused("", "cgroup.procs", "can't open cgroup: open", "cgroup.procs");
	refused("nosuch", "/sub", "unknown controller nosuch in SubCgroupPaths", "");
	refused(layout == V2 ? "memory" : "mem", "/sub", "unknown controller mem", "");
	refused("", NULL, "has no path", "");
	remove_all();
}

/* As an init system leaves its cgroup: itself in one below, and controllers for those. */
static void go_down(void)
{
	assert_int_equal(mkdir(below("", "inner"), 0755), 0);
	move(init, below("", "inner"));
	put(directory(""), "cgroup.subtree_control", "+hugetlb");
}

static void test_nested(void **state)
{
	struct step s;

	(void)state;
	if (layout != V2 || !has_huge_pages())
		SKIP("needs v2 with a controller to switch on (hugetlb)");
	make_container(NULL);
	go_down();
	s = made(NULL, NULL);
	assert_directory(s.v2, below("", "inner"));
	joined(&s);
	assert_place(other, "", "/inner");
	end(&other);
	other = sleeper();
	/* Who asks for a place gets that or none. */
	s = made("", "/");
	assert_directory(s.v2, directory(""));
	not_joined(&s, "no process may be in a cgroup that gives \"hugetlb\"");
	assert_int_equal(msg.body.text.err, EBUSY);
	/* The first process is elsewhere, where the name begins alike: nobody follows it. */
	move_away();
	s = made(NULL, NULL);
	not_joined(&s, "no process may be in a cgroup that gives \"hugetlb\"");
	remove_all();
	remove_extra();
}

static void test_nested_meanwhile(void **state)
{
	struct step s;

	(void)state;
	if (layout != V2 || !has_huge_pages())
		SKIP("needs v2 with a controller to switch on (hugetlb)");
	make_container(NULL);
	s = made(NULL, NULL);
	assert_directory(s.v2, directory(""));
	go_down();
	joined(&s);
	assert_place(other, "", "/inner");
	remove_all();
}

static void test_threaded(void **state)
{
	char path[PATH_MAX];
	struct step s;

	(void)state;
	if (layout != V2)
		SKIP("v2 only");
	make_container(NULL);
	assert_int_equal(mkdir(below("", "inner"), 0755), 0);
	move(init, MOUNT);
	put(directory(""), "cgroup.type", "threaded");
	put(below("", "inner"), "cgroup.type", "threaded");
	move(init, below("", "inner"));
	s = made(NULL, NULL);
	joined(&s);
	assert_place(other, "", "/inner");
	/* The first process is elsewhere, where the name begins alike: nobody follows it. */
	move_away();
	s = made(NULL, NULL);
	assert_directory(s.v2, directory(""));
	joined(&s);
	assert_place(other, "", id);
	remove_all();
	remove_extra();
	/* A domain beside a threaded one takes no process at all. */
	snprintf(extra, sizeof(extra), MOUNT "/davit-test-%d-parent", (int)getpid());
	snprintf(path, sizeof(path), "%s/leaf", extra + strlen(MOUNT));
	make_container(path);
	move(init, MOUNT);
	if (has_huge_pages())
		put(extra, "cgroup.subtree_control", "-hugetlb"); /* the creation's */
	snprintf(path, sizeof(path), "%s/threads", extra);
	assert_int_equal(mkdir(path, 0755), 0);
	put(path, "cgroup.type", "threaded");
	s = made(NULL, NULL);
	not_joined(&s, "\" with domain controllers -- it is in an invalid state");
	assert_int_equal(rmdir(path), 0);
	remove_all();
	remove_extra();
}

/* Somebody has moved the first process away and removed the cgroup. */
static void test_gone(void **state)
{
	struct step s;

	(void)state;
	make_container(NULL);
	if (layout != V2) {
		move(init, MOUNT "/memory");
		assert_int_equal(rmdir(directory("memory")), 0);
		refused(NULL, NULL, "can't open cgroup: open", "/memory/");
		remove_all();
		return;
	}
	move_away();
	refused("", "/sub", "can't open cgroup: open", id);
	assert_int_equal(rmdir(directory("")), 0);
	refused("", "/", "can't open cgroup: open", id);
	s = made(NULL, NULL);
	assert_directory(s.v2, extra);
	joined(&s);
	assert_place(other, "", "-away");
	/* Its number may be another process's by now. */
	record_init(init, 1);
	refused(NULL, NULL, "can't open cgroup: open", id);
	record_init(init, 0);
	move(init, MOUNT);
	refused(NULL, NULL, "can't open cgroup: open", id);
	remove_all();
	remove_extra();
}

/* Without rights: what was left out when the container was made, and only that. */
static void test_rootless(void **state)
{
	struct step s;

	(void)state;
	make_container(NULL);
	run_as = 65534;
	s = made(NULL, NULL);
	not_joined(&s, "write \"");
	run_as = 0;
	remove_all();

	record = memfd_create("journal", MFD_CLOEXEC);
	assert_int_equal(
		journal_append_cgroup(record, layout == V2 ? "" : "memory",
			layout == V2 ? MOUNT "/davit-test-none" : MOUNT "/memory/davit-test-none"),
		0);
	init = sleeper();
	other = sleeper();
	record_init(init, 0);
	run_as = 65534;
	s = made(NULL, NULL);
	assert_int_equal(s.v2, -1);
	joined(&s);
	if (layout != V2) {
		run_as = 0;
		refused(NULL, NULL, "can't open cgroup: open", "davit-test-none");
	}
	run_as = 0;
	assert_int_equal(ftruncate(record, 0), 0);
	s = made(NULL, NULL);
	assert_int_equal(s.v2, -1);
	joined(&s);
	close(record);
	end(&init);
	end(&other);
}

static void test_orders(void **state)
{
	struct step s;
	pid_t gone;

	(void)state;
	make_container(NULL);
	for (int i = 0; i < 3; i++) {
		s = made(NULL, NULL);
		order(&s, MSG_CGROUP_JOIN, i == 0 ? 1 : i == 1 ? s.pid : (pid_t)0x7fffffff);
		expect_error(&s, "runc asks for");
		finish(&s, 1);
	}
	s = made(NULL, NULL);
	order(&s, MSG_LIMIT, 0);
	expect_error(&s, "waiting for runc:");
	finish(&s, 1);
	s = made(NULL, NULL);
	gone = other;
	end(&other);
	order(&s, MSG_CGROUP_JOIN, gone);
	expect_error(&s, "write \"");
	assert_int_equal(msg.body.text.err, ESRCH);
	finish(&s, 1);
	other = sleeper();
	remove_all();
}

static void test_freezer(void **state)
{
	const char *file = layout == V2 ? "cgroup.freeze" : "freezer.state";
	struct step s;

	(void)state;
	make_container(NULL);
	run_mode("freeze", record);
	assert_string_equal(content("freezer", file), layout == V2 ? "1" : "FROZEN");
	run_mode("freeze", record);
	run_mode("thaw", record);
	assert_string_equal(content("freezer", file), layout == V2 ? "0" : "THAWED");
	remove_all();
	record = memfd_create("journal", MFD_CLOEXEC);
	s = start("freeze", -1, record);
	expect_error(&s, "cannot toggle freezer: cgroups not configured for container");
	finish(&s, 1);
	close(record);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_join, clean),
		cmocka_unit_test_teardown(test_paused, clean),
		cmocka_unit_test_teardown(test_sub, clean),
		cmocka_unit_test_teardown(test_bad_sub, clean),
		cmocka_unit_test_teardown(test_nested, clean),
		cmocka_unit_test_teardown(test_nested_meanwhile, clean),
		cmocka_unit_test_teardown(test_threaded, clean),
		cmocka_unit_test_teardown(test_gone, clean),
		cmocka_unit_test_teardown(test_rootless, clean),
		cmocka_unit_test_teardown(test_orders, clean),
		cmocka_unit_test_teardown(test_freezer, clean),
	};

	return run_layouts(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
