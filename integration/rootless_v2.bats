# An ordinary user with limits: in a scope that systemd has given to the user, with its controllers.
# layouts: vm

load lib/common

setup() {
	in_vm || skip "for the virtual machine only"
	setup_bundle
	chown -R user:user "$T"
	as-user sleep 600 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	SLEEPER=$!
	echo "$SLEEPER of the test" >>"$T/processes.before"
	wait_for 10 find_scope $SLEEPER
	# Processes and limits are not in one group: commands in one below, the containers beside that.
	setpriv --reuid user --regid user --clear-groups sh -c "mkdir $SCOPE/commands && echo $SLEEPER >$SCOPE/commands/cgroup.procs"
	rm config.json
	as_user "$RUNC" spec --rootless
	edit --arg mark "$MARK" '.process.terminal = false | .process.args = ["true"] | .process.env += [$mark]'
}

teardown() {
	[ -z "$ID" ] || runc delete --force "$ID" >/dev/null 2>&1 || true
	[ -z "$SLEEPER" ] || kill "$SLEEPER" || true
	teardown_bundle
}

# as-user becomes systemd-run, which becomes what it runs, in the scope.
find_scope() {
	SCOPE=/sys/fs/cgroup$(cut -d : -f 3 "/proc/$1/cgroup")
	[[ $SCOPE == */user@1000.service/*.scope ]]
}

as_user() {
	sh -c 'echo $$ >"$0/commands/cgroup.procs" && exec setpriv --reuid user --regid user --clear-groups env \
		XDG_RUNTIME_DIR=/run/user/1000 "$@"' "$SCOPE" "$@"
}

runc() {
	as_user timeout -k 2 $((${LIMIT:-10} * SLOW)) "$RUNC" --root "$STATE" "$@" 3>&- 4>&-
}

# cgroup_of ID; value FILE
cgroup_of() { echo "/sys/fs/cgroup$(cut -d : -f 3 "/proc/$(pid_of "$1")/cgroup")"; }
value() { cat "$(cgroup_of "$ID")/$1"; }

@test "rootless v2: limits of memory, processes and cpu are set and in force" {
	edit '.linux.resources = {memory: {limit: 33554432, swap: 33554432}, pids: {limit: 20}, cpu: {shares: 512, quota: 50000, period: 100000}}'
	args sleep 300
	detached run -d "$ID"
	expect 0
	same "$(cgroup_of "$ID")" "$SCOPE/$ID"
	same "$(value memory.max) $(value memory.swap.max) $(value pids.max)" "33554432 0 20"
	same "$(value cpu.max)" "50000 100000"
	[ "$(value cpu.weight)" -lt 100 ]
	run runc exec "$ID" tail -c 100000000 /dev/zero
	expect 137
	run runc exec "$ID" sh -c 'for i in $(seq 30); do sleep 1 & done; wait'
	contains "$output" "can't fork"
}

@test "rootless v2: pause and resume, kill and delete remove the cgroup" {
	local cgroup
	args sleep 300
	edit '.linux.resources.pids.limit = 20'
	detached run -d "$ID"
	expect 0
	cgroup=$(cgroup_of "$ID")
	run runc pause "$ID"
	expect 0
	same "$(cat "$cgroup/cgroup.freeze")" 1
	same "$(status_of "$ID")" paused
	run runc resume "$ID"
	expect 0
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	run runc delete "$ID"
	expect 0
	[ ! -e "$cgroup" ]
	nothing_left
}

@test "rootless v2: a limit that the user's part of the tree has no controller for is refused, and nothing is left" {
	edit '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 2097152}]'
	refused 'hugetlb' run "$ID"
}
