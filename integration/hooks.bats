# The six kinds of hooks: order, where they run, what they are given, time limits and failure.

load lib/common

setup() {
	setup_bundle
	LOG=$ROOTFS/tmp/log
	edit '.root.readonly = false'
	# Records its kind, its state and where it is; works on the host and in the container.
	cat >"$ROOTFS/bin/hook" <<-'END'
		#!/bin/sh
		log=/tmp/log
		[ -e "$LOG_FILE" ] && log=$LOG_FILE
		read -r state
		[ -n "$state" ] || read -r state
		echo "$1 $state" >>$log
	END
	chmod +x "$ROOTFS/bin/hook"
	: >"$LOG"
}

# hook KIND ARG0 [ARG…]: appends a hook that runs the script above.
hook() {
	local kind=$1
	shift
	edit --arg kind "$kind" --arg path "$1" --arg log "LOG_FILE=$LOG" \
		--argjson args "$(jq -nc '$ARGS.positional' --args -- "$@")" '
		.hooks[$kind] += [{path: $path, args: $args, env: ["PATH=/bin:/usr/bin", $log]}]'
}

@test "hooks: all six run, in order, with the right status and pid" {
	newer "1.1.5 runs poststart at the end of create"
	local kind
	for kind in poststop poststart prestart createRuntime; do hook $kind "$ROOTFS/bin/hook" $kind; done
	hook createContainer /bin/sh -c "read -r s; echo createContainer \$s >>$LOG"
	hook startContainer /bin/hook startContainer
	edit '.hooks.startContainer[0].args[1] = "startContainer"'
	for kind in poststop poststart prestart createRuntime; do
		edit --arg kind $kind '.hooks[$kind][0].args = ["hook", $kind]'
	done
	edit '.hooks.startContainer[0].args = ["hook", "startContainer"]'
	sh_args 'echo program >>/tmp/log; sleep 0.3'
	run runc run "$ID"
	expect 0
	cat "$LOG"
	run cut -d ' ' -f 1 "$LOG"
	# poststart runs beside the program: it must come after startContainer and before poststop.
	same "$(grep -vE '^(program|poststart) ?' <<<"$output")" \
		$'prestart\ncreateRuntime\ncreateContainer\nstartContainer\npoststop'
	same "$(grep -vE '^poststart' <<<"$output" | tail -n 2)" $'program\npoststop'
	same "$(tail -n 1 <<<"$output")" poststop
	status_in() { sed -n "s/^$1 //p" "$LOG" | jq -r "$2"; }
	same "$(status_in prestart .status)" creating
	same "$(status_in createRuntime .status)" creating
	same "$(status_in createContainer .status)" creating
	same "$(status_in startContainer .status)" created
	same "$(status_in poststart .status)" running
	same "$(status_in poststop .status)" stopped
	same "$(status_in createRuntime .id)" "$ID"
	same "$(status_in createRuntime .bundle)" "$BUNDLE"
	same "$(status_in startContainer .pid)" 1
	same "$(status_in createContainer .pid)" 1
	[ "$(status_in createRuntime .pid)" -gt 1 ]
	same "$(status_in createRuntime .pid)" "$(status_in poststart .pid)"
	same "$(status_in poststop '.pid // 0')" 0
	jq -e .ociVersion <<<"$(sed -n 's/^createRuntime //p' "$LOG")"
}

@test "hooks: annotations are in the state" {
	edit '.annotations = {"a.b": "c"}'
	hook createRuntime /bin/sh -c 'cat >>"$LOG_FILE"'
	run runc run "$ID"
	expect 0
	same "$(jq -r '.annotations["a.b"]' <"$LOG")" c
}

@test "hooks: createRuntime is on the host, createContainer in the container's namespaces before pivot" {
	hook createRuntime /bin/sh -c 'echo "rt $(readlink /proc/self/ns/mnt) $(pwd)" >>"$LOG_FILE"'
	hook createContainer /bin/sh -c 'echo "cc $(readlink /proc/self/ns/mnt) $(pwd) $(cat etc/marker)" >>"$LOG_FILE"'
	echo inside >"$ROOTFS/etc/marker"
	run runc run "$ID"
	expect 0
	cat "$LOG"
	same "$(sed -n 's/^rt //p' "$LOG")" "$(readlink /proc/self/ns/mnt) $BUNDLE"
	lacks "$(grep ^cc "$LOG")" "$(readlink /proc/self/ns/mnt)"
	contains "$(grep ^cc "$LOG")" inside
}

