# runc update: each limit by its flag and by JSON, what is merged into what, failures, and what runs at the same time.
# layouts: hybrid v1 v2 vm

load lib/common
load lib/update

@test "update: memory, reservation and swap by their flags" {
	needs memory
	running '{memory: {limit: 33554432}}'
	update --memory 64m
	memory_is 67108864
	update --memory-reservation 16M
	is memory memory.soft_limit_in_bytes 16777216 memory.low 16777216
	memory_is 67108864
	needs_swap
	update --memory-swap 128mb
	memory_swap_is 134217728 67108864
	stored .memory 67108864
	stored .memory_reservation 16777216
	stored .memory_swap 134217728
}

@test "update: memory and swap go up and down in an order the kernel takes" {
	needs memory
	running '{memory: {limit: 33554432, swap: 33554432}}'
	needs_swap
	update --memory 256m --memory-swap 512m
	memory_is 268435456
	memory_swap_is 536870912 268435456
	update --memory 32m --memory-swap 64m
	memory_is 33554432
	memory_swap_is 67108864 33554432
	update --memory 48m --memory-swap 48m
	memory_swap_is 50331648 50331648
	update --memory 32m --memory-swap 300m
	memory_swap_is 314572800 33554432
	update --memory 200m # v2's swap is what the sum leaves
	memory_is 209715200
	memory_swap_is 314572800 209715200
	update --memory 64m --memory-swap -1
	is memory memory.memsw.limit_in_bytes 9223372036854771712 memory.swap.max max
	memory_is 67108864
}

@test "update: memory -1 takes the limit of the swap away as well" {
	needs memory
	running '{memory: {limit: 33554432, swap: 67108864}}'
	needs_swap
	update --memory -1
	is memory memory.limit_in_bytes 9223372036854771712 memory.max max
	is memory memory.memsw.limit_in_bytes 9223372036854771712 memory.swap.max max
	stored .memory -1
	stored .memory_swap null
}

@test "update: shares, quota, period and burst by their flags" {
	needs cpu
	running '{cpu: {shares: 512}}'
	update --cpu-share 1024
	is cpu cpu.shares 1024 cpu.weight 100
	update --cpu-quota 50000
	is cpu cpu.cfs_quota_us 50000 cpu.max "50000 100000"
	update --cpu-period 200000
	is cpu cpu.cfs_period_us 200000 cpu.max "50000 200000"
	update --cpu-quota 60000
	is cpu cpu.cfs_quota_us 60000 cpu.max "60000 200000"
	newer "burst came later"
	[ -e "$(dir_of cpu)/cpu.cfs_burst_us" ] || [ -e "$(dir_of cpu)/cpu.max.burst" ] || skip "this kernel has no burst"
	update --cpu-burst 20000
	is cpu cpu.cfs_burst_us 20000 cpu.max.burst 20000
	update --cpu-quota -1
	is cpu cpu.cfs_quota_us -1 cpu.max "max 200000"
}

@test "update: quota, burst and period go up and down in an order the kernel takes" {
	needs cpu
	newer "burst came later"
	running '{cpu: {quota: 50000, period: 100000}}'
	[ -e "$(dir_of cpu)/cpu.cfs_burst_us" ] || [ -e "$(dir_of cpu)/cpu.max.burst" ] || skip "this kernel has no burst"
	update --cpu-quota 20000 --cpu-burst 20000
	is cpu cpu.cfs_burst_us 20000 cpu.max.burst 20000
	update --cpu-quota 90000 --cpu-burst 90000 # the old quota would refuse this burst
	is cpu cpu.cfs_burst_us 90000 cpu.max.burst 90000
	update --cpu-quota 10000 --cpu-burst 10000 # the old burst would refuse this quota
	is cpu cpu.cfs_burst_us 10000 cpu.max.burst 10000
	is cpu cpu.cfs_quota_us 10000 cpu.max "10000 100000"
	update --cpu-quota 3000 --cpu-period 5000 --cpu-burst 0
	is cpu cpu.cfs_period_us 5000 cpu.max "3000 5000"
	update --cpu-quota 900000 --cpu-period 1000000
	is cpu cpu.cfs_quota_us 900000 cpu.max "900000 1000000"
	fails "burst: 900001 is above the quota" --cpu-quota 900000 --cpu-burst 900001
}

