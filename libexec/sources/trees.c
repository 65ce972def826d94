/* Opens host paths and turns them into detached trees. Paths come from config.json, whose authority
 * is trusted. */
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include "fds.h"
#include "files.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif
/* include/uapi/linux/nsfs.h since Linux 6.18; the number is that of Linux 3.8 */
#define USER_NS_INIT_INO 0xeffffffdU

/* A FIFO or device put at the path must neither hold us up nor be opened: O_PATH first, then the
 * real open (rule F27). */
static int open_namespace(const char *path, int type)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat before, after;
	struct statfs fs;

	if (fd < 0)
		die("namespace path: lstat", path, errno);
	if (fstatfs(fd, &fs) < 0 || fstat(fd, &before) < 0)
		die("namespace path:", path, errno);
	close(fd);
	if (fs.f_type != NSFS_MAGIC)
		die("namespace path is not a namespace file:", path, 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &after) < 0)
		die("namespace path:", path, errno);
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		die("namespace path changed while it was opened:", path, 0);
	if (ioctl(fd, NS_GET_NSTYPE) != type)
		die("namespace path is a namespace of another type:", path, 0);
	return fd;
}

/* Of a sysctl that parse has passed. */
static enum namespace_type sysctl_namespace(const char *key)
{
	if (!strncmp(key, "net", 3))
		return NS_NET;
	if (!strncmp(key, "user", 4))
		return NS_USER;
	return !strcmp(key + strcspn(key, "./") + 1, "domainname") ? NS_UTS : NS_IPC;
}

static int is_callers(enum namespace_type type, int fd)
{
	struct stat joined, own;
	char path[32];
	int ours;

	text_join(path, sizeof(path), "/proc/self/ns/", namespace_files[type].word, NULL);
	ours = open(path, O_PATH | O_CLOEXEC);
	if (ours < 0 || fstat(ours, &own) < 0 || fstat(fd, &joined) < 0)
		die("namespace path:", path, errno);
	close(ours);
	return own.st_dev == joined.st_dev && own.st_ino == joined.st_ino;
}

/* A path may lead to the caller's own namespace: then a sysctl would change the host. */
static void check_sysctls(const struct plan *plan, enum namespace_type type, int fd)
{
	struct plan_list list = plan->config->sysctl;
	char what[320];

	if (!list.count || !is_callers(type, fd))
		return;
	for (uint32_t i = 0; i < list.count; i++) {
		const char *key = plan_text(plan, plan_kv_at(plan, list, i)->key);

		if (sysctl_namespace(key) != type)
			continue;
		text_join(what, sizeof(what), "sysctl \"", key, "\" not allowed in host ",
			namespace_names[type].word, " namespace", NULL);
		die(what, NULL, 0);
	}
}

void send_namespaces(const struct plan *plan)
{
	struct plan_list list = plan->config->namespaces;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_namespace *ns = plan_namespace_at(plan, list, i);
		const char *path = plan_text(plan, ns->path);
		struct msg_number body = {ns->type};
		int fd, err;

		if (!path)
			continue;
		fd = open_namespace(path, (int)namespace_files[ns->type].value);
		check_sysctls(plan, ns->type, fd);
		/* pivot_root would take the host's root away. */
		if (ns->type == NS_MOUNT && is_callers(NS_MOUNT, fd))
			die("namespace path is the host's own mount namespace:", path, 0);
		err = msg_send(&conductor, MSG_NAMESPACE, &body, sizeof(body), fd);
		if (err)
			_exit(1);
		if (ns->type == NS_USER && plan->config->mappings.count)
			keep_user_namespace(fd);
		else
			close(fd);
	}
}

static void send_fd(enum tree_kind kind, uint32_t index, int fd)
{
	struct msg_tree body = {kind, index};

	int err = msg_send(&rootfs, MSG_TREE, &body, sizeof(body), fd);

	if (err == -EPIPE || err == -ECONNRESET)
		_exit(1); /* rootfs is gone; the conductor has its reason */
	if (err)
		die("sending mounts to rootfs:", files_error(-err), 0);
}

static void send_tree(enum tree_kind kind, uint32_t index, int fd)
{
	send_fd(kind, index, fd);
	close(fd);
}

