/* See steps.h. The tests run in the top directory, beside build/. */
#include "steps.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct msg_rule rules[] = {
	{MSG_DONE, 0, 0, 0, PROGRAM_COUNT},
	{MSG_TERMINAL, MSG_ONCE, 0, 0, PROGRAM_TTY},
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_DEBUG, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},
};

static int emit(void *context, const void *bytes, size_t length)
{
	return write(*(int *)context, bytes, length) == (ssize_t)length ? 0 : -1;
}

int steps_plan(void)
{
	int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || plan_emit(build_id, emit, &fd) ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return -1;
	return fd;
}

static _Noreturn void exec_step(
	const char *name, const struct placed *fds, size_t count, int control)
{
	char build[96], path[64], *mode;

	static const unsigned long by_default[4];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* As a conductor does: what the caller of the tests ignores is no business of the step. */
	for (int i = 1; i < NSIG; i++)
		(void)syscall(SYS_rt_sigaction, i, &by_default, NULL, 8);
	snprintf(build, sizeof(build), "build=%s", build_id);
	snprintf(path, sizeof(path), "build/davit/%s", name);
	mode = strchr(path, ' ');
	if (mode)
		*mode++ = '\0';
	dup2(control, 200);
	for (size_t i = 0; i < count; i++)
		dup2(fds[i].from, 201 + (int)i);
	/* Nor is a descriptor that the shell left open. */
	(void)syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
	for (size_t i = 0; i < count; i++)
		dup2(201 + (int)i, fds[i].to);
	dup2(200, FD_CONTROL);
	execl(path, name, build, mode, (char *)NULL);
	_exit(98);
}

pid_t steps_start(const char *name, const struct placed *fds, size_t count, struct peer *peer)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	*peer = (struct peer){.fd = pair[0],
		.self = PROGRAM_CONDUCTOR,
		.rules = rules,
		.rule_count = sizeof(rules) / sizeof(rules[0])};
	pid = fork();
	if (!pid)
		exec_step(name, fds, count, pair[1]);
	close(pair[1]);
	return pid;
}

int steps_ended(pid_t pid)
{
	int status = 0;

	for (int i = 0; i < 1000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
		poll(NULL, 0, 10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}
