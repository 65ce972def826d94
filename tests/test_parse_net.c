/*
 * parse: linux.netDevices arrives in the plan, and what is wrong in it is refused.
 * link: shared/plan shared/names shared/text tests/parse_run
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "parse_run.h"

#define NETWORK          "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"}]"
#define DEVICES(members) "{" NETWORK ",\"netDevices\":{" members "}}"
#define NAMED(name)      DEVICES("\"eth0\":{\"name\":\"" name "\"}")

static struct plan plan;

static const struct plan_config *parsed(const char *fragment)
{
	if (run(compose(LINUX, fragment)) != 0 || *messages)
		fail_msg("%s\n  %s", fragment, messages);
	load(&plan);
	return plan.config;
}

static void arrives(void **state)
{
	static const char *const expected[][2] = {{"eth0", NULL}, {"eth1", "lan%d"},
		{"eth0.1", "abcdefghijklmno"}, {"eth2", NULL}, {"eth3", "lan%d"}};
	struct plan_list list;

	(void)state;
	assert_int_equal(parsed("{\"netDevices\":null}")->net_devices.count, 0);
	assert_int_equal(parsed("{\"netDevices\":{}}")->net_devices.count, 0);
	list = parsed("{\"netDevices\":{\"eth0\":{},\"eth1\":{\"name\":\"lan%d\"},"
		      "\"eth0.1\":{\"name\":\"abcdefghijklmno\"},\"eth2\":{\"name\":\"\"},"
		      "\"eth3\":{\"name\":\"lan%d\"}}," NETWORK "}")
		       ->net_devices;
	assert_int_equal(list.count, COUNT(expected));
	for (uint32_t i = 0; i < list.count; i++) {
		const struct plan_net_device *device = plan_net_device_at(&plan, list, i);
		const char *name = plan_text(&plan, device->name);

		assert_string_equal(plan_text(&plan, device->host), expected[i][0]);
		if (expected[i][1])
			assert_string_equal(name, expected[i][1]);
		else
			assert_null(name);
	}
	list = parsed("{\"namespaces\":[{\"type\":\"network\",\"path\":\"/a\"}],"
		      "\"netDevices\":{\"b\":{\"name\":null}}}")
		       ->net_devices;
	assert_int_equal(list.count, 1);
}

struct refusal {
	const char *fragment;
	const char *error;
};

static void refused(void **state)
{
	static const struct refusal list[] = {
		{DEVICES("\"\":{}"), "linux.netDevices[\"\"]: invalid network device name \"\""},
		{DEVICES("\".\":{}"), "invalid network device name \".\""},
		{DEVICES("\"..\":{}"), "invalid network device name \"..\""},
		{DEVICES("\"a/b\":{}"), "invalid network device name \"a/b\""},
		{DEVICES("\"abcdefghijklmnop\":{}"), "invalid network device name"},
		{NAMED("."), "linux.netDevices.eth0.name: invalid network device name \".\""},
		{NAMED(".."), "linux.netDevices.eth0.name: invalid network device name"},
		{NAMED("a/b"), "linux.netDevices.eth0.name: invalid network device name"},
		{NAMED("a:b"), "linux.netDevices.eth0.name: invalid network device name"},
		{NAMED("a b"), "linux.netDevices.eth0.name: invalid network device name"},
		{NAMED("a\\tb"), "linux.netDevices.eth0.name: invalid network device name"},
		{NAMED("a\\n"), "invalid network device name \"a\\x0a\""},
		{NAMED("a\\u000bb"), "invalid network device name"},
		{NAMED("abcdefghijklmnop"), "invalid network device name \"abcdefghijklmnop\""},
		{NAMED("abcdefghijklmn%d"), "invalid network device name"},
		{NAMED("a%"),
			"linux.netDevices.eth0.name: invalid network device name \"a%\": only one "
			"%d"},
		{NAMED("a%s"), "only one %d can stand for a number"},
		{NAMED("%d%d"), "only one %d can stand for a number"},
		{NAMED("%%d"), "only one %d can stand for a number"},
		{DEVICES("\"eth0\":{\"name\":\"a\"},\"eth1\":{\"name\":\"a\"}"),
			"linux.netDevices: two network devices with the name \"a\""},
		{DEVICES("\"eth0\":{\"name\":\"eth1\"},\"eth1\":{}"),
			"two network devices with the name \"eth1\""},
		{DEVICES("\"eth0\":{\"name\":7}"),
			"linux.netDevices.eth0.name: expected a string, found a number"},
		{DEVICES("\"eth0\":null"), "linux.netDevices.eth0: expected an object, found null"},
		{DEVICES("\"eth0\":[]"), "linux.netDevices.eth0: expected an object"},
		{"{" NETWORK ",\"netDevices\":[]}", "linux.netDevices: expected an object"},
		{"{\"namespaces\":[{\"type\":\"mount\"}],\"netDevices\":{\"eth0\":{}}}",
			"linux.netDevices: unable to move network devices without a NET namespace"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		int status = run(compose(LINUX, list[i].fragment));

		if (status != 1 || !strstr(messages, list[i].error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", list[i].fragment,
				list[i].error, status, messages);
	}
}

static void not_rootless(void **state)
{
	char *const options[] = {"parse", "--rootless", NULL};
	const char *text = compose(LINUX, DEVICES("\"eth0\":{}"));

	(void)state;
	assert_int_equal(run_bytes(text, strlen(text), options), 1);
	assert_non_null(strstr(messages,
		"linux.netDevices: network devices are not supported for rootless containers"));
	text = compose(LINUX, DEVICES(""));
	assert_int_equal(run_bytes(text, strlen(text), options), 0);
}

static void many(void **state)
{
	static char text[32768];

	(void)state;
	for (int count = NET_DEVICES_MAX; count <= NET_DEVICES_MAX + 1; count++) {
		int n = snprintf(text, sizeof(text), "{" NETWORK ",\"netDevices\":{\"a\":{}");

		for (int i = 1; i < count; i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, ",\"eth%d\":{}", i);
		snprintf(text + n, sizeof(text) - (size_t)n, "}}");
		assert_int_equal(run(compose(LINUX, text)), count > NET_DEVICES_MAX);
	}
	assert_non_null(strstr(messages, "linux.netDevices: more than 1024 network devices"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrives),
		cmocka_unit_test(refused),
		cmocka_unit_test(not_rootless),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
