/*
 * sources: on the host side, before the container's first mount, opens the rootfs, bind sources,
 * namespace files and device nodes, and hands them on as detached mounts and fds (rule F5). It
 * never attaches anything. For a caller who is not root there are two: one without FD_TREES, which
 * opens the namespaces, and one without FD_BUNDLE, inside them, for the rest.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include "fds.h"
#include "files.h"
#include "plan.h"
#include "sources.h"
#include "step.h"

#include "priv_table.h"

static int joins_by_path(const struct plan *plan)
{
	struct plan_list list = plan->config->namespaces;

	for (uint32_t i = 0; i < list.count; i++)
		if (plan_namespace_at(plan, list, i)->path.offset)
			return 1;
	return 0;
}

static int is_there(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int main(int argc, char **argv)
{
	struct priv table = priv;
	struct plan plan;
	const char *why;
	int err, joins;

	step_start(PROGRAM_SOURCES, argc, argv, NULL, 0);
	/* In a Landlock domain /proc/PID/ns of processes outside of it cannot be opened. */
	table.landlock = NULL;
	files_note();
	priv_enter(&table, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	joins = joins_by_path(&plan);
	if (joins && (is_there(FD_BUNDLE) || !is_there(FD_TREES)))
		send_namespaces(&plan);
	priv.landlock(&priv);
	err = priv_keep_caps(priv.caps & ~(UINT64_C(1) << CAP_SYS_PTRACE));
	if (err)
		die("dropping capabilities:", NULL, err);
	if (!joins || is_there(FD_TREES))
		send_trees(&plan);
	tell(MSG_DONE, -1);
	return 0;
}
