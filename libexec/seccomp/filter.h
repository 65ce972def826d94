/* From the seccomp section of a plan to a BPF program (struct sock_filter, as prctl(2)
 * PR_SET_SECCOMP takes it). */
#ifndef DAVIT_SECCOMP_FILTER_H
#define DAVIT_SECCOMP_FILTER_H

#include <seccomp.h>
#include "plan.h"

/* BPF_MAXINSNS: the kernel refuses a longer program. */
#define INSTRUCTIONS_MAX 4096

/* An empty filter with the plan's default action and architectures, or death. */
scmp_filter_ctx filter_new(const struct plan *plan);

/* Adds every rule of the plan; dies when libseccomp refuses one. */
void filter_add_rules(const struct plan *plan, scmp_filter_ctx filter);

/* libseccomp's token of an entry of config.seccomp_archs; dies when this libseccomp does not know
 * it. */
uint32_t filter_arch(uint64_t arch);

/*
 * Writes to FD the instructions that stand before libseccomp's program: a system call newer than
 * every one that the profile names answers ENOSYS, so that a C library falls back instead of seeing
 * EPERM. Nothing when the default action lets calls through. Dies when FD cannot be written.
 */
void stub_write(const struct plan *plan, int fd);

#endif
