/*
 * Takes the place of parse in a copy of the programs, and makes plans of something else than it was given: as a
 * parse would that a hostile config.json has taken over. The real one is beside it as parse.real; what it reads
 * instead, if it is there: lie.json for config.json, lie-process.json for process.json, and lie.plan for the
 * container's plan. What it would never write: every text of lie.from in the plan becomes that of lie.to.
 * In the place of witness it never answers.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"

static int directory;

static void replace(const char *name, int fd)
{
	int other = openat(directory, name, O_RDONLY);

	if (other >= 0)
		dup2(other, fd);
}

static size_t read_file(const char *name, char *buffer, size_t size)
{
	int fd = openat(directory, name, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buffer, size);

	return n > 0 ? (size_t)n : 0;
}

static void change_plan(const char *from, const char *to, size_t length)
{
	struct stat st;
	char *plan, *at;

	fstat(FD_PLAN, &st);
	plan = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, FD_PLAN, 0);
	if (plan == MAP_FAILED)
		return;
	for (at = plan; (at = memmem(at, (size_t)(plan + st.st_size - at), from, length));
		at += length)
		memcpy(at, to, length);
	munmap(plan, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX + 16], from[64], to[64];
	size_t length;
	int status;
	pid_t pid;
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	int exec = argc > 2 && !strcmp(argv[2], "exec");

	if (n <= 0)
		return 126;
	path[n] = '\0';
	if (!strcmp(strrchr(path, '/'), "/witness"))
		for (;;)
			pause();
	*strrchr(path, '/') = '\0';
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (exec && fcntl(FD_CONFIG, F_GETFD) >= 0)
		replace("lie-process.json", FD_CONFIG);
	if (exec)
		replace("lie.plan", FD_KEPT);
	else
		replace("lie.json", FD_CONFIG);
	strcat(path, "/parse.real");
	length = read_file("lie.from", from, sizeof(from));
	pid = length && read_file("lie.to", to, sizeof(to)) == length ? fork() : 0;
	if (!pid) {
		execv(path, argv);
		return 127;
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	change_plan(from, to, length);
	return 0;
}
