/* Lookups and creations below a hostile rootfs. See path.h; rules F0-F4 of the design. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "sys.h"

#define RETRIES 128 /* EAGAIN: something was renamed or mounted during the lookup */

static int lookup(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve};
	int fd = -1;

	for (int i = 0; i < RETRIES; i++) {
		fd = sys_openat2(root, path, &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : fd;
}

static uint64_t resolve_flags(int how)
{
	return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
		(how & PATH_NO_SYMLINKS ? RESOLVE_NO_SYMLINKS : 0) |
		(how & PATH_NO_XDEV ? RESOLVE_NO_XDEV : 0);
}

int path_open(int root, const char *path, int flags, int how)
{
	while (*path == '/')
		path++;
	return lookup(root, *path ? path : ".", flags, resolve_flags(how));
}

/* Makes NAME, one component, below DIRECTORY and opens it without following anything. */
static int make_component(int directory, const char *name, mode_t mode, int *made)
{
	if (strlen(name) > 255)
		return -ENAMETOOLONG;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	*made = !mkdirat(directory, name, mode);
	if (!*made && errno != EEXIST)
		return -errno;
	return lookup(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* Makes the components of REST one below the other. Takes over DIRECTORY. */
static int make_components(int directory, char *rest, mode_t mode, int *made)
{
	while (directory >= 0 && *rest) {
		char *end = strchrnul(rest, '/');
		char *after = end + strspn(end, "/");
		int next;

		*end = '\0';
		next = make_component(directory, rest, mode, made);
		close(directory);
		directory = next;
		rest = after;
	}
	return directory;
}

/*
 * The longest existing prefix is looked up by the kernel, symlinks and all, inside ROOT; only what
 * lies beyond it is made, and that never contains a symlink: a dangling one on the way fails with
 * ELOOP.
 */
static int make_below(int root, char *path, mode_t mode, int how, int *made)
{
	size_t cut = strlen(path);
	int fd;

	for (;;) {
		char saved = path[cut];

		path[cut] = '\0';
		fd = path_open(root, path, O_PATH | O_DIRECTORY, how);
		path[cut] = saved;
		if (fd != -ENOENT || !cut)
			break;
		while (cut && path[cut - 1] != '/')
			cut--;
		while (cut && path[cut - 1] == '/')
			cut--;
	}
	return make_components(fd, path + cut + strspn(path + cut, "/"), mode, made);
}

int path_make_directory(int root, const char *path, mode_t mode, int how, int *made)
{
	char copy[4096];
	int ignored;
	int fd;

	if (!made)
		made = &ignored;
	*made = 0;
	fd = path_open(root, path, O_PATH | O_DIRECTORY, how);
	if (fd != -ENOENT)
		return fd;
	while (*path == '/')
		path++;
	if (strlen(path) >= sizeof(copy))
		return -ENAMETOOLONG;
	memcpy(copy, path, strlen(path) + 1);
	return make_below(root, copy, mode, how, made);
}

int path_make_parent(int root, const char *path, int how, char name[256])
{
	char copy[4096];
	char *slash;
	size_t length;
	int made;

	while (*path == '/')
		path++;
	length = strlen(path);
	while (length && path[length - 1] == '/')
		length--;
	if (!length || length >= sizeof(copy))
		return length ? -ENAMETOOLONG : -EINVAL;
	memcpy(copy, path, length);
	copy[length] = '\0';
	slash = strrchr(copy, '/');
	if (strlen(slash ? slash + 1 : copy) > 255)
		return -ENAMETOOLONG;
	strncpy(name, slash ? slash + 1 : copy, 256);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	copy[slash ? slash - copy : 0] = '\0';
	return make_below(root, copy, 0755, how, &made);
}

int path_make_file(int root, const char *path, int how)
{
	char name[256];
	int parent, fd;

	fd = path_open(root, path, O_PATH, how);
	if (fd != -ENOENT)
		return fd;
	parent = path_make_parent(root, path, how, name);
	if (parent < 0)
		return parent;
	/* mknod opens nothing, so that no FIFO or device put there meanwhile can hold us up. */
	if (mknodat(parent, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		fd = -errno;
	else
		fd = lookup(parent, name, O_PATH | O_NOFOLLOW,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	close(parent);
	return fd;
}

int path_make_node(int directory, const char *name, mode_t mode, dev_t device, uid_t uid, gid_t gid)
{
	struct stat st;
	int made, fd, err = 0;

	made = !mknodat(directory, name, mode, device);
	if (!made && errno != EEXIST)
		return -errno;
	fd = lookup(directory, name, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if ((st.st_mode & S_IFMT) != (mode & S_IFMT) || st.st_rdev != device)
		err = -EEXIST;
	if (!err && made && (uid || gid) && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		err = -errno;
	close(fd);
	return err;
}

int path_make_link(int directory, const char *name, const char *target, int replace)
{
	if (replace && unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		return -errno;
	if (symlinkat(target, directory, name) < 0 && (replace || errno != EEXIST))
		return -errno;
	return 0;
}
