/*
 * State directories: what is believed, what is refused, what a container's status is, and what is
 * left after removal. link: shared/state shared/live shared/journal shared/plan shared/plan_write
 * shared/names shared/status shared/text
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "plan_write.h"
#include "state.h"
#include "step.h"

static char top[] = "/tmp/test_state.XXXXXX";
static struct container container;
static int root;

static int make_top(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return rmdir(top);
}

static int open_top(void **state)
{
	(void)state;
	root = state_open_root(top, 0);
	return root < 0;
}

static int close_top(void **state)
{
	int err = state_remove(root, "c");

	(void)state;
	state_close(&container);
	close(root);
	return err && err != -ENOENT;
}

static int make_file(const char *name)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	return fd;
}

/* A container whose first process is PID. */
static void make_container(uint64_t pid, uint64_t start_time, int ready)
{
	const struct journal_init init = {pid, start_time};
	const struct journal_ready when = {1763782269, 749701580};
	int fd;

	assert_int_equal(mkdirat(root, "c", 0711), 0);
	fd = make_file("c/journal");
	assert_int_equal(journal_append(fd, JOURNAL_INIT, &init, sizeof(init)), 0);
	if (ready)
		assert_int_equal(journal_append(fd, JOURNAL_READY, &when, sizeof(when)), 0);
	close(fd);
}

static void ids(void **state)
{
	char longest[300];

	(void)state;
	assert_null(state_id_error("a"));
	assert_null(state_id_error("A-z_0+9."));
	assert_null(state_id_error("..."));
	assert_string_equal(state_id_error(""), "container id cannot be empty");
	for (const char *const *bad = (const char *const[]){".", "..", "a/b", "a b", "\xc3\xbc",
		     "a\n", ".bpf", NULL};
		*bad; bad++)
		assert_string_equal(state_id_error(*bad), "invalid container ID format");
	memset(longest, 'a', sizeof(longest));
	longest[256] = '\0';
	assert_non_null(state_id_error(longest));
	longest[255] = '\0';
	assert_null(state_id_error(longest));
}

static void roots(void **state)
{
	char path[128], link[128];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/a/b", top);
	snprintf(link, sizeof(link), "%s/link", top);
	assert_int_equal(state_open_root(path, 0), -ENOENT);
	assert_int_equal(state_open_root("/proc/none/x", 1), -ENOENT);
	fd = state_open_root(path, 1);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(path, 0770), 0);
	assert_int_equal(state_open_root(path, 1), -EPERM);
	assert_int_equal(chmod(path, 01777), 0);
	fd = state_open_root(path, 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(state_open_root(link, 0), -ENOTDIR);
	unlink(link);
	if (!geteuid()) {
		assert_int_equal(chown(path, 1, 1), 0);
		assert_int_equal(state_open_root(path, 0), -EPERM);
	}
	rmdir(path);
	path[strlen(path) - 2] = '\0';
	assert_int_equal(rmdir(path), 0);
}

static void broken_directories(void **state)
{
	(void)state;
	assert_int_equal(state_open(root, "c", &container), -ENOENT);
	close(make_file("c"));
	assert_int_equal(state_open(root, "c", &container), -ENOTDIR);
	unlinkat(root, "c", 0);
	assert_int_equal(symlinkat("/", root, "c"), 0);
	assert_int_not_equal(state_open(root, "c", &container), 0);
	assert_int_equal(container.dir, -1);
	unlinkat(root, "c", 0);
	/* A creation that was killed before it had a journal. */
	assert_int_equal(mkdirat(root, "c", 0711), 0);
	assert_int_equal(state_open(root, "c", &container), 0);
	assert_true(container.dir >= 0);
	assert_false(container.journal.is_ready);
	assert_int_equal(state_status(&container), STATUS_BROKEN);
	state_close(&container);
}

/* Without a journal: ours by its plan, else another runtime's. */
static void makers(void **state)
{
	static const char *const files[][2] = {{"c/exec.fifo", "another runtime"},
		{"c/state.json", "runc"}, {"c/status", "crun"}, {"c/youki_config.json", "youki"}};

	(void)state;
	assert_int_equal(mkdirat(root, "c", 0711), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		close(make_file(files[i][0]));
		assert_int_equal(state_open(root, "c", &container), -EREMOTE);
		assert_string_equal(container.maker, files[i][1]);
		state_close(&container);
	}
	close(make_file("c/plan"));
	assert_int_equal(state_open(root, "c", &container), -EBADMSG);
	state_close(&container);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(unlinkat(root, files[i][0], 0), 0);
}

