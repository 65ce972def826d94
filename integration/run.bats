# runc run, in the foreground and detached.

load lib/common

@test "run: true succeeds, prints nothing and leaves nothing" {
	run runc run "$ID"
	expect 0
	same "$output" ""
	nothing_left
}

@test "run: the exit status of the process is the exit status" {
	sh_args 'exit 7'
	run runc run "$ID"
	expect 7
	same "$output" ""
	nothing_left
}

@test "run: a process killed by a signal gives 128+N" {
	args sleep 100
	runc run "$ID" >"$T/out" 2>&1 &
	local waiter=$!
	wait_for 5 is_running "$ID"
	runc kill "$ID" KILL
	status=0
	wait $waiter || status=$?
	same "$status" 137
	nothing_left
}

@test "run: stdout and stderr stay apart" {
	sh_args 'echo to-out; echo to-err >&2'
	runc run "$ID" >"$T/out" 2>"$T/err"
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
}

@test "run: stdin reaches the process and ends" {
	sh_args 'cat; echo end'
	run bash -c 'echo hello | timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	expect 0
	same "$output" $'hello\nend'
}

@test "run: a megabyte through stdin and stdout arrives whole" {
	args cat
	head -c 1000000 /dev/urandom >"$T/data"
	runc run "$ID" <"$T/data" >"$T/out"
	cmp "$T/data" "$T/out"
}

@test "run: a reader that closes the pipe does not hang it" {
	sh_args 'yes | head -c 5000000'
	run bash -c 'timeout 10 "$0" --root "$1" run "$2" | head -c 10 >/dev/null; echo "${PIPESTATUS[0]}"' \
		"$RUNC" "$STATE" "$ID"
	[ "${lines[-1]}" != 124 ]
	nothing_left
}

@test "run -d: returns at once, prints nothing, the container runs" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	same "$(cat "$T/out" "$T/err")" ""
	same "$(status_of "$ID")" running
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

@test "run --detach=true and options after the id" {
	args sleep 100
	detached run "$ID" --detach=true --pid-file "$T/pid"
	expect 0
	same "$(cat "$T/pid")" "$(pid_of "$ID")"
}

@test "run --pid-file: the pid of the process, without a newline, relative to the caller's directory" {
	args sleep 100
	mkdir "$T/elsewhere"
	cd "$T/elsewhere"
	detached run -d --pid-file pid --bundle "$BUNDLE" "$ID"
	expect 0
	same "$(cat "$T/elsewhere/pid")" "$(pid_of "$ID")"
	same "$(wc -l <"$T/elsewhere/pid")" 0
	same "$(tr '\0' ' ' <"/proc/$(cat pid)/cmdline")" "sleep 100 "
	same "$(ls -A "$T/elsewhere")" pid
}

@test "run --pid-file: the systemd unit of the README (Type=forking)" {
	args sleep 100
	detached run -d --pid-file "$T/pid" "$ID"
	expect 0
	# As systemd does: the main process is the one of the file; it dies; ExecStopPost deletes.
	kill -9 "$(cat "$T/pid")"
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

@test "run --pid-file: a place that cannot be written fails and leaves nothing" {
	args sleep 100
	refused 'no such file or directory' run -d --pid-file "$T/none/pid" "$ID"
}

@test "run --pid-file: a symlink is replaced, not written through" {
	echo canary >"$T/canary"
	ln -s canary "$T/pid"
	args sleep 100
	detached run -d --pid-file "$T/pid" "$ID"
	same "$(cat "$T/canary")" canary
	[ "$status" != 0 ] || same "$(cat "$T/pid")" "$(pid_of "$ID")"
	runc delete --force "$ID"
	# Nor is one in place of the file that gets the name when it is whole.
	ln -s canary "$T/.other"
	refused "pid file other: file exists" run -d --pid-file "$T/other" "$ID"
	same "$(cat "$T/canary")" canary
}

@test "run --bundle: another directory" {
	args cat /marker
	echo there >"$ROOTFS/marker"
	cd /
	run runc run -b "$BUNDLE" "$ID"
	expect 0
	same "$output" there
}

@test "run --keep: the stopped container stays until delete" {
	run runc run --keep "$ID"
	expect 0
	same "$(status_of "$ID")" stopped
	same "$(pid_of "$ID")" 0
	runc delete "$ID"
	nothing_left
}

@test "run: a used id is refused and the running container is not disturbed" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	run runc run "$ID"
	expect 1 "container with given ID already exists"
	run runc create "$ID"
	expect 1 "container with given ID already exists"
	same "$(status_of "$ID")" running
	same "$(pid_of "$ID")" "$pid"
}

