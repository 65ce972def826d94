/*
 * Mounts of the host in a user namespace: whoever is root there could clear the attributes of our
 * copies and unmount what hides something. The kernel locks both when a mount namespace is copied to
 * another user namespace (mount_namespaces(7)). So the trees pass through one that lives as long as
 * that takes; their tops alone can be unmounted then.
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

#define ERROR "locking the mounts that come from the host:"

/* Of device nodes nothing is worth it. */
static int is_locked(const struct tree *tree)
{
	return tree->is.kind == TREE_ROOT || tree->is.kind == TREE_MOUNT;
}

/* A directory of our own, where names are not taken yet: on top of the root and entered, because who is
 * in a chroot may not make a user namespace. */
static int enter_directory(const struct plan *plan)
{
	int directory =
		new_mount(plan, "tmpfs", "tmpfs", (struct plan_list){0, 0}, "700", 0, ERROR);

	if (sys_move_mount(directory, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(directory) < 0 || chroot(".") < 0)
		die(ERROR, "a directory for it", errno);
	return directory;
}

static void leave_directory(int directory, int root)
{
	if (fchdir(root) < 0 || chroot(".") < 0 || fchdir(directory) < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die(ERROR, "umount", errno);
	close(directory);
	close(root);
}

static void attach_tree(const struct tree *tree, const char *name)
{
	struct stat st;

	if (fstat(tree->fd, &st) < 0 ||
		(S_ISDIR(st.st_mode) ? mkdirat(AT_FDCWD, name, 0700)
				     : mknodat(AT_FDCWD, name, S_IFREG | 0600, 0)) < 0)
		die(ERROR, "mountpoint", errno);
	if (sys_move_mount(tree->fd, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		die(ERROR, errno == ENOSPC ? "more mounts than fs.mount-max allows" : "move_mount",
			errno);
}

/* What the child leaves in our memory: 0 only at its end. */
static int failure = ECHILD;

/* In the copy: each tree is cloned once more, to the number that it had. The descriptors are rootfs's. */
static int clone_trees(void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < tree_count; i++) {
		int fd;

		if (!is_locked(&trees[i]))
			continue;
		fd = sys_open_tree(AT_FDCWD, text_number(i),
			OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
		if (fd < 0 || dup3(fd, trees[i].fd, O_CLOEXEC) < 0) {
			failure = errno;
			return 1;
		}
		close(fd);
	}
	failure = 0;
	return 0;
}

/* The child shares our memory and fd table, and we sleep until it is done; main reaps it. It is
 * nobody in a user namespace that maps nothing. */
static void clone_in_copy(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	static const int flags =
		CLONE_VM | CLONE_FILES | CLONE_VFORK | CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD;

	if (clone(clone_trees, stack + sizeof(stack), flags, NULL) < 0) {
		if (errno != EPERM && errno != EACCES)
			die(ERROR, "a user namespace (more than user.max_user_namespaces?)", errno);
		/* A security module forbids it. No container can bring that about, and peers lock
		 * nothing either. */
		warn("mounts that come from the host are not locked: a user namespace inside the "
		     "container's:",
			NULL, errno);
		(void)clone_trees(NULL);
	}
	if (failure)
		die(ERROR, "open_tree", failure);
}

void lock_trees(const struct plan *plan)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), directory;

	if (root < 0)
		die("open", "/", errno);
	directory = enter_directory(plan);
	for (uint32_t i = 0; i < tree_count; i++)
		if (is_locked(&trees[i]))
			attach_tree(&trees[i], text_number(i));
	clone_in_copy();
	leave_directory(directory, root);
}
