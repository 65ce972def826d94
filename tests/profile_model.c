/* See profile_model.h. */
#include "profile_model.h"

#include <errno.h>
#include <linux/ipc.h>
#include <linux/net.h>
#include <stdlib.h>
#include <string.h>

#define X32_BIT 0x40000000u

const struct profile_word profile_actions[] = {{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO}, {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD}, {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE}, {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP}, {NULL, 0}};

const struct profile_word profile_ops[] = {{"SCMP_CMP_NE", CMP_NE}, {"SCMP_CMP_LT", CMP_LT},
	{"SCMP_CMP_LE", CMP_LE}, {"SCMP_CMP_EQ", CMP_EQ}, {"SCMP_CMP_GE", CMP_GE},
	{"SCMP_CMP_GT", CMP_GT}, {"SCMP_CMP_MASKED_EQ", CMP_MASKED_EQ}, {NULL, 0}};

/* One rule for one number; RULE only for those who ask for arguments that it looks at. */
struct clause {
	uint32_t number;
	uint32_t order;
	uint32_t word;
	int shared; /* the number is that of other calls, too */
	size_t arg_count;
	struct profile_arg args[ARGS_MAX];
	const struct profile_rule *rule;
};

struct table {
	int listed;
	int64_t newest;
	size_t count, room;
	struct clause *clauses; /* by number, then as in the profile */
};

struct model {
	uint32_t standard;
	int stub;
	struct table tables[ABI_COUNT];
};

static uint32_t word_of(struct profile_action a)
{
	uint32_t word = a.action->value;

	if (word == SECCOMP_RET_ERRNO || word == SECCOMP_RET_TRACE)
		word |= a.has_data ? a.data & SECCOMP_RET_DATA : EPERM;
	return word;
}

/* The first argument of socketcall(2) or ipc(2), by which a kernel without the call of its own knows
 * it. */
static uint64_t selector(const char *name, const char **through)
{
	static const struct {
		const char *name;
		const char *through;
		uint64_t number;
	} calls[] = {
		{"socket", "socketcall", SYS_SOCKET},
		{"bind", "socketcall", SYS_BIND},
		{"connect", "socketcall", SYS_CONNECT},
		{"listen", "socketcall", SYS_LISTEN},
		{"accept", "socketcall", SYS_ACCEPT},
		{"getsockname", "socketcall", SYS_GETSOCKNAME},
		{"getpeername", "socketcall", SYS_GETPEERNAME},
		{"socketpair", "socketcall", SYS_SOCKETPAIR},
		{"send", "socketcall", SYS_SEND},
		{"recv", "socketcall", SYS_RECV},
		{"sendto", "socketcall", SYS_SENDTO},
		{"recvfrom", "socketcall", SYS_RECVFROM},
		{"shutdown", "socketcall", SYS_SHUTDOWN},
		{"setsockopt", "socketcall", SYS_SETSOCKOPT},
		{"getsockopt", "socketcall", SYS_GETSOCKOPT},
		{"sendmsg", "socketcall", SYS_SENDMSG},
		{"recvmsg", "socketcall", SYS_RECVMSG},
		{"accept4", "socketcall", SYS_ACCEPT4},
		{"recvmmsg", "socketcall", SYS_RECVMMSG},
		{"sendmmsg", "socketcall", SYS_SENDMMSG},
		{"semop", "ipc", SEMOP},
		{"semget", "ipc", SEMGET},
		{"semctl", "ipc", SEMCTL},
		{"semtimedop", "ipc", SEMTIMEDOP},
		{"msgsnd", "ipc", MSGSND},
		{"msgrcv", "ipc", MSGRCV},
		{"msgget", "ipc", MSGGET},
		{"msgctl", "ipc", MSGCTL},
		{"shmat", "ipc", SHMAT},
		{"shmdt", "ipc", SHMDT},
		{"shmget", "ipc", SHMGET},
		{"shmctl", "ipc", SHMCTL},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name)) {
			*through = calls[i].through;
			return calls[i].number;
		}
	return 0;
}

