# Mounts, devices, masks and the root file system.

load lib/common

# mount JSON: appends to mounts.
mount_add() { edit --argjson m "$1" '.mounts += [$m]'; }
# bind SOURCE DESTINATION OPTION…
bind() {
	local source=$1 destination=$2
	shift 2
	mount_add "$(jq -nc --arg s "$source" --arg d "$destination" \
		'{source: $s, destination: $d, type: "bind", options: $ARGS.positional}' --args -- "$@")"
}

@test "mounts: those of the template are there with their options" {
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	local line
	for line in '/proc .* - proc ' '/dev .*nosuid.* - tmpfs .*size=65536k,mode=755' '/dev/pts .*nosuid,noexec.* - devpts .*gid=5,mode=620,ptmxmode=666' \
		'/dev/shm .*nosuid,nodev,noexec.* - tmpfs .*size=65536k' '/dev/mqueue .* - mqueue ' '/sys ro,nosuid,nodev,noexec.* - sysfs ' \
		'/ ro,'; do
		grep -Eq "$line" <<<"$output" || { echo "no $line in"; echo "$output"; return 1; }
	done
	lacks "$(cut -d ' ' -f 5 <<<"$output")" "$ROOTFS"
}

@test "mounts: nothing of the host is in the container's mountinfo, and nothing new on the host" {
	args sleep 100
	detached run -d "$ID"
	expect 0
	sort -k 5 /proc/self/mountinfo | diff - "$T/mounts.before"
	lacks "$(cut -d ' ' -f 5 "/proc/$(pid_of "$ID")/mountinfo")" bats
}

@test "mounts: bind: directory, file, created destination, read-only, from the bundle" {
	mkdir "$T/dir" "$BUNDLE/relative"
	echo in-dir >"$T/dir/file"
	echo in-relative >"$BUNDLE/relative/file"
	bind "$T/dir" /mnt/new/dir rbind ro
	bind "$T/dir/file" /etc/newfile bind
	bind relative /srv bind
	edit '.root.readonly = true'
	sh_args 'cat /mnt/new/dir/file /etc/newfile /srv/file; touch /mnt/new/dir/x; touch /srv/written'
	run runc run "$ID"
	contains "$output" $'in-dir\nin-dir\nin-relative'
	contains "$output" "Read-only file system"
	[ -e "$BUNDLE/relative/written" ]
	[ ! -e "$T/dir/x" ]
}

@test "mounts: options of a bind: nosuid nodev noexec, and rw over ro" {
	mkdir "$T/dir"
	bind "$T/dir" /mnt/a bind nosuid nodev noexec
	bind "$T/dir" /mnt/b bind ro rw
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	grep -Eq ' /mnt/a rw,nosuid,nodev,noexec' <<<"$output"
	grep -Eq ' /mnt/b rw' <<<"$output"
}

@test "mounts: rro makes submounts read-only too, ro only the top" {
	newer "rro since 1.2"
	mkdir -p "$T/dir/sub"
	mount -t tmpfs none "$T/dir/sub"
	bind "$T/dir" /mnt/a rbind ro
	bind "$T/dir" /mnt/b rbind rro
	sh_args 'touch /mnt/a/sub/x && echo a-writable; touch /mnt/b/sub/x && echo b-writable; true'
	run runc run "$ID"
	umount "$T/dir/sub"
	contains "$output" a-writable
	lacks "$output" b-writable
}

@test "mounts: tmpfs with size and mode" {
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k", "mode=711", "nosuid"]}'
	sh_args 'stat -c %a /mnt; head -c 100000 /dev/zero >/mnt/f'
	run runc run "$ID"
	contains "$output" 711
	grep -Eq 'No space left on device|I/O error' <<<"$output"
}

@test "mounts: an unknown option, a missing source, an unknown type: refused by name" {
	local keep
	keep=$(cat config.json)
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["nosuchoption=1"]}'
	refused 'mnt|nosuchoption' create "$ID"
	echo "$keep" >config.json
	bind /no/such/source /mnt bind
	refused '/no/such/source.*no such file or directory|open /no/such/source' create "$ID"
	echo "$keep" >config.json
	mount_add '{"destination": "/mnt", "type": "nosuchfs", "source": "x"}'
	refused 'no such device|nosuchfs|unknown' create "$ID"
	newer "not in 1.1.5"
	echo "$keep" >config.json
	mkdir "$T/dir"
	bind "$T/dir" /mnt bind "=x"
	refused 'not an option' create "$ID"
	echo "$keep" >config.json
	mount_add '{"destination": "/", "type": "tmpfs", "source": "tmpfs"}'
	refused 'mounts|root' create "$ID"
}

