# The end of containers that resist: cgroups of their own, forks, frozen processes, processes that have moved.
# layouts: hybrid v1 v2

load lib/common

# What a container has frozen itself would keep it from ending when the test has failed.
teardown() {
	local f
	for f in $(find /sys/fs/cgroup -path "*/$ID/*" -name freezer.state 2>/dev/null); do echo THAWED >"$f"; done 2>/dev/null || true
	[ -z "$EXTRA" ] || find "$EXTRA" -depth -type d -exec rmdir {} + 2>/dev/null || true
	teardown_bundle
}

# The container has a cgroup namespace and may write to its cgroups, in /sys/fs/cgroup.
own_cgroups() {
	edit '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}]) | .root.readonly = false |
		(.mounts[] | select(.type == "cgroup") | .options) -= ["ro"]'
}

# Without a pid namespace of its own nothing ends with the first process.
no_pid_namespace() { edit '.linux.namespaces |= map(select(.type != "pid"))'; }

# directories: the container's, one of each hierarchy.
directories() { find /sys/fs/cgroup -type d -name "$ID"; }

# started SCRIPT: a container that runs it until it says "ready".
started() {
	sh_args "$1"
	detached run -d "$ID"
	expect 0
	wait_for 15 grep -q ready "$T/out"
}

# Its freezer, in the words of the layout; the shell in the container uses $G for one group of it.
case $LAYOUT in
v2) FREEZER=/sys/fs/cgroup FROZEN='echo 1 >$G/cgroup.freeze' ;;
*) FREEZER=/sys/fs/cgroup/freezer FROZEN='echo FROZEN >$G/freezer.state' ;;
esac

# at_most SECONDS COMMAND…
at_most() {
	local limit=$1 start
	shift
	start=$(date +%s%N)
	"$@" || return 1
	[ $((($(date +%s%N) - start) / 1000000)) -lt $((limit * 1000)) ] || { echo "took more than $limit s: $*"; return 1; }
}

