/*
 * Mounts of type cgroup: v2 as the container's cgroup namespace shows it; v1 a tmpfs with one mount
 * per hierarchy. Without a cgroup namespace of its own the container sees, on v1, only its own
 * directory of each hierarchy.
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "path.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define HIERARCHIES_MAX 32

static char hierarchies[HIERARCHIES_MAX][MSG_CONTROLLER_MAX];
static size_t hierarchy_count;
static int v2;

/* The unified hierarchy of a hybrid host comes after those of v1 and is not mounted. */
static void add_hierarchy(const char *controller)
{
	v2 = !hierarchy_count && !*controller;
	if (hierarchy_count && !*controller)
		return;
	if (hierarchy_count == HIERARCHIES_MAX)
		die("too many cgroup hierarchies", NULL, 0);
	memcpy(hierarchies[hierarchy_count++], controller, strlen(controller) + 1);
}

void add_hierarchies(const struct msg_cgroups *cgroups)
{
	const char *controller, *path;
	size_t at = 0;
	int more;

	while ((more = msg_next_cgroup(cgroups, &at, &controller, &path)) == 1)
		add_hierarchy(controller);
	if (more < 0)
		die("protocol error:", "cgroup", more);
}

struct request {
	uint64_t attributes;
	int mounts[HIERARCHIES_MAX]; /* the result: fd or -errno */
};

/* "cpu,cpuacct" is two flags, "name=systemd" one value. */
static int set_controllers(int fs, const char *controller)
{
	char word[32];

	while (*controller) {
		size_t length = strcspn(controller, ",");
		int err;

		memcpy(word, controller, length);
		word[length] = '\0';
		if (!strncmp(word, "name=", 5))
			err = sys_fsconfig(fs, FSCONFIG_SET_STRING, "name", word + 5, 0);
		else
			err = sys_fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
		if (err < 0)
			return -errno;
		controller += length + (controller[length] == ',');
	}
	return 0;
}

static int new_cgroup_mount(const char *controller, uint64_t attributes)
{
	int fs = sys_fsopen(*controller ? "cgroup" : "cgroup2", FSOPEN_CLOEXEC);
	int mount;

	if (fs < 0)
		return -errno;
	mount = set_controllers(fs, controller);
	if (!mount && sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		mount = -errno;
	if (!mount) {
		mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
		mount = mount < 0 ? -errno : mount;
	}
	close(fs);
	return mount;
}

/* In a cgroup namespace of its own, which dies with this child, new mounts show just the
 * container's directories. */
static int mount_in_own_namespace(void *argument)
{
	struct request *request = argument;
	int err = unshare(CLONE_NEWCGROUP) < 0 ? -errno : 0;

	for (size_t i = 0; i < hierarchy_count; i++)
		request->mounts[i] =
			err ? err : new_cgroup_mount(hierarchies[i], request->attributes);
	return 0;
}

/* The child shares our memory and fd table, and we sleep until it has gone. */
static void mount_own_directories(struct request *request)
{
	static char stack[16384] __attribute__((aligned(16)));
	pid_t pid = clone(mount_in_own_namespace, stack + sizeof(stack),
		CLONE_VM | CLONE_FILES | CLONE_VFORK | SIGCHLD, request);

	if (pid < 0)
		die("error mounting cgroup to rootfs:", "clone", errno);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* One mount for each hierarchy the container is in. */
static void make_hierarchies(const struct plan *plan, struct request *request)
{
	if (!plan_namespace(plan, NS_CGROUP, NULL)) {
		mount_own_directories(request);
		return;
	}
	for (size_t i = 0; i < hierarchy_count; i++)
		request->mounts[i] = new_cgroup_mount(hierarchies[i], request->attributes);
}

static void attach_hierarchy(const char *controller, int mount, int root, int dir, const char *path)
{
	const char *name = strncmp(controller, "name=", 5) ? controller : controller + 5;
	char full[4096];
	int target;

	if (mount < 0)
		die("error mounting cgroup to rootfs:", controller, mount);
	if (text_join(full, sizeof(full), path, "/", name, NULL))
		die("error mounting cgroup to rootfs:", path, ENAMETOOLONG);
	target = path_make_directory(dir, name, 0755, PATH_NO_SYMLINKS, NULL);
	if (target < 0)
		die("error mounting cgroup to rootfs:", full, target);
	attach(root, mount, target, full, "error mounting cgroup to rootfs:");
	close(target);
	close(mount);
}

/* cpu → cpu,cpuacct */
static void link_members(const char *controller, int dir)
{
	const char *word = controller;

	if (!strchr(controller, ',') || !strncmp(controller, "name=", 5))
		return;
	while (*word) {
		char member[32];
		size_t length = strcspn(word, ",");
		int err;

		memcpy(member, word, length);
		member[length] = '\0';
		err = path_make_link(dir, member, controller, 0);
		if (err)
			die("symlink", member, err);
		word += length + (word[length] == ',');
	}
}

static void mount_v1(const struct plan *plan, const struct plan_mount *m, int root, int target)
{
	const char *path = plan_text(plan, m->destination);
	uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	struct request request = {.attributes = m->attr_set};
	int tmpfs = new_mount(plan, "tmpfs", "tmpfs", (struct plan_list){0, 0}, "755", attributes,
		"error mounting cgroup to rootfs:");

	attach(root, tmpfs, target, path, "error mounting cgroup to rootfs:");
	make_hierarchies(plan, &request);
	for (size_t i = 0; i < hierarchy_count; i++) {
		attach_hierarchy(hierarchies[i], request.mounts[i], root, tmpfs, path);
		link_members(hierarchies[i], tmpfs);
	}
	set_attributes(tmpfs, m->attr_set & MOUNT_ATTR_RDONLY, 0, 0, mount_error(plan, m));
	set_mount_propagation(plan, m, tmpfs, mount_error(plan, m));
	close(tmpfs);
}

static int clone_of_host(int tree, const struct plan_mount *m, const char *what)
{
	const uint64_t all = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
		MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;

	set_attributes(tree, m->attr_set, (all & ~m->attr_set) | MOUNT_ATTR__ATIME, 0, what);
	return tree;
}

void mount_cgroups(
	const struct plan *plan, const struct plan_mount *m, uint32_t index, int root, int target)
{
	const char *path = plan_text(plan, m->destination);
	struct request request = {.attributes = m->attr_set};
	int mount = -1;

	/* The options of cgroup file systems are the host's: they hold for all mounts of a
	 * hierarchy. */
	for (uint32_t i = 0; i < m->data.count; i++)
		warn("no option for a cgroup mount of a container, ignored:",
			plan_text(plan, plan_kv_at(plan, m->data, i)->key), 0);
	if (next_tree_is(TREE_MOUNT, index))
		mount = clone_of_host(take_tree(TREE_MOUNT, index), m, mount_error(plan, m));
	if (!v2) {
		mount_v1(plan, m, root, target);
		return;
	}
	if (mount < 0)
		mount = new_cgroup_mount("", m->attr_set);
	if (mount == -EPERM || mount == -EBUSY) { /* a user namespace without a cgroup namespace */
		mount_own_directories(&request);
		mount = request.mounts[0];
	}
	if (mount < 0)
		die("error mounting cgroup2 to rootfs:", path, mount);
	attach(root, mount, target, path, "error mounting cgroup2 to rootfs:");
	set_mount_propagation(plan, m, mount, mount_error(plan, m));
	close(mount);
}
