/* --explain: the namespaces and the process. */
#include "explain.h"

#include <string.h>
#include "say.h"

#define ARGUMENTS_SHOWN  24
#define VARIABLES_SHOWN  48
#define BITS_IN_A_RECORD 64

/* "0-65535 of the container are 100000-165535 of the host" */
static void explain_map(const struct plan *plan, struct plan_list list, const char *what)
{
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_idmap *map = plan_idmap_at(plan, list, i);

		say(what, " ", NULL);
		say_number(map->container);
		if (map->size > 1) {
			say("-", NULL);
			say_number(map->container + map->size - 1);
		}
		say(" of the container: ", NULL);
		say_number(map->host);
		if (map->size > 1) {
			say("-", NULL);
			say_number(map->host + map->size - 1);
		}
		say(" of the host", NULL);
		say_done();
	}
}

static void explain_clock(const char *clock, struct plan_opt_i64 seconds, uint64_t nanoseconds)
{
	if (!seconds.set)
		return;
	say("the ", clock, " clock differs from the host's by ", NULL);
	say_signed(seconds.value);
	say(" s", NULL);
	if (nanoseconds) {
		say(" and ", NULL);
		say_number(nanoseconds);
		say(" ns", NULL);
	}
	say_done();
}

void explain_namespaces(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	struct say_list fresh = {"makes new namespaces: ", 0}, host = {"stays in the host's: ", 0};

	say_who(PHASE_CREATE, PROGRAM_NS);
	for (uint32_t i = 0; i < c->namespaces.count; i++) {
		const struct plan_namespace *ns = plan_namespace_at(plan, c->namespaces, i);

		if (ns->path.offset) {
			say("joins the ", namespace_names[ns->type].word, " namespace ", NULL);
			say_quoted(plan_text(plan, ns->path));
			say_done();
		}
	}
	for (uint32_t i = 0; i < c->namespaces.count; i++) {
		const struct plan_namespace *ns = plan_namespace_at(plan, c->namespaces, i);

		if (!ns->path.offset) {
			say_next(&fresh);
			say(namespace_names[ns->type].word, NULL);
		}
	}
	if (fresh.count)
		say_done();
	for (const struct name *n = namespace_names; n->word; n++)
		if (!plan_namespace(plan, (enum namespace_type)n->value, NULL)) {
			say_next(&host);
			say(n->word, NULL);
		}
	if (host.count)
		say_done();
	explain_map(plan, c->uid_map, "uid");
	explain_map(plan, c->gid_map, "gid");
	explain_clock("monotonic", c->time_monotonic, c->time_monotonic_nanoseconds);
	explain_clock("boottime", c->time_boottime, c->time_boottime_nanoseconds);
}

/* In a user namespace also what the host sees. */
static void say_id(const struct plan *plan, const char *what, uint64_t id, struct plan_list map)
{
	say(what, NULL);
	say_number(id);
	for (uint32_t i = 0; i < map.count; i++) {
		const struct plan_idmap *range = plan_idmap_at(plan, map, i);

		if (id - range->container < range->size && range->host != range->container) {
			say(" (", NULL);
			say_number(range->host + (id - range->container));
			say(" of the host)", NULL);
		}
	}
}

static void say_user(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	say_id(plan, "becomes uid ", c->uid, c->uid_map);
	say_id(plan, ", gid ", c->gid, c->gid_map);
	if (c->keep_groups)
		say(", keeps the groups of the caller", NULL);
	for (uint32_t i = 0; i < c->additional_gids.count; i++) {
		say(i ? ", " : c->keep_groups ? " instead of " : ", groups ", NULL);
		say_number(plan_num_at(plan, c->additional_gids, i)->value);
	}
	say_done();
	if (c->umask.set) {
		say("umask ", NULL);
		say_octal(c->umask.value);
		say_done();
	}
}

