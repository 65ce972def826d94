# The process of the container: ids, capabilities, limits, environment, directory.

load lib/common

# proc_status KEY…: the container prints these lines of /proc/self/status.
proc_status() {
	args grep -E "^($(IFS='|'; echo "$*")):" /proc/self/status
	run runc run "$ID"
}

@test "process: uid, gid and additional groups, in all four columns (RT-05)" {
	edit '.process.user = {uid: 1234, gid: 2345, additionalGids: [10, 20, 4294967294]}'
	proc_status Uid Gid Groups
	expect 0 $'Uid:\t1234\t1234\t1234\t1234' $'Gid:\t2345\t2345\t2345\t2345'
	contains "$output" "10 20 4294967294"
}

@test "process: no supplementary groups of the caller" {
	run setpriv --groups 77,88 timeout 10 "$RUNC" --root "$STATE" run "$ID"
	args grep ^Groups: /proc/self/status
	run setpriv --groups 77,88 timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0
	same "$(tr -d ' \t' <<<"$output")" Groups:
}

@test "process: ids that are no ids are refused (RT-05)" {
	newer "1.1.5 takes some"
	local id
	for id in -1 -0 4294967295 4294967296 18446744073709551616 1e3 1.5 '"0"' '" 1"' true null '[]'; do
		[ "$id" != null ] || continue
		jq -c '.process.user.uid = 424242' <config.json | sed "s/424242/$id/" >config.new
		cp config.json keep.json
		mv config.new config.json
		refused 'process.user.uid' create "$ID"
		mv keep.json config.json
	done
}

@test "process: a passwd that names a number after root is not consulted (RT-05)" {
	rm "$ROOTFS/etc/passwd"
	echo '1234:x:0:0:trap:/trap:/bin/sh' >"$ROOTFS/etc/passwd"
	edit '.process.user = {uid: 1234, gid: 1234}'
	proc_status Uid
	expect 0 $'Uid:\t1234\t1234\t1234\t1234'
}

@test "process: the five capability sets are those of the config (RT-06)" {
	edit '.process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW"], effective: ["CAP_KILL"],
		permitted: ["CAP_KILL", "CAP_CHOWN"]}'
	proc_status CapInh CapPrm CapEff CapBnd CapAmb
	# An exec as uid 0 gains permitted and effective up to the bounding set, by the rules of the kernel.
	expect 0 $'CapBnd:\t0000000000002021' $'CapInh:\t0000000000000000' $'CapAmb:\t0000000000000000'
	edit '.process.user = {uid: 1234, gid: 1234}'
	proc_status CapInh CapPrm CapEff CapBnd CapAmb
	expect 0 $'CapBnd:\t0000000000002021' $'CapInh:\t0000000000000000' $'CapPrm:\t0000000000000000' \
		$'CapEff:\t0000000000000000' $'CapAmb:\t0000000000000000'
}

@test "process: ambient capabilities survive for an ordinary user, and only when inheritable" {
	edit '.process.user = {uid: 1234, gid: 1234} | .process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"],
		effective: ["CAP_KILL"], permitted: ["CAP_KILL", "CAP_CHOWN"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	proc_status CapInh CapPrm CapEff CapBnd CapAmb
	expect 0 $'CapInh:\t0000000000000020' $'CapPrm:\t0000000000000020' $'CapEff:\t0000000000000020' \
		$'CapBnd:\t0000000000000021' $'CapAmb:\t0000000000000020'
	edit '.process.capabilities.inheritable = []'
	proc_status CapAmb
	contains "$output" $'CapAmb:\t0000000000000000'
	lacks "$output" "level=warning"
}

@test "process: empty capability sets leave none, not even for root" {
	edit '.process.capabilities = {bounding: [], effective: [], permitted: [], inheritable: [], ambient: []}'
	proc_status CapPrm CapEff CapBnd
	expect 0 $'CapPrm:\t0000000000000000' $'CapEff:\t0000000000000000' $'CapBnd:\t0000000000000000'
}

@test "process: unknown capability names give one warning" {
	edit '.process.capabilities.bounding += ["CAP_FOO", "CAP_BAR"] | .process.capabilities.effective += ["CAP_FOO"]'
	run runc run "$ID"
	expect 0 "ignoring unknown or unavailable capabilities: [CAP_BAR CAP_FOO]"
	[ -n "$CONTROL" ] || same "$(grep -c level=warning <<<"$output")" 1
}

@test "process: noNewPrivileges" {
	proc_status NoNewPrivs
	expect 0 $'NoNewPrivs:\t1'
	edit '.process.noNewPrivileges = false'
	proc_status NoNewPrivs
	expect 0 $'NoNewPrivs:\t0'
}

@test "process: rlimits, and none but these" {
	sh_args 'ulimit -S -n; ulimit -H -n; ulimit -S -c; ulimit -S -s; ulimit -S -f; ulimit -S -v'
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 111, hard: 222}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_STACK", soft: 4194304, hard: 424242}]'
	sed -i 's/424242/18446744073709551615/' config.json # jq would round it
	run runc run "$ID"
	expect 0
	same "$output" $'111\n222\n0\n4096\nunlimited\nunlimited'
}

