/* `parse exec --process`: what a process.json decides, what it leaves to the container, and every
 * fault it may have. */
/* link: shared/plan shared/plan_write shared/names shared/text shared/msg tests/exec_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec_run.h"
#include "step.h"

#define LARGE (16u << 20)

static const char *const arguments[] = {"--preserve-fds", "2", "--process", "--", NULL};

/* A container of which every property differs from what would be there by default. */
static void keep_usual(void)
{
	struct plan_config *c;
	struct plan_rlimit *limit;

	plan_begin(kept_pool, sizeof(kept_pool));
	c = plan_config_record();
	c->id = plan_put("web");
	c->has_process = 1;
	c->terminal = c->no_new_privileges = c->has_capabilities = 1;
	c->uid = c->gid = 1000;
	c->umask = (struct plan_opt_u64){1, 027};
	c->oom_score_adj = (struct plan_opt_i64){1, -17};
	((struct plan_num *)plan_add(PLAN_RECORD_num, &c->additional_gids))->value = 7;
	((struct plan_str *)plan_add(PLAN_RECORD_str, &c->args))->value = plan_put("init");
	((struct plan_str *)plan_add(PLAN_RECORD_str, &c->env))->value = plan_put("KEPT=1");
	c->cwd = plan_put("/kept");
	c->cap_bounding = c->cap_effective = c->cap_permitted = 1 << 5;
	limit = plan_add(PLAN_RECORD_rlimit, &c->rlimits);
	*limit = (struct plan_rlimit){0, 5, 6};
	c->apparmor_profile = plan_put("kept-profile");
	c->selinux_label = plan_put("kept:label");
	((struct plan_namespace *)plan_add(PLAN_RECORD_namespace, &c->namespaces))->type = NS_PID;
	c->has_seccomp = 1;
	keep(build_id);
}

static struct plan ran(const char *text)
{
	struct plan plan;
	int status = run_exec(arguments, text, strlen(text));

	if (status)
		fail_msg("%s: status %d: %s", text, status, said);
	load_exec(&plan);
	return plan;
}

static void refused(const char *text, const char *error)
{
	refused_exec(arguments, text, strlen(text), error);
}

static void it_decides_all_of_itself(void **state)
{
	struct plan plan;
	const struct plan_config *c;

	(void)state;
	keep_usual();
	plan = ran(
		"{\"terminal\":false,\"user\":{\"uid\":4294967294,\"gid\":3,\"additionalGids\":[4,"
		"0],\"umask\":0},"
		"\"args\":[\"a\",\"\",\"\\u00e4\\n\"],\"env\":[\"A=1\",\"B=2\",\"A=3\"],\"cwd\":\"/"
		"there\","
		"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"permitted\":[\"CAP_CHOWN\"]},"
		"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":0,\"hard\":18446744073709551615}"
		"],"
		"\"noNewPrivileges\":false,\"apparmorProfile\":\"other\",\"selinuxLabel\":\"o:l\","
		"\"oomScoreAdj\":1000,\"unknown\":{\"x\":[1]},\"consoleSize\":{\"height\":1,"
		"\"width\":2}}");
	c = plan.config;
	assert_string_equal(said, "");
	assert_int_equal(c->terminal, 0);
	assert_int_equal(c->console_height.set, 0); /* without a terminal it has no meaning */
	assert_int_equal(c->uid, 4294967294);
	assert_int_equal(c->gid, 3);
	assert_int_equal(c->additional_gids.count, 2); /* the container's are not added */
	assert_int_equal(plan_num_at(&plan, c->additional_gids, 1)->value, 0);
	assert_int_equal(c->args.count, 3);
	assert_string_equal(plan_text(&plan, plan_str_at(&plan, c->args, 2)->value), "\xc3\xa4\n");
	assert_int_equal(c->env.count, 2);
	assert_string_equal(plan_text(&plan, plan_str_at(&plan, c->env, 1)->value), "A=3");
	assert_string_equal(plan_text(&plan, c->cwd), "/there");
	assert_int_equal(c->cap_bounding, 1);
	assert_int_equal(c->cap_permitted, 1);
	assert_int_equal(c->cap_effective | c->cap_inheritable | c->cap_ambient, 0);
	assert_int_equal(c->rlimits.count, 1);
	assert_int_equal(plan_rlimit_at(&plan, c->rlimits, 0)->hard, UINT64_MAX);
	assert_int_equal(c->no_new_privileges, 0); /* the engine's word, as with runc */
	assert_string_equal(plan_text(&plan, c->apparmor_profile), "other");
	assert_string_equal(plan_text(&plan, c->selinux_label), "o:l");
	/* Always the container's: */
	assert_string_equal(plan_text(&plan, c->id), "web");
	assert_int_equal(c->umask.value, 027);
	assert_int_equal(c->oom_score_adj.value, -17);
	assert_int_equal(c->has_seccomp, 1);
	assert_int_equal(c->joins, 1);
	assert_int_equal(c->namespaces.count, 1);
	assert_int_equal(c->preserve_fds, 2);
}

