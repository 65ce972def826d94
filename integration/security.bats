# Old weaknesses, each with a canary: what the host owns is unchanged, or the container is refused. RT numbers are those
# of the regression catalogue in doc/architecture.md's sources. Run as a control (CONTROL=1) some of them must fail.

load lib/common

setup() {
	setup_bundle
	CANARY=$T/canary
	mkdir "$CANARY"
	echo untouched >"$CANARY/file"
	edit '.root.readonly = false'
	canary_state >"$T/canary.before"
}

canary_state() {
	find "$CANARY" -printf '%p %y %m %U %G %s %T@ %l\n' | sort
	cat "$CANARY/file"
}

canary_unchanged() {
	canary_state | diff "$T/canary.before" - || { echo "the canary changed"; return 1; }
	sort -k 5 /proc/self/mountinfo | diff "$T/mounts.before" -
}

# safe VERB…: it may succeed or be refused, but not hang, not die of a signal, and not touch the canary.
safe() {
	status=0
	runc "$@" </dev/null >"$T/out" 2>"$T/err" || status=$?
	output=$(cat "$T/out" "$T/err")
	# 255 is a program's own status; 124 is the time limit, more a signal.
	[ "$status" -lt 124 ] || [ "$status" = 255 ] || { echo "status $status: $output"; return 1; }
	if [ -d "$STATE/$ID" ]; then runc delete --force "$ID"; fi
	canary_unchanged || { echo "$output"; return 1; }
}

@test "security: fds 3 to 20 of the caller never reach the container (RT-01)" {
	sh_args 'ls /proc/self/fd | tr "\n" " "; ls -l /proc/self/fd 2>/dev/null | grep canary; true'
	run bash -c 'for i in $(seq 3 20); do eval "exec $i<\"$3\""; done; exec timeout 10 "$0" --root "$1" run "$2"' \
		"$RUNC" "$STATE" "$ID" "$CANARY"
	expect 0
	same "${lines[0]}" "0 1 2 3 "
	lacks "$output" canary
}

@test "security: mount targets through symlinks stay inside (RT-02)" {
	local i link keep
	keep=$(cat config.json)
	ln -s "$CANARY" "$ROOTFS/abs"
	ln -s ../../../../../../../../../../../../../.."$CANARY" "$ROOTFS/rel"
	ln -s nowhere "$ROOTFS/dangling"
	ln -s loop "$ROOTFS/loop"
	ln -s /proc/self/cwd "$ROOTFS/magic"
	ln -s "$CANARY/file" "$ROOTFS/tofile"
	echo x >"$T/source"
	for link in /abs /abs/ /abs/new/dir /rel /rel/x/../y /dangling /loop /magic /magic/x /../../../../..$CANARY /abs/../abs; do
		echo "$keep" >config.json
		edit --arg d "$link" '.mounts += [{destination: $d, type: "tmpfs", source: "tmpfs"}]'
		safe create "$ID" || { echo "destination $link"; return 1; }
	done
	for link in /abs/file /tofile /rel/file /abs/new; do
		echo "$keep" >config.json
		edit --arg d "$link" --arg s "$T/source" '.mounts += [{destination: $d, source: $s, options: ["bind"]}]'
		safe create "$ID" || { echo "destination $link"; return 1; }
	done
}

@test "security: nothing may be mounted on or below /proc (RT-04)" {
	newer "1.1.5 and crun differ"
	local d keep
	keep=$(cat config.json)
	ln -s proc "$ROOTFS/link"
	mkdir -p "$ROOTFS/x"
	for d in /proc /proc/self /proc/self/attr /proc/sys/kernel /proc/1/ns /x/../proc/sys //proc/sys /link /link/sys /proc/self/exe; do
		echo "$keep" >config.json
		edit --arg d "$d" '.mounts += [{destination: $d, type: "tmpfs", source: "tmpfs"}]'
		refused 'proc' create "$ID" || { echo "destination $d"; return 1; }
		echo "$keep" >config.json
		edit --arg d "$d" --arg s "$CANARY" '.mounts += [{destination: $d, source: $s, options: ["bind"]}]'
		refused 'proc' create "$ID" || { echo "bind on $d"; return 1; }
	done
	canary_unchanged
	echo "$keep" >config.json
	echo fake >"$T/cpuinfo"
	edit --arg s "$T/cpuinfo" '.mounts += [{destination: "/proc/cpuinfo", source: $s, options: ["bind"]}] | .process.args = ["cat", "/proc/cpuinfo"]'
	run runc run "$ID"
	expect 0 fake
}

