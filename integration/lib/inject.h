/* System calls of a process that is traced: what it may open with its own rights, from its own root. */
#ifndef DAVIT_TEST_INJECT_H
#define DAVIT_TEST_INJECT_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

/* Waits at most two seconds; a process that does not stop in that time stays traced. */
static int stopped(pid_t pid, int *status)
{
	time_t end = time(NULL) + 2;

	while (time(NULL) <= end) {
		pid_t got = waitpid(pid, status, __WALL | WNOHANG);

		if (got)
			return got == pid && WIFSTOPPED(*status);
		sched_yield();
	}
	return 0;
}

#ifdef __x86_64__
/* OLD are the registers of a stopped process whose next instruction is a system call. */
static long remote(pid_t pid, const struct user_regs_struct *old, long call, unsigned long a,
	unsigned long b, unsigned long c, unsigned long d)
{
	struct user_regs_struct regs = *old;
	int status;

	regs.orig_rax = -1UL;
	regs.rax = (unsigned long)call;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = d;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0)
		return -ESRCH;
	/* Other stops may come before the step, such as that of SIGSTOP. */
	for (int i = 0; i < 4 && regs.rip == old->rip; i++)
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0 || !stopped(pid, &status) ||
			ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
			return -ESRCH;
	if (regs.rip != old->rip + 2)
		return -ESRCH;
	return (long)regs.rax;
}

/* Makes a stopped process open PATH and leaves it as it was; 0 or -errno. */
static long remote_open(pid_t pid, const char *path, int flags)
{
	struct user_regs_struct old;
	unsigned long words[32] = {0}, saved[32], at, code;
	long fd;

	if (strlen(path) >= sizeof(words) || ptrace(PTRACE_GETREGS, pid, 0, &old) < 0)
		return -ESRCH;
	memcpy(words, path, strlen(path));
	at = (old.rsp - 1024) & ~15UL;
	errno = 0;
	for (size_t i = 0; i < 32; i++) {
		saved[i] = (unsigned long)ptrace(PTRACE_PEEKDATA, pid, at + i * 8, 0);
		ptrace(PTRACE_POKEDATA, pid, at + i * 8, words[i]);
	}
	code = (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, old.rip, 0);
	ptrace(PTRACE_POKETEXT, pid, old.rip, (code & ~0xffffUL) | 0x050f);
	fd = errno ? -ESRCH
		   : remote(pid, &old, SYS_openat, (unsigned long)AT_FDCWD, at,
			     (unsigned long)flags, 0600);
	if (fd >= 0)
		remote(pid, &old, SYS_close, (unsigned long)fd, 0, 0, 0);
	for (size_t i = 0; i < 32; i++)
		ptrace(PTRACE_POKEDATA, pid, at + i * 8, saved[i]);
	ptrace(PTRACE_POKETEXT, pid, old.rip, code);
	ptrace(PTRACE_SETREGS, pid, 0, &old);
	return fd < 0 ? fd : 0;
}
#else
static long remote_open(pid_t pid, const char *path, int flags)
{
	(void)pid;
	(void)path;
	(void)flags;
	return -ENOSYS;
}
#endif

#endif
