/* What comes before the container's root is entered and after: sysctls; names, and what makes the
 * result read-only or invisible. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "path.h"
#include "proc.h"
#include "step.h"
#include "sys.h"
#include "text.h"

/* "net.ipv4.ip_forward" → "sys/net/ipv4/ip_forward"; a key whose first separator is "/" is the
 * other way round. */
static void sysctl_file(const char *key, char *file, size_t size)
{
	size_t first = strcspn(key, "./");
	char separator = key[first] == '/' ? '/' : '.';

	if (text_join(file, size, "sys/", key, NULL))
		die("sysctl:", key, ENAMETOOLONG);
	for (char *c = file + 4; *c; c++) {
		if (*c == '/' || *c == '.')
			*c = *c == separator ? '/' : '.';
	}
}

/* The kernel takes groups of the writer's user namespace, and has no other errno for one that is not
 * mapped there (ip-sysctl.rst). */
static _Noreturn void die_of_sysctl(
	const struct plan *plan, const char *key, const char *file, const char *value, int err)
{
	char object[256];
	int groups = err == -EINVAL && plan_namespace(plan, NS_USER, NULL) &&
		!strcmp(file, "sys/net/ipv4/ping_group_range");

	text_join(object, sizeof(object), key, groups ? " (are the groups " : "",
		groups ? value : "", groups ? " mapped in the user namespace?)" : "", NULL);
	die("failed to write sysctl", object, err);
}

void set_sysctls(const struct plan *plan)
{
	struct plan_list list = plan->config->sysctl;
	int proc;

	if (!list.count)
		return;
	proc = proc_open(0);
	if (proc < 0)
		die("open", "/proc", proc);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, list, i);
		const char *key = plan_text(plan, kv->key), *value = plan_text(plan, kv->value);
		char file[512];
		int err;

		sysctl_file(key, file, sizeof(file));
		value = value ? value : "";
		err = proc_write(proc, file, value, strlen(value));
		if (err)
			die_of_sysctl(plan, key, file, value, err);
	}
	close(proc);
}

static void set_names(const struct plan *plan)
{
	const char *host = plan_text(plan, plan->config->hostname),
		   *domain = plan_text(plan, plan->config->domainname);

	if (host && sethostname(host, strlen(host)) < 0)
		die("sethostname:", host, errno);
	if (domain && setdomainname(domain, strlen(domain)) < 0)
		die("setdomainname:", domain, errno);
}

static void set_readonly(int mount, unsigned flags, uint64_t more, const char *path)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | more};

	if (sys_mount_setattr(mount, "", AT_EMPTY_PATH | flags, &attr) < 0)
		die("read-only:", path, errno);
}

/* The mounts that are read-only, with all below them. */
static uint64_t readonly_mounts[TREES_MAX];
static size_t readonly_count;

static int is_readonly(int target)
{
	uint64_t id = mount_id(target);

	for (size_t i = 0; i < readonly_count; i++)
		if (readonly_mounts[i] == id)
			return 1;
	return 0;
}

static void cover_readonly(int root, int target, const char *path)
{
	int tree = sys_open_tree(
		target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0 || readonly_count == TREES_MAX)
		die("readonlyPaths:", path, tree < 0 ? errno : E2BIG);
	set_readonly(tree, AT_RECURSIVE, 0, path);
	attach(root, tree, target, path, "readonlyPaths:");
	readonly_mounts[readonly_count++] = mount_id(tree);
	close(tree);
}

/* Without slashes and dots at the end: behind the name of a file they would make it one that is not
 * there. */
static const char *listed_path(const struct plan *plan, struct plan_list list, uint32_t index)
{
	static char path[4096];
	const char *listed = plan_text(plan, plan_str_at(plan, list, index)->value);
	size_t length;

	if (text_join(path, sizeof(path), listed, NULL))
		die("maskedPaths, readonlyPaths:", listed, ENAMETOOLONG);
	for (length = strlen(path); length > 0; length--)
		if (path[length - 1] != '/' &&
			(path[length - 1] != '.' || (length > 1 && path[length - 2] != '/')))
			break;
	path[length] = '\0';
	return path;
}

