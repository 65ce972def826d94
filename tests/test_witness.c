/* link: tests/parse_run shared/plan shared/text */
/* The witness: strings as parse reads them, and whatever parse does not do is seen. That no honest plan is refused,
 * load() of parse_run.c looks at in the tests of parse. */
#include "parse_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEAD                                                                                       \
	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/"        \
	"\",\"args\":[\"a\"]},"
#define NS      "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}"
#define HOOK(s) HEAD "\"hooks\":{\"poststop\":[{\"path\":" s "}]}," NS "}"

static int witness(const char *text)
{
	return ask_witness(text, strlen(text));
}

static void parsed(const char *text)
{
	if (run(text))
		fail_msg("%s", messages);
}

/* One string in several forms of JSON. */
static void strings_in_every_form(void **state)
{
	static const char *const forms[] = {"\"/a/\\u00e9\\ud83d\\ude00\\n\\\"\\\\b\"",
		"\"\\/a\\u002f\xc3\xa9\xf0\x9f\x98\x80\\u000a\\u0022\\u005Cb\"",
		"\"\\u002Fa\\/\\u00E9\\uD83D\\uDE00\\u000A\\\"\\\\\\u0062\""};
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		snprintf(text, sizeof(text), HOOK("%s"), forms[i]);
		parsed(text);
		for (size_t j = 0; j < COUNT(forms); j++) {
			snprintf(text, sizeof(text), HOOK("%s"), forms[j]);
			assert_int_equal(witness(text), 0);
		}
		assert_int_equal(witness(HOOK("\"/a\"")), 1);
		assert_non_null(strstr(messages, "/hooks/poststop/0/path"));
	}
}

static void text_that_is_no_json(void **state)
{
	static const char no_json[] = "is no JSON", half[] = "has half a pair of surrogates",
			  type[] = "has a value of the wrong type here:";
	static const struct {
		const char *text, *words;
	} table[] = {{"", no_json}, {" ", no_json}, {"[]", no_json}, {"{", no_json},
		{"{\"hooks\":", no_json}, {HOOK("\"/a\"") "}", "goes on after its end"},
		{HOOK("\"/a\\\""), "/hooks/poststop/0/path is \"/a\""},
		{HOOK("\"/\\u00\""), "has half an escape"},
		{HOOK("\"/\\u00gg\""), "has an escape that is none"}, {HOOK("\"/\\ud800\""), half},
		{HOOK("\"/\\ud800\\u0041\""), half},
		{HOOK("\"/\\udc00\""), "has an escape that is no character"},
		{HOOK("\"/\\x\""), "has an escape that is none"},
		{HOOK("\"/\\u0000\""), "has an escape that is no character"}, {HOOK("7"), type},
		{HOOK("[]"), no_json}, {HOOK("null"), "/hooks/poststop/0/path is \"/a\""},
		{HOOK("\"/a\",\"path\":\"/a\""), "says this twice:"},
		{HOOK("\"/a\"}],\"poststop\":[{\"path\":\"/a\""), "says this twice:"},
		{HOOK("\"/a\",\"timeout\":\"5\""), type},
		{HEAD "\"linux\":{\"namespaces\":[{\"type\":\"moun\"}]}}",
			"has an unknown word here:"},
		{"{\"hooks\":{\"poststop\":[7]}}", no_json},
		{"{\"hooks\":{\"poststop\":{}}}", no_json}, {"{\"hooks\" 1}", no_json},
		{"{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
			"has more than 64 levels of nesting"}};

	(void)state;
	parsed(HOOK("\"/a\""));
	assert_int_equal(witness(HOOK("\"/a\"")), 0);
	for (size_t i = 0; i < COUNT(table); i++)
		if (witness(table[i].text) != 1 || !strstr(messages, table[i].words))
			fail_msg("%s\n  expected: %s\n  %s", table[i].text, table[i].words,
				messages);
	assert_int_equal(ask_witness(HOOK("\"/a\0b\""), sizeof(HOOK("\"/a\0b\"")) - 1), 1);
	assert_non_null(strstr(messages, "has a byte 0"));
}

/* What of A is in the plan and B does not say. */
struct lie {
	const char *a, *b, *place;
};

#define LINUX_WITH(s)                                                                              \
	HEAD "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":"   \
	     "\"ipc\"}]" s "}}"
#define MOUNT_WITH(s) HEAD "\"mounts\":[{\"destination\":\"/m\"," s "}]," NS "}"
#define DEVICE_RULE(allow)                                                                         \
	LINUX_WITH(",\"resources\":{\"devices\":[{\"allow\":" allow ",\"access\":\"r\"}]}")
