/*
 * cgroup: makes, joins, limits, freezes, empties and removes the cgroup of one container, on v1,
 * hybrid and v2, and shows one by hand. It touches nothing outside /sys/fs/cgroup and takes no path
 * from anybody but the plan and the journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cgroup.h"
#include "fds.h"
#include "in_force.h"
#include "step.h"

#include "priv_table.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define ORDER_SECONDS                                                                              \
	300 /* between two orders the conductor may run hooks and mount slow file systems */

static const struct msg_rule rules[] = {
	{MSG_SCOPED, MSG_ONCE | MSG_FD, 0, 0, PROGRAM_CONDUCTOR},
	{MSG_CGROUP_MAKE, MSG_ONCE, 0, 0, PROGRAM_CONDUCTOR},
	{MSG_CGROUP_JOIN, MSG_ONCE, sizeof(struct msg_number), MSG_CGROUP_MAKE, PROGRAM_CONDUCTOR},
	{MSG_LIMIT, MSG_ONCE, 0, MSG_CGROUP_MAKE, PROGRAM_CONDUCTOR},
};

static const struct msg_rule join_rules[] = {
	{MSG_CGROUP_JOIN, MSG_ONCE, sizeof(struct msg_number), 0, PROGRAM_CONDUCTOR},
};

static const struct msg_rule update_rules[] = {
	{MSG_KEEP, MSG_ONCE, 0, 0, PROGRAM_CONDUCTOR},
};

static struct host host;
static struct journal journal;

/* To look at a device program that is attached already the kernel asks for SYS_ADMIN. */
static uint64_t device_caps(void)
{
	const struct hierarchy *h = host.unified ? host_controller(&host, "") : NULL;
	uint64_t caps = BIT(CAP_BPF) | BIT(CAP_NET_ADMIN);

	if (!host.unified || !h)
		return BIT(CAP_SYS_ADMIN);
	return h->existed ? caps | BIT(CAP_SYS_ADMIN) : caps;
}

/* Gives up what this plan (NULL: a join alone) does not need on this host. */
static void keep_needed(const struct plan *plan)
{
	uint64_t caps = BIT(CAP_DAC_OVERRIDE);
	int err;

	if (host.unified || host_controller(&host, "cpuset"))
		caps |= BIT(CAP_SYS_NICE);
	if (plan && has_devices(plan))
		caps |= device_caps();
	if (plan && changes_owner(&host, plan))
		caps |= BIT(CAP_CHOWN);
	err = priv_keep_caps(caps);
	if (err)
		die("dropping capabilities:", NULL, err);
}

/* 1, or 0 when the conductor has closed its end. */
static int next_order(struct msg *msg)
{
	struct pollfd poller = {.fd = FD_CONTROL, .events = POLLIN};
	int n;

	do
		n = poll(&poller, 1, ORDER_SECONDS * 1000);
	while (n < 0 && errno == EINTR);
	n = n > 0 ? msg_recv(&conductor, msg) : n ? -errno : -ETIMEDOUT;
	if (n < 0)
		die("waiting for runc:", "control socket", n);
	return n;
}

static pid_t pid_to_join(const struct msg *msg)
{
	uint64_t pid = msg->body.number.value;

	if (msg->header.type != MSG_CGROUP_JOIN || pid <= 1 || pid > PROCS_MAX ||
		pid == (uint64_t)getpid())
		die("runc asks for what no container needs", NULL, EPROTO);
	return (pid_t)pid;
}

/* Joins when told to, any number of other steps later limits, and that is the end. */
static void follow_orders(const struct plan *plan)
{
	static struct msg msg;

	for (;;) {
		if (!next_order(&msg))
			_exit(1); /* the conductor is gone */
		if (msg.header.type == MSG_LIMIT)
			break;
		join_all(&host, plan, pid_to_join(&msg));
		tell(MSG_JOINED, -1);
	}
	limit_all(&host, plan);
}

static void tell_made(void)
{
	const struct hierarchy *h = host.unified ? host_controller(&host, "") : NULL;

	tell(MSG_CGROUP_MADE, h ? h->leaf : -1);
}

/* Waits until systemd has made the unit. */
static void find_unit(const struct plan *plan)
{
	static struct msg msg;
	int file = await(MSG_SCOPED, &msg, ORDER_SECONDS);

	find_unit_paths(&host, plan, file);
	close(file);
}

/* Landlock does not see whose a file becomes, so the right to that goes before the first order that is
 * about a process. */
static void give_away(const struct plan *plan)
{
	int err;

	change_owner(&host, plan);
	err = priv_keep_caps(~BIT(CAP_CHOWN));
	if (err)
		die("dropping capabilities:", NULL, err);
}

