# Device nodes of the container: every type, mode and owner, what is there already, and user namespaces.
# layouts: hybrid v2

load lib/common

# devices JSON: sets linux.devices.
devices() { edit --argjson d "$1" '.linux.devices = $d'; }

# with_user_namespace: the container gets one, with the ids 0 to 999 at 100000.
with_user_namespace() {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1000}]'
}

setup() {
	setup_bundle
	edit '.root.readonly = false'
	mkdir "$ROOTFS/opt"
}

@test "devices: block, character, unbuffered and fifo, with mode and owner, in any directory" {
	devices '[{"path": "/opt/block", "type": "b", "major": 7, "minor": 200, "fileMode": 432, "uid": 1, "gid": 2},
		{"path": "/opt/char", "type": "c", "major": 1, "minor": 5, "fileMode": 0},
		{"path": "/opt/new/dir/unbuffered", "type": "u", "major": 1, "minor": 7, "gid": 9},
		{"path": "/opt/fifo", "type": "p", "fileMode": 511, "uid": 3},
		{"path": "/opt/sticky", "type": "p", "fileMode": 4095},
		{"path": "/dev/fifo", "type": "p", "major": 5, "minor": 6}]'
	args stat -c '%n %F %t:%T %a %u:%g' /opt/block /opt/char /opt/new/dir/unbuffered /opt/fifo /opt/sticky /dev/fifo
	umask 077
	run runc run "$ID"
	umask 022
	expect 0
	newer "1.1.5 knows no u and compares the numbers of a fifo"
	same "$output" "/opt/block block special file 7:c8 660 1:2
/opt/char character special file 1:5 0 0:0
/opt/new/dir/unbuffered character special file 1:7 666 0:9
/opt/fifo fifo 0:0 777 3:0
/opt/sticky fifo 0:0 7777 0:0
/dev/fifo fifo 0:0 666 0:0"
}

@test "devices: one that is there already is kept as it is" {
	mknod -m 600 "$ROOTFS/opt/zero" c 1 5
	chown 7:8 "$ROOTFS/opt/zero"
	mkfifo -m 640 "$ROOTFS/opt/fifo"
	devices '[{"path": "/opt/zero", "type": "c", "major": 1, "minor": 5}, {"path": "/opt/fifo", "type": "p"}]'
	args stat -c '%n %F %t:%T %a %u:%g' /opt/zero /opt/fifo
	newer "1.1.5 wants the same mode and owner"
	run runc run "$ID"
	expect 0 "/opt/zero character special file 1:5 600 7:8" "/opt/fifo fifo 0:0 640 0:0"
}

@test "devices: another file in its place is refused and stays: other number, other type, file, directory, symlink" {
	local keep i
	mknod "$ROOTFS/opt/number" c 1 5
	mknod "$ROOTFS/opt/type" b 1 3
	mkfifo "$ROOTFS/opt/fifo"
	echo content >"$ROOTFS/opt/file"
	mkdir "$ROOTFS/opt/directory"
	ln -s /dev/null "$ROOTFS/opt/link"
	ln -s nowhere "$ROOTFS/opt/dangling"
	keep=$(ls -l --time-style=full-iso "$ROOTFS/opt")
	newer "1.1.5 has other words and follows links"
	for i in number type fifo file directory link dangling; do
		devices "[{\"path\": \"/opt/$i\", \"type\": \"c\", \"major\": 1, \"minor\": 3}]"
		refused "/opt/$i: (file exists|too many levels of symbolic links)" create "$ID"
	done
	devices '[{"path": "/opt/file", "type": "p"}]'
	refused "/opt/file: file exists" create "$ID"
	devices '[{"path": "/opt/link/x", "type": "p"}]'
	refused "/opt/link/x: .*(not a directory|too many levels of symbolic links)" create "$ID"
	same "$(ls -l --time-style=full-iso "$ROOTFS/opt")" "$keep"
}

@test "devices: a default one may be given with another mode and owner" {
	devices '[{"path": "/dev/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 384, "uid": 4, "gid": 5}]'
	args stat -c '%n %t:%T %a %u:%g' /dev/zero /dev/null
	run runc run "$ID"
	expect 0
	same "$output" "/dev/zero 1:5 600 4:5
/dev/null 1:3 666 0:0"
}

