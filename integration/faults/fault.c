/*
 * Runs a command and fails one system call of one program that it starts.
 *   helper-fault list FILE -- COMMAND…                         what there is to fail, one "PROGRAM CALL N" a line
 *   helper-fault hit FILE PROGRAM CALL N WHAT -- COMMAND…      FILE says "hit" if that was reached, and "ended" last
 * CALL is a number; N counts, from 1, the calls of that number in PROGRAM: the file that a process runs, with "+I" for the
 * I-th child that it makes and "#I" for the I-th process that became this program. Only davit's own programs count.
 * WHAT is an errno, which the call returns without being made; or KILL, TERM (the signal before the call); or STOP or STOP:MS
 * (stopped before the call and continued after so many milliseconds). In place of the call write(2) is made to descriptor -1,
 * which every filter of davit permits, so that seccomp sees nothing. The exit status is the command's.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "../lib/victim.h"

#ifdef __x86_64__

#define CALLS     512
#define NAME      64
#define PROCESSES 128

struct process {
	pid_t pid;
	int children, ours, known, waits, failing;
	char name[NAME];
	unsigned short calls[CALLS];
};

static struct process processes[PROCESSES];
static struct {
	char name[NAME];
	int count;
} programs[PROCESSES];
static FILE *out;
static const char *wanted;
static unsigned long wanted_call, wanted_number;
static int error, hit_signal, hit;
static long continue_after = -1;
static volatile pid_t stopped;

static _Noreturn void stop(const char *what)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(125);
}

static struct process *process_of(pid_t pid)
{
	struct process *free = NULL;

	for (struct process *p = processes; p < processes + PROCESSES; p++) {
		if (p->pid == pid)
			return p;
		free = p->pid || free ? free : p;
	}
	if (!free)
		stop("more processes than expected");
	memset(free, 0, sizeof(*free));
	free->pid = pid;
	return free;
}

static void became(struct process *process)
{
	char exe[PATH_MAX];
	const char *name = victim_program(process->pid, exe);
	size_t i = 0;

	/* build/davit/NAME, bin/runc, or a sealed memfd. */
	process->ours = strstr(exe, "/davit/") || strstr(exe, "/memfd:") || !strcmp(name, "runc");
	while (programs[i].count && strcmp(programs[i].name, name) != 0)
		i++;
	snprintf(programs[i].name, NAME, "%.32s", name);
	programs[i].count++;
	snprintf(process->name, NAME, programs[i].count > 1 ? "%.32s#%d" : "%.32s", name,
		programs[i].count);
	memset(process->calls, 0, sizeof(process->calls));
	process->children = 0;
}

/* A new process may be seen before its parent says that it has made one: then it waits for its name. */
static void made(struct process *parent)
{
	unsigned long pid;
	struct process *child;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) < 0)
		return;
	child = process_of((pid_t)pid);
	child->known = 1;
	child->ours = parent->ours;
	snprintf(child->name, NAME, "%.48s+%d", parent->name, ++parent->children);
	if (child->waits)
		ptrace(child->ours ? PTRACE_SYSCALL : PTRACE_CONT, child->pid, 0, 0);
}

static void go_on(int signal)
{
	(void)signal;
	if (stopped)
		kill(stopped, SIGCONT);
}

static void fail_call(struct process *process)
{
	struct user_regs_struct regs;

	fputs("hit\n", out);
	fflush(out);
	hit = 1;
	if (error) {
		if (ptrace(PTRACE_GETREGS, process->pid, 0, &regs) < 0)
			return;
		regs.orig_rax = __NR_write;
		regs.rdi = (unsigned long)-1;
		process->failing = ptrace(PTRACE_SETREGS, process->pid, 0, &regs) == 0;
		return;
	}
	kill(process->pid, hit_signal);
	if (continue_after > 0) {
		struct itimerval timer = {
			.it_value = {continue_after / 1000, continue_after % 1000 * 1000}};

		stopped = process->pid;
		setitimer(ITIMER_REAL, &timer, NULL);
	}
}

