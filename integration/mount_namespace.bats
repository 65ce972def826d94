# Where mounts are seen: rootfsPropagation, --no-pivot, no mount namespace; and what a user namespace may not mount.

load lib/common

# in_host PROPAGATION SCRIPT: in a mount namespace of its own whose mounts are as given; the bundle is on one of them.
in_host() {
	run timeout 60 unshare -m --propagation "$1" bash -c "runc() { timeout 10 '$RUNC' --root '$STATE' \"\$@\"; }; $2" 3>&- 4>&-
}

all_caps() {
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]) | .root.readonly = false'
}

peers() { sed 's/ - .*//' <<<"$1" | cut -d ' ' -f 7-; }

@test "namespace: rootfsPropagation: the root as the container sees it" {
	newer "1.1.5 makes it private"
	local word want
	args grep ' / / \| / rw\| / ro' /proc/self/mountinfo
	for word in "" slave rslave; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		in_host shared "mount --bind '$ROOTFS' '$ROOTFS'; cd '$BUNDLE'; runc run '$ID'"
		expect 0
		[[ $(peers "$output") =~ ^master:[0-9]+$ ]] || { echo "$word: $output"; return 1; }
	done
	for word in private rprivate; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		in_host shared "mount --bind '$ROOTFS' '$ROOTFS'; cd '$BUNDLE'; runc run '$ID'"
		expect 0
		same "$word: $(peers "$output")" "$word: "
	done
	for word in shared rshared; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		in_host shared "mount --bind '$ROOTFS' '$ROOTFS'; cd '$BUNDLE'; runc run '$ID'"
		expect 0
		[[ $(peers "$output") =~ ^shared:[0-9]+ ]] || { echo "$word: $output"; return 1; }
	done
	for word in unbindable runbindable; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		in_host shared "mount --bind '$ROOTFS' '$ROOTFS'; cd '$BUNDLE'; runc run '$ID'"
		expect 0
		same "$word: $(peers "$output")" "$word: unbindable"
	done
}

@test "namespace: rootfsPropagation: the r words reach the mounts below the root" {
	newer "1.1.5 does too, in other words"
	args grep ' /dev/shm ' /proc/self/mountinfo
	local word
	for word in shared rshared unbindable runbindable; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		run runc run "$ID"
		expect 0
		case $word in
		rshared) [[ $(peers "$output") =~ ^shared: ]] ;;
		runbindable) same "$(peers "$output")" unbindable ;;
		*) same "$(peers "$output")" "" ;;
		esac
	done
}

@test "namespace: rootfsPropagation: rshared leaves mounts that have a word of their own as they are" {
	local word found=
	mkdir "$T/volume"
	edit --arg s "$T/volume" '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .linux.rootfsPropagation = "rshared"
		| .mounts += [("private", "rslave", "shared", "unbindable") | {destination: "/bound/\(.)", type: "bind", source: $s, options: ["rbind", .]},
			{destination: "/new/\(.)", type: "tmpfs", source: "t", options: [.]}]'
	args cat /proc/self/mountinfo
	in_host shared "mount -t tmpfs none '$T/volume'; mount --make-shared '$T/volume'; cd '$BUNDLE'; runc run '$ID'"
	expect 0
	for word in bound/private bound/rslave bound/shared bound/unbindable new/private new/rslave new/shared new/unbindable; do
		found+="$(grep " /$word " <<<"$output" | sed 's/ - .*//; s/:[0-9]*//g' | cut -d ' ' -f 7-),"
	done
	same "$found" ,master,shared,unbindable,,,shared,unbindable,
}

@test "namespace: rootfsPropagation: what the host mounts in the root later is seen with slave, not with private" {
	newer "1.1.5 is private"
	local word want
	all_caps
	sh_args 'touch /started; while [ ! -e /go ]; do sleep 0.05; done; ls /later'
	mkdir "$ROOTFS/later"
	for word in rslave rprivate shared; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		rm -f "$ROOTFS/started" "$ROOTFS/go"
		in_host shared "mount --bind '$ROOTFS' '$ROOTFS'; cd '$BUNDLE'; runc run '$ID' 3>&- &
			while [ ! -e '$ROOTFS/started' ]; do sleep 0.05; done
			mount -t tmpfs none '$ROOTFS/later'; touch '$ROOTFS/later/from-host' '$ROOTFS/go'; wait \$!"
		expect 0
		if [ $word = rprivate ]; then lacks "$output" from-host; else contains "$output" from-host; fi
	done
}