static int open_listed(int root, const char *path)
{
	return *path ? path_open(root, path, O_PATH, 0) : -ENOENT;
}

static void make_readonly_paths(const struct plan *plan, int root)
{
	struct plan_list list = plan->config->readonly_paths;

	for (uint32_t i = 0; i < list.count; i++) {
		const char *path = listed_path(plan, list, i);
		int target = open_listed(root, path);

		if (target == -ENOENT || target == -ENOTDIR)
			continue;
		if (target < 0)
			die("readonlyPaths:", path, target);
		if (!is_readonly(target))
			cover_readonly(root, target, path);
		close(target);
	}
}

static int empty_directory(const struct plan *plan)
{
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), mount;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_blocks", "1", 0) < 0 ||
		sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "1", 0) < 0 ||
		sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "755", 0) < 0)
		die("maskedPaths:", "tmpfs", errno);
	set_context(plan, fs, "tmpfs", "maskedPaths:");
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		die("maskedPaths:", "tmpfs", errno);
	mount = sys_fsmount(fs, FSMOUNT_CLOEXEC,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (mount < 0)
		die("maskedPaths:", "tmpfs", errno);
	close(fs);
	return mount;
}

struct mask {
	int fd; /* -1: none yet */
	int used;
	dev_t device;
	ino_t inode;
};

static struct mask make_mask(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		die("maskedPaths:", "stat", errno);
	return (struct mask){.fd = fd, .device = st.st_dev, .inode = st.st_ino};
}

/* The first use takes the mount itself, later ones are clones of it: one superblock for all masks.
 */
static void cover(int root, int target, const char *path, struct mask *mask)
{
	int tree = mask->fd;

	if (mask->used)
		tree = sys_open_tree(tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		die("maskedPaths:", "open_tree", errno);
	attach(root, tree, target, path, "maskedPaths:");
	if (mask->used)
		close(tree);
	mask->used = 1;
}

/* Only a masked path that is not there is "nothing to mask"; every other failure refuses (rule
 * F12). */
static void mask_paths(const struct plan *plan, int root, int null_tree)
{
	struct plan_list list = plan->config->masked_paths;
	struct mask null = {.fd = -1}, empty = {.fd = -1};

	if (list.count) {
		set_readonly(null_tree, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, "/dev/null");
		null = make_mask(null_tree);
	}
	for (uint32_t i = 0; i < list.count; i++) {
		const char *path = listed_path(plan, list, i);
		int target = open_listed(root, path);
		struct mask *mask = &null;
		struct stat st;

		if (target == -ENOENT || target == -ENOTDIR)
			continue;
		if (target < 0 || fstat(target, &st) < 0)
			die("maskedPaths:", path, target < 0 ? target : errno);
		if (S_ISDIR(st.st_mode)) {
			mask = &empty;
			if (empty.fd < 0)
				empty = make_mask(empty_directory(plan));
		}
		/* It is a mask already where a path is there twice. */
		if (st.st_dev != mask->device || st.st_ino != mask->inode)
			cover(root, target, path, mask);
		close(target);
	}
	close(empty.fd);
	close(null_tree);
}

/* Last, because nothing of an unbindable mount could be made read-only. The others are as they are
 * from the beginning. */
static void set_root_propagation(const struct plan *plan, int root)
{
	uint64_t wanted = plan->config->rootfs_propagation;
	struct mount_attr attr = {.propagation = wanted & (MS_SHARED | MS_UNBINDABLE)};

	if (attr.propagation &&
		sys_mount_setattr(
			root, "", AT_EMPTY_PATH | (wanted & MS_REC ? AT_RECURSIVE : 0), &attr) < 0)
		die("rootfsPropagation:", NULL, errno);
	set_mount_propagation_again(plan);
}

void restrict_root(const struct plan *plan, int root, int null_tree)
{
	finish_readonly_mounts();
	if (plan->config->root_readonly)
		set_readonly(root, 0, 0, "/");
	set_names(plan);
	make_readonly_paths(plan, root);
	mask_paths(plan, root, null_tree);
	set_root_propagation(plan, root);
	close(root);
}
