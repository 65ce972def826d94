/* The order of things: architecture.md, "The barriers of a creation". */
#include "explain.h"

#include "say.h"

const char *explain_phase_word(enum explain_phase phase)
{
	switch (phase) {
	case PHASE_CREATE:
		return "create";
	case PHASE_START:
		return "start";
	case PHASE_EXEC:
		return "exec";
	default:
		return "delete";
	}
}

/* libexec/NAME/priv in a few words; doc/privileges.md has them all. */
const char *explain_privileges(enum program program)
{
	switch (program) {
	case PROGRAM_PARSE:
	case PROGRAM_SECCOMP:
		return "a reserved uid, no capability, no file";
	case PROGRAM_CGROUP:
		return "writes below /sys/fs/cgroup only";
	case PROGRAM_SCOPE:
		return "no capability, no file, one socket to systemd's bus";
	case PROGRAM_RESCTRL:
		return "writes below /sys/fs/resctrl only";
	case PROGRAM_SOURCES:
		return "opens host paths; cannot attach a mount or write";
	case PROGRAM_NS:
		return "the caller's privileges, for one hop";
	case PROGRAM_NETLINK:
		return "CAP_NET_ADMIN over the container's network, one socket, no file";
	case PROGRAM_NETDEV:
		return "CAP_NET_ADMIN, two sockets, no file";
	case PROGRAM_ROOTFS:
		return "the container's first process, inside its new namespaces";
	case PROGRAM_HOOK:
		return "the caller's privileges";
	case PROGRAM_FENCE:
		return "the container's first process, inside its root; opens no file";
	case PROGRAM_DMZ:
		return "the container's first process, shrinking to what is granted";
	default:
		return "the caller's privileges, until all steps are started";
	}
}

static void explain_start_of_all(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	struct say_list names = {": ", 0};
	const char *bundle = plan_text(plan, c->bundle);

	say_who(PHASE_CREATE, PROGRAM_CONDUCTOR);
	say("makes the container ", NULL);
	say_quoted(plan_text(plan, c->id));
	if (bundle && *bundle) {
		say(" from the bundle ", NULL);
		say_quoted(bundle);
	}
	say(c->rootless ? "; where the caller may not use cgroups it does without" : "", NULL);
	say_done();
	if (c->preserve_fds) {
		say("hands file descriptors 3 to ", NULL);
		say_number(2 + c->preserve_fds);
		say(" of the caller to the process", NULL);
		say_done();
	}
	if (c->foreground) {
		say("stays in the foreground until the process ends", NULL);
		say_done();
	}
	if (c->annotations.count) {
		say_number(c->annotations.count);
		say(c->annotations.count == 1 ? " annotation" : " annotations",
			" for `state` and hooks", NULL);
		for (uint32_t i = 0; i < c->annotations.count; i++) {
			const struct plan_kv *kv = plan_kv_at(plan, c->annotations, i);

			say_next(&names);
			say_quoted(plan_text(plan, kv->key));
			say("=", NULL);
			say_quoted(plan_text(plan, kv->value));
		}
		say_done();
	}
	say_who(PHASE_CREATE, PROGRAM_PARSE);
	say("checks config.json (OCI ", NULL);
	say_value(plan_text(plan, c->oci_version));
	say(") and makes the plan that all the others work from", NULL);
	say_done();
}

/* Who runs hooks of a kind, and whose environment they get if they name none. */
struct hook_place {
	enum explain_phase phase;
	enum program program;
	const char *environment;
};

