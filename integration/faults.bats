# Every system call of every program may fail, and every program be killed or stopped at it (integration/faults/sweep.bash).
# Here a sample, another one each time; `make faults` for all.
# layouts: hybrid

load lib/common
load faults/sweep

setup() { setup_faults; }

# Together within three minutes, if nobody gives more; VERBS: only these.
swept() {
	[ -z "$VERBS" ] || [[ " $VERBS " = *" $1 "* ]] || skip "not in VERBS"
	SWEEP_SECONDS=${SWEEP_SECONDS:-$((11 * SLOW))} sweep_verb "$1" >"$T/found" || { cat "$T/found"; return 1; }
	echo "# $(tail -n 1 "$T/found")" >&3
}

@test "faults: run" { swept run; }
@test "faults: run -d" { swept detached; }
@test "faults: create" { swept create; }
@test "faults: start" { swept start; }
@test "faults: exec" { swept exec; }
@test "faults: update" { swept update; }
@test "faults: pause" { swept pause; }
@test "faults: resume" { swept resume; }
@test "faults: kill" { swept kill; }
@test "faults: delete" { swept delete; }
@test "faults: delete --force" { swept force; }

@test "faults: a sweep whose helper fails, or that misses most of its points, has failed" {
	local POINT says real=$FAULT SWEEP_SECONDS=1000
	FAULT=$T/broken
	POINT="cgroup poll 1 ENOMEM"
	for says in 'echo hit >"$2"; echo level=error msg=x >&2; exit 1' 'echo hit >"$2"; kill -9 $$' 'exit 125' ': >"$2"; exit 0'; do
		printf '#!/bin/sh\n[ "$1" = hit ] || exec %q "$@"\n%s\n' "$real" "$says" >"$FAULT"
		chmod 755 "$FAULT"
		fails sweep_verb kill >"$T/found"
		contains "$(<"$T/found")" "the sweep itself failed at POINT='$POINT'"
	done
	FAULT=$real
	for POINT in "cgroup nosuch 1 ENOMEM" "cgroup poll 1 ENOSUCH" "cgroup poll 1 STOP:soon" "cgroup poll one ENOMEM" "cgroup poll 1"; do
		fails sweep_verb kill >"$T/found"
		contains "$(<"$T/found")" "the sweep itself failed at POINT='$POINT'"
	done
	POINT=$(printf '%s\n' "cgroup poll "{1..10}"000 ENOMEM")
	fails sweep_verb kill >"$T/found"
	contains "$(<"$T/found")" "10 of 10 points were not reached"
}

# found VERB POINT…: what a sweep has found once.
found() {
	local POINT bad= reached= said
	for POINT in "${@:2}"; do
		said=$(sweep_verb "$1") || bad=1
		echo "$said"
		[[ $said != *"not reached 0;"* ]] || reached=1
	done
	[ -z "$bad" ] && [ -n "$reached" ]
}

@test "faults: run that cannot wait any longer says so" {
	# One of these is in the foreground; the others belong to the creation.
	found run "run poll "{20..26}" ENOMEM"
}

@test "faults: a verb that cannot make itself undumpable says so" {
	found kill "runc prctl 1 EPERM" "kill prctl 1 EPERM"
}

@test "faults: a bounding set that cannot be read ends the creation" {
	found run "dmz prctl 6 EPERM" "dmz prctl 6 EIO"
	found exec "ns prctl 4 EPERM" "ns prctl 5 EPERM" "ns prctl 6 EPERM" "dmz prctl 6 ENOMEM"
}

@test "faults: only a file of passwords that is not there means no home" {
	found run "dmz openat 2 EIO" "dmz openat 2 EINTR" "dmz read 1 EIO" "dmz read 1 EINTR"
}

@test "faults: an update that is killed, or whose step is, leaves limits that the state has" {
	found update "cgroup sendmsg 1 KILL" "update write 3 KILL" "update renameat "{1..5}" KILL" "update sendmsg 1 KILL" \
		"cgroup poll 1 ENOMEM"
}

@test "faults: a tmpfs whose mode is that of a directory which cannot be looked at is not made" {
	found run "rootfs fstat "{52..56}" EIO"
}

@test "faults: a wait for the process that fails is told" {
	# The last poll of exec and run is the one that waits.
	found exec "exec poll "{9..13}" ENOMEM"
	found run "run poll "{14..24}" ENOMEM"
}
