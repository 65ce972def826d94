/*
 * The instructions before libseccomp's program. One section per audit architecture:
 *     is it this architecture? · is the number above the largest one named? · ENOSYS : on to the
 * filter x86_64 and x32 are one audit architecture; bit 30 of the number tells them apart.
 */
#include "filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <unistd.h>
#include "step.h"

#define X32_BIT     0x40000000u
#define SECTION_MAX 9
#define ARCHS_MAX   (SECCOMP_ARCH_COUNT + 1) /* and the native one */
#define ANSWER      (SECCOMP_RET_ERRNO | ENOSYS)

struct stub {
	size_t length;
	struct sock_filter code[1 + SECTION_MAX * ARCHS_MAX];
};

static void emit(struct stub *stub, uint16_t code, uint8_t yes, uint8_t no, uint32_t k)
{
	stub->code[stub->length++] = (struct sock_filter){code, yes, no, k};
}

/* The largest number that the profile names for ARCH, or -1. Pseudo numbers of multiplexed calls
 * are negative. */
static int64_t largest(const struct plan *plan, uint32_t arch)
{
	struct plan_list rules = plan->config->seccomp_rules;
	int64_t max = -1;

	for (uint32_t i = 0; i < rules.count; i++) {
		struct plan_list names = plan_seccomp_rule_at(plan, rules, i)->names;

		for (uint32_t n = 0; n < names.count; n++) {
			const char *name = plan_text(plan, plan_str_at(plan, names, n)->value);
			int number = name ? seccomp_syscall_resolve_name_arch(arch, name) : -1;

			if (number > max)
				max = number;
		}
	}
	return max;
}

/* Above MAX: ENOSYS; else to the end of the stub, which patch_ends fills in. */
static void emit_limit(struct stub *stub, int64_t max)
{
	if (max >= 0) {
		emit(stub, BPF_JMP | BPF_JGT | BPF_K, 0, 1, (uint32_t)max);
		emit(stub, BPF_RET | BPF_K, 0, 0, ANSWER);
	}
	emit(stub, BPF_JMP | BPF_JA, 0, 0, 0);
}

/* X32: the profile lists it; without, its numbers are above those of x86_64 like any unknown one.
 */
static void emit_section(struct stub *stub, const struct plan *plan, uint32_t arch, int x32)
{
	int64_t max = largest(plan, arch);
	size_t start = stub->length, part;

	if (max < 0 && !x32)
		return;
	emit(stub, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, arch);
	emit(stub, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	if (x32) {
		part = stub->length;
		emit(stub, BPF_JMP | BPF_JGE | BPF_K, 0, 0, X32_BIT);
		emit_limit(stub, max);
		stub->code[part].jt = (uint8_t)(stub->length - part - 1);
		max = largest(plan, SCMP_ARCH_X32);
	}
	emit_limit(stub, max);
	stub->code[start].jf = (uint8_t)(stub->length - start - 1);
}

static void patch_ends(struct stub *stub)
{
	for (size_t i = 0; i < stub->length; i++)
		if (stub->code[i].code == (BPF_JMP | BPF_JA))
			stub->code[i].k = (uint32_t)(stub->length - i - 1);
}

static int wanted(const struct plan *plan)
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

void stub_write(const struct plan *plan, int fd)
{
	int x32 = filter_lists(plan, ARCH_X32);
	uint32_t native = seccomp_arch_native();
	struct stub stub = {0};

	if (!wanted(plan))
		return;
	emit(&stub, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	emit_section(&stub, plan, native, x32 && native == SCMP_ARCH_X86_64);
	for (uint64_t arch = 0; arch < SECCOMP_ARCH_COUNT; arch++) {
		if (arch == ARCH_X32 || !filter_lists(plan, arch) || filter_arch(arch) == native)
			continue;
		emit_section(&stub, plan, filter_arch(arch), x32 && arch == ARCH_X86_64);
	}
	if (stub.length == 1)
		return;
	patch_ends(&stub);
	if (write(fd, stub.code, stub.length * sizeof(stub.code[0])) !=
		(ssize_t)(stub.length * sizeof(stub.code[0])))
		die("writing the filter:", NULL, errno);
}
