# Joining namespaces by path: every kind, what owns them, wrong paths, life and death of those who share.
# layouts: hybrid v2

load lib/common

ALL="user ipc uts network pid mount cgroup time"

file_of() { case $1 in network) echo net ;; mount) echo mnt ;; *) echo "$1" ;; esac; }

# mqueue and sysfs belong to ipc and network namespaces, which the user namespace here may not own.
setup() {
	setup_bundle
	edit '.mounts |= map(select(.type == "proc" or .type == "tmpfs" and .destination == "/dev"))'
}

# infra [TYPE…]: a container $ID-a that sleeps, with a new namespace of each type beside pid and mount; $PID is its pid.
infra() {
	jq --args '.linux.namespaces = ([$ARGS.positional[] | {type: .}] | unique)
		| del(.hostname) | .process.args = ["sleep", "1000"]
		| if $ARGS.positional | index("user") then .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
			| .linux.gidMappings = .linux.uidMappings else . end' pid mount "$@" <config.json >infra.json
	[ -d "$T/infra" ] || { mkdir "$T/infra" && cp -al "$ROOTFS" "$T/infra/rootfs"; }
	mv infra.json "$T/infra/config.json"
	chmod 755 "$T" "$T/infra" "$BUNDLE" "$ROOTFS"
	detached run -d --bundle "$T/infra" "$ID-a"
	expect 0
	PID=$(pid_of "$ID-a")
}

# enter TYPE…: config.json gets the namespaces of $PID of these types, and new ones of pid and mount where they are not named.
enter() {
	edit --arg p "/proc/$PID/ns/" --args 'def file: {network: "net", mount: "mnt"}[.] // .;
		.linux.namespaces = ([$ARGS.positional[] | {type: ., path: ($p + file)}] +
			[("pid", "mount") | select(. as $t | $ARGS.positional | index($t) | not) | {type: .}]) | del(.hostname)
		| if $ARGS.positional | index("mount") then .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false
			else . end' "$@"
}

# expect_shared TYPE…: what the container has printed of /proc/self/ns is that of $PID.
expect_shared() {
	local type
	for type; do contains "$output" "$(readlink "/proc/$PID/ns/$(file_of "$type")")" || { echo "$type"; return 1; }; done
}

# fails PATTERN VERB…: as refused, beside a container that is there.
fails() {
	local pattern=$1
	shift
	detached "$@"
	expect 1 || return 1
	same "$(grep -c level=error "$T/err")" 1 || return 1
	grep -Eq -- "$pattern" "$T/err" || { echo "no /$pattern/ in: $output"; return 1; }
	same "$(runc list -q)" "$ID-a"
}

show_namespaces() { args sh -c 'for f in /proc/self/ns/*; do readlink $f; done'; }

@test "joining: each kind alone, in the container and in exec" {
	local type types=$ALL
	[ -z "$CONTROL" ] || types="ipc uts network pid cgroup"
	infra user ipc uts network cgroup time
	for type in $types; do
		case $type in user) enter user ;; mount) continue ;; *) enter user "$type" ;; esac
		show_namespaces
		run runc run "$ID-b"
		expect 0 || { echo "$type"; return 1; }
		expect_shared user "$type"
		args sleep 100
		detached run -d "$ID-b"
		expect 0
		run runc exec "$ID-b" sh -c 'for f in /proc/self/ns/*; do readlink $f; done'
		expect 0
		expect_shared user "$type"
		runc delete --force "$ID-b"
		same "$(status_of "$ID-a")" running
	done
}

@test "joining: all but mount at once, in any order of the list" {
	infra user ipc uts network cgroup time
	enter user ipc uts network pid cgroup time
	show_namespaces
	run runc run "$ID-b"
	expect 0
	expect_shared user ipc uts network pid cgroup time
	edit '.linux.namespaces |= reverse'
	run runc run "$ID-b"
	expect 0
	expect_shared user ipc uts network pid cgroup time
}

@test "joining: without the user namespace that owns them, as root of the host may" {
	infra user ipc uts network cgroup time
	enter ipc uts network cgroup time
	show_namespaces
	run runc run "$ID-b"
	expect 0 "$(readlink /proc/self/ns/user)"
	expect_shared ipc uts network cgroup time
}

