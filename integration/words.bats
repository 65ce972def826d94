# What an error says: the object, why it failed, and what to do.

load lib/common

@test "words: a state root that is full is named" {
	newer "only for davit"
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	mkdir "$T/full"
	STATE=$T/full/state
	mount -t tmpfs -o size=8k none "$T/full"
	detached create "$ID"
	umount "$T/full"
	expect 1 " in $STATE/$ID: no space left on device"
	STATE=$T/state
}

@test "words: a state root in which nothing can be made is named" {
	newer "only for davit"
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	mkdir -m 700 "$T/fixed"
	mount -t tmpfs -o ro,mode=700 none "$T/fixed"
	STATE=$T/fixed
	detached create "$ID"
	umount "$T/fixed"
	STATE=$T/state
	expect 1 "mkdir $T/fixed/$ID: read-only file system"
}

@test "words: a root file system that is missing is named by its absolute path" {
	newer "the words differ"
	edit '.root.path = "nosuch/root"'
	refused "invalid rootfs: stat $BUNDLE/nosuch/root: no such file or directory" run "$ID"
	edit '.root.path = "/nosuch/root"'
	refused 'invalid rootfs: stat /nosuch/root: no such file or directory' run "$ID"
}

@test "words: a profile that forbids execve is warned of" {
	newer "only for davit"
	needs_seccomp
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["execve"], action: "SCMP_ACT_ERRNO"}]}'
	detached run "$ID"
	expect 255 "a rule forbids execve: the container's program cannot be executed" "/true: operation not permitted"
}

@test "words: an ordinary user without XDG_RUNTIME_DIR is told what to set" {
	newer "only for davit"
	[ "$(id -u)" = 0 ] || skip "needs another user"
	other() {
		unshare -m sh -c 'mount -t tmpfs -o mode=755 run /run && mkdir -m 700 /run/runc &&
			exec setpriv --reuid 1234 --regid 1234 --clear-groups env -u XDG_RUNTIME_DIR "$@"' sh "$RUNC" "$@" 3>&- 4>&-
	}
	run other run "$ID"
	expect 1 "/run/runc: permission denied: set XDG_RUNTIME_DIR to a directory of your own, or give --root"
	run other list
	expect 1 "set XDG_RUNTIME_DIR"
}

@test "words: a terminal that is wanted where there is none" {
	newer "the words differ"
	edit '.process.terminal = true'
	LIMIT=20 detached create "$ID"
	expect 1 "cannot allocate tty if runc will detach without setting console socket: a terminal is asked for by process.terminal or --tty: give --console-socket"
	run setsid -w timeout 20 "$RUNC" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	expect 1 "open /dev/tty: no such device or address: a terminal is asked for by process.terminal or --tty, but there is no terminal: start from one, do without, or give --detach and --console-socket"
	edit '.process.terminal = false'
	args sleep 1000
	detached run -d "$ID"
	run setsid -w timeout 20 "$RUNC" --root "$STATE" exec -t "$ID" true </dev/null 3>&- 4>&-
	expect 255 "process.terminal or --tty, but there is no terminal"
}

@test "words: a cgroup that is not empty is named with the processes in it" {
	newer "only for davit"
	local dir controller=pids
	needs_controller pids
	if in_v2; then dir=/sys/fs/cgroup/$ID-taken; else dir=/sys/fs/cgroup/pids/$ID-taken; fi
	mkdir "$dir"
	sleep 1000 3>&- 4>&- &
	echo $! >"$dir/cgroup.procs"
	edit ".linux.cgroupsPath = \"/$ID-taken\""
	run runc run "$ID"
	kill -9 $!
	wait $! || true
	wait_for 5 rmdir "$dir"
	expect 1 "container's cgroup is not empty: 1 process(es) found: $! in $dir"
}

