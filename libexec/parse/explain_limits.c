/* --explain: the system calls and the resources. */
#include "explain.h"

#include <errno.h>
#include "say.h"
#include "syscalls.h"
#include "text.h"

#define NAMES_SHOWN 12 /* system calls named in one sentence */
#define GROUPS_MAX  16 /* of rules that do the same */

static void say_action(uint64_t action, struct plan_opt_u64 data)
{
	uint64_t number = data.set ? data.value : EPERM;
	const char *name = number < INT32_MAX ? errno_name((int)number) : NULL;

	switch ((enum seccomp_action)action) {
	case ACT_ALLOW:
		say("allowed", NULL);
		break;
	case ACT_ERRNO:
		say("fail with ", name, NULL);
		if (!name)
			say_number(number);
		break;
	case ACT_KILL_PROCESS:
		say("kill the process", NULL);
		break;
	case ACT_LOG:
		say("allowed and logged", NULL);
		break;
	case ACT_TRACE:
		say("left to a tracer, with ", NULL);
		say_number(number);
		break;
	case ACT_TRAP:
		say("raise SIGSYS", NULL);
		break;
	case ACT_NOTIFY:
		say("left to the listener", NULL);
		break;
	default:
		say("kill the thread", NULL);
		break;
	}
	if (data.set && action != ACT_ERRNO && action != ACT_TRACE) {
		say(" (errno ", NULL);
		say_number(number);
		say(" counts for nothing)", NULL);
	}
}

static void say_condition(const struct plan_seccomp_arg *arg)
{
	static const char signs[SECCOMP_OP_COUNT][4] = {[OP_EQ] = "=",
		[OP_GE] = ">=",
		[OP_GT] = ">",
		[OP_LE] = "<=",
		[OP_LT] = "<",
		[OP_MASKED_EQ] = "&",
		[OP_NE] = "!="};

	say("argument ", NULL);
	say_number(arg->index);
	say(" ", signs[arg->op], " ", NULL);
	say_bits(arg->value);
	if (arg->op == OP_MASKED_EQ) {
		say(" = ", NULL);
		say_bits(arg->value_two);
	} else if (arg->value_two) {
		say(" (valueTwo counts for nothing: ", NULL);
		say_bits(arg->value_two);
		say(")", NULL);
	}
}

static const char *name_of(
	const struct plan *plan, const struct plan_seccomp_rule *rule, uint32_t index)
{
	return plan_text(plan, plan_str_at(plan, rule->names, index)->value);
}

/* How many names of RULE libseccomp knows. */
static uint32_t count_known(const struct plan *plan, const struct plan_seccomp_rule *rule)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < rule->names.count; i++)
		count += syscall_is_known(name_of(plan, rule, i)) != 0;
	return count;
}

/* The same ones, of which SHOWN are there already. */
static uint32_t say_names(
	const struct plan *plan, const struct plan_seccomp_rule *rule, uint32_t shown)
{
	for (uint32_t i = 0; i < rule->names.count && shown < NAMES_SHOWN; i++) {
		if (!syscall_is_known(name_of(plan, rule, i)))
			continue;
		say(shown++ ? ", " : ": ", NULL);
		say_value(name_of(plan, rule, i));
	}
	return shown;
}

static void say_rest(uint64_t count, uint32_t shown)
{
	if (count > shown) {
		say(" and ", NULL);
		say_number(count - shown);
		say(" more", NULL);
	}
	say_done();
}

static void say_rule(const struct plan *plan, const struct plan_seccomp_rule *rule)
{
	uint32_t count = count_known(plan, rule);

	say_action(rule->action, rule->errno_ret);
	for (uint32_t i = 0; i < rule->args.count; i++) {
		say(i ? " and " : ", where ", NULL);
		say_condition(plan_seccomp_arg_at(plan, rule->args, i));
	}
	if (!count)
		say(": no call that libseccomp knows", NULL);
	say_rest(count, say_names(plan, rule, 0));
}

static int is_alike(const struct plan_seccomp_rule *a, const struct plan_seccomp_rule *b)
{
	return !a->args.count && !b->args.count && a->action == b->action &&
		a->errno_ret.set == b->errno_ret.set && a->errno_ret.value == b->errno_ret.value;
}