/* Without the conditions that every value meets. */
static void add_clause(struct table *t, int wide, struct clause c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c.arg_count; i++) {
		uint64_t mask = wide ? c.args[i].value : (uint32_t)c.args[i].value;

		if (c.args[i].op != CMP_MASKED_EQ || mask)
			c.args[kept++] = c.args[i];
	}
	c.arg_count = kept;
	c.order = (uint32_t)t->count;
	if (t->count == t->room) {
		t->room = t->room * 2 + 64;
		t->clauses = realloc(t->clauses, t->room * sizeof(c));
		if (!t->clauses)
			abort();
	}
	t->clauses[t->count++] = c;
}

/* The kernel sees no argument of the call but which it is; conditions on the others look at
 * pointers and are as useless as with every runtime, but they are there. */
static void add_multiplexed(
	struct table *t, enum abi abi, struct clause c, const char *through, uint64_t which)
{
	size_t kept = 1;
	struct clause m = c;

	m.args[0] = (struct profile_arg){0, CMP_EQ, which, 0};
	for (size_t i = 0; i < c.arg_count; i++)
		if (c.args[i].index)
			m.args[kept++] = c.args[i];
	m.arg_count = kept;
	m.shared = 1;
	m.number = (uint32_t)abi_number(abi, through);
	add_clause(t, abis[abi].wide, m);
}

static void add_call(struct table *t, enum abi abi, const char *name, struct clause c)
{
	const char *through = NULL;
	uint64_t which = abis[abi].multiplexes ? selector(name, &through) : 0;
	int64_t number = abi_number(abi, name);

	if (through)
		add_multiplexed(t, abi, c, through, which);
	if (number < 0)
		return;
	c.number = (uint32_t)number;
	add_clause(t, abis[abi].wide, c);
}

static int same_index_twice(const struct profile_rule *r)
{
	unsigned seen = 0;

	for (size_t i = 0; i < r->arg_count; i++) {
		if (seen & 1u << r->args[i].index)
			return 1;
		seen |= 1u << r->args[i].index;
	}
	return 0;
}

static void add_rule(struct table *t, enum abi abi, const struct profile_rule *r)
{
	struct clause c = {.word = word_of(r->action), .rule = r};

	for (size_t n = 0; n < r->name_count; n++) {
		if (!same_index_twice(r)) {
			c.arg_count = r->arg_count;
			memcpy(c.args, r->args, sizeof(c.args));
			add_call(t, abi, r->names[n], c);
			continue;
		}
		for (size_t i = 0; i < r->arg_count; i++) {
			c.arg_count = 1;
			c.args[0] = r->args[i];
			add_call(t, abi, r->names[n], c);
		}
	}
}

/* Of all names, also those of rules that say what the default says. A multiplexed name has no number
 * of its own for the -ENOSYS answer (runc asks libseccomp, which answers with a pseudo number). */
static void note_newest(struct table *t, enum abi abi, const struct profile_rule *r)
{
	for (size_t n = 0; n < r->name_count; n++) {
		const char *through = NULL;
		int64_t number = abi_number(abi, r->names[n]);

		if (abis[abi].multiplexes)
			selector(r->names[n], &through);
		if (!through && number > t->newest)
			t->newest = number;
	}
}

static int by_number(const void *a, const void *b)
{
	const struct clause *one = a, *two = b;

	if (one->number != two->number)
		return one->number < two->number ? -1 : 1;
	return one->order < two->order ? -1 : 1;
}

struct model *model_of(const struct profile *profile)
{
	struct model *m = calloc(1, sizeof(*m));
	uint32_t kind = profile->standard.action->value;

	if (!m)
		abort();
	m->standard = word_of(profile->standard);
	m->stub = kind != SECCOMP_RET_ALLOW && kind != SECCOMP_RET_LOG && kind != SECCOMP_RET_TRACE;
	m->tables[ABI_NATIVE].listed = 1;
	for (size_t i = 0; i < profile->arch_count; i++)
		m->tables[profile->archs[i]].listed = 1;
	for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
		struct table *t = &m->tables[abi];

		t->newest = -1;
		for (size_t i = 0; t->listed && i < profile->rule_count; i++) {
			note_newest(t, abi, &profile->rules[i]);
			if (word_of(profile->rules[i].action) != m->standard)
				add_rule(t, abi, &profile->rules[i]);
		}
		if (t->count)
			qsort(t->clauses, t->count, sizeof(struct clause), by_number);
	}
	return m;
}

void model_free(struct model *m)
{
	for (enum abi abi = 0; abi < ABI_COUNT; abi++)
		free(m->tables[abi].clauses);
	free(m);
}

