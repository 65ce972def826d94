/* The harness of test_parse and test_parse_refused. */
#include "parse_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

char messages[8192];
static int out = -1;    /* memfd with what it wrote to fd 1 */
static int config = -1; /* what the last run read */
const char *notify_path;

static int memory_file(const char *text, size_t length)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int run_bytes(const char *text, size_t length, char *const options[])
{
	int in = memory_file(text, length), err = memory_file("", 0), status;
	ssize_t n;
	const char *program = getenv("DAVIT_PARSE");
	pid_t pid;

	if (out >= 0)
		close(out);
	if (config >= 0)
		close(config);
	out = memory_file("", 0);
	config = in;
	notify_path = NULL;
	for (int i = 0; options[i]; i++)
		if (!strcmp(options[i], "--notify"))
			notify_path = options[i + 1];
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(126);
		execv(program ? program : "build/davit/parse", options);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = pread(err, messages, sizeof(messages) - 1, 0);
	assert_true(n >= 0);
	messages[n] = '\0';
	/* A sanitizer also exits with 1. */
	if (strstr(messages, "Sanitizer") || strstr(messages, "runtime error"))
		fail_msg("%s", messages);
	close(err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run(const char *text)
{
	char *const options[] = {"parse", NULL};

	return run_bytes(text, strlen(text), options);
}

int run_with(const char *word, const char *text)
{
	char copy[64];
	char *const options[] = {"parse", copy, NULL};

	assert_true(strlen(word) < sizeof(copy));
	memcpy(copy, word, strlen(word) + 1);
	return run_bytes(text, strlen(text), options);
}

const char *written(void)
{
	static char text[256 << 10];
	ssize_t n = pread(out, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

int ask_witness(const char *text, size_t length)
{
	int in = memory_file(text, length), err = memory_file("", 0), status;
	const char *program = getenv("DAVIT_WITNESS");
	char path[64];
	ssize_t n;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", dup(in));
		if (dup2(out, 0) < 0 || lseek(0, 0, SEEK_SET) < 0 || dup2(err, 2) < 0)
			_exit(126);
		if (!program)
			program = "build/davit/witness";
		if (notify_path)
			execl(program, "witness", "--notify", notify_path, path, NULL);
		execl(program, "witness", path, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = pread(err, messages, sizeof(messages) - 1, 0);
	assert_true(n >= 0);
	messages[n] = '\0';
	close(in);
	close(err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void forge(size_t offset, const void *bytes, size_t length)
{
	const char *why = NULL;
	struct plan plan;

	assert_int_equal(plan_load(out, NULL, &plan, &why), 0);
	offset += (size_t)((const uint8_t *)plan.config - plan.image);
	assert_int_equal(pwrite(out, bytes, length, (off_t)offset), length);
	if (plan_load(out, NULL, &plan, &why))
		fail_msg("the checker sees it already: %s", why);
}

/* No honest plan is refused: whatever a test of parse makes is shown to the witness, too. */
static void show_witness(void)
{
	static char text[17 << 20], of_parse[sizeof(messages)];
	ssize_t n = pread(config, text, sizeof(text), 0);

	assert_true(n >= 0);
	memcpy(of_parse, messages, sizeof(messages));
	if (ask_witness(text, (size_t)n))
		fail_msg("%s", messages);
	memcpy(messages, of_parse, sizeof(messages));
}

void load(struct plan *plan)
{
	const char *why = NULL;
	int err = plan_load(out, NULL, plan, &why);

	if (err)
		fail_msg("the plan does not pass its checker: %d %s", err, why);
	if (!plan->config->joins)
		show_witness();
}

static const char *const usual[PARTS] = {
	[TOP] = "\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}",
	[PROCESS] = "{\"cwd\":\"/\",\"args\":[\"sh\"]}",
	[MOUNTS] = "[]",
	[LINUX] = "{\"namespaces\":[{\"type\":\"mount\"}]}",
};

const char *compose(enum part part, const char *fragment)
{
	static char text[1 << 20];
	const char *parts[PARTS];
	int n;

	memcpy(parts, usual, sizeof(parts));
	parts[part] = fragment;
	n = snprintf(text, sizeof(text), "{%s,\"process\":%s,\"mounts\":%s,\"linux\":%s}",
		parts[TOP], parts[PROCESS], parts[MOUNTS], parts[LINUX]);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	return text;
}
