/*
 * The device program of v2 against a model of the rules: thousands of random lists, each asked about
 * random accesses. The program runs in an interpreter that knows no more than the instructions in
 * use and follows no jump backwards, as the kernel's verifier would not either.
 */
/* link: libexec/cgroup/devices1 libexec/cgroup/devices2 shared/plan shared/plan_write shared/names shared/text
 * shared/devices */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/bpf.h>
#include <string.h>
#include "../libexec/cgroup/cgroup.h"
#include "plan_write.h"
#include "step.h"

#define LISTS     5000
#define ACCESSES  40
#define RULES_MAX 12

/* What the v1 half of devices1.c needs, and this test does not. */
ssize_t read_file(int dir, const char *name, char *buffer, size_t size)
{
	(void)dir, (void)name, (void)buffer, (void)size;
	fail();
	return -1;
}

int write_file(int dir, const char *name, const char *value)
{
	(void)dir, (void)name, (void)value;
	fail();
	return -1;
}

void die_write(const struct hierarchy *h, const char *file, const char *value, int err)
{
	(void)h, (void)file, (void)value, (void)err;
	fail();
	__builtin_unreachable();
}

void die_missing(const struct hierarchy *h, const char *controller)
{
	(void)h;
	fail_msg("%s", controller);
	__builtin_unreachable();
}

void die(const char *what, const char *object, int err)
{
	fail_msg("%s %s %d", what, object ? object : "", err);
	__builtin_unreachable();
}

static uint64_t seed = 88172645463325252u;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % below;
}

struct rule {
	int allow, type, major, minor; /* -1: any */
	unsigned access;
};

struct ask {
	int type;
	unsigned major, minor, access;
};

static struct rule rules[RULES_MAX];
static size_t rule_count;

/* The numbers of rules and accesses meet often, also at the devices that are always allowed. */
static int number(void)
{
	static const int numbers[] = {-1, 0, 1, 2, 3, 5, 7, 10, 136, 200, 255, 0x7fffffff};

	return numbers[any(sizeof(numbers) / sizeof(numbers[0]))];
}

static void make_rules(void)
{
	rule_count = any(RULES_MAX + 1);
	for (size_t i = 0; i < rule_count; i++)
		rules[i] = (struct rule){(int)any(2),
			any(8) ? any(2) ? DEVICE_CHAR : DEVICE_BLOCK : DEVICE_ALL, number(),
			number(), 1 + any(7)};
}

static int matches(const struct rule *rule, const struct ask *ask)
{
	return rule->type == ask->type &&
		(rule->major < 0 || (unsigned)rule->major == ask->major) &&
		(rule->minor < 0 || (unsigned)rule->minor == ask->minor);
}

/* The last rule that speaks of an access decides; all that is asked for must be allowed. */
static int model(const struct ask *ask)
{
	static const struct rule always[] = {{1, DEVICE_CHAR, -1, -1, DEVICE_MKNOD},
		{1, DEVICE_BLOCK, -1, -1, DEVICE_MKNOD}, {1, DEVICE_CHAR, 1, 3, 7},
		{1, DEVICE_CHAR, 1, 5, 7}, {1, DEVICE_CHAR, 1, 7, 7}, {1, DEVICE_CHAR, 1, 8, 7},
		{1, DEVICE_CHAR, 1, 9, 7}, {1, DEVICE_CHAR, 5, 0, 7}, {1, DEVICE_CHAR, 5, 2, 7},
		{1, DEVICE_CHAR, 136, -1, 7}, {1, DEVICE_CHAR, 10, 200, 7}};

	for (unsigned bit = 1; bit < 8; bit <<= 1) {
		int allowed = 0;

		if (!(ask->access & bit))
			continue;
		for (size_t i = 0; i < rule_count; i++)
			if (rules[i].type == DEVICE_ALL ||
				(matches(&rules[i], ask) && (rules[i].access & bit)))
				allowed = rules[i].allow;
		for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
			if (matches(&always[i], ask) && (always[i].access & bit))
				allowed = 1;
		if (!allowed)
			return 0;
	}
	return 1;
}

static uint32_t alu(uint8_t operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_MOV:
		return b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_RSH:
		return a >> b;
	default:
		fail_msg("operation %x", operation);
		return 0;
	}
}

