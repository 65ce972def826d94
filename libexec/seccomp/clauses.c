/*
 * The rules with conditions, each for one call. libseccomp merges those of one call into a tree, and
 * in 2.5.4 the tree is wrong for some: with "argument 3 is not 10" and "argument 4 is at most 2 and
 * argument 3 is not 11", a call with 10 is taken for a match. So it gets only what it merges right, one
 * rule or several that compare the same argument for equality; the others are ours (apart.c).
 */
#include "filter.h"

#include <string.h>
#include "program.h"
#include "step.h"

static struct clause clauses[INSTRUCTIONS_MAX];
static size_t clause_count;

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

static struct scmp_arg_cmp condition(const struct plan *plan, struct plan_list list, uint32_t i)
{
	const struct plan_seccomp_arg *arg = plan_seccomp_arg_at(plan, list, i);

	if (arg->index >= CONDITIONS_MAX)
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

/* Each condition is an instruction at least, and libseccomp takes quadratic time for many of
 * them. */
static void put(struct clause clause)
{
	static size_t conditions;

	conditions += clause.count;
	if (conditions > INSTRUCTIONS_MAX)
		die(TOO_LONG, NULL, 0);
	clauses[clause_count++] = clause;
}

void clauses_take(
	const struct plan *plan, const struct plan_seccomp_rule *rule, struct clause clause)
{
	int alone = any_twice(plan, rule->args);

	for (uint32_t i = 0; i < rule->args.count; i++) {
		clause.conditions[alone ? 0 : clause.count++] = condition(plan, rule->args, i);
		if (alone) {
			clause.count = 1;
			put(clause);
		}
	}
	if (!alone)
		put(clause);
}

const struct clause *clauses_at(size_t i)
{
	return i < clause_count ? &clauses[i] : NULL;
}

/* A rule without conditions for the call: nothing else counts then. */
int clauses_moot(const struct plan *plan, const char *name)
{
	struct plan_list rules = plan->config->seccomp_rules;
	uint32_t action;

	for (uint32_t i = 0; i < rules.count; i++) {
		const struct plan_seccomp_rule *rule = plan_seccomp_rule_at(plan, rules, i);

		if (rule->args.count || !filter_rule_action(plan, rule, &action))
			continue;
		for (uint32_t n = 0; n < rule->names.count; n++) {
			const char *other =
				plan_text(plan, plan_str_at(plan, rule->names, n)->value);

			if (other && !strcmp(other, name))
				return 1;
		}
	}
	return 0;
}

static int merges_well(const struct clause *one, const struct clause *two)
{
	return one->count == 1 && two->count == 1 && one->action == two->action &&
		one->conditions[0].arg == two->conditions[0].arg &&
		one->conditions[0].op == SCMP_CMP_EQ && two->conditions[0].op == SCMP_CMP_EQ;
}

int clauses_multiplexed(uint32_t arch, const char *name)
{
	return seccomp_syscall_resolve_name_arch(arch, name) < 0 &&
		seccomp_syscall_resolve_name_rewrite(arch, name) >= 0;
}

/* Whether on some architecture rules for other calls are for the same number. */
static int shares_number(const struct plan *plan, const char *name)
{
	struct plan_list archs = plan->config->seccomp_archs;

	if (!strcmp(name, "socketcall") || !strcmp(name, "ipc") ||
		clauses_multiplexed(seccomp_arch_native(), name))
		return 1;
	for (uint32_t i = 0; i < archs.count; i++)
		if (clauses_multiplexed(filter_arch(plan_num_at(plan, archs, i)->value), name))
			return 1;
	return 0;
}

void clauses_sort_out(const struct plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < clause_count; i++)
		clauses[i].apart = shares_number(plan, clauses[i].name);

	for (size_t i = 0; i < clause_count; i++)
		for (size_t k = i + 1; k < clause_count; k++)
			if (clauses[i].number == clauses[k].number &&
				!merges_well(&clauses[i], &clauses[k]))
				clauses[i].apart = clauses[k].apart = 1;
	/* One that is apart takes those with it that merge well with each other. */
	for (size_t i = 0; i < clause_count; i++)
		for (size_t k = 0; clauses[i].apart && k < clause_count; k++)
			if (clauses[k].number == clauses[i].number)
				clauses[k].apart = 1;
	for (size_t i = 0; i < clause_count; i++)
		if (!clauses[i].apart || !clauses_moot(plan, clauses[i].name))
			clauses[kept++] = clauses[i];
	clause_count = kept;
}
