/*
 * sources: on the host side, before the container's first mount, opens the rootfs, bind sources,
 * namespace files and device nodes, and hands them on as detached mounts and fds (rule F5). It
 * never attaches anything. For a caller who is not root there are two: one without FD_TREES, which
 * opens the namespaces, and one without FD_BUNDLE, inside them, for the rest.
 */
#include <fcntl.h>
#include "fds.h"
#include "plan.h"
#include "sources.h"
#include "step.h"

#include "priv_table.h"

int main(int argc, char **argv)
{
	struct plan plan;
	const char *why;
	int err, inside;

	step_start(PROGRAM_SOURCES, argc, argv, NULL, 0);
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, err);
	inside = fcntl(FD_BUNDLE, F_GETFD) < 0 && fcntl(FD_TREES, F_GETFD) >= 0;
	if (!inside)
		send_namespaces(&plan);
	err = priv_keep_caps(priv.caps & ~(UINT64_C(1) << CAP_SYS_PTRACE));
	if (err)
		die("dropping capabilities:", NULL, err);
	if (fcntl(FD_TREES, F_GETFD) >= 0)
		send_trees(&plan);
	tell(MSG_DONE, -1);
	return 0;
}