static void what_it_leaves_out_is_the_containers(void **state)
{
	static const char *const texts[] = {"{\"cwd\":\"/\",\"args\":[\"a\"]}",
		"{\"cwd\":\"/"
		"\",\"args\":[\"a\"],\"apparmorProfile\":\"\",\"selinuxLabel\":\"\",\"rlimits\":[],"
		"\"capabilities\":null,\"user\":null,\"env\":null}"};

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct plan plan = ran(texts[i]);
		const struct plan_config *c = plan.config;

		assert_int_equal(c->cap_bounding, 1 << 5);
		assert_int_equal(c->cap_effective, 1 << 5);
		assert_int_equal(c->rlimits.count, 1);
		assert_int_equal(plan_rlimit_at(&plan, c->rlimits, 0)->hard, 6);
		assert_string_equal(plan_text(&plan, c->apparmor_profile), "kept-profile");
		assert_string_equal(plan_text(&plan, c->selinux_label), "kept:label");
		/* Only the process object (runc-cli.md 1.12): */
		assert_int_equal(c->uid | c->gid | c->additional_gids.count, 0);
		assert_int_equal(c->env.count, 0);
		assert_int_equal(c->no_new_privileges | c->terminal, 0);
	}
}

static void a_terminal_and_its_size(void **state)
{
	struct plan plan;

	(void)state;
	keep_usual();
	plan = ran("{\"cwd\":\"/\",\"args\":[\"a\"],\"terminal\":true,"
		   "\"consoleSize\":{\"height\":65535,\"width\":0}}");
	assert_int_equal(plan.config->terminal, 1);
	assert_int_equal(plan.config->console_height.value, 65535);
	assert_int_equal(plan.config->console_width.set, 1);
}

static void texts_that_are_no_json(void **state)
{
	static const char *const bad[] = {"", " ", "\n\n", "{", "}", "[", "\"", "nul", "x", "{]",
		"{\"cwd\"}", "{\"cwd\":}", "{\"cwd\":\"/\"", "{\"cwd\":\"/\",}", "{\"cwd\":\"/\"}}",
		"{\"cwd\":\"/\"} {}", "{'cwd':'/'}", "{cwd:1}", "\xef\xbb\xbf{}", "{}\x01",
		"// c\n{}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":NaN}", "{\"a\":0x1}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\t\"}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}",
		"{\"\xff\":1}", "{\"a\":\"\\u0000\"}"};

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(bad[i], "process.json:");
	refused_exec(arguments, "{\"a\":\"\0\"}", 9, "process.json:");
	refused_exec(arguments, "{}\0", 3, "process.json:");
}

static void every_cut_is_refused(void **state)
{
	static const char whole[] =
		"{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":1,\"gid\":2},\"env\":[\"A=1\"]}";

	(void)state;
	keep_usual();
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		refused_exec(arguments, whole, n, "process.json:1:");
	ran(whole);
}

