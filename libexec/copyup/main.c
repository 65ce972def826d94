/*
 * copyup: copies a directory into the root of a new tmpfs that is going to cover it (the mount
 * option tmpcopyup). Both come as descriptors; nothing outside of them is ever opened, and of what
 * is below only directories and regular files.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "copyup.h"
#include "fds.h"
#include "priv_table.h"
#include "step.h"

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_COPYUP, argc, argv, NULL, 0);

	if (argc != used + 1 && argc != 1)
		die("usage: copyup 0<FROM 1<TO", NULL, 0);
	/* Nobody waits for us but rootfs. */
	if (used && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return 1;
	umask(0);
	if (!used && (dup2(0, FD_COPY_FROM) < 0 || dup2(1, FD_COPY_TO) < 0))
		die("dup2:", NULL, errno);
	priv_enter(&priv, 1); /* by hand both are at their numbers, too */
	copy_tree(FD_COPY_FROM, FD_COPY_TO);
	tell(MSG_DONE, -1);
	_exit(0);
}
