/* See rootless.h. */
#include "rootless.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "creation.h"
#include "fds.h"
#include "lookpath.h"
#include "text.h"

/* Neither a namespace with other ids than the caller's nor a file system of the host is theirs. */
static int check_no_id_maps(struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	struct plan_list list = plan->config->mounts;
	char line[CREATION_LINE];

	for (uint32_t i = 0; plan->config->mappings.count && i < list.count; i++) {
		const struct plan_mount *mount = plan_mount_at(plan, list, i);

		if (!mount->mapping)
			continue;
		text_join(line, sizeof(line), plan_text(plan, mount->label),
			": id-mapped mounts are not supported for rootless containers", NULL);
		return creation_error(c, line, 0);
	}
	return 0;
}

static int find_tool(struct creation *c, const char *member, const char *name, char *path)
{
	char line[256];

	if (!lookpath(name, path, TOOL_PATH))
		return 0;
	text_join(line, sizeof(line), "linux.", member, ": other ids than the caller's own need ",
		name, ", which is not in $PATH: install it (Debian: uidmap)", NULL);
	return creation_error(c, line, 0);
}

static int find_tools(struct creation *c)
{
	const struct plan *plan = &c->container.plan;
	int uids = !plan_maps_only(plan, plan->config->uid_map, geteuid());
	int gids = !plan_maps_only(plan, plan->config->gid_map, getegid());

	if (!rootless_is_new(plan))
		return 0;
	if (uids && find_tool(c, "uidMappings", "newuidmap", c->map_tools[0]))
		return -1;
	return gids ? find_tool(c, "gidMappings", "newgidmap", c->map_tools[1]) : 0;
}

int rootless_check(struct creation *c)
{
	const struct plan *plan = &c->container.plan;

	if (geteuid() == 0)
		return 0;
	if (!plan_namespace(plan, NS_USER, NULL))
		return creation_error(c, "rootless container requires user namespaces", 0);
	if (plan->config->additional_gids.count && !plan->config->keep_groups &&
		rootless_denies_groups(plan))
		return creation_error(
			c, "cannot set any additional groups in a rootless container", 0);
	return check_no_id_maps(c) || find_tools(c) ? -1 : 0;
}

int rootless_spawn(struct creation *c)
{
	static const struct msg_rule rules[] = {
		MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_SUBIDS}};
	const char *arguments[] = {c->map_tools[0], c->map_tools[1], NULL};
	const struct spawn_fd fds[] = {{c->plan_fd, FD_PLAN}};
	const struct spawn request = {.program = PROGRAM_SUBIDS,
		.image = -1,
		.arguments = arguments,
		.fds = fds,
		.fd_count = 1};

	if (!*c->map_tools[0] && !*c->map_tools[1])
		return 0;
	return step_start_or_say(&c->steps[STEP_SUBIDS], &request, rules,
		sizeof(rules) / sizeof(rules[0]), c->line, sizeof(c->line));
}

static int maps(const struct plan *plan, struct plan_list map, uint64_t id)
{
	for (uint32_t i = 0; i < map.count; i++) {
		const struct plan_idmap *line = plan_idmap_at(plan, map, i);

		if (id >= line->host && id - line->host < line->size)
			return 1;
	}
	return 0;
}

/*
 * The image is the caller's. A process that executes a file it may not read is counted to a user namespace that has
 * the file's owner; without it to the host's, and then not even its owner may look at its /proc/PID/ns,
 * which `exec` and programs for the network do between create and start. Nobody is in that namespace yet.
 */
int rootless_show(struct creation *c, int dmz)
{
	const struct plan_config *config = c->container.plan.config;
	const struct plan *plan = &c->container.plan;

	if (geteuid() == 0 || !rootless_is_new(plan) ||
		(maps(plan, config->uid_map, geteuid()) && maps(plan, config->gid_map, getegid())))
		return 0;
	return fchmod(dmz, 0555) < 0 ? creation_error(c, "fchmod", errno) : 0;
}

/* Those who work inside the namespaces do so as its root, whoever that is on the host. */
const char *rootless_hint(const struct creation *c, const struct step *failed)
{
	static char hint[160];
	const struct plan *plan = &c->container.plan;
	uint64_t ids[2] = {UINT64_MAX, UINT64_MAX};
	const struct plan_list lists[2] = {plan->config->uid_map, plan->config->gid_map};
	struct text t = TEXT(hint);

	if (failed->error.err != EACCES || !rootless_is_new(plan) ||
		(failed != &c->steps[STEP_SOURCES] && failed != &c->steps[STEP_LINE]))
		return "";
	for (int i = 0; i < 2; i++)
		for (uint32_t n = 0; n < lists[i].count; n++)
			if (!plan_idmap_at(plan, lists[i], n)->container)
				ids[i] = plan_idmap_at(plan, lists[i], n)->host;
	text_add(&t, ": the container's root needs the right to it, and is uid ");
	text_add_u64(&t, ids[0]);
	text_add(&t, ", gid ");
	text_add_u64(&t, ids[1]);
	text_add(&t, " of the host");
	return hint;
}
