/*
 * parse and witness: what each refusal says, in its whole words (integration/texts.bats looks whether
 * all are known to a test), where no other test has them.
 */
/* link: shared/plan shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse_run.h"

#define TOP_AND(members)                                                                           \
	"\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\",\"readonly\":false}," members
#define NOTE(key, value) TOP_AND("\"annotations\":{\"" key "\":\"" value "\"}")
#define MOUNT(members)   "[{\"destination\":\"/m\"," members "}]"
#define DEVICE(path)                                                                               \
	"{\"devices\":[{\"type\":\"c\",\"major\":1,\"minor\":3,\"path\":\"" path "\"}]}"
#define GROUP(path)     NS_AND("", "\"cgroupsPath\":\"" path "\"")
#define PROPERTY(value) NOTE("org.systemd.property.Xxx", value)
#define USERNS(more)                                                                               \
	NS_AND(",{\"type\":\"user\"}",                                                             \
		"\"uidMappings\":[{\"containerID\":0,\"hostID\":7,\"size\":9}]" more)
#define CALL(name)                                                                                 \
	SECCOMP("\"syscalls\":[{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ERRNO\"}]")

#define B16  "bbbbbbbbbbbbbbbb"
#define B256 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16 B16

#define WHOLE PARTS /* not a part, but the document */

struct refusal {
	enum part part;
	const char *fragment;
	const char *words;
	char *options[4];
};

static const struct refusal refusals[] = {
	{TOP, "\"ociVersion\":\"abc\",\"root\":{\"path\":\"r\"}",
		"\"abc\" is not a version number like 1.3.0", {0}},
	{TOP, "\"ociVersion\":\"2.0.0\",\"root\":{\"path\":\"r\"}",
		"version 2.0.0 is not supported; this runtime knows 1.x", {0}},
	{WHOLE,
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\",\"readonly\":true},\"linux\":{}"
		"}",
		"root.readonly: unable to make the root file system read-only without a private "
		"MNT namespace",
		{0}},
	{TOP, NOTE("org.davit.landlock.scope", "all"), "signals are known", {0}},
	{TOP, NOTE("org.davit.landlock.read", "/a::/b"), "an element is empty: \"/a::/b\"", {0}},
	{TOP, NOTE("org.davit.landlock.bind-tcp", "1,,2"), "an element is empty: \"1,,2\"", {0}},
	{TOP, NOTE("org.davit.landlock.wead", "/a"), "unknown annotation of davit's for Landlock",
		{0}},
	{TOP, NOTE("run.oci.seccomp_bpf_data", "AAA"), "not base64", {0}},
	{TOP, NOTE("run.oci.seccomp_bpf_data", "A!AA"), "not base64", {0}},
	{TOP, NOTE("run.oci.seccomp_bpf_data", "AAAA"),
		"not a whole number of BPF instructions, 8 bytes each", {0}},
	{TOP, PROPERTY("{'a' 1}"), "a dictionary's key and value must be apart by : or ,",
		{"--systemd-cgroup"}},
	{TOP, PROPERTY("{'a':1"), "a } is missing", {"--systemd-cgroup"}},
	{TOP, PROPERTY("<1"), "a > is missing", {"--systemd-cgroup"}},
	{TOP, NOTE("org.systemd.property." B256, "1"), "name incorrect: too long",
		{"--systemd-cgroup"}},
	{PROCESS, "{\"args\":[\"a\"]}", "process.cwd: missing (Cwd property must not be empty)",
		{0}},
	{MOUNTS, "[{\"destination\":\"/\",\"type\":\"tmpfs\"}]",
		"must not be the root file system itself: name that in root.path", {0}},
	{MOUNTS, "[{\"destination\":\"/proc\",\"type\":\"tmpfs\"}]",
		"check proc-safety of /proc mount: \"/proc\" cannot be mounted because it is not "
		"of type proc",
		{0}},
	{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"=x\"]"), "not an option: \"=x\"", {0}},
	{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"" B256 "\"]"), "not an option: \"bb",
		{0}},
	{MOUNTS, MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"idmap=uids=x\"]"),
		"is not a mapping like uids=0-1000-10#10-2000-1;gids=0-1000-10", {0}},
	{MOUNTS,
		MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"idmap=uids=0-1-1;gids=0-1-1\"],"
		      "\"uidMappings\":[{\"containerID\":0,\"hostID\":7,\"size\":9}],"
		      "\"gidMappings\":[{\"containerID\":0,\"hostID\":7,\"size\":9}]"),
		"options: a second mapping beside uidMappings and gidMappings", {0}},
	{MOUNTS, MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"idmap\"]"),
		"id-mapped mounts must have both uid and gid mappings specified: neither the mount "
		"has any nor the container a user namespace",
		{0}},
	{LINUX, DEVICE("/"), "must not be the root file system itself", {0}},
	{LINUX, DEVICE("/proc/x"), "a device cannot be inside /proc: \"/proc/x\"", {0}},
	{LINUX, DEVICE("x"), "must be an absolute path: \"x\"", {0}},
	{LINUX, DEVICE("/dev/../x"), "\"..\" is not allowed: \"/dev/../x\"", {0}},
	{LINUX, DEVICE("/dev/" B256), "a component is longer than 255 bytes", {0}},
	{LINUX, GROUP("/" B256), "a component is longer than 255 bytes", {0}},
	{LINUX, GROUP("/a/cgroup.procs"),
		"a control file of cgroups has this name: \"/a/cgroup.procs\"", {0}},
	{LINUX, GROUP("a.slice:x:" B256),
		"linux.cgroupsPath: the name of a systemd unit is longer than 255 bytes: ",
		{"--systemd-cgroup"}},
	{LINUX, GROUP("a.slice:x:y z"),
		"linux.cgroupsPath: the name of a systemd unit has only letters, digits and "
		":-_.\\@: \"x-y z.scope\"",
		{"--systemd-cgroup"}},
	{LINUX, GROUP("a.slice:x:y.slice"),
		"linux.cgroupsPath: without root the unit cannot be a slice: ",
		{"--systemd-cgroup", "--rootless"}},
	{LINUX, NS_AND("", "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"x\"]}"),
		"no flag is defined for personality", {0}},
	{LINUX, RESOURCES("\"cpu\":{\"cpus\":\"a\"}"), "\"a\" is not a list like 0-3,7", {0}},
	{LINUX, RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2\",\"limit\":1}]"),
		"\"2\" is not a page size like 2MB", {0}},
	{LINUX, RESOURCES("\"unified\":{\"cpu.weight\":\"x\"}"),
		"unified resource \"cpu.weight\" value conversion error: \"x\"",
		{"--systemd-cgroup"}},
	{LINUX, CALL("a b"), "not the name of a system call: \"a b\"", {0}},
	{LINUX, SECCOMP("\"syscalls\":[{\"names\":[\"capset\"],\"action\":\"SCMP_ACT_NOTIFY\"}]"),
		"SCMP_ACT_NOTIFY cannot be used for the capset syscall: it is made before the "
		"listener is handed over",
		{0}},
	{LINUX, "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}",
		"no rule allows execve: no program could ever begin", {0}},
	{LINUX, USERNS(",\"gidMappings\":[{\"containerID\":5,\"hostID\":7,\"size\":9}]"),
		"user namespaces enabled, but no mapping found for gid 0", {0}},
	{LINUX,
		"{\"sysctl\":{\"kernel.domainname\":\"x\"},\"namespaces\":[{\"type\":\"mount\"},"
		"{\"type\":\"uts\"}]},\"domainname\":\"y\",\"hooks\":{}",
		"sysctl \"kernel.domainname\" is not allowed as it conflicts with the OCI "
		"\"domainname\" field",
		{0}},
	{TOP, TOP_AND("\"a\":\"\\u00g0\""), "expected four hexadecimal digits after \\u", {0}},
	{TOP, TOP_AND("\"a\":\"\\ud800\""), "a lone surrogate is not a character", {0}},
	{TOP, TOP_AND("\"a\":\"\\ud800\\n\""), "a lone surrogate is not a character", {0}},
	{TOP, TOP_AND("\"a\":\"\\ud800\\u0041\""), "a lone surrogate is not a character", {0}},
	{TOP, TOP_AND("\"a\":\"\\x\""), "invalid escape in a string", {0}},
	{TOP, TOP_AND("\"a\":\"\xff\""), "invalid UTF-8 in a string", {0}},
	{TOP, TOP_AND("\"a\" 1"), "expected ':' after the name of a member", {0}},
	{TOP, TOP_AND("\"a\":1000000000000000000000000000000000000000000000000000000000000000"),
		"a number has more than 63 characters", {0}},
	/* Its own options. */
	{TOP, TOP_AND("\"a\":1"), "--changed, --request and --set need runc", {"--changed"}},
	{TOP, TOP_AND("\"a\":1"), "not a number of file descriptors: x", {"--preserve-fds", "x"}},
	{TOP, TOP_AND("\"a\":1"), "not two limits: 9:8", {"--files", "9:8"}},
};

