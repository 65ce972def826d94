# runc pause and resume.
# layouts: hybrid v2

load lib/common

# What a test has frozen itself, above the container, would keep everything below from ending.
teardown() {
	if [ -n "$ABOVE" ]; then
		echo THAWED >"$ABOVE/freezer.state" || true
		runc delete --force "$ID" || true
		find /sys/fs/cgroup -depth -type d -name "$ID-above" -exec rmdir {} +
	fi
	teardown_bundle
}

# A container whose two processes each add a line to a file of their own, over and over.
counter() {
	edit '.root.readonly = false'
	sh_args 'count() { while :; do echo x >>/tmp/$1; sleep 0.01; done; }; count a & count b'
	detached run -d "$ID"
	expect 0
	wait_for 5 test -s "$ROOTFS/tmp/a"
	wait_for 5 test -s "$ROOTFS/tmp/b"
}

lines_of() { cat "$ROOTFS/tmp/a" "$ROOTFS/tmp/b" | wc -l; }
both_grow() { [ "$(wc -l <"$ROOTFS/tmp/a")" -gt "$A" ] && [ "$(wc -l <"$ROOTFS/tmp/b")" -gt "$B" ]; }

# The directory of the freezer that counts in this layout, and what it says.
freezer() {
	local top=/sys/fs/cgroup
	in_v2 || top=/sys/fs/cgroup/freezer
	find "$top" -type d -name "$ID" -print -quit
}
freezer_file() { if in_v2; then echo "$(freezer)/cgroup.freeze"; else echo "$(freezer)/freezer.state"; fi; }

@test "pause: every process stands still until resume" {
	local before
	counter
	run runc pause "$ID"
	expect 0
	same "$output" ""
	same "$(status_of "$ID")" paused
	before=$(lines_of)
	sleep 0.3
	same "$(lines_of)" "$before"
	A=$(wc -l <"$ROOTFS/tmp/a") B=$(wc -l <"$ROOTFS/tmp/b")
	run runc resume "$ID"
	expect 0
	same "$output" ""
	same "$(status_of "$ID")" running
	wait_for 5 both_grow
}

@test "pause: in which states, and in runc's words" {
	args sleep 100
	detached create "$ID"
	run runc resume "$ID"
	expect 1 "container not paused"
	runc pause "$ID"
	same "$(status_of "$ID")" paused
	run runc pause "$ID"
	expect 1 "container not running"
	run runc start "$ID"
	expect 1 "cannot start a container in the paused state"
	run runc delete "$ID"
	expect 1 "that is not stopped: paused"
	runc resume "$ID"
	same "$(status_of "$ID")" created
	runc start "$ID"
	same "$(status_of "$ID")" running
	run runc resume "$ID"
	expect 1 "container not paused"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	run runc pause "$ID"
	expect 1 "container not running"
	run runc resume "$ID"
	expect 1 "container not paused"
}

@test "pause: no such container, too many words" {
	refused "container does not exist" pause nosuch
	refused "container does not exist" resume nosuch
	run runc pause
	expect 1 '"pause" requires exactly 1 argument(s)'
	run runc resume a b
	expect 1 '"resume" requires exactly 1 argument(s)'
}

@test "pause: a signal waits for resume" {
	sh_args 'trap "echo caught; exit 0" TERM; echo ready; while :; do sleep 0.02; done'
	detached run -d "$ID"
	wait_for 5 grep -q ready "$T/out"
	runc pause "$ID"
	runc kill "$ID" TERM
	sleep 0.2
	same "$(grep -c caught "$T/out")" 0
	same "$(status_of "$ID")" paused
	runc resume "$ID"
	wait_for 5 grep -q caught "$T/out"
	wait_for 5 is_stopped "$ID"
}

