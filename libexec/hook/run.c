/*
 * One hook: started with three pipes, fed, drained, timed, reaped. A hook that never reads its
 * stdin, writes without end, closes its outputs early or leaves a child behind that holds them must
 * neither block nor fool this.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fds.h"
#include "filters.h"
#include "step.h"
#include "sys.h"

/* After SIGKILL; a process in an uninterruptible sleep outlives us. */
#define REAP_SECONDS 10
#define TIMEOUT_MAX  INT32_MAX
#define READ_END     0
#define WRITE_END    1

struct child {
	pid_t pid;
	int input;     /* write end of its stdin, -1: closed */
	int output[2]; /* read ends of stdout and stderr, -1: closed */
	size_t fed;
	int ended; /* a zombie: not reaped before the end, so that its number stays its own */
	struct timespec deadline;
};

static volatile sig_atomic_t stop;

/* While ppoll waits; at all other times SIGCHLD and the requests to end are blocked. */
static sigset_t waiting;

static void on_signal(int number)
{
	if (number != SIGCHLD)
		stop = number;
}

void hook_signals(void)
{
	static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	sigset_t blocked;

	sigemptyset(&waiting);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* A terminal's signals reach the conductor too: that one decides what becomes of
		 * us. */
		int theirs = step_conducted() && (numbers[i] == SIGINT || numbers[i] == SIGHUP);

		sigaddset(&blocked, numbers[i]);
		if (sigaction(numbers[i], theirs ? &ignore : &action, NULL) < 0)
			die("sigaction:", NULL, errno);
	}
	if (sigaction(SIGPIPE, &ignore, NULL) < 0 || sigaction(SIGXFSZ, &ignore, NULL) < 0 ||
		sigprocmask(SIG_SETMASK, &blocked, NULL) < 0)
		die("signals:", NULL, errno);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Ours does not block; the hook's does, and they are two open file descriptions. */
static void make_pipe(int ends[2], int ours)
{
	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0)
		die("pipe:", "hook", errno);
}

/* What cannot load a filter otherwise gives up what execve could give it (seccomp(2)). */
static int load_filters(const struct plan *plan)
{
	int result = filters_load(plan);

	if (result == -EACCES && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		result = filters_load(plan);
	return result;
}

/* In the child of a vfork: in a process group of its own, with default signals and an empty mask; all
 * other fds are close-on-exec. Under the filter there is nothing but the exec. Returns an errno. */
static int become_hook(const struct hook_job *job, const int theirs[3])
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t none;
	int result;

	for (int number = 1; number < _NSIG; number++) /* two cannot be, and some are musl's */
		(void)sigaction(number, &by_default, NULL);
	sigemptyset(&none);
	if (setpgid(0, 0) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return errno;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(theirs[fd], fd) < 0)
			return errno;
	if (job->files && sys_prlimit(RLIMIT_NOFILE, job->files, NULL) < 0)
		return errno;
	result = job->filters ? load_filters(job->filters) : 0;
	if (result < 0)
		return -result;
	execve(job->path, job->argv, job->envp);
	return errno;
}

static int spawn(const struct hook_job *job, pid_t *pid, const int theirs[3])
{
	volatile int err = 0; /* the child shares our memory */

	*pid = vfork();
	if (*pid < 0)
		return errno;
	if (!*pid) {
		err = become_hook(job, theirs);
		leave(127);
	}
	if (err)
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	return err;
}

static int start(const struct hook_job *job, struct child *child)
{
	int in[2], out[2], errors[2], err;

	make_pipe(in, WRITE_END);
	make_pipe(out, READ_END);
	make_pipe(errors, READ_END);
	err = spawn(
		job, &child->pid, (const int[]){in[READ_END], out[WRITE_END], errors[WRITE_END]});
	close(in[READ_END]);
	close(out[WRITE_END]);
	close(errors[WRITE_END]);
	child->input = in[WRITE_END];
	child->output[0] = out[READ_END];
	child->output[1] = errors[READ_END];
	return err;
}

static void release(struct child *child)
{
	close_fd(&child->input);
	close_fd(&child->output[0]);
	close_fd(&child->output[1]);
}

/* A hook need not read what it is told: a closed pipe is no error. */
static void feed(const struct hook_job *job, struct child *child)
{
	ssize_t n = write(child->input, job->input + child->fed, job->input_length - child->fed);

	if (n >= 0)
		child->fed += (size_t)n;
	if (child->fed == job->input_length || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&child->input);
}

