/* Device nodes for a user namespace, where nobody may make any: the tmpfs is made here, nodes fills it. */
#include "creation.h"

#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>
#include "fds.h"
#include "sys.h"
#include "text.h"

#define SECONDS 30

/* Without mappings it is not known whose the nodes are to be. */
static int are_wanted(const struct plan *plan)
{
	struct plan_list list = plan->config->devices;

	if (!plan_namespace(plan, NS_USER, NULL) || !plan->config->uid_map.count)
		return 0;
	for (uint32_t i = 0; i < list.count; i++)
		if (plan_is_node(plan, plan_device_at(plan, list, i)))
			return 1;
	return 0;
}

/* fd or -errno */
static int make_tmpfs(const char *label)
{
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), mount = -1, err;

	if (fs < 0)
		return -errno;
	if (!sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "711", 0) &&
		(!label || !sys_fsconfig(fs, FSCONFIG_SET_STRING, "context", label, 0)) &&
		!sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	err = -errno;
	close(fs);
	return mount < 0 ? err : mount;
}

int nodes_make(struct creation *c, int *nodes)
{
	const struct plan *plan = &c->container.plan;
	char line[CREATION_LINE];

	*nodes = -1;
	if (!are_wanted(plan))
		return 0;
	*nodes = make_tmpfs(plan_text(plan, plan->config->mount_label));
	if (*nodes < 0)
		return creation_error(c, "a tmpfs for device nodes", -*nodes);

	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}, {*nodes, FD_NODES}};
	const struct spawn request = {
		.program = PROGRAM_NODES, .image = -1, .fds = fds, .fd_count = 2};

	if (!conduct_run(&request, SECONDS, line, sizeof(line)))
		return 0;
	close(*nodes);
	text_join(c->line, sizeof(c->line), INIT_PREFIX, line, NULL);
	return -1;
}
