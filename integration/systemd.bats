# --systemd-cgroup with a systemd that runs: units, their properties, limits that stay, what is left.
# layouts: vm

load lib/common

setup() {
	[ "$LAYOUT" = vm ] || skip "for the virtual machine only"
	export LIMIT=60 BATS_TEST_TIMEOUT=240
	setup_bundle
	UNIT=runc-$ID.scope
	GROUP=/sys/fs/cgroup/system.slice/$UNIT
	args sleep 1000
}

teardown() {
	local status=0 units
	teardown_bundle || status=1
	units=$(units)
	[ -z "$units" ] || { echo "units left: $units"; systemctl stop -- $units; systemctl reset-failed -- $units 2>/dev/null; status=1; }
	return $status
}

# The steps of any container: its own processes are in its unit. One look, because the machine is slow.
processes() { ps -eo pid=,args= | grep ' build=[0-9]' | grep -v grep | sed 's/^ *//'; }

# The units of this test, in any state. That nothing else is left is for the teardown.
units() { systemctl list-units --all --plain --no-legend "*${ID:-none}*" | cut -d ' ' -f 1; }

# property NAME [UNIT]: as systemd shows it.
property() { systemctl show -P "$1" -- "${2:-$UNIT}"; }

start() {
	detached --systemd-cgroup run -d "$ID"
	expect 0
}

# What the files of the cgroup say that limits are written to.
limits() {
	(cd "${1:-$GROUP}" && grep -H . cpu.max cpu.weight cpu.idle cpuset.cpus cpuset.mems memory.max memory.low memory.high memory.min \
		memory.swap.max pids.max memory.oom.group hugetlb.2MB.max)
}

@test "systemd: run: the process is in a scope that has runc's properties, and nothing is left" {
	args true
	run runc --systemd-cgroup run "$ID"
	expect 0
	same "$(units)" ""
	args sleep 1000
	start
	same "$(property ActiveState)/$(property SubState)" active/running
	same "$(property Description)" "libcontainer container $ID"
	same "$(property Slice)" system.slice
	same "$(property ControlGroup)" "/system.slice/$UNIT"
	for name in Delegate MemoryAccounting IOAccounting TasksAccounting; do same "$name $(property $name)" "$name yes"; done
	same "$(property DefaultDependencies)" no
	same "$(cat "$GROUP/cgroup.procs")" "$(pid_of "$ID")"
	same "$(cat "/proc/$(pid_of "$ID")/cgroup")" "0::/system.slice/$UNIT"
	same "$(jq -r '.cgroup_paths | .[]' "$STATE/$ID/state.json")" "$GROUP"
	runc kill "$ID" KILL
	wait_for 10 is_stopped "$ID"
	runc delete "$ID"
	same "$(units)" ""
}

@test "systemd: the same container made by runc has the same unit" {
	[ -x /usr/sbin/runc ] || skip "the machine has no runc"
	edit '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {quota: 20000, period: 50000, cpus: "0"},
			devices: [{allow: false, access: "rwm"}, {allow: true, type: "b", major: 8, minor: 1, access: "r"}]} |
		.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7"}'
	edit --arg p "user.slice:$ID:x" '.linux.cgroupsPath = $p'
	UNIT=$ID-x.scope
	show() { systemctl show "$UNIT" | grep -vE 'Timestamp|InvocationID|ControlGroupId|^DropInPaths|^Memory(Current|Peak|Available|Swap(Current|Peak))|^CPUUsage|^IO(Read|Write)|^EffectiveMemory|^Tasks(Current)|^TriggeredBy' |
		sed 's/^DeviceAllow=.*/&/' | sort; limits "/sys/fs/cgroup/user.slice/$UNIT"; }
	start
	show >"$T/davit"
	runc delete --force "$ID"
	/usr/sbin/runc --root "$T/runc" --systemd-cgroup run -d "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&-
	show >"$T/runc.show"
	/usr/sbin/runc --root "$T/runc" delete --force "$ID" 3>&-
	diff "$T/runc.show" "$T/davit"
}

@test "systemd: slice:prefix:name: names, nested slices, an empty slice" {
	local path unit place
	while read -r path unit place; do
		UNIT=$unit
		edit --arg p "$path" '.linux.cgroupsPath = $p'
		start
		same "$(property ControlGroup)" "$place"
		same "$(cut -d: -f3 "/proc/$(pid_of "$ID")/cgroup")" "$place"
		runc delete --force "$ID"
		same "$(units)" ""
	done <<-END
		system.slice:docker:$ID docker-$ID.scope /system.slice/docker-$ID.scope
		:cri:$ID cri-$ID.scope /system.slice/cri-$ID.scope
		-.slice:top:$ID top-$ID.scope /top-$ID.scope
		davit-inner-most.slice:a:$ID a-$ID.scope /davit.slice/davit-inner.slice/davit-inner-most.slice/a-$ID.scope
		user.slice::$ID -$ID.scope /user.slice/-$ID.scope
	END
	systemctl stop davit.slice
}