static int interpret(const struct bpf_insn *program, size_t length, const struct ask *ask)
{
	const struct bpf_cgroup_dev_ctx context = {
		(ask->access & DEVICE_READ ? BPF_DEVCG_ACC_READ << 16 : 0u) |
			(ask->access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE << 16 : 0u) |
			(ask->access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD << 16 : 0u) |
			(ask->type == DEVICE_CHAR ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK),
		ask->major, ask->minor};
	uint32_t r[11] = {0};
	int written = 1 << BPF_REG_1; /* registers that hold something */

	for (size_t at = 0; at < length; at++) {
		const struct bpf_insn *i = &program[at];
		uint32_t operand = i->code & BPF_X ? r[i->src_reg] : (uint32_t)i->imm;
		int class = i->code & 7, jumps;

		if (i->code == (BPF_JMP | BPF_EXIT)) {
			assert_true(written & 1);
			assert_in_range(r[0], 0, 1);
			return (int)r[0];
		}
		if (i->code == (BPF_LDX | BPF_MEM | BPF_W)) {
			assert_true(i->off >= 0 && (size_t)i->off + 4 <= sizeof(context));
			memcpy(&r[i->dst_reg], (const char *)&context + i->off, 4);
			written |= 1 << i->dst_reg;
			continue;
		}
		assert_true(!(i->code & BPF_X) || (written & 1 << i->src_reg));
		assert_true((i->code & 0xf0) == BPF_MOV || (written & 1 << i->dst_reg) ||
			class != BPF_ALU);
		if (class == BPF_ALU) {
			r[i->dst_reg] = alu(i->code & 0xf0, r[i->dst_reg], operand);
			written |= 1 << i->dst_reg;
			continue;
		}
		assert_int_equal(class, BPF_JMP32);
		assert_true((i->code & 0xf0) == BPF_JEQ || (i->code & 0xf0) == BPF_JNE);
		jumps = (r[i->dst_reg] == operand) == ((i->code & 0xf0) == BPF_JEQ);
		assert_true(i->off >= 0);
		at += jumps ? (size_t)i->off : 0;
	}
	fail_msg("the program has no end");
	return -1;
}

static uint8_t image[1 << 16] __attribute__((aligned(8)));
static size_t image_size;

static int emit(void *context, const void *bytes, size_t length)
{
	(void)context;
	assert_true(image_size + length <= sizeof(image));
	memcpy(image + image_size, bytes, length);
	image_size += length;
	return 0;
}

static void make_plan(struct plan *plan)
{
	static char pool[1 << 16];
	const char *why = "";

	plan_begin(pool, sizeof(pool));
	for (size_t i = 0; i < rule_count; i++) {
		struct plan_device_rule *rule =
			plan_add(PLAN_RECORD_device_rule, &plan_config_record()->device_rules);

		rule->allow = (uint64_t)rules[i].allow;
		rule->type = (uint64_t)rules[i].type;
		rule->major.set = rules[i].major >= 0;
		rule->major.value = rule->major.set ? (uint64_t)rules[i].major : 0;
		rule->minor.set = rules[i].minor >= 0;
		rule->minor.value = rule->minor.set ? (uint64_t)rules[i].minor : 0;
		rule->access = rules[i].access;
	}
	image_size = 0;
	assert_int_equal(plan_emit(build_id, emit, NULL), 0);
	if (plan_take(image, image_size, build_id, plan, &why))
		fail_msg("the plan of the test is none: %s", why);
}

static void say_difference(const struct ask *ask, int got)
{
	print_message("%s %u:%u access %u: the program says %d\n",
		ask->type == DEVICE_CHAR ? "char" : "block", ask->major, ask->minor, ask->access,
		got);
	for (size_t i = 0; i < rule_count; i++)
		print_message("  %s type %d %d:%d access %u\n", rules[i].allow ? "allow" : "deny",
			rules[i].type, rules[i].major, rules[i].minor, rules[i].access);
	fail();
}

static void test_model(void **state)
{
	int answers[2] = {0, 0}, empty = 0;

	(void)state;
	for (int n = 0; n < LISTS; n++) {
		const struct bpf_insn *program;
		struct plan plan;
		size_t length;

		make_rules();
		make_plan(&plan);
		length = device_program(&plan, &program);
		empty += !length;
		for (int i = 0; i < ACCESSES; i++) {
			struct ask ask = {any(2) ? DEVICE_CHAR : DEVICE_BLOCK,
				(unsigned)number() & 0x7fffffff, (unsigned)number() & 0x7fffffff,
				1 + any(7)};
			int wanted = model(&ask);
			int got = length ? interpret(program, length, &ask) : 1;

			answers[wanted]++;
			if (got != wanted)
				say_difference(&ask, got);
		}
	}
	/* The lists are such that every kind of answer was asked for often. */
	assert_true(answers[0] > LISTS && answers[1] > LISTS && empty > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
