/* See filters.h. */
#include "filters.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(struct plan_num) == sizeof(struct sock_filter), "one instruction in each");

static struct sock_filter instructions[BPF_MAXINSNS];
static struct sock_fprog program = {.filter = instructions};

int filters_read(int filter)
{
	ssize_t n = pread(filter, instructions, sizeof(instructions), 0);

	if (n <= 0 || n % (ssize_t)sizeof(instructions[0]))
		return n < 0 ? -errno : -EBADMSG;
	program.len = (unsigned short)((size_t)n / sizeof(instructions[0]));
	return 0;
}

/* 0, the listener that FLAGS ask for, or -errno. */
static int load(const struct sock_fprog *loaded, unsigned long flags)
{
	long listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, loaded);

	return listener < 0 ? -errno : (int)listener;
}

/* The kernel only reads it, from the plan. */
static int load_ready(const struct plan *plan)
{
	struct plan_list list = plan->config->ready_filter;
	const struct sock_fprog ready = {.len = (unsigned short)list.count,
		.filter = (struct sock_filter *)plan_num_at(plan, list, 0)};

	return list.count > BPF_MAXINSNS ? -E2BIG : load(&ready, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
}

static int load_profile(const struct plan *plan)
{
	unsigned long flags = plan->config->seccomp_flags;

	if (!plan->config->seccomp_has_flags)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	return load(&program, flags & ~(unsigned long)SECCOMP_FILTER_FLAG_TSYNC);
}

int filters_load(const struct plan *plan)
{
	const struct plan_config *config = plan->config;
	int result = 0, err = 0;

	if (config->ready_filter.count && config->ready_filter_first)
		err = load_ready(plan);
	if (!err && config->has_seccomp)
		result = load_profile(plan);
	if (!err && result >= 0 && config->ready_filter.count && !config->ready_filter_first)
		err = load_ready(plan);
	return err ? err : result;
}
