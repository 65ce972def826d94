/*
 * parse: linux.intelRdt arrives in the plan as it is written, an empty string as none, and what is
 * wrong in it is refused.
 */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "parse_run.h"

#define RDT(members) "{\"intelRdt\":{" members "}}"

static struct plan plan;

/* The config that FRAGMENT gives, with WARNING or silence. */
static const struct plan_config *parsed(const char *fragment, const char *warning)
{
	if (run(compose(LINUX, fragment)) != 0 ||
		(warning ? !strstr(messages, warning) : *messages != '\0'))
		fail_msg("%s\n  %s", fragment, messages);
	load(&plan);
	return plan.config;
}

static void absent(void **state)
{
	static const char *const fragments[] = {"{}", "{\"intelRdt\":null}"};

	(void)state;
	for (size_t i = 0; i < COUNT(fragments); i++) {
		const struct plan_config *config = parsed(fragments[i], NULL);

		assert_int_equal(config->has_rdt, 0);
		assert_int_equal(config->rdt_clos_id.offset, 0);
		assert_int_equal(config->rdt_l3_cache.offset, 0);
		assert_int_equal(config->rdt_memory.offset, 0);
		assert_int_equal(config->rdt_schemata.count, 0);
		assert_int_equal(config->rdt_monitoring, 0);
	}
}

static void everything(void **state)
{
	const struct plan_config *config = parsed(
		RDT("\"closID\":\"a b\",\"l3CacheSchema\":\"L3:0=ff\",\"memBwSchema\":\"MB:0=20\","
		    "\"schemata\":[\"L2:0=f\",\"MB:1=70\"],\"enableMonitoring\":true"),
		NULL);

	(void)state;
	assert_int_equal(config->has_rdt, 1);
	assert_string_equal(plan_text(&plan, config->rdt_clos_id), "a b");
	assert_string_equal(plan_text(&plan, config->rdt_l3_cache), "L3:0=ff");
	assert_string_equal(plan_text(&plan, config->rdt_memory), "MB:0=20");
	assert_int_equal(config->rdt_schemata.count, 2);
	assert_string_equal(
		plan_text(&plan, plan_str_at(&plan, config->rdt_schemata, 1)->value), "MB:1=70");
	assert_int_equal(config->rdt_monitoring, 1);
	config = parsed(RDT("\"closID\":\"/\",\"enableMonitoring\":false"), NULL);
	assert_string_equal(plan_text(&plan, config->rdt_clos_id), "/");
	assert_int_equal(config->rdt_monitoring, 0);
}

/* An empty object asks for a group of the container's own; empty members for nothing. */
static void empty(void **state)
{
	static const char *const fragments[] = {RDT(""),
		RDT("\"closID\":\"\",\"l3CacheSchema\":\"\",\"memBwSchema\":\"\",\"schemata\":[]"),
		RDT("\"closID\":null,\"l3CacheSchema\":null,\"schemata\":null"),
		/* Gone since 1.3: unknown, and unknown members are ignored. */
		RDT("\"enableCMT\":true,\"enableMBM\":true")};

	(void)state;
	for (size_t i = 0; i < COUNT(fragments); i++) {
		const struct plan_config *config = parsed(fragments[i], NULL);

		assert_int_equal(config->has_rdt, 1);
		assert_int_equal(config->rdt_clos_id.offset, 0);
		assert_int_equal(config->rdt_l3_cache.offset, 0);
		assert_int_equal(config->rdt_memory.offset, 0);
		assert_int_equal(config->rdt_schemata.count, 0);
		assert_int_equal(config->rdt_monitoring, 0);
	}
}

static void warned_of(void **state)
{
	const struct plan_config *config = parsed(RDT("\"l3CacheSchema\":\"L3CODE:0=f\""),
		"linux.intelRdt.l3CacheSchema: does not begin with \"L3:\": \"L3CODE:0=f\"");

	(void)state;
	assert_string_equal(plan_text(&plan, config->rdt_l3_cache), "L3CODE:0=f");
	parsed(RDT("\"closId\":\"a\""),
		"linux.intelRdt.closId: unknown and ignored; did you mean closID?");
}

#define A16  "aaaaaaaaaaaaaaaa"
#define A256 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16

static void refused(void **state)
{
	static const struct {
		const char *fragment, *error;
	} refusals[] = {
		{"{\"intelRdt\":[]}", "linux.intelRdt: expected an object, found an array"},
		{RDT("\"closID\":1"), "linux.intelRdt.closID: expected a string, found a number"},
		{RDT("\"closID\":\".\""), "linux.intelRdt.closID: invalid intelRdt.ClosID \".\""},
		{RDT("\"closID\":\"..\""), "linux.intelRdt.closID: invalid intelRdt.ClosID \"..\""},
		{RDT("\"closID\":\"a/b\""),
			"linux.intelRdt.closID: invalid intelRdt.ClosID \"a/b\""},
		{RDT("\"closID\":\"/a\""), "invalid intelRdt.ClosID \"/a\""},
		{RDT("\"closID\":\"//\""), "invalid intelRdt.ClosID \"//\""},
		{RDT("\"closID\":\"../..\""), "invalid intelRdt.ClosID \"../..\""},
		{RDT("\"closID\":\"a\\nb\""),
			"linux.intelRdt.closID: control characters are not allowed"},
		{RDT("\"closID\":\"" A256 "\""), "linux.intelRdt.closID: longer than 255 bytes"},
		{RDT("\"l3CacheSchema\":\"L3:0=f\\nMB:0=20\""),
			"linux.intelRdt.l3CacheSchema: control characters are not allowed"},
		{RDT("\"memBwSchema\":\"MB:0=20\\n\""),
			"linux.intelRdt.memBwSchema: control characters are not allowed"},
		{RDT("\"memBwSchema\":\"L3:0=f\""),
			"linux.intelRdt.memBwSchema: must begin with \"MB:\": \"L3:0=f\""},
		{RDT("\"memBwSchema\":\" MB:0=20\""), "must begin with \"MB:\""},
		{RDT("\"schemata\":\"L3:0=f\""),
			"linux.intelRdt.schemata: expected an array, found a string"},
		{RDT("\"schemata\":[\"L3:0=f\",\"L3:1=f\\nL2:0=f\"]"),
			"linux.intelRdt.schemata[1]: control characters are not allowed"},
		{RDT("\"schemata\":[\"\"]"), "linux.intelRdt.schemata[0]: must not be empty"},
		{RDT("\"schemata\":[7]"),
			"linux.intelRdt.schemata[0]: expected a string, found a number"},
		{RDT("\"enableMonitoring\":1"),
			"linux.intelRdt.enableMonitoring: expected true or false, found a number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		int status = run(compose(LINUX, refusals[i].fragment));

		if (status != 1 || !strstr(messages, refusals[i].error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", refusals[i].fragment,
				refusals[i].error, status, messages);
	}
}

/* The kernel takes a line of a page at the most, its newline in it. */
static void long_lines(void **state)
{
	static char fragment[8192];

	(void)state;
	snprintf(fragment, sizeof(fragment), RDT("\"schemata\":[\"%04094d\"]"), 1);
	parsed(fragment, NULL);
	snprintf(fragment, sizeof(fragment), RDT("\"schemata\":[\"%04095d\"]"), 1);
	assert_int_equal(run(compose(LINUX, fragment)), 1);
	assert_non_null(strstr(messages,
		"linux.intelRdt.schemata[0]: longer than a line of the schemata file can be"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent),
		cmocka_unit_test(everything),
		cmocka_unit_test(empty),
		cmocka_unit_test(warned_of),
		cmocka_unit_test(refused),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
