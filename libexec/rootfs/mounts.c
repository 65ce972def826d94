/* The mounts of the plan: detached first, with all attributes, then attached to an fd looked up
 * inside the root. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include "fds.h"
#include "path.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define PROC_ROOT_INODE 1

/* Mounts whose read-only attribute waits. */
static int late_readonly[TREES_MAX];
static size_t late_count;

/* Mounts with propagation of their own, which an rshared root would take from them. */
static struct worded {
	const struct plan_mount *m;
	int fd;
} worded[TREES_MAX];
static size_t worded_count;

const char *mount_error(const struct plan *plan, const struct plan_mount *mount)
{
	static char buffer[MSG_WHAT_MAX];
	const char *source = plan_text(plan, mount->source);

	text_join(buffer, sizeof(buffer), "error mounting \"", source ? source : "",
		"\" to rootfs at \"", plan_text(plan, mount->destination), "\":", NULL);
	return buffer;
}

/* move_mount(2) says only EINVAL where mount(2) says ENOTDIR, which engines look for. */
static void check_kinds(int mount, int target, const char *what)
{
	struct stat brought, covered;

	if (fstat(mount, &brought) < 0 || fstat(target, &covered) < 0)
		die(what, "stat", errno);
	if (S_ISDIR(brought.st_mode) && !S_ISDIR(covered.st_mode))
		die(what, "a directory cannot be mounted on a file", ENOTDIR);
	if (!S_ISDIR(brought.st_mode) && S_ISDIR(covered.st_mode))
		die(what, "a file cannot be mounted on a directory", ENOTDIR);
}

