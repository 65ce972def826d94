# linux.resources as the kernel has it afterwards, whose cgroup it is, and what is said where a limit cannot be had.
# layouts: hybrid v1 v2 vm

load lib/common

setup() {
	setup_bundle
	[ "$LAYOUT" != vm ] || [ -e /sys/fs/cgroup/cgroup.controllers ] || skip "for the virtual machine only"
	edit --arg p "/$ID" '.linux.cgroupsPath = $p'
	args sleep 100
}

teardown() {
	[ -z "$OTHER" ] || { kill -9 "$OTHER" && wait "$OTHER"; } 2>/dev/null || true
	[ -z "$EXTRA" ] || find "$EXTRA" -depth -type d -exec rmdir {} + 2>/dev/null || true
	[ -z "$GIVEN" ] || echo "-$GIVEN" >/sys/fs/cgroup/cgroup.subtree_control || true
	teardown_bundle
}

# dir CONTROLLER: where it has the container's cgroup.
dir() {
	if in_v2; then echo "/sys/fs/cgroup/$ID"; else echo "/sys/fs/cgroup/$1/$ID"; fi
}

# needs V1 V2: names of the controller.
needs() {
	if in_v2; then
		grep -qw "${2:-$1}" /sys/fs/cgroup/cgroup.controllers || skip "cgroup v2 of this machine has no ${2:-$1} controller"
	else
		[ -e "/sys/fs/cgroup/$1/cgroup.procs" ] || skip "this machine has no $1 hierarchy"
	fi
}

only_v2() { in_v2 || skip "for v2 only"; }

# limited FILTER: a container is created with what the filter makes of linux.resources.
limited() {
	edit "$@"
	detached create "$ID"
	expect 0
}

# has CONTROLLER FILE VALUE: a whole line of the file.
has() {
	grep -qxF -- "$3" "$(dir "$1")/$2" || { echo "$2, not $3:"; cat "$(dir "$1")/$2"; return 1; }
}

# MAJOR:MINOR of a block device.
block_device() {
	cat /sys/block/{vda,sda,loop0,*}/dev 2>/dev/null | head -n 1
}

bpf() { "$HELPERS/helper-bpf" "$@" 3>&-; }

@test "limits: the weight of block devices" {
	newer "1.1.5 does not know bfq on v2"
	needs blkio io
	limited '.linux.resources.blockIO = {weight: 200}'
	if in_v2; then
		has io io.bfq.weight "default 200" || has io io.bfq.weight 200 || has io io.weight "default 1920"
	elif [ -e "$(dir blkio)/blkio.weight" ]; then
		has blkio blkio.weight 200
	else
		grep -qxE '(default )?200' "$(dir blkio)/blkio.bfq.weight"
	fi
}

@test "limits: block devices are throttled" {
	needs blkio io
	local device
	device=$(block_device)
	limited --arg d "$device" '($d | split(":") | map(tonumber)) as $n | {major: $n[0], minor: $n[1]} as $n | .linux.resources.blockIO = {
		throttleReadBpsDevice: [$n + {rate: 1048576}], throttleWriteBpsDevice: [$n + {rate: 2097152}],
		throttleReadIOPSDevice: [$n + {rate: 100}], throttleWriteIOPSDevice: [$n + {rate: 200}]}'
	if in_v2; then
		has io io.max "$device rbps=1048576 wbps=2097152 riops=100 wiops=200"
	else
		has blkio blkio.throttle.read_bps_device "$device 1048576"
		has blkio blkio.throttle.write_bps_device "$device 2097152"
		has blkio blkio.throttle.read_iops_device "$device 100"
		has blkio blkio.throttle.write_iops_device "$device 200"
	fi
}

@test "limits: a block device that is not there, file and value and answer are named" {
	needs blkio io
	newer "1.1.5 has other words"
	edit '.linux.resources.blockIO.throttleReadBpsDevice = [{major: 4000, minor: 7, rate: 1}]'
	if in_v2; then
		refused "write .*4000:7 rbps=1.* to /sys/fs/cgroup/$ID/io.max: no such device" create "$ID"
	else
		refused "write .*4000:7 1.* to /sys/fs/cgroup/blkio/$ID/blkio.throttle.read_bps_device: no such device" create "$ID"
	fi
}

