/* The properties of the plan as they go over the bus; parse has made them, nothing is interpreted
 * here. */
#include <errno.h>
#include <string.h>
#include "scope.h"
#include "step.h"

#define DEPTH_MAX 64

#define X(e, code) [e] = (code),
static const char codes[BUS_KIND_COUNT] = {BUS_KINDS(X)};
#undef X

static const struct plan *plan;
static enum cgroup_layout layout;
static enum which which;
static uint64_t version;

static int is_for_us(const struct plan_unit_property *property)
{
	return (property->layout == LAYOUT_ANY || property->layout == layout) &&
		(which == ALL_PROPERTIES || property->resource);
}

/* "257.13-1~deb13u1", "v239", "systemd 219": the first number. */
static uint64_t first_number(const char *text)
{
	uint64_t n = 0;

	text += strcspn(text, "0123456789");
	for (; *text >= '0' && *text <= '9' && n < 100000; text++)
		n = n * 10 + (uint64_t)(*text - '0');
	return n;
}

static void ask_version(void)
{
	static const char doing[] = "systemd does not say its version";
	sd_bus_message *call = bus_new_call(PROPERTIES, "Get"), *reply;
	const sd_bus_error *error;
	const char *text;

	bus_check(sd_bus_message_append(call, "ss", MANAGER, "Version"));
	reply = bus_call(call, doing, &error);
	if (!reply)
		die("asking systemd for its version:", error->message, 0);
	bus_check(sd_bus_message_read(reply, "v", "s", &text));
	version = first_number(text);
	sd_bus_message_unref(reply);
}

void properties_prepare(const struct plan *p, enum cgroup_layout l, enum which w)
{
	struct plan_list list = p->config->systemd_properties;

	plan = p;
	layout = l;
	which = w;
	for (uint32_t i = 0; !version && i < list.count; i++) {
		const struct plan_unit_property *property = plan_unit_property_at(plan, list, i);

		if (property->since && is_for_us(property))
			ask_version();
	}
}

static void add_number(sd_bus_message *message, enum bus_kind kind, uint64_t bits)
{
	union {
		uint8_t byte;
		int boolean;
		uint16_t small;
		uint32_t medium;
		uint64_t large; /* or a double */
	} number;

	if (kind == BUS_BYTE)
		number.byte = (uint8_t)bits;
	else if (kind == BUS_BOOLEAN)
		number.boolean = bits != 0;
	else if (kind == BUS_INT16 || kind == BUS_UINT16)
		number.small = (uint16_t)bits;
	else if (kind == BUS_INT32 || kind == BUS_UINT32)
		number.medium = (uint32_t)bits;
	else
		number.large = bits;
	bus_check(sd_bus_message_append_basic(message, codes[kind], &number));
}

static void add_values(sd_bus_message *message, struct plan_list list)
{
	int depth = 0;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_bus_value *value = plan_bus_value_at(plan, list, i);
		enum bus_kind kind = (enum bus_kind)value->kind;
		const char *text = plan_text(plan, value->text);

		text = text ? text : "";
		if (kind == BUS_END ? !depth-- : depth == DEPTH_MAX)
			die("plan:", "a property has a wrong end", 0);
		if (kind == BUS_END) {
			bus_check(sd_bus_message_close_container(message));
		} else if (kind >= BUS_ARRAY) {
			bus_check(sd_bus_message_open_container(message, codes[kind], text));
			depth++;
		} else if (kind >= BUS_STRING) {
			bus_check(sd_bus_message_append_basic(message, codes[kind], text));
		} else {
			add_number(message, kind, value->number);
		}
	}
	if (depth)
		die("plan:", "a property has no end", 0);
}

static void add_property(sd_bus_message *message, const struct plan_unit_property *property)
{
	const char *name = plan_text(plan, property->name);
	const char *signature = plan_text(plan, property->signature);

	bus_check(sd_bus_message_open_container(message, 'r', "sv"));
	bus_check(sd_bus_message_append_basic(message, 's', name ? name : ""));
	bus_check(sd_bus_message_open_container(message, 'v', signature ? signature : ""));
	add_values(message, property->values);
	bus_check(sd_bus_message_close_container(message));
	bus_check(sd_bus_message_close_container(message));
}

void properties_add(sd_bus_message *message, uint32_t pid)
{
	struct plan_list list = plan->config->systemd_properties;

	bus_check(sd_bus_message_open_container(message, 'a', "(sv)"));
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_unit_property *property = plan_unit_property_at(plan, list, i);

		if (is_for_us(property) && property->since <= version)
			add_property(message, property);
	}
	if (pid)
		bus_check(sd_bus_message_append(message, "(sv)", "PIDs", "au", 1, pid));
	bus_check(sd_bus_message_close_container(message));
}
