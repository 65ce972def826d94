# runc create: everything but the user's program.

load lib/common

@test "create: prints nothing; the container waits and its program has not run" {
	sh_args 'echo ran >/tmp/ran; sleep 100'
	edit '.root.readonly = false'
	detached create "$ID"
	expect 0
	same "$(cat "$T/out" "$T/err")" ""
	same "$(status_of "$ID")" created
	sleep 0.3
	[ ! -e "$ROOTFS/tmp/ran" ]
	kill -0 "$(pid_of "$ID")"
}

@test "create: state names id, pid, bundle, rootfs, times and annotations" {
	edit '.annotations = {"org.example.a": "b<c>"}'
	detached create "$ID"
	expect 0
	run runc state "$ID"
	expect 0
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" '.id == $id and .status == "created" and .pid > 0 and
		.bundle == $bundle and .rootfs == $bundle + "/rootfs" and .annotations == {"org.example.a": "b<c>"} and
		(.created | test("^20[0-9]{2}-.*Z$")) and .owner == ""' <<<"$output"
}

@test "create --pid-file: the pid that state gives" {
	detached create --pid-file "$T/pid" "$ID"
	expect 0
	same "$(cat "$T/pid")" "$(pid_of "$ID")"
}

@test "create: later edits of config.json have no effect" {
	sh_args 'echo first >/tmp/ran'
	edit '.root.readonly = false | .process.env += ["A=1"]'
	detached create "$ID"
	expect 0
	sh_args 'echo second >/tmp/ran'
	mv config.json gone.json
	runc start "$ID"
	wait_for 5 is_stopped "$ID"
	same "$(cat "$ROOTFS/tmp/ran")" first
}

@test "create: the bundle may be renamed away before start" {
	sh_args 'echo ran >/tmp/ran'
	edit '.root.readonly = false'
	detached create "$ID"
	expect 0
	cd /
	mv "$BUNDLE" "$T/moved"
	runc start "$ID"
	wait_for 5 is_stopped "$ID"
	same "$(cat "$T/moved/rootfs/tmp/ran")" ran
}

@test "create: a missing program fails at create" {
	args nosuchprogram
	refused 'create failed: .*exec: .*nosuchprogram.*: executable file not found in \$PATH' create "$ID"
}

@test "create: the waiting process has few fds, no directory and no file of the host" {
	args sleep 100
	detached create "$ID"
	expect 0
	local pid fd n=0 target
	pid=$(pid_of "$ID")
	for fd in /proc/"$pid"/fd/*; do
		n=$((n + 1))
		target=$(readlink "$fd")
		[ ! -d "$fd" ] || { echo "$fd is a directory: $target"; return 1; }
		[ "${fd##*/}" -le 2 ] && continue
		case $target in
		/memfd:* | socket:* | pipe:* | anon_inode:* | "$STATE/$ID/exec.fifo" | /memfd*) ;;
		*) newer "1.1.5 keeps more open"; echo "$fd is $target"; return 1 ;;
		esac
	done
	[ "$n" -le 5 ] || newer "1.1.5 keeps an epoll and eventfds of Go open"
	[ "$n" -le 5 ] || { ls -l "/proc/$pid/fd"; return 1; }
}

@test "create: fds, cwd and environment of the caller do not reach the program" {
	export SECRET_OF_CALLER=1
	sh_args 'echo $(ls /proc/self/fd); env; pwd'
	edit '.process.args[2] |= "(" + . + ") >/tmp/seen" | .root.readonly = false'
	detached create "$ID" 5</ 6</etc 7<"$T/mounts.before" 20</proc
	expect 0
	runc start "$ID"
	wait_for 5 is_stopped "$ID"
	lacks "$(cat "$ROOTFS/tmp/seen")" SECRET_OF_CALLER
	grep -Eq '^PATH=/usr/local/sbin' "$ROOTFS/tmp/seen"
	same "$(tail -n 1 "$ROOTFS/tmp/seen")" /
	same "$(head -n 1 "$ROOTFS/tmp/seen")" "0 1 2 3" # 3 is the directory that ls reads
}

@test "create: killed in created state becomes stopped and cannot be started" {
	detached create "$ID"
	expect 0
	kill -9 "$(pid_of "$ID")"
	wait_for 5 is_stopped "$ID"
	run runc start "$ID"
	expect 1 'cannot start a container that has stopped'
	runc delete "$ID"
	nothing_left
}

