/*
 * runc features: what this build can do (features.md), from the tables that the other programs
 * read. It claims what works and leaves out the rest. The davit.* annotations say which confinement
 * this kernel lets the steps have.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "json.h"
#include "names.h"
#include "step.h"
#include "text.h"
#include "verb.h"

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#define LANDLOCK_CREATE_RULESET_VERSION 1

static const struct verb verb = {
	.name = "features",
	.usage = "",
	.description = "show the enabled features",
	.min_args = 0,
	.max_args = 0,
};

/* Of config.md, "Linux mount options", and crun's for symlinks. */
static const char *const mount_options[] = {"async", "atime", "bind", "copy-symlink", "defaults",
	"dest-nofollow", "dev", "diratime", "dirsync", "exec", "idmap", "iversion", "lazytime",
	"loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime",
	"nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime",
	"rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "ridmap", "rnoatime",
	"rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid",
	"rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
	"rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave",
	"src-nofollow", "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable"};

static void add_words(struct json *j, const char *key, const struct name *table)
{
	json_array(j, key);
	for (; table->word; table++)
		json_string(j, NULL, table->word);
	json_array_end(j);
}

static int by_word(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_namespaces(struct json *j)
{
	const char *words[NS_COUNT];

	for (size_t i = 0; i < NS_COUNT; i++)
		words[i] = namespace_names[i].word;
	qsort(words, NS_COUNT, sizeof(words[0]), by_word);
	json_array(j, "namespaces");
	for (size_t i = 0; i < NS_COUNT; i++)
		json_string(j, NULL, words[i]);
	json_array_end(j);
}

static void add_enabled(struct json *j, const char *key, int enabled)
{
	json_object(j, key);
	json_bool(j, "enabled", enabled);
	json_object_end(j);
}

/* Architectures that libseccomp learned in 2.6. */
static int is_supported(const char *word)
{
	static const char *const recent[] = {
		"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB"};

	for (size_t i = 0; i < sizeof(recent) / sizeof(recent[0]); i++)
		if (!strcmp(word, recent[i]))
			return strncmp(build_libseccomp, "2.5.", 4) != 0;
	return 1;
}

static void add_supported(struct json *j, const char *key, const struct name *table)
{
	json_array(j, key);
	for (; table->word; table++)
		if (is_supported(table->word))
			json_string(j, NULL, table->word);
	json_array_end(j);
}

/* The kernel looks at the flags first: with ones it knows it then misses the program. */
static void add_flags(struct json *j)
{
	json_array(j, "supportedFlags");
	for (const struct name *n = seccomp_flag_names; n->word; n++) {
		unsigned long flags = n->value;

		if (flags == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
			flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 &&
			errno == EFAULT)
			json_string(j, NULL, n->word);
	}
	json_array_end(j);
}

static void add_seccomp(struct json *j)
{
	json_object(j, "seccomp");
	json_bool(j, "enabled", *build_libseccomp != '\0');
	if (*build_libseccomp) {
		add_supported(j, "actions", seccomp_actions);
		add_words(j, "operators", seccomp_ops);
		add_supported(j, "archs", seccomp_archs);
		add_words(j, "knownFlags", seccomp_flag_names);
		add_flags(j);
	}
	json_object_end(j);
}

static void add_linux(struct json *j)
{
	json_object(j, "linux");
	add_namespaces(j);
	add_words(j, "capabilities", capability_names);
	json_object(j, "cgroup");
	json_bool(j, "v1", 1);
	json_bool(j, "v2", 1);
	json_bool(j, "systemd", *build_has_systemd != '\0');
	json_bool(j, "systemdUser", *build_has_systemd != '\0');
	json_bool(j, "rdma", 1);
	json_object_end(j);
	add_seccomp(j);
	add_enabled(j, "apparmor", 1);
	add_enabled(j, "selinux", 1);
	json_object(j, "intelRdt");
	json_bool(j, "enabled", 1);
	json_bool(j, "schemata", 1);
	json_bool(j, "monitoring", 1);
	json_object_end(j);
	json_object(j, "mountExtensions");
	add_enabled(j, "idmap", 1);
	json_object_end(j);
	json_object(j, "memoryPolicy");
	add_words(j, "modes", memory_modes);
	add_words(j, "flags", memory_flags);
	json_object_end(j);
	add_enabled(j, "netDevices", 1);
	json_object_end(j);
}

static void add_annotations(struct json *j)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const unsigned action = SECCOMP_RET_KILL_PROCESS;
	int filters = !syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	char words[32] = "none", ids[32];
	struct text t = TEXT(words), range = TEXT(ids);

	text_add_u64(&range, build_uid_base);
	text_add(&range, "-");
	text_add_u64(&range, build_uid_base + build_uid_count - 1);
	if (abi > 0) {
		text_add(&t, "abi ");
		text_add_u64(&t, (uint64_t)abi);
	}
	json_object(j, "annotations");
	json_string(j, "davit.build", build_id);
	json_string(j, "davit.confinement.landlock", words);
	json_string(j, "davit.confinement.ids", ids);
	json_string(j, "davit.confinement.seccomp", filters ? "filter" : "none");
	if (*build_libseccomp)
		json_string(j, "io.github.seccomp.libseccomp.version", build_libseccomp);
	json_string(j, "org.opencontainers.runc.checkpoint.enabled", "false");
	json_string(j, "org.opencontainers.runc.commit", build_commit);
	json_string(j, "org.opencontainers.runc.version", build_version);
	json_object_end(j);
}

/* Annotations of config.json that change what davit does. */
static void add_unsafe_annotations(struct json *j)
{
	char words[64];

	json_array(j, "potentiallyUnsafeConfigAnnotations");
	json_string(j, NULL, "run.oci.hooks.stderr");
	json_string(j, NULL, "run.oci.hooks.stdout");
	json_string(j, NULL, "run.oci.keep_original_groups");
	json_string(j, NULL, "run.oci.seccomp_bpf_data");
	json_string(j, NULL, "run.oci.seccomp_fail_unknown_syscall");
	if (*build_has_systemd) /* all that begin so, with --systemd-cgroup */
		json_string(j, NULL, "org.systemd.property.");
	for (const struct name *list = landlock_lists; list->word; list++)
		if (!text_join(words, sizeof(words), LANDLOCK_PREFIX, list->word, NULL))
			json_string(j, NULL, words);
	json_array_end(j);
}

int main(int argc, char **argv)
{
	static char buffer[65536];
	struct json j;

	verb_start(&verb, argc, argv, NULL, 0);
	json_start(&j, buffer, sizeof(buffer) - 1, "    ");
	json_object(&j, NULL);
	json_string(&j, "ociVersionMin", "1.0.0");
	json_string(&j, "ociVersionMax", "1.3.0");
	add_words(&j, "hooks", hook_names);
	json_array(&j, "mountOptions");
	for (size_t i = 0; i < sizeof(mount_options) / sizeof(mount_options[0]); i++)
		json_string(&j, NULL, mount_options[i]);
	json_array_end(&j);
	add_linux(&j);
	add_annotations(&j);
	add_unsafe_annotations(&j);
	json_object_end(&j);
	if (j.cut)
		return 1;
	buffer[j.length++] = '\n';
	verb_print(buffer, j.length);
	return 0;
}
