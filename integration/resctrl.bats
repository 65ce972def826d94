# linux.intelRdt, on a resctrl file system of our own (helper-resctrlfs): machines that have one are rare. It lies at
# /sys/fs/resctrl in the mount namespace of this file. A FUSE file system cannot have resctrl's magic, and davit takes no
# other: so strace changes what fstatfs(2) says of that directory, and davit itself runs as it is installed.
# layouts: hybrid v2

load lib/common

# The file system, over a tmpfs on /sys/fs that keeps the cgroups.
mount_fake() {
	mkdir "$T/cgroups"
	mount --rbind /sys/fs/cgroup "$T/cgroups"
	mount -t tmpfs tmpfs /sys/fs
	mkdir /sys/fs/cgroup /sys/fs/resctrl
	mount --rbind "$T/cgroups" /sys/fs/cgroup
	umount -l "$T/cgroups"
	"$HELPERS/helper-resctrlfs" /sys/fs/resctrl "$T/log" "$T/hold" "$@" >"$T/ready" 3>&- 4>&- &
	wait_for 5 grep -q ready "$T/ready"
	touch "$T/log"
}

setup() {
	T=$BATS_TEST_TMPDIR
	R=/sys/fs/resctrl
	newer "runc and crun of Debian 12 know less of linux.intelRdt"
	[ "$(id -u)" = 0 ] && [ -n "$DAVIT_ISOLATED" ] || skip "needs root and tests/run"
	case $BATS_TEST_DESCRIPTION in
	*"for real"*)
		[ "$(stat -f -c %t $R 2>/dev/null)" = 7655821 ] || skip "this machine has no resctrl file system on $R"
		setup_bundle
		return
		;;
	*"where there is no resctrl"*) ;;
	*)
		[ -c /dev/fuse ] || skip "this machine has no FUSE"
		[ -x "$HELPERS/helper-resctrlfs" ] || skip "the helper is not built"
		command -v strace >/dev/null || skip "strace is not installed"
		case $BATS_TEST_DESCRIPTION in *"no monitoring"*) mount_fake no-monitoring ;; *) mount_fake ;; esac
		;;
	esac
	setup_bundle
	cat >"$T/traced" <<-EOF
		#!/bin/sh
		exec strace -D -f -qq -o /dev/null -P $R -e trace=fstatfs -e inject=fstatfs:poke_exit=@arg2=21586507 $RUNC "\$@"
	EOF
	chmod +x "$T/traced"
	BARE=$RUNC
	RUNC=$T/traced
}

teardown() {
	local failed=0
	rm -f "$T/hold"
	[ ! -e "$T/processes.before" ] || teardown_bundle || failed=1
	if [ -e "$T/ready" ]; then umount -l $R; umount -l /sys/fs; fi
	return $failed
}

# rdt JSON: what linux.intelRdt is.
rdt() { edit --argjson rdt "$1" '.linux.intelRdt = $rdt'; }

# changes: what was done to the file system, pids as PID, the id as ID.
changes() { sed -E "s/tasks [0-9]+$/tasks PID/; s/$ID/ID/g" "$T/log" | grep -v '^held '; }

# groups: every directory below the root that is not the kernel's own.
groups() { (cd $R && find . -mindepth 1 -type d -not -path './info*' -not -name mon_groups | sed "s/$ID/ID/g" | LC_ALL=C sort | tr '\n' ' '); }

# schemata GROUP: one line, no blanks.
schemata() { tr -d ' ' <"$R/$1/schemata" | tr '\n' ' '; }

# in_group PID GROUP
in_group() { grep -qx "$1" "$R/$2/tasks" || { echo "$1 is not in $2: $(cat "$R/$2/tasks")"; return 1; }; }

# rejected TEXT: the creation fails with this and leaves nothing of the container.
rejected() {
	refused 'unable to apply Intel RDT configuration: ' run "$ID" && contains "$output" "$1"
}

created() {
	detached create "$ID"
	expect 0
	PID=$(pid_of "$ID")
}

