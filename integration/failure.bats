# Failure and interruption: whatever happens during a creation, nothing is left.
# layouts: hybrid v2

load lib/common

# Moments, in seconds after the start of the runtime, at which it is hit. More with MOMENTS=fine.
moments() {
	if [ "$MOMENTS" = fine ]; then
		seq -f %.4f 0.0002 0.0003 0.03
	else
		echo 0.0005 0.001 0.0015 0.002 0.003 0.004 0.006 0.008 0.012 0.02
	fi
}

# hit SIGNAL DELAY VERB…: starts the runtime, sends it the signal after the delay, waits for its end.
hit() {
	local signal=$1 delay=$2
	shift 2
	timeout --foreground -k 10 -s "$signal" "$delay" "$RUNC" --root "$STATE" "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || true
}

# By hand, for what the signal may have come too late.
delete_if_there() {
	if [ -d "$STATE/$ID" ]; then runc delete --force "$ID"; fi
}

@test "failure: SIGTERM to create at several moments leaves nothing, or a whole container" {
	args sleep 100
	local delay
	for delay in $(moments); do
		hit TERM "$delay" create "$ID"
		if [ -d "$STATE/$ID" ]; then
			same "$(status_of "$ID")" created
			runc delete --force "$ID"
		fi
		nothing_left || { echo "after $delay"; cat "$T/err"; return 1; }
	done
}

@test "failure: SIGINT to create at several moments leaves nothing, or a whole container" {
	args sleep 100
	local delay
	for delay in $(moments); do
		hit INT "$delay" create "$ID"
		if [ -d "$STATE/$ID" ]; then
			same "$(status_of "$ID")" created
			runc delete --force "$ID"
		fi
		nothing_left || { echo "after $delay"; cat "$T/err"; return 1; }
	done
}

@test "failure: SIGTERM and SIGINT to run -d at several moments" {
	args sleep 100
	local delay
	for delay in $(moments); do
		hit TERM "$delay" run -d "$ID"
		delete_if_there
		hit INT "$delay" run -d "$ID"
		delete_if_there
		nothing_left || { echo "after $delay"; return 1; }
	done
}

gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"; }

@test "failure: SIGTERM to a foreground run at several moments leaves nothing, without a delete" {
	# The program ends by the signal; before there is a program the runtime undoes its work.
	sh_args 'trap "exit 9" TERM; while :; do sleep 0.05; done'
	local delay pid
	for delay in $(moments) 0.2; do
		background run "$ID"
		pid=$!
		sleep "$delay"
		kill -TERM $pid
		# What was sent before the program had its trap is lost to it: number 1 of a pid namespace.
		until gone $pid; do
			sleep 0.2
			kill -TERM $pid 2>/dev/null || true
		done
		wait $pid || true
		nothing_left || { echo "after $delay"; cat "$T/err"; return 1; }
	done
}

@test "failure: SIGKILL to create at several moments, then delete --force leaves nothing" {
	args sleep 100
	local delay
	for delay in $(moments); do
		hit KILL "$delay" create "$ID"
		LIMIT=15 run runc delete --force "$ID"
		expect 0
		nothing_left || { echo "after $delay"; return 1; }
	done
}

@test "failure: SIGKILL to run -d and run at several moments, then delete --force leaves nothing" {
	args sleep 100
	local delay
	for delay in $(moments); do
		hit KILL "$delay" run -d "$ID"
		LIMIT=15 run runc delete --force "$ID"
		expect 0
		hit KILL "$delay" run "$ID"
		LIMIT=15 run runc delete --force "$ID"
		expect 0
		nothing_left || { echo "after $delay"; return 1; }
	done
}

@test "failure: after a SIGKILL to create every verb says the same, and list shows what there is" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 100
	local at call what verb points=0
	# Before the journal has a record, with a process, and when that waits for start.
	for at in memfd_create:1 recvmsg:3 recvmsg:6 recvmsg:9 recvmsg:12 recvmsg:15; do
		call=${at%:*}
		timeout -k 2 20 strace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=${at#*:}" \
			"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
		if [ "$(status_of "$ID" 2>/dev/null)" = created ]; then
			runc delete --force "$ID"
			continue
		fi
		points=$((points + 1))
		what="creation unfinished or killed; runc delete --force $ID"
		for verb in state delete kill start; do
			run runc $verb "$ID"
			expect 1 "container $ID: $what" || { echo "$at: $verb"; return 1; }
		done
		run runc exec "$ID" true
		expect 255 "container $ID: $what"
		run runc run "$ID"
		expect 1 "container with given ID already exists: container $ID: $what"
		run runc list
		expect 0
		same "$at $(awk 'NR == 2 { print $1, $3 }' <<<"$output")" "$at $ID broken"
		same "$at $(runc list -f json | jq -r '.[].status')" "$at broken"
		runc list -f json | jq -e '.[].created | fromdateiso8601? // (.[0:19] + "Z" | fromdateiso8601) > 1000000000' >/dev/null
		same "$at $(runc list -q)" "$at $ID"
		run runc delete --force "$ID"
		expect 0
		nothing_left || { echo "$at"; return 1; }
	done
	[ "$points" -ge 4 ] || { echo "only $points"; return 1; }
}

