# runc ps: the processes of a container.
# layouts: hybrid v1 v2

load lib/common

# A container with three processes, whose host pids are in $PIDS, ascending.
three() {
	sh_args 'sleep 100001 & sleep 100002 & echo ready; wait'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q ready "$T/out"
	PIDS=$(children "$(pid_of "$ID")")
	same "$(wc -w <<<"$PIDS")" 3
}

# children PID: it and what it has started, ascending.
children() { { echo "$1"; cat "/proc/$1/task/$1/children" | tr ' ' '\n'; } | grep . | sort -n; }

json_of() { tr '\n' , <<<"$1" | sed 's/,$//; s/.*/[&]/'; }

# column OUTPUT: the second field of every line but the first.
column() { tail -n +2 <<<"$1" | awk '{ print $2 }' | sort -n; }

@test "ps: a table as ps -ef prints it, with the container's processes only" {
	three
	run runc ps "$ID"
	expect 0
	same "${lines[0]}" "$(ps -ef | head -n 1)"
	same "$(column "$output")" "$PIDS"
	contains "$output" "sleep 100001"
	contains "$output" "sleep 100002"
}

@test "ps: --format json is one line of pids" {
	three
	runc ps --format json "$ID" >"$T/json"
	same "$(cat "$T/json")" "$(json_of "$PIDS")"
	same "$(wc -l <"$T/json")" 1
	runc ps -f json "$ID" | cmp - "$T/json"
	runc ps --format=json "$ID" -o ignored | cmp - "$T/json"
}

@test "ps: a container that has ended: the header, or null" {
	detached run -d "$ID"
	wait_for 5 is_stopped "$ID"
	run runc ps "$ID"
	expect 0
	same "$output" "$(ps -ef | head -n 1)"
	same "$(runc ps --format json "$ID" | od -c | head -n 1)" "$(printf 'null\n' | od -c | head -n 1)"
	newer "1.1.5 fails"
	# Somebody has removed its cgroup, too.
	find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} +
	same "$(runc ps --format json "$ID")" null
}

@test "ps: a created and a paused container" {
	args sleep 100
	detached create "$ID"
	same "$(runc ps -f json "$ID")" "[$(pid_of "$ID")]"
	runc start "$ID"
	runc pause "$ID"
	same "$(runc ps -f json "$ID")" "[$(pid_of "$ID")]"
	run runc ps "$ID"
	expect 0 "sleep 100"
	runc resume "$ID"
}

@test "ps: options go to ps as they are, wherever the column is" {
	three
	run runc ps "$ID" -o comm,pid,ppid
	expect 0
	same "${lines[0]}" "$(ps -o comm,pid,ppid -p 1 | head -n 1)"
	same "$(runc ps "$ID" aux | awk 'NR > 1 { print $2 }' | sort -n)" "$PIDS"
	same "$(runc ps "$ID" -e -o pid,args --no-headers 2>&1 | grep -c "find PID")" 1
	run runc ps "$ID" -eo pid --sort=-pid
	expect 0
	same "$(tail -n +2 <<<"$output" | tr -d ' ')" "$(sort -rn <<<"$PIDS")"
}

@test "ps: errors in runc's words" {
	refused "container does not exist" ps nosuch
	three
	run runc ps "$ID" -o comm
	expect 1 "couldn't find PID field in ps output"
	lacks "$output" COMMAND
	run runc ps "$ID" --no-such-option
	expect 1 "exit status 1: error: " "Usage:"
	run runc ps --format xml "$ID"
	expect 1 "invalid format option"
	run timeout 10 env PATH=/nonexistent "$RUNC" --root "$STATE" ps "$ID"
	expect 1 'exec: "ps": executable file not found in $PATH'
	run runc ps
	expect 1 '"ps" requires a minimum of 1 argument'
}

# A ps in $T/bin that does SCRIPT.
fake_ps() {
	mkdir -p "$T/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$T/bin/ps"
	chmod 755 "$T/bin/ps"
}

# with_fake ARGUMENT…: runc with that in front of PATH.
with_fake() { PATH=$T/bin:$PATH runc "$@"; }

