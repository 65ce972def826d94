# vm.memfd_noexec=2, which forbids executable memory files in a pid namespace and those below it.

load lib/common

setup() {
	[ "$(id -u)" = 0 ] || skip "the sysctl is root's"
	[ -e /proc/sys/vm/memfd_noexec ] || skip "this kernel has no vm.memfd_noexec"
	setup_bundle
}

# noexec SCRIPT [ARG…]: in a pid namespace of its own with the sysctl; $R is the runtime with its state root.
noexec() {
	timeout -k 2 60 unshare -m -p -f --kill-child --mount-proc --propagation private bash -c \
		'set -e; echo 2 >/proc/sys/vm/memfd_noexec; R="'"$RUNC --root $STATE"'"; ID='"$ID; $1" bash "${@:2}" 3>&- 4>&-
}

@test "noexec: containers run, also with hooks inside, exec, Landlock, copied tmpfs and a user namespace" {
	newer "only davit"
	edit '.hooks.startContainer = [{path: "/bin/true"}] | .hooks.createContainer = .hooks.startContainer | .hooks.poststop = .hooks.startContainer
		| .mounts += [{destination: "/var", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]
		| .annotations = {"org.davit.landlock.read": "/", "org.davit.landlock.execute": "/"}'
	sh_args 'echo runs; cat /proc/sys/vm/memfd_noexec; exec sleep 1000'
	run noexec '$R run -d $ID </dev/null >out 2>&1; $R exec $ID echo entered; $R ps $ID | grep -c "sleep 1000"; $R events --stats $ID | grep -c cpu
		$R kill $ID KILL; $R delete --force $ID; cat out'
	expect 0 entered runs
	same "$output" $'entered\n1\n1\nruns\n2'
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | del(.annotations)'
	chown -R 100000:100000 "$ROOTFS"
	sh_args 'echo runs'
	run noexec '$R run $ID'
	expect 0
	same "$output" runs
}

@test "noexec: what a container's process runs from can be neither read nor written" {
	newer "only davit"
	run noexec '$R create $ID </dev/null >out 2>&1; pid=$($R state $ID | jq .pid); stat -L -c "%a %u %F" /proc/$pid/exe
		(: >>/proc/$pid/exe) 2>&1 || true; chmod 777 /proc/$pid/exe 2>&1 || true
		setpriv --reuid 1000 --clear-groups cat /proc/$pid/exe 2>&1 || true; $R delete --force $ID; cat out'
	expect 0 "111 4294967294 regular file" "Read-only file system" "changing permissions" "Permission denied"
}

@test "noexec: the sysctl is named where nothing else can be done" {
	newer "only davit"
	setpriv --reuid 31337 --regid 31337 --clear-groups unshare -U true 2>/dev/null ||
		skip "this machine does not let ordinary users make user namespaces"
	setpriv --reuid 31337 --regid 31337 --clear-groups test -x "$RUNC" || skip "an ordinary user cannot reach $RUNC"
	mkdir -p "$T/user"
	(cd "$T/user" && "$RUNC" spec --rootless 3>&-)
	cp -a "$ROOTFS" "$T/user/rootfs"
	jq '.process.terminal = false | .process.args = ["true"]' "$T/user/config.json" >"$T/user/c" && mv "$T/user/c" "$T/user/config.json"
	chown -R 31337:31337 "$T/user"
	STATE=$T/user/state
	run noexec 'cd "$1"; setpriv --reuid 31337 --regid 31337 --clear-groups $R run $ID' "$T/user"
	expect 1 "vm.memfd_noexec" "permi"
	same "$(grep -c level=error <<<"$output")" 1
}
