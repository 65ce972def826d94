/* config.md, "Process". */
#include "build.h"

#include <string.h>
#include "names.h"
#include "review.h"
#include "scan.h"
#include "step.h"
#include "text.h"

#define ARGUMENT_MAX 131071 /* execve(2): MAX_ARG_STRLEN with its NUL */
#define ARGUMENTS_MAX                                                                              \
	(6u << 20) /* execve(2): of arguments and environment together, whatever the stack limit   \
		    */
#define UNKNOWN_CAPS_MAX 64

static size_t arguments_size;

void check_argument(const char *text)
{
	size_t length = strlen(text);

	if (length > ARGUMENT_MAX)
		refuse("longer than 131071 bytes", NULL);
	arguments_size += length + 1 + sizeof(char *);
	if (arguments_size > ARGUMENTS_MAX)
		refuse_as("process.args and process.env: argument list too long", NULL);
}

static const char *variables[SCAN_MEMBERS_MAX];
static uint8_t dropped[SCAN_MEMBERS_MAX];
static uint32_t variable_count;

static void drop(uint32_t place)
{
	dropped[place] = 1;
}

void start_environment(void)
{
	variable_count = 0;
	sort_start();
}

void take_variable(const char *text)
{
	if (!strchr(text, '='))
		refuse("invalid environment variable: missing '='", NULL);
	if (*text == '=')
		refuse("invalid environment variable: name cannot be empty", NULL);
	if (variable_count == SCAN_MEMBERS_MAX)
		refuse_as("process.args and process.env: argument list too long", NULL);
	sort_add(text, strcspn(text, "="));
	variables[variable_count++] = text;
}

/* The last entry of a name counts, in its own place (runc-cli.md 4.2). */
void finish_environment(struct plan_list *strings)
{
	sort_earlier(drop);
	for (uint32_t i = 0; i < variable_count; i++) {
		if (dropped[i] || is_from_caller(variables[i]))
			continue;
		path_element(i);
		check_argument(variables[i]);
		((struct plan_str *)plan_add(PLAN_RECORD_str, strings))->value =
			plan_put(variables[i]);
		path_leave();
	}
}

static void build_variable(const struct value *item, uint32_t index, void *target)
{
	(void)index;
	(void)target;
	take_variable(value_string(item));
}

static void build_environment(const struct value *value, void *target)
{
	expect(value, VALUE_ARRAY);
	start_environment();
	build_elements(value, build_variable, NULL);
	finish_environment(target);
	add_environment(target); /* at once: a list is a run of records */
}

/* Capability names that we do not know: one sorted warning at the end, as runc gives it. */
static const char *unknown_caps[UNKNOWN_CAPS_MAX];
static size_t unknown_cap_count;

static void unknown_cap(const char *word)
{
	size_t at = 0;

	while (at < unknown_cap_count && strcmp(unknown_caps[at], word) < 0)
		at++;
	if (unknown_cap_count == UNKNOWN_CAPS_MAX ||
		(at < unknown_cap_count && !strcmp(unknown_caps[at], word)))
		return;
	memmove(&unknown_caps[at + 1], &unknown_caps[at],
		(unknown_cap_count - at) * sizeof(unknown_caps[0]));
	unknown_caps[at] = word;
	unknown_cap_count++;
}

void warn_unknown_caps(void)
{
	static char list[512];
	struct text t = TEXT(list);

	for (size_t i = 0; i < unknown_cap_count; i++) {
		text_add(&t, i ? " " : "");
		text_add(&t, shown(unknown_caps[i]));
	}
	if (unknown_cap_count)
		caution_as("ignoring unknown or unavailable capabilities: [", list, "]", NULL);
}

uint64_t capability_bit(const char *word)
{
	const struct name *name = name_find(capability_names, word);

	if (!name)
		unknown_cap(word);
	return name ? UINT64_C(1) << name->value : 0;
}

static void build_cap(const struct value *item, uint32_t index, void *target)
{
	uint64_t *bits = target, bit = capability_bit(value_string(item));

	(void)index;
	if (!bit)
		note_ignored("no capability of this name is known");
	*bits |= bit;
}

static void build_caps(const struct value *value, void *target)
{
	build_elements(value, build_cap, target);
}

static const struct field capabilities_fields[] = {
	{"bounding", FIELD_CALL, FIELD_GUARD, CONFIG(cap_bounding), .call = build_caps},
	{"effective", FIELD_CALL, FIELD_GUARD, CONFIG(cap_effective), .call = build_caps},
	{"permitted", FIELD_CALL, FIELD_GUARD, CONFIG(cap_permitted), .call = build_caps},
	{"inheritable", FIELD_CALL, FIELD_GUARD, CONFIG(cap_inheritable), .call = build_caps},
	{"ambient", FIELD_CALL, FIELD_GUARD, CONFIG(cap_ambient), .call = build_caps}, {NULL}};

/* Engines ask for them (buildah for each RUN) and runc does without: no warning (capabilities(7)). */
static void tell_not_raised(const struct plan_config *config)
{
	static char list[MSG_OBJECT_MAX];
	struct text t = TEXT(list);

	for (const struct name *n = capability_names; n->word; n++)
		if (plan_caps_not_raised(config) >> n->value & 1) {
			text_add(&t, t.length ? " " : "");
			text_add(&t, n->word);
		}
	if (t.length && !reviewing)
		debug("ambient capabilities that are not raised, because they are not both "
		      "permitted and inheritable:",
			list);
}

static void build_capabilities(const struct value *value, void *target)
{
	struct plan_config *config = target;

	config->has_capabilities = 1;
	build_object(value, capabilities_fields, config);
	warn_unknown_caps();
	tell_not_raised(config);
}

