# NOTIFY_SOCKET: the readiness of a container passed on to the service manager, sd_notify(3). helper-notify plays the
# manager, and the service inside the container.

load lib/common

setup() {
	[ -x "$HELPERS/helper-notify" ] || skip "the helper is not built"
	setup_bundle
	cp "$HELPERS/helper-notify" "$ROOTFS/bin/notify"
	SOCKET=$T/manager
	mkdir -p "$STATE"
}

# manager [keep]: listens on $SOCKET; what it hears is in $T/heard. keep: never closes the barrier.
manager() {
	"$HELPERS/helper-notify" listen "$SOCKET" "$@" >"$T/heard" 3>&- 4>&- &
	MANAGER=$!
	ours_is $MANAGER
	if [[ $SOCKET == @* ]]; then
		wait_for 5 grep -qF "$SOCKET" /proc/net/unix
	else
		wait_for 5 test -S "$SOCKET"
	fi
}

# ours_is PID: this process is of the test itself; teardown ends it.
ours_is() {
	BACKGROUND="$BACKGROUND $1"
	echo "$1 of the test" >>"$T/processes.before"
}

# told COMMAND…: with NOTIFY_SOCKET
told() {
	NOTIFY_SOCKET=$SOCKET "$@"
}

# heard SENDER MAINPID: exactly the three messages, from that process.
heard() {
	wait_for 5 grep -q BARRIER "$T/heard"
	same "$(cat "$T/heard")" "$1 READY=1\n
$1 MAINPID=$2\n
$1 BARRIER=1+fd"
}

silent() {
	same "$(cat "$T/heard")" ""
}

# When the test says so, and after some time that makes a command that does not wait end before.
on_go() {
	sh_args "until [ -e /tmp/go ]; do sleep 0.05; done; $1"
}

go() {
	touch "$ROOTFS/tmp/go"
}

still_there() {
	sleep 0.5
	kill -0 "$1" || { echo "it did not wait; stderr:"; cat "$T/err"; return 1; }
}

# ends SECONDS PID STATUS: it ends within the time, with this status.
ends() {
	wait_for "$1" gone "$2"
	status=0
	wait "$2" || status=$?
	same "$status" "$3" || { cat "$T/err"; return 1; }
}

# idle PID: it has used nothing for a fifth of a second.
idle() {
	local before
	before=$(cut -d ' ' -f 14,15 "/proc/$1/stat")
	sleep 0.2
	[ "$(cut -d ' ' -f 14,15 "/proc/$1/stat")" = "$before" ]
}

gone() {
	! kill -0 "$1" || grep -q '^State:.*Z' "/proc/$1/status"
}

@test "notify: run in the foreground: READY, its own pid, and what the container sees" {
	manager
	edit '.process.env += ["NOTIFY_SOCKET=/of/the/config"]'
	sh_args 'env | grep ^NOTIFY; grep " /run/notify " /proc/self/mounts; ls -l /run/notify; notify send READY=1; exit 7'
	told background run "$ID"
	ends 5 $! 7
	heard $! $!
	same "$(grep NOTIFY "$T/out")" NOTIFY_SOCKET=/run/notify/notify.sock
	grep -Eq ' /run/notify [^ ]+ ro,nosuid,nodev,noexec' "$T/out"
	grep -q '^srwxrwxrwx.*notify.sock' "$T/out"
	nothing_left
}

@test "notify: without NOTIFY_SOCKET, or with an empty one, the container sees nothing of it" {
	edit '.process.env += ["NOTIFY_SOCKET=/of/the/config"]'
	sh_args 'echo "$NOTIFY_SOCKET"; ls /run'
	run runc run "$ID"
	expect 0
	same "$output" /of/the/config
	SOCKET=''
	run told runc run "$ID"
	expect 0
	same "$output" /of/the/config
}