/* NOFOLLOW 0 or O_NOFOLLOW: how PATH is looked up again. */
static void attach_how(
	int root, int mount, int target, const char *path, int nofollow, const char *what)
{
	int check;

	check_kinds(mount, target, what);
	if (sys_move_mount(
		    mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		die(what, errno == ENOSPC ? "more mounts than fs.mount-max allows" : "move_mount",
			errno);
	check = path_open(root, path, O_PATH | nofollow, 0);
	if (check < 0)
		die(what, "opening it again", check);
	if (mount_id(check) != mount_id(mount))
		die(what, "the path was moved while it was mounted on", 0);
	close(check);
}

void attach(int root, int mount, int target, const char *path, const char *what)
{
	attach_how(root, mount, target, path, 0, what);
}

/* The kernel's own words about a bad option, when it left any ("e tmpfs: Unknown parameter 'x'").
 */
_Noreturn void die_of_fs(int fs, const char *what, const char *option, int err)
{
	static char line[512], object[MSG_OBJECT_MAX];
	ssize_t n = read(fs, line, sizeof(line) - 1);

	if (n > 2) {
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		text_join(object, sizeof(object), option, " (", line + 2, ")", NULL);
		die(what, object, err);
	}
	die(what, option, err);
}

/* OPTION is what the kernel has refused. */
_Noreturn void die_of_options(const struct plan *plan, int fs, struct plan_list data,
	const char *what, const char *option, int err)
{
	const char *layer = faulty_layer(plan, data, err);

	if (layer)
		die(what, layer, err);
	die_of_fs(fs, what, option, err);
}

/*
 * The warning for an option that may be refused with EINVAL, or NULL if it must not be.
 * iversion: a flag of the kernel, which mount(2) never passed to most file systems. gid: the template of
 * spec(8) has tty's 5, which an engine's user namespace need not have; terminals then have the owner's group.
 */
static const char *needless(
	const struct plan *plan, const char *type, const char *key, const char *value)
{
	uint64_t group;

	if (!strcmp(key, "iversion"))
		return "the file system has no option iversion; ignored";
	/* Only in a user namespace are there trees of these. */
	if (!strcmp(type, "devpts") && !strcmp(key, "gid") && !text_to_u64(value, &group) &&
		has_tree(TREE_DEFAULT_DEVICE) && !plan_namespace(plan, NS_USER, NULL))
		return "the group of option gid does not exist in the caller's user namespace; "
		       "ignored";
	return NULL;
}

void set_options(
	const struct plan *plan, int fs, const char *type, struct plan_list data, const char *what)
{
	for (uint32_t i = 0; i < data.count; i++) {
		const struct plan_kv *option = plan_kv_at(plan, data, i);
		const char *key = plan_text(plan, option->key),
			   *value = plan_text(plan, option->value), *why;

		if (!sys_fsconfig(
			    fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0))
			continue;
		why = errno == EINVAL ? needless(plan, type, key, value ? value : "") : NULL;
		if (!why)
			die_of_options(plan, fs, data, what, key, errno);
		warn(what, why, 0);
	}
}

/* SELinux' label for everything of a new mount; the kernel knows none for these types
 * (config-linux.md, "Mount Label"). */
int takes_label(const char *type)
{
	return strcmp(type, "proc") != 0 && strcmp(type, "sysfs") != 0 &&
		strcmp(type, "mqueue") != 0 && strncmp(type, "cgroup", 6) != 0;
}

void set_context(const struct plan *plan, int fs, const char *type, const char *what)
{
	const char *label = plan_text(plan, plan->config->mount_label);

	if (label && takes_label(type) &&
		sys_fsconfig(fs, FSCONFIG_SET_STRING, "context", label, 0) < 0)
		die_of_fs(fs, what, "mountLabel", errno);
}

/* Each mqueue of an IPC namespace is the same, so the option is not for it, but its root may have a
 * label as any file. */
static void label_queues(const struct plan *plan, int mount, const char *what)
{
	const char *label = plan_text(plan, plan->config->mount_label);
	int root;

	if (!label)
		return;
	root = path_open(mount, "/", O_RDONLY | O_DIRECTORY, PATH_NO_SYMLINKS);
	if (root < 0 || fsetxattr(root, "security.selinux", label, strlen(label) + 1, 0) < 0)
		die(what, "mountLabel", root < 0 ? root : errno);
	close(root);
}

/* While we are outside of the pid namespace that the container joins, its procfs is not ours. */
static void set_pid_namespace(const struct plan *plan, int fs, const char *type, const char *what)
{
	const char *path;

	if (!strcmp(type, "proc") && plan_namespace(plan, NS_PID, &path) && path &&
		fcntl(FD_PIDNS, F_GETFD) >= 0 &&
		sys_fsconfig(fs, FSCONFIG_SET_FD, "pidns", NULL, FD_PIDNS) < 0)
		die_of_fs(fs, what, "pidns", errno);
}

int new_mount(const struct plan *plan, const char *type, const char *source, struct plan_list data,
	const char *mode, uint64_t attributes, const char *what)
{
	int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int mount;

	if (fs < 0)
		die(what, type, errno);
	set_context(plan, fs, type, what);
	set_pid_namespace(plan, fs, type, what);
	if (source && *source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		die_of_fs(fs, what, "source", errno);
	if (mode && sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) < 0)
		die_of_fs(fs, what, "mode", errno);
	set_options(plan, fs, type, data, what);
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		die_of_options(plan, fs, data, what, type, errno);
	mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
	if (mount < 0)
		die_of_fs(fs, what, "fsmount", errno);
	close(fs);
	return mount;
}

int is_procfs(int fd, const char *what)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		die(what, "statfs", errno);
	return fs.f_type == PROC_SUPER_MAGIC;
}

/* On /proc and on the root of a procfs only another procfs may go, below only what parse let pass as
 * the names of lxcfs (rule F9). IS_PROC: the mount is one. */
static void check_target(
	const struct plan_mount *m, int target, const char *path, int is_proc, const char *what)
{
	const int in_proc = is_procfs(target, what);
	struct stat st;

	if (fstat(target, &st) < 0)
		die(what, path, errno);
	if (S_ISLNK(st.st_mode) && !(m->flags & MOUNT_DESTINATION_NOFOLLOW))
		die(what, path, ELOOP);
	if (!strcmp(path, "/proc") || (in_proc && st.st_ino == PROC_ROOT_INODE)) {
		if (!is_proc)
			die(what, "cannot be mounted because it is not of type proc", 0);
	} else if (in_proc && strncmp(path, "/proc/", 6) != 0) {
		die(what, "cannot be mounted because it is inside /proc", 0);
	}
}

/* tmpfs takes the mode of a directory it covers, unless the options give one. */
static const char *covered_mode(int target, int made, const char *what)
{
	static char mode[16];
	struct text t = TEXT(mode);
	struct stat st;

	if (made)
		return NULL;
	if (fstat(target, &st) < 0)
		die(what, "the mode of what it covers", errno);
	text_add_octal(&t, st.st_mode & 07777);
	return mode;
}

void set_attributes(int mount, uint64_t set, uint64_t clear, unsigned flags, const char *what)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

	if ((set || clear) && sys_mount_setattr(mount, "", AT_EMPTY_PATH | flags, &attr) < 0)
		die(what, "failed to set user-requested vfs flags", errno);
}