@test "namespace: rootfsPropagation: no value lets a mount of the container's root reach the host" {
	local word
	all_caps
	sh_args 'mount -t tmpfs none /mnt2 && echo mounted'
	mkdir "$ROOTFS/mnt2"
	for word in "" slave rslave private rprivate shared rshared unbindable runbindable; do
		edit --arg w "$word" '.linux.rootfsPropagation = $w'
		in_host shared "mount --bind '$ROOTFS' '$ROOTFS'; cd '$BUNDLE'; runc run '$ID'; grep -c mnt2 /proc/self/mountinfo"
		same "$word ${lines[*]}" "$word mounted 0"
	done
}

@test "namespace: only a shared bind in a shared root mounts for the host" {
	local root
	all_caps
	mkdir "$T/volume" "$T/volume/sub"
	sh_args 'mount -t tmpfs none /vol/sub && echo mounted'
	edit --arg s "$T/volume" '.mounts += [{destination: "/vol", type: "none", source: $s, options: ["rbind", "rshared"]}]'
	for root in rslave:0 rshared:1 private:0; do
		edit --arg w "${root%:*}" '.linux.rootfsPropagation = $w'
		in_host shared "mount --bind '$T/volume' '$T/volume'; cd '$BUNDLE'; runc run '$ID'; grep -q ' $T/volume/sub ' /proc/self/mountinfo && echo 1 || echo 0"
		same "$root ${lines[*]}" "$root mounted ${root#*:}"
	done
}

@test "namespace: with a user namespace nothing mounts for the host, whatever config.json asks for" {
	newer "for davit"
	local by
	all_caps
	mkdir "$T/volume" "$T/volume/sub"
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	chown -R 100000:100000 "$T/volume"
	mkdir "$ROOTFS/vol"
	sh_args 'mount -t tmpfs none /vol/sub && echo mounted'
	edit --arg s "$T/volume" '.mounts += [{destination: "/vol", type: "none", source: $s, options: ["rbind", "rshared"]}]
		| .linux.rootfsPropagation = "rshared" | .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	# Also where a security module keeps the mounts from being locked.
	for by in env "$HELPERS/helper-refuse nested"; do
		in_host shared "mount --bind '$T/volume' '$T/volume'; cd '$BUNDLE'; $by '$RUNC' --root '$STATE' run '$ID' 2>'$T/err'; grep -q ' $T/volume/sub ' /proc/self/mountinfo && echo 1 || echo 0"
		same "$by ${lines[*]}" "$by mounted 0"
	done
}

# seen ROOT WORD: for a bind of a shared mount with WORD: "in" if the container sees what the host mounts there later,
# "out" if the host sees what the container mounts.
seen() {
	edit --arg r "$1" --arg w "$2" '.linux.rootfsPropagation = $r | .mounts |= map(if .destination == "/vol" then .options = ["rbind", $w] else . end)'
	rm -f "$ROOTFS/started" "$ROOTFS/go"
	in_host private "mount -t tmpfs none '$T/volume'; mount --make-shared '$T/volume'; mkdir '$T/volume/host' '$T/volume/inner'
		chmod 777 '$T/volume/inner'; cd '$BUNDLE'; runc run '$ID' 3>&- &
		for i in {1..100}; do [ -e '$ROOTFS/started' ] && break; sleep 0.05; done
		! grep -q '$T/volume/inner' /proc/self/mountinfo || echo out
		mount -t tmpfs none '$T/volume/host'; mkdir '$T/volume/host/in'; touch '$ROOTFS/go'; wait \$!"
	echo "$1 $2: $output"
}

