/*
 * runc ps: the processes of a container, as a list of pids or as ps describes them. What ps prints
 * is read by pstable alone: the processes choose their names themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "conduct.h"
#include "files.h"
#include "fds.h"
#include "lookpath.h"
#include "sys.h"
#include "text.h"
#include "verb.h"

#define ARGUMENTS_MAX 1024
#define PS_SECONDS    600

static const char *format = "table";

static const struct flag flags[] = {
	{"format", "f", FLAG_STRING, &format, "select one of: table(default) or json"},
};

static const struct verb verb = {
	.name = "ps",
	.usage = "<container-id> [ps options]",
	.description = "ps displays the processes running inside a container",
	.flags = flags,
	.flag_count = sizeof(flags) / sizeof(flags[0]),
	.min_args = 1,
	.max_args = -1,
	.stop_at_first_arg = 1,
};

static const struct msg_rule pstable_rules[] = {
	MSG_ANY_STEP,
	{MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_PSTABLE},
};

/* A memfd with the pids. */
static int list_pids(const struct container *container)
{
	int fd = memfd_create("pids", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;
	char line[2048];

	if (fd < 0)
		log_die(1, "memfd_create", errno_text(errno));
	err = container_pids(container, fd, line, sizeof(line));
	/* With a container that has ended its cgroup may have gone, too. Where that cannot be told,
	 * it has not. */
	if (err && state_status(container) == STATUS_STOPPED)
		err = ftruncate(fd, 0);
	if (err == -EPERM || err == -EACCES)
		log_record(LOG_LEVEL_WARNING,
			"runc ps failure might be caused by lack of full access to cgroups", NULL);
	if (err)
		log_die(1, "unable to get all container pids", line);
	err = lseek(fd, 0, SEEK_SET) < 0 ? -errno : spawn_seal_memfd(fd);
	if (err)
		log_die(1, "unable to get all container pids", errno_text(-err));
	return fd;
}

static void print_json(int pids)
{
	static uint32_t numbers[1024];
	static char buffer[16384];
	struct text t = TEXT(buffer);
	const char *before = "[";
	ssize_t n;

	while ((n = read(pids, numbers, sizeof(numbers))) > 0) {
		for (size_t i = 0; i < (size_t)n / sizeof(numbers[0]); i++) {
			text_add(&t, before);
			text_add_u64(&t, numbers[i]);
			before = ",";
		}
		verb_print(t.data, t.length);
		t.length = 0;
	}
	if (n < 0)
		log_die(1, "read", errno_text(errno));
	text_add(&t, *before == '[' ? "null\n" : "]\n");
	verb_print(t.data, t.length);
}

/* With the caller's environment and rights, and both outputs in OUTPUT. */
static int start_ps(const char **arguments, int output, pid_t *pid)
{
	extern char **environ;
	static char path[PATH_MAX];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), pidfd;
	struct rlimit callers;
	volatile int err = spawn_files(&callers);

	if (lookpath("ps", path, sizeof(path)))
		log_die(1, NULL, "exec: \"ps\": executable file not found in $PATH");
	if (err)
		log_die(1, "RLIMIT_NOFILE", errno_text(-err));
	*pid = null < 0 ? -1 : vfork();
	if (*pid == 0) {
		err = spawn_reset_signals();
		if (!err && !files_restore(&callers) && dup2(null, 0) == 0 &&
			dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
			!sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC))
			execve(path, (char *const *)(uintptr_t)arguments, environ);
		err = errno;
		_exit(127);
	}
	if (*pid < 0 || err)
		log_die(1, path, errno_text(err ? err : errno));
	pidfd = sys_pidfd_open(*pid, 0);
	if (pidfd < 0)
		log_die(1, path, errno_text(errno));
	close(null);
	return pidfd;
}

static struct msg_listed wait_for_ps(pid_t pid, int pidfd)
{
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};
	int status, n;

	do
		n = poll(&poller, 1, PS_SECONDS * 1000);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
		log_die(1, NULL, "ps took too long");
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			log_die(1, "ps", errno_text(errno));
	close(pidfd);
	return WIFSIGNALED(status) ? (struct msg_listed){.signal = (uint32_t)WTERMSIG(status)}
				   : (struct msg_listed){.status = (uint32_t)WEXITSTATUS(status)};
}

static void print_table(int pids, const char **arguments)
{
	static char line[2048];
	struct msg_listed listed;
	struct step step;
	int output[2], pidfd;
	pid_t pid;

	if (pipe2(output, O_CLOEXEC) < 0)
		log_die(1, "pipe", errno_text(errno));
	pidfd = start_ps(arguments, output[1], &pid);
	close(output[1]);
	const struct spawn_fd fds[] = {{pids, FD_PIDS}, {output[0], FD_LISTING}};
	const struct spawn request = {
		.program = PROGRAM_PSTABLE, .image = -1, .fds = fds, .fd_count = 2};
	if (step_start_or_say(&step, &request, pstable_rules,
		    sizeof(pstable_rules) / sizeof(pstable_rules[0]), line, sizeof(line)))
		log_die(1, NULL, line);
	close(output[0]);
	listed = wait_for_ps(pid, pidfd);
	if (step_tell(&step, MSG_LISTED, &listed, sizeof(listed), -1, line, sizeof(line)))
		log_die(1, NULL, line);
	if (step_finish(&step, -1)) {
		step_error(&step, line, sizeof(line));
		log_die(1, NULL, line);
	}
}

int main(int argc, char **argv)
{
	static struct container container;
	static const char *args[ARGUMENTS_MAX + 1];
	int count = verb_start(&verb, argc, argv, args, ARGUMENTS_MAX), pids;

	verb_open_container(args[0], &container, 1);
	pids = list_pids(&container);
	if (!strcmp(format, "json")) {
		print_json(pids);
		return 0;
	}
	if (strcmp(format, "table") != 0)
		log_die(1, NULL, "invalid format option");
	args[0] = "ps";
	if (count == 1)
		args[1] = "-ef";
	print_table(pids, args);
	return 0;
}