/* A journal that is a link, a fifo, or not ours alone is not read; nothing blocks. */
static void foreign_journals(void **state)
{
	(void)state;
	make_container(4711, 1, 1);
	assert_int_equal(fchmodat(root, "c/journal", 0666, 0), 0);
	assert_int_equal(state_open(root, "c", &container), -EPERM);
	state_close(&container);
	unlinkat(root, "c/journal", 0);
	assert_int_equal(mkfifoat(root, "c/journal", 0600), 0);
	assert_int_equal(state_open(root, "c", &container), -EBADMSG);
	state_close(&container);
	unlinkat(root, "c/journal", 0);
	assert_int_equal(symlinkat("/etc/passwd", root, "c/journal"), 0);
	assert_int_equal(state_open(root, "c", &container), -EBADMSG);
}

static void statuses(void **state)
{
	uint64_t start_time;
	int zombie, fifo;
	pid_t child = fork();

	(void)state;
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "a) Z 1 (b");
		for (;;)
			pause();
	}
	assert_int_equal(state_start_time((uint64_t)child, &start_time, &zombie), 0);
	assert_false(zombie);
	make_container((uint64_t)child, start_time, 1);
	assert_int_equal(state_open(root, "c", &container), 0);
	assert_int_equal(state_status(&container), STATUS_RUNNING);
	assert_int_equal(mkfifoat(root, "c/exec.fifo", 0600), 0);
	/* Nobody waits there: a start was killed before it removed it. */
	assert_int_equal(state_status(&container), STATUS_RUNNING);
	fifo = openat(root, "c/exec.fifo", O_RDWR | O_CLOEXEC);
	assert_true(fifo >= 0);
	assert_int_equal(state_status(&container), STATUS_CREATED);
	close(fifo);
	assert_int_equal(state_status(&container), STATUS_RUNNING);
	assert_false(state_is_ending(&container));
	container.journal.init.start_time++;
	assert_int_equal(state_status(&container), STATUS_STOPPED);
	assert_int_equal(state_pidfd(&container), -ESRCH);
	container.journal.init.start_time--;
	zombie = state_pidfd(&container);
	assert_true(zombie >= 0);
	close(zombie);
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(state_start_time((uint64_t)child, &start_time, &zombie), 0);
	assert_true(zombie);
	assert_true(state_is_ending(&container));
	assert_int_equal(state_status(&container), STATUS_STOPPED);
	waitpid(child, NULL, 0);
	assert_true(state_is_ending(&container));
	assert_int_equal(state_start_time((uint64_t)child, &start_time, NULL), -ESRCH);
	assert_int_equal(state_pidfd(&container), -ESRCH);
}

static void creating(void **state)
{
	(void)state;
	int lock;

	make_container((uint64_t)getpid(), 1, 0);
	assert_int_equal(state_open(root, "c", &container), 0);
	assert_int_equal(state_status(&container), STATUS_BROKEN);
	lock = openat(root, "c/journal", O_RDONLY | O_CLOEXEC);
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(state_status(&container), STATUS_CREATING);
	close(lock);
}

/* The v1 freezer counts, alone or mounted with others, where the journal names one that is there.
 */
static void freezers(void **state)
{
	const char *freezer;
	int unified;

	(void)state;
	container = (struct container){.dir = -1};
	assert_int_equal(state_freezer(&container, &freezer, &unified), 0);
	assert_null(freezer);
	container.journal.cgroup_count = 3;
	container.journal.cgroups[0].controller = "memory";
	container.journal.cgroups[0].path = "/proc";
	container.journal.cgroups[1].controller = "";
	container.journal.cgroups[1].path = "/sys";
	container.journal.cgroups[2].controller = "devices,freezer";
	container.journal.cgroups[2].path = "/dev";
	assert_int_equal(state_freezer(&container, &freezer, &unified), 0);
	assert_string_equal(freezer, "/dev");
	assert_false(unified);
	container.journal.cgroups[2].path = "/proc/nosuch";
	assert_int_equal(state_freezer(&container, &freezer, &unified), 0);
	assert_string_equal(freezer, "/sys");
	assert_true(unified);
	container.journal.cgroups[2].path = "/dev/null/nosuch";
	assert_int_equal(state_freezer(&container, &freezer, &unified), -ENOTDIR);
	container.journal.cgroups[2].path = "/dev";
	container.journal.cgroups[2].controller = "freezers";
	assert_int_equal(state_freezer(&container, &freezer, &unified), 0);
	assert_string_equal(freezer, "/sys");
	container.journal.cgroups[1].controller = "cpu";
	assert_int_equal(state_freezer(&container, &freezer, &unified), 0);
	assert_null(freezer);
	container.journal.cgroup_count = 0;
}

