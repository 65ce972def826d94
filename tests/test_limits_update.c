/* What an update writes of the limits, and what it takes back when the kernel refuses one. */
/* link: tests/limits_run libexec/cgroup/limit libexec/cgroup/limit1 libexec/cgroup/limit2 libexec/cgroup/limit_io
 * libexec/cgroup/unified libexec/cgroup/undo libexec/cgroup/update libexec/cgroup/file tests/parse_run tests/exec_run
 * shared/plan shared/plan_names shared/plan_limits shared/plan_write shared/msg shared/names shared/text shared/v2 -lm */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits_run.h"

#define RATE(list, device, rate)                                                                   \
	"\"" list "\":[{\"major\":8,\"minor\":" device ",\"rate\":" rate "}]"
#define UPDATE(members) .request = "{" members "}"
#define STORED                                                                                     \
	BLOCK("\"weight\":100,\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50}],"         \
	      "\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},{\"major\":8,"      \
	      "\"minor\":16,\"rate\":2}]")                                                         \
	",\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}],\"rdma\":{\"m\":{"               \
	"\"hcaHandles\":3,\"hcaObjects\":4}},\"memory\":{\"limit\":8192,\"swap\":16384}"

/* What is given and nothing else, and what is written back when a later file refuses. */
static void test_update_v1(void **state)
{
	static const struct limits list[] = {
		{STORED, "blkio.weight=200;blkio.bfq.weight_device=8:0 50",
			UPDATE(BLOCK("\"weight\":200,\"leafWeight\":0"))},
		{STORED, "", UPDATE(BLOCK("\"weight\":0") ",\"network\":{\"classID\":0}")},
		{STORED, "blkio.throttle.read_bps_device=8:16 7",
			UPDATE(BLOCK(RATE("throttleReadBpsDevice", "16", "7")))},
		{STORED,
			"blkio.throttle.read_bps_device=8:0 "
			"0;blkio.throttle.write_iops_device=8:32 9",
			UPDATE(BLOCK(RATE("throttleReadBpsDevice", "0", "0") "," RATE(
				"throttleWriteIOPSDevice", "32", "9")))},
		{STORED, "blkio.leaf_weight_device=8:0 30",
			UPDATE(BLOCK("\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":30}"
				     "]"))},
		{STORED, "hugetlb.1GB.limit_in_bytes=5",
			UPDATE("\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":5}]"),
			.missing = " hugetlb.1GB.rsvd.limit_in_bytes "},
		{STORED, "rdma.max=m hca_object=5;rdma.max=n hca_handle=0",
			UPDATE("\"rdma\":{\"m\":{\"hcaObjects\":5},\"n\":{\"hcaHandles\":0}}")},
		{"\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"a\",\"priority\":1},{"
		 "\"name\":\"b\",\"priority\":2}]}",
			"net_cls.classid=9;net_prio.ifpriomap=b 0",
			UPDATE("\"network\":{\"classID\":9,\"priorities\":[{\"name\":\"b\","
			       "\"priority\":0}]}")},
		/* taken back */
		{STORED,
			"blkio.weight=200;blkio.weight_device=8:0 60;"
			"blkio.leaf_weight_device=8:0 80;blkio.weight_device=8:16 70;"
			"blkio.throttle.read_bps_device=8:0 7;blkio.throttle.read_bps_device=8:32 "
			"8;"
			"blkio.throttle.read_bps_device=8:32 0;blkio.throttle.read_bps_device=8:0 "
			"1;"
			"blkio.weight_device=8:16 default;blkio.leaf_weight_device=8:0 default;"
			"blkio.weight_device=8:0 50;blkio.weight=100;"
			"write \"8:0 5\" to blkio.throttle.write_iops_device: invalid argument",
			UPDATE(BLOCK("\"weight\":200,\"weightDevice\":[{\"major\":8,\"minor\":0,"
				     "\"weight\":60,\"leafWeight\":80},{\"major\":8,\"minor\":16,"
				     "\"weight\":70}],"
				     "\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":"
				     "7},{\"major\":8,\"minor\":32,\"rate\":8}]," RATE(
					     "throttleWriteIOPSDevice", "0", "5"))),
			.invalid = " blkio.throttle.write_iops_device ",
			.reads = "blkio.weight=100;blkio.weight_device=default 100\n8:0 50;"
				 "blkio.leaf_weight_device=;"
				 "blkio.throttle.read_bps_device=8:0 1\n8:16 2;"
				 "blkio.throttle.write_iops_device=;"},
		{STORED,
			"net_cls.classid=9;net_prio.ifpriomap=eth0 5;net_prio.ifpriomap=eth0 "
			"3;net_cls.classid=0;write \"m hca_handle=1\" to rdma.max: invalid "
			"argument",
			UPDATE("\"network\":{\"classID\":9,\"priorities\":[{\"name\":\"eth0\","
			       "\"priority\":5}]},\"rdma\":{\"m\":{\"hcaHandles\":1}}"),
			.invalid = " rdma.max ",
			.reads = "net_cls.classid=0;net_prio.ifpriomap=lo 0\neth01 4\neth0 3;"
				 "rdma.max=m hca_handle=max hca_object=max;"},
	};

	(void)state;
	check_limits(list, COUNT(list), 0);
}

#define IO_MAX  "io.max=8:0 rbps=1 wbps=max riops=max wiops=max;"
#define NOTHING " rbps=max wbps=max riops=max wiops=max"

