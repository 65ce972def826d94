# What the specification calls an error is one, in one line, and leaves nothing; what it calls a warning is none. One entry for
# each, as `create` sees it; the forms of each member are in tests/test_parse_refused.c.
# layouts: hybrid v2

load lib/common

export LIMIT=5

# Each line: a change of config.json, a tab, what the error says.
refuse_each() {
	local change pattern
	cp config.json usual.json
	while IFS=$'\t' read -r change pattern; do
		[ -n "$change" ] || continue
		cp usual.json config.json
		edit "$change"
		refused "$pattern" create "$ID" || { echo "change: $change"; return 1; }
	done
	cp usual.json config.json
	run runc run "$ID" # it was the change
	expect 0
}

@test "refused: the top of config.json" {
	newer "1.1.5 takes some, and has other words"
	refuse_each <<-'END'
		del(.ociVersion)	ociVersion: missing
		.ociVersion = "1.0"	ociVersion: .*not a version number
		.ociVersion = "v1.0.0"	ociVersion: .*not a version number
		.ociVersion = "2.0.0"	ociVersion: version 2.0.0 is not supported
		del(.root)	root must be specified
		del(.root.path)	root.path: missing
		.root.path = "nosuch"	nosuch: no such file or directory
		.annotations = {"": "x"}	annotations\[.*\]: a key must not be empty
		.annotations = {"a": 1}	annotations.a: expected a string
		.annotations = {"a": {"b": "c"}}	annotations.a: expected a string
		.annotations = {"a": null}	annotations.a: expected a string
		.hostname = ("h" * 65)	hostname: longer than 64 bytes
		.linux.namespaces |= map(select(.type != "uts"))	unable to set hostname without a private UTS namespace
		del(.hostname) | .domainname = "d" | .linux.namespaces |= map(select(.type != "uts"))	unable to set domainname without
		.domainname = "d" | .linux.sysctl = {"kernel.domainname": "x"}	sysctl .*kernel.domainname.* conflicts with the OCI .*domainname.* field
	END
}

@test "refused: process" {
	newer "1.1.5 takes some, and has other words"
	refuse_each <<-'END'
		del(.process.cwd)	process.cwd: missing
		.process.cwd = "tmp"	Cwd must be an absolute path
		.process.args = []	args must not be empty
		del(.process.args)	args must not be empty
		.process.env += ["A"]	process.env\[[0-9]\]: invalid environment variable
		.process.terminal = true	console socket
		.process.terminal = true | .process.consoleSize = {height: 5}	process.consoleSize.width: missing
		.process.user.uid = -1	process.user.uid: -1 is out of range
		.process.user.umask = 512	process.user.umask: 512 is out of range
		.process.user.additionalGids = [4294967295]	process.user.additionalGids\[0\]: 4294967295 is out of range
		.process.rlimits = [{type: "RLIMIT_FOO", soft: 1, hard: 1}]	wrong rlimit value: RLIMIT_FOO
		.process.rlimits = [{type: "nofile", soft: 1, hard: 1}]	wrong rlimit value: nofile
		.process.rlimits = [{type: "RLIMIT_CPU", soft: 1}]	process.rlimits\[0\].hard: missing
		.process.rlimits = [{soft: 1, hard: 1}]	process.rlimits\[0\].type: missing
		.process.rlimits = [{type: "RLIMIT_CPU", soft: 2, hard: 1}]	process.rlimits\[0\]: soft limit 2 is above the hard limit 1
		.process.rlimits = [range(2) | {type: "RLIMIT_CPU", soft: 9, hard: 9}]	process.rlimits\[1\].type: duplicate rlimit RLIMIT_CPU
		.process.oomScoreAdj = 1001	process.oomScoreAdj: 1001 is out of range
		.process.scheduler = {policy: "SCHED_FOO"}	invalid scheduler policy: SCHED_FOO
		.process.scheduler = {}	scheduler policy is required
		.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_FOO"]}	invalid scheduler flag: SCHED_FLAG_FOO
		.process.ioPriority = {class: "IOPRIO_CLASS_FOO", priority: 1}	invalid ioPriority.Class: .*IOPRIO_CLASS_FOO
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}	invalid ioPriority.Priority: 8
		.process.execCPUAffinity = {initial: "a"}	bad CPUAffinity.Initial
	END
}

