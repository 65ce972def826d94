# config.json as docker, podman and containerd write it for an ordinary image (configs/README.md). Each starts as it was
# captured, but for what belongs to the machine, and its process gets what is written there.
# layouts: hybrid v2

load lib/common
load lib/configs

setup() {
	setup_bundle
	mkdir -p "$ROOTFS/home/app" "$ROOTFS/srv/data" "$ROOTFS/usr/local/bin"
	rm "$ROOTFS/etc/passwd" "$ROOTFS/etc/group" # hard links to those of all tests
	printf '%s\n' root:x:0:0:root:/root:/bin/sh app:x:1000:1000:app:/home/app:/bin/sh >"$ROOTFS/etc/passwd"
	printf '%s\n' root:x:0: app:x:1000: logs:x:2000:app >"$ROOTFS/etc/group"
	printf '#!/bin/sh\nexec "$@"\n' >"$ROOTFS/bin/entrypoint"
	chmod 755 "$ROOTFS/bin/entrypoint"
}

# The process: ids, capabilities, limits, environment, names.
process_is_right() {
	local uid gid home=/root mask=00000000a80425fb none=0000000000000000 type soft hard # all three grant the same fourteen
	started "$1"
	uid=$(setting .process.user.uid) gid=$(setting .process.user.gid)
	[ "$uid" = 0 ] || home=/home/app
	status_says Uid "$uid $uid $uid $uid"
	status_says Gid "$gid $gid $gid $gid"
	status_says Groups "$(setting '.process.user.additionalGids // [] | unique | map(tostring) | join(" ")')"
	status_says CapBnd "$mask"
	for type in CapPrm CapEff; do
		if [ "$uid" = 0 ]; then status_says $type $mask; else status_says $type $none; fi
	done
	status_says CapInh $none
	status_says CapAmb $none
	status_says NoNewPrivs "$(setting 'if .process.noNewPrivileges then 1 else 0 end')"
	if has_seccomp; then status_says Seccomp 2; fi
	[ "$(setting .process.user.umask)" != 18 ] || status_says Umask 0022
	setting '.process.rlimits // [] | .[] | "\(.type) \(.soft) \(.hard)"' >"$T/rlimits"
	while read -r type soft hard; do
		case $type in
		RLIMIT_NOFILE) type='Max open files' ;;
		RLIMIT_NPROC) type='Max processes' ;;
		esac
		grep -Eq "^$type +$soft +$hard " "/proc/$PID/limits"
	done <"$T/rlimits"
	same "$(inside env | sort)" "$(setting '.process.env[]' | { cat; echo "HOME=$home"; } | sort -u)"
	while read -r type; do contains "$(tr '\0' '\n' <"/proc/$PID/environ")" "$type"; done < <(setting '.process.env[]')
	same "$(inside readlink /proc/1/cwd)" /home/app
	same "$(inside pwd)" /home/app
	same "$(cat "/proc/$PID/oom_score_adj")" "$(cat /proc/self/oom_score_adj)"
	same "$(inside hostname)" "$(setting ".hostname // \"$(hostname)\"")"
	ended
}

# On v1 a directory of hierarchies, each with only the container's part; on v2, without a cgroup namespace, the whole tree.
cgroups_are_right() {
	local name
	if in_v2; then
		mount_is_right /sys/fs/cgroup cgroup2 "$@"
		contains "$(inside ls /sys/fs/cgroup)" "$ID"
		return
	fi
	for name in memory pids devices freezer; do
		mount_is_right "/sys/fs/cgroup/$name" cgroup "$@"
		contains "$(inside cat "/sys/fs/cgroup/$name/cgroup.procs")" 1
		lacks "$(inside ls "/sys/fs/cgroup/$name")" "$ID"
	done
}

# The files: mounts with their options, device nodes, masked and read-only paths.
files_are_right() {
	local at type path options n=0
	started "$1"
	setting '.mounts[] | "\(.destination) \(.type) \(.options | join(" "))"' >"$T/list"
	while read -r at type options; do
		case $type in
		cgroup) cgroups_are_right $options ;;
		*) mount_is_right "$at" "$type" $options ;;
		esac
		[ "$type" != bind ] || contains "$(inside sh -c "cat $at 2>/dev/null || cat $at/file")" "source of $at"
	done <"$T/list"
	lacks "$(cat "/proc/$PID/mountinfo")" shared:
	[ "$(setting .process.user.uid)" != 0 ] || inside touch /home/app/x
	fails inside sh -c 'echo x >/proc/sys/kernel/hostname' 2>"$T/err"
	for path in $(setting '.linux.maskedPaths[]'); do
		[ -e "$path" ] || continue
		n=$((n + 1))
		[ -n "$(mount_line "$path")" ] || { echo "$path is not masked"; return 1; }
		same "$path $(inside sh -c "if [ -d $path ]; then ls -A $path; else cat $path; fi")" "$path "
	done
	[ "$n" -ge 3 ]
	n=0
	for path in $(setting '.linux.readonlyPaths[]'); do
		[ -e "$path" ] || continue
		n=$((n + 1))
		mount_is_right "$path" proc ro nosuid nodev noexec
	done
	[ "$n" -ge 3 ]
	same "$(inside sh -c 'cd /dev; stat -c "%n %F %t %T %a" null zero full random urandom tty')" \
		"$(printf '%s character special file %s %s 666\n' null 1 3 zero 1 5 full 1 7 random 1 8 urandom 1 9 tty 5 0)"
	inside sh -c 'echo x >/dev/null && head -c 1 /dev/urandom >/dev/null'
	ended
}

