# runc events: statistics in runc's JSON and as OpenMetrics, the stream, OOM notifications.
# layouts: hybrid v1 v2 vm

load lib/common

STATS=$LIBEXEC/stats
PEER=/usr/sbin/runc

setup() {
	[ "$LAYOUT" != vm ] || [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || skip "for the virtual machine only"
	setup_bundle
}

# The v2 hierarchy of this machine has few controllers; that of the virtual machine has all.
with_memory() { [ "$LAYOUT" != v2 ] || skip "the v2 hierarchy of this machine has no memory controller"; }

# The virtual machine is slow.
same_everywhere() { [ "$LAYOUT" != vm ] || skip "not for the virtual machine: the same everywhere"; }

# It has this one, unless somebody has mounted it as v1.
huge_pages() { in_v2 && grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers && [ -e /sys/kernel/mm/hugepages/hugepages-2048kB ]; }

# A container that has used a known amount of everything and sleeps now, its cgroup at /$ID in every hierarchy.
busy() {
	local loops=60000 quota=10000
	[ "$LAYOUT" != vm ] || { loops=1000 quota=20000; }
	edit --arg path "/$ID" '.linux.cgroupsPath = $path | .linux.resources = {devices: .linux.resources.devices}
		| .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
	! huge_pages || edit '.linux.resources += {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	[ "$LAYOUT" = v2 ] || edit --argjson quota $quota '.linux.resources += {pids: {limit: 31}, memory: {limit: 104857600}, cpu: {quota: $quota, period: 100000}}'
	sh_args 'i=0; while [ $i -lt '$loops' ]; do i=$((i + 1)); done; dd if=/dev/zero of=/tmp/x bs=1M count=3 2>/dev/null; : >/tmp/ready; exec sleep 1000'
}

started() {
	detached run -d "$ID"
	expect 0
	wait_for 20 test -e "/proc/$(pid_of "$ID")/root/tmp/ready"
}

sleeper() {
	args sleep 1000
	detached run -d "$ID"
	expect 0
}

# stream ARGUMENT…: events in the background, its pid in $STREAM, its output in $T/stream, its errors in $T/stream.err.
stream() {
	"$RUNC" --root "$STATE" events "$@" </dev/null >"$T/stream" 2>"$T/stream.err" 3>&- 4>&- &
	STREAM=$!
	BACKGROUND="$BACKGROUND $STREAM"
	wait_for 5 watching "$STREAM"
}

# The stats program of PID waits for events: it has said everything that it had to do before.
watching() { grep -q poll "/proc/$(pgrep -P "$1" -x stats)/syscall" 2>/dev/null || grep -q '^7 ' "/proc/$(pgrep -P "$1" -x stats)/syscall"; }

# ended [STATUS]: the stream has come to its end by itself.
ended() {
	local code=0
	timeout 10 tail --pid="$STREAM" -f /dev/null || { echo "the stream goes on"; return 1; }
	wait "$STREAM" || code=$?
	[ "$code" = "${1:-0}" ] || { echo "exit status $code"; cat "$T/stream.err"; return 1; }
}

lines() { grep -c "\"type\":\"$1\"" "$T/stream" || true; }
at_least() { [ "$(lines "$1")" -ge "$2" ]; }

# What was said on stderr, but for the one thing there is to say where no controller counts memory.
complaints() { if [ "$LAYOUT" = v2 ]; then grep -v 'no OOM notifications: ' "$1" || true; else cat "$1"; fi; }

# keys FILE: every path in it, elements of lists as 0.
keys() { jq -r '[paths | map(if type == "number" then 0 else . end) | map(tostring) | join(".")] | unique | .[]' "$1"; }

@test "events: --stats tells what the container has used, in one line" {
	busy
	started
	run runc events --stats "$ID"
	expect 0
	same "${#lines[@]}" 1
	same "$(jq -r '.type, .id' <<<"$output" | tr '\n' ' ')" "stats $ID "
	jq -e '.data.network_interfaces == null and .data.intel_rdt == {} and (.data | has("network_interfaces"))' <<<"$output"
	jq -e '.data.cpu.usage | .total > 5000000 and .total >= .user' <<<"$output"
	jq -e '.data.pids.current == 1' <<<"$output"
	[ "$LAYOUT" = v2 ] || jq -e '.data.pids.limit == 31 and .data.memory.usage.limit == 104857600' <<<"$output"
	[ "$LAYOUT" = v2 ] || jq -e '.data.memory | .cache >= 3145728 and .usage.usage >= 3145728 and .raw.shmem >= 3145728' <<<"$output"
	[ "$LAYOUT" = v2 ] || jq -e '.data.cpu.throttling | .periods > 0 and .throttledPeriods > 0 and .throttledTime > 0' <<<"$output"
	in_v2 || jq -e '(.data.cpu.usage.percpu | add) == .data.cpu.usage.total and (.data.cpuset.cpus | length) > 0' <<<"$output"
	! in_v2 || jq -e '.data.cpu.psi.some | .total >= 0 and has("avg10") and has("avg60") and has("avg300")' <<<"$output"
	! huge_pages || jq -e '.data.hugetlb["2MB"] == {failcnt: 0}' <<<"$output"
}

@test "events: the keys and the values are those of the distribution's runc" {
	local key
	newer "compares with it"
	"$PEER" --version 2>/dev/null | grep -q '^go:' || skip "runc is not installed at $PEER"
	[ "$(id -u)" = 0 ] || skip "needs root"
	busy
	"$PEER" --root "$T/peer" run -d "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&-
	wait_for 20 test -e "/proc/$("$PEER" --root "$T/peer" state "$ID" | jq .pid)/root/tmp/ready"
	"$PEER" --root "$T/peer" events --stats "$ID" >"$T/theirs"
	"$STATS" json "/$ID" >"$T/ours"
	"$PEER" --root "$T/peer" delete -f "$ID"
	cat "$T/theirs" "$T/ours"
	keys "$T/theirs" >"$T/their-keys"
	keys "$T/ours" >"$T/our-keys"
	# Newer than runc 1.1: pressure, and no entries for kernel memory and CPUs where nothing counts them (runc 1.3).
	for key in $(diff "$T/their-keys" "$T/our-keys" | sed -n 's/^[<>] //p'); do
		case $key in
		data.cpu.psi* | data.memory.psi* | data.blkio.psi*) ;;
		data.cpu.usage.percpu_kernel | data.cpu.usage.percpu_user) in_v2 ;;
		data.memory.kernel | data.memory.kernel.limit | data.memory.kernel.failcnt) in_v2 ;;
		data.memory.kernelTCP | data.memory.kernelTCP.limit | data.memory.kernelTCP.failcnt) in_v2 ;;
		data.memory.usage | data.memory.usage.* | data.memory.swap | data.memory.swap.*) [ "$LAYOUT" = v2 ] ;;
		data.memory.usage.max) in_v2 ;; # memory.peak
		data.hugetlb.*) in_v2 ;;        # runc 1.1.15 has none there
		*) false ;;
		esac || { echo "differs: $key"; return 1; }
	done
	in_v2 || same "$(jq -c .data.hugetlb "$T/ours")" "$(jq -c .data.hugetlb "$T/theirs")"
	for key in .data.cpuset .data.pids .data.intel_rdt .data.network_interfaces ".data.memory.usage.limit // 0" \
		.data.cpu.throttling.throttledPeriods .data.cpu.usage.total .data.blkio.ioServiceBytesRecursive ".data.memory.swap.limit // 0"; do
		same "$key $(jq -c "$key" "$T/ours")" "$key $(jq -c "$key" "$T/theirs")"
	done
}

