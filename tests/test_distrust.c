/*
 * What a step that was taken over cannot make its conductor do: send a file of the host to whoever
 * waits for a terminal or a seccomp listener, or fill the log.
 * link: libexec/verbs/handover libexec/verbs/winsize libexec/verbs/listener libexec/verbs/dial
 * libexec/verbs/conduct libexec/verbs/spawn libexec/verbs/log shared/state shared/journal shared/status shared/oci_state
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../libexec/verbs/conduct.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
