/*
 * resctrl: gives one container its share of cache and memory bandwidth (linux.intelRdt): makes or
 * compares the group, moves a process into it, removes it. It touches nothing outside
 * /sys/fs/resctrl and takes no path from anybody but the plan and the journal.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fds.h"
#include "in_force.h"
#include "group.h"
#include "step.h"

#include "priv_table.h"

#define PID_MAX       (1 << 22) /* no kernel has higher ones */
#define ORDER_SECONDS 300       /* before the first process is there, others may have to wait */

static const struct msg_rule create_rules[] = {
	{MSG_RESCTRL_MAKE, MSG_ONCE, 0, 0, PROGRAM_CONDUCTOR},
	{MSG_RESCTRL_JOIN, MSG_ONCE, sizeof(struct msg_number), MSG_RESCTRL_MAKE,
		PROGRAM_CONDUCTOR},
};

static const struct msg_rule join_rules[] = {
	{MSG_RESCTRL_JOIN, MSG_ONCE, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
};

static const struct msg_rule update_rules[] = {
	{MSG_KEEP, MSG_ONCE, 0, 0, PROGRAM_CONDUCTOR},
};

static struct group group = {.root = -1, .dir = -1, .tasks = {-1, -1}};
static struct journal journal;
static struct msg msg;

static void join_when_told(void)
{
	uint64_t pid;

	await(MSG_RESCTRL_JOIN, &msg, ORDER_SECONDS);
	pid = msg.body.number.value;
	if (pid <= 1 || pid > PID_MAX || pid == (uint64_t)getpid())
		die("runc asks for what no container needs", NULL, EPROTO);
	group_join(&group, (pid_t)pid);
}

static void create(void)
{
	struct plan plan;
	const char *why;
	int err = plan_load(FD_PLAN, build_id, &plan, &why);

	if (err)
		die("plan:", why, 0);
	if (group_find(&group, &plan))
		return;
	group_announce(&group);
	await(MSG_RESCTRL_MAKE, &msg, ORDER_SECONDS);
	group_make(&group, &plan);
	join_when_told();
}

static void read_journal(void)
{
	int err = journal_read(FD_JOURNAL, &journal);

	if (err)
		die_of_journal(err);
}

/* Where somebody else has removed the group, the kernel has put the container's processes back into
 * the root group, where every process begins. */
static void join(void)
{
	conductor.rules = join_rules;
	conductor.rule_count = sizeof(join_rules) / sizeof(join_rules[0]);
	read_journal();
	if (!journal.resctrl.group)
		die("the journal names no resctrl group", NULL, EBADMSG);
	if (!group_open(&group, &journal))
		join_when_told();
	else
		warn("the container's resctrl group has gone:", journal.resctrl.group, 0);
}

static void remove_groups(void)
{
	read_journal();
	group_remove(&journal);
}

/* As `cgroup update`: what is written is taken back unless the update is in force. */
static void update(void)
{
	struct plan plan;
	const char *why;
	int err = plan_load(FD_PLAN, build_id, &plan, &why);

	if (err)
		die("plan:", why, 0);
	conductor.rules = update_rules;
	conductor.rule_count = sizeof(update_rules) / sizeof(update_rules[0]);
	check_enabled(&plan);
	read_journal();
	if (!journal.resctrl.group)
		die("the journal names no resctrl group", NULL, EBADMSG);
	group_open_locked(&group, &journal);
	update_schemata(&group, &plan);
	err = msg_send(&conductor, MSG_UPDATED, NULL, 0, -1);
	if ((!err && !msg_await(&conductor, MSG_KEEP, &msg, ORDER_SECONDS * 1000)) ||
		update_is_in_force())
		return;
	undo_schemata(&group);
	_exit(1);
}

static const struct mode {
	const char *word;
	void (*run)(void);
	uint64_t caps;
} modes[] = {
	{"create", create, UINT64_C(1) << CAP_DAC_OVERRIDE},
	{"join", join, 0},
	{"update", update, UINT64_C(1) << CAP_DAC_OVERRIDE},
	{"remove", remove_groups, UINT64_C(1) << CAP_DAC_OVERRIDE},
};

static _Noreturn void usage(void)
{
	static const char text[] = "usage: resctrl build=ID create | join | update | remove\n";

	_exit(write(2, text, sizeof(text) - 1) < 0 ? 1 : 1);
}

int main(int argc, char **argv)
{
	int conducted = step_start(PROGRAM_RESCTRL, argc, argv, create_rules,
		sizeof(create_rules) / sizeof(create_rules[0]));
	const struct mode *mode = NULL;
	struct priv table = priv;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (argc == 3 && !strcmp(argv[2], modes[i].word))
			mode = &modes[i];
	if (!conducted || !mode)
		usage();
	if (mode->run == update)
		step_ignore_signals();
	umask(022); /* mkdir takes it into account */
	table.caps = mode->caps;
	priv_enter(&table, conducted);
	mode->run();
	tell(MSG_DONE, -1);
	return 0;
}
