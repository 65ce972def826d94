/* A verified procfs. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "sys.h"

#define PROC_ROOT_INODE 1

static int fresh_proc(int pids_only)
{
	int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	int mount, err;

	if (fs < 0)
		return -errno;
	if (pids_only) /* Linux 5.8; older ones have no such option, and the handle is short-lived
			  anyway */
		(void)sys_fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0);
	mount = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!mount)
		mount = sys_fsmount(fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	err = errno;
	close(fs);
	return mount < 0 ? -err : mount;
}

/* Without mount rights (an ordinary user) there is only the /proc that is there; it must at least
 * be one. */
static int callers_proc(void)
{
	int fd = sys_open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC && !sys_fstat(fd, &st) &&
		st.st_ino == PROC_ROOT_INODE)
		return fd;
	close(fd);
	return -ENODEV;
}

int proc_open(int pids_only)
{
	int fd = fresh_proc(pids_only);

	return fd == -EPERM || fd == -ENOSYS ? callers_proc() : fd;
}

int proc_open_file(int proc, const char *name, int flags)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS};
	int fd = sys_openat2(proc, name, &how);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (!fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC)
		return fd;
	close(fd);
	return -EXDEV;
}

int proc_write(int proc, const char *name, const char *value, size_t length)
{
	int fd = proc_open_file(proc, name, O_WRONLY);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return fd;
	n = write(fd, value, length);
	if (n < 0)
		err = -errno;
	else if ((size_t)n != length)
		err = -EIO;
	close(fd);
	return err;
}
