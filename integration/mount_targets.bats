# Where mounts land: destinations through symlinks, over files, missing; sources relative and symlinks.

load lib/common

# bind SOURCE DESTINATION OPTION…
bind() {
	edit --argjson m "$(jq -nc --arg s "$1" --arg d "$2" '{source: $s, destination: $d, type: "none", options: (["bind"] + $ARGS.positional)}' \
		--args -- "${@:3}")" '.mounts += [$m]'
}
tmpfs() { edit --arg d "$1" '.mounts += [{destination: $d, type: "tmpfs", source: "tmpfs"}]'; }

# paths: the mount points of $output's mountinfo that are not the template's.
paths() { cut -d ' ' -f 5 <<<"$output" | grep -vE '^/(|proc.*|sys.*|dev.*)$' | sort | tr '\n' ' '; }

@test "targets: through symlinks, absolute and relative, that never leave the root" {
	mkdir -p "$ROOTFS/real/dir" "$T/source"
	ln -s /real "$ROOTFS/absolute"
	ln -s ../../../real "$ROOTFS/real/climbing"
	ln -s "$T" "$ROOTFS/host"
	mkdir -p "$ROOTFS/$T"
	bind "$T/source" /absolute/dir
	tmpfs /real/climbing/two
	tmpfs /host/three
	tmpfs /absolute/../four
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	same "$(paths)" "$(printf '%s\n' /real/dir /real/two "$T/three" /four | sort | tr '\n' ' ')"
	[ ! -e "$T/three" ]
}

@test "targets: over files, over symlinks to files, over what is mounted already" {
	echo old >"$ROOTFS/file"
	ln -s file "$ROOTFS/link"
	echo new >"$T/new"
	echo newer >"$T/newer"
	bind "$T/new" /link
	bind "$T/newer" /file
	tmpfs /mnt
	tmpfs /mnt
	sh_args 'cat /file; readlink /link; grep -c " /mnt " /proc/self/mountinfo'
	run runc run "$ID"
	expect 0
	same "$output" $'newer\nfile\n2'
	same "$(cat "$ROOTFS/file")" old
}

@test "targets: missing ones are made, a directory for a directory and a file for a file" {
	mkdir "$T/dir"
	echo x >"$T/file"
	mkfifo "$T/fifo"
	bind "$T/dir" /new/a/b
	bind "$T/file" /new/c/d
	bind "$T/fifo" /new/fifo
	tmpfs /new/e
	sh_args 'stat -c "%n %F" /new/a/b /new/c/d /new/fifo /new/e'
	run runc run "$ID"
	expect 0 "/new/a/b directory" "/new/c/d regular file" "/new/fifo fifo" "/new/e directory"
	same "$(stat -c '%F %a' "$ROOTFS/new/a/b" "$ROOTFS/new/c/d" "$ROOTFS/new/fifo" | tr '\n' ' ')" \
		"directory 755 regular empty file 644 regular empty file 644 "
}

@test "targets: dangling symlinks lead to what is made inside the root" {
	mkdir -p "$ROOTFS/x" "$T/dir"
	echo content >"$T/file"
	ln -s /nowhere/deep "$ROOTFS/x/absolute"
	ln -s ../gone/file "$ROOTFS/x/relative"
	ln -s ../../../../../escaped "$ROOTFS/x/up"
	ln -s x/absolute "$ROOTFS/chain"
	ln -s "$T/host-file" "$ROOTFS/x/host"
	bind "$T/dir" /chain/more
	bind "$T/file" /x/relative
	bind "$T/file" /x/up
	bind "$T/file" /x/host
	tmpfs /x/absolute/t
	sh_args "cat /gone/file /escaped $T/host-file; grep -oE ' /nowhere/deep/[a-z]+ ' /proc/self/mountinfo; readlink /x/up"
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "content content content  /nowhere/deep/more   /nowhere/deep/t  ../../../../../escaped "
	[ ! -e "$T/host-file" ]
	[ ! -e "$T/escaped" ]
	[ -f "$ROOTFS/escaped" ]
}

@test "targets: symlinks without end, and .. below what is not there, are refused" {
	newer "other words"
	ln -s loop2 "$ROOTFS/loop1"
	ln -s loop1 "$ROOTFS/loop2"
	local keep
	keep=$(cat config.json)
	tmpfs /loop1/a
	refused 'create mountpoint: .*too many levels of symbolic links' create "$ID"
	echo "$keep" >config.json
	bind "$T/mounts.before" /loop2
	refused 'create mountpoint: .*too many levels of symbolic links' create "$ID"
	echo "$keep" >config.json
	ln -s missing/../../etc "$ROOTFS/odd"
	tmpfs /odd/x
	refused 'create mountpoint: invalid argument' create "$ID"
}

