# A step that is stopped and continued while it waits goes on: by a debugger, by SIGTSTP of a shell, by a frozen cgroup, by
# a machine that sleeps. The kernel restarts poll(2) by another system call, restart_syscall(2).

load lib/common

# stop_and_go PID…: each, and it has to be alive then and after.
stop_and_go() {
	local pid
	for pid; do
		kill -STOP "$pid"
		wait_for 5 grep -q '^State:.[Tt]' "/proc/$pid/status" || { cat "/proc/$pid/status"; return 1; }
		kill -CONT "$pid"
		sleep 0.1
		grep -q '^State:.[SR]' "/proc/$pid/status" || { echo "$(cat "/proc/$pid/comm") has ended"; return 1; }
	done
}

# steps PARENT: its children that have not ended.
steps() {
	local pid
	for pid in $(pgrep -P "$1"); do ! grep -qs '^State:.[RSD]' "/proc/$pid/status" || echo "$pid"; done
}

@test "stopped: the steps of a creation, while the first process mounts" {
	needs_strace
	local pid rootfs
	# SIGSTOP holds it at its first mount, until the others have been stopped and have gone on.
	strace -f -o "$T/trace" -e trace=move_mount -e inject=move_mount:signal=STOP:when=1 \
		"$RUNC" --root "$STATE" create "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 10 grep -q 'stopped by SIGSTOP' "$T/trace"
	rootfs=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$T/trace")
	same "$(cat "/proc/$rootfs/comm")" memfd:rootfs
	pid=$(pgrep -x create)
	wait_for 5 pgrep -x -P "$pid" cgroup >/dev/null
	stop_and_go "$(pgrep -x -P "$pid" cgroup)" "$pid"
	kill -CONT "$rootfs"
	wait_for 10 test ! -d "/proc/$pid"
	same "$(cat "$T/out")" ""
	same "$(status_of "$ID")" created
}

@test "stopped: the terminal's relay, and what watches a container" {
	local tty stats pid
	args sleep 1000
	edit '.process.terminal = true'
	timeout 60 script -qec "$(printf '%q ' "$RUNC" --root "$STATE" run "$ID")" "$T/typescript" >/dev/null 2>&1 </dev/null 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 is_running "$ID"
	wait_for 5 pgrep -x '(memfd:)?tty' >/dev/null
	stop_and_go $(pgrep -x '(memfd:)?tty')
	"$RUNC" --root "$STATE" events --interval 100ms "$ID" >"$T/events" 2>&1 3>&- 4>&- &
	pid=$!
	BACKGROUND="$BACKGROUND $pid"
	wait_for 5 grep -q stats "$T/events"
	stop_and_go $(steps "$pid")
	: >"$T/events"
	wait_for 5 grep -q stats "$T/events"
	runc kill "$ID" KILL
	wait_for 5 test ! -d "/proc/$pid"
}
