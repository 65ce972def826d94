/*
 * parse: which texts and sizes it refuses, what it accepts with which warning, and that everything
 * of config.json arrives in the plan. What it refuses by meaning is in test_parse_refused.c.
 */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "parse_run.h"
#include "../libexec/parse/scan.h"

struct text_case {
	const char *text;
	size_t length;
	const char *error;
};

#define TEXT_CASE(text, error)                                                                     \
	{                                                                                          \
		text, sizeof(text) - 1, error                                                      \
	}

static void strict_text(void **state)
{
	static const struct text_case cases[] = {
		TEXT_CASE("", "config.json:1:1: the text ends where a value is expected"),
		TEXT_CASE("null", "config cannot be null"),
		TEXT_CASE("[]", "config.json: expected an object, found an array"),
		TEXT_CASE("\"x\"", "config.json: expected an object, found a string"),
		TEXT_CASE("{}", "ociVersion: missing"),
		TEXT_CASE("{\n  \"a\": 1\n  \"b\": 2}",
			"config.json:3:3: expected ',' or '}' after a member"),
		TEXT_CASE("[1 2]", "config.json:1:4: expected ',' or ']' after an element"),
		TEXT_CASE("{\"a\":1,}", "config.json:1:8: expected the name of a member"),
		TEXT_CASE("[1,]", "config.json:1:4: expected a value"),
		TEXT_CASE("{} x", "config.json:1:4: nothing may follow the value"),
		TEXT_CASE("{}{}", "config.json:1:3: nothing may follow the value"),
		TEXT_CASE("{}\0", "config.json:1:3: nothing may follow the value"),
		TEXT_CASE("\0{}", "config.json:1:1: expected a value"),
		TEXT_CASE("\f{}", "config.json:1:1: expected a value"),
		TEXT_CASE("\xef\xbb\xbf{}", "a byte order mark is not allowed"),
		TEXT_CASE("\xff\xfe{\0}\0", "config.json:1:1: expected a value"),
		TEXT_CASE("{} // x", "nothing may follow the value"),
		TEXT_CASE("{/* x */}", "expected the name of a member"),
		TEXT_CASE("{'a':1}", "expected the name of a member in double quotes"),
		TEXT_CASE("{\"a\" 1}", "expected ':'"),
		TEXT_CASE("{\"a\":NaN}", "expected a value"),
		TEXT_CASE("{\"a\":nul}", "expected a value"),
		TEXT_CASE("{\"a\":Infinity}", "expected a value"),
		TEXT_CASE("{\"a\":01}", "config.json:1:6: a number must not begin with 0"),
		TEXT_CASE("{\"a\":-01}", "a number must not begin with 0"),
		TEXT_CASE("{\"a\":-}", "expected a digit"),
		TEXT_CASE("{\"a\":+1}", "expected a value"),
		TEXT_CASE("{\"a\":1.}", "expected a digit"),
		TEXT_CASE("{\"a\":.5}", "expected a value"),
		TEXT_CASE("{\"a\":1e}", "expected a digit"),
		TEXT_CASE("{\"a\":0x10}", "expected ',' or '}'"),
		TEXT_CASE(
			"{\"a\":1000000000000000000000000000000000000000000000000000000000000000}",
			"more than 63 characters"),
		TEXT_CASE("{\"a\":\"x", "the text ends inside a string"),
		TEXT_CASE("{\"a\":\"x\ny\"}", "a control character in a string must be escaped"),
		TEXT_CASE("{\"a\":\"\x01\"}", "a control character"),
		TEXT_CASE("{\"a\":\"\0\"}", "a control character"),
		TEXT_CASE("{\"a\":\"\\x41\"}", "invalid escape"),
		TEXT_CASE("{\"a\":\"\\u12\"}", "expected four hexadecimal digits"),
		TEXT_CASE("{\"a\":\"\\u0000\"}", "\\u0000 is not allowed"),
		TEXT_CASE("{\"\\u0000\":1}", "\\u0000 is not allowed"),
		TEXT_CASE("{\"a\":\"\\ud800\"}", "a lone surrogate"),
		TEXT_CASE("{\"a\":\"\\ud800x\"}", "a lone surrogate"),
		TEXT_CASE("{\"a\":\"\\ud800\\n\"}", "a lone surrogate"),
		TEXT_CASE("{\"a\":\"\\ud800\\u0041\"}", "a lone surrogate"),
		TEXT_CASE("{\"a\":\"\\udc00\\ud800\"}", "a lone surrogate"),
		TEXT_CASE("{\"a\":\"\xff\"}", "config.json:1:7: invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\x80\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xc0\xaf\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xc1\xbf\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xe0\x9f\xbf\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xf0\x8f\xbf\xbf\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xf4\x90\x80\x80\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xf5\x80\x80\x80\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xe2\x82\"}", "invalid UTF-8"),
		TEXT_CASE("{\"a\":\"\xe2\x82", "invalid UTF-8"),
		TEXT_CASE("{\"a\":1,\"a\":2}", "config.json: duplicate member \"a\""),
		TEXT_CASE("{\"a\":1,\"\\u0061\":2}", "config.json: duplicate member \"a\""),
		TEXT_CASE("{\"p\":[0,{\"b\":1,\"c\":2,\"b\":3}]}", "p[1]: duplicate member \"b\""),
	};
	char *const options[] = {"parse", NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status = run_bytes(cases[i].text, cases[i].length, options);

		if (status != 1 || !strstr(messages, cases[i].error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", cases[i].text,
				cases[i].error, status, messages);
	}
}

/* HEAD, COUNT times MIDDLE, TAIL; in memory that is never released. */
static char *repeat(
	const char *head, const char *middle, size_t count, const char *tail, size_t *length)
{
	size_t m = strlen(middle), h = strlen(head), t = strlen(tail);
	char *text = malloc(h + m * count + t + 1);

	assert_non_null(text);
	memcpy(text, head, h);
	for (size_t i = 0; i < count; i++)
		memcpy(text + h + i * m, middle, m);
	memcpy(text + h + m * count, tail, t + 1);
	*length = h + m * count + t;
	return text;
}

static void check_limit(
	const char *head, const char *middle, size_t count, const char *tail, const char *error)
{
	char *const options[] = {"parse", NULL};
	size_t length;
	char *text = repeat(head, middle, count, tail, &length);
	int status = run_bytes(text, length, options);

	free(text);
	if (error ? status != 1 || !strstr(messages, error) : status != 0)
		fail_msg("%s%s…: expected: %s\n  status %d: %s", head, middle,
			error ? error : "success", status, messages);
}

#define GOOD "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},"

static void limits(void **state)
{
	(void)state;
	check_limit(GOOD "\"x\":", "[", 63, "", "the text ends where a value is expected");
	check_limit(
		GOOD "\"x\":", "[", 64, "", "config.json:1:110: more than 64 levels of nesting");
	check_limit("", "[", 1000000, "", "more than 64 levels of nesting");
	check_limit("", "{\"a\":", 100000, "", "more than 64 levels of nesting");
	check_limit(GOOD "\"x\":\"", "a", 131072, "\"}", NULL);
	check_limit(GOOD "\"x\":\"", "a", 131073, "\"}", "a string is longer than 128 KiB");
	check_limit(GOOD "\"x\":\"", "\\u00e9", 65537, "\"}", "a string is longer than 128 KiB");
	check_limit(GOOD "\"x\":[0", ",0", 65535, "]}", NULL);
	check_limit(GOOD "\"x\":[0", ",0", 65536, "]}", "more than 65536 members");
	check_limit("", " ", 10 << 20, GOOD "\"x\":0}", NULL);
	check_limit(GOOD "\"x\":0}", " ", 16 << 20, "", "larger than 16 MiB");
	check_limit(
		"[", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],", 16384, "0]", "more than 262144 values");
	check_limit(GOOD "\"process\":{\"cwd\":\"/\",\"args\":[\"", "a", 131071, "\"]}}", NULL);
	check_limit(GOOD "\"process\":{\"cwd\":\"/\",\"args\":[\"", "a", 131072, "\"]}}",
		"process.args[0]: longer than 131071 bytes");
	check_limit(GOOD "\"mounts\":[{\"destination\":\"/", "a/", 2500, "\"}]}",
		"longer than a path may be");
	check_limit(GOOD "\"mounts\":[{\"destination\":\"/", "a", 256, "\"}]}",
		"longer than 255 bytes");
	check_limit(GOOD "\"mounts\":[{\"destination\":\"/a\",\"type\":\"x\"}",
		",{\"destination\":\"/a\",\"type\":\"x\"}", 65535, "]}", NULL);
}