@test "events: created, paused and stopped containers" {
	sh_args 'exec sleep 1000'
	detached create "$ID"
	expect 0
	run runc events --stats "$ID"
	expect 0 '"type":"stats"'
	detached start "$ID"
	run runc pause "$ID"
	expect 0
	run runc events --stats "$ID"
	expect 0 '"type":"stats"'
	run runc resume "$ID"
	expect 0
	run runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	for arguments in "" --stats "--stats --interval 1ms" ; do
		# shellcheck disable=SC2086
		run runc events $arguments "$ID"
		expect 1 "level=error msg=\"container with id $ID is not running\""
	done
	run runc events --stats --format openmetrics "$ID"
	[ -n "$CONTROL" ] || expect 1 "container with id $ID is not running"
	# What is asked first is told first.
	run runc events --interval 0 "$ID"
	expect 1 'level=error msg="duration interval must be greater than 0"'
	run runc events --interval 0 nosuch
	expect 1 'level=error msg="container does not exist"'
}

@test "events: intervals" {
	local text
	same_everywhere
	sleeper
	for text in 1ms 1.5s .5h 1m30s +1s 1us 2562047h; do
		run runc events --stats --interval "$text" "$ID"
		expect 0 '"type":"stats"'
	done
	# A millisecond is the least.
	stream --interval 1us "$ID"
	wait_for 5 at_least stats 3
	kill -TERM "$STREAM"
	ended 143
	for text in 0 -1s -0.5m 0h; do
		run runc events --stats --interval "$text" "$ID"
		expect 1 'level=error msg="duration interval must be greater than 0"'
	done
	for text in 5 abc "" 1h1x " 1s" - .s s 9999999h; do
		run runc events --stats --interval "$text" "$ID"
		expect 1 "Incorrect Usage: invalid value \"$text\" for flag -interval: parse error" 'runc events - display container events'
	done
	run runc events
	expect 1 '"events" requires exactly 1 argument(s)'
}

