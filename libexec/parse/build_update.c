/*
 * `runc update`: the container's limits as they are by now, and the request merged into them as runc
 * does it (runc-cli.md 1.19). What the request gave is marked in the plan: cgroup writes that and
 * nothing else.
 */
#include "build.h"

#include <string.h>
#include "plan_limits.h"
#include "options.h"

static int changed;

void leave_changed(void)
{
	changed = 1;
}

int is_changed(void)
{
	return changed;
}

static const struct field changed_fields[] = {
	{"resources", FIELD_CALL, FIELD_REQUIRED, .call = build_resources},
	{"intelRdt", FIELD_CALL, 0, .call = build_rdt}, {NULL}};

void build_changed(const struct value *document)
{
	changed = 0;
	build_object(document, changed_fields, plan_config_record());
}

static const struct field update_fields[] = {{"devices", FIELD_CALL, 0, .call = check_rules},
	{"memory", FIELD_OBJECT, 0, .fields = memory_fields},
	{"cpu", FIELD_OBJECT, 0, .fields = cpu_fields},
	{"pids", FIELD_OBJECT, 0, .fields = pids_fields},
	{"hugepageLimits", FIELD_RECORDS, 0, CONFIG(hugepages), .record = PLAN_RECORD_hugepage,
		.fields = hugepage_fields},
	{"unified", FIELD_MAP, 0, CONFIG(unified), .check_key = check_unified_key},
	{"blockIO", FIELD_OBJECT, 0, .fields = block_fields},
	{"network", FIELD_OBJECT, 0, .fields = network_fields},
	{"rdma", FIELD_CALL, 0, CONFIG(rdma), .call = build_rdma}, {NULL}};

enum kind { SET_UNSIGNED, SET_SIGNED, SET_BYTES, SET_COUNT, SET_WEIGHT, SET_LIST };

/* The flags of `runc update` but --resources. */
static const struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	void (*check)(const char *text); /* SET_LIST */
	const char *member;              /* that it stands for, in messages */
} settings[] = {
	{"cpu-period", SET_UNSIGNED, CONFIG(cpu_period)},
	{"cpu-quota", SET_SIGNED, CONFIG(cpu_quota)},
	{"cpu-burst", SET_UNSIGNED, CONFIG(cpu_burst)},
	{"cpu-share", SET_UNSIGNED, CONFIG(cpu_shares)},
	{"cpu-rt-period", SET_UNSIGNED, CONFIG(cpu_rt_period)},
	{"cpu-rt-runtime", SET_SIGNED, CONFIG(cpu_rt_runtime)},
	{"cpu-idle", SET_SIGNED, CONFIG(cpu_idle)},
	{"cpuset-cpus", SET_LIST, CONFIG(cpuset_cpus), check_cpu_list, "cpus"},
	{"cpuset-mems", SET_LIST, CONFIG(cpuset_mems), check_cpu_list, "mems"},
	{"memory", SET_BYTES, CONFIG(memory_limit)},
	{"memory-reservation", SET_BYTES, CONFIG(memory_reservation)},
	{"memory-swap", SET_BYTES, CONFIG(memory_swap)},
	{"kernel-memory", SET_BYTES, 0},
	{"kernel-memory-tcp", SET_BYTES, 0},
	{"pids-limit", SET_COUNT, CONFIG(pids_limit)},
	{"blkio-weight", SET_WEIGHT, CONFIG(block_weight)},
	{"l3-cache-schema", SET_LIST, CONFIG(rdt_l3_cache), check_l3_schema, "l3CacheSchema"},
	{"mem-bw-schema", SET_LIST, CONFIG(rdt_memory), check_memory_schema, "memBwSchema"},
};

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	refuse_as(shown(name), ": not supported yet", NULL);
}

static void warn_kernel_memory(void)
{
	caution_as("Kernel memory settings are ignored and will be removed", NULL);
}

static void take_setting(const struct setting *s, const char *text, struct plan_config *given)
{
	struct plan_opt_i64 number = {1, 0};
	void *target = (char *)given + s->offset;

	switch (s->kind) {
	case SET_UNSIGNED:
		number.value = (int64_t)read_unsigned(s->name, text);
		break;
	case SET_SIGNED:
		number.value = read_signed(s->name, text);
		break;
	case SET_COUNT:
		number.value = read_signed(s->name, text);
		if (number.value < 0)
			number.value = -1;
		break;
	case SET_WEIGHT:
		number.value = read_signed(s->name, text);
		if (number.value < BLOCK_WEIGHT_MIN || number.value > BLOCK_WEIGHT_MAX)
			refuse_as("invalid value for ", s->name, ": ", text,
				" is out of range (10 to 1000)", NULL);
		break;
	case SET_BYTES:
		number.value = read_bytes(s->name, text);
		break;
	default:
		path_member(s->member);
		s->check(text);
		path_leave();
		*(struct plan_string *)target = plan_put(text);
		return;
	}
	if (s->offset)
		memcpy(target, &number, sizeof(number));
	else
		warn_kernel_memory();
}

