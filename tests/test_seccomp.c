/*
 * seccomp: what the program it makes answers once a process has loaded it.
 * link: tests/steps shared/msg shared/plan_write shared/plan
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "names.h"
#include "steps.h"

#define NEWER 5000 /* a call that no kernel has */

static char pool[1 << 20];
static struct plan_config *config;

static void begin(enum seccomp_action standard)
{
	plan_begin(pool, sizeof(pool));
	config = plan_config_record();
	config->has_seccomp = 1;
	config->seccomp_default = standard;
}

static struct plan_seccomp_rule *rule(enum seccomp_action action, const char *name)
{
	struct plan_seccomp_rule *r = plan_add(PLAN_RECORD_seccomp_rule, &config->seccomp_rules);
	struct plan_str *s = plan_add(PLAN_RECORD_str, &r->names);

	r->action = action;
	s->value = plan_put(name);
	return r;
}

static void answer(struct plan_seccomp_rule *r, uint64_t number)
{
	r->errno_ret.set = 1;
	r->errno_ret.value = number;
}

static void argument(struct plan_seccomp_rule *r, unsigned index, enum seccomp_op op,
	uint64_t value, uint64_t two)
{
	struct plan_seccomp_arg *a = plan_add(PLAN_RECORD_seccomp_arg, &r->args);

	a->index = index;
	a->op = op;
	a->value = value;
	a->value_two = two;
}

static void arch(enum seccomp_arch a)
{
	struct plan_num *n = plan_add(PLAN_RECORD_num, &config->seccomp_archs);

	n->value = a;
}

/* Runs the program; the filter, or -1 and its error in MSG. */
static int compile(struct msg *msg)
{
	int plan = steps_plan(), filter = memfd_create("filter", MFD_CLOEXEC);
	struct peer peer;
	pid_t pid;
	int got;

	assert_true(plan >= 0 && filter >= 0);
	pid = steps_start(
		"seccomp", (const struct placed[]){{plan, FD_PLAN}, {filter, FD_FILTER}}, 2, &peer);
	while ((got = msg_recv(&peer, msg)) == 1 && msg->header.type == MSG_DEBUG)
		continue;
	assert_int_equal(got, 1);
	assert_int_equal(steps_ended(pid), msg->header.type == MSG_DONE ? 0 : 1);
	close(peer.fd);
	close(plan);
	if (msg->header.type == MSG_DONE)
		return filter;
	close(filter);
	return -1;
}

static int compiled(void)
{
	struct msg msg = {0};
	int fd = compile(&msg);

	if (fd < 0)
		fail_msg("%s %s %d", msg.body.text.what, msg.body.text.object, msg.body.text.err);
	return fd;
}

static size_t length(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size % (off_t)sizeof(struct sock_filter), 0);
	return (size_t)st.st_size / sizeof(struct sock_filter);
}

/* The errno of a call in a process with the filter, 0 for success, 1000 + signal when it was
 * killed. */
