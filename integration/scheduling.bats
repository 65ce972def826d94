# How the process is scheduled: scheduler, I/O priority, CPU affinity, memory policy; and its personality.
# layouts: hybrid v2

load lib/common

# Fields 18, 19, 40 and 41 of stat are priority, nice, real-time priority and policy.
show() {
	sh_args 'echo "stat $(cut -d " " -f 18,19,40,41 /proc/self/stat)"; echo "io $(ionice -p $$)"
		echo "machine $(uname -m)"; echo "personality $(cat /proc/self/personality)"
		grep Cpus_allowed_list /proc/self/status; echo "user $(id -u)"'
	run runc run "$ID"
}

# The CPUs that a process gets which asks for all.
all_cpus() {
	taskset -c 0-8191 sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status
}

# scheduler JSON USER: what the container of this user then is scheduled by.
scheduler() {
	edit --argjson s "$1" --argjson u "$2" '.process.scheduler = $s | .process.user = {uid: $u, gid: $u}'
	show
}

# On v1 with CONFIG_RT_GROUP_SCHED a new cgroup has no real-time time; on v2 such a kernel gives all of it to the root.
realtime() {
	[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] ||
		edit '.linux.resources.cpu = {realtimePeriod: 1000000, realtimeRuntime: 10000}'
	! in_v2 || [ ! -e /proc/config.gz ] || ! zcat /proc/config.gz | grep -q '^CONFIG_RT_GROUP_SCHED=y' ||
		skip "v2 on a kernel with CONFIG_RT_GROUP_SCHED"
}

# Policies without a nice value keep that of the caller, and one below it needs a right. tests/run sets it to 0 where it may.
nice_is_0() { [ "$(nice)" = 0 ] || skip "the nice value is $(nice) here, and may not be lowered"; }
may_lower() { [ "$(nice -n -1 nice 2>/dev/null)" = $(($(nice) - 1)) ] || skip "no right to lower a nice value here"; }

@test "scheduling: by default as the caller is" {
	local nice
	nice=$(nice)
	show
	expect 0 "stat $((20 + nice)) $nice 0 0" "machine $(uname -m)" "io $(ionice -p $$)"
	run nice -n 3 timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0 "stat $((23 + nice)) $((3 + nice)) 0 0"
}

@test "scheduling: policies that need no privilege, for root and for user 1000" {
	nice_is_0
	for user in 0 1000; do
		scheduler '{"policy": "SCHED_BATCH", "nice": 5}' $user
		expect 0 "stat 25 5 0 3" "user $user"
		scheduler '{"policy": "SCHED_OTHER", "nice": 19}' $user
		expect 0 "stat 39 19 0 0" "user $user"
		scheduler '{"policy": "SCHED_IDLE"}' $user
		expect 0 "stat 20 0 0 5" "user $user"
	done
}

@test "scheduling: a negative nice and real-time policies, which the container itself may not set" {
	nice_is_0
	may_lower
	edit 'del(.process.capabilities) | .process.noNewPrivileges = false'
	for user in 0 1000; do
		scheduler '{"policy": "SCHED_OTHER", "nice": -10}' $user
		expect 0 "stat 10 -10 0 0" "user $user"
	done
	realtime
	for user in 0 1000; do
		scheduler '{"policy": "SCHED_FIFO", "priority": 5}' $user
		expect 0 "stat -6 0 5 1" "user $user"
		scheduler '{"policy": "SCHED_RR", "priority": 99}' $user
		expect 0 "stat -100 0 99 2" "user $user"
	done
}

@test "scheduling: deadline, and flags: a child starts anew" {
	may_lower
	scheduler '{"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 10000000, "period": 20000000,
		"flags": ["SCHED_FLAG_RESET_ON_FORK"]}' 0
	expect 0 "stat 20 0 0 0"
	args grep -E '^(policy|dl.runtime|dl.deadline)' /proc/self/sched
	run runc run "$ID"
	expect 0
	same "$(awk '$1 == "policy" { print $3 }' <<<"$output")" 6
}