@test "refused: mounts" {
	newer "1.1.5 takes some, and has other words"
	refuse_each <<-'END'
		.mounts += [{type: "tmpfs"}]	mounts\[[0-9]\].destination: missing
		.mounts += [{destination: "/m"}]	mounts\[[0-9]\]: type: missing
		.mounts += [{destination: "/m", type: "nosuchfs"}]	no such device
		.mounts += [{destination: "/m", type: "tmpfs", options: ["nosuch=1"]}]	/m.*nosuch
		.mounts += [{destination: "/m", source: "/no/such", options: ["bind"]}]	/no/such.*no such file or directory
	END
}

@test "refused: namespaces, ids, sysctl" {
	newer "1.1.5 takes some, and has other words"
	touch "$T/file"
	edit --arg file "$T/file" '.annotations.file = $file'
	refuse_each <<-'END'
		.linux.namespaces += [{type: "pid"}]	duplicated ns
		.linux.namespaces += [{type: "Pid"}]	namespace .*Pid.* does not exist
		.linux.namespaces += [{}]	linux.namespaces\[[0-9]\].type: missing
		.linux.namespaces |= map(if .type == "network" then .path = "run/netns" else . end)	linux.namespaces\[[0-9]\]: path must be absolute
		.linux.namespaces |= map(if .type == "network" then .path = "/no/such" else . end)	/no/such: no such file or directory
		.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/ipc" else . end)	/proc/self/ns/ipc
		.annotations.file as $file | .linux.namespaces |= map(if .type == "network" then .path = $file else . end)	/file
		.linux.namespaces += [{type: "user"}]	user namespaces enabled, but no uid mappings found
		.linux.uidMappings = [{hostID: 1, size: 1}]	linux.uidMappings\[0\].containerID: missing
		.linux.uidMappings = [{containerID: 0, size: 1}]	linux.uidMappings\[0\].hostID: missing
		.linux.uidMappings = [{containerID: 0, hostID: 1}]	linux.uidMappings\[0\].size: missing
		.linux.uidMappings = [{containerID: 0, hostID: 1, size: 0}]	linux.uidMappings\[0\].size: 0 is out of range
		.linux.uidMappings = [range(341) | {containerID: ., hostID: ., size: 1}]	linux.uidMappings\[340\]: more than 340 mappings
		.linux.sysctl = {"kernel.core_pattern": "x"}	sysctl .*kernel.core_pattern.* is not in a separate kernel namespace
		.linux.sysctl = {"net.ipv4.nosuch": "x"}	sysctl.*net.ipv4.nosuch
	END
}

@test "refused: devices, paths, propagation, personality" {
	newer "1.1.5 takes some, and has other words"
	mkdir -p "$ROOTFS/opt"
	touch "$ROOTFS/opt/file"
	refuse_each <<-'END'
		.linux.devices = [{path: "/dev/x", type: "x", major: 1, minor: 3}]	invalid device type .*x
		.linux.devices = [{path: "/dev/x", major: 1, minor: 3}]	linux.devices\[0\].type: missing
		.linux.devices = [{type: "c", major: 1, minor: 3}]	linux.devices\[0\].path: missing
		.linux.devices = [{path: "dev/x", type: "c", major: 1, minor: 3}]	linux.devices\[0\].path: must be an absolute path
		.linux.devices = [{path: "/dev/x", type: "c", minor: 3}]	linux.devices\[0\]: major: missing
		.linux.devices = [{path: "/dev/x", type: "b", major: 1}]	linux.devices\[0\]: minor: missing
		.linux.devices = [{path: "/opt/file", type: "c", major: 1, minor: 3}]	/opt/file: file exists
		.linux.devices = [range(2) | {path: "/dev/x", type: "p"}]	linux.devices: duplicate device path .*/dev/x
		.linux.maskedPaths = ["x"]	linux.maskedPaths\[0\]: must be an absolute path
		.linux.readonlyPaths = ["x"]	linux.readonlyPaths\[0\]: must be an absolute path
		.linux.namespaces |= map(select(.type != "mount"))	without a private MNT namespace
		.linux.rootfsPropagation = "sharde"	rootfsPropagation=sharde is not supported
		.linux.personality = {domain: "LINUX64"}	invalid personality domain LINUX64
		.linux.personality = {}	linux.personality.domain: missing
		.linux.personality = {domain: "LINUX", flags: ["A"]}	linux.personality.flags: no flag is defined
	END
}

