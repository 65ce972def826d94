# layouts: hybrid v2
# An engine of an ordinary user: it makes the user and mount namespaces, runs the runtime as their root, and config.json has
# no user namespace. Here ids 100000 and up are those of a keeper process, as podman's pause process is.

load lib/common

setup() {
	[ "$(id -u)" = 0 ] || skip "run as root, which makes the user namespace of somebody else"
	setup_bundle
	HOMEDIR=$T/user
	export HOME=$HOMEDIR
	unset XDG_RUNTIME_DIR
	mkdir -m 755 "$HOMEDIR"
	cp -a "$ROOTFS" "$HOMEDIR/rootfs"
	STATE=$HOMEDIR/state
	BUNDLE=$HOMEDIR
	ROOTFS=$HOMEDIR/rootfs
	cp config.json "$HOMEDIR"
	cd "$HOMEDIR"
	edit 'del(.linux.cgroupsPath) | .process.terminal = false | .process.args = ["true"]'
	chown -R 100000:100000 "$HOMEDIR"
	unshare -U -m sleep 600 </dev/null >/dev/null 2>&1 3>&- &
	KEEPER=$!
	BACKGROUND="$BACKGROUND $KEEPER"
	echo "$KEEPER of the test" >>"$T/processes.before"
	wait_for 5 grep -qx sleep "/proc/$KEEPER/comm"
	echo 0 100000 65536 >"/proc/$KEEPER/uid_map"
	echo 0 100000 65536 >"/proc/$KEEPER/gid_map"
	inside test -x "$RUNC" || skip "an ordinary user cannot reach $RUNC"
}

inside() {
	nsenter -t "$KEEPER" -U -m -S 0 -G 0 sh -c 'cd "$HOME" && exec "$@"' sh "$@" 3>&- 4>&-
}

runc() {
	inside timeout -k 2 "${LIMIT:-10}" "$RUNC" --root "$STATE" "$@"
}

@test "user namespace of an engine: the plain template in a namespace of one id" {
	unset -f runc
	cd "$T"
	mkdir one && cd one
	"$RUNC" spec
	sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"id", "-u"/' config.json
	cp -a "$ROOTFS" rootfs
	chown -R 0:0 .
	run unshare -U -r -m timeout -k 2 10 "$RUNC" --root "$T/one/state" run "$ID"
	expect 0
	contains "$output" "the group of option gid does not exist in the caller's user namespace"
	same "${lines[-1]}" 0
}

@test "user namespace of an engine: run, devices, ids, exit code" {
	sh_args 'id -u; cat /proc/self/uid_map; echo x >/dev/null; head -c 4 /dev/zero | wc -c; stat -c "%n %t:%T %F" /dev/null /dev/tty /dev/full; exit 5'
	run runc run "$ID"
	expect 5 "/dev/null 1:3 character special file" "/dev/tty 5:0 character special file" "/dev/full 1:7 character special file"
	same "${lines[0]}" 0
	same "$(tr -s ' ' <<<"${lines[1]}")" " 0 100000 65536"
	same "${lines[2]}" 4
	nothing_left
}

@test "user namespace of an engine: create, start, exec, kill, delete" {
	args sleep 100
	detached create "$ID"
	expect 0
	same "$(status_of "$ID")" created
	run runc start "$ID"
	expect 0
	run runc exec --user 12:34 "$ID" id
	expect 0 "uid=12 gid=34"
	run runc exec "$ID" sh -c 'echo x >/dev/null && ls /proc/1/exe'
	expect 0 /proc/1/exe
	run runc kill "$ID" KILL
	expect 0
	wait_for 5 is_stopped "$ID"
	run runc delete "$ID"
	expect 0
	nothing_left
}

@test "user namespace of an engine: the network of the engine, and its /sys" {
	edit '.linux.namespaces |= map(select(.type != "network"))'
	sh_args 'ls /sys/class/net; grep -c " /sys sysfs" /proc/mounts'
	run runc run "$ID"
	expect 0
	same "$output" "$(ls /sys/class/net; echo 1)"
	# Whatever the options are: the host's is read-only.
	edit '(.mounts[] | select(.destination == "/sys")).options = ["rw"] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	sh_args 'grep -o " /sys sysfs r[ow],nosuid,nodev,noexec" /proc/mounts'
	run runc run "$ID"
	expect 0
	same "$output" " /sys sysfs ro,nosuid,nodev,noexec"
}

@test "user namespace of an engine: a device that the config asks for is the host's, with its node" {
	edit '.linux.devices = [{path: "/dev/zero2", type: "c", major: 1, minor: 5}]'
	run runc run "$ID"
	expect 1 "open device /dev/zero2: no such file or directory"
	nothing_left
	edit '.linux.devices = [{path: "/dev/urandom", type: "c", major: 1, minor: 9}]'
	args head -c 3 /dev/urandom
	run runc run "$ID"
	expect 0
	nothing_left
}

@test "user namespace of an engine: the cgroup file system, with and without a namespace of its own" {
	local type=tmpfs
	[ "$LAYOUT" != v2 ] || type=cgroup2
	args awk '$2 == "/sys/fs/cgroup" { print $3 }' /proc/mounts
	edit '.linux.namespaces |= map(select(.type != "cgroup"))'
	run runc run "$ID"
	expect 0
	same "$output" $type
	edit '.linux.namespaces += [{type: "cgroup"}]'
	run runc run "$ID"
	expect 0
	same "$output" $type
	nothing_left
}
