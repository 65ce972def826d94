# Configurations of the kinds that the captured ones lack, written as the engines' generators write them (configs/README.md):
# each is created, started, entered, looked at for what it asks, killed and deleted.
# layouts: hybrid v2

load lib/common
load lib/configs

setup() {
	setup_bundle
	mkdir -p "$ROOTFS/home/user" "$ROOTFS/src" "$ROOTFS/image" "$ROOTFS/data" "$ROOTFS/usr/lib/x86_64-linux-gnu"
}

unmount() { umount "$T/host/dev" "$T/host/run/host/later" "$T/host/run/host" 2>/dev/null || true; }

teardown() {
	unmount
	teardown_bundle
}

# mask SET: the capabilities of that set of config.json as /proc/PID/status writes them.
mask() {
	local name bits=0
	for name in $(setting ".process.capabilities.$1 // [] | .[]"); do
		bits=$((bits | 1 << $(sed -n "s/^#define $name[[:space:]]*\([0-9]*\).*/\1/p" /usr/include/linux/capability.h)))
	done
	printf '%016x\n' $bits
}

# as_asked: of the running container all that every config has: process, namespaces, mounts, masked and read-only paths.
as_asked() {
	local type path at options
	status_says CapBnd "$(mask bounding)"
	status_says CapPrm "$(mask "$([ "$(setting .process.user.uid)" = 0 ] && echo permitted || echo ambient)")"
	status_says NoNewPrivs "$(setting 'if .process.noNewPrivileges then 1 else 0 end')"
	same "$(inside env | grep -v ^HOME= | sort)" "$(setting '.process.env[]' | grep -v ^HOME= | sort)"
	same "$(inside pwd)" "$(setting .process.cwd)"
	same "$(cat "/proc/$PID/oom_score_adj")" "$(setting ".process.oomScoreAdj // $(cat /proc/self/oom_score_adj)")"
	run inside sh -c 'exit 7'
	expect 7
	for type in pid network ipc uts mount cgroup user; do
		at=$type
		case $type in network) at=net ;; mount) at=mnt ;; esac
		path=$(setting ".linux.namespaces[] | select(.type == \"$type\") | .path // \"new\"")
		at="$type $(readlink "/proc/$PID/ns/$at" "/proc/self/ns/$at" ${JOINED:+"$JOINED/$at"} | tr '\n' ' ')"
		read -r _ new own joined <<<"$at"
		case $path in
		'') same "$at" "$type $own $own ${joined:+$joined }" ;;
		new) [ "$new" != "$own" ] && [ "$new" != "$joined" ] || { echo "not new: $at"; return 1; } ;;
		*) [ "$new" = "$joined" ] && [ "$new" != "$own" ] || { echo "not joined: $at"; return 1; } ;;
		esac
	done
	# The last of several on one place is what is seen.
	setting '[.mounts[] | select(.type != "cgroup")] | group_by(.destination)[] | .[-1] | "\(.destination) \(.type) \(.options | join(" "))"' >"$T/list"
	while read -r at type options; do
		mount_is_right "$at" "$type" $options
	done <"$T/list"
	while read -r path; do
		[ ! -e "/proc/$PID/root$path" ] || masked "$path"
	done < <(setting '.linux.maskedPaths // [] | .[]')
	for path in $(setting '.linux.readonlyPaths // [] | .[]'); do
		[ ! -e "/proc/$PID/root$path" ] || mount_is_right "$path" proc ro nosuid nodev noexec
	done
}

masked() { same "$1 $(inside sh -c 'if [ -d "$1" ]; then ls -A "$1"; else cat "$1"; fi' sh "$1")" "$1 "; }

# limit V1-FILE V2-FILE: its value in the container's cgroup.
limit() { if in_v2; then cat "/sys/fs/cgroup/$ID/$2"; else cat "/sys/fs/cgroup/${1%%.*}/$ID/$1"; fi; }

# in_user_namespace FIRST: root and sources belong to the user whom the container's root is on the host; a copy of the root,
# because its files are hard links to those of all tests.
in_user_namespace() {
	rm -r "$ROOTFS"
	cp -a "$BATS_FILE_TMPDIR/rootfs" "$ROOTFS"
	mkdir -p "$ROOTFS/home/user" "$ROOTFS/data" "$ROOTFS/run/host" "$ROOTFS/usr/bin"
	chown -hR "$1:$1" "$ROOTFS"
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
}