@test "pause: KILL ends a paused container, which is stopped then and can be deleted" {
	counter
	runc pause "$ID"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

@test "pause: KILL ends a paused container without a pid namespace of its own" {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	counter
	runc pause "$ID"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

@test "pause: a paused container whose first process was killed is paused still; resume ends it" {
	local pid
	counter
	pid=$(pid_of "$ID")
	runc pause "$ID"
	kill -9 "$pid"
	sleep 0.2
	same "$(status_of "$ID")" paused
	runc resume "$ID"
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

@test "pause: delete --force of a paused container, at once" {
	counter
	runc pause "$ID"
	LIMIT=5 runc delete --force "$ID"
	nothing_left
}

@test "pause: delete --force of one that somebody paused after its first process had ended" {
	args sleep 100
	detached run -d "$ID"
	kill -9 "$(pid_of "$ID")"
	wait_for 5 is_stopped "$ID"
	if in_v2; then echo 1; else echo FROZEN; fi >"$(freezer_file)"
	same "$(status_of "$ID")" paused
	LIMIT=5 runc delete --force "$ID"
	nothing_left
}

@test "pause: a freeze that comes from above is not the container's own" {
	in_v2 && skip "cgroup.freeze is never inherited"
	ABOVE=/sys/fs/cgroup/freezer/$ID-above
	newer "1.1.5 calls it paused"
	edit --arg p "/$ID-above/$ID" '.linux.cgroupsPath = $p'
	args sleep 100
	detached run -d "$ID"
	expect 0
	echo FROZEN >"$ABOVE/freezer.state"
	wait_for 5 grep -q FROZEN "$ABOVE/$ID/freezer.state"
	same "$(status_of "$ID")" running
	echo THAWED >"$ABOVE/freezer.state"
	runc delete --force "$ID"
}

@test "pause: a container without a cgroup of its own has no freezer" {
	newer "the journal is ours"
	counter
	# As a creation without rights leaves it: no cgroup is in the journal.
	cp "$STATE/$ID/journal" "$T/journal"
	rewrite_journal 'undef $body if $type == 1'
	run runc pause "$ID"
	expect 1 "cannot toggle freezer: cgroups not configured for container"
	same "$(status_of "$ID")" running
	cp "$T/journal" "$STATE/$ID/journal"
}

@test "pause: state, pause and resume at once never fail in other words, and it runs in the end" {
	counter
	local i pids=
	for i in 1 2 3 4 5 6 7 8 9 10; do
		runc pause "$ID" 2>>"$T/errors" &
		pids="$pids $!"
		runc resume "$ID" 2>>"$T/errors" &
		pids="$pids $!"
		runc state "$ID" >"$T/state.$i" 2>>"$T/errors" &
		pids="$pids $!"
	done
	for i in $pids; do wait "$i" || [ $? = 1 ]; done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[[ $(jq -r .status "$T/state.$i") == @(running|paused) ]] || { cat "$T/state.$i"; return 1; }
	done
	same "$(grep -vcE 'container not (running|paused)' "$T/errors" || true)" 0
	if [ "$(status_of "$ID")" = paused ]; then runc resume "$ID"; fi
	A=$(wc -l <"$ROOTFS/tmp/a") B=$(wc -l <"$ROOTFS/tmp/b")
	wait_for 5 both_grow
}

# stuck [vfork]: a container whose second process no freezer can stop; or one that waits in vfork(2).
stuck() {
	[ -x "$HELPERS/helper-stuck" ] || skip "the helper is not built"
	cp "$HELPERS/helper-stuck" "$ROOTFS/bin/stuck"
	edit '(.process.capabilities[]) += ["CAP_SYS_PTRACE"]' # for userfaultfd(2)
	sh_args "stuck $1 & exec sleep 1000"
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q . "$T/out" "$T/err"
	grep -q ready "$T/out" || skip "$(cat "$T/err")"
}

@test "pause: a process that cannot be stopped in time: an error, and all go on" {
	newer "1.1.5 waits otherwise on v2"
	local start=$SECONDS
	stuck
	LIMIT=25 run runc pause "$ID"
	expect 1 "unable to freeze" "/sys/fs/cgroup/"
	same "$(grep -c level=error <<<"$output")" 1
	[ $((SECONDS - start)) -lt 20 ]
	same "$(status_of "$ID")" running
	if in_v2; then same "$(cat "$(freezer_file)")" 0; else same "$(cat "$(freezer_file)")" THAWED; fi
	start=$SECONDS
	runc delete --force "$ID"
	[ $((SECONDS - start)) -lt 3 ]
	nothing_left
}

@test "pause: a process that waits for a child of vfork(2)" {
	local i pid
	stuck vfork
	for pid in $(runc ps --format json "$ID" | jq '.[]'); do grep State "/proc/$pid/status"; done | sort >"$T/states"
	grep -q 'D (' "$T/states"
	for i in 1 2 3; do
		runc pause "$ID"
		same "$(status_of "$ID")" paused
		runc resume "$ID"
		same "$(status_of "$ID")" running
	done
	runc delete --force "$ID"
	nothing_left
}