struct acceptance {
	enum part part;
	const char *fragment;
	const char *warning; /* a part of what is written to fd 2; NULL: nothing is */
};

static void accepted(void **state)
{
	static const struct acceptance list[] = {
		{TOP, "\"ociVersion\":\"1.0.0-rc5-dev+a.b-c\",\"root\":{\"path\":\"r\"}", NULL},
		{TOP,
			"\"ociVersion\":\"1.99.0\",\"root\":{\"path\":\"..\"},\"hooks\":null,"
			"\"windows\":{}",
			NULL},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"unknown\":[1e3,-0.5]",
			NULL},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"Process\":{}",
			"warning: Process: unknown and ignored; did you mean process?"},
		{PROCESS, "null", NULL},
		{PROCESS, PROCESS_WITH("\"user\":null,\"capabilities\":null,\"scheduler\":null"),
			NULL},
		{PROCESS, PROCESS_WITH("\"commandLine\":\"x\""), NULL},
		{PROCESS, PROCESS_WITH("\"noNewPrivilege\":true"),
			"process.noNewPrivilege: unknown and ignored; did you mean "
			"noNewPrivileges?"},
		{PROCESS,
			PROCESS_WITH("\"capabilities\":{\"bounding\":[\"CAP_FOO\",\"cap_kill\","
				     "\"CAP_BAR\","
				     "\"CAP_FOO\"]}"),
			"warning: ignoring unknown or unavailable capabilities: [CAP_BAR CAP_FOO "
			"cap_kill]\n"},
		{MOUNTS, "[{\"destination\":\"a\",\"type\":\"tmpfs\"}]",
			"warning: mounts[0].destination: a relative path is deprecated"},
		{MOUNTS,
			"[{\"destination\":\"/proc\",\"source\":\"/"
			"proc\",\"options\":[\"rbind\"]}]",
			NULL},
		{MOUNTS,
			"[{\"destination\":\"/proc/cpuinfo\",\"source\":\"/"
			"a\",\"options\":[\"bind\"]}]",
			NULL},
		{MOUNTS,
			"[{\"destination\":\"/"
			"procfoo\",\"type\":\"tmpfs\",\"options\":[\"defaults\",\"\"]}]",
			NULL},
		{MOUNTS,
			"[{\"destination\":\"/m\",\"source\":\"/"
			"s\",\"options\":[\"rbind\",\"size=1\",\"x\",\"ro\"]}]",
			"mounts[0]: options: ignored, because a bind mount has no options of a "
			"file system: size=1, x\n"},
		{MOUNTS, "[{\"destination\":\"/m\",\"options\":[\"remount\",\"bind\",\"size=1\"]}]",
			"a bind mount has no options of a file system: size=1\n"},
		{LINUX, "null", NULL},
		{LINUX, "{\"maskedpaths\":[]}",
			"linux.maskedpaths: unknown and ignored; did you mean maskedPaths?"},
		{LINUX, "{\"seccompp\":{}}",
			"linux.seccompp: unknown and ignored; did you mean seccomp?"},
		{LINUX, "{\"seccomp\":{}}", NULL},
		{LINUX, "{\"mountLabel\":\"\"}", NULL},
		{LINUX, "{\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}",
			"uidMappings and gidMappings are ignored: there is no user namespace"},
		{LINUX, RESOURCES("\"memory\":{\"Limit\":8192}"),
			"linux.resources.memory.Limit: unknown and ignored; did you mean limit?"},
		{LINUX, RESOURCES("\"cpu\":{\"CPUs\":\"0\"}"),
			"linux.resources.cpu.CPUs: unknown and ignored; did you mean cpus?"},
		{LINUX, RESOURCES("\"devices\":[{\"allow\":false,\"access\":\"rwa\"}]"),
			"devices[0].access: \"a\" means nothing here and is ignored"},
		{LINUX, "{\"intelRdt\":null,\"timeOffsets\":null}", NULL},
		{LINUX, RESOURCES("\"blockIO\":{\"weight\":0,\"weightDevice\":[]},\"pids\":{}"),
			NULL},
		{LINUX, NS_AND(",{\"type\":\"ipc\"}", "\"sysctl\":{\"kernel/msgmax\":\"4243\"}"),
			NULL},
		{LINUX,
			"{\"sysctl\":{\"net/ipv4/conf/eth0.1/"
			"forwarding\":\"1\"},\"namespaces\":[{\"type\":"
			"\"network\",\"path\":\"/run/n\"}]}",
			NULL},
		{LINUX, NS_AND(",{\"type\":\"user\",\"path\":\"/proc/1/ns/user\"}", "\"x\":0"),
			NULL},
		{LINUX, "{\"cgroupsPath\":\"system.slice:runc:x\"}", NULL},
		{LINUX,
			SECCOMP("\"syscalls\":[{\"names\":[\"nosuch\"],\"action\":\"SCMP_ACT_"
				"ALLOW\"}]"),
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		int status = run(compose(list[i].part, list[i].fragment));
		struct plan plan;

		if (status != 0 ||
			(list[i].warning ? !strstr(messages, list[i].warning) : *messages != '\0'))
			fail_msg("%s\n  expected: %s\n  status %d: %s", list[i].fragment,
				list[i].warning ? list[i].warning : "silence", status, messages);
		load(&plan);
	}
}

