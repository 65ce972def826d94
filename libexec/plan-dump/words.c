/* Every field of plan.def whose numbers are those of a table of names.h, or of one here. */
#include "words.h"

#include <linux/mount.h>
#include <string.h>
#include "plan_limits.h"

static const struct name mount_kinds[] = {{"fs", MOUNT_FS}, {"bind", MOUNT_BIND},
	{"cgroup", MOUNT_CGROUP}, {"remount", MOUNT_REMOUNT}, {NULL, 0}};

/* As in config.json; "atime" is the whole field, which is cleared before one of its values is set. */
static const struct name mount_attributes[] = {{"ro", MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID}, {"nodev", MOUNT_ATTR_NODEV}, {"noexec", MOUNT_ATTR_NOEXEC},
	{"atime", MOUNT_ATTR__ATIME}, {"noatime", MOUNT_ATTR_NOATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME}, {"nodiratime", MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW}, {NULL, 0}};

static const struct name mount_flags[] = {{"tmpcopyup", MOUNT_COPY_UP},
	{"copy-symlink", MOUNT_COPY_SYMLINK}, {"src-nofollow", MOUNT_SOURCE_NOFOLLOW},
	{"dest-nofollow", MOUNT_DESTINATION_NOFOLLOW}, {"reconfigure", MOUNT_RECONFIGURE},
	{NULL, 0}};

static const struct name idmap_kinds[] = {
	{"none", IDMAP_NONE}, {"idmap", IDMAP_TOP}, {"ridmap", IDMAP_RECURSIVE}, {NULL, 0}};

static const struct name device_types[] = {
	{"a", DEVICE_ALL}, {"c", DEVICE_CHAR}, {"b", DEVICE_BLOCK}, {"p", DEVICE_FIFO}, {NULL, 0}};

static const struct name device_access[] = {
	{"r", DEVICE_READ}, {"w", DEVICE_WRITE}, {"m", DEVICE_MKNOD}, {NULL, 0}};

#define X(e, code) {#e, e},
static const struct name bus_kinds[] = {BUS_KINDS(X){NULL, 0}};
#undef X

static const struct name layouts[] = {
	{"any", LAYOUT_ANY}, {"v1", LAYOUT_V1}, {"v2", LAYOUT_V2}, {NULL, 0}};

#define X(field) {#field, LIMIT_##field},
static const struct name limits[] = {LIMITS(X){NULL, 0}};
#undef X

/* The last is davit's own, of a rule that notifies. */
#define X(w, bit) {"SECCOMP_FILTER_FLAG_" #w, bit},
static const struct name filter_flags[] = {
	SECCOMP_FLAGS(X){"SECCOMP_FILTER_FLAG_NEW_LISTENER", 8}, {NULL, 0}};
#undef X

static const struct words all[] = {
	{"namespace", "type", WORD, namespace_names},
	{"rlimit", "type", WORD, rlimit_names},
	{"mount", "kind", WORD, mount_kinds},
	{"mount", "attr_set", BITS, mount_attributes},
	{"mount", "attr_clr", BITS, mount_attributes},
	{"mount", "rec_attr_set", BITS, mount_attributes},
	{"mount", "rec_attr_clr", BITS, mount_attributes},
	{"mount", "propagation", WORD, propagation_names},
	{"mount", "idmap", WORD, idmap_kinds},
	{"mount", "flags", BITS, mount_flags},
	{"device", "type", WORD, device_types},
	{"device_rule", "type", WORD, device_types},
	{"device_rule", "access", BITS, device_access},
	{"seccomp_arg", "op", WORD, seccomp_ops},
	{"seccomp_rule", "action", WORD, seccomp_actions},
	{"bus_value", "kind", WORD, bus_kinds},
	{"unit_property", "layout", WORD, layouts},
	{"landlock_path", "list", WORD, landlock_lists},
	{"landlock_port", "list", WORD, landlock_lists},
	{"config", "cap_bounding", BIT_NUMBERS, capability_names},
	{"config", "cap_effective", BIT_NUMBERS, capability_names},
	{"config", "cap_permitted", BIT_NUMBERS, capability_names},
	{"config", "cap_inheritable", BIT_NUMBERS, capability_names},
	{"config", "cap_ambient", BIT_NUMBERS, capability_names},
	{"config", "rootfs_propagation", WORD, propagation_names},
	{"config", "seccomp_default", WORD, seccomp_actions},
	{"config", "seccomp_archs", WORD, seccomp_archs},
	{"config", "seccomp_flags", BITS, filter_flags},
	{"config", "personality", WORD, personality_names},
	{"config", "sched_policy", WORD, sched_policies},
	{"config", "sched_flags", BITS, sched_flag_names},
	{"config", "io_priority", IO_PRIORITY, io_classes},
	{"config", "memory_policy", MEMORY_MODE, memory_modes},
	{"config", "updates", BIT_NUMBERS, limits},
	{"config", "landlock", BIT_NUMBERS, landlock_lists},
	{"config", "landlock_scopes", BITS, landlock_scopes},
};

const struct words *words_find(enum plan_record record, uint32_t field)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].record, plan_type_names[record]) &&
			!strcmp(all[i].field, plan_field_names[record][field]))
			return &all[i];
	return NULL;
}
