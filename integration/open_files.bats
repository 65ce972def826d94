# RLIMIT_NOFILE of the caller: davit raises it for itself, and what it runs has the caller's.
# layouts: hybrid vm

load lib/common

setup() {
	setup_bundle
	edit '.process.rlimits = [] | .root.readonly = false'
	LOG=$ROOTFS/tmp/log
	: >"$LOG"
	chmod 666 "$LOG"
}

LIMITS='echo $(ulimit -Sn) $(ulimit -Hn)'

# limited SOFT HARD VERB…
limited() {
	local soft=$1 hard=$2
	shift 2
	(
		ulimit -Sn "$soft" && ulimit -Hn "$hard" || exit 99
		exec timeout -k 2 20 "$RUNC" --root "$STATE" "$@" 3>&- 4>&-
	)
}

@test "open files: a small soft limit is the container's, the process's of exec and the hooks', and not davit's" {
	newer "1.1.5 gives it the hard limit in places"
	local kind soft hard=$(ulimit -Hn)
	for soft in 64 40 16; do
		: >"$LOG"
		edit '.hooks = {}'
		for kind in prestart createRuntime createContainer startContainer poststart poststop; do
			edit --arg kind $kind --arg log "$LOG" '.hooks[$kind] = [{path: "/bin/sh", env: ["PATH=/bin:/usr/bin"],
				args: ["sh", "-c", ("log=/tmp/log; [ -e \($log) ] && log=\($log); echo " + $kind + " $(ulimit -Sn) $(ulimit -Hn) >>$log")]}]'
		done
		sh_args "$LIMITS; sleep 1000"
		limited $soft "$hard" run -d "$ID" </dev/null >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
		wait_for 5 grep -q . "$T/out"
		same "$(cat "$T/out" "$T/err")" "$soft $hard"
		run limited $((soft - 4)) "$hard" exec "$ID" sh -c "$LIMITS"
		expect 0
		same "$output" "$((soft - 4)) $hard"
		limited $soft "$hard" delete --force "$ID"
		same "$(sort "$LOG")" "createContainer $soft $hard
createRuntime $soft $hard
poststart $soft $hard
poststop $soft $hard
prestart $soft $hard
startContainer $soft $hard"
		edit '.hooks = {}'
		sh_args "$LIMITS"
		run limited $soft "$hard" --log "$T/log" run "$ID"
		expect 0
		same "$output" "$soft $hard"
	done
}

@test "open files: with a terminal and a user namespace, too" {
	newer "for davit"
	edit '.process.terminal = true'
	sh_args "$LIMITS"
	run script -qec "ulimit -Sn 20; $RUNC --root $STATE run $ID" /dev/null </dev/null
	expect 0 "20 $(ulimit -Hn)"
	edit '.process.terminal = false | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
	run limited 20 1000 run "$ID"
	expect 0
	same "$output" "20 1000"
	# What config.json says counts.
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 30, hard: 40}]'
	run limited 20 1000 run "$ID"
	expect 0
	same "$output" "30 40"
}

may_raise_limits() { ((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24 & 1)); } # CAP_SYS_RESOURCE

@test "open files: a hard limit of config.json above the caller's, in a user namespace and in a joined pid namespace" {
	newer "for davit"
	may_raise_limits || skip "no CAP_SYS_RESOURCE: nobody here can raise a limit"
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 2000, hard: 4000}]'
	sh_args "$LIMITS; sleep 1000"
	limited 1024 1024 run -d "$ID-a" </dev/null >"$T/out" 2>&1
	wait_for 5 grep -qx "2000 4000" "$T/out"
	sh_args "$LIMITS"
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/pid" '.linux.namespaces |= map(if .type == "pid" then .path = $p else . end)
		| .process.user = {uid: 12, gid: 12}'
	run limited 1024 1024 run "$ID"
	expect 0
	same "$output" "2000 4000"
	runc delete --force "$ID-a"
	edit '.linux.namespaces |= map(del(.path)) | .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
	run limited 1024 1024 run "$ID"
	expect 0
	same "$output" "2000 4000"
}

@test "open files: 3,000 bind mounts under a hard limit of 1,024 and of 64: they work, or the limit is named" {
	newer "for davit"
	local hard
	edit --arg source "$T" '.mounts += [range(3000) | {destination: "/m/\(.)", type: "bind", source: $source, options: ["bind"]}]'
	sh_args "$LIMITS; grep -c ' /m/' /proc/self/mounts"
	if ! may_raise_limits; then
		for hard in 1024 64; do
			(ulimit -n $hard && refused "too many open files: the hard limit \(RLIMIT_NOFILE\) is $hard" run "$ID")
		done
		return
	fi
	for hard in 1024 64; do
		run limited $hard $hard run "$ID"
		expect 0
		same "$output" "$hard $hard"$'\n3000'
	done
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
	run limited 1024 1024 run "$ID"
	expect 0
	same "$output" $'1024 1024\n3000'
}