@test "update: idle and shares, which the kernel takes only one after the other" {
	needs cpu
	newer "1.1.5 has no --cpu-idle"
	running '{cpu: {shares: 512}}'
	[ -e "$(dir_of cpu)/cpu.idle" ] || skip "this kernel has no cpu.idle"
	update --cpu-idle 1
	same "$(value cpu cpu.idle)" 1
	stored .cpu_idle 1
	stored .cpu_shares null
	update --cpu-idle 0 --cpu-share 1024
	same "$(value cpu cpu.idle)" 0
	is cpu cpu.shares 1024 cpu.weight 100
	update --cpu-share 2048 --cpu-idle 1
	same "$(value cpu cpu.idle)" 1
	stored .cpu_shares 2048
	update --cpu-idle 0
	same "$(value cpu cpu.idle)" 0
	stored .cpu_idle 0
	fails "invalid value for cpu-idle" --cpu-idle 2
}

@test "update: cpuset by its flags, and a list that is not the machine's" {
	needs cpuset
	running '{}'
	update --cpuset-cpus 0 --cpuset-mems 0
	same "$(value cpuset cpuset.cpus)" 0
	same "$(value cpuset cpuset.mems)" 0
	stored .cpuset_cpus '"0"'
	newer "its own words"
	fails "cpuset.cpus" --cpuset-cpus 0-8000
	same "$(value cpuset cpuset.cpus)" 0
	fails 'cpus: ' --cpuset-cpus abc
}

@test "update: cpuset outside of the cgroup above is the kernel's error, with file and value" {
	needs cpuset
	newer "its own words"
	! in_v2 || skip "v2 takes what is above when it changes"
	local top=/sys/fs/cgroup/cpuset/$ID-above
	[ "$(cat /sys/fs/cgroup/cpuset/cpuset.cpus)" != 0 ] || skip "one CPU"
	mkdir "$top"
	echo 0 >"$top/cpuset.cpus"
	echo 0 >"$top/cpuset.mems"
	edit --arg p "/$ID-above/$ID" '.linux.cgroupsPath = $p'
	args sleep 1000
	detached run -d "$ID"
	expect 0
	fails "write \"1\" to $top/$ID/cpuset.cpus: permission denied" --cpuset-cpus 1
	runc delete --force "$ID"
	find /sys/fs/cgroup -depth -type d -name "$ID-above" -exec rmdir {} +
}

@test "update: pids, with 0 as a limit and -1 as none" {
	needs pids
	running '{pids: {limit: 100}}'
	update --pids-limit 50
	pids_is 50
	stored .pids_limit 50
	update --pids-limit -1
	pids_is max
	newer "0 was no limit"
	update --pids-limit 0
	pids_is 1
	# In a request it is read as it is in config.json of that version.
	runc delete --force "$ID"
	edit '.ociVersion = "1.0.2"'
	running '{pids: {limit: 100}}'
	echo '{"pids": {"limit": 0}}' >"$T/r.json"
	run runc update -r "$T/r.json" "$ID"
	expect 0 "linux.resources.pids.limit: 0 is taken for no limit"
	pids_is max
	stored .pids_limit -1
}

@test "update: what is below the present use is refused by the kernel, with both numbers" {
	needs memory
	! in_v2 || skip "v2 takes it and kills: see checkBeforeUpdate"
	running '{memory: {limit: 33554432}}'
	fails "unable to set memory limit to 4096 (current usage: " --memory 4096
	memory_is 33554432
}

