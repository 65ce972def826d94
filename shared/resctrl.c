/* See resctrl.h. */
#include "resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/vfs.h>
#include "kernfs.h"
#include "step.h"

#define RDTGROUP_SUPER_MAGIC 0x7655821u

/* The place of the file system is the kernel's choice, resctrl(5) and every tool know no other. */
int resctrl_open_mount(void)
{
	int root = openat(AT_FDCWD, RESCTRL_MOUNT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (root < 0 && errno == ENOENT)
		return -ENOENT;
	if (root < 0 || fstatfs(root, &fs) < 0)
		die("open", RESCTRL_MOUNT, errno);
	if ((uint32_t)fs.f_type == RDTGROUP_SUPER_MAGIC)
		return root;
	close_fd(&root);
	return -ENOENT;
}