static unsigned count_bits(uint64_t bits)
{
	unsigned count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

/* All but a few are told by what is missing. */
static void say_capabilities(uint64_t set)
{
	uint64_t all = (UINT64_C(1) << CAP_COUNT) - 1, shown_set = set;
	struct say_list list = {"", 0};

	say("): ", NULL);
	if (count_bits(all & ~set) < CAP_COUNT / 4) {
		list.first = "all but ";
		shown_set = all & ~set;
	}
	for (const struct name *n = capability_names; n->word; n++)
		if (shown_set >> n->value & 1) {
			say_next(&list);
			say(n->word, NULL);
		}
	if (!list.count)
		say(set ? "all" : "none", NULL);
	say_done();
}

static void explain_capabilities(const struct plan_config *c)
{
	const uint64_t sets[] = {c->cap_bounding, c->cap_effective, c->cap_permitted,
		c->cap_inheritable, c->cap_ambient};
	static const char names[][12] = {
		"bounding", "effective", "permitted", "inheritable", "ambient"};
	unsigned told = 0;

	if (!c->has_capabilities) {
		say("capabilities: none at all, because config.json does not mention them", NULL);
		say_done();
		return;
	}
	for (unsigned i = 0; i < 5; i++) {
		struct say_list alike = {"capabilities (", 0};

		if (told >> i & 1)
			continue;
		for (unsigned j = i; j < 5; j++)
			if (sets[j] == sets[i]) {
				told |= 1u << j;
				say_next(&alike);
				say(names[j], NULL);
			}
		say_capabilities(sets[i]);
	}
	if (!plan_caps_not_raised(c))
		return;
	say("capabilities (not raised, as they are not both permitted and inheritable", NULL);
	say_capabilities(plan_caps_not_raised(c));
}

static void say_limit(uint64_t type, uint64_t limit)
{
	if (limit == UINT64_MAX)
		say("unlimited", NULL);
	else if (type == DAVIT_RLIMIT_FSIZE || type == DAVIT_RLIMIT_DATA ||
		type == DAVIT_RLIMIT_STACK || type == DAVIT_RLIMIT_CORE ||
		type == DAVIT_RLIMIT_RSS || type == DAVIT_RLIMIT_MEMLOCK ||
		type == DAVIT_RLIMIT_AS || type == DAVIT_RLIMIT_MSGQUEUE)
		say_size(limit);
	else
		say_number(limit);
}

static void explain_rlimits(const struct plan *plan)
{
	struct plan_list list = plan->config->rlimits;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_rlimit *limit = plan_rlimit_at(plan, list, i);

		say_word(rlimit_names, limit->type);
		say(": ", NULL);
		say_limit(limit->type, limit->soft);
		if (limit->hard != limit->soft) {
			say(", at most ", NULL);
			say_limit(limit->type, limit->hard);
		}
		say_done();
	}
}

/* A bit mask as "0-3, 7" after WHAT. */
static void say_mask(const struct plan *plan, struct plan_list list, const char *what)
{
	struct say_list ranges = {what, 0};
	uint64_t start = 0, count = list.count * UINT64_C(64);
	int in = 0;

	for (uint64_t bit = 0; bit <= count; bit++) {
		int set = bit < count &&
			(plan_num_at(plan, list, (uint32_t)(bit / BITS_IN_A_RECORD))->value >>
					(bit % BITS_IN_A_RECORD) &
				1);

		if (set && !in)
			start = bit;
		if (!set && in) {
			say_next(&ranges);
			say_number(start);
			if (bit - 1 > start) {
				say("-", NULL);
				say_number(bit - 1);
			}
		}
		in = set;
	}
}

static void explain_memory_policy(const struct plan *plan)
{
	struct plan_opt_u64 policy = plan->config->memory_policy;
	uint64_t flags = 0;

	for (const struct name *n = memory_flags; n->word; n++)
		flags |= n->value;
	if (policy.set) {
		say("memory policy ", NULL);
		say_word(memory_modes, policy.value & ~flags);
		for (const struct name *n = memory_flags; n->word; n++)
			if (policy.value & n->value)
				say(", ", n->word, NULL);
		say_mask(plan, plan->config->memory_nodes, ", nodes ");
		say_done();
	}
}

static void explain_scheduler(const struct plan_config *c)
{
	say("scheduler ", NULL);
	say_word(sched_policies, c->sched_policy);
	if (c->sched_nice) {
		say(", nice ", NULL);
		say_signed(c->sched_nice);
	}
	if (c->sched_priority) {
		say(", priority ", NULL);
		say_number(c->sched_priority);
	}
	for (const struct name *n = sched_flag_names; n->word; n++)
		if (c->sched_flags & n->value)
			say(", ", n->word, NULL);
	if (c->sched_runtime || c->sched_deadline || c->sched_period) {
		say(", runtime ", NULL);
		say_number(c->sched_runtime);
		say(" ns, deadline ", NULL);
		say_number(c->sched_deadline);
		say(" ns, period ", NULL);
		say_number(c->sched_period);
		say(" ns", NULL);
	}
	say_done();
}

static void explain_scheduling(const struct plan_config *c)
{
	if (c->has_scheduler)
		explain_scheduler(c);
	if (c->io_priority.set) {
		say("I/O priority ", NULL);
		say_word(io_classes, c->io_priority.value >> 13);
		say(" ", NULL);
		say_number(c->io_priority.value & 0x1fff);
		say_done();
	}
	if (c->oom_score_adj.set) {
		say("oom_score_adj ", NULL);
		say_signed(c->oom_score_adj.value);
		say(c->oom_score_adj.value > 0               ? ": killed earlier than others"
				: c->oom_score_adj.value < 0 ? ": killed later than others"
							     : "",
			NULL);
		say_done();
	}
	if (c->personality.set) {
		say("personality ", NULL);
		say_word(personality_names, c->personality.value);
		say_done();
	}
}

