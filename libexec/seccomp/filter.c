/* The plan's rules in libseccomp's terms, with runc's reading of config-linux.md, "Seccomp". */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "program.h"
#include "step.h"

/* libseccomp keeps a list by number and looks from its beginning, so calls are added from the largest
 * number down. Numbers that share a bucket cost time only. */
#define BUCKETS 1024

/* A call that a rule names. */
struct call {
	struct call *next; /* in its bucket */
	const char *name;
	int number;   /* libseccomp's for the native architecture */
	int is_plain; /* its rule has no conditions and is not the default */
	uint32_t action;
};

static struct call *calls, *buckets[BUCKETS];
static size_t call_count;

static uint32_t action_word(uint64_t action, struct plan_opt_u64 errno_ret)
{
	uint32_t data = errno_ret.set ? (uint16_t)errno_ret.value : EPERM;

	switch ((enum seccomp_action)action) {
	case ACT_ALLOW:
		return SCMP_ACT_ALLOW;
	case ACT_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case ACT_KILL:
	case ACT_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case ACT_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case ACT_LOG:
		return SCMP_ACT_LOG;
	case ACT_TRACE:
		return SCMP_ACT_TRACE(data);
	case ACT_TRAP:
		return SCMP_ACT_TRAP;
	case ACT_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case SECCOMP_ACTION_COUNT:
		break;
	}
	die("unknown seccomp action", NULL, 0);
}

/* libseccomp's names are the spec's in lower case: SCMP_ARCH_X86_64 and "x86_64". */
uint32_t filter_arch(uint64_t arch)
{
	const char *word = arch < SECCOMP_ARCH_COUNT ? seccomp_archs[arch].word : "SCMP_ARCH_?";
	const char *s = word + strlen("SCMP_ARCH_");
	char name[32];
	uint32_t token;
	size_t i;

	for (i = 0; s[i] && i < sizeof(name) - 1; i++)
		name[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
	name[i] = '\0';
	token = seccomp_arch_resolve_name(name);
	if (!token)
		die("this libseccomp does not know the architecture", word, 0);
	return token;
}

int filter_lists(const struct plan *plan, uint64_t arch)
{
	struct plan_list archs = plan->config->seccomp_archs;

	for (uint32_t i = 0; i < archs.count; i++)
		if (plan_num_at(plan, archs, i)->value == arch)
			return 1;
	return 0;
}

int filter_rule_action(
	const struct plan *plan, const struct plan_seccomp_rule *rule, uint32_t *action)
{
	const struct plan_config *config = plan->config;

	*action = action_word(rule->action, rule->errno_ret);
	return *action != action_word(config->seccomp_default, config->seccomp_default_errno);
}

/* The default action for ABI alone, without rules. */
static scmp_filter_ctx new_filter(const struct plan *plan, const struct abi *abi)
{
	const struct plan_config *config = plan->config;
	scmp_filter_ctx filter =
		seccomp_init(action_word(config->seccomp_default, config->seccomp_default_errno));
	int err;

	if (!filter)
		die("seccomp_init:", seccomp_actions[config->seccomp_default].word, EINVAL);
	if (abi->token != seccomp_arch_native()) {
		err = seccomp_arch_add(filter, abi->token);
		if (!err)
			err = seccomp_arch_remove(filter, seccomp_arch_native());
		if (err == -EDOM)
			die("error adding architecture to seccomp filter: not of this machine's "
			    "byte order:",
				abi->word, 0);
		if (err)
			die("error adding architecture to seccomp filter:", abi->word, err);
	}
	/* A binary tree. runc asks for a chain up to 32 calls, but libseccomp 2.5.4 forgets to load the
	 * number before a chain whose first call does not exist on the architecture. And the kernel, which tries
	 * every number when a filter is installed, takes 0.3 ms and not 1 for 360 calls and three architectures. */
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (err)
		die("seccomp_attr_set:", NULL, err);
	return filter;
}

static void add(scmp_filter_ctx filter, const struct clause *clause)
{
	int err = seccomp_rule_add_array(
		filter, clause->action, clause->number, clause->count, clause->conditions);

	if (err)
		die("error adding seccomp rule for syscall", clause->name, err);
}

static uint32_t count_names(const struct plan *plan)
{
	struct plan_list rules = plan->config->seccomp_rules;
	uint32_t count = 0;

	for (uint32_t i = 0; i < rules.count; i++)
		count += plan_seccomp_rule_at(plan, rules, i)->names.count;
	return count;
}

static void take_rule(const struct plan *plan, const struct plan_seccomp_rule *rule)
{
	struct clause clause = {0};
	int says = filter_rule_action(plan, rule, &clause.action);

	for (uint32_t n = 0; n < rule->names.count; n++) {
		const char *name = plan_text(plan, plan_str_at(plan, rule->names, n)->value);

		if (!name)
			continue;
		clause.name = name;
		clause.number = seccomp_syscall_resolve_name(name);
		if (clause.number == __NR_SCMP_ERROR) {
			debug("ignoring unknown system call of the seccomp profile:", name);
			continue;
		}
		if (says && rule->args.count)
			clauses_take(plan, rule, clause);
		calls[call_count++] = (struct call){
			NULL, name, clause.number, says && !rule->args.count, clause.action};
	}
}

void filter_start(const struct plan *plan)
{
	struct plan_list rules = plan->config->seccomp_rules;

	calls = calloc(count_names(plan) + 1, sizeof(*calls));
	if (!calls)
		die("calloc:", NULL, errno);
	for (uint32_t i = 0; i < rules.count; i++)
		take_rule(plan, plan_seccomp_rule_at(plan, rules, i));
	clauses_sort_out(plan);
}

int filter_resolve(const struct abi *abi)
{
	int max = -1;

	memset(buckets, 0, sizeof(buckets));
	for (size_t i = call_count; i-- > 0;) { /* the first of two for one call counts */
		int number = seccomp_syscall_resolve_name_arch(abi->token, calls[i].name);
		struct call **bucket = &buckets[(unsigned)number % BUCKETS];

		if (number > max)
			max = number;
		if (!calls[i].is_plain)
			continue;
		calls[i].next = *bucket;
		*bucket = &calls[i];
	}
	return max;
}

static void add_calls(scmp_filter_ctx filter)
{
	for (size_t i = BUCKETS; i-- > 0;)
		for (const struct call *c = buckets[i]; c; c = c->next)
			add(filter,
				&(struct clause){
					.name = c->name, .number = c->number, .action = c->action});
}

void filter_emit(const struct plan *plan, const struct abi *abi)
{
	scmp_filter_ctx filter = new_filter(plan, abi);
	int fd = memfd_create("filter", MFD_CLOEXEC), err;
	const struct clause *clause;

	if (fd < 0)
		die("memfd_create:", NULL, errno);
	add_calls(filter);
	for (size_t i = 0; (clause = clauses_at(i)); i++)
		if (!clause->apart)
			add(filter, clause);
	err = seccomp_export_bpf(filter, fd);
	if (err)
		die("writing the filter:", NULL, err);
	seccomp_release(filter);
	append(fd, abi);
	close(fd);
}