static int holds(const struct profile_arg *arg, uint64_t given, int wide)
{
	uint64_t width = wide ? UINT64_MAX : UINT32_MAX;
	uint64_t a = given & width, value = arg->value & width;

	switch (arg->op) {
	case CMP_NE:
		return a != value;
	case CMP_LT:
		return a < value;
	case CMP_LE:
		return a <= value;
	case CMP_EQ:
		return a == value;
	case CMP_GE:
		return a >= value;
	case CMP_GT:
		return a > value;
	case CMP_MASKED_EQ:
		return (a & value) == (arg->two & value);
	}
	abort();
}

static int matches(const struct clause *c, const struct seccomp_data *data, int wide)
{
	for (size_t i = 0; i < c->arg_count; i++)
		if (!holds(&c->args[i], data->args[c->args[i].index], wide))
			return 0;
	return 1;
}

static size_t first_of(const struct table *t, uint32_t number)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (t->clauses[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first rule that holds for every value, those before that were written so. */
static const struct clause *whole_answer(const struct clause *from, const struct clause *end)
{
	const struct clause *found = NULL;

	for (const struct clause *c = from; c < end; c++)
		if (!c->arg_count && (!found || (found->rule->arg_count && !c->rule->arg_count)))
			found = c;
	return found;
}

/* A rule without condition is the whole answer; else the first that matches, or of those that share a
 * number, any. */
static int clauses_accept(const struct model *m, enum abi abi, const struct seccomp_data *data,
	uint32_t word, uint32_t *wanted)
{
	const struct table *t = &m->tables[abi];
	size_t first = first_of(t, (uint32_t)data->nr), end = first, matching = 0, accepting = 0;
	const struct clause *whole;
	int shared = 0;

	while (end < t->count && t->clauses[end].number == (uint32_t)data->nr)
		end++;
	whole = whole_answer(t->clauses + first, t->clauses + end);
	if (whole) {
		*wanted = whole->word;
		return word == *wanted;
	}
	for (size_t i = first; i < end; i++)
		shared |= t->clauses[i].shared;
	for (size_t i = first; i < end; i++) {
		if (!matches(&t->clauses[i], data, abis[abi].wide))
			continue;
		if (!matching++)
			*wanted = t->clauses[i].word;
		accepting += t->clauses[i].word == word && (shared || matching == 1);
	}
	if (!matching)
		*wanted = m->standard;
	return matching ? accepting > 0 : word == m->standard;
}

int model_accepts(
	const struct model *m, const struct seccomp_data *data, uint32_t word, uint32_t *wanted)
{
	uint32_t number = (uint32_t)data->nr;
	enum abi abi = 0;

	while (abi < ABI_COUNT && (!m->tables[abi].listed || abis[abi].audit != data->arch))
		abi++;
	if (abi == ABI_X86_64 && m->tables[ABI_X32].listed && number >= X32_BIT)
		abi = ABI_X32;
	*wanted = SECCOMP_RET_KILL_THREAD; /* an architecture that is not in the profile */
	if (abi == ABI_COUNT)
		return word == *wanted;
	if (m->stub && m->tables[abi].newest >= 0 && number > m->tables[abi].newest) {
		*wanted = SECCOMP_RET_ERRNO | ENOSYS;
		return word == *wanted;
	}
	/* -1 is what a tracer leaves to skip a call: no architecture's (seccomp(2)). */
	if (abi == ABI_X86_64 && number >= X32_BIT && number != UINT32_MAX)
		return word == *wanted;
	return clauses_accept(m, abi, data, word, wanted);
}

int model_contradicts(const struct model *m)
{
	for (enum abi abi = 0; abi < ABI_COUNT; abi++)
		for (size_t i = 1; i < m->tables[abi].count; i++) {
			const struct clause *one = &m->tables[abi].clauses[i - 1], *two = one + 1;

			if (one->number == two->number && one->word != two->word)
				return 1;
		}
	return 0;
}

int64_t model_pick(
	const struct model *m, enum abi abi, uint64_t random, const struct profile_rule **rule)
{
	const struct table *t = &m->tables[abi];
	const struct clause *c = t->count ? &t->clauses[random % t->count] : NULL;

	*rule = c ? c->rule : NULL;
	return c ? (int64_t)c->number : -1;
}

int64_t model_newest(const struct model *m, enum abi abi)
{
	return m->tables[abi].newest;
}
