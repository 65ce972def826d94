/*
 * The same numbers as OpenMetrics 1.0 text, under the names that cAdvisor gave them and dashboards
 * know. What the host does not count has no line; no limit is 0, as there.
 */
#include <errno.h>
#include <string.h>
#include "stats.h"
#include "text.h"

enum kind { GAUGE, COUNTER };

struct page {
	struct text text;
	const char *id;
	const char *family; /* the samples that follow are of this one */
	enum kind kind;
};

/* UNIT: the last word of NAME, or NULL. */
static void family(
	struct page *p, const char *name, enum kind kind, const char *unit, const char *help)
{
	struct text *t = &p->text;

	p->family = name;
	p->kind = kind;
	text_add(t, "# TYPE ");
	text_add(t, name);
	text_add(t, kind == COUNTER ? " counter\n" : " gauge\n");
	if (unit) {
		text_add(t, "# UNIT ");
		text_add(t, name);
		text_add(t, " ");
		text_add(t, unit);
		text_add(t, "\n");
	}
	text_add(t, "# HELP ");
	text_add(t, name);
	text_add(t, " ");
	text_add(t, help);
	text_add(t, "\n");
}

/* The ids of containers have nothing to escape; by hand it is a path. */
static void add_escaped(struct text *t, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			text_add(t, "\\n");
		else if (*value == '"' || *value == '\\')
			text_add_bytes(t, (const char[]){'\\', *value}, 2);
		else
			text_add_bytes(t, value, 1);
	}
}

static void label(struct page *p, const char *name, const char *value)
{
	text_add(&p->text, ",");
	text_add(&p->text, name);
	text_add(&p->text, "=\"");
	add_escaped(&p->text, value);
	text_add(&p->text, "\"");
}

/* A sample: begin, label …, end or end_scaled. */
static void begin(struct page *p)
{
	text_add(&p->text, p->family);
	text_add(&p->text, p->kind == COUNTER ? "_total{id=\"" : "{id=\"");
	add_escaped(&p->text, p->id);
	text_add(&p->text, "\"");
}

static void end(struct page *p, uint64_t value)
{
	text_add(&p->text, "} ");
	text_add_u64(&p->text, value);
	text_add(&p->text, "\n");
}

/* VALUE / 10^DIGITS, exactly: nanoseconds are 9 digits of a second. */
static void end_scaled(struct page *p, uint64_t value, int digits)
{
	char fraction[16];
	struct text t = TEXT(fraction);
	uint64_t unit = 1;

	fraction[0] = '\0';
	for (int i = 0; i < digits; i++)
		unit *= 10;
	for (uint64_t part = value % unit, below = unit / 10; part; part %= below, below /= 10) {
		text_add_u64(&t, part / below);
		if (below == 1)
			break;
	}
	text_add(&p->text, "} ");
	text_add_u64(&p->text, value / unit);
	text_add(&p->text, fraction[0] ? "." : "");
	text_add(&p->text, fraction);
	text_add(&p->text, "\n");
}

static void gauge(
	struct page *p, const char *name, const char *unit, const char *help, uint64_t value)
{
	family(p, name, GAUGE, unit, help);
	begin(p);
	end(p, value);
}

static void counter(struct page *p, const char *name, const char *help, uint64_t value)
{
	family(p, name, COUNTER, NULL, help);
	begin(p);
	end(p, value);
}

static void seconds(struct page *p, const char *name, const char *help, uint64_t value, int digits)
{
	family(p, name, COUNTER, "seconds", help);
	begin(p);
	end_scaled(p, value, digits);
}

