/* config-linux.md, "Namespaces" and "User namespace mappings". */
#include "build.h"

#include <string.h>
#include "names.h"
#include "review.h"

#define MAPPINGS_MAX    340 /* user_namespaces(7) */
#define NANOSECONDS_MAX 999999999

static uint64_t listed, joined; /* bit per type; joined: by path */

int namespace_listed(enum namespace_type type)
{
	return (listed & UINT64_C(1) << type) != 0;
}

int namespace_joined(enum namespace_type type)
{
	return (joined & UINT64_C(1) << type) != 0;
}

int user_namespace_joined(void)
{
	return namespace_joined(NS_USER);
}

static void build_type(const struct value *value, void *target)
{
	*(const char **)target = value_string(value);
}

/* A namespace while it is read: the type is looked up when the path is known, for the texts. */
struct entry {
	const char *type;
	const char *path;
};

static const struct field namespace_fields[] = {
	{"type", FIELD_CALL, FIELD_REQUIRED, offsetof(struct entry, type), .call = build_type},
	{"path", FIELD_CALL, FIELD_GUARD, offsetof(struct entry, path), .call = build_type},
	{NULL}};

static void add_namespace(const struct entry *entry, struct plan_list *list)
{
	const struct name *name = name_find(namespace_names, entry->type);
	const char *path = entry->path ? entry->path : "";
	struct plan_namespace *ns;

	if (!name)
		refuse_as("namespace {\"", shown(entry->type), "\" \"", shown(path),
			"\"} does not exist", NULL);
	if (namespace_listed(name->value))
		refuse_as("malformed spec file: duplicated ns {\"", name->word, "\" \"",
			shown(path), "\"}", NULL);
	if (strchr(path, ','))
		refuse_as("invalid namespace path ", shown(path), NULL);
	if (*path && *path != '/')
		refuse("path must be absolute: \"", shown(path), "\"", NULL);
	listed |= UINT64_C(1) << name->value;
	if (*path)
		joined |= UINT64_C(1) << name->value;
	ns = plan_add(PLAN_RECORD_namespace, list);
	ns->type = name->value;
	ns->path = plan_put(*path ? path : NULL);
}

static void build_namespace(const struct value *item, uint32_t index, void *list)
{
	struct entry entry = {NULL, NULL};

	(void)index;
	build_object(item, namespace_fields, &entry);
	add_namespace(&entry, list);
}

void build_namespaces(const struct value *namespaces, void *list)
{
	build_elements(namespaces, build_namespace, list);
}

struct offset_entry {
	int64_t seconds;
	uint64_t nanoseconds;
};

#define OFFSET(field) offsetof(struct offset_entry, field)

static const struct field offset_fields[] = {
	{"secs", FIELD_NUMBER, FIELD_GUARD, OFFSET(seconds), INT64_MIN, INT64_MAX},
	{"nanosecs", FIELD_NUMBER, FIELD_GUARD, OFFSET(nanoseconds), 0, NANOSECONDS_MAX}, {NULL}};

static void build_time_offset(const struct value *item, void *target)
{
	struct plan_config *config = target;
	struct offset_entry entry = {0, 0};
	int is_monotonic = !strcmp(item->name, "monotonic");

	if (!is_monotonic && strcmp(item->name, "boottime") != 0)
		refuse("no such clock: only monotonic and boottime have offsets", NULL);
	if (item->type == VALUE_NULL)
		return;
	build_object(item, offset_fields, &entry);
	*(is_monotonic ? &config->time_monotonic : &config->time_boottime) =
		(struct plan_opt_i64){1, entry.seconds};
	*(is_monotonic ? &config->time_monotonic_nanoseconds : &config->time_boottime_nanoseconds) =
		entry.nanoseconds;
}

void build_time_offsets(const struct value *offsets, void *config)
{
	build_entries(offsets, build_time_offset, config);
}

static void check_time_namespace(void *context)
{
	const struct plan_config *config = context;

	if (!config->time_monotonic.set && !config->time_boottime.set)
		return;
	if (!namespace_listed(NS_TIME))
		refuse_as("linux.timeOffsets: time namespace offsets specified, but time namespace "
			  "isn't enabled in the config",
			NULL);
	if (namespace_joined(NS_TIME))
		refuse_as("linux.timeOffsets: time namespace enabled, but both namespace path and "
			  "time offsets specified -- you may only provide one",
			NULL);
}

#define MAP(field) offsetof(struct plan_idmap, field)

const struct field idmap_fields[] = {
	{"containerID", FIELD_NUMBER, FIELD_REQUIRED, MAP(container), 0, UINT32_MAX - 1},
	{"hostID", FIELD_NUMBER, FIELD_REQUIRED, MAP(host), 0, UINT32_MAX - 1},
	{"size", FIELD_NUMBER, FIELD_REQUIRED, MAP(size), 1, UINT32_MAX}, {NULL}};