@test "security: a created container cannot be looked into from another one (RT-07)" {
	args sleep 100
	detached create "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	# Not dumpable: the files of /proc/PID belong to root even when the ids of the process are others.
	newer "1.1.5 waits as a dumpable process"
	run setpriv --bounding-set=-all,+setuid,+setgid --reuid 65534 --regid 65534 --clear-groups ls "/proc/$pid/fd"
	[ "$status" != 0 ]
	same "$(stat -c %u "/proc/$pid/environ")" 0
}

@test "security: /proc/PID/exe of a created container is a sealed memfd, never a file of the host (RT-08)" {
	args sleep 100
	detached create "$ID"
	expect 0
	local exe
	exe=$(readlink "/proc/$(pid_of "$ID")/exe")
	[[ $exe == "/memfd:"* || $exe == *"(deleted)"* ]] || { echo "exe is $exe"; return 1; }
	run bash -c ': >>"/proc/$0/exe"' "$(pid_of "$ID")"
	[ "$status" != 0 ]
	newer "the size is that of davit's dmz"
	[ "$(stat -L -c %s "/proc/$(pid_of "$ID")/exe")" -le 32768 ]
}

@test "security: at no moment is /proc/PID/exe a file of the host once the process is in its namespaces (RT-08)" {
	# A watcher inside the container's pid namespace looks at every process the whole time: a joined pid namespace.
	[ -x "$HELPERS/helper-exewatch" ] || skip "the helper is not built"
	cp "$HELPERS/helper-exewatch" "$ROOTFS/bin/exewatch"
	edit '.process.args = ["exewatch", "4"] | .process.capabilities[] += ["CAP_SYS_PTRACE"]'
	runc run -d "$ID" </dev/null >"$T/seen" 2>"$T/err"
	local i pid
	pid=$(pid_of "$ID")
	wait_for 3 grep -q ready "$T/seen"
	cp config.json config.watcher
	edit --arg p "/proc/$pid/ns/pid" '.process.args = ["true"] | .linux.namespaces |= map(if .type == "pid" then .path = $p else . end)'
	for i in 1 2 3 4 5 6 7 8 9 10; do runc run "$ID-$i"; done
	wait_for 6 is_stopped "$ID"
	cat "$T/seen"
	grep -q '^exe' "$T/seen"
	newer "1.1.5 is a copy of the whole runtime"
	lacks "$(grep '^exe' "$T/seen")" "$TOP"
	lacks "$(grep '^exe' "$T/seen")" "$LIBEXEC"
	lacks "$(grep '^exe' "$T/seen")" /davit
}