static void add_cpu(struct page *p, const struct stats *s)
{
	if (s->have & HAVE_CPU)
		seconds(p, "container_cpu_usage_seconds", "CPU time used.", s->cpu_total, 9);
	if (s->have & HAVE_CPU_MODES) {
		seconds(p, "container_cpu_user_seconds", "CPU time used in user mode.", s->cpu_user,
			9);
		seconds(p, "container_cpu_system_seconds", "CPU time used in the kernel.",
			s->cpu_kernel, 9);
	}
	if (!(s->have & HAVE_THROTTLING))
		return;
	counter(p, "container_cpu_cfs_periods", "Periods with a quota that have passed.",
		s->periods);
	counter(p, "container_cpu_cfs_throttled_periods", "Periods in which the quota was used up.",
		s->throttled_periods);
	seconds(p, "container_cpu_cfs_throttled_seconds", "Time throttled.", s->throttled_time, 9);
}

/* The highest values of v1 and v2 mean no limit. */
static uint64_t limit(uint64_t n)
{
	return n > INT64_MAX - 65536 ? 0 : n;
}

static void add_memory(struct page *p, const struct stats *s)
{
	uint64_t kernel = s->have & HAVE_KERNEL ? s->kernel.usage : raw_value(s, "kernel");
	uint64_t below = raw_value(s, "total_cache"); /* v1: with the cgroups below */

	gauge(p, "container_memory_usage_bytes", "bytes", "Memory used, page cache included.",
		s->memory.usage);
	gauge(p, "container_memory_working_set_bytes", "bytes",
		"Memory used without the page cache that is easily given back.", s->working_set);
	gauge(p, "container_memory_max_usage_bytes", "bytes", "The most memory ever used.",
		s->memory.max);
	gauge(p, "container_memory_cache", NULL, "Bytes of page cache.", below ? below : s->cache);
	gauge(p, "container_memory_rss", NULL, "Bytes of anonymous memory.", s->rss);
	gauge(p, "container_memory_kernel_usage", NULL, "Bytes of kernel memory.", kernel);
	if (s->have & HAVE_SWAP)
		gauge(p, "container_memory_swap", NULL, "Bytes of swap used.",
			s->swap.usage > s->memory.usage ? s->swap.usage - s->memory.usage : 0);
	counter(p, "container_memory_failcnt", "Times the memory limit was hit.",
		s->memory.failcnt);
	gauge(p, "container_spec_memory_limit_bytes", "bytes", "Memory limit; 0: none.",
		limit(s->memory.limit));
	if (s->have & HAVE_SWAP)
		gauge(p, "container_spec_memory_swap_limit_bytes", "bytes",
			"Limit of memory and swap together; 0: none.", limit(s->swap.limit));
}

/* One direction in one table, a sample for each device. */
static void add_io_family(struct page *p, const struct stats *s, enum io_table table,
	const char *op, const char *name, const char *unit, const char *help)
{
	family(p, name, COUNTER, unit, help);
	for (size_t i = 0; i < s->io_count; i++) {
		const struct io *io = &s->io[i];
		char device[48];
		struct text t = TEXT(device);

		if (io->table != table || strcmp(io->op, op) != 0)
			continue;
		text_add_u64(&t, io->major);
		text_add(&t, ":");
		text_add_u64(&t, io->minor);
		begin(p);
		label(p, "device", device);
		end(p, io->value);
	}
}

static void add_io(struct page *p, const struct stats *s)
{
	add_io_family(p, s, IO_BYTES, "Read", "container_fs_reads_bytes", "bytes",
		"Bytes read from block devices.");
	add_io_family(p, s, IO_BYTES, "Write", "container_fs_writes_bytes", "bytes",
		"Bytes written to block devices.");
	add_io_family(
		p, s, IO_SERVICED, "Read", "container_fs_reads", NULL, "Reads from block devices.");
	add_io_family(p, s, IO_SERVICED, "Write", "container_fs_writes", NULL,
		"Writes to block devices.");
}

static void add_huge_family(struct page *p, const struct stats *s, const char *name, enum kind kind,
	const char *help, size_t member)
{
	family(p, name, kind, kind == GAUGE ? "bytes" : NULL, help);
	for (size_t i = 0; i < s->huge_count; i++) {
		const char *base = (const char *)&s->huge[i];

		begin(p);
		label(p, "pagesize", s->huge[i].size);
		end(p, *(const uint64_t *)(const void *)(base + member));
	}
}

