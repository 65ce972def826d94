/* parse: what it refuses by type, range and meaning, and in which words. */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "parse_run.h"

struct refusal {
	enum part part;
	const char *fragment;
	const char *error; /* a part of the line */
};

/* --check tells the same in the same words. */
static void check_review(const char *text)
{
	char wanted[sizeof(messages)];
	size_t length;

	assert_int_equal(strncmp(messages, "parse: ", 7), 0);
	memcpy(wanted, messages + 7, sizeof(wanted) - 7);
	length = strcspn(wanted, "\n");
	wanted[length] = '\0';
	if (run_with("--check", text) != 1 || !strstr(written(), wanted))
		fail_msg("--check does not tell: %s\n  but: %s%s", wanted, written(), messages);
}

static void check_refusals(const struct refusal *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = run(compose(list[i].part, list[i].fragment));

		if (status != 1 || !strstr(messages, list[i].error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", list[i].fragment,
				list[i].error, status, messages);
		check_review(compose(list[i].part, list[i].fragment));
	}
}

static void refused_at_the_top(void **state)
{
	static const struct refusal list[] = {
		{TOP, "\"ociVersion\":\"1.2.0\"", "root must be specified"},
		{TOP, "\"root\":{\"path\":\"r\"}", "ociVersion: missing"},
		{TOP, "\"ociVersion\":null,\"root\":{\"path\":\"r\"}", "ociVersion: missing"},
		{TOP, "\"ociVersion\":1,\"root\":{\"path\":\"r\"}",
			"ociVersion: expected a string, found a number"},
		{TOP, "\"ociVersion\":\"abc\",\"root\":{\"path\":\"r\"}",
			"\"abc\" is not a version number"},
		{TOP, "\"ociVersion\":\"1.2\",\"root\":{\"path\":\"r\"}",
			"is not a version number"},
		{TOP, "\"ociVersion\":\"1.2.3.4\",\"root\":{\"path\":\"r\"}",
			"is not a version number"},
		{TOP, "\"ociVersion\":\"1.02.3\",\"root\":{\"path\":\"r\"}",
			"is not a version number"},
		{TOP, "\"ociVersion\":\"1.2.3-\",\"root\":{\"path\":\"r\"}",
			"is not a version number"},
		{TOP, "\"ociVersion\":\"1.2.3-01\",\"root\":{\"path\":\"r\"}",
			"is not a version number"},
		{TOP, "\"ociVersion\":\"9.9.9\",\"root\":{\"path\":\"r\"}",
			"version 9.9.9 is not supported"},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":{}", "root.path: missing"},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":[]",
			"root: expected an object, found an array"},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\"}",
			"root.path: must not be empty"},
		{TOP, "\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\",\"readonly\":\"true\"}",
			"root.readonly: expected true or false, found a string"},
#define TOP_CASE(members, error)                                                                   \
	{TOP, "\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}," members, error}
		TOP_CASE("\"hostname\":5", "hostname: expected a string, found a number"),
		TOP_CASE("\"hostname\":\"h\"",
			"unable to set hostname without a private UTS namespace"),
		TOP_CASE("\"domainname\":\"h\"",
			"unable to set domainname without a private UTS namespace"),
		TOP_CASE("\"solaris\":5", "solaris: expected an object, found a number"),
		TOP_CASE("\"windows\":[]", "windows: expected an object, found an array"),
		TOP_CASE("\"vm\":\"\"", "vm: expected an object, found a string"),
		TOP_CASE("\"zos\":1", "zos: expected an object, found a number"),
		TOP_CASE("\"freebsd\":true", "freebsd: expected an object"),
		TOP_CASE("\"hostname\":"
			 "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
			"hostname: longer than 64 bytes"),
		TOP_CASE("\"annotations\":5", "annotations: expected an object, found a number"),
		TOP_CASE("\"annotations\":{\"a.b\":5}",
			"annotations[\"a.b\"]: expected a string, found a number"),
		TOP_CASE("\"annotations\":{\"a\":{}}",
			"annotations.a: expected a string, found an object"),
		TOP_CASE("\"annotations\":{\"\":\"x\"}", "a key must not be empty"),
		TOP_CASE("\"hooks\":5", "hooks: expected an object, found a number"),
		TOP_CASE("\"hooks\":{\"createRuntime\":{}}",
			"hooks.createRuntime: expected an array"),
		TOP_CASE("\"hooks\":{\"prestart\":[{}]}", "hooks.prestart[0].path: missing"),
		TOP_CASE("\"hooks\":{\"poststop\":[{\"path\":\"/a\"},{\"path\":\"b\"}]}",
			"hooks.poststop[1]: path must be absolute: \"b\""),
		TOP_CASE("\"hooks\":{\"poststop\":[{\"path\":\"\"}]}", "path must be absolute"),
		TOP_CASE("\"hooks\":{\"poststart\":[{\"path\":\"/a\",\"timeout\":0}]}",
			"hooks.poststart[0].timeout: 0 is out of range (1 to 2147483647)"),
		TOP_CASE("\"hooks\":{\"poststart\":[{\"path\":\"/a\",\"timeout\":-1}]}",
			"timeout: -1 is out of range"),
		TOP_CASE("\"hooks\":{\"poststart\":[{\"path\":\"/a\",\"env\":[1]}]}",
			"hooks.poststart[0].env[0]: expected a string"),
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

