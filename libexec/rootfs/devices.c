/* Device nodes and the links of /dev: config-linux.md "Default Devices", runtime-linux.md "Dev
 * symbolic links". */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "path.h"
#include "step.h"
#include "sys.h"
#include "text.h"

/* In the order in which sources sends them when they must be bound. */
static const struct {
	const char *path;
	unsigned major, minor;
} defaults[] = {{"/dev/null", 1, 3}, {"/dev/random", 1, 8}, {"/dev/full", 1, 7}, {"/dev/tty", 5, 0},
	{"/dev/zero", 1, 5}, {"/dev/urandom", 1, 9}};

static const struct {
	const char *name, *target;
} links[] = {{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"}};

static int in_dev(const char *path)
{
	return !strncmp(path, "/dev/", 5) && !strchr(path + 5, '/');
}

/* The directory of PATH, for its last component NAME, made where it is missing; -EXDEV: in what a bind
 * mount brought, wherever symlinks have led. Beyond what is there no symlink is followed: one that leads
 * nowhere could have something made in a bind mount (rules F8, F10). */
static int make_place(int root, const char *path, char name[256])
{
	const char *rest;
	int above = open_above(root, path, 0, &rest), parent;

	if (above < 0)
		return above;
	parent = path_make_parent(above, rest, PATH_NO_SYMLINKS | PATH_NO_XDEV, name);
	close(above);
	return parent;
}

/* Nothing is made in a bind mount. What is there is kept, if it is what was asked for. */
static void expect_node(int root, const char *path, mode_t mode, dev_t device)
{
	int fd = path_open(root, path, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	if (fd == -ENOENT || fd == -ENOTDIR) {
		warn("not made in what a bind mount brought:", path, 0);
		return;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		die("mknod", path, fd < 0 ? fd : errno);
	if ((st.st_mode & S_IFMT) != (mode & S_IFMT) || st.st_rdev != device)
		die("mknod", path, EEXIST);
	close(fd);
}

static void make_node(int root, const char *path, mode_t mode, dev_t device, uid_t uid, gid_t gid)
{
	char name[256];
	int parent = make_place(root, path, name), err;

	if (parent == -EXDEV) {
		expect_node(root, path, mode, device);
		return;
	}
	if (parent < 0)
		die("mknod", in_the_way(path, root, path, 0, parent), parent);
	err = path_make_node(parent, name, mode, device, uid, gid);
	if (err)
		die("mknod", path, err);
	close(parent);
}

static void bind_node(int root, int tree, const char *path)
{
	char name[256];
	int parent = make_place(root, path, name), target;

	target = parent == -EXDEV ? open_last(root, path)
		: parent < 0      ? parent
				  : path_make_file(parent, name, PATH_NO_SYMLINKS);
	if (parent == -EXDEV && target == -ENOENT)
		warn("not made in what a bind mount brought:", path, 0);
	else if (target < 0)
		die("mknod", in_the_way(path, root, path, 0, target), target);
	else if (is_procfs(target, "error binding device:"))
		die("a symlink leads a device into /proc:", path, 0);
	else
		attach(root, tree, target, path, "error binding device:");
	if (target >= 0)
		close(target);
	if (parent >= 0)
		close(parent);
	close(tree);
}

static mode_t node_type(uint64_t type)
{
	return type == DEVICE_BLOCK ? S_IFBLK : type == DEVICE_FIFO ? S_IFIFO : S_IFCHR;
}

/* Where sources has made nodes. It is attached only as long as they are cloned: an older kernel than 6.15
 * clones nothing of a mount that is attached nowhere. */
static int nodes = -1;

static void attach_nodes(void)
{
	if (!next_tree_is(TREE_NODES, 0))
		return;
	nodes = take_tree(TREE_NODES, 0);
	if (sys_move_mount(nodes, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		die("attaching the device nodes:", NULL, errno);
}

static void detach_nodes(void)
{
	if (nodes < 0)
		return;
	if (fchdir(nodes) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("detaching the device nodes:", NULL, errno);
	close(nodes);
}

/* The host's, or one made for us. */
static int take_node(uint32_t index, const char *path)
{
	int tree;

	if (nodes < 0 || next_tree_is(TREE_DEVICE, index))
		return take_tree(TREE_DEVICE, index);
	tree = sys_open_tree(nodes, text_number(index),
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (tree < 0)
		die("open_tree:", path, errno);
	return tree;
}

static void make_config_device(const struct plan *plan, const struct plan_device *device,
	uint32_t index, int root, int bind)
{
	const char *path = plan_text(plan, device->path);
	dev_t number = device->type == DEVICE_FIFO
		? 0
		: makedev((unsigned)device->major, (unsigned)device->minor);

	if (bind && plan_is_node(plan, device))
		bind_node(root, take_node(index, path), path);
	else if (strcmp(path, "/dev/ptmx") != 0)
		make_node(root, path, node_type(device->type) | (mode_t)device->mode, number,
			(uid_t)device->uid, (gid_t)device->gid);
}

static int config_has(const struct plan *plan, const char *path)
{
	for (uint32_t i = 0; i < plan->config->devices.count; i++)
		if (!strcmp(plan_text(plan, plan_device_at(plan, plan->config->devices, i)->path),
			    path))
			return 1;
	return 0;
}

/* Not every kernel has it. */
static int has_kcore(int root)
{
	int fd = path_open(root, "/proc/kcore", O_PATH | O_NOFOLLOW, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void make_links(int root, int dev)
{
	int err = path_make_link(dev, "ptmx", "pts/ptmx", 1);

	if (err)
		die("symlink", "/dev/ptmx", err);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (!strcmp(links[i].name, "core") && !has_kcore(root))
			continue;
		err = path_make_link(dev, links[i].name, links[i].target, 0);
		if (err)
			die("symlink in /dev:", links[i].name, err);
	}
}

void make_devices(const struct plan *plan, int root)
{
	char name[256];
	/* A /dev that is bound in belongs to whoever bound it. */
	int bind = next_tree_is(TREE_DEFAULT_DEVICE, 0), dev = make_place(root, "/dev/null", name);
	const int skip = dev == -EXDEV;

	if (dev < 0 && !skip)
		die("open", "/dev", dev);
	for (uint32_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		int tree = bind ? take_tree(TREE_DEFAULT_DEVICE, i) : -1;

		if (skip || config_has(plan, defaults[i].path)) {
			if (bind)
				close(tree);
		} else if (bind) {
			bind_node(root, tree, defaults[i].path);
		} else {
			make_node(root, defaults[i].path, S_IFCHR | 0666,
				makedev(defaults[i].major, defaults[i].minor), 0, 0);
		}
	}
	attach_nodes();
	for (uint32_t i = 0; i < plan->config->devices.count; i++) {
		const struct plan_device *device = plan_device_at(plan, plan->config->devices, i);

		if (!skip || !in_dev(plan_text(plan, device->path)))
			make_config_device(plan, device, i, root, bind);
		else if (bind && plan_is_node(plan, device))
			close(take_node(i, plan_text(plan, device->path)));
	}
	detach_nodes();
	if (!skip) {
		make_links(root, dev);
		close(dev);
	}
}