@test "hooks: who looks into the mount namespace before pivot_root finds the container's mounts at the path of the bundle" {
	command -v nsenter >/dev/null || skip "nsenter is not installed"
	hook createRuntime /bin/sh -c 'nsenter -m -t "$(jq .pid)" stat -f -c "rt %T" "$0/proc" "$0/dev/pts" >>"$LOG_FILE"' "$ROOTFS"
	hook createContainer /bin/sh -c 'stat -f -c "cc %T" "$0/proc" "$0/dev/pts" >>"$LOG_FILE"' "$ROOTFS"
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <"$LOG")" "rt proc rt devpts cc proc cc devpts "
	rm "$LOG"
	# A host whose mounts are shared, with a root that is: nothing of it stays there.
	for value in slave rprivate rshared; do
		edit --arg v "$value" '.linux.rootfsPropagation = $v'
		run timeout 30 unshare -m --propagation shared sh -c "'$RUNC' --root '$STATE' run '$ID' && grep -c ' $ROOTFS' /proc/self/mountinfo" 3>&-
		same "$output" 0 || return 1
	done
	same "$(sort "$LOG" | uniq -c | xargs)" "3 cc devpts 3 cc proc 3 rt devpts 3 rt proc"
}

@test "hooks: mounts and cgroup limits are there when createRuntime runs" {
	needs_controller memory
	edit '.linux.resources.memory.limit = 33554432'
	hook createRuntime /bin/sh -c 'pid=$(jq .pid); grep -c " $0/proc " /proc/$pid/mountinfo >>"$LOG_FILE"
		grep memory /proc/$pid/cgroup | cut -d : -f 3 >>"$LOG_FILE"
		cat "/sys/fs/cgroup/memory$(grep memory /proc/$pid/cgroup | cut -d : -f 3)/memory.limit_in_bytes" >>"$LOG_FILE"' \
		"$ROOTFS"
	edit '.hooks.createRuntime[0].args[3] = .hooks.createRuntime[0].args[3]'
	run runc run "$ID"
	expect 0
	cat "$LOG"
	same "$(tail -n 1 "$LOG")" 33554432
}

@test "hooks: args[0] may differ from path; no args: args[0] is path" {
	hook createRuntime /bin/sh -c 'echo "$0" >>"$LOG_FILE"'
	edit '.hooks.createRuntime[0].args = ["other-name", "-c", "tr \"\\0\" \" \" </proc/$$/cmdline | cut -d \" \" -f 1 >>\"$LOG_FILE\""]'
	run runc run "$ID"
	expect 0
	same "$(cat "$LOG")" other-name
}

@test "hooks: env absent gives the caller's, an empty list gives none" {
	export FROM_CALLER=yes
	edit --arg log "$LOG" '.hooks.createRuntime = [
		{path: "/bin/sh", args: ["sh", "-c", "echo a=$FROM_CALLER >>" + $log]},
		{path: "/bin/sh", args: ["sh", "-c", "echo b=$FROM_CALLER >>" + $log], env: []},
		{path: "/bin/sh", args: ["sh", "-c", "echo c=$FROM_CALLER$X >>" + $log], env: ["X=1"]}]'
	run runc run "$ID"
	expect 0
	same "$(cat "$LOG")" $'a=yes\nb=\nc=1'
}

@test "hooks: startContainer has the container's environment, user and root" {
	edit '.process.env += ["CONTAINER_VAR=inside"] | .process.user = {uid: 1234, gid: 1234}
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo $CONTAINER_VAR $(id -u) >>/tmp/log"]}]'
	chmod 666 "$LOG"
	run runc run "$ID"
	expect 0
	same "$(cat "$LOG")" "inside 1234"
}

