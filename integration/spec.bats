# runc spec: a first config.json.

load lib/common

setup() {
	T=$BATS_TEST_TMPDIR
	STATE=$T/state
	cd "$T" || return 1
}

teardown() { :; }

@test "spec: writes config.json with tabs, without a last line end, and prints nothing" {
	run runc spec
	expect 0
	same "$output" ""
	jq -e . config.json >/dev/null
	same "$(tail -c 2 config.json | od -An -c | tr -d ' ')" '\n}'
	same "$(sed -n 2p config.json)" $'\t"ociVersion": "1.3.0",'
	jq --tab . config.json >expected
	printf '%s' "$(cat expected)" | cmp - config.json
}

@test "spec: the content" {
	runc spec
	same "$(jq -r '.process.args | join(" ")' config.json)" sh
	jq -e '.process.terminal and .process.noNewPrivileges and .root == {path: "rootfs", readonly: true}' config.json
	jq -e '.process.capabilities | keys == ["bounding", "effective", "permitted"] and .bounding == .effective and
		.bounding == .permitted and .bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]' config.json
	jq -e '.process.rlimits == [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}] and .hostname == "runc"' config.json
	same "$(jq -r '[.mounts[].destination] | join(" ")' config.json)" \
		"/proc /dev /dev/pts /dev/shm /dev/mqueue /sys /sys/fs/cgroup"
	jq -e '.linux.resources == {devices: [{allow: false, access: "rwm"}]}' config.json
	jq -e '.linux | (.maskedPaths | length) == 10 and (.readonlyPaths | length) == 5' config.json
	same "$(jq -r '[.linux.namespaces[].type] - ["cgroup"] | join(" ")' config.json)" "pid network ipc uts mount"
}

@test "spec: the cgroup namespace where there is only v2" {
	runc spec
	local want=0
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && want=1
	same "$(jq '[.linux.namespaces[] | select(.type == "cgroup")] | length' config.json)" "$want"
}

@test "spec --rootless" {
	runc spec --rootless
	jq -e '.linux.uidMappings == [{containerID: 0, hostID: $uid, size: 1}] and
		.linux.gidMappings == [{containerID: 0, hostID: $gid, size: 1}]' \
		--argjson uid "$(id -u)" --argjson gid "$(id -g)" config.json
	same "$(jq -r '[.linux.namespaces[].type] - ["cgroup"] | join(" ")' config.json)" "pid ipc uts mount user"
	jq -e '.linux.resources == null' config.json
	jq -e '.mounts[] | select(.destination == "/sys") | .type == "none" and .source == "/sys" and
		.options == ["rbind", "nosuid", "noexec", "nodev", "ro"]' config.json
	jq -e '[.mounts[].options // [] | .[] | select(test("^[ug]id="))] == []' config.json
}

@test "spec: an existing file is never replaced" {
	echo mine >config.json
	run runc spec
	expect 1 "File config.json exists. Remove it first"
	same "$(cat config.json)" mine
	ln -sf nowhere config.json
	run runc spec
	expect 1 "File config.json exists. Remove it first"
	[ ! -e nowhere ]
}

@test "spec --bundle" {
	mkdir bundle
	runc spec --bundle bundle
	[ -f bundle/config.json ]
	run runc spec -b none
	expect 1 "chdir none: no such file or directory"
	mkdir other
	runc spec -b=other
	cmp bundle/config.json other/config.json
}

@test "spec: the mode follows the umask" {
	(umask 027 && runc spec)
	same "$(stat -c %a config.json)" 640
}