@test "words: a real-time policy that is refused names what it needs" {
	newer "only for davit"
	edit '.process.scheduler = {policy: "SCHED_FIFO", priority: 10}'
	detached run "$ID"
	[ "$status" != 0 ] || skip "this kernel lets it through"
	expect 1 "error setting scheduler: operation not permitted" "CAP_SYS_NICE" "RT_GROUP_SCHED" "linux.resources.cpu.realtimeRuntime"
}

# installation: a copy of the programs in $T/sbin and $T/libexec/davit.
installation() {
	mkdir -p "$T/libexec" "$T/bin"
	cp -a "$LIBEXEC" "$T/libexec/davit"
	cp "$RUNC" "$T/bin/runc"
	# bin/runc of the build goes to ../build/davit.
	mkdir -p "$T/build" && ln -s "$T/libexec/davit" "$T/build/davit"
	HERE=$(realpath "$T/libexec/davit")
}

@test "words: a step that is missing, or of another build, is named by its path" {
	newer "only for davit"
	installation
	mv "$HERE/sources" "$T/sources"
	run timeout 20 "$T/bin/runc" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	expect 1 "cannot start $HERE/sources: no such file or directory: install davit again"
	mv "$T/sources" "$HERE/sources"
	mv "$HERE/dmz" "$T/dmz"
	run timeout 20 "$T/bin/runc" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	expect 1 "unable to seal $HERE/dmz: no such file or directory: install davit again"
	mv "$T/dmz" "$HERE/dmz"
	local id program
	id=$("$HERE/cgroup" --version)
	id=${id##* }
	[ -n "$id" ] && grep -qF "$id" "$HERE/cgroup" || { echo "no build id found"; return 1; }
	other() { perl -0pi -e "s/\\Q$id\\E/$(tr 0-9a-f a-f0-9 <<<"$id" | head -c ${#id})/g" "$HERE/$1"; }
	for program in ns rootfs dmz cgroup; do
		cp "$HERE/$program" "$T/$program"
		other $program
		run timeout 20 "$T/bin/runc" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
		expect 1 "davit mixes programs of two builds: install it again; $HERE/$program\""
		cp "$T/$program" "$HERE/$program"
	done
}

@test "words: a step that a filter has killed: its signal has a name" {
	newer "only for davit"
	command -v strace >/dev/null || skip "strace is not installed"
	run timeout -k 2 30 strace -f -o "$T/trace" -e trace=openat2 -e inject=openat2:signal=SYS:when=1 \
		"$RUNC" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	expect 1 "was killed by signal 31 (bad system call)"
}

@test "words: a plan that is none, or of another build" {
	newer "only for davit"
	run "$LIBEXEC/plan-dump" </dev/null 3>&- 4>&-
	expect 1
	contains "$output" "plan-dump: plan: not a plan"
	lacks "$output" message
	run "$LIBEXEC/plan-dump" <"$RUNC" 3>&- 4>&-
	expect 1
	contains "$output" "plan-dump: plan: not a plan"
	lacks "$output" message
	needs_seccomp
	args sleep 1000
	detached create "$ID"
	expect 0
	printf 'another' | dd of="$STATE/$ID/plan" bs=1 seek=16 conv=notrunc 2>"$T/dd"
	run "$LIBEXEC/seccomp" <"$STATE/$ID/plan" 3>&- 4>&-
	expect 1 "plan: of another build"
	lacks "$output" stale
}

@test "words: a program that is run by hand names the descriptor that it misses" {
	newer "only for davit"
	run "$LIBEXEC/sources" 3>&- 4>&-
	expect 1 "missing descriptor: 3"
	run "$LIBEXEC/rootfs" 3>&- 4>&-
	expect 1 "missing descriptor: 3"
	run "$LIBEXEC/sources" 3</dev/null 4>&-
	expect 1 "wrong type of descriptor: 3"
}

@test "words: every program says who it is: --help, -h, --version" {
	newer "only for davit"
	local program word build
	build=$("$LIBEXEC/parse" --version | sed 's/.*build //')
	for program in "$LIBEXEC"/*; do
		program=${program##*/}
		case $program in dmz | help) continue ;; esac # dmz has no room, help is runc --help
		run "$LIBEXEC/$program" --version 3>&- 4>&-
		expect 0
		same "$output" "davit $program, build $build"
		for word in --help -h; do
			run "$LIBEXEC/$program" "$word" 3>&- 4>&-
			expect 0 "$program"
		done
	done
	run "$LIBEXEC/rootfs" --help 3>&- 4>&-
	expect 0 "   9  TREES, socket" "   11  START, fifo, not always" "   64  PRESERVED and above"
}

