/* The controllers of v1, each in a hierarchy that may not be there, or not hold the container. */
#include <string.h>
#include "stats.h"
#include "text.h"

#define TICK 10000000 /* ns of USER_HZ, which is 100 for whoever reads cpuacct.stat */

static void read_cpuset(struct stats *s, const struct hierarchy *h)
{
	char text[32];

	s->cpu_count = read_list(s, h, "cpuset.cpus", s->cpus, CPUS_MAX);
	s->node_count = read_list(s, h, "cpuset.mems", s->nodes, NODES_MAX);
#define X(name) (void)read_u64(s, h, "cpuset." #name, &s->name);
	CPUSET_FLAGS(X)
#undef X
	if (read_text(s, h, "cpuset.sched_relax_domain_level", text, sizeof(text)) &&
		text_to_i64(text, &s->relax_domain_level))
		malformed(s, h, "cpuset.sched_relax_domain_level");
}

static void read_percpu(struct stats *s, const struct hierarchy *h)
{
	char *text = scratch;
	const char *word;

	if (!read_text(s, h, "cpuacct.usage_percpu", scratch, sizeof(scratch)))
		return;
	while ((word = next_word(&text, " "))) {
		if (s->percpu_count == CPUS_MAX ||
			text_to_u64(word, &s->percpu[s->percpu_count++])) {
			malformed(s, h, "cpuacct.usage_percpu");
			return;
		}
	}
}

/* "cpu user system" and a line for each CPU. */
static void read_percpu_modes(struct stats *s, const struct hierarchy *h)
{
	char *text = scratch, *line;

	if (!read_text(s, h, "cpuacct.usage_all", scratch, sizeof(scratch)))
		return;
	(void)next_line(&text);
	while ((line = next_line(&text))) {
		const char *cpu = next_word(&line, " ");
		const char *user = next_word(&line, " "), *kernel = next_word(&line, " ");
		size_t i = s->percpu_mode_count;

		if (i == CPUS_MAX || !cpu || !user || !kernel ||
			text_to_u64(user, &s->percpu_user[i]) ||
			text_to_u64(kernel, &s->percpu_kernel[i])) {
			malformed(s, h, "cpuacct.usage_all");
			return;
		}
		s->percpu_mode_count++;
	}
}

static void read_cpuacct(struct stats *s, const struct hierarchy *h)
{
	static const char *const names[] = {"user", "system", NULL};
	uint64_t *const to[] = {&s->cpu_user, &s->cpu_kernel};

	if (read_u64(s, h, "cpuacct.usage", &s->cpu_total))
		s->have |= HAVE_CPU;
	if (read_fields(s, h, "cpuacct.stat", names, to)) {
		s->have |= HAVE_CPU_MODES;
		s->cpu_user *= TICK;
		s->cpu_kernel *= TICK;
	}
	read_percpu(s, h);
	read_percpu_modes(s, h);
}

static void read_cpu(struct stats *s, const struct hierarchy *h)
{
	static const char *const names[] = {"nr_periods", "nr_throttled", "throttled_time", NULL};
	uint64_t *const to[] = {&s->periods, &s->throttled_periods, &s->throttled_time};

	if (read_fields(s, h, "cpu.stat", names, to))
		s->have |= HAVE_THROTTLING;
}

/* PREFIX: "memory.", "memory.memsw." … 1 when the kernel counts that. */
static int read_usage(
	struct stats *s, const struct hierarchy *h, const char *prefix, struct usage *usage)
{
	static const char *const files[] = {
		"usage_in_bytes", "max_usage_in_bytes", "failcnt", "limit_in_bytes"};
	uint64_t *const to[] = {&usage->usage, &usage->max, &usage->failcnt, &usage->limit};
	char file[64];
	int found = 0;

	for (size_t i = 0; i < 4; i++)
		if (!text_join(file, sizeof(file), prefix, files[i], NULL))
			found |= read_u64(s, h, file, to[i]);
	return found;
}

static void read_memory(struct stats *s, const struct hierarchy *h)
{
	static const char *const names[] = {"oom_kill", NULL};
	uint64_t *const to[] = {&s->oom_kills};
	uint64_t inactive;

	read_raw(s, h);
	s->cache = raw_value(s, "cache");
	s->rss = raw_value(s, "total_rss");
	if (read_usage(s, h, "memory.", &s->memory))
		s->have |= HAVE_MEMORY;
	if (read_usage(s, h, "memory.memsw.", &s->swap))
		s->have |= HAVE_SWAP;
	if (read_usage(s, h, "memory.kmem.", &s->kernel))
		s->have |= HAVE_KERNEL;
	(void)read_usage(s, h, "memory.kmem.tcp.", &s->kernel_tcp);
	if (read_fields(s, h, "memory.oom_control", names, to))
		s->have |= HAVE_OOM;
	inactive = raw_value(s, "total_inactive_file");
	s->working_set = inactive < s->memory.usage ? s->memory.usage - inactive : 0;
}

static void read_pids(struct stats *s, const struct hierarchy *h)
{
	if (read_u64(s, h, "pids.current", &s->pids))
		s->have |= HAVE_PIDS;
	if (read_limit(s, h, "pids.max", &s->pids_limit) && s->pids_limit == UINT64_MAX)
		s->pids_limit = 0;
}

void read_v1(struct stats *s, struct host *host)
{
	read_cpuset(s, host_controller(host, "cpuset"));
	read_memory(s, host_controller(host, "memory"));
	read_cpu(s, host_controller(host, "cpu"));
	read_cpuacct(s, host_controller(host, "cpuacct"));
	read_pids(s, host_controller(host, "pids"));
	read_blkio(s, host_controller(host, "blkio"));
	read_hugetlb(s, host_controller(host, "hugetlb"));
}