@test "failure: a creation at work is listed as creating, and no verb offers to delete it" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 100
	stop_at memfd_create "$RUNC" --root "$STATE" create "$ID"
	[ -e "$STATE/$ID/config.json" ]
	same "$(runc list -f json | jq -r '.[].status')" creating
	run runc create "$ID"
	expect 1 'container with given ID already exists"'
	go_on
	same "$(status_of "$ID")" created
	runc delete --force "$ID"
	nothing_left
}

@test "failure: after a SIGKILL the same id can be deleted and created again" {
	args sleep 100
	local delay
	for delay in 0.001 0.003 0.006; do
		hit KILL "$delay" create "$ID"
		runc delete --force "$ID"
		detached create "$ID"
		expect 0
		runc delete --force "$ID"
	done
	nothing_left
}

has_cgroup() { [ -n "$(find /sys/fs/cgroup -type d -name "$ID")" ]; }

@test "failure: delete --force waits for the cgroup step of a create that was killed" {
	command -v strace >/dev/null || skip "strace is not installed"
	args sleep 100
	strace -f -o "$T/trace" -e trace=mkdirat -e inject=mkdirat:delay_enter=200ms \
		"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	BACKGROUND=$!
	wait_for 10 has_cgroup # one of several
	kill -9 "$(pgrep -P "$BACKGROUND")"
	LIMIT=20 run runc delete --force "$ID"
	expect 0
	wait "$BACKGROUND" || true
	nothing_left
}

@test "failure: SIGKILL to the conductor at every system call of a class, by strace" {
	command -v strace >/dev/null || skip "strace is not installed"
	in_v2 && [ -z "$SWEEP" ] && skip "done on the machine's own layout; SWEEP=1 does it here too"
	newer "1.1.5 leaves cgroups"
	args sleep 100
	local call n
	for call in ${CALLS:-sendmsg recvmsg poll write execve}; do
		for n in ${NUMBERS:-1 2 4 7}; do
			timeout -k 2 20 strace -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
				"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
			LIMIT=15 run runc delete --force "$ID"
			expect 0
			nothing_left || { echo "at $call number $n"; return 1; }
		done
	done
}

@test "failure: a step that fails at a system call undoes everything, with one error" {
	command -v strace >/dev/null || skip "strace is not installed"
	in_v2 && [ -z "$SWEEP" ] && skip "done on the machine's own layout; SWEEP=1 does it here too"
	newer "only for davit"
	args sleep 100
	local call when
	for call in clone3 move_mount fsmount open_tree pivot_root mount_setattr fsopen mkdirat memfd_create setresuid fchdir; do
		status=0 when=1
		[ $call != pivot_root ] || when=1+ # it is tried twice: the caller may be in a chroot
		timeout -k 2 20 strace -f -o "$T/trace" -e "trace=$call" -e "inject=$call:error=EIO:when=$when" \
			"$RUNC" --root "$STATE" create "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || status=$?
		[ "$status" != 124 ] || { echo "$call: hangs"; return 1; }
		if [ "$status" != 0 ]; then
			same "$call $(grep -c level=error "$T/err")" "$call 1" || { cat "$T/err"; return 1; }
		fi
		delete_if_there
		nothing_left || { echo "$call failed; $(cat "$T/err")"; return 1; }
	done
}

# id_maps: a user namespace, a bind mount with the container's mapping and a new file system with one of its own.
id_maps() {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	mkdir "$T/src" "$ROOTFS/a" "$ROOTFS/b"
	edit --arg s "$T/src" '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
		| .mounts += [{source: $s, destination: "/a", options: ["bind", "idmap"]},
			{source: "t", destination: "/b", type: "tmpfs", uidMappings: [{containerID: 0, hostID: 100005, size: 10}]}]
		| .mounts[-1].gidMappings = .mounts[-1].uidMappings'
}

