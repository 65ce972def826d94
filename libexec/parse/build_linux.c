/* config-linux.md without resources and seccomp. */
#include "build.h"

#include <linux/mount.h>
#include <string.h>
#include "names.h"
#include "review.h"
#include "scan.h"
#include "tree.h"

#define MAJOR_MAX 4095 /* 12 and 20 bits, as the kernel keeps them */
#define MINOR_MAX 1048575
#define MODE_MAX  07777
#define FORMAT    0170000

static void build_device_type(const struct value *value, void *target)
{
	struct plan_device *device = target;
	const char *word = value_string(value);

	if (!strcmp(word, "c") || !strcmp(word, "u"))
		device->type = DEVICE_CHAR;
	else if (!strcmp(word, "b"))
		device->type = DEVICE_BLOCK;
	else if (!strcmp(word, "p"))
		device->type = DEVICE_FIFO;
	else
		refuse_as("invalid device type \"", shown(word), "\"", NULL);
}

static void build_device_path(const struct value *value, void *target)
{
	static char path[4096];

	check_absolute_clean(value_string(value));
	clean_path(value->string, path);
	if (!strcmp(path, "/"))
		refuse("must not be the root file system itself", NULL);
	if (!strncmp(path, "/proc", 5) && (!path[5] || path[5] == '/'))
		refuse("a device cannot be inside /proc: \"", shown(path), "\"", NULL);
	*(struct plan_string *)target = plan_put(path);
}

/* A device while it is read: two presences that the plan has no bits for. */
struct device_entry {
	struct plan_device device;
	struct plan_opt_u64 major, minor, mode;
};

#define DEVICE(field) offsetof(struct device_entry, field)

static const struct field device_fields[] = {
	{"type", FIELD_CALL, FIELD_REQUIRED, .call = build_device_type},
	{"path", FIELD_CALL, FIELD_REQUIRED, DEVICE(device.path), .call = build_device_path},
	{"major", FIELD_OPT, 0, DEVICE(major), 0, MAJOR_MAX},
	{"minor", FIELD_OPT, 0, DEVICE(minor), 0, MINOR_MAX},
	{"fileMode", FIELD_OPT, FIELD_GUARD, DEVICE(mode), 0, FORMAT | MODE_MAX},
	{"uid", FIELD_NUMBER, 0, DEVICE(device.uid), 0, UINT32_MAX - 1},
	{"gid", FIELD_NUMBER, 0, DEVICE(device.gid), 0, UINT32_MAX - 1}, {NULL}};

static void add_device(struct device_entry *entry, struct plan_list *list)
{
	struct plan_device *device = plan_add(PLAN_RECORD_device, list);

	if (entry->device.type != DEVICE_FIFO && (!entry->major.set || !entry->minor.set))
		refuse(entry->major.set ? "minor" : "major", ": missing", NULL);
	*device = entry->device;
	device->mode = entry->mode.set ? entry->mode.value & MODE_MAX : 0666;
	if (device->type != DEVICE_FIFO) {
		device->major = entry->major.value;
		device->minor = entry->minor.value;
	}
	if (device->path.offset)
		sort_add(plan_put_text(device->path), device->path.length);
}

static void build_device(const struct value *item, uint32_t index, void *list)
{
	struct device_entry entry;

	(void)index;
	memset(&entry, 0, sizeof(entry));
	build_object(item, device_fields, &entry);
	add_device(&entry, list);
}

static void build_devices(const struct value *devices, void *list)
{
	const char *twice;

	sort_start();
	build_elements(devices, build_device, list);
	twice = sort_duplicate();
	if (twice)
		refuse("duplicate device path \"", shown(twice), "\"", NULL);
}

static void build_propagation(const struct value *value, void *target)
{
	const char *word = value_string(value);
	const struct name *name = name_find(propagation_names, word);

	if (!name && *word)
		refuse_as("rootfsPropagation=", shown(word), " is not supported", NULL);
	if (name && (name->value & MS_PRIVATE) && plan_config_record()->no_pivot)
		refuse_as("rootfsPropagation of [r]private is not safe without pivot_root", NULL);
	*(uint64_t *)target = name ? name->value : 0;
}

/* Controllers would take a directory of such a name for one of their files. */
static void check_cgroups_path(const char *text)
{
	check_printable(text);
	if (plan_config_record()->systemd)
		return; /* it is no path: build_systemd looks at it */
	check_no_climbing(text);
	if (strlen(text) >= 4096)
		refuse("longer than a path may be", NULL);
	for (const char *c = text; *c; c += *c == '/') {
		size_t length = strcspn(c, "/");

		if (length > 255)
			refuse("a component is longer than 255 bytes", NULL);
		if (!strncmp(c, "cgroup.", 7) || (length == 5 && !strncmp(c, "tasks", 5)))
			refuse("a control file of cgroups has this name: \"", shown(text), "\"",
				NULL);
		c += length;
	}
}

