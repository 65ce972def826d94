/* Records of plan.def for D-Bus values. */
#include "bus.h"

#include "build.h"
#include "names.h"

static struct plan_unit_property *current;
static uint32_t value_count;

#define X(e, code) [e] = (code),
static const char codes[BUS_KIND_COUNT] = {BUS_KINDS(X)};
#undef X

enum bus_kind bus_kind_of(char code)
{
	for (uint32_t i = BUS_END + 1; i < BUS_KIND_COUNT; i++)
		if (codes[i] == code)
			return (enum bus_kind)i;
	return code == '(' ? BUS_STRUCT : code == '{' ? BUS_ENTRY : BUS_END;
}

struct plan_unit_property *bus_property(
	const char *name, const char *signature, enum cgroup_layout layout)
{
	current = plan_add(PLAN_RECORD_unit_property, &plan_config_record()->systemd_properties);
	current->name = plan_put(name);
	current->signature = plan_put(signature);
	current->layout = layout;
	return current;
}

void bus_layout(enum cgroup_layout layout)
{
	current->layout = layout;
}

static struct plan_bus_value *add(enum bus_kind kind)
{
	struct plan_bus_value *value;

	if (++value_count > VALUES_MAX)
		refuse_as("too many values for the properties of a systemd unit", NULL);
	value = plan_add(PLAN_RECORD_bus_value, &current->values);
	value->kind = kind;
	return value;
}

void bus_number(enum bus_kind kind, uint64_t bits)
{
	add(kind)->number = bits;
}

void bus_text(enum bus_kind kind, const char *text)
{
	add(kind)->text = plan_put(text);
}

void bus_end(void)
{
	add(BUS_END);
}

void bus_bool(const char *name, int value)
{
	bus_property(name, "b", LAYOUT_ANY);
	bus_number(BUS_BOOLEAN, (uint64_t)value);
}

void bus_string(const char *name, const char *value)
{
	bus_property(name, "s", LAYOUT_ANY);
	bus_text(BUS_STRING, value);
}
