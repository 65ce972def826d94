/* linux.resources on v2: v1's numbers converted as runc does (runc-cli 5.3, 5.4), then the unified
 * map. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "cgroup.h"
#include "step.h"
#include "text.h"

#define PERIOD_DEFAULT 100000

static void limit_or_max(struct hierarchy *h, const char *controller, const char *file, int64_t n)
{
	if (n == -1)
		limit_write(h, controller, file, "max");
	else
		limit_write_number(h, controller, file, n);
}

/* OCI's swap is memory plus swap, v2's is swap alone. Returns what memory.swap.max gets, -1: max;
 * *set: anything at all. */
static int64_t convert_swap(int64_t limit, int64_t swap, int *set)
{
	char what[64];
	struct text t = TEXT(what);

	*set = swap != 0;
	if (limit == -1 && !swap) {
		*set = 1;
		return -1;
	}
	if (swap == -1 || !swap || limit == -1)
		return swap;
	if (!limit)
		die("unable to set swap limit without memory limit", NULL, 0);
	if (limit < 0) {
		text_add(&t, "invalid memory value: ");
		text_add_i64(&t, limit);
		die(what, NULL, 0);
	}
	if (swap < limit)
		die("memory+swap limit should be >= memory limit", NULL, 0);
	return swap - limit;
}

/* The kernel would take the limit and kill; checkBeforeUpdate asks for an error instead
 * (config-linux.md, "Memory"). */
static void check_usage(struct hierarchy *h, const struct plan_config *c)
{
	uint64_t usage;
	char what[128];
	struct text t = TEXT(what);

	if (!c->memory_check_before_update || c->memory_limit.value <= 0 ||
		read_number(h->leaf, "memory.current", &usage) ||
		usage < (uint64_t)c->memory_limit.value)
		return;
	text_add(&t, "rejecting memory limit ");
	text_add_i64(&t, c->memory_limit.value);
	text_add(&t, " <= usage ");
	text_add_u64(&t, usage);
	die(what, NULL, 0);
}

static void limit_memory(struct hierarchy *h, const struct plan_config *c)
{
	static const char swap_file[] = "memory.swap.max";
	int set;
	int64_t swap = convert_swap(c->memory_limit.value, c->memory_swap.value, &set);

	check_usage(h, c);
	if (set) {
		int err = write_file(h->leaf, swap_file, swap == -1 ? "max" : "0");

		/* No swap accounting: "no limit" and "no swap" hold all the same. */
		if (!err && swap > 0)
			err = write_number(h->leaf, swap_file, swap);
		if (err && (err != -ENOENT || swap > 0))
			die_write(h, swap_file, swap == -1 ? "max" : "0", err);
	}
	if (c->memory_limit.value)
		limit_or_max(h, "memory", "memory.max", c->memory_limit.value);
	if (c->memory_reservation.value)
		limit_or_max(h, "memory", "memory.low", c->memory_reservation.value);
}

/* cpu.shares 2 … 262144 to cpu.weight 1 … 10000, 1024 to 100, on a curve that keeps small shares
 * apart. */