@test "devices: the default ones without a mount on /dev" {
	edit 'del(.mounts[] | select(.destination | startswith("/dev")))'
	sh_args 'stat -c "%n %t:%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; readlink /dev/ptmx; readlink /dev/fd'
	run runc run "$ID"
	expect 0
	same "$output" "/dev/null 1:3
/dev/zero 1:5
/dev/full 1:7
/dev/random 1:8
/dev/urandom 1:9
/dev/tty 5:0
pts/ptmx
/proc/self/fd"
}

@test "devices: in a user namespace they are made as asked, whatever the host has there; the default ones are the host's" {
	newer "1.1.5 binds whatever the host has"
	with_user_namespace
	chown 100000:100000 "$ROOTFS/opt" "$ROOTFS/etc"
	devices '[{"path": "/dev/mine", "type": "c", "major": 10, "minor": 229, "fileMode": 384, "uid": 5, "gid": 6},
		{"path": "/opt/new/block", "type": "b", "major": 7, "minor": 200, "fileMode": 432, "gid": 999},
		{"path": "/opt/zero", "type": "u", "major": 1, "minor": 5},
		{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 999},
		{"path": "/dev/full", "type": "c", "major": 1, "minor": 5, "fileMode": 0},
		{"path": "/etc/hostname", "type": "c", "major": 1, "minor": 3},
		{"path": "/dev/fifo", "type": "p", "fileMode": 420, "uid": 6, "gid": 7}]'
	sh_args 'stat -c "%n %F %t:%T %a %u:%g" /dev/mine /opt/new/block /opt/zero /dev/null /dev/full /etc/hostname /dev/fifo /dev/zero
		head -c 3 /opt/zero | wc -c; echo x >/dev/null && echo works; (exec 3</dev/mine) 2>&1 | sed "s/.*: //"
		awk "\$5 ~ /^\/(opt|dev\/(mine|null|zero|full|random))/ { print \$5, \$6, \$9 }" /proc/self/mountinfo'
	# Whoever lists a default device decides about access to it, as with runc.
	edit '.linux.resources.devices += [{allow: true, type: "c", major: 1, access: "rwm"}]'
	umask 077
	run runc run "$ID"
	umask 022
	expect 0
	same "$(grep -v '^/[a-z/]* rw,' <<<"$output")" "/dev/mine character special file a:e5 600 5:6
/opt/new/block block special file 7:c8 660 0:999
/opt/zero character special file 1:5 666 0:0
/dev/null character special file 1:3 666 999:0
/dev/full character special file 1:5 0 0:0
/etc/hostname character special file 1:3 666 0:0
/dev/fifo fifo 0:0 644 6:7
/dev/zero character special file 1:5 666 65534:65534
3
works
Permission denied"
	# None of them runs programs, as root inside sees it or not.
	same "$(grep -c '^/[a-z/]* rw,nosuid,noexec' <<<"$output")" 7
}

@test "devices: in a user namespace: an id that is not mapped is refused by its name" {
	newer "1.1.5 binds whatever the host has"
	with_user_namespace
	devices '[{"path": "/dev/mine", "type": "c", "major": 10, "minor": 229, "uid": 1000}]'
	refused '/dev/mine.*uid 1000 is not mapped' create "$ID"
	devices '[{"path": "/dev/mine", "type": "c", "major": 10, "minor": 229, "gid": 1000}]'
	refused '/dev/mine.*gid 1000 is not mapped' create "$ID"
}