@test "create --console-socket: the master of the container's terminal arrives" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	edit '.process.terminal = true | .process.args = ["sh", "-c", "tty; stty size; ls -l /dev/console; echo end"]
		| .process.consoleSize = {height: 33, width: 77}'
	"$HELPERS/helper-recvtty" "$T/socket" >"$T/tty" 3>&- &
	BACKGROUND=$!
	wait_for 5 test -S "$T/socket"
	detached create --console-socket "$T/socket" "$ID"
	expect 0
	runc start "$ID"
	wait_for 5 grep -q end "$T/tty"
	contains "$(cat "$T/tty")" "33 77"
	contains "$(cat "$T/tty")" /dev/
}

@test "create --console-socket: paths that are longer than an address can be" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	newer "the others refuse them"
	local long name
	long=$T/$(printf 'd%.0s' {1..200}) name=$(printf 's%.0s' {1..100})
	mkdir "$long"
	for name in socket "$name"; do
		(cd "$long" && exec "$HELPERS/helper-recvtty" "$name" >"$T/tty" 3>&- 4>&-) &
		BACKGROUND="$BACKGROUND $!"
		wait_for 5 test -S "$long/$name"
		edit '.process.terminal = true | .process.args = ["echo", "hello"]'
		detached create --console-socket "$long/$name" "$ID"
		expect 0
		runc start "$ID"
		wait_for 5 grep -q hello "$T/tty"
		runc delete --force "$ID"
	done
	ln -s "$long/missing" "$long/link"
	refused "dial unix $long/link: connect: no such file or directory" create --console-socket "$long/link" "$ID"
	touch "$long/file"
	refused "dial unix $long/file: connect: connection refused" create --console-socket "$long/file" "$ID"
	refused "dial unix @.*: connect: file name too long" create --console-socket "@$name$name" "$ID"
}

@test "create --console-socket: a missing or wrong socket is refused" {
	edit '.process.terminal = true'
	refused 'dial unix .*connect: no such file or directory' create --console-socket "$T/nosocket" "$ID"
	echo x >"$T/file"
	refused 'connection refused|not a socket' create --console-socket "$T/file" "$ID"
}

@test "create: two at the same time with one id: one wins, the other is refused cleanly" {
	newer "1.1.5 destroys the winner's cgroup"
	local i first second
	for i in 1 2 3 4 5; do
		runc create "$ID" </dev/null >/dev/null 2>"$T/err1" & first=$!
		runc create "$ID" </dev/null >/dev/null 2>"$T/err2" & second=$!
		local wins=0
		if wait $first; then wins=$((wins + 1)); fi
		if wait $second; then wins=$((wins + 1)); fi
		cat "$T/err1" "$T/err2"
		same "$wins" 1
		same "$(status_of "$ID")" created
		runc delete --force "$ID"
		nothing_left
	done
}

@test "create: a state root that cannot be used is refused" {
	local root=$STATE
	echo x >"$T/file"
	STATE=$T/file refused 'not a directory|file exists' create "$ID"
	mkdir -m 777 "$T/open"
	chmod 777 "$T/open"
	STATE=$root
	run env timeout 10 "$RUNC" --root / create "$ID"
	expect 1 'Option --root argument should not be set to /'
}

@test "create: ids that are wrong" {
	refused 'container id cannot be empty' create ""
	local id
	for id in . .. a/b ../x $'a\nb' ' a' $'a\x01b' '%s%n' '*' 'ü' 'a:b'; do
		refused 'invalid container ID format' create "$id"
	done
	refused 'name too long|invalid container ID' create "$(printf 'a%.0s' {1..1025})"
}

@test "create: the longest id works" {
	local id
	id=$ID-$(printf 'a%.0s' {1..200})
	detached create "$id"
	expect 0
	same "$(status_of "$id")" created
}

@test "create: without process: it waits, exec --process works, start refuses, run at once" {
	for_ids
	newer "runc refuses it"
	edit 'del(.process)'
	runc create "$ID" </dev/null
	same "$(status_of "$ID")" created
	jq -n '{args: ["id", "-u"], cwd: "/", env: ["PATH=/bin"], user: {uid: 7, gid: 8}}' >"$T/process.json"
	run runc exec --process "$T/process.json" "$ID"
	expect 0
	same "$output" 7
	run runc exec "$ID" id
	expect 255 "the container has no process: use --process"
	run runc start "$ID"
	expect 1 "process property must not be empty"
	same "$(status_of "$ID")" created
	runc delete --force "$ID"
	refused 'process property must not be empty' run "$ID"
	nothing_left
}