@test "namespace: what a bind shows of later mounts, with each rootfsPropagation" {
	local root want
	all_caps
	chmod 777 "$ROOTFS"
	mkdir "$T/volume" "$ROOTFS/vol"
	edit --arg s "$T/volume" '.mounts += [{destination: "/vol", type: "none", source: $s}]'
	sh_args 'mount -t tmpfs none /vol/inner; echo >/started; while [ ! -e /go ]; do sleep 0.05; done; ls /vol/host'
	for root in rslave private rprivate slave shared; do
		want=in
		[ $root != rprivate ] || want=
		same "$(seen $root rslave)" "$root rslave: $want"
		same "$(seen $root slave)" "$root slave: $want"
		same "$(seen $root rprivate)" "$root rprivate: "
	done
	same "$(seen shared rshared)" "$(printf 'shared rshared: out\nin')"
	same "$(seen rslave rshared)" "rslave rshared: in"
	same "$(seen rprivate rshared)" "rprivate rshared: "
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$T" "$BUNDLE"
	same "$(seen shared rshared)" "shared rshared: in"
	newer "1.1.5 lets these reach the host when the bind was not on the host's root mount"
	edit '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	same "$(seen private rshared)" "private rshared: in"
	same "$(seen slave rshared)" "slave rshared: in"
	same "$(seen private defaults)" "private defaults: in"
	same "$(seen shared defaults)" "shared defaults: in"
	same "$(seen unbindable rslave)" "unbindable rslave: in"
}

@test "namespace: an unbindable root with paths to be made read-only" {
	newer "1.1.5 fails"
	edit '.linux.rootfsPropagation = "runbindable" | .linux.readonlyPaths += ["/etc"] | .linux.maskedPaths += ["/run"] | .root.readonly = false'
	sh_args 'touch /etc/x'
	run runc run "$ID"
	expect 1 "Read-only file system"
}

@test "namespace: a read-only root comes last: mountpoints, devices and cwd are made before" {
	edit '.root.readonly = true | .process.cwd = "/made/cwd" | .linux.devices = [{path: "/made/node", type: "c", major: 1, minor: 3}]
		| .mounts += [{destination: "/made/tmp", type: "tmpfs", source: "t"}]'
	sh_args 'pwd; stat -c %F /made/node; touch /made/tmp/x && echo written; touch /x'
	run runc run "$ID"
	expect 1 /made/cwd "character special file" written "Read-only file system"
}

@test "namespace: --no-pivot: the same root, nothing of the host can be seen, private is refused" {
	echo m >"$ROOTFS/etc/marker"
	sh_args 'cat /etc/marker; ls /; touch /x'
	run runc run --no-pivot "$ID"
	expect 1 m "Read-only file system"
	lacks "$output" lost+found
	edit '.linux.rootfsPropagation = "rprivate"'
	refused 'rootfsPropagation of \[r\]private is not safe without pivot_root' create --no-pivot "$ID"
}

# In a mount namespace of the test's own, which is the runtime's.
@test "namespace: without a mount namespace mounts land in the caller's, whose root and propagation stay" {
	edit '.linux.namespaces |= map(select(.type != "mount")) | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false
		| .mounts = [{destination: "/proc", type: "proc", source: "proc"}, {destination: "/mnt/t", type: "tmpfs", source: "t"}]
		| .mounts[1].source *= 300' # longer than fsconfig(2) takes
	sh_args 'ls -d /bin/sh /mnt/t; [ -e /usr/bin/env ] || echo no-host'
	in_host shared "cd '$BUNDLE'; ls -id / >'$T/root.before'; grep -c shared: /proc/self/mountinfo >'$T/shared.before'
		runc run '$ID'; code=\$?
		ls -id / | diff - '$T/root.before' || echo root-changed
		[ \$(grep -c shared: /proc/self/mountinfo) -ge \$(cat '$T/shared.before') ] || echo propagation-changed
		cut -d ' ' -f 5 /proc/self/mountinfo | grep '^$ROOTFS'; exit \$code"
	expect 0 /bin/sh /mnt/t no-host "$ROOTFS/proc" "$ROOTFS/mnt/t"
	lacks "$output" changed
	same "$(grep -c "$ROOTFS/mnt/t" <<<"$output")" 1
}