@test "run --preserve-fds: exactly these, at 3 and on" {
	echo one >"$T/one"
	echo two >"$T/two"
	sh_args 'cat <&3; cat <&4; ls /proc/self/fd | tr "\n" " "'
	run bash -c 'exec 3<"$3" 4<"$4" 5<"$3"; timeout 10 "$0" --root "$1" run --preserve-fds 2 "$2" 6</ 7</etc' \
		"$RUNC" "$STATE" "$ID" "$T/one" "$T/two"
	expect 0
	same "${lines[0]}" one
	same "${lines[1]}" two
	# ls itself opens the directory at the lowest free number.
	same "${lines[2]}" "0 1 2 3 4 5 "
}

@test "run --preserve-fds: a hole is refused before anything starts" {
	refused 'unable to stat preserved-fd.*no such file or directory|bad file descriptor' run --preserve-fds 30 "$ID"
}

@test "run: LISTEN_FDS for our pid is passed, for another it is not" {
	echo one >"$T/one"
	sh_args 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3'
	run bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" --root "$1" run "$2" 3<"$3"' \
		"$RUNC" "$STATE" "$ID" "$T/one"
	expect 0
	same "$output" $'1 1\none'
	sh_args 'echo "$LISTEN_FDS $LISTEN_PID"; ls /proc/self/fd | tr "\n" " "'
	run bash -c 'export LISTEN_FDS=1 LISTEN_PID=1; exec "$0" --root "$1" run "$2" 3<"$3"' \
		"$RUNC" "$STATE" "$ID" "$T/one"
	expect 0
	same "${lines[0]}" " "
	same "${lines[1]}" "0 1 2 3 "
}

@test "run: LISTEN_FDNAMES goes with LISTEN_FDS, and both win over those of config.json" {
	newer "not passed on by runc"
	edit '.process.env += ["LISTEN_FDS=9", "LISTEN_PID=9", "LISTEN_FDNAMES=of-the-config"]'
	args env
	run bash -c 'export LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=web:admin; exec "$0" --root "$1" run "$2" 3</ 4</etc' \
		"$RUNC" "$STATE" "$ID"
	expect 0
	same "$(grep ^LISTEN <<<"$output" | sort | tr '\n' ' ')" "LISTEN_FDNAMES=web:admin LISTEN_FDS=2 LISTEN_PID=1 "
	# No names are better than those of other descriptors; without descriptors nothing of config.json is touched.
	run bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" --root "$1" run "$2" 3</' "$RUNC" "$STATE" "$ID"
	expect 0
	same "$(grep ^LISTEN <<<"$output" | sort | tr '\n' ' ')" "LISTEN_FDS=1 LISTEN_PID=1 "
	run env LISTEN_FDS=1 LISTEN_PID=1 LISTEN_FDNAMES=web timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0
	same "$(grep ^LISTEN <<<"$output" | sort | tr '\n' ' ')" "LISTEN_FDNAMES=of-the-config LISTEN_FDS=9 LISTEN_PID=9 "
}

@test "run: LISTEN_FDS and --preserve-fds: first these, then those" {
	echo one >"$T/one"
	echo two >"$T/two"
	sh_args 'cat <&3; cat <&4; echo $LISTEN_FDS; ls /proc/self/fd | tr "\n" " "'
	run bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" --root "$1" run --preserve-fds 1 "$2" 3<"$3" 4<"$4" 5</' \
		"$RUNC" "$STATE" "$ID" "$T/one" "$T/two"
	expect 0
	same "${lines[*]}" "one two 1 0 1 2 3 4 5 "
}