@test "written: podman: an image of 60 layers as a volume: the uppermost wins, a write goes above all" {
	local i lower=
	captured written/podman-overlay
	for i in {00..59}; do
		mkdir -p "$T/layer/$i"
		echo "$i" >"$T/layer/$i/file-$i"
		echo "$i" >"$T/layer/$i/everywhere"
		lower=$lower:$T/layer/$i
	done
	mkdir "$T/upper" "$T/work"
	same "$(setting '.mounts[] | select(.type == "overlay").options[0] | split(":") | length')" 60
	edit --arg l "${lower#:}" --arg t "$T" '(.mounts[] | select(.type == "overlay").options) |=
		["lowerdir=" + $l, "upperdir=" + $t + "/upper", "workdir=" + $t + "/work"] + .[3:]'
	runs "sleep 300"
	as_asked
	same "$(inside sh -c 'cat /image/file-* | xargs')" "$(echo {00..59})"
	same "$(inside cat /image/everywhere)" 00
	inside sh -c 'echo new >/image/everywhere; rm /image/file-59'
	same "$(cat "$T/upper/everywhere") $(stat -c %F "$T/upper/file-59")" "new character special file"
	same "$(cat "$T/layer/00/everywhere") $(cat "$T/layer/59/file-59")" "00 59"
	ended
}

@test "written: kubernetes: a container of a pod, in the sandbox's namespaces, with its limits" {
	captured written/kubernetes-pod /var/run/secrets/kubernetes.io/serviceaccount
	runs "sleep 300"
	as_asked
	same "$(inside hostname)" sandbox
	status_says Groups "0 10 2000"
	same "$(inside cat /etc/hosts /dev/termination-log /var/run/secrets/kubernetes.io/serviceaccount/file | xargs)" \
		"source of /etc/hosts source of /dev/termination-log source of /var/run/secrets/kubernetes.io/serviceaccount"
	inside sh -c 'echo "exit reason" >/dev/termination-log'
	same "$(cat "$T/host/dev/termination-log")" "exit reason"
	run inside touch /var/run/secrets/kubernetes.io/serviceaccount/x
	expect 1 "Read-only file system"
	same "$(limit memory.limit_in_bytes memory.max)" 134217728
	if in_v2; then same "$(limit '' cpu.max)" "50000 100000"; else same "$(limit cpu.cfs_quota_us) $(limit cpu.shares)" "50000 256"; fi
	same "$(runc state "$ID" | jq -cS .annotations)" "$(jq -cS .annotations config.json)"
	ended
}

@test "written: kubernetes: a volume whose ids are mapped, for a pod with users of its own" {
	newer "id-mapped mounts since 1.2"
	in_user_namespace 131072
	captured written/kubernetes-idmapped /var/run/secrets/kubernetes.io/serviceaccount /data
	echo mine >"$T/host/data/mine"
	chmod 600 "$T/host/data/mine"
	runs "sleep 300"
	same "$(inside id -u) $(inside awk '{ print $1, $2, $3 }' /proc/self/uid_map)" "0 0 131072 65536"
	same "$(awk '/^Uid:/ { print $2 }' "/proc/$PID/status")" 131072
	same "$(inside stat -c '%u:%g %a' /data/mine) $(inside cat /data/mine)" "0:0 600 mine"
	inside sh -c 'echo new >/data/new; chown 7:8 /data/new'
	same "$(stat -c %u:%g "$T/host/data/new")" 7:8
	run inside sh -c 'touch /var/run/secrets/kubernetes.io/serviceaccount/x'
	expect 1 "Read-only file system"
	status_says CapBnd "$(mask bounding)"
	ended
}

@test "written: kubernetes: masks of every CPU's directory, most of which are not there" {
	local cpu n=0
	captured written/kubernetes-masked /var/run/secrets/kubernetes.io/serviceaccount
	# The directories that the kernel of this machine may lack are looked for beside those it has.
	edit '.linux.maskedPaths += [range(128) | "/sys/devices/system/cpu/cpu\(.)/topology"]'
	runs "sleep 300"
	as_asked
	for cpu in /sys/devices/system/cpu/cpu[0-9]*/topology; do
		[ -n "$(ls "$cpu")" ]
		same "$(inside ls -A "$cpu")" ""
		run inside touch "$cpu/x"
		[ "$status" != 0 ]
		n=$((n + 1))
	done
	[ "$n" -ge 1 ]
	same "$(inside cat /proc/interrupts)" ""
	[ -n "$(inside ls /sys/devices/system/cpu/cpu0)" ]
	ended
}

