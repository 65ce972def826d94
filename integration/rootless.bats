# An ordinary user: no root, no helper with set-id bits. The tests become user 31337 with setpriv.

load lib/common

UIDN=31337

setup() {
	[ "$(id -u)" = 0 ] || skip "run as root, which becomes another user"
	setpriv --reuid $UIDN --regid $UIDN --clear-groups unshare -U true 2>/dev/null ||
		skip "this machine does not let ordinary users make user namespaces"
	setup_bundle
	HOMEDIR=$T/user
	mkdir -m 755 "$HOMEDIR"
	cp -a "$ROOTFS" "$HOMEDIR/rootfs"
	chown -R $UIDN:$UIDN "$HOMEDIR"
	STATE=$HOMEDIR/state
	# Every directory above must let the user through, the programs too.
	local d=$RUNC
	while d=$(dirname "$d"); [ "$d" != / ]; do
		as_user test -x "$d" || skip "an ordinary user cannot reach $RUNC because of $d"
	done
	BUNDLE=$HOMEDIR
	ROOTFS=$HOMEDIR/rootfs
	cd "$HOMEDIR"
	as_user "$RUNC" spec --rootless
	chown $UIDN config.json
	edit --arg mark "$MARK" '.process.terminal = false | .process.args = ["true"] | .process.env += [$mark]'
	chown $UIDN:$UIDN config.json
}

as_user() {
	setpriv --reuid $UIDN --regid $UIDN --clear-groups env -u XDG_RUNTIME_DIR HOME="$HOMEDIR" "$@" 3>&- 4>&-
}

runc() {
	as_user timeout -k 2 "${LIMIT:-10}" "$RUNC" --root "$STATE" "$@"
}

@test "rootless: run works, root inside is the user outside" {
	sh_args 'id -u; id -g; cat /proc/self/uid_map; touch /tmp/x 2>/dev/null; exit 5'
	run runc run "$ID"
	expect 5
	same "${lines[0]} ${lines[1]}" "0 0"
	contains "$(tr -s ' ' <<<"$output")" "0 $UIDN 1"
	nothing_left
}

@test "rootless: create, state, start, kill, list, delete" {
	args sleep 100
	detached create "$ID"
	expect 0
	same "$(status_of "$ID")" created
	run runc start "$ID"
	expect 0
	same "$(status_of "$ID")" running
	same "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "/proc/$(pid_of "$ID")/status")" "$UIDN $UIDN $UIDN $UIDN"
	same "$(runc list -q)" "$ID"
	run runc kill "$ID" KILL
	expect 0
	wait_for 5 is_stopped "$ID"
	run runc delete "$ID"
	expect 0
	nothing_left
}

@test "rootless: delete --force" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "rootless: without --root, in XDG_RUNTIME_DIR" {
	mkdir "$HOMEDIR/xdg"
	chown $UIDN:$UIDN "$HOMEDIR/xdg"
	args sleep 100
	as_user env XDG_RUNTIME_DIR="$HOMEDIR/xdg" timeout 10 "$RUNC" run -d "$ID" </dev/null >"$T/out" 2>&1
	[ -d "$HOMEDIR/xdg/runc/$ID" ]
	same "$(stat -c %a "$HOMEDIR/xdg/runc")" 1700
	as_user env XDG_RUNTIME_DIR="$HOMEDIR/xdg" timeout 10 "$RUNC" delete --force "$ID"
	[ ! -d "$HOMEDIR/xdg/runc/$ID" ]
}

