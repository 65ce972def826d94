/* From the seccomp section of a plan to a BPF program (struct sock_filter, as prctl(2)
 * PR_SET_SECCOMP takes it). */
#ifndef DAVIT_SECCOMP_FILTER_H
#define DAVIT_SECCOMP_FILTER_H

#include <seccomp.h>
#include "plan.h"

/* BPF_MAXINSNS: the kernel refuses a longer program. */
#define INSTRUCTIONS_MAX 4096
#define TOO_LONG         "the seccomp profile makes more than 4096 instructions"
#define CONDITIONS_MAX   6

/* A rule for one call: ACTION when all conditions hold. */
struct clause {
	const char *name; /* the plan's */
	int number;       /* libseccomp's for the native architecture, negative where it has none */
	int apart;        /* ours, not libseccomp's */
	uint32_t action;
	uint32_t count;
	struct scmp_arg_cmp conditions[CONDITIONS_MAX];
};

/* An empty filter with the plan's default action and architectures, or death. */
scmp_filter_ctx filter_new(const struct plan *plan);

/* Writes the ready-made program of the plan to FD, or death. */
void filter_copy(const struct plan *plan, int fd);

/* Adds every rule of the plan that libseccomp gets; dies when it refuses one. */
void filter_add_rules(const struct plan *plan, scmp_filter_ctx filter);

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

/*
 * Writes to FD the instructions that stand before libseccomp's program: a system call newer than
 * every one that the profile names answers ENOSYS, so that a C library falls back instead of seeing
 * EPERM. Nothing when the default action lets calls through. Dies when FD cannot be written.
 */
void stub_write(const struct plan *plan, int fd);

/* Writes to FD what comes between the two: the rules that are apart, in the order of the profile. */
void apart_write(const struct plan *plan, int fd);

#endif
