/*
 * parse: namespaces, time offsets, sysctls by namespace, memory policy: what arrives in the plan, and
 * what is refused in which words.
 */
/* link: shared/plan shared/names shared/text tests/parse_run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "parse_run.h"

struct refusal {
	const char *given;
	const char *error; /* a part of the line */
};

static const struct refusal namespaces[] = {
	{"{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}",
		"malformed spec file: duplicated ns {\"pid\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/a\"},{\"type\":\"pid\"}]}",
		"duplicated ns {\"pid\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"pid\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"network\"},{\"type\":\"network\"}]}",
		"malformed spec file: duplicated ns {\"network\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"network\",\"path\":\"/a\"},{\"type\":\"network\"}]}",
		"duplicated ns {\"network\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"network\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"mount\"}]}",
		"malformed spec file: duplicated ns {\"mount\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"mount\",\"path\":\"/a\"},{\"type\":\"mount\"}]}",
		"duplicated ns {\"mount\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"mount\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"ipc\"}]}",
		"malformed spec file: duplicated ns {\"ipc\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"ipc\",\"path\":\"/a\"},{\"type\":\"ipc\"}]}",
		"duplicated ns {\"ipc\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"ipc\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"uts\"},{\"type\":\"uts\"}]}",
		"malformed spec file: duplicated ns {\"uts\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"uts\",\"path\":\"/a\"},{\"type\":\"uts\"}]}",
		"duplicated ns {\"uts\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"uts\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"user\"}]}",
		"malformed spec file: duplicated ns {\"user\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"user\",\"path\":\"/a\"},{\"type\":\"user\"}]}",
		"duplicated ns {\"user\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"user\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"cgroup\"},{\"type\":\"cgroup\"}]}",
		"malformed spec file: duplicated ns {\"cgroup\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"cgroup\",\"path\":\"/a\"},{\"type\":\"cgroup\"}]}",
		"duplicated ns {\"cgroup\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"cgroup\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"time\"},{\"type\":\"time\"}]}",
		"malformed spec file: duplicated ns {\"time\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"time\",\"path\":\"/a\"},{\"type\":\"time\"}]}",
		"duplicated ns {\"time\" \"\"}"},
	{"{\"namespaces\":[{\"type\":\"time\",\"path\":\"proc/1/ns/x\"}]}",
		"linux.namespaces[0]: path must be absolute: \"proc/1/ns/x\""},
	{"{\"namespaces\":[{\"type\":\"Pid\"}]}", "namespace {\"Pid\" \"\"} does not exist"},
	{"{\"namespaces\":[{\"type\":\"net\"}]}", "namespace {\"net\" \"\"} does not exist"},
	{"{\"namespaces\":[{\"type\":\"\"}]}", "namespace {\"\" \"\"} does not exist"},
	{"{\"namespaces\":[{\"type\":5}]}", "linux.namespaces[0].type: expected a string"},
	{"{\"namespaces\":[{\"type\":\"pid\",\"path\":5}]}",
		"linux.namespaces[0].path: expected a string"},
	{"{\"maskedPaths\":[\"/a\"]}",
		"unable to restrict sys entries without a private MNT namespace"},
	{"{\"readonlyPaths\":[\"/a\"],\"namespaces\":[{\"type\":\"pid\"}]}",
		"unable to restrict sys entries without a private MNT namespace"},
};

static const struct refusal offsets[] = {
	{"{\"timeOffsets\":{\"boottime\":{\"secs\":0}}}",
		"linux.timeOffsets: time namespace offsets specified, but time namespace isn't "
		"enabled in the config"},
	{"{\"namespaces\":[{\"type\":\"time\",\"path\":\"/proc/1/ns/"
	 "time\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":1}}}",
		"linux.timeOffsets: time namespace enabled, but both namespace path and time "
		"offsets specified -- you may only provide one"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"realtime\":{\"secs\":1}}}",
		"linux.timeOffsets.realtime: no such clock: only monotonic and boottime have "
		"offsets"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"Monotonic\":{\"secs\":1}}}",
		"linux.timeOffsets.Monotonic: no such clock"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"\":{\"secs\":1}}}",
		"no such clock"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":[]}",
		"linux.timeOffsets: expected an object"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":5}}",
		"linux.timeOffsets.monotonic: expected an object, found a number"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":"
	 "9223372036854775808}}}",
		"linux.timeOffsets.monotonic.secs: 9223372036854775808 is out of range"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":-"
	 "9223372036854775809}}}",
		"linux.timeOffsets.monotonic.secs: -9223372036854775809 is out of range"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":1.5}}}",
		"linux.timeOffsets.monotonic.secs: expected a whole number"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"boottime\":{\"nanosecs\":"
	 "1000000000}}}",
		"linux.timeOffsets.boottime.nanosecs: 1000000000 is out of range (0 to 999999999)"},
	{"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"boottime\":{\"nanosecs\":-1}}}",
		"linux.timeOffsets.boottime.nanosecs: -1 is out of range"},
};

