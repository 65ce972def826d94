# What a container with a user namespace may do to the mounts that came from the host, having CAP_SYS_ADMIN in there:
# nothing that takes off what the host or config.json has put on them.
# layouts: hybrid v2

load lib/common

setup() {
	setup_bundle
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	chown 100000:100000 "$ROOTFS"
	mkdir "$T/volume"
	echo volume >"$T/volume/file"
	chmod 777 "$T/volume"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN"])
		| .root.readonly = false'
}

# volume SOURCE OPTION…: at /vol.
volume() {
	edit --argjson m "$(jq -nc --arg s "$1" '{destination: "/vol", source: $s, type: "none", options: $ARGS.positional}' --args -- "${@:2}")" \
		'.mounts += [$m]'
}

# in_host SCRIPT: in a mount namespace of its own, in the bundle, with r for the runtime.
in_host() {
	run timeout 60 unshare -m --propagation private bash -c "r() { timeout 20 '$RUNC' --root '$STATE' \"\$@\"; }; cd '$BUNDLE'; $1" 3>&- 4>&-
}

denied() { [[ $output == *"ermission denied"* || $output == *"not permitted"* ]] || { echo "$output"; return 1; }; }

@test "locks: a read-only volume cannot be made writable inside" {
	newer "1.1.5 lets it"
	local o
	sh_args 'mount -o remount,rw,bind /vol; touch /vol/made; grep -c " /vol ro," /proc/self/mountinfo'
	for o in "bind ro" "rbind ro" "rbind rro" "bind ro rslave"; do
		cp config.json config.keep
		volume "$T/volume" $o
		run runc run "$ID"
		denied
		contains "$output" "Read-only file system"
		same "${lines[-1]}" 1
		[ ! -e "$T/volume/made" ]
		cp config.keep config.json
	done
}

@test "locks: nosuid, nodev and noexec cannot be taken off, whoever put them on" {
	newer "1.1.5 keeps only the host's"
	cp "$ROOTFS/bin/busybox" "$T/volume/sh"
	sh_args 'mount -o remount,suid,dev,exec,bind /vol; grep " /vol " /proc/self/mountinfo; /vol/sh -c "echo ran"; true'
	cp config.json config.keep
	volume "$T/volume" bind nosuid nodev noexec
	run runc run "$ID"
	denied
	contains "$output" "/vol rw,nosuid,nodev,noexec,"
	lacks "$output" ran
	cp config.keep config.json
	volume "$T/volume" bind
	in_host "mount --bind '$T/volume' '$T/volume'; mount -o remount,bind,nosuid,nodev,noexec,ro '$T/volume'; r run '$ID'"
	denied
	contains "$output" "/vol ro,nosuid,nodev,noexec,"
	lacks "$output" ran
	# Without a user namespace ro alone would take them off.
	cp config.keep config.json
	volume "$T/volume" bind ro
	in_host "mount --bind '$T/volume' '$T/volume'; mount -o remount,bind,nosuid,nodev,noexec '$T/volume'; r run '$ID'"
	denied
	contains "$output" "/vol ro,nosuid,nodev,noexec,"
	lacks "$output" ran
}

@test "locks: what a mount of the host's hides cannot be uncovered" {
	newer "for davit"
	mkdir "$T/volume/hidden"
	echo secret >"$T/volume/hidden/secret"
	sh_args 'umount -l /vol/hidden; cat /vol/hidden/secret; mount -o bind /vol /mnt; cat /mnt/hidden/secret; umount -l /vol && echo gone'
	mkdir "$ROOTFS/mnt"
	volume "$T/volume" rbind
	in_host "mount -t tmpfs none '$T/volume/hidden'; r run '$ID'"
	lacks "$output" secret$'\n'
	contains "$output" "Invalid argument"
	# The volume as a whole is the container's.
	same "${lines[-1]}" gone
}

@test "locks: the root file system keeps what the host has put on it" {
	newer "for davit"
	mkdir "$ROOTFS/hidden"
	echo secret >"$ROOTFS/hidden/secret"
	sh_args 'mount -o remount,suid,bind /; umount -l /hidden; cat /hidden/secret; grep " / rw" /proc/self/mountinfo; touch /made && echo made'
	in_host "mount --bind '$ROOTFS' '$ROOTFS'; mount -o remount,bind,nosuid '$ROOTFS'; mount -t tmpfs none '$ROOTFS/hidden'; r run '$ID'"
	denied
	contains "$output" " / rw,nosuid,"
	lacks "$output" secret$'\n'
	same "${lines[-1]}" made
}

@test "locks: the host's /sys, bound where a new one is refused, and all that is mounted in it" {
	newer "1.1.5 fails"
	edit '.linux.namespaces |= map(select(.type != "network" and .type != "cgroup")) | .hostname = null | .linux.maskedPaths = []
		| .mounts |= map(select(.destination != "/sys/fs/cgroup"))'
	sh_args 'for m in $(grep -o " /sys[^ ]*" /proc/self/mountinfo); do mount -o remount,rw,bind $m && echo "writable: $m"; umount -l $m; done; true'
	run runc run "$ID"
	expect 0
	denied
	lacks "$output" writable
}

@test "locks: an id-mapped volume, and one of a joined user namespace" {
	newer "for davit"
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	local ns=/proc/$(pid_of "$ID-a")/ns
	volume "$T/volume" bind ro
	sh_args 'mount -o remount,rw,bind /vol; touch /vol/made; stat -c %u /vol/file'
	cp config.json config.keep
	edit '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 0, size: 65536}], gidMappings: [{containerID: 0, hostID: 0, size: 65536}]}'
	edit '.mounts[-1].options += ["idmap"] | .mounts[-1].uidMappings[0].hostID = 100000 | .mounts[-1].gidMappings[0].hostID = 100000'
	run runc run "$ID"
	if [[ $output != *"doesn't support idmap"* ]]; then
		denied
		same "${lines[-1]}" 0
	fi
	cp config.keep config.json
	edit --arg p "$ns/user" 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(if .type == "user" then .path = $p else . end)'
	run runc run "$ID"
	denied
	[ ! -e "$T/volume/made" ]
}

@test "locks: what the container has mounted itself, or config.json anew, stays its own" {
	volume "$T/volume" bind
	sh_args 'umount /dev/mqueue && mount -o remount,bind,ro /dev/shm && mount -o remount,bind,rw /dev/shm && mount -t tmpfs t /mnt && umount /mnt && umount /vol &&
		echo x >/dev/shm/x && cat /dev/shm/x'
	mkdir "$ROOTFS/mnt"
	run runc run "$ID"
	expect 0 x
}

@test "locks: where a security module forbids user namespaces inside a container, a warning says what is not locked" {
	newer "1.1.5 locks nothing that config.json asks for"
	[ -x "$HELPERS/helper-refuse" ] || skip "the helper is not built"
	volume "$T/volume" bind ro
	sh_args 'cat /vol/file; grep -c " /vol ro," /proc/self/mountinfo'
	run "$HELPERS/helper-refuse" nested "$RUNC" --root "$STATE" run "$ID" 3>&- 4>&-
	expect 0 "mounts that come from the host are not locked: a user namespace inside the container's: operation not permitted"
	contains "$output" $'volume\n1'
	run runc run "$ID"
	same "$output" $'volume\n1'
}
