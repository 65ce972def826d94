/* config-linux.md, "Memory policy". Refused with runc's words. */
#include "build.h"

#include "names.h"

#define NODE_COUNT 1024 /* the largest MAX_NUMNODES of any kernel */

struct policy {
	uint64_t mode;
	uint64_t flags;
	struct plan_list *nodes;
};

static void build_mode(const struct value *value, void *target)
{
	const struct name *name = name_find(memory_modes, value_string(value));

	if (!name)
		refuse("invalid memory policy mode \"", shown(value->string), "\"", NULL);
	*(uint64_t *)target = name->value;
}

static void build_nodes(const struct value *value, void *target)
{
	struct plan_list *list = *(struct plan_list **)target;
	const char *object, *why = read_list(value_string(value), NODE_COUNT, list, &object);

	if (why)
		refuse("invalid memory policy nodes \"", shown(value->string), "\": ", why,
			shown(object), NULL);
}

static void build_flag(const struct value *item, uint32_t index, void *target)
{
	const struct name *name = name_find(memory_flags, value_string(item));
	uint64_t *bits = target;

	(void)index;
	if (!name)
		refuse("invalid memory policy flag \"", shown(item->string), "\"", NULL);
	*bits |= name->value;
}

static void build_flags(const struct value *value, void *bits)
{
	build_elements(value, build_flag, bits);
}

static const struct field policy_fields[] = {
	{"mode", FIELD_CALL, FIELD_REQUIRED | FIELD_GUARD, offsetof(struct policy, mode),
		.call = build_mode},
	{"nodes", FIELD_CALL, FIELD_GUARD, offsetof(struct policy, nodes), .call = build_nodes},
	{"flags", FIELD_CALL, FIELD_GUARD, offsetof(struct policy, flags), .call = build_flags},
	{NULL}};

void build_memory_policy(const struct value *value, void *target)
{
	struct plan_config *config = target;
	struct policy policy = {0, 0, &config->memory_nodes};

	build_object(value, policy_fields, &policy);
	if ((policy.mode == MEMORY_DEFAULT || policy.mode == MEMORY_LOCAL) && policy.nodes->count)
		refuse("memory policy mode requires 0 nodes", NULL);
	if (policy.mode != MEMORY_DEFAULT && policy.mode != MEMORY_LOCAL &&
		policy.mode != MEMORY_PREFERRED && !policy.nodes->count)
		refuse("memory policy mode requires at least one node but got 0", NULL);
	config->memory_policy = (struct plan_opt_u64){1, policy.mode | policy.flags};
}