static void set_words(
	const struct plan *plan, const struct plan_mount *m, int mount, const char *what)
{
	for (uint32_t i = 0; i < m->propagation.count; i++) {
		uint64_t word = plan_num_at(plan, m->propagation, i)->value;
		struct mount_attr attr = {.propagation = word & ~(uint64_t)MS_REC};

		if (sys_mount_setattr(mount, "", AT_EMPTY_PATH | (word & MS_REC ? AT_RECURSIVE : 0),
			    &attr) < 0)
			die(what, "propagation", errno);
	}
}

void set_mount_propagation(
	const struct plan *plan, const struct plan_mount *m, int mount, const char *what)
{
	const uint64_t rshared = MS_SHARED | MS_REC;
	struct worded *w = &worded[worded_count];

	set_words(plan, m, mount, what);
	if (!m->propagation.count || (plan->config->rootfs_propagation & rshared) != rshared)
		return;
	if (worded_count == TREES_MAX)
		die(what, "too many mounts with propagation", E2BIG);
	*w = (struct worded){m, fcntl(mount, F_DUPFD_CLOEXEC, 3)};
	if (w->fd < 0)
		die(what, "propagation", errno);
	worded_count++;
}

void set_mount_propagation_again(const struct plan *plan)
{
	for (size_t i = 0; i < worded_count; i++) {
		set_words(plan, worded[i].m, worded[i].fd, mount_error(plan, worded[i].m));
		close(worded[i].fd);
	}
}

/* The symlink itself, if the last component is one; what is missing is made. */
static int open_unfollowed(int root, const char *path, int directory)
{
	char name[256];
	int parent = path_make_parent(root, path, 0, name), fd;

	if (parent < 0)
		return parent;
	fd = path_open(parent, name, O_PATH | O_NOFOLLOW, 0);
	if (fd == -ENOENT)
		fd = directory ? path_make_directory(parent, name, 0755, PATH_NO_SYMLINKS, NULL)
			       : path_make_file(parent, name, PATH_NO_SYMLINKS);
	close(parent);
	return fd;
}

static int open_target(const struct plan_mount *m, int root, const char *path, int directory)
{
	if ((m->flags & MOUNT_DESTINATION_NOFOLLOW))
		return open_unfollowed(root, path, directory);
	return directory ? path_make_directory(root, path, 0755, 0, NULL)
			 : path_make_file(root, path, 0);
}

/* copy-symlink: makes the link that TREE is; one that is there must lead to the same. */
static void copy_link(int root, int tree, const char *path, const char *what)
{
	char wanted[4096], found[4096], name[256];
	ssize_t n = readlinkat(tree, "", wanted, sizeof(wanted) - 1), there;
	int parent = path_make_parent(root, path, 0, name), err;

	if (n < 0 || parent < 0)
		die(what, "copy-symlink", parent < 0 ? parent : errno);
	wanted[n] = '\0';
	err = path_make_link(parent, name, wanted, 0);
	there = readlinkat(parent, name, found, sizeof(found));
	if (err || there != n || memcmp(found, wanted, (size_t)n))
		die(what, "copy-symlink: there is something else", err ? err : EEXIST);
	close(parent);
}

