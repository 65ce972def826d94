# Each side program is made to call, behind its confinement, what it would call if it were taken over
# (integration/lib/inject.c): "killed" is its filter, an errno Landlock or a missing capability.

load ../../integration/lib/common
load inject

setup() { setup_injection; }

@test "inject: tty types nothing, and changes nothing of a terminal but attributes and size" {
	local request
	for request in $TIOCSTI $TIOCSETD $TIOCLINUX $TIOCCONS $TIOCSCTTY; do
		taken tty "ioctl 20 $request s:x"
		same "$request $output" "$request ioctl: killed"
	done
	# What is in the upper half is not seen by the kernel, and a sign that was extended is no bar.
	taken tty "ioctl 20 0x100005412 s:x"
	same "$output" "ioctl: killed"
	taken tty "ioctl 20 $TIOCSWINSZ x:1900500000000000" "ioctl 20 0xffffffff00005414 x:1900500000000000" "openat $CWD s:/etc/passwd 0"
	same "$output" "ioctl: 0
ioctl: 0
openat: killed"
}

@test "inject: netdev and netlink open no socket but route netlink, and ask devices nothing" {
	local family
	for family in 1 2 10 17; do # AF_UNIX AF_INET AF_INET6 AF_PACKET
		taken netdev "socket $family 1 0"
		same "$family $output" "$family socket: killed"
	done
	taken netdev "socket 16 3 0" "ioctl r $SIOCGSKNS" "ioctl 4 $SIOCSIFFLAGS s:lo"
	same "$(sed 's/: [0-9]*$/: fd/' <<<"$output")" "socket: fd
ioctl: fd
ioctl: killed"
	taken netlink "socket 16 3 0"
	same "$output" "socket: killed"
	taken netlink "getsockopt 4 6 1 x:00 x:04" # SOL_TCP
	same "$output" "getsockopt: killed"
}

@test "inject: no step maps memory that can be executed" {
	local program
	for program in sources netdev cgroup:create resctrl:create seccomp; do
		[ -x "$LIBEXEC/${program%:*}" ] || continue
		taken "$program" "mmap 0 4096 7 0x22 -1 0"
		same "$program $output" "$program mmap: killed"
		taken "$program" "mprotect 0 4096 5"
		same "$program $output" "$program mprotect: killed"
	done
}

@test "inject: parse, plan-dump, seccomp and pstable reach no file, no socket and no process" {
	local program call
	for program in parse seccomp pstable; do
		[ -x "$LIBEXEC/$program" ] || continue
		for call in "openat $CWD s:/etc/passwd $RDONLY" "open s:/etc/passwd $RDONLY" "openat2 $CWD s:/etc/passwd x:00 24" \
			"socket 1 1 0" "kill 1 0" "ioctl 0 $TIOCSTI s:x" "execve s:/bin/true 0 0" "prctl 4 1" "bpf 0 x:00 16" "setresuid 0 0 0"; do
			taken "$program" "$call"
			same "$program $output" "$program ${call%% *}: killed"
		done
	done
	[ ! -x "$LIBEXEC/seccomp" ] || for call in "memfd_create s:x 2" "fcntl 3 4 0"; do # MFD_ALLOW_SEALING, F_SETFL
		taken seccomp "$call"
		same "$output" "${call%% *}: killed"
	done
}

@test "inject: sources changes no file of the host, by no way of opening it" {
	local call flags
	for flags in $WRONLY $RDWR 3 $CREAT $((CREAT | WRONLY)) $TRUNC 020000000 $((020200000 | RDWR)); do # O_TMPFILE without and with its O_DIRECTORY
		[ "$flags" != 020000000 ] || continue
		taken sources "openat $CWD s:$T/secret $flags 0600"
		same "$flags $output" "$flags openat: killed"
		taken sources "open s:$T/secret $flags 0600"
		same "$flags $output" "$flags open: killed"
	done
	for call in "openat2 $CWD s:$T/secret x:0101 24" "mkdirat $CWD s:$T/made 0700" "unlinkat $CWD s:$T/secret 0" "execve s:/bin/true 0 0" \
		"kill 1 0" "fchmodat $CWD s:$T/secret 0666" "fchownat $CWD s:$T/secret 1 1 0" "mknodat $CWD s:$T/made 020666 0x103" \
		"bpf 0 x:00 16" "fcntl 3 1033 0" "ioctl 4 $TIOCSTI s:x" "socket 1 1 0"; do
		taken sources "$call"
		same "$output" "${call%% *}: killed"
	done
	same "$(cat "$T/secret") $(stat -c %a "$T/secret")" "secret 600"
	# What it is for goes on: paths, clones of mounts and files that are read.
	taken sources "openat $CWD s:/etc $PATH_ONLY" "openat $CWD s:$T/secret $RDONLY" "open_tree $CWD s:/etc 0x80001"
	[[ $output =~ ^openat:\ [0-9]+.openat:\ [0-9]+.open_tree:\ [0-9]+$ ]] || { echo "$output"; return 1; }
}

