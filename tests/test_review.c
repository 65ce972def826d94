/* parse --check: every error, in create's words, and nothing that only follows from another. */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "parse_run.h"

/* Exactly these lines, and the verdict after them. */
static void check_lines(const char *text, const char *expected, int errors, int status)
{
	char all[8192];
	int got = run_with("--check", text);

	snprintf(all, sizeof(all),
		errors == 0           ? "%sconfig.json is valid"
			: errors == 1 ? "%sconfig.json is not valid: 1 error"
				      : "%sconfig.json is not valid: %d errors",
		expected, errors);
	if (got != status || strncmp(written(), all, strlen(all)) != 0 || *messages)
		fail_msg("status %d, expected:\n%s\nbut:\n%s%s", got, all, written(), messages);
}

static void a_valid_one(void **state)
{
	(void)state;
	check_lines(compose(MOUNTS, "[]"), "", 0, 0);
}

static void every_member_and_element(void **state)
{
	(void)state;
	check_lines(
		"{\"ociVersion\":1,\"root\":{\"path\":\"\",\"readonly\":0},\"process\":"
		"{\"cwd\":\"x\",\"args\":[],\"env\":[\"A\",\"B=1\",5],\"user\":{\"uid\":-1}},"
		"\"mounts\":[5,{\"destination\":\"/a\"},{\"destination\":\"/b\",\"type\":\"tmpfs\","
		"\"options\":[1,\"ro\",2]}],\"annotations\":{\"\":\"\",\"a\":1,\"b\":2}}",
		"error: ociVersion: expected a string, found a number\n"
		"error: root.path: must not be empty\n"
		"error: root.readonly: expected true or false, found a number\n"
		"error: process.env[0]: invalid environment variable: missing '='\n"
		"error: process.env[2]: expected a string, found a number\n"
		"error: process.user.uid: -1 is out of range (0 to 4294967294)\n"
		"error: Cwd must be an absolute path (at /process)\n"
		"error: args must not be empty (at /process)\n"
		"error: mounts[0]: expected an object, found a number\n"
		"error: mounts[1]: type: missing\n"
		"error: mounts[2].options[0]: expected a string, found a number\n"
		"error: mounts[2].options[2]: expected a string, found a number\n"
		"error: annotations[\"\"]: a key must not be empty\n"
		"error: annotations.a: expected a string, found a number\n"
		"error: annotations.b: expected a string, found a number\n",
		15, 1);
}

static void checks_across_members(void **state)
{
	(void)state;
	check_lines("{\"ociVersion\":\"1.0.0\",\"hostname\":\"h\",\"domainname\":\"d\","
		    "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"]},"
		    "\"linux\":{\"maskedPaths\":[\"/x\"],\"uidMappings\":[{\"containerID\":0,"
		    "\"hostID\":0,\"size\":1}],\"sysctl\":{\"net.x\":\"1\",\"a\":\"2\"},"
		    "\"resources\":{\"memory\":{\"limit\":1,\"swappiness\":101,\"swap\":5},"
		    "\"cpu\":{\"quota\":1,\"burst\":2}}}}",
		"error: linux.resources.memory: limit: 1 is less than a page\n"
		"error: invalid memory swappiness value: 101 (valid range is 0-100) "
		"(at /linux/resources/memory)\n"
		"error: linux.resources.cpu: burst: 2 is above the quota\n"
		"error: sysctl \"net.x\" not allowed in host network namespace "
		"(at /linux/sysctl/net.x)\n"
		"error: sysctl \"a\" is not in a separate kernel namespace (at /linux/sysctl/a)\n"
		"error: root must be specified\n"
		"error: unable to set hostname without a private UTS namespace\n"
		"error: unable to set domainname without a private UTS namespace\n"
		"error: unable to restrict sys entries without a private MNT namespace\n"
		"warning: linux: uidMappings and gidMappings are ignored: there is no user "
		"namespace\n",
		9, 1);
}

