# docker drives the runtime: what becomes of a container and of the processes in it.

load docker

@test "docker: the runtime is the one under test" {
	same "$(docker info --format '{{.DefaultRuntime}} {{(index .Runtimes "davit").Path}}')" "davit $RUNC"
}

@test "docker: run --rm: true and false" {
	run docker "${RUN[@]}" --rm "$IMAGE" true
	expect 0
	same "$output" ""
	run docker "${RUN[@]}" --rm "$IMAGE" false
	expect 1
	same "$output" ""
	same "$(docker ps -aq)" ""
	all_gone
}

@test "docker: exit status, stdout and stderr" {
	status=0
	docker "${RUN[@]}" --rm "$IMAGE" sh -c 'echo to-out; echo to-err >&2; exit 42' >"$T/out" 2>"$T/err" || status=$?
	same "$status" 42
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
	all_gone
}

@test "docker: 127 for a program that is not there, 126 for one that cannot be executed" {
	run docker "${RUN[@]}" --rm "$IMAGE" nonexistent
	expect 127 'exec: "nonexistent": executable file not found in $PATH'
	run docker "${RUN[@]}" --rm "$IMAGE" /etc
	expect 126
	run docker "${RUN[@]}" --rm "$IMAGE" /etc/passwd
	expect 126 "permission denied"
	all_gone
}

@test "docker: stdin" {
	on_pipe() { echo hello | docker "${RUN[@]}" --rm -i "$IMAGE" cat; }
	run on_pipe
	expect 0
	same "$output" hello
}

@test "docker: 20 MB of output" {
	same "$(docker "${RUN[@]}" --rm --log-driver none "$IMAGE" head -c 20000000 /dev/zero | wc -c)" 20000000
	all_gone
}

@test "docker: a container in the background: logs, wait, rm" {
	in_background one sh -c 'echo to-out; echo to-err >&2; exit 5'
	same "$(docker wait one)" 5
	same "$(docker logs one 2>/dev/null)" to-out
	same "$(docker logs one 2>&1 >/dev/null)" to-err
	same "$(exit_code one)" 5
	docker rm one
	all_gone
}

@test "docker: stop with a signal that is heard, start again, restart, rm --force" {
	in_background one sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for 10 sees ready docker logs one
	docker stop --time 10 one
	container_is one exited
	same "$(exit_code one)" 9
	docker start one
	container_is one running
	local pid
	pid=$(docker inspect --format '{{.State.Pid}}' one)
	docker restart --time 10 one
	container_is one running
	[ "$(docker inspect --format '{{.State.Pid}}' one)" != "$pid" ]
	docker rm --force one
	all_gone
}

@test "docker: stop kills what does not hear" {
	in_background one sleep 100
	docker stop --time 1 one
	same "$(exit_code one)" 137
}

@test "docker: a restart policy" {
	docker "${RUN[@]}" -d --name one --restart on-failure:2 "$IMAGE" sh -c 'echo again; exit 3' >/dev/null
	wait_for 15 eval '[ "$(docker inspect --format "{{.RestartCount}} {{.State.Status}}" one)" = "2 exited" ]'
	same "$(docker logs one)" $'again\nagain\nagain'
	same "$(exit_code one)" 3
	docker rm one
	all_gone
}

@test "docker: kill" {
	in_background one sleep 100
	docker kill one
	wait_for 10 container_is one exited
	same "$(exit_code one)" 137
	in_background two sh -c 'trap "exit 21" HUP; echo ready; while :; do sleep 0.1; done'
	wait_for 10 sees ready docker logs two
	docker kill --signal HUP two
	same "$(docker wait two)" 21
}

# docker tells a terminal's size when the program already runs.
SIZED='n=0; until stty size | grep -v "^0 0"; do n=$((n + 1)); [ $n -lt 50 ] || break; sleep 0.1; done 2>/dev/null'

@test "docker: a terminal" {
	on_terminal ready 'hello\r' "${RUN[@]}" --rm -it "$IMAGE" \
		sh -c 'tty; echo ready; read word; echo "<$word>"; '"$SIZED"'; exit 3'
	expect 3 /dev/pts/0 "<hello>" "40 100"
	all_gone
}

