# cgroups of containers: made, joined, limited, removed.
# layouts: hybrid v1 v2 vm

load lib/common

teardown() {
	local status=0
	[ -z "$EXTRA" ] || frozen_above 0
	teardown_bundle || status=1
	[ -z "$EXTRA" ] || find /sys/fs/cgroup -depth -type d -path "*/above-$$*" -exec rmdir {} +
	return $status
}

# file CONTROLLER NAME: path of a file in the container's cgroup.
file() {
	local dir=/sys/fs/cgroup
	in_v2 || dir=/sys/fs/cgroup/$1
	find "$dir" -type d -name "$ID" -print -quit | sed "s|\$|/$2|"
}

# value CONTROLLER NAME
value() { cat "$(file "$1" "$2")"; }

@test "cgroups: the process is in the container's cgroup of every hierarchy, which delete removes" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	local pid line
	pid=$(pid_of "$ID")
	while IFS=: read -r _ name path; do
		case $LAYOUT:$name in v2:?* | vm:?* | v1:) continue ;; esac
		# A hierarchy may exist that is not mounted here.
		[ -z "$name" ] || mountpoint -q "/sys/fs/cgroup/${name#name=}" || continue
		[ "${path##*/}" = "$ID" ] || { echo "$name: $path"; return 1; }
	done <"/proc/$pid/cgroup"
	[ -n "$(find /sys/fs/cgroup -type d -name "$ID")" ]
	runc delete --force "$ID"
	nothing_left
}

@test "cgroups: cgroupsPath absolute, relative and with .. that cannot climb" {
	args sleep 100
	local top=/sys/fs/cgroup
	in_v2 || top=/sys/fs/cgroup/pids
	edit --arg p "/$ID-a" '.linux.cgroupsPath = $p'
	detached run -d "$ID"
	expect 0
	[ -d "$top/$ID-a" ]
	runc delete --force "$ID"
	edit --arg p "$ID-b" '.linux.cgroupsPath = $p'
	detached run -d "$ID"
	expect 0
	[ -n "$(find "$top" -type d -name "$ID-b")" ]
	runc delete --force "$ID"
	nothing_left
	edit --arg p "/../../../../tmp/$ID-c" '.linux.cgroupsPath = $p'
	detached run -d "$ID"
	[ ! -e "/tmp/$ID-c" ]
	if [ "$status" = 0 ]; then runc delete --force "$ID"; fi
	find /sys/fs/cgroup -depth -type d -name tmp -exec rmdir {} + 2>/dev/null || true
	nothing_left
}

@test "cgroups: a relative cgroupsPath where davit is in a cgroup whose name begins with two dots" {
	local top=/sys/fs/cgroup own
	in_v2 || top=/sys/fs/cgroup/pids
	own=$top/..$ID/x
	in_v2 || own=$top/..$ID
	mkdir -p "$own"
	args sleep 100
	edit --arg p "$ID-b" '.linux.cgroupsPath = $p'
	bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' enter "$own" "$RUNC" --root "$STATE" run -d "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&-
	[ -d "$top/..$ID/$ID-b" ]
	runc delete --force "$ID"
	! in_v2 || rmdir "$own"
	rmdir "$top/..$ID"
	nothing_left
}

@test "cgroups: cgroupsPath with a newline or the name of a controller file is refused" {
	newer "1.1.5 tries"
	edit '.linux.cgroupsPath = "/a\nb"'
	refused 'cgroupsPath' create "$ID"
}

@test "cgroups: memory limit, reservation and swap" {
	needs_controller memory
	args sleep 100
	edit '.linux.resources.memory = {limit: 33554432, reservation: 16777216}'
	detached run -d "$ID"
	expect 0
	if in_v2; then
		same "$(value memory memory.max)" 33554432
		same "$(value memory memory.low)" 16777216
	else
		same "$(value memory memory.limit_in_bytes)" 33554432
		same "$(value memory memory.soft_limit_in_bytes)" 16777216
	fi
}