@test "failure: id-mapped mounts: a step that fails or is killed at any of their calls undoes everything" {
	command -v strace >/dev/null || skip "strace is not installed"
	in_v2 && [ -z "$SWEEP" ] && skip "done on the machine's own layout; SWEEP=1 does it here too"
	newer "only for davit"
	id_maps
	local call how at
	for how in error=EIO signal=KILL; do
		for call in pipe2 clone3 read openat wait4 sendmsg recvmsg mount_setattr; do
			for at in ${NUMBERS:-1 2 3 4}; do
				status=0
				SECONDS=0
				timeout -k 2 20 strace -f -o "$T/trace" -e "trace=$call" -e "inject=$call:$how:when=$at" \
					"$RUNC" --root "$STATE" run "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || status=$?
				[ "$SECONDS" -lt 15 ] || { echo "$how $call $at: hangs"; return 1; }
				[ "$status" != 1 ] || same "$how $call $at $(grep -c level=error "$T/err")" "$how $call $at 1" || { cat "$T/err"; return 1; }
				LIMIT=15 run runc delete --force "$ID"
				expect 0
				nothing_left || { echo "$how $call $at: $(cat "$T/err")"; return 1; }
			done
		done
	done
}

# evil_only MODE STEP COMMAND…: as evil, for any command; it only has to fail.
evil_only() {
	local step=$2
	sed "s/evil-mode=k/evil-mode=$1/" <"$HELPERS/helper-evil" >"$T/evil"
	chmod 755 "$T/evil"
	mount --bind "$T/evil" "$LIBEXEC/$step"
	shift 2
	run runc "$@"
	umount "$LIBEXEC/$step"
	[ "$status" != 0 ]
}

# evil MODE STEP: a copy of lib/evil.c in that mode takes the place of the step's program.
evil() {
	sed "s/evil-mode=k/evil-mode=$1/" <"$HELPERS/helper-evil" >"$T/evil"
	chmod 755 "$T/evil"
	mount --bind "$T/evil" "$LIBEXEC/$2"
	status=0
	LIMIT=${3:-20} runc create "$ID" </dev/null >"$T/out" 2>"$T/err" || status=$?
	umount "$LIBEXEC/$2"
	same "$1 $2 $status" "$1 $2 1" || { cat "$T/err"; return 1; }
	same "$2 $(grep -c level=error "$T/err")" "$2 1"
	lacks "$(cat "$T/err")" "cannot start"
	nothing_left || { echo "$2: $(cat "$T/err")"; return 1; }
}

@test "failure: each step killed while it works is named, and everything is undone" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	[ -x "$HELPERS/helper-evil" ] || skip "the helper is not built"
	newer "only for davit"
	local step
	for step in parse sources cgroup ns rootfs dmz; do
		evil k "$step" || return 1
		[ "$step" = rootfs ] || [ "$step" = dmz ] || contains "$(cat "$T/err")" "$step was killed by signal 9"
	done
	# Here sources waits for ns, and then for rootfs.
	id_maps
	for step in sources ns rootfs; do
		evil k "$step" || return 1
		[ "$step" = rootfs ] || contains "$(cat "$T/err")" "$step was killed by signal 9"
	done
}

@test "failure: a dmz that is killed is told at once, by create and by exec" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	[ -x "$HELPERS/helper-evil" ] || skip "the helper is not built"
	newer "only for davit"
	local start ms best=100000 try
	args sleep 100
	detached run -d "$ID-b"
	for try in 1 2 3; do
		start=$(date +%s%N)
		evil_only k dmz exec "$ID-b" true
		ms=$((($(date +%s%N) - start) / 1000000))
		[ "$ms" -ge "$best" ] || best=$ms
	done
	contains "$output" "unable to start container process: it ended before it was ready"
	[ "$best" -lt 1000 ] || { echo "exec: $best ms"; return 1; }
	runc delete --force "$ID-b"
	best=100000
	for try in 1 2 3; do
		start=$(date +%s%N)
		evil k dmz
		ms=$((($(date +%s%N) - start) / 1000000))
		[ "$ms" -ge "$best" ] || best=$ms
	done
	[ "$best" -lt 1000 ] || { echo "create: $best ms"; return 1; }
}

@test "failure: a step that closes its files and stays is not waited for" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	[ -x "$HELPERS/helper-evil" ] || skip "the helper is not built"
	newer "only for davit"
	local step
	for step in parse sources cgroup ns netlink; do
		evil c "$step" 10 || return 1
	done
	id_maps
	for step in sources ns; do
		evil c "$step" 10 || return 1
	done
}

