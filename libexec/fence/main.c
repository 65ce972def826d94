/*
 * fence: between the program that brought the process into the container and dmz, when annotations
 * confine the container by Landlock. It finds the paths of the rules in there, makes the ruleset,
 * and becomes dmz, which puts it in force. It opens nothing but paths, and reads nothing but the plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "fds.h"
#include "fence.h"
#include "line.h"
#include "step.h"

#include "priv_table.h"

int main(int argc, char **argv)
{
	static const int kept[] = {FD_PLAN, FD_CONTROL, FD_FILTER, FD_START, FD_HOOK, FD_CONSOLE,
		FD_RULES, FD_PIDNS, FD_HOOK_STDOUT, FD_HOOK_STDERR};
	static struct plan plan;
	const char *why;
	int err, root, rules;

	step_start(PROGRAM_FENCE, argc, argv, NULL, 0);
	priv_enter(&priv, 1);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		die("open", "/", errno);
	rules = make_rules(&plan, root);
	close(root);
	if (dup2(rules, FD_RULES) < 0)
		die("dup2:", "the Landlock rules", errno);
	close(rules);
	line_exec(FD_DMZ, "dmz", kept, sizeof(kept) / sizeof(kept[0]));
}