@test "hooks: startContainer without env has HOME, as the program" {
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo \"$HOME\" >>/tmp/log"]},
		{path: "/bin/sh", args: ["sh", "-c", "echo \"$HOME\" >>/tmp/log"], env: []},
		{path: "/bin/sh", args: ["sh", "-c", "echo \"$HOME$X\" >>/tmp/log"], env: ["X=1"]}]'
	run runc run "$ID"
	expect 0
	same "$(cat "$LOG")" $'/root\n/root\n1'
	: >"$LOG"
	edit '.process.env += ["HOME=/mine"]'
	run runc run "$ID"
	expect 0
	same "$(cat "$LOG")" $'/mine\n/mine\n1'
}

@test "hooks: several of a kind run one after another, the first failure stops" {
	hook createRuntime /bin/sh -c 'sleep 0.2; echo 1 >>"$LOG_FILE"'
	hook createRuntime /bin/sh -c 'echo 2 >>"$LOG_FILE"; exit 9'
	hook createRuntime /bin/sh -c 'echo 3 >>"$LOG_FILE"'
	run runc run "$ID"
	expect 1 'hook #1'
	contains "$output" 'exit status 9'
	same "$(cat "$LOG")" $'1\n2'
	nothing_left
}

@test "hooks: a failing prestart, createRuntime or createContainer undoes the creation; poststop runs" {
	local kind
	for kind in prestart createRuntime createContainer; do
		: >"$LOG"
		edit '.hooks = {}'
		hook $kind /bin/sh -c 'echo some output; echo some error >&2; exit 3'
		hook poststop /bin/sh -c 'echo poststop >>"$LOG_FILE"'
		refused 'exit status 3.*stdout: some output.*stderr: some error' create "$ID"
		same "$(cat "$LOG")" poststop
	done
}

@test "hooks: a missing one names its path" {
	local kind
	for kind in prestart createRuntime createContainer; do
		edit --arg kind $kind '.hooks = {($kind): [{path: "/no/such/hook"}]}'
		refused '/no/such/hook.*no such file or directory' create "$ID"
	done
}

# undone: the container is gone, poststop hooks have run, the program has not written.
undone() {
	run runc state "$ID"
	expect 1 'container does not exist' || return 1
	same "$(cat "$LOG")" poststop || return 1
	nothing_left
}

@test "hooks: a failing startContainer is an error of start and of run, undoes everything; poststop runs" {
	newer "1.1.5 does not tell start"
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo the-reason >&2; exit 3"]}]'
	hook poststop /bin/sh -c 'echo poststop >>"$LOG_FILE"'
	sh_args 'echo program >>/tmp/log'
	detached create "$ID"
	expect 0
	status=0
	runc start "$ID" >"$T/out2" 2>"$T/err2" || status=$?
	output=$(cat "$T/err2")
	expect 1 "a startContainer hook failed (the container's standard error says which)"
	same "$(grep -c level=error "$T/err2")" 1
	contains "$(cat "$T/err")" 'error running startContainer hook #0: exit status 3, stdout: , stderr: the-reason'
	undone
	: >"$LOG"
	run runc run "$ID"
	expect 1 'a startContainer hook failed'
	undone
	: >"$LOG"
	detached run -d "$ID"
	expect 1 'a startContainer hook failed'
	undone
}

@test "hooks: a startContainer hook that succeeds is none that failed, however soon the program ends" {
	hook startContainer /bin/true
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		detached create "$ID"
		expect 0
		run runc start "$ID"
		expect 0
		same "$output" ""
		runc delete --force "$ID"
	done
}

@test "hooks: a startContainer hook that kills the container's process is a failed one" {
	newer "1.1.5 does not tell start"
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "sleep 10"]}]'
	detached create "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	runc start "$ID" >"$T/out2" 2>"$T/err2" &
	local starter=$!
	wait_for 5 grep -q . "/proc/$pid/task/$pid/children"
	kill -9 "$pid"
	status=0
	wait $starter || status=$?
	same "$status" 1
	grep -q 'a startContainer hook failed' "$T/err2"
	nothing_left
}