static const struct refusal sysctls[] = {
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.msgmax\":\"1\"}}",
		"sysctl \"kernel.msgmax\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.msgmnb\":\"1\"}}",
		"sysctl \"kernel.msgmnb\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.msgmni\":\"1\"}}",
		"sysctl \"kernel.msgmni\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.sem\":\"1\"}}",
		"sysctl \"kernel.sem\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.shmall\":\"1\"}}",
		"sysctl \"kernel.shmall\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.shmmax\":\"1\"}}",
		"sysctl \"kernel.shmmax\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.shmmni\":\"1\"}}",
		"sysctl \"kernel.shmmni\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.shm_rmid_forced\":\"1\"}}",
		"sysctl \"kernel.shm_rmid_forced\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel/shmmax\":\"1\"}}",
		"sysctl \"kernel/shmmax\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"fs.mqueue.queues_max\":\"1\"}}",
		"sysctl \"fs.mqueue.queues_max\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"fs/mqueue/queues_max\":\"1\"}}",
		"sysctl \"fs/mqueue/queues_max\" is not allowed in the hosts ipc namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"net.core.somaxconn\":\"1\"}}",
		"sysctl \"net.core.somaxconn\" not allowed in host network namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"net/core/somaxconn\":\"1\"}}",
		"sysctl \"net/core/somaxconn\" not allowed in host network namespace"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"user.max_user_namespaces\":\"1\"}}",
		"setting ucounts without a user namespace not allowed: user.max_user_namespaces"},
	{"{\"namespaces\":[{\"type\":\"mount\"}],\"sysctl\":{\"kernel.domainname\":\"1\"}}",
		"sysctl \"kernel.domainname\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.hostname\":\"1\"}}",
		"sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI "
		"\"hostname\" field"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel/hostname\":\"1\"}}",
		"is not allowed as it conflicts with the OCI \"hostname\" field"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.core_pattern\":\"1\"}}",
		"sysctl \"kernel.core_pattern\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel/core_pattern\":\"1\"}}",
		"sysctl \"kernel/core_pattern\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"vm.swappiness\":\"1\"}}",
		"sysctl \"vm.swappiness\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"fs.file-max\":\"1\"}}",
		"sysctl \"fs.file-max\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"fs.mqueuex\":\"1\"}}",
		"sysctl \"fs.mqueuex\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.msgmaxx\":\"1\"}}",
		"sysctl \"kernel.msgmaxx\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.shm\":\"1\"}}",
		"sysctl \"kernel.shm\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"netx.y\":\"1\"}}",
		"sysctl \"netx.y\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"Net.ipv4.ip_forward\":\"1\"}}",
		"sysctl \"Net.ipv4.ip_forward\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.Sem\":\"1\"}}",
		"sysctl \"kernel.Sem\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net\":\"1\"}}",
		"sysctl \"net\" is not in a separate kernel namespace"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"\":\"1\"}}",
		"a key must not be empty"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net.\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net..x\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\".net\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net/../x\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net./x\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"/net/x\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net.a b\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net.a=b\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":"
	 "\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net.x\\n\":\"1\"}}",
		"not the name of a sysctl"},
	{"{\"sysctl\":[]}", "linux.sysctl: expected an object"},
	{"{\"namespaces\":[{\"type\":\"ipc\"}],\"sysctl\":{\"kernel.sem\":null}}",
		"linux.sysctl[\"kernel.sem\"]: expected a string, found null"},
};

static const struct refusal policies[] = {
	{"{\"memoryPolicy\":{}}", "linux.memoryPolicy.mode: missing"},
	{"{\"memoryPolicy\":[]}", "linux.memoryPolicy: expected an object"},
	{"{\"memoryPolicy\":{\"mode\":\"BIND\",\"nodes\":\"0\"}}",
		"linux.memoryPolicy.mode: invalid memory policy mode \"BIND\""},
	{"{\"memoryPolicy\":{\"mode\":\"\"}}", "invalid memory policy mode \"\""},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"0\"}}",
		"linux.memoryPolicy: memory policy mode requires 0 nodes"},
	{"{\"memoryPolicy\":{\"nodes\":\"0\",\"mode\":\"MPOL_LOCAL\"}}",
		"linux.memoryPolicy: memory policy mode requires 0 nodes"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}}",
		"linux.memoryPolicy: memory policy mode requires at least one node but got 0"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\"}}",
		"linux.memoryPolicy: memory policy mode requires at least one node but got 0"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED_MANY\"}}",
		"linux.memoryPolicy: memory policy mode requires at least one node but got 0"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_WEIGHTED_INTERLEAVE\"}}",
		"linux.memoryPolicy: memory policy mode requires at least one node but got 0"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\" , \"}}",
		"requires at least one node but got 0"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"3-1\"}}",
		"linux.memoryPolicy.nodes: invalid memory policy nodes \"3-1\": invalid range: "
		"3-1"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0,x\"}}",
		"invalid memory policy nodes \"0,x\": not a number or a range: x"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"1024\"}}",
		"values larger than 1023 are not supported: 1024"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0-4294967296\"}}",
		"values larger than 1023 are not supported"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":[\"0\"]}}",
		"linux.memoryPolicy.nodes: expected a string"},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_"
	 "NODES\",\"X\"]}}",
		"linux.memoryPolicy.flags[1]: invalid memory policy flag \"X\""},
	{"{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":\"MPOL_F_STATIC_"
	 "NODES\"}}",
		"linux.memoryPolicy.flags: expected an array"},
};