@test "events: the stream has a line each interval and ends with the container" {
	local begin=${EPOCHREALTIME/./}
	sleeper
	stream --interval 200ms "$ID"
	wait_for 5 at_least stats 3
	[ $((${EPOCHREALTIME/./} - begin)) -ge 600000 ]
	jq -e '.type == "stats" and .data.pids.current == 1' "$T/stream"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	# On v1 a cgroup that is empty is still there, and the stream goes on, as runc's.
	if in_v2; then
		ended
		runc delete "$ID"
	else
		kill -0 "$STREAM"
		runc delete "$ID"
		ended
	fi
	same "$(complaints "$T/stream.err")" ""
	same "$(tail -c 1 "$T/stream" | od -An -c | tr -d ' ')" '\n'
}

@test "events: the first line comes after one interval" {
	sleeper
	stream --interval 1h "$ID"
	sleep 0.5
	same "$(cat "$T/stream")" ""
	runc delete --force "$ID"
	ended
	same "$(cat "$T/stream"; complaints "$T/stream.err")" ""
}

@test "events: on v1 the end of the memory cgroup is the end, and no OOM, while the others are there" {
	! in_v2 || skip "v1 has a directory for each controller"
	needs_controller memory
	sleeper
	stream --interval 1h "$ID"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	find /sys/fs/cgroup/memory -depth -type d -name "$ID" -exec rmdir {} +
	ended
	same "$(cat "$T/stream" "$T/stream.err")" ""
}

counts_two_kills() { runc events --stats --format openmetrics "$ID" | grep -q '^container_oom_events_total{.*} 2$'; }