@test "cgroups: memory limits are in force" {
	needs_controller memory
	edit '.linux.resources.memory = {limit: 33554432} | .linux.resources.memory.swap = 33554432'
	[ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || in_v2 ||
		edit 'del(.linux.resources.memory.swap)'
	# tail keeps what it reads: 100 MB without a newline.
	args tail -c 100000000 /dev/zero
	LIMIT=20 run runc run "$ID"
	same "$status" 137
}

@test "cgroups: a memory limit too small to start is told as such, and nothing is left" {
	needs_controller memory
	edit '.linux.resources.memory.limit = 4096'
	newer "the words differ"
	# v1 refuses the limit, v2 takes it and kills.
	if in_v2; then
		refused 'unable to start container process: container init was OOM-killed \(memory limit too low\?\)' run "$ID"
	else
		refused 'unable to set memory limit to 4096' run "$ID"
	fi
}

# memory_top NAME: where the cgroup that cgroupsPath calls NAME has its memory files.
memory_top() {
	if in_v2; then echo "/sys/fs/cgroup/$1"; else echo "/sys/fs/cgroup/memory/$1"; fi
}

@test "cgroups: a container killed for want of memory while it is made is told as such" {
	needs_controller memory
	newer "the words differ"
	local dir limit=memory.limit_in_bytes
	dir=$(memory_top "$ID")
	if in_v2; then
		limit=memory.max
		grep -qw memory /sys/fs/cgroup/cgroup.subtree_control || echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	fi
	edit --arg p "/$ID" '.linux.cgroupsPath = $p'
	# Its limit is there before the process, so each charge of that is one too much.
	mkdir "$dir"
	echo 65536 >"$dir/$limit"
	refused 'container init was OOM-killed \(memory limit too low\?\)' run "$ID"
}

@test "cgroups: exec of a process killed for want of memory before it is ready says that it may be that" {
	needs_controller memory
	newer "the words differ"
	local dir n
	# What is full is the tmpfs: a process is chosen by its score only where the limit is large.
	sh_args 'head -c 8388608 /dev/zero >/dev/shm/x; touch /full; exec sleep 100'
	edit --arg p "/$ID" '.linux.cgroupsPath = $p | .root.readonly = false |
		.linux.resources.memory = {limit: 67108864} | .linux.resources.memory += $more' --argjson more \
		"$(if in_v2; then echo '{"swap": 67108864}'; else echo '{"swappiness": 0}'; fi)"
	detached run -d "$ID"
	expect 0
	wait_for 10 test -e "$ROOTFS/full"
	dir=$(memory_top "$ID")
	if in_v2; then
		# This gives back what is charged in advance.
		echo 4096 >"$dir/memory.high"
		cat "$dir/memory.current" >"$dir/memory.max"
		echo max >"$dir/memory.high"
	else
		for n in {2048..4096}; do
			{ echo $((n * 4096)) >"$dir/memory.limit_in_bytes"; } 2>/dev/null && break
		done
	fi
	# Of two processes the kernel takes the one with the higher score; now and then after the exec, which is then 137.
	for n in {1..20}; do
		run bash -c 'echo 1000 >/proc/self/oom_score_adj && exec timeout 20 "$@"' sh "$RUNC" --root "$STATE" exec "$ID" true 3>&- 4>&-
		[ "$status" = 137 ] || break
	done
	expect 255 "unable to start container process: " " (possibly OOM-killed)"
	same "$(status_of "$ID")" running
}

@test "cgroups: disableOOMKiller and swappiness" {
	needs_controller memory
	! in_v2 || skip "v2 has neither"
	args sleep 100
	edit '.linux.resources.memory = {limit: 33554432, swappiness: 20, disableOOMKiller: true}'
	detached run -d "$ID"
	expect 0
	same "$(value memory memory.swappiness)" 20
	contains "$(value memory memory.oom_control)" "oom_kill_disable 1"
}

@test "cgroups: cpu shares, quota and period" {
	needs_controller cpu
	args sleep 100
	edit '.linux.resources.cpu = {shares: 512, quota: 50000, period: 200000}'
	detached run -d "$ID"
	expect 0
	if in_v2; then
		same "$(value cpu cpu.max)" "50000 200000"
	else
		same "$(value cpu cpu.shares)" 512
		same "$(value cpu cpu.cfs_quota_us)" 50000
		same "$(value cpu cpu.cfs_period_us)" 200000
	fi
}

@test "cgroups: cpuset" {
	needs_controller cpuset
	args grep -E '^(Cpus|Mems)_allowed_list' /proc/self/status
	edit '.linux.resources.cpu = {cpus: "0", mems: "0"}'
	run runc run "$ID"
	expect 0 $'Cpus_allowed_list:\t0' $'Mems_allowed_list:\t0'
}

@test "cgroups: pids limit is set and in force" {
	needs_controller pids
	edit '.linux.resources.pids.limit = 5'
	sh_args 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait; echo all'
	run runc run "$ID"
	contains "$output" "fork"
	args sleep 100
	detached run -d "$ID"
	same "$(value pids pids.max)" 5
}

@test "cgroups: pids limit 1 is enough to start and -1 is none" {
	needs_controller pids
	edit '.linux.resources.pids.limit = 1'
	[ -n "$CONTROL" ] || { run runc run "$ID"; expect 0; }
	edit '.linux.resources.pids.limit = -1'
	args sleep 100
	detached run -d "$ID"
	same "$(value pids pids.max)" max
}

@test "cgroups: hugepage limits" {
	needs_controller hugetlb
	local size
	[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "this kernel has no huge pages of 2 MB"
	size=2MB
	edit --arg s "$size" '.linux.resources.hugepageLimits = [{pageSize: $s, limit: 4194304}]'
	args sleep 100
	detached run -d "$ID"
	expect 0
	if in_v2; then
		same "$(value hugetlb "hugetlb.$size.max")" 4194304
	else
		same "$(value hugetlb "hugetlb.$size.limit_in_bytes")" 4194304
	fi
}

@test "cgroups: a hugepage size with ../ does not leave the cgroup (RT-15)" {
	local dir
	edit '.linux.resources.hugepageLimits = [{pageSize: "../../cgroup", limit: 1}]'
	newer "1.1.5 has the fix in other words"
	refused 'hugepageLimits|pageSize' create "$ID"
}

@test "cgroups: unified keys (v2), refused on v1" {
	if in_v2; then
		edit '.linux.resources.unified = {"cgroup.max.depth": "3"}'
		args sleep 100
		detached run -d "$ID"
		expect 0
		same "$(value x cgroup.max.depth)" 3
		runc delete --force "$ID"
		edit '.linux.resources.unified = {"../x": "1"}'
		refused 'unified' create "$ID"
		edit '.linux.resources.unified = {"nosuch.thing": "1"}'
		refused 'nosuch' create "$ID"
	else
		edit '.linux.resources.unified = {"pids.max": "3"}'
		refused 'unified' create "$ID"
	fi
}

@test "cgroups: devices: denied by default rule, allowed by rule, defaults always there" {
	in_v2 || needs_controller devices
	edit '.root.readonly = false | .process.capabilities[] += ["CAP_MKNOD", "CAP_SYSLOG"]'
	sh_args 'mknod /tmp/null c 1 3 && echo x >/tmp/null && echo null-ok
		mknod /tmp/mem c 1 1 && echo made-mem; cat </tmp/mem >/tmp/null; echo mem-$?
		mknod /tmp/kmsg c 1 11 && (exec 3</tmp/kmsg) && echo kmsg-ok
		echo x >/dev/tty5 ; : </dev/zero && echo zero-ok'
	edit 'del(.mounts[] | select(.destination == "/tmp"))'
	# The bundle may lie on a nodev mount: then this shows nothing.
	findmnt -n -o OPTIONS -T "$ROOTFS" | grep -qw nodev && skip "$ROOTFS is mounted nodev"
	run runc run "$ID"
	contains "$output" null-ok
	contains "$output" made-mem
	contains "$output" mem-1
	contains "$output" zero-ok
	lacks "$output" kmsg-ok
	rm -f "$ROOTFS"/tmp/*
	edit '.linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 11, access: "rw"}]'
	run runc run "$ID"
	contains "$output" kmsg-ok
	contains "$output" mem-1
}

@test "cgroups: devices: an entry in linux.devices alone grants nothing" {
	in_v2 || needs_controller devices
	edit '.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]'
	sh_args '(exec 3</dev/kmsg) && echo opened; ls -l /dev/kmsg'
	run runc run "$ID"
	contains "$output" "1,  11"
	lacks "$output" opened
}

@test "cgroups: v2: cloned into the cgroup, no write to cgroup.procs" {
	in_v2 || skip "for v2 only"
	newer "1.1.5 writes to cgroup.procs"
	needs_strace
	run strace -f -o "$T/trace" -e trace=clone3 -s 200 "$RUNC" --root "$STATE" run "$ID"
	expect 0
	grep -q CLONE_INTO_CGROUP "$T/trace"
}

@test "cgroups: an occupied cgroup is refused and not removed" {
	newer "1.1.5 shares it"
	args sleep 100
	local pid
	edit --arg p "/$ID" '.linux.cgroupsPath = $p'
	detached run -d "$ID"
	expect 0
	pid=$(pid_of "$ID")
	status=0
	runc run "$ID-two" </dev/null >"$T/out" 2>"$T/err" || status=$?
	same "$status" 1
	grep -q 'not empty' "$T/err"
	kill -0 "$pid"
	same "$(status_of "$ID")" running
	[ -n "$(find /sys/fs/cgroup -type d -name "$ID")" ]
	[ ! -e "$STATE/$ID-two" ]
}

@test "cgroups: a limit that the kernel refuses undoes everything" {
	needs_controller cpuset
	edit '.linux.resources.cpu.cpus = "4000-4001"'
	refused 'cpuset' create "$ID"
}

@test "cgroups: the container sees its own cgroup with a cgroup namespace, and cannot write above it" {
	edit '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
	sh_args 'cut -d : -f 3 /proc/self/cgroup | sort -u; find /sys/fs/cgroup -name cgroup.procs | while read f; do
		(echo 0 >$f) 2>/dev/null && echo wrote $f; done; true'
	run runc run "$ID"
	expect 0
	lacks "$output" wrote
	[ "$LAYOUT" = hybrid ] || [ "$LAYOUT" = v1 ] || same "${lines[0]}" /
}

@test "cgroups: without a cgroup namespace every cgroup mount is read-only and the container's own" {
	edit '.linux.namespaces |= map(select(.type != "cgroup"))'
	sh_args 'grep " - cgroup" /proc/self/mountinfo; find /sys/fs/cgroup -name cgroup.procs | while read f; do
		(echo 0 >$f) 2>/dev/null && echo wrote $f; done; true'
	run runc run "$ID"
	expect 0
	lacks "$output" wrote
	local line
	while read -r line; do
		[ -n "$line" ] || continue
		[[ $line =~ ^[0-9]+\ [0-9]+\ [^\ ]+\ [^\ ]+\ [^\ ]+\ ro, ]] || { echo "writable: $line"; return 1; }
	done <<<"$(grep -E -- ' - cgroup2? ' <<<"$output")"
}

@test "cgroups: run, create and delete with 20 containers at once leave no directory" {
	local i pids=()
	args sleep 100
	for i in $(seq 20); do
		(LIMIT=60 runc run -d "$ID-$i" </dev/null >/dev/null 2>&1 && LIMIT=60 runc delete --force "$ID-$i") &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	nothing_left
}

@test "cgroups: pids limit 0 is a limit: the first process and no other" {
	needs_controller pids
	newer "0 is no limit in 1.1.5"
	edit '.linux.resources.pids.limit = 0'
	sh_args 'true & wait; echo forked'
	run runc run "$ID"
	lacks "$output" forked
	args sleep 100
	detached run -d "$ID"
	expect 0
	same "$(value pids pids.max)" 1
}

@test "cgroups: pids limit 0 of a config.json before version 1.3.0 is none, as its engine means it, with a warning" {
	needs_controller pids
	local version
	sh_args 'true | true; echo forked'
	edit '.linux.resources.pids.limit = 0'
	for version in 1.0.0 1.0.2-dev 1.2.9; do
		edit --arg version $version '.ociVersion = $version'
		run runc run "$ID"
		expect 0 forked
		[ -n "$CONTROL" ] || contains "$output" "linux.resources.pids.limit: 0 is taken for no limit, as runtimes before version 1.3.0 did; -1 says so"
	done
	newer "davit's reading of 1.3.0"
	for version in 1.3.0 1.3.0-rc1 1.10.0; do
		edit --arg version $version '.ociVersion = $version'
		run runc run "$ID"
		lacks "$output" forked
		lacks "$output" "no limit"
	done
	args sleep 100
	edit '.ociVersion = "1.2.0"'
	detached run -d "$ID"
	expect 0
	same "$(value pids pids.max)" max
}

@test "cgroups: what is not given is not touched" {
	args sleep 100
	edit 'del(.linux.resources)'
	detached run -d "$ID"
	expect 0
	if in_v2; then
		same "$(value x cgroup.max.depth)" max
		return
	fi
	same "$(value pids pids.max)" max
	same "$(value cpu cpu.shares)" 1024
	same "$(value cpu cpu.cfs_quota_us)" -1
	same "$(value memory memory.limit_in_bytes)" "$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes)"
	same "$(value memory memory.swappiness)" "$(cat /sys/fs/cgroup/memory/memory.swappiness)"
	contains "$(value memory memory.oom_control)" "oom_kill_disable 0"
	same "$(value devices devices.list)" "a *:* rwm"
}

@test "cgroups: swap counts with memory on v1, beside it on v2" {
	needs_controller memory
	args sleep 100
	edit '.linux.resources.memory = {limit: 33554432, swap: 50331648}'
	if in_v2; then
		[ -e /sys/fs/cgroup/memory.swap.max ] || ls /sys/fs/cgroup/*/memory.swap.max >/dev/null 2>&1 || skip "no accounting of swap"
		detached run -d "$ID"
		expect 0
		same "$(value memory memory.swap.max)" 16777216
	else
		[ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || skip "no accounting of swap"
		detached run -d "$ID"
		expect 0
		same "$(value memory memory.memsw.limit_in_bytes)" 50331648
	fi
}

@test "cgroups: memory.kernelTCP is written on v1, and warned of on v2" {
	needs_controller memory
	newer "1.1.5 passes it over"
	local tcp
	edit '.linux.resources.memory = {kernelTCP: 1048576}'
	args sleep 100
	detached run -d "$ID"
	expect 0
	if in_v2; then
		contains "$output" "memory.kernelTCP is ignored: cgroup v2 has no such limit"
	else
		same "$output" ""
		tcp=$(file memory memory.kmem.tcp.limit_in_bytes)
		same "$(cat "$tcp")" 1048576
		# An update of something else leaves it alone.
		echo 2097152 >"$tcp"
		runc update --memory 64M --memory-swap 64M "$ID"
		same "$(cat "$tcp")" 2097152
	fi
}

@test "cgroups: memory.kernel and useHierarchy are passed over, checkBeforeUpdate lets a new container begin" {
	needs_controller memory
	edit '.linux.resources.memory = {limit: 33554432, kernel: 4096, useHierarchy: false, checkBeforeUpdate: true}'
	args sleep 100
	detached run -d "$ID"
	expect 0
	if in_v2; then
		same "$(value memory memory.max)" 33554432
	else
		same "$(value memory memory.limit_in_bytes)" 33554432
	fi
}

@test "cgroups: cpu burst and idle" {
	needs_controller cpu
	newer "1.1.5 knows neither"
	args sleep 100
	edit '.linux.resources.cpu = {quota: 50000, burst: 20000}'
	detached run -d "$ID"
	expect 0
	if in_v2; then same "$(value cpu cpu.max.burst)" 20000; else same "$(value cpu cpu.cfs_burst_us)" 20000; fi
	runc delete --force "$ID"
	edit '.linux.resources.cpu = {idle: 1}'
	detached run -d "$ID"
	expect 0
	same "$(value cpu cpu.idle)" 1
}

@test "cgroups: cpu shares become a weight on v2" {
	in_v2 || skip "for v2 only"
	needs_controller cpu
	newer "another curve in 1.1.5"
	local pair
	args sleep 100
	for pair in 2:1 100:17 1024:100 262144:10000; do
		edit --argjson s "${pair%:*}" '.linux.resources.cpu = {shares: $s}'
		detached run -d "$ID"
		expect 0
		same "$(value cpu cpu.weight)" "${pair#*:}"
		runc delete --force "$ID"
	done
}

@test "cgroups: cpu real-time runtime and period" {
	! in_v2 || skip "v2 has neither"
	needs_controller cpu
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "this kernel has no real-time limits"
	args sleep 100
	# Below a limit of 0 nothing can be given; the container's parent is the root.
	edit --arg p "/$ID" '.linux.resources.cpu = {realtimeRuntime: 2000, realtimePeriod: 500000} | .linux.cgroupsPath = $p'
	detached run -d "$ID"
	expect 0
	same "$(value cpu cpu.rt_runtime_us)" 2000
	same "$(value cpu cpu.rt_period_us)" 500000
}

@test "cgroups: one path is always the same place" {
	local first
	args cat /proc/self/cgroup
	edit --arg p "/$ID/below" '.linux.cgroupsPath = $p | .linux.namespaces |= map(select(.type != "cgroup"))'
	run runc run "$ID"
	expect 0 "/$ID/below"
	first=$output
	run runc run "$ID"
	same "$output" "$first"
	edit --arg p "$ID/below" '.linux.cgroupsPath = $p'
	run runc run "$ID"
	expect 0 "$ID/below"
	first=$output
	run runc run "$ID"
	same "$output" "$first"
	find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} + 2>/dev/null || true
}

@test "cgroups: one that is frozen is refused and stays" {
	newer "1.1.5 has other words"
	local dir=/sys/fs/cgroup/$ID
	in_v2 || dir=/sys/fs/cgroup/freezer/$ID
	mkdir "$dir"
	if in_v2; then echo 1 >"$dir/cgroup.freeze"; else echo FROZEN >"$dir/freezer.state"; fi
	edit --arg p "/$ID" '.linux.cgroupsPath = $p'
	run runc create "$ID"
	expect 1 'unexpectedly frozen'
	rmdir "$dir"
	nothing_left
}

# frozen_above 1|0: the cgroup $EXTRA, above the container's, is frozen or not.
frozen_above() {
	if in_v2; then echo "$1" >"$EXTRA/cgroup.freeze"; elif [ "$1" = 1 ]; then echo FROZEN >"$EXTRA/freezer.state"; else echo THAWED >"$EXTRA/freezer.state"; fi
}

@test "cgroups: one below a frozen one is refused" {
	newer "1.1.5 waits for ever"
	EXTRA=/sys/fs/cgroup/above-$$
	in_v2 || EXTRA=/sys/fs/cgroup/freezer/above-$$
	mkdir "$EXTRA"
	frozen_above 1
	edit --arg p "/above-$$/$ID" '.linux.cgroupsPath = $p'
	run runc create "$ID"
	expect 1 "container's cgroup unexpectedly frozen: so is one above $EXTRA/$ID"
	frozen_above 0
	nothing_left
}

@test "cgroups: v1: a first process that cannot be killed ends no failed creation; delete --force later does" {
	newer "1.1.5 waits for ever"
	! in_v2 || skip "the freezer of v1"
	local thaw i
	EXTRA=/sys/fs/cgroup/freezer/above-$$
	mkdir "$EXTRA"
	edit --arg p "/above-$$/$ID" --arg script "echo FROZEN >$EXTRA/freezer.state; exit 1" '.linux.cgroupsPath = $p
		| .hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $script]}]'
	# Should it be waited for, nothing else would end it.
	(for i in {1..40}; do sleep 1; done; frozen_above 0) </dev/null >/dev/null 2>&1 3>&- 4>&- &
	thaw=$!
	LIMIT=30 detached create "$ID"
	frozen_above 0
	kill $thaw
	expect 1 "createRuntime" "container init still running"
	runc delete --force "$ID"
	nothing_left
}