@test "resctrl: where there is no resctrl file system schemata are refused, and the rest is ignored with a warning" {
	RUNC=$BARE
	local value
	for value in '{"l3CacheSchema": "L3:0=f"}' '{"closID": "/", "memBwSchema": "MB:0=20"}' '{"schemata": ["MB:0=20"]}'; do
		rdt "$value"
		rejected 'linux.intelRdt: no resctrl file system is mounted on /sys/fs/resctrl'
	done
	args sleep 100
	for value in '{}' '{"closID": ""}' '{"closID": "/"}' '{"closID": "gold", "schemata": [], "l3CacheSchema": ""}' '{"enableMonitoring": true}'; do
		rdt "$value"
		detached run -d "$ID"
		expect 0 "level=warning msg=\"linux.intelRdt is ignored: it has no schema, and no resctrl file system is mounted on /sys/fs/resctrl\""
		same "$(grep -c level= "$T/err")" 1
		run runc exec "$ID" true
		same "$status $output" "0 "
		run runc update --mem-bw-schema MB:0=20 "$ID"
		[ "$status" = 1 ]
		runc delete --force "$ID"
		nothing_left
	done
}

@test "resctrl: what lies there and is no resctrl file system is refused, and not touched" {
	RUNC=$BARE
	rdt '{"memBwSchema": "MB:0=20"}'
	rejected 'no resctrl file system is mounted on /sys/fs/resctrl'
	same "$(cat "$T/log")" ""
}

@test "resctrl: without intelRdt nothing is touched and nothing started" {
	detached --debug run "$ID"
	expect 0
	lacks "$output" "resctrl"
	same "$(cat "$T/log")" ""
	rdt null
	detached --debug run "$ID"
	expect 0
	lacks "$output" "resctrl"
	same "$(cat "$T/log")" ""
	rdt '{}'
	detached --debug run "$ID"
	expect 0 "resctrl has done its work"
}

@test "resctrl: without closID a group of the container's name, its process in it, gone with it" {
	rdt '{}'
	created
	same "$(groups)" "./ID "
	in_group "$PID" "$ID"
	same "$(schemata "$ID")" "MB:0=100;1=100 L3:0=fffff;1=fffff "
	same "$(jq -r '.intel_rdt_path, .intel_rdt_mon_path, (.config.intel_rdt | tostring)' "$STATE/$ID/state.json" | tr '\n' ' ')" \
		"$R/$ID null {} "
	runc delete --force "$ID"
	same "$(groups)" ""
	same "$(changes)" "mkdir /ID
write /ID/tasks PID
rmdir /ID"
}

@test "resctrl: a group of the container's name that is there already is used, and stays" {
	mkdir "$R/$ID"
	rdt '{"l3CacheSchema": "L3:0=fffff"}'
	created
	in_group "$PID" "$ID"
	runc delete --force "$ID"
	same "$(groups)" "./ID "
	rdt '{"l3CacheSchema": "L3:0=1"}'
	rejected "linux.intelRdt.l3CacheSchema: \"L3:0=1\" differs from \"0=fffff;1=fffff\" in /sys/fs/resctrl/$ID/schemata"
	same "$(groups)" "./ID "
}

@test "resctrl: l3CacheSchema, memBwSchema and then schemata, each with a write of its own" {
	rdt '{"schemata": ["L3:1=f", "MB:0=40"], "memBwSchema": "MB:0=20;1=15", "l3CacheSchema": "L3:0=ff;1=ff"}'
	created
	same "$(schemata "$ID")" "MB:0=40;1=20 L3:0=000ff;1=0000f "
	same "$(jq -c .config.intel_rdt "$STATE/$ID/state.json")" \
		'{"schemata":["L3:1=f","MB:0=40"],"l3_cache_schema":"L3:0=ff;1=ff","memBwSchema":"MB:0=20;1=15"}'
	runc delete --force "$ID"
	same "$(changes)" "mkdir /ID
write /ID/schemata L3:0=ff;1=ff
write /ID/schemata MB:0=20;1=15
write /ID/schemata L3:1=f
write /ID/schemata MB:0=40
write /ID/tasks PID
rmdir /ID"
}

