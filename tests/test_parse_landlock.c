/*
 * parse: the annotations org.davit.landlock.* arrive in the plan, and what is not exactly right in
 * them is refused.
 */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "names.h"
#include "parse_run.h"

static struct plan plan;

static int run_annotations(const char *members)
{
	static char text[262144];

	snprintf(text, sizeof(text),
		"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/"
		"\",\"args\":"
		"[\"a\"]},\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]},\"annotations\":{%s}}",
		members);
	return run(text);
}

static const struct plan_config *parsed(const char *members)
{
	if (run_annotations(members) != 0)
		fail_msg("%s\n  %s", members, messages);
	load(&plan);
	return plan.config;
}

static void absent(void **state)
{
	/* Not of this prefix: any annotation may be there. */
	const struct plan_config *config =
		parsed("\"org.davit.landlockread\":\"x\",\"org.davit\":\"x\",\"a\":\"b\"");

	(void)state;
	assert_int_equal(config->landlock, 0);
	assert_int_equal(config->landlock_paths.count, 0);
	assert_int_equal(config->landlock_ports.count, 0);
}

static void is_path(const struct plan_config *config, uint32_t i, uint64_t list, const char *path)
{
	const struct plan_landlock_path *record =
		plan_landlock_path_at(&plan, config->landlock_paths, i);

	assert_int_equal(record->list, list);
	assert_string_equal(plan_text(&plan, record->path), path);
}

static void is_port(const struct plan_config *config, uint32_t i, uint64_t list, uint64_t port)
{
	const struct plan_landlock_port *record =
		plan_landlock_port_at(&plan, config->landlock_ports, i);

	assert_int_equal(record->list, list);
	assert_int_equal(record->port, port);
}

static void everything(void **state)
{
	const struct plan_config *config = parsed(
		"\"org.davit.landlock.write\":\"/w:/x\\n/y "
		"z\",\"org.davit.landlock.read\":\"/:/a/b\","
		"\"org.davit.landlock.execute\":\"/"
		"bin\",\"org.davit.landlock.connect-tcp\":\"1,65535\","
		"\"org.davit.landlock.bind-tcp\":\"0\",\"org.davit.landlock.scope\":\"signals\"");

	(void)state;
	assert_int_equal(config->landlock, (1 << LANDLOCK_LIST_COUNT) - 1);
	assert_int_equal(config->landlock_paths.count, 5);
	is_path(config, 0, LANDLOCK_READ, "/");
	is_path(config, 1, LANDLOCK_READ, "/a/b");
	/* One with a newline may have colons in its paths. */
	is_path(config, 2, LANDLOCK_WRITE, "/w:/x");
	is_path(config, 3, LANDLOCK_WRITE, "/y z");
	is_path(config, 4, LANDLOCK_EXECUTE, "/bin");
	assert_int_equal(config->landlock_ports.count, 3);
	is_port(config, 0, LANDLOCK_BIND, 0);
	is_port(config, 1, LANDLOCK_CONNECT, 1);
	is_port(config, 2, LANDLOCK_CONNECT, 65535);
	assert_int_equal(config->landlock_scopes, 2);
}

static void no_port_at_all(void **state)
{
	const struct plan_config *config = parsed("\"org.davit.landlock.bind-tcp\":\"none\"");

	(void)state;
	assert_int_equal(config->landlock, 1 << LANDLOCK_BIND);
	assert_int_equal(config->landlock_ports.count, 0);
}

static void refused(void **state)
{
	static const struct {
		const char *name, *value, *words;
	} cases[] = {
		{"reed", "/a", "unknown annotation"},
		{"", "/a", "unknown annotation"},
		{"Read", "/a", "unknown annotation"},
		{"read.x", "/a", "unknown annotation"},
		{"read", "", "an element is empty"},
		{"read", ":", "an element is empty"},
		{"read", "/a:", "an element is empty"},
		{"write", "/a::/b", "an element is empty"},
		{"write", "/a\\n", "an element is empty"},
		{"write", "a", "must be an absolute path"},
		{"write", "/a: /b", "must be an absolute path"},
		{"write", "none", "must be an absolute path"},
		{"execute", "/a/../b", "is not allowed"},
		{"execute", "/a\\tb", "control characters"},
		{"bind-tcp", "", "an element is empty"},
		{"bind-tcp", "80,", "an element is empty"},
		{"bind-tcp", "80,none", "is not a TCP port"},
		{"bind-tcp", "65536", "is not a TCP port"},
		{"bind-tcp", "18446744073709551696", "is not a TCP port"},
		{"bind-tcp", "-1", "is not a TCP port"},
		{"bind-tcp", "080", "is not a TCP port"},
		{"bind-tcp", "80-90", "is not a TCP port"},
		{"connect-tcp", "80 ", "is not a TCP port"},
		{"connect-tcp", "0", "is not a TCP port"},
		{"scope", "", "an element is empty"},
		{"scope", "signal", "unknown scope"},
		{"scope", "signals,", "an element is empty"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char members[256], where[128];

		snprintf(members, sizeof(members), "\"org.davit.landlock.%s\":\"%s\"",
			cases[i].name, cases[i].value);
		snprintf(where, sizeof(where), "org.davit.landlock.%s", cases[i].name);
		if (run_annotations(members) != 1 || !strstr(messages, where))
			fail_msg("%s\n  %s", members, messages);
		if (!strstr(messages, cases[i].words))
			fail_msg("%s\n  %s", members, messages);
	}
}

static void longest_path(void **state)
{
	char path[4096], members[8192];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[4094] = '\0';
	snprintf(members, sizeof(members), "\"org.davit.landlock.read\":\"/%s\"", path);
	assert_int_equal(parsed(members)->landlock_paths.count, 1);
	snprintf(members, sizeof(members), "\"org.davit.landlock.read\":\"/%sa\"", path);
	assert_int_equal(run_annotations(members), 1);
	assert_non_null(strstr(messages, "too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent),
		cmocka_unit_test(everything),
		cmocka_unit_test(no_port_at_all),
		cmocka_unit_test(refused),
		cmocka_unit_test(longest_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
