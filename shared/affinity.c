/* The kernel cuts a mask that is longer than its own and fills up a shorter one. */
#include "affinity.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MASK_WORDS 128 /* 8192 CPUs, the largest NR_CPUS of any kernel */

_Static_assert(sizeof(unsigned long) == sizeof(uint64_t), "the kernel's mask is made of longs");

int affinity_set(const struct plan *plan, struct plan_list cpus)
{
	static uint64_t mask[MASK_WORDS];

	for (uint32_t i = 0; i < MASK_WORDS; i++) {
		mask[i] = cpus.count ? 0 : UINT64_MAX;
		if (i < cpus.count)
			mask[i] = plan_num_at(plan, cpus, i)->value;
	}
	return syscall(__NR_sched_setaffinity, 0, sizeof(mask), mask) < 0 ? -errno : 0;
}