@test "systemd: a name in .slice: the slice is the unit, the process moves in, delete takes it away" {
	local id=${ID//-/_}
	ID=$id UNIT=davit-$id.slice
	edit --arg p "davit.slice:any:$UNIT" '.linux.cgroupsPath = $p | .linux.resources = {pids: {limit: 40}}'
	start
	same "$(property ActiveState)" active
	same "$(property Wants)" davit.slice
	same "$(cut -d: -f3 "/proc/$(pid_of "$ID")/cgroup")" "/davit.slice/$UNIT"
	same "$(property TasksMax) $(cat "/sys/fs/cgroup/davit.slice/$UNIT/pids.max")" "40 40"
	runc delete --force "$ID"
	systemctl stop davit.slice
	same "$(units)" ""
}

@test "systemd: limits are systemd's and the files', also after daemon-reload" {
	local before
	edit '.linux.resources = {memory: {limit: 67108864, reservation: 33554432, swap: 100663296}, pids: {limit: 50},
		cpu: {shares: 2048, quota: 12345, period: 50000, cpus: "0", mems: "0"}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}],
		unified: {"memory.high": "60M", "memory.oom.group": "1"}}'
	start
	same "$(property MemoryMax) $(property MemoryLow) $(property MemorySwapMax) $(property MemoryHigh)" "67108864 33554432 33554432 62914560"
	same "$(property TasksMax) $(property AllowedCPUs) $(property AllowedMemoryNodes)" "50 0 0"
	same "$(property CPUQuotaPerSecUSec) $(property CPUQuotaPeriodUSec) $(property CPUWeight)" "250ms 50ms 174"
	same "$(property OOMPolicy)" kill
	before=$(limits)
	# 12345 is no whole percent.
	contains "$before" "cpu.max:12500 50000"
	contains "$before" "memory.max:67108864"
	contains "$before" "memory.swap.max:33554432"
	contains "$before" "hugetlb.2MB.max:4194304"
	contains "$before" "memory.oom.group:1"
	systemctl daemon-reload
	same "$(limits)" "$before"
	# And when something else in the slice begins and ends.
	systemd-run --quiet --wait --slice system.slice true
	same "$(limits)" "$before"
}

@test "systemd: update changes the unit and the files; daemon-reload takes nothing back; what is refused changes neither" {
	edit '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}, cpu: {quota: 20000, period: 50000}}'
	start
	runc update --memory 96M --memory-swap 96M --pids-limit 60 --cpu-quota 12345 --cpuset-cpus 0 "$ID"
	same "$(property MemoryMax) $(property TasksMax) $(property CPUQuotaPerSecUSec) $(property AllowedCPUs)" "100663296 60 250ms 0"
	before=$(limits)
	contains "$before" "memory.max:100663296"
	contains "$before" "cpu.max:12500 50000"
	contains "$before" "pids.max:60"
	systemctl daemon-reload
	same "$(limits)" "$before"
	run runc update --pids-limit 70 --cpuset-cpus 4000 "$ID"
	expect 1
	same "$(limits)" "$before"
	same "$(property TasksMax) $(property AllowedCPUs)" "60 0"
}