static const char *at(const struct plan *plan, struct plan_list list, uint32_t i)
{
	assert_true(i < list.count);
	return plan_text(plan, plan_str_at(plan, list, i)->value);
}

static const char template[] =
	"{\"ociVersion\":\"1.3.0\",\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":24,"
	"\"width\":80},"
	"\"user\":{\"uid\":0,\"gid\":4294967294,\"umask\":0,\"additionalGids\":[0,5]},\"args\":["
	"\"sh\",\"\"],"
	"\"env\":[\"PATH=/bin\",\"TERM=\"],\"cwd\":\"/"
	"\",\"capabilities\":{\"bounding\":[\"CAP_AUDIT_WRITE\","
	"\"CAP_KILL\"],\"effective\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHECKPOINT_RESTORE\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":18446744073709551615,\"soft\":"
	"9007199254740993}],"
	"\"noNewPrivileges\":true,\"oomScoreAdj\":0,\"apparmorProfile\":\"p\"},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"runc\",\"mounts\":["
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/"
	"dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\","
	"\"mode=755\",\"sync\",\"newinstance\",\"async\",\"dirsync\"]},"
	"{\"destination\":\"/a//b/../c/"
	"\",\"type\":\"none\",\"source\":\"src\",\"options\":[\"rbind\",\"ro\",\"rw\","
	"\"suid\",\"nosuid\",\"rro\",\"rnoatime\",\"rslave\"]},"
	"{\"destination\":\"/sys/fs/"
	"cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"relatime\",\"ro\"]}"
	"],\"hooks\":{\"poststop\":[{\"path\":\"/h\"},{\"path\":\"/"
	"i\",\"args\":[\"j\"],\"env\":[],\"timeout\":3}]},"
	"\"annotations\":{\"k\":\"\\ud83d\\ude00\"},"
	"\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\",\"major\":-1,"
	"\"minor\":0}],"
	"\"memory\":{\"limit\":9223372036854775807,\"reservation\":-1},\"cpu\":{\"shares\":"
	"18446744073709551615,"
	"\"quota\":-1,\"cpus\":\"0-3,7\"},\"pids\":{\"limit\":0}},"
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/run/"
	"n\"},{\"type\":\"uts\",\"path\":\"\"},"
	"{\"type\":\"mount\"}],\"devices\":[{\"type\":\"u\",\"path\":\"/dev/"
	"x\",\"major\":1,\"minor\":3},{\"type\":\"b\",\"path\":\"/dev/y\",\"major\":7,\"minor\":"
	"0,\"fileMode\":25008}],"
	"\"maskedPaths\":[\"/proc/acpi\"],\"readonlyPaths\":[\"/proc/"
	"bus\"],\"rootfsPropagation\":\"shared\","
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
	"\"architectures\":"
	"[\"SCMP_ARCH_X86_64\"],\"flags\":[],\"syscalls\":[{\"names\":[\"execve\",\"read\","
	"\"write\"],"
	"\"action\":"
	"\"SCMP_ACT_ALLOW\"},{\"names\":[\"x\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65535,"
	"\"args\":[{\"index\":5,"
	"\"value\":18446744073709551615,\"valueTwo\":1,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}}}";

