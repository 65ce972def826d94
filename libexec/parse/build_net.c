/* config-linux.md, "Network Devices": an object whose members are named as devices of the host. */
#include "build.h"

#include <string.h>
#include "tree.h"

#define NAME_SIZE 16 /* IFNAMSIZ of the kernel, with the NUL */

/* What the kernel takes (dev_valid_name in net/core/dev.c); "blank" is what isspace(3) says. */
void check_device_name(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= NAME_SIZE || !strcmp(name, ".") || !strcmp(name, "..") ||
		strpbrk(name, "/: \t\n\v\f\r"))
		refuse("invalid network device name \"", shown(name), "\"", NULL);
}

/* The one template there is: exactly one "%d". */
static int is_template(const char *name)
{
	const char *percent = strchr(name, '%');

	if (!percent)
		return 0;
	if (percent[1] != 'd' || strchr(percent + 1, '%'))
		refuse("invalid network device name \"", shown(name),
			"\": only one %d can stand for a number", NULL);
	return 1;
}

static void build_name(const struct value *value, void *target)
{
	const char *name = value_string(value);

	if (!*name)
		return; /* as if it were absent: runc's own writer gives "" then */
	check_device_name(name);
	(void)is_template(name); /* a "%" of another kind is refused */
	*(const char **)target = name;
}

static const struct field device_fields[] = {
	{"name", FIELD_CALL, FIELD_GUARD, 0, .call = build_name}, {NULL}};

static void build_net_device(const struct value *item, void *list)
{
	const char *name = NULL, *inside;
	struct plan_net_device *device;

	check_device_name(item->name);
	build_object(item, device_fields, &name);
	inside = name ? name : item->name;
	if (!name || !is_template(name))
		sort_add(inside, strlen(inside));
	device = plan_add(PLAN_RECORD_net_device, list);
	device->host = plan_put(item->name);
	device->name = plan_put(name);
}

void build_net_devices(const struct value *devices, void *target)
{
	struct plan_list *list = target;
	const char *twice;

	sort_start();
	build_entries(devices, build_net_device, list);
	twice = sort_duplicate();
	if (twice)
		refuse("two network devices with the name \"", shown(twice), "\"", NULL);
	if (list->count > NET_DEVICES_MAX)
		refuse("more than 1024 network devices", NULL);
}

/* In runc's words, which its callers know. */
void check_net_devices(void *context)
{
	const struct plan_config *config = context;

	if (!config->net_devices.count)
		return;
	path_member("netDevices");
	if (!namespace_listed(NS_NET))
		refuse("unable to move network devices without a NET namespace", NULL);
	if (config->rootless)
		refuse("network devices are not supported for rootless containers", NULL);
	path_leave();
}
