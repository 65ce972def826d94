/* The plan's rules in libseccomp's terms, with runc's reading of config-linux.md, "Seccomp". */
#include "filter.h"

#include <errno.h>
#include <string.h>
#include "step.h"

/* With more system calls, runc asks for a binary tree instead of a chain. For a program of 360 calls and three
 * architectures the kernel, which tries every number when a filter is installed, then takes 0.3 ms and not 1. */
#define CHAIN_MAX 32
#define ARGS_MAX  6

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
	case SECCOMP_ACTION_COUNT:
		break;
	}
	die("SCMP_ACT_NOTIFY is not supported yet", NULL, 0);
}

static enum scmp_compare compare_word(uint64_t op)
{
	switch ((enum seccomp_op)op) {
	case OP_EQ:
		return SCMP_CMP_EQ;
	case OP_GE:
		return SCMP_CMP_GE;
	case OP_GT:
		return SCMP_CMP_GT;
	case OP_LE:
		return SCMP_CMP_LE;
	case OP_LT:
		return SCMP_CMP_LT;
	case OP_MASKED_EQ:
		return SCMP_CMP_MASKED_EQ;
	case OP_NE:
		return SCMP_CMP_NE;
	case SECCOMP_OP_COUNT:
		break;
	}
	die("unknown seccomp operator", NULL, 0);
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

/* runc counts the names: it makes a rule of each. */
static int is_long(const struct plan *plan)
{
	struct plan_list rules = plan->config->seccomp_rules;
	uint64_t names = 0;

	for (uint32_t i = 0; i < rules.count; i++)
		names += plan_seccomp_rule_at(plan, rules, i)->names.count;
	return names > CHAIN_MAX;
}

scmp_filter_ctx filter_new(const struct plan *plan)
{
	const struct plan_config *config = plan->config;
	scmp_filter_ctx filter =
		seccomp_init(action_word(config->seccomp_default, config->seccomp_default_errno));
	int err;

	if (!filter)
		die("seccomp_init:", seccomp_actions[config->seccomp_default].word, EINVAL);
	for (uint32_t i = 0; i < config->seccomp_archs.count; i++) {
		uint64_t arch = plan_num_at(plan, config->seccomp_archs, i)->value;

		err = seccomp_arch_add(filter, filter_arch(arch));
		if (err && err != -EEXIST)
			die("error adding architecture to seccomp filter:",
				seccomp_archs[arch].word, err);
	}
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (!err && is_long(plan))
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (err)
		die("seccomp_attr_set:", NULL, err);
	return filter;
}

static struct scmp_arg_cmp condition(const struct plan *plan, struct plan_list list, uint32_t i)
{
	const struct plan_seccomp_arg *arg = plan_seccomp_arg_at(plan, list, i);

	if (arg->index >= ARGS_MAX)
		die("a seccomp argument index must be 0 to 5", NULL, 0);
	return (struct scmp_arg_cmp){
		(unsigned)arg->index, compare_word(arg->op), arg->value, arg->value_two};
}

/* runc: two conditions on one argument make rules of their own (or); else all must hold (and). */
static int any_twice(const struct plan *plan, struct plan_list list)
{
	unsigned seen = 0;

	for (uint32_t i = 0; i < list.count; i++) {
		unsigned bit = 1u << condition(plan, list, i).arg;

		if (seen & bit)
			return 1;
		seen |= bit;
	}
	return 0;
}

static void add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,
	const struct scmp_arg_cmp *conditions)
{
	static unsigned conditions_added;
	int number = seccomp_syscall_resolve_name(name), err;

	if (number == __NR_SCMP_ERROR) {
		debug("ignoring unknown system call of the seccomp profile:", name);
		return;
	}
	/* Each condition is an instruction at least, and libseccomp takes quadratic time for many
	 * of them. */
	conditions_added += count;
	if (conditions_added > INSTRUCTIONS_MAX)
		die("the seccomp profile makes more than 4096 instructions", NULL, 0);
	err = seccomp_rule_add_array(filter, action, number, count, conditions);
	if (err)
		die("error adding seccomp rule for syscall", name, err);
}

static void add_rule(const struct plan *plan, scmp_filter_ctx filter, uint32_t action,
	const struct plan_seccomp_rule *rule)
{
	struct scmp_arg_cmp conditions[ARGS_MAX] = {0};
	int apart = any_twice(plan, rule->args);

	for (uint32_t i = 0; !apart && i < rule->args.count; i++)
		conditions[i] = condition(plan, rule->args, i);
	for (uint32_t n = 0; n < rule->names.count; n++) {
		const char *name = plan_text(plan, plan_str_at(plan, rule->names, n)->value);

		if (!name)
			continue;
		if (!apart)
			add(filter, action, name, rule->args.count, conditions);
		for (uint32_t i = 0; apart && i < rule->args.count; i++) {
			conditions[0] = condition(plan, rule->args, i);
			add(filter, action, name, 1, conditions);
		}
	}
}

void filter_add_rules(const struct plan *plan, scmp_filter_ctx filter)
{
	const struct plan_config *config = plan->config;
	uint32_t standard = action_word(config->seccomp_default, config->seccomp_default_errno);

	for (uint32_t i = 0; i < config->seccomp_rules.count; i++) {
		const struct plan_seccomp_rule *rule =
			plan_seccomp_rule_at(plan, config->seccomp_rules, i);
		uint32_t action = action_word(rule->action, rule->errno_ret);

		if (action != standard) /* libseccomp refuses what changes nothing */
			add_rule(plan, filter, action, rule);
	}
}
