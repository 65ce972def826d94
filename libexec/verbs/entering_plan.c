/*
 * What parse has made of a process, held against the container's own plan and the command line: without this a
 * parse that was taken over by what a user wants to execute would choose namespaces and capabilities.
 */
#include "entering.h"

#include <string.h>
#include "names.h"
#include "spawn.h"
#include "text.h"
#include "witness.h"

static const struct plan *plan, *kept;

static int same_text(struct plan_string a, const char *b)
{
	const char *text = plan_text(plan, a);

	return !strcmp(text ? text : "", b ? b : "");
}

static int same_namespaces(void)
{
	struct plan_list a = plan->config->namespaces, b = kept->config->namespaces;

	if (a.count != b.count)
		return 0;
	for (uint32_t i = 0; i < a.count; i++)
		if (plan_namespace_at(plan, a, i)->type != plan_namespace_at(kept, b, i)->type ||
			plan_namespace_at(plan, a, i)->path.offset)
			return 0;
	return 1;
}

static int same_paths(void)
{
	struct plan_list a = plan->config->landlock_paths, b = kept->config->landlock_paths;

	if (a.count != b.count)
		return 0;
	for (uint32_t i = 0; i < a.count; i++) {
		const struct plan_landlock_path *of = plan_landlock_path_at(kept, b, i);

		if (plan_landlock_path_at(plan, a, i)->list != of->list ||
			!same_text(
				plan_landlock_path_at(plan, a, i)->path, plan_text(kept, of->path)))
			return 0;
	}
	return 1;
}

static int same_numbers(struct plan_list a, struct plan_list b)
{
	if (a.count != b.count)
		return 0;
	for (uint32_t i = 0; i < a.count; i++)
		if (plan_num_at(plan, a, i)->value != plan_num_at(kept, b, i)->value)
			return 0;
	return 1;
}

static int same_ports(void)
{
	struct plan_list a = plan->config->landlock_ports, b = kept->config->landlock_ports;

	if (a.count != b.count)
		return 0;
	for (uint32_t i = 0; i < a.count; i++)
		if (memcmp(plan_landlock_port_at(plan, a, i), plan_landlock_port_at(kept, b, i),
			    sizeof(struct plan_landlock_port)) != 0)
			return 0;
	return 1;
}

/* What a process only has of the container that it enters, and of the caller. */
static int same_container(const struct process_flags *flags)
{
	const struct plan_config *a = plan->config, *b = kept->config;

	return a->joins && spawn_files_are(a) && same_namespaces() && !a->uid_map.count &&
		!a->gid_map.count && !a->mappings.count && !a->mounts.count &&
		a->has_seccomp == b->has_seccomp && a->seccomp_flags == b->seccomp_flags &&
		same_numbers(a->ready_filter, b->ready_filter) && a->landlock == b->landlock &&
		a->landlock_scopes == b->landlock_scopes && same_paths() && same_ports() &&
		a->keep_groups == (b->keep_groups && !flags->gids.count) &&
		a->no_new_keyring == b->no_new_keyring && a->rootless == b->rootless;
}

static int has_ids(uint64_t uid, uint64_t gid)
{
	return plan->config->uid == uid && plan->config->gid == gid;
}

/* Those of the container, then the COUNT numbers of MORE. */
static int has_groups(const char *const *more, size_t count)
{
	struct plan_list a = plan->config->additional_gids, b = kept->config->additional_gids;
	uint64_t gid;

	if (a.count != b.count + count)
		return 0;
	for (uint32_t i = 0; i < a.count; i++) {
		if (i < b.count)
			gid = plan_num_at(kept, b, i)->value;
		else if (text_to_u64(more[i - b.count], &gid))
			return 0;
		if (plan_num_at(plan, a, i)->value != gid)
			return 0;
	}
	return 1;
}

static int has_only(uint64_t more)
{
	const struct plan_config *a = plan->config, *b = kept->config;

	return !(a->cap_bounding & ~(b->cap_bounding | more)) &&
		!(a->cap_effective & ~(b->cap_effective | more)) &&
		!(a->cap_permitted & ~(b->cap_permitted | more)) &&
		!(a->cap_inheritable & ~b->cap_inheritable) && !(a->cap_ambient & ~b->cap_ambient);
}

static int has_labels(const char *apparmor, const char *selinux)
{
	const struct plan_config *b = kept->config;

	return same_text(plan->config->apparmor_profile,
		       apparmor && *apparmor ? apparmor : plan_text(kept, b->apparmor_profile)) &&
		same_text(plan->config->selinux_label,
			selinux && *selinux ? selinux : plan_text(kept, b->selinux_label));
}

static int is_user(const char *user)
{
	uint64_t uid = kept->config->uid, gid = kept->config->gid;
	char digits[24];
	struct text t = TEXT(digits);
	const char *colon;

	if (!user)
		return has_ids(uid, gid);
	colon = strchr(user, ':');
	text_add_bytes(&t, user, colon ? (size_t)(colon - user) : strlen(user));
	return !text_to_u64(digits, &uid) && !(colon && text_to_u64(colon + 1, &gid)) &&
		has_ids(uid, gid);
}

static int is_asked_for(const struct process_flags *flags)
{
	uint64_t caps = 0;

	for (size_t i = 0; i < flags->caps.count; i++) {
		const struct name *name = name_find(capability_names, flags->caps.values[i]);

		caps |= name ? UINT64_C(1) << name->value : 0;
	}
	return has_only(caps) && is_user(flags->user) &&
		has_groups(flags->gids.values, flags->gids.count) &&
		has_labels(flags->apparmor, flags->label) &&
		(plan->config->no_new_privileges ||
			!(kept->config->no_new_privileges || flags->no_new_privs));
}

/* As the container's own process: then nobody need look into process.json. */
static int is_like_first(void)
{
	return has_only(0) && has_ids(kept->config->uid, kept->config->gid) &&
		has_groups(NULL, 0) && has_labels(NULL, NULL) &&
		plan->config->no_new_privileges >= kept->config->no_new_privileges;
}

int entering_check_plan(struct entering *e)
{
	const struct witness_request request = {
		.config = e->process_fd, .plan = e->plan_fd, .kept = e->kept_fd};

	plan = &e->plan;
	kept = &e->container.plan;
	if (!same_container(&e->flags) || (e->process_fd < 0 && !is_asked_for(&e->flags))) {
		text_join(e->line, sizeof(e->line),
			"parse made a plan of another process or container", NULL);
		return -1;
	}
	return e->process_fd < 0 || is_like_first()
		? 0
		: witness_ask(&request, e->line, sizeof(e->line));
}
