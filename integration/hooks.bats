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

@test "hooks: a failing startContainer ends the container" {
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]'
	sh_args 'echo program >>/tmp/log'
	run runc run "$ID"
	[ "$status" != 0 ] && [ "$status" != 124 ]
	same "$(cat "$LOG")" ""
	nothing_left
}

@test "hooks: a failing poststart stops the container" {
	newer "1.1.5 fails at create"
	hook poststart /bin/sh -c 'exit 3'
	args sleep 100
	detached create "$ID"
	expect 0
	run runc start "$ID"
	expect 1 'poststart'
	wait_for 5 is_stopped "$ID"
}

@test "hooks: a failing poststop is told, and everything is gone all the same" {
	hook poststop /bin/sh -c 'exit 3'
	run runc run "$ID"
	contains "$output" 'hook #0'
	nothing_left
}

@test "hooks: a timeout kills the hook and the creation" {
	hook createRuntime /bin/sh -c 'exec sleep 600'
	edit '.hooks.createRuntime[0].timeout = 1'
	local begin=$SECONDS
	refused 'timeout of 1' create "$ID"
	[ $((SECONDS - begin)) -le 5 ]
}

@test "hooks: a timeout also ends what the hook has started" {
	newer "1.1.5 waits for whoever holds the pipe"
	hook createRuntime /bin/sh -c 'sleep 600; true'
	edit '.hooks.createRuntime[0].timeout = 1'
	refused 'timeout of 1' create "$ID"
}

@test "hooks: a hook that ends in time is not disturbed by its timeout" {
	hook createRuntime /bin/sh -c 'sleep 0.1'
	edit '.hooks.createRuntime[0].timeout = 5'
	local begin=$SECONDS
	run runc run "$ID"
	expect 0
	[ $((SECONDS - begin)) -le 3 ]
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

@test "hooks: one that does not read its stdin is no failure" {
	hook createRuntime /bin/true
	hook createContainer /bin/true
	edit '.hooks.startContainer = [{path: "/bin/true"}] | .annotations.long = ("x" * 100000)'
	run runc run "$ID"
	expect 0
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
	hook createRuntime /bin/sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status >>"$LOG_FILE"'
	run env --block-signal --ignore-signal=PIPE timeout 10 "$RUNC" --root "$STATE" run "$ID"
	expect 0
	same "$(awk '/SigBlk/ { print $2 }' "$LOG")" 0000000000000000
}

@test "hooks: relative paths are refused" {
	edit '.hooks = {createRuntime: [{path: "bin/true"}]}'
	newer "1.1.5 tries to run it"
	refused 'hooks.createRuntime' create "$ID"
}
