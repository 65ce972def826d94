/* See witness.h. */
#include "witness.h"

#include <linux/mount.h>
#include <string.h>
#include "fds.h"
#include "names.h"
#include "template.h"

#define SECONDS 10

static int has_all(const struct plan *plan, struct plan_list list, const char *const *wanted)
{
	uint32_t i;

	for (; *wanted; wanted++) {
		for (i = 0; i < list.count; i++) {
			const char *path = plan_text(plan, plan_str_at(plan, list, i)->value);

			if (path && !strcmp(path, *wanted))
				break;
		}
		if (i == list.count)
			return 0;
	}
	return 1;
}

static int has_modest_capabilities(const struct plan_config *config)
{
	uint64_t bits = config->cap_bounding | config->cap_effective | config->cap_permitted |
		config->cap_inheritable | config->cap_ambient;

	for (const char *const *word = template_capabilities; *word; word++)
		bits &= ~(UINT64_C(1) << name_find(capability_names, *word)->value);
	return !bits;
}

/* A user namespace takes rights away, whatever its ids are; so does one of cgroups or of time. */
static int has_modest_namespaces(const struct plan *plan)
{
	static const enum namespace_type wanted[] = {NS_IPC, NS_UTS, NS_NET, NS_PID, NS_MOUNT};
	struct plan_list list = plan->config->namespaces;

	for (uint32_t i = 0; i < list.count; i++)
		if (plan_namespace_at(plan, list, i)->path.offset)
			return 0;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!plan_namespace(plan, wanted[i], NULL))
			return 0;
	return 1;
}

static int is(const struct plan *plan, struct plan_string string, const char *text)
{
	const char *said = plan_text(plan, string);

	return said && !strcmp(said, text);
}

/* Nothing of the host's is in these, and what could be changed for all is read-only or masked. */
static int is_modest_mount(const struct plan *plan, const struct plan_mount *m)
{
	int is_readonly = (m->attr_set & MOUNT_ATTR_RDONLY) != 0;

	if (m->propagation.count || m->mapping || m->idmap || (m->flags & ~(uint64_t)MOUNT_COPY_UP))
		return 0;
	if (m->kind == MOUNT_CGROUP)
		return is_readonly;
	if (m->kind != MOUNT_FS)
		return 0;
	if (is(plan, m->type, "proc"))
		return is(plan, m->destination, "/proc");
	if (is(plan, m->type, "sysfs"))
		return is_readonly && is(plan, m->destination, "/sys");
	return is(plan, m->type, "tmpfs") || is(plan, m->type, "devpts") ||
		is(plan, m->type, "mqueue");
}

static int has_modest_mounts(const struct plan *plan)
{
	struct plan_list list = plan->config->mounts;

	for (uint32_t i = 0; i < list.count; i++)
		if (!is_modest_mount(plan, plan_mount_at(plan, list, i)))
			return 0;
	return 1;
}

static int allows_devices(const struct plan *plan)
{
	struct plan_list list = plan->config->device_rules;

	for (uint32_t i = 0; i < list.count; i++)
		if (plan_device_rule_at(plan, list, i)->allow)
			return 1;
	return !list.count;
}

static int has_hooks(const struct plan_config *config)
{
	return config->hooks_prestart.count || config->hooks_create_runtime.count ||
		config->hooks_create_container.count || config->hooks_start_container.count ||
		config->hooks_poststart.count || config->hooks_poststop.count;
}

int witness_is_needed(const struct plan *plan)
{
	const struct plan_config *config = plan->config;

	return has_hooks(config) || config->devices.count || config->sysctl.count ||
		config->net_devices.count || config->systemd || config->has_rdt ||
		config->listener_path.offset || config->has_scheduler || config->io_priority.set ||
		config->oom_score_adj.set || config->keep_groups || config->cgroups_path.length ||
		config->rootfs_propagation || !config->no_new_privileges ||
		!config->root_readonly || !is(plan, config->root_path, TEMPLATE_ROOT) ||
		allows_devices(plan) || !has_modest_capabilities(config) ||
		!has_modest_namespaces(plan) || !has_modest_mounts(plan) ||
		!has_all(plan, config->masked_paths, template_masked) ||
		!has_all(plan, config->readonly_paths, template_readonly);
}

static const struct msg_rule rules[] = {MSG_ANY_STEP, {MSG_DONE, MSG_ONCE, 0, 0, PROGRAM_WITNESS}};

int witness_start(struct step *step, const struct witness_request *request, char *line, size_t size)
{
	const struct spawn_fd fds[] = {
		{request->plan, FD_PLAN}, {request->kept, FD_KEPT}, {request->config, FD_CONFIG}};
	const char *arguments[5];
	size_t n = 0;

	if (request->kept >= 0)
		arguments[n++] = "exec";
	if (request->changed)
		arguments[n++] = "--changed";
	if (request->notify) {
		arguments[n++] = "--notify";
		arguments[n++] = request->notify;
	}
	arguments[n] = NULL;
	const struct spawn spawn = {.program = PROGRAM_WITNESS,
		.image = -1,
		.arguments = arguments,
		.fds = fds,
		.fd_count = sizeof(fds) / sizeof(fds[0])};

	return step_start_or_say(step, &spawn, rules, sizeof(rules) / sizeof(rules[0]), line, size);
}

int witness_ask(const struct witness_request *request, char *line, size_t size)
{
	struct step step;

	if (witness_start(&step, request, line, size))
		return -1;
	if (!step_finish(&step, SECONDS))
		return 0;
	step_error(&step, line, size);
	return -1;
}