static int emit(void *context, const void *bytes, size_t length)
{
	return write(*(int *)context, bytes, length) == (ssize_t)length ? 0 : -EIO;
}

static void plans(void **state)
{
	static char pool[1 << 16];
	const char *why;
	int fd;

	(void)state;
	make_container(4711, 1, 1);
	assert_int_equal(state_open(root, "c", &container), 0);
	assert_int_equal(state_load_plan(&container, &why), -ENOENT);
	plan_begin(pool, sizeof(pool));
	plan_config_record()->bundle = plan_put("/bundle");
	fd = make_file("c/plan");
	assert_int_equal(plan_emit("0.0.0-other", emit, &fd), 0);
	close(fd);
	assert_int_equal(state_load_plan(&container, &why), -ESTALE);
	assert_false(container.have_plan);
	if (state_load_any_plan(&container, &why))
		fail_msg("%s", why);
	assert_string_equal(plan_text(&container.plan, container.plan.config->bundle), "/bundle");
	assert_int_equal(state_load_any_plan(&container, &why), 0);
	assert_int_equal(state_load_plan(&container, &why), 0); /* it has been read */
	state_close(&container);
	assert_int_equal(state_open(root, "c", &container), 0);
	assert_int_equal(fchmodat(root, "c/plan", 0620, 0), 0);
	assert_int_equal(state_load_any_plan(&container, &why), -EPERM);
}

/* What is not ours stays, and so does the directory. */
static void removal(void **state)
{
	(void)state;
	make_container(4711, 1, 1);
	close(make_file("c/other"));
	assert_int_equal(state_remove(root, "c"), -ENOTEMPTY);
	assert_int_equal(unlinkat(root, "c/other", 0), 0);
	assert_int_equal(state_remove(root, "c"), 0);
	assert_int_equal(state_remove(root, "c"), -ENOENT);
}

/* A plan with more text than the memory that all of `list` share. */
static void large_plan(void **state)
{
	static char pool[1 << 20], text[4000];
	const char *why;
	int fd;

	(void)state;
	make_container(4711, 1, 1);
	plan_begin(pool, sizeof(pool));
	for (int i = 0; i < 100; i++) {
		memset(text, 'a' + i % 26, sizeof(text) - 1);
		text[i] = '-';
		plan_config_record()->bundle = plan_put(text);
	}
	fd = make_file("c/plan");
	assert_int_equal(plan_emit("0.0.0-other", emit, &fd), 0);
	close(fd);
	assert_int_equal(state_open(root, "c", &container), 0);
	if (state_load_any_plan(&container, &why))
		fail_msg("%s", why);
	assert_string_equal(plan_text(&container.plan, container.plan.config->bundle), text);
}

/* The directory of the notify socket goes with the socket, and with nothing else in it. */
static void removal_of_notify(void **state)
{
	(void)state;
	make_container(4711, 1, 1);
	assert_int_equal(mkdirat(root, "c/notify", 0755), 0);
	assert_int_equal(mkdirat(root, "c/notify/notify.sock", 0755), 0);
	assert_int_equal(state_remove(root, "c"), -EISDIR);
	assert_int_equal(unlinkat(root, "c/notify/notify.sock", AT_REMOVEDIR), 0);
	close(make_file("c/notify/other"));
	assert_int_equal(state_remove(root, "c"), -ENOTEMPTY);
	assert_int_equal(unlinkat(root, "c/notify/other", 0), 0);
	close(make_file("c/notify/notify.sock"));
	assert_int_equal(state_remove(root, "c"), 0);
}

static void times(void **state)
{
	char text[40];

	(void)state;
	state_format_time(1763782269, 749701580, text, sizeof(text));
	assert_string_equal(text, "2025-11-22T03:31:09.74970158Z");
	state_format_time(0, 0, text, sizeof(text));
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	state_format_time(1, 7, text, sizeof(text));
	assert_string_equal(text, "1970-01-01T00:00:01.000000007Z");
	state_format_time(951782400, 100000000, text, sizeof(text));
	assert_string_equal(text, "2000-02-29T00:00:00.1Z");
	state_format_time(UINT64_MAX / 2, 0, text, sizeof(text));
}

#define IN_TOP(name) cmocka_unit_test_setup_teardown(name, open_top, close_top)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(roots),
		IN_TOP(broken_directories),
		IN_TOP(makers),
		IN_TOP(foreign_journals),
		IN_TOP(statuses),
		IN_TOP(creating),
		cmocka_unit_test(freezers),
		IN_TOP(plans),
		IN_TOP(large_plan),
		IN_TOP(removal),
		IN_TOP(removal_of_notify),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
