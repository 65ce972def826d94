/*
 * The rules that libseccomp would merge wrongly (clauses.c), of one architecture:
 *     for each call: is it this one? · for each of its rules: do all conditions hold? · the action
 *     : on to libseccomp's program, which has no rule for the call
 * The first rule of the profile that matches counts.
 */
#include "filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "program.h"

#define NUMBERS_MAX 600 /* of an architecture, which count from 0 or, on mips, from 4000 */
/* Jumps whose distance is known later: where a condition holds, and where the rule does not match. */
#define HOLDS 254
#define FAILS 255
/* What libseccomp calls those that x86, mips, ppc and s390 have behind socketcall(2) and ipc(2): this
 * and the first argument, negative. */
#define SOCKETCALL 100
#define IPC        200

static void load(unsigned arg, int high)
{
	int big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	load_word(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) +
		(high != big) * sizeof(uint32_t));
}

/* The upper halves decide unless they are equal. */
static void emit_high(const struct scmp_arg_cmp *c)
{
	uint32_t k = (uint32_t)(c->datum_a >> 32);

	load(c->arg, 1);
	switch (c->op) {
	case SCMP_CMP_MASKED_EQ:
		emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, k);
		test(BPF_JEQ, (uint32_t)(c->datum_b >> 32) & k, 0, FAILS);
		break;
	case SCMP_CMP_NE:
		test(BPF_JEQ, k, 0, HOLDS);
		break;
	case SCMP_CMP_GT:
	case SCMP_CMP_GE:
		test(BPF_JGT, k, HOLDS, 0);
		test(BPF_JEQ, k, 0, FAILS);
		break;
	case SCMP_CMP_LT:
	case SCMP_CMP_LE:
		test(BPF_JGT, k, FAILS, 0);
		test(BPF_JEQ, k, 0, HOLDS);
		break;
	default:
		test(BPF_JEQ, k, 0, FAILS);
	}
}

static void emit_low(const struct scmp_arg_cmp *c)
{
	uint32_t k = (uint32_t)c->datum_a;

	load(c->arg, 0);
	switch (c->op) {
	case SCMP_CMP_MASKED_EQ:
		emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, k);
		test(BPF_JEQ, (uint32_t)c->datum_b & k, HOLDS, FAILS);
		break;
	case SCMP_CMP_NE:
		test(BPF_JEQ, k, FAILS, HOLDS);
		break;
	case SCMP_CMP_GT:
		test(BPF_JGT, k, HOLDS, FAILS);
		break;
	case SCMP_CMP_GE:
		test(BPF_JGE, k, HOLDS, FAILS);
		break;
	case SCMP_CMP_LT:
		test(BPF_JGE, k, FAILS, HOLDS);
		break;
	case SCMP_CMP_LE:
		test(BPF_JGT, k, FAILS, HOLDS);
		break;
	default:
		test(BPF_JEQ, k, HOLDS, FAILS);
	}
}

/* libseccomp compares what an argument has room for: 64 bits or the lower 32. */
static int is_wide(uint32_t arch)
{
	return (arch & __AUDIT_ARCH_64BIT) && !(arch & __AUDIT_ARCH_CONVENTION_MIPS64_N32);
}

/* A mask without bits holds for every value. */
static int says_nothing(const struct scmp_arg_cmp *c, int wide)
{
	return c->op == SCMP_CMP_MASKED_EQ && !(wide ? c->datum_a : (uint32_t)c->datum_a);
}

static int says_all(const struct clause *clause, int wide)
{
	for (uint32_t i = 0; i < clause->count; i++)
		if (!says_nothing(&clause->conditions[i], wide))
			return 0;
	return 1;
}

/* BEHIND: the selector of a multiplexed call instead of what is said of argument 0, or -1. */
static void emit_clause(const struct clause *clause, int wide, int behind)
{
	struct scmp_arg_cmp selector = {0, SCMP_CMP_EQ, (scmp_datum_t)behind, 0};
	size_t start = program_here(), part;

	for (uint32_t i = 0; i < clause->count + (behind >= 0); i++) {
		const struct scmp_arg_cmp *c =
			i < clause->count ? &clause->conditions[i] : &selector;

		if (says_nothing(c, wide) || (behind >= 0 && c != &selector && !c->arg))
			continue;
		part = program_here();
		if (wide)
			emit_high(c);
		emit_low(c);
		resolve(part, HOLDS);
	}
	emit(BPF_RET | BPF_K, 0, 0, clause->action);
	resolve(start, FAILS);
}

/* The rules of the call of clause FIRST, for NUMBER of the architecture. */
static void emit_call(size_t first, uint32_t number, int wide, int behind)
{
	const struct clause *call = clauses_at(first), *c, *all = NULL;
	size_t other;

	test(BPF_JEQ, number, 1, 0);
	other = jump();
	for (size_t i = first; !all && (c = clauses_at(i)); i++)
		if (c->number == call->number && behind < 0 && says_all(c, wide))
			all = c;
	if (all)
		emit(BPF_RET | BPF_K, 0, 0, all->action);
	for (size_t i = first; !all && (c = clauses_at(i)); i++)
		if (c->number == call->number)
			emit_clause(c, wide, behind);
	if (!all)
		load_word(offsetof(struct seccomp_data, nr));
	jump_here(other);
}

/* The number of a multiplexed call that has also one of its own, or -1. */
static int direct(uint32_t arch, const char *name)
{
	int getpid_number = seccomp_syscall_resolve_name_arch(arch, "getpid");
	int base = getpid_number - getpid_number % 1000;

	for (int i = base; i < base + NUMBERS_MAX; i++) {
		char *found = seccomp_syscall_resolve_num_arch(arch, i);
		int same = found && !strcmp(found, name);

		free(found);
		if (same)
			return i;
	}
	return -1;
}

static void emit_calls(const struct plan *plan, uint32_t arch, size_t first)
{
	const char *name = clauses_at(first)->name;
	int number = seccomp_syscall_resolve_name_arch(arch, name);

	if (clauses_multiplexed(arch, name)) {
		int ipc = number <= -IPC;

		if (!clauses_moot(plan, ipc ? "ipc" : "socketcall"))
			emit_call(first, (uint32_t)seccomp_syscall_resolve_name_rewrite(arch, name),
				is_wide(arch), -number - (ipc ? IPC : SOCKETCALL));
		number = direct(arch, name);
	}
	if (number >= 0)
		emit_call(first, (uint32_t)number, is_wide(arch), -1);
}

static int is_first(size_t i)
{
	const struct clause *c = clauses_at(i);

	if (!c->apart)
		return 0;
	for (size_t k = 0; k < i; k++)
		if (clauses_at(k)->number == c->number)
			return 0;
	return 1;
}

void apart_emit(const struct plan *plan, uint32_t arch)
{
	for (size_t i = 0; clauses_at(i); i++)
		if (is_first(i))
			emit_calls(plan, arch, i);
}
