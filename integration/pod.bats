# A pod: the processes of one container watch davit at work on another that joins its pid namespace by path.

load lib/common

setup() {
	setup_bundle
	edit '.root.readonly = false | .mounts |= map(select(.type == "proc" or .type == "tmpfs" and .destination == "/dev"))'
	[ -x "$HELPERS/helper-inspect" ] || skip "the helper is not built"
	echo secret >"$T/secret"
	chmod 644 "$T/secret"
}

# watch FILTER: container $ID-a inspects every process of its pid namespace; FILTER changes its config.json. $PID is its pid.
watch() {
	mkdir "$T/watch"
	cp -al "$ROOTFS" "$T/watch/rootfs"
	cp "$HELPERS/helper-inspect" "$T/watch/rootfs/bin/inspect"
	chmod 755 "$T" "$T/watch" "$BUNDLE" "$ROOTFS"
	jq --arg secret "$T/secret" '.process.args = ["inspect", $secret] | .process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]
		| del(.hostname) | '"$1" <config.json >"$T/watch/config.json"
	runc run -d --bundle "$T/watch" "$ID-a" </dev/null >"$T/seen" 2>"$T/err"
	wait_for 5 grep -q ready "$T/seen"
	PID=$(pid_of "$ID-a")
}

# join TYPE…: config.json gets these namespaces of $PID, and a new mount namespace.
join() {
	edit --arg p "/proc/$PID/ns/" --args '.linux.namespaces = ([$ARGS.positional[] | {type: ., path: ($p + .)}] + [{type: "mount"}])
		| del(.hostname)' "$@"
}

# userns HOSTID: a filter that adds a user namespace whose ids begin there.
userns() {
	echo '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: '"$1"', size: 65536}] | .linux.gidMappings = .linux.uidMappings'
}

# rounds N VERB…: so often, and each time with success.
rounds() {
	local i count=$1
	shift
	for ((i = 0; i < count; i++)); do
		run runc "$@"
		expect 0 || return 1
	done
	sort "$T/seen"
}

# unharmed: programs of davit were there to be seen, but not to be looked into.
unharmed() {
	grep -q '^saw memfd:dmz' "$T/seen"
	same "$(grep -E '^read |^(traced|took) memfd:' "$T/seen")" ""
}

# no_more_than CAPABILITIES: programs of davit were seen; those that could be traced had these, and the root of the container.
no_more_than() {
	grep -q '^saw memfd:dmz' "$T/seen"
	same "$(grep -E '^read |^(traced|took) memfd:(ns|rootfs|fence|hook)' "$T/seen")" ""
	same "$(grep '^traced memfd:' "$T/seen" | grep -v " root=/ caps=$1\$")" ""
}

@test "pod: with a user namespace nothing of davit can be looked into" {
	newer "for davit"
	watch "$(userns 100000)"
	join user pid
	rounds 40 run "$ID-b"
	unharmed
	rounds 20 exec "$ID-a" true
	unharmed
}

@test "pod: nor if the user namespace has the ids of the host" {
	newer "for davit"
	watch "$(userns 0)"
	join user pid
	rounds 40 run "$ID-b"
	unharmed
	rounds 20 exec "$ID-a" true
	unharmed
}

# Nothing but what the container itself has: its root, its capabilities, and no file of the host.
@test "pod: CAP_SYS_PTRACE of the host finds no program of davit that has more than the container" {
	newer "runc has the same hole"
	pidns_option || skip "this kernel cannot mount the procfs of another pid namespace (Linux 6.18)"
	watch .
	join pid
	rounds 100 run "$ID-b"
	no_more_than 0000000020000420
}

@test "pod: nor one that is to load a filter" {
	needs_seccomp
	newer "runc has the same hole"
	pidns_option || skip "this kernel cannot mount the procfs of another pid namespace (Linux 6.18)"
	watch .
	join pid
	edit '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [
		{names: ["swapon", "clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
		{names: ["clone"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 2114060288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]},
		{names: ["read", "write", "execve", "exit", "exit_group", "capset", "prctl", "setsid", "ioctl", "prlimit64", "brk", "mmap",
			"munmap", "mprotect", "arch_prctl", "set_tid_address", "rt_sigaction", "rt_sigprocmask", "getuid", "getpid",
			"rseq", "set_robust_list", "prlimit64", "readlinkat", "getrandom", "newfstatat", "fstat", "uname", "open", "openat",
			"close", "access", "setuid", "setgid", "readlink"], action: "SCMP_ACT_ALLOW"}]}'
	rounds 50 run "$ID-b"
	no_more_than 0000000020000420
}

# sleeper FILTER: container $ID-a sleeps.
sleeper() {
	watch '.process.args = ["sleep", "1000"] | .process.args = ["sh", "-c", "echo ready; exec sleep 1000"] | '"$1"
}