@test "words: parse and seccomp write nothing binary to a terminal" {
	newer "only for davit"
	export LIBEXEC BUNDLE T
	run script -qec '"$LIBEXEC/parse" <"$BUNDLE/config.json"' /dev/null 3>&- 4>&-
	expect 1 "the plan is binary, and standard output a terminal"
	"$LIBEXEC/parse" <config.json >"$T/plan" 3>&- 4>&-
	run script -qec '"$LIBEXEC/plan-dump" <"$T/plan"' /dev/null 3>&- 4>&-
	expect 0 "# layout "
	needs_seccomp
	run script -qec '"$LIBEXEC/seccomp" <"$T/plan"' /dev/null 3>&- 4>&-
	expect 1 "the filter is binary, and standard output a terminal"
}

@test "words: plan-dump --json says the same in JSON" {
	newer "only for davit"
	local text
	edit '.process.env += ["A=\"\\\t\u0001ä"] | .linux.resources.memory = {limit: 123456789012}'
	"$LIBEXEC/parse" <config.json >"$T/plan" 3>&- 4>&-
	run "$LIBEXEC/plan-dump" --json <"$T/plan" 3>&- 4>&-
	expect 0 '"memory_limit":123456789012'
	jq -e --slurpfile c config.json '.config.args == $c[0].process.args and .config.env == $c[0].process.env
		and [.config.mounts[].destination] == [$c[0].mounts[].destination]' <<<"$output"
	# As many values as the text has.
	text=$("$LIBEXEC/plan-dump" <"$T/plan" 3>&-)
	same "$(jq '[.config | .. | scalars] | length' <<<"$output")" \
		"$(sed 1d <<<"$text" | grep -Ec '^ *(- )?("|[a-z_]*: ).|^ *- [^ :]+$')"
	run "$LIBEXEC/plan-dump" --yaml <"$T/plan" 3>&- 4>&-
	expect 1 "usage: plan-dump [--json] <plan"
}

# dumped FILTER: what plan-dump says of the configuration of all members, changed so.
dumped() {
	jq "$1" "$TOP/integration/lib/full.json" | "$LIBEXEC/parse" 3>&- 4>&- | "$LIBEXEC/plan-dump" 3>&- 4>&-
}

