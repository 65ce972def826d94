/* The controllers of v2, in the words and the sums that runc gives them (runc-events(8)). */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "kernfs.h"
#include "stats.h"

/* The lines of FILE; 0, -errno. */
static int count_lines(const struct hierarchy *h, const char *file, uint64_t *lines)
{
	int fd = beneath(h->leaf, file, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	*lines = 0;
	while ((n = read(fd, scratch, sizeof(scratch))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			*lines += scratch[i] == '\n';
	}
	n = n < 0 ? -errno : 0;
	close(fd);
	return (int)n;
}

/* Without the pids controller there is nothing else to count by; a threaded cgroup (-EOPNOTSUPP)
 * lists its threads only. */
static void count_processes(struct stats *s, const struct hierarchy *h)
{
	int err = count_lines(h, "cgroup.procs", &s->pids);

	if (err == -EOPNOTSUPP)
		err = count_lines(h, "cgroup.threads", &s->pids);
	if (!err)
		s->have |= HAVE_PIDS;
}

static void read_pids(struct stats *s, const struct hierarchy *h)
{
	if (read_u64(s, h, "pids.current", &s->pids))
		s->have |= HAVE_PIDS;
	else
		count_processes(s, h);
	if (read_limit(s, h, "pids.max", &s->pids_limit) && s->pids_limit == UINT64_MAX)
		s->pids_limit = 0;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Readers know memory and swap as one sum, from v1. Its highest value cannot be told. */
static void read_swap(struct stats *s, const struct hierarchy *h)
{
	uint64_t usage = 0, limit = 0;

	if (read_u64(s, h, "memory.swap.current", &usage))
		s->have |= HAVE_SWAP;
	(void)read_limit(s, h, "memory.swap.max", &limit);
	s->swap.usage = sum(usage, s->memory.usage);
	s->swap.limit = sum(limit, s->memory.limit);
}

static void read_memory(struct stats *s, const struct hierarchy *h)
{
	static const char *const names[] = {"oom_kill", NULL};
	uint64_t *const to[] = {&s->oom_kills};
	uint64_t inactive;

	read_raw(s, h);
	if (!read_u64(s, h, "memory.current", &s->memory.usage))
		return;
	s->have |= HAVE_MEMORY;
	(void)read_limit(s, h, "memory.max", &s->memory.limit);
	(void)read_u64(s, h, "memory.peak", &s->memory.max); /* Linux 5.19 */
	read_swap(s, h);
	s->cache = raw_value(s, "file");
	s->rss = raw_value(s, "anon");
	inactive = raw_value(s, "inactive_file");
	s->working_set = inactive < s->memory.usage ? s->memory.usage - inactive : 0;
	if (read_fields(s, h, "memory.events", names, to))
		s->have |= HAVE_OOM;
}

static void read_cpu(struct stats *s, const struct hierarchy *h)
{
	static const char *const names[] = {"usage_usec", "user_usec", "system_usec", "nr_periods",
		"nr_throttled", "throttled_usec", NULL};
	uint64_t *const to[] = {&s->cpu_total, &s->cpu_user, &s->cpu_kernel, &s->periods,
		&s->throttled_periods, &s->throttled_time};

	if (!read_fields(s, h, "cpu.stat", names, to))
		return;
	s->have |= HAVE_CPU | HAVE_CPU_MODES | HAVE_THROTTLING;
	s->cpu_total *= 1000;
	s->cpu_user *= 1000;
	s->cpu_kernel *= 1000;
	s->throttled_time *= 1000;
}

void read_v2(struct stats *s, const struct hierarchy *h)
{
	if (!h || h->leaf < 0)
		return;
	read_pids(s, h);
	read_memory(s, h);
	read_io(s, h);
	read_cpu(s, h);
	read_pressure(s, h, "cpu.pressure", &s->pressure[RESOURCE_CPU]);
	read_pressure(s, h, "memory.pressure", &s->pressure[RESOURCE_MEMORY]);
	read_pressure(s, h, "io.pressure", &s->pressure[RESOURCE_IO]);
	read_hugetlb(s, h);
}
