/*
 * sources: on the host side, before the container's first mount, opens the rootfs, bind sources,
 * namespace files and device nodes, and hands them on as detached mounts and fds (rule F5). It
 * never attaches anything.
 */
#include "fds.h"
#include "plan.h"
#include "sources.h"
#include "step.h"

#include "priv_table.h"

int main(int argc, char **argv)
{
	struct plan plan;
	const char *why;
	int err;

	step_start(PROGRAM_SOURCES, argc, argv, NULL, 0);
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, err);
	send_namespaces(&plan);
	err = priv_keep_caps(priv.caps & ~(UINT64_C(1) << CAP_SYS_PTRACE));
	if (err)
		die("dropping capabilities:", NULL, err);
	send_trees(&plan);
	tell(MSG_DONE, -1);
	return 0;
}