@test "notify: run in the foreground goes on after READY, and what is said later goes nowhere" {
	manager
	sh_args 'notify send READY=1; until [ -e /tmp/go ]; do sleep 0.05; done; i=0
		while [ $i -lt 600 ]; do echo STATUS=$i; echo READY=1; i=$((i + 1)); done | xargs -n 200 notify send || exit 1
		exit 4'
	told background run "$ID"
	local waiter=$!
	heard $waiter $waiter
	still_there $waiter
	go
	ends 5 $waiter 4
	heard $waiter $waiter
}

@test "notify: run -d waits for READY and gives the pid of the container" {
	manager
	on_go 'notify send READY=1; sleep 100'
	told background run -d "$ID"
	local waiter=$!
	still_there $waiter
	same "$(status_of "$ID")" running
	silent
	go
	ends 5 $waiter 0
	heard $waiter "$(pid_of "$ID")"
	runc delete --force "$ID"
	nothing_left
}

@test "notify: create does not wait, start does" {
	manager
	on_go 'notify send READY=1; sleep 100'
	told detached create "$ID"
	expect 0
	[ ! -e "$STATE/$ID/notify/notify.sock" ]
	told background start "$ID"
	local waiter=$!
	still_there $waiter
	same "$(status_of "$ID")" running
	silent
	go
	ends 5 $waiter 0
	heard $waiter "$(pid_of "$ID")"
	runc delete --force "$ID"
	nothing_left
}

@test "notify: a container that ends without READY: start and run -d end, run has its status" {
	manager
	on_go 'exit 5'
	told background run -d "$ID"
	local waiter=$!
	still_there $waiter
	go
	ends 5 $waiter 0
	runc delete "$ID"
	rm "$ROOTFS/tmp/go"
	told detached create "$ID"
	expect 0
	told background start "$ID"
	waiter=$!
	still_there $waiter
	go
	ends 5 $waiter 0
	runc delete "$ID"
	told background run "$ID"
	ends 5 $! 5
	silent
	nothing_left
}

@test "notify: READY in the last moment of the container is passed on" {
	manager
	args notify send READY=1
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		told detached run -d "$ID"
		expect 0
		runc delete --force "$ID"
		told detached run "$ID"
		expect 0
	done
	wait_for 5 eval '[ "$(grep -c MAINPID "$T/heard")" = 20 ]'
	same "$(grep -c 'READY=1' "$T/heard")" 20
}

@test "notify: only a datagram that begins with READY= counts" {
	manager
	on_go 'sleep 100'
	sh_args 'notify send STATUS=a XREADY=1 ready=1 READY READX=1 REAXY=1 "" X "$(printf "STATUS=x\nREADY=1")" "MAINPID=1" "XREADY=*5000"
		touch /tmp/said; until [ -e /tmp/go ]; do sleep 0.05; done; notify send WATCHDOG=1 "READY=*5000"; sleep 100'
	edit '.root.readonly = false'
	told background run -d "$ID"
	local waiter=$!
	wait_for 5 test -e "$ROOTFS/tmp/said"
	still_there $waiter
	silent
	go
	ends 5 $waiter 0
	heard $waiter "$(pid_of "$ID")"
}

@test "notify: descriptors sent along are not taken, whatever closing them would cost" {
	manager
	edit '.root.readonly = false'
	on_go 'trap "exit 6" TERM; for i in 1 2 3; do notify fd X || exit 8; done; notify fd READY=1 || exit 9; notify fd READY=1
		touch /tmp/said; while :; do sleep 0.05; done'
	told background run "$ID"
	local waiter=$! before
	still_there $waiter
	kill -STOP $waiter # so that it has the last reference
	go
	wait_for 5 test -e "$ROOTFS/tmp/said"
	kill -CONT $waiter
	heard $waiter $waiter
	kill -TERM $waiter
	ends 5 $waiter 6
	nothing_left
	rm "$ROOTFS/tmp/go"
	# Those of a container that lives on are not in the process that waits.
	on_go 'notify fd X; notify fd READY=1; sleep 100'
	told background run "$ID"
	waiter=$!
	still_there $waiter
	before=$(sockets $waiter)
	go
	wait_for 5 grep -q "^$waiter BARRIER" "$T/heard"
	wait_for 5 eval '[ "$(sockets $waiter)" -lt "$before" ]' # the manager's is closed
	kill -KILL "$(pid_of "$ID")"
	ends 5 $waiter 137
}

