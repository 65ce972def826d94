# Time namespaces: new, with offsets, joined, entered.

load lib/common

setup() {
	setup_bundle
	newer "time namespaces since 1.2"
	edit '.linux.namespaces += [{type: "time"}]'
}

# seen COMMAND: the offsets as "CLOCK SECONDS NANOSECONDS", each once, of what `run` has printed
seen() { tr -s ' ' <<<"$output" | grep -E '^(monotonic|boottime) ' | tr '\n' ';'; }

@test "time: a new namespace without offsets" {
	sh_args 'readlink /proc/self/ns/time; readlink /proc/self/ns/time_for_children; cat /proc/self/timens_offsets'
	run runc run "$ID"
	expect 0
	lacks "$output" "$(readlink /proc/self/ns/time)"
	same "${lines[0]}" "$(sed 's/_for_children//' <<<"${lines[1]}")"
	same "$(seen)" "monotonic 0 0;boottime 0 0;"
	edit '.linux.namespaces |= map(select(.type != "time"))'
	run runc run "$ID"
	expect 0 "$(readlink /proc/self/ns/time)"
}

@test "time: offsets hold for the program itself, not only for its children" {
	local host
	edit '.linux.timeOffsets = {monotonic: {secs: 86400, nanosecs: 5}, boottime: {secs: 1000000}}'
	sh_args 'cat /proc/self/timens_offsets; echo up $(cut -d . -f 1 /proc/uptime)'
	host=$(cut -d . -f 1 /proc/uptime)
	run runc run "$ID"
	expect 0
	same "$(seen)" "monotonic 86400 5;boottime 1000000 0;"
	local up
	up=$(sed -n 's/^up //p' <<<"$output")
	[ "$up" -ge $((host + 1000000)) ] && [ "$up" -le $((host + 1000060)) ]
	same "$(tr -s ' ' </proc/self/timens_offsets)" $'monotonic 0 0\nboottime 0 0'
}

@test "time: negative offsets, one clock only, nanoseconds only" {
	args cat /proc/self/timens_offsets
	edit '.linux.timeOffsets = {boottime: {secs: -1, nanosecs: 999999999}}'
	run runc run "$ID"
	expect 0
	same "$(seen)" "monotonic 0 0;boottime -1 999999999;"
	edit '.linux.timeOffsets = {monotonic: {nanosecs: 7}}'
	run runc run "$ID"
	expect 0
	same "$(seen)" "monotonic 0 7;boottime 0 0;"
}

@test "time: an offset that the kernel refuses is one line that names the clock" {
	edit '.linux.timeOffsets = {monotonic: {secs: 1}, boottime: {secs: -1000000000000}}'
	refused 'linux.timeOffsets: boottime: numerical result out of range' create "$ID"
	edit '.linux.timeOffsets = {monotonic: {secs: 0}, boottime: {secs: 0}}'
	sed -i '0,/"secs": 0/s//"secs": 9223372036854775807/' config.json # jq would round it
	refused 'linux.timeOffsets: monotonic: numerical result out of range' create "$ID"
}

@test "time: offsets without a new namespace, or of other clocks, are refused" {
	edit '.linux.timeOffsets = {realtime: {secs: 1}}'
	refused 'linux.timeOffsets.realtime' create "$ID"
	edit '.linux.timeOffsets = {monotonic: {secs: 1}} | .linux.namespaces[-1].path = "/proc/1/ns/time"'
	refused 'linux.timeOffsets.*both namespace path and time offsets' create "$ID"
	edit 'del(.linux.namespaces[-1])'
	refused "linux.timeOffsets.*time namespace isn.t enabled" create "$ID"
}

@test "time: in a new user namespace, which owns it" {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings | .linux.timeOffsets = {monotonic: {secs: 4242}, boottime: {secs: -5}}'
	sh_args 'cat /proc/self/timens_offsets; id -u; sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q '^0' "$T/out"
	output=$(cat "$T/out")
	same "$(seen)" "monotonic 4242 0;boottime -5 0;"
	# Joined from there, with that user namespace: its owner lets in.
	output=$(nsenter --user="/proc/$(pid_of "$ID")/ns/user" nsenter --time="/proc/$(pid_of "$ID")/ns/time" cat /proc/self/timens_offsets)
	same "$(seen)" "monotonic 4242 0;boottime -5 0;"
}

@test "time: exec enters it" {
	edit '.linux.timeOffsets = {monotonic: {secs: 777}}'
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" sh -c 'cat /proc/self/timens_offsets; readlink /proc/self/ns/time'
	expect 0 "$(readlink "/proc/$(pid_of "$ID")/ns/time")"
	same "$(seen)" "monotonic 777 0;boottime 0 0;"
}

@test "time: joined by path, and by a container with a user namespace of its own" {
	edit '.linux.timeOffsets = {boottime: {secs: 333}}'
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/time" 'del(.linux.timeOffsets) | .linux.namespaces[-1].path = $p'
	args cat /proc/self/timens_offsets
	run runc run "$ID-b"
	expect 0
	same "$(seen)" "monotonic 0 0;boottime 333 0;"
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	run runc run "$ID-c"
	expect 0
	same "$(seen)" "monotonic 0 0;boottime 333 0;"
}

@test "time: state.json names it" {
	args sleep 100
	detached create "$ID"
	expect 0
	same "$(jq -r .namespace_paths.NEWTIME "$STATE/$ID/state.json")" "/proc/$(pid_of "$ID")/ns/time"
	jq -e '.config.namespaces | map(select(.type == "NEWTIME")) == [{"type": "NEWTIME"}]' "$STATE/$ID/state.json"
}
