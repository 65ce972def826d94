/* Files: their content, and what belongs to every file. */
#include "copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"

#define XATTR_SIZE 65536 /* of one value, and of all names (xattr(7)) */
#define PIECE      (1u << 30)

/* A FIFO that is put there now is opened without waiting, and refused by its type. */
int open_entry(int directory, const char *name, int flags)
{
	const struct open_how how = {.flags = (uint64_t)(O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
					     O_NOCTTY | O_CLOEXEC | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			RESOLVE_NO_XDEV};
	int fd;

	for (int i = 0; i < 128; i++) {
		fd = sys_openat2(directory, name, &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : fd;
}

/* Only what is data: a hole stays one, however large. */
static void copy_content(int from, int to, off_t size)
{
	off_t data = 0, hole;

	while ((data = lseek(from, data, SEEK_DATA)) >= 0) {
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || lseek(from, data, SEEK_SET) < 0 || lseek(to, data, SEEK_SET) < 0)
			die_here(errno);
		while (data < hole) {
			off_t left = hole - data;
			ssize_t n = sendfile(to, from, NULL, left > PIECE ? PIECE : (size_t)left);

			if (n < 0)
				die_here(errno);
			if (!n) /* it became shorter */
				break;
			data += n;
		}
		if (data < hole)
			break;
	}
	if (data < 0 && errno != ENXIO)
		die_here(errno);
	if (ftruncate(to, size) < 0)
		die_here(errno);
}

/* Which attributes are of use in a tmpfs; the others are the kernel's (trusted., labels). */
static int is_copied(const char *name, int user)
{
	if (user)
		return !strncmp(name, "user.", 5);
	return !strcmp(name, "security.capability") || !strncmp(name, "system.posix_acl_", 17);
}

/* USER: those that the owner may set, while we still own the file. A tmpfs has them from Linux 6.6
 * on. */
static void copy_xattrs(int from, int to, int user)
{
	static char list[XATTR_SIZE], value[XATTR_SIZE];
	ssize_t length = flistxattr(from, list, sizeof(list)), n;

	if (length < 0 && errno != ENOTSUP)
		die_here(errno);
	for (const char *name = list; length > 0 && name < list + length;
		name += strlen(name) + 1) {
		if (!is_copied(name, user))
			continue;
		n = fgetxattr(from, name, value, sizeof(value));
		if (n < 0 && errno == ENODATA)
			continue;
		if (n < 0 || (fsetxattr(to, name, value, (size_t)n, 0) < 0 && errno != ENOTSUP))
			die_here(errno);
	}
}

/* An owner that has no number here cannot be given: the file stays ours, and then it must not run as
 * ours. */
static mode_t own(int fd, const struct stat *st)
{
	if (!sys_fchown(fd, st->st_uid, st->st_gid))
		return st->st_mode & 07777;
	if (errno != EINVAL)
		die_here(errno);
	return st->st_mode & 01777;
}

void copy_times(int fd, const struct stat *st)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};

	if (futimens(fd, times) < 0)
		die_here(errno);
}

void copy_attributes(int from, int to, const struct stat *st)
{
	copy_xattrs(from, to, 1);
	if (fchmod(to, own(to, st)) < 0)
		die_here(errno);
	copy_xattrs(from, to, 0);
	copy_times(to, st);
}

void set_attributes_of(int directory, const char *name, const struct stat *st)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};

	if (fchownat(directory, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != EINVAL)
		die_here(errno);
	if (utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		die_here(errno);
}

void copy_file(int from, int to, const char *name)
{
	const struct open_how how = {
		.flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, .mode = 0600};
	int source = open_entry(from, name, 0), target = sys_openat2(to, name, &how);
	struct stat st;

	if (target < 0)
		die_here(errno);
	if (source == -EXDEV) { /* something is mounted there: that is not what will be covered */
		if (fchmod(target, 0644) < 0)
			die_here(errno);
		close(target);
		return;
	}
	if (source < 0 || fstat(source, &st) < 0)
		die_here(source < 0 ? source : errno);
	if (!S_ISREG(st.st_mode))
		die("tmpcopyup: the file was replaced while it was copied:", copy_path, 0);
	copy_content(source, target, st.st_size);
	copy_attributes(source, target, &st);
	close(source);
	close(target);
}
