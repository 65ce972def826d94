# A pod: the processes of one container watch davit at work on another that joins its pid namespace by path.

load lib/common

setup() {
	setup_bundle
	edit '.root.readonly = false | .mounts |= map(select(.type == "proc" or .type == "tmpfs" and .destination == "/dev"))'
	[ -x "$HELPERS/helper-inspect" ] || skip "the helper is not built"
	echo secret >"$T/secret"
	chmod 644 "$T/secret"
}

# watch FILTER: container $ID-a inspects every process of its pid namespace; FILTER changes its config.json. $PID is its pid.
watch() {
	mkdir "$T/watch"
	cp -al "$ROOTFS" "$T/watch/rootfs"
	cp "$HELPERS/helper-inspect" "$T/watch/rootfs/bin/inspect"
	chmod 755 "$T" "$T/watch" "$BUNDLE" "$ROOTFS"
	jq --arg secret "$T/secret" '.process.args = ["inspect", $secret] | .process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]
		| del(.hostname) | '"$1" <config.json >"$T/watch/config.json"
	runc run -d --bundle "$T/watch" "$ID-a" </dev/null >"$T/seen" 2>"$T/err"
	wait_for 5 grep -q ready "$T/seen"
	PID=$(pid_of "$ID-a")
}

# join TYPE…: config.json gets these namespaces of $PID, and a new mount namespace.
join() {
	edit --arg p "/proc/$PID/ns/" --args '.linux.namespaces = ([$ARGS.positional[] | {type: ., path: ($p + .)}] + [{type: "mount"}])
		| del(.hostname)' "$@"
}

# userns HOSTID: a filter that adds a user namespace whose ids begin there.
userns() {
	echo '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: '"$1"', size: 65536}] | .linux.gidMappings = .linux.uidMappings'
}

# rounds N VERB…: so often, and each time with success.
rounds() {
	local i count=$1
	shift
	for ((i = 0; i < count; i++)); do
		run runc "$@"
		expect 0 || return 1
	done
	sort "$T/seen"
}

# unharmed: programs of davit were there to be seen, but not to be looked into.
unharmed() {
	grep -q '^saw memfd:dmz' "$T/seen"
	same "$(grep -E '^read |^(traced|took) memfd:' "$T/seen")" ""
}

@test "pod: with a user namespace nothing of davit can be looked into" {
	newer "for davit"
	watch "$(userns 100000)"
	join user pid
	rounds 40 run "$ID-b"
	unharmed
	rounds 20 exec "$ID-a" true
	unharmed
}

@test "pod: nor if the user namespace has the ids of the host" {
	newer "for davit"
	watch "$(userns 0)"
	join user pid
	rounds 40 run "$ID-b"
	unharmed
	rounds 20 exec "$ID-a" true
	unharmed
}
