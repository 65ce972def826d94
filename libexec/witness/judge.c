/* The fields that stand in the plan in another form than in config.json. */
#include <linux/mount.h>
#include <string.h>
#include "text.h"
#include "witness.h"

#define PATH_SIZE       4096
#define DEVICE_MODE     0666
#define DEVICE_ACCESS   (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)
#define PROGRAM_KEY     "run.oci.seccomp_bpf_data"
#define KEEP_GROUPS     "run.oci.keep_original_groups"
#define PROPERTY_PREFIX "org.systemd.property."

/* True when PATH, absolute, without "." and "..", and with single slashes, is CLEAN. */
static int is_cleaned(const char *path, const char *clean)
{
	char buffer[PATH_SIZE];
	size_t used = 0;

	for (; *path; path += *path == '/') {
		size_t length = strcspn(path, "/");

		if (length == 2 && !memcmp(path, "..", 2)) {
			while (used && buffer[--used] != '/')
				continue;
		} else if (length && !(length == 1 && *path == '.')) {
			if (used + 1 + length >= sizeof(buffer))
				return 0;
			buffer[used++] = '/';
			memcpy(buffer + used, path, length);
			used += length;
		}
		path += length;
	}
	buffer[used] = '\0';
	return !strcmp(used ? buffer : "/", clean);
}

static int is_path(struct plan_string string, const char *text)
{
	const char *path = plan_text(&plan, string);

	return path && text && is_cleaned(text, path);
}

int agrees_destination(const void *record, const char *text)
{
	return is_path(((const struct plan_mount *)record)->destination, text);
}

int agrees_device_path(const void *record, const char *text)
{
	return is_path(((const struct plan_device *)record)->path, text);
}

static int is_text(struct plan_string string, const char *text)
{
	const char *said = plan_text(&plan, string);

	return said && !strcmp(said, text);
}

/* The mount for NOTIFY_SOCKET, the last one. */
int agrees_notify(const void *record, const char *text)
{
	const uint64_t attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	struct plan_list mounts = ((const struct plan_config *)record)->mounts;
	const struct plan_mount *m = plan_mount_at(&plan, mounts, mounts.count - 1);

	(void)text;
	return notify && m->kind == MOUNT_BIND && is_text(m->source, notify) &&
		is_text(m->destination, "/run/notify") && m->attr_set == attributes &&
		!m->mapping && !m->recursive && !m->propagation.count && !m->attr_clr;
}

static int is_number(const char *text, uint64_t said)
{
	uint64_t n = 0;

	return !(text && text_to_u64(text, &n)) && n == said;
}

/* A FIFO has no numbers, whatever config.json says. */
static int agrees_number(const struct plan_device *device, const char *text, uint64_t said)
{
	return device->type == DEVICE_FIFO ? !said : is_number(text, said);
}

int agrees_device_major(const void *record, const char *text)
{
	const struct plan_device *device = record;

	return agrees_number(device, text, device->major);
}

int agrees_device_minor(const void *record, const char *text)
{
	const struct plan_device *device = record;

	return agrees_number(device, text, device->minor);
}

/* Engines give the whole st_mode. */
int agrees_device_mode(const void *record, const char *text)
{
	const struct plan_device *device = record;
	uint64_t mode = DEVICE_MODE;

	return !(text && text_to_u64(text, &mode)) && device->mode == (mode & 07777);
}

/* -1 is any number, as is none. */
static int agrees_any_number(struct plan_opt_u64 said, const char *text)
{
	if (!text || !strcmp(text, "-1"))
		return !said.set;
	return said.set && is_number(text, said.value);
}

int agrees_rule_major(const void *record, const char *text)
{
	return agrees_any_number(((const struct plan_device_rule *)record)->major, text);
}

int agrees_rule_minor(const void *record, const char *text)
{
	return agrees_any_number(((const struct plan_device_rule *)record)->minor, text);
}

/* Without it a rule is about every kind. */
int agrees_access(const void *record, const char *text)
{
	static const char letters[] = "rwm";
	uint64_t access = text ? 0 : DEVICE_ACCESS;

	for (int i = 0; text && i < 3; i++)
		access |= strchr(text, letters[i]) ? UINT64_C(1) << i : 0;
	return ((const struct plan_device_rule *)record)->access == access;
}

