/*
 * What of seccomp needs the whole of config.json: whether the process can begin under its filter,
 * the agent of a filter that notifies, and a ready-made program, which an annotation gives.
 */
#include "build.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include "names.h"
#include "review.h"
#include "step.h"
#include "syscalls.h"

#define PROGRAM_KEY "run.oci.seccomp_bpf_data" /* crun's */
#define UNKNOWN_KEY "run.oci.seccomp_fail_unknown_syscall"

/*
 * The calls that dmz makes under the filter (davit-dmz(8)). A listener that is to answer the
 * last one never could: it is made before that is handed over.
 */
enum own_call { OWN_EXECVE, OWN_READ, OWN_WRITE, OWN_CAPSET, OWN_CALLS };
static const char own_calls[OWN_CALLS][8] = {"execve", "read", "write", "capset"};
static int permitted[OWN_CALLS], notified[OWN_CALLS], forbidden[OWN_CALLS], notifies;

/* Of the rules for seccomp(2), which loads a second filter: one lets it pass whatever its arguments,
 * and one does something else with it. */
static int allows_seccomp, minds_seccomp;

/* The process goes on and the call may be made. */
static int permits(uint64_t action)
{
	return action == ACT_ALLOW || action == ACT_LOG || action == ACT_TRACE ||
		action == ACT_NOTIFY;
}

static int passes(uint64_t action)
{
	return action == ACT_ALLOW || action == ACT_LOG;
}

/* Of rules without conditions for one call the first has its effect. */
static void note_call(const char *name, const struct plan_seccomp_rule *rule)
{
	if (!strcmp(name, "seccomp")) {
		allows_seccomp |= passes(rule->action) && !rule->args.count;
		minds_seccomp |= !passes(rule->action);
	}
	for (int call = 0; call < OWN_CALLS; call++)
		if (!strcmp(name, own_calls[call])) {
			permitted[call] |= permits(rule->action);
			notified[call] |= rule->action == ACT_NOTIFY;
			forbidden[call] |= !permitted[call] && !rule->args.count;
		}
}

/* In the order in which the kernel chooses among the actions of several filters, seccomp(2). */
static unsigned leniency(uint64_t action)
{
	static const unsigned ranks[SECCOMP_ACTION_COUNT] = {[ACT_KILL_PROCESS] = 0,
		[ACT_KILL] = 1,
		[ACT_KILL_THREAD] = 1,
		[ACT_TRAP] = 2,
		[ACT_ERRNO] = 3,
		[ACT_NOTIFY] = 4,
		[ACT_TRACE] = 5,
		[ACT_LOG] = 6,
		[ACT_ALLOW] = 7};

	return ranks[action];
}

struct unknown_call {
	const char *name;
	int is_error;
};

static void tell_unknown(void *context)
{
	const struct unknown_call *call = context;
	const char *near = syscall_near(call->name);
	const char *hint = near ? "; did you mean " : NULL, *end = near ? "?" : NULL;

	if (call->is_error)
		refuse("unknown to libseccomp ", build_libseccomp, hint, near, end, NULL);
	caution("unknown to libseccomp ", build_libseccomp, ": the filter does not have it", hint,
		near, end, NULL);
}

/* The seccomp step leaves an unknown name out: where the rule forbids, the call then passes. */
static int check_known(const struct plan_config *config, const struct plan_seccomp_rule *rule,
	uint32_t index, struct unknown_call call)
{
	int failed;

	if (syscall_is_known(call.name) ||
		(!call.is_error && leniency(rule->action) >= leniency(config->seccomp_default)))
		return 0;
	path_member("names");
	path_element(index);
	failed = attempt(tell_unknown, &call);
	path_leave();
	path_leave();
	return failed;
}

/* The value of an annotation, or NULL. */
static const char *annotation(const struct plan_config *config, const char *key)
{
	for (uint32_t i = 0; i < config->annotations.count; i++) {
		const struct plan_kv *kv = plan_added(PLAN_RECORD_kv, config->annotations, i);
		const char *value = plan_put_text(kv->value);

		if (!strcmp(plan_put_text(kv->key), key))
			return value ? value : "";
	}
	return NULL;
}

static int note_rules(const struct plan_config *config)
{
	const struct plan_list rules = config->seccomp_rules;
	const char *fails = annotation(config, UNKNOWN_KEY);
	struct unknown_call call = {.is_error = fails && strcmp(fails, "0") != 0};
	int failed = 0;

	path_member("syscalls");
	for (uint32_t i = 0; i < rules.count; i++) {
		const struct plan_seccomp_rule *rule =
			plan_added(PLAN_RECORD_seccomp_rule, rules, i);

		path_element(i);
		notifies |= rule->action == ACT_NOTIFY;
		for (uint32_t n = 0; n < rule->names.count; n++) {
			const struct plan_str *str = plan_added(PLAN_RECORD_str, rule->names, n);

			call.name = plan_put_text(str->value);
			note_call(call.name, rule);
			failed |= check_known(config, rule, n, call);
		}
		path_leave();
	}
	path_leave();
	return failed;
}

static void note_kept_rules(const struct plan *kept)
{
	const struct plan_list rules = kept->config->seccomp_rules;

	for (uint32_t i = 0; i < rules.count; i++) {
		const struct plan_seccomp_rule *rule = plan_seccomp_rule_at(kept, rules, i);

		for (uint32_t n = 0; n < rule->names.count; n++)
			note_call(plan_text(kept, plan_str_at(kept, rule->names, n)->value), rule);
	}
}

