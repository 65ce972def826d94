/* The option remount: what is mounted at a destination gets other attributes or options. Nothing is
 * mounted. */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include "path.h"
#include "step.h"
#include "sys.h"

static _Noreturn void die_of_remount(const char *what, int err)
{
	if (err == EINVAL)
		die(what, "remount: nothing is mounted there", err);
	die(what, err == EPERM ? "remount: cannot clear locked flags" : "remount", err);
}

/* Of the file system, which others may have mounted, too: only what the options name. */
static void reconfigure(
	const struct plan *plan, const struct plan_mount *m, int target, const char *what)
{
	int fs = sys_fspick(target, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	if (fs < 0)
		die_of_remount(what, errno);
	set_options(plan, fs, "", m->data, what);
	if (sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		die_of_fs(fs, what, "remount: the file system's options", errno);
	close(fs);
}

/* mount_setattr(2) leaves alone what is not named, so that nothing that is locked in a user
 * namespace has to be repeated; EPERM tells of one that was to be cleared. */
static void change_attributes(
	const struct plan_mount *m, int target, uint64_t set, const char *what)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = m->attr_clr};

	if ((set || m->attr_clr) && sys_mount_setattr(target, "", AT_EMPTY_PATH, &attr) < 0)
		die_of_remount(what, errno);
	set_attributes(target, m->rec_attr_set, m->rec_attr_clr, AT_RECURSIVE, what);
}

/* Mountpoints may still have to be made in a tmpfs of ours and in /dev (readonly_waits). */
static int waits(const struct plan_mount *m, int target, const char *path, const char *what)
{
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		die(what, "remount", errno);
	return (m->attr_set & MOUNT_ATTR_RDONLY) && is_own(target) &&
		(fs.f_type == TMPFS_MAGIC || is_dev(path));
}

/* Read-only can be a matter of the mount alone; nothing else can. */
static int names_more_than_readonly(const struct plan *plan, struct plan_list data)
{
	for (uint32_t i = 0; i < data.count; i++) {
		const char *key = plan_text(plan, plan_kv_at(plan, data, i)->key);

		if (strcmp(key, "ro") != 0 && strcmp(key, "rw") != 0)
			return 1;
	}
	return 0;
}

/*
 * The destination may lead through a symlink of the image to any mount in the root, also to the root
 * itself. Its attributes are the container's; the file system of a bind mount is the host's, and
 * keeps its options.
 */
static void change_file_system(
	const struct plan *plan, const struct plan_mount *m, int target, const char *what)
{
	if (!(m->flags & MOUNT_RECONFIGURE) || !m->data.count)
		return;
	if (is_own(target))
		reconfigure(plan, m, target, what);
	else if (names_more_than_readonly(plan, m->data))
		die(what, "remount: not a file system that the container has mounted", 0);
}

void remount(const struct plan *plan, const struct plan_mount *m, int root)
{
	const char *what = mount_error(plan, m), *path = plan_text(plan, m->destination);
	int target = path_open(root, path, O_PATH, 0), late;

	if (target < 0)
		die(what, "remount", target);
	if (mount_id(target) == mount_id(root))
		die_of_remount(what, EINVAL);
	change_file_system(plan, m, target, what);
	late = waits(m, target, path, what);
	change_attributes(m, target, m->attr_set & ~(late ? (uint64_t)MOUNT_ATTR_RDONLY : 0), what);
	set_mount_propagation(plan, m, target, what);
	if (late)
		set_readonly_later(target, what);
	else
		close(target);
}
