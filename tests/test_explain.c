/*
 * --explain tells about every field of the plan: for each field of plan.def, two plans that differ
 * in it alone must not be told with the same sentences. Who adds a field has to explain it, or to
 * say below why there is nothing to tell.
 */
/* link: libexec/parse/syscalls libexec/parse/near libexec/parse/explain libexec/parse/explain_limits libexec/parse/explain_unit libexec/parse/explain_files libexec/parse/explain_landlock
 * libexec/parse/explain_process libexec/parse/say shared/plan shared/plan_names shared/plan_write
 * shared/names shared/text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "../libexec/parse/explain.h"
#include "plan_write.h"
#include "step.h"

#define VARIANTS 16 /* of the plan, so that every value of an enumeration has its turn */

enum change { NOTHING, OTHER, ABSENT };

/* Which field is different, in all records of its kind. */
static enum plan_record changed_record;
static uint32_t changed_field;
static enum change change;

static const struct {
	const char *record, *field, *why;
} untold[] = {
	{"mount", "label", "where it stands in config.json, for errors"},
	{"mount", "uid_map", "told as the mapping that mount.mapping names"},
	{"mount", "gid_map", "told as the mapping that mount.mapping names"},
	{"config", "maps_new_mounts", "mount.kind and mount.mapping tell it"},
	{"config", "has_linux", "what linux has is told by its members"},
	{"config", "files_soft",
		"the caller's limit of open files, which the process has without being asked"},
	{"config", "files_hard", "the same"},
	{"config", "joins", "only of exec, which makes a plan of its own"},
	{"config", "updates", "only of update, which makes a plan of its own"},
	{"hugepage", "updates", "the same"},
	{"block_weight", "updates", "the same"},
	{"block_rate", "updates", "the same"},
	{"net_priority", "updates", "the same"},
	{"rdma", "updates", "the same"},
};

static enum change change_of(enum plan_record record, uint32_t field)
{
	return record == changed_record && field == changed_field ? change : NOTHING;
}

static struct plan_string make_string(const char *name, enum change how)
{
	char text[64];

	snprintf(text, sizeof(text), "/%.50s%s", name, how == OTHER ? "2" : "");
	return plan_put(how == ABSENT ? NULL : text);
}

static void fill(enum plan_record record, uint8_t *at, uint32_t variant);

static struct plan_list make_list(enum plan_record record, enum change how, uint32_t variant)
{
	struct plan_list list = {0, 0};

	if (how == NOTHING)
		fill(record, plan_add(record, &list), variant);
	return list;
}

static void fill_field(const struct plan_field *field, const char *name, uint8_t *at,
	enum change how, uint32_t variant)
{
	struct plan_opt_u64 opt = {how != ABSENT, how == ABSENT ? 0 : how == OTHER ? 6 : 5};
	uint64_t value = how == OTHER ? 6 : 5;
	struct plan_string string;
	struct plan_list list;

	switch (field->kind) {
	case PLAN_STR:
		string = make_string(name, how);
		memcpy(at, &string, sizeof(string));
		break;
	case PLAN_LIST:
		list = make_list((enum plan_record)field->limit, how, variant);
		memcpy(at, &list, sizeof(list));
		break;
	case PLAN_OPT_U64:
	case PLAN_OPT_I64:
	case PLAN_OPT_ID:
		memcpy(at, &opt, sizeof(opt));
		break;
	case PLAN_BOOL:
		value = how == NOTHING;
		memcpy(at, &value, sizeof(value));
		break;
	case PLAN_ENUM:
		value = (variant + (how == OTHER)) % field->limit;
		memcpy(at, &value, sizeof(value));
		break;
	default:
		memcpy(at, &value, sizeof(value));
		break;
	}
}

static void fill(enum plan_record record, uint8_t *at, uint32_t variant)
{
	const struct plan_type *type = &plan_types[record];

	for (uint32_t f = 0; f < type->field_count; f++) {
		const struct plan_field *field = &plan_fields[type->first_field + f];

		fill_field(field, plan_field_names[record][f], at, change_of(record, f), variant);
		at += plan_field_size(field->kind);
	}
}