static void say_label(const struct plan *plan, struct plan_string label, const char *what)
{
	if (!label.length)
		return;
	say(what, NULL);
	say_quoted(plan_text(plan, label));
	say_done();
}

static void explain_environment(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	say("environment: ", NULL);
	say_number(c->env.count);
	say(c->env.count == 1 ? " variable" : " variables", NULL);
	for (uint32_t i = 0; i < c->env.count && i < VARIABLES_SHOWN; i++) {
		say(i ? ", " : " – ", NULL);
		say_variable(plan_text(plan, plan_str_at(plan, c->env, i)->value));
	}
	if (c->env.count > VARIABLES_SHOWN)
		say(" and others", NULL);
	if (c->caller_env) {
		say("; the last ", NULL);
		say_number(c->caller_env);
		say(" from the caller", NULL);
	}
	say_done();
}

static void say_listener(const struct plan *plan)
{
	const char *metadata = plan_text(plan, plan->config->listener_metadata);

	if (!plan->config->listener_path.offset)
		return;
	say("hands the filter's listener over, which runc sends to the agent at ", NULL);
	say_quoted(plan_text(plan, plan->config->listener_path));
	if (metadata) {
		say(" with the metadata ", NULL);
		say_quoted(metadata);
	}
	say_done();
}

static void explain_filters(const struct plan_config *c)
{
	if (c->has_seccomp) {
		say("installs the filter, as the last of all", NULL);
		say_done();
	}
	if (!c->ready_filter.count)
		return;
	say(c->ready_filter_first ? "before it, installs" : "installs", NULL);
	say(" the ready-made filter of ", NULL);
	say_number(c->ready_filter.count);
	say(" instructions that the annotation run.oci.seccomp_bpf_data gives", NULL);
	say_done();
}

void explain_process(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	say_who(PHASE_CREATE, PROGRAM_DMZ);
	if (!c->has_process) {
		say("config.json has no process: there is nothing to execute", NULL);
		say_done();
		return;
	}
	if (!c->no_new_keyring) {
		say("joins a session keyring of its own", NULL);
		say_done();
	}
	explain_rlimits(plan);
	explain_scheduling(c);
	explain_memory_policy(plan);
	say_label(plan, c->apparmor_profile, "AppArmor profile ");
	say_label(plan, c->selinux_label, "SELinux label ");
	if (c->no_new_privileges) {
		say("no_new_privs: set-id programs and file capabilities give nothing", NULL);
		say_done();
	}
	say_user(plan);
	explain_capabilities(c);
	say("working directory ", NULL);
	say_quoted(plan_text(plan, c->cwd));
	say_done();
	explain_environment(plan);
	if (c->terminal) {
		say("standard input, output and error are the terminal", NULL);
		if (c->console_height.set && c->console_width.set) {
			say(" of ", NULL);
			say_number(c->console_height.value);
			say(" lines and ", NULL);
			say_number(c->console_width.value);
			say(" columns", NULL);
		}
		say_done();
	}
	explain_filters(c);
	say_listener(plan);
	say("waits for `start`", NULL);
	say_done();
}

void explain_program(const struct plan *plan)
{
	struct plan_list list = plan->config->args;

	if (!list.count)
		return;
	say_who(PHASE_START, PROGRAM_DMZ);
	say("executes", NULL);
	for (uint32_t i = 0; i < list.count && i < ARGUMENTS_SHOWN; i++) {
		say(" ", NULL);
		say_quoted(plan_text(plan, plan_str_at(plan, list, i)->value));
	}
	if (list.count > ARGUMENTS_SHOWN) {
		say(" and ", NULL);
		say_number(list.count - ARGUMENTS_SHOWN);
		say(" more arguments", NULL);
	}
	say_done();
}

static void say_cpus(const struct plan *plan, struct plan_list list, const char *when)
{
	if (!list.count)
		return;
	say_mask(plan, list, "on CPUs ");
	say(" ", when, NULL);
	say_done();
}

void explain_affinity(const struct plan *plan)
{
	say_who(PHASE_EXEC, PROGRAM_NS);
	say_cpus(plan, plan->config->exec_affinity_initial, "while a process of `exec` enters");
	say_who(PHASE_EXEC, PROGRAM_DMZ);
	say_cpus(plan, plan->config->exec_affinity_final, "once it is in the container's cgroup");
}