@test "process: rlimits that are wrong are refused" {
	edit '.process.rlimits = [{type: "RLIMIT_FOO", soft: 1, hard: 1}]'
	refused 'RLIMIT_FOO' create "$ID"
	newer "not in 1.1.5"
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 100}]'
	refused 'rlimits' create "$ID"
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 1}, {type: "RLIMIT_NOFILE", soft: 2, hard: 2}]'
	refused 'rlimits' create "$ID"
}

@test "process: umask, default and given" {
	args sh -c umask
	umask 0777
	run runc run "$ID"
	umask 022
	expect 0
	same "$output" 0022
	edit '.process.user.umask = 63'
	run runc run "$ID"
	same "$output" 0077
	edit '.process.user.umask = 0'
	run runc run "$ID"
	same "$output" 0000
}

@test "process: cwd is made when missing, and entered" {
	edit '.process.cwd = "/new/dir" | .root.readonly = false'
	sh_args 'pwd; stat -c %a .'
	run runc run "$ID"
	expect 0
	same "$output" $'/new/dir\n755'
}

@test "process: cwd relative, empty, a file, or not to be entered is refused" {
	edit '.process.cwd = "relative"'
	refused '[cC]wd.*absolute|process.cwd' create "$ID"
	edit '.process.cwd = ""'
	refused '[cC]wd|process.cwd' create "$ID"
	edit '.process.cwd = "/etc/passwd"'
	refused 'etc/passwd.*not a directory|not a directory' create "$ID"
	mkdir -m 700 "$ROOTFS/private"
	edit '.process.cwd = "/private" | .process.user = {uid: 1234, gid: 1234} | .process.capabilities = {bounding: [], effective: [], permitted: []}'
	run runc run "$ID"
	[ "$status" != 0 ] || newer "1.1.5 enters it as root"
}

@test "process: env: order, no inheritance, last of duplicates wins, HOME from passwd" {
	export OF_CALLER=1
	edit '.process.env = ["PATH=/bin", "A=1", "B=2", "A=3", "EMPTY=", "EQ=a=b"]'
	args env
	run runc run "$ID"
	expect 0
	lacks "$output" OF_CALLER
	contains "$output" $'A=3'
	lacks "$output" $'A=1'
	contains "$output" "EMPTY="
	contains "$output" "EQ=a=b"
	contains "$output" "HOME=/root"
	edit '.process.user.uid = 4321'
	run runc run "$ID"
	contains "$output" $'HOME=/'
	lacks "$output" HOME=/root
}

@test "process: env entries without = or name are refused" {
	newer "since 1.2"
	edit '.process.env += ["NOVALUE"]'
	refused "process.env|environment variable" create "$ID"
	edit '.process.env[-1] = "=x"'
	refused "process.env|environment variable" create "$ID"
}

@test "process: a string of 128 KiB passes, one longer is refused" {
	edit '.process.env += ["LONG=" + ("x" * 131000)]'
	sh_args 'echo ${#LONG}'
	run runc run "$ID"
	expect 0
	same "$output" 131000
	edit '.process.env[-1] = "LONG=" + ("x" * 140000)'
	refused 'process.env|argument list too long|128' create "$ID"
}

