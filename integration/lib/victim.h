/* A command that is traced from its first instruction on, and which program a process of it has become. */
#ifndef DAVIT_TEST_VICTIM_H
#define DAVIT_TEST_VICTIM_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define VICTIM_FOLLOW                                                                              \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |     \
		PTRACE_O_TRACESYSGOOD)

/* The pid of the command, which is seized with OPTIONS; -1 and errno. */
static inline pid_t victim_start(char **command, int options)
{
	int pair[2];
	pid_t child;
	char byte;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (!child) {
		if (read(pair[0], &byte, 1) != 1)
			_exit(126);
		execvp(command[0], command);
		_exit(127);
	}
	if (child > 0 &&
		(ptrace(PTRACE_SEIZE, child, 0, options) < 0 || write(pair[1], "", 1) != 1))
		child = -1;
	close(pair[0]);
	close(pair[1]);
	return child;
}

/* The name of the file that PID runs, without its directory; of a memfd what it was given. "" if it has ended. */
static inline const char *victim_program(pid_t pid, char exe[PATH_MAX])
{
	char path[64], *name;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, PATH_MAX - 1);
	exe[n > 0 ? n : 0] = 0;
	name = strrchr(exe, '/');
	name = name ? name + 1 : exe;
	name += strncmp(name, "memfd:", 6) ? 0 : 6;
	name[strcspn(name, " ")] = 0;
	return name;
}

#endif
