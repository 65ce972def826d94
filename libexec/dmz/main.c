/*
 * dmz: a container's first process between rootfs and the user's program. It waits in state
 * "created" with nothing but the container's own rights, then runs the startContainer hooks and the
 * program.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "dmz.h"
#include "fds.h"
#include "inner_hooks.h"
#include "step.h"
#include "sys.h"

#include "priv_table.h"

#define FILTER_SECONDS 60

static const struct msg_rule rules[] = {
	{MSG_FILTER, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_CONDUCTOR},
};

static struct plan plan;

/* From here on the conductor may go: nobody waits for us but `start`. */
static void leave_conductor(void)
{
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		die("PR_SET_PDEATHSIG:", NULL, errno);
	tell(MSG_CREATED, -1);
	close(FD_CONTROL);
	conductor.fd = -1;
}

/* Waits for the byte of `start`, for as long as that takes: this is the state "created". */
static void wait_for_start(void)
{
	struct pollfd start = {.fd = FD_START, .events = POLLIN};
	char byte;
	ssize_t n;

	if (fcntl(FD_START, F_GETFD) < 0)
		return; /* by hand, without a fifo */

	do {
		while (poll(&start, 1, -1) < 0)
			if (errno != EINTR)
				_exit(255);
		n = read(FD_START, &byte, 1);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n != 1)
		_exit(255);
}

/* The caller's fds go back to 3 and up; everything else is closed for good before the exec (rule
 * F20). */
static void place_preserved(void)
{
	unsigned count = (unsigned)(plan.config->preserve_fds + plan.config->listen_fds);

	for (unsigned i = 0; i < count; i++)
		if (dup2((int)(FD_PRESERVED + i), (int)(3 + i)) < 0)
			_exit(255);
	if (sys_close_range(3 + count, ~0u, 0) < 0 && errno != ENOSYS)
		_exit(255);
}

int main(int argc, char **argv)
{
	const char *why;
	int err, filter = -1;

	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return 1;
	step_start(PROGRAM_DMZ, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	conductor.late = 1;
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, err);
	if (!plan.config->hooks_start_container.count)
		close(FD_PLAN); /* hook reads it again */
	if (plan.config->has_seccomp)
		filter = step_conducted()
			? await(MSG_FILTER, &(struct msg){.fd = -1}, FILTER_SECONDS)
			: FD_FILTER;
	set_session(&plan);
	join_keyring(&plan);
	set_limits_and_umask(&plan);
	set_labels(&plan);
	if (plan.config->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("no_new_privs:", NULL, errno);
	if (filter >= 0 && !plan.config->no_new_privileges)
		load_filter(&plan, filter);
	enter_cwd_as_root(&plan);
	own_stdio(&plan);
	become_user(&plan);
	prepare_program(&plan);
	if (filter >= 0 && plan.config->no_new_privileges)
		load_filter(&plan, filter);
	leave_conductor();
	wait_for_start();
	if (plan.config->hooks_start_container.count)
		run_inner_hooks(HOOK_START_CONTAINER, STATUS_CREATED);
	place_preserved();
	execute_program();
}
