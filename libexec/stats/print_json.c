/* runc's JSON of `events`, one object a line (libcontainer's types, runc-events(8)). */
#include <errno.h>
#include <string.h>
#include "stats.h"

/* What is 0 is left out, as Go does for most keys here. */
static void add_some(struct json *j, const char *key, uint64_t value)
{
	if (value)
		json_u64(j, key, value);
}

static void add_list(struct json *j, const char *key, const uint64_t *list, size_t count)
{
	if (!count)
		return;
	json_array(j, key);
	for (size_t i = 0; i < count; i++)
		json_u64(j, NULL, list[i]);
	json_array_end(j);
}

static void add_numbers(struct json *j, const char *key, const uint16_t *list, size_t count)
{
	if (!count)
		return;
	json_array(j, key);
	for (size_t i = 0; i < count; i++)
		json_u64(j, NULL, list[i]);
	json_array_end(j);
}

static void add_pressure_line(struct json *j, const char *key, const struct pressure_line *p)
{
	static const char *const names[] = {"avg10", "avg60", "avg300"};

	if (!p->present)
		return;
	json_object(j, key);
	for (size_t i = 0; i < 3; i++)
		json_number(j, names[i], p->average[i]);
	json_u64(j, "total", p->total);
	json_object_end(j);
}

static void add_pressure(struct json *j, const struct pressure *p)
{
	if (!p->some.present && !p->full.present)
		return;
	json_object(j, "psi");
	add_pressure_line(j, "some", &p->some);
	add_pressure_line(j, "full", &p->full);
	json_object_end(j);
}

static void add_cpu(struct json *j, const struct stats *s)
{
	json_object(j, "cpu");
	if (s->have & (HAVE_CPU | HAVE_CPU_MODES)) {
		json_object(j, "usage");
		add_some(j, "total", s->cpu_total);
		add_list(j, "percpu", s->percpu, s->percpu_count);
		add_list(j, "percpu_kernel", s->percpu_kernel, s->percpu_mode_count);
		add_list(j, "percpu_user", s->percpu_user, s->percpu_mode_count);
		json_u64(j, "kernel", s->cpu_kernel);
		json_u64(j, "user", s->cpu_user);
		json_object_end(j);
	}
	if (s->have & HAVE_THROTTLING) {
		json_object(j, "throttling");
		add_some(j, "periods", s->periods);
		add_some(j, "throttledPeriods", s->throttled_periods);
		add_some(j, "throttledTime", s->throttled_time);
		json_object_end(j);
	}
	add_pressure(j, &s->pressure[RESOURCE_CPU]);
	json_object_end(j);
}

static void add_cpuset(struct json *j, const struct stats *s)
{
	json_object(j, "cpuset");
	add_numbers(j, "cpus", s->cpus, s->cpu_count);
	json_u64(j, "cpu_exclusive", s->cpu_exclusive);
	add_numbers(j, "mems", s->nodes, s->node_count);
	json_u64(j, "mem_hardwall", s->mem_hardwall);
	json_u64(j, "mem_exclusive", s->mem_exclusive);
	json_u64(j, "memory_migrate", s->memory_migrate);
	json_u64(j, "memory_spread_page", s->memory_spread_page);
	json_u64(j, "memory_spread_slab", s->memory_spread_slab);
	json_u64(j, "memory_pressure", s->memory_pressure);
	json_u64(j, "sched_load_balance", s->sched_load_balance);
	json_i64(j, "sched_relax_domain_level", s->relax_domain_level);
	json_object_end(j);
}

static void add_usage(struct json *j, const char *key, const struct usage *usage)
{
	if (!usage->limit && !usage->usage && !usage->max && !usage->failcnt)
		return;
	json_object(j, key);
	json_u64(j, "limit", usage->limit);
	add_some(j, "usage", usage->usage);
	add_some(j, "max", usage->max);
	json_u64(j, "failcnt", usage->failcnt);
	json_object_end(j);
}

static void add_memory(struct json *j, const struct stats *s)
{
	json_object(j, "memory");
	add_some(j, "cache", s->cache);
	add_usage(j, "usage", &s->memory);
	add_usage(j, "swap", &s->swap);
	add_usage(j, "kernel", &s->kernel);
	add_usage(j, "kernelTCP", &s->kernel_tcp);
	if (s->raw_count)
		json_object(j, "raw");
	for (size_t i = 0; i < s->raw_count; i++)
		json_u64(j, s->raw[i].name, s->raw[i].value);
	if (s->raw_count)
		json_object_end(j);
	add_pressure(j, &s->pressure[RESOURCE_MEMORY]);
	json_object_end(j);
}

static void add_io_table(
	struct json *j, const char *key, const struct stats *s, enum io_table table)
{
	int begun = 0;

	for (size_t i = 0; i < s->io_count; i++) {
		const struct io *io = &s->io[i];

		if (io->table != table)
			continue;
		if (!begun++)
			json_array(j, key);
		json_object(j, NULL);
		add_some(j, "major", io->major);
		add_some(j, "minor", io->minor);
		if (io->op[0])
			json_string(j, "op", io->op);
		add_some(j, "value", io->value);
		json_object_end(j);
	}
	if (begun)
		json_array_end(j);
}

