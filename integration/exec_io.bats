# exec: what a process is handed — descriptors, terminals, pid files, sockets — and what it must not be.

load lib/common
load lib/exec
load lib/peer

setup() {
	setup_bundle
	args sleep 1000
	edit '.root.readonly = false'
}

# none_left NAME: no process of the container is called so.
none_left() { [ -z "$(grep -lx "$1" /proc/[0-9]*/comm 2>/dev/null)" ]; }

@test "exec: of the caller's files nothing but 0 to 2 is there" {
	up
	newer "1.1.5 under bats passes on some"
	run bash -c 'for i in $(seq 3 20); do eval "exec $i<\"$3\""; done; exec timeout 10 "$0" --root "$1" exec "$2" sh -c "ls /proc/self/fd | xargs; ls -l /proc/self/fd"' \
		"$RUNC" "$STATE" "$ID" "$T"
	expect 0
	same "${lines[0]}" "0 1 2 3" # 3 is of ls
	lacks "$output" "$T"
	lacks "$output" memfd
}

@test "exec: the process's environment is the configured one, not the caller's" {
	up
	OF_CALLER=1 runc exec "$ID" cat /proc/self/environ </dev/null >"$T/environ"
	output=$(tr '\0' '\n' <"$T/environ")
	same "$(cut -d = -f 1 <<<"$output" | sort | xargs)" "DAVIT_TEST HOME PATH TERM"
}

@test "exec: --preserve-fds passes on as many and no more" {
	up
	echo three >"$T/3"
	echo four >"$T/4"
	run "$RUNC" --root "$STATE" exec --preserve-fds 2 "$ID" sh -c 'ls /proc/self/fd | xargs; cat <&4; cat <&3' \
		</dev/null 3<"$T/3" 4<"$T/4" 5<"$T"
	expect 0 $'four\nthree'
	same "${lines[0]}" "0 1 2 3 4 5"
	newer "the words differ"
	fails 'unable to stat preserved-fd 6 \(of 50\): no such file or directory|unable to stat preserved-fd 0 \(of 50\)' --preserve-fds 50 "$ID" true
	fails 'preserve-fds' --preserve-fds -1 "$ID" true
	fails 'preserve-fds' --preserve-fds 100000 "$ID" true
}

@test "exec: LISTEN_FDS are for the first process only" {
	up
	run bash -c 'exec 3<"$3"; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --root "$1" exec "$2" sh -c "ls /proc/self/fd | xargs; env"' \
		"$RUNC" "$STATE" "$ID" "$T" </dev/null 4>&-
	expect 0
	same "${lines[0]}" "0 1 2 3"
	lacks "$output" LISTEN
}

@test "exec: stdin, stdout and stderr are pipes, files, sockets, /dev/null" {
	up
	same "$(printf 'one\ntwo\n' | runc exec "$ID" sh -c 'read a; read b; echo $b $a')" "two one"
	echo in >"$T/in"
	runc exec "$ID" sh -c 'cat; echo err >&2' <"$T/in" >"$T/o" 2>"$T/e"
	same "$(cat "$T/o") $(cat "$T/e")" "in err"
	runc exec "$ID" sh -c 'echo one; echo two' </dev/null >>"$T/o" 2>/dev/null
	same "$(cat "$T/o")" $'in\none\ntwo'
	runc exec "$ID" cat </dev/null >"$T/o"
	same "$(cat "$T/o")" ""
	head -c 3000000 /dev/urandom >"$T/much"
	runc exec "$ID" cat <"$T/much" | cmp - "$T/much"
	cat "$T/much" | runc exec "$ID" cat | cmp - "$T/much"
	"$HELPERS/helper-sockets" "$RUNC" --root "$STATE" exec "$ID" sh -c 'echo to-a-socket && touch /ran'
	[ -e "$ROOTFS/ran" ]
	same "$(stat -c %t:%T /dev/null)" 1:3
}