@test "pod: the process that joins last has a session, a terminal, limits, files and hooks as any other" {
	newer "for davit"
	sleeper .
	join pid
	edit '.process.terminal = true | .process.rlimits = [{type: "RLIMIT_NPROC", soft: 40, hard: 50}, {type: "RLIMIT_NOFILE", soft: 30, hard: 40}]
		| .process.user.umask = 19 | .process.user.uid = 1234
		| .mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"]}]
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "readlink /proc/self >/hooked"]}]'
	sh_args 'tty; ulimit -u; ulimit -Hn; umask; id -u; echo session $(cut -d " " -f 6 /proc/$$/stat) $$; ps | grep -c "[s]leep 1000"; ls /proc/self/fd | xargs'
	chmod 777 "$ROOTFS"
	run script -qec "$RUNC --root $STATE run $ID-b" /dev/null </dev/null
	expect 0
	output=$(tr -d '\r' <<<"$output")
	contains "$output" "/dev/pts/0"
	contains "$output" $'\n40\n40\n0023\n1234\n'
	[[ $output =~ session\ ([0-9]+)\ ([0-9]+) ]]
	same "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	contains "$output" $'\n1\n0 1 2 3'
	[ "$(cat "$ROOTFS/hooked")" -gt 1 ]
}

@test "pod: the process that joins last has startContainer hooks under its filter, whatever that forbids" {
	needs_seccomp
	newer "for davit"
	local nnp
	sleeper .
	join pid
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["close_range", "execveat", "ppoll"], action: "SCMP_ACT_ERRNO"}]}
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "grep Seccomp: /proc/self/status >/hooked"]}]'
	chmod 777 "$ROOTFS"
	args grep Seccomp: /proc/self/status
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		run runc run "$ID-b"
		expect 0 $'Seccomp:\t2'
		same "$(cat "$ROOTFS/hooked")" $'Seccomp:\t2'
		rm "$ROOTFS/hooked"
	done
}

@test "pod: hooks of the runtime see the process that makes the last one; the pid file and the state name that one" {
	newer "for davit"
	sleeper .
	join pid
	edit --arg out "$T/pids" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "jq .pid >>" + $out]}] | .hooks.poststart = .hooks.createRuntime'
	args sleep 1000
	detached run -d --pid-file "$T/pid" "$ID-b"
	expect 0
	same "$(cat "$T/pid")" "$(pid_of "$ID-b")"
	same "$(readlink "/proc/$(cat "$T/pid")/ns/pid")" "$(readlink "/proc/$PID/ns/pid")"
	same "$(tail -n 1 "$T/pids")" "$(cat "$T/pid")"
	[ ! -e "/proc/$(head -n 1 "$T/pids")" ] || same "$(sort -u "$T/pids" | wc -l)" 1
	run runc exec "$ID-b" sh -c 'ps | grep -c "[s]leep 1000"'
	expect 0
	same "$output" 2
	runc kill "$ID-b" KILL
	wait_for 5 is_stopped "$ID-b"
	run runc delete "$ID-b"
	expect 0
}

@test "pod: a limit of one process, a policy that is not handed down, a profile that allows little" {
	newer "for davit"
	sleeper .
	join pid
	cp config.json keep.json
	edit '.process.scheduler = {policy: "SCHED_BATCH", flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	sh_args 'cut -d " " -f 41 /proc/$$/stat'
	run runc run "$ID-b"
	expect 0
	same "$output" 3
	cp keep.json config.json
	edit_seccomp '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{names: ["clone", "setsid", "sendmsg", "recvmsg"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	run runc run "$ID-b"
	expect 0
	cp keep.json config.json
	mountpoint -q /sys/fs/cgroup/pids || in_v2 || skip "only this: no pids controller"
	edit '.linux.resources.pids.limit = 1'
	run runc run "$ID-b"
	expect 0
}

@test "pod: SIGKILL to the conductor around the moment when the last process is made leaves nothing" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "for davit"
	sleeper .
	join pid
	args sleep 100
	local call n
	for call in pidfd_open:1 waitid:1 waitid:2 pidfd_send_signal:1 write:4 write:5 write:6 sendmsg:8 sendmsg:9 recvmsg:11 recvmsg:12; do
		n=${call#*:}
		timeout -k 2 20 strace -o "$T/trace" -e "inject=${call%:*}:signal=KILL:when=$n" \
			"$RUNC" --root "$STATE" create "$ID-b" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
		LIMIT=15 run runc delete --force "$ID-b"
		expect 0
		same "$(runc exec "$ID-a" ps | grep -c "sleep 100$\|dmz")" 0
	done
}
