# Each text with which a program refuses occurs in a test, or on a list that says why not; what programs say by hand.
# layouts: hybrid

load lib/common

setup() { setup_bundle; }
teardown() { teardown_bundle; }

@test "texts: every text of a refusal is known to a test, or listed with a reason (integration/texts/check)" {
	"$TOP/integration/texts/check"
}

@test "texts: the check of texts finds one that no test knows, one that is known, and one that is gone" {
	local list=$TOP/integration/texts/unreached first
	first=$(grep -m 1 '^[^#]' "$list")
	{ grep -vxF "$first" "$list"; echo "libexec/parse/check.c: is not a version number like 1.3.0"; echo "bin/runc.c: no such text"; } >"$T/list"
	run "$TOP/integration/texts/check" "$T/list"
	expect 1 "in no test: $first" "listed, but in a test: libexec/parse/check.c: is not a version" "listed, but in no program: bin/runc.c: no such text"
	[ ${#lines[@]} = 3 ]
}

# says PROGRAM TEXT COMMAND…: COMMAND, where $0 is the program, fails with exactly that line.
says() {
	local program=$1 text=$2
	shift 2
	[ -x "$LIBEXEC/$program" ] || return 0 # left out of this build
	run timeout 10 bash -c "$*" "$LIBEXEC/$program" 3>&-
	[ "$status" != 0 ] && [ "${output//$'\r'/}" = "$program: $text" ] || { echo "$program said ($status): $output"; return 1; }
}

@test "texts: programs that are started wrongly by hand say how" {
	says copyup 'usage: copyup 0<FROM 1<TO' '"$0" x'
	says hook 'usage: hook KIND STATUS PID <plan' '"$0" poststop stopped'
	says hook 'usage: hook KIND STATUS PID <plan' '"$0" poststop gone 1'
	says netdev 'usage: netdev DEVICE [NAME] <NAMESPACE' '"$0"'
	says netdev 'setns: fd 0 must be a network namespace: invalid argument' '"$0" eth9 </dev/zero'
	says netlink 'usage: netlink lo' '"$0"'
	says pstable 'usage: ps -ef | pstable PID...; no pid: x' '"$0" x'
	says scope 'usage: scope build=ID create | update | remove v1 | v2 bus | private' '"$0"'
	says seccomp 'usage: seccomp <plan >filter.bpf' '"$0" x'
	says subids 'usage: subids NEWUIDMAP NEWGIDMAP PID 3<PLAN' '"$0"'
	says tty 'usage: tty 20<>MASTER' '"$0" x'
	says why 'usage: why PROGRAM PATH DIRECTORY [MOUNT...] 35<ROOTFS' '"$0"'
	says parse '--process needs runc' '"$0" exec --process -- x </dev/null'
}

@test "texts: what cannot be written is said" {
	"$LIBEXEC/parse" <config.json >plan
	says parse 'writing the plan: no space left on device' '"$0" <config.json >/dev/full'
	says parse 'writing the report: no space left on device' '"$0" --explain <config.json >/dev/full'
	run sh -c "'$LIBEXEC/plan-dump' <plan >/dev/full"
	expect 1 'plan-dump: write: no space left on device'
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
	"$LIBEXEC/parse" <config.json >filtered
	says seccomp 'writing the filter: no space left on device' '"$0" <filtered >/dev/full'
	says seccomp 'the plan has no seccomp section' '"$0" <plan'
}

@test "texts: no plan and no filter is written to a terminal" {
	says parse 'the plan is binary, and standard output a terminal: parse <config.json >FILE' \
		'script -qec "\"$0\" <config.json" /dev/null </dev/null'
	says seccomp 'the filter is binary, and standard output a terminal: seccomp <plan >FILE' \
		'script -qec "\"$0\" <config.json" /dev/null </dev/null'
}

@test "texts: witness takes a regular file only, and ns by hand joins nothing" {
	"$LIBEXEC/parse" <config.json >plan
	says witness 'config.json: not a file of at most 16 MiB' '"$0" /dev/zero <plan'
	edit '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
	"$LIBEXEC/parse" <config.json >joins
	says ns 'joining a namespace needs runc' '"$0" 3<joins 12<"$0"'
}

@test "texts: ids that a user may not map are mapped with runc only" {
	local as='setpriv --reuid 31338 --regid 31338 --clear-groups'
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 31338, size: 1},
		{containerID: 1, hostID: 100000, size: 10}] | .linux.gidMappings = .linux.uidMappings'
	"$LIBEXEC/parse" --rootless <config.json >"$T/plan"
	says subids 'root writes id maps without help' '"$0" a b 1 3<'"$T/plan"
	exec 8<"$T/plan" 9<"$LIBEXEC/rootfs"
	$as test -x "$LIBEXEC/ns" || skip "the user cannot reach the programs"
	says ns 'the caller may map no other ids than its own without runc, which starts newuidmap: operation not permitted' \
		"$as \"\$0\" 3<&8 12<&9 8<&- 9<&-"
}