@test "exec: with 0, 1 or 2 closed, in all eight combinations (RT-38)" {
	up
	local i closed
	for i in 0 1 2 3 4 5 6 7; do
		closed=
		[ $((i & 1)) = 0 ] || closed+=' <&-'
		[ $((i & 2)) = 0 ] || closed+=' >&-'
		[ $((i & 4)) = 0 ] || closed+=' 2>&-'
		status=0
		rm -f "$ROOTFS/seen"
		bash -c "exec timeout 10 \"\$0\" --root \"\$1\" exec \"\$2\" sh -c 'ls /proc/self/fd >/seen; exit 5' </dev/null >/dev/null 2>/dev/null $closed" \
			"$RUNC" "$STATE" "$ID" 3>&- 4>&- || status=$?
		expect 5 || { echo "with$closed"; return 1; }
		[ -n "$CONTROL" ] || same "$(grep -cv '^[0-3]$' "$ROOTFS/seen")" 0
	done
}

@test "exec: stdout that is full, closed at the other end, or limited is the process's own matter" {
	newer "1.1.5 copies it from a pipe"
	up
	status=0
	runc exec "$ID" sh -c 'echo x' </dev/null >/dev/full 2>"$T/err" || status=$?
	expect 1
	status=0
	runc exec "$ID" sh -c 'sleep 0.3; while :; do echo y; done' </dev/null 2>"$T/err" | head -n 1 >"$T/out"
	same "$(cat "$T/out")" y
	wait_for 5 none_left yes
	run bash -c 'ulimit -f 0; exec "$0" --root "$1" exec "$2" echo fine' "$RUNC" "$STATE" "$ID" 3>&- 4>&-
	expect 255 "file too large"
}

@test "exec: a pipe belongs to the process's user and can be opened again, /dev/null does not" {
	up
	local before
	before=$(stat -c '%u %g %a' /dev/null)
	same "$(runc exec -u 1234 "$ID" sh -c 'echo x >/proc/self/fd/1' </dev/null | cat)" x
	same "$(stat -c '%u %g %a' /dev/null)" "$before"
}

# --- pid files ---

@test "exec: a pid file that cannot be written ends the process" {
	newer "1.1.5 differs"
	up
	mkdir "$T/dir"
	fails 'pid file|is a directory' --pid-file "$T/dir" "$ID" sh -c 'echo ran >/ran'
	fails 'no such file or directory' --pid-file "$T/no/where" "$ID" sh -c 'echo ran >/ran'
	: >"$T/.taken"
	fails 'file exists' --pid-file "$T/taken" "$ID" sh -c 'echo ran >/ran'
	fails 'file exists' -d --pid-file "$T/taken" "$ID" sh -c 'echo ran >/ran'
	sleep 0.2
	[ ! -e "$ROOTFS/ran" ]
	runc exec --pid-file rel "$ID" sh -c 'exit 0' </dev/null
	[ -s rel ]
}

@test "exec: whoever reads the pid file finds the process" {
	local i
	up
	for i in 1 2 3 4 5; do
		runc exec -d --pid-file "$T/pid" "$ID" sleep 300 </dev/null >/dev/null 2>&1
		kill -0 "$(cat "$T/pid")"
		same "$(readlink "/proc/$(cat "$T/pid")/ns/mnt")" "$(readlink "/proc/$P/ns/mnt")"
	done
	same "$(readlink /proc/[0-9]*/ns/pid | grep -cxF "$(readlink "/proc/$P/ns/pid")")" 6
}

@test "exec: --detach ends as soon as the process has started, and reports what could not be started" {
	up
	fails 'exec: ."nosuch.": executable file not found' -d "$ID" nosuch
	fails 'cannot allocate tty if runc will detach without setting console socket' -d -t "$ID" true
	detached exec -d "$ID" sh -c 'exit 9'
	expect 0
}

# --- terminals ---