@test "hooks: a failing poststart is an error of start and of run, undoes everything; poststop runs" {
	newer "1.1.5 fails at create"
	hook poststart /bin/sh -c 'echo the-reason >&2; exit 3'
	hook poststop /bin/sh -c 'echo poststop >>"$LOG_FILE"'
	args sleep 100
	detached create "$ID"
	expect 0
	status=0
	runc start "$ID" >"$T/out2" 2>"$T/err2" || status=$?
	output=$(cat "$T/err2")
	expect 1 'error running poststart hook #0: exit status 3, stdout: , stderr: the-reason'
	same "$(grep -c level=error "$T/err2")" 1
	undone
	: >"$LOG"
	run runc run "$ID"
	expect 1 'error running poststart hook #0'
	undone
	: >"$LOG"
	detached run -d "$ID"
	expect 1 'error running poststart hook #0'
	undone
}

@test "hooks: a failing poststop is a warning: the next ones run and the container is gone" {
	hook poststop /bin/sh -c 'exit 3'
	hook poststop /bin/sh -c 'echo second >>"$LOG_FILE"'
	args sleep 100
	detached create "$ID"
	expect 0
	run runc delete "$ID"
	expect 0 'level=warning' 'hook #0' 'exit status 3'
	lacks "$output" level=error
	same "$(cat "$LOG")" second
	nothing_left
	: >"$LOG"
	args true
	run runc run "$ID"
	expect 0 'hook #0'
	same "$(cat "$LOG")" second
	nothing_left
}

@test "hooks: the failure of an earlier kind keeps the later ones and the program from running" {
	hook prestart /bin/sh -c 'echo prestart >>"$LOG_FILE"; exit 1'
	local kind
	for kind in createRuntime createContainer startContainer poststart; do
		hook $kind /bin/sh -c "echo $kind >>$LOG; echo $kind >>/tmp/log"
	done
	sh_args 'echo program >>/tmp/log'
	run runc run "$ID"
	expect 1 'prestart hook #0'
	same "$(cat "$LOG")" prestart
}

@test "hooks: each kind runs where the specification says: namespaces, root and working directory" {
	newer "1.1.5 runs poststart at the end of create"
	local kind mnt
	mnt=$(readlink /proc/self/ns/mnt)
	cat >"$T/where" <<-'END'
		#!/bin/sh
		log=/tmp/log
		[ -e "$LOG_FILE" ] && log=$LOG_FILE
		[ -e /etc/inside ] && root=container || root=host
		[ -e etc/inside ] && cwd=container || cwd=$(pwd)
		echo "$1 $root $(readlink /proc/self/ns/mnt) $(readlink /proc/self/ns/net) $cwd" >>$log
	END
	chmod 755 "$T/where"
	cp "$T/where" "$ROOTFS/only-inside"
	touch "$ROOTFS/etc/inside"
	# A path of the host that is none of the container, and the other way round.
	for kind in prestart createRuntime createContainer poststart poststop; do hook $kind "$T/where" $kind; done
	hook startContainer /only-inside startContainer
	edit '.hooks |= with_entries(.key as $kind | .value |= map(.args = [.path, $kind]))'
	args sleep 100
	detached run -d "$ID"
	expect 0
	local inside net
	inside=$(readlink "/proc/$(pid_of "$ID")/ns/mnt")
	net=$(readlink "/proc/$(pid_of "$ID")/ns/net")
	runc delete --force "$ID"
	cat "$LOG"
	for kind in prestart createRuntime poststart poststop; do
		same "$(grep "^$kind " "$LOG")" "$kind host $mnt $(readlink /proc/self/ns/net) $BUNDLE"
	done
	# Before pivot_root the root is still that of the runtime; the container's is where it is going to be.
	same "$(grep '^createContainer ' "$LOG")" "createContainer host $inside $net container"
	same "$(grep '^startContainer ' "$LOG")" "startContainer container $inside $net container"
}

