/*
 * The limits and devices of one cgroup as the kernel takes them, on each layout as in test_cgroup.c.
 * link: shared/plan shared/plan_write shared/names shared/text shared/msg
 * shared/journal tests/cgroup_run
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cgroup_run.h"
#include "skip.h"

static void test_limits_v1(void **state)
{
	struct plan_config *c = new_plan(NULL);
	int record;
	struct step s;
	pid_t pid;

	(void)state;
	if (layout == V2)
		SKIP("files of v1");
	c->memory_limit = (struct plan_opt_i64){1, 64 << 20};
	c->memory_swap = (struct plan_opt_i64){1, 96 << 20};
	c->memory_reservation = (struct plan_opt_i64){1, 32 << 20};
	c->memory_swappiness = (struct plan_opt_u64){1, 10};
	c->memory_disable_oom = 1;
	c->cpu_shares = (struct plan_opt_u64){1, 512};
	c->cpu_quota = (struct plan_opt_i64){1, 50000};
	c->cpu_period = (struct plan_opt_u64){1, 200000};
	c->cpu_burst = (struct plan_opt_u64){1, 20000};
	c->cpuset_cpus = plan_put("0");
	c->pids_limit = (struct plan_opt_i64){1, 7};
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	rule(c, 1, DEVICE_CHAR, 1, 11, DEVICE_READ);
	s = begin(&record);
	pid = sleeper();
	join(&s, pid);
	limit(&s);
	assert_string_equal(content("memory", "memory.limit_in_bytes"), "67108864");
	assert_string_equal(content("memory", "memory.memsw.limit_in_bytes"), "100663296");
	assert_string_equal(content("memory", "memory.soft_limit_in_bytes"), "33554432");
	assert_string_equal(content("memory", "memory.swappiness"), "10");
	assert_non_null(strstr(content("memory", "memory.oom_control"), "oom_kill_disable 1"));
	assert_string_equal(content("cpu", "cpu.shares"), "512");
	assert_string_equal(content("cpu", "cpu.cfs_quota_us"), "50000");
	assert_string_equal(content("cpu", "cpu.cfs_period_us"), "200000");
	assert_string_equal(content("cpu", "cpu.cfs_burst_us"), "20000");
	assert_string_equal(content("cpuset", "cpuset.cpus"), "0");
	assert_string_equal(content("pids", "pids.max"), "7");
	assert_non_null(strstr(content("devices", "devices.list"), "c 1:11 r\n"));
	assert_non_null(strstr(content("devices", "devices.list"), "c 136:* rwm"));
	assert_null(strstr(content("devices", "devices.list"), "a *:* rwm"));
	run_mode("kill", record);
	reap_killed(pid);
	remove_container(record);
}

static void test_limits_v2(void **state)
{
	struct plan_config *c = new_plan(NULL);
	struct plan_hugepage *page;
	struct plan_kv *kv;
	int record, huge;
	struct step s;

	(void)state;
	if (layout != V2)
		SKIP("files of v2");
	huge = has_huge_pages();
	if (huge) {
		page = plan_add(PLAN_RECORD_hugepage, &c->hugepages);
		page->size = plan_put("2MB");
		page->limit = 4 << 20;
	}
	kv = plan_add(PLAN_RECORD_kv, &c->unified);
	kv->key = plan_put("cgroup.max.descendants");
	kv->value = plan_put("8388608\n6291456\n");
	s = begin(&record);
	limit(&s);
	if (huge) {
		assert_string_equal(content("", "hugetlb.2MB.max"), "4194304");
		assert_string_equal(content("", "hugetlb.2MB.rsvd.max"), "4194304");
	}
	assert_string_equal(content("", "cgroup.max.descendants"), "6291456");
	remove_container(record);
}

static void test_refused_limits(void **state)
{
	struct plan_config *c = new_plan(NULL);
	struct plan_hugepage *page;
	struct plan_kv *kv;

	(void)state;
	page = plan_add(PLAN_RECORD_hugepage, &c->hugepages);
	page->size = plan_put("../2MB");
	refuses("invalid hugepage size", MSG_LIMIT);
	c = new_plan(NULL);
	kv = plan_add(PLAN_RECORD_kv, &c->unified);
	kv->key = plan_put("../cgroup.procs");
	kv->value = plan_put("1");
	refuses(layout == V2 ? "must be a file name (no slashes)"
			     : "cannot use unified on cgroup v1",
		MSG_LIMIT);
	c = new_plan(NULL);
	c->memory_swappiness = (struct plan_opt_u64){1, 101};
	refuses(layout == V2 ? "linux.resources.memory.swappiness: cgroup v2 has no such limit"
			     : "invalid memory swappiness value: 101 (valid range is 0-100)",
		MSG_LIMIT);
	c = new_plan(NULL);
	c->cpu_shares = (struct plan_opt_u64){1, 1000000};
	refuses(layout == V2 ? "cannot set cpu limit: no controller \"cpu\" in"
			     : "the maximum allowed cpu-shares is 262144",
		MSG_LIMIT);
	c = new_plan(NULL);
	c->cpuset_cpus = plan_put("4000-4001");
	if (layout == V2)
		refuses("cannot set cpuset limit: no controller \"cpuset\" in", MSG_LIMIT);
	else
		refuses("write \"4000-4001\" to", MSG_CGROUP_MAKE);
}

static void test_missing_controller(void **state)
{
	struct plan_config *c = new_plan(NULL);

	(void)state;
	if (layout == V2) {
		c->memory_limit = (struct plan_opt_i64){1, 64 << 20};
		refuses("cannot set memory limit: no controller \"memory\" in", MSG_LIMIT);
	} else if (access("/sys/fs/cgroup/hugetlb", F_OK)) {
		struct plan_hugepage *page = plan_add(PLAN_RECORD_hugepage, &c->hugepages);

		page->size = plan_put("2MB");
		refuses("cannot set hugetlb limit: container could not join or create cgroup",
			MSG_LIMIT);
	}
}

/* A process that opens PATH with FLAGS when told to; its exit status is the errno. */
static int opened_inside(struct step *s, const char *path, int flags)
{
	int gate[2], status;
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	pid = fork_child();
	if (!pid) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) < 0)
			_exit(255);
		_exit(open(path, flags) < 0 ? errno : 0);
	}
	close(gate[0]);
	join(s, pid);
	limit(s);
	close(gate[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void devices_case(
	void (*add)(struct plan_config *), const char *path, int flags, int expected)
{
	int record;
	struct step s;

	add(new_plan(NULL));
	s = begin(&record);
	assert_int_equal(opened_inside(&s, path, flags), expected);
	remove_container(record);
}

static void no_rules(struct plan_config *c)
{
	(void)c;
}

static void read_kmsg(struct plan_config *c)
{
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	rule(c, 1, DEVICE_CHAR, 1, 11, DEVICE_READ);
}

static void read_and_write_kmsg(struct plan_config *c)
{
	read_kmsg(c);
	rule(c, 1, DEVICE_CHAR, 1, 11, DEVICE_WRITE);
}

static void all_but_kmsg(struct plan_config *c)
{
	rule(c, 1, DEVICE_ALL, -1, -1, 7);
	rule(c, 0, DEVICE_CHAR, 1, 11, DEVICE_WRITE);
}

static void wildcard_taken_back(struct plan_config *c)
{
	read_and_write_kmsg(c);
	rule(c, 0, DEVICE_CHAR, 1, -1, DEVICE_READ);
}

static void everything(struct plan_config *c)
{
	rule(c, 1, DEVICE_ALL, -1, -1, 7);
}

static void no_resources(struct plan_config *c)
{
	c->has_resources = 0;
}

static void test_devices(void **state)
{
	(void)state;
	devices_case(no_resources, "/dev/kmsg", O_RDONLY, 0);
	devices_case(no_rules, "/dev/kmsg", O_RDONLY, EPERM);
	devices_case(no_rules, "/dev/null", O_RDWR, 0);
	devices_case(read_kmsg, "/dev/kmsg", O_RDONLY, 0);
	devices_case(read_kmsg, "/dev/kmsg", O_RDWR, EPERM);
	devices_case(read_kmsg, "/dev/null", O_RDWR, 0);
	devices_case(read_and_write_kmsg, "/dev/kmsg", O_RDWR, 0);
	devices_case(all_but_kmsg, "/dev/kmsg", O_RDONLY, 0);
	devices_case(all_but_kmsg, "/dev/kmsg", O_RDWR, EPERM);
	devices_case(wildcard_taken_back, "/dev/kmsg", O_RDONLY, EPERM);
	devices_case(wildcard_taken_back, "/dev/kmsg", O_WRONLY, 0);
	devices_case(everything, "/dev/kmsg", O_RDWR, 0);
}

static void test_device_holes(void **state)
{
	struct plan_config *c = new_plan(NULL);

	(void)state;
	if (layout == V2)
		SKIP("devices.list is of v1");
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	rule(c, 1, DEVICE_CHAR, -1, -1, 7);
	rule(c, 0, DEVICE_CHAR, 1, 11, DEVICE_WRITE);
	refuses("requested rule [c 1:11 w] not supported by devices cgroupv1 (cannot punch hole in "
		"existing wildcard rule [c *:* rwm])",
		MSG_LIMIT);
}

static void test_many_device_rules(void **state)
{
	struct plan_config *c = new_plan(NULL);
	int record;
	struct step s;
	time_t start;

	(void)state;
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	for (int i = 0; i < 3000; i++)
		rule(c, i % 3 != 0, i % 2 ? DEVICE_CHAR : DEVICE_BLOCK, 300 + i % 100, i,
			1 + (unsigned)i % 7);
	s = begin(&record);
	limit(&s);
	remove_container(record);
	/* The most that v1 has to compare: each rule with each exception before it. */
	c = new_plan(NULL);
	rule(c, 0, DEVICE_ALL, -1, -1, 7);
	for (int i = 0; i < 4000; i++)
		rule(c, i < 2000, DEVICE_CHAR, 10, i < 2000 ? i : -1, 1);
	start = time(NULL);
	s = begin(&record);
	limit(&s);
	assert_in_range(time(NULL) - start, 0, 8);
	remove_container(record);
	c = new_plan(NULL);
	for (int i = 0; i < 4097; i++)
		rule(c, 1, DEVICE_CHAR, 1, 3, 7);
	refuses("too many rules", MSG_LIMIT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_limits_v1, clean_up),
		cmocka_unit_test_teardown(test_limits_v2, clean_up),
		cmocka_unit_test_teardown(test_refused_limits, clean_up),
		cmocka_unit_test_teardown(test_missing_controller, clean_up),
		cmocka_unit_test_teardown(test_devices, clean_up),
		cmocka_unit_test_teardown(test_device_holes, clean_up),
		cmocka_unit_test_teardown(test_many_device_rules, clean_up),
	};

	return run_layouts(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