@test "scheduling: what the kernel refuses ends the creation in runc's words" {
	edit '.process.scheduler = {policy: "SCHED_ISO"}'
	refused 'error setting scheduler: invalid argument' create "$ID"
	edit '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 3000000, deadline: 2000000, period: 2000000}'
	refused 'error setting scheduler: invalid argument' create "$ID"
	! in_v2 || skip "no cpuset controller on v2"
	needs_controller cpuset
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	edit '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 2000000, period: 2000000} |
		.linux.resources.cpu = {cpus: "0"}'
	refused "process scheduler can't be used together with AllowedCPUs" create "$ID"
}

@test "scheduling: without a limit for real time on v1 there is no real-time scheduler" {
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "no cpu.rt_runtime_us"
	edit '.process.scheduler = {policy: "SCHED_FIFO", priority: 1}'
	refused 'error setting scheduler: operation not permitted' create "$ID"
}

@test "scheduling: I/O priority, for root and for user 1000" {
	for user in 0 1000; do
		edit --argjson u $user '.process.user = {uid: $u, gid: $u} |
			.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
		show
		expect 0 "io best-effort: prio 6" "user $user"
		edit '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
		show
		expect 0 "io idle" "user $user"
		edit '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 1}'
		show
		expect 0 "io realtime: prio 1" "user $user"
	done
}

@test "scheduling: a user namespace gives no right to real time" {
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	edit '.process.ioPriority = {class: "IOPRIO_CLASS_RT"}'
	refused 'failed to set io priority: operation not permitted' create "$ID"
	edit '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 7}'
	show
	expect 0 "io best-effort: prio 7"
}

@test "scheduling: personality, also where the filter forbids the call" {
	nice_is_0
	edit '.linux.personality = {domain: "LINUX32"}'
	show
	expect 0 "personality 00000008"
	lacks "$output" "machine $(uname -m)"
	needs_seccomp
	edit '.process.user = {uid: 1000, gid: 1000} | .linux.personality.flags = [] |
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["personality", "sched_setattr", "ioprio_set", "sched_setaffinity"],
			action: "SCMP_ACT_KILL_PROCESS"}]} |
		.process.scheduler = {policy: "SCHED_BATCH"} | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		show
		expect 0 "personality 00000008" "stat 20 0 0 3" "io idle" "user 1000"
	done
}

@test "scheduling: LINUX is the personality of the machine, whatever the caller has" {
	edit '.linux.personality = {domain: "LINUX"}'
	show
	run setarch linux32 -R timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0 "personality 00000000" "machine $(uname -m)"
	edit 'del(.linux.personality)'
	run setarch linux32 -R timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0 "personality 00040008"
}

@test "scheduling: the container may run on all CPUs, whatever the caller may" {
	local all first
	newer "since 1.3.1"
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	all=$(all_cpus)
	first=${all%%[-,]*}
	show
	run taskset -c "$first" timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0 $'Cpus_allowed_list:\t'"$all"
	lacks "$output" warning
	# and those that its cpuset has
	in_v2 || {
		needs_controller cpuset
		edit --arg cpu "${all##*[-,]}" '.linux.resources.cpu = {cpus: $cpu}'
		run taskset -c "$first" timeout 10 "$RUNC" --root "$STATE" run "$ID"
		expect 0 $'Cpus_allowed_list:\t'"${all##*[-,]}"
	}
}

@test "scheduling: execCPUAffinity is not for the first process" {
	local all
	all=$(all_cpus)
	edit '.process.execCPUAffinity = {initial: "0", final: "0"}'
	show
	expect 0 $'Cpus_allowed_list:\t'"$all"
}

