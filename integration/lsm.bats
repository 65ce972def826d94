# AppArmor: the profile of a container's processes.
# layouts: vm

load lib/common

setup() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "this kernel has no AppArmor"
	PROFILES=
	setup_bundle
	echo secret >"$ROOTFS/etc/secret"
	INNER=davit-inner-$ID
	OUTER=davit-outer-$ID
	profile "$INNER" 'deny /etc/secret rwklx,'
	edit --arg p "$INNER" '.process.apparmorProfile = $p'
}

teardown() {
	local failed=0
	teardown_bundle || failed=1
	for file in $PROFILES; do apparmor_parser -R "$file" || failed=1; done
	return $failed
}

# profile NAME RULES: loads one that allows everything but what the rules deny.
profile() {
	local file=$BATS_TEST_TMPDIR/$1
	cat >"$file" <<-EOF
		profile $1 flags=(attach_disconnected,mediate_deleted) {
			file, capability, network, signal, unix, ptrace, mount, umount, pivot_root, change_profile -> **,
			$2
		}
	EOF
	apparmor_parser -r -K "$file"
	PROFILES="$PROFILES $file"
}

look() {
	sh_args 'cat /proc/self/attr/apparmor/current; cat /etc/secret'
}

@test "lsm: AppArmor: the profile is the process's and denies" {
	look
	run runc run "$ID"
	same "$output" "$INNER (enforce)
cat: can't open '/etc/secret': Permission denied"
	edit '.process.apparmorProfile = ""'
	run runc run "$ID"
	same "$output" "unconfined
secret"
	edit '.process.apparmorProfile = "unconfined"'
	run runc run "$ID"
	same "$output" "unconfined
secret"
}

@test "lsm: AppArmor: without noNewPrivileges, as another user, in a user namespace" {
	look
	edit '.process.noNewPrivileges = false'
	run runc run "$ID"
	same "$(head -n 1 <<<"$output")" "$INNER (enforce)"
	contains "$output" "Permission denied"
	edit '.process.user = {uid: 1000, gid: 1000}'
	run runc run "$ID"
	same "$(head -n 1 <<<"$output")" "$INNER (enforce)"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .process.noNewPrivileges = true'
	run runc run "$ID"
	same "$(head -n 1 <<<"$output")" "$INNER (enforce)"
	contains "$output" "Permission denied"
}

@test "lsm: AppArmor: exec has the container's profile, or that of the flag or of process.json" {
	profile "$OUTER" ''
	args sleep 1000
	detached run -d "$ID"
	expect 0
	same "$(cat "/proc/$(pid_of "$ID")/attr/apparmor/current")" "$INNER (enforce)"
	run runc exec "$ID" cat /proc/self/attr/apparmor/current /etc/secret
	same "$output" "$INNER (enforce)
cat: can't open '/etc/secret': Permission denied"
	run runc exec --apparmor "$OUTER" "$ID" cat /proc/self/attr/apparmor/current /etc/secret
	same "$output" "$OUTER (enforce)
secret"
	run runc exec --apparmor unconfined "$ID" cat /proc/self/attr/apparmor/current
	same "$output" "unconfined"
	jq --arg p "$OUTER" '.process | .apparmorProfile = $p | .args = ["cat", "/proc/self/attr/apparmor/current"]' config.json >process.json
	run runc exec --process process.json "$ID"
	same "$output" "$OUTER (enforce)"
	jq 'del(.apparmorProfile)' process.json >process2.json
	run runc exec --process process2.json "$ID"
	same "$output" "$INNER (enforce)"
	run runc exec --apparmor davit-nowhere "$ID" true
	expect 255 "apparmor failed to apply profile: write /proc/thread-self/attr/apparmor/exec: davit-nowhere: no such file or directory"
}

@test "lsm: AppArmor: a profile that is not loaded is an error" {
	edit '.process.apparmorProfile = "davit-nowhere"'
	refused 'unable to apply apparmor profile: apparmor failed to apply profile: write /proc/thread-self/attr/apparmor/exec: davit-nowhere: no such file' create "$ID"
}

# A runtime that is confined itself, as in a container: with no_new_privs the kernel lets nobody leave a profile.
@test "lsm: AppArmor: under a profile of the runtime's own the two are stacked with noNewPrivileges, else changed" {
	profile "$OUTER" 'deny /etc/passwd w,'
	look
	confined() { timeout -k 2 60 aa-exec -p "$OUTER" -- "$RUNC" --root "$STATE" "$@" 3>&- 4>&-; }
	run confined run "$ID"
	contains "$output" "$INNER"
	contains "$output" "//&"
	contains "$output" "$OUTER"
	contains "$output" "can't open '/etc/secret': Permission denied"
	edit '.process.noNewPrivileges = false'
	run confined run "$ID"
	same "$output" "$INNER (enforce)
cat: can't open '/etc/secret': Permission denied"
}

@test "lsm: AppArmor: startContainer hooks run under the profile, createContainer hooks do not" {
	edit '.root.readonly = false | .hooks = {
		createContainer: [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/attr/apparmor/current >tmp/before"]}],
		startContainer: [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/attr/apparmor/current /etc/secret >/tmp/after; true"]}]}'
	sh_args 'cat /tmp/before; cat /tmp/after'
	run runc run "$ID"
	contains "$output" "unconfined
$INNER (enforce)"
	lacks "$output" secret
}

# In /proc of the container, where a hostile mount could be, nothing is written.
@test "lsm: AppArmor: the label does not go through the container's /proc" {
	touch "$T/trap"
	edit --arg t "$T/trap" '.hooks = {createContainer: [{path: "/bin/sh",
		args: ["sh", "-c", "mount --bind \($t) proc/self/attr/apparmor/exec 2>/dev/null; mount -t tmpfs none proc; mkdir -p proc/thread-self/attr/apparmor proc/self/attr/apparmor; : >proc/thread-self/attr/apparmor/exec"]}]}'
	sh_args 'cat /etc/secret; cat /proc/thread-self/attr/apparmor/exec'
	run runc run "$ID"
	same "$output" "cat: can't open '/etc/secret': Permission denied"
	[ ! -s "$T/trap" ]
}