static void documents_that_are_no_process(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {{"null", "process: expected an object, found null"},
		{"[]", "process: expected an object, found an array"},
		{"[{\"cwd\":\"/\",\"args\":[\"a\"]}]", "process: expected an object"},
		{"5", "process: expected an object, found a number"},
		{"true", "process: expected an object, found true or false"},
		{"\"{}\"", "process: expected an object, found a string"},
		{"{}", "process.cwd: missing"},
		{"{\"process\":{\"cwd\":\"/\",\"args\":[\"a\"]}}", "process.cwd: missing"},
		{"{\"args\":[\"a\"]}", "process.cwd: missing"},
		{"{\"cwd\":null,\"args\":[\"a\"]}", "process.cwd: missing"},
		{"{\"cwd\":\"\",\"args\":[\"a\"]}", "Cwd property must not be empty"},
		{"{\"cwd\":\"x\",\"args\":[\"a\"]}", "Cwd must be an absolute path"},
		{"{\"cwd\":\"/\"}", "args must not be empty"},
		{"{\"cwd\":\"/\",\"args\":null}", "args must not be empty"},
		{"{\"cwd\":\"/\",\"args\":[]}", "args must not be empty"},
		{"{\"cwd\":\"/\",\"args\":[\"\"]}",
			"exec: \"\": executable file not found in $PATH"},
		{"{\"cwd\":\"/\",\"args\":\"a\"}",
			"process.args: expected an array, found a string"},
		{"{\"cwd\":\"/\",\"args\":{\"0\":\"a\"}}",
			"process.args: expected an array, found an object"},
		{"{\"cwd\":\"/\",\"args\":[1]}",
			"process.args[0]: expected a string, found a number"},
		{"{\"cwd\":[\"/\"],\"args\":[\"a\"]}",
			"process.cwd: expected a string, found an array"},
		{"{\"cwd\":\"/\",\"cwd\":\"/\",\"args\":[\"a\"]}", "duplicate"},
#define WITH(members, error) {"{\"cwd\":\"/\",\"args\":[\"a\"]," members "}", error}
		WITH("\"args\":[\"b\"]", "duplicate"),
		WITH("\"user\":{\"uid\":1,\"uid\":0}", "duplicate"),
		WITH("\"terminal\":\"true\"",
			"process.terminal: expected true or false, found a string"),
		WITH("\"user\":0", "process.user: expected an object, found a number"),
		WITH("\"user\":\"root\"", "process.user: expected an object, found a string"),
		WITH("\"user\":{\"additionalGids\":5}",
			"process.user.additionalGids: expected an array"),
		WITH("\"user\":{\"umask\":512}", "process.user.umask: 512 is out of range"),
		WITH("\"env\":{}", "process.env: expected an array, found an object"),
		WITH("\"env\":[\"A\"]",
			"process.env[0]: invalid environment variable: missing '='"),
		WITH("\"env\":[\"=\"]",
			"process.env[0]: invalid environment variable: name cannot be empty"),
		WITH("\"env\":[\"A=1\",null]", "process.env[1]: expected a string, found null"),
		WITH("\"capabilities\":[]", "process.capabilities: expected an object"),
		WITH("\"capabilities\":{\"bounding\":{}}",
			"process.capabilities.bounding: expected an array"),
		WITH("\"rlimits\":{}", "process.rlimits: expected an array"),
		WITH("\"rlimits\":[{\"type\":\"RLIMIT_X\",\"soft\":1,\"hard\":1}]",
			"wrong rlimit value: RLIMIT_X"),
		WITH("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]",
			"soft limit 2 is above"),
		WITH("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":-1,\"hard\":1}]",
			"rlimits[0].soft: "),
		WITH("\"noNewPrivileges\":1", "process.noNewPrivileges: expected true or false"),
		WITH("\"apparmorProfile\":7", "process.apparmorProfile: expected a string"),
		WITH("\"apparmorProfile\":\"a\\u001b\"", "control characters"),
		WITH("\"selinuxLabel\":\"a b\"", "not a label"),
		WITH("\"oomScoreAdj\":1001", "process.oomScoreAdj: 1001 is out of range"),
		WITH("\"consoleSize\":{\"height\":65536,\"width\":1}",
			"height: 65536 is out of range"),
		WITH("\"consoleSize\":{\"height\":1}", "consoleSize.width: missing")};

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(bad[i].text, bad[i].error);
}

