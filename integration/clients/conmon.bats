# conmon, the monitor of podman and CRI-O, drives the runtime as those engines do.

load lib

setup() {
	needs_client conmon
	setup_bundle
	mkdir "$T/exits" "$T/sockets"
	edit '.process.env |= map(select(startswith("TERM") | not))'
}

# monitor DIR [FLAG…]: conmon with its files in DIR; it goes to the background when the runtime has answered.
# DIR/report has what it tells its engine: the pid or a negative number with a message; for exec also the status.
monitor() {
	local dir=$1
	shift
	mkdir -p "$dir"
	_OCI_SYNCPIPE=7 timeout -s KILL 60 conmon --cid "$ID" --cuuid "$(basename "$dir")" --name "$ID" --runtime "$RUNC" \
		--runtime-arg --root --runtime-arg "$STATE" \
		--runtime-arg --log --runtime-arg "$dir/oci-log" --runtime-arg --log-format --runtime-arg json \
		--container-pidfile "$dir/pid" --conmon-pidfile "$dir/conmon.pid" --log-path "k8s-file:$dir/log" \
		--exit-dir "$T/exits" --persist-dir "$dir" --socket-dir-path "$T/sockets" --no-sync-log --api-version 1 "$@" \
		</dev/null >"$dir/conmon.out" 2>&1 7>"$dir/report" 3>&- 4>&- || true
}

# created [FLAG…]: a container made by conmon.
created() {
	monitor "$T/main" --bundle "$BUNDLE" "$@"
	wait_for 10 grep -q . "$T/main/report"
	same "$(jq .data "$T/main/report")" "$(cat "$T/main/pid")"
	same "$(status_of "$ID")" created
}

# session FILTER [FLAG…]: a process of config.json, changed by FILTER, in the container.
session() {
	local filter=$1
	shift
	jq ".process | $filter" "$BUNDLE/config.json" >"$T/process.json"
	monitor "$T/session" --bundle "$T/session" --exec --exec-process-spec "$T/process.json" "$@"
	wait_for 10 grep -q . "$T/session/report"
}

# exited DIR: waits for the end and prints the status.
exited() {
	wait_for 10 test -s "$1/exit"
	cat "$1/exit"
}

# stream NAME LOG: what the log has of it, without time and tags; P is a part of a line.
stream() {
	awk -v name="$1" '$2 == name { line = $0; sub(/^[^ ]+ [^ ]+ [FP] /, "", line); printf "%s%s", line, $3 == "F" ? "\n" : "" }' "$2"
}

# attached DIR: what is on the terminal goes to $T/screen, what is written to fd 8 is typed.
attached() {
	mkfifo "$T/keys"
	exec 8<>"$T/keys"
	wait_for 5 test -S "$T/sockets/$(basename "$1")/attach"
	"$HELPERS/helper-attach" "$T/sockets/$(basename "$1")/attach" <&8 >"$T/screen" 2>&1 3>&- 4>&- 8>&- &
	BACKGROUND="$BACKGROUND $!"
}