@test "refused: cgroups and resources" {
	newer "1.1.5 takes some, and has other words"
	refuse_each <<-'END'
		.linux.cgroupsPath = "/a/../../b"	linux.cgroupsPath: .*is not allowed
		.linux.resources.devices = [{access: "r"}]	linux.resources.devices\[0\].allow: missing
		.linux.resources.devices = [{allow: true, type: "x", access: "r"}]	invalid cgroup device type .*x
		.linux.resources.devices = [{allow: true, access: "x"}]	linux.resources.devices\[0\].access: .*not made of r, w and m
		.linux.resources.memory.swappiness = 101	invalid memory swappiness value: 101
		.linux.resources.memory = {limit: 8388608, swap: 4194304}	memory.swap limit should be >= memory limit
		.linux.resources.memory = {swap: 4194304}	unable to set swap limit without memory limit
		.linux.resources.cpu = {quota: 10000, burst: 10001}	linux.resources.cpu: burst: 10001 is above the quota
		.linux.resources.cpu.cpus = "0-"	linux.resources.cpu.cpus: .*is not a list
		.linux.resources.cpu.mems = "x"	linux.resources.cpu.mems: .*is not a list
		.linux.resources.hugepageLimits = [{pageSize: "2 MB", limit: 0}]	linux.resources.hugepageLimits\[0\].pageSize: .*not a page size
		.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 0}]	hugetlb
		.linux.resources.hugepageLimits = [{limit: 0}]	linux.resources.hugepageLimits\[0\].pageSize: missing
		.linux.resources.unified = {"a/b.c": "1"}	unified resource .*must be a file name
		.linux.resources.unified = {"nosuch.max": "1"}	unified
	END
}

@test "refused: limits of block devices, network and RDMA that make no sense, also empty ones" {
	newer "1.1.5 takes them, and leaves it to the kernel"
	refuse_each <<-'END'
		.linux.resources.blockIO = []	linux.resources.blockIO: expected an object
		.linux.resources.blockIO = {weight: 9}	linux.resources.blockIO.weight: 9 is out of range .10 to 1000.
		.linux.resources.blockIO = {leafWeight: 1001}	linux.resources.blockIO.leafWeight: 1001 is out of range
		.linux.resources.blockIO = {weightDevice: {}}	linux.resources.blockIO.weightDevice: expected an array
		.linux.resources.blockIO = {weightDevice: [{major: 8, minor: 0}]}	blockIO.weightDevice\[0\]: neither weight nor leafWeight
		.linux.resources.blockIO = {throttleReadBpsDevice: [{major: 8, minor: 0}]}	throttleReadBpsDevice\[0\].rate: missing
		.linux.resources.blockIO = {throttleWriteIOPSDevice: [{major: 8, minor: 0, rate: -1}]}	throttleWriteIOPSDevice\[0\].rate: -1 is out of range
		.linux.resources.network = {classID: -1}	linux.resources.network.classID: -1 is out of range
		.linux.resources.network = {priorities: [{name: "a/b", priority: 1}]}	invalid network device name
		.linux.resources.rdma = {mlx: {}}	linux.resources.rdma.mlx: neither hcaHandles nor hcaObjects
		.linux.resources.rdma = {"a b": {hcaHandles: 1}}	not the name of an RDMA device
	END
}

