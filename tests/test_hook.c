/*
 * hook: what a hook gets and what its failures are called.
 * link: tests/steps shared/msg shared/plan_write shared/plan
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "state.h"
#include "steps.h"

static char pool[4 << 20], directory[64], path[96];
static struct plan_config *config;

static void begin(void)
{
	plan_begin(pool, sizeof(pool));
	config = plan_config_record();
	config->id = plan_put("box");
	config->bundle = plan_put(directory);
}

static void add_string(struct plan_list *list, const char *s)
{
	struct plan_str *record = plan_add(PLAN_RECORD_str, list);

	record->value = plan_put(s);
}

/* A hook that runs SCRIPT with DIR as $0. */
static struct plan_hook *hook(struct plan_list *list, const char *script)
{
	struct plan_hook *h = plan_add(PLAN_RECORD_hook, list);

	h->path = plan_put("/bin/sh");
	add_string(&h->args, "sh");
	add_string(&h->args, "-c");
	add_string(&h->args, script);
	add_string(&h->args, directory);
	return h;
}

static pid_t begin_run(
	struct peer *peer, enum hook_kind kind, enum container_status status, uint64_t pid)
{
	struct msg_hooks body = {kind, status, pid};
	int plan = steps_plan();
	pid_t child;

	assert_true(plan >= 0);
	child = steps_start("hook", (const struct placed[]){{plan, FD_PLAN}}, 1, peer);
	close(plan);
	assert_int_equal(msg_send(peer, MSG_HOOKS, &body, sizeof(body), -1), 0);
	return child;
}

/* The first answer; the program must end with STATUS once its socket closes. */
static void run(struct msg *msg, enum hook_kind kind, uint64_t pid)
{
	struct peer peer;
	pid_t child = begin_run(&peer, kind, STATUS_CREATING, pid);

	assert_int_equal(msg_recv(&peer, msg), 1);
	close(peer.fd);
	assert_int_equal(steps_ended(child), msg->header.type == MSG_ERROR ? 1 : 0);
}

static void expect_error(enum hook_kind kind, const char *what, const char *object, int err)
{
	struct msg msg = {0};

	run(&msg, kind, 1);
	assert_int_equal(msg.header.type, MSG_ERROR);
	assert_string_equal(msg.body.text.what, what);
	assert_string_equal(msg.body.text.object, object);
	assert_int_equal(msg.body.text.err, err);
}

static void expect_done(enum hook_kind kind, uint64_t pid)
{
	struct msg msg = {0};

	run(&msg, kind, pid);
	if (msg.header.type != MSG_DONE)
		fail_msg("%s %s", msg.body.text.what, msg.body.text.object);
}

static const char *contents(const char *name)
{
	static char bytes[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes) - 1);
	bytes[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	unlink(path);
	return bytes;
}

static void test_state(void **state)
{
	char expected[256];
	struct plan_kv *kv;

	(void)state;
	begin();
	kv = plan_add(PLAN_RECORD_kv, &config->annotations);
	kv->key = plan_put("a.b");
	kv->value = plan_put("c\"d");
	hook(&config->hooks_create_runtime, "cat >$0/state; pwd >$0/cwd");
	expect_done(HOOK_CREATE_RUNTIME, 4711);
	snprintf(expected, sizeof(expected),
		"{\"ociVersion\":\"1.3.0\",\"id\":\"box\",\"status\":\"creating\",\"pid\":4711,"
		"\"bundle\":\"%s\",\"annotations\":{\"a.b\":\"c\\\"d\"}}",
		directory);
	assert_string_equal(contents("state"), expected);
	snprintf(expected, sizeof(expected), "%s\n", directory);
	assert_string_equal(contents("cwd"), expected);
}

static void test_inside(void **state)
{
	char expected[256], cwd[128];

	(void)state;
	begin();
	assert_int_equal(setenv("FROM", "dmz", 1), 0); /* as dmz starts it: with the container's */
	hook(&config->hooks_create_container, "cat >$0/state; env >$0/env; pwd >$0/cwd");
	hook(&config->hooks_start_container, "echo $FROM >$0/env");
	expect_done(HOOK_CREATE_CONTAINER, 0);
	snprintf(expected, sizeof(expected), "\"pid\":%d,", (int)getpid());
	assert_non_null(strstr(contents("state"), expected));
	assert_null(strstr(contents("env"), "HOME="));
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_memory_equal(contents("cwd"), cwd, strlen(cwd));
	expect_done(HOOK_START_CONTAINER, 0);
	assert_string_equal(contents("env"), "dmz\n");
}

static void test_environment(void **state)
{
	struct plan_hook *h;

	(void)state;
	assert_int_equal(setenv("FROM", "runtime", 1), 0);
	begin();
	hook(&config->hooks_prestart, "echo $FROM >>$0/env");
	h = hook(&config->hooks_prestart, "echo $FROM$OWN >>$0/env");
	h->has_env = 1;
	add_string(&h->env, "OWN=own");
	h = hook(&config->hooks_prestart, "echo -$FROM- >>$0/env");
	h->has_env = 1;
	expect_done(HOOK_PRESTART, 1);
	assert_string_equal(contents("env"), "runtime\nown\n--\n");
}

