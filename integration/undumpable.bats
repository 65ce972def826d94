# While davit works, nobody but a process that could trace the caller may look into any program of it: not one with the
# uid and the capabilities that engines give containers, which are a superset of what a conductor keeps.

load lib/common

setup() {
	newer "1.1.5 is one program with all capabilities"
	[ "$(id -u)" = 0 ] || skip "needs root, who has something to give up"
	setup_bundle
}

# peep VERB…: each program of davit, after its execve and at each system call, is shut. Status and output as with detached.
peep() {
	status=0
	timeout -k 2 $((60 * SLOW)) "$HELPERS/helper-peep" "$T/seen" "$RUNC" --root "$STATE" "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || status=$?
	output=$(cat "$T/err")
	# The last line says that the look was not cut short.
	same "$(cat "$T/seen")" looked || { echo "runc $*"; return 1; }
}

@test "undumpable: create, start, state, list, ps, events, pause, resume, update, kill, delete" {
	args sleep 100
	peep create "$ID"
	expect 0
	peep start "$ID"
	expect 0
	for words in "state $ID" list "ps $ID" "events --stats $ID" "pause $ID" "resume $ID" "update --pids-limit 100 $ID" "kill $ID KILL"; do
		peep $words
		expect 0
	done
	wait_for 5 is_stopped "$ID"
	peep delete "$ID"
	expect 0
	for words in features --help spec; do
		rm -f config.json
		peep $words
		expect 0
	done
}

@test "undumpable: run in the foreground to its end, with hooks, a seccomp profile and a network namespace" {
	printf '#!/bin/sh\ncat >/dev/null\n' >"$T/hook"
	chmod +x "$T/hook"
	edit --arg h "$T/hook" '.hooks = {prestart: [{path: $h}], createRuntime: [{path: $h}], poststart: [{path: $h}], poststop: [{path: $h}],
		createContainer: [{path: "/bin/true"}], startContainer: [{path: "/bin/true"}]}
		| .mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getcwd"], action: "SCMP_ACT_ERRNO"}]}'
	args sleep 0.2
	peep run "$ID"
	expect 0
}

@test "undumpable: a creation that fails and is undone" {
	args /nothing
	peep run "$ID"
	expect 1 nothing
	nothing_left
}

@test "undumpable: run and exec with a terminal" {
	command -v script >/dev/null || skip "script is not installed"
	edit '.process.terminal = true'
	args sleep 0.5
	status=0
	export STATE T RUNC HELPERS ID
	script -qec '"$HELPERS/helper-peep" "$T/seen" "$RUNC" --root "$STATE" run "$ID"' /dev/null </dev/null >"$T/out" 2>&1 3>&- 4>&- || status=$?
	output=$(cat "$T/out")
	expect 0
	same "$(cat "$T/seen")" looked
	edit '.process.terminal = false'
	args sleep 100
	detached run -d "$ID"
	expect 0
	script -qec '"$HELPERS/helper-peep" "$T/seen" "$RUNC" --root "$STATE" exec -t "$ID" sleep 0.5' /dev/null </dev/null >"$T/out" 2>&1 3>&- 4>&- || status=$?
	output=$(cat "$T/out")
	expect 0
	same "$(cat "$T/seen")" looked
}

@test "undumpable: exec, also with Landlock rules" {
	edit '.annotations["org.davit.landlock.execute"] = "/bin"'
	args sleep 100
	detached run -d "$ID"
	expect 0
	peep exec "$ID" true
	expect 0
}

@test "undumpable: a user namespace" {
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown 100000:100000 "$ROOTFS"
	args sleep 0.2
	peep run "$ID"
	expect 0
}

# calls VERB…: runs it; the programs of davit that were executed are added to $T/programs, with the first call of those below that
# was another one than to be undumpable.
calls() {
	needs_strace
	rm -f "$T"/trace.*
	timeout -k 2 60 strace -ff -qq -o "$T/trace" -e trace=execve,execveat,prctl,fcntl,recvmsg,sendmsg,write,setns,clone3,clone,capset,socket,pread64 \
		"$RUNC" --root "$STATE" "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || { cat "$T/err"; return 1; }
	cat "$T"/trace.* | awk -v top="$TOP/" '
		wanted { print wanted, /^prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE\) += 0/ ? "shut" : $0; wanted = "" }
		/ = 0$/ && (/^execveat\(/ || index($0, "execve(\"" top) == 1) {
			wanted = $0; sub(/^execve\("|^execveat\([^[]*\["/, "", wanted); sub(/".*/, "", wanted); sub(/.*\//, "", wanted) }' >>"$T/programs"
}

@test "undumpable: each program makes itself so before it does anything else" {
	printf '#!/bin/sh\ncat >/dev/null\n' >"$T/hook"
	chmod +x "$T/hook"
	edit --arg h "$T/hook" '.hooks = {createRuntime: [{path: $h}], createContainer: [{path: "/bin/true"}]}
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getcwd"], action: "SCMP_ACT_ERRNO"}]}
		| .annotations["org.davit.landlock.execute"] = "/bin" | .mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
	mkdir -p "$ROOTFS/etc"
	args true
	calls run "$ID-true"
	args sleep 100
	detached create "$ID"
	expect 0
	for words in "start $ID" "exec $ID true" "state $ID" list "ps $ID" "events --stats $ID" "pause $ID" "resume $ID" "update --pids-limit 100 $ID" \
		"delete --force $ID" --help; do
		calls $words
	done
	same "$(grep -v ' shut$' "$T/programs")" ""
	# It saw them all.
	for words in runc run start exec state list ps events pause resume update delete parse witness cgroup sources ns seccomp netlink hook copyup stats \
		pstable rootfs fence dmz; do
		grep -qx "$words shut" "$T/programs" || { echo "$words was not seen"; sort -u "$T/programs"; return 1; }
	done
}

@test "undumpable: a container on the host's pid namespace reads no file of the host through a conductor" {
	echo secret >"$T/secret"
	chmod 600 "$T/secret"
	cp "$HELPERS/helper-burgle" "$ROOTFS/bin/burgle"
	cp config.json victim.json
	edit --arg s "$T/secret" '.process.args = ["burgle", $s] | .linux.namespaces |= map(select(.type != "pid"))
		| .process.capabilities[] = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
			"CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP"]'
	runc run -d "$ID" </dev/null >"$T/hits" 2>"$T/err"
	wait_for 5 grep -q ready "$T/hits"
	mv victim.json config.json
	args sleep 0.3
	runc run "$ID-fg" </dev/null >"$T/run.out" 2>&1
	args sleep 100
	detached run -d "$ID-v"
	runc exec "$ID-v" sleep 0.3
	"$RUNC" --root "$STATE" events --interval 100ms "$ID-v" >"$T/events" 2>&1 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	runc ps "$ID-v"
	sleep 0.3
	runc delete --force "$ID-v"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		runc create "$ID-$i" </dev/null >"$T/create.out" 2>&1
		runc delete --force "$ID-$i"
	done
	runc kill "$ID" TERM
	wait_for 5 is_stopped "$ID"
	cat "$T/hits"
	# It is alive and sees davit: else nothing was shown.
	grep -q '^tried [1-9]' "$T/hits"
	lacks "$(cat "$T/hits")" got
}