@test "exec: --console-socket gets a name and the master of the process's terminal" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	up
	"$HELPERS/helper-recvtty" "$T/socket" >"$T/tty" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$T/socket"
	detached exec -d -t -u 1234 --console-socket "$T/socket" "$ID" sh -c 'tty; for i in 0 1 2; do readlink /proc/self/fd/$i; done; stat -c %u $(tty); ls /proc/self/fd | xargs; echo to-tty >/dev/tty'
	expect 0
	wait_for 5 grep -q to-tty "$T/tty"
	same "$(tr -d '\r' <"$T/tty" | xargs)" "/dev/pts/0 /dev/pts/0 /dev/pts/0 /dev/pts/0 1234 0 1 2 3 to-tty"
}

@test "exec: the console socket gets one record: text, one descriptor, then the end" {
	up
	receiver helper-peer
	detached exec -d -t --console-socket "$T/socket" "$ID" sleep 300
	expect 0
	newer "1.1.5 says /dev/ptmx"
	wait_for 5 grep -q closed "$T/received"
	same "$(xargs <"$T/received")" "/dev/pts/ptmx /dev/pts/ptmx closed"
	receiver helper-peer
	detached exec -d --pidfd-socket "$T/socket" --pid-file "$T/pid" "$ID" sleep 300
	expect 0
	wait_for 5 grep -q closed "$T/received"
	same "$(xargs <"$T/received")" "setns $(cat "$T/pid") closed"
}

@test "exec: the pidfd is that of the process, and is there before it runs" {
	newer "1.1.5 has no --pidfd-socket"
	up
	receiver helper-peer kill
	run runc exec --pidfd-socket "$T/socket" --pid-file "$T/pid" "$ID" sleep 300
	expect 137
	same "$(head -n 1 "$T/received")" "setns $(cat "$T/pid")"
	if command -v strace >/dev/null; then
		# So late that it never comes to run its program.
		receiver helper-peer kill
		status=0
		strace -qq -o /dev/null -e trace=write -e inject=write:delay_enter=300000 "$RUNC" --root "$STATE" exec \
			--pidfd-socket "$T/socket" "$ID" sleep 300 </dev/null >"$T/out" 2>&1 3>&- 4>&- || status=$?
		output=$(cat "$T/out")
		expect 137
	fi
	receiver helper-peer kill
	run runc exec -d --pidfd-socket "$T/socket" "$ID" sleep 300
	expect 0
}

@test "exec: sockets of the wrong kind, or none" {
	up
	local kind
	fails 'cannot use console socket if runc will not detach or allocate tty' --console-socket "$T/x" "$ID" true
	fails 'cannot use console socket if runc will not detach or allocate tty' -d --console-socket "$T/x" "$ID" true
	fails 'dial unix .*/x: connect: no such file or directory' -d -t --console-socket "$T/x" "$ID" true
	: >"$T/file"
	fails 'dial unix .*/file: connect: connection refused' -d -t --console-socket "$T/file" "$ID" true
	fails 'dial unix .*: connect: ' -d -t --console-socket "$T" "$ID" true
	datagram_socket
	fails 'dial unix .*/datagram: connect: protocol wrong type for socket' -d -t --console-socket "$T/datagram" "$ID" true
	newer "1.1.5 has no --pidfd-socket, and no limit for the name of a socket"
	fails 'dial unix .*: connect: |file name too long|invalid argument' -d -t --console-socket "/$(head -c 200 /dev/zero | tr '\0' s)" "$ID" true
	for kind in x file datagram; do
		fails "failed to dail .*/$kind: dial unix .*/$kind: connect: " --pidfd-socket "$T/$kind" "$ID" sh -c 'echo ran >/ran'
	done
	[ ! -e "$ROOTFS/ran" ]
}

@test "exec: a socket whose listener has no room is not waited for" {
	up
	receiver helper-peer full
	wait_for 5 grep -q full "$T/received"
	fails 'dial unix .*/socket: connect: resource temporarily unavailable' -d -t --console-socket "$T/socket" "$ID" true
	newer "1.1.5 has no --pidfd-socket"
	fails 'dial unix .*/socket: connect: resource temporarily unavailable' --pidfd-socket "$T/socket" "$ID" true
}

