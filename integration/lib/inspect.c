/*
 * Inside a pid namespace, until it is killed: takes every process it can see and tries what leads to
 * more than it has itself. Prints each different result once: "saw NAME"; "read NAME HOW" when FILE,
 * which the container has not, was read through that process; "traced NAME root=LINK
 * caps=PERMITTED"; "took NAME LINK", a descriptor of it.
 *   inspect FILE
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS 72

static char seen[512][300];
static size_t seen_count;
static const char *file;

static void note(const char *line)
{
	for (size_t i = 0; i < seen_count; i++)
		if (!strcmp(seen[i], line))
			return;
	if (seen_count == sizeof(seen) / sizeof(seen[0]))
		return;
	snprintf(seen[seen_count++], sizeof(seen[0]), "%s", line);
	puts(line);
	fflush(stdout);
}

static int reads(int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	char byte;
	int got = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		close(fd);
	return got;
}

static int read_name(int pid, char *name, size_t size)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, name, size - 1);
	close(fd);
	name[n > 0 ? n - 1 : 0] = '\0';
	return n > 0;
}

static void try_links(int pid, const char *name)
{
	static const char *const links[] = {"root", "cwd/../../../../../../../.."};
	char path[4300], line[300];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s%s", pid, links[i], file);
		snprintf(line, sizeof(line), "read %s by %s", name, i ? "cwd" : "root");
		if (reads(AT_FDCWD, path))
			note(line);
	}
}

static int has_name(int pid, const char *wanted)
{
	char name[64];

	return read_name(pid, name, sizeof(name)) && !strcmp(name, wanted);
}

static void permitted(int pid, char caps[32])
{
	char path[64], line[256];
	FILE *status;

	strcpy(caps, "?");
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "CapPrm: %31s", caps) == 1)
			break;
	if (status)
		fclose(status);
}

/* It stays stopped while what it has is looked at. */
static void try_trace(int pid, const char *name)
{
	char path[64], root[128], caps[32], line[300];
	ssize_t n;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) < 0 ||
		!WIFSTOPPED(status))
		return;
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	n = readlink(path, root, sizeof(root) - 1);
	root[n > 0 ? n : 0] = '\0';
	permitted(pid, caps);
	try_links(pid, name);
	snprintf(line, sizeof(line), "traced %s root=%s caps=%s", name, root, caps);
	if (has_name(pid, name)) /* it may have executed another program meanwhile */
		note(line);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static void try_fds(int pid, const char *name)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	char path[4300], link[200], line[300];

	snprintf(path, sizeof(path), "../../../../../../../..%s", file);
	for (int fd = 0; pidfd >= 0 && fd < FDS; fd++) {
		int taken = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		char self[64];
		ssize_t n;

		if (taken < 0)
			continue;
		snprintf(self, sizeof(self), "/proc/self/fd/%d", taken);
		n = readlink(self, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		link[strcspn(link, "[")] = '\0';
		snprintf(line, sizeof(line), "took %s %d %s", name, fd, link);
		if (has_name(pid, name))
			note(line);
		snprintf(line, sizeof(line), "read %s by fd %d", name, fd);
		if (reads(taken, path))
			note(line);
		close(taken);
	}
	if (pidfd >= 0)
		close(pidfd);
}

static void inspect(int pid)
{
	char name[64], line[300];

	if (!read_name(pid, name, sizeof(name)))
		return;
	snprintf(line, sizeof(line), "saw %s", name);
	note(line);
	try_links(pid, name);
	try_fds(pid, name);
	try_trace(pid, name);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	file = argv[1];
	puts("ready");
	fflush(stdout);
	for (;;) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc && (entry = readdir(proc))) {
			int pid = (int)strtol(entry->d_name, NULL, 10);

			if (pid > 1 && pid != getpid())
				inspect(pid);
		}
		if (proc)
			closedir(proc);
	}
}