@test "resctrl: one of the schemata alone is written alone; empty strings and lists are none" {
	local member
	for member in '"l3CacheSchema": "L3:0=ff"' '"memBwSchema": "MB:0=20"' '"schemata": ["L3:1=1"]'; do
		: >"$T/log"
		rdt "{$member}"
		runc run "$ID"
		same "$(changes | grep -c schemata)" 1
		same "$(changes | grep schemata)" "write /ID/schemata $(jq -r '.linux.intelRdt | .[] | if type == "array" then .[0] else . end' config.json)"
	done
	: >"$T/log"
	rdt '{"closID": "", "l3CacheSchema": "", "memBwSchema": "", "schemata": []}'
	runc run "$ID"
	same "$(changes)" "mkdir /ID
write /ID/tasks PID
rmdir /ID"
}

@test "resctrl: with closID and a schema the group is made if it is missing, and never removed" {
	rdt '{"closID": "guaranteed", "l3CacheSchema": "L3:0=ff"}'
	created
	in_group "$PID" guaranteed
	same "$(jq -r .intel_rdt_path "$STATE/$ID/state.json")" "$R/guaranteed"
	runc delete --force "$ID"
	same "$(groups)" "./guaranteed "
	same "$(schemata guaranteed)" "MB:0=100;1=100 L3:0=000ff;1=fffff "
	# The next one of the same configuration finds it as it is to be.
	runc run "$ID"
	same "$(changes)" "mkdir /guaranteed
write /guaranteed/schemata L3:0=ff
write /guaranteed/tasks PID
write /guaranteed/tasks PID"
}

@test "resctrl: with closID and a schema a group that is there must have it, in whatever notation" {
	local line
	mkdir $R/shared
	echo 'L3:0=ff;1=f0' >$R/shared/schemata
	echo 'MB:0=20;1=100' >$R/shared/schemata
	: >"$T/log"
	for line in 'L3:0=ff;1=f0' 'L3:1=f0;0=ff' 'L3:1=F0' 'L3: 0 = 0xff ; 1=000f0' 'L3:00=ff' 'MB:0=20' 'MB:0=15' 'MB:0=11;1=100'; do
		rdt "$(jq -nc --arg line "$line" '{closID: "shared", schemata: [$line]}')"
		runc run "$ID" || { echo "$line"; return 1; }
	done
	same "$(changes | sort -u)" "write /shared/tasks PID"
	: >"$T/log"
	for line in 'L3:0=fe' 'L3:0=f' 'L3:0=ff;1=f' 'L3:2=ff' 'L3:0=' 'L3:0' 'L3:' 'L3' 'L2:0=ff' 'MB:0=10' 'MB:0=21' 'MB:0=0x14'; do
		rdt "$(jq -nc --arg line "$line" '{closID: "shared", schemata: ["MB:1=100", $line]}')"
		rejected "linux.intelRdt.schemata[1]: \"$line\" differs from \""
		contains "$output" "in /sys/fs/resctrl/shared/schemata"
	done
	rdt '{"closID": "shared", "l3CacheSchema": "L3:0=ff", "memBwSchema": "MB:0=50"}'
	rejected 'linux.intelRdt.memBwSchema: "MB:0=50" differs from "0=  20;1= 100" in'
	rdt '{"closID": "/", "l3CacheSchema": "L3:0=ff"}'
	rejected 'linux.intelRdt.l3CacheSchema: "L3:0=ff" differs from "0=fffff;1=fffff" in /sys/fs/resctrl/schemata'
	same "$(cat "$T/log")" ""
	same "$(schemata shared)" "MB:0=20;1=100 L3:0=000ff;1=000f0 "
}

