/* config.md: the top of config.json. */
#include "build.h"

#include <linux/mount.h>
#include <string.h>
#include "names.h"
#include "review.h"

#define HOST_NAME_MAX_BYTES 64 /* sethostname(2) */
#define KEEP_GROUPS         "run.oci.keep_original_groups"

static void check_host_name(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	if (length > HOST_NAME_MAX_BYTES)
		refuse("longer than 64 bytes", NULL);
}

static const struct field root_fields[] = {
	{"path", FIELD_STRING, FIELD_REQUIRED, CONFIG(root_path), .check = check_not_empty},
	{"readonly", FIELD_BOOL, FIELD_GUARD, CONFIG(root_readonly)}, {NULL}};

static int has_root;

static void build_root(const struct value *root, void *config)
{
	has_root = 1;
	build_object(root, root_fields, config);
}

static const struct field document_fields[] = {
	{"ociVersion", FIELD_STRING, FIELD_REQUIRED, CONFIG(oci_version), .check = check_version},
	{"root", FIELD_CALL, 0, .call = build_root},
	{"process", FIELD_CALL, FIELD_GUARD, .call = build_process},
	{"hostname", FIELD_STRING, 0, CONFIG(hostname), .check = check_host_name},
	{"domainname", FIELD_STRING, 0, CONFIG(domainname), .check = check_host_name},
	{"mounts", FIELD_RECORDS, FIELD_GUARD, CONFIG(mounts), .record = PLAN_RECORD_mount,
		.fields = mount_fields, .done = finish_mount},
	{"hooks", FIELD_OBJECT, FIELD_GUARD, .fields = hooks_fields},
	{"annotations", FIELD_MAP, 0, CONFIG(annotations)},
	{"linux", FIELD_CALL, FIELD_GUARD, .call = build_linux},
	{"solaris", FIELD_IGNORED, .type = VALUE_OBJECT, .why = "for Solaris"},
	{"windows", FIELD_IGNORED, .type = VALUE_OBJECT, .why = "for Windows"},
	{"vm", FIELD_IGNORED, .type = VALUE_OBJECT, .why = "for runtimes of virtual machines"},
	{"zos", FIELD_IGNORED, .type = VALUE_OBJECT, .why = "for z/OS"},
	{"freebsd", FIELD_IGNORED, .type = VALUE_OBJECT, .why = "for FreeBSD"}, {NULL}};

static void require_root(void *context)
{
	(void)context;
	if (!has_root && !faulty("/root"))
		refuse_as("root must be specified", NULL);
}

/* True when the container may write its own cgroup: config-linux.md, "Cgroup ownership". */
static int has_own_cgroups(const struct plan_config *config)
{
	if (!namespace_listed(NS_CGROUP) || namespace_joined(NS_CGROUP))
		return 0;
	for (uint32_t i = 0; i < config->mounts.count; i++) {
		const struct plan_mount *m = plan_added(PLAN_RECORD_mount, config->mounts, i);
		const char *source = plan_put_text(m->source);

		if (source && !strcmp(source, "cgroup") && !(m->attr_set & MOUNT_ATTR_RDONLY) &&
			!strcmp(plan_put_text(m->destination), "/sys/fs/cgroup"))
			return 1;
	}
	return 0;
}

/* crun(1); any value but "0" asks for it. */
static void find_keep_groups(struct plan_config *config)
{
	for (uint32_t i = 0; i < config->annotations.count; i++) {
		const struct plan_kv *kv = plan_added(PLAN_RECORD_kv, config->annotations, i);
		const char *value = plan_put_text(kv->value);

		if (!strcmp(plan_put_text(kv->key), KEEP_GROUPS))
			config->keep_groups = !value || strcmp(value, "0") != 0;
	}
}

/* The user of the container's process as the host numbers it. One that no range has is nobody's. */
static void find_cgroup_owner(struct plan_config *config)
{
	struct plan_opt_u64 owner = {1, config->uid};

	if (plan_error() || !config->has_process || !has_own_cgroups(config))
		return;
	if (namespace_listed(NS_USER))
		owner.set = 0;
	for (uint32_t i = 0; !owner.set && i < config->uid_map.count; i++) {
		const struct plan_idmap *range = plan_added(PLAN_RECORD_idmap, config->uid_map, i);

		owner.set = config->uid >= range->container &&
			config->uid - range->container < range->size;
		if (owner.set)
			owner.value = range->host + (config->uid - range->container);
	}
	if (owner.set && owner.value <= ID_MAX)
		config->cgroup_owner = owner;
}

static int is_before_1_3(const char *version)
{
	size_t dot = strlen("1.");

	return version && version[dot] >= '0' && version[dot] < '3' && version[dot + 1] == '.';
}

/*
 * From 1.3.0 on 0 is a limit like any other. Before, the member was required with pids, so engines wrote 0
 * where they had no limit (podman 4.3 for --pids-limit=-1), and runtimes took it so.
 */
void read_pids_limit(const struct plan_config *config, struct plan_opt_i64 *limit)
{
	if (!limit->set || limit->value || !is_before_1_3(plan_put_text(config->oci_version)))
		return;
	limit->value = -1;
	caution_as("linux.resources.pids.limit: 0 is taken for no limit, as runtimes before "
		   "version 1.3.0 did; -1 says so",
		NULL);
}

void build_config(const struct value *document)
{
	struct plan_config *config = plan_config_record();
	int failed;

	if (document->type == VALUE_NULL)
		refuse_as("config cannot be null", NULL);
	failed = build_members(document, document_fields, config);
	failed |= attempt(require_root, NULL);
	failed |= build_seccomp_whole(config);
	failed |= attempt(build_landlock, config);
	/* Empty is none, as with runc. */
	if (!config->hostname.length)
		config->hostname = plan_put(NULL);
	if (!config->domainname.length)
		config->domainname = plan_put(NULL);
	/* It may be absent until the container is started (config.md, "Process"). */
	if (!config->has_process)
		config->cwd = plan_put("/");
	if (reviewing && !config->has_process && !faulty("/process"))
		caution_as("process: missing; runc start will refuse this", NULL);
	read_pids_limit(config, &config->pids_limit);
	add_mounts(&config->mounts);
	check_namespaces(config);
	if (failed)
		abandon(); /* before what needs all of it */
	map_mounts(config);
	find_cgroup_owner(config);
	find_keep_groups(config);
}