@test "process: args: exactly as given; none, empty" {
	args sh -c 'for a; do echo "<$a>"; done' sh '' ' two  blanks ' '*' $'new\nline' '-x' 'ü'
	run runc run "$ID"
	expect 0
	same "$output" $'<>\n< two  blanks >\n<*>\n<new\nline>\n<-x>\n<ü>'
	edit '.process.args = []'
	refused 'args must not be empty|process.args' create "$ID"
	edit 'del(.process.args)'
	refused 'args must not be empty|process.args' create "$ID"
	edit '.process.args = [""]'
	refused 'exec|process.args' create "$ID"
}

@test "process: the program is found through the container's PATH as the container's user" {
	mkdir -m 755 "$ROOTFS/opt"
	printf '#!/bin/sh\necho found-in-opt\n' >"$ROOTFS/opt/prog"
	chmod 755 "$ROOTFS/opt/prog"
	edit '.process.env = ["PATH=/nosuch:/opt:/bin"] | .process.args = ["prog"]'
	run runc run "$ID"
	expect 0 found-in-opt
	chmod 700 "$ROOTFS/opt/prog"
	edit '.process.user = {uid: 1234, gid: 1234}'
	refused 'prog.*(permission denied|not found)' create "$ID"
	edit '.process.env = ["PATH=relative:."]'
	refused 'prog' create "$ID"
	edit '.process.env = []'
	refused 'prog.*not found' create "$ID"
}

@test "process: oomScoreAdj" {
	args cat /proc/self/oom_score_adj
	edit '.process.oomScoreAdj = 500'
	run runc run "$ID"
	expect 0 500
	newer "not checked by 1.1.5"
	edit '.process.oomScoreAdj = 5000'
	refused 'oomScoreAdj' create "$ID"
}

@test "process: signals: default dispositions and an empty mask whatever the caller has" {
	args grep -E '^Sig(Blk|Ign):' /proc/self/status
	run env --block-signal --ignore-signal=HUP,PIPE,CHLD,USR1,TERM timeout 10 "$RUNC" --root "$STATE" run "$ID"
	[ "$status" = 0 ] || [ -n "$CONTROL" ]
	newer "1.1.5 passes ignored signals on"
	expect 0 $'SigBlk:\t0000000000000000' $'SigIgn:\t0000000000000000'
}

@test "process: 0 to 2 in all combinations of closed, open for the program (RT-38)" {
	sh_args 'for i in 0 1 2; do [ -e /proc/self/fd/$i ] && echo $i-open; done >/tmp/seen'
	edit '.root.readonly = false'
	local i
	for i in 0 1 2 3 4 5 6 7; do
		rm -f "$ROOTFS/tmp/seen"
		status=0
		(
			[ $((i & 1)) = 0 ] || exec 0<&-
			[ $((i & 2)) = 0 ] || exec 1>&-
			[ $((i & 4)) = 0 ] || exec 2>&-
			exec timeout 10 "$RUNC" --root "$STATE" run "$ID" 3>&- 4>&-
		) || status=$?
		same "$i-$status" "$i-0"
		same "$(tr '\n' ' ' <"$ROOTFS/tmp/seen")" "0-open 1-open 2-open "
	done
}

@test "process: a created container with closed 0 to 2" {
	status=0
	timeout 10 "$RUNC" --root "$STATE" create "$ID" 0<&- 1>&- 2>&- 3>&- 4>&- || status=$?
	same "$status" 0
	same "$(status_of "$ID")" created
}

@test "process: odd callers: full stdout, deleted directory, small limits, umask 0777 (RT-38)" {
	sh_args 'echo hi; exit 0'
	runc run "$ID" >/dev/full 2>"$T/err" || true
	nothing_left
	args true
	mkdir "$T/gone"
	run bash -c 'cd "$3" && rmdir "$3" && timeout 10 "$0" --root "$1" run --bundle "$4" "$2"' "$RUNC" "$STATE" "$ID" "$T/gone" "$BUNDLE"
	expect 0
	run bash -c 'umask 0777; timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE-u" "$ID"
	expect 0
	same "$(stat -c %a "$STATE-u")" 700
	run bash -c 'ulimit -f 0; timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	[ "$status" -lt 124 ]
	nothing_left
	run bash -c 'ulimit -n 8; timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	[ "$status" -lt 124 ]
	nothing_left
	run bash -c 'ulimit -v 65536; timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	[ -n "$CONTROL" ] || expect 0
	nothing_left
}

