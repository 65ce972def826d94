/*
 * sources: on the host side, before the container's first mount, opens the rootfs, bind sources, namespace files and
 * device nodes, and hands them on as detached mounts and fds (rule F5). It never attaches anything.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "fds.h"
#include "plan.h"
#include "sources.h"
#include "step.h"

#include "priv_table.h"

int main(int argc, char **argv)
{
	struct plan plan;
	const char *why;
	int err, conducted;

	conducted = step_start(PROGRAM_SOURCES, argc, argv, NULL, 0);
	if (!conducted) {
		static const char usage[] = "davit sources is started by runc; it does nothing by itself\n";

		return write(2, usage, sizeof(usage) - 1) < 0 ? 1 : 1;
	}
	priv_enter(&priv, conducted);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, err);
	send_namespaces(&plan);
	send_trees(&plan);
	tell(MSG_DONE, -1);
	return 0;
}