# What the process runs in: namespaces, cgroup and limits, sysctls, hooks; a device it may not open.
surroundings_are_right() {
	local type path at=/sys/fs/cgroup
	started "$1"
	setting '.linux.namespaces[] | "\(.type) \(.path // "")"' >"$T/list"
	while read -r type path; do
		case $type in network) type=net ;; mount) type=mnt ;; esac
		[ "$(readlink "/proc/$PID/ns/$type")" != "$(readlink "/proc/self/ns/$type")" ]
		[ -z "$path" ] || same "$(readlink "/proc/$PID/ns/$type")" "$(readlink "$JOINED/net")"
	done <"$T/list"
	same "$(readlink "/proc/$PID/ns/user")" "$(readlink /proc/self/ns/user)"
	setting '.linux.sysctl // {} | to_entries[] | "\(.key) \(.value)"' >"$T/list"
	while read -r type path; do
		same "$type $(inside cat "/proc/sys/${type//.//}" | tr -s '\t' ' ')" "$type $path"
	done <"$T/list"
	if in_v2; then
		same "$(cat "$at/$ID/cgroup.procs")" "$PID"
		[ "$(setting .linux.resources.pids.limit)" = null ] || same "$(cat "$at/$ID/pids.max")" 2048
	else
		for type in memory pids devices freezer cpu; do same "$type $(cat "$at/$type/$ID/cgroup.procs")" "$type $PID"; done
		same "$(cat "$at/pids/$ID/pids.max")" "$(setting '.linux.resources.pids.limit // "max"')"
		same "$(cat "$at/cpu/$ID/cpu.shares")" 1024
	fi
	if [ "$(setting .process.user.uid)" = 0 ]; then
		run inside sh -c 'mknod /home/app/kmsg c 1 11 && : >/home/app/kmsg'
		expect 1 "Operation not permitted"
	fi
	if [ "$(setting '.hooks.prestart | length')" != 0 ]; then
		same "$(cat "$T/hook/exe.args")" "$(setting '.hooks.prestart[0].args[1:] | join(" ")')"
		same "$(jq -r '"\(.id) \(.pid) \(.bundle)"' "$T/hook/exe.state")" "$ID $PID $BUNDLE"
	fi
	ended
}

# profile_is_right NAME NUMBER: a call that the profile does not list fails with this number, one it lists works, also with
# an argument that is looked at; one that is newer than the profile is not there.
profile_is_right() {
	needs_seccomp
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of the calls are those of x86_64"
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	cp "$HELPERS/helper-syscall" "$ROOTFS/bin/syscall"
	started "$1"
	same "$(inside syscall 39) (getpid)" "39: 0 (getpid)"
	same "$(inside syscall 135) (personality)" "135: 0 (personality)"
	same "$(inside syscall 248) (add_key)" "248: $2 (add_key)"
	same "$(inside syscall 999)" "999: 38"
	ended
}

@test "configs: docker: the process" { process_is_right docker; }
@test "configs: docker, as a user: the process" { process_is_right docker-user; }
@test "configs: podman: the process" { process_is_right podman; }
@test "configs: podman, as a user: the process" { process_is_right podman-user; }
@test "configs: containerd: the process" { process_is_right containerd; }
@test "configs: containerd, as a user: the process" { process_is_right containerd-user; }

@test "configs: docker: the files" { files_are_right docker; }
@test "configs: docker, as a user: the files" { files_are_right docker-user; }
@test "configs: podman: the files" { files_are_right podman; }
@test "configs: podman, as a user: the files" { files_are_right podman-user; }
@test "configs: containerd: the files" { files_are_right containerd; }
@test "configs: containerd, as a user: the files" { files_are_right containerd-user; }

@test "configs: docker: what surrounds the process" { surroundings_are_right docker; }
@test "configs: docker, as a user: what surrounds the process" { surroundings_are_right docker-user; }
@test "configs: podman: what surrounds the process" { surroundings_are_right podman; }
@test "configs: podman, as a user: what surrounds the process" { surroundings_are_right podman-user; }
@test "configs: containerd: what surrounds the process" { surroundings_are_right containerd; }
@test "configs: containerd, as a user: what surrounds the process" { surroundings_are_right containerd-user; }

@test "configs: docker: the seccomp profile" { profile_is_right docker 1; }
@test "configs: podman: the seccomp profile" { profile_is_right podman 38; }
@test "configs: containerd: the seccomp profile" { profile_is_right containerd 1; }