@test "hooks: all mounts are there for prestart, all prestart hooks are before createRuntime" {
	edit '.mounts += [{destination: "/mnt/last", type: "tmpfs", source: "tmpfs"}]'
	hook prestart /bin/sh -c 'echo prestart-1 $(grep -c "/mnt/last " /proc/$(jq .pid)/mountinfo) >>"$LOG_FILE"'
	hook createRuntime /bin/sh -c 'echo createRuntime >>"$LOG_FILE"'
	hook prestart /bin/sh -c 'sleep 0.1; echo prestart-2 >>"$LOG_FILE"'
	run runc run "$ID"
	expect 0
	same "$(cat "$LOG")" $'prestart-1 1\nprestart-2\ncreateRuntime'
}

@test "hooks: without a pid namespace of its own the container sees the pid that the runtime sees" {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	local kind
	for kind in createRuntime createContainer poststart; do
		hook $kind /bin/sh -c "echo $kind \$(sed 's/.*\"pid\": *//; s/[^0-9].*//') >>$LOG"
	done
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo startContainer $(sed \"s/.*\\\"pid\\\": *//; s/[^0-9].*//\") >>/tmp/log"],
		env: ["PATH=/bin"]}]'
	args sleep 100
	detached run -d "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	cat "$LOG"
	for kind in createRuntime createContainer startContainer poststart; do
		[ -n "$CONTROL" ] || same "$(grep "^$kind " "$LOG")" "$kind $pid"
	done
}

@test "hooks: a timeout kills the hook and the creation" {
	hook createRuntime /bin/sh -c 'exec sleep 600'
	edit '.hooks.createRuntime[0].timeout = 1'
	refused 'timeout of 1' create "$ID"
}

@test "hooks: a timeout of the other kinds: inside the container, after the start, after the end" {
	newer "1.1.5 runs poststart at the end of create"
	local slow='[{path: "/bin/sh", args: ["sh", "-c", "exec sleep 600"], timeout: 1}]'
	edit ".hooks.createContainer = $slow"
	refused 'createContainer hook #0: hook ran past specified timeout of 1' create "$ID"
	edit ".hooks = {startContainer: $slow}"
	run runc run "$ID"
	expect 1 'startContainer hook #0: hook ran past specified timeout of 1' 'a startContainer hook failed'
	nothing_left
	args sleep 100
	edit ".hooks = {poststart: $slow}"
	refused 'poststart hook #0: hook ran past specified timeout of 1' run "$ID"
	args true
	edit ".hooks = {poststop: $slow}"
	run runc run "$ID"
	expect 0 'poststop hook #0: hook ran past specified timeout of 1'
	nothing_left
}

@test "hooks: a timeout also ends what the hook has started" {
	newer "1.1.5 waits for whoever holds the pipe"
	hook createRuntime /bin/sh -c 'sleep 600; true'
	edit '.hooks.createRuntime[0].timeout = 1'
	refused 'timeout of 1' create "$ID"
}

@test "hooks: a hook that ends in time is not disturbed by its timeout" {
	hook createRuntime /bin/sh -c 'sleep 0.1'
	edit '.hooks.createRuntime[0].timeout = 60'
	local begin=$SECONDS
	run runc run "$ID"
	expect 0
	[ $((SECONDS - begin)) -lt 30 ]
}

@test "hooks: twenty megabytes of output are not kept in memory nor block" {
	hook createRuntime /bin/sh -c 'head -c 20000000 /dev/zero | tr "\0" x; echo >&2 the-end; exit 4'
	status=0
	runc create "$ID" </dev/null >"$T/out" 2>"$T/err" || status=$?
	same "$status" 1
	grep -q 'exit status 4' "$T/err"
	newer "1.1.5 repeats all of it"
	[ "$(stat -c %s "$T/err")" -lt 20000 ]
	nothing_left
}

@test "hooks: one of any kind that does not read its stdin is no failure" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		edit --arg kind $kind '.hooks[$kind] = [{path: "/bin/true"}, {path: "/bin/true"}]'
	done
	# More than a pipe holds.
	edit '.annotations.long = ("x" * 100000)'
	run runc run "$ID"
	expect 0
	same "$output" ""
}