/* What depends on a value that is wrong is not told: it would only be noise. */
static void nothing_that_follows(void **state)
{
	static const struct {
		enum part part;
		const char *fragment, *line;
	} list[] = {
		{PROCESS, "{\"cwd\":5,\"args\":[5]}",
			"error: process.cwd: expected a string, found a number\n"
			"error: process.args[0]: expected a string, found a number\n"},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":5",
			"error: root: expected an object, found a number\n"},
		{TOP,
			"\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"ociVersion\":\"1.0."
			"0\"",
			"error: config.json: duplicate member \"ociVersion\"\n"},
		{LINUX,
			"{\"namespaces\":[{\"type\":\"mount\"},{\"type\":5}],\"sysctl\":{\"net.a\":"
			"\"1\"}}",
			"error: linux.namespaces[1].type: expected a string, found a number\n"},
		{LINUX,
			"{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],"
			"\"uidMappings\":5,\"gidMappings\":[{\"containerID\":0,\"hostID\":0,"
			"\"size\":1}]}",
			"error: linux.uidMappings: expected an array, found a number\n"},
		{LINUX, "5", "error: linux: expected an object, found a number\n"},
		{LINUX,
			NS_AND("",
				"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\","
				"\"syscalls\":[{\"names\":[\"read\"],\"action\":\"x\"}]}"),
			"error: string x is not a valid action for seccomp (at "
			"/linux/seccomp/syscalls/0/action)\n"},
		{MOUNTS, "[{\"destination\":\"/proc/x\",\"type\":5}]",
			"error: mounts[0].type: expected a string, found a number\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++)
		check_lines(
			compose(list[i].part, list[i].fragment), list[i].line, i == 0 ? 2 : 1, 1);
}

static void what_stops_everything(void **state)
{
	(void)state;
	check_lines("{\"a\":\n 1,}",
		"error: config.json:2:4: expected the name of a member in "
		"double quotes\n",
		1, 1);
	check_lines("", "error: config.json:1:1: the text ends where a value is expected\n", 1, 1);
	check_lines("null", "error: config cannot be null\n", 1, 1);
	check_lines("[]", "error: config.json: expected an object, found an array\n", 1, 1);
}

static void warnings_do_not_fail(void **state)
{
	(void)state;
	check_lines(compose(PROCESS,
			    PROCESS_WITH("\"capabilites\":{},\"capabilities\":{"
					 "\"bounding\":[\"CAP_X\"]}")),
		"warning: process.capabilites: unknown and ignored; did you mean capabilities?\n"
		"warning: ignoring unknown or unavailable capabilities: [CAP_X] (at "
		"/process/capabilities)\n",
		0, 0);
	assert_non_null(strstr(written(), "valid, 2 warnings\n"));
}

/* 1000 of them are counted, 500 told. */
static void a_flood(void **state)
{
	static char list[16384];
	size_t length = 1, lines = 0;

	(void)state;
	memcpy(list, "[", 2);
	for (int i = 0; i < 1000; i++)
		length +=
			(size_t)snprintf(list + length, sizeof(list) - length, i ? ",%d" : "%d", i);
	memcpy(list + length, "]", 2);
	assert_int_equal(run_with("--check", compose(MOUNTS, list)), 1);
	for (const char *c = written(); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 502);
	assert_non_null(strstr(written(), "\nand 500 more errors\n"));
	assert_non_null(strstr(written(), "is not valid: 1000 errors\n"));
}

/* More broken records than any plan that is accepted could have. */
static void many_empty_records(void **state)
{
	static char list[3 * 65536 + 2];
	size_t length = 1;

	(void)state;
	list[0] = '[';
	for (int i = 0; i < 65536; i++, length += 3)
		memcpy(list + length, "{},", 3);
	memcpy(list + length - 1, "]", 2);
	assert_int_equal(run_with("--check", compose(MOUNTS, list)), 1);
	assert_non_null(strstr(written(), "is not valid: 65536 errors\n"));
}

static void members_by_pointer(void **state)
{
	static const char *const wanted[] = {
		"\nUnknown members, which nothing is done with\n    /a~1b~0c\n"
		"    /process/user/x\\x0a\n    /mounts/0/extra\n",
		"\nIgnored members\n    /windows – for Windows\n"
		"    /process/user/username – for Windows\n",
		"    /mounts/0/options/0 – kernels since 5.15 have no mandatory locks\n",
		"    /hooks/prestart – use createRuntime",
		"    /mounts/0/destination – a path that is not absolute\n",
	};

	(void)state;
	assert_int_equal(
		run_with("--explain",
			"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"a/b~c\":{\"d\":1},"
			"\"windows\":{\"e\":1},\"process\":{\"cwd\":\"/"
			"\",\"args\":[\"a\"],\"user\":"
			"{\"x\\n\":1,\"username\":\"u\"}},\"mounts\":[{\"destination\":\"m\","
			"\"type\":\"tmpfs\",\"extra\":[],\"options\":[\"mand\"]}],"
			"\"hooks\":{\"prestart\":[]}}"),
		0);
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!strstr(written(), wanted[i]))
			fail_msg("not told: %s\nbut: %s", wanted[i], written());
}

static void an_invalid_one_is_not_explained(void **state)
{
	(void)state;
	assert_int_equal(run_with("--explain", compose(PROCESS, "5")), 1);
	assert_non_null(strstr(written(), "error: process: expected an object, found a number\n"));
	assert_null(strstr(written(), "\ncreate\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_valid_one),
		cmocka_unit_test(every_member_and_element),
		cmocka_unit_test(checks_across_members),
		cmocka_unit_test(nothing_that_follows),
		cmocka_unit_test(what_stops_everything),
		cmocka_unit_test(warnings_do_not_fail),
		cmocka_unit_test(a_flood),
		cmocka_unit_test(many_empty_records),
		cmocka_unit_test(members_by_pointer),
		cmocka_unit_test(an_invalid_one_is_not_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