@test "update: checkBeforeUpdate refuses what is below the present use" {
	needs memory
	in_v2 || skip "v1's kernel does it"
	args sh -c 'dd if=/dev/zero of=/tmp/a bs=1M count=24; sleep 1000'
	edit '.root.readonly = false | .linux.resources = {memory: {limit: 67108864}} |
		.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
	detached run -d "$ID"
	used() { [ "$(value memory memory.current)" -gt 25000000 ]; }
	wait_for 20 used
	echo '{"memory": {"limit": 8388608, "checkBeforeUpdate": true}}' >"$T/r"
	fails "rejecting memory limit 8388608 <= usage " -r "$T/r"
	echo '{"memory": {"limit": 8388608, "swap": 16777216, "checkBeforeUpdate": true}}' >"$T/r"
	fails "rejecting memory+swap limit 16777216 <= usage " -r "$T/r"
	memory_is 67108864
	update_json '{"memory": {"limit": 60000000, "checkBeforeUpdate": true}}'
	stored .memory_check_before_update true
	update --memory 61m
	stored .memory_check_before_update null
}

@test "update: -r reads a file, standard input and a pipe; flags beside it are ignored" {
	needs pids
	running '{pids: {limit: 100}}'
	echo '{"pids": {"limit": 51}}' >"$T/r.json"
	update -r "$T/r.json"
	pids_is 51
	update_json '{"pids": {"limit": 52}}'
	pids_is 52
	echo '{"pids": {"limit": 53}}' | (sleep 0.3; cat) | runc update --resources - "$ID"
	pids_is 53
	runc update -r <(echo '{"pids": {"limit": 54}}') "$ID"
	pids_is 54
	update -r "$T/r.json" --pids-limit 99
	pids_is 51
}

@test "update: every limit by JSON" {
	newer "burst and idle came later"
	if in_v2; then needs memory cpu cpuset pids; else needs memory cpu cpuset pids; fi
	running '{}'
	update_json '{"memory": {"limit": 67108864, "reservation": 33554432}, "pids": {"limit": 20},
		"cpu": {"shares": 512, "quota": 20000, "period": 50000, "burst": 1000, "cpus": "0", "mems": "0"}}'
	memory_is 67108864
	is memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
	pids_is 20
	is cpu cpu.shares 512 cpu.weight 59
	is cpu cpu.cfs_quota_us 20000 cpu.max "20000 50000"
	same "$(value cpuset cpuset.cpus)" 0
	same "$(jq -c .config.cgroups "$STATE/$ID/state.json" | jq -c 'del(.name, .path)')" \
		'{"memory":67108864,"memory_reservation":33554432,"cpu_shares":512,"cpu_quota":20000,"cpu_burst":1000,"cpu_period":50000,"cpuset_cpus":"0","cpuset_mems":"0","pids_limit":20,"cpu_weight":59}'
}

@test "update: swappiness and the OOM killer, on and off, on v1; refused on v2" {
	needs memory
	newer "1.1.5 passes them over"
	running '{}'
	if in_v2; then
		echo '{"memory": {"swappiness": 10}}' >"$T/r"
		fails "linux.resources.memory.swappiness: cgroup v2 has no such limit" -r "$T/r"
		return
	fi
	update_json '{"memory": {"swappiness": 10, "disableOOMKiller": true}}'
	same "$(value memory memory.swappiness)" 10
	contains "$(value memory memory.oom_control)" "oom_kill_disable 1"
	update_json '{"memory": {"disableOOMKiller": false}}'
	same "$(value memory memory.swappiness)" 10
	contains "$(value memory memory.oom_control)" "oom_kill_disable 0"
	echo '{"memory": {"swappiness": 101}}' >"$T/r"
	fails "invalid memory swappiness value: 101 (valid range is 0-100)" -r "$T/r"
}

