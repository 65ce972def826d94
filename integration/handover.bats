# What a caller hands over and is handed: --pidfd-socket, --console-socket, --preserve-fds, and 0 to 2 of every kind.

load lib/common
load lib/peer

# a socket nobody listens on any more, at $T/dead
dead_socket() {
	receiver "${1:-helper-recvtty}"
	mv "$T/socket" "$T/dead"
	kill -KILL $RECEIVER
	wait $RECEIVER || true
}

# unusable FLAG BEFORE: every kind of socket that cannot be used, with the words of runc, for create and run -d.
unusable() {
	local flag=$1 before=$2 verb long
	long=$T/$(printf 'x%.0s' {1..200})
	echo x >"$T/file"
	dead_socket
	datagram_socket
	for verb in create "run -d"; do
		refused "$before.*dial unix $T/missing: connect: no such file or directory" $verb "$flag" "$T/missing" "$ID"
		refused "$before.*dial unix $T/file: connect: connection refused" $verb "$flag" "$T/file" "$ID"
		refused "$before.*dial unix $T/dead: connect: connection refused" $verb "$flag" "$T/dead" "$ID"
		refused "$before.*dial unix $T/datagram: connect: protocol wrong type for socket" $verb "$flag" "$T/datagram" "$ID"
		refused "$before.*dial unix $T: connect: connection refused" $verb "$flag" "$T" "$ID"
		refused "$before.*dial unix .*x: (file name too long|connect: invalid argument|connect: no such file or directory)" $verb "$flag" "$long" "$ID"
	done
}

# --- --pidfd-socket ---

@test "handover: --pidfd-socket of create: a pidfd of the first process, with the text of runc" {
	newer "1.1.5 has no --pidfd-socket"
	receiver helper-peer
	args sleep 100
	detached create --pidfd-socket "$T/socket" "$ID"
	expect 0
	wait_for 5 grep -q closed "$T/received"
	same "$(head -n 1 "$T/received")" "standard $(pid_of "$ID")"
	runc start "$ID"
	fails grep -q ended "$T/received"
	runc kill "$ID" KILL
	wait_for 5 grep -q ended "$T/received"
}

@test "handover: --pidfd-socket of run, in the foreground and detached" {
	newer "1.1.5 has no --pidfd-socket"
	receiver helper-peer
	args sleep 100
	detached run -d --pidfd-socket "$T/socket" "$ID"
	expect 0
	wait_for 5 grep -q closed "$T/received"
	same "$(head -n 1 "$T/received")" "standard $(pid_of "$ID")"
	runc delete --force "$ID"
	wait_for 5 grep -q ended "$T/received"
	receiver helper-peer
	sh_args 'sleep 0.3; exit 3'
	run runc run --pidfd-socket "$T/socket" "$ID"
	expect 3
	wait_for 5 grep -q ended "$T/received"
	same "$(cut -d ' ' -f 1 "$T/received" | tr '\n' ' ')" "standard closed ended "
}

@test "handover: --pidfd-socket and --console-socket together" {
	newer "1.1.5 has no --pidfd-socket"
	receiver helper-peer
	mv "$T/socket" "$T/pidfd-socket"
	mv "$T/received" "$T/received-pidfd"
	receiver helper-recvtty
	edit '.process.terminal = true'
	sh_args 'tty; sleep 100'
	detached run -d --console-socket "$T/socket" --pidfd-socket "$T/pidfd-socket" "$ID"
	expect 0
	wait_for 5 grep -q /dev/pts/0 "$T/received"
	same "$(head -n 1 "$T/received-pidfd")" "standard $(pid_of "$ID")"
}

@test "handover: --pidfd-socket: what is no socket, or nobody listens on, is refused before anything is made" {
	newer "1.1.5 has no --pidfd-socket"
	unusable --pidfd-socket 'failed to dail .*: '
}

# --- --console-socket ---

@test "handover: --console-socket: what is no socket, or nobody listens on, is refused before anything is made" {
	edit '.process.terminal = true'
	unusable --console-socket ''
}

@test "handover: a socket whose owner goes away meanwhile undoes the creation" {
	newer "not looked at"
	edit '.process.terminal = true'
	edit --arg t "$T" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "r=/proc/$(cat \($t)/receiver); kill -KILL ${r#/proc/} && until grep -qs ^State:.Z $r/status || [ ! -e $r ]; do sleep 0.05; done"]}]'
	receiver helper-recvtty
	echo $RECEIVER >"$T/receiver"
	detached create --console-socket "$T/socket" "$ID"
	expect 1 "sending the terminal to the console socket: broken pipe"
	nothing_left
	edit '.process.terminal = false'
	receiver helper-peer
	echo $RECEIVER >"$T/receiver"
	detached run -d --pidfd-socket "$T/socket" "$ID"
	expect 1 "failed to send pidfd to $T/socket: broken pipe"
	nothing_left
}

