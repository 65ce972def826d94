/* See profile_model.h: system call numbers, from the tables of the libseccomp that is installed. */
#include "profile_model.h"

#include <dlfcn.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 600
#define ARM_BASE    0xf0000
#define ARM_NUMBERS 8

#ifndef AUDIT_ARCH_I386
#error "the audit architectures are missing"
#endif

const struct abi_info abis[ABI_COUNT] = {
	[ABI_X86_64] = {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, 0, 1, 0},
	[ABI_X86] = {"SCMP_ARCH_X86", AUDIT_ARCH_I386, AUDIT_ARCH_I386, 0, 0, 1},
	[ABI_X32] = {"SCMP_ARCH_X32", AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64 & ~__AUDIT_ARCH_64BIT,
		0x40000000, 0, 0},
	[ABI_AARCH64] = {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0, 1, 0},
	[ABI_ARM] = {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM, AUDIT_ARCH_ARM, 0, 0, 0},
};

struct entry {
	char *name;
	uint32_t number;
};

static struct entry tables[ABI_COUNT][NUMBERS_MAX + ARM_NUMBERS];
static size_t counts[ABI_COUNT];

static char *(*name_of)(uint32_t arch, int number);

static void take(enum abi abi, uint32_t number)
{
	char *name = name_of(abis[abi].token, (int)number);

	if (name)
		tables[abi][counts[abi]++] = (struct entry){name, number};
}

static int by_name(const void *a, const void *b)
{
	const struct entry *one = a, *two = b;

	return strcmp(one->name, two->name);
}

int abi_start(void)
{
	void *library = dlopen("libseccomp.so.2", RTLD_NOW);

	if (library)
		*(void **)&name_of = dlsym(library, "seccomp_syscall_resolve_num_arch");
	if (!name_of)
		return -1;
	for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
		for (uint32_t i = 0; i < NUMBERS_MAX; i++)
			take(abi, i | abis[abi].bit);
		for (uint32_t i = 0; abi == ABI_ARM && i < ARM_NUMBERS; i++)
			take(abi, ARM_BASE + i);
		qsort(tables[abi], counts[abi], sizeof(struct entry), by_name);
	}
	return 0;
}

int64_t abi_number(enum abi abi, const char *name)
{
	struct entry key = {(char *)(uintptr_t)name, 0};
	const struct entry *e =
		bsearch(&key, tables[abi], counts[abi], sizeof(struct entry), by_name);

	return e ? (int64_t)e->number : -1;
}

const char *abi_name(enum abi abi, size_t i)
{
	return i < counts[abi] ? tables[abi][i].name : NULL;
}
