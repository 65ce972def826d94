# For the tests in which real engines drive the runtime. Each runs privately: in the mount and pid namespace of its file
# (tests/run), with a /run and a /dev/shm of its own, in a network namespace of its own.

load ../lib/common

# needs_client PROGRAM…: first thing in setup.
needs_client() {
	local name
	[ -n "$DAVIT_ISOLATED" ] || skip "engines run only in the namespaces that tests/run makes for root"
	for name; do
		[ -n "$(type -P "$name")" ] || skip "$name is not installed"
	done
}

# private_machine: hides the machine's engines from ours; in setup_file, so that no test takes the mounts for leftovers.
private_machine() {
	local dir
	[ -n "$DAVIT_ISOLATED" ] || return 1
	for dir in /run /dev/shm /var/lib/containers /var/lib/containerd /var/lib/cni; do
		[ ! -d "$dir" ] || mount -t tmpfs -o mode=755 engine "$dir" || return 1
	done
	in_v2 || cover_cgroups
}

# Only real hierarchies below /sys/fs/cgroup: engines make plain directories in what looks like one.
cover_cgroups() {
	local cover=$BATS_FILE_TMPDIR/cgroup dir
	mkdir "$cover"
	mount -t tmpfs -o mode=755 cgroup "$cover" || return 1
	for dir in /sys/fs/cgroup/*/; do
		mountpoint -q "$dir" || continue
		dir=$(basename "$dir")
		mkdir "$cover/$dir"
		mount --bind "/sys/fs/cgroup/$dir" "$cover/$dir" || return 1
	done
	mount -o remount,ro "$cover" && mount --move "$cover" /sys/fs/cgroup
}

# image FILE: the rootfs of all tests as a docker archive with the name $IMAGE; PATH is its only variable.
IMAGE=localhost/busybox:1
image() {
	local dir=$BATS_FILE_TMPDIR/image sum
	mkdir "$dir"
	tar -C "$BATS_FILE_TMPDIR/rootfs" --numeric-owner --owner 0 --group 0 -cf "$dir/layer.tar" .
	sum=$(sha256sum "$dir/layer.tar" | cut -d ' ' -f 1)
	jq -n --arg arch "$(dpkg --print-architecture)" --arg sum "sha256:$sum" '{architecture: $arch, os: "linux",
		config: {Env: ["PATH=/bin"], Cmd: ["sh"]}, rootfs: {type: "layers", diff_ids: [$sum]}}' >"$dir/config.json"
	jq -n --arg name "$IMAGE" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$1" manifest.json config.json layer.tar
}

# An engine leaves the cgroups above those of its containers, which are called $ID here. What is in them stays, and
# leftovers finds it.
parents_removed() {
	find /sys/fs/cgroup -depth -type d \( -path "*/$ID/conmon" -o -name "${ID:?}" \) -exec rmdir {} + 2>/dev/null
	[ -z "$(find /sys/fs/cgroup -type d -name "$ID")" ]
}

remove_parents() {
	wait_for 2 parents_removed >/dev/null || true
}

# Nothing of any container is left, the engine's monitor of it included.
all_gone() {
	remove_parents
	nothing_left
}

# At the end of each teardown; what a failed test has left does not outlive it.
end_engine_test() {
	[ -n "$ID" ] || return 0
	local code=0
	remove_parents
	teardown_bundle || code=1
	[ $code = 0 ] || wait_for 5 cgroups_swept || true
	return $code
}

cgroups_swept() {
	find /sys/fs/cgroup -depth -type d -path "*/${ID:?}*" -exec rmdir {} + 2>/dev/null
	[ -z "$(find /sys/fs/cgroup -type d -name "$ID")" ]
}

# typed READY TEXT COMMAND…: runs it on a terminal of 40 by 100, where TEXT is typed as soon as READY is on it.
# Everything seen in $output, the exit status in $status.
typed() {
	local ready=$1 text=$2 pid
	shift 2
	: >"$T/screen"
	mkfifo "$T/keys"
	exec 8<>"$T/keys"
	timeout -s KILL 20 script -qefc "stty rows 40 cols 100; $(printf '%q ' "$@")" /dev/null \
		<&8 >"$T/screen" 2>&1 3>&- 4>&- 8>&- &
	pid=$!
	! wait_for 10 grep -q "$ready" "$T/screen" || printf '%b' "$text" >&8
	status=0
	wait "$pid" || status=$?
	exec 8>&-
	rm "$T/keys"
	output=$(tr -d '\r' <"$T/screen")
}
