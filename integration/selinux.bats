# SELinux: labels of processes, mounts and keys. In a virtual machine of their own, because a kernel has either AppArmor or
# SELinux. Nothing is enforced there; the labels are read back.
# layouts: vm-selinux

load lib/common

PROCESS=system_u:system_r:container_t:s0:c1,c2
FILES=system_u:object_r:container_file_t:s0:c1,c2

setup_file() {
	[ -e /sys/fs/selinux/load ] || return 0
	secilc -c "$(cat /sys/fs/selinux/policyvers)" -o "$BATS_FILE_TMPDIR/policy" -f /dev/null "$BATS_TEST_DIRNAME/lib/lsm.cil"
	cat "$BATS_FILE_TMPDIR/policy" >/sys/fs/selinux/load
}

setup() {
	[ -e /sys/fs/selinux/load ] || skip "this kernel runs without SELinux"
	setup_bundle
	cp "$HELPERS/helper-keys" "$ROOTFS/bin/keys"
	edit --arg p "$PROCESS" --arg f "$FILES" '.process.selinuxLabel = $p | .linux.mountLabel = $f'
}

current() {
	tr -d '\0' <"/proc/$1/attr/current"
}

@test "selinux: the label of the process, with and without noNewPrivileges, and of another user" {
	local value
	args cat /proc/self/attr/current
	for value in true false; do
		edit --argjson v $value '.process.noNewPrivileges = $v'
		run runc run "$ID"
		same "$(tr -d '\0' <<<"$output")" "$PROCESS"
	done
	edit '.process.user = {uid: 1000, gid: 1000}'
	run runc run "$ID"
	same "$output" "$PROCESS"
	edit 'del(.process.selinuxLabel)'
	run runc run "$ID"
	same "$output" "$(current self)"
}

@test "selinux: exec has the container's label, or that of the flag or of process.json" {
	local other=system_u:system_r:other_t:s0:c3
	args sleep 1000
	detached run -d "$ID"
	expect 0
	same "$(current "$(pid_of "$ID")")" "$PROCESS"
	run runc exec "$ID" cat /proc/self/attr/current
	same "$output" "$PROCESS"
	run runc exec --process-label "$other" "$ID" cat /proc/self/attr/current
	same "$output" "$other"
	jq --arg l "$other" '.process | .selinuxLabel = $l | .args = ["cat", "/proc/self/attr/current"]' config.json >process.json
	run runc exec --process process.json "$ID"
	same "$output" "$other"
	run runc exec --process-label system_u:system_r:nosuch_t:s0 "$ID" true
	expect 255 "can't set" "system_u:system_r:nosuch_t:s0: invalid argument"
}

@test "selinux: a label that the policy does not have is an error" {
	edit '.process.selinuxLabel = "system_u:system_r:nosuch_t:s0"'
	refused 'system_u:system_r:nosuch_t:s0: invalid argument' create "$ID"
	edit --arg p "$PROCESS" '.process.selinuxLabel = $p | .linux.mountLabel = "system_u:object_r:nosuch_t:s0"'
	refused 'mountLabel' create "$ID"
}

@test "selinux: mountLabel: which mounts have it" {
	mkdir "$T/source"
	edit --arg s "$T/source" '.mounts += [{destination: "/bound", type: "bind", source: $s, options: ["bind"]},
		{destination: "/tmpfs", type: "tmpfs", source: "tmpfs"}]'
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local root mount options
	root=/proc/$(pid_of "$ID")/root
	for mount in dev dev/pts dev/shm tmpfs; do
		options=$(awk -v m="/$mount" '$5 == m { print $NF }' "/proc/$(pid_of "$ID")/mountinfo")
		contains "$options" "context=\"$FILES\""
		same "$(stat -c %C "$root/$mount")" "$FILES"
	done
	# Its root only: it has no such option.
	same "$(stat -c %C "$root/dev/mqueue")" "$FILES"
	for mount in proc sys sys/fs/cgroup bound; do
		options=$(awk -v m="/$mount" '$5 == m { print $NF }' "/proc/$(pid_of "$ID")/mountinfo")
		lacks "$options" container_file_t
		lacks "$(stat -c %C "$root/$mount")" container_file_t
	done
	# What masks a directory.
	same "$(stat -c %C "$root/proc/acpi")" "$FILES"
}

@test "selinux: a terminal has the mounts' label" {
	edit '.process.terminal = true'
	args sleep 1000
	script -qec "'$RUNC' --root '$STATE' run '$ID'" /dev/null </dev/null >"$T/out" 2>&1 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 10 is_running "$ID"
	local root
	root=/proc/$(pid_of "$ID")/root
	same "$(stat -c %C "$root/dev/pts/0")" "$FILES"
	same "$(stat -c %C "$root/dev/console")" "$FILES"
}

@test "selinux: the session keyring has the process's label; keys that are made later are no business of davit's" {
	args sleep 1000
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" sh -c 'keys label x; cat /proc/self/attr/keycreate'
	same "$output" "$PROCESS"
}
