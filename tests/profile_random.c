/* See profile_make.h. */
#include "profile_make.h"

#include <inttypes.h>
#include <string.h>

#define POOL_MAX 40

uint64_t random_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
	return random_next(seed) % limit;
}

static uint64_t value(uint64_t *seed)
{
	static const uint64_t edges[] = {0, 1, 2, 0x7f, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe,
		0xffffffff, 0x100000000, 0x100000001, 0x7fffffffffffffff, 0x8000000000000000,
		0xffffffff00000000, 0xfffffffffffffffe, 0xffffffffffffffff};
	uint64_t r = random_next(seed);

	switch (r % 6) {
	case 0:
		return edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return 1ull << (r >> 8) % 64;
	case 2:
		return (r >> 8) % 8 << 32 | (r >> 40) % 8;
	case 3:
		return (uint32_t)(r >> 8);
	case 4:
		return random_next(seed);
	default:
		return (r >> 8) % 16;
	}
}

static struct profile_action action(uint64_t *seed)
{
	struct profile_action a = {&profile_actions[below(seed, 8)], 0, 0};
	uint32_t kind = a.action->value;

	a.has_data = (kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_TRACE) && below(seed, 3);
	if (a.has_data)
		a.data = (uint32_t)below(seed, kind == SECCOMP_RET_ERRNO ? 4095 : 65536);
	if (a.has_data && below(seed, 2))
		a.data = (uint32_t)below(seed, 4) * 38 % 77; /* 0, 38 and 37, to meet again */
	return a;
}

static void argument(struct profile_rule *r, uint64_t *seed)
{
	struct profile_arg *a = &r->args[r->arg_count];

	a->index = (unsigned)below(seed, 6);
	for (size_t i = 0; i < r->arg_count && below(seed, 10); i++)
		if (r->args[i].index == a->index)
			return;
	a->op = (enum profile_op)below(seed, 7);
	a->value = value(seed);
	a->two = below(seed, 2) ? value(seed) & a->value : value(seed);
	r->arg_count++;
}

/* What parse wants allowed, for no container could start under a profile that forbids it. */
static const char needed[][NAME_MAX_LEN] = {"execve", "read", "write", "capset"};

static int is_needed(const char *name)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!strcmp(needed[i], name))
			return 1;
	return 0;
}

static void name(char *to, uint64_t *seed, const enum abi *abi_list, size_t count)
{
	static const char *const few[] = {"no_such_call", "socketcall", "ipc", "socket", "semop",
		"clone3", "personality", "exit_group", "breakpoint", "send"};
	const char *found = NULL;

	if (!below(seed, 8))
		found = few[below(seed, sizeof(few) / sizeof(few[0]))];
	while (!found || is_needed(found))
		found = abi_name(below(seed, 2) ? ABI_NATIVE : abi_list[below(seed, count)],
			below(seed, 500));
	snprintf(to, NAME_MAX_LEN, "%s", found);
}

/* Few rules, or many of which most have no conditions, to stay within 4096 instructions. */
static void rule(struct profile_rule *r, uint64_t *seed, char pool[][NAME_MAX_LEN], size_t pooled,
	size_t rules)
{
	r->name_count = r->arg_count = 0;
	for (size_t n = 1 + below(seed, 4); n; n--)
		memcpy(r->names[r->name_count++], pool[below(seed, pooled)], NAME_MAX_LEN);
	if (below(seed, 2) && (rules < 40 || !below(seed, rules / 20)))
		for (size_t n = 1 + below(seed, 4); n; n--)
			argument(r, seed);
}

static void starts_programs(struct profile *p, uint64_t *seed)
{
	struct profile_rule *r = &p->rules[p->rule_count++];

	*r = (struct profile_rule){.action = {.action = &profile_actions[0]},
		.name_count = sizeof(needed) / sizeof(needed[0])};
	memcpy(r->names, needed, sizeof(needed));
	if (p->rule_count > 1 && below(seed, 2)) {
		static struct profile_rule other;

		other = p->rules[0];
		p->rules[0] = *r;
		*r = other;
	}
}