@test "written: podman: a systemd that writes its own cgroups and stops at SIGRTMIN+3" {
	local own=/sys/fs/cgroup
	in_v2 || own=/sys/fs/cgroup/systemd
	captured written/podman-systemd
	mkdir "$ROOTFS/var/log" "$ROOTFS/run/lock"
	echo image >"$ROOTFS/run/of-the-image"
	rm "$ROOTFS/bin/init" # busybox, as all tests have it
	cat >"$ROOTFS/bin/init" <<-END
		#!/bin/sh
		trap 'echo stopping >/stopped; exit 0' 37 # SIGRTMIN+3
		mkdir $own/init.scope && echo 1 >$own/init.scope/cgroup.procs && echo started >/started
		while :; do sleep 0.1; done
	END
	chmod 755 "$ROOTFS/bin/init"
	runs "/bin/sh /sbin/init"
	as_asked
	wait_for 5 grep -q started "$ROOTFS/started"
	same "$(inside cat /run/of-the-image)" image
	inside touch /run/x /run/lock/x /tmp/x /var/log/journal/x
	[ ! -e "$ROOTFS/run/x" ] && [ ! -e "$ROOTFS/tmp/x" ]
	contains "$(inside cat /proc/1/cgroup)" /init.scope
	same "$(status_of "$ID")" running
	runc kill "$ID" "$(setting '.annotations["org.opencontainers.image.stopSignal"]')"
	wait_for 10 is_stopped "$ID"
	same "$(cat "$ROOTFS/stopped")" stopping
	runc delete "$ID"
	nothing_left
}

@test "written: docker: a GPU: devices, libraries and the hooks of its toolkit" {
	local path major minor hook
	captured written/docker-gpu
	cat >"$T/hook/nvidia-cdi-hook" <<-END
		#!/bin/sh
		cat >$T/hook/cdi.state
		echo "\$@" >>$T/hook/cdi.args
		[ "\$1" != create-symlinks ] || ln -s libcuda.so.550.54.15 $ROOTFS/usr/lib/x86_64-linux-gnu/libcuda.so.1
		readlink /proc/self/ns/mnt /proc/self/ns/net >$T/hook/cdi.namespaces
	END
	runs "sleep 300"
	as_asked
	setting '.linux.devices[] | "\(.path) \(.major) \(.minor)"' >"$T/devices"
	while read -r path major minor; do
		same "$(inside stat -c '%n %F %t %T %a %u:%g' "$path")" "$(printf '%s character special file %x %x 666 0:0' "$path" $major $minor)"
		# No driver is loaded, and no rule is in the way.
		run inside sh -c ": <>$path"
		expect 1 "No such device or address"
	done <"$T/devices"
	run inside sh -c 'mknod /tmp/kmsg c 1 11 && : >/tmp/kmsg'
	expect 1 "Operation not permitted"
	same "$(inside cat /usr/lib/x86_64-linux-gnu/libcuda.so.1)" "source of /usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15"
	same "$(cat "$T/hook/cdi.args")" "$(setting '.hooks.createContainer[].args[1:] | join(" ")')"
	same "$(cat "$T/hook/cdi.namespaces")" "$(readlink "/proc/$PID/ns/mnt" "/proc/$PID/ns/net")"
	same "$(cat "$T/hook/nvidia-container-runtime-hook.args" "$T/hook/exe.args")" "$(setting '.hooks.prestart[1, 0].args[1:] | join(" ")')"
	for hook in "exe $PID" "nvidia-container-runtime-hook $PID" "cdi 1"; do # the last in the container's pid namespace
		same "$(jq -r '"\(.id) \(.pid) \(.bundle)"' "$T/hook/${hook% *}.state")" "$ID ${hook#* } $BUNDLE"
	done
	ended
}

# A rootless podman has become root of its own user namespace before it calls the runtime, and counts the ids of that one.
# Here the real root does, so to those of config.json the first of the user's range is added.
keep_id() {
	edit '(.linux.uidMappings, .linux.gidMappings)[].hostID += 100000'
}

@test "written: podman: a toolbox: the host's processes and devices, and the ids of its user (keep-id, as root)" {
	local node
	in_user_namespace 100001
	printf '#!/bin/sh\nexec sleep 300\n' >"$ROOTFS/bin/toolbox"
	chmod 755 "$ROOTFS/bin/toolbox"
	captured written/podman-toolbox /dev /run/host /run/user/1000 /home/user /proc /sys /dev/mqueue
	keep_id
	# Its /proc and /sys are the caller's; /dev is one of this test, for the machine has only one.
	mount -t tmpfs -o mode=755,dev tmpfs "$T/host/dev"
	mount -t tmpfs tmpfs "$T/host/run/host"
	mount --make-shared "$T/host/run/host"
	mkdir "$T/host/run/host/later" "$T/host/dev/pts" "$T/host/dev/shm" "$T/host/dev/mqueue"
	for node in null zero full random urandom tty; do
		mknod -m 666 "$T/host/dev/$node" c $((0x$(stat -c %t /dev/$node))) $((0x$(stat -c %T /dev/$node)))
	done
	cp "$ROOTFS/bin/toolbox" "$T/host/usr/bin/toolbox"
	chmod 755 "$T/host/usr/bin/toolbox"
	chown 100000:100000 "$T/host/home/user" "$T/host/run/user/1000"
	edit '(.mounts[] | select(.type == "bind" and (.destination | IN("/proc", "/sys")))) |= (.source = .destination)'
	runs "sleep 300"
	same "$(inside cat /proc/self/uid_map | tr -s ' ')" " 0 100001 1000
 1000 100000 1
 1001 101001 64536"
	as_asked
	same "$(inside stat -c %u:%g /home/user /run/user/1000 /bin | xargs)" "1000:1000 1000:1000 0:0"
	mount -t tmpfs tmpfs "$T/host/run/host/later" # after the start: rslave
	touch "$T/host/run/host/later/plugged-in"
	same "$(inside ls /run/host/later)" plugged-in
	[ -d "/proc/$PID" ] && inside test -d "/proc/$PID"
	inside sh -c 'echo x >/dev/null && head -c 1 /dev/zero >/dev/null'
	same "$(inside stat -f -c %T /dev /dev/pts | xargs)" "tmpfs devpts"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
	unmount
	runc delete "$ID"
	nothing_left
}

