/*
 * Which devices a container may use: the rules of config.json, then the defaults that runc appends
 * so that no config can deny them; and how v1 is told. v1 keeps a default and a list of exceptions
 * with wildcards, and silently ignores a request to take a part out of a wildcard, so that is
 * refused here.
 */
#include <errno.h>
#include <string.h>
#include "cgroup.h"
#include "devices.h"
#include "step.h"
#include "text.h"

#define RULES_MAX 4096

static struct plan_device_rule table[RULES_MAX + DEVICE_DEFAULTS];

static int is_replaced(const struct plan *plan, const char *path)
{
	for (uint32_t i = 0; path && i < plan->config->devices.count; i++) {
		const char *other =
			plan_text(plan, plan_device_at(plan, plan->config->devices, i)->path);

		if (other && !strcmp(other, path))
			return 1;
	}
	return 0;
}

static struct plan_opt_u64 number(int n)
{
	return (struct plan_opt_u64){n >= 0, n >= 0 ? (uint64_t)n : 0};
}

size_t device_rules(const struct plan *plan, const struct plan_device_rule **rules, int *allow)
{
	struct plan_list list = plan->config->device_rules;
	size_t count = 0;

	*allow = 0;
	*rules = table;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_device_rule *rule = plan_device_rule_at(plan, list, i);

		if (rule->type == DEVICE_ALL) { /* whatever else it says (runc-cli 4.8) */
			*allow = (int)rule->allow;
			count = 0;
		} else if (rule->type == DEVICE_CHAR || rule->type == DEVICE_BLOCK) {
			if (count == RULES_MAX)
				die("too many rules in linux.resources.devices", NULL, E2BIG);
			table[count++] = *rule;
		}
	}
	for (size_t i = 0; i < DEVICE_DEFAULTS; i++) {
		const struct device_default *d = &device_defaults[i];

		if (!is_replaced(plan, d->path))
			table[count++] = (struct plan_device_rule){.allow = 1,
				.type = d->type,
				.major = number(d->major),
				.minor = number(d->minor),
				.access = d->access};
	}
	return count;
}

static int covers_number(struct plan_opt_u64 outer, struct plan_opt_u64 inner)
{
	return !outer.set || (inner.set && outer.value == inner.value);
}

/* Every device of INNER is one of OUTER. */
static int covers(const struct plan_device_rule *outer, const struct plan_device_rule *inner)
{
	return outer->type == inner->type && covers_number(outer->major, inner->major) &&
		covers_number(outer->minor, inner->minor);
}

static int same_devices(const struct plan_device_rule *a, const struct plan_device_rule *b)
{
	return covers(a, b) && covers(b, a);
}

/* The kernel's list of exceptions, as it is after the rules so far; one without access has gone. */
static struct plan_device_rule exceptions[RULES_MAX + DEVICE_DEFAULTS];
static size_t exception_count;

static struct plan_device_rule *find_exception(const struct plan_device_rule *rule)
{
	struct plan_device_rule *found = &exceptions[exception_count];

	for (size_t i = 0; i < exception_count; i++)
		if (same_devices(&exceptions[i], rule))
			return &exceptions[i];
	exception_count++;
	*found = *rule;
	found->access = 0;
	return found;
}

static void format_rule(const struct plan_device_rule *rule, uint64_t access, struct text *t)
{
	text_add(t, rule->type == DEVICE_CHAR ? "c " : "b ");
	if (rule->major.set)
		text_add_u64(t, rule->major.value);
	else
		text_add(t, "*");
	text_add(t, ":");
	if (rule->minor.set)
		text_add_u64(t, rule->minor.value);
	else
		text_add(t, "*");
	text_add(t, access ? " " : "");
	text_add(t, access & DEVICE_READ ? "r" : "");
	text_add(t, access & DEVICE_WRITE ? "w" : "");
	text_add(t, access & DEVICE_MKNOD ? "m" : "");
}

static int write_rule(
	struct hierarchy *h, const struct plan_device_rule *rule, uint64_t access, int allow)
{
	const char *file = allow ? "devices.allow" : "devices.deny";
	char line[64];
	struct text t = TEXT(line);
	int err;

	format_rule(rule, access, &t);
	err = write_file(h->leaf, file, line);
	if (err)
		die_write(h, file, line, err);
	return 0;
}

static void refuse_hole(const struct plan_device_rule *rule, const struct plan_device_rule *wide)
{
	char what[MSG_WHAT_MAX];
	struct text t = TEXT(what);

	text_add(&t, "requested rule [");
	format_rule(rule, rule->access, &t);
	text_add(&t,
		"] not supported by devices cgroupv1 (cannot punch hole in existing wildcard rule "
		"[");
	format_rule(wide, wide->access, &t);
	text_add(&t, "])");
	die(what, NULL, 0);
}

static void add(struct hierarchy *h, const struct plan_device_rule *rule)
{
	struct plan_device_rule *exception = find_exception(rule);

	if (rule->access & ~exception->access)
		write_rule(h, rule, rule->access, (int)rule->allow);
	exception->access |= rule->access;
}

/* From the same exception, from narrower ones, and never from a part of a wider one. */
static void take_away(struct hierarchy *h, const struct plan_device_rule *rule)
{
	for (size_t i = 0; i < exception_count; i++) {
		struct plan_device_rule *exception = &exceptions[i];
		uint64_t access = exception->access & rule->access;

		if (access && covers(rule, exception)) {
			write_rule(h, exception, access, (int)rule->allow);
			exception->access &= ~access;
		} else if (access && covers(exception, rule)) {
			refuse_hole(rule, exception);
		}
	}
}

/* The default of the list: a new cgroup has its parent's. Writing it forgets all exceptions. */
static int write_default(struct hierarchy *h, int allow)
{
	char list[32];

	if (allow && read_file(h->leaf, "devices.list", list, sizeof(list)) >= 0 &&
		!strcmp(list, "a *:* rwm"))
		return 0;
	return write_file(h->leaf, allow ? "devices.allow" : "devices.deny", "a");
}

void devices_v1(struct hierarchy *h, const struct plan *plan, int tolerate)
{
	const struct plan_device_rule *rules;
	size_t count;
	int allow, err;

	/* No user namespace may change this list; what our own cgroup has denied stays denied. */
	if (tolerate)
		return;
	if (!h || h->leaf < 0)
		die_missing(h, "devices");
	count = device_rules(plan, &rules, &allow);
	err = write_default(h, allow);
	if (err)
		die_write(h, allow ? "devices.allow" : "devices.deny", "a", err);
	for (size_t i = 0; i < count; i++) {
		if (rules[i].allow == (uint64_t)!allow)
			add(h, &rules[i]);
		else
			take_away(h, &rules[i]);
	}
}