@test "run: signals are forwarded" {
	sh_args 'trap "echo got-usr1" USR1; trap "echo got-term; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	background run "$ID"
	local waiter=$!
	wait_for 5 grep -q ready "$T/out"
	kill -USR1 $waiter
	wait_for 5 grep -q got-usr1 "$T/out"
	kill -TERM $waiter
	status=0
	wait $waiter || status=$?
	same "$status" 3
	grep -q got-term "$T/out"
	nothing_left
}

@test "run, exec: real-time signals are forwarded, from the first one on" {
	newer "1.1.5 dies of the first one"
	sh_args 'for s in 34 35 64; do trap "echo got-$s" $s; done; echo ready; while :; do sleep 0.1; done'
	background run "$ID"
	local waiter=$! n
	wait_for 5 grep -q ready "$T/out"
	for n in 34 35 64; do
		kill -"$n" $waiter
		wait_for 5 grep -q "got-$n" "$T/out"
	done
	rm "$T/out" # whose "ready" would be taken for the new one's
	background exec "$ID" sh -c 'trap "echo got-34; exit 9" 34; echo ready; while :; do sleep 0.1; done'
	waiter=$!
	wait_for 5 grep -q ready "$T/out"
	kill -34 $waiter
	status=0
	wait $waiter || status=$?
	same "$status" 9
}

@test "run --no-pivot" {
	sh_args 'echo here; ls / | tr "\n" " "; cd ..; cd ..; ls | tr "\n" " "'
	run runc run --no-pivot "$ID"
	expect 0 here
	same "${lines[1]}" "$(ls "$ROOTFS" | tr '\n' ' ')$(ls "$ROOTFS" | tr '\n' ' ')"
}

@test "run --no-new-keyring" {
	edit '.linux.maskedPaths -= ["/proc/keys"]'
	args cat /proc/keys
	run runc run "$ID"
	expect 0 "_ses.$ID"
	run runc run --no-new-keyring "$ID-without"
	expect 0
	lacks "$output" "_ses.$ID-without"
}

@test "run: the arguments are checked" {
	run runc run
	expect 1 '"run" requires exactly 1 argument'
	run runc run a b
	expect 1 '"run" requires exactly 1 argument'
	run runc run --no-such-flag "$ID"
	expect 1 'flag provided but not defined: -no-such-flag'
	nothing_left
}

@test "run: terminal and detach flags that do not fit each other" {
	edit '.process.terminal = true'
	refused 'cannot allocate tty if runc will detach without setting console socket' run -d "$ID"
	edit '.process.terminal = false'
	refused 'cannot use console socket if runc will not detach or allocate tty' run --console-socket "$T/s" "$ID"
}

@test "run: a program that is not there" {
	args nosuchprogram
	refused 'run failed: .*exec: .*nosuchprogram.*: executable file not found in \$PATH' run "$ID"
	args /bin/nosuch
	refused 'exec: .*/bin/nosuch.*no such file or directory' run "$ID"
	edit '.root.readonly = false'
	args /etc/passwd
	refused 'exec: .*/etc/passwd.*permission denied' run "$ID"
	args /etc
	refused 'exec: .*/etc.*(is a directory|permission denied)' run "$ID"
}

@test "run: a script whose interpreter is missing fails as the program does" {
	printf '#!/no/interpreter\n' >"$ROOTFS/script"
	chmod +x "$ROOTFS/script"
	args /script
	run runc run "$ID"
	[ "$status" != 0 ] && [ "$status" != 124 ]
	contains "$output" "no such file or directory"
	nothing_left
}

@test "run --log: the error is in the file, the bare message on stderr" {
	args nosuchprogram
	run runc --log "$T/log" run "$ID"
	expect 1 'executable file not found'
	lacks "$output" 'level=error'
	contains "$(cat "$T/log")" 'level=error msg="'
	contains "$(cat "$T/log")" 'executable file not found'
}

@test "run --log-format json" {
	args nosuchprogram
	run runc --log "$T/log" --log-format json run "$ID"
	expect 1
	same "$(jq -r .level <"$T/log")" error
	contains "$(jq -r .msg <"$T/log")" 'executable file not found'
	jq -e '.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T")' <"$T/log"
}