void profile_random(struct profile *p, uint64_t seed, const enum abi *abi_list, size_t count)
{
	static const size_t sizes[] = {1, 3, 8, 20, 33, 60, 200};
	size_t pooled = 2 + below(&seed, POOL_MAX - 2);
	size_t rules = 1 + below(&seed, sizes[below(&seed, sizeof(sizes) / sizeof(sizes[0]))]);
	struct profile_action usual = action(&seed);
	int one_action = below(&seed, 3) != 0;
	char pool[POOL_MAX][NAME_MAX_LEN];

	p->arch_count = p->rule_count = 0;
	p->standard = action(&seed);
	for (size_t i = 0; i < count; i++)
		if (below(&seed, 8))
			p->archs[p->arch_count++] = abi_list[i];
	for (size_t i = 0; i < pooled; i++)
		name(pool[i], &seed, abi_list, count);
	while (p->rule_count < rules) {
		struct profile_rule *r = &p->rules[p->rule_count++];

		rule(r, &seed, pool, pooled, rules);
		r->action = one_action && below(&seed, 10) ? usual : action(&seed);
	}
	starts_programs(p, &seed);
}

static void print_action(
	const char *action_name, const char *data_name, struct profile_action a, FILE *out)
{
	fprintf(out, "\"%s\":\"%s\"", action_name, a.action->word);
	if (a.has_data)
		fprintf(out, ",\"%s\":%" PRIu32, data_name, a.data);
}

static void print_rule(const struct profile_rule *r, FILE *out)
{
	fputs("{\"names\":[", out);
	for (size_t i = 0; i < r->name_count; i++)
		fprintf(out, "%s\"%s\"", i ? "," : "", r->names[i]);
	fputs("],", out);
	print_action("action", "errnoRet", r->action, out);
	fputs(",\"args\":[", out);
	for (size_t i = 0; i < r->arg_count; i++)
		fprintf(out,
			"%s{\"index\":%u,\"op\":\"%s\",\"value\":%" PRIu64 ",\"valueTwo\":%" PRIu64
			"}",
			i ? "," : "", r->args[i].index, profile_ops[r->args[i].op].word,
			r->args[i].value, r->args[i].two);
	fputs("]}", out);
}

void profile_print(const struct profile *p, FILE *out)
{
	fputc('{', out);
	print_action("defaultAction", "defaultErrnoRet", p->standard, out);
	fputs(",\"architectures\":[", out);
	for (size_t i = 0; i < p->arch_count; i++)
		fprintf(out, "%s\"%s\"", i ? "," : "", abis[p->archs[i]].arch);
	fputs("],\"syscalls\":[", out);
	for (size_t i = 0; i < p->rule_count; i++) {
		if (i)
			fputc(',', out);
		print_rule(&p->rules[i], out);
	}
	fputs("]}", out);
}

static uint64_t near(uint64_t v, uint64_t *seed)
{
	uint64_t r = random_next(seed);

	switch (r % 12) {
	case 0:
		return v + 1;
	case 1:
		return v - 1;
	case 2:
		return v ^ 1ull << (r >> 8) % 64;
	case 3:
		return (uint32_t)v;
	case 4:
		return v >> 32 | v << 32;
	case 5:
		return v + (1ull << 32);
	case 6:
		return v - (1ull << 32);
	case 7:
		return value(seed);
	default:
		return v;
	}
}

void profile_arguments(const struct profile_rule *r, uint64_t *seed, __u64 args[6])
{
	uint64_t bits = random_next(seed);

	for (size_t i = 0; i < 6; i++)
		args[i] = bits >> i & 1 ? bits * (i + 1) : bits >> (6 + 8 * i) & 0xff;
	for (size_t i = 0; r && i < r->arg_count; i++) {
		const struct profile_arg *a = &r->args[i];
		uint64_t v = a->value;

		if (a->op == CMP_MASKED_EQ)
			v = (a->two & a->value) | (bits & ~a->value);
		args[a->index] = near(v, seed);
	}
}