@test "hooks: after the state stdin is at its end, for each kind" {
	newer "1.1.5 runs poststart at the end of create"
	local kind
	for kind in prestart createRuntime createContainer poststart poststop; do
		edit --arg kind $kind --arg log "$LOG" '.hooks[$kind] = [{path: "/bin/sh",
			args: ["sh", "-c", "cat >/dev/null && echo \($kind) >>\($log)"], env: ["PATH=/bin:/usr/bin"], timeout: 5}]'
	done
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null && echo startContainer >>/tmp/log"],
		timeout: 5}]'
	run runc run "$ID"
	expect 0
	same "$(sort "$LOG" | tr '\n' ' ')" "createContainer createRuntime poststart poststop prestart startContainer "
}

@test "hooks: no search along PATH, and what cannot be executed names its path" {
	touch "$T/plain"
	edit --arg p "$T/plain" '.hooks = {createRuntime: [{path: $p}]}'
	refused "$T/plain.*permission denied" create "$ID"
	edit --arg p "$T" '.hooks = {createRuntime: [{path: $p}]}'
	refused "$T.*permission denied" create "$ID"
	newer "1.1.5 tries to run it"
	edit '.hooks = {createRuntime: [{path: "true"}]}'
	refused 'hooks.createRuntime\[0\]: path must be absolute' create "$ID"
}

@test "hooks: they have no fd but 0, 1 and 2" {
	hook createRuntime /bin/sh -c 'exec ls /proc/self/fd >>"$LOG_FILE"'
	[ -n "$CONTROL" ] || hook createContainer /bin/sh -c 'exec ls /proc/self/fd >>"$LOG_FILE"'
	run runc run "$ID" 9</etc
	expect 0
	# 3 is the directory that ls reads.
	same "$(sort -u "$LOG" | tr '\n' ' ')" "0 1 2 3 "
}

