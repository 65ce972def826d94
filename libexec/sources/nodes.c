/*
 * Device nodes of a container with a user namespace, where mknod(2) is forbidden: made here, before
 * the first path of the host is opened, in a tmpfs that is attached nowhere. Each has the number of
 * its device in the plan as its name.
 */
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "step.h"
#include "sys.h"
#include "text.h"

static int nodes = -1;

/* What ID of the container is on the host. */
static uint32_t map_id(const struct plan *plan, struct plan_list map, uint64_t id, const char *kind,
	const char *path)
{
	static char object[MSG_OBJECT_MAX];
	struct text t = TEXT(object);

	for (uint32_t i = 0; i < map.count; i++) {
		const struct plan_idmap *line = plan_idmap_at(plan, map, i);

		if (id >= line->container && id - line->container < line->size)
			return (uint32_t)(line->host + (id - line->container));
	}
	text_add(&t, path);
	text_add(&t, kind);
	text_add_u64(&t, id);
	text_add(&t, " is not mapped into the user namespace");
	die("mknod", object, 0);
}

static int make_tmpfs(const struct plan *plan)
{
	const char *label = plan_text(plan, plan->config->mount_label);
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), mount;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "711", 0) < 0 ||
		(label && sys_fsconfig(fs, FSCONFIG_SET_STRING, "context", label, 0) < 0) ||
		sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		die("a tmpfs for device nodes:", NULL, errno);
	mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (mount < 0)
		die("a tmpfs for device nodes: fsmount", NULL, errno);
	close(fs);
	return mount;
}

static void make_node(const struct plan *plan, uint32_t index)
{
	const struct plan_device *device = plan_device_at(plan, plan->config->devices, index);
	const char *name = text_number(index), *path = plan_text(plan, device->path);
	mode_t type = device->type == DEVICE_BLOCK ? S_IFBLK : S_IFCHR;
	uint32_t uid = map_id(plan, plan->config->uid_map, device->uid, ": uid ", path);
	uint32_t gid = map_id(plan, plan->config->gid_map, device->gid, ": gid ", path);

	if (mknodat(nodes, name, type | (mode_t)device->mode,
		    makedev((unsigned)device->major, (unsigned)device->minor)) < 0) {
		if (errno == EPERM)
			return; /* it is forbidden to us, too: the host's is bound */
		die("mknod", path, errno);
	}
	if (fchownat(nodes, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		die("chown", path, errno);
}

void make_nodes(const struct plan *plan)
{
	struct plan_list list = plan->config->devices;

	nodes = make_tmpfs(plan);
	umask(0);
	for (uint32_t i = 0; i < list.count; i++)
		if (plan_is_node(plan, plan_device_at(plan, list, i)))
			make_node(plan, i);
}

int nodes_made(void)
{
	return nodes;
}

int has_node(uint32_t index)
{
	struct stat st;

	return nodes >= 0 && !fstatat(nodes, text_number(index), &st, AT_SYMLINK_NOFOLLOW);
}
