/*
 * The statistics program's readers on trees that look like cgroup file systems and are none, and
 * its two writers. link: libexec/stats/collect libexec/stats/read libexec/stats/read1
 * libexec/stats/read2 libexec/stats/blkio libexec/stats/hugetlb libexec/stats/rdt
 * libexec/stats/print_json libexec/stats/print_metrics libexec/verbs/duration shared/cgroups
 * shared/resctrl shared/kernfs shared/json shared/journal shared/text shared/step shared/msg
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../libexec/stats/stats.h"
#include "../libexec/verbs/duration.h"
#include "tree.h"

char output[OUTPUT_MAX];
static char printed[OUTPUT_MAX];
static struct stats stats;
static struct host host;
static struct hierarchy *all;
static int tree;
static char root[64];

/* In place of print.c: what was printed can be looked at. */
int print(const char *data, size_t length)
{
	memcpy(printed, data, length);
	printed[length] = '\0';
	return 0;
}

static void put(const char *name, const char *text)
{
	int fd = openat(tree, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int start(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/davit-stats-XXXXXX");
	assert_non_null(mkdtemp(root));
	tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(&host, 0, sizeof(host));
	all = &host.hierarchies[0];
	host.count = 1;
	all->leaf = tree;
	all->root = all->procs = -1;
	snprintf(all->path, sizeof(all->path), "c");
	return tree < 0;
}

static int stop(void **state)
{
	(void)state;
	close(tree);
	return tree_remove(root);
}

static void v1(void)
{
	host.unified = 0;
	snprintf(all->controllers, sizeof(all->controllers),
		"cpuset,cpu,cpuacct,blkio,memory,pids,hugetlb");
}

static void v2(void)
{
	host.unified = 1;
	all->controllers[0] = '\0';
}

static void assert_printed(const char *text)
{
	if (!strstr(printed, text))
		fail_msg("\"%s\" is not in: %s", text, printed);
}

static void assert_not_printed(const char *text)
{
	if (strstr(printed, text))
		fail_msg("\"%s\" is in: %s", text, printed);
}

static void assert_collected(void)
{
	int err = collect(&stats, &host, NULL);

	if (err)
		fail_msg("%s: %s", stats.problem, strerror(-err));
	assert_int_equal(print_stats(&stats, "c"), 0);
}

static void assert_refused(const char *file)
{
	assert_int_equal(collect(&stats, &host, NULL), -EBADMSG);
	if (!strstr(stats.problem, file))
		fail_msg("%s instead of %s", stats.problem, file);
}

static void test_nothing(void **state)
{
	(void)state;
	v1();
	assert_collected();
	assert_string_equal(printed,
		"{\"type\":\"stats\",\"id\":\"c\",\"data\":{\"cpu\":{},\"cpuset\":{"
		"\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
		"\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,"
		"\"sched_load_balance\":0,\"sched_relax_domain_level\":0},\"memory\":{},"
		"\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},"
		"\"network_interfaces\":null}}\n");
	assert_int_equal(print_metrics(&stats, "c", 0), 0);
	assert_string_equal(printed, "# EOF\n");
}

static void test_cpu_v1(void **state)
{
	(void)state;
	v1();
	put("cpuacct.usage", "18446744073709551615\n");
	put("cpuacct.stat", "user 7\nsystem 100\n");
	put("cpuacct.usage_percpu", "5 18446744073709551610 \n");
	put("cpuacct.usage_all", "cpu user system\n0 4 1\n1 2 3\n");
	put("cpu.stat", "nr_periods 9\nnr_throttled 8\nthrottled_time 1234567890\nnew_word 1\n");
	put("cpuset.cpus", "0-2,5,7-8\n");
	put("cpuset.mems", "\n");
	put("cpuset.sched_load_balance", "1\n");
	put("cpuset.sched_relax_domain_level", "-1\n");
	assert_collected();
	assert_printed(
		"\"usage\":{\"total\":18446744073709551615,\"percpu\":[5,18446744073709551610],"
		"\"percpu_kernel\":[1,3],\"percpu_user\":[4,2],\"kernel\":1000000000,"
		"\"user\":70000000}");
	assert_printed("\"throttling\":{\"periods\":9,\"throttledPeriods\":8,"
		       "\"throttledTime\":1234567890}");
	assert_printed("\"cpuset\":{\"cpus\":[0,1,2,5,7,8],\"cpu_exclusive\":0,\"mem_hardwall\"");
	assert_printed("\"sched_load_balance\":1,\"sched_relax_domain_level\":-1}");
	assert_int_equal(print_metrics(&stats, "c", 0), 0);
	assert_printed("container_cpu_usage_seconds_total{id=\"c\"} 18446744073.709551615\n");
	assert_printed("container_cpu_user_seconds_total{id=\"c\"} 0.07\n");
	assert_printed("container_cpu_system_seconds_total{id=\"c\"} 1\n");
	assert_printed("container_cpu_cfs_throttled_seconds_total{id=\"c\"} 1.23456789\n");
}

static void test_memory_v1(void **state)
{
	static char text[16384];
	size_t length = 0;

	(void)state;
	v1();
	for (int i = 300; i; i--)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length, "name_%03d %d\n", i, i);
	snprintf(text + length, sizeof(text) - length,
		"cache 77\ntotal_inactive_file 300\ntotal_rss 55\n");
	put("memory.stat", text);
	put("memory.usage_in_bytes", "1000\n");
	put("memory.max_usage_in_bytes", "2000\n");
	put("memory.failcnt", "3\n");
	put("memory.limit_in_bytes", "9223372036854771712\n");
	put("memory.kmem.tcp.limit_in_bytes", "9223372036854771712\n");
	put("memory.kmem.tcp.failcnt", "0\n");
	put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
	assert_collected();
	assert_printed("\"memory\":{\"cache\":77,\"usage\":{\"limit\":9223372036854771712,"
		       "\"usage\":1000,\"max\":2000,\"failcnt\":3},"
		       "\"kernelTCP\":{\"limit\":9223372036854771712,\"failcnt\":0},"
		       "\"raw\":{\"cache\":77,\"name_001\":1,\"name_002\":2,");
	assert_printed("\"name_300\":300,\"total_inactive_file\":300,\"total_rss\":55}},");
	assert_int_equal(print_metrics(&stats, "c", 0), 0);
	assert_printed("container_memory_working_set_bytes{id=\"c\"} 700\n");
	assert_printed("container_spec_memory_limit_bytes{id=\"c\"} 0\n");
	assert_printed("container_oom_events_total{id=\"c\"} 4\n");
	assert_not_printed("container_memory_swap");
}

static void test_blkio_v1(void **state)
{
	(void)state;
	v1();
	put("blkio.bfq.io_serviced_recursive", "Total 0\n");
	put("blkio.throttle.io_serviced_recursive", "8:0 Read 2\n8:0 Total 2\nTotal 2\n");
	put("blkio.throttle.io_service_bytes_recursive",
		"8:0 Read 8192\n259:18446744073709551615 Write 1\nTotal 8193\n");
	put("blkio.throttle.io_serviced", "1:1 Read 1\n");
	assert_collected();
	assert_printed("\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\","
		       "\"value\":8192},{\"major\":259,\"minor\":18446744073709551615,"
		       "\"op\":\"Write\",\"value\":1}],\"ioServicedRecursive\":[{\"major\":8,"
		       "\"op\":\"Read\",\"value\":2},{\"major\":8,\"op\":\"Total\",\"value\":2}]}");
	assert_int_equal(print_metrics(&stats, "c", 0), 0);
	assert_printed("container_fs_reads_bytes_total{id=\"c\",device=\"8:0\"} 8192\n");
	/* A scheduler that counts is taken instead. */
	put("blkio.bfq.io_serviced_recursive", "8:16 Read 5\nTotal 5\n");
	put("blkio.bfq.io_service_bytes_recursive", "8:16 Read 6\n");
	assert_collected();
	assert_printed("\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":16,"
		       "\"op\":\"Read\",\"value\":6}],\"ioServicedRecursive\":[{\"major\":8,"
		       "\"minor\":16,\"op\":\"Read\",\"value\":5}]}");
	/* And one that counts everything. */
	put("blkio.bfq.sectors_recursive", "8:16 44\n");
	assert_collected();
	assert_printed(
		"\"blkio\":{\"sectorsRecursive\":[{\"major\":8,\"minor\":16,\"value\":44}]}");
	assert_not_printed("ioServiced");
}

static void test_v2(void **state)
{
	(void)state;
	v2();
	put("cpu.stat",
		"usage_usec 3000001\nuser_usec 2\nsystem_usec 3\nnice_usec 0\n"
		"nr_periods 4\nnr_throttled 1\nthrottled_usec 5\nnr_bursts 0\n");
	put("cpu.pressure", "some avg10=1.50 avg60=0.00 avg300=12.34 total=1500000\n");
	put("memory.pressure",
		"some avg10=0.00 avg60=0.10 avg300=100.00 total=0\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
	put("memory.current", "5000\n");
	put("memory.max", "max\n");
	put("memory.swap.current", "10\n");
	put("memory.swap.max", "100\n");
	put("memory.stat", "anon 1\nfile 2\nkernel 3\ninactive_file 6000\n");
	put("memory.events", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\n");
	put("pids.current", "3\n");
	put("pids.max", "max\n");
	put("io.stat",
		"8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n"
		"253:1 \n");
	assert_collected();
	assert_printed("\"cpu\":{\"usage\":{\"total\":3000001000,\"kernel\":3000,\"user\":2000},"
		       "\"throttling\":{\"periods\":4,\"throttledPeriods\":1,"
		       "\"throttledTime\":5000},\"psi\":{\"some\":{\"avg10\":1.5,\"avg60\":0,"
		       "\"avg300\":12.34,\"total\":1500000}}}");
	assert_printed("\"memory\":{\"cache\":2,\"usage\":{\"limit\":18446744073709551615,"
		       "\"usage\":5000,\"failcnt\":0},\"swap\":{\"limit\":18446744073709551615,"
		       "\"usage\":5010,\"failcnt\":0},\"raw\":{\"anon\":1,\"file\":2,"
		       "\"inactive_file\":6000,\"kernel\":3},\"psi\":{\"some\":{\"avg10\":0,"
		       "\"avg60\":0.1,\"avg300\":100,\"total\":0},\"full\":{\"avg10\":0,"
		       "\"avg60\":0,\"avg300\":0,\"total\":1}}}");
	assert_printed("\"pids\":{\"current\":3},\"blkio\":{\"ioServiceBytesRecursive\":["
		       "{\"major\":8,\"op\":\"Read\",\"value\":1},{\"major\":8,\"op\":\"Write\","
		       "\"value\":2}],\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\","
		       "\"value\":3},{\"major\":8,\"op\":\"Write\",\"value\":4}]}");
	assert_int_equal(print_metrics(&stats, "c", 5), 0);
	assert_printed("container_start_time_seconds{id=\"c\"} 5\n");
	assert_printed("container_pressure_cpu_waiting_seconds_total{id=\"c\"} 1.5\n");
	assert_printed("container_pressure_memory_stalled_seconds_total{id=\"c\"} 0.000001\n");
	assert_printed("container_memory_working_set_bytes{id=\"c\"} 0\n");
	assert_printed("container_memory_swap{id=\"c\"} 10\n");
	assert_printed("container_oom_events_total{id=\"c\"} 1\n");
	put("memory.max", "1000\n");
	assert_collected();
	assert_printed("\"swap\":{\"limit\":1100,");
}

static void test_processes_v2(void **state)
{
	(void)state;
	v2();
	put("cgroup.procs", "1\n22\n333\n");
	assert_collected();
	assert_printed("\"pids\":{\"current\":3}");
	put("cgroup.procs", "");
	assert_collected();
	assert_printed("\"pids\":{}");
}

/* The names of what lies in the directory are read only where the kernel gave them. */
static void test_hugetlb_names(void **state)
{
	(void)state;
	v2();
	assert_int_equal(mkdirat(tree, "hugetlb.64KB.current", 0700), 0);
	put("hugetlb.1GB\"} 1.current", "1\n");
	put("hugetlb.GB.current", "1\n");
	put("hugetlb.2MB.current.x", "1\n");
	put("hugetlb.2Mb.current", "1\n");
	put("hugetlb.2MB.current", "7\n");
	put("hugetlb.2MB.events", "max 6\n");
	put("hugetlb.1GB.rsvd.current", "8\n");
	put("hugetlb.1GB.current", "0\n");
	assert_collected();
	assert_printed("\"hugetlb\":{\"1GB\":{\"usage\":8,\"failcnt\":0},"
		       "\"2MB\":{\"usage\":7,\"failcnt\":6}}");
	assert_int_equal(print_metrics(&stats, "c", 0), 0);
	assert_printed("container_hugetlb_usage_bytes{id=\"c\",pagesize=\"2MB\"} 7\n");
	v1();
	put("hugetlb.2MB.usage_in_bytes", "9\n");
	put("hugetlb.2MB.max_usage_in_bytes", "10\n");
	put("hugetlb.2MB.failcnt", "11\n");
	assert_collected();
	assert_printed("\"2MB\":{\"usage\":9,\"max\":10,\"failcnt\":11}");
	put("hugetlb.2MB.rsvd.usage_in_bytes", "12\n");
	put("hugetlb.2MB.rsvd.failcnt", "13\n");
	assert_collected();
	assert_printed("\"2MB\":{\"usage\":12,\"failcnt\":13}");
}

static void test_malformed(void **state)
{
	static const struct {
		int unified;
		const char *file, *text;
	} cases[] = {
		{0, "memory.usage_in_bytes", "max\n"},
		{0, "memory.usage_in_bytes", "18446744073709551616\n"},
		{0, "memory.usage_in_bytes", ""},
		{0, "memory.stat", "cache\n"},
		{0, "memory.stat", "cache 1 2\nrss -1\n"},
		{0, "cpuset.cpus", "3-1\n"},
		{0, "cpuset.cpus", "0-8192\n"},
		{0, "cpuset.cpus", "0-99999\n"},
		{0, "cpuset.sched_relax_domain_level", "--1\n"},
		{0, "cpuacct.usage_all", "cpu user system\n0 1\n"},
		{0, "blkio.throttle.io_serviced", "8:0\n"},
		{0, "blkio.throttle.io_serviced", "8 Read 1\n"},
		{0, "blkio.throttle.io_serviced", "8:0 ABCDEFGHIJKLMNOPQRST 1\n"},
		{1, "pids.max", "none\n"},
		{1, "io.stat", "rbytes=1\n"},
		{1, "io.stat", "8:0 rbytes=-1\n"},
		{1, "cpu.pressure", "some avg10=1e3 avg60=0.00 avg300=0.00 total=1\n"},
		{1, "cpu.pressure", "some avg10=1. avg60=0.00 avg300=0.00 total=1\n"},
		{1, "cpu.pressure", "some avg10=0.00 avg60=0.00 total=1\n"},
		{1, "cpu.pressure", "most avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].unified)
			v2();
		else
			v1();
		put(cases[i].file, cases[i].text);
		assert_refused(cases[i].file);
		assert_int_equal(unlinkat(tree, cases[i].file, 0), 0);
	}
}

static void test_too_much(void **state)
{
	static char text[IO_MAX * 16 + 64];
	size_t length = 0;

	(void)state;
	v1();
	for (int i = 0; i <= IO_MAX; i++)
		length +=
			(size_t)snprintf(text + length, sizeof(text) - length, "1:%d Read 1\n", i);
	put("blkio.throttle.io_serviced", text);
	assert_refused("blkio.throttle.io_serviced");
	*strrchr(text, '1') = '\0';
	*strrchr(text, '\n') = '\0';
	*strrchr(text, '\n') = '\0';
	put("blkio.throttle.io_serviced", text);
	assert_collected();
	assert_int_equal(stats.io_count, IO_MAX - 1);
}

/* A list that has no place is refused before anything is written behind its end. */
static void test_long_list(void **state)
{
	uint16_t list[3] = {7, 7, 7};

	(void)state;
	v1();
	stats_clear(&stats);
	put("cpuset.cpus", "0-1\n");
	assert_int_equal(read_list(&stats, all, "cpuset.cpus", list, 2), 2);
	assert_int_equal(stats.err, 0);
	put("cpuset.cpus", "0-2\n");
	assert_int_equal(read_list(&stats, all, "cpuset.cpus", list, 2), 0);
	assert_int_equal(stats.err, -EBADMSG);
	assert_int_equal(list[2], 7);
}

/* What cannot be read is not taken for what is not there. */
static void test_unreadable(void **state)
{
	char text[128];

	(void)state;
	v2();
	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put("pids.current", text);
	assert_int_equal(collect(&stats, &host, NULL), -EFBIG);
	assert_non_null(strstr(stats.problem, "pids.current"));
}

static void make(const char *name)
{
	assert_int_equal(mkdirat(tree, name, 0755), 0);
}

static void test_rdt(void **state)
{
	int group;

	(void)state;
	v1();
	make("info");
	make("info/L3");
	make("info/MB");
	make("g");
	make("g/mon_data");
	make("g/mon_data/mon_L3_01");
	make("g/mon_data/mon_L3_00");
	make("g/mon_data/mon_L3_\"x");
	put("info/L3/cbm_mask", "fffff\n");
	put("info/L3/min_cbm_bits", "2\n");
	put("info/L3/num_closids", "16\n");
	put("info/MB/bandwidth_gran", "10\n");
	put("info/MB/min_bandwidth", "20\n");
	put("schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n");
	put("g/schemata", "    MB:0=50;1=100\n    L3:0=f;1=ff\n");
	put("g/mon_data/mon_L3_00/llc_occupancy", "123\n");
	put("g/mon_data/mon_L3_00/mbm_total_bytes", "4\n");
	put("g/mon_data/mon_L3_01/llc_occupancy", "Unavailable\n");
	put("g/mon_data/mon_L3_01/mbm_local_bytes", "5\n");
	group = openat(tree, "g", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stats_clear(&stats);
	read_rdt(&stats, tree, group, group);
	close(group);
	assert_int_equal(stats.err, 0);
	assert_int_equal(print_stats(&stats, "c"), 0);
	assert_printed(
		"\"intel_rdt\":{\"l3_cache_info\":{\"cbm_mask\":\"fffff\",\"min_cbm_bits\":2,"
		"\"num_closids\":16},\"l3_cache_schema_root\":\"L3:0=fffff;1=fffff\","
		"\"l3_cache_schema\":\"L3:0=f;1=ff\",\"mem_bw_info\":{\"bandwidth_gran\":10,"
		"\"min_bandwidth\":20},\"mem_bw_schema_root\":\"MB:0=100;1=100\","
		"\"mem_bw_schema\":\"MB:0=50;1=100\",\"schemata\":[\"MB:0=50;1=100\","
		"\"L3:0=f;1=ff\"],\"mbm_stats\":[{\"mbm_total_bytes\":4},"
		"{\"mbm_local_bytes\":5}],\"cmt_stats\":[{\"llc_occupancy\":123},{}]}");
	assert_int_equal(print_metrics(&stats, "c", 0), 0);
	assert_printed("container_llc_occupancy_bytes{id=\"c\",domain=\"00\"} 123\n");
	assert_not_printed("occupancy_bytes{id=\"c\",domain=\"01\"}");
}

static void test_escapes(void **state)
{
	(void)state;
	v2();
	put("pids.current", "1\n");
	assert_collected();
	assert_int_equal(print_metrics(&stats, "/a\"b\\c\nd", 0), 0);
	assert_printed("container_threads{id=\"/a\\\"b\\\\c\\nd\"} 1\n");
	assert_int_equal(print_oom("a\"b"), 0);
	assert_string_equal(printed, "{\"type\":\"oom\",\"id\":\"a\\\"b\"}\n");
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {{"0", 0}, {"-0", 0}, {"5s", 5000000000}, {"1.5s", 1500000000},
		{".5s", 500000000}, {"1.s", 1000000000}, {"+1s", 1000000000},
		{"-1.5m", -90000000000}, {"1m30s", 90000000000}, {"1h2m3s4ms5us6ns", 3723004005006},
		{"1\xc2\xb5s", 1000}, {"1\xce\xbcs", 1000}, {"0.1ns", 0},
		{"0.000000000000000000001h", 0}, {"9223372036854775807ns", INT64_MAX},
		{"-9223372036854775808ns", INT64_MIN}};
	static const char *const bad[] = {"", "5", "s", ".", ".s", "+", "-", "1x", "1 s", " 1s",
		"1s ", "1h-1s", "1S", "++1s", "9223372036854775808ns", "9999999h",
		"-9223372036854775809ns", "99999999999999999999999s", "9223372036854775807ns1ns",
		"0x1s", "1e3s", "--1s"};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (duration_parse(good[i].text, &ns) || ns != good[i].ns)
			fail_msg("%s: %lld", good[i].text, (long long)ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (duration_parse(bad[i], &ns) != -EINVAL)
			fail_msg("\"%s\" is taken: %lld", bad[i], (long long)ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, start, stop),
		cmocka_unit_test_setup_teardown(test_cpu_v1, start, stop),
		cmocka_unit_test_setup_teardown(test_memory_v1, start, stop),
		cmocka_unit_test_setup_teardown(test_blkio_v1, start, stop),
		cmocka_unit_test_setup_teardown(test_v2, start, stop),
		cmocka_unit_test_setup_teardown(test_processes_v2, start, stop),
		cmocka_unit_test_setup_teardown(test_hugetlb_names, start, stop),
		cmocka_unit_test_setup_teardown(test_malformed, start, stop),
		cmocka_unit_test_setup_teardown(test_too_much, start, stop),
		cmocka_unit_test_setup_teardown(test_long_list, start, stop),
		cmocka_unit_test_setup_teardown(test_unreadable, start, stop),
		cmocka_unit_test_setup_teardown(test_rdt, start, stop),
		cmocka_unit_test_setup_teardown(test_escapes, start, stop),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