@test "events: an OOM is a line, each one, and only that" {
	with_memory
	edit '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	sh_args 'trap "" TERM; eat() { sh -c "x=a; while :; do x=\$x\$x; done"; }; read x <>/tmp/go; eat; read x <>/tmp/go; eat; read x <>/tmp/go'
	edit '.root.readonly = false'
	mkfifo "$ROOTFS/tmp/go"
	detached run -d "$ID"
	expect 0
	stream --interval 1h "$ID"
	echo >"$ROOTFS/tmp/go"
	wait_for 20 at_least oom 1
	echo >"$ROOTFS/tmp/go"
	wait_for 20 at_least oom 2
	# v1 tells of an OOM before it kills and counts.
	[ -n "$CONTROL" ] || wait_for 10 counts_two_kills
	echo >"$ROOTFS/tmp/go"
	wait_for 10 is_stopped "$ID"
	runc delete "$ID"
	ended
	same "$(cat "$T/stream")" "$(printf '{"type":"oom","id":"%s"}\n' "$ID" "$ID")"
	same "$(complaints "$T/stream.err")" ""
}

@test "events: the numbers of sub-groups count" {
	local d
	[ "$(id -u)" = 0 ] || skip "needs root"
	edit --arg path "/$ID" '.linux.cgroupsPath = $path'
	sleeper
	d=/sys/fs/cgroup/pids/$ID
	! in_v2 || d=/sys/fs/cgroup/$ID
	mkdir "$d/below" "$d/hugetlb.64KB.current"
	sleep 1000 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	echo "$! of the test" >>"$T/processes.before"
	echo "$!" >"$d/below/cgroup.procs"
	run runc events --stats "$ID"
	expect 0
	# Without the pids controller only those of the group itself can be counted, as runc does.
	if [ "$LAYOUT" = v2 ]; then
		jq -e '.data.pids.current == 1' <<<"$output"
	else
		jq -e '.data.pids.current == 2' <<<"$output"
	fi
	lacks "$output" 64KB
	kill -9 "$!"
	wait "$!" || true
}

@test "events: twenty readers at once" {
	local i pids=""
	same_everywhere
	sleeper
	for i in {1..20}; do
		"$RUNC" --root "$STATE" events --interval 100ms "$ID" </dev/null >"$T/reader$i" 2>>"$T/readers.err" 3>&- 4>&- &
		pids="$pids $!"
	done
	BACKGROUND="$BACKGROUND $pids"
	for i in {1..20}; do wait_for 20 grep -q '"type":"stats"' "$T/reader$i"; done
	runc delete --force "$ID"
	for i in $pids; do timeout 10 tail --pid="$i" -f /dev/null; wait "$i"; done
	for i in {1..20}; do jq -e '.type == "stats"' "$T/reader$i" >/dev/null; done
	same "$(complaints "$T/readers.err")" ""
}

@test "events: a reader that goes away ends it, quietly, at once" {
	local code=0
	newer "runc ends with the next line only"
	sleeper
	mkfifo "$T/pipe"
	"$RUNC" --root "$STATE" events --interval 1h "$ID" </dev/null >"$T/pipe" 2>"$T/stream.err" 3>&- 4>&- &
	STREAM=$!
	BACKGROUND="$BACKGROUND $STREAM"
	exec 9<"$T/pipe"
	wait_for 5 watching "$STREAM"
	exec 9<&-
	ended 141
	same "$(complaints "$T/stream.err")" ""
	# The same in the middle of a line.
	run bash -c '"$0" --root "$1" events --interval 10ms "$2" 2>"$3" | head -n 1 | jq -r .type; echo "${PIPESTATUS[0]}"' \
		"$RUNC" "$STATE" "$ID" "$T/stream.err"
	expect 0 "stats" 141
	same "$(complaints "$T/stream.err")" ""
}

@test "events: a slow reader costs no memory, and the conductor's end ends the rest" {
	local stats
	same_everywhere
	newer "looks into the processes"
	sleeper
	mkfifo "$T/pipe"
	"$RUNC" --root "$STATE" events --interval 1ms "$ID" </dev/null >"$T/pipe" 2>"$T/stream.err" 3>&- 4>&- &
	STREAM=$!
	BACKGROUND="$BACKGROUND $STREAM"
	exec 9<"$T/pipe"
	wait_for 5 watching "$STREAM"
	stats=$(pgrep -P "$STREAM" -x stats)
	sleep 1
	[ "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$stats/status")" -lt 2048 ]
	[ "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$STREAM/status")" -lt 2048 ]
	kill -TERM "$STREAM"
	ended 143
	timeout 5 tail --pid="$stats" -f /dev/null
	exec 9<&-
	same "$(complaints "$T/stream.err")" ""
}