/* sysctl depends on the list of namespaces, which may come after it. */
static const struct value *sysctl;

static void keep_sysctl(const struct value *value, void *target)
{
	(void)target;
	sysctl = value;
}

static void build_domain(const struct value *value, void *target)
{
	struct plan_opt_u64 *personality = target;
	const struct name *name = name_find(personality_names, value_string(value));

	if (!name)
		refuse_as("invalid personality domain ", shown(value->string), NULL);
	personality->set = 1;
	personality->value = name->value;
}

/* config-linux.md, "Personality": no flag is defined. */
static void check_no_flags(const struct value *value, void *target)
{
	(void)target;
	expect(value, VALUE_ARRAY);
	if (value->child)
		refuse("no flag is defined for personality", NULL);
}

static const struct field personality_fields[] = {
	{"domain", FIELD_CALL, FIELD_REQUIRED | FIELD_GUARD, CONFIG(personality),
		.call = build_domain},
	{"flags", FIELD_CALL, 0, .call = check_no_flags}, {NULL}};

static void check_mount_label(const char *text)
{
	check_label(text);
	check_fs_string("", text, FS_STRING_MAX);
}

/* An empty one is none for runc and crun, too. */
static void check_hidden_path(const char *text)
{
	static char path[4096];

	if (!*text) {
		caution("empty, so ignored", NULL);
		return;
	}
	check_absolute_clean(text);
	clean_path(text, path);
	if (!strcmp(path, "/"))
		refuse("must not be the root file system itself", NULL);
}

static const struct field linux_fields[] = {
	{"namespaces", FIELD_CALL, FIELD_GUARD, CONFIG(namespaces), .call = build_namespaces},
	{"uidMappings", FIELD_RECORDS, FIELD_GUARD, CONFIG(uid_map), .record = PLAN_RECORD_idmap,
		.fields = idmap_fields},
	{"gidMappings", FIELD_RECORDS, FIELD_GUARD, CONFIG(gid_map), .record = PLAN_RECORD_idmap,
		.fields = idmap_fields},
	{"devices", FIELD_CALL, FIELD_GUARD, CONFIG(devices), .call = build_devices},
	{"sysctl", FIELD_CALL, FIELD_GUARD, .call = keep_sysctl},
	{"maskedPaths", FIELD_STRINGS, FIELD_GUARD, CONFIG(masked_paths),
		.check = check_hidden_path},
	{"readonlyPaths", FIELD_STRINGS, FIELD_GUARD, CONFIG(readonly_paths),
		.check = check_hidden_path},
	{"rootfsPropagation", FIELD_CALL, FIELD_GUARD, CONFIG(rootfs_propagation),
		.call = build_propagation},
	{"mountLabel", FIELD_STRING, FIELD_GUARD, CONFIG(mount_label), .check = check_mount_label},
	{"cgroupsPath", FIELD_STRING, FIELD_GUARD, CONFIG(cgroups_path),
		.check = check_cgroups_path},
	{"resources", FIELD_CALL, FIELD_GUARD, .call = build_resources},
	{"seccomp", FIELD_CALL, FIELD_GUARD, .call = build_seccomp},
	{"personality", FIELD_OBJECT, FIELD_GUARD, .fields = personality_fields},
	{"timeOffsets", FIELD_CALL, FIELD_GUARD, .call = build_time_offsets},
	{"intelRdt", FIELD_CALL, FIELD_GUARD, .call = build_rdt},
	{"memoryPolicy", FIELD_CALL, FIELD_GUARD, .call = build_memory_policy},
	{"netDevices", FIELD_CALL, FIELD_GUARD, CONFIG(net_devices), .call = build_net_devices},
	{NULL}};

static void build_kept_sysctl(void *config)
{
	build_sysctl(sysctl, config);
}

void build_linux(const struct value *value, void *target)
{
	struct plan_config *config = target;
	int failed;

	config->has_linux = 1;
	failed = build_members(value, linux_fields, config);
	/* Empty is none, as with runc. */
	if (!config->mount_label.length)
		config->mount_label = plan_put(NULL);
	if (sysctl && !faulty("/linux/namespaces")) {
		path_member("sysctl");
		failed |= attempt(build_kept_sysctl, config);
		path_leave();
	}
	if (!faulty("/linux/namespaces"))
		failed |= attempt(check_net_devices, config);
	if (failed)
		abandon();
}
