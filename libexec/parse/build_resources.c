/* config-linux.md, "Control groups". */
#include "build.h"

#include <string.h>
#include "names.h"
#include "review.h"

#define SMALLEST_PAGE 4096

static void build_rule_type(const struct value *value, void *target)
{
	const char *word = value_string(value);

	if (!*word || !strcmp(word, "a"))
		*(uint64_t *)target = DEVICE_ALL;
	else if (!strcmp(word, "c"))
		*(uint64_t *)target = DEVICE_CHAR;
	else if (!strcmp(word, "b"))
		*(uint64_t *)target = DEVICE_BLOCK;
	else
		refuse_as("invalid cgroup device type \"", shown(word), "\"", NULL);
}

/* -1 stands for any number, as for no number at all. */
static void build_rule_number(const struct value *value, void *target)
{
	struct plan_opt_u64 *number = target;
	uint64_t n = value_number(value, -1, UINT32_MAX);

	number->set = n <= UINT32_MAX;
	number->value = number->set ? n : 0;
}

static void build_access(const struct value *value, void *target)
{
	uint64_t *access = target;

	for (const char *c = value_string(value); *c; c++) {
		if (*c == 'r')
			*access |= DEVICE_READ;
		else if (*c == 'w')
			*access |= DEVICE_WRITE;
		else if (*c == 'm')
			*access |= DEVICE_MKNOD;
		else if (*c == 'a') /* all devices in a type, nothing here; runc takes it */
			caution("\"a\" means nothing here and is ignored: \"", shown(value->string),
				"\"", NULL);
		else
			refuse("\"", shown(value->string), "\" is not made of r, w and m", NULL);
	}
}

#define RULE(field) offsetof(struct plan_device_rule, field)

static const struct field rule_fields[] = {{"allow", FIELD_BOOL, FIELD_REQUIRED, RULE(allow)},
	{"type", FIELD_CALL, 0, RULE(type), .call = build_rule_type},
	{"major", FIELD_CALL, FIELD_GUARD, RULE(major), .call = build_rule_number},
	{"minor", FIELD_CALL, FIELD_GUARD, RULE(minor), .call = build_rule_number},
	{"access", FIELD_CALL, FIELD_GUARD, RULE(access), .call = build_access}, {NULL}};

/* config-linux.md, "Allowed Device list": access may be absent, and is then as type and numbers. */
static void fill_rule(const struct value *item, uint32_t index, struct plan_device_rule *rule)
{
	const struct value *access;

	build_object(item, rule_fields, rule);
	access = tree_member(item, "access");
	if (!access || access->type == VALUE_NULL)
		rule->access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD;
	if (!rule->access)
		refuse_as("device access at ", shown_number(index, 0), " field cannot be empty",
			NULL);
}

static void build_rule(const struct value *item, uint32_t index, void *list)
{
	fill_rule(item, index, plan_add(PLAN_RECORD_device_rule, list));
}

static void build_rules(const struct value *value, void *list)
{
	build_elements(value, build_rule, list);
}

static void check_rule(const struct value *item, uint32_t index, void *target)
{
	struct plan_device_rule rule = {0};

	(void)target;
	fill_rule(item, index, &rule);
}

void check_rules(const struct value *value, void *target)
{
	build_elements(value, check_rule, target);
	if (value->child)
		caution("ignored: an update does not change device rules", NULL);
}

const struct field memory_fields[] = {
	{"limit", FIELD_OPT, FIELD_GUARD, CONFIG(memory_limit), -1, INT64_MAX},
	{"reservation", FIELD_OPT, FIELD_GUARD, CONFIG(memory_reservation), -1, INT64_MAX},
	{"swap", FIELD_OPT, 0, CONFIG(memory_swap), -1, INT64_MAX},
	{"swappiness", FIELD_OPT, FIELD_GUARD, CONFIG(memory_swappiness), 0, UINT64_MAX},
	{"disableOOMKiller", FIELD_BOOL, FIELD_GUARD, CONFIG(memory_disable_oom)},
	{"checkBeforeUpdate", FIELD_BOOL, FIELD_GUARD, CONFIG(memory_check_before_update)},
	{"kernelTCP", FIELD_OPT, FIELD_DEPRECATED, CONFIG(memory_kernel_tcp), -1, INT64_MAX,
		.why = "not recommended by the specification; cgroup v2 has no such limit"},
	/* gone from the kernel; runc ignores these two as well */
	{"kernel", FIELD_IGNORED, FIELD_DEPRECATED, .type = VALUE_NUMBER, .min = INT64_MIN,
		.max = INT64_MAX, .why = "kernels have no such limit any more"},
	{"useHierarchy", FIELD_IGNORED, FIELD_DEPRECATED, .type = VALUE_TRUE,
		.why = "kernels always account hierarchically"},
	{NULL}};

static void check_limit(void *context)
{
	const struct plan_config *config = context;
	int64_t limit = config->memory_limit.value;

	if (limit > 0 && limit < SMALLEST_PAGE)
		refuse("limit: ", shown_number((uint64_t)limit, 0), " is less than a page", NULL);
}

