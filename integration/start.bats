# runc start: the last step.

load lib/common

@test "start: the program runs, start returns at once and prints nothing" {
	args sleep 100
	detached create "$ID"
	local pid
	pid=$(pid_of "$ID")
	run runc start "$ID"
	expect 0
	same "$output" ""
	same "$(status_of "$ID")" running
	same "$(pid_of "$ID")" "$pid"
	wait_for 5 grep -q sleep "/proc/$pid/cmdline"
	[ ! -e "$STATE/$ID/exec.fifo" ]
}

@test "start: the output of the program is that of create" {
	sh_args 'echo out; echo err >&2'
	runc create "$ID" </dev/null >"$T/out" 2>"$T/err"
	runc start "$ID"
	wait_for 5 is_stopped "$ID"
	same "$(cat "$T/out")" out
	same "$(cat "$T/err")" err
}

@test "start: twice" {
	args sleep 100
	detached run -d "$ID"
	run runc start "$ID"
	expect 1 'cannot start an already running container'
	same "$(status_of "$ID")" running
}

@test "start: a stopped one" {
	detached run -d "$ID"
	wait_for 5 is_stopped "$ID"
	run runc start "$ID"
	expect 1 'cannot start a container that has stopped'
}

@test "start: an unknown id, a bad id, no id" {
	run runc start "$ID"
	expect 1 'container does not exist'
	run runc start ../x
	[ "$status" = 1 ]
	run runc start
	expect 1 '"start" requires'
}

@test "start: at the same time, only one of ten wins" {
	args sleep 100
	local i round wins pids
	for round in 1 2 3; do
		detached create "$ID"
		expect 0
		pids=() wins=0
		for i in 1 2 3 4 5 6 7 8 9 10; do
			runc start "$ID" </dev/null >/dev/null 2>&1 &
			pids+=($!)
		done
		for i in "${pids[@]}"; do
			if wait "$i"; then wins=$((wins + 1)); fi
		done
		[ "$wins" = 1 ] || newer "1.1.5 lets several starts win"
		same "$wins" 1
		same "$(status_of "$ID")" running
		runc delete --force "$ID"
	done
}

@test "start: a second one, between the byte of the first and the end of the fifo, does not win" {
	newer "1.1.5 lets several starts win"
	command -v strace >/dev/null || skip "strace is not installed"
	edit '.hooks.startContainer = [{path: "/bin/sleep", args: ["sleep", "1.5"]}]'
	args sleep 100
	detached create "$ID"
	expect 0
	strace -f -qq -o /dev/null -e trace=unlinkat -e inject=unlinkat:delay_enter=600ms "$RUNC" --root "$STATE" start "$ID" \
		</dev/null >/dev/null 2>&1 3>&- 4>&- &
	local first=$!
	begun() { pgrep -f "^sleep 1.5" >/dev/null; }
	wait_for 5 begun
	run runc start "$ID"
	expect 1 "cannot start an already running container"
	wait "$first"
	same "$(status_of "$ID")" running
}

@test "start: a script without interpreter fails in the container, not in start" {
	printf '#!/no/interpreter\n' >"$ROOTFS/script"
	chmod +x "$ROOTFS/script"
	args /script
	runc create "$ID" </dev/null >"$T/out" 2>"$T/err"
	run runc start "$ID"
	expect 0
	wait_for 5 is_stopped "$ID"
	contains "$(cat "$T/err")" "no such file or directory"
}

@test "start: with closed stdin, stdout and stderr" {
	args sleep 100
	detached create "$ID"
	timeout 10 "$RUNC" --root "$STATE" start "$ID" 0<&- 1>&- 2>&- 3>&- 4>&-
	same "$(status_of "$ID")" running
}