@test "ps: the caller's ps, with the caller's environment and no descriptor of ours" {
	newer "1.1.5 hands its own on"
	three
	export PS_TEST=inherited
	fake_ps 'echo "PID $PS_TEST $# $1 $(wc -c) $(ls /proc/self/fd | wc -l)"'
	run with_fake ps "$ID" "two words"
	expect 0
	same "$output" "PID inherited 1 two words 0 4" # and ls has the directory open
	run with_fake ps "$ID" "two words" 7</dev/null 8<"$T" # nor one of the caller's
	same "$output" "PID inherited 1 two words 0 4"
	fake_ps 'echo PID; ls -l /proc/self/fd >&2; exit 9'
	run with_fake ps "$ID"
	expect 1 "exit status 9: PID" "/dev/null"
	lacks "$output" memfd
	lacks "$output" socket
}

@test "ps: a ps that is killed, that prints nothing, that does not end its last line" {
	three
	fake_ps 'echo PID; kill -9 $$'
	run with_fake ps "$ID"
	expect 1 "signal" "PID"
	fake_ps 'printf "ps: \033[31m\177red\n"; exit 1'
	run with_fake ps "$ID"
	expect 1 'exit status 1: ps: ?[31m?red'
	fake_ps 'exit 0'
	run with_fake ps "$ID"
	expect 1 "couldn't find PID field in ps output"
	fake_ps "printf 'X PID\n\nx $(head -n 1 <<<"$PIDS")'"
	run with_fake ps "$ID"
	expect 0
	same "$output" $'X PID\nx '"$(head -n 1 <<<"$PIDS")"
}

@test "ps: lines of any length and any bytes pass unchanged" {
	newer "1.1.5 takes other blanks for separators, too"
	three
	local pid
	pid=$(head -n 1 <<<"$PIDS")
	fake_ps "printf ' PID WHAT\n%s \033[31m\001\377' $pid; head -c 3000000 /dev/zero | tr '\0' y; printf '\n1 not this\n  %s last\n' $pid"
	with_fake ps "$ID" >"$T/table"
	{ printf ' PID WHAT\n%s \033[31m\001\377' "$pid"; head -c 3000000 /dev/zero | tr '\0' y; printf '\n  %s last\n' "$pid"; } |
		cmp - "$T/table"
	fake_ps "printf 'WHAT PID\n'; head -c 100000 /dev/zero | tr '\0' y; printf ' %s\n' $pid"
	run with_fake ps "$ID"
	expect 1 'WHAT PID' "unable to parse pid"
}

@test "ps: by hand: only a column of that name, and only what can be a pid" {
	newer "only for davit"
	table() { printf "$1" | "$LIBEXEC/pstable" 5 12; }
	run table 'PPID PID\n5 7\n7 5\n'
	same "$output" $'PPID PID\n7 5'
	run table 'PID\n4194305\n99999999999999\n18446744073709551615\n5 last\n'
	expect 0
	same "$output" $'PID\n5 last'
	# No more of a line is kept than 64 KiB, and the rest of a number is none.
	run table "PID\n$(printf '%65534s' '')123\n"
	expect 1 'unable to parse pid: strconv.Atoi: parsing "12": invalid syntax'
}

@test "ps: a reader that goes away" {
	three
	fake_ps "echo PID; while echo $(head -n 1 <<<"$PIDS"); do :; done"
	run bash -c '{ PATH=$0/bin:$PATH timeout 10 "$1" --root "$2" ps "$3" 2>&1 >&5 | cat >&2; } 5>&1 | head -n 3' \
		"$T" "$RUNC" "$STATE" "$ID"
	expect 0
	wait_for 5 eval "! pgrep -f '$T/bin/ps' >/dev/null"
}

