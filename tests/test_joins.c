/*
 * What ns and dmz do otherwise when the process joins a container that is there (`exec`): CPU
 * affinity, umask, keyring. Needs root and two CPUs.
 * link: tests/steps shared/msg shared/plan_write shared/plan
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "steps.h"

static const struct msg_rule rules[] = {
	{MSG_CREATED, MSG_ONCE, 0, 0, PROGRAM_DMZ},
	{MSG_ERROR, MSG_ONCE, sizeof(struct msg_text), 0, PROGRAM_COUNT},
	{MSG_WARNING, 0, sizeof(struct msg_text), 0, PROGRAM_COUNT},
};

static char pool[1 << 16];
static const struct plan_config *begun;
static cpu_set_t all;
static char id[32]; /* of the container */

/* Starts a plan whose program is SCRIPT; the test adds what it is about. */
static struct plan_config *begin(const char *script)
{
	static const char *const words[] = {"/bin/sh", "-c"};
	struct plan_config *config;

	plan_begin(pool, sizeof(pool));
	begun = config = plan_config_record();
	config->id = plan_put(id);
	config->cwd = plan_put("/");
	config->no_new_keyring = 1;
	for (size_t i = 0; i < 2; i++)
		((struct plan_str *)plan_add(PLAN_RECORD_str, &config->args))->value =
			plan_put(words[i]);
	((struct plan_str *)plan_add(PLAN_RECORD_str, &config->args))->value = plan_put(script);
	return config;
}

static void add_cpu(struct plan_list *list, unsigned cpu)
{
	for (unsigned i = 0; i <= cpu / 64; i++)
		((struct plan_num *)plan_add(PLAN_RECORD_num, list))->value =
			i == cpu / 64 ? UINT64_C(1) << cpu % 64 : 0;
}

/* Starts dmz with fd 1 on a pipe, whose other end is *OUT. */
static pid_t start_dmz(struct peer *peer, int *out)
{
	int plan = steps_plan(), pair[2];
	pid_t pid;

	assert_true(plan >= 0);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = steps_start("dmz", (struct placed[]){{plan, FD_PLAN}, {pair[1], 1}}, 2, peer);
	assert_true(pid > 0);
	peer->rules = rules;
	peer->rule_count = sizeof(rules) / sizeof(rules[0]);
	close(pair[1]);
	close(plan);
	*out = pair[0];
	return pid;
}

