/*
 * scope: has the systemd manager make, change and take away the unit that is the cgroup of one
 * container (--systemd-cgroup). It opens no file and has no capability: what it may do it may
 * because of who is at the other end of its one socket. It must never ask for a unit that the plan
 * or the journal does not name.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "fds.h"
#include "priv_table.h"
#include "scope.h"
#include "step.h"

#define PID_MAX       (1 << 22) /* no kernel has higher ones */
#define ORDER_SECONDS 300       /* before the first process is there, others may have to wait */

static const struct msg_rule rules[] = {
	{MSG_SCOPE, MSG_ONCE, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
};

static struct plan plan;
static struct journal journal;
static enum cgroup_layout layout;

static void load_plan(void)
{
	const char *why;
	int err = plan_load(FD_PLAN, build_id, &plan, &why);

	if (err)
		die("plan:", why, 0);
	if (!plan.config->systemd)
		die("plan:", "it asks for no unit", 0);
}

static void load_journal(void)
{
	int err = journal_read(FD_JOURNAL, &journal);

	if (err)
		die_of_journal(err);
	if (!journal.unit.name)
		die("the journal names no unit", NULL, EBADMSG);
}

static void create(void)
{
	static struct msg msg;
	uint64_t pid;

	load_plan();
	bus_ready();
	properties_prepare(&plan, layout, ALL_PROPERTIES);
	tell(MSG_SCOPE, -1);
	await(MSG_SCOPE, &msg, ORDER_SECONDS);
	pid = msg.body.number.value;
	if (pid <= 1 || pid > PID_MAX || pid == (uint64_t)getpid())
		die("runc asks for what no container needs", NULL, EPROTO);
	bus_restart_clock();
	unit_create(&plan, (uint32_t)pid);
	tell(MSG_SCOPED, -1);
}

static void update(void)
{
	load_plan();
	load_journal();
	bus_ready();
	properties_prepare(&plan, layout, RESOURCES);
	unit_update(journal.unit.name);
	tell(MSG_DONE, -1);
}

static void remove_unit(void)
{
	load_journal();
	bus_ready();
	unit_remove(&journal);
	tell(MSG_DONE, -1);
}

static const struct mode {
	const char *word;
	void (*run)(void);
} modes[] = {{"create", create}, {"update", update}, {"remove", remove_unit}};

int main(int argc, char **argv)
{
	int conducted =
		step_start(PROGRAM_SCOPE, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	const struct mode *mode = NULL;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (argc == 5 && !strcmp(argv[2], modes[i].word))
			mode = &modes[i];
	if (!conducted || !mode)
		die("usage: scope build=ID create | update | remove v1 | v2 bus | private", NULL,
			0);
	layout = strcmp(argv[3], "v2") ? LAYOUT_V1 : LAYOUT_V2;
	priv_enter(&priv, conducted);
	bus_start(argv[4]);
	mode->run();
	_exit(0);
}