@test "joining: a user namespace and a pid namespace that it does not own" {
	local holder
	newer "1.1.5 wants the maps as well"
	infra user
	unshare --pid --fork --kill-child sleep 1000 3>&- 4>&- &
	holder=$!
	BACKGROUND="$BACKGROUND $holder"
	wait_for 5 pgrep -P "$holder" -x sleep >/dev/null
	enter user
	# A procfs of that pid namespace cannot be mounted in there.
	edit --arg p "/proc/$(pgrep -P "$holder" -x sleep)/ns/pid" '.linux.namespaces |= map(if .type == "pid" then .path = $p else . end)
		| .mounts |= map(select(.type != "proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	sh_args 'test $$ -gt 1 && test $$ -lt 100 && echo among few'
	run runc run "$ID-b"
	expect 0 "among few"
	kill "$holder"
}

@test "joining: the user namespace of one with new others: it owns them" {
	infra user
	enter user
	edit '.linux.namespaces += (["ipc", "uts", "network", "cgroup", "time"] | map({type: .}))'
	[ -z "$CONTROL" ] || edit '.linux.namespaces |= map(select(.type != "time"))'
	sh_args 'hostname inside && hostname; ip link set lo down && echo owned; for f in /proc/self/ns/*; do readlink $f; done; cat /proc/self/uid_map'
	edit '.process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]'
	run runc run "$ID-b"
	[ "$status" = 0 ] || newer "1.1.5 wants the maps as well"
	expect 0 inside owned
	expect_shared user
	contains "$(tr -s ' ' <<<"$output")" "0 100000 65536"
	local type
	for type in ipc uts net cgroup time; do
		lacks "$output" "$(readlink "/proc/$PID/ns/$type")"
		lacks "$output" "$(readlink "/proc/self/ns/$type")"
	done
}

@test "joining: a user namespace with mappings: equal ones pass, others are refused" {
	newer "since 1.1.9"
	infra user
	enter user
	args cat /proc/self/uid_map
	edit '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	run runc run "$ID-b"
	expect 0
	same "$(tr -s ' ' <<<"$output")" " 0 100000 65536"
	local change
	for change in '.uidMappings[0].hostID = 100001' '.gidMappings[0].size = 65535' '.gidMappings = []' '.uidMappings = []' \
		'.uidMappings += [{containerID: 70000, hostID: 300000, size: 1}]' '.uidMappings[0].containerID = 1'; do
		cp config.json keep.json
		edit ".linux |= ($change)"
		fails 'user namespaces enabled, but both namespace path and non-matching mapping specified -- you may only provide one' create "$ID-b"
		mv keep.json config.json
	done
}

@test "joining: mappings of several lines, in another order" {
	newer "since 1.1.9"
	infra user
	runc delete --force "$ID-a"
	jq '.linux.uidMappings = [range(8) | {containerID: (. * 10), hostID: (200000 - . * 100), size: 10}]
		| .linux.gidMappings = .linux.uidMappings' <"$T/infra/config.json" >"$T/infra/c" && mv "$T/infra/c" "$T/infra/config.json"
	detached run -d --bundle "$T/infra" "$ID-a"
	expect 0
	PID=$(pid_of "$ID-a")
	enter user
	edit '.linux.uidMappings = [range(8) | {containerID: ((7 - .) * 10), hostID: (200000 - (7 - .) * 100), size: 10}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 200000:200000 "$BUNDLE"
	run runc run "$ID-b"
	expect 0
	edit '.linux.uidMappings[3].hostID = 90000'
	fails 'user namespaces enabled, but both namespace path and non-matching mapping specified -- you may only provide one' create "$ID-b"
}

@test "joining: for each kind: missing, a file, a FIFO, a directory, a namespace of another kind" {
	newer "1.1.5 hangs on a FIFO and has other words"
	local type path paths other
	echo x >"$T/file"
	mkfifo "$T/fifo"
	for type in $ALL; do
		other=/proc/self/ns/uts
		[ "$type" != uts ] || other=/proc/self/ns/ipc
		paths="/no/such $T/fifo $other"
		[ "$type" != ipc ] || paths="$paths /proc/self/ns/nosuch $T/file $T /dev/zero /proc/self/status"
		for path in $paths; do
			edit --arg t "$type" --arg p "$path" '.linux.namespaces = ([{type: "pid"}, {type: "mount"}] | map(select(.type != $t))) +
				[{type: $t, path: $p}] | del(.hostname) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
			case $path in
			/no/such | *nosuch) LIMIT=5 refused "namespace path: lstat $path: no such file or directory" create "$ID" ;;
			"$other") LIMIT=5 refused "namespace path is a namespace of another type: $path" create "$ID" ;;
			*) LIMIT=5 refused "namespace path is not a namespace file: $path" create "$ID" ;;
			esac
		done
	done
}