@test "words: plan-dump prints the words that numbers stand for" {
	newer "only for davit"
	local record= kind name line text
	text=$(dumped '.process.capabilities.bounding += ["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"] | .process.capabilities.ambient = []
		| .mounts[1].options += ["rnosymfollow"]
		| .mounts += [{destination: "/t", type: "tmpfs", source: "t", options: ["ro", "nodev", "noatime", "rslave", "unbindable", "tmpcopyup"]}]
		| .linux.devices += [{type: "b", path: "/dev/b", major: 1, minor: 2}, {type: "p", path: "/dev/p"}]
		| .linux.resources.devices[0].access = "rwm" | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}')
	for line in "  attr_set: ro|nodev|noatime" "  attr_clr: atime" "  rec_attr_set: nosymfollow" "  rec_attr_clr: none" "  - rslave" \
		"  - unbindable" "  flags: tmpcopyup" "  kind: fs" "  kind: bind" "  idmap: idmap" "cap_bounding: CAP_CHOWN|CAP_KILL|CAP_CHECKPOINT_RESTORE" \
		"cap_ambient: none" "- type: RLIMIT_CPU" "- type: network" "- type: c" "- type: b" "- type: p" "  access: r|w|m" \
		"rootfs_propagation: slave" "seccomp_default: SCMP_ACT_ERRNO" "- SCMP_ARCH_X86" "    op: SCMP_CMP_MASKED_EQ" "personality: LINUX32" \
		"seccomp_flags: SECCOMP_FILTER_FLAG_LOG|SECCOMP_FILTER_FLAG_NEW_LISTENER" "  action: SCMP_ACT_NOTIFY" "sched_policy: SCHED_DEADLINE" \
		"sched_flags: SCHED_FLAG_RECLAIM" "io_priority: IOPRIO_CLASS_IDLE|0" "memory_policy: MPOL_BIND|MPOL_F_STATIC_NODES" \
		"landlock: read" "- list: read" "updates: none"; do
		grep -qxF -- "$line" <<<"$text" || { echo "no line \"$line\" in:"; echo "$text"; return 1; }
	done
	# In JSON the words are strings.
	jq "." "$TOP/integration/lib/full.json" | "$LIBEXEC/parse" 3>&- 4>&- | "$LIBEXEC/plan-dump" --json 3>&- 4>&- >"$T/json"
	jq -e '.config | .cap_bounding == "CAP_KILL" and .namespaces[0].type == "mount" and .seccomp_archs == ["SCMP_ARCH_X86"]
		and .memory_policy == "MPOL_BIND|MPOL_F_STATIC_NODES" and .uid == 13' "$T/json"
	# No enumeration of plan.def was forgotten.
	while IFS='(,)' read -r kind name _; do
		case $kind in
		RECORD) record=$name ;;
		*ENUM) grep -qF "{\"$record\", \"$name\", WORD, " "$TOP/libexec/plan-dump/words.c" || { echo "no words: $record.$name"; return 1; } ;;
		esac
	done < <(grep -E '^(RECORD|[[:space:]]ENUM)\(' "$TOP/shared/plan.def")
	[ "$record" = config ]
}

@test "words: a command of runc that davit lacks is one line, in the log" {
	newer "only for davit"
	local words
	for words in "checkpoint x" "help checkpoint" "restore --bundle . x" "checkpoint --help"; do
		rm -f "$T/log"
		run "$RUNC" --log "$T/log" --log-format json $words
		expect 1
		same "$(jq -r '.level + " " + .msg' "$T/log" | sed 's/restore/checkpoint/')" \
			"error this davit has no command checkpoint: runc help lists those it has"
	done
}

# unexecutable NAME: /x/NAME in every way of executing it; all say in $output why not.
unexecutable() {
	args "/x/$1"
	detached run "$ID"
	expect 255 level=warning "the container's program /x/$1 cannot be executed: $2" || return 1
	detached run -d "$ID"
	expect 0 "the container's program /x/$1 cannot be executed: $2" || return 1
	runc delete --force "$ID"
	detached create "$ID"
	expect 0
	run runc start "$ID"
	expect 0 "the container's program /x/$1 cannot be executed: $2" || return 1
	runc delete --force "$ID"
	args sleep 1000
	detached run -d "$ID"
	run runc exec "$ID" "/x/$1"
	expect 255 "exec /x/$1: " "the container's program /x/$1 cannot be executed: $2" || return 1
	runc delete --force "$ID"
}

# elf FILE MACHINE LOADER: the head of a program for that machine; a loader of "" is none.
elf() {
	perl -e 'my ($machine, $loader) = @ARGV; $loader .= "\0";
		print pack("A4CCCCx8SSLQQQLSSSSSS", "\x7fELF", 2, 1, 1, 0, 2, $machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0),
			pack("LLQQQQQQ", 3, 4, 120, 0, 0, length $loader, length $loader, 1), $loader' "$2" "$3" >"$1"
}

