# The session keyring: a new one for each container, whose name is _ses.ID.

load lib/common

setup() {
	setup_bundle
	cp "$HELPERS/helper-keys" "$ROOTFS/bin/keys"
	edit '.linux.maskedPaths -= ["/proc/keys"]'
	KEY=davit-$ID
}

# The permissions of the container's keyring, as /proc/keys has them.
permissions() {
	awk -v name="_ses.$1:" '$9 == name { print $5 }'
}

user_namespace() {
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

@test "keyring: who may search it" {
	args cat /proc/keys
	run runc run "$ID"
	same "$(permissions "$ID" <<<"$output")" 3f1b0000
	user_namespace
	run runc run "$ID-user"
	same "$(permissions "$ID-user" <<<"$output")" 3f130008
}

@test "keyring: a new one; exec joins it, other containers and the caller do not" {
	sh_args 'keys add '"$KEY"'; exec sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q found "$T/out"
	run runc exec "$ID" keys find "$KEY"
	expect 0 found
	args keys find "$KEY"
	run runc run "$ID-other"
	expect 1 "not found"
	run "$HELPERS/helper-keys" find "$KEY"
	expect 1 "not found"
}

@test "keyring: keys of the caller are not the container's, but with --no-new-keyring, also for exec" {
	in_session() { "$HELPERS/helper-keys" renew "$KEY" "$HELPERS/helper-keys" add "$KEY" "$RUNC" --root "$STATE" "$@" 3>&- 4>&-; }
	args keys find "$KEY"
	run in_session run "$ID"
	expect 1 "not found"
	run in_session run --no-new-keyring "$ID-without"
	expect 0 found
	args sleep 100
	in_session run -d --no-new-keyring "$ID-both" </dev/null >"$T/out" 2>"$T/err"
	run in_session exec "$ID-both" keys find "$KEY"
	expect 0 found
	run runc exec "$ID-both" keys find "$KEY"
	expect 1 "not found"
}

@test "keyring: exec leaves the permissions that the container has set" {
	sh_args 'keys perm 3f1f0008; exec sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q found "$T/out"
	run runc exec "$ID" cat /proc/keys
	same "$(permissions "$ID" <<<"$output")" 3f1f0008
}

@test "keyring: also for a user, and with noNewPrivileges either way" {
	local value
	args keys add "$KEY"
	edit '.process.user = {uid: 1000, gid: 1000}'
	for value in true false; do
		edit --argjson v $value '.process.noNewPrivileges = $v'
		run runc run "$ID"
		expect 0 found
	done
}

@test "keyring: a kernel without them is a warning, no room for another an error" {
	command -v strace >/dev/null || skip "strace is not installed"
	traced() { LIMIT=30 timeout 30 strace -f -qq -o /dev/null -e trace=keyctl -e "inject=keyctl:error=$1" "$RUNC" --root "$STATE" run "$ID" 3>&- 4>&-; }
	run traced ENOSYS
	expect 0 "KeyctlJoinSessionKeyring: "
	run traced EDQUOT
	expect 1 "unable to join session keyring: disk quota exceeded"
	nothing_left
}
