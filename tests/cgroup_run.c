/* See cgroup_run.h. */
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

enum layout layout;

static char pool[1 << 20];
char id[64];
struct journal journal;
struct msg msg;

uid_t run_as;        /* who the program is started as */
const char *more[4]; /* its arguments after the mode, to the first NULL */
int journals[64];    /* of the containers of one test, to clean up after a failed one */
size_t journal_count;

static const struct msg_rule rules[] = {
	{MSG_ERROR, 0, sizeof(struct msg_text), 0, PROGRAM_CGROUP},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_CGROUP},
	{MSG_DEBUG, 0, sizeof(struct msg_text), 0, PROGRAM_CGROUP},
	{MSG_CGROUP, 0, sizeof(struct msg_cgroups), 0, PROGRAM_CGROUP},
	{MSG_CGROUP_MADE, MSG_FD_OPTIONAL, 0, 0, PROGRAM_CGROUP},
	{MSG_JOINED, 0, 0, 0, PROGRAM_CGROUP},
	{MSG_DONE, 0, 0, 0, PROGRAM_CGROUP},
};

/* ---- the plan ---- */

struct plan_config *new_plan(const char *path)
{
	struct plan_config *c;
	static unsigned count;

	snprintf(id, sizeof(id), "davit-test-%d-%u", (int)getpid(), count++);
	plan_begin(pool, sizeof(pool));
	c = plan_config_record();
	c->id = plan_put(id);
	c->cgroups_path = plan_put(path);
	c->has_resources = 1;
	return c;
}

void rule(struct plan_config *c, int allow, enum device_type type, int major, int minor,
	uint64_t access)
{
	struct plan_device_rule *r = plan_add(PLAN_RECORD_device_rule, &c->device_rules);

	r->allow = (uint64_t)allow;
	r->type = type;
	r->access = access;
	if (major >= 0)
		r->major = (struct plan_opt_u64){1, (uint64_t)major};
	if (minor >= 0)
		r->minor = (struct plan_opt_u64){1, (uint64_t)minor};
}

int emit(void *fd, const void *bytes, size_t length)
{
	return write(*(int *)fd, bytes, length) == (ssize_t)length ? 0 : -EIO;
}

int plan_file(void)
{
	int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(plan_emit(build_id, emit, &fd), 0);
	assert_int_equal(
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
		0);
	return fd;
}

/* ---- the conductor ---- */

void place(int from, int to)
{
	if (from >= 0 && dup2(from, to) < 0)
		_exit(99);
}

const char *program(void)
{
	const char *path = getenv("DAVIT_CGROUP");

	return path ? path : "build/davit/cgroup";
}

struct step start(const char *mode, int plan, int record)
{
	struct step s = {.v2 = -1};
	char build[64];
	int pair[2];

	snprintf(build, sizeof(build), "build=%s", build_id);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	s.peer = (struct peer){.fd = pair[0],
		.self = PROGRAM_CONDUCTOR,
		.rules = rules,
		.rule_count = sizeof(rules) / sizeof(rules[0])};
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (!s.pid) {
		plan = plan < 0 ? -1 : fcntl(plan, F_DUPFD, 64);
		record = record < 0 ? -1 : fcntl(record, F_DUPFD, 64);
		pair[1] = fcntl(pair[1], F_DUPFD, 64);
		place(plan, FD_PLAN);
		place(record, FD_JOURNAL);
		place(pair[1], FD_CONTROL);
		if (run_as &&
			(setgroups(0, NULL) < 0 || setresgid(run_as, run_as, run_as) < 0 ||
				setresuid(run_as, run_as, run_as) < 0))
			_exit(97);
		execl(program(), "cgroup", build, mode, more[0], more[1], more[2], more[3], NULL);
		_exit(98);
	}
	close(pair[1]);
	return s;
}

void expect(struct step *s, enum msg_type type)
{
	int err;

	do
		err = msg_await(&s->peer, type, &msg, SECONDS * 1000);
	while (err == -EPROTO && msg.header.type == MSG_DEBUG);
	if (err == -EPROTO && (msg.header.type == MSG_ERROR || msg.header.type == MSG_WARNING))
		fail_msg("instead of %d: %s %s: %s", type, msg.body.text.what, msg.body.text.object,
			strerror(msg.body.text.err));
	assert_int_equal(err, 0);
}

void expect_error(struct step *s, const char *what)
{
	expect(s, MSG_ERROR);
	if (!strstr(msg.body.text.what, what))
		fail_msg("\"%s\" is not in \"%s %s: %s\"", what, msg.body.text.what,
			msg.body.text.object, strerror(msg.body.text.err));
}

void finish(struct step *s, int status)
{
	int result;

	assert_int_equal(waitpid(s->pid, &result, 0), s->pid);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), status);
	close(s->peer.fd);
	if (s->v2 >= 0)
		close(s->v2);
}

void order(struct step *s, enum msg_type type, pid_t pid)
{
	struct msg_number number = {(uint64_t)pid};

	assert_int_equal(msg_send(&s->peer, type, &number, pid ? sizeof(number) : 0, -1), 0);
}

/* Collects what the program announces into a new journal. */
int take_announcements(struct step *s)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (;;) {
		const char *controller, *path;
		size_t at = 0;

		expect(s, MSG_CGROUP);
		while (msg_next_cgroup(&msg.body.cgroups, &at, &controller, &path) == 1)
			assert_int_equal(journal_append_cgroup(fd, controller, path), 0);
		if (msg.body.cgroups.last)
			break;
	}
	assert_int_equal(journal_read(fd, &journal), 0);
	assert_true(journal_count < sizeof(journals) / sizeof(journals[0]));
	journals[journal_count++] = fcntl(fd, F_DUPFD_CLOEXEC, 64);
	return fd;
}