static void check_refusals(const struct refusal *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = run(compose(LINUX, list[i].given));

		if (status != 1 || !strstr(messages, list[i].error))
			fail_msg("%s\n  expected: %s\n  status %d: %s", list[i].given,
				list[i].error, status, messages);
	}
}

static void refused(void **state)
{
	(void)state;
	check_refusals(namespaces, COUNT(namespaces));
	check_refusals(offsets, COUNT(offsets));
	check_refusals(sysctls, COUNT(sysctls));
	check_refusals(policies, COUNT(policies));
}

static void accepted(void **state)
{
	static const char *const list[] = {
		"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{}}",
		"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":null}",
		"{\"timeOffsets\":{}}",
		"{\"timeOffsets\":{\"monotonic\":null}}",
		"{\"namespaces\":[{\"type\":\"time\",\"path\":\"\"}],\"timeOffsets\":{"
		"\"monotonic\":{}}}",
		"{\"memoryPolicy\":null}",
		"{\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\",\"nodes\":\"\"}}",
		"{\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"flags\":[]}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.msgmax\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.msgmnb\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.msgmni\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.sem\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.shmall\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.shmmax\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.shmmni\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/"
		"u\"}],\"sysctl\":{\"kernel.shm_rmid_forced\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel/sem\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"fs.mqueue.msg_max\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"fs/mqueue/msg_max\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net/ipv4/conf/eth0.1/"
		"forwarding\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"net.ipv4.conf.eth0/"
		"1.forwarding\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel.domainname\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"kernel/domainname\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/"
		"u\"}],\"sysctl\":{\"user.max_user_namespaces\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"uts\"},{"
		"\"type\":\"user\",\"path\":\"/u\"}],\"sysctl\":{\"user/"
		"max_user_namespaces\":\"1\"}}",
		"{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/1/ns/"
		"x\"},{\"type\":\"network\",\"path\":\"/proc/1/ns/"
		"x\"},{\"type\":\"mount\",\"path\":\"/proc/1/ns/x\"},{\"type\":\"ipc\",\"path\":\"/"
		"proc/1/ns/x\"},{\"type\":\"uts\",\"path\":\"/proc/1/ns/"
		"x\"},{\"type\":\"user\",\"path\":\"/proc/1/ns/"
		"x\"},{\"type\":\"cgroup\",\"path\":\"/proc/1/ns/"
		"x\"},{\"type\":\"time\",\"path\":\"/proc/1/ns/x\"}]}",
	};
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		if (run(compose(LINUX, list[i])) || *messages)
			fail_msg("%s\n  %s", list[i], messages);
		load(&plan);
	}
}

static void take(struct plan *plan, const char *given)
{
	if (run(compose(LINUX, given)))
		fail_msg("%s\n  %s", given, messages);
	load(plan);
}

static void offsets_arrive(void **state)
{
	struct plan plan;
	const struct plan_config *c;

	(void)state;
	take(&plan,
		"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":-"
		"9223372036854775808,\"nanosecs\":999999999},\"boottime\":{\"secs\":"
		"9223372036854775807}}}");
	c = plan.config;
	assert_true(c->time_monotonic.set && c->time_monotonic.value == INT64_MIN);
	assert_int_equal(c->time_monotonic_nanoseconds, 999999999);
	assert_true(c->time_boottime.set && c->time_boottime.value == INT64_MAX);
	assert_int_equal(c->time_boottime_nanoseconds, 0);
	take(&plan,
		"{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"boottime\":{\"nanosecs\":"
		"1}}}");
	c = plan.config;
	assert_true(!c->time_monotonic.set && c->time_boottime.set && !c->time_boottime.value);
	assert_int_equal(c->time_boottime_nanoseconds, 1);
	take(&plan, "{\"namespaces\":[{\"type\":\"time\"}]}");
	assert_true(!plan.config->time_monotonic.set && !plan.config->time_boottime.set);
}

