/* Lookups and creations below a hostile rootfs. See path.h; rules F0-F4 of the design. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "sys.h"

#define RETRIES   128 /* EAGAIN: something was renamed or mounted during the lookup */
#define LINKS     40  /* symlinks that lead nowhere, as many as the kernel follows */
#define PATH_SIZE 4096

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

/* Opens NAME, one component that was not there, below DIRECTORY without following anything; what is
 * mounted there now was moved there. */
static int open_component(int directory, const char *name, int flags)
{
	return lookup(directory, name, O_PATH | O_NOFOLLOW | flags,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

/* Makes it first, when it is not there. */
static int make_component(int directory, const char *name, mode_t mode, int *made)
{
	if (strlen(name) > 255)
		return -ENAMETOOLONG;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	*made = !mkdirat(directory, name, mode);
	if (!*made && errno != EEXIST)
		return -errno;
	return open_component(directory, name, O_DIRECTORY);
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
 * When NAME below DIRECTORY is a symlink, which then leads nowhere, puts where it leads in its
 * place in PATH, NAME beginning at AT: the kernel resolves the result anew, inside the root. 1,
 * 0 when NAME is no symlink, or -errno.
 */
static int put_target(int directory, char path[PATH_SIZE], size_t at)
{
	char target[PATH_SIZE], name[256];
	size_t length = strcspn(path + at, "/"), rest = strlen(path + at + length);
	ssize_t n;

	if (length > 255)
		return -ENAMETOOLONG;
	memcpy(name, path + at, length);
	name[length] = '\0';
	n = readlinkat(directory, name, target, sizeof(target));
	if (n < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	if (target[0] == '/')
		at = 0;
	if (at + (size_t)n + rest >= PATH_SIZE)
		return -ENAMETOOLONG;
	memmove(path + at + n, strchr(path, '\0') - rest, rest + 1);
	memcpy(path + at, target, (size_t)n);
	return 1;
}

/* The longest prefix of PATH that exists, opened; *cut is where it ends. */
static int open_prefix(int root, char *path, int how, size_t *cut)
{
	int fd;

	for (*cut = strlen(path);;) {
		char saved = path[*cut];

		path[*cut] = '\0';
		fd = path_open(root, path, O_PATH | O_DIRECTORY, how);
		path[*cut] = saved;
		if (fd != -ENOENT || !*cut)
			return fd;
		while (*cut && path[*cut - 1] != '/')
			--*cut;
		while (*cut && path[*cut - 1] == '/')
			--*cut;
	}
}

/* PATH without the slashes around it. */
static int copy_path(const char *path, char copy[PATH_SIZE])
{
	size_t length;

	path += strspn(path, "/");
	length = strlen(path);
	while (length && path[length - 1] == '/')
		length--;
	if (length >= PATH_SIZE)
		return -ENAMETOOLONG;
	memmove(copy, path, length);
	copy[length] = '\0';
	return 0;
}

int path_open_above(int root, const char *path, int how, const char **rest)
{
	char copy[PATH_SIZE];
	char *slash;
	size_t cut;
	int fd = copy_path(path, copy);

	if (fd)
		return fd;
	slash = strrchr(copy, '/');
	copy[slash ? slash - copy : 0] = '\0';
	fd = open_prefix(root, copy, how, &cut);
	*rest = path + strspn(path, "/") + cut;
	return fd;
}

/*
 * The longest existing prefix is looked up by the kernel, symlinks and all, inside ROOT. What lies
 * beyond it is made, and that never contains a symlink; one that leads nowhere is followed by
 * looking up where it leads in the same way.
 */
static int make_below(int root, char path[PATH_SIZE], mode_t mode, int how, int *made)
{
	for (int links = 0; links < LINKS; links++) {
		size_t cut;
		int fd = open_prefix(root, path, how, &cut), is_link;

		if (fd < 0)
			return fd;
		cut += strspn(path + cut, "/");
		is_link = how & PATH_NO_SYMLINKS ? 0 : put_target(fd, path, cut);
		if (!is_link)
			return make_components(fd, path + cut, mode, made);
		close(fd);
		if (is_link < 0)
			return is_link;
	}
	return -ELOOP;
}

int path_make_directory(int root, const char *path, mode_t mode, int how, int *made)
{
	char copy[PATH_SIZE];
	int ignored, err;
	int fd;

	if (!made)
		made = &ignored;
	*made = 0;
	fd = path_open(root, path, O_PATH | O_DIRECTORY, how);
	if (fd != -ENOENT)
		return fd;
	err = copy_path(path, copy);
	return err ? err : make_below(root, copy, mode, how, made);
}

/* The directory of the last component of PATH, which is cut off and goes to NAME; *at is where it
 * stood. */
static int make_parent(int root, char path[PATH_SIZE], int how, char name[256], size_t *at)
{
	char copy[PATH_SIZE];
	char *slash = strrchr(path, '/');
	int made;

	*at = slash ? (size_t)(slash + 1 - path) : 0;
	if (!path[*at])
		return -EINVAL;
	if (strlen(path + *at) > 255)
		return -ENAMETOOLONG;
	memcpy(name, path + *at, strlen(path + *at) + 1);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	memcpy(copy, path, *at);
	copy[slash ? slash - path : 0] = '\0';
	return make_below(root, copy, 0755, how, &made);
}

int path_make_parent(int root, const char *path, int how, char name[256])
{
	char copy[PATH_SIZE];
	size_t at;
	int err = copy_path(path, copy);

	return err ? err : make_parent(root, copy, how, name, &at);
}

/* mknod opens nothing, so that no FIFO or device put there meanwhile can hold us up. */
static int make_file(int parent, const char *name)
{
	if (mknodat(parent, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return -errno;
	return open_component(parent, name, 0);
}

int path_make_file(int root, const char *path, int how)
{
	char name[256], copy[PATH_SIZE];
	int fd = path_open(root, path, O_PATH, how), err;

	if (fd != -ENOENT)
		return fd;
	err = copy_path(path, copy);
	for (int links = 0; !err && links < LINKS; links++) {
		size_t at;
		int parent = make_parent(root, copy, how, name, &at), is_link;

		if (parent < 0)
			return parent;
		is_link = how & PATH_NO_SYMLINKS ? 0 : put_target(parent, copy, at);
		fd = is_link ? is_link : make_file(parent, name);
		close(parent);
		if (is_link <= 0)
			return fd;
		err = copy_path(copy, copy);
	}
	return err ? err : -ELOOP;
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