@test "ps: a process of exec, and those in cgroups below the container's" {
	local d pid
	three
	"$RUNC" --root "$STATE" exec -d "$ID" sleep 100003 </dev/null >/dev/null 2>&1 3>&- 4>&-
	same "$(runc ps -f json "$ID" | jq length)" 4
	pid=$(runc ps "$ID" | awk '/sleep 100003/ { print $2 }')
	for d in $(find /sys/fs/cgroup -type d -name "$ID"); do
		mkdir -p "$d/a/b c"
		[ ! -e "$d/cpuset.cpus" ] || for d in "$d/a" "$d/a/b c"; do
			cat "$d/../cpuset.cpus" >"$d/cpuset.cpus"
			cat "$d/../cpuset.mems" >"$d/cpuset.mems"
		done
	done
	for d in $(find /sys/fs/cgroup -type d -name "$ID"); do echo "$pid" >"$d/a/b c/cgroup.procs"; done
	same "$(runc ps -f json "$ID")" "$(json_of "$(printf '%s\n' $PIDS "$pid" | sort -n)")"
	run runc ps "$ID"
	expect 0 "sleep 100003" "sleep 100001"
}

@test "ps: a process that has left one hierarchy's cgroup is still one of the container's" {
	newer "1.1.5 looks at one hierarchy"
	[ "$LAYOUT" != v2 ] || skip "v2 has one"
	local pid
	three
	pid=$(tail -n 1 <<<"$PIDS")
	echo "$pid" >/sys/fs/cgroup/pids/cgroup.procs
	same "$(runc ps -f json "$ID")" "$(json_of "$PIDS")"
	echo "$pid" >/sys/fs/cgroup/devices/cgroup.procs
	same "$(runc ps -f json "$ID")" "$(json_of "$PIDS")"
}

@test "ps: a threaded cgroup: its processes are those of the domain" {
	[ "$LAYOUT" = v2 ] || skip "v2 only"
	local d pid
	three
	d=$(find /sys/fs/cgroup -type d -name "$ID")
	pid=$(tail -n 1 <<<"$PIDS")
	mkdir "$d/t"
	echo threaded >"$d/t/cgroup.type"
	echo "$pid" >"$d/t/cgroup.threads"
	same "$(runc ps -f json "$ID")" "$(json_of "$PIDS")"
}

@test "ps: containers that share a pid namespace have each its own processes" {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	three
	args sleep 100004
	detached run -d "$ID-b"
	expect 0
	same "$(runc ps -f json "$ID")" "$(json_of "$PIDS")"
	same "$(runc ps -f json "$ID-b")" "[$(pid_of "$ID-b")]"
}

@test "ps: three thousand processes" {
	sh_args 'i=0; while [ $i -lt 3000 ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait'
	detached run -d "$ID"
	LIMIT=60
	wait_for 60 grep -q ready "$T/out"
	same "$(runc ps -f json "$ID" | jq 'length, (unique | length), (. == sort)' | tr '\n' ' ')" "3001 3001 true "
	same "$(runc ps "$ID" | wc -l)" 3002
	runc delete --force "$ID"
	nothing_left
}

@test "ps: what processes call themselves makes no other lines" {
	three
	runc exec -d "$ID" sh -c $'sleep 100005; : "x\n0 1 0 0 0 ? 0 fake"' </dev/null >/dev/null 2>&1
	run runc ps "$ID"
	expect 0 fake
	same "$(grep -c '^0 1 0' <<<"$output")" 0
}

@test "ps: a caller without the right to the cgroup is told what it may be" {
	newer "1.1.5 says it every time"
	[ "$(id -u)" = 0 ] || skip "needs root"
	args sleep 100
	detached run -d "$ID"
	# A cgroup step that may not read: without CAP_DAC_OVERRIDE root is like any other.
	local d
	for d in $(find /sys/fs/cgroup -type d -name "$ID"); do chown 65534 "$d"; chmod 700 "$d"; done
	run setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search \
		timeout 10 "$RUNC" --root "$STATE" ps "$ID" 3>&- 4>&-
	expect 1 "runc ps failure might be caused by lack of full access to cgroups" \
		"unable to get all container pids: " "permission denied"
	for d in $(find /sys/fs/cgroup -type d -name "$ID"); do chmod 755 "$d"; chown 0 "$d"; done
}
