# The session keyring: a new one for each container, whose name nobody can know before.

load lib/common

setup() {
	setup_bundle
	cp "$HELPERS/helper-keys" "$ROOTFS/bin/keys"
	edit '.linux.maskedPaths -= ["/proc/keys"]'
	KEY=davit-$ID
}

# rings ID FIELD: that field of what /proc/keys, the input, says of the keyrings of the container ID: 1 the serial number, 5 the
# permissions, 9 the name with a colon.
rings() {
	awk -v name="_ses.$1" -v field="$2" 'index($9, name) == 1 && $9 ~ "^" name "[.0-9]*:$" { print $field }'
}

# user COMMAND…: as an ordinary user of the host, uid 31337.
user() {
	setpriv --reuid 31337 --regid 31337 --clear-groups "$@" 3>&- 4>&-
}

# plant NAME: a keyring of that user's is there, which everybody may use.
plant() {
	setpriv --reuid 31337 --regid 31337 --clear-groups "$T/keys" renew "$1" "$T/keys" perm 3f3f3f3f \
		sh -c 'echo planted; exec sleep 100' >"$T/planted" 2>&1 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 grep -q planted "$T/planted"
}

# A container that has a key, and tells /proc/keys.
with_key() {
	sh_args 'keys add '"$KEY"'; cat /proc/keys; exec sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q _ses "$T/out"
}

user_namespace() {
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

@test "keyring: nobody but its possessors has a right, and its user can join it by the name, which is no other ring's" {
	local name
	args cat /proc/keys
	run runc run "$ID"
	same "$(rings "$ID" 5 <<<"$output")" 3f080000
	name=$(rings "$ID" 9 <<<"$output")
	run runc run "$ID"
	[ "$(rings "$ID" 9 <<<"$output")" != "$name" ]
	user_namespace
	run runc run "$ID-user"
	same "$(rings "$ID-user" 5 <<<"$output")" 3f080000
}

@test "keyring: one that a local user has made before is not used" {
	local kind
	[ "$(id -u)" = 0 ] || skip "needs root"
	cp "$HELPERS/helper-keys" "$T/keys"
	chmod 755 "$T"
	for kind in host user; do
		[ $kind = host ] || user_namespace
		plant "_ses.$ID"
		with_key
		contains "$(user "$T/keys" renew "_ses.$ID" "$T/keys" find "$KEY")" "not found"
		run runc exec "$ID" keys find "$KEY"
		expect 0 found
		runc delete --force "$ID"
	done
}

@test "keyring: one that a local user has made in place of the container's is not used by exec" {
	local name
	[ "$(id -u)" = 0 ] || skip "needs root"
	cp "$HELPERS/helper-keys" "$T/keys"
	chmod 755 "$T"
	sh_args 'cat /proc/keys; keys revoke x; exec sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q found "$T/out"
	name=$(rings "$ID" 9 <"$T/out")
	plant "${name%:}"
	run runc exec "$ID" keys add "$KEY"
	expect 0 found
	contains "$(user "$T/keys" renew "${name%:}" "$T/keys" find "$KEY")" "not found"
}

@test "keyring: another container of the same user neither joins nor links it" {
	local serial name
	with_key
	name=$(rings "$ID" 9 <"$T/out")
	serial=$(rings "$ID" 1 <"$T/out")
	[ -n "$serial" ]
	args keys renew "_ses.$ID" keys find "$KEY"
	run runc run "$ID-other"
	expect 1 "not found"
	args keys link "$serial" keys find "$KEY"
	run runc run "$ID-other"
	expect 1 "Permission denied"
	args cat /proc/keys
	run runc run "$ID-other"
	same "$(rings "$ID" 1 <<<"$output")" ""
	run runc exec "$ID" keys find "$KEY"
	expect 0 found
}

@test "keyring: exec has one of its own where the container has given rights away or revoked it" {
	local change
	for change in 'perm 3f1f0008' 'revoke x'; do
		sh_args "keys $change; exec sleep 100"
		edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])' # to change what another id owns
		detached run -d "$ID"
		expect 0
		wait_for 5 grep -q found "$T/out"
		run runc --debug exec "$ID" sh -c "keys add $KEY; cat /proc/keys"
		expect 0 found "session keyring: "
		same "$(awk '$9 == "_ses:" { print $5 }' <<<"$output")" 3f000000
		run runc exec "$ID" keys find "$KEY"
		expect 1 "not found"
		runc delete --force "$ID"
	done
}

@test "keyring: nobody sees the name while it is made" {
	command -v strace >/dev/null || skip "strace is not installed"
	args keys watch "_ses.$ID-victim"
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q watching "$T/out"
	args true
	# Its owner may look until the permissions are set: with a pause before that, long enough for anybody.
	traced() { LIMIT=60 timeout 60 strace -f -qq -o "$T/calls" -e trace=keyctl -e inject=keyctl:delay_exit=300000 "$RUNC" --root "$STATE" run "$ID-victim" 3>&- 4>&-; }
	run traced
	expect 0
	grep -q 'KEYCTL_JOIN_SESSION_KEYRING, "_ses.*DELAYED' "$T/calls"
	same "$(cat "$T/out")" watching
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
	# Also where the plan is made again, because it is another build's.
	BUILD=$("$RUNC" features | jq -r '.annotations["davit.build"]') perl -0pi -e 's/\Q$ENV{BUILD}\E/"x" x length $ENV{BUILD}/e' "$STATE/$ID-both/plan"
	run in_session exec "$ID-both" keys find "$KEY"
	expect 0 found
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
