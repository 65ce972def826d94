# containerd, its shim and ctr drive the runtime. Each test has a namespace of containerd of its own, called $ID.

load lib

setup_file() {
	private_machine && [ -n "$(type -P containerd)" ] || return 0
	make_rootfs
	image "$BATS_FILE_TMPDIR/image.tar"
	cat >"$BATS_FILE_TMPDIR/config.toml" <<-END
		version = 2
		root = "$BATS_FILE_TMPDIR/root"
		state = "/run/containerd"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "/run/containerd/containerd.sock"
	END
	unshare --net containerd --config "$BATS_FILE_TMPDIR/config.toml" >"$BATS_FILE_TMPDIR/containerd.log" 2>&1 3>&- 4>&- &
	echo $! >"$BATS_FILE_TMPDIR/containerd.pid"
	ID=start wait_for 20 ctr version >/dev/null
}

teardown_file() {
	local pid
	[ -e "$BATS_FILE_TMPDIR/containerd.pid" ] || return 0
	pid=$(cat "$BATS_FILE_TMPDIR/containerd.pid")
	kill "$pid"
	wait_for 10 gone "$pid" || kill -9 "$pid"
}

gone() { ! kill -0 "$1"; }

setup() {
	needs_client containerd ctr
	setup_bundle
	STATE=/run/containerd/runc/$ID
	ctr images import --snapshotter native "$BATS_FILE_TMPDIR/image.tar" >/dev/null
	RUN=(run --runc-binary "$RUNC" --snapshotter native)
}

teardown() {
	local name
	for name in $(ctr task ls -q); do ctr task delete --force "$name" >/dev/null || true; done
	for name in $(ctr container ls -q); do ctr container rm "$name" || true; done
	end_engine_test || { tail -n 20 "$BATS_FILE_TMPDIR/containerd.log"; return 1; }
}

ctr() {
	timeout -s KILL "${LIMIT:-20}" ctr --address /run/containerd/containerd.sock --namespace "$ID" "$@" 3>&- 4>&-
}

# in_background NAME COMMAND…: a detached container that runs it.
in_background() {
	local name=$1
	shift
	ctr "${RUN[@]}" -d --null-io "$IMAGE" "$name" "$@" </dev/null
}

# task_status NAME: RUNNING, PAUSED, STOPPED.
task_status() {
	ctr task ls | awk -v name="$1" '$1 == name { print $3 }'
}

task_is() { [ "$(task_status "$1")" = "$2" ]; }

@test "containerd: true and false in the foreground" {
	run ctr "${RUN[@]}" --rm "$IMAGE" yes true
	expect 0
	same "$output" ""
	run ctr "${RUN[@]}" --rm "$IMAGE" no false
	expect 1
	same "$output" ""
	same "$(ctr container ls -q)" ""
	all_gone
}

@test "containerd: exit status, stdout and stderr" {
	status=0
	ctr "${RUN[@]}" --rm "$IMAGE" one sh -c 'echo to-out; echo to-err >&2; exit 9' >"$T/out" 2>"$T/err" || status=$?
	same "$status" 9
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
	all_gone
}

@test "containerd: stdin" {
	run bash -c 'echo hello | timeout -s KILL 20 ctr --address /run/containerd/containerd.sock --namespace "$0" "$@"' "$ID" \
		"${RUN[@]}" --rm "$IMAGE" one sh -c 'read word; echo "got $word"'
	expect 0
	same "$output" "got hello"
}

@test "containerd: why a container cannot be made" {
	run ctr "${RUN[@]}" --rm "$IMAGE" one nonexistent
	expect 1 'OCI runtime create failed: runc create failed: ' 'exec: "nonexistent": executable file not found in $PATH'
	same "$(ctr container ls -q)" ""
	all_gone
}

@test "containerd: environment, working directory, host name, mounts, read-only root" {
	mkdir "$T/source"
	echo content >"$T/source/file"
	run ctr "${RUN[@]}" --rm --env A=1 --cwd /tmp --read-only --mount "type=bind,src=$T/source,dst=/var,options=rbind:ro" \
		"$IMAGE" one sh -c 'echo "$A $PWD $(cat /var/file)"; touch /x || touch /var/x || echo refused'
	expect 0 "1 /tmp content" refused
}

@test "containerd: limits of memory and pids" {
	needs_controller memory
	run ctr "${RUN[@]}" --rm --memory-limit 50000000 --mount type=bind,src=/sys/fs/cgroup,dst=/run,options=rbind:ro \
		"$IMAGE" one sh -c "cat /run/memory/$ID/one/memory.limit_in_bytes || cat /run/$ID/one/memory.max"
	expect 0 49999872
}

@test "containerd: a container in the background: ls, kill, delete, rm" {
	in_background one sleep 100
	task_is one RUNNING
	contains "$(ctr task ls)" " $(pid_of one) "
	ctr task kill -s TERM one # sleep is pid 1 and does not hear it
	task_is one RUNNING
	ctr task kill -s KILL one
	wait_for 10 task_is one STOPPED
	run ctr task delete one
	expect 0 "exit code 137"
	same "$(ctr task ls -q)" ""
	same "$(ctr container ls -q)" one
	ctr container rm one
	same "$(ctr container ls -q)" ""
	all_gone
}

