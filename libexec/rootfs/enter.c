/*
 * From the host's root to the container's. It must be the root of the mount namespace, not only of
 * this process: exec gets the former (setns(2)), and a chroot that is left ends there.
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "path.h"
#include "proc.h"
#include "step.h"
#include "sys.h"

/* "." twice stacks the old root on the new one, from where it is unmounted at once. -errno: the roots
 * cannot change places, as on a ramdisk. */
static int pivot(int root)
{
	struct mount_attr slave = {.propagation = MS_SLAVE};
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (old < 0 || fchdir(root) < 0)
		die("chdir:", "rootfs", errno);
	if (sys_pivot_root(".", ".") < 0) {
		err = -errno;
		close(old);
		return err;
	}
	if (fchdir(old) < 0 || sys_mount_setattr(old, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave) < 0)
		die("the host's root:", NULL, errno);
	close(old);
	if (umount2(".", MNT_DETACH) < 0)
		die("umount of the host's root:", NULL, errno);
	return 0;
}

static int octal(const char *digits)
{
	return (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + digits[2] - '0';
}

/* The fifth word of a line of mountinfo, in which a blank is "\040" (proc_pid_mountinfo(5)). */
static const char *mountpoint(char *line)
{
	char *from = line, *to = line;

	for (int word = 1; word < 5; word++) {
		from += strcspn(from, " ");
		from += strspn(from, " ");
	}
	while (*from && *from != ' ') {
		if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (char)octal(from + 1);
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return line;
}

/* Detaches what the lines in TEXT name; returns where the last one, which is not whole, begins. */
static size_t detach_lines(char *text, size_t *detached)
{
	char *line = text, *end;

	while ((end = strchr(line, '\n'))) {
		const char *path;

		*end = '\0';
		path = mountpoint(line);
		/* What is locked in a user namespace stays, and the root itself. */
		if (strcmp(path, "/") != 0 && !umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW))
			++*detached;
		line = end + 1;
	}
	return (size_t)(line - text);
}

/* One reading of the list of mounts; returns how many are gone. */
static size_t detach_mounts(int proc)
{
	static char text[32768]; /* a line has two paths, in which each byte may be four */
	size_t length = 0, detached = 0, used;
	int fd = proc_open_file(proc, "self/mountinfo", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		die("open", "/proc/self/mountinfo", fd);
	while ((n = read(fd, text + length, sizeof(text) - 1 - length)) > 0) {
		length += (size_t)n;
		text[length] = '\0';
		used = detach_lines(text, &detached);
		length -= used;
		memmove(text, text + used, length);
	}
	if (n < 0 || length)
		die("read", "/proc/self/mountinfo", n < 0 ? errno : EPROTO);
	close(fd);
	return detached;
}

/*
 * Without pivot_root the host's root stays, below the container's. Everything mounted there goes: a
 * procfs that can be seen, however deep, permits a new one without masks to a user namespace.
 */
static void cover_host(int root)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};
	int proc = proc_open(0);

	if (proc < 0)
		die("open", "/proc", proc);
	/* ELOOP: it is there. */
	if (sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 && errno != ELOOP)
		die("moving the root file system to /:", NULL, errno);
	/* "/" is the host's until the root is entered anew, so no path here leads to ours. */
	while (detach_mounts(proc))
		continue;
	if (sys_mount_setattr(AT_FDCWD, "/", 0, &private) < 0)
		die("the host's root:", NULL, errno);
	close(proc);
}

/* Enters what is topmost at the root of the mount namespace, as exec does. */
static void enter_top(void)
{
	int self = sys_pidfd_open(getpid(), 0);

	if (self < 0 || setns(self, CLONE_NEWNS) < 0)
		die("entering the root of the mount namespace:", NULL, errno);
	close(self);
}

/* True: it is ROOT. */
static int enter_top_is(int root)
{
	int top, is_root;

	enter_top();
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		die("open", "/", errno);
	is_root = mount_id(top) == mount_id(root);
	close(top);
	return is_root;
}

static void change_root(int fd)
{
	if (fchdir(fd) < 0 || chroot(".") < 0)
		die("chroot:", NULL, errno);
}

/* A caller in a chroot has another root than its mount namespace: that one must be exchanged, too. */
static void enter_namespace(const struct plan *plan, int root)
{
	int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = pivot(root), is_top = enter_top_is(root);

	if (host < 0)
		die("open", "/", errno);
	if (!is_top)
		err = pivot(root);
	if (err && !plan->config->no_pivot)
		die("pivot_root:", NULL, err);
	/* Where the bundle could not be reached our root lies on top of the host's already. */
	if (err && is_top)
		change_root(host);
	close(host);
	if (err)
		cover_host(root);
	if ((err || !is_top) && !enter_top_is(root))
		die("the container's root is not that of its mount namespace", NULL, 0);
}

void set_propagation(void)
{
	struct mount_attr slave = {.propagation = MS_SLAVE};
	int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (host < 0 || cwd < 0)
		die("open", host < 0 ? "/" : "the bundle's directory", errno);
	enter_top();
	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &slave) < 0)
		die("mount_setattr:", "the root of the mount namespace", errno);
	change_root(host);
	if (fchdir(cwd) < 0)
		die("chdir:", ".", errno);
	close(host);
	close(cwd);
}

void enter_root(const struct plan *plan, int root)
{
	int cwd;

	/* Without a mount namespace of its own the container shares the host's root mount. */
	if (plan_namespace(plan, NS_MOUNT, NULL))
		enter_namespace(plan, root);
	else
		change_root(root);
	if (chdir("/") < 0)
		die("chdir:", "/", errno);
	cwd = path_make_directory(root, plan_text(plan, plan->config->cwd), 0755, 0, NULL);
	if (cwd >= 0)
		close(cwd); /* dmz says what is wrong with it, as the user it runs as */
}