@test "failure: a step that says nothing meets its deadline" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	[ -x "$HELPERS/helper-evil" ] || skip "the helper is not built"
	newer "only for davit"
	evil s parse 30
	contains "$(cat "$T/err")" "parse took too long"
}

# held STEP VERB…: a step that is stopped is named on the log after a while, once, and nobody else; continued, it ends.
held() {
	local step=$1 name=${NAME:-$1} pid
	shift
	sed 's/evil-mode=k/evil-mode=t/' <"$HELPERS/helper-evil" >"$T/evil"
	chmod 755 "$T/evil"
	mount --bind "$T/evil" "$LIBEXEC/$step"
	rm -f "$T/log"
	background --log "$T/log" "$@"
	wait_for 30 grep -q waiting "$T/log" || { umount -l "$LIBEXEC/$step"; return 1; }
	umount -l "$LIBEXEC/$step"
	contains "$(cat "$T/log")" "level=warning msg=\"still waiting for $name (stopped)\""
	pid=$(pgrep -x "(memfd:)?$step" | while read -r p; do ! grep -q '^State:.T' "/proc/$p/status" || echo "$p"; done)
	kill -CONT $pid
	status=0
	wait "$!" || status=$?
	[ "$status" != 0 ]
	same "$(grep -c waiting "$T/log")" 1
}

@test "failure: a step that is stopped is named after five seconds" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	[ -x "$HELPERS/helper-evil" ] || skip "the helper is not built"
	newer "only for davit"
	args sleep 100
	detached run -d "$ID-b"
	expect 0
	held parse create "$ID"
	held cgroup create "$ID"
	NAME="the container's process" held dmz exec "$ID-b" true
	held cgroup update --pids-limit 100 "$ID-b"
	# The first process of a pid namespace cannot stop itself.
	edit 'del(.linux.namespaces[] | select(.type == "pid"))'
	NAME="the container's process" held rootfs create "$ID"
	# A hook may take any time, but one whose program is stopped keeps no timeout.
	edit '.hooks = {createRuntime: [{path: "/bin/true", timeout: 1}]}'
	held hook create "$ID"
	edit '.hooks = {poststart: [{path: "/bin/true", timeout: 1}]}'
	detached create "$ID"
	expect 0
	held hook start "$ID"
	runc delete --force "$ID-b"
	nothing_left
}

@test "failure: a program of another build is refused in one sentence" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	newer "only for davit"
	local step
	for step in parse sources ns; do
		# The same bytes with another build id.
		local id other
		id=$(strings -a "$LIBEXEC/$step" | grep -E '^[0-9.]+-[0-9a-f]{16}$' | head -n 1)
		[ -n "$id" ] || { echo "no build id in $step"; return 1; }
		other=${id%?}$([ "${id: -1}" = 0 ] && echo 1 || echo 0)
		sed "s/$id/$other/g" <"$LIBEXEC/$step" >"$T/other"
		chmod 755 "$T/other"
		mount --bind "$T/other" "$LIBEXEC/$step"
		status=0
		LIMIT=15 runc create "$ID" </dev/null >"$T/out" 2>"$T/err" || status=$?
		umount "$LIBEXEC/$step"
		same "$step $status" "$step 1"
		contains "$(cat "$T/err")" build
		nothing_left
	done
}

@test "failure: a file system without space for the state" {
	mkdir "$T/full"
	mount -t tmpfs -o size=4k,nr_inodes=20 none "$T/full"
	local state=$STATE
	STATE=$T/full/state
	status=0
	runc create "$ID" </dev/null >"$T/out" 2>"$T/err" || status=$?
	[ "$status" = 0 ] || grep -q 'level=error' "$T/err"
	if [ -d "$STATE/$ID" ]; then runc delete --force "$ID"; fi
	same "$(ls -A "$STATE" 2>/dev/null | grep -v '^\.')" ""
	umount "$T/full"
	STATE=$state
	nothing_left
}

@test "failure: the log on a full device does not stop the container" {
	run runc --log /dev/full --debug run "$ID"
	expect 0
	nothing_left
}

@test "failure: a log that is a FIFO without reader, or a directory, is refused and does not hang" {
	newer "1.1.5 hangs"
	mkfifo "$T/fifo"
	LIMIT=5 run runc --log "$T/fifo" run "$ID"
	[ "$status" != 124 ]
	run runc --log "$T" run "$ID"
	expect 1 "is a directory"
	nothing_left
}
