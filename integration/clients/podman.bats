# podman as root drives the runtime through conmon. The containers' cgroups are below one called $ID.

load lib

setup_file() {
	private_machine && [ -n "$(type -P podman)" ] || return 0
	make_rootfs
	# Without CAP_SYS_RESOURCE the default would be more than the hard limit.
	cat >"$BATS_FILE_TMPDIR/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	END
	tar -C "$BATS_FILE_TMPDIR/rootfs" --numeric-owner --owner 0 --group 0 -c . |
		podman import --change ENV=PATH=/bin - "$IMAGE" >/dev/null
}

setup() {
	needs_client podman conmon
	needs_seccomp # the engine asks for its own profile
	setup_bundle
	STATE=/run/runc # podman gives no --root
	RUN=(run --network none --cgroup-parent "/$ID")
}

teardown() {
	podman rm --force --all --time 0 >/dev/null || true
	end_engine_test
}

podman() {
	CONTAINERS_CONF=$BATS_FILE_TMPDIR/containers.conf timeout --foreground -s KILL "${LIMIT:-30}" unshare --net podman \
		--root "$BATS_FILE_TMPDIR/root" --runroot /run/podman --tmpdir /run/libpod --storage-driver vfs \
		--runtime "$RUNC" --cgroup-manager cgroupfs --events-backend file "$@" 3>&- 4>&- 8>&-
}

# on_terminal READY TEXT ARGUMENT…: podman's arguments.
on_terminal() {
	local ready=$1 text=$2
	shift 2
	export -f podman
	export BATS_FILE_TMPDIR RUNC
	typed "$ready" "$text" bash -c 'podman "$@"' bash "$@"
}

# in_background NAME COMMAND…: a detached container that runs it.
in_background() {
	local name=$1
	shift
	podman "${RUN[@]}" -d --name "$name" "$IMAGE" "$@" >/dev/null
}

container_is() { [ "$(podman inspect --format '{{.State.Status}}' "$1")" = "$2" ]; }

# sees WORD COMMAND…: its output has the word.
sees() {
	local word=$1
	shift
	[[ $("$@") == *"$word"* ]]
}

exit_code() { podman inspect --format '{{.State.ExitCode}}' "$1"; }

@test "podman: run --rm: true and false" {
	run podman "${RUN[@]}" --rm "$IMAGE" true
	expect 0
	same "$output" ""
	run podman "${RUN[@]}" --rm "$IMAGE" false
	expect 1
	same "$output" ""
	all_gone
}

@test "podman: exit status, stdout and stderr" {
	status=0
	podman "${RUN[@]}" --rm "$IMAGE" sh -c 'echo to-out; echo to-err >&2; exit 42' >"$T/out" 2>"$T/err" || status=$?
	same "$status" 42
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
	all_gone
}

@test "podman: 127 for a program that is not there, 126 for one that cannot be executed" {
	run podman "${RUN[@]}" --rm "$IMAGE" nonexistent
	expect 127 'exec: "nonexistent": executable file not found in $PATH'
	run podman "${RUN[@]}" --rm "$IMAGE" /etc
	expect 126
	run podman "${RUN[@]}" --rm "$IMAGE" /etc/passwd
	expect 126 "permission denied"
	all_gone
}

@test "podman: stdin" {
	on_pipe() { echo hello | podman "${RUN[@]}" --rm -i "$IMAGE" cat; }
	run on_pipe
	expect 0
	same "$output" hello
}

@test "podman: 100 MB of output" {
	same "$(podman "${RUN[@]}" --rm --log-driver none "$IMAGE" head -c 100000000 /dev/zero | wc -c)" 100000000
	all_gone
}

@test "podman: a container in the background: logs, wait, rm" {
	in_background one sh -c 'echo to-out; echo to-err >&2; exit 5'
	same "$(podman wait one)" 5
	same "$(podman logs one 2>/dev/null)" to-out
	same "$(podman logs one 2>&1 >/dev/null)" to-err
	same "$(exit_code one)" 5
	podman rm one
	all_gone
}