#define BIND     MOUNT_WITH("\"source\":\"/s\",\"type\":\"bind\",\"options\":[\"bind\",\"ro\"]")
#define CALLS(s) LINUX_WITH(",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"," s "}")
#define CALL(s)  CALLS("\"syscalls\":[{\"names\":[\"acct\"],\"action\":\"SCMP_ACT_ERRNO\"" s "}]")

#define HUNDRED                                                                                    \
	"/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456" \
	"7890123456789"
#define LAYERS(s)                                                                                  \
	MOUNT_WITH("\"type\":\"overlay\",\"options\":[\"lowerdir=/a:" HUNDRED ":/b" HUNDRED        \
		   ":" s HUNDRED "\"]")

#define PROCESS(s)                                                                                 \
	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/"        \
	"\",\"args\":[\"a\"]," s "}," NS "}"
#define CAPS(s)  PROCESS("\"capabilities\":{\"bounding\":[\"CAP_KILL\"]," s "}")
#define RULES(s) LINUX_WITH(",\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\"" s "}]}")

static void lies(void **state)
{
	static const struct lie table[] = {
		{HOOK("\"/a\",\"timeout\":5"), HOOK("\"/a\""), "/hooks/poststop/0/timeout"},
		{HOOK("\"/a\",\"timeout\":5"), HOOK("\"/a\",\"timeout\":5.5"),
			"has no whole number here: /hooks/poststop/0/timeout"},
		{HOOK("\"/a\",\"timeout\":5"), HOOK("\"/a\",\"timeout\":-y"),
			"has no whole number here: /hooks/poststop/0/timeout"},
		{DEVICE_RULE("true"), DEVICE_RULE("maybe"), "has neither true nor false here:"},
		{HOOK("\"/a\",\"env\":[]"), HOOK("\"/a\""), "/hooks/poststop/0"},
		{HOOK("\"/a\""), HOOK("\"/a\",\"args\":[\"/a\",\"b\"]"),
			"/hooks/poststop/0/args/1"},
		{BIND, MOUNT_WITH("\"source\":\"/s\",\"type\":\"bind\",\"options\":[\"ro\"]"),
			"/mounts/0"},
		{BIND,
			MOUNT_WITH("\"source\":\"/"
				   "s\",\"type\":\"bind\",\"options\":[\"bind\",\"ro\",\"nodev\"]"),
			"/mounts/0"},
		{BIND,
			MOUNT_WITH("\"source\":\"/"
				   "s\",\"type\":\"bind\",\"options\":[\"bind\",\"rro\"]"),
			"/mounts/0"},
		{BIND,
			MOUNT_WITH(
				"\"source\":\"/"
				"s\",\"type\":\"bind\",\"options\":[\"bind\",\"ro\",\"rslave\"]"),
			"/mounts/0"},
		{BIND,
			MOUNT_WITH("\"source\":\"/"
				   "s\",\"type\":\"bind\",\"options\":[\"bind\",\"ro\",\"src-"
				   "nofollow\"]"),
			"/mounts/0"},
		{BIND,
			MOUNT_WITH(
				"\"source\":\"/s\",\"type\":\"bind\",\"options\":[\"bind\",\"ro\"],"
				"\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]"),
			"/mounts/0/uidMappings/0"},
		{MOUNT_WITH("\"type\":\"overlay\",\"options\":[\"lowerdir=/a:/b\"]"),
			MOUNT_WITH("\"type\":\"overlay\",\"options\":[\"lowerdir=/a:/c\"]"),
			"/mounts/0"},
		{MOUNT_WITH("\"type\":\"tmpfs\",\"options\":[\"nodev\"]"),
			MOUNT_WITH("\"type\":\"tmpfs\",\"options\":[\"nodev,ro\"]"), "/mounts/0"},
		{BIND,
			MOUNT_WITH("\"source\":\"/"
				   "s\",\"type\":\"bind\",\"options\":[\"bind\",\"ro\",\"rro\"]"),
			"/mounts/0"},
		{CAPS("\"effective\":[\"CAP_KILL\"]"), CAPS("\"effective\":[]"),
			"/process/capabilities/effective"},
		{PROCESS("\"noNewPrivileges\":false"), PROCESS("\"noNewPrivileges\":true"),
			"/process/noNewPrivileges"},
		{RULES(""), RULES(",\"major\":1"), "/linux/resources/devices/0/major"},
		{RULES(",\"major\":1"), RULES(",\"major\":1,\"minor\":3"),
			"/linux/resources/devices/0/minor"},
		{LAYERS("/c"), LAYERS("/d"), "/mounts/0"},
		{LAYERS("/c"), LAYERS(":/c"), "/mounts/0"},
		{BIND, HEAD NS "}", "/mounts/0/source"},
		{HEAD NS "}", BIND, "/mounts/0"},
		{LINUX_WITH(""), LINUX_WITH(",\"netDevices\":{\"eth0\":{}}"),
			"/linux/netDevices/eth0"},
		{LINUX_WITH(",\"netDevices\":{\"eth0\":{}}"),
			LINUX_WITH(",\"netDevices\":{\"eth1\":{}}"), "/linux/netDevices/eth1"},
		{LINUX_WITH(",\"intelRdt\":{\"closID\":\"a\"}"), LINUX_WITH(",\"intelRdt\":{}"),
			"/linux/intelRdt/closID"},
		{CALL(""), CALL(",\"errnoRet\":1"), "/linux/seccomp/syscalls/0/errnoRet"},
		{CALL(",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]"),
			CALL(",\"args\":[{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]"),
			"/linux/seccomp/syscalls/0/args/0/value"},
		{CALL(""), CALL("},{\"names\":[\"swapon\"],\"action\":\"SCMP_ACT_ERRNO\""),
			"/linux/seccomp/syscalls/1"},
		{CALLS("\"architectures\":[\"SCMP_ARCH_X86\"]"),
			CALLS("\"architectures\":[\"SCMP_ARCH_X32\"]"),
			"/linux/seccomp/architectures/0"},
		{LINUX_WITH(""), CALL(""), "/linux/seccomp"},
		{CALL(""), LINUX_WITH(""), "/linux/seccomp"},
		{HEAD "\"annotations\":{\"org.davit.landlock.read\":\"/\"}," NS "}", HEAD NS "}",
			"/annotations/"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		parsed(table[i].a);
		if (witness(table[i].a))
			fail_msg("not believed: %s\n%s", table[i].a, messages);
		if (witness(table[i].b) != 1 || !strstr(messages, table[i].place))
			fail_msg("lie %zu, %s: %s", i, table[i].place, messages);
	}
}

static void forgeries(void **state)
{
	static const char text[] = PROCESS("\"user\":{\"additionalGids\":[5]}");
	char *const options[] = {"parse", "--notify", "/run/a", NULL};
	const uint64_t one = 1;
	struct plan plan;

	(void)state;
	parsed(text);
	forge(offsetof(struct plan_config, joins), &one, sizeof(one));
	assert_int_equal(witness(text), 1);
	assert_non_null(strstr(messages, "joins is there"));
	/* A filter that config.json does not have, made of what the plan has. */
	parsed(text);
	load(&plan);
	forge(offsetof(struct plan_config, ready_filter), &plan.config->additional_gids,
		sizeof(struct plan_list));
	assert_int_equal(witness(text), 1);
	assert_non_null(strstr(messages, "run.oci.seccomp_bpf_data is there"));
	/* The one mount that is not in config.json, from another place. */
	assert_int_equal(run_bytes(text, strlen(text), options), 0);
	assert_int_equal(witness(text), 0);
	notify_path = "/run/b";
	assert_int_equal(witness(text), 1);
	assert_non_null(strstr(messages, "/mounts/0"));
	notify_path = NULL;
	assert_int_equal(witness(text), 1);
	assert_non_null(strstr(messages, "/mounts/0"));
}

/* 16 MiB with 100,000 strings and as many escapes; a hook at its end. */
static void large_text(void **state)
{
	const long largest = 16 << 20;
	struct timespec start, end;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	fputs(HEAD NS ",\"annotations\":{", out);
	for (int i = 0; i < 60000; i++)
		fprintf(out, "%s\"k%d\":\"\\u0041%0*d\"", i ? "," : "", i, 100, i);
	fputs("},\"x\":[", out);
	for (int i = 0; i < 50000 && ftell(out) < largest - 400; i++)
		fprintf(out, "%s\"\\\"%0*d\"", i ? "," : "", 150, i);
	fputs("],\"hooks\":{\"poststop\":[{\"path\":\"/a\"}]}}", out);
	assert_int_equal(fclose(out), 0);
	if (run(text))
		fail_msg("%s", messages);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(witness(text), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - start.tv_sec < 2);
	text[size - 6] = 'b';
	assert_int_equal(witness(text), 1);
	assert_non_null(strstr(messages, "/hooks/poststop/0/path is \"/a\""));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_in_every_form),
		cmocka_unit_test(text_that_is_no_json),
		cmocka_unit_test(lies),
		cmocka_unit_test(forgeries),
		cmocka_unit_test(large_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