/* To the end of what the program prints; the program has 10 seconds. */
static const char *output(pid_t pid, int out)
{
	static char text[4096];
	size_t length = 0;
	ssize_t n;

	assert_int_equal(steps_ended(pid), 0);
	while ((n = read(out, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	close(out);
	return text;
}

static const char *run_dmz(void)
{
	struct peer peer;
	int out;
	pid_t pid = start_dmz(&peer, &out);
	const char *text;

	if (begun->joins)
		assert_int_equal(msg_send(&peer, MSG_JOINED, NULL, 0, -1), 0);
	text = output(pid, out);
	close(peer.fd);
	return text;
}

static int is_heard(int fd, int milliseconds)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, milliseconds) != 0;
}

static void test_final_affinity(void **state)
{
	struct plan_config *config = begin("grep Cpus_allowed_list /proc/self/status");
	struct peer peer;
	struct msg msg;
	pid_t pid;
	int out;

	(void)state;
	config->joins = 1;
	add_cpu(&config->exec_affinity_final, 1);
	pid = start_dmz(&peer, &out);
	/* It neither goes on nor ends before it is told. */
	assert_false(is_heard(peer.fd, 300));
	assert_int_equal(msg_send(&peer, MSG_JOINED, NULL, 0, -1), 0);
	assert_int_equal(msg_await(&peer, MSG_CREATED, &msg, 10000), 0);
	assert_string_equal(output(pid, out), "Cpus_allowed_list:\t1\n");
	close(peer.fd);
}

/* Which schedulers it may have depends on its cgroup. */
static void test_scheduler(void **state)
{
	struct plan_config *config = begin("cut -d ' ' -f 19,41 /proc/self/stat");
	struct peer peer;
	struct msg msg;
	pid_t pid;
	int out;

	(void)state;
	config->joins = 1;
	config->has_scheduler = 1;
	config->sched_policy = POLICY_BATCH;
	config->sched_nice = 7;
	pid = start_dmz(&peer, &out);
	assert_false(is_heard(peer.fd, 300));
	assert_int_equal(msg_send(&peer, MSG_JOINED, NULL, 0, -1), 0);
	assert_int_equal(msg_await(&peer, MSG_CREATED, &msg, 10000), 0);
	assert_string_equal(output(pid, out), "7 3\n");
	close(peer.fd);
}

/* What lies at /dev/null or at the program's name may be for the cgroups to forbid. */
static void test_nothing_opened_before(void **state)
{
	struct plan_config *config = begin("echo");
	struct peer peer;
	struct msg msg;
	pid_t pid;
	int out;

	(void)state;
	config->joins = 1;
	config->cwd = plan_put("/nowhere");
	pid = start_dmz(&peer, &out);
	assert_false(is_heard(peer.fd, 300));
	assert_int_equal(msg_send(&peer, MSG_JOINED, NULL, 0, -1), 0);
	assert_int_equal(msg_await(&peer, MSG_ERROR, &msg, 10000), 0);
	assert_int_equal(msg.body.text.err, ENOENT);
	assert_int_equal(steps_ended(pid), 1);
	close(peer.fd);
	close(out);
}

/* Nobody would send it the word to go on. */
static void test_no_wait(void **state)
{
	struct plan_config *config;
	static char before[64];

	(void)state;
	begin("grep Cpus_allowed_list /proc/self/status");
	snprintf(before, sizeof(before), "%s", run_dmz());
	config = begin("grep Cpus_allowed_list /proc/self/status");
	add_cpu(&config->exec_affinity_final, 1);
	assert_string_equal(run_dmz(), before);
	assert_string_not_equal(before, "Cpus_allowed_list:\t1\n");
}

static void test_wrong_final_affinity(void **state)
{
	struct plan_config *config = begin("echo");
	struct peer peer;
	struct msg msg;
	pid_t pid;
	int out;

	(void)state;
	config->joins = 1;
	add_cpu(&config->exec_affinity_final, 8191);
	pid = start_dmz(&peer, &out);
	assert_int_equal(msg_send(&peer, MSG_JOINED, NULL, 0, -1), 0);
	assert_int_equal(msg_await(&peer, MSG_ERROR, &msg, 10000), 0);
	assert_string_equal(msg.body.text.what, "setting final CPU affinity:");
	assert_int_equal(msg.body.text.err, EINVAL);
	assert_int_equal(steps_ended(pid), 1);
	close(peer.fd);
	close(out);
}

static void test_umask(void **state)
{
	mode_t before = umask(051);
	struct plan_config *config;

	(void)state;
	begin("umask");
	assert_string_equal(run_dmz(), "0022\n");
	begin("umask")->joins = 1;
	assert_string_equal(run_dmz(), "0051\n");
	config = begin("umask");
	config->joins = 1;
	config->umask = (struct plan_opt_u64){1, 0};
	assert_string_equal(run_dmz(), "0000\n");
	umask(before);
}

/* The ring that stands for the container's, as dmz leaves it and otherwise. */
#define AS_MADE   0x3f080000ul
#define OTHERWISE 0x3f280000ul

static const struct msg_keyring named = {1, {UINT64_MAX, 2}};

static int32_t join_ring(unsigned long permissions)
{
	char name[96];
	long ring;

	/* Whom dmz makes its owner. */
	if (setresuid(0x7fffffff, 0, 0) || setfsuid(0x7fffffff))
		return -1;
	snprintf(name, sizeof(name), "_ses.%s.18446744073709551615.2", id);
	ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, ring, permissions))
		ring = -1;
	return setresuid(0, 0, 0) ? -1 : (int32_t)ring;
}

