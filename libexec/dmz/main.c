/*
 * dmz: a container's first process between rootfs and the user's program. It waits in state
 * "created" with nothing but the container's own rights, then runs the startContainer hooks and the
 * program.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "dmz.h"
#include "fds.h"
#include "inner_hooks.h"
#include "step.h"
#include "sys.h"

#include "priv_table.h"

#define FILTER_SECONDS 60
#define JOIN_SECONDS   60

static const struct msg_rule rules[] = {
	{MSG_FILTER, MSG_ONCE | MSG_FD, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
	{MSG_KEYRING, MSG_ONCE, sizeof(struct msg_keyring), 0, PROGRAM_CONDUCTOR},
	{MSG_JOINED, MSG_ONCE, 0, 0, PROGRAM_CONDUCTOR},
};

static struct plan plan;

int start_fd = FD_START;
static int control_fd = FD_CONTROL;

/*
 * A process that enters touches nothing of the container before it is in its cgroups: what bears a
 * name that we open there, /dev/null or /etc/passwd, may be a device that only they forbid. With a
 * terminal pty has waited. A cpuset replaces the process's CPUs, too, and what schedulers it may
 * have depends on them.
 */
static void wait_for_join(void)
{
	if (plan.config->joins && !plan.config->terminal)
		await(MSG_JOINED, &(struct msg){.fd = -1}, JOIN_SECONDS);
}

/* The lowest fd above the preserved ones, for what must stay open until the program runs. */
static int move_up(int fd, int first)
{
	int moved = fd >= first ? fd : sys_fcntl(fd, F_DUPFD_CLOEXEC, first);

	if (moved < 0)
		die("moving a file descriptor:", NULL, errno);
	return moved;
}

static void close_between(int first, int last)
{
	if (first <= last && sys_close_range((unsigned)first, (unsigned)last, 0) < 0 &&
		errno != ENOSYS)
		die("close_range:", NULL, errno);
}

/*
 * The caller's fds go back to 3 and up and everything else is closed for good (rule F20), but for
 * the two that are still needed: a fifo and a socket, which lead nowhere, and which are closed
 * before or by the exec.
 */
static void place_fds(void)
{
	int count = (int)plan.config->preserve_fds, first = 3 + count;
	int low, high;

	control_fd = step_conducted() ? move_up(FD_CONTROL, first) : -1;
	start_fd = sys_fcntl(FD_START, F_GETFD, 0) < 0 ? -1 : move_up(FD_START, first);
	if (step_conducted())
		conductor.fd = control_fd;
	for (int i = 0; i < count; i++)
		if (dup2(FD_PRESERVED + i, 3 + i) < 0)
			die("--preserve-fds:", NULL, errno);
	low = control_fd < start_fd ? control_fd : start_fd;
	high = control_fd < start_fd ? start_fd : control_fd;
	close_between(first, low >= 0 ? low - 1 : high - 1);
	if (low >= 0)
		close_between(low + 1, high - 1);
	close_between((high < first ? first : high + 1), INT_MAX);
}

void hand_over(int listener)
{
	tell(MSG_CREATED, listener);
	/* With our own copy open, a call would wait for a listener that has died. */
	close(listener);
}

static int notifies(void)
{
	return step_conducted() && plan.config->has_seccomp &&
		plan.config->seccomp_flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

static void end(int number)
{
	leave(128 + number);
}

#define BIT(number) (UINT64_C(1) << ((number)-1))

/* What ends no program, and the two that cannot be caught. */
static const uint64_t harmless = BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) |
	BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGKILL) | BIT(SIGSTOP);

/*
 * The first process of a pid namespace gets only signals that it has a handler for (pid_namespaces(7)).
 * The execve resets these, and leaves ignored ones ignored. Not sigaction(3): libraries keep some
 * real-time signals for themselves. A process of exec waits for its conductor only. Not inlined:
 * dmz would be a page larger.
 */