@test "security: installed programs are unchanged after containers that try to write them (RT-08)" {
	newer "for davit"
	sha256sum "$RUNC" "$LIBEXEC"/* >"$T/sums"
	printf '#!/proc/self/exe\n' >"$ROOTFS/bad"
	chmod +x "$ROOTFS/bad"
	args /bad
	safe run "$ID"
	sh_args 'for p in /proc/[0-9]*; do (echo x >>$p/exe) 2>/dev/null; done; true'
	safe run "$ID"
	sha256sum --quiet -c "$T/sums"
}

@test "security: /proc, /sys, /dev … in the rootfs as symlink, file or FIFO (RT-10)" {
	local d kind keep=$T/keep
	newer "1.1.5 leaves things"
	for d in proc sys dev; do
		for kind in abs rel dangling self file fifo; do
			[ -d "$keep" ] || cp -a "$ROOTFS" "$keep"
			rm -rf "$ROOTFS"
			cp -al "$keep" "$ROOTFS"
			rm -rf "${ROOTFS:?}/$d"
			case $kind in
			abs) ln -s "$CANARY" "$ROOTFS/$d" ;;
			rel) ln -s "../../../../../../../../..$CANARY" "$ROOTFS/$d" ;;
			dangling) ln -s nowhere "$ROOTFS/$d" ;;
			self) ln -s "$d" "$ROOTFS/$d" ;;
			file) echo x >"$ROOTFS/$d" ;;
			fifo) mkfifo "$ROOTFS/$d" ;;
			esac
			case $d-$kind in
			dev-abs | dev-rel | dev-dangling) safe create "$ID" && expect 0 || { echo "/$d as $kind"; return 1; } ;;
			*) refused "$d" create "$ID" || { echo "/$d as $kind"; return 1; } ;;
			esac
			canary_unchanged
		done
	done
}

@test "security: /dev/pts, /dev/shm, /sys/fs/cgroup as symlinks without a mount above (RT-10)" {
	newer "1.1.5 differs"
	local d keep
	keep=$(cat config.json)
	for d in dev/pts dev/shm dev/mqueue; do
		echo "$keep" >config.json
		edit --arg d "/$d" 'del(.mounts[] | select(.destination == "/dev"))'
		rm -rf "$ROOTFS/dev"
		mkdir "$ROOTFS/dev"
		ln -s "$CANARY" "$ROOTFS/$d"
		safe create "$ID"
	done
}

@test "security: sources are opened before the first mount of the container (RT-11)" {
	newer "for davit"
	command -v strace >/dev/null || skip "strace is not installed"
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		mkdir -p "$T/vol/$i"
		edit --arg s "$T/vol/$i" --arg d "/vol/$i" '.mounts += [{destination: $d, source: $s, options: ["bind"]}]'
	done
	timeout 20 strace -f -o "$T/trace" -e trace=open_tree,move_mount -e inject=open_tree:delay_enter=10000 \
		"$RUNC" --root "$STATE" run "$ID"
	local last first
	last=$(grep -n "open_tree(.*\"[^\"]*vol/12" "$T/trace" | tail -n 1 | cut -d : -f 1)
	[ -n "$last" ] || { echo "no open_tree of a source in the trace"; return 1; }
	# The rootfs itself may be attached as the new root while sources are still being opened: it is no mount of config.json.
	first=$(grep -n 'move_mount(' "$T/trace" | grep -v 'AT_FDCWD, "/"' | head -n 1 | cut -d : -f 1)
	echo "last source at line $last, first mount at line $first"
	[ "$last" -lt "$first" ]
}

@test "security: a volume directory that is swapped all the time (RT-11, RT-17)" {
	[ -x "$HELPERS/helper-swap" ] || skip "the helper is not built"
	mkdir -p "$ROOTFS/vol"
	ln -s "$CANARY" "$ROOTFS/vol.link"
	"$HELPERS/helper-swap" "$ROOTFS/vol" "$ROOTFS/vol.link" 3>&- 4>&- &
	BACKGROUND=$!
	local i
	echo x >"$T/source"
	for i in 1 2 3 4 5 6 7 8; do
		edit --arg d "/vol/a$i/b" --arg s "$T/source" '.mounts += [{destination: $d, type: "tmpfs", source: "tmpfs"},
			{destination: ($d + "f"), source: $s, options: ["bind"]}]'
	done
	for ((i = 0; i < ${SWAPS:-40}; i++)); do
		safe run "$ID" || { echo "run $i"; return 1; }
	done
}

@test "security: the same with every mkdirat delayed (RT-17)" {
	[ -x "$HELPERS/helper-swap" ] || skip "the helper is not built"
	command -v strace >/dev/null || skip "strace is not installed"
	mkdir -p "$ROOTFS/vol"
	ln -s "$CANARY" "$ROOTFS/vol.link"
	edit '.mounts += [{destination: "/vol/a/b/c", type: "tmpfs", source: "tmpfs"}]'
	"$HELPERS/helper-swap" "$ROOTFS/vol" "$ROOTFS/vol.link" 1000 3>&- 4>&- &
	BACKGROUND=$!
	local i call
	for call in mkdirat openat2 move_mount; do
		for i in 1 2 3; do
			timeout -k 2 30 strace -f --seccomp-bpf -o /dev/null -e "trace=$call" -e "inject=$call:delay_enter=$((i * i * 400))" \
				"$RUNC" --root "$STATE" run "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
			canary_unchanged
		done
	done
}

@test "security: annotations have no power (RT-18)" {
	edit '.annotations = {"org.systemd.property.ExecStop": "\u0027/bin/sh\u0027",
		"org.criu.config": "/etc/passwd", "run.oci.hooks.stdout": "/x", "bundle": "/"}'
	run runc run "$ID"
	expect 0
	same "$output" ""
}

@test "security: the mask is never the container's own /dev/null (RT-19)" {
	local kind keep
	keep=$(cat config.json)
	for kind in symlink procfile missing zero regular fifo; do
		echo "$keep" >config.json
		edit 'del(.mounts[] | select(.destination | startswith("/dev"))) | .process.args = ["sh", "-c", "cat /proc/keys; cat /secret"]
			| .linux.maskedPaths += ["/secret"]'
		rm -rf "$ROOTFS/dev"
		mkdir "$ROOTFS/dev"
		echo secret-content >"$ROOTFS/secret"
		echo other-content >"$ROOTFS/other"
		case $kind in
		symlink) ln -s /other "$ROOTFS/dev/null" ;;
		procfile) ln -s /proc/version "$ROOTFS/dev/null" ;;
		zero) mknod "$ROOTFS/dev/null" c 1 5 ;;
		regular) echo other-content >"$ROOTFS/dev/null" ;;
		fifo) mkfifo "$ROOTFS/dev/null" ;;
		esac
		status=0
		LIMIT=5 safe run "$ID"
		lacks "$output" secret-content
		lacks "$output" other-content
		lacks "$output" "Linux version"
	done
}

@test "security: a masked path that is a symlink, dangling, or below an unreadable directory (RT-19)" {
	echo secret-content >"$ROOTFS/real"
	ln -s real "$ROOTFS/link"
	ln -s nowhere "$ROOTFS/dangling"
	mkdir -m 000 "$ROOTFS/closed"
	echo secret-content >"$ROOTFS/closed/file"
	edit '.linux.maskedPaths += ["/link", "/dangling", "/closed/file"]'
	sh_args 'cat /link /closed/file; true'
	safe run "$ID"
	lacks "$output" secret-content
}

@test "security: /dev/console, /dev/ptmx, /dev/pts and /dev/tty made hostile, with a terminal (RT-20, RT-25)" {
	newer "1.1.5 truncates the file"
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	local name target keep
	keep=$(cat config.json)
	echo content >"$ROOTFS/etc/victim"
	for name in console ptmx pts tty null; do
		for target in "$CANARY/file" "$CANARY/new" /etc/victim /proc/self/exe; do
			echo "$keep" >config.json
			edit 'del(.mounts[] | select(.destination == "/dev")) | .process.terminal = true'
			rm -rf "$ROOTFS/dev" "$T/socket"
			mkdir "$ROOTFS/dev"
			ln -s "$target" "$ROOTFS/dev/$name"
			"$HELPERS/helper-recvtty" "$T/socket" >/dev/null 2>&1 3>&- 4>&- &
			BACKGROUND="$BACKGROUND $!"
			wait_for 5 test -S "$T/socket"
			safe create --console-socket "$T/socket" "$ID" || { echo "$name -> $target"; return 1; }
			kill $! 2>/dev/null || true
			same "$(cat "$ROOTFS/etc/victim")" content
		done
	done
}

@test "security: what is mounted over files of /proc does not receive our writes (RT-21, RT-22)" {
	# A createContainer hook does, at a known point, what a racing container would do.
	newer "1.1.5 writes into the canary"
	local file
	edit '.linux.sysctl = {"kernel.msgmax": "4243"} | .process.oomScoreAdj = 17 | .process.args = ["sh", "-c",
		"cat /proc/self/oom_score_adj; mount -t proc none /tmp 2>/dev/null; cat /proc/sys/kernel/msgmax"]'
	for file in sys/kernel/msgmax self/oom_score_adj self/attr self/fd thread-self/attr sys; do
		edit --arg f "$file" --arg c "$CANARY" '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c",
			"d=proc/" + $f + "; if [ -d $d ]; then /bin/mount --bind " + $c + " $d; else /bin/mount --bind " + $c + "/file $d; fi; true"],
			env: ["PATH=/bin:/usr/bin:/sbin:/usr/sbin"]}]'
		safe run "$ID" || { echo "over /proc/$file"; return 1; }
	done
}

@test "security: the image's /dev is a symlink to the host (RT-23)" {
	newer "1.1.5 replaces the host's ptmx"
	local target keep
	keep=$(cat config.json)
	for target in "$CANARY" "../../../../../../../..$CANARY" etc; do
		echo "$keep" >config.json
		edit 'del(.mounts[] | select(.destination | startswith("/dev"))) | .linux.devices = [{path: "/dev/sub/x", type: "c", major: 1, minor: 3}]'
		rm -rf "$ROOTFS/dev"
		ln -s "$target" "$ROOTFS/dev"
		safe create "$ID" || { echo "/dev -> $target"; return 1; }
	done
}

@test "security: a dangling /dev of the image has nothing made in a volume that comes to lie there" {
	newer "1.1.5 makes it"
	rm -rf "$ROOTFS/dev"
	ln -s /vol/new "$ROOTFS/dev"
	volume file
	mount_volume /vol /dev
	safe run "$ID"
	[ "$status" != 0 ] || echo "$output"
	volume_unchanged
	edit '.mounts |= map(select(.destination | IN("/dev/pts", "/dev/shm") | not))'
	safe run "$ID"
	volume_unchanged
}

# volume FILE…: a directory of the host in $T/volume with these files; $before is what it looks like.
volume() {
	mkdir -p "$T/volume"
	(cd "$T/volume" && for f in "$@"; do mkdir -p "$(dirname "$f")" && echo "mine $f" >"$f"; done)
	before=$(volume_state)
}
volume_state() { (cd "$T/volume" && find . -printf '%P %y %m %U:%G %s %l\n' | sort; find . -type f -exec cat {} +); }
volume_unchanged() { same "$(volume_state)" "$before" || { echo "$output"; return 1; }; }

# mount_volume DESTINATION [AFTER]: the last mount of config.json, or that after the one on AFTER.
mount_volume() {
	edit --arg s "$T/volume" --arg d "$1" --arg a "$2" '{source: $s, destination: $d, type: "bind", options: ["rbind"]} as $m
		| .mounts |= if $a == "" then . + [$m] else map(if .destination == $a then ., $m else . end) end'
}

with_user_namespace() {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.uidMappings = .linux.gidMappings'
}

@test "security: an image's link leads a volume to /dev: nothing is made, linked or replaced in it" {
	newer "1.1.5 replaces the volume's ptmx"
	local keep target
	keep=$(cat config.json)
	volume ptmx file
	for target in /dev dev ../../dev /x; do
		rm -f "$ROOTFS/data" "$ROOTFS/x"
		ln -s "$target" "$ROOTFS/data"
		ln -s dev "$ROOTFS/x"
		echo "$keep" >config.json
		mount_volume /data
		args cat /dev/file
		safe run "$ID"
		same "$output" "mine file"
		volume_unchanged
		with_user_namespace
		safe run "$ID"
		same "$output" "mine file"
		volume_unchanged
	done
}

@test "security: the same before the mounts below /dev: they are refused, not made in the volume" {
	newer "1.1.5 makes them"
	local keep
	keep=$(cat config.json)
	ln -s /dev "$ROOTFS/data"
	volume ptmx
	mount_volume /data /dev
	refused "/dev/pts.*an image's symlink has led a bind mount there" create "$ID"
	volume_unchanged
	echo x >"$T/file"
	echo "$keep" >config.json
	edit 'del(.mounts[] | select(.destination | startswith("/dev/")))'
	mount_volume /data
	edit --arg s "$T/file" '.mounts += [{source: $s, destination: "/dev/new/file", options: ["bind"]}]'
	refused '/dev/new/file.*an image.s symlink has led a bind mount there' create "$ID"
	volume_unchanged
	# A tmpfs that covers it is ours again.
	echo "$keep" >config.json
	mount_volume /data /proc
	sh_args 'ls /dev/null /dev/pts/ptmx; readlink /dev/ptmx'
	safe run "$ID"
	expect 0 /dev/null /dev/pts/ptmx pts/ptmx
	volume_unchanged
}

@test "security: linux.devices and the console are not made in a bind mount" {
	newer "1.1.5 makes them"
	local keep
	keep=$(cat config.json)
	volume file
	mknod "$T/volume/there" c 1 3
	before=$(volume_state)
	ln -s /dev/sub "$ROOTFS/data"
	edit '.linux.devices = [{path: "/vol/null", type: "c", major: 1, minor: 3}, {path: "/vol/new/fifo", type: "p"},
		{path: "/vol/there", type: "c", major: 1, minor: 3}, {path: "/dev/sub/zero", type: "c", major: 1, minor: 5}]'
	mount_volume /vol
	mount_volume /data
	args ls /vol /dev/sub
	safe run "$ID"
	expect 0 "not made in what a bind mount brought: /vol/null" "brought: /vol/new/fifo" "brought: /dev/sub/zero"
	lacks "$output" "brought: /vol/there"
	volume_unchanged
	edit '.linux.devices |= [.[1]]' # of others the host has no such path
	with_user_namespace
	safe run "$ID"
	expect 0 "brought: /vol/new/fifo"
	volume_unchanged
	edit '.linux.devices = [{path: "/vol/file", type: "c", major: 1, minor: 3}] | del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= map(select(.type != "user"))'
	refused '/vol/file: file exists' create "$ID"
	volume_unchanged
	# A device, but another one.
	edit '.linux.devices = [{path: "/vol/there", type: "c", major: 1, minor: 5}]'
	refused '/vol/there: file exists' create "$ID"
	volume_unchanged
}

@test "security: a bound /dev gets no console, no devices and no links" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	newer "1.1.5 makes a console"
	volume file
	mkdir "$T/volume/pts"
	before=$(volume_state)
	mount_volume /dev /dev
	edit '.process.terminal = true | .process.args = ["tty"] | .mounts |= map(select(.destination | test("^/dev/(shm|mqueue)") | not))
		| .linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 3}, {path: "/dev/sub/x", type: "p"}]'
	"$HELPERS/helper-recvtty" "$T/socket" >"$T/tty" 2>&1 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$T/socket"
	detached create --console-socket "$T/socket" "$ID"
	expect 0 "not made in what a bind mount brought: /dev/console"
	runc start "$ID"
	wait_for 5 grep -q /dev/pts/0 "$T/tty"
	runc delete -f "$ID"
	volume_unchanged
}

@test "security: /dev/null as a link, with stdio from the host's null and another user (RT-26)" {
	newer "output of 1.1.5 lands in the file"
	edit 'del(.mounts[] | select(.destination | startswith("/dev"))) | .process.user = {uid: 1000, gid: 1000}
		| .process.args = ["sh", "-c", "echo into-null"]'
	rm -rf "$ROOTFS/dev"
	mkdir "$ROOTFS/dev"
	echo content >"$ROOTFS/etc/victim"
	ln -s /etc/victim "$ROOTFS/dev/null"
	local before
	before=$(stat -c '%u %g %s %a' "$ROOTFS/etc/victim" /dev/null)
	status=0
	runc run "$ID" </dev/null >/dev/null 2>"$T/err" || status=$?
	same "$(stat -c '%u %g %s %a' "$ROOTFS/etc/victim" /dev/null)" "$before"
	canary_unchanged
}

@test "security: stdio of the host's devices is not chowned" {
	local before
	before=$(stat -c '%u %g %a' /dev/null)
	edit '.process.user = {uid: 1000, gid: 1000}'
	runc run "$ID" </dev/null >/dev/null 2>/dev/null
	detached create "$ID"
	runc create "$ID-n" </dev/null >/dev/null 2>/dev/null
	same "$(stat -c '%u %g %a' /dev/null)" "$before"
}

@test "security: cwd through /proc/self/fd, /proc/1/root and links to them (RT-16)" {
	local cwd
	newer "1.1.5 needs Debian's patch"
	ln -s /proc/self/fd/7 "$ROOTFS/link"
	for cwd in $(seq -f /proc/self/fd/%.0f 3 20) /proc/thread-self/cwd /proc/self/cwd /proc/1/root /link /proc/self/fd/4/../../..; do
		edit --arg c "$cwd" '.process.cwd = $c | .process.args = ["sh", "-c", "pwd -P; ls -A . | head -n 50; cat canary/file file"]'
		status=0
		runc run "$ID" </dev/null >"$T/out" 2>"$T/err" 7<"$T" 8</ || status=$?
		[ "$status" -lt 124 ]
		lacks "$(cat "$T/out")" untouched
		if [ -s "$T/out" ]; then [[ $(head -n 1 "$T/out") == /* ]]; fi
		if [ -d "$STATE/$ID" ]; then runc delete --force "$ID"; fi
	done
	canary_unchanged
}

@test "security: resources that name another cgroup file (RT-15)" {
	newer "1.1.5 has other words"
	local name
	mkdir "/sys/fs/cgroup/pids/canary-$ID" 2>/dev/null || skip "no pids hierarchy"
	for name in "../canary-$ID/pids.max" "../../x" $'a\nb' "cgroup.procs/../x"; do
		edit --arg n "$name" '.linux.resources.unified = {($n): "1"}'
		run runc create "$ID"
		expect 1 unified
		edit --arg n "$name" 'del(.linux.resources.unified) | .linux.resources.hugepageLimits = [{pageSize: $n, limit: 1}]'
		run runc create "$ID"
		expect 1
		edit 'del(.linux.resources.hugepageLimits)'
	done
	same "$(cat "/sys/fs/cgroup/pids/canary-$ID/pids.max")" max
	rmdir "/sys/fs/cgroup/pids/canary-$ID"
	nothing_left
}

@test "security: ids with slashes, and cgroupsPath with .., make nothing outside (RT-27)" {
	local id
	for id in ../../canary "../$(basename "$CANARY")" "a/../../canary" /; do
		run runc create "$id"
		expect 1
		run runc delete --force "$id"
		canary_unchanged
	done
	nothing_left
}

@test "security: the state root: symlinks, foreign owners, open modes, strange files (RT-32)" {
	newer "1.1.5 follows"
	mkdir -m 700 "$STATE"
	ln -s "$CANARY" "$STATE/$ID"
	run runc create "$ID"
	expect 1
	run runc delete --force "$ID"
	run runc state "$ID"
	[ "$status" = 1 ]
	canary_unchanged
	rm -f "$STATE/$ID"
	echo x >"$STATE/$ID"
	run runc create "$ID"
	expect 1
	rm -f "$STATE/$ID"
	args sleep 100
	detached create "$ID"
	ln -s "$CANARY" "$STATE/$ID/strange"
	mkdir "$STATE/$ID/directory"
	run runc delete --force "$ID"
	canary_unchanged
	rm -rf "${STATE:?}/$ID"
	chmod 777 "$STATE"
	run runc create "$ID"
	expect 1
	chmod 700 "$STATE"
	chown 1234 "$STATE"
	run runc create "$ID"
	expect 1
	chown 0 "$STATE"
	ln -s "$STATE" "$T/linked"
	nothing_left
}

@test "security: state files that lie do not make us signal others" {
	newer "1.1.5 reads state.json"
	args sleep 100
	detached run -d "$ID"
	sleep 1000 3>&- 4>&- &
	BACKGROUND=$!
	jq --argjson p $! '.init_process_pid = $p' "$STATE/$ID/state.json" >"$T/state.json"
	cp "$T/state.json" "$STATE/$ID/state.json"
	runc kill "$ID" KILL || true
	runc delete --force "$ID" || true
	kill -0 $BACKGROUND
}

@test "security: state files as FIFO do not hang anything" {
	newer "1.1.5 hangs"
	args sleep 100
	local file
	for file in journal plan state.json config.json; do
		detached run -d "$ID"
		expect 0
		rm -f "$STATE/$ID/$file"
		mkfifo "$STATE/$ID/$file"
		LIMIT=3 run runc state "$ID"
		[ "$status" != 124 ]
		LIMIT=3 run runc list
		[ "$status" != 124 ]
		LIMIT=3 run runc kill "$ID" KILL
		[ "$status" != 124 ]
		rm -f "$STATE/$ID/$file"
		LIMIT=5 run runc delete --force "$ID"
		[ "$status" != 124 ]
		sweep
		rm -rf "${STATE:?}/$ID"
	done
}

@test "security: no set-id bit, no file capability, nothing writable by others (RT-34)" {
	newer "for davit"
	same "$(find "$RUNC" "$LIBEXEC" -type f \( -perm /6000 -o -perm /0022 \))" ""
	command -v getcap >/dev/null && same "$(getcap -r "$LIBEXEC" "$RUNC" 2>/dev/null)" ""
	true
}

@test "security: privileges inside are the same for every combination of namespaces (RT-35)" {
	local i n list
	args grep -E '^(CapEff|CapBnd|CapInh|CapAmb|NoNewPrivs|Seccomp_filters):' /proc/self/status
	edit 'del(.hostname)'
	cp config.json all.json
	run runc run "$ID"
	expect 0
	local want=$output
	for i in 0 1 2 3 5 7 9 12 15; do
		cp all.json config.json
		list='["mount"'
		[ $((i & 1)) = 0 ] || list+=',"pid"'
		[ $((i & 2)) = 0 ] || list+=',"ipc"'
		[ $((i & 4)) = 0 ] || list+=',"uts"'
		[ $((i & 8)) = 0 ] || list+=',"network"'
		edit --argjson l "$list]" '.linux.namespaces |= map(select(.type as $t | $l | index($t)))
			| .mounts |= map(select(.type != "mqueue"))'
		[ $((i & 8)) != 0 ] || edit '.mounts |= map(if .type == "sysfs" then . else . end)'
		run runc run "$ID"
		expect 0
		same "$output" "$want"
	done
}

@test "security: arguments that look like options or hold newlines reach hooks whole (RT-36)" {
	edit --arg f "$T/args" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "printf \"<%s>\" \"$@\" >" + $f, "sh",
		"--root=/", "-x", "a\nb", "k=v,w", "*"]}]'
	run runc run "$ID"
	expect 0
	same "$(cat "$T/args")" $'<--root=/><-x><a\nb><k=v,w><*>'
}

@test "security: parse holds no privilege and opens nothing after its confinement (strace)" {
	newer "for davit"
	command -v strace >/dev/null || skip "strace is not installed"
	timeout 20 strace -f -o "$T/trace" "$RUNC" --root "$STATE" run "$ID"
	# The process that executes parse, from its seccomp call on.
	local pid
	pid=$(grep -E 'execve.*parse' "$T/trace" | grep -v ENOENT | head -n 1 | cut -d ' ' -f 1)
	[ -n "$pid" ]
	grep "^$pid " "$T/trace" >"$T/parse.trace"
	grep -Eq 'PR_SET_NO_NEW_PRIVS' "$T/parse.trace"
	grep -Eq 'setresuid\(21[0-9]{8}, 21[0-9]{8}, 21[0-9]{8}\) *= 0' "$T/parse.trace"
	sed '1,/PR_SET_SECCOMP\|seccomp(SECCOMP_SET_MODE_FILTER/d' "$T/parse.trace" >"$T/after"
	[ -s "$T/after" ]
	run grep -E ' (open|openat|openat2|socket|connect|execve|execveat|clone|clone3|fork|vfork|mount|ptrace|kill|setuid|setresuid|bpf|unlink|mkdir|stat|newfstatat)\(' "$T/after"
	same "$output" ""
	cut -d ' ' -f 2- "$T/after" | sed 's/^ *//; s/(.*//' | grep -E '^[a-z0-9_]+$' | sort -u >"$T/calls"
	cat "$T/calls"
	[ "$(wc -l <"$T/calls")" -le 12 ]
}

@test "security: no file of the rootfs is opened for writing (RT-24, strace)" {
	newer "for davit"
	command -v strace >/dev/null || skip "strace is not installed"
	edit '.mounts += [{destination: "/newdir/x", type: "tmpfs", source: "tmpfs"}]'
	timeout 20 strace -f -o "$T/trace" -e trace=open,openat,openat2,creat "$RUNC" --root "$STATE" run "$ID"
	run grep -E '"[^"]*(etc|passwd|hosts|resolv)[^"]*".*(O_WRONLY|O_RDWR)' "$T/trace"
	same "$output" ""
}