@test "resctrl: with closID and no schema the group must be there" {
	rdt '{"closID": "gold"}'
	rejected 'linux.intelRdt.closID: without a schema the group must be there: open /sys/fs/resctrl/gold: no such file or directory'
	same "$(groups)$(cat "$T/log")" ""
	mkdir $R/gold
	created
	in_group "$PID" gold
	runc delete --force "$ID"
	same "$(groups)" "./gold "
	rdt '{"closID": "info"}'
	rejected 'linux.intelRdt: open /sys/fs/resctrl/info/tasks: no such file or directory'
}

@test "resctrl: closID / is the root group" {
	rdt '{"closID": "/", "enableMonitoring": true, "schemata": ["MB:0=100"]}'
	created
	in_group "$PID" ""
	in_group "$PID" "mon_groups/$ID"
	same "$(jq -r '.intel_rdt_path, .intel_rdt_mon_path' "$STATE/$ID/state.json" | tr '\n' ' ')" "$R $R/mon_groups/$ID "
	runc delete --force "$ID"
	same "$(groups)" ""
	same "$(changes)" "mkdir /mon_groups/ID
write /tasks PID
write /mon_groups/ID/tasks PID
rmdir /mon_groups/ID"
}

@test "resctrl: enableMonitoring makes a monitoring group in the group, which goes with the container" {
	mkdir $R/gold
	rdt '{"closID": "gold", "enableMonitoring": true}'
	created
	in_group "$PID" gold
	in_group "$PID" "gold/mon_groups/$ID"
	same "$(jq -r '.intel_rdt_path, .intel_rdt_mon_path' "$STATE/$ID/state.json" | tr '\n' ' ')" "$R/gold $R/gold/mon_groups/$ID "
	# Two containers share the group; a third of the same name elsewhere would share what is counted.
	runc create "$ID-2" </dev/null >/dev/null 2>&1
	in_group "$(pid_of "$ID-2")" "gold/mon_groups/$ID-2"
	status=0
	edit --arg path "/$ID-elsewhere" '.linux.cgroupsPath = $path'
	runc --root "$T/elsewhere" run "$ID" >"$T/out" 2>"$T/err" || status=$?
	output=$(cat "$T/err")
	expect 1 "linux.intelRdt.enableMonitoring: mkdir $R/gold/mon_groups/$ID: file exists"
	in_group "$PID" "gold/mon_groups/$ID"
	runc delete --force "$ID-2"
	runc delete --force "$ID"
	same "$(groups)" "./gold "
	edit 'del(.linux.cgroupsPath)'
	rdt '{"enableMonitoring": true}'
	created
	same "$(groups)" "./ID ./ID/mon_groups/ID ./gold "
	runc delete --force "$ID"
	same "$(groups)" "./gold "
}

@test "resctrl: no monitoring: enableMonitoring is an error, and what was made is undone" {
	rdt '{"enableMonitoring": true}'
	rejected "linux.intelRdt.enableMonitoring: mkdir /sys/fs/resctrl/$ID/mon_groups/$ID: no such file or directory"
	rdt '{"closID": "/", "enableMonitoring": true}'
	rejected "linux.intelRdt.enableMonitoring: mkdir /sys/fs/resctrl/mon_groups/$ID: no such file or directory"
	same "$(groups)" ""
}

@test "resctrl: an error has what the kernel says about it, and nothing is left" {
	rdt '{"l3CacheSchema": "L3:0=f", "schemata": ["L3:1=f", "L3:0=f0f"]}'
	rejected "linux.intelRdt.schemata[1]: write \"L3:0=f0f\" to /sys/fs/resctrl/$ID/schemata: last_cmd_status: The mask has non-consecutive 1-bits: invalid argument"
	same "$(groups)" ""
	# A group for everybody does not stay with half of its schemata: the next one would be refused for the difference.
	rdt '{"closID": "gold", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=5"}'
	rejected 'linux.intelRdt.memBwSchema: write "MB:0=5" to /sys/fs/resctrl/gold/schemata: last_cmd_status: MB value out of range'
	same "$(groups)" ""
	mkdir $R/a $R/b $R/c
	rdt '{}'
	rejected "linux.intelRdt: mkdir /sys/fs/resctrl/$ID: last_cmd_status: Out of CLOSIDs: no space left on device"
	rdt '{"closID": "gold", "schemata": ["L3:0=f"]}'
	rejected 'linux.intelRdt.closID: mkdir /sys/fs/resctrl/gold: last_cmd_status: Out of CLOSIDs: no space left on device'
	same "$(groups)" "./a ./b ./c "
}

