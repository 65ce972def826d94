# Seccomp filters that ask an agent, what davit itself calls under a filter, and ready-made filters.
# layouts: hybrid v2

load lib/common

setup() {
	setup_bundle
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null &&
		skip "built without libseccomp"
	[ -x "$HELPERS/helper-agent" ] || skip "the helper is not built"
	edit --arg path "$T/agent" '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
		syscalls: [{names: ["mkdir", "mkdirat", "mount"], action: "SCMP_ACT_NOTIFY"}]}'
}

# agent [MODE]: one that listens at $T/agent and logs to $T/log, $T/log.1 …
agent() {
	rm -f "$T/agent"
	"$HELPERS/helper-agent" "$T/agent" "$T/log" "$@" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$T/agent"
	processes >"$T/processes.before"
}

# The calls that dmz makes under the filter until the user's program runs, as strace has written them to $T/trace.
own_calls() {
	awk '/SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_.*( = [0-9]+|<unfinished \.\.\.>)$/ { calls = ""; pid = $1; next }
		$1 == pid && !done { if ($2 !~ /^</) { split($2, name, "("); calls = calls " " name[1] } if (/execve.* = 0$/) done = 1 }
		END { print substr(calls, 2) }' "$T/trace"
}

# traced WORD…: the runtime under strace.
traced() {
	needs_strace
	run timeout $((30 * SLOW)) strace -f -o "$T/trace" "$RUNC" --root "$STATE" "$@" 3>&- 4>&-
}

@test "seccomp notify: mkdir gets the agent's errno, mount its success, all else goes on" {
	local nnp
	agent
	sh_args 'mkdir /tmp/x; mount -t tmpfs none /tmp && echo mounted; umount /tmp; mkdir -p /tmp/y; ls /tmp; grep Seccomp: /proc/self/status'
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		run runc run "$ID"
		expect 0 "can't create directory '/tmp/x': Block device required" mounted $'Seccomp:\t2' || { echo "$nnp"; return 1; }
		lacks "$output" "listener"
	done
	wait_for 5 grep -q 'end 2' "$T/log"
	same "$(grep -c 'call 165' "$T/log")" 2
}

@test "seccomp notify: what the agent is sent, of create and of exec" {
	local pid
	agent
	edit '.annotations = {"a.b": "ü<&"} | .linux.seccomp.listenerMetadata = "some \"data\""'
	args sleep 100
	detached create "$ID"
	expect 0
	pid=$(pid_of "$ID")
	wait_for 5 test -s "$T/log.1"
	jq -ce --argjson pid "$pid" --arg id "$ID" --arg bundle "$BUNDLE" '. == {ociVersion: "1.3.0", fds: ["seccompFd"], pid: $pid,
		metadata: "some \"data\"", state: {ociVersion: "1.3.0", id: $id, status: "creating", pid: $pid, bundle: $bundle,
		annotations: {"a.b": "ü<&"}}}' "$T/log.1" || { cat "$T/log.1"; return 1; }
	# Nobody but the agent has the listener.
	lacks "$(ls -l "/proc/$pid/fd")" seccomp
	runc start "$ID"
	lacks "$(ls -l "/proc/$pid/fd")" seccomp
	detached exec -d --pid-file "$T/pid" "$ID" sh -c 'mkdir /tmp/x; sleep 100'
	expect 0
	wait_for 5 test -s "$T/log.2"
	jq -ce --argjson init "$pid" --argjson pid "$(cat "$T/pid")" '.pid == $pid and .state.pid == $init and .state.status == "running" and
		.metadata == "some \"data\"" and .pid != $init' "$T/log.2" || { cat "$T/log.2"; return 1; }
	wait_for 5 grep -q "call 83" "$T/log"
	run runc exec "$ID" mkdir /tmp/z
	expect 1 "Block device required"
	# Processes are numbered in the agent's pid namespace, as davit does.
	wait_for 5 test -s "$T/log.3"
	grep -qx "pid $(jq .pid "$T/log.3") call 83" "$T/log"
	runc delete --force "$ID"
	wait_for 5 grep -q 'end 1' "$T/log"
}

@test "seccomp notify: a state larger than a socket holds arrives whole" {
	agent
	edit '.annotations = ([range(6) | {key: "long\(.)", value: ("0123456789" * 10000)}] | from_entries)'
	run runc run "$ID"
	expect 0
	wait_for 5 grep -q 'end 1' "$T/log"
	jq -e '.state.annotations | [.[]] == [range(6) | "0123456789" * 10000]' "$T/log.1"
	edit '.annotations += ([range(6) | {key: "more\(.)", value: ("0123456789" * 10000)}] | from_entries)'
	refused 'the state for the seccomp agent is larger than 1 MiB' run "$ID"
}