@test "rootless: without XDG_RUNTIME_DIR, and with one that cannot be written, the message says what to set" {
	newer "words"
	run unshare -m sh -c 'mount -t tmpfs -o mode=755 none /run && exec "$@"' sh \
		setpriv --reuid $UIDN --regid $UIDN --clear-groups env -u XDG_RUNTIME_DIR "$RUNC" run "$ID"
	expect 1 "/run/runc: permission denied" "set XDG_RUNTIME_DIR to a directory of your own, or give --root"
	run unshare -m sh -c 'mount -t tmpfs -o mode=755 none /run && mkdir -m 700 /run/runc && exec "$@"' sh \
		setpriv --reuid $UIDN --regid $UIDN --clear-groups env XDG_RUNTIME_DIR= "$RUNC" run "$ID"
	expect 1 "open /run/runc: permission denied: set XDG_RUNTIME_DIR to a directory of your own, or give --root"
	mkdir -m 700 "$T/root-only"
	run as_user env XDG_RUNTIME_DIR="$T/root-only" "$RUNC" run "$ID"
	expect 1 'the path in $XDG_RUNTIME_DIR must be writable by the user' "mkdir $T/root-only/runc: permission denied"
}

@test "rootless: --rootless true, auto and false, and a word that is none leaves nothing" {
	local word
	args true
	for word in true auto 1 ""; do
		run runc --rootless "$word" run "$ID"
		expect 0
	done
	refused 'parsing \\"yes\\": invalid syntax' --rootless yes run "$ID"
	refused 'parsing \\"yes\\": invalid syntax' --rootless yes create "$ID"
	# Then a cgroup that cannot be made is an error.
	find /sys/fs/cgroup -maxdepth 2 -type d -user $UIDN | grep -q . && skip "this user has cgroups"
	edit '.linux.resources.pids.limit = 10'
	refused 'cgroup.*permission denied' --rootless false run "$ID"
	refused 'cgroup.*permission denied' --rootless true run "$ID"
	nothing_left
}

@test "rootless: masks, devices, read-only root, capabilities and new privileges as for root" {
	sh_args 'ls -l /dev/null; wc -c </proc/keys; touch /x; grep -E "^(NoNewPrivs|CapBnd|Seccomp_filters)" /proc/self/status'
	run runc run "$ID"
	contains "$output" "1,   3"
	contains "$output" "Read-only file system"
	contains "$output" $'NoNewPrivs:\t1'
	contains "$output" $'CapBnd:\t0000000020000420'
	contains "$output" $'Seccomp_filters:\t0'
}

@test "rootless: bind mounts of the user's files; those it cannot read are refused" {
	echo mine >"$HOMEDIR/file"
	chown $UIDN "$HOMEDIR/file"
	edit --arg s "$HOMEDIR/file" '.mounts += [{source: $s, destination: "/mnt", type: "bind", options: ["bind", "ro"]}]'
	touch "$ROOTFS/mnt"
	args cat /mnt
	run runc run "$ID"
	expect 0 mine
	mkdir -m 700 "$T/root-only"
	echo secret >"$T/root-only/file"
	edit --arg s "$T/root-only/file" '.mounts[-1].source = $s'
	refused 'permission denied' create "$ID"
}

@test "rootless: no user namespace, or additional groups, is refused" {
	local keep
	keep=$(cat config.json)
	edit '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	refused 'rootless container requires user namespaces' create "$ID"
	echo "$keep" >config.json
	edit '.process.user.additionalGids = [5]'
	refused 'additional groups in a rootless container|cannot set any additional groups' create "$ID"
}

@test "rootless: ids that are not the user's cannot be mapped" {
	edit '.linux.uidMappings[0].hostID = 0'
	refused '' create "$ID"
	edit '.linux.uidMappings[0] = {containerID: 0, hostID: 31337, size: 1000}'
	refused '' create "$ID"
}

@test "rootless: id-mapped mounts are refused, with the mapping of the container and with their own" {
	newer "not in 1.1.5"
	mkdir "$HOMEDIR/src"
	edit --arg s "$HOMEDIR/src" '.mounts += [{source: $s, destination: "/mnt", type: "bind", options: ["bind", "idmap"]}]'
	refused 'mounts\[7\]: id-mapped mounts are not supported for rootless containers' create "$ID"
	edit --argjson m "[{\"containerID\": 0, \"hostID\": $UIDN, \"size\": 1}]" '
		.mounts[-1] |= (.type = "tmpfs" | .options = [] | .uidMappings = $m | .gidMappings = $m)'
	refused 'mounts\[7\]: id-mapped mounts are not supported for rootless containers' create "$ID"
}

