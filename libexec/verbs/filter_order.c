/*
 * Chooses when dmz loads the filters: interprets each one to see whether it allows what dmz and hook call
 * afterwards.
 */
#include "inside.h"
#include "creation.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include "fds.h"
#include "sys.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct program_of_filter {
	const struct sock_filter *code;
	size_t length;
};

/* Jumps go forward only, so that it ends; an instruction that is not known here says no. */
static int allows(const struct program_of_filter *filter, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t i = 0; i < filter->length; i++) {
		const struct sock_filter *f = &filter->code[i];
		int is_true;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > sizeof(*data) - sizeof(a))
				return 0;
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			continue;
		case BPF_JMP | BPF_JA:
			i += f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			is_true = a == f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			is_true = a > f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			is_true = a >= f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			is_true = (a & f->k) != 0;
			break;
		case BPF_RET | BPF_K:
			return f->k == SECCOMP_RET_ALLOW || f->k == SECCOMP_RET_LOG;
		default:
			return 0;
		}
		i += is_true ? f->jt : f->jf;
	}
	return 0;
}

struct call {
	int number;
	uint64_t args[2];
};

static int allows_all(
	const struct program_of_filter *filter, const struct call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct seccomp_data data = {.nr = calls[i].number,
			.arch = SYS_AUDIT_ARCH,
			.args = {calls[i].args[0], calls[i].args[1]}};

		if (!allows(filter, &data))
			return 0;
	}
	return 1;
}

/* What dmz calls between the load and the exec: to make the process inside, and in that. */
static const struct call calls_inside[] = {{__NR_clone, {INSIDE_CLONE_FLAGS}},
	{__NR_prctl, {PR_SET_PDEATHSIG, SIGKILL}}, {__NR_prctl, {PR_SET_PDEATHSIG}},
	{__NR_read, {0}}, {__NR_setsid, {0}}, {__NR_ioctl, {0, TIOCSCTTY}}, {__NR_prlimit64, {0}}};

/* What dmz and the hooks' program call for startContainer hooks, and dmz after them. */
static const struct call calls_of_hooks[] = {
	{__NR_socketpair, {AF_UNIX, SOCK_SEQPACKET}},
	{__NR_clone, {CLONE_VM | CLONE_VFORK | SIGCHLD}},
	{__NR_capget, {0}},
	{__NR_capset, {0}},
	{__NR_execveat, {FD_HOOK}},
	{__NR_prctl, {PR_SET_DUMPABLE}},
	{__NR_set_tid_address, {0}},
	{__NR_fcntl, {FD_PLAN, F_SETFD}},
	{__NR_fstat, {FD_PLAN}},
	{__NR_close, {FD_FREE}},
	{__NR_close_range, {FD_FREE}},
	{__NR_rt_sigprocmask, {0}},
	{__NR_rt_sigaction, {SIGCHLD}},
	{__NR_rt_sigreturn, {0}},
	{__NR_mmap, {0}},
	{__NR_munmap, {0}},
	{__NR_recvmsg, {FD_CONTROL}},
	{__NR_sendmsg, {FD_CONTROL}},
	{__NR_getppid, {0}},
	{__NR_pipe2, {0}},
	{__NR_chdir, {0}},
	{__NR_setpgid, {0}},
	{__NR_waitid, {P_PID}},
	{__NR_wait4, {0}},
	{__NR_ppoll, {0}},
	{__NR_kill, {0}},
	{__NR_clock_gettime, {CLOCK_MONOTONIC}},
	{__NR_read, {0}},
	{__NR_write, {0}},
	{__NR_exit_group, {0}},
#ifdef __NR_vfork
	{__NR_vfork, {0}},
	{__NR_dup2, {0}},
	{__NR_arch_prctl, {0}},
	{__NR_poll, {0}},
#else
	{__NR_dup3, {0}},
#endif
};

uint64_t filter_order(const struct creation *c)
{
	static struct sock_filter code[BPF_MAXINSNS];
	const struct plan *plan = &c->container.plan;
	const struct plan_list list = plan->config->ready_filter;
	struct program_of_filter filters[2] = {{code, 0}, {NULL, list.count}};
	size_t count = list.count ? 2 : 1;
	int inside = 1, hooks = 1;
	const char *path;
	ssize_t n;

	/* Its listener is for all that the container's process starts. */
	if (plan->config->seccomp_flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return FILTERS_LAST;
	n = pread(c->filter_fd, code, sizeof(code), 0);
	filters[0].length = n < 0 ? 0 : (size_t)n / sizeof(code[0]);
	if (list.count)
		filters[1].code = (const struct sock_filter *)plan_num_at(plan, list, 0);
	for (size_t i = 0; i < count; i++) {
		inside &= allows_all(&filters[i], calls_inside, COUNT(calls_inside));
		hooks &= allows_all(&filters[i], calls_of_hooks, COUNT(calls_of_hooks));
	}
	if (plan->config->hooks_start_container.count && !hooks)
		return FILTERS_NOT_FOR_HOOK;
	if (plan_namespace(plan, NS_PID, &path) && path && inside)
		return FILTERS_BEFORE_INSIDE;
	return FILTERS_LAST;
}