@test "mounts: what stands in the way of a mount point is named" {
	newer "the words differ"
	mkdir -p "$T/source" "$ROOTFS/a"
	mkfifo "$ROOTFS/a/fifo"
	ln -s /etc/passwd "$ROOTFS/link"
	ln -s loop "$ROOTFS/loop"
	local destination element words
	while read -r destination element words; do
		edit --arg d "$destination" --arg s "$T/source" '.mounts |= map(select(.destination == $d | not)) + [
			{destination: $d, source: $s, type: "bind", options: ["bind"]}]'
		refused "rootfs at .+$destination.+: create mountpoint: .+\"$element.+ is in the way: $words" create "$ID" || return 1
		edit '.mounts[-1] |= (.type = "tmpfs" | .source = "tmpfs" | .options = [])'
		refused "rootfs at .+$destination.+: create mountpoint: .+\"$element.+ is in the way: $words" create "$ID" || return 1
		edit 'del(.mounts[-1])'
	done <<-'EOF'
		/etc/passwd/x /etc/passwd not a directory
		/etc/passwd/x/y/z /etc/passwd not a directory
		/a/fifo/x /a/fifo not a directory
		/link/x /link not a directory
		/etc/passwd /etc/passwd not a directory
		/loop/x /loop too many levels of symbolic links
	EOF
	edit '.mounts += [{destination: "/link/proc", source: "proc", type: "proc"}]'
	refused 'must be mounted on ordinary directory: .+"/link.+ is in the way: too many levels of symbolic links' create "$ID"
	edit '.mounts[-1] = {destination: "/a/fifo/cgroup", source: "cgroup", type: "cgroup"}'
	refused 'create mountpoint: .+"/a/fifo.+ is in the way: not a directory' create "$ID"
}

@test "mounts: a directory on a file and a file on a directory are refused: not a directory, as engines look for" {
	mkdir "$T/dir"
	local keep source destination options
	keep=$(cat config.json)
	while read -r source destination options; do
		[ -z "$CONTROL" ] || [[ $options != *nofollow* ]] || continue # of crun
		echo "$keep" >config.json
		bind "$source" "$destination" $options
		refused "error mounting .+$source.+ to rootfs at .+$destination.+: not a directory" create "$ID" || return 1
	done <<-END
		$T/dir /etc/passwd bind
		$T/dir /etc/passwd/below bind
		$T/mounts.before /etc bind
		$T/mounts.before /etc/passwd/below bind
		$T/dir /etc/passwd bind dest-nofollow
		$T/mounts.before /etc bind dest-nofollow
	END
	echo "$keep" >config.json
	mount_add '{"destination": "/etc/passwd", "type": "tmpfs", "source": "tmpfs"}'
	refused '/etc/passwd.*: not a directory' create "$ID"
}

@test "mounts: propagation: a mount inside does not appear outside, one outside not inside unless asked" {
	mkdir "$T/dir"
	mount --bind "$T/dir" "$T/dir"
	mount --make-shared "$T/dir"
	mkdir "$T/dir/sub" "$T/dir/private"
	bind "$T/dir" /mnt/slave rbind rslave
	bind "$T/dir" /mnt/private rbind rprivate
	sh_args 'touch /tmp/ready; while [ ! -e /mnt/slave/go ]; do sleep 0.05; done; ls /mnt/slave/sub /mnt/private/sub'
	edit '.root.readonly = false'
	background run "$ID"
	local waiter=$!
	wait_for 5 test -e "$ROOTFS/tmp/ready"
	mount -t tmpfs none "$T/dir/sub"
	touch "$T/dir/sub/from-outside" "$T/dir/go"
	wait $waiter
	umount "$T/dir/sub" "$T/dir"
	same "$(grep -c from-outside "$T/out")" 1
}

@test "mounts: rootfsPropagation" {
	newer "words differ"
	edit '.linux.rootfsPropagation = "bogus"'
	refused 'rootfsPropagation' create "$ID"
	edit '.linux.rootfsPropagation = "private"'
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	lacks "$(grep ' / / ' <<<"$output")" master:
}

