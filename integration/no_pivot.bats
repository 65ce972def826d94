# Whatever a container's root file system was entered with, it is the root of its mount namespace: exec finds it there, and
# nothing of the host's is left to climb to. Without pivot_root(2), too, and for a caller that is in a chroot itself.

load lib/common

setup() {
	setup_bundle
	[ -x "$HELPERS/helper-climb" ] && [ -x "$HELPERS/helper-refuse" ] || skip "the helpers are not built"
	edit '.root.readonly = false'
	echo container >"$ROOTFS/marker"
	echo host >"$T/marker"
	cp "$HELPERS/helper-climb" "$ROOTFS/bin/climb"
}

# Ways to be a caller: as it is; where pivot_root fails, as on a ramdisk; in a chroot to a mount or to a directory, the last
# two where the host's mounts are shared, as systemd has them: those outside must be there afterwards.
as_pivot() { "$@"; }
as_ramdisk() { "$HELPERS/helper-refuse" pivot_root "$@"; }
as_chroot() {
	mkdir -p "$T/jail"
	unshare -m --propagation private bash -c 'mount --rbind / "$0" && exec chroot "$0" "$@"' "$T/jail" "$@"
}

as_directory() { in_jail directory "$@"; }
as_mount() { in_jail mount "$@"; }
in_jail() {
	mkdir -p "$T/jail"
	unshare -m --propagation private bash -c 'jail=$0 kind=$1
		shift
		mount -t tmpfs -o mode=755 jail "$jail" && mkdir "$jail/root" "$jail/outside" && mount --make-rshared / || exit
		mount -t tmpfs outside "$jail/outside"
		for dir in /*/; do
			[ ! -L "${dir%/}" ] || { cp -a "${dir%/}" "$jail/root/"; continue; }
			mkdir "$jail/root$dir" && mount --rbind "$dir" "$jail/root$dir" || exit
		done
		[ $kind = directory ] || mount --rbind "$jail/root" "$jail/root" || exit
		mounts=$(cut -d " " -f 5 /proc/self/mountinfo)
		chroot "$jail/root" "$@"
		code=$?
		[ "$mounts" = "$(cut -d " " -f 5 /proc/self/mountinfo)" ] || echo "the mounts of the host have changed"
		exit $code' "$T/jail" "$@"
}

# each COMMAND…: for each way: WAY is the caller's, FLAG what create is given; the caller is a shell that may call runc.
each() {
	local WAY FLAG
	for pair in pivot: pivot:--no-pivot ramdisk:--no-pivot chroot: chroot:--no-pivot mount: mount:--no-pivot directory: directory:--no-pivot; do
		WAY=as_${pair%%:*} FLAG=${pair#*:}
		echo "--- $pair"
		"$@" || { echo "failed as $pair: $output"; return 1; }
	done
}

# go SCRIPT: as the caller, in the bundle, with r for the runtime.
go() {
	rm -f "$ROOTFS"/*.made
	run "$WAY" /bin/bash -c "r() { timeout 20 '$RUNC' --root '$STATE' \"\$@\"; }; cd '$BUNDLE' || exit; $1" </dev/null 3>&- 4>&-
}

exec_is_inside() {
	go "r run -d $FLAG '$ID' >/dev/null 2>&1 || exit; r exec '$ID' cat /marker; r exec '$ID' ls -d '$T'; r exec -t '$ID' cat /marker </dev/null; r delete -f '$ID'"
	[[ $output == container$'\n'*"$T: No such file"* ]] && lacks "$output" lost+found && lacks "$output" "have changed"
}

@test "no pivot: exec runs in the container's root" {
	newer "for davit"
	args sleep 100
	each exec_is_inside
}

climbs() {
	args climb "$T/marker"
	edit '.process.capabilities |= map_values(["CAP_SYS_CHROOT"])'
	go "r run $FLAG '$ID'"
	same "$output" $'held\nnothing made' || return 1
	args sleep 100
	go "r run -d $FLAG '$ID' >/dev/null 2>&1 || exit; r exec '$ID' climb '$T/marker'; r delete -f '$ID'"
	same "$output" $'held\nnothing made'
	[ ! -e "$T/marker.made" ]
}

@test "no pivot: a chroot that is left ends at the container's root" {
	newer "for davit"
	each climbs
}

nothing_below() {
	go "r run $FLAG '$ID'"
	same "${lines[-1]}" "no proc" && same "$(cut -d ' ' -f 5 <<<"$output" | grep -cx /)" 1
}

@test "no pivot: no mount of the host's is there to be uncovered, or to permit a procfs without masks" {
	newer "for davit"
	edit '.process.capabilities |= map_values(["CAP_SETUID", "CAP_SETGID", "CAP_SETFCAP"])'
	sh_args 'cat /proc/self/mountinfo; unshare -Urmpf mount -t proc proc /tmp 2>/dev/null && echo proc || echo no proc'
	each nothing_below
}

@test "no pivot: hooks inside find the container at the bundle's path, as ever" {
	newer "for davit"
	edit '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat marker '"$ROOTFS"'/proc/version"]}]'
	WAY=as_ramdisk FLAG=--no-pivot
	go "r run $FLAG '$ID'"
	expect 0
}

# Then its root lies on top of the host's already.
@test "no pivot: a bundle that the container's root cannot reach, in a user namespace" {
	newer "for davit"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	args sleep 100
	chown -hR 100000:100000 "$ROOTFS"
	mkdir -m 700 "$T/closed"
	cd / && mv "$BUNDLE" "$T/closed/bundle"
	BUNDLE=$T/closed/bundle
	ROOTFS=$BUNDLE/rootfs
	cd "$BUNDLE"
	WAY=as_ramdisk FLAG=
	go "r run -d '$ID'"
	[ "$status" = 1 ]
	contains "$output" "pivot_root: invalid argument"
	for pair in pivot: pivot:--no-pivot ramdisk:--no-pivot; do
		WAY=as_${pair%%:*} FLAG=${pair#*:}
		exec_is_inside || { echo "failed as $pair: $output"; return 1; }
		go "r run -d $FLAG '$ID' >/dev/null 2>&1; r exec '$ID' cut -d ' ' -f 5 /proc/1/mountinfo; r delete -f '$ID'"
		same "$pair $(grep -cx / <<<"$output")" "$pair 1"
		lacks "$output" "$T"
	done
}

@test "no pivot: a shared volume of a shared root mounts for the host, there, too" {
	newer "for davit"
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	mkdir -p "$T/volume/sub"
	sh_args 'mount -t tmpfs none /vol/sub && echo mounted'
	edit --arg s "$T/volume" '.linux.rootfsPropagation = "rshared" |
		.mounts += [{destination: "/vol", type: "none", source: $s, options: ["rbind", "rshared"]}]'
	for pair in pivot: ramdisk:--no-pivot; do
		WAY=as_${pair%%:*} FLAG=${pair#*:}
		run unshare -m bash -c "mount --make-rshared / && mount --bind '$T/volume' '$T/volume' && cd '$BUNDLE' || exit
			[ $WAY = as_pivot ] || w='$HELPERS/helper-refuse pivot_root'
			timeout 20 \$w '$RUNC' --root '$STATE' run $FLAG '$ID' </dev/null; grep -q ' $T/volume/sub ' /proc/self/mountinfo && echo 1" 3>&- 4>&-
		same "$pair ${lines[*]}" "$pair mounted 1"
	done
}