/*
 * Events of the host may reach the container's copies (MS_SLAVE), never the other way round (rule
 * F24): a clone of a shared mount is born into the host's peer group.
 */
static void leave_peers(int tree, uint64_t propagation, const char *path)
{
	struct mount_attr attr = {.propagation = propagation};

	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		die("mount_setattr:", path, errno);
}

/* Nothing is ever mounted below a node, but it can be mounted over, and that must not reach the host. */
static void set_device(int tree, const char *path)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, .propagation = MS_PRIVATE};

	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0)
		die("mount_setattr:", path, errno);
}

/* Run inside the new namespaces, the bundle must be found again: an fd from the host's mount
 * namespace is no source there. */
static void open_bundle(const struct plan *plan)
{
	int fd;

	if (fcntl(FD_BUNDLE, F_GETFD) >= 0)
		return;
	fd = open(plan_text(plan, plan->config->bundle), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dup3(fd, FD_BUNDLE, O_CLOEXEC) < 0)
		die("chdir", plan_text(plan, plan->config->bundle), errno);
	close(fd);
}

/* Private only when asked for: what the host mounts below is to be seen otherwise. */
static uint64_t root_propagation(const struct plan *plan)
{
	return plan->config->rootfs_propagation & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
}

/* "private" is a word about the root alone. */
static uint64_t bind_propagation(const struct plan *plan)
{
	return plan->config->rootfs_propagation & MS_REC ? root_propagation(plan) : MS_SLAVE;
}

static const char *whole_path(const struct plan *plan, const char *path)
{
	static char whole[MSG_OBJECT_MAX];
	int err = errno;

	text_join(whole, sizeof(whole), *path == '/' ? "" : plan_text(plan, plan->config->bundle),
		*path == '/' ? "" : "/", path, NULL);
	errno = err;
	return whole;
}

