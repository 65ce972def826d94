/*
 * Nobody may look into a program of davit that could not look into its caller as well: a process
 * that gives up capabilities or changes its ids may be traced by whoever has as many, unless it is
 * not dumpable (ptrace(2), "Ptrace access mode checking"). A container may have more than most of
 * our programs keep.
 */
#ifndef DAVIT_UNDUMPABLE_H
#define DAVIT_UNDUMPABLE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The first statement of every program, because execve(2) undoes it, and to be repeated when ids or
 * capabilities have changed. 0 or -errno. */
static inline int undumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno : 0;
}

/*
 * Executes IMAGE, of seal_program, which is never dumpable then, not even before its first
 * statement: the kernel sees to that for a program that the process may not read (would_dump in
 * fs/exec.c), and without effective capabilities root may not read a file of mode 0111. What the
 * new program gets is derived from the other sets (capabilities(7)). Returns -errno.
 */
static inline int undumpable_exec(int image, char *const *argv, char *const *environment)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[0].effective = data[1].effective = 0;
	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	syscall(SYS_execveat, image, "", argv, environment, AT_EMPTY_PATH);
	return -errno;
}

#endif
