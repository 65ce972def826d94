/*
 * Devices on v2, first half: a program that the kernel runs for each open and mknod, assembled from the rules,
 * the last one first. It keeps in R2 the accesses that no rule has decided yet: an allowing rule
 * takes its own away, a denying one that finds any of its own denies. So "allow r" and "allow w"
 * together allow O_RDWR.
 */
#include <errno.h>
#include <linux/bpf.h>
#include "cgroup.h"
#include "step.h"

#define INSTRUCTIONS_MAX 57600 /* 14 for each rule that devices1.c admits, and the ends */

static struct bpf_insn program[INSTRUCTIONS_MAX];
static size_t length;

static void emit(uint8_t code, uint8_t dst, uint8_t src, int16_t offset, uint32_t value)
{
	if (length == INSTRUCTIONS_MAX)
		die("too many rules in linux.resources.devices", NULL, E2BIG);
	program[length++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = offset, .imm = (int32_t)value};
}

static void emit_return(uint32_t value)
{
	emit(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, value);
	emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* R2 undecided access, R3 type, R4 major, R5 minor: struct bpf_cgroup_dev_ctx. */
static void emit_start(void)
{
	emit(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, 0, 0);
	emit(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit(BPF_ALU | BPF_AND | BPF_K, BPF_REG_3, 0, 0, 0xffff);
	emit(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_2, 0, 0, 16);
	emit(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_4, BPF_REG_1, 4, 0);
	emit(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_5, BPF_REG_1, 8, 0);
}

static uint32_t kernel_access(uint64_t access)
{
	return (access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0u) |
		(access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0u) |
		(access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0u);
}

/* R0 |= REGISTER ^ VALUE: without a jump, so that the verifier has one path to follow for each rule
 * and not several. */
static void emit_difference(uint8_t reg, uint64_t value)
{
	emit(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, reg, 0, 0);
	emit(BPF_ALU | BPF_XOR | BPF_K, BPF_REG_1, 0, 0, (uint32_t)value);
	emit(BPF_ALU | BPF_OR | BPF_X, BPF_REG_0, BPF_REG_1, 0, 0);
}

static void emit_rule(const struct plan_device_rule *rule)
{
	const uint8_t unequal = BPF_JMP32 | BPF_JNE | BPF_K;
	uint32_t access = kernel_access(rule->access);
	size_t first = length;
	int all = access == 7;

	emit(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_3, 0, 0);
	emit(BPF_ALU | BPF_XOR | BPF_K, BPF_REG_0, 0, 0,
		rule->type == DEVICE_CHAR ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
	if (rule->major.set)
		emit_difference(BPF_REG_4, rule->major.value);
	if (rule->minor.set)
		emit_difference(BPF_REG_5, rule->minor.value);
	emit(unequal, BPF_REG_0, 0, 0, 0);
	if (!all && rule->allow) {
		emit(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 7 & ~access);
		emit(unequal, BPF_REG_2, 0, 0, 0);
	} else if (!all) {
		emit(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
		emit(BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, access);
		emit(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0);
	}
	emit_return((uint32_t)rule->allow);
	/* Every jump goes to the next rule. */
	for (size_t i = first; i < length; i++)
		if ((program[i].code & 7) == BPF_JMP32)
			program[i].off = (int16_t)(length - i - 1);
}

/* A program that would allow everything is not needed (runc-cli 5.6). */
static int allows_all(const struct plan_device_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!rules[i].allow)
			return 0;
	return 1;
}

size_t device_program(const struct plan *plan, const struct bpf_insn **instructions)
{
	const struct plan_device_rule *rules;
	int allow;
	size_t count = device_rules(plan, &rules, &allow);

	*instructions = program;
	length = 0;
	if (allow && allows_all(rules, count))
		return 0;
	emit_start();
	for (size_t i = count; i-- > 0;)
		emit_rule(&rules[i]);
	emit_return((uint32_t)allow);
	return length;
}
