/* See profile_make.h: profiles as the engines have them, which jq makes words of. */
#include "profile_make.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* linux.seccomp as lines: "default ACTION ERRNO", "arch NAME", "rule ACTION ERRNO", "name NAME",
 * "arg INDEX OP VALUE VALUETWO"; ERRNO -1 for none. */
#define WORDS                                                                                      \
	"def line($w; $a; $e): \"\\($w) \\($a) \\($e // -1)\";"                                    \
	"line(\"default\"; .defaultAction; .defaultErrnoRet),"                                     \
	"(.architectures[]? | \"arch \\(.)\"),"                                                    \
	"(.syscalls[] | line(\"rule\"; .action; .errnoRet), (.names[] | \"name \\(.)\"),"          \
	"(.args[]? | \"arg \\(.index) \\(.op) \\(.value) \\(.valueTwo // 0)\"))"

/* What an engine's own file has beside, for x86_64 and all or none of the capabilities. */
#define EXPAND                                                                                     \
	".architectures = [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"] |"          \
	".syscalls |= map(select((.includes.arches // [\"amd64\"] | index(\"amd64\")) and"         \
	"(.excludes.arches // [] | index(\"amd64\") | not) and"                                    \
	"((if $few then .includes.caps else .excludes.caps end) // [] | length == 0))) |"

static const struct profile_word *find(const struct profile_word *words, const char *text)
{
	while (words->word && strcmp(words->word, text) != 0)
		words++;
	return words->word ? words : NULL;
}

static int take_action(struct profile_action *a, const char *word, int64_t data)
{
	*a = (struct profile_action){find(profile_actions, word), data >= 0, (uint32_t)data};
	return a->action ? 0 : -1;
}

static int take_arch(struct profile *p, const char *word)
{
	enum abi abi = 0;

	while (abi < ABI_COUNT && strcmp(abis[abi].arch, word) != 0)
		abi++;
	if (abi == ABI_COUNT || p->arch_count == ARCHS_MAX)
		return -1;
	p->archs[p->arch_count++] = abi;
	return 0;
}

static int take_line(struct profile *p, const char *line)
{
	struct profile_rule *r = p->rule_count ? &p->rules[p->rule_count - 1] : NULL;
	const struct profile_word *op;
	struct profile_arg arg;
	char word[NAME_MAX_LEN];
	int64_t data;

	if (sscanf(line, "default %47s %" SCNd64, word, &data) == 2)
		return take_action(&p->standard, word, data);
	if (sscanf(line, "arch %47s", word) == 1)
		return take_arch(p, word);
	if (sscanf(line, "rule %47s %" SCNd64, word, &data) == 2 && p->rule_count < RULES_MAX) {
		r = &p->rules[p->rule_count++];
		r->name_count = r->arg_count = 0;
		return take_action(&r->action, word, data);
	}
	if (r && r->name_count < NAMES_MAX && sscanf(line, "name %47s", word) == 1) {
		memcpy(r->names[r->name_count++], word, sizeof(word));
		return 0;
	}
	if (!r || r->arg_count == ARGS_MAX ||
		sscanf(line, "arg %u %47s %" SCNu64 " %" SCNu64, &arg.index, word, &arg.value,
			&arg.two) != 4)
		return -1;
	op = find(profile_ops, word);
	arg.op = op ? (enum profile_op)op->value : CMP_EQ;
	r->args[r->arg_count++] = arg;
	return op ? 0 : -1;
}

static int take(struct profile *p, const char *command)
{
	FILE *words = popen(command, "r");
	char line[256];
	int err = words ? 0 : -1;

	p->arch_count = p->rule_count = 0;
	while (!err && fgets(line, sizeof(line), words))
		err = take_line(p, line);
	if (!words || pclose(words) || !p->rule_count)
		return -1;
	return err;
}

int profile_read(struct profile *p, const char *path)
{
	char command[2048];

	snprintf(command, sizeof(command), "jq -r '.linux.seccomp | %s' '%s'", WORDS, path);
	return take(p, command);
}

int profile_expand(struct profile *p, const char *path, int few)
{
	char command[2048];

	snprintf(command, sizeof(command), "jq -r --argjson few %s '%s %s' '%s'",
		few ? "true" : "false", EXPAND, WORDS, path);
	return take(p, command);
}
