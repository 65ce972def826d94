/*
 * linux.resources as properties of a systemd unit (runc-cli.md 5.5). The cgroup step writes all of
 * them to files as well, and alone what has no property; these are so that systemd, when it looks at
 * its units again, finds nothing to take back.
 */
#include "build.h"

#include <string.h>
#include "bus.h"
#include "text.h"
#include "v2.h"

#define PERIOD_DEFAULT 100000u
#define PERCENT        10000u /* microseconds in a second of CPU: systemd keeps whole percents */
#define SECOND         1000000u

/* Versions of systemd that have the property. */
#define SINCE_PERIOD UINT64_C(242)
#define SINCE_CPUSET UINT64_C(244)
#define SINCE_IDLE   UINT64_C(252)
#define SINCE_OOM    UINT64_C(253)

static struct plan_unit_property *put_number(
	const char *name, uint64_t n, enum cgroup_layout layout)
{
	struct plan_unit_property *property = bus_property(name, "t", layout);

	property->resource = 1;
	bus_number(BUS_UINT64, n);
	return property;
}

static void put_memory(const struct plan_config *c)
{
	int64_t swap;
	int set;

	if (c->memory_limit.value) {
		put_number("MemoryLimit", (uint64_t)c->memory_limit.value, LAYOUT_V1);
		put_number("MemoryMax", (uint64_t)c->memory_limit.value, LAYOUT_V2);
	}
	if (c->memory_reservation.value)
		put_number("MemoryLow", (uint64_t)c->memory_reservation.value, LAYOUT_V2);
	/* What cannot be converted is an error of the cgroup step, which knows the layout. */
	if (!v2_swap(c->memory_limit.value, c->memory_swap.value, &swap, &set) && set)
		put_number("MemorySwapMax", (uint64_t)swap, LAYOUT_V2);
}

/* A part of a percent is rounded up, for the files, too: else systemd would lower the quota again. */
static void put_quota(int64_t *quota, uint64_t period, enum cgroup_layout layout)
{
	uint64_t per_second = UINT64_MAX;

	if (period)
		put_number("CPUQuotaPeriodUSec", period, layout)->since = SINCE_PERIOD;
	if (!*quota && !period)
		return;
	period = period ? period : PERIOD_DEFAULT;
	if (*quota > 0 && (uint64_t)*quota < UINT64_MAX / SECOND) {
		per_second = (uint64_t)*quota * SECOND / period;
		if (per_second % PERCENT && per_second < (uint64_t)INT64_MAX / period) {
			per_second = (per_second / PERCENT + 1) * PERCENT;
			*quota = (int64_t)(per_second * period / SECOND);
		}
	}
	put_number("CPUQuotaPerSecUSec", per_second, layout);
}

/* Bit n of the bytes is CPU or node n. */
static void put_cpuset(const char *name, const char *text, enum cgroup_layout layout)
{
	struct plan_list bits = {0, 0};
	struct plan_unit_property *property;
	const char *object;
	uint32_t used = 0;

	if (!text || !*text || read_list(text, CPU_COUNT, &bits, &object) || !bits.count)
		return;
	property = bus_property(name, "ay", layout);
	property->resource = 1;
	property->since = SINCE_CPUSET;
	for (uint32_t i = 0; i < bits.count * 8; i++)
		if (((struct plan_num *)plan_added(PLAN_RECORD_num, bits, i / 8))->value >>
				(i % 8 * 8) &
			0xff)
			used = i + 1;
	bus_text(BUS_ARRAY, "y");
	for (uint32_t i = 0; i < used; i++)
		bus_number(BUS_BYTE,
			((struct plan_num *)plan_added(PLAN_RECORD_num, bits, i / 8))->value >>
					(i % 8 * 8) &
				0xff);
	bus_end();
}

static void put_cpu(struct plan_config *c)
{
	if (c->cpu_shares.value) {
		put_number("CPUShares", c->cpu_shares.value, LAYOUT_V1);
		put_number("CPUWeight", v2_weight(c->cpu_shares.value), LAYOUT_V2);
	}
	/* After the weight, which it takes the place of. */
	if (c->cpu_idle.set && c->cpu_idle.value == 1)
		put_number("CPUWeight", 0, LAYOUT_V2)->since = SINCE_IDLE;
	put_quota(&c->cpu_quota.value, c->cpu_period.value, LAYOUT_ANY);
	put_cpuset("AllowedCPUs", plan_put_text(c->cpuset_cpus), LAYOUT_ANY);
	put_cpuset("AllowedMemoryNodes", plan_put_text(c->cpuset_mems), LAYOUT_ANY);
}