@test "rootless: cgroup mounts are read-only or the container's own (RT-14)" {
	sh_args 'grep -E " - cgroup2? " /proc/self/mountinfo; for f in $(find /sys/fs/cgroup -name cgroup.procs 2>/dev/null); do
		(echo 0 >$f) 2>/dev/null && echo WROTE $f; done; true'
	run runc run "$ID"
	expect 0
	lacks "$output" WROTE
}

@test "rootless: hooks run as the user" {
	edit --arg log "$HOMEDIR/log" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "id -u >>" + $log]}]'
	run runc run "$ID"
	expect 0
	same "$(cat "$HOMEDIR/log")" $UIDN
}

@test "rootless: a state directory of root is not touched, containers of root not seen" {
	mkdir -m 700 "$T/rootstate"
	run as_user timeout 10 "$RUNC" --root "$T/rootstate" run "$ID"
	expect 1 "permission denied"
	same "$(ls -A "$T/rootstate")" ""
	# Nor looked at where it may be, as root may with that of a user.
	chmod 755 "$T/rootstate"
	run as_user timeout 10 "$RUNC" --root "$T/rootstate" list
	expect 1 "open $T/rootstate: operation not permitted: a state directory must belong to uid $UIDN"
}

@test "rootless: twenty in a row leave nothing" {
	local i
	for i in $(seq 20); do runc run "$ID"; done
	nothing_left
}

@test "rootless: NOTIFY_SOCKET" {
	[ -x "$HELPERS/helper-notify" ] || skip "the helper is not built"
	cp "$HELPERS/helper-notify" "$ROOTFS/bin/notify"
	setpriv --reuid $UIDN --regid $UIDN --clear-groups "$ROOTFS/bin/notify" listen "$HOMEDIR/manager" >"$T/heard" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	echo "$! of the test" >>"$T/processes.before"
	wait_for 5 test -S "$HOMEDIR/manager"
	sh_args 'notify send STATUS=x READY=1 || exit 1; exit 4'
	NOTIFY_SOCKET=$HOMEDIR/manager run runc run "$ID"
	expect 4
	same "$(cut -d ' ' -f 2 "$T/heard" | sed 's/=[0-9]*/=/' | tr '\n' ' ')" 'READY=\n MAINPID=\n BARRIER=+fd '
	sh_args 'notify send READY=1 || exit 1; sleep 100'
	NOTIFY_SOCKET=$HOMEDIR/manager detached run -d "$ID"
	expect 0
	grep -q " MAINPID=$(pid_of "$ID")" "$T/heard"
	runc delete --force "$ID"
	nothing_left
}

@test "rootless: exec into a created and a running container, also with a terminal" {
	args sleep 100
	detached create "$ID"
	expect 0
	run runc exec "$ID" sh -c 'id -u; cat /proc/self/uid_map; exit 6'
	expect 6
	same "${lines[0]}" 0
	contains "$(tr -s ' ' <<<"$output")" "0 $UIDN 1"
	runc start "$ID"
	run runc exec "$ID" readlink /proc/self/ns/mnt
	same "$output" "$(readlink "/proc/$(pid_of "$ID")/ns/mnt")"
	output=$(timeout 10 script -qec "setpriv --reuid $UIDN --regid $UIDN --clear-groups $RUNC --root $STATE exec -t $ID tty" /dev/null </dev/null)
	contains "$output" /dev/pts/
	run runc exec -g 5 "$ID" true
	expect 255 "cannot set any additional groups in a rootless container"
	run runc exec -u 1:1 "$ID" true
	expect 255
	runc delete -f "$ID"
	nothing_left
}