@test "seccomp notify: an agent that does not read is not waited for for ever" {
	agent stall
	edit '.annotations = ([range(6) | {key: "long\(.)", value: ("0123456789" * 10000)}] | from_entries)'
	LIMIT=20 refused 'sending the seccomp listener to the agent: connection timed out' create "$ID"
}

@test "seccomp notify: an agent at a path that is longer than an address can be" {
	local long
	long=$T/$(printf 'd%.0s' {1..200})
	agent
	mkdir "$long"
	mv "$T/agent" "$long/agent"
	edit --arg path "$long/agent" '.linux.seccomp.listenerPath = $path'
	args true
	detached create "$ID"
	expect 0
	wait_for 5 test -s "$T/log.1"
	runc delete --force "$ID"
}

@test "seccomp notify: an agent that cannot be reached, or goes, is one error and nothing is left" {
	local what='failed to connect with seccomp agent specified in the seccomp profile: dial unix'
	refused "$what $T/agent: connect: no such file or directory" create "$ID"
	touch "$T/agent"
	refused "$what $T/agent: connect: connection refused" create "$ID"
	edit --arg path "/$(printf '%0300d' 0)" '.linux.seccomp.listenerPath = $path'
	refused "$what /0+: connect: file name too long" run "$ID"
	edit --arg path "$T" '.linux.seccomp.listenerPath = $path'
	refused "$what .*: connect: connection refused" run "$ID"
	edit --arg path "$T/agent" '.linux.seccomp.listenerPath = $path'
	agent close
	refused 'sending the seccomp listener to the agent: (broken pipe|connection reset by peer)' run "$ID"
	refused 'sending the seccomp listener to the agent: (broken pipe|connection reset by peer)' create "$ID"
	agent
	args sleep 100
	detached run -d "$ID"
	expect 0
	rm "$T/agent"
	run runc exec "$ID" true
	expect 255 "$what"
	same "$(status_of "$ID")" running
}

@test "seccomp notify: an agent that dies before start does not hold the program up" {
	agent die
	edit '.linux.seccomp.syscalls[0].names += ["execve"]'
	detached create "$ID"
	expect 0
	run runc start "$ID" # the agent takes the execve and goes
	wait_for 5 is_stopped "$ID"
}

@test "seccomp notify: the listener is handed over without a call that the agent is asked for" {
	local names='["sendmsg", "sendto", "connect", "bind", "close", "setsockopt"]' # as an agent for the network does
	agent die
	args sleep 100
	edit --argjson names "$names" '.linux.seccomp.syscalls[0].names = $names'
	detached create "$ID"
	expect 0
	same "$(grep Threads: "/proc/$(pid_of "$ID")/status")" $'Threads:\t1'
	run runc start "$ID"
	expect 0
	runc delete --force "$ID"
	agent
	edit --argjson names "$names" '.linux.seccomp = {defaultAction: "SCMP_ACT_KILL_PROCESS", listenerPath: .linux.seccomp.listenerPath,
		syscalls: [{names: ["read", "write", "capset", "execve", "brk", "arch_prctl", "prctl", "getuid", "exit_group", "nanosleep",
			"set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "mmap", "munmap",
			"mprotect", "clock_nanosleep"], action: "SCMP_ACT_ALLOW"}, {names: ["unlink"], action: "SCMP_ACT_NOTIFY"}]}'
	args sleep 0.1
	run runc run "$ID"
	expect 0
}

@test "seccomp notify: also where no thread can be made" {
	agent
	edit '.process.rlimits = [{type: "RLIMIT_NPROC", soft: 0, hard: 0}] | .process.user = {uid: 54321, gid: 54321}'
	args echo hello
	run runc run "$ID"
	expect 0 hello
}

@test "seccomp notify: execve and read may be asked for, and are" {
	agent
	edit '.linux.seccomp.syscalls[0].names += ["execve", "read", "sendmsg", "close", "exit_group"]'
	args cat /etc/passwd
	run runc run "$ID"
	expect 0 root:
	wait_for 5 grep -q 'end 1' "$T/log"
	same "$(grep -o 'call [0-9]*' "$T/log" | head -n 2 | xargs)" "call 0 call 59"
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" cat /etc/passwd
	expect 0 root:
}