static void add_hugetlb(struct page *p, const struct stats *s)
{
	add_huge_family(p, s, "container_hugetlb_usage_bytes", GAUGE, "Huge pages used.",
		offsetof(struct huge, usage));
	add_huge_family(p, s, "container_hugetlb_max_usage_bytes", GAUGE,
		"The most huge pages ever used, where the kernel tells.",
		offsetof(struct huge, max));
	add_huge_family(p, s, "container_hugetlb_failcnt", COUNTER,
		"Times the limit of huge pages was hit.", offsetof(struct huge, failcnt));
}

static void add_pressure(struct page *p, const struct stats *s)
{
	static const struct {
		const char *waiting, *stalled;
	} names[RESOURCE_COUNT] = {
		[RESOURCE_CPU] = {"container_pressure_cpu_waiting_seconds",
			"container_pressure_cpu_stalled_seconds"},
		[RESOURCE_MEMORY] = {"container_pressure_memory_waiting_seconds",
			"container_pressure_memory_stalled_seconds"},
		[RESOURCE_IO] = {"container_pressure_io_waiting_seconds",
			"container_pressure_io_stalled_seconds"},
	};

	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		if (s->pressure[i].some.present)
			seconds(p, names[i].waiting, "Time in which some task waited for this.",
				s->pressure[i].some.total, 6);
		if (s->pressure[i].full.present)
			seconds(p, names[i].stalled, "Time in which all tasks waited for this.",
				s->pressure[i].full.total, 6);
	}
}

static void add_monitor_family(struct page *p, const struct stats *s, const char *name,
	enum kind kind, const char *help, size_t has, size_t member)
{
	family(p, name, kind, "bytes", help);
	for (size_t i = 0; i < s->rdt.monitor_count; i++) {
		const char *base = (const char *)&s->rdt.monitors[i];

		if (!*(const int *)(const void *)(base + has))
			continue;
		begin(p);
		label(p, "domain", s->rdt.monitors[i].name);
		end(p, *(const uint64_t *)(const void *)(base + member));
	}
}

static void add_monitors(struct page *p, const struct stats *s)
{
	add_monitor_family(p, s, "container_llc_occupancy_bytes", GAUGE, "Last level cache in use.",
		offsetof(struct monitor, has_llc), offsetof(struct monitor, llc));
	add_monitor_family(p, s, "container_memory_bandwidth_bytes", COUNTER, "Memory traffic.",
		offsetof(struct monitor, has_total), offsetof(struct monitor, total));
	add_monitor_family(p, s, "container_memory_bandwidth_local_bytes", COUNTER,
		"The part of it with memory of the same node.", offsetof(struct monitor, has_local),
		offsetof(struct monitor, local));
}

int print_metrics(const struct stats *s, const char *id, uint64_t created)
{
	struct page page = {.text = {output, sizeof(output), 0, 0}, .id = id};

	if (created)
		gauge(&page, "container_start_time_seconds", "seconds",
			"When the container was created, since the epoch.", created);
	add_cpu(&page, s);
	if (s->have & HAVE_MEMORY)
		add_memory(&page, s);
	if (s->have & HAVE_OOM)
		counter(&page, "container_oom_events", "Processes killed for want of memory.",
			s->oom_kills);
	if (s->have & HAVE_PIDS) {
		gauge(&page, "container_threads", NULL, "Tasks, threads included.", s->pids);
		gauge(&page, "container_threads_max", NULL, "Limit of tasks; 0: none.",
			s->pids_limit);
	}
	if (s->io_count)
		add_io(&page, s);
	if (s->huge_count)
		add_hugetlb(&page, s);
	add_pressure(&page, s);
	if (s->rdt.monitor_count)
		add_monitors(&page, s);
	text_add(&page.text, "# EOF\n");
	return page.text.cut ? -E2BIG : print(output, page.text.length);
}