@test "update: huge pages, by size" {
	newer "1.1.5 passes them over"
	needs hugetlb
	local file suffix
	if in_v2; then suffix=max; else suffix=limit_in_bytes; fi
	running '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	file=hugetlb.2MB.$suffix
	same "$(value hugetlb $file)" 4194304
	update_json '{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}]}'
	same "$(value hugetlb $file)" 8388608
	[ -e "$(dir_of hugetlb)/hugetlb.1GB.$suffix" ] || return 0
	echo 6291456 >"$(dir_of hugetlb)/$file" # by somebody else
	update_json '{"hugepageLimits": [{"pageSize": "1GB", "limit": 1073741824}]}'
	same "$(value hugetlb $file)" 6291456
	same "$(value hugetlb hugetlb.1GB.$suffix)" 1073741824
	same "$(jq -c '[.config.cgroups.hugetlb_limit[] | .page_size] | sort' "$STATE/$ID/state.json")" '["1GB","2MB"]'
}

@test "update: the unified map, and its failure in the middle" {
	newer "its own words"
	running '{}'
	if ! in_v2; then
		echo '{"unified": {"hugetlb.2MB.max": "2097152"}}' >"$T/r"
		fails "invalid configuration: cannot use unified on cgroup v1" -r "$T/r"
		return
	fi
	needs hugetlb
	update_json '{"unified": {"hugetlb.2MB.max": "2097152"}}'
	same "$(value hugetlb hugetlb.2MB.max)" 2097152
	stored .unified '{"hugetlb.2MB.max":"2097152"}'
	echo '{"unified": {"hugetlb.2MB.max": "6291456", "hugetlb.2MB.rsvd.max": "junk"}}' >"$T/r"
	fails 'unable to set unified resource "hugetlb.2MB.rsvd.max"' -r "$T/r"
	same "$(value hugetlb hugetlb.2MB.max)" 2097152
	echo '{"unified": {"hugetlb.2MB.max": "6291456", "nosuch.max": "1"}}' >"$T/r"
	fails "can't be set: controller \"nosuch\" not available" -r "$T/r"
	same "$(value hugetlb hugetlb.2MB.max)" 2097152
	echo '{"unified": {"../cgroup.kill": "1"}}' >"$T/r"
	fails 'must be a file name (no slashes)' -r "$T/r"
	update_json '{}'
	same "$(value hugetlb hugetlb.2MB.max)" 2097152
	stored .unified null
}

@test "update: a failure halfway sets everything back" {
	needs_some
	newer "1.1.5 does not"
	running '{pids: {limit: 100}, memory: {limit: 67108864, swap: 134217728}, cpu: {shares: 512, quota: 50000}}'
	if in_v2; then
		needs memory cpu hugetlb
		echo '{"pids": {"limit": 7}, "memory": {"limit": 33554432, "swap": 50331648}, "cpu": {"shares": 100, "quota": 1000, "idle": 1},
			"unified": {"hugetlb.2MB.max": "junk"}}' >"$T/r"
		fails 'unable to set unified resource "hugetlb.2MB.max"' -r "$T/r"
	else
		echo '{"pids": {"limit": 7}, "memory": {"limit": 33554432, "swap": 50331648}, "cpu": {"shares": 100, "quota": 5000, "idle": 1},
			"hugepageLimits": [{"pageSize": "64KB", "limit": 1}]}' >"$T/r"
		fails "hugetlb" -r "$T/r"
	fi
	lacks "$output" warning
	pids_is 100
	memory_is 67108864
	memory_swap_is 134217728 67108864
	is cpu cpu.shares 512 cpu.weight 59
	is cpu cpu.cfs_quota_us 50000 cpu.max "50000 100000"
	same "$(value cpu cpu.idle)" 0
	update --pids-limit 99
	pids_is 99
}

@test "update: state that cannot be written sets everything back" {
	needs_some
	newer "1.1.5 does not"
	[ "$(id -u)" = 0 ] && [ -n "$DAVIT_ISOLATED" ] || skip "needs root and tests/run"
	mkdir "$STATE"
	mount -t tmpfs -o size=256k,mode=700 tmpfs "$STATE"
	running '{pids: {limit: 100}}'
	dd if=/dev/zero of="$STATE/.full" bs=4k 2>/dev/null || true
	fails "writing the container's state: no space left on device" --pids-limit 50
	pids_is 100
	rm "$STATE/.full"
	update --pids-limit 50
	pids_is 50
	runc delete --force "$ID"
	umount "$STATE"
}