@test "devices: in a joined user namespace without mappings those of the host are bound, and only those" {
	newer "1.1.5 wants the maps as well"
	with_user_namespace
	cp config.json own.json
	args sleep 1000
	runc run -d "$ID-a" </dev/null >"$T/out" 2>&1
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/user" --slurpfile own own.json '.process = $own[0].process
		| .linux.namespaces |= map(if .type == "user" then .path = $p else . end)'
	devices '[{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 384, "uid": 5}]'
	edit '.linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 3, access: "rwm"}]'
	cp config.json own.json
	args stat -c '%F %t:%T %a %u:%g' /dev/null
	run runc run "$ID"
	expect 0 "character special file 1:3 600 5:0"
	edit 'del(.linux.uidMappings, .linux.gidMappings)'
	run runc run "$ID"
	expect 0 "character special file 1:3 666 65534:65534"
	devices '[{"path": "/dev/null", "type": "c", "major": 1, "minor": 5}]'
	run runc run "$ID"
	expect 1 "the host has another file at the path of the device /dev/null"
	devices '[{"path": "/dev/mine", "type": "c", "major": 10, "minor": 229}]'
	run runc run "$ID"
	expect 1 "open device /dev/mine: no such file or directory"
	runc delete --force "$ID-a"
}

@test "devices: an entry for /dev/ptmx is the link that is made anyway, with a user namespace, too" {
	devices '[{"path": "/dev/ptmx", "type": "c", "major": 5, "minor": 2, "uid": 5}]'
	sh_args 'readlink /dev/ptmx; (exec 3<>/dev/ptmx) && echo opened'
	run runc run "$ID"
	expect 0
	same "$output" $'pts/ptmx\nopened'
	with_user_namespace
	edit '.mounts |= map(if .type == "devpts" then .options = ["newinstance", "ptmxmode=0666"] else . end)'
	run runc run "$ID"
	expect 0
	same "$output" $'pts/ptmx\nopened'
}

