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
#include "filters.h"
#include "inside.h"
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
static struct msg message;

int start_fd = FD_START;
static int control_fd = FD_CONTROL, go_fd = -1, filter_fd = FD_FILTER;

/*
 * A process that enters touches nothing of the container before it is in its cgroups: what bears a
 * name that we open there, /dev/null or /etc/passwd, may be a device that only they forbid. With a
 * terminal pty has waited. A cpuset replaces the process's CPUs, too, and what schedulers it may
 * have depends on them.
 */
static void wait_for_join(void)
{
	if (plan.config->joins && !plan.config->terminal)
		await(MSG_JOINED, &message, JOIN_SECONDS);
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

/* The lowest of them that is not below FIRST, or INT_MAX. */
static int lowest(int *const kept[3], int first)
{
	int fd = INT_MAX;

	for (int i = 0; i < 3; i++)
		if (*kept[i] >= first && *kept[i] < fd)
			fd = *kept[i];
	return fd;
}

/*
 * The caller's fds go back to 3 and up and everything else is closed for good (rule F20), but for
 * those that are still needed: a fifo, a socket and a pipe, which lead nowhere, and which are closed
 * before or by the exec.
 */
static void place_fds(void)
{
	int *kept[] = {&control_fd, &start_fd, &go_fd}, next;
	int count = (int)plan.config->preserve_fds, first = 3 + count;

	if (!step_conducted())
		control_fd = -1;
	for (int i = 0; i < 3; i++)
		*kept[i] = sys_fcntl(*kept[i], F_GETFD, 0) < 0 ? -1 : move_up(*kept[i], first);
	if (step_conducted())
		conductor.fd = control_fd;
	for (int i = 0; i < count; i++)
		if (dup2(FD_PRESERVED + i, 3 + i) < 0)
			die("--preserve-fds:", NULL, errno);
	while ((next = lowest(kept, first)) < INT_MAX) {
		close_between(first, next - 1);
		first = next + 1;
	}
	close_between(first, INT_MAX);
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

	/* It is looked at first, so that none that is ignored meets the handler. */
	for (int number = 1; number <= 64; number++) {
		if (harmless & BIT(number))
			continue;
		if (syscall(SYS_rt_sigaction, number, NULL, old, 8) < 0 ||
			(!old[0] && syscall(SYS_rt_sigaction, number, action, NULL, 8) < 0))
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

void wait_for_start(int start)
{
	char byte;
	ssize_t n;

	if (start < 0)
		return; /* by hand, without a fifo */
	do
		n = read(start, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		leave(255);
}

static void read_filter(int filter)
{
	int err = filters_read(filter);

	if (err)
		die("seccomp program:", NULL, err);
}

/* Returns the listener of a profile that notifies, or -1. */
static int install_filters(void)
{
	int listener = filters_load(&plan);

	if (listener < 0)
		die("unable to init seccomp: error loading seccomp filter:",
			plan.config->ready_filter_first && listener != -EINVAL
				? "neither linux.seccomp nor run.oci.seccomp_bpf_data allows "
				  "seccomp(2)"
				: NULL,
			-listener);
	if (plan_has_filter(plan.config))
		drop_rest();
	return listener ? listener : -1;
}

/*
 * From here on we are the process inside, under the filters if those allow it: then the right to load
 * them is gone before anybody can see us. Sessions and limits, which count processes, are not handed
 * down.
 */
static void enter_pid_namespace(int filtered)
{
	if (filtered)
		(void)install_filters();
	move_inside();
	lead_session(&plan, 1);
	set_limits(&plan);
}

int main(int argc, char **argv)
{
	const char *why;
	int err, hooks, messenger, outside, filtered, apart;

	step_start(PROGRAM_DMZ, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	conductor.late = 1;
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	hooks = plan.config->hooks_start_container.count !=
		0; /* their program reads the plan again */
	wait_for_join();
	if (plan.config->has_seccomp) {
		if (step_conducted())
			filter_fd = await(MSG_FILTER, &message, FILTER_SECONDS);
		read_filter(filter_fd);
	}
	apart = hooks && message.body.number.value == FILTERS_NOT_FOR_HOOK;
	outside = choose_pid_namespace(&plan);
	filtered = outside && message.body.number.value == FILTERS_BEFORE_INSIDE;
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
	if (apart) {
		go_fd = start_hooks_unfiltered(filter_fd);
		place_fds();
	}
	messenger = notifies() && !messenger_start();
	leave_conductor(filtered ? -1 : install_filters(), messenger);
	wait_for_start(apart ? go_fd : start_fd);
	if (messenger)
		messenger_end();
	conductor.fd = -1;
	if (hooks && !apart) {
		run_start_hooks(start_fd);
		place_fds();
	}
	execute_program();
}