@test "mounts: read-only root; writable root when asked" {
	sh_args 'touch /x'
	run runc run "$ID"
	expect 1 "Read-only file system"
	edit '.root.readonly = false'
	run runc run "$ID"
	expect 0
	[ -e "$ROOTFS/x" ]
}

@test "mounts: devices: the default six, the links, ptmx, and those asked for" {
	edit '.linux.devices = [{path: "/dev/mydev", type: "c", major: 1, minor: 3, fileMode: 432, uid: 12, gid: 34},
		{path: "/dev/sub/fifo", type: "p", fileMode: 384}]'
	sh_args 'umask 077; stat -c "%n %F %t:%T %a %u:%g" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/mydev /dev/sub/fifo
		for l in fd stdin stdout stderr ptmx; do echo $l-$(readlink /dev/$l); done; ls -A /dev | sort | tr "\n" " "'
	run runc run "$ID"
	expect 0
	local line
	for line in "/dev/null character special file 1:3 666 0:0" "/dev/zero character special file 1:5 666 0:0" \
		"/dev/full character special file 1:7 666 0:0" "/dev/random character special file 1:8 666 0:0" \
		"/dev/urandom character special file 1:9 666 0:0" "/dev/tty character special file 5:0 666 0:0" \
		"/dev/mydev character special file 1:3 660 12:34" "/dev/sub/fifo fifo 0:0 600 0:0" \
		fd-/proc/self/fd stdin-/proc/self/fd/0 stdout-/proc/self/fd/1 stderr-/proc/self/fd/2 ptmx-pts/ptmx; do
		contains "$output" "$line"
	done
	lacks "$output" sda
	lacks "$output" console
}

@test "mounts: devices that are wrong are refused" {
	newer "1.1.5 takes some"
	local device
	for device in '{"path": "relative", "type": "c", "major": 1, "minor": 3}' '{"path": "", "type": "c", "major": 1, "minor": 3}' \
		'{"path": "/dev/x", "type": "q", "major": 1, "minor": 3}' '{"path": "/dev/x", "type": "c", "major": -5, "minor": 3}' \
		'{"path": "/dev/../etc/zz", "type": "c", "major": 1, "minor": 3}' \
		'{"path": "/dev/x", "type": "c", "major": 99999999, "minor": 3}'; do
		edit --argjson d "$device" '.linux.devices = [$d]'
		refused 'device' create "$ID"
	done
}

@test "mounts: masked and read-only paths (RT-03)" {
	sh_args 'for p in /proc/kcore /proc/keys /proc/timer_list /proc/latency_stats; do
			[ -e $p ] || continue; echo "mask $p $(head -c 10 $p | wc -c) $(stat -c %t:%T $p)"; (echo x >$p.new) 2>/dev/null && echo BAD; done
		for p in /proc/acpi /proc/scsi /sys/firmware /proc/asound; do [ -d $p ] && echo "dir $p $(ls -A $p | wc -l)"; done
		for p in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/irq/default_smp_affinity; do
			(echo x >$p) 2>/dev/null && echo "WROTE $p"; done
		for p in /proc/kcore /proc/sys /proc/bus /proc/fs; do umount $p 2>/dev/null && echo "UMOUNTED $p"; done
		mount -o remount,rw /proc/sys 2>/dev/null && echo REMOUNTED; true'
	run runc run "$ID"
	expect 0
	[ ! -e /proc/kcore ] || contains "$output" "mask /proc/kcore 0 1:3"
	contains "$output" "mask /proc/keys 0 1:3"
	lacks "$output" BAD
	lacks "$output" WROTE
	lacks "$output" UMOUNTED
	lacks "$output" REMOUNTED
	local line
	while read -r _ _ line; do same "$line" 0; done <<<"$(grep '^dir ' <<<"$output" || echo "x x 0")"
}