@test "podman: start, stop with its signal, start again, rm --force" {
	in_background one sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for 10 sees ready podman logs one
	podman stop --time 10 one
	container_is one exited
	same "$(exit_code one)" 9
	podman start one
	container_is one running
	podman rm --force --time 0 one
	all_gone
}

@test "podman: stop kills what does not hear" {
	in_background one sleep 100
	podman stop --time 1 one
	same "$(exit_code one)" 137
}

@test "podman: kill" {
	in_background one sleep 100
	podman kill one
	wait_for 10 container_is one exited
	same "$(exit_code one)" 137
	in_background two sh -c 'trap "exit 21" HUP; echo ready; while :; do sleep 0.1; done'
	wait_for 10 sees ready podman logs two
	podman kill --signal HUP two
	same "$(podman wait two)" 21
}

@test "podman: a terminal" {
	on_terminal ready 'hello\r' "${RUN[@]}" --rm -it "$IMAGE" \
		sh -c 'tty; echo ready; read word; echo "<$word>"; stty size; exit 3'
	expect 3 /dev/pts/0 "<hello>" "40 100"
	all_gone
}

@test "podman: a shell on a terminal is interrupted and left" {
	on_terminal ready '\003echo $((6*7))-answer\rexit 6\r' "${RUN[@]}" --rm -it "$IMAGE" sh -c 'echo ready; exec sh'
	expect 6 42-answer
}

@test "podman: exec: exit status and output, user, directory, environment" {
	in_background one sleep 100
	status=0
	podman exec one sh -c 'echo to-out; echo to-err >&2; exit 7' >"$T/out" 2>"$T/err" || status=$?
	same "$status" 7
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
	run podman exec --user 1234:4321 --workdir /tmp --env A=1 one sh -c 'echo "$(id -u) $(id -g) $PWD $A"'
	expect 0
	same "$output" "1234 4321 /tmp 1"
	on_pipe() { echo hello | podman exec -i one cat; }
	run on_pipe
	expect 0
	same "$output" hello
	podman rm --force --time 0 one
	all_gone
}

@test "podman: exec: 127 for a program that is not there, 126 for one that cannot be executed" {
	in_background one sleep 100
	run podman exec one nonexistent
	expect 127 'exec: "nonexistent": executable file not found in $PATH'
	run podman exec one /etc/passwd
	expect 126 "permission denied"
	run podman exec one true
	expect 0
}

@test "podman: exec with a terminal" {
	in_background one sleep 100
	on_terminal ready 'hello\r' exec -it one sh -c 'tty; echo ready; read word; echo "<$word>"; stty size; exit 4'
	expect 4 /dev/pts/0 "<hello>" "40 100"
}

@test "podman: exec in the background" {
	in_background one sleep 100
	podman exec -d one sh -c 'echo done >/file; exec sleep 90'
	wait_for 10 sees done podman exec one cat /file
	podman rm --force --time 0 one
	all_gone
}

@test "podman: pause and unpause" {
	in_background one sleep 100
	podman pause one
	container_is one paused
	run podman exec one true
	[ "$status" != 0 ]
	podman unpause one
	container_is one running
	podman pause one
	podman rm --force --time 0 one
	all_gone
}

@test "podman: --network none" {
	run podman "${RUN[@]}" --rm "$IMAGE" sh -c 'ls /sys/class/net; ip addr show lo'
	expect 0 "inet 127.0.0.1/8"
	same "${lines[0]}" lo
	lacks "$output" eth
}

@test "podman: --read-only, --tmpfs, volumes" {
	mkdir "$T/source"
	echo content >"$T/source/file"
	run podman "${RUN[@]}" --rm --read-only --read-only-tmpfs=false \
		--tmpfs /root:size=1m,mode=700,notmpcopyup -v "$T/source:/rw" -v "$T/source:/ro:ro" \
		"$IMAGE" sh -c '
		cat /ro/file
		touch /x || echo root-refused
		touch /ro/x || echo volume-refused
		touch /rw/y /root/z && echo written
		grep " /root tmpfs " /proc/mounts'
	expect 0 content root-refused volume-refused written size=1024k,mode=700
	[ -e "$T/source/y" ]
	all_gone
}