static char told[1 << 20];
static size_t told_length;

static void collect(enum explain_phase phase, enum program program, const char *action)
{
	size_t length = strlen(action);

	assert_true(phase <= PHASE_DELETE && program < PROGRAM_COUNT);
	assert_true(length > 0 && told_length + length + 2 < sizeof(told));
	memcpy(told + told_length, action, length);
	told_length += length;
	told[told_length++] = '\n';
	told[told_length] = '\0';
}

static uint8_t image[1 << 20] __attribute__((aligned(8)));
static size_t image_size;

static int emit(void *context, const void *bytes, size_t length)
{
	(void)context;
	assert_true(image_size + length < sizeof(image));
	memcpy(image + image_size, bytes, length);
	image_size += length;
	return 0;
}

/* The sentences about the plan with a change in one field. */
static const char *tell_with(
	enum plan_record record, uint32_t field, enum change how, uint32_t variant)
{
	static char pool[1 << 20];
	const char *why = "";
	struct plan plan;

	changed_record = record;
	changed_field = field;
	change = how;
	plan_begin(pool, sizeof(pool));
	fill(PLAN_RECORD_config, (uint8_t *)plan_config_record(), variant);
	image_size = told_length = 0;
	told[0] = '\0';
	assert_int_equal(plan_emit(build_id, emit, NULL), 0);
	if (plan_take(image, image_size, build_id, &plan, &why))
		fail_msg("the plan of the test is none: %s", why);
	explain(&plan, collect);
	return told;
}

static int tells(enum plan_record record, uint32_t field, enum change how)
{
	for (uint32_t variant = 0; variant < VARIANTS; variant++) {
		char *before = strdup(tell_with(record, field, NOTHING, variant));
		int differs = strcmp(before, tell_with(record, field, how, variant)) != 0;

		free(before);
		if (differs)
			return 1;
	}
	return 0;
}

static int is_untold(const char *record, const char *field)
{
	for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]); i++)
		if (!strcmp(untold[i].record, record) && !strcmp(untold[i].field, field))
			return 1;
	return 0;
}

static int may_be_absent(uint8_t kind)
{
	return kind == PLAN_OPT_U64 || kind == PLAN_OPT_I64 || kind == PLAN_OPT_ID ||
		kind == PLAN_LIST;
}

static void every_field_is_told(void **state)
{
	(void)state;
	for (uint32_t r = 0; r < PLAN_RECORD_COUNT; r++)
		for (uint32_t f = 0; f < plan_types[r].field_count; f++) {
			uint8_t kind = plan_fields[plan_types[r].first_field + f].kind;
			const char *name = plan_field_names[r][f];

			if (is_untold(plan_type_names[r], name))
				continue;
			if (kind != PLAN_LIST && !tells((enum plan_record)r, f, OTHER))
				fail_msg("--explain does not tell %s.%s of plan.def",
					plan_type_names[r], name);
			if (may_be_absent(kind) && !tells((enum plan_record)r, f, ABSENT))
				fail_msg("--explain does not tell whether there is %s.%s of "
					 "plan.def",
					plan_type_names[r], name);
		}
}

/* What is excused exists, and is really not told. */
static void what_is_untold_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]); i++) {
		int found = 0;

		for (uint32_t r = 0; r < PLAN_RECORD_COUNT; r++)
			for (uint32_t f = 0; f < plan_types[r].field_count; f++)
				if (!strcmp(untold[i].record, plan_type_names[r]) &&
					!strcmp(untold[i].field, plan_field_names[r][f])) {
					found = 1;
					assert_false(tells((enum plan_record)r, f, OTHER));
				}
		if (!found)
			fail_msg("plan.def has no %s.%s", untold[i].record, untold[i].field);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_told),
		cmocka_unit_test(what_is_untold_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