@test "process: what the caller's limits and niceness are does not matter to files made" {
	umask 0777
	detached create "$ID"
	umask 022
	expect 0
	same "$(stat -c %a "$STATE/$ID")" 711
	same "$(stat -c %a "$STATE/$ID/state.json")" 600
	same "$(stat -c %a "$STATE")" 700
}

# in_userns FIRST SIZE: a user namespace where the ids 0 … SIZE-1 are FIRST … outside.
in_userns() {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit --argjson first "$1" --argjson size "$2" '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $first, size: $size}] | .linux.gidMappings = .linux.uidMappings'
}

@test "process: user namespace: uid, gid and additional groups as the mapping has them" {
	in_userns 100000 1000
	edit '.process.user = {uid: 999, gid: 998, additionalGids: [0, 5, 999]} | .process.args = ["sleep", "100"]'
	detached run -d "$ID"
	expect 0
	local status=/proc/$(pid_of "$ID")/status
	same "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "$status")" "100999 100999 100999 100999"
	same "$(awk '/^Gid/ { print $2, $3, $4, $5 }' "$status")" "100998 100998 100998 100998"
	same "$(awk '/^Groups/ { print $2, $3, $4 }' "$status")" "100000 100005 100999"
	run runc exec "$ID" id -G
	same "$output" "998 0 5 999"
}

@test "process: user namespace: ids that are not mapped" {
	newer "words"
	in_userns 100000 1000
	edit '.process.user = {uid: 1000, gid: 0}'
	refused 'cannot set uid to unmapped user in user namespace' create "$ID"
	edit '.process.user = {uid: 0, gid: 1000}'
	refused 'cannot set gid to unmapped user in user namespace' create "$ID"
	edit '.process.user = {uid: 0, gid: 0, additionalGids: [5, 1000]}'
	refused 'setgroups: invalid argument' create "$ID"
	edit '.process.user = {uid: 0, gid: 0} | .process.args = ["sleep", "100"]'
	detached run -d "$ID"
	expect 0
	run runc exec --user 1000 "$ID" true
	expect 255 "cannot set uid to unmapped user in user namespace"
	run runc exec --user 0:1000 "$ID" true
	expect 255 "cannot set gid to unmapped user in user namespace"
	run runc exec -g 1000 "$ID" true
	expect 255 "setgroups: invalid argument"
}

@test "process: user absent, or without its members: root" {
	args sh -c 'id -u; id -g; grep ^Groups: /proc/self/status'
	edit '.process.user = {}'
	run runc run "$ID"
	expect 0
	same "$(tr -d ' \t' <<<"$output")" $'0\n0\nGroups:'
	edit 'del(.process.user)'
	run runc run "$ID"
	expect 0
	same "$(tr -d ' \t' <<<"$output")" $'0\n0\nGroups:'
}

@test "process: HOME: from the environment, from passwd by uid, / without an entry or a file" {
	sh_args 'echo "$HOME"'
	edit '.process.env = ["PATH=/bin", "HOME=/elsewhere"]'
	run runc run "$ID"
	same "$output" /elsewhere
	rm "$ROOTFS/etc/passwd"
	printf 'root:x:0:0:root:/root:/bin/sh\nu:x:77:77::/home/u:/bin/sh\n' >"$ROOTFS/etc/passwd"
	edit '.process.env = ["PATH=/bin"] | .process.user = {uid: 77, gid: 77}'
	run runc run "$ID"
	same "$output" /home/u
	edit '.process.user = {uid: 78, gid: 78}'
	run runc run "$ID"
	same "$output" /
	rm "$ROOTFS/etc/passwd"
	edit '.process.user = {uid: 0, gid: 0}'
	run runc run "$ID"
	same "$output" /
}

# exec_error ARG TEXT: what is told of this program, at create
exec_error() {
	args "$1"
	refused "$2" create "$ID"
}