/* True when there is a bind mount before that of INDEX, and none of them was asked for above PATH. */
static int may_be_led(const struct plan *plan, uint32_t index, const char *path)
{
	int binds = 0;

	for (uint32_t i = 0; i < index; i++) {
		const struct plan_mount *m = plan_mount_at(plan, plan->config->mounts, i);
		const char *above = plan_text(plan, m->destination);
		size_t length = strlen(above);

		if (m->kind != MOUNT_BIND)
			continue;
		if (!strncmp(path, above, length) && path[length] == '/')
			return 0;
		binds++;
	}
	return binds > 0;
}

/* A mountpoint at or below /dev is made in a bind mount only if that was asked for there: an image's
 * symlink may have led a volume to it (rule F10). */
static void check_mountpoint(const struct plan *plan, uint32_t index, int root)
{
	const struct plan_mount *m = plan_mount_at(plan, plan->config->mounts, index);
	const char *path = plan_text(plan, m->destination), *rest;
	int fd;

	if (!is_dev(path) || !may_be_led(plan, index, path))
		return;
	fd = path_open(root, path, O_PATH | O_NOFOLLOW, 0);
	if (fd == -ENOENT)
		fd = open_above(root, path, 0, &rest);
	if (fd == -EXDEV)
		die(mount_error(plan, m), "an image's symlink has led a bind mount there", 0);
	if (fd >= 0)
		close(fd);
}

static void make_bind(const struct plan *plan, const struct plan_mount *m, uint32_t index, int root)
{
	const char *what = mount_error(plan, m), *path = plan_text(plan, m->destination);
	const char *inside = plan_source_inside(plan, index);
	int tree = inside ? clone_inside(plan, index, root, inside) : take_tree(TREE_MOUNT, index);
	int target;
	struct stat st;

	if (fstat(tree, &st) < 0)
		die(what, "stat", errno);
	if ((m->flags & MOUNT_COPY_SYMLINK) && S_ISLNK(st.st_mode)) {
		copy_link(root, tree, path, what);
		close(tree);
		return;
	}
	target = open_target(m, root, path, S_ISDIR(st.st_mode));
	if (target < 0)
		die(what, in_the_way("create mountpoint", root, path, 0, target), target);
	check_target(m, target, path, is_procfs(tree, what), what);
	attach_how(root, tree, target, path,
		(m->flags & MOUNT_DESTINATION_NOFOLLOW) ? O_NOFOLLOW : 0, what);
	set_mount_propagation(plan, m, tree, what);
	close(tree);
	close(target);
}

static int is_special(const char *type)
{
	return !strcmp(type, "proc") || !strcmp(type, "sysfs") || !strcmp(type, "mqueue") ||
		!strcmp(type, "devpts");
}

int is_dev(const char *path)
{
	return !strncmp(path, "/dev", 4) && (!path[4] || path[4] == '/');
}

/* Mountpoints and nodes are still to be made below /dev and in any tmpfs, so read-only waits until
 * that is done. */
static int readonly_waits(const struct plan_mount *m, const char *type, const char *path)
{
	return (m->attr_set & MOUNT_ATTR_RDONLY) && (!strcmp(type, "tmpfs") || is_dev(path));
}

void set_readonly_later(int mount, const char *what)
{
	if (late_count == TREES_MAX)
		die(what, "too many read-only mounts", E2BIG);
	late_readonly[late_count++] = mount;
}

/* A new sysfs belongs to a network namespace, and who does not own that may not mount one. Then the
 * host's is bound instead, as crun does. */
static int host_sysfs(uint32_t index)
{
	int tree, fs;

	if (!next_tree_is(TREE_MOUNT, index))
		return -1;
	tree = take_tree(TREE_MOUNT, index);
	fs = sys_fsopen("sysfs", FSOPEN_CLOEXEC); /* the kernel decides here already */
	if (fs >= 0 || errno != EPERM) {
		close(fs);
		close(tree);
		return -1;
	}
	return tree;
}

/* Refuses symlinks, but below /dev those that lead somewhere: an image's /dev may be one. Beyond what is
 * there none is followed, see make_place. */