static void check_swappiness(void *context)
{
	const struct plan_config *config = context;

	if (config->memory_swappiness.value > 100)
		refuse_as("invalid memory swappiness value: ",
			shown_number(config->memory_swappiness.value, 0), " (valid range is 0-100)",
			NULL);
}

static void check_swap(void *context)
{
	const struct plan_config *config = context;
	int64_t limit = config->memory_limit.value, swap = config->memory_swap.value;

	if (swap > 0 && limit == 0)
		refuse_as("unable to set swap limit without memory limit", NULL);
	if (swap > 0 && swap < limit)
		refuse_as("memory+swap limit should be >= memory limit", NULL);
}

void check_memory(void *config)
{
	int failed;

	failed = attempt(check_limit, config);
	failed |= attempt(check_swappiness, config);
	failed |= attempt(check_swap, config);
	if (failed)
		abandon();
}

static void build_memory(const struct value *value, void *config)
{
	build_object(value, memory_fields, config);
	check_memory(config);
}

const struct field cpu_fields[] = {
	{"shares", FIELD_OPT, FIELD_GUARD, CONFIG(cpu_shares), 0, UINT64_MAX},
	{"quota", FIELD_OPT, FIELD_GUARD, CONFIG(cpu_quota), -1, INT64_MAX},
	{"burst", FIELD_OPT, 0, CONFIG(cpu_burst), 0, UINT64_MAX},
	{"period", FIELD_OPT, FIELD_GUARD, CONFIG(cpu_period), 0, UINT64_MAX},
	{"realtimeRuntime", FIELD_OPT, FIELD_GUARD, CONFIG(cpu_rt_runtime), -1, INT64_MAX},
	{"realtimePeriod", FIELD_OPT, FIELD_GUARD, CONFIG(cpu_rt_period), 0, UINT64_MAX},
	{"cpus", FIELD_STRING, 0, CONFIG(cpuset_cpus), .check = check_cpu_list},
	{"mems", FIELD_STRING, 0, CONFIG(cpuset_mems), .check = check_cpu_list},
	{"idle", FIELD_OPT, 0, CONFIG(cpu_idle), 0, 1}, {NULL}};

static void check_burst(const struct plan_config *config)
{
	if (config->cpu_quota.value > 0 &&
		config->cpu_burst.value > (uint64_t)config->cpu_quota.value)
		refuse("burst: ", shown_number(config->cpu_burst.value, 0), " is above the quota",
			NULL);
}

void check_cpu(void *config)
{
	check_burst(config);
}

static void build_cpu(const struct value *value, void *config)
{
	build_object(value, cpu_fields, config);
	check_cpu(config);
}

/* Any negative number is no limit, as for runc. */
static void build_pids_limit(const struct value *value, void *target)
{
	struct plan_opt_i64 *limit = target;

	limit->value = (int64_t)value_number(value, INT64_MIN, INT64_MAX);
	limit->set = 1;
	if (limit->value < 0)
		limit->value = -1;
}

const struct field pids_fields[] = {
	{"limit", FIELD_CALL, FIELD_GUARD, CONFIG(pids_limit), .call = build_pids_limit}, {NULL}};

const struct field hugepage_fields[] = {
	{"pageSize", FIELD_STRING, FIELD_REQUIRED, offsetof(struct plan_hugepage, size),
		.check = check_page_size},
	{"limit", FIELD_NUMBER, FIELD_REQUIRED, offsetof(struct plan_hugepage, limit), 0,
		UINT64_MAX},
	{NULL}};

/* runc-cli.md 5.3: the key is one file name, CONTROLLER.PARAMETER. */
void check_unified_key(const char *key)
{
	const char *dot = strchr(key, '.');

	if (strchr(key, '/'))
		refuse_as("unified resource \"", shown(key), "\" must be a file name (no slashes)",
			NULL);
	if (!dot || dot == key || !dot[1] || strlen(key) > 255)
		refuse_as("unified resource \"", shown(key),
			"\" must be in the form CONTROLLER.PARAMETER", NULL);
	check_printable(key);
}

static const struct field resources_fields[] = {
	{"devices", FIELD_CALL, FIELD_GUARD, CONFIG(device_rules), .call = build_rules},
	{"memory", FIELD_CALL, FIELD_GUARD, .call = build_memory},
	{"cpu", FIELD_CALL, 0, .call = build_cpu}, {"pids", FIELD_OBJECT, 0, .fields = pids_fields},
	{"hugepageLimits", FIELD_RECORDS, FIELD_GUARD, CONFIG(hugepages),
		.record = PLAN_RECORD_hugepage, .fields = hugepage_fields},
	{"unified", FIELD_MAP, FIELD_GUARD, CONFIG(unified), .check_key = check_unified_key},
	{"blockIO", FIELD_OBJECT, FIELD_GUARD, .fields = block_fields},
	{"network", FIELD_OBJECT, FIELD_GUARD, .fields = network_fields},
	{"rdma", FIELD_CALL, FIELD_GUARD, CONFIG(rdma), .call = build_rdma}, {NULL}};

void build_resources(const struct value *value, void *target)
{
	struct plan_config *config = target;

	if (is_changed())
		return;
	config->has_resources = 1;
	build_object(value, resources_fields, config);
}
