# Containers with a terminal, in the foreground. script(1) is the caller's terminal.

load lib/common
load lib/tmux

setup() {
	setup_bundle
	edit '.process.terminal = true'
}

# on_terminal INPUT VERB…: runs the runtime on a terminal of 40 by 100; output in $output. INPUT is typed when the terminal
# is raw and the container runs.
on_terminal() {
	local input=$1 quoted
	shift
	quoted=$(printf '%q ' "$RUNC" --root "$STATE" "$@")
	status=0
	rm -f "$T/tty" "$T/after"
	{ typed "$input" && wait_for 20 test -s "$T/after"; } |
		timeout -k 2 20 script -qec "stty rows 40 cols 100; stty -a >$T/before; tty >$T/tty; $quoted; echo status=\$?; stty -a >$T/after" \
			"$T/typescript" >"$T/out" 2>&1 3>&- 4>&- || status=$?
	output=$(tr -d '\r' <"$T/out")
}

typed() {
	[ -n "$1" ] || return 0
	wait_for 10 takes_input && printf '%b' "$1"
}

takes_input() {
	stty -a <"$(cat "$T/tty")" | grep -q -- '-icanon' && is_running "$ID" && { [ -z "$READY" ] || grep -q "$READY" "$T/out"; }
}

@test "terminal: a shell that answers" {
	args sh
	on_terminal 'echo $((6*7))-answer\nexit 4\n' run "$ID"
	contains "$output" 42-answer
	contains "$output" status=4
	nothing_left
}

@test "terminal: 0, 1 and 2 are one terminal, /dev/console is it, and it is the controlling one" {
	sh_args 'tty; for i in 0 1 2; do readlink /proc/self/fd/$i; done; ls -l /dev/console; echo to-tty >/dev/tty; cut -d " " -f 7 /proc/self/stat'
	on_terminal '' run "$ID"
	contains "$output" /dev/pts/0
	same "$(grep -c '^/dev/pts/0$' <<<"$output")" 4
	contains "$output" to-tty
	grep -Eq '^c.*136, +0.*/dev/console' <<<"$output"
	contains "$output" 34816 # 136:0
	contains "$output" status=0
}

@test "terminal: the size of the caller's" {
	sh_args "${CONTROL:+sleep 0.3;} stty size"
	on_terminal '' run "$ID"
	contains "$output" "40 100"
}

@test "terminal: a change of size arrives" {
	sh_args 'trap "stty size; exit" WINCH; echo waiting; while :; do sleep 0.1; done'
	script -qec "stty rows 40 cols 100; tty >$T/tty; $(printf '%q ' "$RUNC" --root "$STATE" run "$ID")" "$T/typescript" \
		</dev/null >"$T/out" 2>&1 3>&- 4>&- &
	BACKGROUND=$!
	wait_for 5 grep -q waiting "$T/out"
	stty rows 50 cols 120 <"$(cat "$T/tty")"
	wait_for 5 grep -q "50 120" "$T/out"
}

@test "terminal: the caller's is raw meanwhile and restored afterwards" {
	args sh
	on_terminal 'exit\n' run "$ID"
	same "$(cat "$T/after")" "$(cat "$T/before")"
	contains "$(cat "$T/before")" "icanon"
}

@test "terminal: it is restored when the runtime is ended by SIGTERM" {
	args sleep 100
	script -qec "stty -a >$T/before; $(printf '%q ' "$RUNC" --root "$STATE" run "$ID"); stty -a >$T/after" "$T/typescript" \
		</dev/null >"$T/out" 2>&1 3>&- 4>&- &
	BACKGROUND=$!
	wait_for 5 is_running "$ID"
	runc kill "$ID" KILL
	wait_for 5 test -s "$T/after"
	same "$(cat "$T/after")" "$(cat "$T/before")"
	nothing_left
}

@test "terminal: no carriage return is added by the container's side (ONLCR is off)" {
	sh_args 'stty -a | grep -o -- "-*onlcr"; printf "a\nb\n"'
	on_terminal '' run "$ID"
	contains "$output" "-onlcr"
}

@test "terminal: in a pid namespace that does not see the caller's process group, which is 0 there" {
	newer "for davit"
	sh_args 'tty; exit 4'
	status=0
	timeout -k 2 20 script -qec "unshare --mount --pid --fork --mount-proc $(printf '%q ' "$RUNC" --root "$STATE" run "$ID")" \
		"$T/typescript" </dev/null >"$T/out" 2>&1 3>&- 4>&- || status=$?
	output=$(cat "$T/out")
	expect 4 /dev/pts/0
	nothing_left
}