@test "cgroups: v2: limits of v1 that cannot be converted are refused" {
	in_v2 || skip "for v2 only"
	newer "1.1.5 passes them over"
	local member
	for member in memory.swappiness=0 memory.disableOOMKiller=true cpu.realtimeRuntime=1000 cpu.realtimePeriod=1000000; do
		edit ".linux.resources = {} | .linux.resources.$member"
		refused "linux.resources.${member%=*}: cgroup v2 has no such limit" create "$ID"
	done
}

# read_only NAME COMMAND…: where the hierarchy of that name cannot be written.
read_only() {
	timeout -k 2 30 unshare -m --propagation private bash -c 'mount -o bind,remount,ro /sys/fs/cgroup/$1 && shift && "$@"' \
		sh "$1" "${@:2}" 3>&- 4>&-
}

@test "cgroups: a hierarchy without controllers that cannot be written is left out; one with limits is needed" {
	in_v2 && skip "v2 has one hierarchy"
	newer "1.1.5 is so only for name=systemd"
	local name path
	args sleep 1000
	for path in "" "/$ID-a/b"; do
		edit --arg path "$path" '.linux.cgroupsPath = $path | if $path == "" then del(.linux.cgroupsPath) else . end
			| .linux.resources.pids = {limit: 50}'
		for name in systemd unified; do
			mountpoint -q /sys/fs/cgroup/$name || continue
			read_only $name "$RUNC" --root "$STATE" run -d "$ID" </dev/null >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
			same "$(cat "$T/out")" ""
			find /sys/fs/cgroup/$name -name "*$ID*" | grep . && return 1
			run read_only $name "$RUNC" --root "$STATE" exec "$ID" cat /proc/self/cgroup
			expect 0 "pids:$(grep -oP '(?<=pids:).*' "/proc/$(pid_of "$ID")/cgroup")"
			run read_only $name "$RUNC" --root "$STATE" pause "$ID"
			expect 0
			run read_only $name "$RUNC" --root "$STATE" resume "$ID"
			expect 0
			run read_only $name "$RUNC" --root "$STATE" delete --force "$ID"
			expect 0
			find /sys/fs/cgroup -depth -type d -path "*/$ID-a*" -exec rmdir {} +
			nothing_left
		done
	done
	run read_only pids "$RUNC" --root "$STATE" run "$ID"
	expect 1 "/sys/fs/cgroup/pids" "read-only file system"
	find /sys/fs/cgroup -depth -type d -path "*/$ID-a*" -exec rmdir {} +
	nothing_left
	# Who could write a hierarchy of the container's own may not have that of its caller in its place.
	edit 'del(.linux.cgroupsPath) | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
	run read_only systemd "$RUNC" --root "$STATE" run "$ID"
	expect 1 "/sys/fs/cgroup/systemd" "read-only file system"
}