static void policies_arrive(void **state)
{
	static const struct {
		const char *mode;
		int value; /* set_mempolicy(2) */
		const char *nodes;
	} modes[] = {{"MPOL_DEFAULT", 0, ""}, {"MPOL_PREFERRED", 1, "0"}, {"MPOL_BIND", 2, "0"},
		{"MPOL_INTERLEAVE", 3, "0"}, {"MPOL_LOCAL", 4, ""}, {"MPOL_PREFERRED_MANY", 5, "0"},
		{"MPOL_WEIGHTED_INTERLEAVE", 6, "0"}};
	struct plan plan;
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		snprintf(text, sizeof(text),
			"{\"memoryPolicy\":{\"mode\":\"%s\",\"nodes\":\"%s\"}}", modes[i].mode,
			modes[i].nodes);
		take(&plan, text);
		assert_true(plan.config->memory_policy.set);
		assert_int_equal(plan.config->memory_policy.value, modes[i].value);
		assert_int_equal(plan.config->memory_nodes.count, *modes[i].nodes ? 1 : 0);
	}
	take(&plan,
		"{\"memoryPolicy\":{\"flags\":[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\","
		"\"MPOL_F_NUMA_BALANCING\"],\"nodes\":\"0-2, "
		"5,,63-64,1023\",\"mode\":\"MPOL_BIND\"}}");
	assert_int_equal(plan.config->memory_policy.value, 0xe002);
	assert_true(plan_waits_after_mounts(&plan)); /* for cpuset.mems */
	assert_int_equal(plan.config->memory_nodes.count, 16);
	assert_true(plan_num_at(&plan, plan.config->memory_nodes, 0)->value == 0x8000000000000027);
	assert_int_equal(plan_num_at(&plan, plan.config->memory_nodes, 1)->value, 1);
	assert_true(plan_num_at(&plan, plan.config->memory_nodes, 15)->value == UINT64_C(1) << 63);
	take(&plan, "{}");
	assert_false(plan.config->memory_policy.set);
	assert_false(plan_waits_after_mounts(&plan));
}

/* The container's own cgroup goes to its user, as the host numbers it (config-linux.md, "Cgroup ownership"). */
static void owners_of_cgroups(void **state)
{
	static const struct {
		const char *uid, *options, *type;
		int64_t owner; /* -1: none */
	} cases[] = {
		{"7", "rw", "{\"type\":\"cgroup\"}", 7},
		{"0", "rw", "{\"type\":\"cgroup\"}", 0},
		{"7", "ro", "{\"type\":\"cgroup\"}", -1},
		{"7", "rw", "{\"type\":\"ipc\"}", -1},
		{"7", "rw", "{\"type\":\"cgroup\",\"path\":\"/c\"}", -1},
		{"0", "rw", "{\"type\":\"cgroup\"},{\"type\":\"user\"}", 1000},
		{"9", "rw", "{\"type\":\"cgroup\"},{\"type\":\"user\"}", 1009},
		{"10", "rw", "{\"type\":\"cgroup\"},{\"type\":\"user\"}", -1},
		{"19", "rw", "{\"type\":\"cgroup\"},{\"type\":\"user\"}", -1},
		{"20", "rw", "{\"type\":\"cgroup\"},{\"type\":\"user\"}", 5000},
		{"21", "rw", "{\"type\":\"cgroup\"},{\"type\":\"user\"}", -1},
	};
	static const char maps[] = "[{\"containerID\":0,\"hostID\":1000,\"size\":10},"
				   "{\"containerID\":20,\"hostID\":5000,\"size\":1}]";
	struct plan plan;
	char text[2048];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text),
			"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":"
			"\"/\","
			"\"args\":[\"a\"],\"user\":{\"uid\":%s,\"gid\":0}},\"mounts\":[{"
			"\"destination\":\"/sys/fs/"
			"cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
			"\"options\":[\"%s\"]}],\"linux\":{\"namespaces\":[{\"type\":\"mount\"},%s]"
			","
			"\"uidMappings\":%s,\"gidMappings\":%s}}",
			cases[i].uid, cases[i].options, cases[i].type, maps, maps);
		assert_int_equal(run(text), 0);
		load(&plan);
		if (plan.config->cgroup_owner.set != (cases[i].owner >= 0) ||
			(cases[i].owner >= 0 &&
				plan.config->cgroup_owner.value != (uint64_t)cases[i].owner))
			fail_msg("uid %s, %s, %s", cases[i].uid, cases[i].options, cases[i].type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(accepted),
		cmocka_unit_test(offsets_arrive),
		cmocka_unit_test(policies_arrive),
		cmocka_unit_test(owners_of_cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
