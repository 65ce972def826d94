/*
 * --systemd-cgroup: the unit that is the container's cgroup, its name and place, and what of its
 * properties does not come from linux.resources (runc-cli.md 5.1, 5.5).
 */
#include "build.h"

#include <string.h>
#include "bus.h"
#include "names.h"
#include "text.h"

#define UNIT_NAME_MAX 255 /* systemd.unit(5) */
#define PATH_SIZE     4096
#define SLICE         ".slice"
#define PREFIX        "org.systemd.property."

static int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), n = strlen(end);

	return length >= n && !strcmp(text + length - n, end);
}

/* systemd.unit(5): what a name is made of. No slash and no %. */
static void check_unit(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

	if (strlen(name) > UNIT_NAME_MAX)
		refuse_as("linux.cgroupsPath: the name of a systemd unit is longer than 255 "
			  "bytes: ",
			shown(name), NULL);
	if (name[strspn(name, plain)])
		refuse_as("linux.cgroupsPath: the name of a systemd unit has only letters, digits "
			  "and :-_.\\@: \"",
			shown(name), "\"", NULL);
}

/* a-b.slice is /a.slice/a-b.slice, and -.slice the root. */
static void expand_slice(const char *slice, struct text *path)
{
	size_t length = strlen(slice) - strlen(SLICE);

	for (size_t i = 0; i <= length; i++) {
		if (i < length && slice[i] != '-')
			continue;
		text_add(path, "/");
		text_add_bytes(path, slice, i);
		text_add(path, SLICE);
	}
}

static void check_slice(const char *slice)
{
	size_t length = strlen(slice);

	if (!ends_with(slice, SLICE) || strchr(slice, '/') || slice[0] == '-' ||
		strstr(slice, "--") || ends_with(slice, "-" SLICE) || length == strlen(SLICE))
		refuse_as("invalid slice name: ", shown(slice), NULL);
	check_unit(slice);
}

struct unit {
	char slice[PATH_SIZE];
	const char *label; /* what it is called without prefix and type */
	char name[2 * PATH_SIZE];
	char path[PATH_SIZE];
	int is_slice;
};

static struct unit unit;

/* "slice:prefix:name" */
static void split(const char *text)
{
	const char *first = strchr(text, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	struct text slice = TEXT(unit.slice), name = TEXT(unit.name);

	if (!second || strchr(second + 1, ':'))
		refuse_as("expected cgroupsPath to be of format \"slice:prefix:name\" for systemd "
			  "cgroups, got \"",
			shown(text), "\" instead", NULL);
	text_add_bytes(&slice, text, (size_t)(first - text));
	unit.is_slice = ends_with(second, SLICE);
	if (!unit.is_slice) {
		text_add_bytes(&name, first + 1, (size_t)(second - first - 1));
		text_add(&name, "-");
	}
	unit.label = second + 1;
	text_add(&name, second + 1);
	text_add(&name, unit.is_slice ? "" : ".scope");
	if (slice.cut || name.cut)
		refuse_as("linux.cgroupsPath: too long", NULL);
}

static void find_unit(const struct plan_config *config)
{
	const char *asked = plan_put_text(config->cgroups_path);
	struct text path = TEXT(unit.path);

	unit.slice[0] = unit.name[0] = unit.path[0] = '\0';
	unit.is_slice = 0;
	unit.label = plan_put_text(config->id);
	if (asked && *asked)
		split(asked);
	else
		text_join(unit.name, sizeof(unit.name), "runc-", plan_put_text(config->id),
			".scope", NULL);
	if (!unit.slice[0])
		text_join(unit.slice, sizeof(unit.slice), config->rootless ? "user" : "system",
			SLICE, NULL);
	if (unit.is_slice)
		check_slice(unit.name);
	else
		check_unit(unit.name);
	if (unit.is_slice && config->rootless)
		refuse_as("linux.cgroupsPath: without root the unit cannot be a slice: ",
			shown(unit.name), NULL);
	if (strcmp(unit.slice, "-" SLICE) != 0)
		check_slice(unit.slice);
	if (unit.is_slice)
		expand_slice(unit.name, &path);
	else if (strcmp(unit.slice, "-" SLICE) != 0)
		expand_slice(unit.slice, &path);
	if (!unit.is_slice) {
		text_add(&path, "/");
		text_add(&path, unit.name);
	}
	if (path.cut)
		refuse_as("linux.cgroupsPath: too long", NULL);
}

static void bus_strings(const char *name, const char *one)
{
	bus_property(name, "as", LAYOUT_ANY);
	bus_text(BUS_ARRAY, "s");
	bus_text(BUS_STRING, one);
	bus_end();
}

static void put_basics(void)
{
	static char description[sizeof(unit.name) + 64];
	static const struct {
		char name[20];
		enum cgroup_layout layout;
	} accounting[] = {{"MemoryAccounting", LAYOUT_ANY}, {"CPUAccounting", LAYOUT_ANY},
		{"BlockIOAccounting", LAYOUT_V1}, {"IOAccounting", LAYOUT_V2},
		{"TasksAccounting", LAYOUT_ANY}};

	text_join(description, sizeof(description), "libcontainer container ", unit.label, NULL);
	bus_string("Description", description);
	if (unit.is_slice) {
		bus_strings("Wants", unit.slice);
	} else {
		bus_string("Slice", unit.slice);
		bus_bool("Delegate", 1);
	}
	for (size_t i = 0; i < sizeof(accounting) / sizeof(accounting[0]); i++) {
		bus_bool(accounting[i].name, 1);
		bus_layout(accounting[i].layout);
	}
	bus_bool("DefaultDependencies", 0);
}

/* NULL, or what is wrong with the name of a property. */
static const char *check_name(const char *name)
{
	size_t length = strlen(name);

	if (length < 3)
		return "too short";
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")]
		? "contains non-alphabetic character"
		: NULL;
}

/* Properties of config.json's own: the key without its prefix, the value as GVariant text. */
static void put_annotation(const char *key, const char *value)
{
	const char *name = key + strlen(PREFIX), *why = check_name(name);
	size_t length = strlen(name);
	static char in_us[256];
	struct text t = TEXT(in_us);
	int seconds;

	if (why)
		refuse_as("annotation ", shown(key), " name incorrect: ", why, NULL);
	seconds = length > 3 && ends_with(name, "Sec") && name[length - 4] >= 'a';
	if (length + 2 > sizeof(in_us))
		refuse_as("annotation ", shown(key), " name incorrect: too long", NULL);
	text_add_bytes(&t, name, seconds ? length - 3 : length);
	text_add(&t, seconds ? "USec" : "");
	why = bus_parse(in_us, value, seconds);
	if (why)
		refuse_as("annotation ", shown(key), "=", shown(value), " value parse error: ", why,
			NULL);
}

static void put_annotations(const struct plan_config *config)
{
	for (uint32_t i = 0; i < config->annotations.count; i++) {
		const struct plan_kv *kv = plan_added(PLAN_RECORD_kv, config->annotations, i);
		const char *key = plan_put_text(kv->key), *value = plan_put_text(kv->value);

		if (key && !strncmp(key, PREFIX, strlen(PREFIX)))
			put_annotation(key, value ? value : "");
	}
}

void build_systemd(struct plan_config *config)
{
	if (!config->systemd)
		return;
	find_unit(config);
	config->systemd_unit = plan_put(unit.name);
	config->systemd_path = plan_put(unit.path);
	put_basics();
	put_annotations(config);
	build_unit_resources(config);
}