static int try(int filter, long number, long a, long b, long c)
{
	static struct sock_filter code[4096];
	struct sock_fprog program = {(unsigned short)length(filter), code};
	ssize_t size = (ssize_t)(program.len * sizeof(code[0]));
	int status;
	pid_t pid;

	assert_int_equal(pread(filter, code, sizeof(code), 0), size);
	pid = fork();
	if (!pid) {
		signal(SIGSYS, SIG_DFL); /* cmocka catches it */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(99);
		_exit(syscall(number, a, b, c) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void test_denied_call(void **state)
{
	int fd;

	(void)state;
	begin(ACT_ALLOW);
	answer(rule(ACT_ERRNO, "mkdir"), EACCES);
	rule(ACT_ERRNO, "rmdir");
	rule(ACT_ERRNO, "no_such_call");
	rule(ACT_ALLOW, "fcntl");
	rule(ACT_KILL, "fchdir");
	rule(ACT_LOG, "getuid");
	rule(ACT_TRAP, "getgid");
	fd = compiled();
	assert_int_equal(try(fd, SYS_mkdir, (long)"/tmp/denied", 0700, 0), EACCES);
	assert_int_equal(try(fd, SYS_rmdir, (long)"/nonexistent", 0, 0), EPERM);
	assert_int_equal(try(fd, SYS_chdir, (long)"/nonexistent", 0, 0), ENOENT);
	assert_int_equal(try(fd, SYS_fchdir, -1, 0, 0), 1031);
	assert_int_equal(try(fd, SYS_getuid, 0, 0, 0), 0);
	assert_int_equal(try(fd, SYS_getgid, 0, 0, 0), 1031);
	assert_int_equal(try(fd, NEWER, 0, 0, 0), ENOSYS); /* the kernel's own */
	close(fd);
}

/* Calls newer than the profile do not exist; those it leaves out are refused. */
static void test_default_denies(void **state)
{
	int fd;

	(void)state;
	begin(ACT_ERRNO);
	config->seccomp_default_errno.set = 1;
	config->seccomp_default_errno.value = EXDEV;
	arch(ARCH_X86_64);
	arch(ARCH_X86);
	arch(ARCH_X32);
	rule(ACT_ALLOW, "exit_group");
	rule(ACT_ALLOW, "getppid");
	rule(ACT_ALLOW, "openat2");
	fd = compiled();
	assert_int_equal(try(fd, SYS_getppid, 0, 0, 0), 0);
	assert_int_equal(try(fd, SYS_getuid, 0, 0, 0), EXDEV);
	assert_int_equal(try(fd, NEWER, 0, 0, 0), ENOSYS);
	assert_int_equal(try(fd, SYS_openat2 + 1, 0, 0, 0), ENOSYS);
#ifdef __x86_64__
	assert_int_equal(try(fd, 0x40000000 | SYS_getuid, 0, 0, 0), EXDEV);
	assert_int_equal(try(fd, 0x40000000 | NEWER, 0, 0, 0), ENOSYS);
#endif
	close(fd);
}

static void test_arguments(void **state)
{
	struct plan_seccomp_rule *r;
	int fd;

	(void)state;
	begin(ACT_ALLOW);
	r = rule(ACT_ERRNO, "fcntl");
	answer(r, 77);
	argument(r, 1, OP_EQ, 5, 0);
	argument(r, 2, OP_GT, 10, 0);
	r = rule(ACT_ERRNO, "lseek"); /* one index twice: either will do */
	answer(r, 78);
	argument(r, 1, OP_EQ, 5, 0);
	argument(r, 1, OP_EQ, 6, 0);
	r = rule(ACT_ERRNO, "fchmod");
	answer(r, 79);
	argument(r, 1, OP_MASKED_EQ, 0170, 0100);
	fd = compiled();
	assert_int_equal(try(fd, SYS_fcntl, -1, 5, 11), 77);
	assert_int_equal(try(fd, SYS_fcntl, -1, 5, 10), EBADF);
	assert_int_equal(try(fd, SYS_fcntl, -1, 4, 11), EBADF);
	assert_int_equal(try(fd, SYS_lseek, -1, 5, 0), 78);
	assert_int_equal(try(fd, SYS_lseek, -1, 6, 0), 78);
	assert_int_equal(try(fd, SYS_lseek, -1, 7, 0), EBADF);
	assert_int_equal(try(fd, SYS_fchmod, -1, 0107, 0), 79);
	assert_int_equal(try(fd, SYS_fchmod, -1, 0117, 0), EBADF);
	close(fd);
}

static void test_many_rules(void **state)
{
	static const char *const names[] = {"read", "write", "open", "close", "stat", "fstat",
		"lstat", "poll", "lseek", "mmap", "mprotect", "munmap", "brk", "ioctl", "access",
		"pipe", "select", "mremap", "msync", "dup", "dup2", "pause", "getpid", "socket",
		"connect", "accept", "bind", "listen", "clone", "fork", "execve", "exit", "wait4",
		"kill", "uname", "exit_group"};
	int fd;

	(void)state;
	begin(ACT_ERRNO);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		rule(ACT_ALLOW, names[i]);
	fd = compiled();
	assert_int_equal(try(fd, SYS_getpid, 0, 0, 0), 0);
	assert_int_equal(try(fd, SYS_lseek, -1, 0, 0), EBADF);
	assert_int_equal(try(fd, SYS_getuid, 0, 0, 0), EPERM);
	close(fd);
}

static void test_notify(void **state)
{
	struct sock_filter code[64];
	ssize_t n;
	int fd, found = 0;

	(void)state;
	begin(ACT_ALLOW);
	rule(ACT_NOTIFY, "mkdir");
	fd = compiled();
	n = pread(fd, code, sizeof(code), 0);
	assert_true(n > 0);
	for (size_t i = 0; i < (size_t)n / sizeof(code[0]); i++)
		found += code[i].code == (BPF_RET | BPF_K) && code[i].k == SECCOMP_RET_USER_NOTIF;
	assert_int_equal(found, 1);
	close(fd);
}

static void test_refused(void **state)
{
	struct plan_seccomp_rule *r;
	struct msg msg = {0};

	(void)state;
	begin(ACT_ALLOW);
	argument(rule(ACT_ERRNO, "mkdir"), 6, OP_EQ, 0, 0);
	assert_int_equal(compile(&msg), -1);
	assert_int_equal(msg.header.type, MSG_ERROR);

	begin(ACT_ALLOW);
	config->has_seccomp = 0;
	assert_int_equal(compile(&msg), -1);
	assert_int_equal(msg.header.type, MSG_ERROR);

	begin(ACT_ALLOW);
	for (unsigned i = 0; i < 4096; i++) {
		r = rule(ACT_ERRNO, "fcntl");
		argument(r, 1, OP_EQ, i, 0);
	}
	assert_int_equal(compile(&msg), -1);
	assert_string_equal(
		msg.body.text.what, "the seccomp profile makes more than 4096 instructions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_call),
		cmocka_unit_test(test_default_denies),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_many_rules),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_refused),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
