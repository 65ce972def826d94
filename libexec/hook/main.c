/*
 * hook: runs the hooks of one kind, one after the other, with the caller's own privileges, because
 * that is what hooks expect. A conductor keeps one for the whole creation; rootfs and dmz start
 * another inside the container.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fds.h"
#include "filters.h"
#include "hook.h"
#include "priv_table.h"
#include "state.h"
#include "step.h"
#include "text.h"

#define POINTERS_MAX 32768
/* A message carries 1 KiB: this much of each output fits beside the words. */
#define SHOWN_MAX 480

extern char **environ;

static const struct msg_rule rules[] = {
	{MSG_HOOKS, 0, sizeof(struct msg_hooks), 0, PROGRAM_COUNT},
};

/* LIST as execve(2) wants it. */
static char **pointers(const struct plan *plan, struct plan_list list, char **vector)
{
	if (list.count >= POINTERS_MAX)
		die("a hook has too many arguments or variables", NULL, E2BIG);
	for (uint32_t i = 0; i < list.count; i++) {
		const char *s = plan_text(plan, plan_str_at(plan, list, i)->value);

		vector[i] = (char *)(s ? s : "");
	}
	vector[list.count] = NULL;
	return vector;
}

static struct plan_list hooks_of(const struct plan *plan, uint32_t kind)
{
	const struct plan_config *config = plan->config;

	switch ((enum hook_kind)kind) {
	case HOOK_PRESTART:
		return config->hooks_prestart;
	case HOOK_CREATE_RUNTIME:
		return config->hooks_create_runtime;
	case HOOK_CREATE_CONTAINER:
		return config->hooks_create_container;
	case HOOK_START_CONTAINER:
		return config->hooks_start_container;
	case HOOK_POSTSTART:
		return config->hooks_poststart;
	case HOOK_POSTSTOP:
		return config->hooks_poststop;
	case HOOK_COUNT:
		break;
	}
	die("unknown kind of hook", NULL, EPROTO);
}

static int inside(uint32_t kind)
{
	return kind == HOOK_CREATE_CONTAINER || kind == HOOK_START_CONTAINER;
}

/* Without env: ours on the host, which is the runtime's, and in startContainer (also when env is empty),
 * which dmz gives us for that; else none. */
static char **environment(const struct plan *plan, uint32_t kind, const struct plan_hook *hook)
{
	static char *vector[POINTERS_MAX];

	if (kind == HOOK_START_CONTAINER ? !hook->env.count : !hook->has_env && !inside(kind))
		return environ;
	return pointers(plan, hook->env, vector);
}

static char **arguments(const struct plan *plan, const struct plan_hook *hook, const char *path)
{
	static char *vector[POINTERS_MAX];

	if (hook->args.count)
		return pointers(plan, hook->args, vector);
	vector[0] = (char *)path;
	vector[1] = NULL;
	return vector;
}

/* How Go names the way a process ended, which callers look for. */
static void add_status(struct text *t, int status)
{
	static const char *const signals[] = {NULL, "hangup", "interrupt", "quit",
		"illegal instruction", "trace/breakpoint trap", "aborted", "bus error",
		"floating point exception", "killed", "user defined signal 1", "segmentation fault",
		"user defined signal 2", "broken pipe", "alarm clock", "terminated"};
	int number = WTERMSIG(status);

	if (!WIFSIGNALED(status)) {
		text_add(t, "exit status ");
		text_add_u64(t, (uint64_t)WEXITSTATUS(status));
		return;
	}
	text_add(t, "signal: ");
	if ((size_t)number < sizeof(signals) / sizeof(signals[0])) {
		text_add(t, signals[number]);
	} else {
		text_add(t, "signal ");
		text_add_u64(t, (uint64_t)number);
		text_add(t, number == SIGSYS ? " (bad system call)" : "");
	}
	if (WCOREDUMP(status))
		text_add(t, " (core dumped)");
}

/* The end of a line and a NUL would end the message or its line for a reader. */
static void add_output(struct text *t, const char *name, const char *bytes, size_t length)
{
	size_t end = length < SHOWN_MAX ? length : SHOWN_MAX;

	text_add(t, name);
	while (end && bytes[end - 1] == '\n')
		end--;
	for (size_t i = 0; i < end; i++)
		text_add_bytes(t, bytes[i] ? bytes + i : " ", 1);
}

/* Reports a hook that failed: an end of everything, but after the container is gone a warning
 * (runtime.md). */
