/* config-linux.md, "Seccomp". */
#include "build.h"

#include <string.h>
#include "names.h"
#include "review.h"

#define ERRNO_MAX        4094 /* libseccomp takes no 4095 */
#define TRACE_MAX        UINT16_MAX
#define SYSCALL_NAME_MAX 64

static void build_action(const struct value *value, void *target)
{
	const struct name *name = name_find(seccomp_actions, value_string(value));

	if (!name)
		refuse_as("string ", shown(value->string), " is not a valid action for seccomp",
			NULL);
	*(uint64_t *)target = name->value;
}

static void build_default_action(const struct value *value, void *target)
{
	if (!strcmp(value_string(value), "SCMP_ACT_NOTIFY"))
		refuse_as("SCMP_ACT_NOTIFY cannot be used as default action", NULL);
	build_action(value, target);
}

static void check_errno(const char *member, uint64_t action, struct plan_opt_u64 errno_ret)
{
	if (!errno_ret.set)
		return;
	path_member(member);
	if (action != ACT_ERRNO && action != ACT_TRACE)
		refuse("only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not for ",
			seccomp_actions[action].word, NULL);
	if (errno_ret.value > (action == ACT_ERRNO ? ERRNO_MAX : TRACE_MAX))
		refuse(shown_number(errno_ret.value, 0), " is out of range (0 to ",
			shown_number(action == ACT_ERRNO ? ERRNO_MAX : TRACE_MAX, 0), ")", NULL);
	path_leave();
}

static void build_op(const struct value *value, void *target)
{
	const struct name *name = name_find(seccomp_ops, value_string(value));

	if (!name)
		refuse_as("string ", shown(value->string), " is not a valid operator for seccomp",
			NULL);
	*(uint64_t *)target = name->value;
}

#define ARG(field) offsetof(struct plan_seccomp_arg, field)

static const struct field arg_fields[] = {{"index", FIELD_NUMBER, FIELD_REQUIRED, ARG(index), 0, 5},
	{"value", FIELD_NUMBER, FIELD_REQUIRED, ARG(value), 0, UINT64_MAX},
	{"valueTwo", FIELD_NUMBER, FIELD_GUARD, ARG(value_two), 0, UINT64_MAX},
	{"op", FIELD_CALL, FIELD_REQUIRED, ARG(op), .call = build_op}, {NULL}};

/* strspn, which makes a table for each text, would take half of the time for a profile. */
static int is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_';
}

static void check_syscall_name(const char *text)
{
	size_t length = 0;

	while (is_name_char(text[length]))
		length++;
	if (!length || text[length] || length > SYSCALL_NAME_MAX)
		refuse("not the name of a system call: \"", shown(text), "\"", NULL);
}

#define SECCOMP_RULE(field) offsetof(struct plan_seccomp_rule, field)

static const struct field rule_fields[] = {
	{"names", FIELD_STRINGS, FIELD_REQUIRED, SECCOMP_RULE(names), .check = check_syscall_name},
	{"action", FIELD_CALL, FIELD_REQUIRED, SECCOMP_RULE(action), .call = build_action},
	{"errnoRet", FIELD_OPT, FIELD_GUARD, SECCOMP_RULE(errno_ret), 0, UINT32_MAX},
	{"args", FIELD_RECORDS, 0, SECCOMP_RULE(args), .record = PLAN_RECORD_seccomp_arg,
		.fields = arg_fields},
	{NULL}};

static void finish_rule(void *record)
{
	struct plan_seccomp_rule *rule = record;

	if (plan_error())
		return;
	if (!rule->names.count)
		refuse("names: must not be empty", NULL);
	check_errno("errnoRet", rule->action, rule->errno_ret);
}

static void build_arch(const struct value *item, uint32_t index, void *list)
{
	const struct name *name = name_find(seccomp_archs, value_string(item));
	struct plan_num *number;

	(void)index;
	if (!name)
		refuse_as("string ", shown(item->string), " is not a valid arch for seccomp", NULL);
	number = plan_add(PLAN_RECORD_num, list);
	number->value = name->value;
}

static void build_archs(const struct value *value, void *list)
{
	build_elements(value, build_arch, list);
}

static void build_flag(const struct value *item, uint32_t index, void *target)
{
	const struct name *name = name_find(seccomp_flag_names, value_string(item));
	uint64_t *flags = target;

	(void)index;
	if (!name)
		refuse_as("seccomp flag ", shown(item->string), " is not known to runc", NULL);
	*flags |= name->value;
}

/* The member's presence counts: without it the seccomp step chooses, with [] there are none. */
static void build_flags(const struct value *value, void *target)
{
	struct plan_config *config = target;

	config->seccomp_has_flags = 1;
	build_elements(value, build_flag, &config->seccomp_flags);
}

static const struct field seccomp_fields[] = {
	{"defaultAction", FIELD_CALL, FIELD_REQUIRED, CONFIG(seccomp_default),
		.call = build_default_action},
	{"defaultErrnoRet", FIELD_OPT, FIELD_GUARD, CONFIG(seccomp_default_errno), 0, UINT32_MAX},
	{"architectures", FIELD_CALL, FIELD_GUARD, CONFIG(seccomp_archs), .call = build_archs},
	{"flags", FIELD_CALL, 0, .call = build_flags},
	{"syscalls", FIELD_RECORDS, FIELD_GUARD, CONFIG(seccomp_rules),
		.record = PLAN_RECORD_seccomp_rule, .fields = rule_fields, .done = finish_rule},
	{"listenerPath", FIELD_STRING, FIELD_GUARD, CONFIG(listener_path)},
	{"listenerMetadata", FIELD_STRING, FIELD_GUARD, CONFIG(listener_metadata)}, {NULL}};

/* An object without default action and rules switches seccomp off (runc-cli.md 4.16). */
static int is_off(const struct value *seccomp)
{
	const struct value *action = tree_member(seccomp, "defaultAction");
	const struct value *rules = tree_member(seccomp, "syscalls");

	return (!action || action->type == VALUE_NULL ||
		       (action->type == VALUE_STRING && !*action->string)) &&
		(!rules || rules->type == VALUE_NULL ||
			(rules->type == VALUE_ARRAY && !rules->child));
}

void build_seccomp(const struct value *seccomp, void *target)
{
	struct plan_config *config = target;

	expect(seccomp, VALUE_OBJECT);
	if (is_off(seccomp)) {
		note_ignored("neither a default action nor a rule: no filter");
		return;
	}
	config->has_seccomp = 1;
	build_object(seccomp, seccomp_fields, config);
	check_errno("defaultErrnoRet", config->seccomp_default, config->seccomp_default_errno);
}