static void explain_hook(const struct plan *plan, const struct plan_hook *hook,
	const struct hook_place *place, const char *word)
{
	say(word, ": ", NULL);
	say_quoted(plan_text(plan, hook->path));
	if (hook->args.count) {
		struct say_list words = {", as ", 0};

		for (uint32_t i = 0; i < hook->args.count; i++) {
			if (i)
				say(" ", NULL);
			else
				say_next(&words);
			say_quoted(plan_text(plan, plan_str_at(plan, hook->args, i)->value));
		}
	}
	if (hook->has_env) {
		say("; environment of ", NULL);
		say_number(hook->env.count);
		say(hook->env.count == 1 ? " variable" : " variables", NULL);
		for (uint32_t i = 0; i < hook->env.count; i++) {
			say(i ? ", " : ": ", NULL);
			say_variable(plan_text(plan, plan_str_at(plan, hook->env, i)->value));
		}
	} else {
		say("; ", place->environment, NULL);
	}
	if (hook->timeout.set) {
		say("; killed after ", NULL);
		say_signed(hook->timeout.value);
		say(" s", NULL);
	} else {
		say("; may take as long as it likes", NULL);
	}
	say_done();
}

static void explain_hooks(const struct plan *plan, struct plan_list list,
	const struct hook_place *place, const char *word)
{
	say_who(place->phase, place->program);
	for (uint32_t i = 0; i < list.count; i++)
		explain_hook(plan, plan_hook_at(plan, list, i), place, word);
}

/* On the host. */
static void explain_outer_hooks(
	const struct plan *plan, struct plan_list list, enum explain_phase phase, const char *word)
{
	const struct hook_place place = {phase, PROGRAM_HOOK, "the caller's environment"};

	explain_hooks(plan, list, &place, word);
}

static void explain_network(const struct plan *plan)
{
	const char *path;

	if (!plan_namespace(plan, NS_NET, &path) || path)
		return;
	say_who(PHASE_CREATE, PROGRAM_NETLINK);
	say("sets the loopback device of the new network up", NULL);
	say_done();
}

static void explain_net_devices(const struct plan *plan)
{
	struct plan_list list = plan->config->net_devices;

	say_who(PHASE_CREATE, PROGRAM_NETDEV);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_net_device *device = plan_net_device_at(plan, list, i);

		say("moves the network device ", NULL);
		say_quoted(plan_text(plan, device->host));
		say(" of the host into the container", NULL);
		if (device->name.offset) {
			say(", as ", NULL);
			say_quoted(plan_text(plan, device->name));
		}
		say(", with its permanent addresses", NULL);
		say_done();
	}
}

static void explain_delete(const struct plan *plan)
{
	if (plan->config->systemd) {
		say_who(PHASE_DELETE, PROGRAM_SCOPE);
		say("has systemd stop the unit", NULL);
		say_done();
	}
	say_who(PHASE_DELETE, PROGRAM_CGROUP);
	say("removes the cgroup and all below it", NULL);
	say_done();
	explain_outer_hooks(plan, plan->config->hooks_poststop, PHASE_DELETE, "poststop hook");
}

void explain(const struct plan *plan, explain_sink *sink)
{
	const struct plan_config *c = plan->config;

	static const struct hook_place before_pivot = {
		PHASE_CREATE, PROGRAM_ROOTFS, "empty environment"};
	static const struct hook_place before_program = {
		PHASE_START, PROGRAM_DMZ, "the container's user and environment"};

	say_begin(sink);
	explain_start_of_all(plan);
	explain_seccomp(plan);
	explain_sources(plan);
	explain_unit(plan);
	explain_limits(plan);
	explain_resctrl(plan);
	explain_namespaces(plan);
	explain_network(plan);
	explain_net_devices(plan);
	explain_mounts(plan);
	explain_outer_hooks(plan, c->hooks_prestart, PHASE_CREATE, "prestart hook");
	explain_outer_hooks(plan, c->hooks_create_runtime, PHASE_CREATE, "createRuntime hook");
	explain_hooks(plan, c->hooks_create_container, &before_pivot,
		"createContainer hook, inside the container's namespaces");
	explain_finish(plan);
	explain_landlock(plan);
	explain_process(plan);
	explain_hooks(plan, c->hooks_start_container, &before_program,
		"startContainer hook, inside the container");
	explain_program(plan);
	explain_outer_hooks(plan, c->hooks_poststart, PHASE_START, "poststart hook");
	explain_affinity(plan);
	explain_delete(plan);
}