@test "podman: --read-only and --tmpfs as they come: the tmpfs has what was below it" {
	run podman "${RUN[@]}" --rm --read-only --tmpfs /etc "$IMAGE" sh -c 'touch /tmp/t /etc/t && grep -c root /etc/group'
	expect 0
	same "$output" 1
	all_gone
}

@test "podman: --init" {
	[ -n "$(type -P catatonit)" ] || skip "catatonit is not installed"
	run podman "${RUN[@]}" --rm --init "$IMAGE" sh -c 'cat /proc/1/comm; exit 8'
	expect 8 podman-init
}

@test "podman: capabilities, no new privileges, user, host name, working directory" {
	run podman "${RUN[@]}" --rm --cap-drop all --cap-add chown --security-opt no-new-privileges --hostname there --workdir /tmp \
		"$IMAGE" sh -c 'grep -E "CapEff|NoNewPrivs" /proc/self/status; hostname; pwd'
	expect 0 0000000000000001 there /tmp
	grep -Eq 'NoNewPrivs:.*1' <<<"$output"
	run podman "${RUN[@]}" --rm --user 1234:4321 --group-add 77 "$IMAGE" sh -c 'echo "$(id -u) $(id -G)"'
	expect 0
	grep -Eq '^1234 (4321 77|77 4321)$' <<<"$output"
}

@test "podman: its seccomp profile is in force, and one of the caller's" {
	run podman "${RUN[@]}" --rm "$IMAGE" grep Seccomp: /proc/self/status
	expect 0
	grep -Eq 'Seccomp:.*2' <<<"$output"
	jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}' >"$T/profile"
	run podman "${RUN[@]}" --rm --security-opt "seccomp=$T/profile" "$IMAGE" mkdir /tmp/d
	expect 1 "Operation not permitted"
}

@test "podman: --memory, --pids-limit, --cpu-shares" {
	needs_controller memory
	needs_controller pids
	local flags=(--memory 50m --memory-swap 50m --pids-limit 20 --cpu-shares 512)
	if in_v2; then
		run podman "${RUN[@]}" "${flags[@]}" --rm "$IMAGE" \
			sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.weight'
		expect 0
		same "$output" $'52428800\n20\n20'
	else
		run podman "${RUN[@]}" "${flags[@]}" --rm "$IMAGE" \
			sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares'
		expect 0
		same "$output" $'52428800\n20\n512'
	fi
	run podman "${RUN[@]}" --pids-limit=-1 --rm "$IMAGE" sh -c 'true | true; echo forked'
	expect 0 forked
	run podman "${RUN[@]}" --pids-limit 5 --rm "$IMAGE" sh -c 'for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait'
	contains "$output" "can't fork"
	all_gone
}

@test "podman: devices" {
	run podman "${RUN[@]}" --rm --device /dev/full:/dev/mine "$IMAGE" sh -c 'echo x >/dev/mine'
	contains "$output" "No space left"
	run podman "${RUN[@]}" --rm --cap-add mknod "$IMAGE" sh -c 'mknod /full c 1 7; mknod /kmsg c 1 11 && cat /kmsg'
	[ "$status" != 0 ]
}

@test "podman: healthcheck" {
	podman "${RUN[@]}" -d --name one --health-cmd 'test -e /healthy' --health-interval disable "$IMAGE" sleep 100 >/dev/null
	run podman healthcheck run one
	expect 1
	podman exec one touch /healthy
	run podman healthcheck run one
	expect 0
}

@test "podman: six containers at once" {
	local i pids=()
	for i in 1 2 3 4 5 6; do
		podman "${RUN[@]}" --rm "$IMAGE" sh -c "sleep 0.2; exit $((i + 10))" &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6; do
		status=0
		wait "${pids[i - 1]}" || status=$?
		same "$status" "$((i + 10))"
	done
	all_gone
}
