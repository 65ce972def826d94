/*
 * pty: between ns and dmz in a process that enters a running container with a terminal of its own.
 * Inside the container's mount namespace it opens a pty of the container's devpts, hands the master
 * to the conductor, and becomes dmz. It opens nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "fds.h"
#include "line.h"
#include "ptmx.h"
#include "step.h"

#include "priv_table.h"

#define JOIN_SECONDS 60

static const struct msg_rule rules[] = {{MSG_JOINED, MSG_ONCE, 0, 0, PROGRAM_CONDUCTOR}};

static struct plan plan;

int main(int argc, char **argv)
{
	static const int kept[] = {FD_PLAN, FD_CONTROL, FD_START, FD_CONSOLE};
	const char *why;
	int err, root, master, peer;

	step_start(PROGRAM_PTY, argc, argv, rules, 1);
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	/* What is at that name may be a device that only the cgroups forbid to open. */
	await(MSG_JOINED, &(struct msg){.fd = -1}, JOIN_SECONDS);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		die("open", "/", errno);
	ptmx_open(&plan, root, &master, &peer);
	close(root);
	tell(MSG_CONSOLE, master);
	close(master);
	if (dup2(peer, FD_CONSOLE) < 0)
		die("dup2:", "console", errno);
	close(peer);
	line_exec_last(&plan, kept, sizeof(kept) / sizeof(kept[0]));
}
