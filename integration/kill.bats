# runc kill: signals.

load lib/common

# A container that writes the name of what it gets.
catcher() {
	sh_args 'for s in HUP INT TERM USR1 USR2 WINCH; do trap "echo $s" $s; done; echo ready; while :; do sleep 0.05; done'
	detached create "$ID"
	expect 0
	runc start "$ID"
	wait_for 5 grep -q ready "$T/out"
}

got() { [ "$(tail -n 1 "$T/out")" = "$1" ]; }

@test "kill: TERM unless told otherwise; names and numbers" {
	catcher
	runc kill "$ID"
	wait_for 5 got TERM
	runc kill "$ID" HUP
	wait_for 5 got HUP
	runc kill "$ID" sigusr1
	wait_for 5 got USR1
	runc kill "$ID" 12
	wait_for 5 got USR2
	runc kill "$ID" SIGInt
	wait_for 5 got INT
	runc kill "$ID" 028
	wait_for 5 got WINCH
	run runc kill "$ID" 0
	expect 0
	same "$output" ""
	runc kill "$ID" 9
	wait_for 5 is_stopped "$ID"
}

@test "kill: real-time signals count from 34 and from 64, as everywhere but in musl" {
	newer "1.1.5 knows no names of them"
	local word number
	needs_strace
	args sleep 1000
	for word in RTMIN:34 SIGRTMIN+3:37 rtmin+30:64 RTMAX:64 sigrtmax-1:63 SIGRTMAX-30:34; do
		detached create "$ID"
		expect 0
		run strace -e trace=pidfd_send_signal -o "$T/trace" "$RUNC" --root "$STATE" kill "$ID" "${word%:*}" 3>&- 4>&-
		expect 0
		number=$(sed -n 's/^pidfd_send_signal([0-9]*, \([A-Z0-9_]*\),.*/\1/p' "$T/trace")
		# strace names them from 32.
		same "$number" "$([ "${word#*:}" = 34 ] && echo SIGRT_2 || echo "SIGRT_$((${word#*:} - 32))")"
		runc delete --force "$ID"
	done
}

@test "kill: words that are no signal" {
	args sleep 100
	detached run -d "$ID"
	local word
	for word in FOO SIG SIGSIGTERM RTMIN-1 RTMIN+ RTMIN+31 RTMIN+003 RTMIN3 RTMAX+1 RTMAX-31 RTMAX- "RTMIN+ 3" 99999999999 1x; do
		run runc kill "$ID" "$word"
		expect 1 "unknown signal \"$word\""
	done
	run runc kill "$ID" 999
	expect 1 "unable to signal init: invalid argument"
	run runc kill "$ID" -9
	expect 1 "unable to signal init: invalid argument"
	same "$(status_of "$ID")" running
}

@test "kill: a created container" {
	args sleep 100
	detached create "$ID"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
}

# Signals that end a program by default. The kernel gives none of them to the first process of a pid namespace
# that has no handler; 34 and 64 are the first and the last real-time one.
@test "kill: a created container: every signal that ends a program ends it" {
	local n
	args sleep 100
	for n in TERM HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM STKFLT XCPU XFSZ VTALRM PROF IO PWR SYS 34 64; do
		detached create "$ID"
		expect 0
		runc kill "$ID" "$n"
		wait_for 5 is_stopped "$ID" || { echo "SIG$n"; return 1; }
		run runc start "$ID"
		expect 1 "cannot start a container that has stopped"
		runc delete "$ID"
	done
}

@test "kill: a created container: other signals leave it as it is, and its program has none of dmz's handlers" {
	local n
	args grep SigCgt /proc/self/status
	detached create "$ID"
	for n in CHLD CONT URG WINCH TSTP TTIN TTOU 0; do
		runc kill "$ID" "$n"
	done
	sleep 0.2
	same "$(status_of "$ID")" created
	runc start "$ID"
	wait_for 5 is_stopped "$ID"
	same "$(cat "$T/out")" $'SigCgt:\t0000000000000000'
}

@test "kill: a created container with a profile of the program's own calls, also in a joined pid namespace" {
	for_root "the test makes a pid namespace of the host's user namespace"
	needs_seccomp
	local holder namespaces
	args true
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", syscalls: [
		{names: ["read", "write", "execve", "capset", "exit_group"], action: "SCMP_ACT_ALLOW"}]}'
	detached create "$ID"
	expect 0
	runc kill "$ID"
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	unshare -p -f sleep 100 3>&- 4>&- &
	holder=$!
	wait_for 5 pgrep -P "$holder"
	edit --arg path "/proc/$(pgrep -P "$holder")/ns/pid" '.linux.namespaces |= map(if .type == "pid" then .path = $path else . end)'
	detached create "$ID"
	expect 0
	runc kill "$ID"
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	kill -KILL "$(pgrep -P "$holder")"
	wait "$holder" || true
}

@test "kill: a stopped container" {
	args true
	detached run -d "$ID"
	wait_for 5 is_stopped "$ID"
	run runc kill "$ID" TERM
	expect 1 "container not running"
	run runc kill "$ID" KILL
	expect 1 "container not running"
	run runc kill --all "$ID" KILL
	expect 0
	same "$output" ""
	run runc kill -a "$ID"
	expect 0
}

@test "kill: no such container" {
	refused "container does not exist" kill nosuch KILL
	refused "container does not exist" kill --all nosuch 9
}

@test "kill: KILL takes all processes when the pid namespace is not the container's own" {
	for_root "the kernel mounts no proc of the host's pid namespace"
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'sleep 1000 & sleep 1000 & echo ready; wait'
	detached create "$ID"
	expect 0
	runc start "$ID"
	wait_for 5 grep -q ready "$T/out"
	same "$(processes | grep -c 'sleep 1000')" 3 # and the shell, whose script names it
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	all_gone() { ! processes | grep -q 'sleep 1000'; }
	wait_for 5 all_gone
}

@test "kill: another signal goes to the first process only" {
	for_root "the kernel mounts no proc of the host's pid namespace"
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'trap "echo caught" USR1; sleep 1000 & echo ready; while :; do wait; sleep 0.05; done'
	detached run -d "$ID"
	wait_for 5 grep -q ready "$T/out"
	runc kill "$ID" USR1
	wait_for 5 grep -q caught "$T/out"
	same "$(status_of "$ID")" running
}
