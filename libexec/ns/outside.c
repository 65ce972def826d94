/*
 * Joining a pid namespace last of all. Whoever is in there and has CAP_SYS_PTRACE where its user
 * namespace has it can take over what comes in, so rootfs and dmz stay outside until there is
 * nothing left to be had; dmz makes the process that is inside.
 */
#include "ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fds.h"
#include "step.h"
#include "sys.h"

/* Then who joins the user namespace has every right over the other one, still when it is dmz. */
static int owns(int user, int pid)
{
	int owner = ioctl(pid, NS_GET_USERNS);
	struct stat wanted, st;
	int same;

	if (owner < 0)
		return 0;
	same = !fstat(user, &wanted) && !fstat(owner, &st) && wanted.st_dev == st.st_dev &&
		wanted.st_ino == st.st_ino;
	close(owner);
	return same;
}

/* What a process does not hand down to the one that it makes, or what it may not make one with. */
static int is_of_one_process(const struct plan_config *config)
{
	return (config->has_scheduler &&
		       (config->sched_policy == POLICY_DEADLINE ||
			       (config->sched_flags & SCHED_FLAG_RESET_ON_FORK))) ||
		(config->pids_limit.set && config->pids_limit.value == 1);
}

int may_stay_outside(const struct plan *plan, const int joined[NS_COUNT])
{
	const char *path;

	if (joined[NS_PID] < 0 || is_of_one_process(plan->config))
		return 0;
	return !plan_namespace(plan, NS_USER, &path) ||
		(path && owns(joined[NS_USER], joined[NS_PID]));
}

/* rootfs mounts the procfs of the pid namespace without being in it (Linux 6.18). */
static int can_mount_proc(int pid_namespace)
{
	int fs = sys_fsopen("proc", FSOPEN_CLOEXEC), err;

	if (fs < 0)
		return 0;
	err = sys_fsconfig(fs, FSCONFIG_SET_FD, "pidns", NULL, pid_namespace);
	close(fs);
	return !err;
}

int stay_outside(const struct plan *plan, int pid_namespace)
{
	const char *path;
	int unshared = plan_namespace(plan, NS_MOUNT, &path) && !path;

	/* The right to ask depends on who owns the mount namespace. */
	if (unshared && unshare(CLONE_NEWNS) < 0)
		die_of_namespace(NS_MOUNT, errno);
	if (can_mount_proc(pid_namespace)) {
		if (dup3(pid_namespace, FD_PIDNS, O_CLOEXEC) < 0)
			die("dup3:", "pid namespace", errno);
	} else if (setns(pid_namespace, CLONE_NEWPID) < 0) {
		die("failed to join namespace", "pid", errno);
	}
	close(pid_namespace);
	return unshared;
}