@test "resctrl: hooks see the group with its schemata and the process in it; one that fails undoes it" {
	rdt '{"l3CacheSchema": "L3:0=3", "enableMonitoring": true}'
	edit --arg out "$T/hook" --arg group "$R/$ID" --arg id "$ID" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c",
		"jq -r .pid >\($out); cat \($group)/tasks \($group)/mon_groups/\($id)/tasks >>\($out); tr -d \" \" <\($group)/schemata >>\($out)"]}]'
	echo "write /$ID/tasks" >"$T/hold"
	background create "$ID"
	wait_for 5 grep -q '^held' "$T/log"
	sleep 0.5
	[ ! -e "$T/hook" ]
	rm "$T/hold"
	wait_for 5 test -e "$STATE/$ID/state.json"
	PID=$(pid_of "$ID")
	same "$(tr '\n' ' ' <"$T/hook")" "$PID $PID $PID MB:0=100;1=100 L3:0=00003;1=fffff "
	runc delete --force "$ID"
	edit '.hooks.createRuntime = [{path: "/bin/false"}]'
	refused 'error running createRuntime hook' run "$ID"
	same "$(groups)" ""
}

@test "resctrl: exec puts its process into the container's groups" {
	local pid
	rdt '{"enableMonitoring": true}'
	args sleep 100
	detached run -d "$ID"
	expect 0
	detached exec -d --pid-file "$T/pid" "$ID" sleep 50
	expect 0
	pid=$(cat "$T/pid")
	in_group "$pid" "$ID"
	in_group "$pid" "$ID/mon_groups/$ID"
	# It is there before the program runs: the write comes before the byte that lets it go.
	run runc exec "$ID" sh -c 'exit 7'
	expect 7
	# Removed by somebody else: the container is in the root group, and the process is, too.
	rmdir "$R/$ID"
	detached exec "$ID" sh -c 'echo in >&2'
	expect 0 "the container's resctrl group has gone: $R/$ID" in
	runc delete --force "$ID"
}

@test "resctrl: events tells the schemata of the container's group" {
	rdt '{"schemata": ["L3:0=f", "MB:1=50"]}'
	created
	run runc events --stats "$ID"
	expect 0
	# This file system tells of bandwidth only in its info.
	same "$(jq -c .data.intel_rdt <<<"$output" | tr -d ' ')" '{"mem_bw_info":{"bandwidth_gran":10},"mem_bw_schema_root":"MB:0=100;1=100","mem_bw_schema":"MB:0=100;1=50","schemata":["MB:0=100;1=50","L3:0=0000f;1=fffff"]}'
	# What a journal names elsewhere is no group.
	cp "$STATE/$ID/journal" "$T/journal"
	rewrite_journal '$body =~ s{^/sys/fs/}{/etc/fs/} if $body =~ /resctrl/'
	run runc events --stats "$ID"
	expect 1 "/etc/fs/resctrl/$ID: bad message"
	cat "$T/journal" >"$STATE/$ID/journal"
	edit 'del(.linux.intelRdt)'
	detached create "$ID-b"
	expect 0
	run runc events --stats "$ID-b"
	jq -e '.data.intel_rdt == {}' <<<"$output"
}

