# exec: in which cgroup the process is. The three layouts; on this kind of machine v2 has at most hugetlb.
# layouts: hybrid v1 v2 vm

load lib/common

setup() {
	setup_bundle
	args sleep 1000
}

running() {
	detached run -d --pid-file "$T/pid" "$ID"
	expect 0
	P=$(cat "$T/pid")
}

# cgroup_of PID: its lines of /proc/PID/cgroup, but for hierarchies that are not mounted here.
cgroup_of() {
	sort "/proc/$1/cgroup"
}

# own HIERARCHY: the directory of the container in it; "" is v2.
own() {
	local path
	path=$(sed -n "s/^[0-9]*:\(.*,\)\?$1\(,.*\)\?:\(.*\)/\3/p" "/proc/$P/cgroup")
	[[ $path == *"$ID"* ]] || { echo "not in a cgroup of its own: \"$path\"" >&2; return 1; }
	if in_v2; then echo "/sys/fs/cgroup$path"
	elif [ -z "$1" ]; then echo "/sys/fs/cgroup/unified$path"
	else echo "/sys/fs/cgroup/$1$path"; fi
}

@test "exec cgroup: the same as that of the first process, everywhere" {
	running
	runc exec -d --pid-file "$T/pid2" "$ID" sleep 1000 </dev/null >/dev/null 2>&1
	same "$(cgroup_of "$(cat "$T/pid2")")" "$(cgroup_of "$P")"
}

@test "exec cgroup: on v2 the process is cloned into it, no pid is written" {
	in_v2 || skip "v1 hierarchies know nothing but writes"
	newer "1.1.5 writes the pid"
	needs_strace
	running
	strace -f -qq -e trace=write,clone3 -o "$T/trace" "$RUNC" --root "$STATE" exec "$ID" true </dev/null 3>&- 4>&-
	grep -q 'CLONE_INTO_CGROUP' "$T/trace"
	run grep -E "write\([0-9]+, \"[1-9][0-9]*\", [0-9]+\)" "$T/trace"
	same "$output" ""
}

@test "exec cgroup: --cgroup names one below" {
	newer "1.1.5 has another way with v1"
	local c d
	in_v2 && c= || c=pids
	running
	d=$(own "$c")/below/two
	mkdir -p "$d"
	runc exec -d --pid-file "$T/pid2" --cgroup "${c:+$c:}below/two" "$ID" sleep 1000 </dev/null >/dev/null 2>&1
	grep -qx "$(cat "$T/pid2")" "$d/cgroup.procs"
	# Only there: the others are the container's.
	same "$(cgroup_of "$(cat "$T/pid2")" | grep -vE ":(.*,)?$c(,.*)?:")" "$(cgroup_of "$P" | grep -vE ":(.*,)?$c(,.*)?:")"
}

@test "exec cgroup: what --cgroup cannot mean is refused, and nothing runs" {
	newer "the words are those of later versions"
	local c
	in_v2 && c= || c=pids:
	running
	fails() {
		status=0
		runc exec "${@:2}" "$ID" touch /ran </dev/null >"$T/out" 2>&1 || status=$?
		output=$(cat "$T/out")
		expect 255 "$1"
		[ ! -e "$ROOTFS/ran" ]
	}
	fails "bad sub cgroup path: .." --cgroup "${c}.."
	fails "bad sub cgroup path: /../x" --cgroup "${c}/../x"
	fails "can't open cgroup" --cgroup "${c}missing"
	fails "unknown controller foo in SubCgroupPaths" --cgroup foo:/
	fails "(empty <controller> prefix)" --cgroup :/x
	fails "(missing <controller>: prefix)" --cgroup a --cgroup pids:/
	fails "controller pids specified multiple times" --cgroup pids:/ --cgroup pids:/x
}

@test "exec cgroup: v2, the first process has gone below and the group takes none: there" {
	in_v2 || skip "a v1 hierarchy has no such rule"
	needs_controller hugetlb
	newer "1.1.5 knows no nested groups"
	running
	local d
	d=$(own "")
	grep -qw hugetlb "$d/cgroup.controllers" || skip "hugetlb is mounted as a v1 hierarchy now"
	mkdir "$d/inner"
	echo "$P" >"$d/inner/cgroup.procs"
	echo +hugetlb >"$d/cgroup.subtree_control"
	runc exec -d --pid-file "$T/pid2" "$ID" sleep 1000 </dev/null >/dev/null 2>&1
	same "$(cgroup_of "$(cat "$T/pid2")")" "$(cgroup_of "$P")"
	contains "$(cgroup_of "$P")" /inner
	# Asked for by name it is an error: no process in the wrong place.
	run runc exec --cgroup / "$ID" true
	expect 255 "unable to start container process"
	runc kill "$ID" KILL
}

@test "exec cgroup: a cgroup that has gone is an error on v1" {
	[ "$LAYOUT" = v1 ] || skip "on v2 and hybrid it cannot be removed while the first process is there"
	newer "1.1.5 leaves hierarchies out"
	running
	local d
	d=$(own pids)
	echo "$P" >/sys/fs/cgroup/pids/cgroup.procs
	rmdir "$d"
	run runc exec "$ID" true
	expect 255 "$d"
}

@test "exec cgroup: limits hold for it: pids" {
	needs_controller pids
	edit '.linux.resources.pids.limit = 3'
	running
	run runc exec "$ID" sh -c 'sleep 5 & sleep 5 & sleep 5 & wait'
	[ "$status" != 0 ]
	contains "$output" "can't fork"
}