@test "run --debug: works and says more" {
	run runc --debug run "$ID"
	expect 0 "level=debug"
}

@test "run: --systemd-cgroup says that it cannot" {
	refused 'systemd' --systemd-cgroup run "$ID"
}

@test "run: global options" {
	for_root "without a cgroup --rootless=false is an error"
	run runc --rootless=false --systemd-cgroup=false --log-format text run "$ID"
	expect 0
	refused 'invalid log-format: xml' --log-format xml run "$ID"
}

@test "run: children that outlive the first process die with the pid namespace" {
	sh_args 'sleep 1000 & sleep 1000 & exit 0'
	run runc run "$ID"
	expect 0
	nothing_left
}

@test "run: without a pid namespace what is left in the cgroup dies as well" {
	for_root "the kernel mounts no proc of the host's pid namespace"
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'setsid sleep 1000 </dev/null >/dev/null 2>&1 & exit 0'
	run runc run "$ID"
	expect 0
	nothing_left
}

@test "run: ${RUNS:-100} in a row leave nothing" {
	local i
	for ((i = 0; i < ${RUNS:-100}; i++)); do
		runc run "$ID" || { echo "run $i failed"; return 1; }
	done
	nothing_left
}

@test "run: 100 at once all succeed and leave nothing" {
	export LIMIT=100
	local i failed=0 pids=()
	for ((i = 0; i < 100; i++)); do
		runc run "$ID-$i" </dev/null >>"$T/out" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	cat "$T/out"
	same "$failed" 0
	nothing_left
}

@test "run: as subreaper it gets what the container orphaned, and reaps it; --no-subreaper leaves that to others" {
	for_root "the kernel mounts no proc of the host's pid namespace"
	edit 'del(.linux.namespaces[] | select(.type == "pid"))'
	sh_args '(sleep 2.25 &); sleep 6'
	local pid orphan
	orphan_is_there() { orphan=$(pgrep -f '^sleep 2.25$'); }
	background run "$ID"
	pid=${BACKGROUND##* }
	wait_for 5 orphan_is_there
	same "$(ps -o ppid= -p "$orphan" | tr -d ' ')" "$pid"
	wait_for 5 test ! -e "/proc/$orphan"
	lacks "$(ps -o stat= --ppid "$pid")" Z
	runc kill "$ID" KILL
	wait "$pid" || true
	background run --no-subreaper "$ID"
	pid=${BACKGROUND##* }
	wait_for 5 orphan_is_there
	[ "$(ps -o ppid= -p "$orphan" | tr -d ' ')" != "$pid" ]
	runc kill "$ID" KILL
	wait "$pid" || true
}

@test "run: signals go to the container's process" {
	local pid n
	sh_args 'for s in HUP INT USR1 USR2 TERM WINCH CONT; do trap "echo got $s" $s; done; trap "exit 7" QUIT; echo ready; while :; do sleep 0.05; done'
	background run "$ID"
	pid=${BACKGROUND##* }
	wait_for 5 grep -q ready "$T/out"
	for n in HUP INT USR1 USR2 TERM CONT; do
		kill -s "$n" "$pid"
		wait_for 5 grep -q "got $n" "$T/out"
	done
	kill -s WINCH "$pid" # means the terminal, and there is none
	kill -s QUIT "$pid"
	status=0
	wait "$pid" || status=$?
	expect 7
	lacks "$(cat "$T/out")" "got WINCH"
	nothing_left
}

@test "run: an empty value of an option is none" {
	local ours=--pidfd-socket=
	[ -z "$CONTROL" ] || ours=
	args sleep 1000
	detached run -d --bundle "" --pid-file "" --console-socket "" $ours "$ID"
	expect 0
	run runc exec --user "" --process "" --cwd "" --pid-file "" --console-socket "" --process-label "" --apparmor "" "$ID" id -u
	expect 0
	same "$output" 0
	run runc update -r "" --cpu-share "" --memory "" --cpuset-cpus "" "$ID"
	expect 0
	run runc --log "" --rootless "" state "$ID"
	expect 0
	run runc kill "$ID" ""
	expect 0
}
