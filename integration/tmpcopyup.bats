# tmpcopyup: a tmpfs begins with what it covers.

load lib/common

# copyup DESTINATION OPTION…
copyup() {
	edit --argjson m "$(jq -nc --arg d "$1" '{destination: $d, type: "tmpfs", source: "tmpfs", options: (["tmpcopyup"] + $ARGS.positional)}' \
		--args -- "${@:2}")" '.mounts += [$m]'
}

all_caps() {
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'
}

# A directory with one of everything.
everything() {
	local d=$ROOTFS/data
	mkdir -p "$d/a/b" "$d/empty" "$d/closed"
	echo content >"$d/a/b/file"
	ln "$d/a/b/file" "$d/a/hard"
	ln "$d/a/b/file" "$d/closed/hard"
	ln -s /etc/passwd "$d/absolute"
	ln -s ../../outside "$d/a/relative"
	ln -s nowhere "$d/dangling"
	echo set >"$d/setuid"
	chown 12:34 "$d/setuid" "$d/a/b"
	chown -h 5:6 "$d/absolute"
	chmod 6751 "$d/setuid"
	chmod 1770 "$d/a/b"
	chmod 000 "$d/closed"
	mkfifo -m 640 "$d/fifo"
	python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])' "$d/socket" 2>/dev/null || true
	touch -d '2001-02-03 04:05:06.789012345 UTC' "$d/setuid" "$d/a/b/file" "$d/a/b" "$d/a" "$d/empty"
	touch -h -d '2002-02-02 UTC' "$d/dangling"
	truncate -s 20G "$d/sparse"
	printf x | dd of="$d/sparse" bs=1 seek=10G conv=notrunc status=none
	chown 77:88 "$d"
	chmod 2755 "$d"
	touch -d '2003-03-03 UTC' "$d"
}

# What is seen of the copy, from the host through /proc/PID/root; nothing of the walk itself changes it.
listing() {
	(cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %s %T+ %n %l\n' | sed -E 's/^(\S+ d \S+ \S+) [0-9]+/\1 -/' | sort)
}

@test "tmpcopyup: content, modes, owners, times, links, holes" {
	everything
	copyup /data size=1m
	args sleep 100
	detached run -d "$ID"
	expect 0
	local root
	root=/proc/$(pid_of "$ID")/root
	same "$(stat -f -c %T "$root/data")" tmpfs
	diff <(listing "$ROOTFS/data") <(listing "$root/data")
	same "$(cat "$root/data/a/hard" "$root/data/setuid")" $'content\nset'
	same "$(stat -c %i "$root/data/a/hard" "$root/data/a/b/file" "$root/data/closed/hard" | sort -u | wc -l)" 1
	cmp -n 100 -i $((10 * 1024 * 1024 * 1024 - 50)) "$ROOTFS/data/sparse" "$root/data/sparse"
	same "$(stat -c '%a %u:%g %y' "$root/data" | cut -d . -f 1)" "2755 77:88 2003-03-03 00:00:00"
	# A copy and not the thing itself.
	echo changed >"$root/data/setuid"
	same "$(cat "$ROOTFS/data/setuid")" set
}

@test "tmpcopyup: extended attributes and file capabilities" {
	mkdir "$ROOTFS/data"
	cp "$ROOTFS/bin/busybox" "$ROOTFS/data/program"
	python3 - "$ROOTFS/data/program" "$ROOTFS/data" <<-'END' || skip "no python3, or no extended attributes here"
		import os, sys
		os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
		os.setxattr(sys.argv[1], "user.note", b"kept")
	END
	copyup /data
	args sleep 100
	detached run -d "$ID"
	expect 0
	run python3 - "/proc/$(pid_of "$ID")/root/data/program" <<-'END'
		import os, sys
		print(os.getxattr(sys.argv[1], "security.capability").hex(), os.getxattr(sys.argv[1], "user.note"))
	END
	expect 0 "0100000200040000000000000000000000000000 b'kept'"
}

@test "tmpcopyup: the options of the tmpfs win; read-only comes after the copy" {
	mkdir "$ROOTFS/data"
	echo x >"$ROOTFS/data/file"
	chown 7:8 "$ROOTFS/data"
	copyup /data mode=1711 uid=3 gid=4 ro noexec
	sh_args 'stat -c "%a %u:%g" /data; cat /data/file; grep -c " /data ro,noexec" /proc/self/mountinfo; touch /data/y'
	run runc run "$ID"
	expect 1 "1711 3:4" x "Read-only file system"
	same "${lines[2]}" 1
}

@test "tmpcopyup: what does not exist, is empty or is reached through a symlink" {
	mkdir "$ROOTFS/real" "$ROOTFS/empty"
	echo x >"$ROOTFS/real/file"
	ln -s real "$ROOTFS/link"
	copyup /new/dir
	copyup /empty
	copyup /link
	sh_args 'ls -A /new/dir /empty; cat /real/file; grep -c " /real .* tmpfs" /proc/self/mountinfo'
	run runc run "$ID"
	expect 0 x
	same "${lines[-1]}" 1
}

@test "tmpcopyup: what is mounted below is not copied, its place is" {
	mkdir -p "$ROOTFS/data/volume" "$T/volume"
	echo secret >"$T/volume/secret"
	echo secret2 >"$T/file"
	echo image >"$ROOTFS/data/file"
	echo image >"$ROOTFS/data/volume/hidden"
	edit --arg t "$T" '.mounts += [{destination: "/data/volume", type: "bind", source: ($t + "/volume"), options: ["bind"]},
		{destination: "/data/file", type: "bind", source: ($t + "/file"), options: ["bind"]}]'
	copyup /data
	sh_args 'cd /data; find . | sort; wc -c <file'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" ". ./file ./volume 0 "
}