/* Without arguments a hook has its path as the first. */
int agrees_hook_args(const void *record, const char *text)
{
	const struct plan_hook *hook = record;
	const char *path = plan_text(&plan, hook->path);

	(void)text;
	return hook->args.count == 1 && path &&
		is_text(plan_str_at(&plan, hook->args, 0)->value, path);
}

/* Empty is none; with an environment of its own a hook does not get the caller's. */
const char *leave_hook(const void *record, uint64_t has)
{
	const struct plan_hook *hook = record;

	if (hook->has_env == ((has & HOOK_HAS_ENV) != 0))
		return NULL;
	return hook->has_env ? "there with an env of its own" : "there without its env";
}

/* Without a rule that notifies, parse leaves it out. */
int agrees_listener(const void *record, const char *text)
{
	struct plan_string path = ((const struct plan_config *)record)->listener_path;

	return !path.length || (text && is_text(path, text));
}

int agrees_no_action(const void *record, const char *text)
{
	(void)record;
	return !text || !*text;
}

/* Annotations have been compared by now. */
static int is_annotated(const char *prefix, const char *name, size_t length)
{
	struct plan_list list = plan.config->annotations;
	size_t before = strlen(prefix);

	for (uint32_t i = 0; i < list.count; i++) {
		const char *key = plan_text(&plan, plan_kv_at(&plan, list, i)->key);

		if (key && !strncmp(key, prefix, before) && strlen(key + before) == length &&
			!memcmp(key + before, name, length))
			return 1;
	}
	return 0;
}

/* What davit asks systemd for by itself. */
static const char own_properties[] =
	"Description,Wants,Slice,Delegate,MemoryAccounting,CPUAccounting,BlockIOAccounting,"
	"IOAccounting,"
	"TasksAccounting,DefaultDependencies,MemoryLimit,MemoryMax,MemoryLow,MemoryHigh,MemoryMin,"
	"MemorySwapMax,CPUQuotaPeriodUSec,CPUQuotaPerSecUSec,CPUShares,CPUWeight,AllowedCPUs,"
	"AllowedMemoryNodes,TasksMax,OOMPolicy,DeviceAllow,DevicePolicy";

static int is_asked_for(const char *name)
{
	size_t length = strlen(name);
	char seconds[256];

	if (text_has_word(own_properties, name) || is_annotated(PROPERTY_PREFIX, name, length))
		return 1;
	/* "TimeoutStopSec" is "TimeoutStopUSec" on the bus. */
	if (length < 5 || length >= sizeof(seconds) || strcmp(name + length - 4, "USec") != 0)
		return 0;
	memcpy(seconds, name, length - 4);
	memcpy(seconds + length - 4, "Sec", 4);
	return is_annotated(PROPERTY_PREFIX, seconds, length - 1);
}

/* It must not be kept back either: then a group that is to keep the container out would be gone. */
static int keeps_groups(void)
{
	struct plan_list list = plan.config->annotations;
	uint64_t keeps = 0;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_kv *kv = plan_kv_at(&plan, list, i);
		const char *key = plan_text(&plan, kv->key);
		const char *value = plan_text(&plan, kv->value);

		if (key && !strcmp(key, KEEP_GROUPS))
			keeps = !value || strcmp(value, "0") != 0;
	}
	return keeps == plan.config->keep_groups;
}

static void judge_unit(void)
{
	struct plan_list list = plan.config->systemd_properties;

	for (uint32_t i = 0; i < list.count; i++) {
		const char *name = plan_text(&plan, plan_unit_property_at(&plan, list, i)->name);

		if (!name || !is_asked_for(name))
			refuse_field("systemd property", name);
	}
}

void judge_whole(void)
{
	const struct plan_config *config = plan.config;

	if (config->joins)
		refuse_field("joins", "there");
	if (is_annotated(PROGRAM_KEY, "", 0) != (config->ready_filter.count != 0))
		refuse_field(PROGRAM_KEY, config->ready_filter.count ? "there" : NULL);
	if (!keeps_groups())
		refuse_field(KEEP_GROUPS, config->keep_groups ? "there" : NULL);
	for (const struct name *list = landlock_lists; list->word; list++)
		if (is_annotated(LANDLOCK_PREFIX, list->word, strlen(list->word)) &&
			!(config->landlock & UINT64_C(1) << list->value))
			refuse_field(LANDLOCK_PREFIX, NULL);
	judge_unit();
}