@test "cgroups: an ordinary user to whom all hierarchies with controllers were given, and no others" {
	in_v2 && skip "v2 has one hierarchy"
	newer "for davit"
	setpriv --reuid 31337 --regid 31337 --clear-groups unshare -U true 2>/dev/null ||
		skip "this machine does not let ordinary users make user namespaces"
	setpriv --reuid 31337 --regid 31337 --clear-groups test -x "$RUNC" || skip "an ordinary user cannot reach $RUNC"
	local d user=$T/user
	mkdir "$user"
	(cd "$user" && "$RUNC" spec --rootless 3>&-)
	cp -a "$ROOTFS" "$user/rootfs"
	(cd "$user" && edit --arg mark "$MARK" --arg path "/$ID-given/c" '.process.terminal = false | .process.env += [$mark] | .process.args = ["sleep", "1000"]
		| .linux.cgroupsPath = $path | .linux.resources.pids = {limit: 50} | .linux.uidMappings[0].hostID = 31337 | .linux.gidMappings[0].hostID = 31337')
	chown -R 31337:31337 "$user"
	for d in /sys/fs/cgroup/*/; do
		case $d in */systemd/ | */unified/) continue ;; esac
		mkdir "$d$ID-given"
		[ ! -e "$d/cpuset.cpus" ] || for f in cpuset.cpus cpuset.mems; do cat "$d$f" >"$d$ID-given/$f"; done
		chown -R 31337 "$d$ID-given"
	done
	as_other() { (cd "$user" && timeout -k 2 20 setpriv --reuid 31337 --regid 31337 --clear-groups env -u XDG_RUNTIME_DIR HOME="$user" \
		"$RUNC" --root "$user/state" "$@" 3>&- 4>&-); }
	as_other run -d "$ID-u" </dev/null >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
	same "$(cat /sys/fs/cgroup/pids/"$ID"-given/c/pids.max)" 50
	run as_other exec "$ID-u" true
	expect 0
	run as_other delete --force "$ID-u"
	expect 0
	find /sys/fs/cgroup -depth -type d -path "*/$ID-given*" -exec rmdir {} +
}