static void build_rlimit_type(const struct value *value, void *target)
{
	static uint64_t seen;
	struct plan_rlimit *limit = target;
	const struct name *name = name_find(rlimit_names, value_string(value));

	if (!name)
		refuse_as("wrong rlimit value: ", shown(value->string), NULL);
	if (seen & UINT64_C(1) << name->value)
		refuse("duplicate rlimit ", name->word, NULL);
	seen |= UINT64_C(1) << name->value;
	limit->type = name->value;
}

static const struct field rlimit_fields[] = {
	{"type", FIELD_CALL, FIELD_REQUIRED, .call = build_rlimit_type},
	{"soft", FIELD_NUMBER, FIELD_REQUIRED, offsetof(struct plan_rlimit, soft), 0, UINT64_MAX},
	{"hard", FIELD_NUMBER, FIELD_REQUIRED, offsetof(struct plan_rlimit, hard), 0, UINT64_MAX},
	{NULL}};

static void finish_rlimit(void *record)
{
	const struct plan_rlimit *limit = record;

	if (limit->soft > limit->hard)
		refuse("soft limit ", shown_number(limit->soft, 0), " is above the hard limit ",
			shown_number(limit->hard, 0), NULL);
}

static const struct field user_fields[] = {{"uid", FIELD_NUMBER, 0, CONFIG(uid), 0, ID_MAX},
	{"gid", FIELD_NUMBER, 0, CONFIG(gid), 0, ID_MAX},
	{"umask", FIELD_OPT, FIELD_GUARD, CONFIG(umask), 0, 0777},
	{"additionalGids", FIELD_NUMBERS, FIELD_GUARD, CONFIG(additional_gids), 0, ID_MAX},
	{"username", FIELD_IGNORED, .type = VALUE_STRING, .why = "for Windows"}, {NULL}};

static const struct field console_fields[] = {
	{"height", FIELD_OPT, FIELD_REQUIRED, CONFIG(console_height), 0, UINT16_MAX},
	{"width", FIELD_OPT, FIELD_REQUIRED, CONFIG(console_width), 0, UINT16_MAX}, {NULL}};

static const struct field process_fields[] = {{"terminal", FIELD_BOOL, 0, CONFIG(terminal)},
	{"consoleSize", FIELD_OBJECT, 0, .fields = console_fields},
	{"user", FIELD_OBJECT, FIELD_GUARD, .fields = user_fields},
	{"args", FIELD_STRINGS, 0, CONFIG(args), .check = check_argument},
	{"env", FIELD_CALL, 0, CONFIG(env), .call = build_environment},
	{"cwd", FIELD_STRING, 0, CONFIG(cwd)},
	{"capabilities", FIELD_CALL, FIELD_GUARD, .call = build_capabilities},
	{"rlimits", FIELD_RECORDS, FIELD_GUARD, CONFIG(rlimits), .record = PLAN_RECORD_rlimit,
		.fields = rlimit_fields, .done = finish_rlimit},
	{"noNewPrivileges", FIELD_BOOL, FIELD_GUARD, CONFIG(no_new_privileges)},
	{"apparmorProfile", FIELD_STRING, FIELD_GUARD, CONFIG(apparmor_profile),
		.check = check_printable},
	{"selinuxLabel", FIELD_STRING, FIELD_GUARD, CONFIG(selinux_label), .check = check_label},
	{"oomScoreAdj", FIELD_OPT, FIELD_GUARD, CONFIG(oom_score_adj), -1000, 1000},
	{"scheduler", FIELD_CALL, FIELD_GUARD, .call = build_scheduler},
	{"ioPriority", FIELD_CALL, FIELD_GUARD, .call = build_io_priority},
	{"execCPUAffinity", FIELD_CALL, 0, .call = build_exec_affinity},
	{"commandLine", FIELD_IGNORED, .type = VALUE_STRING, .why = "for Windows"}, {NULL}};

void build_process(const struct value *process, void *target)
{
	struct plan_config *config = target;
	int failed = build_members(process, process_fields, config);

	if (!tree_member(process, "env"))
		add_environment(&config->env);
	check_process(config);
	if (failed)
		abandon();
}

static void check_cwd(void *context)
{
	const struct plan_config *config = context;

	if (!config->cwd.offset)
		refuse_as("process.cwd: missing (Cwd property must not be empty)", NULL);
	if (!config->cwd.length)
		refuse_as("Cwd property must not be empty", NULL);
	if (*plan_put_text(config->cwd) != '/')
		refuse_as("Cwd must be an absolute path", NULL);
}

static void check_args(void *context)
{
	const struct plan_config *config = context;
	const struct plan_str *first;

	if (!config->args.count)
		refuse_as("args must not be empty", NULL);
	first = plan_added(PLAN_RECORD_str, config->args, 0);
	if (!first->value.length)
		refuse_as("exec: \"\": executable file not found in $PATH", NULL);
}

void check_process(struct plan_config *config)
{
	int cwd_known = !faulty("/process/cwd"), args_known = !faulty("/process/args"), failed = 0;

	config->has_process = 1;
	if (cwd_known)
		failed |= attempt(check_cwd, config);
	if (args_known)
		failed |= attempt(check_args, config);
	if (failed)
		abandon();
	/* Empty is none, as with runc; in exec it must not take the container's away. */
	if (!config->apparmor_profile.length)
		config->apparmor_profile = plan_put(NULL);
	if (!config->selinux_label.length)
		config->selinux_label = plan_put(NULL);
	if (!config->terminal && config->console_height.set) {
		/* config.md: the size is ignored then */
		path_member("consoleSize");
		note_ignored("there is no terminal");
		path_leave();
	}
	if (!config->terminal)
		config->console_height = config->console_width = (struct plan_opt_u64){0, 0};
}