/* All unconditional rules like rule FIRST: "allowed: 351 system calls: accept, … and 339 more". */
static void say_group(const struct plan *plan, struct plan_list rules, uint32_t first)
{
	const struct plan_seccomp_rule *group = plan_seccomp_rule_at(plan, rules, first);
	uint64_t count = 0;
	uint32_t shown = 0;

	for (uint32_t i = first; i < rules.count; i++)
		if (is_alike(group, plan_seccomp_rule_at(plan, rules, i)))
			count += count_known(plan, plan_seccomp_rule_at(plan, rules, i));
	if (!count)
		return;
	say_action(group->action, group->errno_ret);
	say(", ", NULL);
	say_number(count);
	say(count == 1 ? " system call" : " system calls", NULL);
	for (uint32_t i = first; i < rules.count && shown < NAMES_SHOWN; i++)
		if (is_alike(group, plan_seccomp_rule_at(plan, rules, i)))
			shown = say_names(plan, plan_seccomp_rule_at(plan, rules, i), shown);
	say_rest(count, shown);
}

static void explain_rules(const struct plan *plan, struct plan_list rules)
{
	uint32_t groups[GROUPS_MAX], count = 0, known;

	for (uint32_t i = 0; i < rules.count; i++) {
		const struct plan_seccomp_rule *rule = plan_seccomp_rule_at(plan, rules, i);

		for (known = 0; known < count; known++)
			if (is_alike(rule, plan_seccomp_rule_at(plan, rules, groups[known])))
				break;
		if (known < count)
			continue;
		if (rule->args.count || count == GROUPS_MAX) {
			say_rule(plan, rule);
		} else {
			groups[count++] = i;
			say_group(plan, rules, i);
		}
	}
}

static void explain_unknown(const struct plan *plan, struct plan_list rules)
{
	struct say_list list = {"not in the filter, because libseccomp does not know them: ", 0};

	for (uint32_t i = 0; i < rules.count; i++) {
		const struct plan_seccomp_rule *rule = plan_seccomp_rule_at(plan, rules, i);

		for (uint32_t n = 0; n < rule->names.count; n++) {
			if (syscall_is_known(name_of(plan, rule, n)))
				continue;
			say_next(&list);
			say_value(name_of(plan, rule, n));
		}
	}
	if (list.count)
		say_done();
}

static void say_flags(const struct plan_config *c)
{
	struct say_list flags = {"", 0};

	if (!c->seccomp_has_flags)
		return;
	say("flags: ", NULL);
	for (const struct name *n = seccomp_flag_names; n->word; n++)
		if (c->seccomp_flags & n->value) {
			say_next(&flags);
			say(n->word, NULL);
		}
	say(flags.count ? "" : "none", NULL);
	say_done();
}

void explain_seccomp(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	struct say_list archs = {"architectures besides the machine's own: ", 0};

	say_who(PHASE_CREATE, PROGRAM_SECCOMP);
	if (!c->has_seccomp)
		return;
	say("compiles a filter of system calls", NULL);
	say_done();
	explain_rules(plan, c->seccomp_rules);
	say_action(c->seccomp_default, c->seccomp_default_errno);
	say(", all others", NULL);
	say_done();
	explain_unknown(plan, c->seccomp_rules);
	for (uint32_t i = 0; i < c->seccomp_archs.count; i++) {
		say_next(&archs);
		say_word(seccomp_archs, plan_num_at(plan, c->seccomp_archs, i)->value);
	}
	if (archs.count)
		say_done();
	say_flags(c);
}

static void say_device_number(const char *before, struct plan_opt_u64 number)
{
	say(before, NULL);
	if (number.set)
		say_number(number.value);
	else
		say("*", NULL);
}

static void say_device_rule(const struct plan_device_rule *rule)
{
	say("devices: ", rule->allow ? "allows " : "denies ", NULL);
	if (rule->type == DEVICE_ALL) {
		/* Whatever else it says, and whatever was said before (runc-cli.md 4.8). */
		say("everything", NULL);
	} else {
		say(rule->type == DEVICE_BLOCK ? "block " : "character ", NULL);
		say_device_number("", rule->major);
		say_device_number(":", rule->minor);
		say(", ", rule->access & DEVICE_READ ? "r" : "",
			rule->access & DEVICE_WRITE ? "w" : "", NULL);
		say(rule->access & DEVICE_MKNOD ? "m" : "", NULL);
	}
	say_done();
}

static void explain_devices(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	int everything = 0;

	if (!c->has_resources && !c->device_rules.count)
		return;
	for (uint32_t i = 0; i < c->device_rules.count; i++) {
		const struct plan_device_rule *rule = plan_device_rule_at(plan, c->device_rules, i);

		say_device_rule(rule);
		if (rule->type == DEVICE_ALL)
			everything = rule->allow != 0;
	}
	say("devices: allows, as for every container, mknod of any; /dev/null, zero, full, random, "
	    "urandom, tty, ptmx, pts, net/tun",
		everything ? "" : "; denies all others", NULL);
	say_done();
}

