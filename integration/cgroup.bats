# The program cgroup by hand: it shows what is in a cgroup and changes nothing.
# layouts: hybrid v1 v2

setup() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	CGROUP=${DAVIT_CGROUP:-$BATS_TEST_DIRNAME/../build/davit/cgroup}
	[ -x "$CGROUP" ] || skip "build/davit/cgroup is not built"
	NAME=davit-test-$$-$BATS_TEST_NUMBER-$RANDOM
	DIRS=$BATS_TEST_TMPDIR/made
	PIDS=$BATS_TEST_TMPDIR/pids
	: >"$DIRS"
	: >"$PIDS"
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		KIND=v2
	elif mountpoint -q /sys/fs/cgroup/unified; then
		KIND=hybrid
	else
		KIND=v1
	fi
}

teardown() {
	local pid dir i
	[ -n "${DIRS:-}" ] || return 0
	while read -r pid; do kill -9 "$pid" 2>/dev/null || true; done <"$PIDS"
	while read -r dir; do
		for i in 1 2 3 4 5 6 7 8 9 10; do
			[ ! -e "$dir/freezer.state" ] || echo THAWED >"$dir/freezer.state"
			rmdir "$dir" 2>/dev/null && break
			sleep 0.1
		done
	done <"$DIRS"
}

# dir CONTROLLER: the test's cgroup there, made when it is missing.
dir() {
	local d=/sys/fs/cgroup/$1/$NAME
	[ "$KIND" != v2 ] || d=/sys/fs/cgroup/$NAME
	if [ ! -d "$d" ]; then
		mkdir "$d" || return 1
		echo "$d" >>"$DIRS"
	fi
	echo "$d"
}

# inside CONTROLLER…: a process in these cgroups, its pid in $PID.
inside() {
	local c
	sleep 300 3>&- 4>&- &
	PID=$!
	echo "$PID" >>"$PIDS"
	for c in "$@"; do echo "$PID" >"$(dir "$c")/cgroup.procs"; done
}

@test "cgroup: usage" {
	for arguments in "" "stat" "procs" "stat a b" "limit /a" "--no-such"; do
		# shellcheck disable=SC2086
		run "$CGROUP" $arguments
		[ "$status" = 1 ]
		[ "$output" = "usage: cgroup stat PATH | cgroup procs PATH" ]
	done
}

@test "cgroup: a program of another build is refused in one sentence" {
	run "$CGROUP" build=0 stat /
	[ "$status" = 1 ]
	[[ "$output" == *"mixes programs of two builds"* ]]
}

@test "cgroup stat: a cgroup that is not there" {
	run "$CGROUP" stat "/$NAME"
	[ "$status" = 1 ]
	[ "$output" = "cgroup: no such cgroup: /$NAME" ]
}

@test "cgroup stat: nothing climbs out of the hierarchy" {
	run "$CGROUP" stat /../../../etc
	[ "$status" = 1 ]
	[ "$output" = "cgroup: no such cgroup: /../../../etc" ]
}

@test "cgroup stat: processes, directories and state as JSON" {
	inside pids memory cpuacct freezer
	"$CGROUP" stat "/$NAME" >"$BATS_TEST_TMPDIR/json"
	jq -e --arg kind "$KIND" '.version == $kind' "$BATS_TEST_TMPDIR/json"
	jq -e --argjson pid "$PID" '.processes == [$pid] and .frozen == false' "$BATS_TEST_TMPDIR/json"
	if [ "$KIND" = v2 ]; then
		jq -e --arg d "/sys/fs/cgroup/$NAME" '.cgroups == {"": $d}' "$BATS_TEST_TMPDIR/json"
	else
		jq -e --arg d "/sys/fs/cgroup/pids/$NAME" '.cgroups.pids == $d' "$BATS_TEST_TMPDIR/json"
	fi
}

@test "cgroup stat: frozen is told" {
	local d
	if [ "$KIND" = v2 ]; then
		d=$(dir "")
		echo 1 >"$d/cgroup.freeze"
	else
		d=$(dir freezer)
		echo FROZEN >"$d/freezer.state"
	fi
	run "$CGROUP" stat "$NAME"
	[ "$status" = 0 ]
	jq -e '.frozen and .processes == []' <<<"$output"
}

@test "cgroup procs: one pid a line" {
	inside pids
	local first=$PID
	inside pids
	run "$CGROUP" procs "/./$NAME//x/../"
	[ "$status" = 0 ]
	[ "$(sort -n <<<"$output")" = "$(printf '%s\n' "$first" "$PID" | sort -n)" ]
}

@test "cgroup: a closed or full output is an error" {
	dir pids
	run bash -c '"$0" stat "/$1" >/dev/full' "$CGROUP" "$NAME"
	[ "$status" = 1 ]
	[[ "$output" == *"no space left on device"* ]]
}

@test "cgroup: an ordinary user may look" {
	dir pids
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$CGROUP" procs "/$NAME"
	[ "$status" = 0 ] || [[ "$output" == *"ermission denied"* ]]
}