# with_nodes CALL…: nodes makes them when it is about to make the first node of a container with a user namespace.
with_nodes() { inject nodes at mknodat 1 "$@" -- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"; }

@test "inject: nodes makes nodes in its directory and changes no other file, by no path, not even the owner of one" {
	local call
	setup_bundle
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings | .linux.devices = [{path: "/dev/mine", type: "c", major: 10, minor: 229}]'
	for call in "fchownat $CWD s:$T/secret 1 1 0" "fchownat 38 s:../../../../../../..$T/secret 1 1 0" "mknodat $CWD s:$T/made 020666 0x103" \
		"mknodat 38 s:../../../../../../..$T/made 020666 0x103"; do
		with_nodes "$call"
		same "$call, $output" "$call, ${call%% *}: ENOENT"
	done
	with_nodes "mknodat 38 s:x 020666 0x103" "fchownat 38 s:x 1 1 0"
	same "$output" $'mknodat: 0\nfchownat: 0'
	for call in "openat $CWD s:/etc $RDONLY" "openat2 $CWD s:/etc x:00 24" "fchown 38 1 1" "chroot s:/" "mkdirat 38 s:made 0700" \
		"linkat 38 s:x 38 s:y 0" "unlinkat 38 s:x 0" "fchmodat 38 s:x 0666" "kill 1 0" "socket 1 1 0" "execve s:/bin/sh 0 0"; do
		taken nodes "$call"
		same "$call, $output" "$call, ${call%% *}: killed"
	done
	same "$(stat -c '%u %a' "$T/secret") $(ls "$T" | grep -c made)" "0 600 0"
}

@test "inject: sources is in a Landlock domain when it clones, with and without joined namespaces" {
	has_landlock 5
	setup_bundle
	unshare --uts sleep 100 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	local joined other=$!
	# SYS_PTRACE is given up by then.
	local caps="capset x:2205082000000000 x:000008000000080000000000000000000000000000000000"
	for joined in no yes; do
		[ $joined = no ] || edit --arg path "/proc/$other/ns/uts" '.linux.namespaces |= map(if .type == "uts" then .path = $path else . end)'
		# No call is left that changes a file; the domain is seen where it keeps devices from NS_GET_NSTYPE.
		inject sources at open_tree 1 "openat $CWD s:/dev/null $RDONLY" "ioctl r 0xb703" "openat $CWD s:/proc/$other/ns/uts $RDONLY" \
			"$caps" -- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
		[[ $output == "openat: "[0-9]*"ioctl: EACCES"*"openat: EACCES"*"capset: EPERM" ]] || { echo "$joined: $output"; return 1; }
		[ ! -e "$STATE/$ID" ]
	done
}

# copying: a bundle with a tmpfs over a directory with one file, which copyup copies.
copying() {
	setup_bundle
	mkdir "$ROOTFS/data"
	echo data >"$ROOTFS/data/file"
	edit '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
}

@test "inject: copyup reads and changes nothing but its two directories, by no path" {
	local call how=x:0000000000000000 write=x:4100000000000000a401000000000000
	copying
	for call in "openat2 $CWD s:$T/secret $how 24" "openat2 $CWD s:$T/made $write 24" "openat2 $CWD s:../../../../../../../etc/shadow $how 24" \
		"openat2 24 s:../etc/shadow $how 24" "openat2 24 s:$T/secret $how 24" "fchownat $CWD s:$T/secret 1 1 0" \
		"fchmodat $CWD s:$T/secret 0666" "mkdirat $CWD s:$T/made 0700" "mknodat $CWD s:$T/made 010600 0" \
		"symlinkat s:x $CWD s:$T/made" "linkat $CWD s:$T/secret 25 s:secret 0" "utimensat $CWD s:$T/secret 0 0"; do
		inject copyup at openat2 1 "$call" -- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
		same "$call, $output" "$call, ${call%% *}: ENOENT"
	done
	for call in "chroot s:/" "open_tree $CWD s:/ 1" "kill 1 0" "socket 1 1 0" "execve s:/bin/sh 0 0" "bpf 0 x:00 16" "mmap 0 4096 7 0x22 -1 0"; do
		inject copyup at openat2 1 "$call" -- "$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
		same "$output" "${call%% *}: killed"
	done
	same "$(cat "$T/secret") $(stat -c '%a %u' "$T/secret") $(ls "$T" | grep -c made)" "secret 600 0 0"
}

@test "inject: copyup writes nothing of what it copies from, and makes no device" {
	has_landlock 1
	copying
	inject copyup at openat2 1 "openat2 24 s:file x:0200000000000000 24" "openat2 24 s:new x:4100000000000000a401000000000000 24" \
		"mkdirat 24 s:new 0700" "mknodat 25 s:node 020600 0x103" "linkat 24 s:file 25 s:stolen 0" -- \
		"$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	[[ $output =~ ^openat2:\ E(ROFS|ACCES).openat2:\ E(ROFS|ACCES).mkdirat:\ E(ROFS|ACCES).mknodat:\ EPERM.linkat:\ E(XDEV|ACCES)$ ]] ||
		{ echo "$output"; return 1; }
	# Landlock does not see these: the mount does.
	inject copyup at openat2 1 "fchmodat 24 s:file 04777" "fchownat 24 s:file 1 1 0" "utimensat 24 s:file 0 0" -- \
		"$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	same "$output" $'fchmodat: EROFS\nfchownat: EROFS\nutimensat: EROFS'
	same "$(ls "$ROOTFS/data") $(cat "$ROOTFS/data/file") $(stat -c '%a %u' "$ROOTFS/data/file")" "file data 644 0"
	inject copyup at openat2 1 "openat2 25 s:made x:4100000000000000a401000000000000 24" "write r s:x 1" -- \
		"$RUNC" --root "$STATE" create --bundle "$BUNDLE" "$ID"
	[[ $output =~ ^openat2:\ [0-9]+.write:\ 1$ ]] || { echo "$output"; return 1; }
}

# The side programs, with the argument that helper-conduct gives them.
EVERY_PROGRAM="parse witness seccomp sources nodes netlink netdev tty pstable why:a_b_/ resctrl:create resctrl:join resctrl:remove stats:json_x scope:create_v2_bus
	cgroup:create cgroup:join cgroup:update cgroup:remove cgroup:kill cgroup:procs cgroup:freeze cgroup:thaw"

# everyone CALL RESULT…: makes CALL in every side program; RESULT is a pattern of what may come of it.
everyone() {
	local program
	for program in $EVERY_PROGRAM; do
		[ -x "$LIBEXEC/${program%%:*}" ] || continue
		taken "${program//_/ }" "$1"
		[[ $output =~ ^${1%% *}:\ ($2)$ ]] || { echo "$program, $1: $output"; return 1; }
	done
}

@test "inject: no side program has a call of these: none starts, traces, enters, mounts, or reaches a process" {
	local call
	for call in "execve s:/bin/sh 0 0" "clone 17 0 0 0 0" "ptrace 16 1 0 0" "process_vm_writev 1 0 0 0 0 0" "kill 1 9" "pidfd_getfd 3 0 0" \
		"setns 3 0" "mount s:/ s:/mnt s:none 0x1000 0" "setuid 0" "io_uring_setup 8 x:00" "chmod s:$T/secret 0666" "connect 4 x:01 16"; do
		everyone "$call" killed
	done
}

@test "inject: no side program opens a file of the host to write, and only sources opens one to read" {
	everyone "openat2 $CWD s:$T/secret x:01 24" 'killed|EACCES'
	everyone "openat2 $CWD s:$T/made x:4100000000000000a401000000000000 24" 'killed|EACCES'
	everyone "openat $CWD s:$T/secret $WRONLY" 'killed|EACCES'
	everyone "openat $CWD s:$T/made $((CREAT | WRONLY)) 0600" 'killed|EACCES'
	everyone "mkdirat $CWD s:$T/made 0700" 'killed|EACCES'
	everyone "unlinkat $CWD s:$T/secret 0" killed
	EVERY_PROGRAM=${EVERY_PROGRAM/sources /} everyone "openat $CWD s:$T/secret $RDONLY" 'killed|EACCES'
	same "$(ls "$T" | grep -c made) $(cat "$T/secret")" "0 secret"
}

@test "inject: stats opens no cgroup's file to write where it is not to be told of OOM on v1" {
	has_landlock 1
	taken "stats:json $ID" "openat2 $CWD s:$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs | head -n 1) x:01 24"
	same "$output" "openat2: EACCES"
}

@test "inject: bpf(2) is of cgroup create, signals are of cgroup kill, and sockets are made for netlink only" {
	everyone "bpf 17 x:00 16" killed
	everyone "pidfd_send_signal 4 15 0 0" killed
	everyone "socket 2 1 0" killed
	everyone "ioctl 4 $SIOCSIFFLAGS s:lo" killed
	everyone "ioctl 0 $TIOCSTI s:x" killed
	EVERY_PROGRAM=${EVERY_PROGRAM/cgroup:kill /} everyone "pidfd_send_signal 4 9 0 0" killed
	EVERY_PROGRAM=${EVERY_PROGRAM/cgroup:create /} everyone "bpf 5 x:00 16" killed
}

# conductor VERB CALL… -- ARGUMENT…: behind its Landlock domain, which is the last of its confinement.
conductor() {
	local verb=$1
	shift
	local calls=()
	while [ "$1" != -- ]; do calls+=("$1"); shift; done
	shift
	inject "$verb" behind landlock_restrict_self at "${CONDUCTOR_CALL:-recvmsg}" 1 "${calls[@]}" -- "$RUNC" --root "$STATE" "$@"
}

@test "inject: a conductor changes files of its container, and executes none" {
	has_landlock 3
	local verb
	setup_bundle
	mkdir "$T/pids"
	for verb in create run; do
		conductor $verb "openat $CWD s:$T/made $((WRONLY | CREAT)) 0600" "openat $CWD s:$T/secret $WRONLY" "openat $CWD s:$T/secret $((RDONLY | TRUNC))" \
			"mkdirat $CWD s:$T/dir 0700" "unlinkat $CWD s:$T/secret 0" "symlinkat s:x $CWD s:$T/link" "linkat $CWD s:$T/secret $CWD s:$STATE/$ID/stolen 0" \
			"openat $CWD s:$STATE/other $((WRONLY | CREAT)) 0600" "openat $CWD s:$T/pids/sub/x $((WRONLY | CREAT)) 0600" \
			"execve s:/bin/true 0 0" "setresuid 1 1 1" "openat $CWD s:$STATE/$ID/x $((WRONLY | CREAT)) 0700" "execve s:$STATE/$ID/x 0 0" "unlinkat $CWD s:$STATE/$ID/x 0" \
			"openat $CWD s:$T/pids/x $((WRONLY | CREAT)) 0600" -- $verb --pid-file "$T/pids/pid" "$ID"
		same "$verb $(sed 's/: [0-9]*$/: fine/' <<<"$output")" "$verb openat: EACCES
openat: EACCES
openat: EACCES
mkdirat: EACCES
unlinkat: EACCES
symlinkat: EACCES
linkat: EXDEV
openat: EACCES
openat: ENOENT
execve: EACCES
setresuid: EPERM
openat: fine
execve: EACCES
unlinkat: fine
openat: fine"
		runc delete --force "$ID"
	done
	args sleep 100
	runc run -d "$ID" </dev/null >"$T/out" 2>&1
	for verb in "exec -d $ID true" "events $ID"; do
		# events says nothing and hears nothing: it waits.
		[ "$verb" != "events $ID" ] || CONDUCTOR_CALL=poll
		conductor "${verb%% *}" "openat $CWD s:$T/made $((WRONLY | CREAT)) 0600" "openat $CWD s:$T/secret $WRONLY" "unlinkat $CWD s:$T/secret 0" \
			"openat $CWD s:$STATE/$ID/x $((WRONLY | CREAT)) 0600" "execve s:/bin/true 0 0" -- $verb
		same "$verb $output" "$verb openat: EACCES
openat: EACCES
unlinkat: EACCES
openat: EACCES
execve: EACCES"
	done
	[ ! -e "$T/made" ]
	same "$(cat "$T/secret")" secret
	runc delete --force "$ID"
}

@test "inject: a conductor changes neither mode, owner nor attributes of a file, and asks nobody over a socket" {
	local verb call calls=("chmod s:$T/secret 04755" "fchmodat $CWD s:$T/secret 04755" "fchownat $CWD s:$T/secret 0 0 0" "fchownat $CWD s:$T/secret 0xffffffff 0 0"
		"socket 1 1 0" "connect 4 x:01 16" "io_uring_setup 8 x:00")
	setup_bundle
	args sleep 100
	runc run -d "$ID" </dev/null >"$T/out" 2>&1
	for verb in "create $ID-b" "exec -d $ID true" "events $ID"; do
		CONDUCTOR_CALL=recvmsg
		[ "$verb" != "events $ID" ] || CONDUCTOR_CALL=poll
		conductor "${verb%% *}" "${calls[@]}" "openat $CWD s:$T/secret $RDONLY" "fchmod r 04755" -- $verb
		same "$verb $(sed 's/: [0-9]*$/: fine/' <<<"$output" | sort -u | tr '\n' ' ')" \
			"$verb chmod: EPERM connect: EPERM fchmod: EPERM fchmodat: EPERM fchownat: EPERM io_uring_setup: EPERM openat: fine socket: EPERM "
		[ "$verb" != "create $ID-b" ] || runc delete --force "$ID-b"
	done
	same "$(stat -c '%a %u' "$T/secret")" "600 0"
	runc delete --force "$ID"
}