@test "teardown: cgroups below the container's: deep, many, with odd names, closed, of another user" {
	local d i
	args sleep 1000
	detached run -d "$ID"
	for d in $(directories); do
		[ "$d" = "/sys/fs/cgroup/$ID" ] || [[ $d == */freezer/* ]] || [[ $d == */unified/* ]] || continue
		# 300 levels: beyond what a path name can hold in the end.
		perl -e 'chdir $ARGV[0] or die; for (1..300) { mkdir "d" x 20 or die "mkdir: $!"; chdir "d" x 20 or die }' "$d"
		(cd "$d" && for i in {1..500}; do echo "w$i"; done | xargs mkdir)
		mkdir "$d/odd "$'\t\001\377"\\* name' "$d/-rf" "$d/closed" "$d/closed/below" "$d/foreign" "$d/foreign/below"
		chmod 000 "$d/closed/below" "$d/closed"
		chown -R 12345:12345 "$d/foreign"
	done
	at_most 5 runc delete --force "$ID"
	nothing_left
}

@test "teardown: a process 300 cgroups below the container's, without a pid namespace" {
	local d
	no_pid_namespace
	started 'sleep 100007 & echo ready; wait'
	for d in $(directories); do
		# On the way in one that is closed to everybody, and one that is not root's.
		perl -e 'my ($d, $pid) = @ARGV; chdir $d or die;
			sub put { my ($file, $text) = @_; open my $f, ">", $file or die; syswrite $f, $text or die "$file: $!" }
			for (1..300) {
				mkdir "d" or die "mkdir: $!";
				for (-e "cgroup.clone_children" && -e "cpuset.cpus" ? qw(cpuset.cpus cpuset.mems) : ()) {
					open my $f, "<", $_ or die;
					put("d/$_", <$f>);
				}
				chdir "d" or die;
				$_ == 5 and chmod 0, "." or $_ == 6 and chown 12345, 12345, ".", "cgroup.procs";
			}
			put("cgroup.procs", $pid)' "$d" "$(pgrep -fx 'sleep 100007')"
	done
	same "$(runc ps --format json "$ID" | jq length)" 2
	at_most 8 runc delete --force "$ID"
	nothing_left
}

@test "teardown: processes that fork on and on, without a pid namespace" {
	no_pid_namespace
	# Each is there for a moment only, and followed by another: 20 at a time.
	started 'hop() { (hop &) ; }; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do hop & done 2>/dev/null
		echo ready; sleep 1000'
	sleep 0.5
	at_most 8 runc delete --force "$ID"
	nothing_left
}

@test "teardown: v2: what slips through the first kill of the cgroup is killed by the next" {
	in_v2 || skip "elsewhere the other hierarchies are looked through, too"
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	no_pid_namespace
	started 'sleep 1000 & echo ready; wait'
	# As if the kernel had met no process at the first time.
	strace -D -f -qq -o "$T/trace" -P "$(one_cgroup)/cgroup.kill" -e trace=write -e inject=write:retval=1:syscall=getpid:when=1 \
		"$RUNC" --root "$STATE" delete --force "$ID" 3>&- 4>&-
	same "$(grep -c '"1", 1.*(INJECTED)' "$T/trace")" 1
	nothing_left
}

@test "teardown: kill KILL of processes that fork on and on" {
	no_pid_namespace
	started 'hop() { (hop &) ; }; for i in 1 2 3 4 5 6 7 8 9 10; do hop & done 2>/dev/null; echo ready; sleep 1000'
	at_most 8 runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	wait_for 5 eval '[ "$(runc ps --format json "$ID")" = null ]'
	runc delete "$ID"
	nothing_left
}

@test "teardown: a fork bomb within a limit of pids" {
	needs_controller pids
	edit '.linux.resources.pids = {limit: 200}'
	started 'echo ready; bomb() { bomb | bomb & }; while :; do bomb; done 2>/dev/null'
	sleep 0.5
	at_most 8 runc delete --force "$ID"
	nothing_left
}

@test "teardown: a fork bomb within a limit of pids, without a pid namespace" {
	needs_controller pids
	no_pid_namespace
	edit '.linux.resources.pids = {limit: 200}'
	started 'echo ready; bomb() { bomb | bomb & }; while :; do bomb; done 2>/dev/null'
	sleep 0.5
	at_most 8 runc delete --force "$ID"
	nothing_left
}

@test "teardown: the container has frozen a cgroup of its own, with processes in it" {
	own_cgroups
	started 'G='$FREEZER'/own; mkdir $G; sleep 1000 & echo $! >$G/cgroup.procs; '"$FROZEN"'; echo ready; sleep 1000'
	at_most 5 runc delete --force "$ID"
	nothing_left
	runc delete --force "$ID"
	no_pid_namespace
	detached run -d "$ID"
	wait_for 5 grep -q ready "$T/out"
	at_most 5 runc delete --force "$ID"
	nothing_left
}

@test "teardown: the container has frozen its first process in a cgroup of its own" {
	local pid
	own_cgroups
	started 'G='$FREEZER'/own/er; mkdir -p $G; (sleep 0.2; '"$FROZEN"') & echo 1 >$G/cgroup.procs; echo ready; sleep 1000'
	sleep 0.6
	# Its own freeze is not a pause.
	same "$(status_of "$ID")" running
	at_most 5 runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	runc delete "$ID"
	nothing_left
}

@test "teardown: a cgroup that the container has frozen stays so when the container is resumed" {
	local g
	own_cgroups
	started 'G='$FREEZER'/own; mkdir $G; sleep 1000 & echo $! >$G/cgroup.procs; '"$FROZEN"'; echo ready; sleep 1000'
	g=$(find "$FREEZER" -type d -path "*/$ID/own")
	frozen() { if [ "$LAYOUT" = v2 ]; then grep -qx 1 "$g/cgroup.freeze"; else wait_for 5 grep -qx FROZEN "$g/freezer.state"; fi; }
	frozen
	runc pause "$ID"
	same "$(status_of "$ID")" paused
	runc resume "$ID"
	same "$(status_of "$ID")" running
	frozen
	at_most 5 runc delete --force "$ID"
	nothing_left
}

@test "teardown: pause and resume of processes that fork on and on" {
	local i
	started 'hop() { echo x >>/dev/shm/x; (hop &) ; }; hop & hop & hop & hop & echo ready; sleep 1000'
	for i in 1 2 3 4 5; do
		at_most 8 runc pause "$ID"
		same "$(status_of "$ID")" paused
		A=$(runc ps --format json "$ID")
		sleep 0.1
		same "$(runc ps --format json "$ID")" "$A"
		runc resume "$ID"
	done
	runc pause "$ID"
	at_most 8 runc delete --force "$ID"
	nothing_left
}

@test "teardown: processes that have left one hierarchy's cgroup end, too" {
	local pid
	[ "$LAYOUT" != v2 ] || skip "v2 has one hierarchy"
	no_pid_namespace
	started 'sleep 100006 & sleep 100006 & echo ready; wait'
	two() { [ "$(pgrep -cfx 'sleep 100006')" = 2 ]; }
	wait_for 5 two
	set -- $(pgrep -fx 'sleep 100006')
	echo "$1" >/sys/fs/cgroup/pids/cgroup.procs
	echo "$1" >/sys/fs/cgroup/devices/cgroup.procs
	[ "$LAYOUT" = v1 ] || echo "$2" >/sys/fs/cgroup/unified/cgroup.procs
	echo "$2" >/sys/fs/cgroup/freezer/cgroup.procs
	at_most 5 runc delete --force "$ID"
	nothing_left
}

@test "teardown: a process of exec in a pid namespace that was joined" {
	edit '.linux.namespaces |= map(if .type == "pid" then .path = "/proc/self/ns/pid" else . end)'
	started 'echo ready; sleep 1000'
	runc exec -d "$ID" sleep 100008 </dev/null >/dev/null 2>&1
	at_most 5 runc delete --force "$ID"
	nothing_left
}

@test "teardown: a process of somebody else's in the cgroup: one clear line, and a second delete when it has gone" {
	newer "1.1.5 names no process"
	local d
	args sleep 1000
	detached run -d "$ID"
	sleep 1000 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	for d in $(directories); do echo $! >"$d/cgroup.procs"; done
	LIMIT=20 run runc delete --force "$ID"
	expect 1 "unable to destroy container: unable to remove container's cgroup (processes in it after 10 seconds: 1: $!) /sys/fs/cgroup/" \
		"device or resource busy"
	same "$(grep -c level=error <<<"$output")" 1
	kill -0 $!
	kill -9 $!
	runc delete "$ID"
	nothing_left
}

@test "teardown: delete goes on in the moment in which the last process ends" {
	[ "$LAYOUT" != v1 ] || skip "no event on v1"
	local d
	args sleep 1000
	detached run -d "$ID"
	sleep 1.2 3>&- 4>&- &
	for d in $(directories); do echo $! >"$d/cgroup.procs"; done
	at_most 7 runc delete --force "$ID" # without the event it is 10 seconds
	nothing_left
}

@test "teardown: threaded cgroups with threads in them" {
	[ "$LAYOUT" = v2 ] || skip "v2 only"
	no_pid_namespace
	own_cgroups
	started 'cd /sys/fs/cgroup; mkdir -p t/u; echo threaded >t/cgroup.type; echo threaded >t/u/cgroup.type
		sleep 1000 & echo $! >t/u/cgroup.threads; echo ready; sleep 1000'
	same "$(runc ps --format json "$ID" | jq length)" 2
	runc pause "$ID"
	at_most 5 runc delete --force "$ID"
	nothing_left
}

@test "teardown: a container in a threaded cgroup: its processes are listed and end" {
	[ "$LAYOUT" = v2 ] || skip "v2 only"
	newer "1.1.5 lists none, and leaves those behind that are not the first one"
	EXTRA=/sys/fs/cgroup/above-$$
	mkdir -p "$EXTRA/a"
	echo threaded >"$EXTRA/a/cgroup.type"
	edit --arg p "/above-$$/a/$ID" '.linux.cgroupsPath = $p | .linux.resources = {}'
	no_pid_namespace
	for how in kill delete; do
		started 'sleep 1000 & sleep 1000 & echo ready; wait'
		same "$(<"$EXTRA/a/$ID/cgroup.type")" threaded
		same "$(runc ps --format json "$ID" | jq -c sort)" "$(sort -n "$EXTRA/a/$ID/cgroup.threads" | jq -sc .)"
		same "$(runc ps --format json "$ID" | jq length)" 3
		run runc run "$ID-b"
		expect 1 "container's cgroup is not empty: 3 process(es) found"
		if [ $how = kill ]; then
			at_most 5 runc kill "$ID" KILL
			wait_for 5 is_stopped "$ID"
			same "$(<"$EXTRA/a/$ID/cgroup.threads")" ""
		fi
		at_most 5 runc delete --force "$ID"
		nothing_left
	done
}

@test "teardown: a cgroup file system that is read-only, and the container's cgroup is gone" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	detached run -d "$ID"
	wait_for 5 is_stopped "$ID"
	find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} +
	unshare --mount bash -c 'for m in $(awk "\$5 ~ /^\/sys\/fs\/cgroup/ { print \$5 }" /proc/self/mountinfo); do
		mount -o remount,bind,ro "$m"; done 2>/dev/null
		! mkdir "$1/$RANDOM" || exit 1
		shift; exec "$@"' ro "$(if [ "$LAYOUT" = v2 ]; then echo /sys/fs/cgroup; else echo /sys/fs/cgroup/pids; fi)" timeout 10 "$RUNC" --root "$STATE" delete "$ID"
	nothing_left
}

@test "teardown: a start that is killed between its byte and the end of the fifo: the container runs" {
	newer "1.1.5 does it in another way"
	needs_strace
	args sleep 1000
	detached create "$ID"
	timeout 10 strace -o "$T/trace" -e trace=unlinkat -e inject=unlinkat:signal=KILL:when=1 \
		"$RUNC" --root "$STATE" start "$ID" >/dev/null 2>&1 3>&- 4>&- || true
	test -e "$STATE/$ID/exec.fifo"
	wait_for 5 is_running "$ID"
	run runc start "$ID"
	expect 1 "cannot start an already running container"
	same "$(runc list --format json | jq -r '.[0].status')" running
	run runc delete "$ID"
	expect 1 "that is not stopped: running"
	runc exec "$ID" true
	runc delete --force "$ID"
	nothing_left
}