static void at_call(struct process *process)
{
	struct __ptrace_syscall_info info;
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) < 0)
		return;
	if (process->failing && info.op == PTRACE_SYSCALL_INFO_EXIT) {
		process->failing = 0;
		if (!ptrace(PTRACE_GETREGS, process->pid, 0, &regs)) {
			regs.rax = (unsigned long)-error;
			ptrace(PTRACE_SETREGS, process->pid, 0, &regs);
		}
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr >= CALLS)
		return;
	process->calls[info.entry.nr]++;
	if (!wanted)
		fprintf(out, "%s %lu %d\n", process->name, (unsigned long)info.entry.nr,
			process->calls[info.entry.nr]);
	else if (!hit && info.entry.nr == wanted_call &&
		process->calls[info.entry.nr] == wanted_number && !strcmp(process->name, wanted))
		fail_call(process);
}

static void stopped_at(pid_t pid, int status)
{
	struct process *process = process_of(pid);
	int signal = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC)
		became(process);
	else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		event == PTRACE_EVENT_CLONE)
		made(process);
	else if (!event && signal == (SIGTRAP | 0x80))
		at_call(process);
	if (event == PTRACE_EVENT_EXEC && !process->ours) {
		/* The user's program, or one of the machine. */
		ptrace(PTRACE_DETACH, pid, 0, 0);
		process->pid = 0;
	} else if (!process->known && event == PTRACE_EVENT_STOP && signal == SIGTRAP) {
		process->waits = 1;
	} else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	} else {
		ptrace(process->ours ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0,
			event || signal == (SIGTRAP | 0x80) ? 0 : signal);
	}
}

/* What goes on after the command, such as a container, is let go of by our exit. */
static int follow(pid_t child)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			stop("waitpid");
		if (WIFSTOPPED(status)) {
			stopped_at(pid, status);
			continue;
		}
		process_of(pid)->pid = 0;
		if (pid == child && stopped)
			kill(stopped, SIGCONT);
		if (pid == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static unsigned long number(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (*word && !*end)
		return n;
	fprintf(stderr, "fault: which number is %s?\n", word);
	exit(125);
}

static void choose_fault(const char *what)
{
	if (!strcmp(what, "KILL") || !strcmp(what, "TERM")) {
		hit_signal = *what == 'K' ? SIGKILL : SIGTERM;
		return;
	}
	if (!strcmp(what, "STOP") || !strncmp(what, "STOP:", 5)) {
		hit_signal = SIGSTOP;
		continue_after = what[4] ? (long)number(what + 5) : -1;
		return;
	}
	for (error = 1; error < 200; error++)
		if (strerrorname_np(error) && !strcmp(strerrorname_np(error), what))
			return;
	fprintf(stderr, "fault: what is %s?\n", what);
	exit(125);
}

int main(int argc, char **argv)
{
	int next = argc > 1 && !strcmp(argv[1], "hit") ? 7 : 3;
	struct sigaction action = {.sa_handler = go_on};
	pid_t child;

	if (argc < next + 2 || strcmp(argv[next], "--") != 0) {
		fputs("fault: wrong arguments\n", stderr);
		return 125;
	}
	if (next == 7) {
		wanted = argv[3];
		wanted_call = number(argv[4]);
		wanted_number = number(argv[5]);
		choose_fault(argv[6]);
	}
	out = fopen(argv[2], "we");
	if (!out || sigaction(SIGALRM, &action, NULL) < 0)
		stop(argv[2]);
	child = victim_start(argv + next + 1, VICTIM_FOLLOW);
	if (child < 0)
		stop("PTRACE_SEIZE");
	process_of(child)->known = 1;
	next = follow(child);
	if (wanted)
		fputs("ended\n", out);
	if (fclose(out) != 0)
		stop(argv[2]);
	return next;
}

#else

int main(void)
{
	puts("no such architecture");
	return 77;
}

#endif
