/* What is written for linux.resources when a container is made, and in which order. */
/* link: tests/limits_run libexec/cgroup/limit libexec/cgroup/limit1 libexec/cgroup/limit2 libexec/cgroup/limit_io
 * libexec/cgroup/unified libexec/cgroup/undo libexec/cgroup/update libexec/cgroup/file tests/parse_run tests/exec_run
 * shared/plan shared/plan_names shared/plan_limits shared/plan_write shared/msg shared/names shared/text shared/v2 -lm */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits_run.h"

#define ALL_RATES                                                                                  \
	"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1}],"                        \
	"\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":18446744073709551615}],"   \
	"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":3},{\"major\":9,"           \
	"\"minor\":0,\"rate\":4}],"                                                                \
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]"

static void test_v1(void **state)
{
	static const struct limits list[] = {
		{"\"memory\":{\"limit\":8192,\"swap\":16384},\"pids\":{\"limit\":0}",
			"memory.memsw.limit_in_bytes=16384;memory.limit_in_bytes=8192;pids.max=1",
			.reads = "memory.limit_in_bytes=4096;"},
		{"\"memory\":{\"limit\":8192,\"swap\":16384}",
			"memory.limit_in_bytes=8192;memory.memsw.limit_in_bytes=16384",
			.reads = "memory.limit_in_bytes=32768;"},
		{"\"memory\":{\"limit\":8192,\"swap\":-1}",
			"memory.memsw.limit_in_bytes=-1;memory.limit_in_bytes=8192"},
		{"\"memory\":{\"limit\":-1}",
			"memory.memsw.limit_in_bytes=-1;memory.limit_in_bytes=-1"},
		{"\"memory\":{\"limit\":-1}", "memory.limit_in_bytes=-1",
			.missing = " memory.memsw.limit_in_bytes "},
		{"\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}", ""},
		{"\"memory\":{\"limit\":8192}",
			"unable to set memory limit to 8192 (current usage: 9000, peak usage: "
			"10000)",
			.missing = " memory.limit_in_bytes ", .busy = 1,
			.reads = "memory.usage_in_bytes=9000;memory.max_usage_in_bytes=10000;"},
		{"\"memory\":{\"swappiness\":0,\"reservation\":-1}",
			"memory.soft_limit_in_bytes=-1;memory.swappiness=0"},
		{"\"cpu\":{\"shares\":1}", "the minimum allowed cpu-shares is 2",
			.reads = "cpu.shares=2;"},
		{"\"cpu\":{\"shares\":262145}", "the maximum allowed cpu-shares is 262144",
			.reads = "cpu.shares=262144;"},
		{"\"cpu\":{\"quota\":5000,\"period\":10000,\"burst\":20}",
			"cpu.cfs_period_us=10000;cpu.cfs_burst_us=20;cpu.cfs_quota_us=5000",
			.reads = "cpu.cfs_burst_us=0;"},
		{"\"cpu\":{\"quota\":5000,\"period\":10000,\"burst\":20}",
			"cpu.cfs_burst_us=20;cpu.cfs_quota_us=5000;cpu.cfs_period_us=10000",
			.invalid = " cpu.cfs_period_us ", .reads = "cpu.cfs_burst_us=0;"},
		{"\"cpu\":{\"quota\":5000,\"burst\":20}",
			"cpu.cfs_quota_us=5000;cpu.cfs_burst_us=20",
			.invalid = " cpu.cfs_burst_us ", .reads = "cpu.cfs_burst_us=0;"},
		{"\"cpu\":{\"quota\":5000,\"burst\":20}", "cpu.cfs_quota_us=5000"},
		{"\"cpu\":{\"shares\":512,\"idle\":1}", "cpu.idle=1"},
		{"\"cpu\":{\"shares\":512,\"idle\":0}", "cpu.idle=0;cpu.shares=512",
			.reads = "cpu.shares=512;"},
		{"\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}", "cpuset.cpus=0-1;cpuset.mems=0"},
		{"\"cpu\":{\"cpus\":\"0-1\"}", "cpus=0-1", .missing = " cpuset.cpus "},
		{BLOCK("\"weight\":10,\"leafWeight\":20"), "blkio.weight=10;blkio.leaf_weight=20"},
		{BLOCK("\"weight\":1000"), "blkio.bfq.weight=1000", .missing = " blkio.weight "},
		{BLOCK("\"weight\":1000"),
			"write \"1000\" to blkio.bfq.weight: no such file or directory",
			.missing = " blkio.weight blkio.bfq.weight "},
		{BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":500,\"leafWeight\":"
		       "300},{\"major\":8,\"minor\":32,\"leafWeight\":10}]"),
			"blkio.bfq.weight_device=8:16 500;blkio.leaf_weight_device=8:16 "
			"300;blkio.leaf_weight_device=8:32 10",
			.missing = " blkio.weight_device "},
		{BLOCK(ALL_RATES),
			"blkio.throttle.read_bps_device=8:0 1;blkio.throttle.write_bps_device=8:16 "
			"18446744073709551615;blkio.throttle.read_iops_device=8:0 "
			"3;blkio.throttle.read_iops_device=9:0 "
			"4;blkio.throttle.write_iops_device=8:0 0"},
		{BLOCK("\"weight\":0"), ""},
		{"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]",
			"hugetlb.2MB.limit_in_bytes=0;hugetlb.2MB.rsvd.limit_in_bytes=0"},
		{"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4096}]",
			"hugetlb.2MB.limit_in_bytes=4096",
			.missing = " hugetlb.2MB.rsvd.limit_in_bytes "},
		{"\"hugepageLimits\":[{\"pageSize\":\"3MB\",\"limit\":0}]",
			"write \"0\" to hugetlb.3MB.limit_in_bytes: no such file or directory",
			.missing = " hugetlb.3MB.limit_in_bytes "},
		{"\"network\":{\"classID\":4294967295,\"priorities\":[{\"name\":\"lo\","
		 "\"priority\":0},{\"name\":\"eth0.1\",\"priority\":4294967295}]}",
			"net_cls.classid=4294967295;net_prio.ifpriomap=lo "
			"0;net_prio.ifpriomap=eth0.1 4294967295"},
		{"\"network\":{\"classID\":0}", ""},
		{"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000},\"a\":{"
		 "\"hcaHandles\":0},\"b\":{\"hcaObjects\":0}}",
			"rdma.max=mlx5_1 hca_handle=3 hca_object=10000;rdma.max=a "
			"hca_handle=0;rdma.max=b hca_object=0"},
		{"\"unified\":{\"pids.max\":\"1\"}",
			"invalid configuration: cannot use unified on cgroup v1"},
	};

	(void)state;
	check_limits(list, COUNT(list), 0);
}