static void report(
	uint32_t kind, uint32_t index, const struct hook_job *job, const struct hook_result *result)
{
	char what[128] = "", object[MSG_OBJECT_MAX] = "";
	struct text w = TEXT(what), o = TEXT(object);

	text_add(&w, "error running ");
	text_add(&w, hook_names[kind].word);
	text_add(&w, " hook #");
	text_add_u64(&w, index);
	text_add(&w, ":");
	if (result->err) {
		text_add(&w, " fork/exec");
		text_add(&o, job->path);
	} else if (result->timed_out) {
		text_add(&o, "hook ran past specified timeout of ");
		text_add_i64(&o, job->timeout);
		text_add(&o, ".0s");
	} else {
		add_status(&o, result->status);
		add_output(&o, ", stdout: ", result->output[0].bytes, result->output[0].length);
		add_output(&o, ", stderr: ", result->output[1].bytes, result->output[1].length);
	}
	if (kind == HOOK_POSTSTOP)
		warn(what, object, result->err);
	else
		die(what, object, result->err);
}

/* Host hooks begin in the bundle; hooks inside the container where rootfs or dmz stands. */
static void change_directory(const struct plan *plan, uint32_t kind)
{
	const char *bundle = plan_text(plan, plan->config->bundle);

	if (inside(kind) || (bundle && !chdir(bundle)))
		return;
	if (chdir("/") < 0)
		die("chdir:", "/", errno);
}

/* With a filter, startContainer hooks are under it and we are not. */
static const struct plan *filters_of(const struct plan *plan)
{
	int err;

	if (fcntl(FD_FILTER, F_GETFD) < 0)
		return NULL;
	err = filters_read(FD_FILTER);
	if (err)
		die("reading the filter:", NULL, err);
	return plan;
}

static void run_all(const struct plan *plan, const struct plan *filters, struct msg_hooks request)
{
	static struct hook_result result;
	struct plan_list hooks = hooks_of(plan, request.kind);
	const struct plan_config *config = plan->config;
	const struct rlimit files = {config->files_soft.value, config->files_hard.value};
	struct hook_job job = {.filters = filters};

	if (request.status >= STATUS_BROKEN)
		die("unknown container status", NULL, EPROTO);
	if (!request.pid && inside(request.kind))
		request.pid =
			(uint64_t)getppid(); /* the line, as its own pid namespace numbers it */
	/* rootfs, which starts us for these, has a higher one. */
	if (request.kind == HOOK_CREATE_CONTAINER && config->files_hard.set)
		job.files = &files;
	job.input = hook_state(plan, &request, &job.input_length);
	for (uint32_t i = 0; i < hooks.count; i++) {
		const struct plan_hook *hook = plan_hook_at(plan, hooks, i);

		change_directory(plan, request.kind);
		job.path = plan_text(plan, hook->path);
		if (!job.path)
			die("a hook has no path", NULL, EINVAL);
		job.argv = arguments(plan, hook, job.path);
		job.envp = environment(plan, request.kind, hook);
		job.timeout = hook->timeout.set ? hook->timeout.value : -1;
		hook_run(&job, &result);
		if (result.err || result.timed_out || result.status)
			report(request.kind, i, &job, &result);
	}
}

/* KIND STATUS PID in the words of the specification. */
static struct msg_hooks by_hand(int argc, char **argv)
{
	const struct name *kind = argc == 4 ? name_find(hook_names, argv[1]) : NULL;
	struct msg_hooks request = {.status = STATUS_COUNT};

	for (uint32_t i = 0; kind && i < STATUS_BROKEN; i++)
		if (!strcmp(status_names[i], argv[2]))
			request.status = i;
	if (request.status == STATUS_COUNT || text_to_u64(argv[3], &request.pid))
		die("usage: hook KIND STATUS PID <plan", NULL, 0);
	request.kind = (uint32_t)kind->value;
	return request;
}

int main(int argc, char **argv)
{
	int used = step_start(PROGRAM_HOOK, argc, argv, rules, sizeof(rules) / sizeof(rules[0]));
	const char *why = NULL;
	struct msg_hooks request;
	const struct plan *filters;
	struct plan plan;
	struct msg msg;
	int err;

	if (!used)
		request = by_hand(argc, argv);
	priv_enter(&priv, step_conducted());
	hook_signals();
	if (used)
		hook_files();
	err = plan_load(used ? FD_PLAN : 0, build_id, &plan, &why);
	if (err)
		die("plan:", why, 0);
	if (!used) {
		run_all(&plan, NULL, request);
		return 0;
	}
	filters = filters_of(&plan);
	while ((err = msg_recv(&conductor, &msg)) == 1) {
		run_all(&plan, filters, msg.body.hooks);
		tell(MSG_DONE, -1);
	}
	if (err)
		die("waiting for runc:", "control socket", err);
	return 0;
}
