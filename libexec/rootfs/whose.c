/*
 * Whose mount a file of the container lies on. What a bind mount has brought is the host's: it is
 * used and covered, but nothing is made in it, wherever an image's symlinks have led it (rule F10).
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "path.h"
#include "step.h"
#include "sys.h"

/* The root, and what was at /dev before anything of the plan was mounted. */
static uint64_t root_mounts[2];

/* Of new file systems. */
static uint64_t own_mounts[TREES_MAX];
static size_t own_count;

uint64_t mount_id(int fd)
{
	struct sys_statx stx;

	if (sys_statx(fd, "", AT_EMPTY_PATH, SYS_STATX_MNT_ID, &stx) < 0 ||
		!(stx.mask & SYS_STATX_MNT_ID))
		return 0;
	return stx.mnt_id;
}

void keep_root_mounts(int root)
{
	int dev = path_open(root, "/dev", O_PATH, PATH_NO_SYMLINKS);

	root_mounts[0] = mount_id(root);
	root_mounts[1] = dev < 0 ? root_mounts[0] : mount_id(dev);
	if (dev >= 0)
		close(dev);
}

void keep_own(int mount, const char *what)
{
	if (own_count == TREES_MAX)
		die(what, "too many mounts", E2BIG);
	own_mounts[own_count++] = mount_id(mount);
}

int is_own(int target)
{
	uint64_t id = mount_id(target);

	for (size_t i = 0; i < own_count; i++)
		if (own_mounts[i] == id)
			return 1;
	return 0;
}

/* TARGET is on what a bind mount brought: neither on such a file system nor on the root. */
static int is_brought(int target)
{
	uint64_t id = mount_id(target);

	return id != root_mounts[0] && id != root_mounts[1] && !is_own(target);
}

int open_last(int root, const char *path)
{
	int fd = path_open(root, path, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && !S_ISLNK(st.st_mode))
		return fd;
	close(fd);
	return -ELOOP;
}

int open_above(int root, const char *path, int how, const char **rest)
{
	int fd = path_open_above(root, path, how, rest);

	if (fd < 0 || !is_brought(fd))
		return fd;
	close(fd);
	return -EXDEV;
}