static int open_ordinary(int root, const char *path, int *made)
{
	const char *rest;
	int above, fd;

	if (!is_dev(path))
		return path_make_directory(root, path, 0755, PATH_NO_SYMLINKS, made);
	above = path_open_above(root, path, 0, &rest);
	if (above < 0)
		return above;
	fd = path_make_directory(above, rest, 0755, PATH_NO_SYMLINKS, made);
	close(above);
	return fd;
}

static int make_new(const struct plan *plan, const struct plan_mount *m, const char *type,
	uint64_t attributes, int target, int made, const char *what)
{
	const char *source = plan_text(plan, m->source);
	const char *mode = !strcmp(type, "tmpfs") ? covered_mode(target, made, what) : NULL;
	int mount = mount_by_text(plan, type, source, m->data, mode, attributes, target, what);

	return mount < 0 ? new_mount(plan, type, source, m->data, mode, attributes, what) : mount;
}

static void make_fs(const struct plan *plan, const struct plan_mount *m, uint32_t index, int root)
{
	const char *what = mount_error(plan, m), *path = plan_text(plan, m->destination);
	const char *type = plan_text(plan, m->type);
	uint64_t attributes = m->attr_set;
	int made, mount, target, is_new;

	if (!type)
		die(what, "the mount has no type", 0);
	target = is_special(type) ? open_ordinary(root, path, &made)
				  : path_make_directory(root, path, 0755, 0, &made);
	if (target < 0)
		die(what,
			in_the_way(is_special(type) && target == -ELOOP
					? "must be mounted on ordinary directory"
					: "create mountpoint",
				root, path, is_special(type) ? PATH_NO_SYMLINKS : 0, target),
			target);
	check_target(m, target, path, !strcmp(type, "proc"), what);
	if (readonly_waits(m, type, path))
		attributes &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	mount = host_sysfs(index);
	is_new = mount < 0;
	if (is_new)
		mount = make_new(plan, m, type, attributes, target, made, what);
	if (is_new && !strcmp(type, "mqueue"))
		label_queues(plan, mount, what);
	if (m->mapping)
		map_new_mount(index, mount);
	if ((m->flags & MOUNT_COPY_UP) && !made)
		copy_up(plan, m, target, mount, what);
	attach(root, mount, target, path, what);
	set_mount_propagation(plan, m, mount, what);
	if (is_new)
		keep_own(mount, what);
	close(target);
	if (attributes == m->attr_set)
		close(mount);
	else
		set_readonly_later(mount, what);
}

static void make_cgroup(
	const struct plan *plan, const struct plan_mount *m, uint32_t index, int root)
{
	const char *path = plan_text(plan, m->destination);
	int target = path_make_directory(root, path, 0755, PATH_NO_SYMLINKS, NULL);

	if (target < 0)
		die(mount_error(plan, m),
			in_the_way("create mountpoint", root, path, PATH_NO_SYMLINKS, target),
			target);
	mount_cgroups(plan, m, index, root, target);
	close(target);
}

void make_mounts(const struct plan *plan, int root, void (*before_cgroup)(void))
{
	struct plan_list list = plan->config->mounts;
	int waited = 0;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_mount *m = plan_mount_at(plan, list, i);

		if (m->kind != MOUNT_REMOUNT)
			check_mountpoint(plan, i, root);
		switch (m->kind) {
		case MOUNT_BIND:
			make_bind(plan, m, i, root);
			break;
		case MOUNT_CGROUP:
			if (!waited++)
				before_cgroup();
			make_cgroup(plan, m, i, root);
			break;
		case MOUNT_REMOUNT:
			remount(plan, m, root);
			break;
		default:
			make_fs(plan, m, i, root);
			break;
		}
	}
	if (plan->config->maps_new_mounts)
		close(FD_TREES); /* sources ends now */
	if (!waited)
		before_cgroup();
}

void finish_readonly_mounts(void)
{
	while (late_count) {
		int mount = late_readonly[--late_count];

		set_attributes(mount, MOUNT_ATTR_RDONLY, 0, 0, "unable to mount as readonly:");
		close(mount);
	}
}
