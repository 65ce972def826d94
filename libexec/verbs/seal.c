/* See seal.h. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spawn.h"
#include "sys.h"
#include "whole.h"

#define IMAGE_OWNER 4294967294u /* the last id: 2^32-1 is none */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int images = -1, forbidden, failed;

/* The owner of an image is one that no user namespace maps but one of all ids there are: where the
 * host's root is mapped, it could read its own. What the caller cannot give away stays the
 * caller's. */
static int give_away(int image)
{
	if (!fchown(image, IMAGE_OWNER, IMAGE_OWNER) || errno == EPERM || errno == EINVAL)
		return 0;
	return -errno;
}

/* Fills IMAGE with the file of PROGRAM. */
static int fill(int image, enum program program)
{
	int directory = spawn_directory(), file, err = 0;
	struct stat st;

	if (directory < 0)
		return directory;
	file = openat(directory, program_names[program], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return -errno;
	if (fstat(file, &st) < 0)
		err = -errno;
	if (!err)
		err = copy_whole(image, file, (size_t)st.st_size);
	close(file);
	if (!err && fchmod(image, 0111) < 0)
		err = -errno;
	return err ? err : give_away(image);
}

static int new_memfd(const char *name)
{
	int memfd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (memfd < 0 && errno == EINVAL) /* before Linux 6.3 every memfd is executable */
		memfd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	forbidden = memfd < 0 && errno == EACCES;
	return memfd < 0 ? -errno : memfd;
}

static int new_tmpfs(void)
{
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), mount = -1, err;

	if (fs < 0)
		return -errno;
	if (!sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) &&
		!sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	err = errno;
	close(fs);
	return mount < 0 ? -err : mount;
}

static int add_image(int mount, enum program program)
{
	int image = openat(mount, program_names[program],
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	int err;

	if (image < 0)
		return -errno;
	err = fill(image, program);
	close(image);
	/* Not every program is installed, and the conductor is none of them. */
	return err == -ENOENT && !unlinkat(mount, program_names[program], 0) ? 0 : err;
}

static int make_images(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	int mount = new_tmpfs(), err = 0;

	if (mount < 0)
		return mount;
	for (int i = 0; i < PROGRAM_COUNT && !err; i++)
		err = add_image(mount, (enum program)i);
	if (!err && sys_mount_setattr(mount, "", AT_EMPTY_PATH, &attr) < 0)
		err = -errno;
	if (err)
		close(mount);
	else
		images = mount;
	return err;
}

static int open_image(enum program program)
{
	int err = images >= 0 ? 0 : failed ? failed : make_images(), image;

	if (err)
		return err;
	image = openat(images, program_names[program], O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return image < 0 ? -errno : image;
}

int seal_program(enum program program)
{
	int memfd = new_memfd(program_names[program]), err;

	if (forbidden)
		return open_image(program);
	if (memfd < 0)
		return memfd;
	err = fill(memfd, program);
	if (!err)
		err = spawn_seal_memfd(memfd);
	if (err)
		close(memfd);
	return err ? err : memfd;
}

void seal_prepare(void)
{
	int memfd = images < 0 ? new_memfd("probe") : -1;

	if (memfd >= 0)
		close(memfd);
	else if (forbidden && images < 0)
		failed = make_images(); /* said when one is needed */
}

int seal_images(void)
{
	return images;
}

const char *seal_hint(int err)
{
	return forbidden && images < 0 && (err == EPERM || err == EACCES)
		? ": vm.memfd_noexec is 2 in this pid namespace, and a tmpfs for the programs "
		  "cannot be made; set it to 1 or 0"
		: "";
}