@test "texts: a program that may not be executed is named" {
	local copy=$T/copy
	mkdir -p "$copy/bin" "$copy/build/davit"
	cp "$RUNC" "$copy/bin/runc"
	cp "$LIBEXEC/list" "$copy/build/davit/list"
	chmod 644 "$copy/build/davit/list"
	run "$copy/bin/runc" list
	expect 1
	same "$output" "runc: this installation of davit has no program for this command: $copy/bin/../build/davit/list: permission denied"
}

# create_refuses CHANGE TEXT: config.json changed so is refused in these words.
create_refuses() {
	cp config.json usual.json
	edit "$1"
	status=0
	output=$(LIMIT=5 runc create "$ID" </dev/null 2>&1) || status=$?
	mv usual.json config.json
	expect 1 "$2"
}

@test "texts: what create refuses, in whole words" {
	mkdir "$T/directory"
	touch "$T/file"
	ln -s rootfs link
	create_refuses '.linux.cgroupsPath = "/"' "cgroupsPath names no cgroup of the container's own: /"
	create_refuses '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 9999999999}]' \
		"error setting rlimit RLIMIT_NOFILE: operation not permitted"
	create_refuses ".mounts += [{destination: \"/dev\", source: \"$T/file\", options: [\"bind\"]}]" \
		"a file cannot be mounted on a directory: not a directory"
	create_refuses ".mounts += [{destination: \"/tmp\", source: \"$T/directory\", options: [\"bind\"]},
		{destination: \"/tmp\", type: \"none\", source: \"x\", options: [\"remount\", \"ro\", \"size=5\"]}]" \
		"remount: not a file system that the container has mounted"
	create_refuses ".mounts += [{destination: \"/tmp\", source: \"$T/none\", options: [\"bind\"]}]" \
		"failed to fulfil mount request: open $T/none: no such file or directory"
	create_refuses '.root.path = "link"' "invalid rootfs: not an absolute path, or a symlink: $BUNDLE/link"
	create_refuses '.process.oomScoreAdj = 1000 | .process.terminal = true' \
		"a terminal is asked for by process.terminal or --tty: give --console-socket, or do without a terminal"
	setpriv --bounding-set -sys_resource true # CAP_SYS_RESOURCE may be given up here
	edit '.process.oomScoreAdj = -1000'
	run setpriv --bounding-set -sys_resource "$RUNC" --root "$STATE" create "$ID" 3>&-
	expect 1 "process.oomScoreAdj is below that of the caller, who has no CAP_SYS_RESOURCE: failed to update /proc/self/oom_score_adj: permission denied"
}

@test "texts: what exec refuses, in whole words" {
	sh_args 'exec sleep 1000'
	detached run -d "$ID"
	expect 0
	run runc exec --cgroup cpu:a --cgroup cpu:b "$ID" true
	expect 255 "invalid --cgroup argument(s): controller cpu specified multiple times"
	run runc exec --cgroup : "$ID" true
	expect 255 "invalid --cgroup argument: : (empty <controller> prefix)"
	# shellcheck disable=SC2046
	run runc exec $(for i in $(seq 100); do echo "--cgroup a$i:b"; done) "$ID" true
	expect 255 "too many --cgroup arguments"
	run runc exec --process /dev/null "$ID"
	expect 255 "/dev/null: neither a regular file nor a pipe"
}

@test "texts: copyup goes down no deeper than its stack" {
	local i
	mkdir "$T/from" "$T/to"
	(cd "$T/from" && for i in $(seq 200); do mkdir d && cd d || exit 1; done)
	run bash -c '"$0" 0<"$1" 1<"$2"' "$LIBEXEC/copyup" "$T/from" "$T/to" 3>&-
	expect 1 "tmpcopyup: directories nested too deeply: d/d/d"
}