@test "docker: a shell on a terminal is interrupted and left" {
	on_terminal ready '\003echo $((6*7))-answer\rexit 6\r' "${RUN[@]}" --rm -it "$IMAGE" sh -c 'echo ready; exec sh'
	expect 6 42-answer
}

@test "docker: exec: exit status and output, user, directory, environment, stdin" {
	in_background one sleep 100
	status=0
	docker exec one sh -c 'echo to-out; echo to-err >&2; exit 7' >"$T/out" 2>"$T/err" || status=$?
	same "$status" 7
	same "$(cat "$T/out")" to-out
	same "$(cat "$T/err")" to-err
	run docker exec --user 1234:4321 --workdir /tmp --env A=1 one sh -c 'echo "$(id -u) $(id -g) $PWD $A"'
	expect 0
	same "$output" "1234 4321 /tmp 1"
	on_pipe() { echo hello | docker exec -i one cat; }
	run on_pipe
	expect 0
	same "$output" hello
	docker rm --force one
	all_gone
}

@test "docker: exec of what is not there and of what cannot be executed" {
	in_background one sleep 100
	run docker exec one nonexistent
	expect 126 'exec: "nonexistent": executable file not found in $PATH'
	run docker exec one /etc/passwd
	expect 126 "permission denied"
	run docker exec one true
	expect 0
}

@test "docker: exec with a terminal" {
	in_background one sleep 100
	on_terminal ready 'hello\r' exec -it one sh -c 'tty; echo ready; read word; echo "<$word>"; '"$SIZED"'; exit 4'
	expect 4 /dev/pts/0 "<hello>" "40 100"
}

@test "docker: exec in the background" {
	in_background one sleep 100
	docker exec -d one sh -c 'echo done >/file; exec sleep 90'
	wait_for 10 sees done docker exec one cat /file
	docker rm --force one
	all_gone
}

@test "docker: pause and unpause" {
	in_background one sh -c 'while :; do echo >>/ticks; sleep 0.02; done'
	local file before
	file=/proc/$(docker inspect --format '{{.State.Pid}}' one)/root/ticks
	wait_for 10 test -s "$file"
	docker pause one
	container_is one paused
	before=$(stat -c %s "$file")
	sleep 0.3
	same "$(stat -c %s "$file")" "$before"
	run docker exec one true
	expect 1 "is paused"
	docker unpause one
	container_is one running
	wait_for 5 eval "[ \$(stat -c %s $file) -gt $before ]"
	docker exec one true
	docker pause one
	docker rm --force one
	all_gone
}

@test "docker: update" {
	needs_verb update
	needs_controller memory
	docker "${RUN[@]}" -d --name one --memory 50m --memory-swap 50m "$IMAGE" sleep 100 >/dev/null
	docker update --memory 60m --memory-swap 60m --cpus 0.25 --pids-limit 30 one
	same "$(docker exec one sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max')" \
		$'62914560\n25000\n30'
}

@test "docker: top" {
	needs_verb ps
	in_background one sleep 98765
	run docker top one
	expect 0 "sleep 98765"
	run docker top one -o pid,comm
	expect 0 sleep
}

@test "docker: what is left in the host's pid namespace ends with the container" {
	docker "${RUN[@]}" -d --name one --pid host "$IMAGE" sh -c 'sleep 98764 & exec sleep 98763' >/dev/null
	docker rm --force one
	all_gone
}

@test "docker: a health check" {
	docker "${RUN[@]}" -d --name one --health-cmd 'test -e /healthy' --health-interval 1s --health-retries 1 "$IMAGE" \
		sh -c 'sleep 2; touch /healthy; exec sleep 100' >/dev/null
	wait_for 10 eval '[ "$(docker inspect --format "{{.State.Health.Status}}" one)" = healthy ]'
	docker rm --force one
	all_gone
}

@test "docker: six containers at once" {
	local i pids=()
	for i in 1 2 3 4 5 6; do
		docker "${RUN[@]}" --rm "$IMAGE" sh -c "sleep 0.2; exit $((i + 10))" &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6; do
		status=0
		wait "${pids[i - 1]}" || status=$?
		same "$status" "$((i + 10))"
	done
	all_gone
}
