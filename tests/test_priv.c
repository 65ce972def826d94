/*
 * What a privilege table leaves of a program: descriptors, ids, groups, capabilities, and what Landlock
 * forbids behind the seccomp filter of the steps. Each look is from a child. Needs root.
 * link: shared/priv shared/step shared/msg shared/text shared/proc
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "priv.h"
#include "skip.h"
#include "step.h"

#define KILL_BIT (UINT64_C(1) << CAP_KILL)

static const struct priv_files no_files = {PRIV_ALL, NULL, 0, -1};
static const struct priv_fd two_fds[] = {
	{10, PRIV_FD_REGULAR, 0, 10}, {12, PRIV_FD_SOCKET, 1, 12}, {20, PRIV_FD_ANY, 1, 22}};

static const struct priv table = {.program = "test",
	.ids = priv_reserved_ids,
	.no_new_privs = 1,
	.caps = KILL_BIT,
	.landlock = priv_landlock,
	.files = &no_files,
	.fds = two_fds,
	.fd_count = 3};

static int control[2];

/* Runs CODE in a child, which has ended with 0 if it is to be believed; returns what it has. */
static int in_child(int (*code)(void))
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		SKIP("needs root");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		conductor.fd = control[1];
		_exit(code());
	}
	close(control[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What the child has said with die or warn. */
static void has_said(const char *text)
{
	static const struct msg_rule rules[] = {MSG_ANY_STEP};
	struct peer peer = {.fd = control[0], .rules = rules, .rule_count = 3};
	static struct msg msg;

	assert_int_equal(msg_recv(&peer, &msg), 1);
	assert_string_equal(msg.body.text.what, text);
}

/* The control socket is moved to where the table allows one. */
static void place_control(void)
{
	conductor.fd = dup2(control[1], 12);
}

static int place(int fd, int at)
{
	return fd >= 0 && dup2(fd, at) == at;
}

static int right_kinds(void)
{
	place_control();
	if (!place(open("/etc/passwd", O_RDONLY), 10) || !place(open("/", O_RDONLY), 21) ||
		!place(open("/", O_RDONLY), 30) || !place(open("/", O_RDONLY), 11))
		return 9;
	priv_enter(&table, 1);
	/* Those of the table stay, closed at execve; one that may be anything, too; no other. */
	return !(fcntl(10, F_GETFD) & FD_CLOEXEC) || fcntl(21, F_GETFD) < 0 ||
		fcntl(30, F_GETFD) >= 0 || fcntl(11, F_GETFD) >= 0;
}

static int directory_for_a_file(void)
{
	place_control();
	if (!place(open("/", O_RDONLY), 10))
		return 9;
	priv_enter(&table, 1);
	return 0;
}

static int device_for_a_file(void)
{
	place_control();
	if (!place(open("/dev/null", O_RDONLY), 10))
		return 9;
	priv_enter(&table, 1);
	return 0;
}

static int file_for_a_socket(void)
{
	if (!place(open("/etc/passwd", O_RDONLY), 10) || !place(open("/etc/passwd", O_RDONLY), 12))
		return 9;
	conductor.fd = fcntl(control[1], F_DUPFD, 21);
	priv_enter(&table, 1);
	return 0;
}

static int missing_file(void)
{
	place_control();
	close(10);
	priv_enter(&table, 1);
	return 0;
}

static void test_fds(void **state)
{
	(void)state;
	assert_int_equal(in_child(right_kinds), 0);
	assert_int_equal(in_child(directory_for_a_file), 1);
	has_said("wrong type of descriptor:");
	assert_int_equal(in_child(device_for_a_file), 1);
	has_said("wrong type of descriptor:");
	assert_int_equal(in_child(file_for_a_socket), 1);
	has_said("wrong type of descriptor:");
	assert_int_equal(in_child(missing_file), 1);
	has_said("missing descriptor:");
}

static void read_caps(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	if (syscall(SYS_capget, &header, data) < 0)
		_exit(9);
}

/* As a caller who has more than a plain root: groups, inheritable and ambient capabilities. */
static void be_rich(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	const gid_t groups[] = {5, 6};

	read_caps(data);
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	if (syscall(SYS_setgroups, 2, groups) < 0 || syscall(SYS_capset, &header, data) < 0 ||
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) < 0)
		_exit(9);
}

static int gives_up(void)
{
	struct priv mine = table;
	struct __user_cap_data_struct data[2];

	mine.fd_count = 0;
	mine.landlock = NULL;
	be_rich();
	priv_enter(&mine, 0);
	read_caps(data);
	if (syscall(SYS_getgroups, 0, NULL) != 0)
		return 2;
	if (data[0].permitted || data[1].permitted || data[0].effective || data[1].effective)
		return 3;
	if (data[0].inheritable || data[1].inheritable)
		return 4;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) != 0)
		return 5;
	if (getuid() < build_uid_base || getuid() >= build_uid_base + build_uid_count ||
		geteuid() != getuid() || getgid() != getuid() || getegid() != getuid())
		return 6;
	if (prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 7;
	return 0;
}

