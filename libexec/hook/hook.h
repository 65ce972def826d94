/* The parts of hook: the state its hooks read, and one hook from start to end. */
#ifndef DAVIT_HOOK_H
#define DAVIT_HOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include "msg.h"
#include "plan.h"

/* What is kept of each of a hook's two outputs, for the error; the rest is read and dropped. */
#define HOOK_OUTPUT_MAX 4096

struct hook_job {
	const char *path; /* executed as it is, no search */
	char *const *argv;
	char *const *envp;
	const char *input; /* its stdin */
	size_t input_length;
	int64_t timeout;            /* seconds, -1: none */
	const struct rlimit *files; /* its limit of open files, or NULL: ours */
	const struct plan *filters; /* whose filters the hook loads (filters.h), or NULL */
};

struct hook_result {
	int err;       /* errno of starting it; then nothing else is set */
	int timed_out; /* it was killed */
	int status;    /* as wait(2) gives it */
	struct {
		size_t length;
		char bytes[HOOK_OUTPUT_MAX];
	} output[2]; /* stdout, stderr */
};

/* The files at FD_HOOK_STDOUT and FD_HOOK_STDERR, if there are any, get what hooks write. Once. */
void hook_files(void);

/* Blocks and takes the signals that hook_run waits for. Once, after priv_enter. */
void hook_signals(void);

/*
 * Runs one hook and waits until it has ended and both its outputs are closed, as runc does. When
 * the conductor goes away or a signal asks us to end, the hook's process group is killed and so
 * ends this program.
 */
void hook_run(const struct hook_job *job, struct hook_result *result);

/*
 * The state of the container in one line of JSON (runtime.md, "State"), in static memory; *length
 * without a NUL. Dies when it does not fit.
 */
const char *hook_state(const struct plan *plan, const struct msg_hooks *request, size_t *length);

#endif
