/*
 * linux.resources.devices as DevicePolicy= and DeviceAllow=, which systemd makes a device program or
 * list of its own from. Its list can only allow. On v2 a device must pass that and our program, so
 * what it cannot express may be more than the rules give; on v1 there is but one list, and when
 * systemd writes it again it must not be.
 */
#include "build.h"

#include <string.h>
#include "bus.h"
#include "devices.h"
#include "text.h"

#define RULES_MAX     4096
#define ALLOW         "a(ss)"
#define PTS           136 /* all versions of systemd know this major by its name */
#define SINCE_NUMBERS UINT64_C(240)

static struct plan_device_rule rules[RULES_MAX + DEVICE_DEFAULTS];
static size_t rule_count;
static int denies; /* what is allowed by default and then not */

static int covers_number(struct plan_opt_u64 outer, struct plan_opt_u64 inner)
{
	return !outer.set || (inner.set && outer.value == inner.value);
}

static int covers(const struct plan_device_rule *outer, const struct plan_device_rule *inner)
{
	return outer->type == inner->type && covers_number(outer->major, inner->major) &&
		covers_number(outer->minor, inner->minor);
}

static void allow(const struct plan_device_rule *rule)
{
	for (size_t i = 0; i < rule_count; i++)
		if (covers(rule, &rules[i]) && covers(&rules[i], rule)) {
			rules[i].access |= rule->access;
			return;
		}
	if (rule_count == RULES_MAX + DEVICE_DEFAULTS)
		refuse_as("too many rules in linux.resources.devices", NULL);
	rules[rule_count++] = *rule;
}

static void deny(const struct plan_device_rule *rule)
{
	for (size_t i = 0; i < rule_count; i++)
		if (covers(rule, &rules[i]))
			rules[i].access &= ~rule->access;
}

/* The rules in their order. Returns what holds for a device that none names. */
static int take_rules(struct plan_list list)
{
	int everything = 0;

	rule_count = 0;
	denies = 0;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_device_rule *rule = plan_added(PLAN_RECORD_device_rule, list, i);

		if (rule->type == DEVICE_ALL) {
			everything = rule->allow != 0;
			rule_count = 0;
			denies = 0;
		} else if (everything) {
			denies |= !rule->allow;
		} else if (rule->allow) {
			allow(rule);
		} else {
			deny(rule);
		}
	}
	return everything;
}

static int is_replaced(const struct plan_config *config, const char *path)
{
	for (uint32_t i = 0; path && i < config->devices.count; i++) {
		const struct plan_device *device =
			plan_added(PLAN_RECORD_device, config->devices, i);

		if (!strcmp(plan_put_text(device->path), path))
			return 1;
	}
	return 0;
}

static struct plan_opt_u64 number(int n)
{
	return (struct plan_opt_u64){n >= 0, n >= 0 ? (uint64_t)n : 0};
}

static void take_defaults(const struct plan_config *config)
{
	for (size_t i = 0; i < DEVICE_DEFAULTS; i++) {
		const struct device_default *d = &device_defaults[i];
		const struct plan_device_rule rule = {.allow = 1,
			.type = d->type,
			.major = number(d->major),
			.minor = number(d->minor),
			.access = d->access};

		if (!is_replaced(config, d->path))
			allow(&rule);
	}
}

/* How systemd.resource-control(5) writes it. */
static void put_entry(const struct plan_device_rule *rule)
{
	const char *kind = rule->type == DEVICE_CHAR ? "char" : "block";
	char path[64], access[4];
	struct text p = TEXT(path), a = TEXT(access);

	if (rule->major.set && rule->minor.set) {
		text_add(&p, "/dev/");
		text_add(&p, kind);
		text_add(&p, "/");
		text_add_u64(&p, rule->major.value);
		text_add(&p, ":");
		text_add_u64(&p, rule->minor.value);
	} else {
		text_add(&p, kind);
		text_add(&p, "-");
		if (rule->major.set && rule->major.value != PTS)
			text_add_u64(&p, rule->major.value);
		else
			text_add(&p, rule->major.set ? "pts" : "*");
	}
	text_add(&a, rule->access & DEVICE_READ ? "r" : "");
	text_add(&a, rule->access & DEVICE_WRITE ? "w" : "");
	text_add(&a, rule->access & DEVICE_MKNOD ? "m" : "");
	bus_text(BUS_STRUCT, "ss");
	bus_text(BUS_STRING, path);
	bus_text(BUS_STRING, access);
	bus_end();
}

/* A major alone, which not all versions of systemd know by its number. */
static int is_numbered(const struct plan_device_rule *rule)
{
	return rule->major.set && !rule->minor.set &&
		!(rule->type == DEVICE_CHAR && rule->major.value == PTS);
}

static int is_listed(const struct plan_device_rule *rule, int numbered)
{
	return rule->access && is_numbered(rule) == numbered &&
		(rule->major.set || !rule->minor.set);
}

static void put_list(int numbered, enum cgroup_layout layout)
{
	size_t count = 0;

	for (size_t i = 0; i < rule_count; i++)
		count += is_listed(&rules[i], numbered) != 0;
	if (!count)
		return;
	bus_property("DeviceAllow", ALLOW, layout)->since = numbered ? SINCE_NUMBERS : 0;
	bus_text(BUS_ARRAY, "(ss)");
	for (size_t i = 0; i < rule_count; i++)
		if (is_listed(&rules[i], numbered))
			put_entry(&rules[i]);
	bus_end();
}

/* "*:n" as all of its kind, with what those are allowed anyway: a later entry replaces an earlier. */
static void put_approximations(void)
{
	static const enum device_type types[] = {DEVICE_CHAR, DEVICE_BLOCK};

	for (size_t t = 0; t < 2; t++) {
		struct plan_device_rule all = {.type = types[t]};
		int found = 0;

		for (size_t i = 0; i < rule_count; i++)
			if (rules[i].type == types[t] && !rules[i].major.set) {
				all.access |= rules[i].access;
				found |= rules[i].access && rules[i].minor.set;
			}
		if (!found)
			continue;
		bus_property("DeviceAllow", ALLOW, LAYOUT_V2);
		bus_text(BUS_ARRAY, "(ss)");
		put_entry(&all);
		bus_end();
	}
}

/* In this order: what is there is emptied, nothing may be used, then the list. */
static void put_policy(const char *policy, enum cgroup_layout layout)
{
	bus_property("DeviceAllow", ALLOW, layout);
	bus_text(BUS_ARRAY, "(ss)");
	bus_end();
	bus_property("DevicePolicy", "s", layout);
	bus_text(BUS_STRING, policy);
}

void build_unit_devices(const struct plan_config *config)
{
	int everything;

	if (!config->has_resources && !config->device_rules.count)
		return;
	everything = take_rules(config->device_rules);
	take_defaults(config);
	if (everything && !denies) {
		put_policy("auto", LAYOUT_ANY);
		return;
	}
	if (everything)
		put_policy("auto", LAYOUT_V2);
	put_policy("strict", everything ? LAYOUT_V1 : LAYOUT_ANY);
	put_list(0, everything ? LAYOUT_V1 : LAYOUT_ANY);
	put_list(1, everything ? LAYOUT_V1 : LAYOUT_ANY);
	if (!everything)
		put_approximations();
}