@test "seccomp notify: startContainer hooks run under the filter, and the agent answers them" {
	local nnp
	agent
	printf '#!/bin/sh\ncat >/dev/null\nmkdir /tmp/hook 2>/tmp/said || grep Seccomp: /proc/self/status >>/tmp/said\n' >"$ROOTFS/bin/hook"
	chmod 755 "$ROOTFS/bin/hook"
	sh_args 'cat /tmp/said; mkdir /tmp/x'
	edit '.hooks.startContainer = [{path: "/bin/hook"}]'
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		run runc run "$ID"
		expect 1 "'/tmp/hook': Block device required" $'Seccomp:\t2' "'/tmp/x': Block device required" || { echo "$nnp"; return 1; }
	done
	edit '.linux.seccomp.syscalls[0] = {names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}'
	run runc run "$ID"
	expect 1 "'/tmp/hook': No space left on device" $'Seccomp:\t2' "'/tmp/x': No space left on device"
}

@test "seccomp notify: what cannot be, or makes no sense" {
	local call
	agent
	edit '.linux.seccomp.syscalls[0].names = ["write"]'
	refused 'SCMP_ACT_NOTIFY cannot be used for the write syscall' create "$ID"
	edit '.linux.seccomp.syscalls[0].names = ["capset"] | .process.noNewPrivileges = true'
	run runc run "$ID"
	expect 0
	edit '.process.noNewPrivileges = false'
	refused 'SCMP_ACT_NOTIFY cannot be used for the capset syscall' create "$ID"
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])' # then there is nothing to give up
	run runc run "$ID"
	expect 0
	edit 'del(.linux.seccomp.listenerPath)'
	refused 'seccomp listenerPath is not set' create "$ID"
	edit '.linux.seccomp.listenerPath = ""'
	refused 'seccomp listenerPath is not set' create "$ID"
	edit 'del(.linux.seccomp.listenerPath, .linux.seccomp.syscalls) | .linux.seccomp.listenerMetadata = "x"'
	refused 'linux.seccomp.listenerMetadata: only with listenerPath' create "$ID"
	edit 'del(.linux.seccomp.listenerMetadata) | .linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"'
	refused 'SCMP_ACT_NOTIFY cannot be used as default action' create "$ID"
	edit '.linux.seccomp |= (.defaultAction = "SCMP_ACT_ALLOW" | .flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])'
	refused 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: only with SCMP_ACT_NOTIFY' create "$ID"
	# Without a rule that notifies the path is not even looked at.
	edit 'del(.linux.seccomp.flags) | .linux.seccomp.listenerPath = "/does/not/exist"'
	run runc run "$ID"
	expect 0
}

@test "seccomp: a process of exec that needs a call its container did not is refused, where the profile has it not" {
	local action
	agent
	args sleep 100
	for action in NOTIFY ERRNO KILL_PROCESS; do
		edit --arg a "SCMP_ACT_$action" '.process.noNewPrivileges = true |
			.linux.seccomp.syscalls = [{names: ["capset"], action: $a}, {names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]'
		detached run -d "$ID"
		expect 0
		jq '.process | .noNewPrivileges = false | .args = ["true"]' config.json >process.json
		run runc exec --process process.json "$ID"
		expect 255 capset || { echo "$action"; return 1; }
		jq '.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])' process.json >admin.json
		run runc exec --process admin.json "$ID" # keeps what it is loaded with
		expect 0
		runc delete --force "$ID"
	done
}

@test "seccomp notify: WAIT_KILLABLE_RECV reaches the kernel" {
	command -v strace >/dev/null || skip "strace is not installed"
	agent
	edit '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	traced run "$ID"
	expect 0
	# NEW_LISTENER and, which an old strace does not know, 0x20.
	grep -Eq 'SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER\|(0x20|SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), ' "$T/trace" ||
		{ grep SECCOMP_SET_MODE_FILTER "$T/trace"; return 1; }
}

@test "seccomp: under the filter davit calls no more than the manual says" {
	command -v strace >/dev/null || skip "strace is not installed"
	edit 'del(.linux.seccomp.listenerPath) | .linux.seccomp.syscalls[0].action = "SCMP_ACT_ERRNO" | .process.noNewPrivileges = true'
	traced run "$ID"
	expect 0
	same "$(own_calls)" "write read execve"
	edit '.process.noNewPrivileges = false'
	traced run "$ID"
	same "$(own_calls)" "capset write read execve"
	edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]}'
	traced run "$ID"
	same "$(own_calls)" "capset write read execve"
	edit '.process.user = {uid: 0, gid: 0} | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	traced run "$ID"
	same "$(own_calls)" "write read execve"
	agent
	edit --arg path "$T/agent" '.linux.seccomp.listenerPath = $path | .linux.seccomp.syscalls[0].action = "SCMP_ACT_NOTIFY" |
		.process.noNewPrivileges = true'
	traced run "$ID"
	same "$(own_calls)" "read execve"
	args sleep 100
	detached run -d "$ID"
	expect 0
	traced exec "$ID" true
	expect 0
	same "$(own_calls)" "read execve"
}

