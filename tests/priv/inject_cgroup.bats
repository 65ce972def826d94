# layouts: hybrid v1 v2
# The program cgroup, taken over when it knows which cgroups are the container's: it can write these, and no other.

load ../../integration/lib/common
load inject

setup() {
	setup_injection
	setup_bundle
	args sleep 100
	edit --arg path "/$ID/own" '.linux.cgroupsPath = $path'
	local top
	TOPS=
	for top in /sys/fs/cgroup/*; do
		[ ! -e "$top/cgroup.procs" ] || [ -L "$top" ] || TOPS="$TOPS $top"
	done
	[ ! -e /sys/fs/cgroup/cgroup.procs ] || TOPS=/sys/fs/cgroup
	# The root of a hierarchy and a cgroup of somebody else.
	for top in $TOPS; do mkdir "$top/$ID-other"; done
}

teardown() {
	local top
	cd / || return 1
	[ ! -e "$STATE/$ID" ] || runc delete --force "$ID" </dev/null || true
	for top in $TOPS; do rmdir "$top/$ID" "$top/$ID-other" 2>/dev/null || true; done
	teardown_bundle
}

WRITE=x:0100000000000000

# others MODE AT NUMBER COMMAND…: no file of another cgroup can be opened for writing, in any hierarchy; own ones can.
others() {
	local mode=$1 top file calls=()
	local at=("$2" "$3")
	shift 3
	for top in $TOPS; do
		for file in release_agent notify_on_release cgroup.procs cgroup.subtree_control "$ID-other/cgroup.procs" "$ID-other/notify_on_release" \
			"$ID-other/cgroup.freeze" "$ID-other/freezer.state" "$ID-other/memory.limit_in_bytes" "$ID/cgroup.procs" "$ID-other/devices.allow"; do
			[ ! -e "$top/$file" ] || calls+=("openat2 $CWD s:$top/$file $WRITE 24")
		done
	done
	[ "${#calls[@]}" -gt 2 ]
	calls+=("openat2 $CWD s:$T/secret $WRITE 24" "openat2 $CWD s:$T/secret x:00 24")
	inject "cgroup:$mode" at "${at[@]}" "${calls[@]}" -- "$@"
	same "$mode $(sort -u <<<"$output")" "$mode openat2: EACCES"
	same "$(wc -l <<<"$output")" "${#calls[@]}"
}

@test "inject: cgroup writes to the container's own cgroups only: create" {
	has_landlock 1
	others create recvmsg 2 "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	local own call
	own=${TOPS##* }/$ID/own
	inject cgroup:create at recvmsg 2 "openat2 $CWD s:$own/cgroup.procs $WRITE 24" "mkdirat $CWD s:$own/below 0755" \
		"bpf 5 x:00 128" -- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	[[ $output =~ ^openat2:\ [0-9]+.mkdirat:\ EACCES.bpf:\ E[A-Z0-9]+$ ]] || { echo "$output"; return 1; }
	# BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE, BPF_OBJ_PIN, BPF_MAP_CREATE
	for call in "bpf 17 x:00 16" "bpf 28 x:00 16" "bpf 6 x:00 16" "bpf 0 x:00 16" "bpf 0x100000011 x:00 16" "unlinkat $CWD s:$own 0x200" \
		"fchmodat $CWD s:$T/secret 0666" "fchownat $CWD s:$T/secret 1 1 0" "pidfd_open 1 0" "kill 1 0" "openat $CWD s:$T/secret $WRONLY" \
		"socket 1 1 0" "execve s:/bin/true 0 0"; do
		inject cgroup:create at recvmsg 2 "$call" -- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
		same "$call $output" "$call ${call%% *}: killed"
	done
}

# killed_in MODE AT NUMBER COMMAND… with the calls in $CALLS, one a line.
killed_in() {
	local mode=$1 at=("$2" "$3") call
	shift 3
	while read -r call; do
		inject "cgroup:$mode" at "${at[@]}" "$call" -- "$@"
		same "$mode $call $output" "$mode $call ${call%% *}: killed"
	done <<<"$CALLS"
}

@test "inject: cgroup writes to the container's own cgroups only: join, limits, freeze, kill and remove" {
	has_landlock 1
	background run "$ID"
	wait_for 10 is_running "$ID"
	CALLS="bpf 5 x:00 128
mkdirat $CWD s:/sys/fs/cgroup/x 0755
fchmodat $CWD s:$T/secret 0666"
	others join recvmsg 1 "$RUNC" --root "$STATE" exec "$ID" true
	killed_in join recvmsg 1 "$RUNC" --root "$STATE" exec "$ID" true
	if [ "$LAYOUT" != v2 ] || grep -qw pids /sys/fs/cgroup/cgroup.controllers; then
		others update recvmsg 1 "$RUNC" --root "$STATE" update --pids-limit 100 "$ID"
		killed_in update recvmsg 1 "$RUNC" --root "$STATE" update --pids-limit 100 "$ID"
	fi
	others freeze write 1 "$RUNC" --root "$STATE" pause "$ID"
	runc resume "$ID" 2>/dev/null || true # it was killed before its first write
	runc pause "$ID"
	others thaw write 1 "$RUNC" --root "$STATE" resume "$ID"
	runc resume "$ID"
	others procs write 1 "$RUNC" --root "$STATE" ps "$ID"
	is_running "$ID"
	runc kill "$ID" KILL
	wait_for 10 test ! -e "$STATE/$ID"
}

# A cgroup below its own: else the conductor removes the container's, and the program is not needed.
create_with_cgroup_below() {
	runc create "$ID" </dev/null >/dev/null 2>&1
	mkdir "${TOPS##* }/$ID/own/below"
}

@test "inject: cgroup remove takes away nothing with processes in it, and writes to nobody" {
	has_landlock 1
	create_with_cgroup_below
	others remove unlinkat 1 "$RUNC" --root "$STATE" delete --force "$ID"
	CALLS="unlinkat $CWD s:$T/secret 0
fchmodat $CWD s:$T/secret 0666
pidfd_send_signal 1 9 0 0
bpf 9 x:00 16"
	runc delete --force "$ID"
	while read -r call; do
		create_with_cgroup_below
		inject cgroup:remove at unlinkat 1 "$call" -- "$RUNC" --root "$STATE" delete --force "$ID"
		same "$output" "${call%% *}: killed"
		runc delete --force "$ID"
	done <<<"$CALLS"
}

@test "inject: cgroup kill sends SIGKILL and no other signal, and cannot touch other cgroups" {
	has_landlock 1
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	detached create "$ID"
	others kill write 1 "$RUNC" --root "$STATE" kill "$ID" KILL
	detached delete --force "$ID"
	detached create "$ID"
	inject cgroup:kill at write 1 "pidfd_open $$ 0" "pidfd_send_signal r 15 0 0" -- "$RUNC" --root "$STATE" kill "$ID" KILL
	[[ $output == "pidfd_open: "*"pidfd_send_signal: killed" ]] || { echo "$output"; return 1; }
	detached delete --force "$ID"
}

@test "inject: cgroup create gives away the container's own cgroup and no other" {
	in_v2 || skip "only v2 gives a cgroup away"
	has_landlock 1
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]
		| .mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}]'
	local other=$TOPS/$ID-other
	inject cgroup:create at recvmsg 2 "openat2 $CWD s:$other/cgroup.procs x:00 24" "fchown r 1 -1" "openat2 $CWD s:$other x:00 24" "fchown r 1 -1" \
		-- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	same "$(sed 's/: [0-9]*$/: fine/' <<<"$output")" "openat2: fine
fchown: EPERM
openat2: fine
fchown: EPERM"
	same "$(stat -c %u "$other" "$other/cgroup.procs" | xargs)" "0 0"
	# What it is for goes on.
	runc create "$ID" </dev/null >/dev/null 2>&1
	same "$(stat -c %u "$TOPS/$ID/own" "$TOPS/$ID/own/cgroup.procs" "$TOPS/$ID/own/cgroup.events" | xargs)" "100000 100000 0"
}