@test "exec: -t without a terminal of the caller is refused" {
	newer "the words differ"
	up
	run setsid -w timeout 10 "$RUNC" --root "$STATE" exec -t "$ID" sh -c 'echo ran >/ran' </dev/null
	expect 255 "open /dev/tty: no such device or address"
	[ ! -e "$ROOTFS/ran" ]
}

@test "exec, run: in the foreground the caller's terminal, input and log keep their owner" {
	up
	local command quoted
	edit '.process.user = {uid: 1000, gid: 1000} | .process.args = ["id", "-u"] | .linux.cgroupsPath = "/'"$ID-r"'"'
	for command in "exec -u 1000:1000 $ID id -u" "run $ID-r"; do
		echo secret >"$T/in"
		same "$(runc $command <"$T/in")" 1000
		same "$(stat -c %u "$T/in")" 0
		runc $command </dev/null >"$T/log" 2>>"$T/errors"
		same "$(cat "$T/log") $(stat -c %u "$T/log" "$T/errors" | sort -u)" "1000 0"
		quoted=$(printf '%q ' timeout 10 "$RUNC" --root "$STATE")$command
		script -qec "tty; stat -c owner=%u \$(tty); $quoted; stat -c owner=%u \$(tty)" "$T/typescript" \
			</dev/null >"$T/screen" 2>&1 3>&- 4>&-
		same "$(grep -c 'owner=0' "$T/screen")" 2
		contains "$(cat "$T/screen")" 1000
	done
	same "$(echo read | runc exec -u 1000:1000 "$ID" sh -c 'cat /proc/self/fd/0 >/proc/self/fd/1' | cat)" read
}

@test "exec: with --detach the process's user owns its input, too, as with runc" {
	up
	echo text >"$T/in"
	chmod 600 "$T/in"
	runc exec -d -u 1000:1000 "$ID" sh -c 'cat /proc/self/fd/0' <"$T/in" >"$T/o" 2>&1
	wait_for 5 grep -q text "$T/o"
	same "$(stat -c %u "$T/in" "$T/o" | sort -u)" 1000
}

@test "exec: empty values are none, an empty program is not found" {
	up
	run runc exec --cwd "" --process-label "" --apparmor "" "$ID" sh -c 'id -u; pwd' </dev/null
	expect 0 $'0\n/'
	run runc exec --user "" "$ID" true
	expect 0
	fails 'exec: \\"\\": executable file not found in \$PATH' "$ID" ""
}

@test "exec: what fails after the pid file was written takes it away again, and the process" {
	newer "1.1.5 has no such socket"
	command -v strace >/dev/null || skip "strace is not installed"
	up
	local n
	receiver helper-peer
	# The last message of all is the one to that socket.
	n=$(strace -qq -e trace=sendmsg -o /dev/stdout "$RUNC" --root "$STATE" exec -d "$ID" true </dev/null 2>&1 3>&- 4>&- |
		grep -c '^sendmsg')
	status=0
	strace -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:error=EPIPE:when=$((n + 1)) "$RUNC" --root "$STATE" \
		exec -d --pid-file "$T/pid" --pidfd-socket "$T/socket" "$ID" sleep 1234 \
		</dev/null >"$T/out" 2>&1 3>&- 4>&- || status=$?
	output=$(cat "$T/out")
	expect 255 "failed to send pidfd"
	[ ! -e "$T/pid" ]
	run pgrep -f '^sleep 1234'
	same "$output" ""
}

@test "exec: at rest it holds no file of the container's" {
	newer "it is about davit's own descriptors"
	up
	background exec "$ID" sleep 1000
	wait_for 5 pgrep -P "${BACKGROUND##* }"
	wait_for 5 bash -c "[ \"\$(ls -l /proc/${BACKGROUND##* }/fd | grep -c -e memfd -e '$STATE' -e cgroup)\" = 0 ]"
}