@test "joining: a namespace kept by a bind mount, through a symlink" {
	touch "$T/net"
	unshare --net mount --bind /proc/self/ns/net "$T/net"
	ln -s "$T/net" "$T/link"
	edit --arg p "$T/link" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)'
	args readlink /proc/self/ns/net
	run runc run "$ID"
	umount "$T/net"
	expect 0
	[[ $output =~ net:\[[0-9]+\] ]]
	lacks "$output" "$(readlink /proc/self/ns/net)"
}

@test "joining: a pid namespace whose first process has ended is one clear error" {
	newer "other words"
	infra
	touch "$T/pidns"
	mount --bind "/proc/$PID/ns/pid" "$T/pidns"
	enter pid
	edit --arg p "$T/pidns" '(.linux.namespaces[] | select(.type == "pid")).path = $p'
	runc delete --force "$ID-a"
	status=0
	runc create "$ID-b" >"$T/out" 2>"$T/err" || status=$?
	umount "$T/pidns"
	output=$(cat "$T/err")
	expect 1 "has the first process of the pid namespace ended?"
	same "$(grep -c level=error "$T/err")" 1
}

@test "joining: the end of the one that shares its pid namespace ends the other; delete and kill take only their own" {
	infra
	enter pid
	args sleep 1000
	detached run -d "$ID-b"
	expect 0
	run runc exec "$ID-b" sh -c 'kill -0 1 && echo sees-1; ps | grep -c "[s]leep 1000 *$"'
	expect 0 sees-1
	same "${lines[1]}" 2
	run runc kill "$ID-b" KILL
	expect 0
	wait_for 5 is_stopped "$ID-b"
	same "$(status_of "$ID-a")" running
	run runc delete "$ID-b"
	expect 0
	detached run -d "$ID-b"
	expect 0
	run runc delete --force "$ID-b"
	expect 0
	same "$(status_of "$ID-a")" running
	detached run -d "$ID-b"
	expect 0
	runc kill "$ID-a" KILL
	wait_for 5 is_stopped "$ID-b"
	run runc exec "$ID-b" true
	[ "$status" != 0 ]
	run runc delete "$ID-b"
	expect 0
	run runc delete "$ID-a"
	expect 0
	nothing_left
}

@test "joining: kill and delete end all that a container without a pid namespace of its own has started" {
	infra
	enter pid
	sh_args 'sleep 1000 & sleep 1000 & wait'
	detached run -d "$ID-b"
	expect 0
	run runc kill "$ID-b" KILL
	expect 0
	wait_for 5 is_stopped "$ID-b"
	run runc delete "$ID-b"
	expect 0
	run runc exec "$ID-a" sh -c 'ps | grep -c "[s]leep 1000"'
	same "$output" 1
}

@test "joining: the network is the other's: its addresses are seen, loopback and addresses are left alone" {
	infra network
	nsenter --net="/proc/$PID/ns/net" sh -c 'ip link add davit0 type dummy 2>/dev/null; ip link set lo down; ip addr add 192.0.2.7/32 dev lo'
	enter network
	args ip -o addr show lo
	run runc run "$ID-b"
	expect 0 192.0.2.7
	run nsenter --net="/proc/$PID/ns/net" ip -o link show lo
	lacks "$output" "LOOPBACK,UP"
}

@test "joining: ipc: a queue of one is seen by the other" {
	infra ipc
	enter ipc
	args sh -c 'wc -l </proc/sysvipc/msg'
	nsenter --ipc="/proc/$PID/ns/ipc" ipcmk -Q >/dev/null
	run runc run "$ID-b"
	expect 0
	same "$output" 2 # with the heading
}

@test "joining: mount: the other's tree is where the container's root lies" {
	infra
	newer "1.1.5 needs more"
	enter mount
	show_namespaces
	run runc run "$ID-b"
	expect 0
	expect_shared mount
	same "$(status_of "$ID-a")" running
	run runc exec "$ID-a" cat /etc/passwd
	expect 0 root
}

@test "joining: the caller's own mount namespace is refused: its root would be taken away" {
	newer "1.1.5 takes it"
	edit '.linux.namespaces |= map(if .type == "mount" then .path = "/proc/self/ns/mnt" else . end)'
	refused "namespace path is the host's own mount namespace: /proc/self/ns/mnt" create "$ID"
}
