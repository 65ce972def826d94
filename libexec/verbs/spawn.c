/* Starting steps. The child shares our memory until it execs (CLONE_VM | CLONE_VFORK): nothing is
 * copied. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "fds.h"
#include "files.h"
#include "seal.h"
#include "step.h"
#include "sys.h"
#include "text.h"
#include "undumpable.h"
#include "whole.h"

#define FDS_MAX 1024

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

static int reduced;

void spawn_reduced(void)
{
	reduced = 1;
}

static struct rlimit callers_files;

int spawn_files(struct rlimit *callers)
{
	static int raised;
	int err = raised ? 0 : files_raise(&callers_files);

	raised = !err;
	*callers = callers_files;
	return err;
}

const char *spawn_files_text(void)
{
	static char line[48];
	struct text t = TEXT(line);
	struct rlimit callers;
	int err = spawn_files(&callers);

	if (err) {
		errno = -err;
		return NULL;
	}
	line[0] = '\0';
	text_add_u64(&t, callers.rlim_cur);
	text_add(&t, ":");
	text_add_u64(&t, callers.rlim_max);
	return line;
}

int spawn_files_are(const struct plan_config *config)
{
	return config->files_soft.set && config->files_soft.value == callers_files.rlim_cur &&
		config->files_hard.set && config->files_hard.value == callers_files.rlim_max;
}

struct start {
	const struct spawn *request;
	char *const *argv;
	int directory;
	int error;
};

/* Where our own file is, all programs of this installation are. 0 or -errno. */
static int find_directory(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n < 0)
		return -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

int spawn_directory(void)
{
	static int directory = -1;
	char path[4096];
	int err;

	if (directory >= 0)
		return directory;
	err = find_directory(path, sizeof(path));
	if (err)
		return err;
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return directory < 0 ? -errno : directory;
}

const char *spawn_path(enum program program)
{
	static char path[4096 + 32];

	if (find_directory(path, 4096))
		return program_names[program];
	memcpy(path + strlen(path), "/", 2);
	memcpy(path + strlen(path), program_names[program], strlen(program_names[program]) + 1);
	return path;
}

void spawn_error(const char *doing, enum program program, int err, char *line, size_t size)
{
	text_join(line, size, doing, spawn_path(program), ": ", files_error(err),
		err == ENOENT || err == ENOEXEC ? ": install davit again" : seal_hint(err), NULL);
}

/* Away from the numbers that are placed. */
static int move_up(int fd, int base)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, base);

	/* EINVAL: no number as high as BASE may be had at all */
	return moved < 0 ? (errno == EINVAL ? -EMFILE : -errno) : moved;
}

static int place_fds(const struct spawn *request)
{
	static int high[FDS_MAX];
	int base = FD_PRESERVED + (int)request->preserved + 1;

	if (request->fd_count + request->preserved > FDS_MAX)
		return -EMFILE;
	/* First everything out of the way, then to its number: no target can overwrite a source. */
	for (size_t i = 0; i < request->fd_count + request->preserved; i++) {
		int from = i < request->fd_count ? request->fds[i].from
						 : (int)(3 + i - request->fd_count);

		high[i] = from < 0 ? -1 : move_up(from, base);
		if (from >= 0 && high[i] < 0)
			return high[i];
	}
	if (sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	for (size_t i = 0; i < request->fd_count + request->preserved; i++) {
		int to = i < request->fd_count ? request->fds[i].to
					       : FD_PRESERVED + (int)(i - request->fd_count);

		if (high[i] >= 0 && dup2(high[i], to) < 0)
			return -errno;
	}
	return 0;
}

/* verb_start has reset what the caller ignored and ignores two itself; handlers do not outlive the
 * exec. */
int spawn_reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	if (sigaction(SIGPIPE, &action, NULL) < 0 || sigaction(SIGXFSZ, &action, NULL) < 0)
		return -errno;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

static int child(void *argument)
{
	static char *nothing[] = {NULL};
	struct start *start = argument;
	const struct spawn *request = start->request;
	char *const *environment = request->environment ? request->environment : nothing;

	start->error = spawn_reset_signals();
	if (start->error)
		_exit(127);
	/* What is executed must be out of the way of the fds that are placed, too. */
	start->directory = move_up(request->image >= 0 ? request->image : start->directory,
		FD_PRESERVED + (int)request->preserved + 1);
	start->error = start->directory < 0 ? start->directory : place_fds(request);
	if (!start->error && request->program == PROGRAM_HOOK)
		start->error = files_restore(&callers_files);
	if (start->error)
		_exit(127);
	if (request->image >= 0) {
		start->error = undumpable_exec(start->directory, start->argv, environment);
		_exit(127);
	}
	syscall(__NR_execveat, start->directory, program_names[request->program], start->argv,
		environment, 0);
	start->error = -errno;
	_exit(127);
}

/* No CLONE_VFORK: in a cgroup that is frozen the child would keep us until it is thawed. */
static pid_t clone_into(int cgroup, int *pidfd)
{
	struct clone_args args = {.flags = CLONE_PIDFD | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.cgroup = (uint64_t)cgroup};

	return (pid_t)syscall(__NR_clone3, &args, sizeof(args));
}

static size_t count_arguments(const struct spawn *request)
{
	size_t count = 0;

	while (request->arguments && request->arguments[count])
		count++;
	return count;
}

static int start_child(const struct spawn *request, const char **argv, pid_t *pid, int *pidfd)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct start start = {.request = request, .argv = (char *const *)argv};

	start.directory = spawn_directory();
	if (start.directory < 0)
		return start.directory;
	if (request->cgroup) {
		*pid = clone_into(*request->cgroup, pidfd);
		if (*pid == 0)
			child(&start);
		return *pid < 0 ? -errno : 0;
	}
	*pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
		&start, pidfd);
	if (*pid < 0)
		return -errno;
	if (!start.error)
		return 0;
	while (waitid(P_PIDFD, (id_t)*pidfd, NULL, WEXITED) < 0 && errno == EINTR)
		continue;
	close(*pidfd);
	return start.error;
}

/* A container may have all that we have left: for it the program must be shut before its first
 * statement. */
static int spawn_undumpable(const struct spawn *request, const char **argv, pid_t *pid, int *pidfd)
{
	struct spawn sealed = *request;
	int err;

	sealed.image = seal_program(request->program);
	if (sealed.image < 0)
		return sealed.image;
	err = start_child(&sealed, argv, pid, pidfd);
	close(sealed.image);
	return err;
}

int spawn(const struct spawn *request, pid_t *pid, int *pidfd)
{
	size_t count = count_arguments(request), size = (count + 3) * sizeof(char *);
	const char **argv;
	struct rlimit callers;
	char build[96];
	int err = spawn_files(&callers);

	if (err)
		return err;
	if (text_join(build, sizeof(build), "build=", build_id, NULL))
		return -ENAMETOOLONG;
	/* exec has as many as there are words; a conductor has no heap. */
	argv = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (argv == MAP_FAILED)
		return -errno;
	argv[0] = program_names[request->program];
	argv[1] = build;
	for (size_t i = 0; i < count; i++)
		argv[i + 2] = request->arguments[i];
	err = reduced && request->image < 0 ? spawn_undumpable(request, argv, pid, pidfd)
					    : start_child(request, argv, pid, pidfd);
	munmap(argv, size);
	return err;
}

int spawn_seal_memfd(int fd)
{
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC); /* Linux 6.3 */
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0
		? -errno
		: 0;
}
