/*
 * rootfs: from inside the new mount namespace, puts the container's file system together – mounts
 * fd to fd, devices, console, pivot_root, masks – and becomes dmz. It walks a hostile tree and
 * never opens a path of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "fds.h"
#include "inner_hooks.h"
#include "line.h"
#include "rootfs.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#include "priv_table.h"

#define CGROUP_SECONDS 60
#define HOOKS_SECONDS                                                                              \
	(-1) /* hooks have their own timeouts; the conductor's death ends the wait                 \
	      */

static const struct msg_rule rules[] = {
	{MSG_JOINED, MSG_ONCE, sizeof(struct msg_cgroups), 0, PROGRAM_CONDUCTOR},
	{MSG_HOOKS_DONE, MSG_ONCE, 0, MSG_JOINED, PROGRAM_CONDUCTOR},
};

static struct plan plan;

/*
 * A cgroup namespace is rooted where the process is when it is made, so this waits until cgroup has
 * moved us. On v1 everything until here went on while the kernel's grace period ran.
 */
static void wait_for_cgroup(void)
{
	static struct msg msg;
	const char *path;

	if (step_conducted()) {
		await(MSG_JOINED, &msg, CGROUP_SECONDS);
		add_hierarchies(&msg.body.cgroups);
	}
	if (plan_namespace(&plan, NS_CGROUP, &path) && !path && unshare(CLONE_NEWCGROUP) < 0)
		die("failed to create namespaces:", "cgroup", errno);
}

/*
 * Where the bundle's root file system is on the host, in our copy of the host's mounts, so that who
 * looks at it there from inside our mount namespace sees the container's mounts (hooks do). It must be
 * what sources has opened; "/" where it cannot be reached, as in many a user namespace.
 */
static int open_place(int root)
{
	int bundle = open(plan_text(&plan, plan.config->bundle), O_PATH | O_DIRECTORY | O_CLOEXEC);
	int place = openat(bundle, plan_text(&plan, plan.config->root_path),
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat there, wanted;

	if (bundle >= 0)
		close(bundle);
	if (place >= 0 && !fstat(place, &there) && !fstat(root, &wanted) &&
		there.st_dev == wanted.st_dev && there.st_ino == wanted.st_ino)
		return place;
	if (place >= 0)
		close(place);
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int attach_root(void)
{
	int root = take_tree(TREE_ROOT, 0), place;

	if (!plan_namespace(&plan, NS_MOUNT, NULL))
		return root; /* the directory itself */
	place = open_place(root);
	if (place < 0 ||
		sys_move_mount(
			root, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		die("attaching the root file system:", plan_text(&plan, plan.config->root_path),
			errno);
	close(place);
	return root;
}

static void run_create_container_hooks(int root)
{
	if (!plan.config->hooks_create_container.count)
		return;
	if (fchdir(root) < 0)
		die("chdir:", "rootfs", errno);
	run_inner_hooks(HOOK_CREATE_CONTAINER, STATUS_CREATING, (char *[]){NULL}, NULL);
}

static _Noreturn void exec_dmz(void)
{
	static const int kept[] = {FD_PLAN, FD_CONTROL, FD_FILTER, FD_START, FD_CONSOLE, FD_PIDNS,
		FD_HOOK, FD_HOOK_STDOUT, FD_HOOK_STDERR};
	const size_t count = sizeof(kept) / sizeof(kept[0]);

	/* The last three are for startContainer hooks. */
	line_exec_last(&plan, kept, plan.config->hooks_start_container.count ? count : count - 3);
}

int main(int argc, char **argv)
{
	const char *why;
	int err, null_tree = -1, root;

	step_start(PROGRAM_ROOTFS, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	conductor.late = 1;
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	umask(0);
	if (plan_namespace(&plan, NS_MOUNT, NULL))
		set_propagation();
	receive_trees(&plan);
	prepare_trees(&plan);
	if (plan.config->masked_paths.count)
		null_tree = take_tree(TREE_NULL, 0);
	root = attach_root();
	keep_root_mounts(root);
	make_mounts(&plan, root, wait_for_cgroup);
	make_devices(&plan, root);
	/* sources, when it ran in here as our child (rootless) */
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	set_sysctls(&plan);
	tell(MSG_MOUNTED, -1);
	if (plan_waits_after_mounts(&plan))
		await(MSG_HOOKS_DONE, &(struct msg){.fd = -1}, HOOKS_SECONDS);
	run_create_container_hooks(root);
	enter_root(&plan, root);
	make_console(&plan, root);
	restrict_root(&plan, root, null_tree);
	exec_dmz();
}