# switches PID…: how often they were waked up or stopped so far.
switches() { local p; for p in "$@"; do cat "/proc/$p/status"; done | awk '/ctxt_switches/ { n += $2 } END { print n }'; }

@test "events: it sleeps between two lines" {
	local stats before after
	newer "looks into the processes"
	sleeper
	stream --interval 1h "$ID"
	stats=$(pgrep -P "$STREAM" -x stats)
	before=$(switches "$stats" "$STREAM")
	sleep 1
	after=$(switches "$stats" "$STREAM")
	[ $((after - before)) -le 8 ] || { echo "$((after - before)) wake-ups in a second"; return 1; }
	same "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$stats/status")" 0000000000000004
}

@test "events: what cannot be written is an error" {
	same_everywhere
	newer "runc says so and ends with 0"
	sleeper
	run bash -c '"$0" --root "$1" events --stats "$2" >/dev/full' "$RUNC" "$STATE" "$ID"
	expect 1 'level=error msg="write /dev/stdout: no space left on device"'
}

@test "events: a file that makes no sense is told of, and the stream goes on" {
	local file=/sys/fs/cgroup/pids/$ID/pids.max before
	newer "words"
	[ "$(id -u)" = 0 ] && [ -n "$DAVIT_ISOLATED" ] || skip "needs a mount namespace of its own"
	! in_v2 || file=/sys/fs/cgroup/$ID/cpu.pressure
	edit --arg path "/$ID" '.linux.cgroupsPath = $path'
	sleeper
	echo nonsense >"$T/nonsense"
	mount --bind "$T/nonsense" "$file"
	run runc events --stats "$ID"
	expect 1 "level=error msg=\"read $file: bad message\""
	stream --interval 100ms "$ID"
	wait_for 5 grep -q "level=warning msg=\"read $file: bad message\"" "$T/stream.err"
	same "$(cat "$T/stream")" ""
	umount "$file"
	wait_for 5 at_least stats 2
	runc delete --force "$ID"
	ended
}

@test "events: a container that gives cgroups the names of files that the kernel has not is told of all the same" {
	newer "1.1.5 says: is a directory"
	same_everywhere
	local d f
	sleeper
	runc events --stats "$ID" | jq -c 'del(.data.cpu) | paths' >"$T/before"
	for d in $(find /sys/fs/cgroup -type d -name "$ID"); do
		for f in blkio.bfq.sectors_recursive blkio.sectors_recursive cpuacct.usage_all memory.peak memory.stat \
			memory.events memory.current pids.current hugetlb.2MB.rsvd.current io.stat io.pressure; do
			[ -e "$d/$f" ] || mkdir "$d/$f"
		done
	done
	runc events --stats "$ID" >"$T/out"
	same "$(jq -c 'del(.data.cpu) | paths' "$T/out")" "$(<"$T/before")"
	! v2 || [ -e "$d/pids.max" ] || {
		mkdir "$d/pids.max"
		run runc update --pids-limit 5 "$ID"
		expect 1 'cannot set pids limit: no controller \"pids\" in /sys/fs/cgroup/cgroup.controllers'
	}
}

