/* See exec_run.h. The tests run in the top directory, beside build/. */
#include "exec_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "msg.h"
#include "step.h"
#include "text.h"

#define ARGUMENTS_MAX 70000
#define SECONDS       20

char said[8192], kept_pool[1 << 16];
unsigned char kept[1 << 16];
size_t kept_size;
static int out = -1;

static const struct msg_rule rules[] = {MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_PARSE}};

static int add_to_kept(void *context, const void *bytes, size_t length)
{
	(void)context;
	if (length > sizeof(kept) - kept_size)
		return -E2BIG;
	memcpy(kept + kept_size, bytes, length);
	kept_size += length;
	return 0;
}

void keep(const char *build)
{
	kept_size = 0;
	assert_int_equal(plan_emit(build, add_to_kept, NULL), 0);
}

static int memory_file(const void *bytes, size_t length)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* FROM to TO, first all of them out of the way of each other. */
static void place(const int (*fds)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i][0] >= 0 && dup2(fds[i][0], 200 + (int)i) < 0)
			_exit(125);
	for (size_t i = 0; i < count; i++)
		if (fds[i][0] >= 0 && dup2(200 + (int)i, fds[i][1]) < 0)
			_exit(125);
}

/* MODE: NULL for a whole config.json. */
static _Noreturn void become_parse(
	const char *mode, const char *const *arguments, const int (*fds)[2], size_t count)
{
	static const char *words[ARGUMENTS_MAX + 4];
	static char build[96];
	const char *program = getenv("DAVIT_PARSE");
	size_t n = 0;

	snprintf(build, sizeof(build), "build=%s", build_id);
	words[n++] = "parse";
	words[n++] = build;
	if (mode)
		words[n++] = mode;
	for (; *arguments && n < ARGUMENTS_MAX; arguments++)
		words[n++] = *arguments;
	alarm(SECONDS);
	place(fds, count);
	execv(program ? program : "build/davit/parse", (char *const *)words);
	_exit(127);
}

static void listen_to(int fd)
{
	struct peer peer = {
		.fd = fd, .self = PROGRAM_CONDUCTOR, .rules = rules, .rule_count = COUNT(rules)};
	struct text t = TEXT(said);
	static struct msg msg;
	int got;

	said[0] = '\0';
	while ((got = msg_recv(&peer, &msg)) == 1)
		if (msg.header.type == MSG_ERROR || msg.header.type == MSG_WARNING) {
			text_add(&t, msg.header.type == MSG_ERROR ? "error: " : "warning: ");
			msg_text_line(&msg.body.text, &t);
			text_add(&t, "\n");
		}
	assert_true(got == 0 || got == -ECONNRESET);
}

/* Runs it with the files that FDS names and takes over; the first two places are for the report and the
 * plan. */
static int run_parse(const char *mode, const char *const *arguments, int (*fds)[2], size_t count)
{
	int err = memory_file("", 0), pair[2], status;
	char report[4096];
	ssize_t n;
	pid_t pid;

	if (out >= 0)
		close(out);
	out = memory_file("", 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		const int first[3][2] = {{err, 2}, {out, FD_PLAN}, {pair[1], FD_CONTROL}};

		memcpy(fds, first, sizeof(first));
		become_parse(mode, arguments, (const int(*)[2])fds, count);
	}
	close(pair[1]);
	listen_to(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = pread(err, report, sizeof(report) - 1, 0);
	assert_true(n >= 0);
	report[n] = '\0';
	if (n) /* a sanitizer's; parse itself says everything to its conductor */
		fail_msg("%s", report);
	close(pair[0]);
	close(err);
	for (size_t i = 3; i < count; i++)
		if (fds[i][0] >= 0)
			close(fds[i][0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_exec(const char *const *arguments, const char *process, size_t length)
{
	int fds[][2] = {{-1, 0}, {-1, 0}, {-1, 0}, {memory_file(kept, kept_size), FD_KEPT},
		{process ? memory_file(process, length) : -1, FD_CONFIG}};

	return run_parse("exec", arguments, fds, COUNT(fds));
}

static int text_file(const char *text)
{
	return text ? memory_file(text, strlen(text)) : -1;
}

int run_update(
	const char *const *arguments, const char *config, const char *changed, const char *request)
{
	int fds[][2] = {{-1, 0}, {-1, 0}, {-1, 0}, {text_file(config), FD_CONFIG},
		{text_file(changed), FD_CHANGED}, {text_file(request), FD_REQUEST}};

	return run_parse(NULL, arguments, fds, COUNT(fds));
}

void load_exec(struct plan *plan)
{
	const char *why = NULL;
	int err = plan_load(out, NULL, plan, &why);

	if (err)
		fail_msg("the plan does not pass its checker: %d %s", err, why);
}

void refused_exec(
	const char *const *arguments, const char *process, size_t length, const char *error)
{
	int status = run_exec(arguments, process, length);
	const char *first = strstr(said, "error: ");

	if (status == 1 && first && !strstr(first + 1, "error: ") && strstr(first, error))
		return;
	for (size_t i = 0; arguments[i] && i < 8; i++)
		print_message("# %.60s\n", arguments[i]);
	fail_msg("%.200s\n  expected: %s\n  status %d: %s", process ? process : "", error, status,
		said);
}