@test "words: what the kernel cannot execute: the interpreter, the loader, the machine, the line ends" {
	newer "only for davit"
	mkdir "$ROOTFS/x"
	printf '#! /nosuch/interpreter -x\necho\n' >"$ROOTFS/x/script"
	printf '#!/bin/sh\r\necho\r\n' >"$ROOTFS/x/crlf"
	printf '#!\n' >"$ROOTFS/x/none"
	echo 'echo x' >"$ROOTFS/x/text"
	touch "$ROOTFS/x/empty"
	local other=183 name=aarch64 own=62
	[ "$(uname -m)" = x86_64 ] || other=62 name=x86_64 own=183
	elf "$ROOTFS/x/machine" $other ""
	elf "$ROOTFS/x/loader" $own /lib/nosuch/ld.so
	chmod 755 "$ROOTFS"/x/*
	unexecutable script "its interpreter /nosuch/interpreter is not in the container"
	unexecutable crlf 'its lines end in CR and LF, and there is no interpreter /bin/sh with a CR: end them in LF'
	unexecutable none "its first line #! names no interpreter"
	unexecutable text "it is no program, and its first line does not begin with #!"
	unexecutable empty "it is empty"
	unexecutable machine "it is for $name, and this machine is $(uname -m)"
	unexecutable loader "its loader /lib/nosuch/ld.so is not in the container"
}

@test "words: what a mount covers is not judged, and a program's own 255 is none of these failures" {
	newer "only for davit"
	mkdir "$ROOTFS/x" "$T/volume"
	printf '#!/nosuch/interpreter\n' >"$ROOTFS/x/script"
	printf '#!/nosuch/other\n' >"$T/volume/script"
	chmod 755 "$ROOTFS/x/script" "$T/volume/script"
	edit --arg v "$T/volume" '.mounts += [{destination: "/x", type: "bind", source: $v, options: ["bind"]}]'
	args /x/script
	detached run "$ID"
	expect 255 "exec /x/script: no such file or directory"
	lacks "$output" warning
	# What only begins with the name of a mount is not below it.
	mkdir "$ROOTFS/xy"
	printf '#!/xy/interpreter\n' >"$ROOTFS/bin/script"
	chmod 755 "$ROOTFS/bin/script"
	args script
	detached run "$ID"
	expect 255 "its interpreter /xy/interpreter is not in the container"
	sh_args 'exit 255'
	detached run "$ID"
	expect 255
	same "$output" ""
	args sleep 1000
	detached run -d "$ID"
	run runc exec "$ID" sh -c 'exit 255'
	expect 255
	same "$output" ""
}

@test "words: of a program no device is read, and no longer name of a loader than there can be" {
	newer "only for davit"
	[ "$(id -u)" = 0 ] || skip "needs root"
	mknod -m 755 "$ROOTFS/bin/device" c 1 3
	args /bin/device
	detached run "$ID"
	expect 255 "exec /bin/device: permission denied"
	lacks "$output" warning
	# An ELF file of this machine with a PT_INTERP of a megabyte.
	perl -e 'open my $self, "<", $ARGV[0]; read $self, my $head, 64;
		substr($head, 32, 8) = pack "Q", 64; substr($head, 54, 4) = pack "SS", 56, 1;
		print $head, pack("LLQQQQQQ", 3, 4, 4096, 0, 0, 1 << 20, 1 << 20, 1), "\0" x (4096 - 120), "\377" x ((1 << 20) - 1), "\0"' \
		"$ROOTFS/bin/busybox" >"$ROOTFS/bin/long"
	chmod 755 "$ROOTFS/bin/long"
	args /bin/long
	detached --debug run "$ID"
	expect 255 "exec /bin/long: exec format error"
	lacks "$output" 'why ended'
	lacks "$output" 'why was'
}

@test "words: a startContainer hook and a program that cannot be executed are two failures" {
	newer "only for davit"
	mkdir "$ROOTFS/x"
	printf '#!/nosuch/interpreter\n' >"$ROOTFS/x/script"
	chmod 755 "$ROOTFS/x/script"
	edit '.hooks.startContainer = [{path: "/bin/true"}]'
	args /x/script
	detached run "$ID"
	expect 255 "its interpreter /nosuch/interpreter is not in the container"
	lacks "$output" "hook failed"
}