/* RT-05 */
static void ids_that_are_none(void **state)
{
	static const char *const bad[] = {"-1", "-0", "1e3", "1.0", "4294967295", "4294967296",
		"18446744073709551615", "18446744073709551616",
		"1234567890123456789012345678901234567890", "\"1\"", "\" 1\"", "\"root\"", "true",
		"[]", "{}", "[0]"};
	static const char *const places[] = {"\"uid\":", "\"gid\":", "\"additionalGids\":[1,"};
	char text[256];

	(void)state;
	keep_usual();
	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t j = 0; j < COUNT(places); j++) {
			snprintf(text, sizeof(text),
				"{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{%s%s%s}}", places[j],
				bad[i], j == 2 ? "]" : "");
			refused(text, "process.user.");
		}
}

static void deep_wide_and_long(void **state)
{
	char *text = malloc(LARGE + 2);
	size_t n;

	(void)state;
	assert_non_null(text);
	keep_usual();
	for (size_t depth = 63; depth < 100000; depth *= 10) {
		memset(text, '[', depth);
		memcpy(text + depth, "1", 2);
		refused(text, "process.json:1:");
	}
	for (n = 0; n < 100000; n++) /* beside the known members, where nobody looks */
		memcpy(text + n * 6, n ? "    [{" : "{\"x\":[", 6);
	refused_exec(arguments, text, n * 6, "process.json:1:");
	n = (size_t)snprintf(text, 64, "{\"cwd\":\"/\",\"user\":{\"uid\":");
	memset(text + n, '9', 1 << 20);
	memcpy(text + n + (1 << 20), "}}", 3);
	refused(text, "process.json:1:");
	memset(text, '[', LARGE + 1);
	refused_exec(arguments, text, LARGE, "process.json:1:");
	refused_exec(arguments, text, LARGE + 1, "process.json: larger than 16 MiB");
	/* Blanks as far as they may go, and a process behind them. */
	memset(text, ' ', LARGE);
	memcpy(text + LARGE - 24, "{\"cwd\":\"/\",\"args\":[\"a\"]}", 24);
	assert_int_equal(run_exec(arguments, text, LARGE), 0);
	free(text);
}

/* Whatever is changed: a plan that passes, or one line that says why not. */
static void random_changes(void **state)
{
	static const char good[] =
		"{\"cwd\":\"/\",\"args\":[\"a\",\"b\"],\"user\":{\"uid\":1,\"additionalGids\":[2]},"
		"\"env\":[\"A=1\"],\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":2}]}";
	static const char bytes[] = "{}[],:\"\\/0-9.eEtfn \x80\xff\x01";
	char text[sizeof(good)];
	unsigned seed = 815, refusals = 0;

	(void)state;
	keep_usual();
	for (int i = 0; i < 400; i++) {
		struct plan plan;
		int status;

		memcpy(text, good, sizeof(good));
		for (int j = 0; j <= i % 3; j++) {
			seed = seed * 1103515245 + 12345;
			text[(seed >> 8) % (sizeof(good) - 1)] =
				bytes[(seed >> 20) % (sizeof(bytes) - 1)];
		}
		status = run_exec(arguments, text, sizeof(good) - 1);
		if (status == 1 && strstr(said, "error: "))
			refusals++;
		else if (status)
			fail_msg("%s: status %d: %s", text, status, said);
		else
			load_exec(&plan);
	}
	assert_in_range(refusals, 200, 399);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_decides_all_of_itself),
		cmocka_unit_test(what_it_leaves_out_is_the_containers),
		cmocka_unit_test(a_terminal_and_its_size),
		cmocka_unit_test(texts_that_are_no_json),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(documents_that_are_no_process),
		cmocka_unit_test(ids_that_are_none),
		cmocka_unit_test(deep_wide_and_long),
		cmocka_unit_test(random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