#define USER(members) "{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":" members "}"

static void refused_in_process(void **state)
{
	static const struct refusal list[] = {
		{PROCESS, "5", "process: expected an object, found a number"},
		{PROCESS, "{\"args\":[\"a\"]}", "process.cwd: missing"},
		{PROCESS, "{\"args\":[\"a\"],\"cwd\":\"\"}", "Cwd property must not be empty"},
		{PROCESS, "{\"args\":[\"a\"],\"cwd\":\"x\"}", "Cwd must be an absolute path"},
		{PROCESS, "{\"cwd\":\"/\"}", "args must not be empty"},
		{PROCESS, "{\"cwd\":\"/\",\"args\":[]}", "args must not be empty"},
		{PROCESS, "{\"cwd\":\"/\",\"args\":null}", "args must not be empty"},
		{PROCESS, "{\"cwd\":\"/\",\"args\":[\"\"]}",
			"exec: \"\": executable file not found in $PATH"},
		{PROCESS, "{\"cwd\":\"/\",\"args\":[\"a\",\"b\",7]}",
			"process.args[2]: expected a string, found a number"},
		{PROCESS, "{\"cwd\":\"/\",\"args\":[null]}",
			"process.args[0]: expected a string, found null"},
		{PROCESS, PROCESS_WITH("\"commandLine\":3"),
			"process.commandLine: expected a string, found a number"},
		{PROCESS, PROCESS_WITH("\"user\":{\"username\":{}}"),
			"process.user.username: expected a string, found an object"},
		{PROCESS, PROCESS_WITH("\"env\":[\"A=1\",\"B\"]"),
			"process.env[1]: invalid environment variable: missing '='"},
		{PROCESS, PROCESS_WITH("\"env\":[\"=x\"]"),
			"process.env[0]: invalid environment variable: name cannot be empty"},
		{PROCESS, USER("\"1000:1000\""),
			"process.user: expected an object, found a string"},
		{PROCESS, USER("{\"uid\":\"0\"}"),
			"process.user.uid: expected a number, found a string"},
		{PROCESS, USER("{\"uid\":true}"),
			"process.user.uid: expected a number, found true or false"},
		{PROCESS, USER("{\"uid\":-1}"),
			"process.user.uid: -1 is out of range (0 to 4294967294)"},
		{PROCESS, USER("{\"uid\":4294967295}"),
			"process.user.uid: 4294967295 is out of range (0 to 4294967294)"},
		{PROCESS, USER("{\"gid\":4294967296}"),
			"process.user.gid: 4294967296 is out of range"},
		{PROCESS, USER("{\"uid\":18446744073709551616}"),
			"process.user.uid: the number is out of range"},
		{PROCESS, USER("{\"uid\":1e3}"), "process.user.uid: expected a whole number"},
		{PROCESS, USER("{\"uid\":1000.0}"), "process.user.uid: expected a whole number"},
		{PROCESS, USER("{\"uid\":-0}"), "process.user.uid: expected a whole number"},
		{PROCESS, USER("{\"umask\":512}"),
			"process.user.umask: 512 is out of range (0 to 511)"},
		{PROCESS, USER("{\"additionalGids\":[1,-1]}"),
			"process.user.additionalGids[1]: -1 is out of range"},
		{PROCESS, PROCESS_WITH("\"noNewPrivileges\":1"),
			"process.noNewPrivileges: expected true or false, found a number"},
		{PROCESS, PROCESS_WITH("\"capabilities\":[]"),
			"process.capabilities: expected an object"},
		{PROCESS, PROCESS_WITH("\"capabilities\":{\"bounding\":\"CAP_KILL\"}"),
			"process.capabilities.bounding: expected an array"},
		{PROCESS, PROCESS_WITH("\"rlimits\":{}"), "process.rlimits: expected an array"},
#define RLIMIT(type, soft, hard) "{\"type\":\"" type "\",\"soft\":" soft ",\"hard\":" hard "}"
		{PROCESS, PROCESS_WITH("\"rlimits\":[" RLIMIT("RLIMIT_FOO", "1", "1") "]"),
			"wrong rlimit value: RLIMIT_FOO"},
		{PROCESS, PROCESS_WITH("\"rlimits\":[" RLIMIT("RLIMIT_\\u001b", "1", "1") "]"),
			"wrong rlimit value: RLIMIT_\\x1b"},
		{PROCESS, PROCESS_WITH("\"rlimits\":[" RLIMIT("RLIMIT_NOFILE", "2", "1") "]"),
			"process.rlimits[0]: soft limit 2 is above the hard limit 1"},
		{PROCESS,
			PROCESS_WITH("\"rlimits\":[" RLIMIT("RLIMIT_CPU", "1", "1") "," RLIMIT(
				"RLIMIT_CPU", "1", "1") "]"),
			"process.rlimits[1].type: duplicate rlimit RLIMIT_CPU"},
		{PROCESS, PROCESS_WITH("\"rlimits\":[" RLIMIT("RLIMIT_CPU", "-1", "1") "]"),
			"soft: -1 is out of range (0 to 18446744073709551615)"},
		{PROCESS, PROCESS_WITH("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]"),
			"process.rlimits[0].hard: missing"},
		{PROCESS, PROCESS_WITH("\"oomScoreAdj\":5000"),
			"5000 is out of range (-1000 to 1000)"},
		{PROCESS, PROCESS_WITH("\"oomScoreAdj\":-1001"),
			"-1001 is out of range (-1000 to 1000)"},
		{PROCESS, PROCESS_WITH("\"apparmorProfile\":5"),
			"apparmorProfile: expected a string"},
		{PROCESS, PROCESS_WITH("\"selinuxLabel\":\"a\\\",b\""),
			"process.selinuxLabel: not a label"},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

#define MOUNT(members) "[{\"destination\":\"/m\"," members "}]"

#define BYTES16   "0123456789abcdef"
#define BYTES64   BYTES16 BYTES16 BYTES16 BYTES16
#define BYTES256  BYTES64 BYTES64 BYTES64 BYTES64
#define BYTES1024 BYTES256 BYTES256 BYTES256 BYTES256
#define BYTES4096 BYTES1024 BYTES1024 BYTES1024 BYTES1024

static void refused_in_mounts(void **state)
{
	static const struct refusal list[] = {
		{MOUNTS, "{}", "mounts: expected an array"},
		{MOUNTS, "[{}]", "mounts[0].destination: missing"},
		{MOUNTS, "[{\"destination\":\"\",\"type\":\"tmpfs\"}]",
			"mounts[0].destination: must not be empty"},
		{MOUNTS, "[{\"destination\":\"/\",\"type\":\"tmpfs\"}]",
			"must not be the root file system"},
		{MOUNTS, "[{\"destination\":\"/a/../..\",\"type\":\"tmpfs\"}]",
			"must not be the root file system"},
		{MOUNTS, MOUNT("\"source\":\"x\""), "mounts[0]: type: missing"},
		{MOUNTS, MOUNT("\"options\":\"ro\""), "mounts[0].options: expected an array"},
		{MOUNTS, MOUNT("\"type\":\"none\",\"options\":[\"bind\"]"),
			"mounts[0]: a bind mount needs a source"},
		{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"=x\"]"),
			"mounts[0].options[0]: not an option"},
		{MOUNTS, MOUNT("\"type\":\"proc\",\"options\":[\"hidepid=" BYTES256 "\"]"),
			"mounts[0]: options: hidepid: 256 bytes, and the kernel takes at most 255"},
		{MOUNTS, MOUNT("\"type\":\"sysfs\",\"source\":\"" BYTES256 "\""),
			"mounts[0]: source: 256 bytes, and the kernel takes at most 255"},
		{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"remount\",\"x=" BYTES256 "1\"]"),
			"mounts[0]: options: x: 257 bytes, and the kernel takes at most 255"},
		{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"source\":\"" BYTES4096 "\""),
			"mounts[0]: source: 4096 bytes, and the kernel takes at most 4095"},
		{MOUNTS,
			MOUNT("\"type\":\"overlay\",\"options\":[\"lowerdir=/a:/" BYTES4096
			      ":/b\"]"),
			"mounts[0]: options: lowerdir+: 4096 bytes, and the kernel takes at most "
			"4095"},
		{MOUNTS, MOUNT("\"type\":\"ramfs\",\"options\":[\"tmpcopyup\"]"),
			"mounts[0]: options: tmpcopyup can be used only with tmpfs"},
		{MOUNTS, MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"tmpcopyup\"]"),
			"mounts[0]: options: tmpcopyup can be used only with tmpfs"},
		{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"remount\",\"tmpcopyup\"]"),
			"mounts[0]: options: tmpcopyup can be used only with tmpfs"},
		{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"copy-symlink\"]"),
			"mounts[0]: options: copy-symlink can be used only with bind mounts"},
		{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"src-nofollow\"]"),
			"mounts[0]: options: src-nofollow can be used only with bind mounts"},
		{MOUNTS, MOUNT("\"options\":[\"remount\",\"bind\",\"dest-nofollow\"]"),
			"mounts[0]: options: dest-nofollow can be used only with bind mounts"},
		{MOUNTS,
			MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"copy-symlink\","
			      "\"src-nofollow\"]"),
			"mounts[0]: options: copy-symlink and src-nofollow exclude each other"},
		{MOUNTS, "[{\"destination\":\"/proc\",\"type\":\"tmpfs\"}]",
			"\"/proc\" cannot be mounted because it is not of type proc"},
		{MOUNTS, "[{\"destination\":\"/x/../proc/./\",\"type\":\"tmpfs\"}]",
			"it is not of type proc"},
		{MOUNTS, "[{\"destination\":\"//proc/self\",\"type\":\"tmpfs\"}]",
			"check proc-safety of /proc/self mount: \"/proc/self\" cannot be mounted "
			"because it is "
			"inside /proc"},
		{MOUNTS,
			"[{\"destination\":\"/proc/sys/kernel\",\"source\":\"/"
			"a\",\"options\":[\"bind\"]}]",
			"because it is inside /proc"},
		{MOUNTS,
			"[{\"destination\":\"/proc/cpuinfo/x\",\"source\":\"/"
			"a\",\"options\":[\"bind\"]}]",
			"because it is inside /proc"},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