/* What dmz needs besides execve and read depends on how it reports and on what it gives up. */
static int is_needed(const struct plan_config *config, enum own_call call)
{
	switch (call) {
	case OWN_WRITE:
		return !notifies;
	case OWN_CAPSET:
		return !config->no_new_privileges &&
			!(config->cap_effective >> DAVIT_CAP_SYS_ADMIN & 1);
	default:
		return 1;
	}
}

static void check_own_call(const struct plan_config *config, int by_default, enum own_call call)
{
	if (!is_needed(config, call))
		return;
	if (notified[call] && call == OWN_CAPSET)
		refuse_as("SCMP_ACT_NOTIFY cannot be used for the ", own_calls[call],
			" syscall: it is made before the listener is handed over", NULL);
	if (!by_default && !permitted[call])
		refuse("no rule allows ", own_calls[call], ": the process could never be started",
			NULL);
	if (by_default && forbidden[call] && call != OWN_EXECVE)
		refuse("a rule forbids ", own_calls[call], ": the process could never be started",
			NULL);
}

static void check_own_calls(const struct plan_config *config)
{
	int by_default = permits(config->seccomp_default);

	if (!by_default && !permitted[OWN_EXECVE])
		refuse("no rule allows execve: no program could ever begin", NULL);
	if (notified[OWN_WRITE]) /* not with runc, and so with nobody */
		refuse_as("SCMP_ACT_NOTIFY cannot be used for the write syscall", NULL);
	if (by_default && forbidden[OWN_EXECVE])
		caution_as("linux.seccomp: a rule forbids execve: the container's program cannot "
			   "be executed",
			NULL);
	for (enum own_call call = 0; call < OWN_CALLS; call++)
		check_own_call(config, by_default, call);
}

void check_exec_filter(const struct plan *kept, const struct plan_config *config)
{
	const struct plan_config *from = kept->config;

	if (!from->has_seccomp || !from->seccomp_rules.count)
		return;
	note_kept_rules(kept);
	if (!is_needed(config, OWN_CAPSET))
		return;
	path_member("noNewPrivileges");
	check_own_call(config, permits(from->seccomp_default), OWN_CAPSET);
	path_leave();
}

/* config-linux.md, "Seccomp"; of the flag it is the kernel that says so, seccomp(2). */
static void check_listener(struct plan_config *config)
{
	const char *path = plan_put_text(config->listener_path);
	const char *metadata = plan_put_text(config->listener_metadata);
	int has_path = path && *path;

	if (!has_path && metadata && *metadata) {
		path_member("listenerMetadata");
		refuse("only with listenerPath", NULL);
	}
	if (notifies && !has_path)
		refuse_as("seccomp listenerPath is not set", NULL);
	if (notifies) {
		config->seccomp_flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		return;
	}
	if (config->seccomp_flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
		path_member("flags");
		refuse("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: only with SCMP_ACT_NOTIFY", NULL);
	}
	config->listener_path = config->listener_metadata = plan_put(NULL);
}

static void check_profile(void *context)
{
	struct plan_config *config = context;
	int failed;

	path_member("linux");
	path_member("seccomp");
	failed = note_rules(config);
	check_own_calls(config);
	check_listener(config);
	config->ready_filter_first = config->ready_filter.count &&
		(minds_seccomp || !(allows_seccomp || passes(config->seccomp_default)));
	path_leave();
	path_leave();
	if (failed)
		abandon();
}

/* The value of a character of base64, RFC 4648, or 64. */
static unsigned digit_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (unsigned)(at - digits) : 64;
}

/* Returns how many bytes TEXT stands for, of which it writes at most SIZE; refuses what is no base64. */
static size_t decode(const char *text, uint8_t *bytes, size_t size)
{
	size_t length = strlen(text), used = strcspn(text, "="), count = 0;
	uint32_t bits = 0;

	if (length % 4 || length - used > 2 || strspn(text + used, "=") != length - used)
		refuse("not base64", NULL);
	for (size_t i = 0; i < used; i++) {
		unsigned value = digit_value(text[i]);

		if (value == 64)
			refuse("not base64", NULL);
		bits = bits << 6 | value;
		if (i % 4 == 0)
			continue;
		if (count < size)
			bytes[count] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
		count++;
	}
	return count;
}

static void take_program(const char *text, struct plan_list *program)
{
	static uint8_t bytes[BPF_MAXINSNS * sizeof(struct sock_filter)];
	size_t size = decode(text, bytes, sizeof(bytes));

	if (!size || size % sizeof(struct sock_filter))
		refuse("not a whole number of BPF instructions, 8 bytes each", NULL);
	if (size > sizeof(bytes))
		refuse("more than 4096 BPF instructions", NULL);
	for (size_t i = 0; i < size; i += sizeof(struct sock_filter)) {
		struct plan_num *number = plan_add(PLAN_RECORD_num, program);

		memcpy(&number->value, bytes + i, sizeof(struct sock_filter));
	}
}

static void build_program(void *context)
{
	struct plan_config *config = context;

	const char *program = annotation(config, PROGRAM_KEY);

	if (!program)
		return;
	path_member("annotations");
	path_member(PROGRAM_KEY);
	take_program(program, &config->ready_filter);
	path_leave();
	path_leave();
}

int build_seccomp_whole(struct plan_config *config)
{
	int failed = attempt(build_program, config);

	if (config->has_seccomp && !faulty("/linux/seccomp"))
		failed |= attempt(check_profile, config);
	return failed;
}
