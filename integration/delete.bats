# runc delete: afterwards nothing is there.
# layouts: hybrid v2

load lib/common

@test "delete: a stopped container" {
	detached run -d "$ID"
	wait_for 5 is_stopped "$ID"
	run runc delete "$ID"
	expect 0
	same "$output" ""
	run runc state "$ID"
	expect 1 'container does not exist'
	nothing_left
}

@test "delete: a created container needs no force" {
	detached create "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	run runc delete "$ID"
	expect 0
	run kill -0 "$pid"
	[ "$status" != 0 ]
	nothing_left
}

@test "delete: a running container is refused and goes on" {
	args sleep 100
	detached run -d "$ID"
	run runc delete "$ID"
	expect 1 "cannot delete container $ID that is not stopped: running"
	same "$(status_of "$ID")" running
}

@test "delete --force: a running container, also with the option last" {
	args sleep 100
	detached run -d "$ID"
	run runc delete --force "$ID"
	expect 0
	nothing_left
	detached run -d "$ID"
	run runc delete "$ID" -f
	expect 0
	nothing_left
}

@test "delete --force: one whose program ignores every signal it can" {
	sh_args 'trap "" TERM INT HUP QUIT USR1 USR2; while :; do sleep 1; done'
	detached run -d "$ID"
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "delete: unknown ids" {
	run runc delete "$ID"
	expect 1 'container does not exist'
	run runc delete --force "$ID"
	expect 0
	same "$output" ""
}

@test "delete: several ids at once" {
	newer "runc takes one"
	args sleep 100
	detached create "$ID-a"
	detached create "$ID-b"
	detached run -d "$ID-c"
	run runc delete --force "$ID-a" "$ID-b" "$ID-c"
	expect 0
	nothing_left
}

@test "delete: one unknown id among several does not keep the others" {
	newer "runc takes one"
	detached create "$ID-a"
	detached create "$ID-b"
	run runc delete "$ID-a" "$ID-none" "$ID-b"
	expect 1 'container does not exist'
	nothing_left
}

@test "delete --force: all processes of a container without its own pid namespace" {
	for_root "the kernel mounts no proc of the host's pid namespace"
	in_v2 || needs_controller freezer
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'for i in 1 2 3 4 5 6 7 8; do setsid sleep 1000 & done; sleep 1000'
	detached run -d "$ID"
	expect 0
	sleep 0.3
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "delete --force: a container with cgroups of its own below its cgroup" {
	args sleep 100
	detached run -d "$ID"
	local d
	for d in $(find /sys/fs/cgroup -type d -name "$ID"); do
		mkdir -p "$d/inner/most" 2>/dev/null || true
	done
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "delete --force: a directory without anything in it" {
	newer "runc removes it without --force, too"
	mkdir -p -m 700 "$STATE"
	mkdir -m 711 "$STATE/$ID"
	run runc delete "$ID"
	expect 1 "container $ID: creation unfinished or killed; runc delete --force $ID"
	[ -d "$STATE/$ID" ]
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "delete --force: after the state files were destroyed the processes and cgroups still go" {
	newer "runc only removes the directory"
	args sleep 100
	detached run -d "$ID"
	: >"$STATE/$ID/state.json"
	: >"$STATE/$ID/plan"
	: >"$STATE/$ID/config.json"
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "delete: a pid that now belongs to another process is left alone" {
	args sleep 100
	detached run -d "$ID"
	local pid
	pid=$(pid_of "$ID")
	kill -9 "$pid"
	wait_for 5 is_stopped "$ID"
	# The same number again, for a process of ours.
	local i
	for i in $(seq 20); do
		echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid 2>/dev/null || skip "ns_last_pid cannot be written"
		sleep 100 3>&- 4>&- &
		[ $! = "$pid" ] && break
		kill $!
	done
	[ $! = "$pid" ] || skip "the number did not come again"
	BACKGROUND=$pid
	same "$(status_of "$ID")" stopped
	run runc kill "$ID" KILL
	expect 1 'container not running'
	runc delete --force "$ID"
	kill -0 "$pid"
}

@test "delete --force: in parallel, ten times the same container" {
	args sleep 100
	detached run -d "$ID"
	local i pids=()
	for i in 1 2 3 4 5 6 7 8 9 10; do
		runc delete --force "$ID" </dev/null >/dev/null 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || true; done
	nothing_left
}

@test "delete --force: killed at several moments, a second one finishes the work" {
	args sleep 100
	local delay
	for delay in 0.0005 0.001 0.002 0.004 0.008 0.016; do
		detached run -d "$ID"
		expect 0
		timeout -s KILL "$delay" "$RUNC" --root "$STATE" delete --force "$ID" 3>&- 4>&- >/dev/null 2>&1 || true
		run runc delete --force "$ID"
		expect 0
		nothing_left
	done
}

@test "delete: where a file cannot be removed the journal stays for a second one" {
	for_root "strace sees no paths of a program that is not dumpable"
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 100
	detached run -d "$ID"
	expect 0
	run strace -o /dev/null -P plan -e trace=unlinkat -e inject=unlinkat:error=EIO "$RUNC" --root "$STATE" delete --force "$ID" 3>&- 4>&-
	expect 1 "unable to destroy container: removing its state directory: input/output error"
	[ -e "$STATE/$ID/journal" ]
	runc delete --force "$ID"
	nothing_left
}

@test "delete: the arguments are checked" {
	run runc delete
	[ "$status" = 1 ]
	contains "$output" '"delete" requires'
}

@test "delete: --force against a creation that is held up leaves neither a process nor a cgroup" {
	newer "1.1.5 has no lock"
	args sleep 100
	stop_at memfd_create "$RUNC" --root "$STATE" create "$ID"
	[ -e "$STATE/$ID/journal" ]
	background delete --force "$ID"
	sleep 0.5 # for one that does not wait
	go_on || true
	wait "${BACKGROUND##* }"
	nothing_left
}

@test "delete: one that is held up does not remove the next container of the same id" {
	newer "1.1.5 has no lock"
	args sleep 100
	detached create "$ID"
	expect 0
	# It has killed the first process; what it does next is to remove.
	stop_at poll "$RUNC" --root "$STATE" delete --force "$ID"
	(LIMIT=20 runc delete --force "$ID" && : >"$T/deleted" && runc create "$ID") </dev/null >"$T/second" 2>&1 &
	local second=$!
	sleep 1 # for one that does not wait
	[ ! -e "$T/deleted" ]
	go_on || true
	wait $second || { cat "$T/second"; return 1; }
	same "$(status_of "$ID")" created
}

@test "delete: empty cgroups go without a program for them, others do not" {
	for_root "there is no cgroup"
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	local below
	args true
	for below in "" below; do
		detached run -d "$ID"
		expect 0
		wait_for 5 is_stopped "$ID"
		[ -z "$below" ] || mkdir "$(one_cgroup)/$below"
		strace -f -o "$T/trace" -e trace=execve,execveat "$RUNC" --root "$STATE" delete "$ID" 3>&- 4>&-
		nothing_left
		same "$(grep -c '"cgroup"' "$T/trace")" $((${#below} > 0))
	done
}