@test "targets: proc, sysfs, mqueue, devpts and cgroup take no symlink, dangling or not" {
	newer "1.1.5 checks two of them"
	local keep type
	ln -s etc "$ROOTFS/link"
	ln -s nowhere "$ROOTFS/dangling"
	keep=$(cat config.json)
	for type in sysfs mqueue devpts cgroup; do
		for link in link dangling; do
			echo "$keep" >config.json
			edit --arg t $type --arg l "/$link" '.mounts += [{destination: $l, type: $t, source: $t}]'
			refused "/$link" create "$ID"
		done
	done
	[ ! -e "$ROOTFS/nowhere" ]
	echo "$keep" >config.json
	rmdir "$ROOTFS/proc"
	ln -s etc "$ROOTFS/proc"
	refused 'must be mounted on ordinary directory' create "$ID"
}

@test "targets: dest-nofollow mounts over the symlink itself; what is missing is made" {
	newer "of crun"
	echo old >"$ROOTFS/file"
	ln -s file "$ROOTFS/link"
	ln -s nowhere "$ROOTFS/dangling"
	echo new >"$T/new"
	mkdir "$T/dir"
	bind "$T/new" /link dest-nofollow
	bind "$T/new" /dangling dest-nofollow
	bind "$T/new" /made/file dest-nofollow
	bind "$T/dir" /made/dir dest-nofollow
	sh_args 'cat /file /link /dangling /made/file; stat -c %F /link /made/dir'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "old new new new regular file directory "
	[ ! -e "$ROOTFS/nowhere" ]
}

@test "targets: src-nofollow mounts the symlink itself" {
	newer "of crun"
	ln -s /etc/passwd "$T/link"
	bind "$T/link" /new src-nofollow dest-nofollow
	bind "$T/link" /followed
	sh_args 'readlink /new; stat -c %F /followed'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "/etc/passwd regular file "
}

@test "targets: copy-symlink makes the same symlink, accepts it when it is there, refuses another file" {
	newer "of crun"
	ln -s some/where "$T/link"
	echo x >"$T/file"
	bind "$T/link" /etc/new copy-symlink
	bind "$T/file" /etc/plain copy-symlink
	sh_args 'readlink /etc/new; cat /etc/plain; grep -c " /etc/new " /proc/self/mountinfo; true'
	run runc run "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "some/where x 0 "
	run runc run "$ID"
	expect 0
	bind "$T/link" /etc/passwd copy-symlink
	refused 'copy-symlink: there is something else' create "$ID"
}

@test "targets: on /proc only a procfs, which a bind may bring; on /sys anything" {
	local keep
	mkdir "$T/dir"
	echo x >"$T/dir/file"
	# instead of the template's mount, and after it
	replace() { edit --argjson m "$2" --arg d "$1" '.mounts |= map(if .destination == $d then $m else . end)'; }
	local ordinary='{"destination": "/proc", "type": "bind", "source": "'$T'/dir", "options": ["rbind"]}'
	local host='{"destination": "/proc", "type": "bind", "source": "/proc", "options": ["rbind"]}'
	sh_args 'echo $(stat -f -c %T /proc/); cat /sys/file; true'
	keep=$(cat config.json)
	replace /proc "$ordinary"
	refused '/proc.*cannot be mounted because it is not of type proc' create "$ID"
	echo "$keep" >config.json
	edit --argjson m "$ordinary" '.mounts += [$m]'
	refused '/proc.*cannot be mounted because it is not of type proc' create "$ID"
	echo "$keep" >config.json
	replace /proc "${ordinary/rbind/bind\", \"dest-nofollow}"
	[ -n "$CONTROL" ] || refused '/proc.*cannot be mounted because it is not of type proc' create "$ID"
	echo "$keep" >config.json
	replace /proc "$host"
	run runc run "$ID"
	expect 0 proc
	echo "$keep" >config.json
	edit --argjson m "$host" '.mounts += [$m]'
	run runc run "$ID"
	expect 0 proc
	echo "$keep" >config.json
	replace /sys "${ordinary/\/proc//sys}"
	run runc run "$ID"
	expect 0 "$(printf 'proc\nx')"
	echo "$keep" >config.json
	edit --argjson m "${ordinary/\/proc//sys}" '.mounts += [$m]'
	run runc run "$ID"
	expect 0 "$(printf 'proc\nx')"
	# The root of a procfs is covered by another one wherever it lies, and by nothing else.
	echo "$keep" >config.json
	edit '.mounts += [{destination: "/p", type: "proc", source: "proc"}, {destination: "/p", type: "proc", source: "again"}]
		| .process.args = ["awk", "$2 == \"/p\" { print $1 }", "/proc/mounts"]'
	run runc run "$ID"
	expect 0
	same "$output" "proc
again"
	edit '.mounts[-1].type = "tmpfs"'
	[ -n "$CONTROL" ] || refused '/p.*cannot be mounted because it is not of type proc' create "$ID"
}

@test "targets: a relative source is below the bundle, whatever the current directory is" {
	mkdir "$BUNDLE/below"
	echo x >"$BUNDLE/below/file"
	ln -s below "$BUNDLE/link"
	bind below /a
	bind ./link/file /b
	bind ../bundle/below /c
	sh_args 'cat /a/file /b /c/file'
	cd /
	run runc run --bundle "$BUNDLE" "$ID"
	expect 0
	same "$(tr '\n' ' ' <<<"$output")" "x x x "
	cd "$BUNDLE"
}