@test "resctrl: the program runs only when its process is in the group" {
	local group pid
	rdt '{"closID": "/", "enableMonitoring": true}'
	sh_args 'touch /ran; sleep 100'
	edit '.root.readonly = false'
	echo "write /mon_groups/$ID/tasks" >"$T/hold"
	background run "$ID"
	wait_for 5 grep -q "^held write /mon_groups/$ID/tasks" "$T/log"
	sleep 0.3
	[ ! -e "$ROOTFS/ran" ]
	rm "$T/hold"
	wait_for 5 test -e "$ROOTFS/ran"
	in_group "$(pid_of "$ID")" "mon_groups/$ID"
	: >"$T/log"
	echo "write /mon_groups/$ID/tasks" >"$T/hold"
	background exec --pid-file "$T/pid" "$ID" touch /exec-ran
	wait_for 5 grep -q '^held' "$T/log"
	sleep 0.5
	[ ! -e "$ROOTFS/exec-ran" ]
	rm "$T/hold"
	wait_for 5 test -e "$ROOTFS/exec-ran"
	runc delete --force "$ID"
}

@test "resctrl: whoever else holds the lock of the file system is waited for" {
	rdt '{"l3CacheSchema": "L3:0=f"}'
	exec 9<$R
	flock -s 9 # for one that reads only, too
	background run "$ID" 9>&-
	sleep 0.3 # for one that does not wait
	same "$(cat "$T/log")" ""
	exec 9<&-
	wait_for 5 grep -q rmdir "$T/log"
	same "$(changes | head -n 1)" "mkdir /ID"
}

@test "resctrl: a removal, too, waits for whoever else holds the lock" {
	rdt '{"l3CacheSchema": "L3:0=f"}'
	created
	exec 9<$R
	flock 9
	: >"$T/log"
	"$RUNC" --root "$STATE" delete --force "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- 9>&- &
	BACKGROUND="$BACKGROUND $!"
	sleep 0.5 # for one that does not wait
	same "$(grep rmdir "$T/log")" ""
	exec 9<&-
	wait_for 10 grep -q rmdir "$T/log"
	wait "${BACKGROUND##* }"
}

@test "resctrl: a creation that is killed at any operation is undone by delete --force" {
	local operation step closid
	for closid in '' gold; do
		for operation in "lookup /${closid:-$ID}" "mkdir /${closid:-$ID}" "lookup /${closid:-$ID}/schemata" \
			"write /${closid:-$ID}/schemata" "mkdir /${closid:-$ID}/mon_groups/$ID" "write /${closid:-$ID}/tasks" \
			"write /${closid:-$ID}/mon_groups/$ID/tasks"; do
			rdt "$(jq -nc --arg id "$closid" '{closID: $id, l3CacheSchema: "L3:0=f", enableMonitoring: true}')"
			: >"$T/log"
			echo "$operation" >"$T/hold"
			background create "$ID"
			wait_for 5 grep -q '^held' "$T/log" || { echo "$operation"; return 1; }
			step=$(pgrep -xP $! resctrl)
			kill -9 $! "$step"
			rm "$T/hold"
			wait_for 5 test ! -e "/proc/$step"
			runc delete --force "$ID"
			nothing_left
			[ ! -e "$R/gold/mon_groups/$ID" ] || { echo "after $operation: the monitoring group is left"; return 1; }
			# What is for everybody may stay (config-linux.md), and with half of its schemata only after a kill.
			[ -z "$closid" ] || rmdir $R/gold 2>/dev/null || true
			same "after $operation: $(groups)" "after $operation: "
		done
	done
}