@test "limits: memory, swap, cpu, cpuset and pids at once" {
	newer "1.1.5 has no burst and another curve of weights"
	local name
	for name in memory cpu cpuset pids; do needs $name; done
	edit '.linux.resources.memory = {limit: 67108864, reservation: 33554432, swap: 134217728}
		| .linux.resources.cpu = {shares: 512, quota: 50000, period: 200000, burst: 20000, cpus: "0", mems: "0"}
		| .linux.resources.pids.limit = 33'
	in_v2 || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || edit 'del(.linux.resources.memory.swap)'
	limited .
	has pids pids.max 33
	has cpuset cpuset.cpus 0
	has cpuset cpuset.mems 0
	if in_v2; then
		has memory memory.max 67108864
		has memory memory.low 33554432
		has memory memory.swap.max 67108864
		has cpu cpu.weight 59
		has cpu cpu.max "50000 200000"
		has cpu cpu.max.burst 20000
	else
		has memory memory.limit_in_bytes 67108864
		has memory memory.soft_limit_in_bytes 33554432
		has cpu cpu.shares 512
		has cpu cpu.cfs_quota_us 50000
		has cpu cpu.cfs_period_us 200000
		has cpu cpu.cfs_burst_us 20000
	fi
}

@test "limits: a group that is idle has no shares, which the kernel would refuse" {
	newer "an error in 1.1.5"
	needs cpu
	limited '.linux.resources.cpu = {shares: 512, idle: 1}'
	has cpu cpu.idle 1
}

@test "limits: swap that equals the memory limit is no swap" {
	only_v2
	needs memory
	limited '.linux.resources.memory = {limit: 67108864, swap: 67108864}'
	has memory memory.swap.max 0
	runc delete --force "$ID"
	newer "1.1.5 would let the last one count"
	limited '.linux.resources.unified = {"memory.swap.max": "1M"}'
	has memory memory.swap.max 1048576
}