static void take_settings(char *const *pairs, struct plan_config *given)
{
	for (; *pairs; pairs += 2)
		take_setting(find_setting(pairs[0]), pairs[1], given);
	/* The kernel takes any negative number for none; the plan knows -1. */
	if (given->cpu_quota.value < 0)
		given->cpu_quota.value = -1;
	if (given->cpu_idle.set && (given->cpu_idle.value < 0 || given->cpu_idle.value > 1))
		refuse_as("invalid value for cpu-idle: it is 0 or 1", NULL);
}

/* disableOOMKiller is given also when it is false; obsolete members are told about. */
static void look_at_memory(const struct value *request, struct plan_config *config)
{
	const struct value *memory = tree_member(request, "memory");
	const struct value *oom = memory ? tree_member(memory, "disableOOMKiller") : NULL;
	const struct value *kernel = memory ? tree_member(memory, "kernel") : NULL;

	if (oom && oom->type != VALUE_NULL) {
		config->memory_disable_oom = oom->type == VALUE_TRUE;
		config->updates |= LIMIT_BIT(memory_disable_oom);
	}
	if (!kernel || kernel->type == VALUE_NULL)
		kernel = memory ? tree_member(memory, "kernelTCP") : NULL;
	if (kernel && kernel->type != VALUE_NULL)
		warn_kernel_memory();
}

/* 0 is "not given" for all of these, and so is an empty string. */
static void drop_zeros(struct plan_config *given)
{
	static const uint16_t numbers[] = {CONFIG(memory_limit), CONFIG(memory_reservation),
		CONFIG(memory_swap), CONFIG(cpu_shares), CONFIG(cpu_quota), CONFIG(cpu_period),
		CONFIG(cpu_rt_runtime), CONFIG(cpu_rt_period), CONFIG(block_weight),
		CONFIG(block_leaf_weight), CONFIG(net_class_id)};
	static const uint16_t strings[] = {CONFIG(cpuset_cpus), CONFIG(cpuset_mems)};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct plan_opt_u64 *opt = (void *)((char *)given + numbers[i]);

		opt->set = opt->value != 0;
	}
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct plan_string *string = (void *)((char *)given + strings[i]);

		if (!string->length)
			string->offset = 0;
	}
}

/* What is not in the request goes out of the stored state, though the kernel keeps its value. */
static void forget(struct plan_config *config, const struct plan_config *given)
{
	if (!given->cpu_quota.set && !given->cpu_period.set) {
		memset(&config->cpu_quota, 0, sizeof(config->cpu_quota));
		memset(&config->cpu_period, 0, sizeof(config->cpu_period));
	}
	memset(&config->cpu_burst, 0, sizeof(config->cpu_burst));
	memset(&config->cpu_idle, 0, sizeof(config->cpu_idle));
	memset(&config->cpuset_cpus, 0, sizeof(config->cpuset_cpus));
	memset(&config->cpuset_mems, 0, sizeof(config->cpuset_mems));
	memset(&config->pids_limit, 0, sizeof(config->pids_limit));
	memset(&config->unified, 0, sizeof(config->unified));
	/* The kernel gives an idle group its own weight. */
	if (given->cpu_idle.set && !given->cpu_shares.set)
		memset(&config->cpu_shares, 0, sizeof(config->cpu_shares));
	config->memory_check_before_update = given->memory_check_before_update;
}

static void merge(struct plan_config *config, struct plan_config *given)
{
	static const uint8_t nothing[sizeof(struct plan_opt_u64)];

	drop_zeros(given);
	forget(config, given);
	join_lists(config, given);
	for (int i = 0; i < LIMIT_COUNT; i++) {
		const struct limit_place *place = &limit_places[i];
		char *from = (char *)given + place->offset;

		if (!memcmp(from, nothing, place->size))
			continue;
		memcpy((char *)config + place->offset, from, place->size);
		config->updates |= UINT64_C(1) << i;
	}
	/* No memory limit means no limit for both. */
	if (given->memory_limit.value == -1 && !given->memory_swap.set) {
		memset(&config->memory_swap, 0, sizeof(config->memory_swap));
		config->updates |= LIMIT_BIT(memory_swap);
	}
}

static void check(struct plan_config *config)
{
	path_member("memory");
	check_memory(config);
	path_leave();
	path_member("cpu");
	check_cpu(config);
	path_leave();
}

/* With one given, the other goes out of the state, as with runc; the group keeps its lines. Without
 * intelRdt in config.json resctrl refuses, after it has looked whether the machine has any. */
static void merge_rdt(struct plan_config *config, const struct plan_config *given)
{
	if (!given->rdt_l3_cache.length && !given->rdt_memory.length)
		return;
	config->rdt_l3_cache = given->rdt_l3_cache;
	config->rdt_memory = given->rdt_memory;
}

void build_update(const struct options *options, const struct value *request)
{
	struct plan_config *config = plan_config_record(), given;

	memset(&given, 0, sizeof(given));
	take_settings(options->settings, &given);
	if (request) {
		build_object(request, update_fields, &given);
		read_pids_limit(config, &given.pids_limit);
		look_at_memory(request, config);
	}
	config->has_resources = 1;
	merge(config, &given);
	merge_rdt(config, &given);
	check(config);
}