@test "seccomp: a profile that kills for everything but the program's own calls starts" {
	local names
	command -v strace >/dev/null || skip "strace is not installed"
	chroot "$ROOTFS" /bin/head -n 1 /etc/passwd >"$T/wanted"
	strace -f -o "$T/trace" chroot "$ROOTFS" /bin/head -n 1 /etc/passwd >/dev/null
	names=$(awk 'seen { split($2, name, "("); print name[1] } /execve\("\/bin\/head"/ { seen = 1 }' "$T/trace" | grep -x '[a-z0-9_]*' |
		sort -u | jq -R . | jq -sc '. + ["execve"] | unique')
	args head -n 1 /etc/passwd
	edit --argjson names "$names" '.process.noNewPrivileges = true |
		.linux.seccomp = {defaultAction: "SCMP_ACT_KILL_PROCESS", syscalls: [{names: $names, action: "SCMP_ACT_ALLOW"}]}'
	run runc run "$ID"
	expect 0
	same "$output" "$(cat "$T/wanted")"
	edit '.process.noNewPrivileges = false'
	refused 'linux.seccomp: no rule allows capset' run "$ID"
	edit '.linux.seccomp.syscalls[0].names += ["capset"]'
	run runc run "$ID"
	expect 0
	same "$output" "$(cat "$T/wanted")"
	edit '.linux.seccomp.syscalls[0].names -= ["read"]'
	refused 'linux.seccomp: no rule allows read' run "$ID"
}

@test "seccomp: a program that cannot be executed ends, also when the profile forbids to exit" {
	printf '#!/does/not/exist\n' >"$ROOTFS/bin/odd"
	chmod 755 "$ROOTFS/bin/odd"
	args /bin/odd
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	run runc run "$ID"
	expect 255 "exec /bin/odd: no such file or directory"
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [
		{names: ["read", "write", "execve", "capset"], action: "SCMP_ACT_ALLOW"}]}'
	run runc run "$ID"
	expect 132 "exec /bin/odd: no such file or directory" # SIGILL
}

@test "seccomp: CAP_SYS_ADMIN, with which the filter is loaded, is gone in the state created and in the program" {
	local pid uid
	for uid in 0 1000; do
		edit --argjson uid $uid 'del(.linux.seccomp.listenerPath) | .linux.seccomp.syscalls[0].action = "SCMP_ACT_ERRNO" |
			.process.noNewPrivileges = false | .process.user.uid = $uid'
		args grep -E '^Cap(Prm|Eff|Bnd):' /proc/self/status
		run runc run "$ID"
		expect 0
		lacks "$(grep -oE '[0-9a-f]{16}' <<<"$output" | while read -r set; do (((0x$set >> 21) & 1)) && echo has; done)" has
		detached create "$ID"
		pid=$(pid_of "$ID")
		grep -E '^Cap(Prm|Eff|Amb):' "/proc/$pid/status" >"$T/caps"
		same "$(awk '{ print $2 }' "$T/caps" | xargs)" "0000000020000420 0000000020000420 0000000000000000"
		grep -qx $'Seccomp:\t2' "/proc/$pid/status"
		runc delete --force "$ID"
	done
}

# program ERRNO [CALL]: the base64 of a filter that answers the system call CALL, mkdir without, with ERRNO; 0 is none: it allows all.
program() {
	perl -MMIME::Base64 -e 'my ($errno, $call) = @ARGV; print encode_base64(join("", map { pack "SCCL", @$_ } [0x20, 0, 0, 0],
		[0x15, 0, 1, $call], [0x06, 0, 0, $errno ? 0x50000 | $errno : 0x7fff0000], [0x06, 0, 0, 0x7fff0000]), "")' "$1" "${2:-83}"
}

# ready_made ERRNO [CALL]: the annotation that gives that filter.
ready_made() { edit --arg data "$(program "$@")" '.annotations["run.oci.seccomp_bpf_data"] = $data'; }

# profile JSON: linux.seccomp.
profile() { edit --argjson profile "$1" '.linux.seccomp = $profile'; }