@test "tmpcopyup: a device is left out with a warning, a FIFO and a device are never opened" {
	mkdir "$ROOTFS/data"
	mknod "$ROOTFS/data/device" c 1 3
	mkfifo "$ROOTFS/data/fifo"
	echo x >"$ROOTFS/data/z"
	copyup /data
	args ls /data
	LIMIT=5 run runc run "$ID"
	expect 0 "tmpcopyup: devices are not copied; the first: device" fifo
	same "$(grep -v level=warning <<<"$output" | tr '\n' ' ')" "fifo z "
}

@test "tmpcopyup: no room, and directories without end, are errors that name the file" {
	mkdir "$ROOTFS/data"
	head -c 200000 /dev/zero | tr '\0' x >"$ROOTFS/data/large"
	copyup /data size=64k
	refused 'tmpcopyup: large: no space left on device' create "$ID"
	rm "$ROOTFS/data/large"
	deep() { (cd "$ROOTFS/data" && for _ in $(seq "$1"); do mkdir -p d && cd d || exit; done); }
	deep 199
	args find /data -depth -name d
	run runc run "$ID"
	expect 0
	same "$(wc -l <<<"$output")" 199
	deep 200
	refused 'tmpcopyup: directories nested too deeply' create "$ID"
}

@test "tmpcopyup: in a user namespace owners are those of the container" {
	everything
	rm "$ROOTFS/data/sparse"
	chown -h -R 100012:100034 "$ROOTFS/data"
	chmod 4755 "$ROOTFS/data/setuid"
	echo foreign >"$ROOTFS/data/foreign"
	chmod 4755 "$ROOTFS/data/foreign"
	chown 100000:100000 "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	copyup /data
	args sh -c 'stat -c "%n %u:%g %a" /data/a/hard /data/setuid /data/fifo /data/foreign; cat /data/closed/hard'
	all_caps
	run runc run "$ID"
	expect 0 "/data/a/hard 12:34 644" "/data/setuid 12:34 4755" "/data/fifo 12:34 640" "/data/foreign 0:0 755" content
}