@test "mounts: masks of the bundle's own files and directories; what is missing is skipped" {
	mkdir "$ROOTFS/secret"
	echo s >"$ROOTFS/secret/file"
	echo s >"$ROOTFS/secretfile"
	edit '.linux.maskedPaths += ["/secret", "/secretfile", "/nosuch", "/secret"] | .linux.readonlyPaths += ["/etc", "/nosuch"]
		| .root.readonly = false'
	sh_args 'ls -A /secret | wc -l; wc -c </secretfile; exec 2>&1; touch /etc/x; touch /tmp/y && echo root-writable; touch /secret/z'
	run runc run "$ID"
	same "${lines[0]}${lines[1]}" 00
	contains "$output" "Read-only file system"
	contains "$output" root-writable
	[ ! -e "$ROOTFS/secret/z" ]
}

@test "mounts: what is masked or read-only twice, in whatever spelling, is so once" {
	newer "1.1.5 mounts twice"
	mkdir "$ROOTFS/secret" "$ROOTFS/fixed"
	echo s >"$ROOTFS/secretfile"
	ln -s secret "$ROOTFS/link"
	edit '.linux.maskedPaths += ["/secret", "/secretfile", "/secret", "/secret/", "/link", "/secretfile"]
		| .linux.readonlyPaths += ["/fixed", "/etc", "/fixed/", "/fixed"] | .root.readonly = false'
	sh_args 'awk "\$5 ~ /^.(secret|secretfile|fixed|etc)\$/ { print \$5 }" /proc/self/mountinfo | sort'
	run runc run "$ID"
	expect 0
	same "$output" $'/etc\n/fixed\n/secret\n/secretfile'
}

@test "mounts: a masked or read-only file has its name with a slash or a dot behind it, too; an empty path is none" {
	newer "1.1.5 fails at the slash"
	echo s >"$ROOTFS/secret"
	echo s >"$ROOTFS/fixed"
	chmod 666 "$ROOTFS/fixed"
	edit '.linux.maskedPaths += ["/secret/", "/proc/timer_list/.", ""] | .linux.readonlyPaths += ["", "/fixed//./"] | .root.readonly = false'
	sh_args 'cat /secret /proc/timer_list; (echo x >/fixed) 2>&1; touch /made && echo made'
	run runc run "$ID"
	expect 0 'linux.maskedPaths[12]: empty, so ignored' 'linux.readonlyPaths[5]: empty, so ignored' 'fixed: Read-only file system' made
	[[ $'\n'$output$'\n' != *$'\ns\n'* ]]
	lacks "$output" Version
	local path
	for path in / /. //; do
		edit --arg path "$path" '.linux.maskedPaths = [$path] | .linux.readonlyPaths = []'
		refused 'linux.maskedPaths\[0\]: must not be the root file system itself' create "$ID"
		edit --arg path "$path" '.linux.maskedPaths = [] | .linux.readonlyPaths = [$path]'
		refused 'linux.readonlyPaths\[0\]: must not be the root file system itself' create "$ID"
	done
}

@test "mounts: the rootfs: missing, a file, a symlink, a FIFO, empty" {
	edit '.root.path = "/no/such/rootfs"'
	refused 'no such file or directory' create "$ID"
	echo x >"$T/file"
	edit --arg p "$T/file" '.root.path = $p'
	refused 'not a directory' create "$ID"
	ln -s "$ROOTFS" "$T/link"
	edit --arg p "$T/link" '.root.path = $p'
	refused 'symlink' create "$ID"
	newer "1.1.5 has other words"
	mkfifo "$T/fifo"
	edit --arg p "$T/fifo" '.root.path = $p'
	LIMIT=5 refused 'not a directory' create "$ID"
	edit '.root.path = ""'
	refused 'root' create "$ID"
	edit 'del(.root)'
	refused 'root' create "$ID"
}

@test "mounts: an absolute and a relative root.path" {
	args cat /etc/marker
	echo m >"$ROOTFS/etc/marker"
	edit --arg p "$ROOTFS" '.root.path = $p'
	run runc run "$ID"
	expect 0 m
	edit '.root.path = "./rootfs/"'
	run runc run "$ID"
	expect 0 m
}

@test "mounts: three thousand tmpfs are made within the time limit" {
	newer "it is slow"
	edit '.mounts += [range(3000) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs"}]'
	sh_args 'wc -l </proc/self/mountinfo'
	edit '.mounts = ([{destination: "/mnt", type: "tmpfs", source: "tmpfs"}] + (.mounts | sort_by(.destination | startswith("/mnt"))))'
	LIMIT=30 run runc run "$ID"
	expect 0
	[ "$output" -gt 3000 ]
}