static void test_process_is_clean(void **state)
{
	(void)state;
	begin();
	hook(&config->hooks_poststart,
		"cd /proc/self/fd && echo * >$0/fds; grep -E '^Sig(Blk|Ign)' /proc/self/status "
		">$0/signals");
	expect_done(HOOK_POSTSTART, 1);
	assert_memory_equal(contents("fds"), "0 1 2", 5);
	assert_string_equal(
		contents("signals"), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void test_failures(void **state)
{
	struct plan_hook *h;

	(void)state;
	begin();
	hook(&config->hooks_create_runtime, "echo out; echo err >&2; exit 3");
	hook(&config->hooks_create_runtime, "echo no >$0/second");
	expect_error(HOOK_CREATE_RUNTIME,
		"error running createRuntime hook #0:", "exit status 3, stdout: out, stderr: err",
		0);
	assert_string_equal(contents("second"), "");

	begin();
	hook(&config->hooks_prestart, "true");
	h = plan_add(PLAN_RECORD_hook, &config->hooks_prestart);
	h->path = plan_put("/nonexistent/x");
	expect_error(
		HOOK_PRESTART, "error running prestart hook #1: fork/exec", "/nonexistent/x", 2);

	begin();
	hook(&config->hooks_poststart, "kill -KILL $$");
	expect_error(HOOK_POSTSTART,
		"error running poststart hook #0:", "signal: killed, stdout: , stderr: ", 0);

	begin();
	hook(&config->hooks_poststart, "printf 'a\\0b\\n\\n'; exit 1");
	expect_error(HOOK_POSTSTART,
		"error running poststart hook #0:", "exit status 1, stdout: a b, stderr: ", 0);

	begin();
	hook(&config->hooks_poststart, "kill -SYS $$");
	expect_error(HOOK_POSTSTART, "error running poststart hook #0:",
		"signal: signal 31 (bad system call), stdout: , stderr: ", 0);

	begin();
	hook(&config->hooks_poststart, "yes | head -c 1000000; exit 1");
	{
		struct msg msg = {0};

		run(&msg, HOOK_POSTSTART, 1);
		assert_int_equal(msg.header.type, MSG_ERROR);
		assert_non_null(strstr(msg.body.text.object, ", stderr: "));
	}
}

static long milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Also what the hook started is killed. */
static void test_timeout(void **state)
{
	long start = milliseconds();
	struct plan_hook *h;
	pid_t child;

	(void)state;
	begin();
	h = hook(&config->hooks_create_runtime,
		"(sleep 100; echo >$0/late) & echo $! >$0/pid; sleep 100");
	h->timeout.set = 1;
	h->timeout.value = 1;
	expect_error(HOOK_CREATE_RUNTIME,
		"error running createRuntime hook #0:", "hook ran past specified timeout of 1.0s",
		0);
	assert_in_range(milliseconds() - start, 1000, 3000);
	child = (pid_t)strtol(contents("pid"), NULL, 10);
	assert_true(child > 1);
	for (int i = 0; i < 500 && !kill(child, 0); i++)
		usleep(10000); /* until it is reaped */
	assert_int_equal(kill(child, 0), -1);
}

static void test_poststop_goes_on(void **state)
{
	struct msg msg = {0};
	struct peer peer;
	pid_t child;

	(void)state;
	begin();
	hook(&config->hooks_poststop, "exit 1");
	hook(&config->hooks_poststop, "cat >$0/state");
	child = begin_run(&peer, HOOK_POSTSTOP, STATUS_STOPPED, 0);
	assert_int_equal(msg_recv(&peer, &msg), 1);
	assert_int_equal(msg.header.type, MSG_WARNING);
	assert_string_equal(msg.body.text.what, "error running poststop hook #0:");
	assert_int_equal(msg_recv(&peer, &msg), 1);
	assert_int_equal(msg.header.type, MSG_DONE);
	assert_non_null(strstr(contents("state"), "\"status\":\"stopped\",\"bundle\""));
	close(peer.fd);
	assert_int_equal(steps_ended(child), 0);
}

/* A large state, a hook that does not read it, one that keeps writing, one that closes its outputs.
 */
static void test_awkward_hooks(void **state)
{
	static char big[500001];
	struct plan_kv *kv;
	long start;

	(void)state;
	begin();
	memset(big, 'x', sizeof(big) - 1);
	kv = plan_add(PLAN_RECORD_kv, &config->annotations);
	kv->key = plan_put("big");
	kv->value = plan_put(big);
	hook(&config->hooks_create_runtime, "true");
	hook(&config->hooks_create_runtime, "yes | head -c 3000000; wc -c >$0/size");
	hook(&config->hooks_create_runtime, "exec >&- 2>&-; sleep 0.3; echo >$0/slept");
	start = milliseconds();
	expect_done(HOOK_CREATE_RUNTIME, 1);
	assert_in_range(milliseconds() - start, 300, 5000);
	assert_in_range(strtol(contents("size"), NULL, 10), 500000, 500200);
	assert_string_equal(contents("slept"), "\n");
}

/* The conductor dies: so does the hook. */
static void test_conductor_goes_away(void **state)
{
	struct peer peer;
	pid_t child, sleeper;

	(void)state;
	begin();
	hook(&config->hooks_create_runtime, "echo $$ >$0/new; mv $0/new $0/pid; exec sleep 100");
	child = begin_run(&peer, HOOK_CREATE_RUNTIME, STATUS_CREATING, 1);
	snprintf(path, sizeof(path), "%s/pid", directory);
	for (int i = 0; i < 500 && access(path, F_OK); i++)
		usleep(10000);
	sleeper = (pid_t)strtol(contents("pid"), NULL, 10);
	assert_true(sleeper > 1);
	assert_int_equal(kill(sleeper, 0), 0);
	close(peer.fd);
	assert_int_equal(steps_ended(child), 1);
	assert_int_equal(kill(sleeper, 0), -1);
}

static int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/davit-hook-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_process_is_clean),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_poststop_goes_on),
		cmocka_unit_test(test_awkward_hooks),
		cmocka_unit_test(test_conductor_goes_away),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