@test "update: device rules are not touched" {
	running '{devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 5, access: "r"}]}'
	local before
	in_v2 || before=$(value devices devices.list)
	echo '{"devices": [{"allow": true, "access": "rwm"}]}' >"$T/r"
	run runc update -r "$T/r" "$ID"
	expect 0
	[ -n "${CONTROL:-}" ] || contains "$output" 'devices: ignored: an update does not change device rules'
	in_v2 || same "$(value devices devices.list)" "$before"
	run runc exec "$ID" sh -c 'mknod /tmp/d b 7 0 && cat /tmp/d'
	[ "$status" != 0 ]
	run runc exec "$ID" sh -c 'head -c 1 /dev/zero >/dev/null'
	expect 0
}

@test "update: created, paused, stopped, and no container at all" {
	needs pids
	args sleep 1000
	detached create "$ID"
	expect 0
	update --pids-limit 20
	pids_is 20
	runc start "$ID"
	pids_is 20
	runc pause "$ID"
	update --pids-limit 21
	same "$(status_of "$ID")" paused
	pids_is 21
	runc resume "$ID"
	update --pids-limit 22
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	run runc update --pids-limit 23 "$ID"
	expect 1 "container not running"
	runc delete "$ID"
	run runc update --pids-limit 23 "$ID"
	expect 1 "container does not exist"
	run runc update
	expect 1 '"update" requires exactly 1 argument(s)'
	run runc update "$ID" other
	expect 1 '"update" requires exactly 1 argument(s)'
}

@test "update: exec goes on working, in the container's limits, also with a plan of another build" {
	newer "ROOT/ID/plan"
	needs_one
	running "$(one 100)"
	set_one 30
	run runc exec "$ID" true
	expect 0
	printf '\377' | dd of="$STATE/$ID/plan" bs=1 seek=8 conv=notrunc 2>/dev/null # its layout
	run runc exec "$ID" true
	expect 0
	same "$(one_stored)" 30
	set_one 31
	one_is 31
	run runc exec "$ID" true
	expect 0
	same "$(runc state "$ID" | jq -r .bundle)" "/"
	printf '\377' | dd of="$STATE/$ID/plan" bs=1 seek=0 conv=notrunc 2>/dev/null # that it is one
	run runc exec "$ID" true
	expect 0
}

@test "update: what config.json says counts no more once an update has replaced it; device rules are kept" {
	newer "resources.json"
	if in_v2; then needs pids; fi
	running '{pids: {limit: 100}, devices: [{allow: false, access: "rwm"}, {allow: true, type: "b", major: 7, access: "rm"}]}'
	update_json '{"pids": {"limit": 9}}'
	same "$(jq -c '.resources | [.pids, .devices]' "$STATE/$ID/resources.json")" \
		'[{"limit":9},[{"allow":false,"type":"a","access":"rwm"},{"allow":true,"type":"b","major":7,"access":"rm"}]]'
	update_json '{}'
	same "$(jq -c '.resources.pids' "$STATE/$ID/resources.json")" '{}'
	update_json '{}'
	same "$(jq -c '.resources.pids' "$STATE/$ID/resources.json")" '{}'
}

@test "update: twenty at once, one after the other, and the state is that of the last" {
	not_in_vm
	newer "1.1.5 has no lock"
	needs_one
	running "$(one 100)"
	local i pids=()
	for i in $(seq 20 39); do
		set_one "$i" 2>"$T/err.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || { cat "$T"/err.*; return 1; }; done
	same "$(cat "$T"/err.*)" ""
	i=$(one_now)
	[ "$i" -ge 20 ] && [ "$i" -le 39 ]
	same "$(one_stored)" "$i"
	[ -z "$(find "$STATE/$ID" -name '*.new')" ]
}