@test "scheduling: what is wrong in config.json is refused before anything is made" {
	cp config.json keep.json
	while IFS='|' read -r filter pattern; do
		cp keep.json config.json
		edit "$filter"
		refused "$pattern" create "$ID" || { echo "$filter"; return 1; }
	done <<-'END'
		.process.scheduler = {}|scheduler policy is required
		.process.scheduler = {policy: "SCHED_FOO"}|invalid scheduler policy: SCHED_FOO
		.process.scheduler = {policy: "SCHED_OTHER", nice: 20}|invalid scheduler.nice: 20 when scheduler.policy is SCHED_OTHER
		.process.scheduler = {policy: "SCHED_IDLE", priority: 1}|scheduler.priority can only be specified for SchedFIFO or SchedRR
		.process.scheduler = {policy: "SCHED_RR", priority: 1, period: 1}|scheduler runtime/deadline/period can only be specified
		.process.ioPriority = {class: "IOPRIO_CLASS_FOO"}|invalid ioPriority.Class: ..IOPRIO_CLASS_FOO
		.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 8}|invalid ioPriority.Priority: 8
		.process.execCPUAffinity = {initial: "3-1"}|bad CPUAffinity.Initial: invalid range: 3-1
		.process.execCPUAffinity = {final: "0,9999"}|bad CPUAffinity.Final: values larger than 8191 are not supported
		.linux.personality = {domain: "LINUX64"}|invalid personality domain LINUX64
	END
}

SHOW='echo "stat $(cut -d " " -f 18,19,40,41 /proc/self/stat)"; echo "io $(ionice -p $$)"
	echo "personality $(cat /proc/self/personality)"; grep Cpus_allowed_list /proc/self/status; echo "umask $(umask)"'

# process FILTER: exec of the container's process object, changed, that shows itself.
process() {
	jq --arg show "$SHOW" '.process | .args = ["sh", "-c", $show] | '"$1" <config.json >"$T/process.json"
	run runc exec --process "$T/process.json" "$ID"
}

@test "scheduling: exec takes the container's, and what its own process object says instead" {
	edit '.process.scheduler = {policy: "SCHED_BATCH", nice: 5} | .process.args = ["sleep", "100"] |
		.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} | .linux.personality = {domain: "LINUX32"}'
	for user in 0 1000; do
		edit --argjson u $user '.process.user = {uid: $u, gid: $u}'
		detached run -d "$ID"
		expect 0
		run runc exec "$ID" sh -c "$SHOW"
		expect 0 "stat 25 5 0 3" "io best-effort: prio 6" "personality 00000008"
		process '.scheduler = {policy: "SCHED_IDLE"} | .ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
		expect 0 "0 5" "io idle" "personality 00000008"
		process '.scheduler = {policy: "SCHED_ISO"}'
		expect 255 "error setting scheduler: invalid argument"
		process '.scheduler = {}'
		expect 255 "scheduler policy is required"
		runc delete -f "$ID"
	done
}

@test "scheduling: exec becomes a real-time process once it is in its cgroup, if that may have one" {
	nice_is_0
	may_lower
	args sleep 100
	if [ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ]; then
		detached run -d "$ID"
		expect 0
		process '.scheduler = {policy: "SCHED_FIFO", priority: 3}'
		expect 255 "error setting scheduler: operation not permitted"
		runc delete -f "$ID"
	fi
	realtime
	detached run -d "$ID"
	expect 0
	process '.scheduler = {policy: "SCHED_FIFO", priority: 3}'
	expect 0 "stat -4 0 3 1"
}