@test "tmpcopyup: a directory exchanged with a symlink meanwhile: nothing from outside comes in" {
	local helper=$HELPERS/helper-swap i copied=0 failed=0
	[ -x "$helper" ] || skip "the helper is not built"
	mkdir -p "$ROOTFS/data/dir" "$T/outside"
	echo from-outside >"$T/outside/file"
	echo inside >"$ROOTFS/data/dir/file"
	ln -s "$T/outside" "$ROOTFS/swapped"
	"$helper" "$ROOTFS/swapped" "$ROOTFS/data/dir" 1000 >/dev/null 2>&1 3>&- &
	BACKGROUND="$BACKGROUND $!"
	echo "$! of the test" >>"$T/processes.before"
	copyup /data
	args cat /data/dir/file
	for i in {1..5}; do
		run runc run "$ID"
		lacks "$output" from-outside
		[ "$status" = 0 ] || contains "$output" "dir"
	done
	# By hand there is no mount that forbids symlinks, only what copyup asks for itself; and with strace there is time
	# between the look at the name and its opening, from none to that of several exchanges: a fixed one could always meet
	# the same half of the other's period. An exchange in the middle is an error: what is outside cannot be read (Landlock).
	[ -n "$(type -P strace)" ] || skip "strace is not installed"
	for ((i = 0; i < 60 || i < 600 && (copied == 0 || failed == 0); i++)); do
		mkdir "$T/to"
		strace -o "$T/trace" -e trace=newfstatat -e inject=newfstatat:delay_exit=$((i % 20 * (i % 20) * 10)) \
			"$LIBEXEC/copyup" 0<"$ROOTFS/data" 1<"$T/to" 2>/dev/null 3>&- || { failed=$((failed + 1)) && : >"$T/to/failed"; }
		[ -e "$T/to/failed" ] || [ -L "$T/to/dir" ] || { copied=$((copied + 1)) && grep -q inside "$T/to/dir/file"; }
		[ -L "$T/to/dir" ] || lacks "$(cat "$T/to/dir/file" 2>/dev/null)" from-outside
		rm -r "$T/to"
	done
	[ $copied -gt 0 ] && [ $failed -gt 0 ] || { echo "$copied were copied, $failed met an exchange"; return 1; }
}

@test "tmpcopyup: only for tmpfs; by hand" {
	edit '.mounts += [{destination: "/x", type: "ramfs", source: "x", options: ["tmpcopyup"]}]'
	refused 'mounts\[7\]: options: tmpcopyup can be used only with tmpfs' create "$ID"
	mkdir "$T/from" "$T/to"
	echo x >"$T/from/file"
	"$LIBEXEC/copyup" 0<"$T/from" 1<"$T/to"
	same "$(cat "$T/to/file")" x
	run "$LIBEXEC/copyup" what
	expect 1 usage
}

@test "tmpcopyup: the program has only what it needs while it copies" {
	[ -n "$(type -P strace)" ] || skip "strace is not installed"
	mkdir "$T/from" "$T/to"
	exec 8<"$T/from" 9<"$T/to"
	stop_at getdents64 bash -c 'exec "$0" 0<&8 1<&9' "$LIBEXEC/copyup"
	exec 8<&- 9<&-
	# CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, FSETID 4, SETFCAP 31
	local set status=/proc/$HELD/status
	for set in CapPrm CapEff; do
		same "$(sed -n "s/^$set:[[:space:]]*//p" "$status")" 000000008000001b
	done
	same "$(sed -n 's/^NoNewPrivs:[[:space:]]*//p' "$status")" 1
	same "$(sed -n 's/^Seccomp:[[:space:]]*//p' "$status")" 2
	go_on
}

@test "tmpcopyup: nosuid, nodev and noexec of what it copies hold for the copy, unless the options say otherwise" {
	newer "1.1.5 takes nothing over"
	mkdir "$T/volume"
	cp "$ROOTFS/bin/busybox" "$T/volume/id"
	edit --arg s "$T/volume" '.mounts += [{destination: "/data", source: $s, options: ["bind", "nosuid", "nodev", "noexec"]}]
		| .process.user = {uid: 7, gid: 7} | .process.noNewPrivileges = false'
	cp config.json config.keep
	copyup /data
	sh_args 'grep " /data .* tmpfs" /proc/self/mountinfo | cut -d " " -f 6; /data/id -u'
	run runc run "$ID"
	expect 126 "rw,nosuid,nodev,noexec" "Permission denied"
	cp config.keep config.json
	copyup /data suid exec ro
	sh_args 'grep " /data .* tmpfs" /proc/self/mountinfo | cut -d " " -f 6; /data/id -u'
	run runc run "$ID"
	expect 0
	same "$output" $'ro,nodev,relatime\n7'
	# Only of what is copied: an ordinary tmpfs is as asked for.
	cp config.keep config.json
	edit '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs"}]'
	sh_args 'grep " /data .* tmpfs" /proc/self/mountinfo | cut -d " " -f 6'
	run runc run "$ID"
	same "$output" rw,relatime
}