static void create(void)
{
	static struct msg msg;
	struct plan plan;
	const char *why;
	int err = plan_load(FD_PLAN, build_id, &plan, &why);

	if (err)
		die("plan:", why, 0);
	host_find(&host);
	if (plan.config->systemd)
		find_unit(&plan);
	else
		find_paths(&host, &plan);
	open_existing(&host);
	keep_needed(&plan);
	announce(&host);
	await(MSG_CGROUP_MAKE, &msg, ORDER_SECONDS);
	make_all(&host, &plan);
	give_away(&plan);
	write_own_only(&host, -1);
	tell_made();
	prepare_join(&host);
	follow_orders(&plan);
}

/* On v2 ns is started in the directory, and its child with it; only where that did not work the
 * child is moved. */
static void join_container(char **subs, int count)
{
	static struct msg msg;

	join_open(&host, &journal, subs, count);
	keep_needed(NULL);
	conductor.rules = join_rules;
	conductor.rule_count = sizeof(join_rules) / sizeof(join_rules[0]);
	tell_made();
	if (!next_order(&msg))
		_exit(0);
	join_process(&host, pid_to_join(&msg));
	tell(MSG_JOINED, -1);
}

/* What is written is taken back unless the conductor has put the new plan in force: its end before
 * that is a failure. */
static void update(void)
{
	static struct msg msg;
	struct plan plan;
	const char *why;
	int err = plan_load(FD_PLAN, build_id, &plan, &why);

	if (err)
		die("plan:", why, 0);
	err = journal_read(FD_JOURNAL, &journal);
	if (err)
		die_of_journal(err);
	conductor.rules = update_rules;
	conductor.rule_count = sizeof(update_rules) / sizeof(update_rules[0]);
	update_limits(&host, &journal, &plan);
	err = msg_send(&conductor, MSG_UPDATED, NULL, 0, -1);
	if ((!err && msg_await(&conductor, MSG_KEEP, &msg, ORDER_SECONDS * 1000) == 0) ||
		update_is_in_force())
		return;
	undo_all();
	_exit(1);
}

static void finish(void (*effect)(struct host *, const struct journal *))
{
	int err = journal_read(FD_JOURNAL, &journal);

	if (err)
		die_of_journal(err);
	effect(&host, &journal);
}

/* The part of the table that MODE needs. */
static struct priv table_for(const char *mode)
{
	struct priv table = priv;

	table.caps = 0;
	if (!strcmp(mode, "create"))
		table.caps = priv.caps & ~BIT(CAP_KILL);
	if (!strcmp(mode, "remove") || !strcmp(mode, "freeze") || !strcmp(mode, "thaw") ||
		!strcmp(mode, "update") || !strcmp(mode, "procs"))
		table.caps = BIT(CAP_DAC_OVERRIDE);
	if (!strcmp(mode, "join"))
		table.caps = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SYS_NICE);
	if (!strcmp(mode, "kill")) {
		table.caps = BIT(CAP_KILL) | BIT(CAP_DAC_OVERRIDE);
		table.signals = 1;
	}
	if (!strcmp(mode, "remove") && !priv_has(CAP_DAC_OVERRIDE)) {
		tree_changes_modes = 1;
		mode = "remove_by_owner";
	}
	priv_mode(&table, priv_modes, sizeof(priv_modes) / sizeof(priv_modes[0]), mode);
	return table;
}

static _Noreturn void usage(void)
{
	static const char text[] = "usage: cgroup stat PATH | cgroup procs PATH\n";

	_exit(write(2, text, sizeof(text) - 1) < 0 ? 1 : 1);
}

int main(int argc, char **argv)
{
	int conducted =
		step_start(PROGRAM_CGROUP, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	const char *mode = argc > 1 + conducted ? argv[1 + conducted] : "";
	struct priv table = table_for(conducted ? mode : "by hand");

	if (!conducted && (argc != 3 || (strcmp(mode, "stat") != 0 && strcmp(mode, "procs") != 0)))
		usage();
	umask(022); /* cgroup directories take it into account */
	host_read_self(&host);
	if (conducted && !strcmp(mode, "update"))
		step_ignore_signals();
	else if (conducted && !strcmp(mode, "join"))
		join_prepare(&host, &journal);
	priv_enter(&table, conducted);
	if (!conducted) {
		host_find(&host);
		return show(&host, mode, argv[2]);
	}
	if (!strcmp(mode, "create"))
		create();
	else if (!strcmp(mode, "join"))
		join_container(argv + 3, argc - 3);
	else if (!strcmp(mode, "update"))
		update();
	else if (!strcmp(mode, "remove"))
		finish(remove_all);
	else if (!strcmp(mode, "kill"))
		finish(kill_container);
	else if (!strcmp(mode, "procs"))
		finish(list_container);
	else if (!strcmp(mode, "freeze"))
		finish(freeze_container);
	else if (!strcmp(mode, "thaw"))
		finish(thaw_container);
	else
		die("unknown mode:", mode, EINVAL);
	tell(MSG_DONE, -1);
	return 0;
}
