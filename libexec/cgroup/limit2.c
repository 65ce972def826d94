/* linux.resources on v2: v1's numbers converted as runc does (runc-cli 5.3, 5.4), then the unified
 * map. */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "plan_limits.h"
#include "step.h"
#include "text.h"
#include "v2.h"

static void limit_or_max(struct hierarchy *h, const char *controller, const char *file, int64_t n)
{
	if (n == -1)
		limit_write(h, controller, file, "max");
	else
		limit_write_number(h, controller, file, n);
}

/* The kernel would take the limit and kill; checkBeforeUpdate asks for an error instead
 * (config-linux.md, "Memory"). */
static void refuse_below(const char *what_limit, int64_t limit, uint64_t usage)
{
	char what[128];
	struct text t = TEXT(what);

	if (limit <= 0 || (uint64_t)limit > usage)
		return;
	text_add(&t, "rejecting ");
	text_add(&t, what_limit);
	text_add(&t, " ");
	text_add_i64(&t, limit);
	text_add(&t, " <= usage ");
	text_add_u64(&t, usage);
	give_up(what, NULL, 0);
}

static void check_usage(struct hierarchy *h, const struct plan_config *c)
{
	uint64_t usage;

	if (!c->memory_check_before_update || read_number(h->leaf, "memory.current", &usage))
		return;
	refuse_below("memory+swap limit", c->memory_swap.value, usage);
	refuse_below("memory limit", c->memory_limit.value, usage);
}

static void limit_swap(struct hierarchy *h, const struct plan_config *c)
{
	static const char file[] = "memory.swap.max";
	char value[24];
	struct text t = TEXT(value);
	int given = limit_given(c, LIMIT_BIT(memory_swap));
	int64_t swap;
	int set, err;
	const char *why = v2_swap(c->memory_limit.value, c->memory_swap.value, &swap, &set);

	if (why)
		give_up(why, NULL, 0);
	/* A swap limit that is the memory limit is what engines write by default; a kubelet that
	 * lets pods swap sets this one file instead. So does an update whose memory alone would
	 * change what was left for swap. */
	if (!set || ((!swap || !given) && unified_value(h->plan, file)))
		return;
	if (swap == -1)
		text_add(&t, "max");
	else
		text_add_i64(&t, swap);
	err = limit_try(h, file, value);
	/* No swap accounting: "no limit" and "no swap" hold all the same. */
	if (err && (err != -ENOENT || swap > 0))
		die_write(h, file, value, err);
}

static void limit_memory(struct hierarchy *h, const struct plan_config *c)
{
	check_usage(h, c);
	limit_swap(h, c);
	if (c->memory_limit.value && limit_given(c, LIMIT_BIT(memory_limit)))
		limit_or_max(h, "memory", "memory.max", c->memory_limit.value);
	if (c->memory_reservation.value)
		limit_or_max(h, "memory", "memory.low", c->memory_reservation.value);
	if (c->memory_kernel_tcp.value)
		warn("memory.kernelTCP is ignored: cgroup v2 has no such limit", NULL, 0);
}

/* The first word of cpu.max; 0: the one that unified is about to set, or that is there. */
static void add_quota(struct hierarchy *h, int64_t quota, struct text *t)
{
	const char *soon = unified_value(h->plan, "cpu.max");
	char now[64];

	if (quota > 0)
		text_add_i64(t, quota);
	else if (!quota && soon)
		text_add_bytes(t, soon, strcspn(soon, " \t\n"));
	else if (!quota && read_file(h->leaf, "cpu.max", now, sizeof(now)) > 0)
		text_add_bytes(t, now, strcspn(now, " "));
	else
		text_add(t, "max");
}

static void limit_bandwidth(struct hierarchy *h, const struct plan_config *c)
{
	char value[64], burst[24];
	struct text t = TEXT(value), b = TEXT(burst);
	int again = 0;

	text_add_u64(&b, c->cpu_burst.value);
	if (c->cpu_burst.set) {
		int err = limit_try(h, "cpu.max.burst", burst);

		again = err == -EINVAL && c->cpu_quota.value;
		/* Linux before 5.14 has no bursts; runc goes on without. */
		if (err == -ENOENT && c->cpu_burst.value && !controller_available(h, "cpu"))
			die_unavailable(h, "cpu");
		if (err && err != -ENOENT && !again)
			die_write(h, "cpu.max.burst", burst, err);
	}
	if (c->cpu_quota.value || c->cpu_period.value) {
		add_quota(h, c->cpu_quota.value, &t);
		if (c->cpu_period.value) { /* else the kernel keeps the one that is there */
			text_add(&t, " ");
			text_add_u64(&t, c->cpu_period.value);
		}
		limit_write(h, "cpu", "cpu.max", value);
	}
	if (again)
		limit_write(h, "cpu", "cpu.max.burst", burst);
}

/* The kernel refuses a weight while the group is idle, and has none to keep for later. */
static void limit_cpu(struct hierarchy *h, const struct plan_config *c)
{
	if (c->cpu_idle.set && !c->cpu_idle.value)
		limit_idle(h, "cpu.weight", 0);
	if (c->cpu_shares.value && !c->cpu_idle.value)
		limit_write_number(h, "cpu", "cpu.weight", (int64_t)v2_weight(c->cpu_shares.value));
	if (c->cpu_idle.value)
		limit_idle(h, "cpu.weight", 1);
	limit_bandwidth(h, c);
}

/* config-linux.md, "Unified": what cannot be converted is an error. runc passes these over. */
static void refuse_v1_only(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	const char *member = c->memory_swappiness.set ? "memory.swappiness"
		: c->memory_disable_oom               ? "memory.disableOOMKiller"
		: c->cpu_rt_runtime.value             ? "cpu.realtimeRuntime"
		: c->cpu_rt_period.value              ? "cpu.realtimePeriod"
		: c->block_leaf_weight.value          ? "blockIO.leafWeight"
		: c->net_class_id.value               ? "network.classID"
		: c->net_priorities.count             ? "network.priorities"
						      : NULL;
	char what[96];

	for (uint32_t i = 0; !member && i < c->block_weights.count; i++)
		if (plan_block_weight_at(plan, c->block_weights, i)->leaf_weight.value)
			member = "blockIO.weightDevice.leafWeight";
	if (!member)
		return;
	text_join(what, sizeof(what), "linux.resources.", member, ": cgroup v2 has no such limit",
		NULL);
	give_up(what, NULL, 0);
}

void limit_v2(struct hierarchy *h, const struct plan *plan, int tolerate)
{
	const struct plan_config *c = plan->config;

	if (!h || h->leaf < 0) {
		if (has_limits(plan))
			die_missing(h, "unified");
		return; /* rootless without a cgroup */
	}
	h->plan = plan;
	refuse_v1_only(plan);
	limit_pids(h, plan);
	limit_memory(h, c);
	limit_block_v2(h, plan);
	limit_cpu(h, c);
	if (has_devices(plan))
		devices_v2(h, plan, tolerate);
	limit_cpuset(h, plan);
	limit_huge_pages(h, plan, ".max");
	limit_rdma(h, plan);
	limit_unified(h, plan);
}