static void put_pids(const struct plan_config *c)
{
	if (c->pids_limit.set)
		put_number("TasksMax",
			c->pids_limit.value < 0       ? UINT64_MAX
				: c->pids_limit.value ? (uint64_t)c->pids_limit.value
						      : 1,
			LAYOUT_ANY);
}

static _Noreturn void refuse_unified(const char *key, const char *value)
{
	refuse_as("unified resource \"", shown(key), "\" value conversion error: \"", shown(value),
		"\"", NULL);
}

/* A number as the kernel takes it, blanks around it; WITH_UNIT: "512M", "max". */
static uint64_t unified_number(const char *key, const char *value, int with_unit)
{
	static const char units[] = "KMGT";
	const char *start = value + strspn(value, " \t\n"), *unit;
	size_t length = strlen(start);
	char digits[32];
	uint64_t n;
	int shift = 0;

	while (length && strchr(" \t\n", start[length - 1]))
		length--;
	if (!length || length >= sizeof(digits))
		refuse_unified(key, value);
	memcpy(digits, start, length);
	digits[length] = '\0';
	if (with_unit && !strcmp(digits, "max"))
		return UINT64_MAX;
	unit = with_unit ? strchr(units, digits[length - 1] & ~0x20) : NULL;
	if (unit && *unit) {
		digits[length - 1] = '\0';
		shift = 10 * (int)(unit - units + 1);
	}
	if (text_to_u64(digits, &n) || n > UINT64_MAX >> shift)
		refuse_unified(key, value);
	return n << shift;
}

/* cpu.max: "QUOTA [PERIOD]" */
static void put_unified_quota(const char *key, const char *value)
{
	char word[2][32] = {"", ""};
	const char *c = value;
	int64_t quota = 0;
	uint64_t period = PERIOD_DEFAULT, n;

	for (int i = 0; i < 2; i++) {
		size_t length;

		c += strspn(c, " \t\n");
		length = strcspn(c, " \t\n");
		if (length >= sizeof(word[i]))
			refuse_unified(key, value);
		memcpy(word[i], c, length);
		c += length;
	}
	if (c[strspn(c, " \t\n")] || !*word[0])
		refuse_unified(key, value);
	if (strcmp(word[0], "max") != 0) {
		n = unified_number(key, word[0], 0);
		if (n > INT64_MAX)
			refuse_unified(key, value);
		quota = (int64_t)n;
	}
	if (*word[1])
		period = unified_number(key, word[1], 0);
	if (!period)
		refuse_unified(key, value);
	put_quota(&quota, period, LAYOUT_V2);
}

static const char *unified_value(const struct plan_config *c, const char *key)
{
	for (uint32_t i = 0; i < c->unified.count; i++) {
		const struct plan_kv *kv = plan_added(PLAN_RECORD_kv, c->unified, i);

		if (!strcmp(plan_put_text(kv->key), key))
			return plan_put_text(kv->value);
	}
	return NULL;
}

static void put_unified(const struct plan_config *c)
{
	static const struct {
		const char *key, *name;
		int with_unit;
	} numbers[] = {{"cpu.weight", "CPUWeight", 0}, {"memory.high", "MemoryHigh", 1},
		{"memory.low", "MemoryLow", 1}, {"memory.min", "MemoryMin", 1},
		{"memory.max", "MemoryMax", 1}, {"memory.swap.max", "MemorySwapMax", 1},
		{"pids.max", "TasksMax", 1}};
	const char *value = unified_value(c, "cpu.max"), *group;

	if (value)
		put_unified_quota("cpu.max", value);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		value = unified_value(c, numbers[i].key);
		if (value)
			put_number(numbers[i].name,
				unified_number(numbers[i].key, value, numbers[i].with_unit),
				LAYOUT_V2);
	}
	value = unified_value(c, "cpu.idle");
	if (value && unified_number("cpu.idle", value, 0) == 1)
		put_number("CPUWeight", 0, LAYOUT_V2)->since = SINCE_IDLE;
	put_cpuset("AllowedCPUs", unified_value(c, "cpuset.cpus"), LAYOUT_V2);
	put_cpuset("AllowedMemoryNodes", unified_value(c, "cpuset.mems"), LAYOUT_V2);
	group = unified_value(c, "memory.oom.group");
	if (!group)
		return;
	/* Not among what can be changed later. */
	bus_property("OOMPolicy", "s", LAYOUT_V2)->since = SINCE_OOM;
	bus_text(BUS_STRING, unified_number("memory.oom.group", group, 0) ? "kill" : "continue");
}

void build_unit_resources(struct plan_config *config)
{
	build_unit_devices(config);
	put_memory(config);
	put_cpu(config);
	put_pids(config);
	put_unified(config);
}