static void in_these_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		char *const options[] = {
			"parse", r->options[0], r->options[1], r->options[2], NULL};
		const char *text = r->part == WHOLE ? r->fragment : compose(r->part, r->fragment);

		if (run_bytes(text, strlen(text), options) != 1 || !strstr(messages, r->words))
			fail_msg("%s\n  expected: %s\n  %s", r->fragment, r->words, messages);
	}
}

/* FIRST, COUNT times PIECE, and LAST, with the option and its value that are given. */
static void refused_when_long(
	const char *first, const char *piece, size_t count, const char *last, const char *words)
{
	size_t length = strlen(piece), size = strlen(first) + count * length + strlen(last) + 1;
	char *text = malloc(size), *at = stpcpy(text, first);
	char *const options[] = {"parse", "--systemd-cgroup", NULL};

	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, piece);
	strcpy(at, last);
	if (run_bytes(text, strlen(text), options) != 1 || !strstr(messages, words))
		fail_msg("%s…\n  expected: %s\n  %s", first, words, messages);
	free(text);
}

static void what_is_too_much(void **state)
{
	static char names[131072];
	char *const options[] = {"parse", "--listen-fds", "1", "--listen-names", names, NULL};

	(void)state;
	refused_when_long(
		"{\"a\":[0", ",0", 65536, "]}", "more than 65536 members in one object or array");
	refused_when_long("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{},"
			  "\"annotations\":{\"org.davit.landlock.read\":\"/",
		"a", 5000, "\"}}", "an element is too long");
	refused_when_long("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{"
			  "\"cgroupsPath\":\"",
		"a-", 2100, ".slice:x:y\"}}", "linux.cgroupsPath: too long");
	memset(names, 'a', sizeof(names) - 1);
	assert_int_equal(run_bytes(compose(TOP, TOP_AND("\"a\":1")),
				 strlen(compose(TOP, TOP_AND("\"a\":1"))), options),
		1);
	assert_non_null(strstr(messages, "LISTEN_FDNAMES is too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_these_words),
		cmocka_unit_test(what_is_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