@test "scheduling: execCPUAffinity" {
	local all first last
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	all=$(all_cpus) first=${all%%[-,]*} last=${all##*[-,]}
	args sleep 100
	detached run -d "$ID"
	expect 0
	run taskset -c "$first" timeout 10 "$RUNC" --root "$STATE" exec "$ID" sh -c "$SHOW"
	expect 0 $'Cpus_allowed_list:\t'"$all"
	process ".execCPUAffinity = {initial: \"$last\"}"
	expect 0 $'Cpus_allowed_list:\t'"$last"
	process ".execCPUAffinity = {initial: \"$last\", final: \"$first\"}"
	expect 0 $'Cpus_allowed_list:\t'"$first"
	process '.execCPUAffinity = {final: "8191"}'
	expect 255 "setting final CPU affinity: invalid argument"
	process '.execCPUAffinity = {final: "3-1"}'
	expect 255 "bad CPUAffinity.Final: invalid range: 3-1"
}

@test "scheduling: exec keeps the caller's umask unless config.json has one" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	umask 077
	run runc exec "$ID" sh -c umask
	umask 022
	same "$output" 0077
	runc delete -f "$ID"
	edit '.process.user.umask = 18'
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" sh -c umask
	same "$output" 0022
}

# policy JSON: what /proc/self/numa_maps says of a process with this linux.memoryPolicy
policy() {
	[ -e /proc/self/numa_maps ] || skip "this kernel has no NUMA"
	newer "memoryPolicy since 1.4"
	edit --argjson p "$1" '.linux.memoryPolicy = $p'
	sh_args 'cut -d " " -f 2-4 /proc/self/numa_maps | head -n 1'
	run runc run "$ID"
}

@test "scheduling: memoryPolicy: all modes and flags reach the program" {
	local case
	while read -r case want; do
		policy "$case"
		[ "$status" = 0 ] || case $case in
		*MANY* | *WEIGHTED* | *BALANCING*) # of newer kernels
			contains "$output" "linux.memoryPolicy: set_mempolicy: invalid argument" && continue ;;
		esac
		expect 0 "$want" || { echo "$case"; return 1; }
	done <<-'END'
		{"mode":"MPOL_DEFAULT"} default
		{"mode":"MPOL_LOCAL"} local
		{"mode":"MPOL_PREFERRED"} local
		{"mode":"MPOL_PREFERRED","nodes":"0"} prefer:0
		{"mode":"MPOL_BIND","nodes":"0"} bind:0
		{"mode":"MPOL_INTERLEAVE","nodes":"0","flags":["MPOL_F_STATIC_NODES"]} interleave=static:0
		{"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_RELATIVE_NODES"]} bind=relative:0
		{"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"]} bind=balancing:0
		{"mode":"MPOL_PREFERRED_MANY","nodes":"0"} prefer (many):0
		{"mode":"MPOL_WEIGHTED_INTERLEAVE","nodes":"0"} weighted interleave:0
	END
}

@test "scheduling: memoryPolicy: none leaves that of the caller, exec has the container's" {
	policy null
	expect 0 default
	policy '{"mode": "MPOL_BIND", "nodes": "0"}'
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" head -n 1 /proc/self/numa_maps
	expect 0 " bind:0 "
	run runc exec --user 1000:1000 "$ID" head -n 1 /proc/self/numa_maps
	expect 0 " bind:0 "
}

@test "scheduling: memoryPolicy: also for a user in a user namespace, with a filter that forbids the call" {
	needs_seccomp
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.process.user = {uid: 5, gid: 5} | .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["set_mempolicy"], action: "SCMP_ACT_KILL"}]}'
	policy '{"mode": "MPOL_BIND", "nodes": "0"}'
	expect 0 bind:0
}

@test "scheduling: memoryPolicy: what the kernel, or anybody, refuses" {
	policy '{"mode": "MPOL_LOCAL"}'
	expect 0
	edit '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1023"}'
	refused 'linux.memoryPolicy: set_mempolicy: invalid argument' create "$ID"
	edit '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}'
	refused 'linux.memoryPolicy: set_mempolicy: invalid argument' create "$ID"
	edit '.linux.memoryPolicy = {mode: "MPOL_BIND"}'
	refused 'linux.memoryPolicy.*requires at least one node' create "$ID"
	edit '.linux.memoryPolicy = {mode: "MPOL_HEAP"}'
	refused 'linux.memoryPolicy.mode: invalid memory policy mode' create "$ID"
}