static void test_update_v2(void **state)
{
	static const struct limits list[] = {
		{STORED, "io.bfq.weight=200;io.bfq.weight=8:0 50", UPDATE(BLOCK("\"weight\":200"))},
		{STORED, "io.max=8:16 rbps=7;io.max=8:0 wiops=max",
			UPDATE(BLOCK(RATE("throttleReadBpsDevice", "16", "7") "," RATE(
				"throttleWriteIOPSDevice", "0", "0")))},
		{STORED, "io.bfq.weight=8:16 60",
			UPDATE(BLOCK(
				"\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":60}]"))},
		{STORED, "hugetlb.1GB.max=5;hugetlb.1GB.rsvd.max=5",
			UPDATE("\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":5}]")},
		{STORED, ";linux.resources.blockIO.leafWeight: cgroup v2 has no such limit",
			UPDATE(BLOCK("\"leafWeight\":20"))},
		/* taken back */
		{STORED,
			"io.bfq.weight=200;io.bfq.weight=8:0 60;io.bfq.weight=8:16 70;io.max=8:0 "
			"rbps=7;io.max=8:16 rbps=8;io.max=8:16" NOTHING
			";io.max=8:0 rbps=1 wbps=max riops=max wiops=max;io.bfq.weight=8:16 "
			"default;io.bfq.weight=8:0 50;io.bfq.weight=default 100;io.bfq.weight=8:0 "
			"50;write \"m "
			"hca_object=1\" to rdma.max: invalid argument",
			UPDATE(BLOCK(
				"\"weight\":200,\"weightDevice\":[{\"major\":8,\"minor\":0,"
				"\"weight\":60},{\"major\":8,\"minor\":16,\"weight\":70}],"
				"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":"
				"7},{\"major\":8,\"minor\":16,\"rate\":8}]") ",\"rdma\":{\"m\":"
									     "{\"hcaObjects\":1}}"),
			.invalid = " rdma.max ",
			.reads = IO_MAX "io.bfq.weight=default 100\n8:0 50;"},
		{STORED,
			"io.weight=9293;io.weight=8:0 102;io.weight=8:0 default;io.weight=default "
			"300;write \"m hca_object=1\" to rdma.max: invalid argument",
			UPDATE(BLOCK("\"weight\":930,\"weightDevice\":[{\"major\":8,\"minor\":0,"
				     "\"weight\":20}]") ",\"rdma\":{\"m\":{\"hcaObjects\":1}}"),
			.invalid = " rdma.max ", .missing = " io.bfq.weight ",
			.reads = "io.weight=default 300;"},
		{STORED,
			"rdma.max=m hca_object=1;rdma.max=n hca_handle=0;io.latency= 8:0 "
			"target=5;io.latency=8:0 target=0;rdma.max=n "
			"hca_handle=max hca_object=max;rdma.max=m hca_handle=2 hca_object=max;"
			"unable to set unified resource \"memory.high\": memory.high: invalid "
			"argument",
			UPDATE("\"rdma\":{\"m\":{\"hcaObjects\":1},\"n\":{\"hcaHandles\":0}},"
			       "\"unified\":{\"io.latency\":\" 8:0 target=5\",\"memory.high\":"
			       "\"x\"}"),
			.invalid = " memory.high ",
			.reads = "rdma.max=m hca_handle=2 hca_object=max;io.latency=;memory.high=1;"
				 "cgroup.controllers=memory;"},
		/* unified against what is given with it, and against what was there before */
		{STORED, DIFFERS("io.max", "8:0 rbps=7", "8:0 rbps=8"),
			UPDATE(BLOCK(RATE("throttleReadBpsDevice", "0", "7")) ",\"unified\":{\"io."
									      "max\":\"8:0 "
									      "rbps=8\"}")},
		{STORED, "io.max=8:0 rbps=8;io.bfq.weight=default 400;rdma.max=m hca_handle=9",
			UPDATE("\"unified\":{\"io.max\":\"8:0 rbps=8\",\"io.bfq.weight\":\"default "
			       "400\",\"rdma.max\":\"m hca_handle=9\"}")},
		{STORED, "io.max=8:16 rbps=7;io.max=8:0 rbps=8",
			UPDATE(BLOCK(RATE("throttleReadBpsDevice", "16", "7")) ",\"unified\":{\"io."
									       "max\":\"8:0 "
									       "rbps=8\"}")},
		{STORED, "memory.swap.max=4096;memory.max=10000",
			UPDATE("\"memory\":{\"swap\":12288},\"unified\":{\"memory.max\":"
			       "\"10000\"}")},
		{STORED, "memory.max=10000;memory.swap.max=50",
			UPDATE("\"memory\":{\"limit\":10000},\"unified\":{\"memory.swap.max\":"
			       "\"50\"}")},
		{STORED, "memory.swap.max=6384;memory.max=10000",
			UPDATE("\"memory\":{\"limit\":10000}")},
		{STORED, "cpu.max=60000 5000;cpu.max=60000 5000",
			UPDATE("\"cpu\":{\"period\":5000},\"unified\":{\"cpu.max\":\"60000 "
			       "5000\"}"),
			.reads = "cpu.max=50000 100000;"},
	};

	(void)state;
	check_limits(list, COUNT(list), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_update_v1),
		cmocka_unit_test(test_update_v2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
