/*
 * Runs a command and makes one program that it starts call what that program never would, as if it
 * had been taken over: behind its confinement, by ptrace. Each CALL is a name of calls[] and its
 * arguments: numbers, s:TEXT, x:HEX (bytes), r (the result of the call before). Prints the result of
 * each, an errno by name, or "killed". The program is killed after that.
 *   helper-inject PROGRAM[:MODE] [behind CALL] [at CALL NUMBER] "CALL ARGUMENT…" … -- COMMAND…
 * PROGRAM is recognized by its file and, with MODE, by an argument; "at": before the program's call
 * of that NUMBER (from 1), counted from its seccomp filter on, or from CALL; else before the first one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "victim.h"

#ifdef __x86_64__

#define CALL(name)                                                                                 \
	{                                                                                          \
#name, __NR_##name                                                                 \
	}
static const struct {
	const char *name;
	long number;
} calls[] = {CALL(open), CALL(openat), CALL(openat2), CALL(read), CALL(write), CALL(bpf),
	CALL(ioctl), CALL(fcntl), CALL(socket), CALL(sendto), CALL(sendmsg), CALL(recvmsg),
	CALL(kill), CALL(ppoll), CALL(poll), CALL(pidfd_open), CALL(pidfd_send_signal),
	CALL(unlinkat), CALL(mkdirat), CALL(fchmodat), CALL(fchmod), CALL(fchown), CALL(fchownat),
	CALL(mmap), CALL(mprotect), CALL(prctl), CALL(execve), CALL(memfd_create), CALL(getdents64),
	CALL(linkat), CALL(symlinkat), CALL(mknodat), CALL(utimensat), CALL(setsockopt),
	CALL(getsockopt), CALL(pread64), CALL(open_tree), CALL(mount_setattr), CALL(lseek),
	CALL(close), CALL(landlock_restrict_self), CALL(capset), CALL(connect), CALL(fstatfs),
	CALL(readlink), CALL(exit_group), CALL(madvise), CALL(mremap), CALL(readlinkat),
	CALL(setresuid), CALL(newfstatat), CALL(ftruncate), CALL(chroot), CALL(flock), CALL(getpid),
	CALL(ptrace), CALL(mount), CALL(setns), CALL(clone), CALL(process_vm_writev),
	CALL(io_uring_setup), CALL(pidfd_getfd), CALL(setuid), CALL(chmod)};

static pid_t victim;
static char **first_call, **last_call;
static const char *program, *mode;
static long at = -1, at_number = 1, seen, behind = __NR_prctl;
static int confined;

static _Noreturn void stop(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	fprintf(stderr, "inject: no call %s\n", name);
	exit(2);
}

static int is_program(pid_t pid)
{
	char path[64], exe[PATH_MAX], line[4096];
	ssize_t n;
	int fd;

	if (strcmp(victim_program(pid, exe), program))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
	close(fd);
	line[n > 0 ? n : 0] = 0;
	for (char *word = line; mode && word < line + n; word += strlen(word) + 1)
		if (!strcmp(word, mode))
			return 1;
	return !mode;
}

/* Puts what the word stands for into the victim's memory at *ADDRESS where it is no number. */
static long argument(const char *word, unsigned long *address, long result)
{
	static char bytes[4096];
	size_t length = 0;
	char path[64];
	long here = (long)*address;
	int fd;

	if (!strcmp(word, "r"))
		return result;
	memset(bytes, 0, sizeof(bytes));
	if (!strncmp(word, "s:", 2))
		length = strlen(strcpy(bytes, word + 2)) + 1;
	else if (!strncmp(word, "x:", 2))
		for (const char *hex = word + 2;
			sscanf(hex, "%2hhx", (unsigned char *)bytes + length) == 1; hex += 2)
			length++;
	else
		return (long)strtoul(word, NULL, 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", victim);
	fd = open(path, O_WRONLY);
	length = (length + 127) / 128 * 128;
	if (fd < 0 || pwrite(fd, bytes, length, here) != (ssize_t)length)
		stop("write to the victim's memory");
	close(fd);
	*address += length;
	return here;
}

static void go(int *status)
{
	if (ptrace(PTRACE_SYSCALL, victim, 0, 0) < 0 || waitpid(victim, status, __WALL) < 0)
		stop("PTRACE_SYSCALL");
}

/* At the entry of a call, which becomes the one of TEXT; then at its exit. 0: the victim is dead. */
static int inject(char *text, const struct user_regs_struct *saved, long *result)
{
	struct user_regs_struct regs = *saved;
	unsigned long address = (saved->rsp - 16384) & ~63ul;
	unsigned long long *places[6] = {
		&regs.rdi, &regs.rsi, &regs.rdx, &regs.r10, &regs.r8, &regs.r9};
	char *save, *name = strtok_r(text, " ", &save), *word;
	int status;

	regs.orig_rax = (unsigned long)number_of(name);
	for (int i = 0; i < 6; i++)
		*places[i] = 0;
	for (int i = 0; i < 6 && (word = strtok_r(NULL, " ", &save)); i++)
		*places[i] = (unsigned long)argument(word, &address, *result);
	if (ptrace(PTRACE_SETREGS, victim, 0, &regs) < 0)
		stop("PTRACE_SETREGS");
	go(&status);
	if (WIFSTOPPED(status)) {
		if (ptrace(PTRACE_GETREGS, victim, 0, &regs) < 0)
			stop("PTRACE_GETREGS");
		*result = (long)regs.rax;
		/* Back to the entry of a call. What seccomp kills ends only now. */
		regs = *saved;
		regs.rip -= 2;
		regs.rax = saved->orig_rax;
		if (ptrace(PTRACE_SETREGS, victim, 0, &regs) < 0)
			stop("PTRACE_SETREGS");
		go(&status);
	}
	if (!WIFSTOPPED(status))
		printf("%s: %s\n", name,
			WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? "killed" : "ended");
	else if (*result < 0 && *result > -4096)
		printf("%s: %s\n", name, strerrorname_np((int)-*result));
	else
		printf("%s: %ld\n", name, *result);
	return WIFSTOPPED(status);
}

static void inject_all(void)
{
	struct user_regs_struct saved;
	long result = 0;

	if (ptrace(PTRACE_GETREGS, victim, 0, &saved) < 0)
		stop("PTRACE_GETREGS");
	for (char **call = first_call; call < last_call; call++)
		if (!inject(*call, &saved, &result))
			return;
	kill(victim, SIGKILL);
}

/* A stop of the victim at a call: true at the one that is waited for. */
static int is_there(void)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, victim, sizeof(info), &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	if (confined)
		return (at < 0 || (long)info.entry.nr == at) && ++seen == at_number;
	confined = (long)info.entry.nr == behind &&
		(behind != __NR_prctl || info.entry.args[0] == PR_SET_SECCOMP);
	return 0;
}