/* Root that keeps its ids keeps what the table names, and nothing of the rest comes back. */
static int keeps_one(void)
{
	struct priv mine = table;
	struct __user_cap_data_struct data[2];

	mine.fd_count = 0;
	mine.landlock = NULL;
	mine.ids = NULL;
	be_rich();
	priv_enter(&mine, 0);
	read_caps(data);
	if (getuid() != 0 || data[0].permitted != KILL_BIT || data[0].effective != KILL_BIT ||
		data[1].permitted || data[1].effective)
		return 2;
	if (data[0].inheritable || data[1].inheritable)
		return 3;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) != 0)
		return 4;
	return priv_keep_caps(0) || priv_has(CAP_KILL) || priv_keep_caps(KILL_BIT) ||
		priv_has(CAP_KILL);
}

static void test_ids_and_capabilities(void **state)
{
	(void)state;
	assert_int_equal(in_child(gives_up), 0);
	assert_int_equal(in_child(keeps_one), 0);
}

static int limits(void)
{
	static const struct priv_limit two[] = {{RLIMIT_NOFILE, 40}, {RLIMIT_CORE, 100}};
	struct priv mine = table;
	struct rlimit now, core = {0, 0};

	mine.fd_count = 0;
	mine.landlock = NULL;
	mine.ids = NULL;
	mine.caps = PRIV_CAPS_KEEP;
	mine.limits = two;
	mine.limit_count = 2;
	setrlimit(RLIMIT_CORE, &core);
	priv_enter(&mine, 0);
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 3;
	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur != 40 || now.rlim_max != 40)
		return 2;
	/* Never above the hard limit that was there. */
	return getrlimit(RLIMIT_CORE, &now) < 0 || now.rlim_max != 0;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(in_child(limits), 0);
}

/* The child has Landlock alone: no filter, root's ids and capabilities. */
static void enter_landlock(int signals)
{
	struct priv mine = table;

	mine.fd_count = 0;
	mine.ids = NULL;
	mine.caps = PRIV_CAPS_KEEP;
	mine.signals = signals;
	priv_enter(&mine, 0);
}

static char file[] = "/tmp/test_priv.XXXXXX";
static int listener = -1;
static struct sockaddr_in port;
static struct sockaddr_un name = {AF_UNIX, {0}};
static socklen_t name_length;

static int forbids(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int tcp, local;

	enter_landlock(0);
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	local = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (tcp < 0 || local < 0)
		return 9;
	if (bind(tcp, (struct sockaddr *)&any, sizeof(any)) != -1 || errno != EACCES)
		return 2;
	if (connect(tcp, (struct sockaddr *)&port, sizeof(port)) != -1 || errno != EACCES)
		return 3;
	if (connect(local, (struct sockaddr *)&name, name_length) != -1 || errno != EPERM)
		return 4;
	if (kill(getppid(), 0) != -1 || errno != EPERM)
		return 5;
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EACCES)
		return 6;
	if (truncate(file, 0) != -1 || errno != EACCES)
		return 7;
	return mkdir("/tmp/never", 0700) != -1 || errno != EACCES;
}

static int signals_out(void)
{
	enter_landlock(1);
	return kill(getppid(), 0) < 0;
}

static int abi(void)
{
	return (int)syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
}

static void test_landlock(void **state)
{
	socklen_t length = sizeof(port);
	int local;

	(void)state;
	if (abi() < 6)
		SKIP("this kernel's Landlock is older than ABI 6");
	port.sin_family = AF_INET;
	port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&port, sizeof(port)), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&port, &length), 0);
	local = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	name_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(name.sun_path + 1, 64, "test_priv-%d", (int)getpid()));
	assert_int_equal(bind(local, (struct sockaddr *)&name, name_length), 0);
	close(mkstemp(file));
	assert_int_equal(in_child(forbids), 0);
	assert_int_equal(in_child(signals_out), 0);
	unlink(file);
	close(local);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fds),
		cmocka_unit_test(test_ids_and_capabilities),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_landlock),
	};

	return cmocka_run_group_tests_name("priv", tests, NULL, NULL);
}