@test "devices: through symlinks on the way, which stay in the root; not through one that leads nowhere" {
	mkdir "$ROOTFS/real"
	ln -s real "$ROOTFS/link"
	ln -s /real "$ROOTFS/opt/absolute"
	ln -s ../../../../../../real "$ROOTFS/opt/climbing"
	ln -s nowhere "$ROOTFS/dangling"
	devices '[{"path": "/link/a", "type": "c", "major": 1, "minor": 5, "uid": 1}, {"path": "/opt/absolute/b", "type": "c", "major": 1, "minor": 5},
		{"path": "/opt/climbing/new/c", "type": "p"}]'
	args stat -c '%n %F %u' /real/a /real/b /real/new/c
	run runc run "$ID"
	expect 0
	same "$output" $'/real/a character special file 1\n/real/b character special file 0\n/real/new/c fifo 0'
	newer "1.1.5 makes one where a dangling link leads, and needs the host's in a user namespace"
	rm -r "$ROOTFS"/real/*
	with_user_namespace
	chown 100000:100000 "$ROOTFS/real"
	run runc run "$ID"
	expect 0
	same "$output" $'/real/a character special file 1\n/real/b character special file 0\n/real/new/c fifo 0'
	devices '[{"path": "/dangling/x", "type": "c", "major": 1, "minor": 5}]'
	refused '/dangling/x: too many levels of symbolic links' create "$ID"
	ln -s /proc "$ROOTFS/opt/proc"
	devices '[{"path": "/opt/proc/stat", "type": "c", "major": 1, "minor": 5}]'
	refused 'into /proc: /opt/proc/stat' create "$ID"
}

@test "devices: an image whose /dev is a symlink" {
	local target
	rmdir "$ROOTFS/dev"
	mkdir -p "$ROOTFS/other/dev"
	sh_args 'exec >/out; cd /other/dev && echo $(stat -c %t:%T null zero full random urandom tty my) $(readlink ptmx) $(readlink fd)
		awk "\$5 ~ /^.other/ { print \$5 }" /proc/self/mountinfo | sort; echo x >/dev/null && tty'
	devices '[{"path": "/dev/my", "type": "c", "major": 10, "minor": 229}]'
	edit '.process.terminal = true'
	for target in other/dev /other/dev ../../../other/dev; do
		[ "$target" = other/dev ] || newer "1.1.5 follows the others on the host"
		ln -sfn "$target" "$ROOTFS/dev"
		rm -f "$ROOTFS/out"
		timeout -k 2 20 script -qec "$RUNC --root $STATE run $ID" /dev/null >"$T/out" 2>&1 </dev/null 3>&- 4>&- || { cat "$T/out"; return 1; }
		same "$(cat "$ROOTFS/out")" "1:3 1:5 1:7 1:8 1:9 5:0 a:e5 pts/ptmx /proc/self/fd
/other/dev
/other/dev/console
/other/dev/mqueue
/other/dev/pts
/other/dev/shm
/other/dev/pts/0"
	done
	edit '.process.terminal = false | del(.mounts[] | select(.destination | startswith("/dev")))'
	sh_args 'cd /other/dev && echo $(stat -c %t:%T null zero full random urandom tty my) $(readlink ptmx) $(readlink fd); echo x >/dev/null'
	run runc run "$ID"
	expect 0
	same "$output" "1:3 1:5 1:7 1:8 1:9 5:0 a:e5 pts/ptmx /proc/self/fd"
}

# allowed RULE…: whether the container may read, and write, /dev/kmsg with these rules; "r-", "-w", …
allowed() {
	edit --argjson r "$(jq -nc '$ARGS.positional | map(fromjson)' --args -- "$@")" '.linux.resources.devices = $r'
	run runc run "$ID"
	expect 0
	same "$(tr -d '\n' <<<"$output")" "$expected"
}

@test "devices: rules count in the listed order, and what nobody mentions is denied" {
	in_v2 || needs_controller devices
	local expected k='"type": "c", "major": 1, "minor": 11'
	devices '[{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}]'
	edit '.process.capabilities[] += ["CAP_SYSLOG"]'
	sh_args '(exec 3</dev/kmsg) 2>/dev/null && echo r || echo -; (exec 3>/dev/kmsg) 2>/dev/null && echo w || echo -'
	expected=--
	allowed
	allowed '{"allow": false, "access": "rwm"}'
	allowed "{\"allow\": true, $k, \"access\": \"rw\"}" '{"allow": false, "access": "rwm"}'
	allowed "{\"allow\": true, $k, \"access\": \"rw\"}" "{\"allow\": false, $k, \"access\": \"rw\"}"
	expected=rw
	allowed '{"allow": true, "access": "rwm"}'
	allowed '{"allow": false, "access": "rwm"}' "{\"allow\": true, $k, \"access\": \"rw\"}"
	allowed '{"allow": false, "access": "rwm"}' '{"allow": true, "type": "a", "access": "rwm"}'
	allowed '{"allow": true, "access": "rwm"}' "{\"allow\": false, $k, \"access\": \"rw\"}" "{\"allow\": true, $k, \"access\": \"rw\"}"
	allowed '{"allow": true, "type": "c", "major": -1, "minor": -1, "access": "rw"}'
	allowed '{"allow": true, "type": "c", "major": 1, "access": "rw"}'
	expected=r-
	allowed "{\"allow\": true, $k, \"access\": \"rw\"}" "{\"allow\": false, $k, \"access\": \"w\"}"
	allowed "{\"allow\": true, $k, \"access\": \"r\"}"
	expected=-w
	allowed '{"allow": true, "access": "rwm"}' "{\"allow\": false, $k, \"access\": \"r\"}"
	expected=--
	allowed '{"allow": true, "type": "b", "major": 1, "minor": 11, "access": "rw"}'
	allowed '{"allow": true, "type": "c", "major": 11, "minor": 1, "access": "rw"}'
}

@test "devices: no rule takes the default ones away, and any node may be made" {
	in_v2 || needs_controller devices
	findmnt -n -o OPTIONS -T "$ROOTFS" | grep -qw nodev && skip "$ROOTFS is mounted nodev"
	edit '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: false, type: "c", major: 1, access: "rwm"}]
		| .process.capabilities[] += ["CAP_MKNOD"]'
	sh_args 'for d in null zero full random urandom; do (exec 3</dev/$d) && echo $d; done
		(exec 3<>/dev/ptmx) && echo ptmx; mknod /opt/c c 200 1 && mknod /opt/b b 200 1 && mknod /opt/ttyprintk c 5 3 && echo made
		for d in c b ttyprintk; do (exec 3</opt/$d) 2>&1 | sed "s/.*: //"; done'
	run runc run "$ID"
	expect 0
	same "$output" "null
zero
full
random
urandom
ptmx
made
Operation not permitted
Operation not permitted
Operation not permitted"
}
