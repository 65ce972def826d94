/*
 * What a seccomp profile says, for tests of the programs made from it: config-linux.md, "Seccomp", as
 * runc reads it and the manual of libseccomp describes it. Nothing of libexec/seccomp is used.
 */
#ifndef DAVIT_PROFILE_MODEL_H
#define DAVIT_PROFILE_MODEL_H

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_MAX     8
#define RULES_MAX    256
#define NAMES_MAX    600
#define ARCHS_MAX    6
#define NAME_MAX_LEN 48

struct profile_word {
	const char *word;
	uint32_t value;
};

/* SCMP_ACT_… and the return word of seccomp(2), SCMP_CMP_… and enum profile_op; ended by NULL. */
extern const struct profile_word profile_actions[], profile_ops[];
enum profile_op { CMP_NE, CMP_LT, CMP_LE, CMP_EQ, CMP_GE, CMP_GT, CMP_MASKED_EQ };

struct profile_arg {
	unsigned index;
	enum profile_op op;
	uint64_t value;
	uint64_t two;
};

struct profile_action {
	const struct profile_word *action;
	int has_data; /* errnoRet */
	uint32_t data;
};

struct profile_rule {
	struct profile_action action;
	size_t name_count, arg_count;
	char names[NAMES_MAX][NAME_MAX_LEN];
	struct profile_arg args[ARGS_MAX];
};

enum abi { ABI_X86_64, ABI_X86, ABI_X32, ABI_AARCH64, ABI_ARM, ABI_COUNT };
#define ABI_NATIVE ABI_X86_64

struct profile {
	struct profile_action standard;
	size_t arch_count, rule_count;
	enum abi archs[ARCHS_MAX];
	struct profile_rule rules[RULES_MAX];
};

struct abi_info {
	const char *arch; /* SCMP_ARCH_… */
	uint32_t audit;   /* seccomp_data.arch */
	uint32_t token;   /* libseccomp's, which only its tables of names need */
	uint32_t bit;     /* set in every number */
	int wide;         /* arguments are compared with 64 bits, else with the lower 32 */
	int multiplexes;  /* socketcall(2) and ipc(2) exist */
};
extern const struct abi_info abis[ABI_COUNT];

/* Reads the tables of names; -1 where there is no libseccomp to ask. */
int abi_start(void);

/* The number of NAME, or -1; the name of the I-th call that there is, or NULL. */
int64_t abi_number(enum abi abi, const char *name);
const char *abi_name(enum abi abi, size_t i);

/* The model of PROFILE, which must stay; model_free frees it. */
struct model *model_of(const struct profile *profile);
void model_free(struct model *model);

/* Whether WORD is what the profile answers; *WANTED is. The specification gives no order of rules of one
 * call: the first that matches counts, but one without conditions before those with. Where x86 has
 * several calls behind one number (socketcall, ipc), any that matches may count. */
int model_accepts(const struct model *model, const struct seccomp_data *data, uint32_t word,
	uint32_t *wanted);

/* Whether some number has rules with conditions and different actions, of which libseccomp refuses
 * some. */
int model_contradicts(const struct model *model);

/* A number that the model has a rule for on ABI, or -1; a rule of it for *RULE (NULL: of none). */
int64_t model_pick(
	const struct model *model, enum abi abi, uint64_t random, const struct profile_rule **rule);

/* The largest number that the profile names, -1 for none. */
int64_t model_newest(const struct model *model, enum abi abi);

#endif