@test "update: while processes enter the container, and while it is deleted" {
	not_in_vm
	needs_one
	running "$(one 100)"
	local i failed=0
	(for i in $(seq 1 15); do set_one $((40 + i)) || exit 1; done) &
	for i in $(seq 1 8); do runc exec "$ID" true || failed=1; done
	wait $! || failed=1
	same "$failed" 0
	one_is 55
	(while set_one 30; do :; done) >"$T/loop" 2>&1 &
	sleep 0.2
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	wait $! || true
	grep -q 'container not running\|container does not exist' "$T/loop"
	nothing_left
}

# killed_at CALL:N VALUE: an update to VALUE whose conductor dies when it makes this call for the Nth time.
killed_at() {
	needs_strace
	one "$2" >"$T/r"
	strace -qq -o /dev/null -e trace="${1%:*}" -e inject="${1%:*}:signal=KILL:when=${1#*:}" \
		"$RUNC" --root "$STATE" update -r "$T/r" "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&-
}

@test "update: killed at any call, the container goes on with the old limits, or the new ones once the state has them" {
	not_in_vm
	newer "1.1.5 has no steps"
	command -v strace >/dev/null || skip "strace is not installed"
	needs_one
	running "$(one 100)"
	local call n seen=
	# The steps that have outlived it hold the lock until they are done. Killed before the plan has its name, they take
	# back what they wrote.
	settled() {
		flock -n "$STATE/$ID/journal" true && n=$(one_now) || return 1
		case $call in renameat:[45] | poll:8 | recvmsg:6 | sendmsg:1 | waitid:3) [ "$n" = 61 ] ;; *) [ "$n" = 60 ] ;; esac
	}
	for call in flock:1 memfd_create:1 socketpair:1 clone:1 poll:1 recvmsg:1 socketpair:2 clone:2 poll:2 recvmsg:2 \
		poll:3 recvmsg:3 poll:4 recvmsg:4 socketpair:3 clone:3 write:1 write:2 write:3 renameat:1 renameat:3 renameat:4 renameat:5 poll:8 \
		sendmsg:1 recvmsg:6 waitid:3; do
		set_one 60
		killed_at "$call" 61 || seen="$seen $call"
		wait_for 10 settled || { echo "after $call: $(one_now)"; return 1; }
		same "$(one_planned)" "$n" || { echo "after $call"; return 1; }
		# The next update, of nothing that matters here, leaves files that agree.
		runc update --cpu-share 1024 "$ID" && [ -z "$(ls "$STATE/$ID" | grep '\.new$')" ] || { echo "after $call"; return 1; }
		has_pids || same "$(one_stored)" "$n" || { echo "after $call"; return 1; }
		run runc exec "$ID" true
		expect 0 || { echo "after $call"; return 1; }
	done
	echo "killed at:$seen"
	[ "$(wc -w <<<"$seen")" -ge 15 ]
	set_one 62
	one_is 62
	same "$(one_stored)" 62
}

@test "update: the step takes back what it wrote when its conductor is killed" {
	newer "1.1.5 has no steps"
	command -v strace >/dev/null || skip "strace is not installed"
	needs_one
	running "$(one 100)"
	killed_at write:1 61 && return 1
	back() { one_is 100 >/dev/null; }
	wait_for 5 back
}

@test "update: RDT flags where there is no RDT, in runc's words" {
	not_in_vm
	[ "$(stat -f -c %t /sys/fs/resctrl 2>/dev/null)" != 7655821 ] || skip "this machine has a resctrl file system"
	needs_one
	running "$(one 100)"
	one 7 >"$T/r"
	fails "Intel RDT/CAT: l3 cache schema is not enabled" --l3-cache-schema L3:0=f -r "$T/r"
	fails "Intel RDT/MBA: memory bandwidth schema is not enabled" --mem-bw-schema MB:0=50
	same "$output" "$(grep level=error <<<"$output")"
	one_is 100
}
