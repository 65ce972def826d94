/* linux.resources on v1, in runc's order (runc-cli 5.2). Each controller is a hierarchy of its own
 * and may be missing. */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "plan_limits.h"
#include "step.h"
#include "text.h"

static const char memory_file[] = "memory.limit_in_bytes";
static const char swap_file[] = "memory.memsw.limit_in_bytes";

static void write_cpuset(struct hierarchy *h, const char *file, const char *value)
{
	int err;

	if (!value || !*value)
		return;
	if (!h || h->leaf < 0)
		die_missing(h, "cpuset");
	err = limit_try(h, file, value);
	if (err == -ENOENT && !is_unified(h))
		err = set_file(h, file + strlen("cpuset."), value); /* noprefix */
	if (err == -ENOENT && is_unified(h))
		die_unavailable(h, "cpuset");
	if (err)
		die_write(h, file, value, err);
}

void limit_cpuset(struct hierarchy *h, const struct plan *plan)
{
	write_cpuset(h, "cpuset.cpus", plan_text(plan, plan->config->cpuset_cpus));
	write_cpuset(h, "cpuset.mems", plan_text(plan, plan->config->cpuset_mems));
}

/* The kernel only says EBUSY when more is in use than the new limit allows. */
static void write_memory(const struct hierarchy *h, int64_t limit)
{
	char value[24], what[MSG_WHAT_MAX];
	struct text v = TEXT(value), t = TEXT(what);
	uint64_t usage = 0, peak = 0;
	int err;

	if (!limit)
		return;
	text_add_i64(&v, limit);
	err = set_file(h, memory_file, value);
	if (err != -EBUSY) {
		if (err)
			die_write(h, memory_file, value, err);
		return;
	}
	if (read_number(h->leaf, "memory.usage_in_bytes", &usage) ||
		read_number(h->leaf, "memory.max_usage_in_bytes", &peak))
		die_write(h, memory_file, value, err);
	text_add(&t, "unable to set memory limit to ");
	text_add_i64(&t, limit);
	text_add(&t, " (current usage: ");
	text_add_u64(&t, usage);
	text_add(&t, ", peak usage: ");
	text_add_u64(&t, peak);
	text_add(&t, ")");
	give_up(what, NULL, 0);
}

static void write_swap(const struct hierarchy *h, int64_t swap)
{
	if (swap)
		limit_write_number(h, "memory", swap_file, swap);
}

/* The kernel wants memory <= memory+swap at every moment, so the order depends on what is there
 * now. */
static void limit_memory_and_swap(const struct hierarchy *h, int64_t limit, int64_t swap)
{
	uint64_t now = 0;

	if (limit == -1 && !swap) {
		int err = set_file(h, swap_file, "-1");

		if (err && err != -ENOENT) /* no swap accounting in this kernel */
			die_write(h, swap_file, "-1", err);
	}
	if (limit && swap) {
		if (swap != -1 && read_number(h->leaf, memory_file, &now))
			give_up("read", full_path(h, memory_file), EIO);
		if (swap == -1 || now < (uint64_t)swap) {
			write_swap(h, swap);
			write_memory(h, limit);
			return;
		}
	}
	write_memory(h, limit);
	write_swap(h, swap);
}

static void limit_memory(struct hierarchy *h, const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	int64_t limit = c->memory_limit.value, swap = c->memory_swap.value;

	int oom = c->memory_disable_oom || (c->updates & LIMIT_BIT(memory_disable_oom));
	int64_t tcp = c->memory_kernel_tcp.value;

	if (!limit && !swap && !c->memory_reservation.value && !oom && !tcp &&
		!c->memory_swappiness.set)
		return;
	if (!h || h->leaf < 0)
		die_missing(h, "memory");
	limit_memory_and_swap(h, limit, swap);
	if (c->memory_reservation.value)
		limit_write_number(
			h, "memory", "memory.soft_limit_in_bytes", c->memory_reservation.value);
	if (tcp)
		limit_write_number(h, "memory", "memory.kmem.tcp.limit_in_bytes", tcp);
	if (oom)
		limit_write(h, "memory", "memory.oom_control", c->memory_disable_oom ? "1" : "0");
	if (c->memory_swappiness.set) {
		if (c->memory_swappiness.value > 100) {
			char what[128];
			struct text t = TEXT(what);

			text_add(&t, "invalid memory swappiness value: ");
			text_add_u64(&t, c->memory_swappiness.value);
			text_add(&t, " (valid range is 0-100)");
			give_up(what, NULL, 0);
		}
		limit_write_number(
			h, "memory", "memory.swappiness", (int64_t)c->memory_swappiness.value);
	}
}

/* cpu.shares takes any number and keeps one inside its range: a container with other shares than
 * asked for is refused. */
