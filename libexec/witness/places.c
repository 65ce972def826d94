/* The table: what must be the same in config.json and in the plan. Constant data only. */
#include <linux/seccomp.h>
#include "witness.h"

#define FIELD(n, f)   .offset = offsetof(struct plan_##n, f)
#define CONFIG(f)     FIELD(config, f)
#define RUN(n, f, of) FIELD(n, f), .record = PLAN_RECORD_##of
#define LIST(f, of)   RUN(config, f, of)
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}

static const struct place skipped = {.kind = SKIPPED};

/* After an update these come from resources.json. */
static const struct place resources, rdt;

static const struct place *choose_resources(void)
{
	return changed ? &skipped : &resources;
}

static const struct place *choose_rdt(void)
{
	return changed ? &skipped : &rdt;
}

static const struct place idmap_members[] = {{"containerID", NUMBER, FIELD(idmap, container)},
	{"hostID", NUMBER, FIELD(idmap, host)}, {"size", NUMBER, FIELD(idmap, size)}, END};

/* Inline in the options: then it is not looked at (options.c). */
static const struct place mount_uids, mount_gids;

static const struct place *choose_mount_uids(void)
{
	return has_inline_map() ? &skipped : &mount_uids;
}

static const struct place *choose_mount_gids(void)
{
	return has_inline_map() ? &skipped : &mount_gids;
}

static const struct place mount_uids = {
	"uidMappings", RECORDS, RUN(mount, uid_map, idmap), .members = idmap_members};
static const struct place mount_gids = {
	"gidMappings", RECORDS, RUN(mount, gid_map, idmap), .members = idmap_members};

static const struct place mount_members[] = {{"destination", JUDGED, .agrees = agrees_destination},
	{"source", STRING, FIELD(mount, source)}, {"type", STRING, FIELD(mount, type)},
	{"options", LISTED, .agrees = take_mount_option},
	{"uidMappings", RECORDS, .choose = choose_mount_uids},
	{"gidMappings", RECORDS, .choose = choose_mount_gids}, END};

/* "env" has the bit HOOK_HAS_ENV. */
static const struct place hook_members[] = {{"path", STRING, FIELD(hook, path)},
	{"args", STRINGS, RUN(hook, args, str), .agrees = agrees_hook_args},
	{"env", STRINGS, RUN(hook, env, str)}, {"timeout", OPTION, FIELD(hook, timeout)}, END};

#define HOOKS_OF(word, list)                                                                       \
	{                                                                                          \
		word, RECORDS, LIST(list, hook), .members = hook_members, .leave = leave_hook      \
	}

static const struct place hooks_members[] = {HOOKS_OF("prestart", hooks_prestart),
	HOOKS_OF("createRuntime", hooks_create_runtime),
	HOOKS_OF("createContainer", hooks_create_container),
	HOOKS_OF("startContainer", hooks_start_container), HOOKS_OF("poststart", hooks_poststart),
	HOOKS_OF("poststop", hooks_poststop), END};

static const struct place root_members[] = {
	{"path", STRING, CONFIG(root_path)}, {"readonly", BOOL, CONFIG(root_readonly)}, END};

static const struct place user_members[] = {{"uid", NUMBER, CONFIG(uid)},
	{"gid", NUMBER, CONFIG(gid)}, {"additionalGids", NUMBERS, LIST(additional_gids, num)}, END};

#define CAPS(word, field)                                                                          \
	{                                                                                          \
		word, FLAGS, CONFIG(field), .words = capability_names, .inherited = 1              \
	}

static const struct place capability_members[] = {CAPS("bounding", cap_bounding),
	CAPS("effective", cap_effective), CAPS("permitted", cap_permitted),
	CAPS("inheritable", cap_inheritable), CAPS("ambient", cap_ambient), END};

static const struct place process_members[] = {{"user", OBJECT, .members = user_members},
	{"capabilities", OBJECT, .members = capability_members},
	{"noNewPrivileges", BOOL, CONFIG(no_new_privileges)},
	{"apparmorProfile", STRING, CONFIG(apparmor_profile), .inherited = 1},
	{"selinuxLabel", STRING, CONFIG(selinux_label), .inherited = 1}, END};

static const struct place namespace_members[] = {
	{"type", WORD, FIELD(namespace, type), .words = namespace_names},
	{"path", STRING, FIELD(namespace, path)}, END};

static const struct name device_types[] = {
	{"c", DEVICE_CHAR}, {"u", DEVICE_CHAR}, {"b", DEVICE_BLOCK}, {"p", DEVICE_FIFO}, {NULL, 0}};

static const struct place device_members[] = {
	{"type", WORD, FIELD(device, type), .words = device_types},
	{"path", JUDGED, .agrees = agrees_device_path},
	{"major", JUDGED, .agrees = agrees_device_major},
	{"minor", JUDGED, .agrees = agrees_device_minor},
	{"fileMode", JUDGED, .agrees = agrees_device_mode}, {"uid", NUMBER, FIELD(device, uid)},
	{"gid", NUMBER, FIELD(device, gid)}, END};

static const struct name rule_types[] = {
	{"a", DEVICE_ALL}, {"c", DEVICE_CHAR}, {"b", DEVICE_BLOCK}, {NULL, 0}};