static int files[2] = {-1, -1};

void hook_files(void)
{
	static const int places[2] = {FD_HOOK_STDOUT, FD_HOOK_STDERR};

	for (int i = 0; i < 2; i++)
		if (fcntl(places[i], F_GETFD) >= 0)
			files[i] = places[i];
}

/* A disk that is full is no reason to end a container: the first failure is told, and no more is
 * written. */
static void keep(int which, const char *bytes, size_t length)
{
	ssize_t n;

	for (; files[which] >= 0 && length; bytes += n, length -= (size_t)n) {
		n = write(files[which], bytes, length);
		if (n < 0 && errno != EINTR) {
			warn("writing what hooks write:",
				which ? "run.oci.hooks.stderr" : "run.oci.hooks.stdout", errno);
			close_fd(&files[which]);
		}
		n = n < 0 ? 0 : n;
	}
}

static void drain(struct child *child, struct hook_result *result, int which)
{
	size_t room = HOOK_OUTPUT_MAX - result->output[which].length;
	char bytes[HOOK_OUTPUT_MAX];
	ssize_t n = read(child->output[which], bytes, sizeof(bytes));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&child->output[which]);
	if (n <= 0)
		return;
	keep(which, bytes, (size_t)n);
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(result->output[which].bytes + result->output[which].length, bytes, room);
	result->output[which].length += room;
}

static void look(struct child *child)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid)
		child->ended = 1;
}

static struct timespec now_plus(int64_t seconds)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		die("clock_gettime:", NULL, errno);
	t.tv_sec += seconds < TIMEOUT_MAX ? seconds : TIMEOUT_MAX;
	return t;
}

/* What is left until DEADLINE. Returns 0 when nothing is. */
static int remaining(const struct timespec *deadline, struct timespec *left)
{
	struct timespec now = now_plus(0);

	left->tv_sec = deadline->tv_sec - now.tv_sec;
	left->tv_nsec = deadline->tv_nsec - now.tv_nsec;
	if (left->tv_nsec < 0) {
		left->tv_sec--;
		left->tv_nsec += 1000000000;
	}
	return left->tv_sec >= 0 && (left->tv_sec || left->tv_nsec);
}

/* The hook, whatever it started in its group, and the hook itself should it have left the group. */
static void kill_hook(struct child *child)
{
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
}

static int reap(struct child *child)
{
	struct timespec deadline = now_plus(REAP_SECONDS), left;
	int status = 0;

	while (waitpid(child->pid, &status, WNOHANG) == 0 && remaining(&deadline, &left))
		ppoll(NULL, 0, &left, &waiting);
	return status;
}

static _Noreturn void give_up(struct child *child)
{
	kill_hook(child);
	reap(child);
	if (stop)
		die("hook was interrupted", NULL, 0);
	_exit(1); /* the conductor is gone */
}

/* Returns 0 when the time is over. */
static int wait_for_event(
	const struct hook_job *job, struct child *child, struct hook_result *result)
{
	struct pollfd fds[4] = {{.fd = child->input, .events = POLLOUT},
		{.fd = child->output[0], .events = POLLIN},
		{.fd = child->output[1], .events = POLLIN}, {.fd = conductor.fd}};
	struct timespec left;

	if (job->timeout >= 0 && !remaining(&child->deadline, &left))
		return 0;
	if (ppoll(fds, 4, job->timeout >= 0 ? &left : NULL, &waiting) < 0 && errno != EINTR)
		die("ppoll:", NULL, errno);
	if (stop || (fds[3].revents & (POLLHUP | POLLERR)))
		give_up(child);
	if (fds[0].revents)
		feed(job, child);
	for (int i = 0; i < 2; i++)
		if (fds[1 + i].revents)
			drain(child, result, i);
	return 1;
}

void hook_run(const struct hook_job *job, struct hook_result *result)
{
	struct child child = {.pid = -1};

	memset(result, 0, sizeof(*result));
	result->err = start(job, &child);
	if (result->err) {
		release(&child);
		return;
	}
	child.deadline = now_plus(job->timeout);
	look(&child);
	while (!child.ended || child.output[0] >= 0 || child.output[1] >= 0) {
		if (!wait_for_event(job, &child, result)) {
			result->timed_out = 1;
			kill_hook(&child);
			break;
		}
		look(&child);
		if (child.ended)
			close_fd(&child.input);
	}
	release(&child);
	result->status = reap(&child);
}
