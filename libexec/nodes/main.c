/*
 * nodes: the device nodes of a container with a user namespace, where mknod(2) is forbidden, in a tmpfs
 * that is attached nowhere yet. Each has the number of its device in the plan as its name. It must never
 * hold another directory: what it may do to a file, it may do to any that it can name.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "fds.h"
#include "plan.h"
#include "priv_table.h"
#include "step.h"
#include "text.h"

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

static void make_node(const struct plan *plan, uint32_t index)
{
	const struct plan_device *device = plan_device_at(plan, plan->config->devices, index);
	const char *name = text_number(index), *path = plan_text(plan, device->path);
	mode_t type = device->type == DEVICE_BLOCK ? S_IFBLK : S_IFCHR;
	uint32_t uid = map_id(plan, plan->config->uid_map, device->uid, ": uid ", path);
	uint32_t gid = map_id(plan, plan->config->gid_map, device->gid, ": gid ", path);

	if (mknodat(FD_NODES, name, type | (mode_t)device->mode,
		    makedev((unsigned)device->major, (unsigned)device->minor)) < 0) {
		if (errno == EPERM)
			return; /* it is forbidden to us, too: the host's is bound */
		die("mknod", path, errno);
	}
	if (fchownat(FD_NODES, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		die("chown", path, errno);
}

int main(int argc, char **argv)
{
	static struct plan plan;
	const char *why;
	int err;

	step_start(PROGRAM_NODES, argc, argv, NULL, 0);
	umask(0);
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	for (uint32_t i = 0; i < plan.config->devices.count; i++)
		if (plan_is_node(&plan, plan_device_at(&plan, plan.config->devices, i)))
			make_node(&plan, i);
	tell(MSG_DONE, -1);
	return 0;
}