@test "namespace: without a mount namespace what needs one is refused" {
	newer "1.1.5 knows the first"
	edit '.linux.namespaces |= map(select(.type != "mount")) | .mounts = []'
	local keep
	keep=$(cat config.json)
	refused 'unable to restrict sys entries without a private MNT namespace' create "$ID"
	edit '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	refused 'root.readonly: .* without a private MNT namespace' create "$ID"
	edit '.root.readonly = false | .linux.rootfsPropagation = "slave"'
	refused 'linux.rootfsPropagation: not without a private MNT namespace' create "$ID"
}

@test "namespace: without a mount namespace nobody can enter the root later" {
	newer "1.1.5 enters the host's"
	edit '.linux.namespaces |= map(select(.type != "mount")) | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false
		| .mounts = []'
	args sleep 100
	in_host private "cd '$BUNDLE'; runc run -d '$ID' </dev/null >/dev/null 2>&1; runc exec '$ID' true; echo \$?; runc delete --force '$ID'"
	contains "$output" "the container has no mount namespace of its own: its root file system cannot be entered"
	same "${lines[1]}" 255
}

# user_namespace [NAMESPACE…]: with a user namespace, and without those.
user_namespace() {
	chown 100000:100000 "$ROOTFS"
	edit '.linux.namespaces |= map(select(.type as $t | $ARGS.positional | index($t) | not)) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' --args -- "$@"
}

@test "namespace: sysfs in a user namespace: a new one with a new network, else the host's, read-only to the last mount" {
	user_namespace
	sh_args 'cat /proc/self/mountinfo; ls /sys/class/net; touch /sys/fs/cgroup/x'
	edit '.mounts |= map(select(.destination != "/sys/fs/cgroup")) | .hostname = null'
	run runc run "$ID"
	expect 1
	grep -Eq ' / /sys ro,nosuid,nodev,noexec.* - sysfs sysfs ' <<<"$output"
	same "$(grep -c '^[0-9].* /sys/fs/cgroup' <<<"$output")" 0
	newer "1.1.5 fails"
	user_namespace network
	edit '.linux.namespaces |= unique | .mounts |= map(if .destination == "/sys" then .options = ["rw"] else . end)'
	run runc run "$ID"
	expect 1 "Read-only file system"
	[ "$(grep -c '^[0-9].* /sys[/ ]' <<<"$output")" -gt 1 ]
	same "$(awk '$5 ~ "^/sys(/|$)" && $6 !~ /^ro,nosuid,nodev,noexec/' <<<"$output")" ""
}

@test "namespace: sysfs with a joined network: of the user namespace's own it is new" {
	newer "1.1.5 cannot"
	user_namespace
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	local pid
	pid=$(pid_of "$ID-a")
	edit --arg p "/proc/$pid/ns" 'del(.linux.uidMappings, .linux.gidMappings, .hostname) | .linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "ipc"},
		{type: "user", path: ($p + "/user")}, {type: "network", path: ($p + "/net")}]
		| .mounts |= map(select(.destination != "/sys/fs/cgroup"))'
	args grep -E ' /sys[/ ]' /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	grep -Eq ' / /sys ro,nosuid,nodev,noexec.* - sysfs sysfs ' <<<"$output"
	same "$(grep -c ' /sys/fs' <<<"$output")" 0
}

@test "namespace: proc with the host's pids, mqueue with the host's queues: refused in a user namespace, as runc and crun do" {
	user_namespace pid
	refused 'error mounting .*proc.* to rootfs at .*/proc.*operation not permitted' create "$ID"
	edit '.linux.namespaces += [{type: "pid"}] | .linux.namespaces |= map(select(.type != "ipc"))'
	refused 'error mounting .*mqueue.* to rootfs at .*/dev/mqueue.*operation not permitted' create "$ID"
}

@test "namespace: proc and mqueue as engines write them then: a bind of the host's" {
	user_namespace pid ipc
	edit '.mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind", "nosuid"]}
		elif .destination == "/dev/mqueue" then {destination: "/dev/mqueue", type: "bind", source: "/dev/mqueue", options: ["rbind"]} else . end)
		| .mounts |= map(select(.destination != "/dev/mqueue"))'
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	grep -Eq ' /proc .*nosuid.* - proc ' <<<"$output"
}