static void say_memory(const char *what, struct plan_opt_i64 limit)
{
	if (!limit.set || !limit.value)
		return; /* 0: unset, as for the cgroup program */
	say("memory: ", what, " ", NULL);
	if (limit.value < 0)
		say("unlimited", NULL);
	else
		say_size((uint64_t)limit.value);
	say_done();
}

static void explain_memory(const struct plan_config *c)
{
	say_memory("limit", c->memory_limit);
	say_memory("protected or soft limit", c->memory_reservation);
	say_memory("limit with swap", c->memory_swap);
	say_memory("limit of TCP buffers (cgroup v1)", c->memory_kernel_tcp);
	if (c->memory_swappiness.set) {
		say("memory: swappiness ", NULL);
		say_number(c->memory_swappiness.value);
		say(" (cgroup v1)", NULL);
		say_done();
	}
	if (c->memory_disable_oom) {
		say("memory: out of memory, processes wait and are not killed (cgroup v1)", NULL);
		say_done();
	}
	if (c->memory_check_before_update) {
		say("memory: a limit below what is used already is an error", NULL);
		say_done();
	}
}

static void say_time(const char *what, int set, int64_t us)
{
	if (!set)
		return;
	say("cpu: ", what, " ", NULL);
	if (us < 0)
		say("unlimited", NULL);
	else
		say_micros((uint64_t)us);
	say_done();
}

static void explain_cpu(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (c->cpu_shares.set && c->cpu_shares.value) {
		say("cpu: weight of ", NULL);
		say_number(c->cpu_shares.value);
		say(" shares (1024 is usual)", NULL);
		say_done();
	}
	say_time("time in each period", c->cpu_quota.set && c->cpu_quota.value, c->cpu_quota.value);
	say_time("period", c->cpu_period.set && c->cpu_period.value, (int64_t)c->cpu_period.value);
	say_time("burst", c->cpu_burst.set, (int64_t)c->cpu_burst.value);
	say_time("realtime in each period (cgroup v1)",
		c->cpu_rt_runtime.set && c->cpu_rt_runtime.value, c->cpu_rt_runtime.value);
	say_time("realtime period (cgroup v1)", c->cpu_rt_period.set && c->cpu_rt_period.value,
		(int64_t)c->cpu_rt_period.value);
	if (c->cpu_idle.set) {
		say("cpu: idle ", NULL);
		say_signed(c->cpu_idle.value);
		say(c->cpu_idle.value ? ", runs when nothing else does" : "", NULL);
		say_done();
	}
	if (c->cpuset_cpus.length) {
		say("cpuset: CPUs ", NULL);
		say_value(plan_text(plan, c->cpuset_cpus));
		say_done();
	}
	if (c->cpuset_mems.length) {
		say("cpuset: memory nodes ", NULL);
		say_value(plan_text(plan, c->cpuset_mems));
		say_done();
	}
}

static void explain_others(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (c->pids_limit.set) {
		say("pids: ", NULL);
		if (c->pids_limit.value < 0) {
			say("unlimited", NULL);
		} else {
			say("at most ", NULL);
			say_signed(c->pids_limit.value ? c->pids_limit.value : 1);
			say(" processes and threads", NULL);
		}
		say_done();
	}
	for (uint32_t i = 0; i < c->hugepages.count; i++) {
		const struct plan_hugepage *page = plan_hugepage_at(plan, c->hugepages, i);

		say("hugetlb: pages of ", NULL);
		say_value(plan_text(plan, page->size));
		say(" up to ", NULL);
		say_size(page->limit);
		say_done();
	}
	for (uint32_t i = 0; i < c->unified.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, c->unified, i);

		say("unified (cgroup v2): ", NULL);
		say_value(plan_text(plan, kv->key));
		say(" = ", NULL);
		say_quoted(plan_text(plan, kv->value));
		say_done();
	}
}

static void say_weight(const char *what, struct plan_opt_u64 weight)
{
	if (!weight.set || !weight.value)
		return;
	say(what, NULL);
	say_number(weight.value);
}

static void say_block_device(uint64_t major, uint64_t minor)
{
	say("block devices: ", NULL);
	say_number(major);
	say(":", NULL);
	say_number(minor);
	say(", ", NULL);
}

