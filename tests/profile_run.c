/* See profile_run.h. The tests run in the top directory, beside build/. */
#include "profile_run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpf_vm.h"
#include "profile_make.h"

char profile_messages[4096];

static _Noreturn void stop(const char *why)
{
	fprintf(stderr, "# %s\n", why);
	abort();
}

static int memory_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0)
		stop("memfd_create");
	return fd;
}

#ifdef DAVIT_SANITIZE
#define PROGRAMS "build/asan"
#else
#define PROGRAMS "build/davit"
#endif

/* The exit status of a program. */
static int run_program(const char *name, int in, int out, int err)
{
	char path[64];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), PROGRAMS "/%s", name);
	if (lseek(in, 0, SEEK_SET) < 0)
		stop("lseek");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(60);
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(126);
		execl(path, name, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		stop("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void profile_own_signals(void)
{
	static const int caught[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS};

	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		signal(caught[i], SIG_DFL);
}

/* The kernel's own checker. What the child does under the filter is of no interest. */
static int kernel_takes(const struct compiled *program)
{
	struct sock_fprog filter = {
		(unsigned short)program->length, (struct sock_filter *)(uintptr_t)program->code};
	const struct rlimit none = {0, 0};
	int status;
	pid_t pid;

#ifdef DAVIT_SANITIZE /* the sanitizer's own calls are refused, too */
	return 1;
#endif
	pid = fork();
	if (!pid) {
		profile_own_signals();
		alarm(10);
		if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
			_exit(99);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		stop("fork");
	return !WIFEXITED(status) || WEXITSTATUS(status) != 99;
}

static void take_program(int fd, struct compiled *program)
{
	ssize_t got = pread(fd, program->code, sizeof(program->code), 0);
	const char *fault;

	if (got < 0 || got % (ssize_t)sizeof(program->code[0]))
		stop("the program is not a whole number of instructions");
	program->length = (size_t)got / sizeof(program->code[0]);
	fault = bpf_fault(program->code, program->length);
	if (!fault && !kernel_takes(program))
		fault = "the kernel refuses the program";
	if (fault)
		stop(fault);
}

int profile_compile_text(const char *text, struct compiled *program)
{
	int config = memory_file(), plan = memory_file(), code = memory_file(), err = memory_file();
	int status;
	ssize_t got;

	if (write(config, text, strlen(text)) != (ssize_t)strlen(text))
		stop("write");
	status = run_program("parse", config, plan, err);
	if (!status)
		status = run_program("seccomp", plan, code, err);
	got = pread(err, profile_messages, sizeof(profile_messages) - 1, 0);
	profile_messages[got > 0 ? got : 0] = '\0';
	if (status > 1) {
		fprintf(stderr, "# exit status %d: %s\n", status, profile_messages);
		stop("a program did not end by itself");
	}
	if (!status)
		take_program(code, program);
	close(config);
	close(plan);
	close(code);
	close(err);
	return status ? -1 : 0;
}

int profile_compile(const struct profile *profile, struct compiled *program)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int result;

	if (!out)
		stop("open_memstream");
	fputs(PROFILE_CONFIG_HEAD, out);
	profile_print(profile, out);
	fputs("}}", out);
	fclose(out);
	result = profile_compile_text(text, program);
	free(text);
	return result;
}

int profile_too_long(void)
{
	return strstr(profile_messages, "more than 4096 instructions") != NULL;
}

int profile_contradicts(void)
{
	return strstr(profile_messages, "error adding seccomp rule for syscall") != NULL;
}

const char *profile_file(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");
	size_t got = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (!got)
		stop(path);
	text[got] = '\0';
	fclose(file);
	return text;
}
