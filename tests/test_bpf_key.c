/*
 * SHA-256, and what the key of a compiled seccomp program covers.
 * link: libexec/verbs/bpf_key shared/sha256 shared/plan shared/plan_names shared/plan_write
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include "../libexec/verbs/bpf_cache.h"
#include "plan_write.h"

#define BUILD "0.1.0-test"

/* --- SHA-256 --- */

static void assert_sha256(const void *data, size_t length, size_t piece, const char *expected)
{
	uint8_t digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	struct sha256 sum;

	sha256_begin(&sum);
	for (size_t i = 0; i < length; i += piece)
		sha256_add(&sum, (const char *)data + i, length - i < piece ? length - i : piece);
	sha256_end(&sum, digest);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(hex, expected);
}

/* FIPS 180-4's examples and the ends of the padding, from NIST's SHA256ShortMsg and LongMsg shapes. */
static void test_sha256_vectors(void **state)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static const char four[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
				   "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
	static char a[1000000];

	(void)state;
	memset(a, 'a', sizeof(a));
	assert_sha256("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sha256(
		"abc", 3, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sha256(
		"\xbd", 1, 1, "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
	assert_sha256("\xc9\x8c\x8e\x55", 4, 1,
		"7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504");
	assert_sha256(two, strlen(two), 7,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_sha256(four, strlen(four), 200,
		"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	for (size_t piece = 61; piece < sizeof(a); piece = piece * 31 + 7)
		assert_sha256(a, sizeof(a), piece,
			"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* 55, 56, 63, 64, 65 bytes: where the length no longer fits into the block, and around its end. */
static void test_sha256_padding(void **state)
{
	static const struct {
		size_t length;
		const char *digest;
	} zeros[] = {
		{55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
		{56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
		{63, "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971"},
		{64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
		{65, "98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7"},
	};
	static const char block[65];

	(void)state;
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		assert_sha256(block, zeros[i].length, 10, zeros[i].digest);
}

/* --- The key --- */

#define NAMES 3

struct profile {
	uint64_t standard;
	struct plan_opt_u64 standard_errno;
	uint64_t archs[4], arch_count, has_flags, flags;
	struct {
		const char *names[NAMES];
		uint64_t action;
		struct plan_opt_u64 errno_ret;
		struct plan_seccomp_arg args[2];
		size_t arg_count;
	} rules[3];
	size_t rule_count;
};

static const struct profile base = {
	.standard = ACT_ERRNO,
	.standard_errno = {1, 38},
	.archs = {ARCH_X86_64, ARCH_X86},
	.arch_count = 2,
	.has_flags = 1,
	.flags = SECCOMP_FILTER_FLAG_LOG,
	.rules = {{.names = {"get", "cwd"}, .action = ACT_ALLOW},
		{.names = {"personality"},
			.action = ACT_ALLOW,
			.args = {{0, 8, 0, OP_EQ}, {1, 1, 2, OP_MASKED_EQ}},
			.arg_count = 2},
		{.names = {"mkdir"}, .action = ACT_ERRNO, .errno_ret = {1, 5}}},
	.rule_count = 3,
};

static _Alignas(8) uint8_t image[1 << 16];
static size_t image_size;
static struct plan plan;

static int collect(void *context, const void *bytes, size_t length)
{
	(void)context;
	if (length > sizeof(image) - image_size)
		return -E2BIG;
	memcpy(image + image_size, bytes, length);
	image_size += length;
	return 0;
}

static void add_rules(const struct profile *p, struct plan_config *config)
{
	for (size_t i = 0; i < p->rule_count; i++)
		(void)plan_add(PLAN_RECORD_seccomp_rule, &config->seccomp_rules);
	for (uint32_t i = 0; i < p->rule_count; i++) {
		struct plan_seccomp_rule *rule =
			plan_added(PLAN_RECORD_seccomp_rule, config->seccomp_rules, i);

		rule->action = p->rules[i].action;
		rule->errno_ret = p->rules[i].errno_ret;
		for (size_t n = 0; n < NAMES && p->rules[i].names[n]; n++) {
			struct plan_str *name = plan_add(PLAN_RECORD_str, &rule->names);

			name->value = plan_put(p->rules[i].names[n]);
		}
		for (size_t n = 0; n < p->rules[i].arg_count; n++) {
			struct plan_seccomp_arg *arg =
				plan_add(PLAN_RECORD_seccomp_arg, &rule->args);

			*arg = p->rules[i].args[n];
		}
	}
}

/* A plan with the profile P, as parse would write it; NOISE goes into fields of other sections. */
static void make_plan(const struct profile *p, const char *noise)
{
	static char pool[1 << 20];
	struct plan_config *config;
	const char *why = NULL;

	plan_begin(pool, sizeof(pool));
	config = plan_config_record();
	config->id = plan_put(noise);
	config->hostname = plan_put(noise);
	if (noise) {
		struct plan_str *env = plan_add(PLAN_RECORD_str, &config->env);

		env->value = plan_put(noise);
		config->uid = 7;
	}
	config->has_seccomp = 1;
	config->seccomp_default = p->standard;
	config->seccomp_default_errno = p->standard_errno;
	for (size_t i = 0; i < p->arch_count; i++) {
		struct plan_num *arch = plan_add(PLAN_RECORD_num, &config->seccomp_archs);

		arch->value = p->archs[i];
	}
	config->seccomp_has_flags = p->has_flags;
	config->seccomp_flags = p->flags;
	add_rules(p, config);
	image_size = 0;
	assert_int_equal(plan_emit(BUILD, collect, NULL), 0);
	assert_int_equal(plan_take(image, image_size, BUILD, &plan, &why), 0);
}

static void key_of(const struct profile *p, const char *noise, uint8_t *key)
{
	make_plan(p, noise);
	bpf_key(&plan, BUILD, key);
}

static void swap_rules(struct profile *p, size_t a, size_t b)
{
	__typeof__(p->rules[0]) rule = p->rules[a];

	p->rules[a] = p->rules[b];
	p->rules[b] = rule;
}

static void clear_conditions(struct profile *p)
{
	memset(p->rules[1].args, 0, sizeof(p->rules[1].args));
	p->rules[1].arg_count = 0;
}

/* clang-format off */
#define ONE_FIELD(name, ...)                                                                    \
	static void name(struct profile *p)                                                        \
	{                                                                                          \
		__VA_ARGS__;                                                                            \
	}
ONE_FIELD(default_action, p->standard = ACT_KILL_PROCESS)
ONE_FIELD(default_errno, p->standard_errno.value = 39)
ONE_FIELD(default_errno_zero, p->standard_errno.value = 0)
ONE_FIELD(default_errno_absent, p->standard_errno = (struct plan_opt_u64){0})
ONE_FIELD(abi, p->archs[1] = ARCH_X32)
ONE_FIELD(abi_order, p->archs[0] = ARCH_X86; p->archs[1] = ARCH_X86_64)
ONE_FIELD(abi_less, p->arch_count = 1)
ONE_FIELD(flag, p->flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW)
ONE_FIELD(no_flags, p->flags = 0)
ONE_FIELD(flags_absent, p->flags = 0; p->has_flags = 0)
ONE_FIELD(joined_names, p->rules[0].names[0] = "getcwd"; p->rules[0].names[1] = NULL)
ONE_FIELD(name_boundary, p->rules[0].names[0] = "getc"; p->rules[0].names[1] = "wd")
ONE_FIELD(name_order, p->rules[0].names[0] = "cwd"; p->rules[0].names[1] = "get")
ONE_FIELD(name_empty, p->rules[0].names[2] = "")
ONE_FIELD(name_twice, p->rules[0].names[2] = "cwd")
ONE_FIELD(name_in_other_rule, p->rules[0].names[1] = NULL; p->rules[1].names[0] = "cwd";
	  p->rules[1].names[1] = "personality")
ONE_FIELD(rule_action, p->rules[0].action = ACT_LOG)
ONE_FIELD(rule_errno, p->rules[2].errno_ret.value = 6)
ONE_FIELD(rule_errno_absent, p->rules[2].errno_ret = (struct plan_opt_u64){0})
ONE_FIELD(rule_errno_of_other, p->rules[1].errno_ret.set = 1)
ONE_FIELD(argument, p->rules[1].args[0].index = 2)
ONE_FIELD(operator, p->rules[1].args[0].op = OP_NE)
ONE_FIELD(value, p->rules[1].args[0].value = 9)
ONE_FIELD(value_high, p->rules[1].args[0].value |= UINT64_C(1) << 32)
ONE_FIELD(value_two, p->rules[1].args[1].value_two = 3)
ONE_FIELD(value_two_high, p->rules[1].args[1].value_two |= UINT64_C(1) << 63)
ONE_FIELD(condition_less, p->rules[1].arg_count = 1)
ONE_FIELD(no_conditions, clear_conditions(p))
ONE_FIELD(rule_order, swap_rules(p, 1, 2))
ONE_FIELD(rule_less, p->rule_count = 2)
ONE_FIELD(no_rules, p->rule_count = 0)

/* clang-format on */

static void (*const variants[])(struct profile *) = {default_action, default_errno,
	default_errno_zero, default_errno_absent, abi, abi_order, abi_less, flag, no_flags,
	flags_absent, joined_names, name_boundary, name_order, name_empty, name_twice,
	name_in_other_rule, rule_action, rule_errno, rule_errno_absent, rule_errno_of_other,
	argument, operator, value, value_high, value_two, value_two_high, condition_less,
	no_conditions, rule_order, rule_less, no_rules};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static void test_one_field_makes_another_key(void **state)
{
	uint8_t keys[VARIANTS + 1][BPF_KEY_SIZE];

	(void)state;
	key_of(&base, NULL, keys[VARIANTS]);
	for (size_t i = 0; i < VARIANTS; i++) {
		struct profile p = base;

		variants[i](&p);
		key_of(&p, NULL, keys[i]);
	}
	for (size_t i = 0; i <= VARIANTS; i++)
		for (size_t n = 0; n < i; n++)
			if (!memcmp(keys[i], keys[n], BPF_KEY_SIZE))
				fail_msg("variants %zu and %zu have one key", n, i);
}

static void test_equal_profiles_share_a_key(void **state)
{
	uint8_t key[BPF_KEY_SIZE], again[BPF_KEY_SIZE];

	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		struct profile p = base;

		variants[i](&p);
		key_of(&p, NULL, key);
		key_of(&p, "another container", again);
		assert_memory_equal(key, again, BPF_KEY_SIZE);
	}
}

/* What would be the end of one list must not pass for the beginning of what follows it. */
static void test_lists_have_an_end(void **state)
{
	const struct profile longer = {.standard = ACT_ALLOW,
		.archs = {2, 1, 3, ACT_ERRNO},
		.arch_count = 4,
		.has_flags = 1,
		.flags = 5};
	const struct profile shorter = {.standard = ACT_ALLOW,
		.archs = {2},
		.arch_count = 1,
		.has_flags = 1,
		.flags = 3,
		.rules = {{.action = ACT_ERRNO, .errno_ret = {1, 5}}},
		.rule_count = 1};
	uint8_t one[BPF_KEY_SIZE], other[BPF_KEY_SIZE];

	(void)state;
	key_of(&longer, NULL, one);
	key_of(&shorter, NULL, other);
	assert_memory_not_equal(one, other, BPF_KEY_SIZE);
}

static void test_another_build_has_another_key(void **state)
{
	uint8_t key[BPF_KEY_SIZE], other[BPF_KEY_SIZE];

	(void)state;
	make_plan(&base, NULL);
	bpf_key(&plan, BUILD, key);
	bpf_key(&plan, BUILD "2", other);
	assert_memory_not_equal(key, other, BPF_KEY_SIZE);
}

/* A value of KIND other than that at AT, which plan_check accepts. */
static void change_field(const struct plan_field *field, uint8_t *at)
{
	uint32_t pair[2];
	uint64_t words[2] = {1, 1};

	switch (field->kind) {
	case PLAN_STR: /* any that is there */
		memcpy(pair, at, sizeof(pair));
		pair[0] = pair[0] ? 0 : 1;
		pair[1] = pair[0] ? (uint32_t)strlen((char *)image + plan.header->strings + 1) : 0;
		memcpy(at, pair, sizeof(pair));
		break;
	case PLAN_LIST:
		memcpy(pair, at, sizeof(pair));
		pair[0] = 0;
		pair[1] = pair[1] ? pair[1] - 1 : plan.header->sections[field->limit].count > 0;
		memcpy(at, pair, sizeof(pair));
		break;
	case PLAN_OPT_U64:
	case PLAN_OPT_I64:
	case PLAN_OPT_ID:
		memcpy(words, at, sizeof(words));
		words[0] = 1;
		words[1]++;
		memcpy(at, words, sizeof(words));
		break;
	default:
		*at ^= 1;
	}
}

/* Each field of the config record, also those that plan.def will get: in the key by its name, or not. */
static void test_fields_named_seccomp_are_in_the_key(void **state)
{
	const struct plan_type *type = &plan_types[PLAN_RECORD_config];
	uint8_t key[BPF_KEY_SIZE], changed[BPF_KEY_SIZE];
	size_t offset = 0, in = 0;
	const char *why = NULL;

	(void)state;
	key_of(&base, NULL, key);
	for (uint32_t f = 0; f < type->field_count; f++) {
		const struct plan_field *field = &plan_fields[type->first_field + f];
		const char *name = plan_field_names[PLAN_RECORD_config][f];
		int wanted = !strncmp(name, "seccomp_", 8);

		make_plan(&base, NULL);
		change_field(
			field, image + plan.header->sections[PLAN_RECORD_config].offset + offset);
		assert_int_equal(plan_take(image, image_size, BUILD, &plan, &why), 0);
		bpf_key(&plan, BUILD, changed);
		if ((memcmp(key, changed, BPF_KEY_SIZE) != 0) != wanted)
			fail_msg("%s: %s in the key", name, wanted ? "not" : "is");
		in += (size_t)wanted;
		offset += plan_field_size(field->kind);
	}
	assert_true(in >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256_vectors),
		cmocka_unit_test(test_sha256_padding),
		cmocka_unit_test(test_one_field_makes_another_key),
		cmocka_unit_test(test_equal_profiles_share_a_key),
		cmocka_unit_test(test_lists_have_an_end),
		cmocka_unit_test(test_another_build_has_another_key),
		cmocka_unit_test(test_fields_named_seccomp_are_in_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