@test "systemd: device rules hold, also after daemon-reload" {
	mkdir "$ROOTFS/node"
	edit '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 4, minor: 1, access: "rw"},
			{allow: true, type: "c", minor: 2, access: "r"}, {allow: true, type: "c", major: 7, access: "w"}] |
		.process.capabilities[] += ["CAP_MKNOD"] | .root.readonly = false | .mounts += [{destination: "/node", type: "tmpfs", source: "x"}]'
	cat >"$ROOTFS/try" <<-'END'
		cd /node
		for d in null:1:3 tty1:4:1 tty2:4:2 tty3:4:3 vcs:7:0; do
			n=${d%%:*} r=${d#*:}
			[ -e $n ] || mknod $n c ${r%:*} ${r#*:} || echo "mknod $n"
			(exec 5<$n) 2>/dev/null && echo "$n r" || echo "$n -"
			(exec 5>$n) 2>/dev/null && echo "$n w" || echo "$n -"
		done
	END
	start
	runc exec "$ID" sh /try >"$T/before"
	same "$(tr '\n' ' ' <"$T/before")" "null r null w tty1 r tty1 w tty2 r tty2 - tty3 - tty3 - vcs - vcs w "
	same "$(property DevicePolicy)" strict
	systemctl daemon-reload
	runc exec "$ID" sh /try | diff "$T/before" -
}

@test "systemd: rules that allow all but one: daemon-reload takes nothing away and gives nothing" {
	edit '.linux.resources.devices = [{allow: true, access: "rwm"}, {allow: false, type: "c", major: 4, minor: 2, access: "r"}] |
		.process.capabilities[] += ["CAP_MKNOD"] | .mounts += [{destination: "/node", type: "tmpfs", source: "x"}] | .root.readonly = false'
	mkdir "$ROOTFS/node"
	start
	same "$(property DevicePolicy)" auto
	runc exec "$ID" sh -c 'mknod /node/tty2 c 4 2; mknod /node/tty1 c 4 1'
	for i in 1 2; do
		runc exec "$ID" sh -c 'exec 5</node/tty1'
		runc exec "$ID" sh -c 'exec 5>/node/tty2'
		! runc exec "$ID" sh -c 'exec 5</node/tty2' || return 1
		systemctl daemon-reload
	done
}

@test "systemd: annotations set properties of every kind" {
	edit --arg id "$ID" '.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7", "org.systemd.property.RuntimeMaxSec": "1e3",
		"org.systemd.property.CollectMode": "\u0027inactive-or-failed\u0027", "org.systemd.property.SendSIGHUP": "true",
		"org.systemd.property.Documentation": "[\"man:runc(8)\", \"https://example.org/%i\"]", "org.systemd.property.KillSignal": "12",
		"org.systemd.property.MemoryHigh": "uint64 0x3000000", "org.systemd.property.DeviceAllow": "@a(ss) [(\"/dev/char/10:200\", \"rw\")]",
		"org.systemd.property.Before": "@as []"}'
	start
	same "$(property TimeoutStopUSec) $(property RuntimeMaxUSec) $(property CollectMode)" "7s 16min 40s inactive-or-failed"
	same "$(property SendSIGHUP) $(property KillSignal) $(property MemoryHigh)" "yes 12 50331648"
	same "$(property Documentation | tr -d '"')" "man:runc(8) https://example.org/%i"
}

@test "systemd: an annotation that systemd refuses: its words, and nothing is left" {
	edit '.annotations = {"org.systemd.property.NoSuchThing": "1"}'
	refused "unable to start unit .*$UNIT.*: .*NoSuchThing" --systemd-cgroup run "$ID"
	edit '.annotations = {"org.systemd.property.TimeoutStopSec": "\u0027a\u0027"}'
	refused 'annotation org.systemd.property.TimeoutStopSec=.a. value parse error: not a number' --systemd-cgroup run "$ID"
	edit '.annotations = {"org.systemd.property.CollectMode": "uint32 1"}'
	refused "unable to start unit .*$UNIT" --systemd-cgroup run "$ID"
	same "$(units)" ""
}

@test "systemd: create, start, exec, pause, kill, list, state, delete" {
	detached --systemd-cgroup create "$ID"
	expect 0
	same "$(status_of "$ID") $(property SubState)" "created running"
	runc start "$ID"
	run runc exec "$ID" cat /proc/self/cgroup
	same "$output" "0::/"
	same "$(sort -u "$GROUP/cgroup.procs" | wc -l)" 1
	runc pause "$ID"
	same "$(status_of "$ID") $(cat "$GROUP/cgroup.freeze")" "paused 1"
	contains "$(runc list)" paused
	runc resume "$ID"
	same "$(status_of "$ID")" running
	! runc delete "$ID" || return 1
	runc pause "$ID"
	runc delete --force "$ID"
	same "$(units)" ""
}

@test "systemd: a unit that is stopped from outside: the container is stopped, delete forgets the unit" {
	# sleep as process 1 ignores SIGTERM.
	edit '.annotations = {"org.systemd.property.TimeoutStopSec": "1"}'
	start
	systemctl stop "$UNIT"
	wait_for 20 is_stopped "$ID"
	[ ! -e "$GROUP" ]
	runc delete "$ID"
	same "$(units)" ""
}

@test "systemd: out of memory: the unit fails, delete forgets it, and the name can be used again" {
	edit '.linux.resources = {memory: {limit: 16777216, swap: 16777216}} | .process.oomScoreAdj = 1000'
	sh_args 'x=a; while :; do x=$x$x; done'
	start
	wait_for 60 is_stopped "$ID"
	wait_for 20 eval '[ "$(property ActiveState)" != active ]'
	runc delete "$ID"
	same "$(units)" ""
	args true
	run runc --systemd-cgroup run "$ID"
	expect 0
}

