# --systemd-cgroup where there is no systemd: the errors, and a bus that answers as the test wants. What systemd itself
# does with a unit is in systemd.bats.
# layouts: hybrid v2

load lib/common

# A /run of the test's own: nothing of the machine's is there, and nothing comes to it.
setup() {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs a mount namespace of its own"
	[ -e "$LIBEXEC/scope" ] || skip "this build has no scope"
	mount -t tmpfs tmpfs /run
	mkdir -p /run/systemd/system /run/dbus
	setup_bundle
}

teardown() {
	local status=0
	# What a test leaves to be deleted is deleted with a bus that is good.
	kill $BUS 2>/dev/null && wait $BUS 2>/dev/null || true
	if [ -n "$T" ] && [ -n "$(ls -A "$STATE" 2>/dev/null)" ]; then
		bus good
	fi
	teardown_bundle || status=1
	kill $BUS 2>/dev/null && wait $BUS 2>/dev/null || true
	find /sys/fs/cgroup/systemd/system.slice -maxdepth 1 -name "*$ID*" -exec rmdir {} + 2>/dev/null || true
	# There is no systemd whose they would be.
	rmdir /sys/fs/cgroup/*/system.slice /sys/fs/cgroup/system.slice 2>/dev/null || true
	! mountpoint -q /run || umount -l /run
	return $status
}

# bus MODE: helper-bus instead of systemd; what it hears is in $T/heard.
bus() {
	rm -f "${SOCKET:-/run/dbus/system_bus_socket}"
	"$HELPERS/helper-bus" "${SOCKET:-/run/dbus/system_bus_socket}" "$1" "$T/heard" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	BUS=$!
	wait_for 5 test -S "${SOCKET:-/run/dbus/system_bus_socket}"
	# For leftovers the bus is none.
	processes >"$T/processes.before"
}

# in_time SECONDS: the last command has ended within them.
in_time() { [ "$SECONDS" -le "$1" ] || { echo "it took $SECONDS seconds"; return 1; }; }

@test "systemd: without systemd it is refused, and nothing is made" {
	rmdir /run/systemd/system
	refused 'systemd not running on this host, cannot use systemd cgroups manager' --systemd-cgroup run "$ID"
	touch /run/systemd/system
	refused 'systemd not running on this host, cannot use systemd cgroups manager' --systemd-cgroup create "$ID"
}

@test "systemd: an installation without scope says why, and nothing is made" {
	mkdir -p "$T/installed/build"
	cp -a "$TOP/bin" "$T/installed/"
	cp -a "$LIBEXEC" "$T/installed/build/"
	rm "$T/installed/build/davit/scope"
	bus good
	RUNC=$T/installed/bin/runc refused 'the systemd cgroup driver is not supported: davit was built without libsystemd' --systemd-cgroup run "$ID"
	RUNC=$T/installed/bin/runc refused 'davit was built without libsystemd' --systemd-cgroup create "$ID"
	RUNC=$T/installed/bin/runc runc run "$ID"
}

@test "systemd: no bus: its path and the kernel's answer" {
	refused 'failed to connect to dbus: dial unix /run/dbus/system_bus_socket: connect: no such file or directory' --systemd-cgroup run "$ID"
	touch /run/dbus/system_bus_socket
	refused 'dial unix /run/dbus/system_bus_socket: connect: connection refused' --systemd-cgroup run "$ID"
}

@test "systemd: without a bus systemd's own socket serves" {
	[ "$LAYOUT" = hybrid ] || skip "the helper makes cgroups of v1"
	SOCKET=/run/systemd/private
	bus good
	sh_args 'grep name=systemd /proc/self/cgroup'
	run runc --systemd-cgroup run "$ID"
	expect 0 "/system.slice/runc-$ID.scope"
	lacks "$(cat "$T/heard")" Hello
}

@test "systemd: cgroupsPath must be slice:prefix:name" {
	bus good
	edit '.linux.cgroupsPath = "/a/b"'
	refused 'expected cgroupsPath to be of format .*slice:prefix:name.* for systemd cgroups, got' --systemd-cgroup run "$ID"
	edit '.linux.cgroupsPath = "a:b:c"'
	refused 'invalid slice name: a' --systemd-cgroup run "$ID"
	edit '.linux.cgroupsPath = ":b:%i"'
	refused 'linux.cgroupsPath: the name of a systemd unit has only letters' --systemd-cgroup run "$ID"
	[ ! -s "$T/heard" ]
	# Without the option it is a path.
	edit --arg p "a:$ID:c" '.linux.cgroupsPath = $p'
	run runc run "$ID"
	expect 0
}

@test "systemd: only scopes and slices are asked for, whatever parse was made to write" {
	# A unit of another kind has commands that systemd executes, outside of every container.
	local copy=$T/copy
	mkdir -p "$copy/build"
	cp -a "$TOP/bin" "$copy/"
	cp -a "$LIBEXEC" "$copy/build/"
	mv "$copy/build/davit/parse" "$copy/build/davit/parse.real"
	cp "$HELPERS/helper-liar" "$copy/build/davit/parse"
	printf .scope >"$copy/build/davit/lie.from"
	printf .mount >"$copy/build/davit/lie.to"
	bus good
	RUNC=$copy/bin/runc refused "linux.cgroupsPath: the unit is one of systemd's own" --systemd-cgroup run "$ID"
	# Nor does scope ask for one when its plan is another than the one that was looked at.
	mv "$copy/build/davit/parse.real" "$copy/build/davit/parse"
	mv "$copy/build/davit/scope" "$copy/build/davit/scope.real"
	cp "$HELPERS/helper-liar" "$copy/build/davit/scope"
	RUNC=$copy/bin/runc
	run runc --systemd-cgroup run "$ID"
	RUNC=$TOP/bin/runc
	expect 1 "plan: neither a scope nor a slice: runc-$ID.mount"
	runc delete --force "$ID"
	fails grep StartTransientUnit "$T/heard"
}

@test "systemd: a bus that says nothing: one line, in time, and nothing is left" {
	bus silent
	SECONDS=0
	SYSTEMD_BUS_TIMEOUT=1 refused 'unable to apply cgroup configuration: the bus of systemd does not answer' --systemd-cgroup run "$ID"
	in_time 10
}

@test "systemd: a bus that lets in and says no more: one line, in time; delete is for later" {
	bus mute
	SECONDS=0
	SYSTEMD_BUS_TIMEOUT=1 run runc --systemd-cgroup run "$ID"
	in_time 10
	expect 1 "Timeout waiting for systemd to create runc-$ID.scope"
	same "$(grep -c level=error <<<"$output")" 1
	# Nobody knows whether there is such a unit: what can undo it is kept.
	SECONDS=0
	SYSTEMD_BUS_TIMEOUT=1 run runc delete --force "$ID"
	in_time 10
	expect 1 "unable to destroy container: Timeout waiting for systemd to look into runc-$ID.scope"
	kill $BUS
	wait $BUS 2>/dev/null || true
	bus good
	runc delete --force "$ID"
	contains "$(tail -n 1 "$T/heard")" "ResetFailedUnit runc-$ID.scope"
	nothing_left
}

@test "systemd: the time is 30 seconds when nobody says otherwise" {
	bus silent
	SECONDS=0
	LIMIT=50 refused 'the bus of systemd does not answer' --systemd-cgroup run "$ID"
	[ "$SECONDS" -ge 29 ]
	in_time 36
}

@test "systemd: a bus that takes no connection or talks nonsense: one line, in time" {
	bus deaf
	SECONDS=0
	refused 'failed to connect to dbus: dial unix /run/dbus/system_bus_socket: connect: resource temporarily unavailable' --systemd-cgroup run "$ID"
	kill $BUS
	wait $BUS 2>/dev/null || true
	in_time 12
	bus garbage
	SECONDS=0
	SYSTEMD_BUS_TIMEOUT=2 refused 'unable to apply cgroup configuration: (sd-bus|systemd|the bus)' --systemd-cgroup run "$ID"
	in_time 12
}

@test "systemd: somebody else's unit of that name is left alone" {
	bus exists
	refused "unable to start unit .*runc-$ID.scope.*: Unit was already loaded or has a fragment file" --systemd-cgroup run "$ID"
	# A unit that has failed is forgotten and asked for once more, and that is all.
	same "$(cut -d ' ' -f 1 "$T/heard" | grep -v -e Hello -e AddMatch | tr '\n' ' ')" "StartTransientUnit ResetFailedUnit StartTransientUnit "
}

@test "systemd: a job that fails: its result, and the unit is stopped and forgotten" {
	bus failed
	refused "error creating systemd unit .runc-$ID.scope.: got .failed." --systemd-cgroup run "$ID"
	same "$(cut -d ' ' -f 1 "$T/heard" | grep -v -e Hello -e AddMatch | tr '\n' ' ')" "StartTransientUnit StopUnit ResetFailedUnit "
}

@test "systemd: what somebody else on the bus says of the job does not count" {
	bus rumour
	refused "error creating systemd unit .runc-$ID.scope.: got .failed." --systemd-cgroup run "$ID"
}

@test "systemd: a job that never ends is waited for no longer than the time, and the unit is stopped" {
	bus lost
	SECONDS=0
	SYSTEMD_BUS_TIMEOUT=1 refused "Timeout waiting for systemd to create runc-$ID.scope" --systemd-cgroup run "$ID"
	in_time 12
	contains "$(cat "$T/heard")" "StopUnit runc-$ID.scope"
}

@test "systemd: v1: one request with the properties of v1; the other hierarchies follow; delete stops the unit" {
	[ "$LAYOUT" = hybrid ] || skip "the helper makes cgroups of v1"
	local pid
	bus good
	edit '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {shares: 512}} |
		.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7"}'
	args sleep 1000
	detached --systemd-cgroup create "$ID"
	expect 0
	pid=$(pid_of "$ID")
	same "$(jq -r '.cgroup_paths[]' "$STATE/$ID/state.json" | grep -vc "/system.slice/runc-$ID.scope\$")" 0
	[ "$(grep -c ":/system.slice/runc-$ID.scope\$" "/proc/$pid/cgroup")" -ge 10 ]
	grep -q ":name=systemd:/system.slice/runc-$ID.scope\$" "/proc/$pid/cgroup"
	same "$(cat "/sys/fs/cgroup/memory/system.slice/runc-$ID.scope/memory.limit_in_bytes")" 67108864
	same "$(cat "/sys/fs/cgroup/pids/system.slice/runc-$ID.scope/pids.max")" 50
	same "$(cut -d ' ' -f 1 "$T/heard" | grep -v -e Hello -e AddMatch | tr '\n' ' ')" "StartTransientUnit "
	for word in MemoryLimit CPUShares TasksMax BlockIOAccounting TimeoutStopUSec DevicePolicy Delegate; do contains "$(cat "$T/heard")" " $word "; done
	for word in MemoryMax CPUWeight IOAccounting\ ; do lacks "$(sed 's/BlockIOAccounting//' "$T/heard")" " $word"; done
	runc start "$ID"
	run runc exec "$ID" grep -c "/system.slice/runc-$ID.scope" /proc/self/cgroup
	expect 0
	[ "$output" -ge 10 ]
	runc pause "$ID"
	same "$(status_of "$ID")" paused
	runc resume "$ID"
	runc delete --force "$ID"
	contains "$(tail -n 2 "$T/heard")" "StopUnit runc-$ID.scope"
	contains "$(tail -n 1 "$T/heard")" "ResetFailedUnit runc-$ID.scope"
	nothing_left
}

@test "systemd: update tells systemd, and when systemd refuses nothing is changed" {
	[ "$LAYOUT" = hybrid ] || skip "the helper makes cgroups of v1"
	local mode file
	file=/sys/fs/cgroup/pids/system.slice/runc-$ID.scope/pids.max
	edit '.linux.resources = {pids: {limit: 50}, devices: [{allow: false, access: "rwm"}]}'
	args sleep 1000
	bus rigid
	detached --systemd-cgroup run -d "$ID"
	expect 0
	run runc update --pids-limit 60 "$ID"
	expect 1 "unable to set unit properties of" "runc-$ID.scope" "no change"
	same "$(cat "$file")" 50
	same "$(jq .pids.limit "$STATE/$ID/resources.json" 2>/dev/null)" ""
	kill $BUS
	wait $BUS 2>/dev/null || true
	bus good
	runc update --pids-limit 60 --memory 64M "$ID"
	same "$(cat "$file")" 60
	contains "$(tail -n 1 "$T/heard")" "SetUnitProperties runc-$ID.scope"
	for mode in TasksMax MemoryLimit; do contains "$(tail -n 1 "$T/heard")" " $mode "; done
	for mode in DeviceAllow Slice Description MemoryMax; do lacks "$(tail -n 1 "$T/heard")" " $mode "; done
}

@test "systemd: update says nothing to systemd when the state cannot be written" {
	[ "$LAYOUT" = hybrid ] || skip "the helper makes cgroups of v1"
	[ "$(id -u)" = 0 ] && [ -n "$DAVIT_ISOLATED" ] || skip "needs root and tests/run"
	mkdir "$STATE"
	mount -t tmpfs -o size=256k,mode=700 tmpfs "$STATE"
	args sleep 1000
	bus good
	detached --systemd-cgroup run -d "$ID"
	expect 0
	dd if=/dev/zero of="$STATE/.full" bs=4k 2>/dev/null || true
	run runc update --memory 64M "$ID"
	expect 1 "writing the container's state: no space left on device"
	lacks "$(<"$T/heard")" SetUnitProperties
	rm "$STATE/.full"
	runc update --memory 64M "$ID"
	contains "$(<"$T/heard")" SetUnitProperties
	runc delete --force "$ID"
	umount "$STATE"
}

@test "systemd: an update that fails after systemd has heard of it tells systemd the old limits, and sets the cgroup back" {
	[ "$LAYOUT" = hybrid ] || skip "the helper makes cgroups of v1"
	command -v strace >/dev/null || skip "strace is not installed"
	local file=/sys/fs/cgroup/pids/system.slice/runc-$ID.scope/pids.max old
	edit '.linux.resources = {pids: {limit: 50}, devices: [{allow: false, access: "rwm"}]}'
	args sleep 1000
	bus good
	detached --systemd-cgroup run -d "$ID"
	expect 0
	# The new state is written, the plan does not get its name.
	run strace -o /dev/null -P plan.new -e trace=renameat,renameat2,rename -e inject=renameat,renameat2,rename:error=EIO \
		"$RUNC" --root "$STATE" update --pids-limit 60 "$ID" 3>&-
	expect 1 "writing the container's state: input/output error"
	same "$(grep -c "SetUnitProperties runc-$ID.scope" "$T/heard")" 2
	old=$(tail -n 1 "$T/heard")
	contains "$old" "SetUnitProperties runc-$ID.scope"
	[ "$old" != "$(tail -n 2 "$T/heard" | head -n 1)" ] || { cat "$T/heard"; return 1; }
	same "$(cat "$file")" 50
	same "$(find "$STATE/$ID" -name "*.new")" ""
}

@test "systemd: without root on v1 it is refused in runc's words; on v2 the user's bus is asked" {
	local hint='failed to connect to dbus \(hint: for rootless containers, maybe you need to install dbus-user-session package, see https://rootlesscontaine.rs/getting-started/common/login/\): '
	if [ "$LAYOUT" = hybrid ]; then
		refused 'cannot use rootless systemd cgroups manager on cgroup v1' --systemd-cgroup --rootless true run "$ID"
		return
	fi
	export -n DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR
	refused "${hint}neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set" --systemd-cgroup --rootless true run "$ID"
	XDG_RUNTIME_DIR=/nowhere refused "${hint}dial unix /nowhere/bus: connect: no such file" --systemd-cgroup --rootless true run "$ID"
	export DBUS_SESSION_BUS_ADDRESS
	for DBUS_SESSION_BUS_ADDRESS in 'unix:path=/no%77here/b,guid=1' 'tcp:host=x;unix:guid=1,path=/nowhere/b'; do
		refused "${hint}dial unix /nowhere/b: connect: no such file" --systemd-cgroup --rootless true run "$ID"
	done
	DBUS_SESSION_BUS_ADDRESS=unix:abstract=nobody-$ID
	refused "${hint}dial unix @nobody-$ID: connect: connection refused" --systemd-cgroup --rootless true run "$ID"
	for DBUS_SESSION_BUS_ADDRESS in 'tcp:host=localhost' 'unix:path=%zz' 'unix:path=/a%00b' 'unix:'; do
		refused "${hint}DBUS_SESSION_BUS_ADDRESS names no unix socket" --systemd-cgroup --rootless true run "$ID"
	done
	# longer than an address can be
	DBUS_SESSION_BUS_ADDRESS=unix:path=/$(printf 'a%.0s' {1..200})
	refused "${hint}dial unix /aa*: connect: no such file" --systemd-cgroup --rootless true run "$ID"
}

# killed_early: a creation whose conductor ends before systemd has answered.
killed_early() {
	background --systemd-cgroup create "$ID"
	wait_for 5 grep -q StartTransientUnit "$T/heard"
	kill -9 ${BACKGROUND##* }
	wait ${BACKGROUND##* } 2>/dev/null || true
}

@test "systemd: a creation that is killed before systemd has answered: delete asks whose the unit is" {
	bus lost
	killed_early
	runc delete --force "$ID"
	contains "$(cat "$T/heard")" "GetUnitProcesses runc-$ID.scope"
	contains "$(tail -n 1 "$T/heard")" "ResetFailedUnit runc-$ID.scope"
	nothing_left
}

@test "systemd: a unit of that name with somebody's processes in it, or a slice, is not stopped by such a delete" {
	bus foreign
	killed_early
	runc delete --force "$ID"
	contains "$(cat "$T/heard")" "GetUnitProcesses runc-$ID.scope"
	lacks "$(cat "$T/heard")" StopUnit
	nothing_left
	kill $BUS
	wait $BUS 2>/dev/null || true
	rm "$T/heard"
	bus lost
	edit --arg p ":runc:$ID.slice" '.linux.cgroupsPath = $p'
	killed_early
	# Nor does a slice begin with a process.
	contains "$(cat "$T/heard")" "StartTransientUnit $ID.slice"
	lacks "$(cat "$T/heard")" PIDs
	runc delete --force "$ID"
	lacks "$(cat "$T/heard")" StopUnit
	nothing_left
}