# --- --preserve-fds ---

@test "handover: --preserve-fds that is no number, negative, too large, or past what is open" {
	newer "not checked by 1.1.5"
	local n verb
	for verb in create run; do
		refused 'unable to stat preserved-fd 0 \(of 1\): .*no such file or directory' $verb --preserve-fds 1 "$ID"
		refused 'unable to stat preserved-fd 0 \(of 900\): .*no such file or directory' $verb --preserve-fds 900 "$ID"
		for n in -1 1000000 2147483647 4294967296; do
			refused 'invalid value for --preserve-fds' $verb --preserve-fds="$n" "$ID"
		done
		for n in x '' 1x 0x1 99999999999999999999; do
			refused 'invalid value .*"'"$n"'.*" for flag -preserve-fds' $verb --preserve-fds="$n" "$ID"
		done
	done
}

@test "handover: --preserve-fds: a hole in the middle is named" {
	newer "1.1.5 has files of its own open there"
	status=0
	timeout 10 "$RUNC" --root "$STATE" create --preserve-fds 3 "$ID" 3</dev/null 5</dev/null 4>&- </dev/null 2>"$T/err" || status=$?
	output=$(cat "$T/err")
	expect 1 "unable to stat preserved-fd 1 (of 3): "
	nothing_left
}

@test "handover: LISTEN_FDS and --preserve-fds together, more than are open" {
	newer "1.1.5 counts otherwise"
	run bash -c 'LISTEN_FDS=2 LISTEN_PID=$$ exec "$0" --root "$1" run --preserve-fds 2 "$2" 3</ 4</ 5</ 6<&-' "$RUNC" "$STATE" "$ID"
	expect 1 "unable to stat preserved-fd 3 (of 4): "
	nothing_left
}

@test "handover: LISTEN_FDS that is no number, or too large, is not meant for us" {
	args env
	local n
	for n in x -1 0 1x '' 99999999999999999999; do
		run bash -c 'LISTEN_FDS=$3 LISTEN_PID=$$ exec timeout 10 "$0" --root "$1" run "$2" 3<&-' "$RUNC" "$STATE" "$ID" "$n"
		expect 0
		lacks "$output" LISTEN
	done
}

@test "handover: a hundred preserved descriptors, each the right one, and of created and detached containers too" {
	local i verb
	sh_args 'for i in $(seq 3 102); do read n <&$i && [ "$n" = $i ] || echo "$i is $n"; done >/tmp/seen 2>&1; ls /proc/self/fd | wc -l >>/tmp/seen'
	edit '.root.readonly = false'
	for i in $(seq 3 102); do echo "$i" >"$T/fd$i"; done
	for verb in create "run -d" run; do
		rm -f "$ROOTFS/tmp/seen"
		status=0
		bash -c 'for i in $(seq 3 102); do eval "exec $i<$4/fd$i"; done
			exec timeout 10 "$0" --root "$1" $2 --preserve-fds 100 "$3" </dev/null' \
			"$RUNC" "$STATE" "$verb" "$ID" "$T" >/dev/null 2>"$T/err" || status=$?
		output=$(cat "$T/err")
		expect 0
		[ "$verb" != create ] || runc start "$ID"
		wait_for 5 test -s "$ROOTFS/tmp/seen"
		[ "$verb" = run ] || wait_for 5 is_stopped "$ID"
		same "$verb: $(cat "$ROOTFS/tmp/seen")" "$verb: 104" # 0 to 102, and the directory that ls reads
		[ "$verb" = run ] || runc delete "$ID"
	done
}

# --- 0 to 2 ---

# What process $P has at 0 to 2, a line each into $OUT: mode, inode and open flags, or "null"; that is also what becomes
# of those that are CLOSED.
LOOK='exec 9>"$OUT"
	for i in 0 1 2; do
		case " $CLOSED " in *" $i "*) echo "$i null" >&9; continue ;; esac
		case $(stat -L -c %t:%T /proc/$P/fd/$i) in
		1:3) echo "$i null" >&9 ;;
		*) echo "$i $(stat -L -c "%f %i" /proc/$P/fd/$i) $(grep flags: /proc/$P/fdinfo/$i)" >&9 ;;
		esac
	done
	exec 9>&-'