@test "process: a program that cannot be found or executed, in runc's words" {
	mkdir -m 755 "$ROOTFS/opt" "$ROOTFS/opt/dir" "$ROOTFS/opt/closed"
	printf '#!/no/interpreter\n' >"$ROOTFS/opt/script"
	echo 'echo hi' >"$ROOTFS/opt/text"
	printf '\177ELF nonsense' >"$ROOTFS/opt/garbage"
	echo x >"$ROOTFS/opt/plain"
	chmod 755 "$ROOTFS/opt/script" "$ROOTFS/opt/text" "$ROOTFS/opt/garbage"
	chmod 644 "$ROOTFS/opt/plain"
	ln -s loop "$ROOTFS/opt/loop"
	edit '.process.env = ["PATH=/opt:/bin"]'
	exec_error nosuch 'exec: .*nosuch.*: executable file not found in \$PATH'
	exec_error plain 'exec: .*plain.*: executable file not found in \$PATH'
	exec_error dir 'exec: .*dir.*: executable file not found in \$PATH'
	exec_error /no/such 'exec: .*/no/such.*: stat /no/such: no such file or directory'
	exec_error ./no/such 'exec: .*./no/such.*: stat ./no/such: no such file or directory'
	exec_error /etc/passwd/x 'exec: .*/etc/passwd/x.*: stat /etc/passwd/x: not a directory'
	exec_error /opt/plain 'exec: .*/opt/plain.*: permission denied'
	exec_error /opt/dir 'exec: .*/opt/dir.*: (is a directory|permission denied)'
	exec_error /opt/loop 'exec: .*/opt/loop.*: too many levels of symbolic links'
	local program
	for program in text garbage; do
		args "/opt/$program"
		run runc run "$ID"
		expect 255 "exec /opt/$program: exec format error"
	done
	args script
	run runc run "$ID"
	expect 255 "exec /opt/script: no such file or directory"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/opt/closed/true"
	chmod 700 "$ROOTFS/opt/closed"
	edit '.process.user = {uid: 77, gid: 77}'
	exec_error /opt/closed/true 'exec: .*/opt/closed/true.*permission denied'
	edit '.process.env = ["PATH=bin"]'
	exec_error busybox 'cannot run executable found relative to current directory'
	edit 'del(.process.env)'
	exec_error true 'executable file not found in \$PATH'
}

@test "process: a user with CAP_DAC_OVERRIDE executes what only its owner may, as the kernel allows it" {
	mkdir -m 700 "$ROOTFS/opt"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/opt/echo"
	chmod 744 "$ROOTFS/opt/echo"
	edit '.process.user = {uid: 77, gid: 77} | .process.env = ["PATH=/opt"] | .process.args = ["echo", "ran"]
		| .process.capabilities = {bounding: ["CAP_DAC_OVERRIDE"], permitted: ["CAP_DAC_OVERRIDE"], effective: ["CAP_DAC_OVERRIDE"]}'
	run runc run "$ID"
	expect 0 ran
	edit '.process.args[0] = "/opt/echo"'
	run runc run "$ID"
	expect 0 ran
	args sleep 100
	edit '.process.env = ["PATH=/bin"]'
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" /opt/echo ran </dev/null
	expect 0 ran
	runc delete --force "$ID"
	chmod 644 "$ROOTFS/opt/echo"
	exec_error /opt/echo 'exec: .*/opt/echo.*: permission denied'
	chmod 744 "$ROOTFS/opt/echo"
	edit '.process.capabilities.effective = []'
	exec_error /opt/echo 'exec: .*/opt/echo.*: permission denied'
}

@test "process: cwd: made for a user below directories that are missing; of no permission; through a symlink" {
	edit '.root.readonly = false | .process.cwd = "/a/b/c" | .process.user = {uid: 77, gid: 77}'
	args sh -c 'pwd; stat -c "%u %a" /a/b/c'
	run runc run "$ID"
	expect 0
	same "$output" $'/a/b/c\n0 755'
	mkdir "$ROOTFS/target"
	ln -s target "$ROOTFS/link"
	edit '.process.cwd = "/link"'
	args pwd
	run runc run "$ID"
	expect 0
	same "$output" /target
	edit '.process.cwd = "/etc/passwd/below"'
	refused 'etc/passwd/below|not a directory' create "$ID"
	ln -s /proc/1/root "$ROOTFS/out"
	edit '.process.cwd = "/out/../../x"'
	run runc run "$ID"
	[ ! -e /x ]
}

