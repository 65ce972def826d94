/*
 * The container's filter of system calls. It is loaded by the very last step, so that a profile has
 * to allow hardly more than what the user's program needs: of what follows, main.c has the list.
 */
#include "dmz.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "step.h"

static struct sock_filter instructions[4096];
static struct sock_fprog program = {.filter = instructions};

void read_filter(int filter)
{
	ssize_t n = pread(filter, instructions, sizeof(instructions), 0);

	if (n <= 0 || n % (ssize_t)sizeof(instructions[0]))
		die("seccomp program:", NULL, n < 0 ? errno : EBADMSG);
	close(filter);
	program.len = (unsigned short)((size_t)n / sizeof(instructions[0]));
}

int install_filter(const struct plan *plan)
{
	unsigned long flags = plan->config->seccomp_flags;
	long listener;

	if (!plan->config->has_seccomp)
		return -1;
	if (!plan->config->seccomp_has_flags)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	flags &= ~(unsigned long)SECCOMP_FILTER_FLAG_TSYNC;
	listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (listener < 0)
		die("unable to init seccomp:", "error loading seccomp filter", errno);
	drop_rest();
	return flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? (int)listener : -1;
}