@test "terminal: control-C reaches the container's process, not the runtime" {
	sh_args 'trap "echo got-int; exit 5" INT; echo waiting; while :; do sleep 0.1; done'
	READY=waiting on_terminal '\003' run "$ID"
	contains "$output" got-int
	contains "$output" status=5
}

@test "terminal: a lot of output arrives whole" {
	sh_args 'i=0; while [ $i -lt 3000 ]; do echo line-$i-0123456789012345678901234567890123456789; i=$((i+1)); done'
	on_terminal '' run "$ID"
	same "$(grep -c '^line-' <<<"$output")" 3000
	contains "$output" line-2999-
}

@test "terminal: the owner is the process's user" {
	edit '.process.user = {uid: 1234, gid: 1234}'
	sh_args 'stat -c "%u %t" $(tty); echo works >/dev/tty'
	on_terminal '' run "$ID"
	contains "$output" "1234 88"
	contains "$output" works
}

@test "terminal: without one in the foreground it is refused" {
	newer "the words differ"
	run setsid -w timeout 10 "$RUNC" --root "$STATE" run "$ID" </dev/null
	expect 1 "/dev/tty"
	nothing_left
}

@test "terminal: consoleSize" {
	edit '.process.consoleSize = {height: 11, width: 22}'
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	args stty size
	"$HELPERS/helper-recvtty" "$T/socket" >"$T/tty" 3>&- 4>&- &
	BACKGROUND=$!
	wait_for 5 test -S "$T/socket"
	detached run -d --console-socket "$T/socket" "$ID"
	expect 0
	wait_for 5 grep -q "11 22" "$T/tty"
}

# receiver: the terminal that davit hands over next is copied to $T/tty.
receiver() {
	rm -f "$T/socket" "$T/tty"
	"$HELPERS/helper-recvtty" "$T/socket" >"$T/tty" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$T/socket"
}

# sized VERB…: on a terminal of 33 by 77.
sized() {
	run timeout -k 2 20 script -qec "stty rows 33 cols 77; $(printf '%q ' "$RUNC" --root "$STATE" "$@")" /dev/null </dev/null 3>&- 4>&-
	expect 0
}

# What podman does: the engine itself sends the size, and a fast program is there before it.
@test "terminal: one that is handed over has the size of the caller's, which start sees, too" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	newer "only for davit"
	sh_args 'stty size; echo done; exec sleep 1000'
	receiver
	sized run -d --console-socket "$T/socket" "$ID"
	wait_for 5 grep -q "^33 77" "$T/tty"
	receiver
	sized exec -d -t --console-socket "$T/socket" "$ID" stty size
	wait_for 5 grep -q "^33 77" "$T/tty"
	runc delete --force "$ID"
	receiver
	sized create --console-socket "$T/socket" "$ID"
	detached start "$ID"
	expect 0
	wait_for 5 grep -q "^33 77" "$T/tty"
	runc delete --force "$ID"
	# The engine's monitor has no terminal, and only the engine has.
	edit '.process.user = {uid: 1234, gid: 1234}'
	receiver
	detached create --console-socket "$T/socket" "$ID"
	expect 0
	sized start "$ID"
	wait_for 5 grep -q "^33 77" "$T/tty"
	runc delete --force "$ID"
	receiver
	detached run -d --console-socket "$T/socket" "$ID"
	expect 0
	wait_for 5 grep -q done "$T/tty"
	lacks "$(cat "$T/tty")" "33 77"
	runc delete --force "$ID"
	edit '.process.consoleSize = {height: 11, width: 22}'
	receiver
	detached create --console-socket "$T/socket" "$ID"
	expect 0
	sized start "$ID"
	wait_for 5 grep -q "^11 22" "$T/tty"
}

@test "terminal: without process.terminal the caller's is not the controlling one (RT-33)" {
	edit '.process.terminal = false'
	sh_args 'echo tty-$(sed "s/.*) //" /proc/self/stat | cut -d " " -f 5)-; (: </dev/tty) 2>&1'
	on_terminal '' run "$ID"
	contains "$output" tty-0-
	contains "$output" "can't open /dev/tty"
}

# on_script COMMAND: a shell command whose terminal is script's, in its foreground; $R is the runtime. Its output in $output.
on_script() {
	status=0
	R="$RUNC --root $STATE" timeout -k 2 60 script -qec "$1" "$T/typescript" </dev/null >"$T/out" 2>&1 3>&- 4>&- || status=$?
	output=$(tr -d '\r' <"$T/out")
}