@test "resctrl: update writes the schemata of the container's group, and of no other" {
	rdt '{"l3CacheSchema": "L3:0=f"}'
	created
	: >"$T/log"
	run runc update --l3-cache-schema "L3:0=ff;1=3" --mem-bw-schema "MB:0=50" "$ID"
	expect 0
	same "$output" ""
	same "$(schemata "$ID")" "MB:0=50;1=100 L3:0=000ff;1=00003 "
	same "$(changes)" "write /ID/schemata L3:0=ff;1=3
write /ID/schemata MB:0=50"
	same "$(jq -c .config.intel_rdt "$STATE/$ID/state.json")" '{"l3_cache_schema":"L3:0=ff;1=3","memBwSchema":"MB:0=50"}'
	# As with runc, the schema that is not given goes out of the state; the group keeps it.
	run runc update --mem-bw-schema "MB:0=60" "$ID"
	expect 0
	same "$(jq -c .config.intel_rdt "$STATE/$ID/state.json")" '{"memBwSchema":"MB:0=60"}'
	same "$(schemata "$ID")" "MB:0=60;1=100 L3:0=000ff;1=00003 "
	: >"$T/log"
	run runc update "$ID" # nothing at all
	expect 0
	same "$(changes)" ""
	same "$(jq -c .config.intel_rdt "$STATE/$ID/state.json")" '{"memBwSchema":"MB:0=60"}'
	run runc exec "$ID" true
	expect 0
	runc delete --force "$ID"
}

@test "resctrl: an update that fails sets schemata and cgroups back, and says what the kernel says" {
	rdt '{"l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50"}'
	edit '.linux.resources = {pids: {limit: 50}}'
	[ "$LAYOUT" != v2 ] || edit '.linux.resources = {}'
	created
	local before
	before=$(md5sum "$STATE/$ID/plan")
	: >"$T/log"
	run runc update --l3-cache-schema "L3:0=ff" --mem-bw-schema "MB:0=junk" "$ID"
	expect 1 "linux.intelRdt.memBwSchema: write \"MB:0=junk\" to $R/$ID/schemata"
	same "$(schemata "$ID")" "MB:0=50;1=100 L3:0=0000f;1=fffff "
	same "$(changes | head -n 1)" "write /ID/schemata L3:0=ff"
	same "$(md5sum "$STATE/$ID/plan")" "$before"
	if [ "$LAYOUT" != v2 ]; then
		echo '{"pids": {"limit": 7}}' >"$T/r"
		run runc update -r "$T/r" --l3-cache-schema "L3:0=junk" "$ID"
		expect 1 "linux.intelRdt.l3CacheSchema"
		same "$(cat "/sys/fs/cgroup/pids$(sed -n 's/^[0-9]*:pids://p' "/proc/$PID/cgroup")/pids.max")" 50
	fi
	runc delete --force "$ID"
}

@test "resctrl: an update whose state cannot be written sets the schemata back" {
	rdt '{"l3CacheSchema": "L3:0=f"}'
	created
	local before
	before=$(schemata "$ID")
	: >"$T/log"
	mkdir "$STATE/$ID/plan.new"
	run runc update --l3-cache-schema "L3:0=ff" "$ID"
	expect 1 "writing the container's state: is a directory"
	rmdir "$STATE/$ID/plan.new"
	same "$(changes | head -n 1)" "write /ID/schemata L3:0=ff"
	same "$(schemata "$ID")" "$before"
	same "$(find "$STATE/$ID" -name "*.new")" ""
	runc delete --force "$ID"
}

@test "resctrl: update of a container that has no intelRdt is refused, in runc's words" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc update --l3-cache-schema "L3:0=ff" "$ID"
	expect 1 "updating a non-existent Intel RDT configuration is not supported"
	same "$(cat "$T/log")" ""
	runc delete --force "$ID"
}

@test "resctrl: for real: the root group, a group of the container's own, monitoring" {
	rdt '{"closID": "/"}'
	runc run "$ID"
	rdt '{}'
	if [ -d $R/mon_groups ]; then rdt '{"enableMonitoring": true}'; fi
	created
	in_group "$PID" "$ID"
	[ ! -d $R/mon_groups ] || in_group "$PID" "$ID/mon_groups/$ID"
	runc delete --force "$ID"
	[ ! -e "$R/$ID" ]
	rdt '{"schemata": ["NONE:0=1"]}'
	rejected 'write "NONE:0=1" to '
	contains "$output" 'last_cmd_status: '
	[ ! -e "$R/$ID" ]
}