static void test_v2(void **state)
{
	static const struct limits list[] = {
		{"\"memory\":{\"limit\":8192,\"swap\":16384,\"reservation\":4096}",
			"memory.swap.max=8192;memory.max=8192;memory.low=4096"},
		{"\"memory\":{\"limit\":8192,\"swap\":8192}", "memory.swap.max=0;memory.max=8192"},
		{"\"memory\":{\"limit\":8192,\"swap\":8192}", "memory.max=8192",
			.missing = " memory.swap.max "},
		{"\"memory\":{\"limit\":8192,\"swap\":8193}",
			"write \"1\" to memory.swap.max: no such file or directory",
			.missing = " memory.swap.max "},
		{"\"memory\":{\"limit\":-1}", "memory.swap.max=max;memory.max=max"},
		{"\"memory\":{\"limit\":-1,\"swap\":8192}", "memory.swap.max=8192;memory.max=max"},
		{"\"memory\":{\"limit\":8192,\"swap\":-1}", "memory.swap.max=max;memory.max=8192"},
		{"\"memory\":{\"limit\":8192,\"swap\":0}", "memory.max=8192"},
		{"\"memory\":{\"limit\":0,\"reservation\":-1}", "memory.low=max"},
		{"\"memory\":{\"limit\":8192,\"checkBeforeUpdate\":true}",
			"rejecting memory limit 8192 <= usage 8192",
			.reads = "memory.current=8192;"},
		{"\"memory\":{\"limit\":8192,\"checkBeforeUpdate\":true}", "memory.max=8192",
			.reads = "memory.current=8191;"},
		{"\"memory\":{\"limit\":8192,\"swap\":9000,\"checkBeforeUpdate\":true}",
			"rejecting memory+swap limit 9000 <= usage 10000",
			.reads = "memory.current=10000;"},
		{"\"memory\":{\"limit\":8192,\"checkBeforeUpdate\":true}", "memory.max=8192"},
		{"\"memory\":{\"limit\":8192}", "memory.max=8192", .reads = "memory.current=9000;"},
		{"\"memory\":{\"limit\":8192}", "no controller memory", .missing = " memory.max "},
		{"\"memory\":{\"limit\":8192}",
			"write \"8192\" to memory.max: no such file or directory",
			.missing = " memory.max ", .reads = "cgroup.controllers=cpu memory;"},
		{"\"memory\":{\"swappiness\":0}",
			"linux.resources.memory.swappiness: cgroup v2 has no such limit"},
		{"\"cpu\":{\"shares\":1}", "cpu.weight=1"},
		{"\"cpu\":{\"shares\":2}", "cpu.weight=1"},
		{"\"cpu\":{\"shares\":3}", "cpu.weight=2"},
		{"\"cpu\":{\"shares\":102}", "cpu.weight=17"},
		{"\"cpu\":{\"shares\":512}", "cpu.weight=59"},
		{"\"cpu\":{\"shares\":1023}", "cpu.weight=100"},
		{"\"cpu\":{\"shares\":1024}", "cpu.weight=100"},
		{"\"cpu\":{\"shares\":2048}", "cpu.weight=174"},
		{"\"cpu\":{\"shares\":262143}", "cpu.weight=10000"},
		{"\"cpu\":{\"shares\":18446744073709551615}", "cpu.weight=10000"},
		{"\"cpu\":{\"shares\":0}", ""},
		{"\"cpu\":{\"shares\":1024,\"idle\":1}", "cpu.idle=1"},
		{"\"cpu\":{\"shares\":1024,\"idle\":0}", "cpu.idle=0;cpu.weight=100"},
		{"\"cpu\":{\"quota\":5000,\"burst\":20}", "cpu.max.burst=20;cpu.max=5000"},
		{"\"cpu\":{\"quota\":5000,\"burst\":20}", "cpu.max=5000;cpu.max.burst=20",
			.invalid = " cpu.max.burst "},
		{"\"cpu\":{\"burst\":20}", "write \"20\" to cpu.max.burst: invalid argument",
			.invalid = " cpu.max.burst "},
		{"\"cpu\":{\"quota\":-1,\"burst\":0}", "cpu.max.burst=0;cpu.max=max"},
		{"\"cpu\":{\"period\":5000}", "cpu.max=max 5000"},
		{"\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}", "cpuset.cpus=0-1;cpuset.mems=0"},
		{"\"cpu\":{\"realtimePeriod\":1}",
			"linux.resources.cpu.realtimePeriod: cgroup v2 has no such limit"},
		{"\"pids\":{\"limit\":0}", "pids.max=1"},
		{"\"pids\":{\"limit\":-1}", "pids.max=max"},
		{"\"pids\":{}", ""},
		{BLOCK("\"weight\":500"), "io.bfq.weight=500"},
		{BLOCK("\"weight\":10"), "io.weight=1", .missing = " io.bfq.weight "},
		{BLOCK("\"weight\":500"), "io.weight=4950", .missing = " io.bfq.weight "},
		{BLOCK("\"weight\":1000"), "io.weight=10000", .missing = " io.bfq.weight "},
		{BLOCK("\"weight\":10"), "no controller io",
			.missing = " io.bfq.weight io.weight "},
		{BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":500},{\"major\":8,"
		       "\"minor\":32,\"weight\":0}]"),
			"io.bfq.weight=8:16 500"},
		{BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":500}]"),
			"io.weight=8:16 4950", .missing = " io.bfq.weight "},
		{BLOCK(ALL_RATES),
			"io.max=8:0 rbps=1;io.max=8:16 wbps=18446744073709551615;io.max=8:0 "
			"riops=3;io.max=9:0 riops=4;io.max=8:0 wiops=max"},
		{BLOCK("\"leafWeight\":10"),
			"linux.resources.blockIO.leafWeight: cgroup v2 has no such limit"},
		{BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":16,\"leafWeight\":500}]"),
			"linux.resources.blockIO.weightDevice.leafWeight: cgroup v2 has no such "
			"limit"},
		{"\"network\":{\"classID\":1}",
			"linux.resources.network.classID: cgroup v2 has no such limit"},
		{"\"network\":{\"priorities\":[{\"name\":\"lo\",\"priority\":0}]}",
			"linux.resources.network.priorities: cgroup v2 has no such limit"},
		{"\"network\":{\"classID\":0,\"priorities\":[]}", ""},
		{"\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":1}]",
			"hugetlb.1GB.max=1;hugetlb.1GB.rsvd.max=1"},
		{"\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":1}]", "hugetlb.1GB.max=1",
			.missing = " hugetlb.1GB.rsvd.max "},
		{"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3}}", "rdma.max=mlx5_1 hca_handle=3"},
		{"\"unified\":{\"io.max\":\"8:0 rbps=1\\n\\n8:16 wbps=2\\n\",\"cgroup.max.depth\":"
		 "\"3\"}",
			"io.max=8:0 rbps=1;io.max=8:16 wbps=2;cgroup.max.depth=3"},
		{"\"pids\":{\"limit\":3},\"unified\":{\"memory.high\":\"1G\"}",
			"pids.max=3;memory.high=1G"},
		{"\"unified\":{\"a.b\":\"1\"}",
			"unified resource \"a.b\" can't be set: controller \"a\" not available",
			.missing = " a.b ", .reads = "cgroup.controllers=cpu memory;"},
		{"\"unified\":{\"memory.b\":\"1\"}",
			"unable to set unified resource \"memory.b\": memory.b: no such file or "
			"directory",
			.missing = " memory.b ", .reads = "cgroup.controllers=cpu memory;"},
	};

	(void)state;
	check_limits(list, COUNT(list), 1);
}