static void send_root(const struct plan *plan)
{
	const char *path = plan_text(plan, plan->config->root_path);
	int fd = openat(FD_BUNDLE, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int tree;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("invalid rootfs: stat", whole_path(plan, path), errno);
	if (S_ISLNK(st.st_mode))
		die("invalid rootfs: not an absolute path, or a symlink:", whole_path(plan, path),
			0);
	if (!S_ISDIR(st.st_mode))
		die("invalid rootfs:", whole_path(plan, path), ENOTDIR);
	if (!plan_namespace(plan, NS_MOUNT, NULL)) {
		send_tree(TREE_ROOT, 0, fd); /* nothing is cloned where nothing will be attached */
		return;
	}
	tree = sys_open_tree(
		fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		die("open_tree:", path, errno);
	close(fd);
	leave_peers(tree, root_propagation(plan), path);
	send_tree(TREE_ROOT, 0, tree);
}

/* Only a shared mount in a shared root: that is how a container mounts for the host. In a user
 * namespace of its own it may not, and copying the mount namespace would have ended it. */
static int stays_peer(const struct plan *plan, const struct plan_mount *mount)
{
	if (!(plan->config->rootfs_propagation & MS_SHARED) || plan_namespace(plan, NS_USER, NULL))
		return 0;
	for (uint32_t i = 0; i < mount->propagation.count; i++)
		if (plan_num_at(plan, mount->propagation, i)->value & MS_SHARED)
			return 1;
	return 0;
}

/* An engine of an ordinary user makes the user namespace itself, and config.json has none. */
static int is_in_user_namespace(const struct plan *plan)
{
	static const char path[] = "/proc/self/ns/user";
	struct stat st;

	if (plan_namespace(plan, NS_USER, NULL))
		return 1;
	if (stat(path, &st) < 0)
		die("namespace path:", path, errno);
	return st.st_ino != USER_NS_INIT_INO;
}

/* Recursive, because in a user namespace the kernel clones no mount without those that it locks. */
static void send_host_fs(uint32_t index, const char *path, uint64_t propagation)
{
	int tree =
		sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		die("open_tree:", path, errno);
	leave_peers(tree, propagation, path);
	send_tree(TREE_MOUNT, index, tree);
}

/* The mounts of v1 are new ones. */
static void send_host_cgroups(uint32_t index)
{
	static const char path[] = "/sys/fs/cgroup";
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		die("open", path, errno);
	close(fd);
	if (fs.f_type == CGROUP2_SUPER_MAGIC)
		send_host_fs(index, path, MS_PRIVATE);
}

static void send_source(const struct plan *plan, uint32_t index)
{
	const struct plan_mount *mount = plan_mount_at(plan, plan->config->mounts, index);
	const char *source = plan_text(plan, mount->source);
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
		(mount->recursive ? AT_RECURSIVE : 0) |
		((mount->flags & MOUNT_SOURCE_NOFOLLOW) || (mount->flags & MOUNT_COPY_SYMLINK)
				? AT_SYMLINK_NOFOLLOW
				: 0);
	int tree;

	tree = sys_open_tree(FD_BUNDLE, source ? source : "", flags);
	if (tree < 0)
		die("failed to fulfil mount request: open", source ? source : "\"\"", errno);
	if (!stays_peer(plan, mount))
		leave_peers(tree, bind_propagation(plan), source);
	if (mount->mapping)
		map_ids(plan, mount, tree);
	send_tree(TREE_MOUNT, index, tree);
}

static void send_device(
	enum tree_kind kind, uint32_t index, const char *path, mode_t type, dev_t device)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int tree;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(kind == TREE_DEVICE
				? "only the host's device can be bound (its node is made with "
				  "CAP_MKNOD and linux.uidMappings): open device"
				: "open device",
			path, errno);
	if ((st.st_mode & S_IFMT) != type || (type != S_IFIFO && st.st_rdev != device))
		die("the host has another file at the path of the device", path, 0);
	tree = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		die("open_tree:", path, errno);
	close(fd);
	set_device(tree, path);
	send_tree(kind, index, tree);
}

/* nodes has made that of device INDEX. */
static int has_node(uint32_t index)
{
	struct stat st;

	return !fstatat(FD_NODES, text_number(index), &st, AT_SYMLINK_NOFOLLOW);
}

static void send_config_device(const struct plan *plan, uint32_t index)
{
	const struct plan_device *device = plan_device_at(plan, plan->config->devices, index);
	mode_t type = device->type == DEVICE_BLOCK ? S_IFBLK : S_IFCHR;

	if (plan_is_node(plan, device) && !has_node(index))
		send_device(TREE_DEVICE, index, plan_text(plan, device->path), type,
			makedev((unsigned)device->major, (unsigned)device->minor));
}

/* In a user namespace nodes cannot be made. */
static void send_devices(const struct plan *plan)
{
	static const struct {
		const char *path;
		unsigned minor, major;
	} defaults[] = {{"/dev/null", 3, 1}, {"/dev/random", 8, 1}, {"/dev/full", 7, 1},
		{"/dev/tty", 0, 5}, {"/dev/zero", 5, 1}, {"/dev/urandom", 9, 1}};

	for (uint32_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		send_device(TREE_DEFAULT_DEVICE, i, defaults[i].path, S_IFCHR,
			makedev(defaults[i].major, defaults[i].minor));
	if (fcntl(FD_NODES, F_GETFD) >= 0)
		send_fd(TREE_NODES, 0, FD_NODES);
	for (uint32_t i = 0; i < plan->config->devices.count; i++)
		send_config_device(plan, i);
}

void send_trees(const struct plan *plan)
{
	const int in_user_namespace = is_in_user_namespace(plan);

	open_bundle(plan);
	if (plan->config->masked_paths.count)
		send_device(TREE_NULL, 0, "/dev/null", S_IFCHR, makedev(1, 3));
	send_root(plan);
	for (uint32_t i = 0; i < plan->config->mounts.count; i++) {
		const struct plan_mount *mount = plan_mount_at(plan, plan->config->mounts, i);

		if (mount->kind == MOUNT_BIND && !plan_source_inside(plan, i))
			send_source(plan, i);
		else if (in_user_namespace && plan_wants_host_sysfs(plan, mount))
			send_host_fs(i, "/sys", MS_SLAVE);
		else if (plan_wants_host_cgroups(plan, mount))
			send_host_cgroups(i);
	}
	if (in_user_namespace)
		send_devices(plan);
	if (msg_send(&rootfs, MSG_DONE, NULL, 0, -1))
		_exit(1); /* rootfs is gone; the conductor has its reason */
	if (plan->config->maps_new_mounts)
		map_new_mounts(plan);
	close(FD_TREES);
}