@test "targets: a source below the root that an earlier mount made is looked up inside the root" {
	mkdir -p "$T/host/x" "$T/host/file.d" "$T/outside" "$ROOTFS/mnt/x" "$ROOTFS/final" "$ROOTFS/etc/real"
	echo host >"$T/host/x/file"
	echo image >"$ROOTFS/mnt/x/file"
	echo secret >"$T/outside/file"
	echo real >"$ROOTFS/etc/real/file"
	bind "$T/host" /mnt
	bind "$ROOTFS/mnt/x" /final ro
	bind "$ROOTFS/mnt/x/file" /final/file
	tmpfs /empty
	bind "$ROOTFS/empty" /second nosuid
	sh_args 'cat /final/file; awk "\$5 ~ /final|second/ { print \$5, \$6 }" /proc/self/mountinfo; echo x >/second/made && cat /empty/made'
	run runc run "$ID"
	expect 0 host "/final ro" "/second rw,nosuid"
	same "${lines[-1]}" x
	# A link of the volume could lead to an unmasked /proc, or with runc to the host.
	newer "1.1.5 follows them, on the host"
	local link
	ln -s "$T/outside" "$T/host/out"
	ln -s /etc/real "$T/host/in"
	ln -s /proc "$T/host/proc"
	ln -s /proc/self/root "$T/host/magic"
	for link in out in proc magic/etc; do
		edit --arg r "$ROOTFS" --arg l "$link" '.mounts |= map(select(.destination != "/final/file")
			| if .destination == "/final" then .source = $r + "/mnt/" + $l else . end)'
		refused "/mnt/$link: too many levels of symbolic links" create "$ID"
	done
	edit --arg r "$ROOTFS" '.mounts |= map(if .destination == "/final" then .source = $r + "/mnt/gone" else . end)'
	refused '/mnt/gone: no such file or directory' create "$ID"
	# not below an earlier mount: the host's
	edit --arg r "$ROOTFS" '.mounts |= map(if .destination == "/final" then .source = $r + "/etc/real" else . end)'
	run runc run "$ID"
	expect 0 real
}

@test "targets: ten thousand binds and ten thousand read-only tmpfs, in time that grows with their number" {
	newer "it is slow"
	[ "$(ulimit -Hn)" -gt 11000 ] || [ "$(ulimit -Hn)" = unlimited ] || skip "at most $(ulimit -Hn) open files here"
	mkdir "$T/source"
	local kind n start took=()
	for kind in bind tmpfs; do
		took=()
		for n in 2000 10000; do
			edit --arg k $kind --argjson n $n --arg s "$T/source" '.mounts |= map(select(.destination | startswith("/mnt") | not))
				+ [{destination: "/mnt", type: "tmpfs", source: "t"}]
				+ [range($n) | {destination: "/mnt/\(.)", type: $k, source: $s, options: (if $k == "bind" then ["bind", "ro"] else ["ro"] end)}]'
			args grep -c ' /mnt/.* ro,' /proc/self/mountinfo
			start=$(date +%s%N)
			LIMIT=60 run runc run "$ID"
			took+=($((($(date +%s%N) - start) / 1000000)))
			expect 0 $n
		done
		echo "$kind: ${took[*]} ms" >&2
		# five times as many; the machine is shared
		[ "${took[1]}" -lt $((took[0] * 15 + 1000)) ]
	done
}

@test "targets: too many open files and too many mounts are told as that" {
	newer "other words"
	mkdir "$T/source"
	edit --arg s "$T/source" 'del(.process.rlimits) | .mounts += [{destination: "/mnt", type: "tmpfs", source: "t"}]
		+ [range(1000) | {destination: "/mnt/\(.)", type: "bind", source: $s, options: ["bind"]}]'
	(
		ulimit -n 500 || exit 0
		setpriv --bounding-set=-sys_resource true 2>/dev/null || exit 0
		status=0
		setpriv --bounding-set=-sys_resource timeout 10 "$RUNC" --root "$STATE" create "$ID" >"$T/out" 2>&1 3>&- 4>&- || status=$?
		output=$(cat "$T/out")
		expect 1 "too many open files"
	)
	[ "$(cat /proc/sys/fs/mount-max)" -le 100000 ] || skip "fs.mount-max is $(cat /proc/sys/fs/mount-max)"
	mount -t tmpfs none "$T/source"
	for i in {1..1000}; do mkdir "$T/source/$i" && mount --bind "$T/source" "$T/source/$i"; done
	edit '.mounts |= .[0:120] | .mounts |= map(if .destination | startswith("/mnt/") then .options = ["rbind"] else . end)'
	LIMIT=30 run runc create "$ID"
	umount -l "$T/source"
	expect 1 "more mounts than fs.mount-max allows: no space left on device"
}