#define AGREES(typed, file, value) typed ",\"unified\":{\"" file "\":\"" value "\"}"
static void test_unified_conflicts(void **state)
{
	static const struct limits list[] = {
		{AGREES("\"memory\":{\"limit\":1073741824}", "memory.max", "1G"),
			"memory.max=1073741824;memory.max=1G"},
		{AGREES("\"memory\":{\"limit\":1073741824}", "memory.max", "2G"),
			DIFFERS("memory.max", "1073741824", "2G")},
		{AGREES("\"memory\":{\"limit\":-1,\"swap\":1}", "memory.max", "max"),
			"memory.swap.max=1;memory.max=max;memory.max=max"},
		{AGREES("\"memory\":{\"limit\":0}", "memory.max", "2G"), "memory.max=2G"},
		{AGREES("\"memory\":{\"limit\":8192,\"swap\":8192}", "memory.swap.max", "4096"),
			"memory.max=8192;memory.swap.max=4096"},
		{AGREES("\"memory\":{\"limit\":8192,\"swap\":9192}", "memory.swap.max", "4096"),
			WARNS("memory.swap.max", "1000", "4096") "memory.swap.max=1000;memory.max="
								 "8192;memory.swap.max=4096"},
		{AGREES("\"pids\":{\"limit\":3}", "pids.max", "4"), DIFFERS("pids.max", "3", "4")},
		{AGREES("\"cpu\":{\"shares\":1024}", "cpu.weight", "100"),
			"cpu.weight=100;cpu.weight=100"},
		{AGREES("\"cpu\":{\"shares\":1024}", "cpu.weight", "39"),
			DIFFERS("cpu.weight", "100", "39")},
		{AGREES("\"cpu\":{\"quota\":5000}", "cpu.max", "5000 100000"),
			"cpu.max=5000;cpu.max=5000 100000"},
		{AGREES("\"cpu\":{\"quota\":5000}", "cpu.max", "5000"),
			"cpu.max=5000;cpu.max=5000"},
		{AGREES("\"cpu\":{\"quota\":5000}", "cpu.max", "5000 200000"),
			"cpu.max=5000;cpu.max=5000 200000"},
		{AGREES("\"cpu\":{\"burst\":5}", "cpu.max.burst", "6"),
			DIFFERS("cpu.max.burst", "5", "6")},
		{AGREES("\"cpu\":{\"cpus\":\"0-1\"}", "cpuset.cpus", "0"),
			DIFFERS("cpuset.cpus", "0-1", "0")},
		{AGREES("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]",
			 "hugetlb.2MB.rsvd.max", "2M"),
			"hugetlb.2MB.max=0" DIFFERS("hugetlb.2MB.rsvd.max", "0", "2M")},
		{AGREES(BLOCK("\"weight\":500"), "io.bfq.weight", "default 500"),
			"io.bfq.weight=500;io.bfq.weight=default 500"},
		{AGREES(BLOCK("\"weight\":500"), "io.bfq.weight", "8:0 100"),
			"io.bfq.weight=500;io.bfq.weight=8:0 100"},
		{AGREES(BLOCK("\"weight\":500"), "io.bfq.weight", "8:0 100\\n400"),
			WARNS("io.bfq.weight", "500",
				"8:0 100\n400") "io.bfq.weight=500;io.bfq.weight=8:0 "
						"100;io.bfq.weight=400"},
		{AGREES(BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50}]"),
			 "io.bfq.weight", "8:0 51"),
			DIFFERS("io.bfq.weight", "8:0 50", "8:0 51")},
		{AGREES(BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50}]"),
			 "io.bfq.weight", "100"),
			"io.bfq.weight=8:0 50;io.bfq.weight=100"},
		{AGREES(BLOCK("\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1024}"
			      "]"),
			 "io.max", "8:0 wbps=5 rbps=1K\\n8:16 rbps=7"),
			"io.max=8:0 rbps=1024;io.max=8:0 wbps=5 rbps=1K;io.max=8:16 rbps=7"},
		{AGREES(BLOCK("\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1024}"
			      "]"),
			 "io.max", "8:0 wbps=5 rbps=2K"),
			DIFFERS("io.max", "8:0 rbps=1024", "8:0 wbps=5 rbps=2K")},
		{AGREES("\"rdma\":{\"m\":{\"hcaHandles\":3,\"hcaObjects\":4}}", "rdma.max",
			 "m hca_object=5"),
			DIFFERS("rdma.max", "m hca_handle=3 hca_object=4", "m hca_object=5")},
		{AGREES("\"rdma\":{\"m\":{\"hcaHandles\":3}}", "rdma.max", "n hca_handle=5"),
			"rdma.max=m hca_handle=3;rdma.max=n hca_handle=5"},
	};

	(void)state;
	check_limits(list, COUNT(list), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_v2),
		cmocka_unit_test(test_unified_conflicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