@test "containerd: a signal by name and by number reaches the process" {
	in_background one sh -c 'trap "exit 20" USR1; trap "exit 21" HUP; while :; do sleep 0.1; done'
	ctr task kill -s SIGUSR1 one
	wait_for 10 task_is one STOPPED
	run ctr task delete one
	expect 0 "exit code 20"
	in_background two sh -c 'trap "exit 20" USR1; trap "exit 21" HUP; while :; do sleep 0.1; done'
	ctr task kill -s 1 two
	wait_for 10 task_is two STOPPED
	run ctr task delete two
	expect 0 "exit code 21"
}

@test "containerd: task delete --force of a running container" {
	in_background one sleep 100
	run ctr task delete --force one
	expect 0 "exit code 137"
	ctr container rm one
	all_gone
}

@test "containerd: kill of a stopped container is no error of the runtime" {
	in_background one true
	wait_for 10 task_is one STOPPED
	run ctr task kill -s KILL one
	contains "$output" "not found"
	run ctr task delete one
	expect 0
}

@test "containerd: exec: exit status and output" {
	in_background one sleep 100
	status=0
	ctr task exec --exec-id e1 one sh -c 'echo to-out; echo to-err >&2; exit 7' >"$T/out" 2>"$T/err" || status=$?
	same "$status" 7
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
	run ctr task exec --exec-id e2 --cwd /tmp one pwd
	expect 0
	same "$output" /tmp
	run ctr task exec --exec-id e3 --user 1234:4321 one id
	expect 0 "uid=1234 gid=4321"
	task_is one RUNNING
}

@test "containerd: exec of what is not there" {
	in_background one sleep 100
	run ctr task exec --exec-id e1 one nonexistent
	expect 1 'exec failed: ' 'exec: "nonexistent": executable file not found in $PATH'
	run ctr task exec --exec-id e2 one true
	expect 0
}

@test "containerd: ten sessions at once" {
	local i pids=()
	in_background one sleep 100
	for i in 1 2 3 4 5 6 7 8 9 10; do
		ctr task exec --exec-id "e$i" one sh -c "exit $((i + 20))" &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		status=0
		wait "${pids[i - 1]}" || status=$?
		same "$status" "$((i + 20))"
	done
	run ctr task delete --force one
	expect 0 "exit code 137"
	ctr container rm one
	all_gone
}

@test "containerd: a terminal" {
	typed ready 'hello\r' ctr --address /run/containerd/containerd.sock --namespace "$ID" \
		"${RUN[@]}" --rm --tty "$IMAGE" one sh -c 'tty; echo ready; read word; echo "<$word>"; stty size; exit 3'
	expect 3 /dev/pts/0 "<hello>" "40 100"
	all_gone
}

@test "containerd: exec with a terminal" {
	in_background one sleep 100
	typed ready 'hello\r' ctr --address /run/containerd/containerd.sock --namespace "$ID" \
		task exec --exec-id e1 --tty one sh -c 'tty; echo ready; read word; echo "<$word>"; stty size; exit 4'
	expect 4 /dev/pts/0 "<hello>" "40 100"
}

@test "containerd: pause and resume" {
	in_background one sh -c 'i=0; while :; do i=$((i+1)); echo $i >>/count; sleep 0.02; done'
	local file=/run/containerd/io.containerd.runtime.v2.task/$ID/one/rootfs/count before
	wait_for 10 test -s "$file"
	ctr task pause one
	task_is one PAUSED
	before=$(stat -c %s "$file")
	sleep 0.3
	same "$(stat -c %s "$file")" "$before"
	ctr task resume one
	task_is one RUNNING
	wait_for 5 eval "[ \"\$(stat -c %s $file)\" -gt $before ]"
}

@test "containerd: a paused container is killed and deleted" {
	in_background one sleep 100
	ctr task pause one
	same "$(status_of one)" paused
	ctr task kill -s KILL one
	wait_for 10 task_is one STOPPED
	run ctr task delete one
	expect 0 "exit code 137"
	ctr container rm one
	all_gone
}

@test "containerd: the processes of a task" {
	in_background one sh -c 'sleep 98765 & exec sleep 98764'
	wait_for 10 eval '[ "$(ctr task ps one | wc -l)" = 3 ]'
	same "$(ctr task ps one | awk 'NR > 1 { print $1 }' | sort -n | tr '\n' ' ')" \
		"$(runc ps --format json one | jq -r 'map(tostring) | join(" ")') "
}

@test "containerd: eight containers at once" {
	local i pids=()
	for i in 1 2 3 4 5 6 7 8; do
		ctr "${RUN[@]}" --rm --null-io "$IMAGE" "c$i" sh -c "sleep 0.2; exit $((i + 10))" </dev/null &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6 7 8; do
		status=0
		wait "${pids[i - 1]}" || status=$?
		same "$status" "$((i + 10))"
	done
	same "$(ctr container ls -q)" ""
	all_gone
}
