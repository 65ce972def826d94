/* --explain: the unit that systemd is asked for. */
#include "explain.h"

#include "names.h"
#include "say.h"

static void say_bus_value(const struct plan *plan, const struct plan_bus_value *value)
{
	switch ((enum bus_kind)value->kind) {
	case BUS_END:
		say(")", NULL);
		break;
	case BUS_BOOLEAN:
		say(value->number ? "true" : "false", NULL);
		break;
	case BUS_INT16:
	case BUS_INT32:
	case BUS_INT64:
		say_signed((int64_t)value->number);
		break;
	case BUS_DOUBLE:
		say("the double ", NULL);
		say_bits(value->number);
		break;
	case BUS_STRING:
	case BUS_PATH:
	case BUS_SIGNATURE:
		say_quoted(plan_text(plan, value->text));
		break;
	case BUS_ARRAY:
	case BUS_STRUCT:
	case BUS_ENTRY:
	case BUS_VARIANT:
		say_value(plan_text(plan, value->text));
		say(" (", NULL);
		break;
	default:
		if (value->number == UINT64_MAX)
			say("infinity", NULL);
		else
			say_number(value->number);
		break;
	}
}

static void say_property(const struct plan *plan, const struct plan_unit_property *property)
{
	say(property->resource ? "resource " : "property ", NULL);
	say_value(plan_text(plan, property->name));
	say(" (type ", NULL);
	say_value(plan_text(plan, property->signature));
	say(")", NULL);
	for (uint32_t i = 0; i < property->values.count; i++) {
		say(i ? " " : ": ", NULL);
		say_bus_value(plan, plan_bus_value_at(plan, property->values, i));
	}
	if (property->layout != LAYOUT_ANY)
		say(property->layout == LAYOUT_V1 ? ", on cgroup v1" : ", on cgroup v2", NULL);
	if (property->since) {
		say(", for systemd ", NULL);
		say_number(property->since);
		say(" and newer", NULL);
	}
	say_done();
}

void explain_unit(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	const char *asked = plan_text(plan, c->cgroups_path);

	if (!c->systemd)
		return;
	say_who(PHASE_CREATE, PROGRAM_SCOPE);
	say("has systemd make the unit ", NULL);
	say_quoted(plan_text(plan, c->systemd_unit));
	say(" with the first process, whose cgroup is ", NULL);
	say_quoted(plan_text(plan, c->systemd_path));
	say(" below the manager's", NULL);
	if (asked && *asked) {
		say(", for linux.cgroupsPath ", NULL);
		say_quoted(asked);
	}
	say_done();
	for (uint32_t i = 0; i < c->systemd_properties.count; i++)
		say_property(plan, plan_unit_property_at(plan, c->systemd_properties, i));
}