@test "refused: seccomp" {
	newer "1.1.5 takes some, and has other words"
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null &&
		skip "built without libseccomp"
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	refuse_each <<-'END'
		.linux.seccomp.defaultAction = "SCMP_ACT_FOO"	string SCMP_ACT_FOO is not a valid action
		del(.linux.seccomp.defaultAction)	linux.seccomp.defaultAction: missing
		.linux.seccomp.defaultErrnoRet = 1	linux.seccomp.defaultErrnoRet: only for SCMP_ACT_ERRNO
		.linux.seccomp.architectures = ["SCMP_ARCH_FOO"]	string SCMP_ARCH_FOO is not a valid arch
		.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_FOO"]	seccomp flag SECCOMP_FILTER_FLAG_FOO
		.linux.seccomp.listenerMetadata = "x"	linux.seccomp.listenerMetadata
		.linux.seccomp.syscalls[0].action = "SCMP_ACT_FOO"	string SCMP_ACT_FOO is not a valid action
		del(.linux.seccomp.syscalls[0].action)	linux.seccomp.syscalls\[0\].action: missing
		.linux.seccomp.syscalls[0].names = []	linux.seccomp.syscalls\[0\]: names: must not be empty
		del(.linux.seccomp.syscalls[0].names)	linux.seccomp.syscalls\[0\].names: missing
		.linux.seccomp.syscalls[0] |= (.action = "SCMP_ACT_ALLOW" | .errnoRet = 1)	linux.seccomp.syscalls\[0\].errnoRet: only for
		.linux.seccomp.syscalls[0].args = [{index: 6, value: 1, op: "SCMP_CMP_EQ"}]	args\[0\].index: 6 is out of range
		.linux.seccomp.syscalls[0].args = [{index: 0, value: 1, op: "SCMP_CMP_FOO"}]	string SCMP_CMP_FOO is not a valid operator
		.linux.seccomp.syscalls[0].args = [{index: 0, op: "SCMP_CMP_EQ"}]	args\[0\].value: missing
	END
}

@test "refused: hooks" {
	newer "1.1.5 takes some, and has other words"
	refuse_each <<-'END'
		.hooks.prestart = [{}]	hooks.prestart\[0\].path: missing
		.hooks.poststop = [{path: "bin/true"}]	hooks.poststop\[0\]: path must be absolute
		.hooks.startContainer = [{path: "/bin/true", timeout: 0}]	hooks.startContainer\[0\].timeout: 0 is out of range
		.hooks.prestart = [{path: "/bin/false"}]	error running prestart hook #0
		.hooks.createRuntime = [{path: "/bin/false"}]	error running createRuntime hook #0
		.hooks.createContainer = [{path: "/bin/false"}]	error running createContainer hook #0
	END
}

@test "refused: an id that is in use: created, running, stopped" {
	args sleep 100
	detached create "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	run runc create "$ID"
	expect 1 'container with given ID already exists'
	same "$(status_of "$ID") $(pid_of "$ID")" "created $pid"
	runc start "$ID"
	run runc create "$ID"
	expect 1 'container with given ID already exists'
	same "$(status_of "$ID") $(pid_of "$ID")" "running $pid"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	run runc create "$ID"
	expect 1 'container with given ID already exists'
	same "$(status_of "$ID")" stopped
}

@test "refused: not what only deserves a warning, or nothing" {
	local warned
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null ||
		edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["nosuchcall"], action: "SCMP_ACT_ALLOW"}]}'
	edit '.linux.maskedPaths += ["/no/such"] | .linux.readonlyPaths += ["/no/such"]
		| .annotations["org.example.unknown"] = "" | .annotations["org.opencontainers.image.stopSignal"] = "SIGKILL"
		| .unknown = {a: [1.5e300]} | .process.unknown = 1 | .linux.resources.unknown = 1
		| .solaris = {a: 1} | .windows = {layerFolders: []} | .vm = {} | .zos = {a: 1} | .freebsd = {}
		| .process.commandLine = "x" | .process.user.username = "x"'
	run runc run "$ID"
	expect 0
	same "$output" ""
	edit '.process.capabilities.bounding += ["CAP_NOSUCH"] | .process.capabilities.ambient = ["CAP_SYS_BOOT"]
		| .mounts += [{destination: "mnt/relative", type: "tmpfs", source: "tmpfs"}]'
	args sh -c 'grep -c " /mnt/relative " /proc/self/mountinfo'
	newer "1.1.5 refuses a capability that cannot be granted"
	run runc run "$ID"
	expect 0 'CAP_NOSUCH' 'mounts[7].destination: a relative path is deprecated' $'\n1'
	lacks "$output" level=error
}
