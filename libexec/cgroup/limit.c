/* What v1 and v2 share about limits. Every file name is a constant or one checked component. */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "plan_limits.h"
#include "step.h"
#include "text.h"

void die_missing(const struct hierarchy *h, const char *controller)
{
	char what[128];

	text_join(what, sizeof(what), "cannot set ", controller,
		" limit: container could not join or create cgroup", NULL);
	if (h && h->refused)
		give_up(what, full_path(h, NULL), h->refused);
	give_up(what, NULL, 0);
}

int controller_available(const struct hierarchy *h, const char *controller)
{
	size_t length = strlen(controller);
	char list[1024];

	if (read_file(h->leaf, "cgroup.controllers", list, sizeof(list)) < 0)
		return 0;
	for (const char *word = list; *word; word += strspn(word, " ")) {
		size_t n = strcspn(word, " ");

		if (n == length && !memcmp(word, controller, n))
			return 1;
		word += n;
	}
	return 0;
}

int limit_try(const struct hierarchy *h, const char *file, const char *value)
{
	unified_compare(h->plan, file, value);
	return set_file(h, file, value);
}

void limit_write(
	const struct hierarchy *h, const char *controller, const char *file, const char *value)
{
	int err;

	if (!h || h->leaf < 0)
		die_missing(h, controller);
	err = limit_try(h, file, value);
	/* On v2 a controller that could not be enabled has no files. */
	if (err == -ENOENT && is_unified(h) && !controller_available(h, controller))
		die_unavailable(h, controller);
	if (err)
		die_write(h, file, value, err);
}

void limit_write_number(
	const struct hierarchy *h, const char *controller, const char *file, int64_t n)
{
	char value[24];
	struct text t = TEXT(value);

	text_add_i64(&t, n);
	limit_write(h, controller, file, value);
}

/* Zero is "unset" for all of these (runc-cli 5.4). */
static int given(struct plan_opt_i64 field)
{
	return field.set && field.value;
}

static int given_u(struct plan_opt_u64 field)
{
	return field.set && field.value;
}

static int has_memory_limits(const struct plan_config *c)
{
	return given(c->memory_limit) || given(c->memory_reservation) || given(c->memory_swap);
}

static int has_cpu_limits(const struct plan_config *c)
{
	return given_u(c->cpu_shares) || given(c->cpu_quota) || c->cpu_burst.set ||
		given_u(c->cpu_period) || c->cpu_idle.set;
}

int has_domain_limits(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	return has_memory_limits(c) || has_cpu_limits(c) || has_block_limits(c) ||
		c->hugepages.count;
}

int has_limits(const struct plan *plan)
{
	const struct plan_config *c = plan->config;

	return has_domain_limits(plan) || c->memory_swappiness.set || c->memory_disable_oom ||
		given(c->cpu_rt_runtime) || given_u(c->cpu_rt_period) || c->cpuset_cpus.length ||
		c->cpuset_mems.length || c->pids_limit.set || c->unified.count ||
		given_u(c->net_class_id) || c->net_priorities.count || c->rdma.count;
}

int has_devices(const struct plan *plan)
{
	return plan->config->has_resources || plan->config->device_rules.count;
}

void limit_pids(struct hierarchy *h, const struct plan *plan)
{
	struct plan_opt_i64 limit = plan->config->pids_limit;

	if (!limit.set)
		return;
	if (limit.value < 0)
		limit_write(h, "pids", "pids.max", "max");
	else /* 0 is a limit, and the first process must fit */
		limit_write_number(h, "pids", "pids.max", limit.value ? limit.value : 1);
}

void limit_idle(const struct hierarchy *h, const char *weight_file, int idle)
{
	uint64_t now;

	if (h && h->leaf >= 0 && !read_number(h->leaf, "cpu.idle", &now) && !now)
		(void)undo_note(h, weight_file, NULL);
	limit_write_number(h, "cpu", "cpu.idle", idle);
}

/* "64KB", "2MB", "1GB": part of a file name, so nothing else (rule C2). */
static int is_page_size(const char *size)
{
	size_t digits = strspn(size, "0123456789");

	return digits && digits < 16 && size[0] != '0' && size[digits] &&
		strchr("KMG", size[digits]) && !strcmp(size + digits + 1, "B");
}

void limit_huge_pages(struct hierarchy *h, const struct plan *plan, const char *suffix)
{
	for (uint32_t i = 0; i < plan->config->hugepages.count; i++) {
		const struct plan_hugepage *page =
			plan_hugepage_at(plan, plan->config->hugepages, i);
		const char *size = plan_text(plan, page->size);
		char file[96], value[24];
		struct text t = TEXT(value);
		int err;

		if (!limit_writes(plan->config, page->updates, 1))
			continue;
		if (!size || !is_page_size(size))
			give_up("invalid hugepage size:", size ? size : "(none)", 0);
		text_add_u64(&t, page->limit);
		text_join(file, sizeof(file), "hugetlb.", size, suffix, NULL);
		limit_write(h, "hugetlb", file, value);
		/* Reservations are accounted where the kernel can (5.7). */
		text_join(file, sizeof(file), "hugetlb.", size, ".rsvd", suffix, NULL);
		err = limit_try(h, file, value);
		if (err && err != -ENOENT)
			die_write(h, file, value, err);
	}
}

void limit_all(struct host *host, const struct plan *plan)
{
	if (!plan->config->has_resources && !has_devices(plan) && !has_limits(plan))
		return;
	if (host->unified)
		limit_v2(host_controller(host, ""), plan,
			host->in_user_namespace || plan->config->rootless);
	else
		limit_v1(host, plan);
}
