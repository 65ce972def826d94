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
static int out = -1; /* memfd with what it wrote to fd 1 */

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
	out = memory_file("", 0);
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
	close(in);
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

void load(struct plan *plan)
{
	const char *why = NULL;
	int err = plan_load(out, NULL, plan, &why);

	if (err)
		fail_msg("the plan does not pass its checker: %d %s", err, why);
}

static const char *const usual[PARTS] = {
	[TOP] = "\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"}",
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
