/* The process of `runc exec`. */
#include "build.h"
#include "exec.h"

#include <errno.h>
#include <string.h>
#include "text.h"

static const struct plan *kept;

static struct plan_string take(struct plan_string s)
{
	return plan_put(plan_text(kept, s));
}

static void add_string(struct plan_list *list, const char *text)
{
	struct plan_str *record = plan_add(PLAN_RECORD_str, list);

	check_argument(text);
	record->value = plan_put(text);
}

static void take_numbers(struct plan_list *to, struct plan_list from)
{
	for (uint32_t i = 0; i < from.count; i++)
		((struct plan_num *)plan_add(PLAN_RECORD_num, to))->value =
			plan_num_at(kept, from, i)->value;
}

static void take_landlock(struct plan_config *config)
{
	const struct plan_config *from = kept->config;

	config->landlock = from->landlock;
	config->landlock_scopes = from->landlock_scopes;
	for (uint32_t i = 0; i < from->landlock_paths.count; i++) {
		const struct plan_landlock_path *path =
			plan_landlock_path_at(kept, from->landlock_paths, i);
		struct plan_landlock_path *copy =
			plan_add(PLAN_RECORD_landlock_path, &config->landlock_paths);

		copy->list = path->list;
		copy->path = take(path->path);
	}
	for (uint32_t i = 0; i < from->landlock_ports.count; i++)
		*(struct plan_landlock_port *)plan_add(
			PLAN_RECORD_landlock_port, &config->landlock_ports) =
			*plan_landlock_port_at(kept, from->landlock_ports, i);
}

/* What belongs to the container, whatever the process is. */
static void take_container(struct plan_config *config)
{
	const struct plan_config *from = kept->config;

	config->joins = 1;
	config->id = take(from->id);
	config->bundle = take(from->bundle);
	config->oci_version = take(from->oci_version);
	config->rootless = from->rootless;
	config->no_new_keyring = from->no_new_keyring;
	config->has_linux = 1;
	for (uint32_t i = 0; i < from->namespaces.count; i++)
		((struct plan_namespace *)plan_add(PLAN_RECORD_namespace, &config->namespaces))
			->type = plan_namespace_at(kept, from->namespaces, i)->type;
	config->umask = from->umask;
	config->personality = from->personality;
	config->memory_policy = from->memory_policy;
	take_numbers(&config->memory_nodes, from->memory_nodes);
	config->oom_score_adj = from->oom_score_adj;
	config->cpuset_cpus = take(from->cpuset_cpus); /* for the text of an error */
	take_landlock(config);
	config->has_seccomp = from->has_seccomp;
	config->seccomp_has_flags = from->seccomp_has_flags;
	config->seccomp_flags = from->seccomp_flags;
	take_numbers(&config->ready_filter, from->ready_filter);
	config->ready_filter_first = from->ready_filter_first;
}

static void take_capabilities(struct plan_config *config)
{
	const struct plan_config *from = kept->config;

	if (config->has_capabilities)
		return;
	config->has_capabilities = from->has_capabilities;
	config->cap_bounding = from->cap_bounding;
	config->cap_effective = from->cap_effective;
	config->cap_permitted = from->cap_permitted;
	config->cap_inheritable = from->cap_inheritable;
	config->cap_ambient = from->cap_ambient;
}

static void take_rlimits(struct plan_config *config)
{
	struct plan_list from = kept->config->rlimits;

	if (config->rlimits.count)
		return;
	for (uint32_t i = 0; i < from.count; i++) {
		struct plan_rlimit *limit = plan_add(PLAN_RECORD_rlimit, &config->rlimits);

		*limit = *plan_rlimit_at(kept, from, i);
	}
}

static void take_scheduling(struct plan_config *config)
{
	const struct plan_config *from = kept->config;

	if (!config->has_scheduler) {
		config->has_scheduler = from->has_scheduler;
		config->sched_policy = from->sched_policy;
		config->sched_flags = from->sched_flags;
		config->sched_nice = from->sched_nice;
		config->sched_priority = from->sched_priority;
		config->sched_runtime = from->sched_runtime;
		config->sched_deadline = from->sched_deadline;
		config->sched_period = from->sched_period;
	}
	if (!config->io_priority.set)
		config->io_priority = from->io_priority;
	if (config->exec_affinity_initial.count || config->exec_affinity_final.count)
		return;
	take_numbers(&config->exec_affinity_initial, from->exec_affinity_initial);
	take_numbers(&config->exec_affinity_final, from->exec_affinity_final);
}

/* What a process object may leave out: then the container's holds. */
static void take_missing(struct plan_config *config)
{
	take_capabilities(config);
	take_rlimits(config);
	take_scheduling(config);
	if (!config->apparmor_profile.offset)
		config->apparmor_profile = take(kept->config->apparmor_profile);
	if (!config->selinux_label.offset)
		config->selinux_label = take(kept->config->selinux_label);
}