static const struct place rule_members[] = {{"allow", BOOL, FIELD(device_rule, allow)},
	{"type", WORD, FIELD(device_rule, type), .words = rule_types},
	{"major", JUDGED, .agrees = agrees_rule_major},
	{"minor", JUDGED, .agrees = agrees_rule_minor}, {"access", JUDGED, .agrees = agrees_access},
	END};

static const struct place resources_members[] = {
	{"devices", RECORDS, LIST(device_rules, device_rule), .members = rule_members}, END};
static const struct place resources = {"resources", OBJECT, .members = resources_members};

static const struct place rdt_members[] = {{"closID", STRING, CONFIG(rdt_clos_id)}, END};
static const struct place rdt = {"intelRdt", OBJECT, .members = rdt_members};

static const struct place net_device_members[] = {{"name", STRING, FIELD(net_device, name)}, END};

static const struct place argument_members[] = {{"index", NUMBER, FIELD(seccomp_arg, index)},
	{"value", NUMBER, FIELD(seccomp_arg, value)},
	{"valueTwo", NUMBER, FIELD(seccomp_arg, value_two)},
	{"op", WORD, FIELD(seccomp_arg, op), .words = seccomp_ops}, END};

static const struct place call_members[] = {{"names", STRINGS, RUN(seccomp_rule, names, str)},
	{"action", WORD, FIELD(seccomp_rule, action), .words = seccomp_actions},
	{"errnoRet", OPTION, FIELD(seccomp_rule, errno_ret)},
	{"args", RECORDS, RUN(seccomp_rule, args, seccomp_arg), .members = argument_members}, END};

static const struct place seccomp_members[] = {
	{"defaultAction", WORD, CONFIG(seccomp_default), .words = seccomp_actions,
		.fallback = ACT_ALLOW},
	{"defaultErrnoRet", OPTION, CONFIG(seccomp_default_errno)},
	{"architectures", WORDS, LIST(seccomp_archs, num), .words = seccomp_archs},
	{"flags", FLAGS, CONFIG(seccomp_flags), .words = seccomp_flag_names,
		.fallback = SECCOMP_FILTER_FLAG_NEW_LISTENER},
	{"syscalls", RECORDS, LIST(seccomp_rules, seccomp_rule), .members = call_members},
	{"listenerPath", JUDGED, .agrees = agrees_listener}, END};
static const struct place seccomp = {"seccomp", OBJECT, .members = seccomp_members};

/* A plan without a filter: config.json has one that is switched off, or none (runc-cli.md 4.16). */
static const struct place no_seccomp_members[] = {
	{"defaultAction", JUDGED, .agrees = agrees_no_action},
	{"syscalls", RECORDS, LIST(seccomp_rules, seccomp_rule), .members = call_members}, END};
static const struct place no_seccomp = {"seccomp", OBJECT, .members = no_seccomp_members};

static const struct place *choose_seccomp(void)
{
	return plan.config->has_seccomp ? &seccomp : &no_seccomp;
}

/* Without a user namespace they mean nothing, and parse leaves them out. */
static const struct place uids = {
	"uidMappings", RECORDS, LIST(uid_map, idmap), .members = idmap_members};
static const struct place gids = {
	"gidMappings", RECORDS, LIST(gid_map, idmap), .members = idmap_members};

static int is_mapped(struct plan_list map)
{
	return map.count || plan_namespace(&plan, NS_USER, NULL);
}

static const struct place *choose_uids(void)
{
	return is_mapped(plan.config->uid_map) ? &uids : &skipped;
}

static const struct place *choose_gids(void)
{
	return is_mapped(plan.config->gid_map) ? &gids : &skipped;
}

static const struct place linux_members[] = {
	{"namespaces", RECORDS, LIST(namespaces, namespace), .members = namespace_members},
	{"uidMappings", RECORDS, .choose = choose_uids},
	{"gidMappings", RECORDS, .choose = choose_gids},
	{"devices", RECORDS, LIST(devices, device), .members = device_members},
	{"sysctl", MAP, LIST(sysctl, kv)}, {"maskedPaths", STRINGS, LIST(masked_paths, str)},
	{"readonlyPaths", STRINGS, LIST(readonly_paths, str)},
	{"rootfsPropagation", WORD, CONFIG(rootfs_propagation), .words = propagation_names},
	{"mountLabel", STRING, CONFIG(mount_label)}, {"cgroupsPath", STRING, CONFIG(cgroups_path)},
	{"resources", OBJECT, .choose = choose_resources},
	{"seccomp", OBJECT, .choose = choose_seccomp}, {"intelRdt", OBJECT, .choose = choose_rdt},
	{"netDevices", MAP, LIST(net_devices, net_device), .members = net_device_members}, END};

static const struct place document_members[] = {{"root", OBJECT, .members = root_members},
	{"process", OBJECT, .members = process_members},
	{"mounts", RECORDS, LIST(mounts, mount), .members = mount_members, .leave = leave_mount,
		.agrees = agrees_notify},
	{"hooks", OBJECT, .members = hooks_members}, {"annotations", MAP, LIST(annotations, kv)},
	{"linux", OBJECT, .members = linux_members}, END};

const struct place document = {NULL, OBJECT, .members = document_members};
const struct place process_document = {NULL, OBJECT, .members = process_members};