@test "written: buildah: RUN with a cache, a secret and ambient capabilities that are not inheritable" {
	captured written/buildah-run /root/.cache /src
	chmod 400 "$T/host/run/secrets/token"
	runs "sleep 300"
	as_asked
	status_says CapAmb 0000000000000000
	same "$(inside cat /run/secrets/token) $(inside stat -c %a /run/secrets/token)" "source of /run/secrets/token 400"
	inside touch /root/.cache/built
	[ -e "$T/host/root/.cache/built" ]
	run inside touch /src/x
	expect 1 "Read-only file system"
	same "$(inside readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
	ended
}

kept_id() {
	as_asked
	same "$(inside cat /proc/self/uid_map | tr -s ' ')" " 0 ${1:-1} 1000
 1000 ${2:-0} 1
 1001 ${3:-1001} 64536"
	same "$(inside id -u) $(inside id -g) $(inside id -G)" "1000 1000 1000"
	same "$(inside stat -c %u:%g /home/user /home/user/file /bin | xargs)" "1000:1000 1000:1000 0:0"
	inside touch /home/user/new
	same "$(stat -c %u:%g "$T/host/home/user/new")" 100000:100000
	same "$(inside cat /proc/sys/net/ipv4/ping_group_range | tr '\t' ' ')" "0 0"
}

@test "written: podman: keep-id, three ranges of ids, by root" {
	in_user_namespace 100001
	captured written/podman-keepid /home/user
	keep_id
	chown -R 100000:100000 "$T/host/home/user"
	runs "sleep 300"
	kept_id 100001 100000 101001
	ended
}

# rootless_user: from here on the runtime is called as a rootless podman calls it: by the root of a user namespace of 65537
# ids, which a process of the test keeps, with nothing of the host's.
rootless_user() {
	unshare --user --mount sleep 100 3>&- 4>&- &
	USER_NS=$!
	BACKGROUND="$BACKGROUND $!"
	echo "$! of the test" >>"$T/processes.before"
	wait_for 5 grep -qx sleep "/proc/$!/comm"
	echo 0 100000 65537 >/proc/$!/uid_map
	echo 0 100000 65537 >/proc/$!/gid_map
	runc() {
		timeout -k 2 $((20 * SLOW)) nsenter --user --mount --target "$USER_NS" --setuid 0 --setgid 0 env --chdir="$BUNDLE" \
			"$RUNC" --root "$STATE" "$@" 3>&- 4>&-
	}
}

@test "written: podman: keep-id, three ranges of ids, rootless" {
	in_user_namespace 100001
	captured written/podman-keepid /home/user
	chown -R 100000:100000 "$T/host" "$BUNDLE/config.json"
	mkdir "$STATE"
	chown 100000:100000 "$STATE"
	chmod 711 "$BATS_RUN_TMPDIR"/*/*
	edit 'del(.linux.cgroupsPath, .linux.resources)' # podman gives none where it may make no cgroup
	rootless_user
	runs "sleep 300"
	kept_id
	ended
}

@test "written: crio: 200 KiB of annotations are in the state, and in that of the list" {
	captured written/crio /var/run/secrets/kubernetes.io/serviceaccount
	edit '(.annotations["kubectl.kubernetes.io/last-applied-configuration"] | tojson) as $one |
		.annotations += (reduce range(300) as $i ({}; . + {"example.com/controller-\($i)": "\($i) \($one)\($one)"}))'
	[ "$(jq -c .annotations config.json | wc -c)" -ge 204800 ]
	runs "sleep 300"
	as_asked
	runc state "$ID" | jq -cS .annotations >"$T/state.annotations"
	jq -cS .annotations config.json | cmp - "$T/state.annotations"
	runc list -f json | jq -cS '.[0].annotations' | cmp - "$T/state.annotations"
	same "$(limit memory.limit_in_bytes memory.max) $(limit pids.max pids.max)" "268435456 1024"
	same "$(inside hostname)" "$(setting .hostname)"
	ended
}
