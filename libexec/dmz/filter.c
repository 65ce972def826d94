/*
 * The container's filters of system calls: that of the profile, and one that config.json gives ready-made.
 * The kernel takes the stricter answer. They are loaded by the very last step, so that they have to allow
 * hardly more than what the user's program needs: of what follows, main.c has the list.
 */
#include "dmz.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "step.h"

_Static_assert(sizeof(struct plan_num) == sizeof(struct sock_filter), "one instruction in each");

static struct sock_filter instructions[BPF_MAXINSNS];
static struct sock_fprog program = {.filter = instructions};

void read_filter(int filter)
{
	ssize_t n = pread(filter, instructions, sizeof(instructions), 0);

	if (n <= 0 || n % (ssize_t)sizeof(instructions[0]))
		die("seccomp program:", NULL, n < 0 ? errno : EBADMSG);
	close(filter);
	program.len = (unsigned short)((size_t)n / sizeof(instructions[0]));
}

static int load(const struct sock_fprog *loaded, unsigned long flags, const char *error)
{
	long listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, loaded);

	if (listener < 0)
		die("unable to init seccomp: error loading seccomp filter:", error, errno);
	return flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? (int)listener : -1;
}

/* The kernel only reads it, from the plan. */
static void load_ready(const struct plan *plan)
{
	struct plan_list list = plan->config->ready_filter;
	const struct sock_fprog ready = {.len = (unsigned short)list.count,
		.filter = (struct sock_filter *)plan_num_at(plan, list, 0)};

	if (list.count > BPF_MAXINSNS)
		die("unable to init seccomp: error loading seccomp filter:", NULL, E2BIG);
	(void)load(&ready, SECCOMP_FILTER_FLAG_SPEC_ALLOW, NULL);
}

/* A profile that comes second need not allow what loads it: then the ready-made filter has to. */
static int load_profile(const struct plan *plan)
{
	unsigned long flags = plan->config->seccomp_flags;

	if (!plan->config->seccomp_has_flags)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	flags &= ~(unsigned long)SECCOMP_FILTER_FLAG_TSYNC;
	return load(&program, flags,
		plan->config->ready_filter_first
			? "neither linux.seccomp nor run.oci.seccomp_bpf_data allows seccomp(2)"
			: NULL);
}

int install_filters(const struct plan *plan)
{
	int has_ready = plan->config->ready_filter.count != 0, listener = -1;

	if (has_ready && plan->config->ready_filter_first)
		load_ready(plan);
	if (plan->config->has_seccomp)
		listener = load_profile(plan);
	if (has_ready && !plan->config->ready_filter_first)
		load_ready(plan);
	if (plan_has_filter(plan->config))
		drop_rest();
	return listener;
}
