/*
 * The whole program: a section for each architecture, one after the other, the machine's own first.
 *     is it this one? · is the number above the largest one named? · ENOSYS : the rules that are
 *     apart · libseccomp's program : on to the next section
 * Behind the last one an architecture that is not in the profile kills the thread. The section of
 * x86_64 has two such parts when x32 is listed. libseccomp makes a program for each alone, because its
 * time grows with the square of what is in one.
 */
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include "program.h"

/* A system call newer than every one that the profile names answers ENOSYS, so that a C library falls
 * back instead of seeing EPERM. */
static int hides_newer(const struct plan *plan)
{
	switch ((enum seccomp_action)plan->config->seccomp_default) {
	case ACT_ALLOW:
	case ACT_LOG:
	case ACT_TRACE:
		return 0;
	default:
		return 1;
	}
}

static void emit_body(const struct plan *plan, const struct abi *abi)
{
	int max = filter_resolve(abi);

	if (max >= 0 && hides_newer(plan)) {
		test(BPF_JGT, (uint32_t)max, 0, 1);
		emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	}
	apart_emit(plan, abi->token);
	filter_emit(plan, abi);
}

static void emit_section(const struct plan *plan, uint32_t token, const char *word)
{
	int split = token == SCMP_ARCH_X86_64 && filter_lists(plan, ARCH_X32);
	uint32_t audit = token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token;
	size_t other_audit, x32 = 0;

	load_word(offsetof(struct seccomp_data, arch));
	test(BPF_JEQ, audit, 1, 0);
	other_audit = jump();
	load_word(offsetof(struct seccomp_data, nr));
	if (split) {
		test(BPF_JGE, X32_BIT, 0, 1);
		x32 = jump();
	}
	emit_body(plan, &(struct abi){token, audit, split, word});
	if (split) {
		jump_here(x32);
		emit_body(plan, &(struct abi){SCMP_ARCH_X32, audit, split, "SCMP_ARCH_X32"});
	}
	jump_here(other_audit);
}

/* One that is listed and not in another's section. */
static int has_section(const struct plan *plan, uint64_t arch)
{
	uint32_t native = seccomp_arch_native();

	if (!filter_lists(plan, arch) || filter_arch(arch) == native)
		return 0;
	return arch != ARCH_X32 || (native != SCMP_ARCH_X86_64 && !filter_lists(plan, ARCH_X86_64));
}

void sections_emit(const struct plan *plan)
{
	emit_section(plan, seccomp_arch_native(), "the machine's own");
	for (uint64_t arch = 0; arch < SECCOMP_ARCH_COUNT; arch++)
		if (has_section(plan, arch))
			emit_section(plan, filter_arch(arch), seccomp_archs[arch].word);
	emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_THREAD);
}
