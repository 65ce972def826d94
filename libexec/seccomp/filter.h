/* From the seccomp section of a plan to a BPF program (struct sock_filter, as prctl(2)
 * PR_SET_SECCOMP takes it). */
#ifndef DAVIT_SECCOMP_FILTER_H
#define DAVIT_SECCOMP_FILTER_H

#include <seccomp.h>
#include "plan.h"

#define CONDITIONS_MAX 6

/* A rule for one call: ACTION when all conditions hold. */
struct clause {
	const char *name; /* the plan's */
	int number;       /* libseccomp's for the native architecture, negative where it has none */
	int apart;        /* ours, not libseccomp's */
	uint32_t action;
	uint32_t count;
	struct scmp_arg_cmp conditions[CONDITIONS_MAX];
};

/* x86_64 and x32 are one audit architecture; this bit of the number tells them apart. */
#define X32_BIT 0x40000000u

/* What a part of the program is for. */
struct abi {
	uint32_t token; /* libseccomp's */
	uint32_t audit; /* the kernel's architecture */
	int split;      /* what stands before has told x86_64 and x32 apart */
	const char *word;
};

/* Reads the rules of the plan, once for all ABIs. */
void filter_start(const struct plan *plan);

/* Looks up the numbers of all calls for ABI. The largest, or -1: pseudo numbers of multiplexed calls are
 * negative. */
int filter_resolve(const struct abi *abi);

/* Appends libseccomp's program for ABI, which was resolved last; dies when it refuses a rule. */
void filter_emit(const struct plan *plan, const struct abi *abi);

/* The action of a rule; 0 when it is the default's, and the rule none. */
int filter_rule_action(
	const struct plan *plan, const struct plan_seccomp_rule *rule, uint32_t *action);

/* libseccomp's token of an entry of config.seccomp_archs; dies when this libseccomp does not know
 * it. */
uint32_t filter_arch(uint64_t arch);

/* Whether the profile lists ARCH. */
int filter_lists(const struct plan *plan, uint64_t arch);

/* Remembers RULE's conditions for the call that CLAUSE names. */
void clauses_take(
	const struct plan *plan, const struct plan_seccomp_rule *rule, struct clause clause);

/* Says which are apart, once all were taken, and forgets those that are moot. */
void clauses_sort_out(const struct plan *plan);

/* The I-th in the order of the profile, or NULL. */
const struct clause *clauses_at(size_t i);

/* Whether NAME is one of those that ARCH has behind socketcall(2) or ipc(2). */
int clauses_multiplexed(uint32_t arch, const char *name);

/* Whether a rule without conditions answers for NAME. */
int clauses_moot(const struct plan *plan, const char *name);

/* Appends the rules that are apart for ARCH. The number has been loaded before, and is behind. */
void apart_emit(const struct plan *plan, uint32_t arch);

/* Makes the whole program of PLAN. */
void sections_emit(const struct plan *plan);

#endif
