/*
 * Takes the place of parse in a copy of the programs, and makes plans of something else than it was given: as a
 * parse would that a hostile config.json has taken over. The real one is beside it as parse.real; what it reads
 * instead, if it is there: lie.json for config.json, lie-process.json for process.json, and lie.plan for the
 * container's plan. What it would never write: every text of lie.from in the plan becomes that of lie.to.
 * In the place of witness it never answers; in that of scope, with scope.real beside it, it exchanges the texts in the
 * plan that it hands on.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
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

/* The plan is sealed by now: another takes its number. */
static void replace_plan(const char *from, const char *to, size_t length)
{
	struct stat st;
	int copy;

	if (fstat(FD_PLAN, &st) < 0)
		return; /* to remove takes none */
	copy = memfd_create("plan", MFD_ALLOW_SEALING);
	if (copy < 0 || sendfile(copy, FD_PLAN, &(off_t){0}, (size_t)st.st_size) != st.st_size)
		return;
	dup2(copy, FD_PLAN);
	close(copy);
	change_plan(from, to, length);
	fcntl(FD_PLAN, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX + 16], from[64], to[64];
	size_t length;
	int status, scope;
	pid_t pid;
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	int exec = argc > 2 && !strcmp(argv[2], "exec");

	if (n <= 0)
		return 126;
	path[n] = '\0';
	if (!strcmp(strrchr(path, '/'), "/witness"))
		for (;;)
			pause();
	scope = !strcmp(strrchr(path, '/'), "/scope");
	*strrchr(path, '/') = '\0';
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	length = read_file("lie.from", from, sizeof(from));
	if (read_file("lie.to", to, sizeof(to)) != length)
		length = 0;
	if (scope) {
		replace_plan(from, to, length);
		strcat(path, "/scope.real");
		execv(path, argv);
		return 127;
	}
	if (exec && fcntl(FD_CONFIG, F_GETFD) >= 0)
		replace("lie-process.json", FD_CONFIG);
	if (exec)
		replace("lie.plan", FD_KEPT);
	else
		replace("lie.json", FD_CONFIG);
	strcat(path, "/parse.real");
	pid = length ? fork() : 0;
	if (!pid) {
		execv(path, argv);
		return 127;
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	change_plan(from, to, length);
	return 0;
}