# same_files VERB [WRAPPER…]: the container, which writes what it has to /tmp/seen, has the files of its caller: those of
# this function but for CLOSED. Messages of the test itself go to 7.
same_files() {
	local verb=$1
	shift
	rm -f "$ROOTFS/tmp/seen"
	P='$$' OUT=$T/own "$@" timeout 10 bash -c 'P=$$; '"$LOOK"'
		for i in $CLOSED; do eval "exec $i>&-"; done
		exec "$0" --root "$1" $2 "$3" 3>&- 4>&- 7>&-' "$RUNC" "$STATE" "$verb" "$ID" || { echo "$verb: $?" >&7; return 1; }
	[ "$verb" != create ] || runc start "$ID" </dev/null >&7 2>&7 || return 1
	wait_for 5 test -e "$ROOTFS/tmp/seen" >&7 || return 1
	same "$verb: $(cat "$ROOTFS/tmp/seen")" "$verb: $(cat "$T/own")" >&7 || return 1
	[ "$verb" = run ] || runc delete --force "$ID" </dev/null >&7 2>&7
}

# each_verb [WRAPPER…]
each_verb() {
	local verb
	for verb in create "run -d" run; do same_files "$verb" "$@" || return 1; done
}

looks() {
	sh_args "P=1 OUT=/tmp/seen.new CLOSED=; $LOOK; mv /tmp/seen.new /tmp/seen"
	edit '.root.readonly = false'
	exec 7>&1
}

@test "handover: 0 to 2 as files, each its own or all the same one" {
	newer "1.1.5 makes pipes of its own for run"
	looks
	echo x >"$T/in"
	each_verb <"$T/in" >"$T/out1" 2>>"$T/out2"
	each_verb <>"$T/in" >&0 2>&0
	same "$(grep -c '^[0-2] 81' "$T/own")" 3 # regular files
}

@test "handover: 0 to 2 as pipes" {
	newer "1.1.5 makes pipes of its own for run"
	looks
	mkfifo "$T/in" "$T/out1" "$T/out2"
	exec 4<>"$T/in" 5<>"$T/out1" 6<>"$T/out2"
	each_verb <"$T/in" >"$T/out1" 2>"$T/out2"
	same "$(grep -c '^[0-2] 11' "$T/own")" 3
	exec 4>&- 5>&- 6>&-
}

@test "handover: 0 to 2 as sockets" {
	newer "1.1.5 makes pipes of its own for run"
	[ -x "$HELPERS/helper-sockets" ] || skip "the helper is not built"
	looks
	each_verb "$HELPERS/helper-sockets"
	same "$(grep -c '^[0-2] c1' "$T/own")" 3
}

@test "handover: 0 to 2 as /dev/null: the container's own" {
	newer "1.1.5 makes pipes of its own for run"
	looks
	each_verb </dev/null >/dev/null 2>/dev/null
	same "$(grep -c null "$T/own")" 3
	sh_args 'stat -L -c %d /dev/null /proc/1/fd/0 /proc/1/fd/1 /proc/1/fd/2 >/tmp/seen.new; mv /tmp/seen.new /tmp/seen'
	rm "$ROOTFS/tmp/seen"
	detached run -d "$ID"
	expect 0
	wait_for 5 test -e "$ROOTFS/tmp/seen"
	same "$(head -n 2 "$ROOTFS/tmp/seen" | uniq | wc -l)" 1
}

@test "handover: 0, 1 or 2 closed, or all of them: /dev/null for the program" {
	newer "1.1.5 makes pipes of its own for run"
	looks
	local CLOSED
	export CLOSED
	echo x >"$T/in"
	for CLOSED in 0 1 2 "0 1" "1 2" "0 1 2"; do
		each_verb <"$T/in" >"$T/out1" 2>"$T/out2"
		same "$(grep -c null "$T/own")" "$(wc -w <<<"$CLOSED")"
	done
}

@test "handover: closed 0 to 2 and --preserve-fds: 3 is still 3" {
	sh_args 'cat <&3 >/tmp/seen'
	edit '.root.readonly = false'
	echo three >"$T/three"
	local verb
	for verb in create "run -d" run; do
		rm -f "$ROOTFS/tmp/seen"
		timeout 10 "$RUNC" --root "$STATE" $verb --preserve-fds 1 "$ID" 3<"$T/three" 4>&- 0<&- 1>&- 2>&-
		[ "$verb" != create ] || runc start "$ID"
		wait_for 5 test -s "$ROOTFS/tmp/seen"
		same "$(cat "$ROOTFS/tmp/seen")" three
		[ "$verb" = run ] || runc delete --force "$ID"
	done
}