static int overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

void check_id_map(struct plan_list list, const char *member)
{
	path_member(member);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_idmap *map = plan_added(PLAN_RECORD_idmap, list, i);

		path_element(i);
		if (i >= MAPPINGS_MAX)
			refuse("more than 340 mappings", NULL);
		if (map->container + map->size > UINT32_MAX || map->host + map->size > UINT32_MAX)
			refuse("the mapping ends above 4294967294", NULL);
		for (uint32_t j = 0; j < i; j++) {
			const struct plan_idmap *other = plan_added(PLAN_RECORD_idmap, list, j);

			if (overlap(map->container, map->size, other->container, other->size) ||
				overlap(map->host, map->size, other->host, other->size))
				refuse("overlaps an earlier mapping", NULL);
		}
		path_leave();
	}
	path_leave();
}

static int maps_root(struct plan_list list)
{
	for (uint32_t i = 0; i < list.count; i++)
		if (!((const struct plan_idmap *)plan_added(PLAN_RECORD_idmap, list, i))->container)
			return 1;
	return 0;
}

/* Containers of containerd and CRI-O give both a path and mappings; ns compares them with the
 * namespace. */
static void check_user_namespace(void *context)
{
	struct plan_config *config = context;

	if (!namespace_listed(NS_USER)) {
		if (config->uid_map.count || config->gid_map.count)
			caution_as(
				"linux: uidMappings and gidMappings are ignored: there is no user "
				"namespace",
				NULL);
		config->uid_map = config->gid_map = (struct plan_list){0, 0};
		return;
	}
	if (namespace_joined(NS_USER))
		return;
	if (!config->uid_map.count)
		refuse_as("user namespaces enabled, but no uid mappings found", NULL);
	if (!config->gid_map.count)
		refuse_as("user namespaces enabled, but no gid mappings found", NULL);
	if (!maps_root(config->uid_map))
		refuse_as("user namespaces enabled, but no mapping found for uid 0", NULL);
	if (!maps_root(config->gid_map))
		refuse_as("user namespaces enabled, but no mapping found for gid 0", NULL);
}

static void check_maps(void *context)
{
	const struct plan_config *config = context;

	path_member("linux");
	if (!faulty("/linux/uidMappings"))
		check_id_map(config->uid_map, "uidMappings");
	if (!faulty("/linux/gidMappings"))
		check_id_map(config->gid_map, "gidMappings");
	path_leave();
}

static void check_hostname(void *context)
{
	const struct plan_config *config = context;

	if (config->hostname.length && !namespace_listed(NS_UTS))
		refuse_as("unable to set hostname without a private UTS namespace", NULL);
}

static void check_domainname(void *context)
{
	const struct plan_config *config = context;

	if (config->domainname.length && !namespace_listed(NS_UTS))
		refuse_as("unable to set domainname without a private UTS namespace", NULL);
	for (uint32_t i = 0; config->domainname.length && i < config->sysctl.count; i++) {
		const struct plan_kv *kv = plan_added(PLAN_RECORD_kv, config->sysctl, i);
		const char *key = plan_put_text(kv->key);

		if (!strcmp(key, "kernel.domainname") || !strcmp(key, "kernel/domainname"))
			refuse_as("sysctl \"", key,
				"\" is not allowed as it conflicts with the OCI \"domainname\" "
				"field",
				NULL);
	}
}

static void check_hidden_paths(void *context)
{
	const struct plan_config *config = context;

	if ((config->masked_paths.count || config->readonly_paths.count) &&
		!namespace_listed(NS_MOUNT))
		refuse_as("unable to restrict sys entries without a private MNT namespace", NULL);
}

static void check_root(void *config)
{
	const struct plan_config *c = config;

	if (!namespace_listed(NS_MOUNT) && c->root_readonly)
		refuse_as("root.readonly: unable to make the root file system read-only without a "
			  "private MNT namespace",
			NULL);
	if (!namespace_listed(NS_MOUNT) && c->rootfs_propagation)
		refuse_as("linux.rootfsPropagation: not without a private MNT namespace", NULL);
}

void check_namespaces(struct plan_config *config)
{
	int known = !faulty("/linux/namespaces"), failed = 0;
	int mapped = !faulty("/linux/uidMappings") && !faulty("/linux/gidMappings");

	if (plan_error())
		return; /* records are missing; plan_emit tells */
	if (known) {
		failed |= attempt(check_hostname, config);
		failed |= attempt(check_domainname, config);
		failed |= attempt(check_hidden_paths, config);
		failed |= attempt(check_root, config);
		failed |= attempt(check_time_namespace, config);
	}
	failed |= attempt(check_maps, config);
	if (known && mapped)
		failed |= attempt(check_user_namespace, config);
	if (failed)
		abandon();
}
