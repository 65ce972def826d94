/*
 * A container that joins a pid namespace: dmz, which is outside, makes the process that is inside
 * when there is nothing left but to start the program. Here that one becomes the container's first.
 */
#include "inside.h"
#include "creation.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

/* What dmz calls between the load and the exec: to make the process inside, and in that. */
static int allows_all(const struct program_of_filter *filter)
{
	static const struct {
		int number;
		uint64_t args[2];
	} calls[] = {{__NR_clone, {INSIDE_CLONE_FLAGS}}, {__NR_prctl, {PR_SET_PDEATHSIG, SIGKILL}},
		{__NR_prctl, {PR_SET_PDEATHSIG}}, {__NR_read, {0}}, {__NR_setsid, {0}},
		{__NR_ioctl, {0, TIOCSCTTY}}, {__NR_prlimit64, {0}}};

	for (size_t i = 0; i < COUNT(calls); i++) {
		const struct seccomp_data data = {.nr = calls[i].number,
			.arch = SYS_AUDIT_ARCH,
			.args = {calls[i].args[0], calls[i].args[1]}};

		if (!allows(filter, &data))
			return 0;
	}
	return 1;
}

uint64_t inside_loads_first(const struct creation *c)
{
	static struct sock_filter code[BPF_MAXINSNS];
	const struct plan *plan = &c->container.plan;
	const struct plan_list list = plan->config->ready_filter;
	struct program_of_filter profile = {code, 0}, ready = {NULL, list.count};
	const char *path;
	ssize_t n;

	if (!plan_namespace(plan, NS_PID, &path) || !path ||
		(plan->config->seccomp_flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return 0;
	n = pread(c->filter_fd, code, sizeof(code), 0);
	profile.length = n < 0 ? 0 : (size_t)n / sizeof(code[0]);
	if (ready.length)
		ready.code = (const struct sock_filter *)plan_num_at(plan, list, 0);
	return allows_all(&profile) && (!ready.length || allows_all(&ready));
}

/* A child of ours that no step is: whoever has taken over dmz could name any process. */
static int is_made_by_dmz(const struct creation *c, uint64_t pid)
{
	siginfo_t info;

	if (!pid || pid > INT32_MAX || pid == c->container.journal.init.pid ||
		pid == (uint64_t)c->poststop.pid)
		return 0;
	for (size_t i = 0; i < STEP_COUNT; i++)
		if (pid == (uint64_t)c->steps[i].pid)
			return 0;
	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
}

int inside_take(struct creation *c, uint64_t pid)
{
	struct journal_init record = {.pid = pid};
	int pidfd, err;

	if (!is_made_by_dmz(c, pid))
		return creation_error(c, "protocol error: dmz", 0);
	pidfd = sys_pidfd_open((int)pid, 0);
	if (pidfd < 0)
		return creation_error(c, "pidfd_open", errno);
	/* The one that has made it has nothing left to do. */
	if (!creation_kill_first(c)) {
		close(pidfd);
		return creation_error(c, "unable to start container process: dmz did not end", 0);
	}
	close(c->init_pidfd);
	c->init_pidfd = pidfd;
	err = state_start_time(pid, &record.start_time, NULL);
	c->container.journal.init = record;
	c->steps[STEP_LINE].pid = (pid_t)pid;
	if (!err)
		err = journal_append(c->journal_fd, JOURNAL_INIT, &record, sizeof(record));
	if (err)
		return creation_state_error(c, "journal", err);
	return step_tell(&c->steps[STEP_LINE], MSG_INSIDE, NULL, 0, -1, c->line, sizeof(c->line));
}