@test "systemd: a failed unit of that name is forgotten; an active one is somebody else's and stays" {
	systemd-run --quiet --scope --unit "$UNIT" -p RuntimeMaxSec=1 sleep 100 || true
	wait_for 10 systemctl is-failed --quiet "$UNIT"
	args true
	run runc --systemd-cgroup run "$ID"
	expect 0
	same "$(units)" ""
	systemd-run --quiet --scope --unit "$UNIT" sleep 100 3>&- 4>&- &
	local other=$!
	wait_for 10 systemctl is-active --quiet "$UNIT"
	run runc --systemd-cgroup run "$ID"
	expect 1 "unable to start unit" ": Unit $UNIT was already loaded"
	same "$(property ActiveState)" active
	[ -d "/proc/$other" ]
	systemctl stop "$UNIT"
	wait $other || true
}

@test "systemd: a process that the container leaves behind ends with the unit" {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'sleep 1000 & sleep 1000 & sleep 0.2'
	start
	wait_for 20 is_stopped "$ID"
	runc delete --force "$ID"
	same "$(units)" ""
}

@test "systemd: killed at any time, create leaves nothing that delete --force cannot undo" {
	local delay
	for delay in 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5 0.7; do
		background --systemd-cgroup create "$ID"
		sleep $delay
		kill -9 ${BACKGROUND##* } 2>/dev/null || true
		wait ${BACKGROUND##* } 2>/dev/null || true
		runc delete --force "$ID"
		same "$delay: $(units)" "$delay: "
	done
}

@test "systemd: 50 containers one after the other leave no unit and no cgroup" {
	local i
	args true
	for i in {1..50}; do
		detached --systemd-cgroup create "$ID"
		expect 0
		runc delete --force "$ID"
	done
	same "$(units)" ""
	same "$(systemctl list-jobs --no-legend)" ""
}

@test "systemd: several at once" {
	local i
	args true
	for i in 1 2 3 4; do background --systemd-cgroup run "$ID-$i"; done
	for i in $BACKGROUND; do wait "$i" || return 1; done
	BACKGROUND=
	same "$(units)" ""
}

@test "systemd: rootless: a scope of the user's systemd with limits, and nothing is left" {
	command -v as-user >/dev/null || skip "there is no user session"
	local unit=$UNIT state
	chmod 755 "$T"
	rm config.json
	runc spec --rootless
	edit --arg m "$MARK" '.linux.uidMappings[0].hostID = 1000 | .linux.gidMappings[0].hostID = 1000 | .process.terminal = false | .process.args = ["sleep", "1000"] | .process.env += [$m] |
		.linux.resources = {memory: {limit: 67108864}, pids: {limit: 30}} | .root.readonly = true'
	chown 1000:1000 "$BUNDLE" config.json
	state=$(as-user mktemp -d /tmp/davit-user-XXXXXX)
	user_runc() { (cd "$BUNDLE" && as-user timeout 60 "$RUNC" --root "$state" "$@" </dev/null 3>&- 4>&-); }
	user_runc --systemd-cgroup run -d "$ID" >"$T/out" 2>&1 || { cat "$T/out"; rm -rf "$state"; return 1; }
	local pid=$(user_runc state "$ID" | jq .pid) path
	path=$(cut -d: -f3 "/proc/$pid/cgroup")
	same "$path" "/user.slice/user-1000.slice/user@1000.service/user.slice/$unit"
	same "$(cat "/sys/fs/cgroup$path/pids.max") $(cat "/sys/fs/cgroup$path/memory.max")" "30 67108864"
	same "$(as-user systemctl --user show -P TasksMax "$unit")" 30
	run user_runc exec "$ID" true
	expect 0
	run user_runc delete --force "$ID"
	expect 0
	same "$(as-user systemctl --user list-units --all --plain --no-legend "*$ID*")" ""
	[ ! -e "/sys/fs/cgroup$path" ]
	# The user cannot ask for a slice, nor without a bus.
	edit '.linux.cgroupsPath = "user.slice:a:b.slice"'
	run user_runc --systemd-cgroup run "$ID"
	expect 1 "without root the unit cannot be a slice"
	edit 'del(.linux.cgroupsPath)'
	run as-user env -C "$BUNDLE" -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR=/nowhere timeout 60 "$RUNC" --root "$state" --systemd-cgroup run "$ID"
	expect 1 "dbus-user-session"
	rm -rf "$state"
}
