/* config.md, "process": scheduler, ioPriority, execCPUAffinity. Ranges that depend on each other
 * are refused with runc's words (runc-cli.md 4.3). */
#include "build.h"

#include <string.h>
#include "names.h"

#define PRIORITY_MAX    99 /* sched(7): of SCHED_FIFO and SCHED_RR, from 1 */
#define IO_PRIORITY_MAX 7  /* ioprio_set(2): the lowest */
#define IO_CLASS_SHIFT  13

static void build_policy(const struct value *value, void *target)
{
	const struct name *name = name_find(sched_policies, value_string(value));

	if (!*value->string)
		refuse_as("scheduler policy is required", NULL);
	if (!name)
		refuse_as("invalid scheduler policy: ", shown(value->string), NULL);
	*(uint64_t *)target = name->value;
}

static void build_flag(const struct value *item, uint32_t index, void *target)
{
	const struct name *name = name_find(sched_flag_names, value_string(item));
	uint64_t *bits = target;

	(void)index;
	if (!name)
		refuse_as("invalid scheduler flag: ", shown(item->string), NULL);
	*bits |= name->value;
}

static void build_flags(const struct value *value, void *bits)
{
	build_elements(value, build_flag, bits);
}

/* Numbers of either sign: which of them fit depends on the policy, which may come after them. */
static const struct field scheduler_fields[] = {
	{"policy", FIELD_CALL, FIELD_GUARD, CONFIG(sched_policy), .call = build_policy},
	{"nice", FIELD_NUMBER, FIELD_GUARD, CONFIG(sched_nice), INT32_MIN, INT32_MAX},
	{"priority", FIELD_NUMBER, FIELD_GUARD, CONFIG(sched_priority), INT32_MIN, INT32_MAX},
	{"flags", FIELD_CALL, FIELD_GUARD, CONFIG(sched_flags), .call = build_flags},
	{"runtime", FIELD_NUMBER, FIELD_GUARD, CONFIG(sched_runtime), 0, UINT64_MAX},
	{"deadline", FIELD_NUMBER, FIELD_GUARD, CONFIG(sched_deadline), 0, UINT64_MAX},
	{"period", FIELD_NUMBER, FIELD_GUARD, CONFIG(sched_period), 0, UINT64_MAX}, {NULL}};

static void check_scheduler(const struct plan_config *config)
{
	uint64_t policy = config->sched_policy;
	int64_t priority = (int64_t)config->sched_priority;
	int is_realtime = policy == POLICY_FIFO || policy == POLICY_RR;

	if ((policy == POLICY_OTHER || policy == POLICY_BATCH) &&
		(config->sched_nice < -20 || config->sched_nice > 19))
		refuse_as("invalid scheduler.nice: ",
			shown_number((uint64_t)config->sched_nice, config->sched_nice < 0),
			" when scheduler.policy is ", sched_policies[policy].word, NULL);
	if (priority && !is_realtime)
		refuse_as(
			"scheduler.priority can only be specified for SchedFIFO or SchedRR policy",
			NULL);
	if (is_realtime && (priority < 1 || priority > PRIORITY_MAX)) {
		path_member("priority");
		refuse(shown_number((uint64_t)priority, priority < 0), " is out of range (1 to ",
			shown_number(PRIORITY_MAX, 0), ")", NULL);
	}
	if (policy != POLICY_DEADLINE &&
		(config->sched_runtime || config->sched_deadline || config->sched_period))
		refuse_as("scheduler runtime/deadline/period can only be specified for "
			  "SchedDeadline policy",
			NULL);
}

void build_scheduler(const struct value *scheduler, void *target)
{
	struct plan_config *config = target;
	const struct value *policy;

	expect(scheduler, VALUE_OBJECT);
	config->has_scheduler = 1;
	config->sched_policy = config->sched_flags = config->sched_priority = 0;
	config->sched_nice = 0;
	config->sched_runtime = config->sched_deadline = config->sched_period = 0;
	policy = tree_member(scheduler, "policy");
	if (!policy || policy->type == VALUE_NULL)
		refuse_as("scheduler policy is required", NULL);
	build_object(scheduler, scheduler_fields, config);
	check_scheduler(config);
}

struct io_entry {
	uint64_t class;
	int64_t priority;
};

static void build_io_class(const struct value *value, void *target)
{
	const struct name *name = name_find(io_classes, value_string(value));

	if (!name)
		refuse_as("invalid ioPriority.Class: \"", shown(value->string), "\"", NULL);
	*(uint64_t *)target = name->value;
}

static const struct field io_fields[] = {
	{"class", FIELD_CALL, FIELD_REQUIRED | FIELD_GUARD, offsetof(struct io_entry, class),
		.call = build_io_class},
	{"priority", FIELD_NUMBER, FIELD_GUARD, offsetof(struct io_entry, priority), INT32_MIN,
		INT32_MAX},
	{NULL}};

void build_io_priority(const struct value *value, void *target)
{
	struct plan_config *config = target;
	struct io_entry entry = {0, 0};

	build_object(value, io_fields, &entry);
	if (entry.priority < 0 || entry.priority > IO_PRIORITY_MAX)
		refuse_as("invalid ioPriority.Priority: ",
			shown_number((uint64_t)entry.priority, entry.priority < 0), NULL);
	config->io_priority.set = 1;
	config->io_priority.value = entry.class << IO_CLASS_SHIFT | (uint64_t)entry.priority;
}

static void build_cpus(const struct value *value, struct plan_list *list, const char *member)
{
	const char *object, *why;

	if (!*value_string(value))
		return;
	why = read_list(value->string, CPU_COUNT, list, &object);
	if (why)
		refuse_as("bad CPUAffinity.", member, ": ", why, shown(object), NULL);
	if (!list->count)
		refuse_as("bad CPUAffinity.", member, ": no CPUs found in \"", shown(value->string),
			"\"", NULL);
}

static void build_initial(const struct value *value, void *list)
{
	build_cpus(value, list, "Initial");
}

static void build_final(const struct value *value, void *list)
{
	build_cpus(value, list, "Final");
}

static const struct field affinity_fields[] = {
	{"initial", FIELD_CALL, FIELD_GUARD, CONFIG(exec_affinity_initial), .call = build_initial},
	{"final", FIELD_CALL, FIELD_GUARD, CONFIG(exec_affinity_final), .call = build_final},
	{NULL}};

void build_exec_affinity(const struct value *affinity, void *target)
{
	struct plan_config *config = target;

	config->exec_affinity_initial = config->exec_affinity_final = (struct plan_list){0, 0};
	build_object(affinity, affinity_fields, config);
}