@test "process: cwd on a read-only root that lacks it" {
	edit '.root.readonly = true | .process.cwd = "/missing/here"'
	args pwd
	run runc run "$ID"
	expect 0
	same "$output" /missing/here
}

@test "process: args and env of exactly 128 KiB with their NUL, and one byte more" {
	edit '.process.args = ["sh", "-c", "echo ${#0} ${#LONG}", ("x" * 131071)] | .process.env += ["LONG=" + ("y" * 131066)]'
	run runc run "$ID"
	expect 0
	same "$output" "131071 131066"
	cp config.json keep.json
	edit '.process.args[3] += "x"'
	refused 'process.args\[3\]|argument list too long' create "$ID"
	mv keep.json config.json
	edit '.process.env[-1] += "y"'
	refused 'process.env\[[0-9]*\]|argument list too long' create "$ID"
}

@test "process: thousands of arguments and variables arrive, in order" {
	edit '.process.args = ["sh", "-c", "shift 9998; echo $# $1 $2; env | grep -c ^V; echo $V4999", "sh"] + [range(10000) | "a\(.)"]
		| .process.env += [range(5000) | "V\(.)=v\(.)"]'
	run runc run "$ID"
	expect 0
	same "$output" $'2 a9998 a9999\n5000\nv4999'
}

@test "process: all of them together longer than the kernel takes is refused" {
	newer "1.1.5 fails at start"
	edit '.process.env += [range(60) | "V\(.)=" + ("x" * 130000)]'
	refused 'process.args and process.env: argument list too long' create "$ID"
}

@test "process: small limits hold for the program and stop nothing before it" {
	local type
	for type in AS DATA; do
		edit --arg t "RLIMIT_$type" '.process.rlimits = [{type: $t, soft: 4194304, hard: 4194304}]'
		args grep -E 'Max (address space|data size)' /proc/self/limits
		run runc run "$ID"
		expect 0 4194304
	done
	newer "1.1.5 needs files for itself"
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3, hard: 3}]'
	sh_args 'ulimit -S -n; ulimit -H -n'
	run runc run "$ID"
	expect 0
	same "$output" $'3\n3'
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 0, hard: 0}] | .process.user = {uid: 77, gid: 77}'
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getcwd"], action: "SCMP_ACT_ERRNO"}]}'
	args /bin/true
	run runc run "$ID"
	expect 0
	edit 'del(.linux.seccomp) | .process.rlimits = [{type: "RLIMIT_NPROC", soft: 1, hard: 1}, {type: "RLIMIT_FSIZE", soft: 0, hard: 0},
		{type: "RLIMIT_STACK", soft: 65536, hard: 65536}, {type: "RLIMIT_MEMLOCK", soft: 0, hard: 0}]'
	args /bin/true
	run runc run "$ID"
	expect 0
}

@test "process: every type of limit arrives, exec has them too" {
	local names="CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME"
	# Below what is there, so that no privilege is needed; the numbers differ.
	edit --arg n "$names" '.process.rlimits = [$n | split(" ") | to_entries[] | {type: "RLIMIT_\(.value)",
		soft: (if .key > 12 then 0 else 100000000 + .key end), hard: (if .key > 12 then 0 else 200000000 + .key end)}]
		| .process.rlimits |= map(if .type == "RLIMIT_NOFILE" then .soft = 107 | .hard = 207
			elif .type == "RLIMIT_NPROC" then .soft = 1006 | .hard = 2006
			elif .type == "RLIMIT_SIGPENDING" then .soft = 11 | .hard = 21
			elif .type == "RLIMIT_CORE" or .type == "RLIMIT_MEMLOCK" or .type == "RLIMIT_MSGQUEUE" then .soft = 4 | .hard = 5 else . end)'
	args sleep 100
	detached run -d "$ID"
	expect 0
	prlimit --pid "$(pid_of "$ID")" --noheadings --raw -o RESOURCE,SOFT,HARD | sort >"$T/seen"
	jq -r '.process.rlimits[] | "\(.type[7:]) \(.soft) \(.hard)"' config.json | sort >"$T/wanted"
	diff "$T/wanted" "$T/seen"
	run runc exec "$ID" grep 'Max open files' /proc/self/limits
	same "$(tr -s ' ' <<<"$output" | cut -d ' ' -f 4,5)" "107 207"
}