@test "notify: exec has nothing to do with it, nor with socket activation" {
	manager
	args sleep 100
	edit '.process.env += ["OF=config"]'
	export LISTEN_FDS=1 LISTEN_FDNAMES=x
	NOTIFY_SOCKET=$SOCKET timeout 10 bash -c 'LISTEN_PID=$$ exec "$0" --root "$1" create "$2" 3</' \
		"$RUNC" "$STATE" "$ID" </dev/null >"$T/out" 2>"$T/err"
	runc start "$ID"
	tr '\0' '\n' <"/proc/$(pid_of "$ID")/environ" >"$T/environ"
	same "$(grep -cE '^(NOTIFY_SOCKET|LISTEN_FDS|LISTEN_PID|LISTEN_FDNAMES)=' "$T/environ")" 4
	run bash -c '"$1/parse" exec -- env <"$2" | "$1/plan-dump"' bash "$LIBEXEC" "$STATE/$ID/plan"
	expect 0 OF=config
	lacks "$output" NOTIFY
	lacks "$output" LISTEN
	silent
}

# sockets PID
sockets() {
	find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

@test "notify: a flood stops neither signals nor the end of the container" {
	manager
	sh_args 'trap "exit 3" TERM; for i in 1 2 3; do notify flood & done; touch /tmp/said; while :; do sleep 0.05; done'
	edit '.root.readonly = false'
	told background run "$ID"
	local waiter=$! before
	wait_for 5 test -e "$ROOTFS/tmp/said"
	wait_for 5 idle $waiter
	before=$(cut -d ' ' -f 14,15 /proc/$waiter/stat)
	sleep 1
	# utime and stime, in hundredths: the process that waits is not even woken up.
	same "$(cut -d ' ' -f 14,15 /proc/$waiter/stat)" "$before"
	kill -TERM $waiter
	ends 5 $waiter 3
	sh_args 'for i in 1 2 3; do notify flood & done; until [ -e /tmp/go ]; do sleep 0.05; done'
	told background run -d "$ID"
	waiter=$!
	still_there $waiter
	go
	ends 5 $waiter 0
	silent
}

@test "notify: READY in the middle of a flood" {
	manager
	sh_args 'for i in 1 2 3; do notify flood & done; sleep 0.3; notify send READY=1; sleep 100'
	told background run -d "$ID"
	local waiter=$!
	ends 5 $waiter 0
	heard $waiter "$(pid_of "$ID")"
}

@test "notify: an abstract socket" {
	SOCKET=@davit-test-$ID
	manager
	args notify send READY=1
	told background run "$ID"
	ends 5 $! 0
	heard $! $!
}

@test "notify: a user namespace and another uid" {
	manager
	edit '.linux.namespaces += [{type: "user"}] | .process.user = {uid: 1234, gid: 1234}
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown 100000:100000 "$ROOTFS" "$ROOTFS/run"
	sh_args 'notify send READY=1 || exit 1; sleep 100'
	told background run -d "$ID"
	local waiter=$!
	ends 5 $waiter 0
	heard $waiter "$(pid_of "$ID")"
	runc delete --force "$ID"
	nothing_left
}

@test "notify: a read-only root, a tmpfs and a mount of config.json at the same place" {
	manager
	args notify send READY=1
	edit '.root.readonly = true | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs", options: ["ro"]}]'
	told background run "$ID"
	ends 5 $! 0
	heard $! $!
	edit '.mounts += [{destination: "/run/notify", type: "tmpfs", source: "tmpfs"}]'
	told background run "$ID"
	ends 5 $! 0
	grep -q "^$! BARRIER" "$T/heard"
}

@test "notify: a state directory with a path longer than an address may be" {
	manager
	STATE=$T/$(printf 'x%.0s' {1..200})
	args notify send READY=1
	told background run "$ID"
	ends 5 $! 0
	heard $! $!
	nothing_left
}

@test "notify: SIGTERM to start that waits: the container runs on, delete --force leaves nothing" {
	manager
	on_go 'notify send READY=1; echo $? >/tmp/said; sleep 100'
	edit '.root.readonly = false'
	told detached create "$ID"
	told background start "$ID"
	local waiter=$!
	still_there $waiter
	kill -TERM $waiter
	ends 5 $waiter 143
	same "$(status_of "$ID")" running
	go
	wait_for 5 test -s "$ROOTFS/tmp/said"
	same "$(cat "$ROOTFS/tmp/said")" 1 # nobody listens any more
	silent
	runc delete --force "$ID"
	nothing_left
}

@test "notify: SIGTERM to run -d that waits undoes everything" {
	manager
	args sleep 100
	told background run -d "$ID"
	local waiter=$!
	still_there $waiter
	kill -TERM $waiter
	ends 5 $waiter 1
	contains "$(cat "$T/err")" interrupted
	silent
	nothing_left
}

@test "notify: SIGKILL to those who wait, and to create, then delete --force leaves nothing" {
	needs_strace
	manager
	args sleep 100
	local waiter verb
	for verb in "run -d" run; do
		told background $verb "$ID"
		waiter=$!
		wait_for 5 is_running "$ID"
		kill -KILL $waiter
		wait $waiter || true
		runc delete --force "$ID"
		nothing_left
	done
	for n in 1 2 4 7; do
		told timeout -k 2 20 strace -o /dev/null -e trace=sendmsg -e "inject=sendmsg:signal=KILL:when=$n" \
			"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
		[ -d "$STATE/$ID/notify" ]
		LIMIT=15 run runc delete --force "$ID"
		expect 0
		nothing_left || { echo "at number $n"; return 1; }
	done
}

@test "notify: delete --force ends a start that waits" {
	manager
	args sleep 100
	told detached create "$ID"
	told background start "$ID"
	local waiter=$!
	wait_for 5 is_running "$ID"
	runc delete --force "$ID"
	ends 5 $waiter 0
	silent
	nothing_left
}

@test "notify: a socket that cannot be used is warned of, and the container runs" {
	newer "1.1.5 does not warn"
	local dir=/run/notify
	# What the container says goes nowhere, however much that is.
	sh_args "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do echo READY=1; done | nc -w 1 -u local:$dir/notify.sock; echo ran; ls $dir"
	SOCKET=$T/nosocket
	unreachable() {
		LIMIT=20 told detached "${@:2}" "$ID"
		expect 0 level=warning "telling the service manager that the container is ready: dial unixgram $1"
	}
	unreachable "$SOCKET: connect: no such file or directory" run
	contains "$(cat "$T/out")" $'ran\nnotify.sock'
	args true
	SOCKET=$T/file
	echo x >"$SOCKET"
	unreachable "$SOCKET: connect: connection refused" run
	SOCKET=$T/$(printf 'x%.0s' {1..200})
	unreachable "$SOCKET: connect: no such file or directory" run
	SOCKET=$T/$(printf 'x%.0s' {1..300})
	unreachable "" run
	contains "$output" "name too long"
	SOCKET=vsock:2:1234
	unreachable "vsock:2:1234: connect: no such file or directory" run
	SOCKET=$T/stream
	"$HELPERS/helper-recvtty" "$SOCKET" 3>&- 4>&- &
	ours_is $!
	wait_for 5 test -S "$SOCKET"
	unreachable "$SOCKET: connect: protocol wrong type for socket" run
	args sleep 100
	SOCKET=$T/nosocket
	unreachable "$SOCKET: connect: no such file or directory" run -d
	same "$(status_of "$ID")" running
	runc delete --force "$ID"
	told detached create "$ID"
	expect 0
	unreachable "$SOCKET: connect: no such file or directory" start
	same "$(status_of "$ID")" running
}

@test "notify: start with NOTIFY_SOCKET of a container that was created without" {
	manager
	args sleep 100
	detached create "$ID"
	expect 0
	run told runc start "$ID"
	expect 1
	[ -n "$CONTROL" ] || contains "$output" "was not when the container was created"
	same "$(status_of "$ID")" created
	runc start "$ID"
}

@test "notify: a socket left by a start that was killed is replaced; one in use is not" {
	newer "1.1.5 gives up"
	manager
	sh_args 'notify send READY=1; sleep 100'
	told detached create "$ID"

	"$HELPERS/helper-notify" listen "$STATE/$ID/notify/notify.sock" >/dev/null 3>&- 4>&- &
	local other=$!
	wait_for 5 test -S "$STATE/$ID/notify/notify.sock"
	kill -KILL $other
	wait $other || true
	flock "$STATE/$ID/notify" sleep 100 3>&- 4>&- &
	other=$!
	ours_is $other
	wait_for 5 locked "$STATE/$ID/notify"
	run told runc start "$ID"
	expect 1 "resource temporarily unavailable"
	kill "$(pgrep -P $other)"
	wait $other || true
	told background start "$ID"
	ends 5 $! 0
	heard $! "$(pid_of "$ID")"
}

locked() {
	! flock -n "$1" true
}

@test "notify: run -d waits until the manager has closed the barrier" {
	manager keep
	sh_args 'notify send READY=1; sleep 100'
	told background run -d "$ID"
	local waiter=$!
	wait_for 5 grep -q BARRIER "$T/heard"
	still_there $waiter
	kill -KILL $MANAGER
	ends 5 $waiter 0
	same "$(cat "$T/err")" ""
}

@test "notify: a manager that never closes the barrier is waited for 30 seconds, and not by a container's end" {
	manager keep
	sh_args 'notify send READY=1; sleep 100'
	local start=$SECONDS waiter
	told background run -d "$ID"
	waiter=$!
	wait_for 5 grep -q BARRIER "$T/heard"
	ends 40 $waiter 0
	[ $((SECONDS - start)) -ge 29 ]
	contains "$(cat "$T/err")" level=warning
	contains "$(cat "$T/err")" "service manager"
	runc delete --force "$ID"
	sh_args 'notify send READY=1; until [ -e /tmp/go ]; do sleep 0.05; done; exit 3'
	told background run "$ID"
	waiter=$!
	wait_for 5 grep -q "^$waiter BARRIER" "$T/heard"
	go
	ends 5 $waiter 3
	nothing_left
}

@test "notify: a manager that goes away before READY is warned of, and the container runs" {
	local verb
	on_go 'notify send READY=1; sleep 0.5; exit 3'
	for verb in "run -d" run; do
		rm -f "$SOCKET" "$ROOTFS/tmp/go"
		manager
		told background $verb "$ID"
		local waiter=$!
		still_there $waiter
		kill -KILL $MANAGER
		wait $MANAGER || true
		go
		if [ "$verb" = run ]; then ends 5 $waiter 3; else ends 5 $waiter 0; fi
		contains "$(cat "$T/err")" "level=warning"
		contains "$(cat "$T/err")" "connection refused"
		[ "$verb" = run ] || runc delete --force "$ID"
	done
}

@test "notify: a manager that reads nothing does not hold up a foreground run" {
	manager
	kill -STOP $MANAGER
	NOTIFY_SOCKET=$SOCKET timeout 2 "$HELPERS/helper-notify" flood || true
	sh_args 'trap "exit 3" TERM; notify send READY=1; touch /tmp/said; while :; do sleep 0.05; done'
	edit '.root.readonly = false'
	told background run "$ID"
	local waiter=$!
	wait_for 5 test -e "$ROOTFS/tmp/said"
	still_there $waiter
	kill -TERM $waiter
	ends 5 $waiter 3
	kill -CONT $MANAGER
	! grep -q READY "$T/heard"
}
