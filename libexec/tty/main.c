/*
 * tty: relays between the caller's terminal on fds 0-2 and the container's on FD_MASTER, while a
 * conductor runs a container in the foreground. It looks at nothing that passes, and leaves the
 * caller's terminal as it was found.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "fds.h"
#include "priv_table.h"
#include "step.h"
#include "tty.h"

static const struct msg_rule rules[] = {
	{MSG_WINDOW, 0, 0, 0, PROGRAM_CONDUCTOR},
	{MSG_SUSPEND, 0, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
	{MSG_CONTINUE, 0, 0, 0, PROGRAM_CONDUCTOR},
};

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_TTY, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));

	if (argc != 1 + used)
		die("usage: tty 20<>MASTER", NULL, 0);
	if (used && prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		die("PR_SET_PDEATHSIG:", NULL, errno);
	terminal_prepare();
	priv_enter(&priv, 1); /* by hand the master is at its number, too */
	terminal_container();
	job_begin();
	tell(MSG_TERMINAL, -1);
	relay();
	terminal_restore();
	tell(MSG_DONE, -1);
	_exit(0);
}