static void limit_shares(const struct hierarchy *h, uint64_t shares)
{
	char value[24], what[128];
	struct text v = TEXT(value), t = TEXT(what);
	uint64_t now;

	text_add_u64(&v, shares);
	limit_write(h, "cpu", "cpu.shares", value);
	if (read_number(h->leaf, "cpu.shares", &now))
		give_up("read", full_path(h, "cpu.shares"), EIO);
	if (now == shares)
		return;
	text_add(&t, shares > now ? "the maximum" : "the minimum");
	text_add(&t, " allowed cpu-shares is ");
	text_add_u64(&t, now);
	give_up(what, NULL, 0);
}

/* Returns 1 when FILE must be written again after the quota, which its check is made against. */
static int write_before_quota(
	const struct hierarchy *h, const char *file, const char *value, int64_t quota)
{
	int err = set_file(h, file, value);

	if (err == -EINVAL && quota)
		return 1;
	if (err)
		die_write(h, file, value, err);
	return 0;
}

static void limit_bandwidth(const struct hierarchy *h, const struct plan_config *c)
{
	static const char burst_file[] = "cpu.cfs_burst_us", period_file[] = "cpu.cfs_period_us";
	int64_t quota = c->cpu_quota.value;
	char period[24], burst[24];
	struct text p = TEXT(period), b = TEXT(burst);
	int again_period = 0, again_burst = 0;
	uint64_t now;

	text_add_u64(&p, c->cpu_period.value);
	text_add_u64(&b, c->cpu_burst.value);
	if (c->cpu_period.value)
		again_period = write_before_quota(h, period_file, period, quota);
	if (c->cpu_burst.set && read_number(h->leaf, burst_file, &now) != -ENOENT)
		again_burst = write_before_quota(h, burst_file, burst, quota);
	if (quota)
		limit_write_number(h, "cpu", "cpu.cfs_quota_us", quota);
	if (again_period)
		limit_write(h, "cpu", period_file, period);
	if (again_burst)
		limit_write(h, "cpu", burst_file, burst);
}

void limit_realtime(struct hierarchy *h, const struct plan *plan)
{
	static const char period_file[] = "cpu.rt_period_us", runtime_file[] = "cpu.rt_runtime_us";
	const struct plan_config *c = plan->config;
	char period[24];
	struct text p = TEXT(period);
	int again = 0;

	/* v1 only: v2 has no such limits, and runc ignores them there. */
	if ((!c->cpu_rt_period.value && !c->cpu_rt_runtime.value) || !has_controller(h, "cpu"))
		return;
	text_add_u64(&p, c->cpu_rt_period.value);
	if (c->cpu_rt_period.value)
		again = write_before_quota(h, period_file, period, c->cpu_rt_runtime.value);
	if (c->cpu_rt_runtime.value)
		limit_write_number(h, "cpu", runtime_file, c->cpu_rt_runtime.value);
	if (again)
		limit_write(h, "cpu", period_file, period);
}

static void limit_cpu(struct hierarchy *h, const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	if (!c->cpu_shares.value && !c->cpu_period.value && !c->cpu_burst.set &&
		!c->cpu_quota.value && !c->cpu_idle.set && !c->cpu_rt_period.value &&
		!c->cpu_rt_runtime.value)
		return;
	if (!h || h->leaf < 0)
		die_missing(h, "cpu");
	/* The kernel refuses shares while the group is idle. */
	if (c->cpu_idle.set && !c->cpu_idle.value)
		limit_idle(h, "cpu.shares", 0);
	if (c->cpu_shares.value && !c->cpu_idle.value)
		limit_shares(h, c->cpu_shares.value);
	limit_bandwidth(h, c);
	if (c->cpu_idle.value)
		limit_idle(h, "cpu.shares", 1);
	limit_realtime(h, plan);
}

void limit_v1(struct host *host, const struct plan *plan)
{
	struct hierarchy *cpuset = host_controller(host, "cpuset");

	if (plan->config->unified.count)
		give_up("invalid configuration: cannot use unified on cgroup v1", NULL, 0);
	/* A cpuset that is there was limited when it was made. */
	if (!cpuset || cpuset->leaf < 0)
		limit_cpuset(cpuset, plan);
	if (has_devices(plan))
		devices_v1(host_controller(host, "devices"), plan,
			host->in_user_namespace || plan->config->rootless);
	limit_memory(host_controller(host, "memory"), plan);
	limit_cpu(host_controller(host, "cpu"), plan);
	limit_pids(host_controller(host, "pids"), plan);
	limit_block_v1(host_controller(host, "blkio"), plan);
	limit_huge_pages(host_controller(host, "hugetlb"), plan, ".limit_in_bytes");
	limit_network(host, plan);
	limit_rdma(host_controller(host, "rdma"), plan);
}