/* A process that stands for the container: its session is the ring, as long as it lives. */
static pid_t hold_ring(unsigned long permissions)
{
	int pair[2];
	int32_t ring;
	pid_t pid;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ring = join_ring(permissions);
		_exit(write(pair[1], &ring, sizeof(ring)) == sizeof(ring) ? pause() : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(read(pair[0], &ring, sizeof(ring)), sizeof(ring));
	assert_true(ring > 0);
	close(pair[0]);
	close(pair[1]);
	return pid;
}

/* The permissions and the name of the program's session keyring. */
static const char *run_with_keyring(const struct msg_keyring *keyring, int joins)
{
	struct plan_config *config =
		begin("awk '$8 == \"keyring\" && $5 ~ /^3f0/ { print $5, $9 }' /proc/keys");
	struct peer peer;
	const char *text;
	int out;
	pid_t pid;

	config->no_new_keyring = 0;
	config->joins = (uint64_t)joins;
	pid = start_dmz(&peer, &out);
	if (joins)
		assert_int_equal(msg_send(&peer, MSG_JOINED, NULL, 0, -1), 0);
	assert_int_equal(msg_send(&peer, MSG_KEYRING, keyring, sizeof(*keyring), -1), 0);
	text = output(pid, out);
	close(peer.fd);
	return text;
}

static void expect_named(const char *text)
{
	char wanted[160];

	snprintf(wanted, sizeof(wanted), "3f080000 _ses.%s.18446744073709551615.2:\n", id);
	assert_string_equal(text, wanted);
}

/* exec finds the ring of the container, unless it is not as it was made; without a name there is none. */
static void test_keyring(void **state)
{
	static const char own[] = "3f000000 _ses:\n";
	const struct msg_keyring nameless = {0, {UINT64_MAX, 2}};
	pid_t holder;

	(void)state;
	snprintf(id, sizeof(id), "none-%d", getpid());
	assert_string_equal(run_with_keyring(&named, 1), own);
	snprintf(id, sizeof(id), "joins-%d", getpid());
	expect_named(run_with_keyring(&named, 0));
	holder = hold_ring(AS_MADE);
	expect_named(run_with_keyring(&named, 1));
	assert_string_equal(run_with_keyring(&nameless, 1), own);
	assert_string_equal(run_with_keyring(&nameless, 0), own);
	kill(holder, SIGKILL);
	assert_int_equal(steps_ended(holder), 1000 + SIGKILL);
	snprintf(id, sizeof(id), "other-%d", getpid());
	holder = hold_ring(OTHERWISE);
	assert_string_equal(run_with_keyring(&named, 1), own);
	kill(holder, SIGKILL);
	assert_int_equal(steps_ended(holder), 1000 + SIGKILL);
}

/* A runtime may have the session already. */
static void test_own_keyring(void **state)
{
	(void)state;
	snprintf(id, sizeof(id), "own-%d", getpid());
	assert_true(join_ring(AS_MADE) > 0);
	expect_named(run_with_keyring(&named, 1));
	expect_named(run_with_keyring(&named, 0));
}

/* ns waits for its orders with the CPUs that its child will have; here we have CPU 0 only. */
static pid_t start_ns(struct peer *peer)
{
	int plan = steps_plan(), file = memfd_create("program", MFD_CLOEXEC);
	pid_t pid;

	assert_true(plan >= 0);
	pid = steps_start("ns",
		(struct placed[]){{plan, FD_PLAN}, {file, FD_DMZ}, {file, FD_ROOTFS}}, 3, peer);
	assert_true(pid > 0);
	peer->rules = rules;
	peer->rule_count = sizeof(rules) / sizeof(rules[0]);
	close(plan);
	close(file);
	return pid;
}

static void expect_cpus(pid_t pid, const cpu_set_t *wanted)
{
	cpu_set_t now;

	for (int i = 0; i < 500; i++) {
		assert_int_equal(sched_getaffinity(pid, sizeof(now), &now), 0);
		if (CPU_EQUAL(&now, wanted))
			return;
		poll(NULL, 0, 10);
	}
	fail_msg("ns has %d CPUs and should have %d others", CPU_COUNT(&now), CPU_COUNT(wanted));
}

static void test_initial_affinity(void **state)
{
	struct plan_config *config;
	struct peer peer;
	struct msg msg;
	cpu_set_t one;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 4; i++) {
		config = begin("true");
		config->joins = i >= 1;
		if (i != 1)
			add_cpu(&config->exec_affinity_initial, i == 3 ? 8191 : 1);
		pid = start_ns(&peer);
		CPU_ZERO(&one);
		CPU_SET(i == 3 ? 0 : 1, &one);
		if (i == 3) {
			assert_int_equal(msg_await(&peer, MSG_WARNING, &msg, 10000), 0);
			assert_int_equal(msg.body.text.err, EINVAL);
		}
		expect_cpus(pid, i < 2 ? &all : &one);
		assert_false(is_heard(peer.fd, 0));
		close(peer.fd);
		assert_int_equal(steps_ended(pid), 1);
	}
}

static int only_the_first(void **state)
{
	cpu_set_t one;

	(void)state;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_final_affinity),
		cmocka_unit_test(test_scheduler),
		cmocka_unit_test(test_nothing_opened_before),
		cmocka_unit_test(test_no_wait),
		cmocka_unit_test(test_wrong_final_affinity),
		cmocka_unit_test(test_initial_affinity),
		cmocka_unit_test(test_umask),
		cmocka_unit_test(test_keyring),
		cmocka_unit_test(test_own_keyring),
	};

	memset(&all, 0xff, sizeof(all));
	if (geteuid() != 0 || sched_setaffinity(0, sizeof(all), &all) ||
		sched_getaffinity(0, sizeof(all), &all) || !CPU_ISSET(0, &all) ||
		!CPU_ISSET(1, &all)) {
		puts("1..0 # SKIP needs root, CPU 0 and CPU 1");
		return 0;
	}
	snprintf(id, sizeof(id), "joins-%d", getpid());
	alarm(120);
	return cmocka_run_group_tests(tests, only_the_first, NULL);
}