# under_filters WANTED COUNT: what mkdir and ln say as first process of run and create and as process of exec, with and without
# no_new_privs, under COUNT filters.
under_filters() {
	local nnp wanted=$1 count=$2 tries='mkdir /tmp/x; ln -s x /tmp/y && rm /tmp/y && echo linked; grep Seccomp_filters: /proc/self/status'
	wanted=$wanted$'\n'"Seccomp_filters:"$'\t'$count
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		sh_args "$tries"
		run runc run "$ID"
		same "$output" "$wanted" || { echo "run, $nnp"; return 1; }
		sh_args "($tries) 2>&1; exec sleep 100"
		detached create "$ID"
		expect 0
		"$RUNC" --root "$STATE" start "$ID"
		wait_for 5 grep -q filters "$T/out"
		same "$(cat "$T/out")" "$wanted" || { echo "create, $nnp"; return 1; }
		run runc exec "$ID" sh -c "$tries"
		same "$output" "$wanted" || { echo "exec, $nnp"; return 1; }
		runc delete --force "$ID"
	done
}

NO_MKDIR="mkdir: can't create directory '/tmp/x': No space left on device"

@test "seccomp: the ready-made filter of run.oci.seccomp_bpf_data can only restrict what linux.seccomp allows" {
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}'
	ready_made 0
	under_filters "$NO_MKDIR"$'\nlinked' 2
	ready_made 28 88
	under_filters "$NO_MKDIR"$'\nln: /tmp/y: No space left on device' 2
	"$LIBEXEC/parse" --explain <config.json | grep 'installs the ready-made filter of 4 instructions'
}

@test "seccomp: the ready-made filter without linux.seccomp" {
	edit 'del(.linux.seccomp)'
	ready_made 28
	under_filters "$NO_MKDIR"$'\nlinked' 1
	runc features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.seccomp_bpf_data")'
}

@test "seccomp: the first of two filters may forbid what loads the second, but not both" {
	local rules='{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}' action nnp
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ['"$rules"']}'
	ready_made 1 317
	under_filters "$NO_MKDIR"$'\nlinked' 2
	ready_made 28 88
	for action in ERRNO KILL_PROCESS TRACE; do
		profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ['"$rules"', {"names": ["seccomp"], "action": "SCMP_ACT_'$action'"}]}'
		under_filters "$NO_MKDIR"$'\nln: /tmp/y: No space left on device' 2
	done
	profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": ['"$rules"', {"names": ["seccomp"], "action": "SCMP_ACT_ERRNO", "args": [
		{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}'
	under_filters "$NO_MKDIR"$'\nln: /tmp/y: No space left on device' 2
	ready_made 1 317
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		refused 'error loading seccomp filter: neither linux.seccomp nor run.oci.seccomp_bpf_data allows seccomp\(2\): operation not permitted' run "$ID"
	done
	nothing_left
}

@test "seccomp notify: with a ready-made filter, too; its flags are the profile's alone" {
	agent
	ready_made 28 88
	edit '.linux.seccomp.syscalls += [{names: ["seccomp"], action: "SCMP_ACT_NOTIFY"}]'
	under_filters "mkdir: can't create directory '/tmp/x': Block device required"$'\nln: /tmp/y: No space left on device' 2
	edit '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"] | del(.linux.seccomp.syscalls[-1])'
	args ln -s x /tmp/y
	traced run "$ID"
	contains "$output" "ln: /tmp/y: No space left on device"
	same "$(grep -oE 'SECCOMP_SET_MODE_FILTER, [A-Z_|]+' "$T/trace" | sed 's/.*, //' | tail -n 2)" \
		$'SECCOMP_FILTER_FLAG_LOG|SECCOMP_FILTER_FLAG_NEW_LISTENER\nSECCOMP_FILTER_FLAG_SPEC_ALLOW'
}

@test "seccomp: a ready-made filter that is none is refused" {
	local data
	for data in '' A AAA= AAAA '!!!!' "$(program 28)x" "$(program 28)=" "=$(program 28)" " $(program 28)" 'AAAAAAAAAAA=='; do
		edit --arg data "$data" '.annotations["run.oci.seccomp_bpf_data"] = $data'
		refused 'annotations\[.*run.oci.seccomp_bpf_data.*: not ' create "$ID" || { echo "$data"; return 1; }
	done
	edit --arg data "$(head -c $((4097 * 8)) /dev/zero | base64 -w 0)" '.annotations["run.oci.seccomp_bpf_data"] = $data'
	refused 'more than 4096 BPF instructions' create "$ID"
	edit --arg data "$(head -c 8 /dev/zero | base64 -w 0)" '.annotations["run.oci.seccomp_bpf_data"] = $data'
	refused 'connect with seccomp agent' create "$ID"
	edit 'del(.linux.seccomp)'
	refused 'error loading seccomp filter: invalid argument' create "$ID"
}