@test "terminal: input from a pipe or fifo that has ended already, from /dev/null, and closed: the container sees the end" {
	newer "a hang"
	args sh -c 'stty -echo; while read -r line; do echo "got <$line>"; done; echo ended'
	on_script "printf 'one\ntwo' | \$R run $ID"
	contains "$output" "got <one>"
	contains "$output" ended
	mkfifo "$T/fifo"
	on_script "printf 'one\n' >$T/fifo & \$R run $ID <$T/fifo"
	contains "$output" "got <one>"
	contains "$output" ended
	on_script "\$R run $ID </dev/null; echo status=\$?"
	contains "$output" ended
	contains "$output" status=0
	on_script "\$R run $ID <&-; echo status=\$?"
	contains "$output" ended
	contains "$output" status=0
	nothing_left
}

@test "terminal: output closed, to /dev/full, or to a reader that ends: the container goes on, the terminal comes back" {
	newer "crun and runc end with an error"
	edit '.root.readonly = false'
	args sh -c 'i=0; while [ $i -lt 2000 ]; do echo line-$i; i=$((i+1)); done; echo all >/all'
	for output in ">&-" ">/dev/full" "| head -n 3 >$T/head"; do
		rm -f "$ROOTFS/all"
		on_script "stty -a >$T/before; \$R run $ID $output; stty -a >$T/after"
		same "$(cat "$ROOTFS/all")" all
		same "$(cat "$T/after")" "$(cat "$T/before")"
		contains "$(cat "$T/before")" " icanon"
	done
	same "$(grep -ao 'line-[0-9]*' "$T/head")" "$(printf 'line-0\nline-1\nline-2')"
	nothing_left
}

# 100 MB in a pattern whose period divides no buffer; $MD5 is what has to arrive.
hundred() {
	local make="yes 0123456789abcdef | tr '\n' ' ' | head -c 100000000"
	MD5=$(eval "$make" | md5sum)
	args sh -c "stty raw -echo; $make"
	# script sends a character when its input ends, which the container would echo.
	mkfifo "$T/go" "$T/silence"
	exec 9<>"$T/silence"
}

# waits_for_reader: the container's writer blocks, and neither relay nor runtime grows or runs meanwhile.
waits_for_reader() {
	local run tty before
	wait_for 5 is_running "$ID"
	run=$(conductor_pid)
	tty=$(tty_pid "$run")
	wait_for 5 idle "$tty"
	before=$(cpu_ticks "$tty")-$(cpu_ticks "$run")
	sleep 2
	same "$(cpu_ticks "$tty")-$(cpu_ticks "$run")" "$before"
	echo "private dirty: tty $(dirty "$tty") KiB, run $(dirty "$run") KiB"
	[ "$(dirty "$tty")" -le 100 ]
	[ "$(dirty "$run")" -le 400 ]
}

dirty() { awk '/^Private_Dirty:/ { print $2 }' "/proc/$1/smaps_rollup"; }

@test "terminal: 100 MB into a slow pipe arrive whole; the writer waits, nothing grows or spins" {
	newer "measures our programs"
	hundred
	R="$RUNC --root $STATE" timeout -k 2 100 script -qec \
		"\$R run $ID | { read -r word <$T/go; md5sum >$T/sum; }" "$T/typescript" <&9 >"$T/out" 2>&1 3>&- 4>&- 9>&- &
	BACKGROUND=$!
	waits_for_reader
	echo >"$T/go"
	wait_for 60 test -s "$T/sum"
	same "$(cat "$T/sum")" "$MD5"
	wait_for 5 test ! -d "$STATE/$ID"
	nothing_left
}

@test "terminal: 100 MB to a slow terminal arrive whole; the writer waits, nothing grows or spins" {
	newer "measures our programs"
	hundred
	R="$RUNC --root $STATE" timeout -k 2 100 script -qec "\$R run $ID" /dev/null <&9 2>&1 3>&- 4>&- 9>&- |
		{ read -r word <"$T/go"; md5sum >"$T/sum"; } 3>&- 4>&- 9>&- &
	BACKGROUND=$!
	waits_for_reader
	echo >"$T/go"
	wait_for 60 test -s "$T/sum"
	same "$(cat "$T/sum")" "$MD5"
	wait_for 5 test ! -d "$STATE/$ID"
	nothing_left
}

@test "terminal: 10 MB typed by a pipe arrive whole at a slow reader" {
	local make="yes 0123456789abcdef | tr '\n' ' ' | head -c 10000000"
	newer "a hang"
	args sh -c 'stty raw -echo; echo ready; sleep 0.5; head -c 10000000 | md5sum'
	# Not before the container's terminal is raw: its line discipline would keep only a line.
	mkfifo "$T/ready"
	on_script "{ read -r word <$T/ready; $make; } | \$R run $ID | { read -r word; echo >$T/ready; cat; }"
	contains "$output" "$(eval "$make" | md5sum | cut -d ' ' -f 1)"
	nothing_left
}
