/* Id maps, oom_score_adj, hard limits: what needs the caller's privileges; CPU affinity. */
#include "ns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "affinity.h"
#include "proc.h"
#include "step.h"
#include "sys.h"
#include "text.h"

#define MAP_LINES  340 /* user_namespaces(7) */
#define MAP_DIGITS 10
#define MAP_LINE   (3 * MAP_DIGITS + 3) /* "%10u %10u %10u\n" */

#define MAP_SECONDS 60

static const char joined_otherwise[] = "user namespaces enabled, but both namespace path and "
				       "non-matching mapping specified -- you "
				       "may only provide one";
static const char written_otherwise[] =
	"newuidmap or newgidmap wrote other id maps than config.json has";

/* REFUSED is said instead of "write" when the kernel permits it not. */
static void write_file(int proc, const char *name, const struct text *value, const char *refused)
{
	int err = proc_write(proc, name, value->data, value->length);
	char path[80];

	if (!err)
		return;
	text_join(path, sizeof(path), "/proc/", name, NULL);
	die(err == -EPERM ? refused : "write", path, err);
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
	write_file(proc, name, &value,
		"each id mapping must lie within one line of the caller's own: write");
}

int open_proc(void)
{
	int proc = proc_open(1);

	if (proc < 0)
		die("open", "/proc", proc);
	return proc;
}

static void add_padded(struct text *line, uint64_t number)
{
	char digits[24];
	struct text t = TEXT(digits);

	text_add_u64(&t, number);
	for (size_t i = t.length; i < MAP_DIGITS; i++)
		text_add(line, " ");
	text_add(line, digits);
}

/* The kernel's lines are all of one length, so nothing has to be read out of them. */
static int has_line(const char *file, size_t length, const struct plan_idmap *map)
{
	char buffer[MAP_LINE + 1];
	struct text line = TEXT(buffer);

	add_padded(&line, map->container);
	text_add(&line, " ");
	add_padded(&line, map->host);
	text_add(&line, " ");
	add_padded(&line, map->size);
	text_add(&line, "\n");
	for (size_t at = 0; at + MAP_LINE <= length; at += MAP_LINE)
		if (!memcmp(file + at, buffer, MAP_LINE))
			return 1;
	return 0;
}

static void check_map(const struct plan *plan, int proc, const char *name, struct plan_list map,
	const char *problem)
{
	static char file[MAP_LINES * MAP_LINE];
	int fd = proc_open_file(proc, name, O_RDONLY), same;
	size_t length = 0;
	ssize_t n;

	if (fd < 0)
		die("read /proc/", name, fd);
	while ((n = read(fd, file + length, sizeof(file) - length)) > 0)
		length += (size_t)n;
	if (n < 0)
		die("read /proc/", name, errno);
	close(fd);
	same = length == map.count * MAP_LINE;
	for (uint32_t i = 0; same && i < map.count; i++)
		same = has_line(file, length, plan_idmap_at(plan, map, i));
	if (!same)
		die(problem, NULL, 0);
}

/* Whose only line is an id of its own writes that, and gives up setgroups(2) before (user_namespaces(7)). */
static void deny_setgroups(int proc, const char *dir)
{
	char name[64], value[] = "deny";
	struct text deny = {value, sizeof(value), 4, 0};

	if (text_join(name, sizeof(name), dir, "/setgroups", NULL))
		die("setgroups:", dir, ENAMETOOLONG);
	write_file(proc, name, &deny, "write");
}

/* The conductor is the parent of CHILD and has not reaped it, so the number is nobody else's. */
static void have_maps_written(
	const struct plan *plan, const struct origin *origin, pid_t child, const char *dir)
{
	static struct msg msg;
	struct msg_number body = {(uint64_t)child};
	char name[64];

	if (!step_conducted())
		die("the caller may map no other ids than its own without runc, which starts "
		    "newuidmap",
			NULL, EPERM);
	if (msg_send(&conductor, MSG_MAP, &body, sizeof(body), -1))
		_exit(1);
	await(MSG_MAP, &msg, MAP_SECONDS);
	text_join(name, sizeof(name), dir, "/uid_map", NULL);
	check_map(plan, origin->proc, name, plan->config->uid_map, written_otherwise);
	text_join(name, sizeof(name), dir, "/gid_map", NULL);
	check_map(plan, origin->proc, name, plan->config->gid_map, written_otherwise);
}

void write_id_maps(const struct plan *plan, const struct origin *origin, pid_t child,
	struct plan_list uid_map, struct plan_list gid_map)
{
	int own_uid = plan_maps_only(plan, uid_map, origin->uid);
	int own_gid = plan_maps_only(plan, gid_map, origin->gid);
	char dir[24];
	struct text t = TEXT(dir);

	text_add_u64(&t, (uint64_t)child);
	if (!origin->is_root && own_gid)
		deny_setgroups(origin->proc, dir);
	if (origin->is_root || own_uid)
		write_map(plan, origin->proc, dir, "uid_map", uid_map);
	if (origin->is_root || own_gid)
		write_map(plan, origin->proc, dir, "gid_map", gid_map);
	if (!origin->is_root && !(own_uid && own_gid))
		have_maps_written(plan, origin, child, dir);
}

void check_joined_maps(const struct plan *plan, const struct origin *origin)
{
	const struct plan_config *config = plan->config;
	const char *path;

	if (!plan_namespace(plan, NS_USER, &path) || !path ||
		(!config->uid_map.count && !config->gid_map.count))
		return;
	check_map(plan, origin->proc, "self/uid_map", config->uid_map, joined_otherwise);
	check_map(plan, origin->proc, "self/gid_map", config->gid_map, joined_otherwise);
}

/* Nobody but root may open the files in /proc of a process that is not dumpable. */
static void set_oom_score(int64_t score, int is_root)
{
	int proc = open_proc();
	char value[24];
	struct text t = TEXT(value);
	int err;

	text_add_i64(&t, score);
	if (!is_root && prctl(PR_SET_DUMPABLE, 1) < 0)
		die("PR_SET_DUMPABLE:", NULL, errno);
	err = proc_write(proc, "self/oom_score_adj", value, t.length);
	step_undumpable();
	if (err == -EACCES)
		die("process.oomScoreAdj is below that of the caller, who has no CAP_SYS_RESOURCE: "
		    "failed to update",
			"/proc/self/oom_score_adj", err);
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

void set_inherited(const struct plan *plan, int is_root)
{
	if (plan->config->oom_score_adj.set)
		set_oom_score(plan->config->oom_score_adj.value, is_root);
	raise_limits(plan);
	set_affinity(plan);
}