@test "events: OpenMetrics for scrapers" {
	local families
	newer "new in davit"
	command -v awk >/dev/null
	busy
	started
	runc events --stats --format openmetrics "$ID" >"$T/metrics"
	cat "$T/metrics"
	run awk -f "$TOP/integration/lib/openmetrics.awk" "$T/metrics"
	expect 0
	same "$output" ""
	grep -Eq "^container_cpu_usage_seconds_total\{id=\"$ID\"\} 0\.[0-9]+$" "$T/metrics"
	grep -Eq "^container_threads\{id=\"$ID\"\} 1$" "$T/metrics"
	grep -Eq "^container_start_time_seconds\{id=\"$ID\"\} $(date -d "$(runc state "$ID" | jq -r .created)" +%s)$" "$T/metrics"
	if [ "$LAYOUT" != v2 ]; then
		grep -Eq "^container_spec_memory_limit_bytes\{id=\"$ID\"\} 104857600$" "$T/metrics"
		grep -Eq "^container_memory_working_set_bytes\{id=\"$ID\"\} [1-9][0-9]{6,8}$" "$T/metrics"
		grep -Eq "^container_threads_max\{id=\"$ID\"\} 31$" "$T/metrics"
		grep -Eq "^container_oom_events_total\{id=\"$ID\"\} 0$" "$T/metrics"
	fi
	! in_v2 || grep -Eq "^container_pressure_cpu_waiting_seconds_total\{id=\"$ID\"\} [0-9.]+$" "$T/metrics"
	# The page lists every one.
	families=$(sed -n 's/^# TYPE \([a-z0-9_]*\) .*/\1/p' "$T/metrics")
	for family in $families; do
		grep -q "^\.It Li $family\$" "$TOP/doc/man/runc-events.8" || { echo "not in runc-events(8): $family"; return 1; }
	done
}

@test "events: --format" {
	same_everywhere
	newer "new in davit"
	sleeper
	run runc events --stats --format json "$ID"
	expect 0 '"type":"stats"'
	run runc events --format openmetrics "$ID"
	expect 1 'msg="--format openmetrics is for --stats only"'
	run runc events --stats --format xml "$ID"
	expect 1 'msg="invalid format option xml"'
}

@test "events: the checker of OpenMetrics text finds what is wrong" {
	local text good='# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds x\na_seconds_total{id="x",b="\\"\\n"} 1.5\n'
	same_everywhere
	check() { printf "$1" | awk -f "$TOP/integration/lib/openmetrics.awk"; }
	run check "$good# EOF\n"
	expect 0
	for text in "$good" "$good# EOF\nx" "$good${good}# EOF\n" '# TYPE a counter\na 1\n# EOF\n' '# TYPE a gauge\na_total 1\n# EOF\n' \
		'# TYPE a counter\na_total -1\n# EOF\n' '# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n' '# TYPE a gauge\na 1\na 2\n# EOF\n' \
		'# TYPE a gauge\na{b=1} 1\n# EOF\n' '# TYPE a gauge\na 0x1\n# EOF\n' '# TYPE a gauge\na 1\n# HELP a x\n# EOF\n' \
		'# TYPE a gauge\n\na 1\n# EOF\n' '# comment\n# EOF\n' '# TYPE a gauge\nb 1\n# EOF\n'; do
		run check "$text"
		[ "$status" = 1 ] || { printf "taken: $text"; return 1; }
	done
}

@test "events: by hand, for any cgroup" {
	same_everywhere
	newer "new in davit"
	run "$STATS" json /nosuch-$$
	expect 1 "stats: no such cgroup: /nosuch-$$"
	run "$STATS" json /../../etc
	expect 1 "stats: no such cgroup: /../../etc"
	for arguments in "" json "xml /" "json / /" "watch a 1" --no-such; do
		# shellcheck disable=SC2086
		run "$STATS" $arguments
		expect 1
		same "$output" "usage: stats json|openmetrics PATH"
	done
	busy
	started
	run "$STATS" json "/./$ID//x/.."
	expect 0
	jq -e '.data.pids.current == 1' <<<"$output"
	run bash -c '"$0" openmetrics "/$1" | awk -f "$2"' "$STATS" "$ID" "$TOP/integration/lib/openmetrics.awk"
	expect 0
	same "$output" ""
}