static __attribute__((noinline)) void end_by_signals(void)
{
	/* The kernel's: handler, flags, where a handler returns to, mask. Ours does not return. */
	uintptr_t old[4], action[4] = {(uintptr_t)end, SA_RESTORER};

	for (int number = 1; number <= 64; number++) {
		if (harmless & BIT(number))
			continue;
		if (syscall(SYS_rt_sigaction, number, action, old, 8) < 0 ||
			(old[0] && syscall(SYS_rt_sigaction, number, old, NULL, 8) < 0))
			die("signal:", NULL, errno);
	}
}

/*
 * From here on the conductor may go: nobody waits for us but `start`. All that follows runs under
 * the container's filters, so it is no more than this: seccomp under the first of two; capset to
 * give up the right to load them (drop_rest); write, unless the profile notifies and a messenger
 * sends the listener; read, execve; and if that fails write and exit_group. The socket is closed by
 * the execve.
 */
static void leave_conductor(int listener, int messenger)
{
	if (listener < 0)
		tell_by_write(MSG_CREATED);
	else if (messenger)
		messenger_give(listener);
	else
		hand_over(listener);
}

/* Waits for the byte of `start`, for as long as that takes: this is the state "created". */
static void wait_for_start(void)
{
	char byte;
	ssize_t n;

	if (start_fd < 0)
		return; /* by hand, without a fifo */
	do
		n = read(start_fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		leave(255);
}

/* While they run there is a byte in the fifo. It stays when one fails or we are killed, and tells
 * `start`, which has the other end, that the program was not reached. */
static void run_start_hooks(void)
{
	char bytes[16] = "0";
	ssize_t marked =
		start_fd < 0 ? -1 : write(start_fd, bytes, 1); /* by hand it may be a pipe */

	run_inner_hooks(HOOK_START_CONTAINER, STATUS_CREATED);
	while (marked == 1 && read(start_fd, bytes, sizeof(bytes)) < 0 && errno == EINTR)
		continue;
}

/*
 * From here on we are the process inside, under the filters if those allow it: then the right to load
 * them is gone before anybody can see us. Sessions and limits, which count processes, are not handed
 * down.
 */
static void enter_pid_namespace(int filtered)
{
	if (filtered)
		(void)install_filters(&plan);
	move_inside();
	lead_session(&plan, 1);
	set_limits(&plan);
}

int main(int argc, char **argv)
{
	const char *why;
	static struct msg filter;
	int err, hooks, messenger, outside, filtered;

	step_start(PROGRAM_DMZ, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	conductor.late = 1;
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	hooks = plan.config->hooks_start_container.count !=
		0; /* their program reads the plan again */
	wait_for_join();
	if (plan.config->has_seccomp)
		read_filter(
			step_conducted() ? await(MSG_FILTER, &filter, FILTER_SECONDS) : FD_FILTER);
	outside = choose_pid_namespace(&plan);
	filtered = outside && filter.body.number.value;
	set_stdio(&plan);
	lead_session(&plan, !outside);
	label_keys(&plan);
	join_keyring(&plan);
	set_umask(&plan);
	if (!outside)
		set_limits(&plan);
	set_labels(&plan);
	if (plan.config->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("no_new_privs:", NULL, errno);
	set_scheduling(&plan);
	enter_cwd_as_root(&plan);
	own_stdio(&plan);
	become_user(&plan);
	prepare_program(&plan);
	confine(&plan);
	if (!hooks)
		place_fds();
	if (!plan.config->joins)
		end_by_signals();
	if (outside)
		enter_pid_namespace(filtered);
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		die("PR_SET_PDEATHSIG:", NULL, errno);
	messenger = notifies() && !messenger_start();
	leave_conductor(filtered ? -1 : install_filters(&plan), messenger);
	wait_for_start();
	if (messenger)
		messenger_end();
	conductor.fd = -1;
	if (hooks) {
		run_start_hooks();
		place_fds();
	}
	execute_program();
}