static void follow(pid_t child)
{
	int status, code = 1, done = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0, event = status >> 16;

		if (!WIFSTOPPED(status)) {
			if (pid == child)
				code = WIFEXITED(status) ? WEXITSTATUS(status)
							 : 128 + WTERMSIG(status);
			if (pid == child && !victim)
				break;
			continue;
		}
		if (event == PTRACE_EVENT_EXEC && !victim && is_program(pid))
			victim = pid;
		if (pid == victim && !done && signal == (SIGTRAP | 0x80) && is_there()) {
			inject_all();
			done = 1;
			continue;
		}
		if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
			ptrace(PTRACE_LISTEN, pid, 0, 0);
		else
			ptrace(pid == victim && !done ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0,
				event || signal == (SIGTRAP | 0x80) ? 0 : signal);
	}
	fflush(stdout);
	fprintf(stderr, "inject: the command's exit status is %d\n", code);
	exit(done ? 0 : 3);
}

int main(int argc, char **argv)
{
	int next = 2;
	char *colon;
	pid_t child;

	program = argc > 3 ? argv[1] : "";
	colon = strchr(program, ':');
	if (colon) {
		*colon = 0;
		mode = colon + 1;
	}
	if (argc > next + 2 && !strcmp(argv[next], "behind")) {
		behind = number_of(argv[next + 1]);
		next += 2;
	}
	if (argc > next + 3 && !strcmp(argv[next], "at")) {
		at = number_of(argv[next + 1]);
		at_number = strtol(argv[next + 2], NULL, 10);
		next += 3;
	}
	first_call = argv + next;
	while (next < argc && strcmp(argv[next], "--") != 0)
		next++;
	last_call = argv + next;
	if (next + 1 >= argc)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	child = victim_start(argv + next + 1, VICTIM_FOLLOW | PTRACE_O_EXITKILL);
	if (child < 0)
		stop("PTRACE_SEIZE");
	alarm(60);
	follow(child);
}

#else

int main(void)
{
	puts("no such architecture");
	return 77;
}

#endif
