/* config.md, "POSIX-platform Hooks". */
#include "build.h"

static void build_environment(const struct value *value, void *target)
{
	struct plan_hook *hook = target;

	hook->has_env = 1;
	build_strings(value, &hook->env, NULL);
}

static const struct field hook_fields[] = {
	{"path", FIELD_STRING, FIELD_REQUIRED, offsetof(struct plan_hook, path)},
	{"args", FIELD_STRINGS, 0, offsetof(struct plan_hook, args)},
	{"env", FIELD_CALL, 0, .call = build_environment},
	{"timeout", FIELD_OPT, FIELD_GUARD, offsetof(struct plan_hook, timeout), 1, INT32_MAX},
	{NULL}};

static void finish_hook(void *record)
{
	struct plan_hook *hook = record;

	if (*plan_put_text(hook->path) != '/')
		refuse("path must be absolute: \"", shown(plan_put_text(hook->path)), "\"", NULL);
	if (!hook->args.count) {
		struct plan_str *name = plan_add(PLAN_RECORD_str, &hook->args);

		name->value = hook->path;
	}
}

#define HOOKS_FIELD(word, list, flags, reason)                                                     \
	{                                                                                          \
		word, FIELD_RECORDS, FIELD_GUARD | (flags), CONFIG(list),                          \
			.record = PLAN_RECORD_hook, .fields = hook_fields, .done = finish_hook,    \
			.why = (reason)                                                            \
	}

const struct field hooks_fields[] = {
	HOOKS_FIELD("prestart", hooks_prestart, FIELD_DEPRECATED,
		"use createRuntime, createContainer or startContainer"),
	HOOKS_FIELD("createRuntime", hooks_create_runtime, 0, NULL),
	HOOKS_FIELD("createContainer", hooks_create_container, 0, NULL),
	HOOKS_FIELD("startContainer", hooks_start_container, 0, NULL),
	HOOKS_FIELD("poststart", hooks_poststart, 0, NULL),
	HOOKS_FIELD("poststop", hooks_poststop, 0, NULL), {NULL}};