static uint64_t to_weight(uint64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

static void limit_bandwidth(struct hierarchy *h, const struct plan_config *c)
{
	char value[64], burst[24];
	struct text t = TEXT(value), b = TEXT(burst);
	int again = 0;

	text_add_u64(&b, c->cpu_burst.value);
	if (c->cpu_burst.set) {
		int err = write_file(h->leaf, "cpu.max.burst", burst);

		again = err == -EINVAL && c->cpu_quota.value;
		if (err && err != -ENOENT && !again)
			die_write(h, "cpu.max.burst", burst, err);
	}
	if (c->cpu_quota.value || c->cpu_period.value) {
		if (c->cpu_quota.value > 0)
			text_add_i64(&t, c->cpu_quota.value);
		else
			text_add(&t, "max");
		text_add(&t, " ");
		text_add_u64(&t, c->cpu_period.value ? c->cpu_period.value : PERIOD_DEFAULT);
		limit_write(h, "cpu", "cpu.max", value);
	}
	if (again)
		limit_write(h, "cpu", "cpu.max.burst", burst);
}

static void limit_cpu(struct hierarchy *h, const struct plan_config *c)
{
	if (c->cpu_idle.set)
		limit_write_number(h, "cpu", "cpu.idle", c->cpu_idle.value);
	if (c->cpu_shares.value)
		limit_write_number(h, "cpu", "cpu.weight", (int64_t)to_weight(c->cpu_shares.value));
	limit_bandwidth(h, c);
}

/* True when the first part of KEY is a controller of this cgroup, or one of the kernel's own
 * ("cgroup"). */
static int available(struct hierarchy *h, const char *key, size_t length)
{
	char list[1024];

	if (read_file(h->leaf, "cgroup.controllers", list, sizeof(list)) < 0)
		return 0;
	if (length == 6 && !memcmp(key, "cgroup", 6))
		return 1;
	for (const char *word = list; *word; word += strspn(word, " ")) {
		size_t n = strcspn(word, " ");

		if (n == length && !memcmp(word, key, n))
			return 1;
		word += n;
	}
	return 0;
}

static void refuse_unified(struct hierarchy *h, const char *key, int err)
{
	size_t length = strcspn(key, ".");
	char what[MSG_WHAT_MAX], controller[64];
	struct text t = TEXT(controller);

	text_add_bytes(&t, key, length);
	if (strchr(key, '/'))
		text_join(what, sizeof(what), "unified resource \"", key,
			"\" must be a file name (no slashes)", NULL);
	else if (!key[length] || !length)
		text_join(what, sizeof(what), "unified resource \"", key,
			"\" must be in the form CONTROLLER.PARAMETER", NULL);
	else if ((err == -ENOENT || err == -EPERM || err == -EACCES) && !available(h, key, length))
		text_join(what, sizeof(what), "unified resource \"", key,
			"\" can't be set: controller \"", controller, "\" not available", NULL);
	else {
		text_join(
			what, sizeof(what), "unable to set unified resource \"", key, "\":", NULL);
		die(what, full_path(h, key), err);
	}
	die(what, NULL, 0);
}

/* Each line of the value is a write of its own: io.max takes one device at a time. */
static void limit_unified(struct hierarchy *h, const struct plan *plan)
{
	static char line[PATH_SIZE];

	for (uint32_t i = 0; i < plan->config->unified.count; i++) {
		const struct plan_kv *kv = plan_kv_at(plan, plan->config->unified, i);
		const char *key = plan_text(plan, kv->key), *value = plan_text(plan, kv->value);

		key = key ? key : "";
		if (strchr(key, '/') || !strchr(key, '.') || *key == '.')
			refuse_unified(h, key, 0);
		for (value = value ? value : ""; value;
			value = strchr(value, '\n') ? strchr(value, '\n') + 1 : NULL) {
			struct text t = TEXT(line);
			int err;

			text_add_bytes(&t, value, strcspn(value, "\n"));
			err = t.cut ? -E2BIG : t.length ? write_file(h->leaf, key, line) : 0;
			if (err)
				refuse_unified(h, key, err);
		}
	}
}

/* config-linux.md, "Unified": what cannot be converted is an error. runc passes these over. */
static void refuse_v1_only(const struct plan_config *c)
{
	const char *member = c->memory_swappiness.set ? "memory.swappiness"
		: c->memory_disable_oom               ? "memory.disableOOMKiller"
		: c->cpu_rt_runtime.value             ? "cpu.realtimeRuntime"
		: c->cpu_rt_period.value              ? "cpu.realtimePeriod"
						      : NULL;
	char what[96];

	if (!member)
		return;
	text_join(what, sizeof(what), "linux.resources.", member, ": cgroup v2 has no such limit",
		NULL);
	die(what, NULL, 0);
}

void limit_v2(struct hierarchy *h, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (!h || h->leaf < 0) {
		if (has_limits(plan))
			die_missing("unified");
		return; /* rootless without a cgroup */
	}
	refuse_v1_only(c);
	limit_pids(h, plan);
	limit_memory(h, c);
	limit_cpu(h, c);
	if (has_devices(plan))
		devices_v2(h, plan, 0);
	limit_cpuset(h, plan);
	limit_huge_pages(h, plan, ".max");
	limit_unified(h, plan);
}
