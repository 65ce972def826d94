/*
 * subids: has newuidmap and newgidmap write the id maps of a user namespace that ns has made, for a
 * caller who is not root. It holds nothing that the caller has not, and cannot confine itself:
 * what it executes must keep its set-id bit. It must never run for root.
 */
#include <errno.h>
#include <unistd.h>
#include "fds.h"
#include "priv_table.h"
#include "step.h"
#include "subids.h"
#include "text.h"

#define PID_MAX       (1 << 22) /* no kernel has higher ones */
#define ORDER_SECONDS 60

static const struct msg_rule rules[] = {
	{MSG_MAP, MSG_ONCE, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
};

static pid_t hear_pid(void)
{
	static struct msg msg;

	await(MSG_MAP, &msg, ORDER_SECONDS);
	return msg.body.number.value > PID_MAX ? 0 : (pid_t)msg.body.number.value;
}

static pid_t read_pid(const char *word)
{
	uint64_t pid;

	return text_to_u64(word, &pid) || pid > PID_MAX ? 0 : (pid_t)pid;
}

int main(int argc, char **argv)
{
	static struct plan plan;
	int used = step_start(PROGRAM_SUBIDS, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	const char *why;
	pid_t pid;
	int err;

	if (argc != 4)
		die("usage: subids NEWUIDMAP NEWGIDMAP PID 3<PLAN", NULL, 0);
	priv_enter(&priv, 1); /* by hand the plan is at its number, too */
	if (geteuid() == 0)
		die("root writes id maps without help", NULL, 0);
	err = plan_load(FD_PLAN, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	pid = used ? hear_pid() : read_pid(argv[3]);
	if (pid <= 1 || pid == getpid())
		die("not the pid of a process in a new user namespace", NULL, EPROTO);
	const struct tool tools[] = {{"newuidmap", "linux.uidMappings:", "/etc/subuid",
					     argv[1 + used], plan.config->uid_map, geteuid()},
		{"newgidmap", "linux.gidMappings:", "/etc/subgid", argv[2 + used],
			plan.config->gid_map, getegid()}};
	for (int i = 0; i < 2; i++)
		if (!plan_maps_only(&plan, tools[i].map, tools[i].own))
			tool_run(&plan, &tools[i], pid);
	tell(MSG_DONE, -1);
	_exit(0);
}