on_screen() {
	wait_for 10 grep -q "$1" "$T/screen" || { cat "$T/screen" "$T"/*/log; return 1; }
}

@test "conmon: create, start, exit status and log; stdout and stderr apart" {
	sh_args 'echo to-out; echo to-err >&2; exit 5'
	created
	runc start "$ID"
	same "$(exited "$T/main")" 5
	same "$(cat "$T/exits/$ID")" 5
	same "$(stream stdout "$T/main/log")" to-out
	same "$(stream stderr "$T/main/log")" to-err
	same "$(status_of "$ID")" stopped
	runc delete "$ID"
	nothing_left
}

@test "conmon: why a container cannot be made reaches the engine" {
	args nonexistent
	monitor "$T/main" --bundle "$BUNDLE"
	wait_for 10 grep -q . "$T/main/report"
	same "$(jq .data "$T/main/report")" -1
	contains "$(jq -s -r '.[-1].msg' "$T/main/oci-log")" 'exec: "nonexistent": executable file not found in $PATH'
	same "$(jq -s length "$T/main/oci-log")" 1
	nothing_left
}

@test "conmon: a container killed by a signal" {
	args sleep 100
	created
	runc start "$ID"
	runc kill "$ID" KILL
	same "$(exited "$T/main")" 137
	runc delete "$ID"
	nothing_left
}

@test "conmon: delete --force of a running container ends conmon too" {
	args sleep 100
	created
	runc start "$ID"
	runc delete --force "$ID"
	same "$(exited "$T/main")" 137
	nothing_left
}

@test "conmon: many lines of output are in the log whole" {
	sh_args 'i=0; while [ $i -lt 20000 ]; do echo line-$i-0123456789012345678901234567890123456789; i=$((i+1)); done'
	created
	runc start "$ID"
	same "$(exited "$T/main")" 0
	same "$(stream stdout "$T/main/log" | grep -c '^line-')" 20000
	contains "$(tail -n 1 "$T/main/log")" line-19999-
	runc delete "$ID"
}

@test "conmon: stdin through the attach socket" {
	sh_args 'read word; echo "got $word"'
	created --stdin
	attached "$T/main"
	runc start "$ID"
	echo hello >&8
	same "$(exited "$T/main")" 0
	on_screen "got hello"
	same "$(stream stdout "$T/main/log")" "got hello"
	runc delete "$ID"
}

@test "conmon: attach with a terminal: type, resize, leave" {
	edit '.process.terminal = true'
	sh_args 'trap "stty size" WINCH; echo "at $(tty)"; while :; do read word && echo "<$word>"; [ "$word" != end ] || exit 3; done'
	created --terminal --stdin
	attached "$T/main"
	runc start "$ID"
	printf 'hello\r' >&8
	on_screen "<hello>"
	echo "1 33 77" >"$BUNDLE/ctl"
	on_screen "33 77"
	printf 'end\r' >&8
	same "$(exited "$T/main")" 3
	contains "$(stream stdout "$T/main/log")" "at /dev/pts/0"
	runc delete "$ID"
	nothing_left
}

@test "conmon: exec: exit status and log; stdout and stderr apart" {
	args sleep 100
	created
	runc start "$ID"
	session '.args = ["sh", "-c", "echo to-out; echo to-err >&2; exit 6"]'
	same "$(exited "$T/session")" 6
	wait_for 5 eval '[ "$(jq -s length "$T/session/report")" = 2 ]'
	same "$(jq -s '.[0].data' "$T/session/report")" "$(cat "$T/session/pid")"
	same "$(stream stdout "$T/session/log")" to-out
	same "$(stream stderr "$T/session/log")" to-err
	same "$(status_of "$ID")" running
	runc delete --force "$ID"
	nothing_left
}

@test "conmon: exec with a terminal: type, resize, leave" {
	args sleep 100
	created
	runc start "$ID"
	session '.terminal = true | .args = ["sh", "-c",
		"trap \"stty size\" WINCH; echo \"at $(tty)\"; while :; do read w && echo \"<$w>\"; [ \"$w\" != end ] || exit 4; done"]' \
		--terminal --stdin
	attached "$T/session"
	printf 'hello\r' >&8
	on_screen "<hello>"
	echo "1 22 66" >"$T/session/ctl"
	on_screen "22 66"
	printf 'end\r' >&8
	same "$(exited "$T/session")" 4
	contains "$(stream stdout "$T/session/log")" "at /dev/pts/0"
	runc delete --force "$ID"
	nothing_left
}

@test "conmon: exec of what is not there reaches the engine" {
	args sleep 100
	created
	runc start "$ID"
	session '.args = ["nonexistent"]'
	[ "$(jq -s '.[-1].data' "$T/session/report")" -lt 0 ]
	contains "$(jq -s -r '.[-1].msg' "$T/session/oci-log")" 'exec: "nonexistent": executable file not found in $PATH'
	same "$(status_of "$ID")" running
	runc delete --force "$ID"
	nothing_left
}

@test "conmon: a session that is killed, and one that ends with the container" {
	args sleep 100
	created
	runc start "$ID"
	session '.args = ["sleep", "90"]'
	kill -9 "$(cat "$T/session/pid")"
	same "$(exited "$T/session")" 137
	rm -r "$T/session"
	session '.args = ["sleep", "90"]'
	runc kill "$ID" KILL
	same "$(exited "$T/session")" 137
	same "$(exited "$T/main")" 137
	runc delete "$ID"
	nothing_left
}