static void explain_rates(
	const struct plan *plan, struct plan_list list, const char *what, int bytes)
{
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_block_rate *rate = plan_block_rate_at(plan, list, i);

		say_block_device(rate->major, rate->minor);
		say(what, rate->rate ? " at most " : " without limit", NULL);
		if (rate->rate && bytes)
			say_size(rate->rate);
		else if (rate->rate)
			say_number(rate->rate);
		say(!rate->rate ? "" : bytes ? " a second" : " times a second", NULL);
		say_done();
	}
}

static void explain_block(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (c->block_weight.value) {
		say_weight("block devices: weight ", c->block_weight);
		say_done();
	}
	if (c->block_leaf_weight.value) {
		say_weight("block devices: weight against the groups below ", c->block_leaf_weight);
		say(" (cgroup v1)", NULL);
		say_done();
	}
	for (uint32_t i = 0; i < c->block_weights.count; i++) {
		const struct plan_block_weight *w = plan_block_weight_at(plan, c->block_weights, i);

		say_block_device(w->major, w->minor);
		say("weight ", w->weight.value ? "" : "as usual", NULL);
		say_weight("", w->weight);
		say_weight(", against the groups below (cgroup v1) ", w->leaf_weight);
		say_done();
	}
	explain_rates(plan, c->block_read_bps, "reads", 1);
	explain_rates(plan, c->block_write_bps, "writes", 1);
	explain_rates(plan, c->block_read_iops, "reads", 0);
	explain_rates(plan, c->block_write_iops, "writes", 0);
}

static void explain_network(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (c->net_class_id.value) {
		say("network: class ", NULL);
		say_number(c->net_class_id.value);
		say(" (cgroup v1)", NULL);
		say_done();
	}
	for (uint32_t i = 0; i < c->net_priorities.count; i++) {
		const struct plan_net_priority *p =
			plan_net_priority_at(plan, c->net_priorities, i);

		say("network: priority ", NULL);
		say_number(p->priority);
		say(" on ", NULL);
		say_value(plan_text(plan, p->name));
		say(" (cgroup v1)", NULL);
		say_done();
	}
	for (uint32_t i = 0; i < c->rdma.count; i++) {
		const struct plan_rdma *rdma = plan_rdma_at(plan, c->rdma, i);

		say("rdma: ", NULL);
		say_value(plan_text(plan, rdma->device));
		if (rdma->handles.set) {
			say(", handles ", NULL);
			say_number(rdma->handles.value);
		}
		if (rdma->objects.set) {
			say(", objects ", NULL);
			say_number(rdma->objects.value);
		}
		say_done();
	}
}

void explain_limits(const struct plan *plan)
{
	const char *path = plan_text(plan, plan->config->cgroups_path);

	say_who(PHASE_CREATE, PROGRAM_CGROUP);
	if (plan->config->systemd) {
		say("makes what the unit has not in the hierarchies that systemd leaves alone",
			NULL);
	} else {
		say("makes the cgroup ", NULL);
		say_quoted(path && *path ? path : plan_text(plan, plan->config->id));
		say(path && *path == '/' ? "" : " below that of the caller",
			" in every hierarchy, for the first process", NULL);
	}
	say_done();
	explain_devices(plan);
	explain_memory(plan->config);
	explain_cpu(plan);
	explain_others(plan);
	explain_block(plan);
	explain_network(plan);
	if (plan->config->cgroup_owner.set) {
		say("gives the cgroup on cgroup v2 to the user ", NULL);
		say_number(plan->config->cgroup_owner.value);
		say(" of the host", NULL);
		say_done();
	}
	if (!plan->config->has_resources) {
		say("sets no limit", NULL);
		say_done();
	}
}

void explain_resctrl(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	const char *group = plan_text(plan, c->rdt_clos_id);

	if (!c->has_rdt)
		return;
	say_who(PHASE_CREATE, PROGRAM_RESCTRL);
	say("puts the container into the resctrl group ", NULL);
	say_quoted(group ? group : plan_text(plan, c->id));
	say(group ? "" : " of its own", NULL);
	say_done();
	if (c->rdt_l3_cache.offset) {
		say("cache: ", NULL);
		say_value(plan_text(plan, c->rdt_l3_cache));
		say_done();
	}
	if (c->rdt_memory.offset) {
		say("memory bandwidth: ", NULL);
		say_value(plan_text(plan, c->rdt_memory));
		say_done();
	}
	for (uint32_t i = 0; i < c->rdt_schemata.count; i++) {
		say("schema: ", NULL);
		say_value(plan_text(plan, plan_str_at(plan, c->rdt_schemata, i)->value));
		say_done();
	}
	if (c->rdt_monitoring) {
		say("watches it in a monitoring group of its own", NULL);
		say_done();
	}
}