static void check_process(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	const struct plan_rlimit *limit = plan_rlimit_at(plan, c->rlimits, 0);

	assert_true(c->has_process && c->terminal && c->no_new_privileges && c->has_capabilities);
	assert_int_equal(c->console_height.value, 24);
	assert_int_equal(c->gid, 4294967294);
	assert_true(c->umask.set && !c->umask.value);
	assert_int_equal(c->additional_gids.count, 2);
	assert_string_equal(at(plan, c->args, 1), "");
	assert_string_equal(at(plan, c->env, 1), "TERM=");
	assert_true(c->cap_bounding == (UINT64_C(1) << 29 | UINT64_C(1) << 5));
	assert_true(
		c->cap_effective == 1 && !c->cap_permitted && c->cap_ambient == UINT64_C(1) << 40);
	assert_int_equal(limit->type, 7);
	assert_true(limit->hard == UINT64_MAX && limit->soft == UINT64_C(9007199254740993));
	assert_true(c->oom_score_adj.set && !c->oom_score_adj.value);
	assert_string_equal(plan_text(plan, c->apparmor_profile), "p");
	assert_null(plan_text(plan, c->selinux_label));
}

static void check_mounts(const struct plan *plan)
{
	struct plan_list list = plan->config->mounts;
	const struct plan_mount *dev = plan_mount_at(plan, list, 1),
				*bind = plan_mount_at(plan, list, 2);

	assert_int_equal(list.count, 4);
	assert_int_equal(dev->kind, MOUNT_FS);
	assert_int_equal(dev->attr_set, MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
	assert_int_equal(dev->attr_clr, MOUNT_ATTR__ATIME);
	assert_int_equal(dev->data.count, 3);
	assert_string_equal(plan_text(plan, plan_kv_at(plan, dev->data, 0)->key), "mode");
	assert_string_equal(plan_text(plan, plan_kv_at(plan, dev->data, 0)->value), "755");
	assert_null(plan_text(plan, plan_kv_at(plan, dev->data, 1)->value));
	assert_string_equal(plan_text(plan, plan_kv_at(plan, dev->data, 2)->key), "dirsync");
	assert_int_equal(bind->kind, MOUNT_BIND);
	assert_true(bind->recursive);
	assert_string_equal(plan_text(plan, bind->destination), "/a/c");
	assert_string_equal(plan_text(plan, bind->source), "src");
	assert_int_equal(bind->attr_set, MOUNT_ATTR_NOSUID);
	assert_int_equal(bind->attr_clr, MOUNT_ATTR_RDONLY);
	assert_int_equal(bind->rec_attr_set, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME);
	assert_int_equal(bind->rec_attr_clr, MOUNT_ATTR__ATIME);
	assert_int_equal(bind->propagation.count, 1);
	assert_int_equal(plan_num_at(plan, bind->propagation, 0)->value, MS_SLAVE | MS_REC);
	assert_string_equal(plan_text(plan, bind->label), "mounts[2]");
	assert_int_equal(plan_mount_at(plan, list, 3)->kind, MOUNT_CGROUP);
}

static void check_linux(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	const struct plan_device_rule *rule = plan_device_rule_at(plan, c->device_rules, 0);
	const struct plan_device *device = plan_device_at(plan, c->devices, 0);
	const char *path;

	assert_true(plan_namespace(plan, NS_NET, &path));
	assert_string_equal(path, "/run/n");
	assert_true(plan_namespace(plan, NS_UTS, &path));
	assert_null(path);
	assert_true(c->has_resources && !rule->allow && !rule->major.set && rule->minor.set);
	assert_int_equal(rule->access, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD);
	assert_true(c->memory_limit.value == INT64_MAX && c->memory_reservation.value == -1);
	assert_false(c->memory_swap.set);
	assert_true(c->cpu_shares.value == UINT64_MAX && c->cpu_quota.value == -1);
	assert_true(c->pids_limit.set && !c->pids_limit.value);
	assert_string_equal(plan_text(plan, c->cpuset_cpus), "0-3,7");
	assert_int_equal(device->type, DEVICE_CHAR);
	assert_int_equal(device->mode, 0666);
	/* the whole st_mode: 060660 */
	assert_int_equal(plan_device_at(plan, c->devices, 1)->mode, 0660);
	assert_int_equal(c->rootfs_propagation, MS_SHARED);
}

static void check_seccomp(const struct plan *plan)
{
	const struct plan_config *c = plan->config;
	const struct plan_seccomp_rule *rule = plan_seccomp_rule_at(plan, c->seccomp_rules, 1);
	const struct plan_seccomp_arg *arg = plan_seccomp_arg_at(plan, rule->args, 0);

	assert_true(c->has_seccomp && c->seccomp_has_flags && !c->seccomp_flags);
	assert_int_equal(c->seccomp_default, ACT_ERRNO);
	assert_int_equal(c->seccomp_default_errno.value, 38);
	assert_int_equal(plan_num_at(plan, c->seccomp_archs, 0)->value, ARCH_X86_64);
	assert_int_equal(rule->action, ACT_TRACE);
	assert_int_equal(rule->errno_ret.value, 65535);
	assert_true(arg->index == 5 && arg->value == UINT64_MAX && arg->value_two == 1);
	assert_int_equal(arg->op, OP_MASKED_EQ);
}

static void everything_arrives(void **state)
{
	const struct plan_hook *hook;
	struct plan plan;

	(void)state;
	assert_int_equal(run(template), 0);
	assert_string_equal(messages, "");
	load(&plan);
	assert_string_equal(plan_text(&plan, plan.config->id), "config");
	assert_string_equal(plan_text(&plan, plan.config->bundle), "");
	assert_string_equal(plan_text(&plan, plan.config->root_path), "rootfs");
	assert_string_equal(plan_text(&plan, plan_kv_at(&plan, plan.config->annotations, 0)->value),
		"\xf0\x9f\x98\x80");
	check_process(&plan);
	check_mounts(&plan);
	check_linux(&plan);
	check_seccomp(&plan);
	hook = plan_hook_at(&plan, plan.config->hooks_poststop, 0);
	assert_string_equal(at(&plan, hook->args, 0), "/h");
	assert_true(!hook->has_env && !hook->timeout.set);
	hook = plan_hook_at(&plan, plan.config->hooks_poststop, 1);
	assert_true(hook->has_env && !hook->env.count && hook->timeout.value == 3);
}

static void the_last_of_a_variable_wins(void **state)
{
	static const char *const left[] = {"B=2", "A=3", "AA=4", "E=x=y", "B.=", "a=1"};
	struct plan plan;

	(void)state;
	assert_int_equal(
		run(compose(PROCESS,
			PROCESS_WITH("\"env\":[\"A=1\",\"E=x=z\",\"B=2\",\"A=\",\"A=3\",\"AA=4\","
				     "\"E=x=y\",\"B.=\",\"a=0\",\"\\u0061=1\"]"))),
		0);
	load(&plan);
	assert_int_equal(plan.config->env.count, COUNT(left));
	for (uint32_t i = 0; i < COUNT(left); i++)
		assert_string_equal(at(&plan, plan.config->env, i), left[i]);
}

/* As many variables as there can be: all different, in falling order, then each of them again. */
static void many_variables(void **state)
{
	static char text[1 << 20];
	const uint32_t half = SCAN_MEMBERS_MAX / 2;
	char *const options[] = {"parse", NULL};
	int n = snprintf(text, sizeof(text), "%s",
		GOOD "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"env\":[");
	struct plan plan;

	(void)state;
	for (uint32_t i = 0; i < 2 * half; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s\"%05u=%u\"", i ? "," : "",
			half - 1 - i % half, i / half);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "]}}");
	assert_true((size_t)n < sizeof(text));
	assert_int_equal(run_bytes(text, (size_t)n, options), 0);
	load(&plan);
	assert_int_equal(plan.config->env.count, half);
	assert_string_equal(at(&plan, plan.config->env, 0), "32767=1");
	assert_string_equal(at(&plan, plan.config->env, half - 1), "00000=1");
}

