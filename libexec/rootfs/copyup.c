/*
 * The option tmpcopyup: copyup, another program, copies what a new tmpfs is going to cover. It gets
 * two directories and few of our rights; we look at nothing below the destination.
 */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include "fds.h"
#include "inner.h"
#include "step.h"
#include "sys.h"

/*
 * A mount of its own on the directory: no device can be opened there, no symlink followed, nothing
 * written, whoever changes the tree meanwhile. What is mounted further down comes with it, because
 * in a user namespace it may be locked; copyup does not go there.
 */
static int shield(int target, const char *what)
{
	int tree = sys_open_tree(
		target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		die(what, "tmpcopyup: open_tree", errno);
	set_attributes(tree,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			MOUNT_ATTR_NOSYMFOLLOW,
		0, AT_RECURSIVE, what);
	return tree;
}

/* A program, device or set-id bit that meant nothing where it lay means nothing in the copy, unless the
 * options say so. */
static void take_attributes(const struct plan_mount *m, int target, int mount, const char *what)
{
	uint64_t found = 0;
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		die(what, "tmpcopyup", errno);
	found |= fs.f_flags & ST_NOSUID ? MOUNT_ATTR_NOSUID : 0;
	found |= fs.f_flags & ST_NODEV ? MOUNT_ATTR_NODEV : 0;
	found |= fs.f_flags & ST_NOEXEC ? MOUNT_ATTR_NOEXEC : 0;
	set_attributes(mount, found & ~m->attr_clr, 0, 0, what);
}

static int names_owner(const struct plan *plan, struct plan_list data)
{
	for (uint32_t i = 0; i < data.count; i++) {
		const char *key = plan_text(plan, plan_kv_at(plan, data, i)->key);

		if (!strcmp(key, "uid") || !strcmp(key, "gid"))
			return 1;
	}
	return 0;
}

static int copied, filled;

/* One may lie where the other is to be, so both move out of the way first. */
static void place(void)
{
	int from = fcntl(copied, F_DUPFD_CLOEXEC, FD_PRESERVED),
	    to = fcntl(filled, F_DUPFD_CLOEXEC, FD_PRESERVED);

	if (from < 0 || to < 0 || dup2(from, FD_COPY_FROM) < 0 || dup2(to, FD_COPY_TO) < 0)
		_exit(1);
}

void copy_up(const struct plan *plan, const struct plan_mount *m, int target, int mount,
	const char *what)
{
	struct stat st;

	copied = shield(target, what);
	filled = mount;
	inner_run("copyup", FD_COPYUP, (char *[]){NULL}, place, NULL);
	/* The mode came with the mount. An owner that is not mapped here stays root. */
	if (fstat(target, &st) < 0)
		die(what, "tmpcopyup", errno);
	if (!names_owner(plan, m->data) &&
		fchownat(mount, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) < 0 && errno != EINVAL)
		die(what, "tmpcopyup: owner", errno);
	take_attributes(m, target, mount, what);
	close(copied);
}