# The images of a caller who is not root belong to a user that the namespace has, so that they can be looked into there.
@test "rootless: in a pod whoever has CAP_SYS_PTRACE in the user namespace finds nothing that has more than the container" {
	[ -x "$HELPERS/helper-inspect" ] || skip "the helper is not built"
	pidns_option || skip "this kernel cannot mount the procfs of another pid namespace (Linux 6.18)"
	local i
	cp "$HELPERS/helper-inspect" "$ROOTFS/bin/inspect"
	echo secret >"$HOMEDIR/secret"
	chmod 644 "$HOMEDIR/secret"
	cp config.json keep.json
	args inspect "$HOMEDIR/secret"
	edit '.process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]'
	runc run -d "$ID-a" </dev/null >"$T/seen" 2>"$T/err"
	wait_for 5 grep -q ready "$T/seen"
	mv keep.json config.json
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/" 'del(.hostname, .linux.uidMappings, .linux.gidMappings) | .linux.namespaces |=
		map(if .type == "user" or .type == "pid" then .path = $p + .type else . end)'
	for i in {1..30}; do
		run runc run "$ID-b"
		expect 0
	done
	runc delete --force "$ID-a"
	sort "$T/seen"
	grep -q '^saw memfd:dmz' "$T/seen"
	same "$(grep -E '^read |^(traced|took) memfd:(ns|rootfs|sources)' "$T/seen")" ""
	same "$(grep '^traced memfd:' "$T/seen" | grep -v " root=/ caps=0000000020000420\$")" ""
}

# Our files of /proc are root's while nobody may look into us, and in a namespace with others nobody may.
@test "rootless: a new time namespace in a joined user namespace has no offsets" {
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/user" 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |=
		map(if .type == "user" then .path = $p else . end) + [{type: "time"}]'
	args true
	run runc run "$ID-b"
	expect 0
	edit '.linux.timeOffsets = {monotonic: {secs: 5}}'
	run runc run "$ID-b"
	expect 1 "linux.timeOffsets: monotonic: permission denied"
	runc delete --force "$ID-a"
}

# As the containers of a pod do: the first one has the namespaces, the others join them by path.
@test "rootless: user, network, ipc, uts, pid and time namespaces joined by path" {
	local pid paths own
	edit '.linux.namespaces |= (map(select(.type != "time" and .type != "network")) + [{type: "time"}, {type: "network"}])'
	cp config.json keep.json
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	pid=$(pid_of "$ID-a")
	mv keep.json config.json
	own=$(jq -c .linux.namespaces config.json)
	edit --arg p "/proc/$pid/ns/" 'del(.hostname) | .linux.namespaces |= map(if .type == "mount" or .type == "cgroup" then .
		else .path = $p + ({network: "net"}[.type] // .type) end)'
	sh_args 'for f in user net ipc uts pid time mnt; do readlink /proc/self/ns/$f; done; id -u; cat /etc/passwd'
	run runc run "$ID-b"
	expect 0 root:
	for f in user net ipc uts pid time; do contains "$output" "$(readlink "/proc/$pid/ns/$f")"; done
	lacks "$output" "$(readlink "/proc/$pid/ns/mnt")"
	same "${lines[7]}" 0
	# Without the mappings, as with a path nobody needs them; and with wrong ones.
	edit 'del(.linux.uidMappings, .linux.gidMappings)'
	run runc run "$ID-b"
	expect 0 "$(readlink "/proc/$pid/ns/user")"
	edit '.linux.uidMappings = [{containerID: 0, hostID: 5, size: 1}] | .linux.gidMappings = .linux.uidMappings'
	detached create "$ID-b"
	expect 1 "non-matching mapping"
	edit 'del(.linux.uidMappings, .linux.gidMappings)'
	args sleep 100
	detached run -d "$ID-b"
	expect 0
	run runc exec "$ID-b" readlink /proc/self/ns/net
	expect 0 "$(readlink "/proc/$pid/ns/net")"
	run runc kill "$ID-b" KILL
	wait_for 5 is_stopped "$ID-b"
	same "$(status_of "$ID-a")" running
	runc delete "$ID-b"
	# The user namespace is what gives the right to the others.
	edit --argjson n "$own" --arg p "/proc/$pid/ns/net" '.linux.namespaces = ($n | map(if .type == "network" then .path = $p else . end))
		| .linux.uidMappings = [{containerID: 0, hostID: '$UIDN', size: 1}] | .linux.gidMappings = .linux.uidMappings'
	detached create "$ID-b"
	expect 1 "failed to join namespace network: operation not permitted"
	runc delete --force "$ID-a"
	nothing_left
}

@test "rootless: events without a cgroup has nothing to tell, and nothing to watch" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	! find /sys/fs/cgroup -type d -name "$ID" | grep -q . || skip "this user has cgroups"
	run runc events --stats "$ID"
	expect 0
	jq -e '.type == "stats" and .data.pids == {} and .data.cpu.usage.total == null and .data.network_interfaces == null' <<<"$output"
	newer "words"
	run runc events --interval 1s "$ID"
	expect 1 "the container has no cgroup to watch"
	run runc events --stats --format openmetrics "$ID"
	expect 0 "container_start_time_seconds{id=\"$ID\"} " "# EOF"
	runc delete --force "$ID"
}