@test "limits: huge pages and their reservations" {
	needs hugetlb
	[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "this kernel has no huge pages of 2 MB"
	limited '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	if in_v2; then
		has hugetlb hugetlb.2MB.max 4194304
		has hugetlb hugetlb.2MB.rsvd.max 4194304
	else
		has hugetlb hugetlb.2MB.limit_in_bytes 4194304
		has hugetlb hugetlb.2MB.rsvd.limit_in_bytes 4194304
	fi
}

@test "limits: a size of huge pages that the kernel does not have" {
	needs hugetlb
	newer "1.1.5 has other words"
	edit '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 0}]'
	refused 'write .*0.* to /sys/fs/cgroup/.*hugetlb.3MB.*: no such file or directory' create "$ID"
}

@test "limits: marks for the network, on v1 alone" {
	newer "1.1.5 has other words, and passes them over on v2"
	edit '.linux.resources.network = {classID: 1048577}'
	if in_v2; then
		refused 'linux.resources.network.classID: cgroup v2 has no such limit' create "$ID"
	elif [ -e /sys/fs/cgroup/net_cls/cgroup.procs ]; then
		limited .
		has net_cls net_cls.classid 1048577
		runc delete --force "$ID"
	else
		refused 'cannot set net_cls limit: container could not join or create cgroup' create "$ID"
	fi
	edit '.linux.resources.network = {priorities: [{name: "lo", priority: 5}]}'
	if in_v2; then
		refused 'linux.resources.network.priorities: cgroup v2 has no such limit' create "$ID"
	elif [ -e /sys/fs/cgroup/net_prio/cgroup.procs ]; then
		limited .
		has net_prio net_prio.ifpriomap "lo 5"
	else
		refused 'cannot set net_prio limit: container could not join or create cgroup' create "$ID"
	fi
}

@test "limits: RDMA devices that are not there, or no such controller" {
	newer "1.1.5 has other words"
	edit '.linux.resources.rdma = {nosuch0: {hcaHandles: 3}}'
	if in_v2 && ! grep -qw rdma /sys/fs/cgroup/cgroup.controllers; then
		refused 'cannot set rdma limit: no controller .*rdma.* in /sys/fs/cgroup/cgroup.controllers' create "$ID"
	elif ! in_v2 && [ ! -e /sys/fs/cgroup/rdma/cgroup.procs ]; then
		refused 'cannot set rdma limit: container could not join or create cgroup' create "$ID"
	else
		refused 'write .*nosuch0 hca_handle=3.* to /sys/fs/cgroup/.*rdma.max: ' create "$ID"
	fi
}

@test "limits: v2: leafWeight is refused" {
	only_v2
	newer "1.1.5 passes it over"
	edit '.linux.resources.blockIO = {leafWeight: 100}'
	refused 'linux.resources.blockIO.leafWeight: cgroup v2 has no such limit' create "$ID"
}

@test "limits: v2: a unified key wins over another limit, with a warning when the two differ" {
	only_v2
	newer "1.1.5 does not warn"
	needs pids
	edit '.linux.resources.pids.limit = 5'
	limited '.linux.resources.unified = {"pids.max": "6"}'
	has pids pids.max 6
	contains "$(cat "$T/err")" 'unified resource \"pids.max\" wins over the limit \"5\" of the same file: 6'
	runc delete --force "$ID"
	limited '.linux.resources.unified = {"pids.max": "5"}'
	has pids pids.max 5
	same "$(cat "$T/err")" ""
}

@test "limits: v2: a controller that is not there, or that a cgroup above cannot give" {
	only_v2
	newer "1.1.5 has other words"
	if ! grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
		edit '.linux.resources.memory.limit = 67108864'
		refused 'cannot set memory limit: no controller .*memory.* in /sys/fs/cgroup/cgroup.controllers' create "$ID"
		edit 'del(.linux.resources.memory) | .linux.resources.cpu.burst = 1000'
		refused 'cannot set cpu limit: no controller .*cpu.* in /sys/fs/cgroup/cgroup.controllers' create "$ID"
		edit '.linux.resources.cpu.burst = 0'
		runc create "$ID" </dev/null >"$T/out"
		return
	fi
	EXTRA=/sys/fs/cgroup/above-$$
	mkdir "$EXTRA"
	sleep 100 3>&- &
	OTHER=$!
	echo "$OTHER" >"$EXTRA/cgroup.procs"
	edit --arg p "/above-$$/below" '.linux.cgroupsPath = $p | .linux.resources.memory.limit = 67108864'
	# Those controllers that threads can have are given all the same, and make what is below no place for a process.
	run runc create "$ID"
	expect 1
	grep -Eq 'it is in an invalid state|a cgroup above has processes of its own: write .*memory.* to .*cgroup.subtree_control: device or resource busy' \
		<<<"$output"
	[ ! -e "$EXTRA/below" ]
}

@test "limits: v2: a cgroup that gives controllers to those below takes no process" {
	only_v2
	needs hugetlb
	newer "1.1.5 has other words"
	EXTRA=/sys/fs/cgroup/$ID
	mkdir -p "$EXTRA/below"
	grep -qw hugetlb /sys/fs/cgroup/cgroup.subtree_control || GIVEN=hugetlb # one of those that threads cannot have
	echo +hugetlb >/sys/fs/cgroup/cgroup.subtree_control
	echo +hugetlb >"$EXTRA/cgroup.subtree_control"
	detached create "$ID"
	expect 1 'no process may be in a cgroup that gives \"hugetlb\" to those below it: write to '"$EXTRA/cgroup.procs: device or resource busy"
}

@test "limits: v2: below a threaded cgroup, with a limit that needs a domain and without" {
	only_v2
	newer "1.1.5 has other words"
	EXTRA=/sys/fs/cgroup/$ID-t
	mkdir -p "$EXTRA/a"
	echo threaded >"$EXTRA/a/cgroup.type"
	args cat /proc/self/cgroup
	edit --arg p "/$ID-t/c" '.linux.cgroupsPath = $p | .linux.namespaces |= map(select(.type != "cgroup"))'
	run runc run "$ID"
	expect 0 "/$ID-t/c"
	edit '.linux.resources.memory.limit = 67108864'
	run runc run "$ID"
	expect 1 "cannot enter cgroupv2 \\\"$EXTRA/c\\\" with domain controllers -- it is in an invalid state"
	edit --arg p "/$ID-t/a" '.linux.cgroupsPath = $p'
	run runc run "$ID"
	expect 1 "cannot enter cgroupv2 \\\"$EXTRA/a\\\" with domain controllers -- it is in threaded mode"
}

@test "limits: v2: the user of a container that may write its cgroup owns what the kernel says, and nothing else" {
	only_v2
	newer "1.1.5 does so with systemd only"
	local d=/sys/fs/cgroup/$ID file
	edit '.process.user = {uid: 5, gid: 5} | .linux.namespaces |= (map(select(.type != "cgroup" and .type != "user")) + [{type: "cgroup"}, {type: "user"}])
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= (map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev", "noexec"]}])'
	sh_args 'mkdir /sys/fs/cgroup/mine && echo 0 >/sys/fs/cgroup/mine/cgroup.procs && cat /proc/self/cgroup; echo 1 >/sys/fs/cgroup/cgroup.freeze || sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q /mine$ "$T/out"
	same "$(stat -c %u:%g "$d")" 100005:0
	for file in "$d"/*.*; do
		[ -f "$file" ] || continue
		if grep -qxF "${file##*/}" /sys/kernel/cgroup/delegate; then
			same "$file $(stat -c %u:%g "$file")" "$file 100005:0"
		else
			same "$file $(stat -c %u:%g "$file")" "$file 0:0"
		fi
	done
	runc delete --force "$ID"
	nothing_left
	edit '(.mounts[] | select(.destination == "/sys/fs/cgroup")).options += ["ro"]'
	args sleep 100
	detached create "$ID"
	expect 0
	same "$(stat -c %u "$d" "$d/cgroup.procs" | sort -u)" 0
}

@test "limits: v2: one device program, which has a name and goes with the container" {
	only_v2
	newer "1.1.5 gives no name"
	local id
	limited .
	same "$(bpf "/sys/fs/cgroup/$ID" | cut -d ' ' -f 2)" davit_devices
	id=$(bpf "/sys/fs/cgroup/$ID" | cut -d ' ' -f 1)
	same "$(bpf -i "$id")" "$id davit_devices"
	runc delete --force "$ID"
	gone() { ! bpf -i "$id"; }
	wait_for 5 gone
}

@test "limits: v2: the device program of an earlier container is replaced, that of others stays" {
	only_v2
	newer "1.1.5 replaces any"
	EXTRA=/sys/fs/cgroup/$ID
	mkdir "$EXTRA"
	bpf -a "$EXTRA"
	same "$(bpf "$EXTRA" | wc -l)" 1
	limited .
	same "$(bpf "$EXTRA" | cut -d ' ' -f 2)" davit_devices
	runc delete --force "$ID"
	mkdir "$EXTRA"
	bpf -a "$EXTRA" sd_devices
	bpf -a "$EXTRA" davit_devices
	limited .
	same "$(bpf "$EXTRA" | cut -d ' ' -f 2 | sort | tr '\n' ' ')" "davit_devices sd_devices "
	runc delete --force "$ID"
	mkdir "$EXTRA"
	# One without a name is an earlier runtime's only if it is alone.
	bpf -a "$EXTRA"
	bpf -a "$EXTRA" sd_devices
	limited .
	same "$(bpf "$EXTRA" | wc -l)" 3
	runc delete --force "$ID"
	mkdir "$EXTRA"
	bpf -a "$EXTRA" davit_devices
	limited '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	same "$(bpf "$EXTRA")" ""
}
