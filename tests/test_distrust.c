/*
 * What a step that was taken over cannot make its conductor do: send a file of the host to whoever
 * waits for a terminal or a seccomp listener, fill the log, or take a process of somebody else for the
 * container's.
 * link: libexec/verbs/inside libexec/verbs/handover libexec/verbs/winsize libexec/verbs/listener libexec/verbs/dial
 * libexec/verbs/conduct libexec/verbs/spawn libexec/verbs/log shared/state shared/live shared/journal shared/status shared/oci_state
 * shared/plan shared/names shared/text shared/json shared/msg shared/step shared/files
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../libexec/verbs/conduct.h"
#include "../libexec/verbs/creation.h"
#include "../libexec/verbs/handover.h"
#include "../libexec/verbs/listener.h"
#include "../libexec/verbs/verb.h"

#define WARNINGS 5000

struct globals globals = {.log_format = "text"};

static char line[512];

/* Whether the other end of SOCKET has been sent anything. */
static int has_come(int socket)
{
	char byte;

	return recv(socket, &byte, 1, MSG_DONTWAIT) == 1;
}

static int hand_over(int fd)
{
	struct handover h = {.master_fd = -1};
	int pair[2], err;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	h.console_fd = pair[0];
	err = handover_console(&h, fd, line, sizeof(line));
	assert_int_equal(has_come(pair[1]), !err);
	close(pair[1]);
	if (h.console_fd >= 0)
		close(h.console_fd);
	return err;
}

static void is_refused(int fd)
{
	*line = '\0';
	assert_int_equal(hand_over(fd), -1);
	assert_non_null(strstr(line, "not the master of a terminal"));
}

static void test_console(void **state)
{
	struct handover kept = {.console_fd = -1, .master_fd = -1};
	int pair[2];

	(void)state;
	assert_int_equal(hand_over(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)), 0);
	is_refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	is_refused(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	is_refused(open("/dev/null", O_RDWR | O_CLOEXEC));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	is_refused(pair[0]);
	close(pair[1]);
	assert_int_equal(handover_console(&kept, open("/etc/passwd", O_RDONLY | O_CLOEXEC), line,
				 sizeof(line)),
		-1);
	assert_int_equal(kept.master_fd, -1);
}

static int send_listener(int fd)
{
	static const struct plan_config config;
	const struct plan plan = {.config = &config};
	const struct listener_process process = {42, 42, STATUS_CREATING};
	int pair[2], err;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	err = listener_send(&plan, &process, &pair[0], fd, line, sizeof(line));
	assert_int_equal(has_come(pair[1]), !err);
	close(pair[1]);
	return err;
}

/* The filter lets everything pass; only its listener counts. */
static int new_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	return (int)syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void test_listener(void **state)
{
	int fd = new_listener();

	(void)state;
	assert_int_equal(send_listener(open("/etc/passwd", O_RDONLY | O_CLOEXEC)), -1);
	assert_non_null(strstr(line, "not a seccomp listener"));
	assert_int_equal(send_listener(open("/dev/null", O_RDWR | O_CLOEXEC)), -1);
	if (fd >= 0)
		assert_int_equal(send_listener(fd), 0);
}

static void test_warnings(void **state)
{
	static const struct msg_rule rules[] = {MSG_ANY_STEP};
	static struct msg msg;
	char path[] = "/tmp/davit-log-XXXXXX", text[4096];
	struct msg_text body = {.what = "again"};
	struct step step = {.program = PROGRAM_CGROUP, .pidfd = -1};
	struct peer self = {.self = PROGRAM_CGROUP};
	int pair[2], log = mkostemp(path, O_CLOEXEC), count = 0;
	FILE *lines;

	(void)state;
	assert_true(log >= 0);
	globals.debug = 1;
	assert_int_equal(log_open(path), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	self.fd = pair[0];
	step.peer = (struct peer){
		.fd = pair[1], .self = PROGRAM_CONDUCTOR, .rules = rules, .rule_count = 3};
	for (int i = 0; i < WARNINGS; i++) {
		assert_int_equal(
			msg_send(&self, i % 2 ? MSG_WARNING : MSG_DEBUG, &body, sizeof(body), -1),
			0);
		assert_int_equal(step_receive(&step, &msg), 0);
	}
	lines = fopen(path, "re");
	assert_non_null(lines);
	while (fgets(text, sizeof(text), lines))
		count++;
	/* The last line says that there was more. */
	assert_non_null(strstr(text, "cgroup: more than"));
	fclose(lines);
	assert_true(count > 100 && count < 600);
	unlink(path);
	close(log);
	close(pair[0]);
	close(pair[1]);
}

static int killed;

/* What inside.c calls of a creation. */
int creation_error(struct creation *c, const char *text, int err)
{
	snprintf(c->line, sizeof(c->line), "%s %d", text, err);
	return -1;
}

int creation_state_error(struct creation *c, const char *text, int err)
{
	return creation_error(c, text, err);
}

int creation_kill_first(const struct creation *c)
{
	(void)c;
	return ++killed;
}

static pid_t sleeping_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

/* dmz says which process it has made inside a joined pid namespace: only a child of ours that no step is. */
static void test_inside(void **state)
{
	static struct creation c;
	const pid_t step = sleeping_child(), hook = sleeping_child(), first = sleeping_child(),
		    made = sleeping_child();
	const uint64_t others[] = {0, 1, (uint64_t)getpid(), (uint64_t)getppid(), UINT64_MAX,
		(uint64_t)made | UINT64_C(1) << 32, (uint64_t)step, (uint64_t)hook,
		(uint64_t)first};

	(void)state;
	for (int i = 0; i < STEP_COUNT; i++)
		c.steps[i].peer.fd = -1;
	c.steps[STEP_NS].pid = step;
	c.poststop.pid = hook;
	c.container.journal.init.pid = (uint64_t)first;
	c.journal_fd = memfd_create("journal", MFD_CLOEXEC);
	c.init_pidfd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(inside_take(&c, others[i]), -1);
		assert_string_equal(c.line, "protocol error: dmz 0");
		assert_int_equal(c.container.journal.init.pid, first);
	}
	assert_int_equal(killed, 0);
	assert_int_equal(inside_take(&c, (uint64_t)made), 0);
	assert_int_equal(killed, 1);
	assert_int_equal(c.container.journal.init.pid, made);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(kill((pid_t[]){step, hook, first, made}[i], SIGKILL), 0);
	while (wait(NULL) > 0)
		continue;
	close(c.init_pidfd);
	close(c.journal_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