@test "process: oomScoreAdj: 0 is a value, absent leaves what the caller has" {
	args cat /proc/self/oom_score_adj
	run sh -c 'echo 300 >/proc/self/oom_score_adj; exec timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	expect 0
	[ -n "$CONTROL" ] || same "$output" 300
	edit '.process.oomScoreAdj = 301'
	run sh -c 'echo 300 >/proc/self/oom_score_adj; exec timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	same "$output" 301
	edit '.process.oomScoreAdj = 0'
	run sh -c 'echo 0 >/proc/self/oom_score_adj; exec timeout 10 "$0" --root "$1" run "$2"' "$RUNC" "$STATE" "$ID"
	same "$output" 0
	edit '.process.oomScoreAdj = 1000'
	run runc run "$ID"
	same "$output" 1000
	newer "not checked by 1.1.5"
	edit '.process.oomScoreAdj = -1001'
	refused 'process.oomScoreAdj' create "$ID"
}

@test "process: capabilities that the caller does not have: a warning, and the others" {
	newer "1.1.5 fails"
	local set
	proc_status CapBnd
	for set in bounding permitted inheritable; do
		edit --arg s "$set" '.process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"]}
			| .process.capabilities[$s] += ["CAP_SYS_TIME"]'
		args grep -E '^Cap' /proc/self/status
		run setpriv --bounding-set -sys_time --inh-caps -sys_time timeout 10 "$RUNC" --root "$STATE" run "$ID"
		expect 0 "some capabilities cannot be granted" $'CapBnd:\t0000000000000020' $'CapEff:\t0000000000000020'
		same "$(grep -c level=warning <<<"$output")" 1
		run runc run "$ID"
		lacks "$output" level=warning
	done
}

@test "process: ambient without permitted or inheritable: not raised, and the names are a debug record" {
	newer "1.1.5 ignores it"
	edit '.process.user = {uid: 77, gid: 77} | .process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL"],
		effective: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL", "CAP_CHOWN"]}'
	proc_status CapAmb
	same "$status $output" $'0 CapAmb:\t0000000000000020'
	# As buildah asks for each RUN.
	edit '.process.capabilities |= (.ambient = .bounding | .inheritable = [])'
	proc_status CapAmb
	same "$status $output" $'0 CapAmb:\t0000000000000000'
	run runc --debug --log "$T/log" run "$ID"
	expect 0
	contains "$(grep level=debug "$T/log")" "not both permitted and inheritable: CAP_CHOWN CAP_KILL"
	runc --log "$T/log2" run "$ID"
	lacks "$(cat "$T/log2")" ambient
	run "$LIBEXEC/parse" --explain <config.json
	contains "$output" "capabilities (not raised, as they are not both permitted and inheritable): CAP_CHOWN, CAP_KILL"
	# What still cannot be raised is one warning.
	command -v capsh >/dev/null || skip "no capsh to set a securebit with"
	edit '.process.capabilities.inheritable = .process.capabilities.bounding | .process.capabilities.permitted = .process.capabilities.bounding'
	args grep -E "^CapAmb" /proc/self/status
	run capsh --secbits=0x40 --shell=/bin/bash -- -c 'exec timeout 10 "$@"' sh "$RUNC" --root "$STATE" run "$ID"
	expect 0 "ambient capabilities: operation not permitted" $'CapAmb:\t0000000000000000'
	same "$(grep -c level=warning <<<"$output")" 1
}

@test "process: without the object capabilities there are none; with an empty one, too" {
	newer "newer ones leave them alone"
	edit 'del(.process.capabilities)'
	proc_status CapPrm CapEff CapBnd
	expect 0 $'CapPrm:\t0000000000000000' $'CapEff:\t0000000000000000' $'CapBnd:\t0000000000000000'
	edit '.process.capabilities = {}'
	proc_status CapPrm CapBnd
	expect 0 $'CapPrm:\t0000000000000000' $'CapBnd:\t0000000000000000'
}

@test "process: consoleSize without a terminal is ignored, commandLine and username too" {
	edit '.process.consoleSize = {height: 5, width: 6} | .process.commandLine = "x" | .process.user.username = "nobody"'
	args id -u
	run runc run "$ID"
	expect 0
	same "$output" 0
}
