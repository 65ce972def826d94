/*
 * peep FILE COMMAND…: runs it and looks, when each of its processes has executed a program and whenever
 * one makes a system call, whether a stranger may look into that process: uid 0 with the
 * capabilities that engines give containers, or one with the process's own ids and hardly any. Writes "NAME: call N" for
 * each that may be to FILE, once. What is no program of davit is left alone. The status is the command's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIDS_MAX (1 << 22)

/* CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT
 * MKNOD AUDIT_WRITE SETFCAP */
static const unsigned container_caps = 0xa80425fb;

static char *names[PIDS_MAX]; /* of davit's programs that run; else NULL */
static int strangers[2];
static FILE *out;

static void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(125);
}

/* The uid of PID; its gid is the same in all programs of davit that change their ids. */
static uid_t uid_of(int pid)
{
	char path[64], text[4096], *line;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	line = strstr(text, "\nUid:");
	return line ? (uid_t)strtoul(line + 5, NULL, 10) : 0;
}

static _Noreturn void stranger(int fd, int same_ids)
{
	const unsigned caps = same_ids ? 1u << CAP_SETUID | 1u << CAP_SETGID : container_caps;
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{caps, caps, 0}};
	char path[64];
	int pid, mem;

	check(!syscall(SYS_capset, &header, data), "capset");
	while (read(fd, &pid, sizeof(pid)) == sizeof(pid)) {
		uid_t id = same_ids ? uid_of(pid) : 0;

		setfsgid(id);
		setfsuid(id);
		snprintf(path, sizeof(path), "/proc/%d/mem", pid);
		mem = open(path, O_RDONLY);
		if (mem >= 0)
			close(mem);
		setfsuid(0);
		if (write(fd, &mem, sizeof(mem)) != sizeof(mem))
			break;
	}
	_exit(0);
}

static void start_strangers(void)
{
	for (int i = 0; i < 2; i++) {
		int pair[2];

		check(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
		if (!fork()) {
			close(pair[0]);
			stranger(pair[1], i);
		}
		close(pair[1]);
		strangers[i] = pair[0];
	}
}

static void look(pid_t pid, long call)
{
	static char seen[4096][48];
	static size_t count;
	char line[48];

	for (int i = 0; i < 2; i++) {
		int answer = -1;

		check(write(strangers[i], &pid, sizeof(pid)) == sizeof(pid) &&
				read(strangers[i], &answer, sizeof(answer)) == sizeof(answer),
			"a stranger");
		if (answer < 0)
			continue;
		snprintf(line, sizeof(line), call < 0 ? "%s: executed" : "%s: call %ld", names[pid],
			call);
		for (size_t n = 0; n < count; n++)
			if (!strcmp(seen[n], line))
				return;
		if (count < 4096)
			strcpy(seen[count++], line);
		fprintf(out, "%s (stranger %d)\n", line, i);
		return;
	}
}

/* The name of davit's program that PID runs: a file of the installation, or a memfd. */
static char *program_of(pid_t pid)
{
	char path[64], target[4096];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return NULL;
	target[n] = 0;
	target[strcspn(target, " ")] = 0;
	slash = strrchr(target, '/');
	if (!strncmp(target, "/memfd:", 7) || strstr(target, "/davit/") || !strcmp(slash, "/runc"))
		return strdup(strncmp(target, "/memfd:", 7) ? slash + 1 : target + 7);
	return NULL;
}

static void go_on(pid_t pid, int event, int signal_number)
{
	int stopped = event == PTRACE_EVENT_STOP &&
		(signal_number == SIGSTOP || signal_number == SIGTSTP || signal_number == SIGTTIN ||
			signal_number == SIGTTOU);

	if (stopped)
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	else
		ptrace(PTRACE_SYSCALL, pid, 0,
			event || (signal_number & 0x80) ? 0 : (void *)(long)signal_number);
}

static void take_stop(pid_t pid, int status)
{
	int event = status >> 16;
	struct __ptrace_syscall_info info;

	if (event == PTRACE_EVENT_EXEC || !names[pid]) {
		names[pid] = program_of(pid);
		if (!names[pid] && event == PTRACE_EVENT_EXEC) {
			ptrace(PTRACE_DETACH, pid, 0, 0);
			return;
		}
	}
	if (names[pid] && event == PTRACE_EVENT_EXEC)
		look(pid, -1);
	else if (names[pid] && !event && WSTOPSIG(status) == (SIGTRAP | 0x80) &&
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
		info.op == PTRACE_SYSCALL_INFO_ENTRY)
		look(pid, (long)info.entry.nr);
	go_on(pid, event, WSTOPSIG(status));
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	int gate[2], status;
	pid_t main_pid, pid;
	char byte;

	if (argc < 3)
		return 125;
	out = fopen(argv[1], "we");
	check(out != NULL, argv[1]);
	setvbuf(out, NULL, _IOLBF, 0);
	start_strangers();
	check(!pipe2(gate, O_CLOEXEC), "pipe");
	main_pid = fork();
	if (!main_pid) {
		close(gate[1]);
		check(read(gate[0], &byte, 1) == 0, "the gate");
		close(strangers[0]);
		close(strangers[1]);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	check(!ptrace(PTRACE_SEIZE, main_pid, 0, options), "ptrace");
	close(gate[1]);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (WIFSTOPPED(status))
			take_stop(pid, status);
		else if (pid == main_pid)
			break;
		else
			names[pid] = NULL;
	}
	fputs("looked\n", out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
