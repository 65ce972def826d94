/*
 * Starts a step as a conductor would, but says nothing on its sockets: for looking at it behind its
 * confinement. helper-conduct PROGRAM "PLAN:regular CONTROL:socket? …" shared/fds.h ["ARGUMENT…"]
 * Prints "pid N" and stays. Two directories are left open at 40 and 41, which the step must close.
 * With a list of system calls in CONDUCT_STOP strace holds the step at the first of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The number of FD_NAME in the header, or -1. */
static int number_of(const char *header, const char *name)
{
	char line[512], wanted[64];
	FILE *f = fopen(header, "r");
	int number = -1;

	if (!f)
		return -1;
	snprintf(wanted, sizeof(wanted), "FD_%s =", name);
	while (fgets(line, sizeof(line), f)) {
		char *at = strstr(line, wanted);

		if (at)
			number = (int)strtol(at + strlen(wanted), NULL, 10);
	}
	fclose(f);
	return number;
}

static int make(const char *kind)
{
	int pair[2];

	if (!strncmp(kind, "socket", 6))
		return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0 ? -1 : pair[0];
	if (!strncmp(kind, "directory", 9))
		return open("/", O_PATH | O_DIRECTORY);
	if (!strncmp(kind, "terminal", 8))
		return posix_openpt(O_RDWR | O_NOCTTY);
	if (!strncmp(kind, "fifo", 4))
		return pipe(pair) < 0 ? -1 : pair[0];
	return memfd_create("empty", 0);
}

/* The build id is the longest "VERSION-16 hex digits" in the program itself. */
static int build_argument(const char *program, char *argument, size_t size)
{
	char command[4096];
	FILE *f;

	snprintf(command, sizeof(command),
		"strings -a '%s' | grep -E '^[0-9.]+-[0-9a-f]{16}$' | head -n 1", program);
	f = popen(command, "r");
	snprintf(argument, size, "build=");
	if (!f || !fgets(argument + 6, (int)size - 6, f))
		return -1;
	argument[strcspn(argument, "\n")] = 0;
	return pclose(f);
}

int main(int argc, char **argv)
{
	const char *stop = getenv("CONDUCT_STOP");
	char build[128], *word, *save = NULL;
	int numbers[32], fds[32], count = 0, other = open("/", O_PATH | O_DIRECTORY);
	pid_t pid;

	if (argc < 4 || argc > 5 || build_argument(argv[1], build, sizeof(build)))
		return 2;
	/* Made before the fork: the other ends of the sockets stay open here. */
	for (word = strtok_r(argv[2], " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *kind = strchr(word, ':');

		word[strcspn(word, ":+?")] = 0;
		if (count == 32)
			return 2;
		numbers[count] = number_of(argv[3], word);
		fds[count] = fcntl(make(kind ? kind + 1 : ""), F_DUPFD, 200);
		if (numbers[count] < 0 || fds[count++] < 0)
			return 3;
	}
	pid = fork();
	if (pid == 0) {
		char trace[128], inject[128];
		char *held[16] = {
			"strace", "-o", "/dev/null", "-e", trace, "-e", inject, argv[1], build};
		char *env[] = {NULL};
		int used = 9;

		for (word = argc > 4 ? strtok_r(argv[4], " ", &save) : NULL; word && used < 15;
			word = strtok_r(NULL, " ", &save))
			held[used++] = word;

		for (int i = 0; i < count; i++)
			if (dup2(fds[i], numbers[i]) < 0)
				_exit(4);
		if (dup2(other, 40) < 0 || dup2(other, 41) < 0)
			_exit(4);
		if (stop) {
			snprintf(trace, sizeof(trace), "trace=%s", stop);
			snprintf(inject, sizeof(inject), "inject=%s:delay_enter=20000000", stop);
			execvp(held[0], held);
		}
		execve(argv[1], held + 7, env);
		_exit(5);
	}
	printf("pid %d\n", pid);
	fflush(stdout);
	waitpid(pid, NULL, 0);
	return 0;
}