@test "hooks: they get default signals and an empty mask" {
	# A shell resets the mask of what it starts, so the hook is grep itself, and its failure shows what it prints.
	newer "1.1.5 shows no standard output"
	local kind
	for kind in createRuntime startContainer; do
		edit --arg k $kind --arg p "$([ $kind = createRuntime ] && command -v grep || echo /bin/grep)" '
			.hooks = {($k): [{path: $p, args: ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", "/missing"]}]}'
		run env --block-signal --ignore-signal=PIPE,HUP,INT,USR1 timeout 10 "$RUNC" --root "$STATE" run "$ID"
		[ "$status" != 0 ]
		same "$kind$(grep -oE "Sig(Blk|Ign).{1,3}[0-9a-f]{16}" <<<"$output" | grep -oE "[0-9a-f]{16}" | uniq -c)" "$kind      2 0000000000000000"
	done
}

@test "hooks: relative paths are refused" {
	newer "1.1.5 tries to run it"
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		edit --arg kind $kind '.hooks = {($kind): [{path: "bin/true"}]}'
		refused "hooks.$kind\\[0\\]: path must be absolute" create "$ID"
	done
}

@test "hooks: a timeout of 0 or less is refused" {
	newer "1.1.5 takes them"
	local n
	for n in 0 -1; do
		edit --argjson n $n '.hooks = {poststop: [{path: "/bin/true", timeout: $n}]}'
		refused "hooks.poststop\\[0\\].timeout: $n is out of range" create "$ID"
	done
}

# --- run.oci.hooks.stdout and run.oci.hooks.stderr ---

# talking KIND…: hooks that say their kind on both outputs; the files are $T/out.log and $T/err.log.
talking() {
	local kind
	for kind; do
		edit --arg kind "$kind" '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", "echo out-\($kind); echo err-\($kind) >&2"]}]'
	done
	edit --arg out "$T/out.log" --arg err "$T/err.log" '.annotations = {"run.oci.hooks.stdout": $out, "run.oci.hooks.stderr": $err}'
}

@test "hooks: what they write is appended to the files that annotations name, of all six" {
	newer "of crun"
	local kinds='prestart createRuntime createContainer startContainer poststart poststop' filter
	echo before >"$T/out.log"
	args sleep 100
	for filter in . '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["socketpair", "ppoll"], action: "SCMP_ACT_ERRNO"}]}'; do
		[ "$filter" = . ] || needs_seccomp
		edit "$filter"
		talking $kinds
		detached create "$ID"
		expect 0
		same "$(xargs <"$T/out.log")" "before out-prestart out-createRuntime out-createContainer"
		# Neither the program nor dmz before it has them at a number of its own for long.
		run runc start "$ID"
		expect 0
		lacks "$(ls -l "/proc/$(pid_of "$ID")/fd")" .log
		runc delete --force "$ID"
		same "$(tr ' ' '\n' <<<"$kinds" | sed 's/^/out-/' | xargs)" "$(tail -n +2 "$T/out.log" | xargs)"
		same "$(tr ' ' '\n' <<<"$kinds" | sed 's/^/err-/' | xargs)" "$(xargs <"$T/err.log")"
		same "$(stat -c '%a %u' "$T/err.log")" "600 0"
		echo before >"$T/out.log"
		rm "$T/err.log"
	done
	nothing_left
}

@test "hooks: a file that takes no more is told of once, and the container is made" {
	newer "of crun"
	[ "$(id -u)" = 0 ] && [ -n "$DAVIT_ISOLATED" ] || skip "needs root and tests/run"
	mkdir "$T/small"
	mount -t tmpfs -o size=4k tmpfs "$T/small"
	talking createRuntime
	edit --arg out "$T/small/out" '.annotations."run.oci.hooks.stdout" = $out
		| .hooks.createRuntime[0].args[2] = "yes | head -c 100000; echo last >&2"'
	detached run "$ID"
	umount "$T/small"
	expect 0 "writing what hooks write: run.oci.hooks.stdout: no space left on device"
	same "$(grep -c level=warning "$T/err")" 1
	same "$(cat "$T/err.log")" last
}

@test "hooks: their errors have what they write as well as the file; one of the two annotations is enough" {
	newer "of crun"
	talking createRuntime
	edit '.hooks.createRuntime[0].args[2] += "; exit 3" | del(.annotations."run.oci.hooks.stdout")'
	refused 'hook #0: exit status 3.*out-createRuntime.*err-createRuntime' create "$ID"
	same "$(cat "$T/err.log")" err-createRuntime
	[ ! -e "$T/out.log" ]
}

@test "hooks: output is written to regular files of the caller's or root's, through no symlink" {
	newer "of crun"
	talking createRuntime
	local case
	for case in 'ln -s /etc/passwd' 'ln -s elsewhere' mkfifo mkdir 'install -o 12345 /dev/null' 'ln elsewhere'; do
		rm -rf "$T/out.log" "$T/elsewhere"
		: >"$T/elsewhere"
		case $case in
		'ln elsewhere') ln "$T/elsewhere" "$T/out.log" ;;
		*) $case "$T/out.log" ;;
		esac
		refused "annotation run.oci.hooks.stdout: open $T/out.log: " create "$ID" || { echo "$case"; return 1; }
		[ ! -s "$T/elsewhere" ]
	done
	rm "$T/out.log"
	same "$("$RUNC" features | jq '.potentiallyUnsafeConfigAnnotations | index("run.oci.hooks.stdout", "run.oci.hooks.stderr") != null' | xargs)" "true true"
	edit '.annotations."run.oci.hooks.stdout" = "relative"'
	refused 'open relative: an absolute path of a regular file is wanted' create "$ID"
	edit --arg path "$T/missing/file" '.annotations."run.oci.hooks.stdout" = $path'
	refused "open $T/missing/file: no such file or directory" create "$ID"
	# Without hooks nobody looks.
	edit 'del(.hooks)'
	run runc run "$ID"
	same "$status $output" "0 "
	[ ! -e "$T/err.log" ]
}

@test "hooks: where the files cannot be opened any more delete and start warn and go on" {
	newer "of crun"
	mkdir "$T/dir"
	talking poststart poststop
	edit --arg path "$T/dir/file" '.annotations."run.oci.hooks.stdout" = $path'
	args sleep 100
	detached create "$ID"
	expect 0
	rm -r "$T/dir"
	run runc start "$ID"
	expect 0 level=warning "annotation run.oci.hooks.stdout: open $T/dir/file: no such file or directory"
	run runc delete --force "$ID"
	expect 0 level=warning "annotation run.oci.hooks.stdout: open $T/dir/file: no such file or directory"
	nothing_left
}