#define USERNS             ",{\"type\":\"user\"}"
#define MAPPING(c, h, s)   "{\"containerID\":" c ",\"hostID\":" h ",\"size\":" s "}"
#define BOTH_MAPS(maps)    "\"uidMappings\":[" maps "],\"gidMappings\":[" maps "]"
#define SYSCTL(key, value) NS_AND("", "\"sysctl\":{\"" key "\":\"" value "\"}")
#define DEVICE(members)    "{\"devices\":[{" members "}]}"

static void refused_in_linux(void **state)
{
	static const struct refusal list[] = {
		{LINUX, "{\"namespaces\":{}}", "linux.namespaces: expected an array"},
		{LINUX, "{\"namespaces\":[{}]}", "linux.namespaces[0].type: missing"},
		{LINUX, "{\"namespaces\":[{\"type\":\"foo\"}]}",
			"namespace {\"foo\" \"\"} does not exist"},
		{LINUX, "{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}",
			"malformed spec file: duplicated ns {\"pid\" \"\"}"},
		{LINUX, "{\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]}",
			"linux.namespaces[0]: path must be absolute: \"x\""},
		{LINUX, "{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/a,b\"}]}",
			"invalid namespace path /a,b"},
		{LINUX, NS_AND(USERNS, "\"x\":0"),
			"user namespaces enabled, but no uid mappings found"},
		{LINUX, NS_AND(USERNS, "\"uidMappings\":[" MAPPING("0", "0", "1") "]"),
			"user namespaces enabled, but no gid mappings found"},
		{LINUX, NS_AND(USERNS, BOTH_MAPS(MAPPING("1", "0", "1"))),
			"user namespaces enabled, but no mapping found for uid 0"},
		{LINUX, NS_AND(USERNS, BOTH_MAPS(MAPPING("0", "0", "0"))),
			"linux.uidMappings[0].size: 0 is out of range"},
		{LINUX,
			NS_AND(USERNS,
				BOTH_MAPS(MAPPING("0", "0", "5") "," MAPPING("4", "100", "5"))),
			"linux.uidMappings[1]: overlaps an earlier mapping"},
		{LINUX,
			NS_AND(USERNS,
				BOTH_MAPS(MAPPING("0", "0", "5") "," MAPPING("9", "4", "5"))),
			"linux.uidMappings[1]: overlaps an earlier mapping"},
		{LINUX, NS_AND(USERNS, BOTH_MAPS(MAPPING("1", "0", "4294967295"))),
			"linux.uidMappings[0]: the mapping ends above 4294967294"},
		{LINUX, "{\"maskedPaths\":\"/proc/kcore\"}",
			"linux.maskedPaths: expected an array"},
		{LINUX, "{\"maskedPaths\":[\"a\"]}",
			"linux.maskedPaths[0]: must be an absolute path"},
		{LINUX, "{\"maskedPaths\":[\"/a/../b\"]}",
			"linux.maskedPaths[0]: \"..\" is not allowed"},
		{LINUX, "{\"readonlyPaths\":[\"/a/..\"]}",
			"linux.readonlyPaths[0]: \"..\" is not allowed"},
		{LINUX, "{\"maskedPaths\":[\"/a\"]}",
			"unable to restrict sys entries without a private MNT namespace"},
		{LINUX, "{\"rootfsPropagation\":\"foo\"}",
			"rootfsPropagation=foo is not supported"},
		{LINUX, "{\"mountLabel\":\"" BYTES256 "\"}",
			"linux.mountLabel: 256 bytes, and the kernel takes at most 255"},
		{LINUX, "{\"mountLabel\":\"x\\\",mode=0\"}", "linux.mountLabel: not a label"},
		{LINUX, "{\"cgroupsPath\":\"../x\"}", "linux.cgroupsPath: \"..\" is not allowed"},
		{LINUX, "{\"cgroupsPath\":\"/a/../../b\"}",
			"linux.cgroupsPath: \"..\" is not allowed"},
		{LINUX, "{\"cgroupsPath\":\"a\\nb\"}",
			"linux.cgroupsPath: control characters are not allowed"},
		{LINUX, "{\"cgroupsPath\":\"/cgroup.procs\"}",
			"a control file of cgroups has this name"},
		{LINUX, SYSCTL("kernel.core_pattern", "core"),
			"sysctl \"kernel.core_pattern\" is not in a separate kernel namespace"},
		{LINUX, SYSCTL("net/../kernel/core_pattern", "x"), "not the name of a sysctl"},
		{LINUX, SYSCTL("net..x", "x"), "not the name of a sysctl"},
		{LINUX, SYSCTL("kernel.", "x"), "not the name of a sysctl"},
		{LINUX, SYSCTL("/kernel/shmmax", "x"), "not the name of a sysctl"},
		{LINUX, SYSCTL("kernel.shmmax", "1"),
			"sysctl \"kernel.shmmax\" is not allowed in the hosts ipc namespace"},
		{LINUX, SYSCTL("fs.mqueue.x", "1"), "is not allowed in the hosts ipc namespace"},
		{LINUX, SYSCTL("net.ipv4.ip_forward", "1"),
			"sysctl \"net.ipv4.ip_forward\" not allowed in host network namespace"},
		{LINUX, SYSCTL("user.max_pid_namespaces", "1"),
			"setting ucounts without a user namespace not allowed: "
			"user.max_pid_namespaces"},
		{LINUX, NS_AND(",{\"type\":\"uts\"}", "\"sysctl\":{\"kernel.hostname\":\"x\"}"),
			"sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI "
			"\"hostname\" field"},
		{LINUX, SYSCTL("kernel.domainname", "x"), "is not in a separate kernel namespace"},
		{LINUX, NS_AND(",{\"type\":\"ipc\"}", "\"sysctl\":{\"kernel.msgmax\":\"1\\n2\"}"),
			"linux.sysctl[\"kernel.msgmax\"]: control characters are not allowed: "
			"\"1\\x0a2\""},
		{LINUX, "{\"sysctl\":{\"a\":1}}", "linux.sysctl.a: expected a string"},
		{LINUX, DEVICE("\"path\":\"/a\""), "linux.devices[0].type: missing"},
		{LINUX, DEVICE("\"type\":\"z\",\"path\":\"/a\""), "invalid device type \"z\""},
		{LINUX, DEVICE("\"type\":\"p\",\"path\":\"a\""),
			"linux.devices[0].path: must be an absolute path"},
		{LINUX, DEVICE("\"type\":\"p\",\"path\":\"\""), "must be an absolute path"},
		{LINUX, DEVICE("\"type\":\"p\",\"path\":\"/dev/../etc/x\""),
			"\"..\" is not allowed"},
		{LINUX, DEVICE("\"type\":\"p\",\"path\":\"/proc/1/x\""),
			"a device cannot be inside /proc"},
		{LINUX, DEVICE("\"type\":\"p\",\"path\":\"//proc/\""),
			"a device cannot be inside /proc"},
		{LINUX, DEVICE("\"type\":\"c\",\"path\":\"/a\",\"minor\":1"),
			"linux.devices[0]: major: missing"},
		{LINUX, DEVICE("\"type\":\"c\",\"path\":\"/a\",\"minor\":1,\"major\":-5"),
			"major: -5 is out of range"},
		{LINUX, DEVICE("\"type\":\"c\",\"path\":\"/a\",\"minor\":1,\"major\":4096"),
			"4096 is out of range"},
		{LINUX, DEVICE("\"type\":\"p\",\"path\":\"/a\",\"fileMode\":2097151"),
			"fileMode: 2097151 is out of range"},
		{LINUX,
			"{\"devices\":[{\"type\":\"p\",\"path\":\"/"
			"a\"},{\"type\":\"p\",\"path\":\"//a\"}]}",
			"linux.devices: duplicate device path \"/a\""},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

#define RULE(members) SECCOMP("\"syscalls\":[{" members "}]")
#define KILLING(allowed)                                                                           \
	"{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[" allowed     \
	"],\"action\":\"SCMP_ACT_ALLOW\"}]}}"
#define KILL_ARGS(members)                                                                         \
	RULE("\"names\":[\"kill\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{" members "}]")

static void refused_in_resources(void **state)
{
	static const struct refusal list[] = {
		{LINUX, RESOURCES("\"devices\":[{\"access\":\"rwm\"}]"),
			"linux.resources.devices[0].allow: missing"},
		{LINUX, RESOURCES("\"devices\":[{\"allow\":\"false\"}]"), "expected true or false"},
		{LINUX,
			RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"m\"},"
				  "{\"allow\":true,\"access\":\"\"}]"),
			"device access at 1 field cannot be empty"},
		{LINUX, RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"rwmx\"}]"),
			"is not made of r, w and m"},
		{LINUX, RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"r\",\"type\":\"z\"}]"),
			"invalid cgroup device type \"z\""},
		{LINUX, RESOURCES("\"memory\":{\"limit\":-2}"),
			"linux.resources.memory.limit: -2 is out of range"},
		{LINUX, RESOURCES("\"memory\":{\"limit\":1}"), "limit: 1 is less than a page"},
		{LINUX, RESOURCES("\"memory\":{\"limit\":9223372036854775808}"), "is out of range"},
		{LINUX, RESOURCES("\"memory\":{\"swappiness\":101}"),
			"invalid memory swappiness value: 101 (valid range is 0-100)"},
		{LINUX, RESOURCES("\"memory\":{\"limit\":8192,\"swap\":4096}"),
			"memory+swap limit should be >= memory limit"},
		{LINUX, RESOURCES("\"memory\":{\"swap\":4096}"),
			"unable to set swap limit without memory limit"},
		{LINUX, RESOURCES("\"cpu\":{\"quota\":1000,\"burst\":1001}"),
			"burst: 1001 is above the quota"},
		{LINUX, RESOURCES("\"cpu\":{\"idle\":2}"), "idle: 2 is out of range (0 to 1)"},
		{LINUX, RESOURCES("\"cpu\":{\"cpus\":\"0-\"}"),
			"linux.resources.cpu.cpus: \"0-\" is not a list"},
		{LINUX, RESOURCES("\"cpu\":{\"cpus\":\"0,\"}"), "is not a list"},
		{LINUX, RESOURCES("\"cpu\":{\"cpus\":\"3-1\"}"), "invalid range in \"3-1\""},
		{LINUX, RESOURCES("\"cpu\":{\"mems\":\"0\\n1\"}"), "is not a list"},
		{LINUX, RESOURCES("\"cpu\":{\"cpus\":\"0-999999999\"}"),
			"values larger than 8191 are not supported"},
		{LINUX, RESOURCES("\"cpu\":{\"cpus\":\"99999999999999999999\"}"),
			"values larger than 8191"},
		{LINUX, RESOURCES("\"memory\":{\"kernel\":\"1\"}"),
			"linux.resources.memory.kernel: expected a number"},
		{LINUX, RESOURCES("\"memory\":{\"kernelTCP\":{}}"),
			"linux.resources.memory.kernelTCP: expected a number"},
		{LINUX, RESOURCES("\"memory\":{\"useHierarchy\":1}"),
			"linux.resources.memory.useHierarchy: expected true or false"},
		{LINUX, RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"../../x\",\"limit\":1}]"),
			"linux.resources.hugepageLimits[0].pageSize: \"../../x\" is not a page "
			"size"},
		{LINUX, RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]"), "limit: missing"},
		{LINUX, RESOURCES("\"unified\":{\"../x\":\"1\"}"),
			"must be a file name (no slashes)"},
		{LINUX, RESOURCES("\"unified\":{\"x\":\"1\"}"),
			"must be in the form CONTROLLER.PARAMETER"},
		{LINUX, RESOURCES("\"blockIO\":{\"weight\":9}"),
			"linux.resources.blockIO.weight: 9 is out of range (10 to 1000)"},
		{LINUX, RESOURCES("\"blockIO\":{\"leafWeight\":1001}"),
			"linux.resources.blockIO.leafWeight: 1001 is out of range (10 to 1000)"},
		{LINUX, RESOURCES("\"blockIO\":{\"weight\":65536}"),
			"linux.resources.blockIO.weight: 65536 is out of range (0 to 65535)"},
		{LINUX, RESOURCES("\"blockIO\":{\"weight\":\"10\"}"),
			"linux.resources.blockIO.weight: expected a number, found a string"},
		{LINUX, RESOURCES("\"blockIO\":{\"weightDevice\":{}}"),
			"linux.resources.blockIO.weightDevice: expected an array, found an object"},
		{LINUX, RESOURCES("\"blockIO\":[]"),
			"linux.resources.blockIO: expected an object, found an array"},
		{LINUX, RESOURCES("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}"),
			"linux.resources.blockIO.weightDevice[0]: neither weight nor leafWeight"},
		{LINUX, RESOURCES("\"blockIO\":{\"weightDevice\":[{\"minor\":0,\"weight\":10}]}"),
			"linux.resources.blockIO.weightDevice[0].major: missing"},
		{LINUX,
			RESOURCES("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,"
				  "\"weight\":5}]}"),
			"linux.resources.blockIO.weightDevice[0].weight: 5 is out of range"},
		{LINUX,
			RESOURCES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":-1,"
				  "\"minor\":0,\"rate\":1}]}"),
			"throttleReadBpsDevice[0].major: -1 is out of range"},
		{LINUX,
			RESOURCES("\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":8,"
				  "\"minor\":0}]}"),
			"throttleWriteBpsDevice[0].rate: missing"},
		{LINUX,
			RESOURCES("\"blockIO\":{\"throttleReadIOPSDevice\":[{\"major\":8,"
				  "\"rate\":1}]}"),
			"throttleReadIOPSDevice[0].minor: missing"},
		{LINUX,
			RESOURCES("\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"major\":8,"
				  "\"minor\":0,\"rate\":-1}]}"),
			"throttleWriteIOPSDevice[0].rate: -1 is out of range"},
		{LINUX, RESOURCES("\"network\":{\"classID\":4294967296}"),
			"linux.resources.network.classID: 4294967296 is out of range"},
		{LINUX, RESOURCES("\"network\":{\"priorities\":[{\"priority\":1}]}"),
			"linux.resources.network.priorities[0].name: missing"},
		{LINUX, RESOURCES("\"network\":{\"priorities\":[{\"name\":\"lo\"}]}"),
			"linux.resources.network.priorities[0].priority: missing"},
		{LINUX,
			RESOURCES("\"network\":{\"priorities\":[{\"name\":\"a b\","
				  "\"priority\":1}]}"),
			"network.priorities[0].name: invalid network device name \"a b\""},
		{LINUX, RESOURCES("\"rdma\":{\"m\":{}}"),
			"linux.resources.rdma.m: neither hcaHandles nor hcaObjects"},
		{LINUX, RESOURCES("\"rdma\":{\"m\":{\"hcaHandles\":4294967296}}"),
			"linux.resources.rdma.m.hcaHandles: 4294967296 is out of range"},
		{LINUX, RESOURCES("\"rdma\":{\"a b\":{\"hcaHandles\":1}}"),
			"not the name of an RDMA device"},
		{LINUX, RESOURCES("\"rdma\":[]"), "linux.resources.rdma: expected an object"},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void refused_in_seccomp(void **state)
{
	static const struct refusal list[] = {
		{LINUX, "{\"seccomp\":\"x\"}", "linux.seccomp: expected an object, found a string"},
		{LINUX,
			"{\"seccomp\":{\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_"
			"LOG\"}]}}",
			"linux.seccomp.defaultAction: missing"},
		{LINUX, "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_X\"}}",
			"string SCMP_ACT_X is not a valid action for seccomp"},
		{LINUX, "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}}",
			"SCMP_ACT_NOTIFY cannot be used as default action"},
		{LINUX, "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\"}}",
			"no rule allows execve"},
		{LINUX, "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}",
			"no rule allows execve"},
		{LINUX, SECCOMP("\"defaultErrnoRet\":1"),
			"linux.seccomp.defaultErrnoRet: only for SCMP_ACT_ERRNO"},
		{LINUX, SECCOMP("\"architectures\":[\"SCMP_ARCH_Z80\"]"),
			"string SCMP_ARCH_Z80 is not a valid arch for seccomp"},
		{LINUX, SECCOMP("\"flags\":[\"X\"]"), "seccomp flag X is not known to runc"},
		{LINUX, SECCOMP("\"listenerPath\":5"),
			"linux.seccomp.listenerPath: expected a string, found a number"},
		{LINUX, SECCOMP("\"listenerMetadata\":\"a\""),
			"linux.seccomp.listenerMetadata: only with listenerPath"},
		{LINUX, SECCOMP("\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]"),
			"linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: only with "
			"SCMP_ACT_NOTIFY"},
		{LINUX, SECCOMP("\"syscalls\":{}"), "linux.seccomp.syscalls: expected an array"},
		{LINUX, RULE("\"names\":[],\"action\":\"SCMP_ACT_LOG\""),
			"linux.seccomp.syscalls[0]: names: must not be empty"},
		{LINUX, RULE("\"names\":[\"\"],\"action\":\"SCMP_ACT_LOG\""),
			"not the name of a system call"},
		{LINUX, RULE("\"names\":[\"a b\"],\"action\":\"SCMP_ACT_LOG\""),
			"not the name of a system call"},
		{LINUX, RULE("\"names\":[\"a\"]"), "linux.seccomp.syscalls[0].action: missing"},
		{LINUX, RULE("\"names\":[\"a\"],\"action\":\"SCMP_ACT_NOTIFY\""),
			"seccomp listenerPath is not set"},
		{LINUX, RULE("\"names\":[\"write\"],\"action\":\"SCMP_ACT_NOTIFY\""),
			"SCMP_ACT_NOTIFY cannot be used for the write syscall"},
		{LINUX, RULE("\"names\":[\"capset\"],\"action\":\"SCMP_ACT_NOTIFY\""),
			"SCMP_ACT_NOTIFY cannot be used for the capset syscall"},
		{LINUX, KILLING("\"execve\""), "linux.seccomp: no rule allows read"},
		{LINUX, KILLING("\"execve\",\"read\""), "linux.seccomp: no rule allows write"},
		{LINUX, KILLING("\"execve\",\"read\",\"write\""),
			"linux.seccomp: no rule allows capset"},
		{LINUX, RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\""),
			"linux.seccomp: a rule forbids read: the process could never be started"},
		{LINUX, RULE("\"names\":[\"a\",\"write\"],\"action\":\"SCMP_ACT_KILL\""),
			"linux.seccomp: a rule forbids write"},
		{LINUX, RULE("\"names\":[\"capset\"],\"action\":\"SCMP_ACT_TRAP\""),
			"linux.seccomp: a rule forbids capset"},
		{LINUX, RULE("\"names\":[\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5000"),
			"linux.seccomp.syscalls[0].errnoRet: 5000 is out of range (0 to 4094)"},
		{LINUX, RULE("\"names\":[\"a\"],\"action\":\"SCMP_ACT_ALLOW\",\"errnoRet\":1"),
			"errnoRet: only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not for "
			"SCMP_ACT_ALLOW"},
		{LINUX, KILL_ARGS("\"index\":7,\"value\":1,\"op\":\"SCMP_CMP_EQ\""),
			"index: 7 is out of range (0 to 5)"},
		{LINUX, KILL_ARGS("\"index\":1,\"value\":1,\"op\":\"X\""),
			"string X is not a valid operator for seccomp"},
		{LINUX, KILL_ARGS("\"index\":1,\"op\":\"SCMP_CMP_EQ\""), "args[0].value: missing"},
		{LINUX,
			KILL_ARGS("\"index\":1,\"value\":18446744073709551616,\"op\":\"SCMP_CMP_"
				  "EQ\""),
			"value: the number is out of range"},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_at_the_top),
		cmocka_unit_test(refused_in_process),
		cmocka_unit_test(refused_in_mounts),
		cmocka_unit_test(refused_in_linux),
		cmocka_unit_test(refused_in_resources),
		cmocka_unit_test(refused_in_seccomp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