/* The next value of the flag NAME after *AT (0: from the start), or NULL. */
static const char *next_value(const struct exec_options *o, const char *name, int *at)
{
	while (*at < o->flag_count) {
		const char *flag = o->flags[(*at)++];

		if (!strcmp(flag, "--process") || !strcmp(flag, "--tty") ||
			!strcmp(flag, "--no-new-privs") || !strcmp(flag, "--foreground"))
			continue;
		(*at)++;
		if (!strcmp(flag, name))
			return o->flags[*at - 1];
	}
	return NULL;
}

/* As Go's strconv.Atoi would say it; but no sign, no blank, no leading zero (rule N1). */
static uint64_t id_number(const char *what, const char *text, size_t length)
{
	char digits[128]; /* more than are shown */
	uint64_t id;
	int err;

	if (length >= sizeof(digits))
		length = sizeof(digits) - 1; /* in any case too many */
	memcpy(digits, text, length);
	digits[length] = '\0';
	err = text_to_u64(digits, &id);
	if (!err && id > ID_MAX)
		err = -ERANGE;
	if (err)
		refuse_as(what, ": strconv.Atoi: parsing \"", shown(digits),
			"\": ", err == -ERANGE ? "value out of range" : "invalid syntax", NULL);
	return id;
}

static void set_user(const struct exec_options *o, struct plan_config *config)
{
	const char *gid, *value;
	int at = 0;

	config->uid = kept->config->uid;
	config->gid = kept->config->gid;
	if (o->user) {
		gid = strchrnul(o->user, ':');
		config->uid = id_number("bad uid", o->user, (size_t)(gid - o->user));
		if (*gid)
			config->gid = id_number("bad gid", gid + 1, strlen(gid + 1));
	}
	take_numbers(&config->additional_gids, kept->config->additional_gids);
	while ((value = next_value(o, "--additional-gid", &at))) {
		struct plan_num *gids;

		if (*value == '-')
			refuse_as("additional-gids must be a positive number ", shown(value), NULL);
		gids = plan_add(PLAN_RECORD_num, &config->additional_gids);
		gids->value = id_number("bad additional gid", value, strlen(value));
	}
}

static void set_environment(const struct exec_options *o, struct plan_config *config)
{
	struct plan_list from = kept->config->env;
	uint64_t others = kept->config->caller_env;
	uint32_t count = others < from.count ? from.count - (uint32_t)others : 0;
	const char *value;
	int at = 0;

	start_environment();
	for (uint32_t i = 0; i < count; i++)
		take_variable(plan_text(kept, plan_str_at(kept, from, i)->value));
	path_member("env");
	while ((value = next_value(o, "--env", &at)))
		take_variable(value);
	finish_environment(&config->env);
	path_leave();
}

/* Never the inheritable and the ambient set: what they hold would outlast a change of user (S6). */
static void add_capabilities(const struct exec_options *o, struct plan_config *config)
{
	const char *value;
	int at = 0;

	take_capabilities(config);
	while ((value = next_value(o, "--cap", &at))) {
		uint64_t bit = capability_bit(value);

		config->has_capabilities = 1;
		config->cap_bounding |= bit;
		config->cap_effective |= bit;
		config->cap_permitted |= bit;
	}
	warn_unknown_caps();
}

static void check_flag(const char *name, const char *value, void (*check)(const char *text))
{
	if (!value)
		return;
	path_member(name);
	check(value);
	path_leave();
}

static void build_from_flags(const struct exec_options *o, struct plan_config *config)
{
	const struct plan_config *from = kept->config;

	if (!from->has_process)
		refuse_as("the container has no process: use --process", NULL);
	if (!o->args[0])
		refuse_as("exec args cannot be empty", NULL);
	for (char **arg = o->args; *arg; arg++)
		add_string(&config->args, *arg);
	set_environment(o, config);
	set_user(o, config);
	config->cwd = o->cwd ? plan_put(o->cwd) : take(from->cwd);
	config->terminal = (uint64_t)o->tty;
	config->console_height = from->console_height;
	config->console_width = from->console_width;
	config->no_new_privileges = from->no_new_privileges | (uint64_t)o->no_new_privs;
	check_flag("apparmor", o->apparmor, check_printable);
	check_flag("process-label", o->process_label, check_label);
	config->apparmor_profile = plan_put(o->apparmor);
	config->selinux_label = plan_put(o->process_label);
	add_capabilities(o, config);
	check_process(config);
}

void build_exec(const struct exec_options *o, const struct plan *plan, const struct value *process)
{
	struct plan_config *config = plan_config_record();
	int at = 0;

	kept = plan;
	if (process)
		build_process(process, config);
	else
		build_from_flags(o, config);
	take_container(config);
	config->keep_groups = kept->config->keep_groups && !next_value(o, "--additional-gid", &at);
	take_missing(config);
	check_exec_filter(kept, config);
	config->foreground = (uint64_t)o->foreground;
	config->preserve_fds = o->preserve_fds;
	config->files_soft = o->files_soft;
	config->files_hard = o->files_hard;
}
