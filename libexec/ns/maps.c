/* Id maps, oom_score_adj, hard limits: the writes that need the caller's privileges; CPU affinity.
 */
#include "ns.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "affinity.h"
#include "proc.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define MAP_LINES 340 /* user_namespaces(7) */

static void write_file(int proc, const char *name, const struct text *value)
{
	int err = proc_write(proc, name, value->data, value->length);

	if (err)
		die("write /proc/", name, err);
}

static void write_map(
	const struct plan *plan, int proc, const char *dir, const char *file, struct plan_list map)
{
	static char buffer[MAP_LINES * 36];
	struct text value = TEXT(buffer);
	char name[64];

	for (uint32_t i = 0; i < map.count; i++) {
		const struct plan_idmap *line = plan_idmap_at(plan, map, i);

		text_add_u64(&value, line->container);
		text_add(&value, " ");
		text_add_u64(&value, line->host);
		text_add(&value, " ");
		text_add_u64(&value, line->size);
		text_add(&value, "\n");
	}
	if (value.cut || text_join(name, sizeof(name), dir, "/", file, NULL))
		die("too many lines:", file, 0);
	write_file(proc, name, &value);
}

/* An ordinary user may map only itself and must give up setgroups(2) first (user_namespaces(7)). */
static void deny_setgroups(int proc, const char *dir)
{
	char name[64], value[] = "deny";
	struct text deny = {value, sizeof(value), 4, 0};

	if (text_join(name, sizeof(name), dir, "/setgroups", NULL))
		die("setgroups:", dir, ENAMETOOLONG);
	write_file(proc, name, &deny);
}

void write_id_maps(const struct plan *plan, int proc, pid_t child, struct plan_list uid_map,
	struct plan_list gid_map)
{
	char dir[24];
	struct text t = TEXT(dir);

	text_add_u64(&t, (uint64_t)child);
	if (geteuid() != 0)
		deny_setgroups(proc, dir);
	write_map(plan, proc, dir, "uid_map", uid_map);
	write_map(plan, proc, dir, "gid_map", gid_map);
}

int open_proc(void)
{
	int proc = proc_open(1);

	if (proc < 0)
		die("open", "/proc", proc);
	return proc;
}

static void set_oom_score(int64_t score)
{
	int proc = open_proc();
	char value[24];
	struct text t = TEXT(value);
	int err;

	text_add_i64(&t, score);
	err = proc_write(proc, "self/oom_score_adj", value, t.length);
	if (err)
		die("failed to update", "/proc/self/oom_score_adj", err);
	close(proc);
}

/* dmz sets the limits exactly; here only hard ones go up, so that nothing on the way is limited by
 * them. */
static void raise_limits(const struct plan *plan)
{
	struct plan_list list = plan->config->rlimits;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_rlimit *limit = plan_rlimit_at(plan, list, i);
		struct rlimit now;

		if (sys_prlimit((int)limit->type, NULL, &now) < 0)
			die("getrlimit:", rlimit_names[limit->type].word, errno);
		if (limit->hard <= now.rlim_max)
			continue;
		now.rlim_max = limit->hard;
		if (sys_prlimit((int)limit->type, &now, NULL) < 0)
			die("error setting rlimit", rlimit_names[limit->type].word, errno);
	}
}

/*
 * The caller's CPUs are no business of the container: moving into a cpuset does not widen what a
 * process once asked for (Linux 6.2), so it asks for all of them before that. `exec` starts on the
 * CPUs that config.json names for it (config.md, "execCPUAffinity").
 */
static void set_affinity(const struct plan *plan)
{
	const struct plan_list all = {0, 0};
	int err =
		affinity_set(plan, plan->config->joins ? plan->config->exec_affinity_initial : all);

	if (err)
		warn("setting the CPU affinity failed, the container's process may keep that of "
		     "the caller:",
			NULL, err);
}

void set_inherited(const struct plan *plan)
{
	if (plan->config->oom_score_adj.set)
		set_oom_score(plan->config->oom_score_adj.value);
	raise_limits(plan);
	set_affinity(plan);
}