static void add_blkio(struct json *j, const struct stats *s)
{
	json_object(j, "blkio");
#define X(table, key, file) add_io_table(j, key, s, table);
	IO_TABLES(X)
#undef X
	add_pressure(j, &s->pressure[RESOURCE_IO]);
	json_object_end(j);
}

static void add_hugetlb(struct json *j, const struct stats *s)
{
	json_object(j, "hugetlb");
	for (size_t i = 0; i < s->huge_count; i++) {
		json_object(j, s->huge[i].size);
		add_some(j, "usage", s->huge[i].usage);
		add_some(j, "max", s->huge[i].max);
		json_u64(j, "failcnt", s->huge[i].failcnt);
		json_object_end(j);
	}
	json_object_end(j);
}

/* The next line of TEXT without blanks around it, in LINE; NULL at the end. */
static const char *trimmed(const char **text, char *line, size_t size)
{
	const char *start = *text + strspn(*text, " \n");
	size_t length = strcspn(start, "\n");

	*text = start + length;
	while (length && start[length - 1] == ' ')
		length--;
	if (!length || length >= size)
		return NULL;
	memcpy(line, start, length);
	line[length] = '\0';
	return line;
}

/* runc takes the last line that has RESOURCE in it. */
static void add_schema(struct json *j, const char *key, const char *schemata, const char *resource)
{
	static char line[8192], found[8192];

	found[0] = '\0';
	while (trimmed(&schemata, line, sizeof(line)))
		if (strstr(line, resource))
			memcpy(found, line, sizeof(found));
	if (found[0])
		json_string(j, key, found);
}

static void add_allocation(struct json *j, const struct stats *s)
{
	const struct rdt *rdt = &s->rdt;

	if (s->have & HAVE_L3) {
		json_object(j, "l3_cache_info");
		if (rdt->cbm_mask[0])
			json_string(j, "cbm_mask", rdt->cbm_mask);
		add_some(j, "min_cbm_bits", rdt->min_cbm_bits);
		add_some(j, "num_closids", rdt->l3_closids);
		json_object_end(j);
		add_schema(j, "l3_cache_schema_root", rdt->root, "L3");
		add_schema(j, "l3_cache_schema", rdt->group, "L3");
	}
	if (s->have & HAVE_MB) {
		json_object(j, "mem_bw_info");
		add_some(j, "bandwidth_gran", rdt->gran);
		add_some(j, "delay_linear", rdt->linear);
		add_some(j, "min_bandwidth", rdt->min_bandwidth);
		add_some(j, "num_closids", rdt->mb_closids);
		json_object_end(j);
		add_schema(j, "mem_bw_schema_root", rdt->root, "MB");
		add_schema(j, "mem_bw_schema", rdt->group, "MB");
	}
}

static void add_schemata(struct json *j, const char *schemata)
{
	static char line[8192];

	if (!*schemata)
		return;
	json_array(j, "schemata");
	while (trimmed(&schemata, line, sizeof(line)))
		json_string(j, NULL, line);
	json_array_end(j);
}

static int monitors(const struct rdt *rdt, int bandwidth)
{
	for (size_t i = 0; i < rdt->monitor_count; i++)
		if (bandwidth ? rdt->monitors[i].has_total || rdt->monitors[i].has_local
			      : rdt->monitors[i].has_llc)
			return 1;
	return 0;
}

static void add_monitors(struct json *j, const struct rdt *rdt)
{
	if (monitors(rdt, 1)) {
		json_array(j, "mbm_stats");
		for (size_t i = 0; i < rdt->monitor_count; i++) {
			json_object(j, NULL);
			add_some(j, "mbm_total_bytes", rdt->monitors[i].total);
			add_some(j, "mbm_local_bytes", rdt->monitors[i].local);
			json_object_end(j);
		}
		json_array_end(j);
	}
	if (monitors(rdt, 0)) {
		json_array(j, "cmt_stats");
		for (size_t i = 0; i < rdt->monitor_count; i++) {
			json_object(j, NULL);
			add_some(j, "llc_occupancy", rdt->monitors[i].llc);
			json_object_end(j);
		}
		json_array_end(j);
	}
}

static void add_data(struct json *j, const struct stats *s)
{
	json_object(j, "data");
	add_cpu(j, s);
	add_cpuset(j, s);
	add_memory(j, s);
	json_object(j, "pids");
	add_some(j, "current", s->pids);
	add_some(j, "limit", s->pids_limit);
	json_object_end(j);
	add_blkio(j, s);
	add_hugetlb(j, s);
	json_object(j, "intel_rdt");
	add_allocation(j, s);
	add_schemata(j, s->rdt.group);
	add_monitors(j, &s->rdt);
	json_object_end(j);
	json_null(j, "network_interfaces");
	json_object_end(j);
}

static int print_object(struct json *j)
{
	json_object_end(j);
	if (j->cut)
		return -E2BIG;
	j->data[j->length] = '\n';
	return print(j->data, j->length + 1);
}

static void begin(struct json *j, const char *type, const char *id)
{
	json_start(j, output, sizeof(output), NULL);
	json_object(j, NULL);
	json_string(j, "type", type);
	json_string(j, "id", id);
}

int print_stats(const struct stats *s, const char *id)
{
	struct json j;

	begin(&j, "stats", id);
	add_data(&j, s);
	return print_object(&j);
}

int print_oom(const char *id)
{
	struct json j;

	begin(&j, "oom", id);
	return print_object(&j);
}