@test "rootless: a path to a namespace of root, or to none, is refused" {
	newer "words"
	edit '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/1/ns/ipc" else . end)'
	refused 'namespace path: .*permission denied' create "$ID"
	edit '.linux.namespaces |= map(if .type == "ipc" then .path = "/no/such" else . end)'
	refused 'namespace path: lstat /no/such: no such file or directory' create "$ID"
	edit '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/self/ns/net" else . end)'
	refused 'namespace path is a namespace of another type' create "$ID"
}

@test "rootless: a creation that was killed: list shows it, and run says the same" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	as_user timeout -k 2 20 strace -o /dev/null -e trace=memfd_create -e inject=memfd_create:signal=KILL:when=1 \
		"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 || true
	run runc list
	expect 0
	same "$(awk 'NR == 2 { print $1, $3 }' <<<"$output")" "$ID broken"
	same "$(runc list -f json | jq -r '.[] | .id + " " + .status')" "$ID broken"
	run runc run "$ID"
	expect 1 "container with given ID already exists: container $ID: creation unfinished or killed; runc delete --force $ID"
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "rootless: a limit that nobody can set is told with the cgroup and what the kernel said" {
	newer "only for davit"
	needs_controller pids
	edit '.linux.resources.pids = {limit: 100}'
	chown $UIDN:$UIDN config.json
	refused 'cgroup.*/'"$ID"': permission denied' run "$ID"
}

@test "rootless: start gives the terminal that was handed over the size of the caller's" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	newer "only for davit"
	edit '.process.terminal = true | .process.args = ["stty", "size"]'
	as_user "$HELPERS/helper-recvtty" "$HOMEDIR/socket" >"$T/tty" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$HOMEDIR/socket"
	detached create --console-socket "$HOMEDIR/socket" "$ID"
	expect 0
	export HOMEDIR UIDN RUNC STATE ID
	export -f as_user
	run timeout 20 script -qec 'stty rows 33 cols 77; as_user "$RUNC" --root "$STATE" start "$ID"' /dev/null </dev/null 3>&- 4>&-
	expect 0
	wait_for 5 grep -q "^33 77" "$T/tty"
	runc delete --force "$ID"
	nothing_left
}

@test "rootless: a limit of open files that a user cannot raise is named" {
	local n
	edit '.process.rlimits = []'
	sh_args 'ulimit -Sn; ulimit -Hn'
	run as_user bash -c 'ulimit -Sn 20; exec "$@"' sh "$RUNC" --root "$STATE" run "$ID"
	expect 0
	same "${lines[0]}" 20
	for n in 16 64 70; do
		(ulimit -n $n && refused "too many open files: the hard limit \(RLIMIT_NOFILE\) is $n" run "$ID")
	done
	edit --arg source "$HOMEDIR/rootfs/tmp" '.mounts += [range(3000) | {destination: "/tmp/\(.)", type: "bind", source: $source, options: ["bind"]}]'
	for n in 1024 256; do
		(ulimit -n $n && refused "the hard limit \(RLIMIT_NOFILE\) is $n" run "$ID")
	done
}