struct step begin(int *record)
{
	int plan = plan_file();
	struct step s = start("create", plan, -1);

	close(plan);
	*record = take_announcements(&s);
	order(&s, MSG_CGROUP_MAKE, 0);
	expect(&s, MSG_CGROUP_MADE);
	s.v2 = msg.fd;
	assert_int_equal(s.v2 >= 0, layout == V2);
	return s;
}

void join(struct step *s, pid_t pid)
{
	order(s, MSG_CGROUP_JOIN, pid);
	expect(s, MSG_JOINED);
}

void limit(struct step *s)
{
	order(s, MSG_LIMIT, 0);
	expect(s, MSG_DONE);
	finish(s, 0);
}

void refuses(const char *what, enum msg_type at)
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

void run_mode(const char *mode, int record)
{
	struct step s = start(mode, -1, record);

	expect(&s, MSG_DONE);
	finish(&s, 0);
}

void remove_container(int record)
{
	struct stat st;

	run_mode("remove", record);
	assert_int_equal(journal_read(record, &journal), 0);
	for (size_t i = 0; i < journal.cgroup_count; i++)
		assert_true(stat(journal.cgroups[i].path, &st) < 0 && errno == ENOENT);
	run_mode("remove", record); /* again: nothing left to do is success */
	close(record);
}

/* ---- what is there ---- */

const char *directory(const char *controller)
{
	static char path[PATH_MAX];

	for (size_t i = 0; i < journal.cgroup_count; i++) {
		const char *c = journal.cgroups[i].controller, *at = strstr(c, controller);

		if (layout == V2 ||
			(at && *controller && (at == c || at[-1] == ',') &&
				(!at[strlen(controller)] || at[strlen(controller)] == ',')) ||
			(!*c && !*controller)) {
			snprintf(path, sizeof(path), "%s", journal.cgroups[i].path);
			return path;
		}
	}
	return NULL;
}

const char *content(const char *controller, const char *file)
{
	static char text[4096];
	char path[PATH_MAX + 300];
	const char *dir = directory(controller);
	ssize_t n;
	int fd;

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail_msg("open %s: %s", path, strerror(errno));
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	close(fd);
	text[n] = '\0';
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return text;
}

void put(const char *dir, const char *file, const char *value)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

/* A child that never outlives this program, whatever goes wrong. */
pid_t fork_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(99);
	return pid;
}

pid_t sleeper(void)
{
	pid_t pid = fork_child();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

void reap_killed(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The line of PID's cgroup for each journaled directory ends with its path. */
void assert_joined(pid_t pid)
{
	for (size_t i = 0; i < journal.cgroup_count; i++) {
		char file[PATH_MAX + 32], digits[32], line[64];
		int found = 0;
		FILE *f;

		snprintf(file, sizeof(file), "%s/cgroup.procs", journal.cgroups[i].path);
		snprintf(digits, sizeof(digits), "%d\n", (int)pid);
		f = fopen(file, "re");
		assert_non_null(f);
		while (fgets(line, sizeof(line), f))
			found |= !strcmp(line, digits);
		fclose(f);
		assert_true(found);
	}
}

int has_huge_pages(void)
{
	char list[256];
	int fd = open(MOUNT "/cgroup.controllers", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, list, sizeof(list) - 1);

	assert_true(n >= 0);
	close(fd);
	list[n] = '\0';
	return !!strstr(list, "hugetlb");
}

/* ---- all layouts ---- */

static void run_unchecked(const char *mode, int record)
{
	struct step s = start(mode, -1, record);
	int status;

	while (msg_await(&s.peer, MSG_DONE, &msg, SECONDS * 1000) == -EPROTO)
		;
	close(s.peer.fd);
	waitpid(s.pid, &status, 0);
}

int clean_up(void **state)
{
	struct stat st;

	(void)state;
	run_as = 0;
	more[0] = NULL;
	while (journal_count) {
		int fd = journals[--journal_count];

		if (!journal_read(fd, &journal) && journal.cgroup_count &&
			!stat(journal.cgroups[0].path, &st)) {
			run_unchecked("kill", fd);
			run_unchecked("remove", fd);
		}
		close(fd);
	}
	return 0;
}

static int enter_layout(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (layout == V2 && mount("cgroup2", MOUNT, "cgroup2", 0, NULL) < 0)
		return -1;
	if (layout == V1 && umount(MOUNT "/unified") < 0)
		return -1;
	return 0;
}

static int run_layout(int which, const char *name, const struct CMUnitTest *tests, size_t count)
{
	layout = (unsigned)which;
	return _cmocka_run_group_tests(name, tests, count, enter_layout, NULL);
}

int run_layouts(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	static const char *const names[] = {"hybrid", "v2", "v1"};
	int failed = 0;

	if (geteuid() != 0 || access(program(), X_OK) < 0 || access(MOUNT "/unified", F_OK) < 0) {
		puts("1..1\nok 1 # skip needs root, a hybrid host and build/davit/cgroup");
		return 0;
	}
	for (int i = 0; i < 3; i++) {
		pid_t pid;
		int status;

		if (argc > 1 && strcmp(argv[1], names[i]))
			continue;
		fflush(stdout);
		pid = fork();
		if (!pid)
			exit(run_layout(i, names[i], tests, count) ? 1 : 0);
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
			failed = 1;
	}
	return failed;
}