/* A caller's limit of address space: enough for a small text, one line for a large one. */
static void little_memory(void **state)
{
#ifndef DAVIT_SANITIZE
	struct rlimit usual, small;
	char *const options[] = {"parse", NULL};
	size_t length;
	char *large = repeat(GOOD "\"x\":0}", " ", 1 << 20, "", &length);
	int status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &usual), 0);
	small = usual;
	small.rlim_cur = 5 << 20;
	assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
	status = run(template);
	assert_int_equal(setrlimit(RLIMIT_AS, &usual), 0);
	assert_int_equal(status, 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
	status = run_bytes(large, length, options);
	assert_int_equal(setrlimit(RLIMIT_AS, &usual), 0);
	assert_int_equal(status, 1);
	assert_non_null(strstr(messages, "mmap: memory for"));
	free(large);
#else
	(void)state;
#endif
}

static void escapes_become_utf8(void **state)
{
	struct plan plan;

	(void)state;
	assert_int_equal(run(compose(PROCESS,
				 "{\"cwd\":\"/\",\"args\":[\"\\u00e9\\ud83d\\ude00\\n\\\"x\\/"
				 "\\\\\\t\\u20ac\",\"\",\"plain\"]}")),
		0);
	load(&plan);
	assert_string_equal(
		at(&plan, plan.config->args, 0), "\xc3\xa9\xf0\x9f\x98\x80\n\"x/\\\t\xe2\x82\xac");
	assert_string_equal(at(&plan, plan.config->args, 1), "");
	assert_string_equal(at(&plan, plan.config->args, 2), "plain");
}

static void every_truncation_is_refused(void **state)
{
	char *const options[] = {"parse", NULL};

	(void)state;
	for (size_t length = 0; length < sizeof(template) - 1; length += 7)
		assert_int_equal(run_bytes(template, length, options), 1);
}

/* Whatever happens to the text: an answer, never a death by signal. */
static void changed_bytes_never_crash(void **state)
{
	static char text[sizeof(template)];
	char *const options[] = {"parse", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(template) - 1; i += 11) {
		memcpy(text, template, sizeof(text));
		text[i] ^= (char)(1 << i % 8);
		assert_in_range(run_bytes(text, sizeof(text) - 1, options), 0, 1);
	}
}

static void options_are_stored(void **state)
{
	char *const options[] = {"parse", "--id", "x", "--bundle", "/b", "--no-pivot",
		"--no-new-keyring", "--preserve-fds", "3", "--listen-fds", "2", "--rootless", NULL};
	char *const wrong[] = {"parse", "--nosuch", NULL};
	const char *text = compose(LINUX, "{\"rootfsPropagation\":\"rprivate\"}");
	struct plan plan;

	(void)state;
	assert_int_equal(run_bytes(template, strlen(template), options), 0);
	load(&plan);
	assert_string_equal(plan_text(&plan, plan.config->id), "x");
	assert_string_equal(plan_text(&plan, plan.config->bundle), "/b");
	assert_true(plan.config->no_pivot && plan.config->no_new_keyring && plan.config->rootless);
	assert_int_equal(plan.config->preserve_fds, 3);
	assert_int_equal(run_bytes(text, strlen(text), options), 1);
	assert_non_null(
		strstr(messages, "rootfsPropagation of [r]private is not safe without pivot_root"));
	assert_int_equal(run_bytes(template, strlen(template), wrong), 1);
	assert_non_null(strstr(messages, "usage: parse"));
}

static void assert_env(const struct plan *plan, const char *const *expected)
{
	struct plan_list env = plan->config->env;
	uint32_t i = 0;

	for (; expected[i]; i++) {
		assert_true(i < env.count);
		assert_string_equal(plan_text(plan, plan_str_at(plan, env, i)->value), expected[i]);
	}
	assert_int_equal(env.count, i);
}

/* runc-cli.md 3.13, 3.14: what the caller's environment adds comes last and wins. */
static void the_callers_environment(void **state)
{
	char *const all[] = {"parse", "--preserve-fds", "3", "--listen-fds", "2", "--listen-names",
		"a:b", "--notify", "/r/x/notify", NULL};
	char *const names[] = {"parse", "--listen-names", "a:b", NULL};
	const char *const from_all[] = {"A=1", "LISTENER=x",
		"NOTIFY_SOCKET=/run/notify/notify.sock", "LISTEN_FDS=2", "LISTEN_PID=1",
		"LISTEN_FDNAMES=a:b", NULL};
	const char *const as_given[] = {"LISTEN_FDS=7", "A=1", "LISTEN_FDNAMES=n",
		"NOTIFY_SOCKET=/n", "LISTEN_PID=7", "LISTENER=x", NULL};
	const char *text = compose(PROCESS,
		PROCESS_WITH("\"env\":[\"LISTEN_FDS=7\",\"A=1\",\"LISTEN_FDNAMES=n\","
			     "\"NOTIFY_SOCKET=/n\",\"LISTEN_PID=7\",\"LISTENER=x\"]"));
	const struct plan_mount *mount;
	struct plan plan;

	(void)state;
	assert_int_equal(run_bytes(text, strlen(text), all), 0);
	load(&plan);
	assert_env(&plan, from_all);
	assert_true(plan.config->mounts.count > 0);
	mount = plan_mount_at(&plan, plan.config->mounts, plan.config->mounts.count - 1);
	assert_int_equal(mount->kind, MOUNT_BIND);
	assert_string_equal(plan_text(&plan, mount->source), "/r/x/notify");
	assert_string_equal(plan_text(&plan, mount->destination), "/run/notify");
	assert_int_equal(mount->attr_set,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	assert_int_equal(run_bytes(text, strlen(text), names), 0);
	load(&plan);
	assert_env(&plan, as_given);
	text = compose(PROCESS, PROCESS_WITH("\"terminal\":false"));
	assert_int_equal(run_bytes(text, strlen(text), all), 0);
	load(&plan);
	assert_env(&plan, from_all + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_text),
		cmocka_unit_test(limits),
		cmocka_unit_test(accepted),
		cmocka_unit_test(everything_arrives),
		cmocka_unit_test(the_last_of_a_variable_wins),
		cmocka_unit_test(many_variables),
		cmocka_unit_test(little_memory),
		cmocka_unit_test(escapes_become_utf8),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(changed_bytes_never_crash),
		cmocka_unit_test(options_are_stored),
		cmocka_unit_test(the_callers_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
