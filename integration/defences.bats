# Second lines of defence: checks behind another one that stops most attacks. Each test gets past the first, so that it
# fails when the second is missing. The list of mistakes in integration/mutants names these tests.
# layouts: hybrid

load lib/common

may_mount() {
	edit '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
}

# In a mount namespace whose mounts are shared among its processes, as a host's are.
in_shared_host() {
	run timeout $((30 * SLOW)) unshare -m --propagation shared sh -c "$1" 3>&-
}

@test "defences: a working directory through a preserved descriptor of the host's is refused, by run and by exec" {
	newer "1.1.5 numbers its descriptors otherwise"
	mkdir "$T/host"
	echo "of the host" >"$T/host/file"
	edit '.process.cwd = "/proc/self/fd/64"'
	args cat file
	run sh -c '"$1" --root "$2" run --preserve-fds 1 "$3" 3<"$4"' sh "$RUNC" "$STATE" "$ID" "$T/host"
	expect 1 "current working directory is outside of container mount namespace root"
	lacks "$output" "of the host"
	edit '.process.cwd = "/"'
	args sleep 100
	detached run -d "$ID"
	expect 0
	run sh -c '"$1" --root "$2" exec --preserve-fds 1 --cwd /proc/self/fd/64 "$3" cat file 3<"$4"' sh "$RUNC" "$STATE" "$ID" "$T/host"
	expect 255 "current working directory is outside of container mount namespace root"
	lacks "$output" "of the host"
}

@test "defences: what the container mounts below a submount of a volume, or of its root, does not reach the host" {
	may_mount
	mkdir "$T/volume" "$T/volume/sub" "$ROOTFS/sub"
	edit --arg v "$T/volume" '.root.readonly = false
		| .mounts += [{destination: "/volume", source: $v, type: "none", options: ["rbind", "rw"]}]'
	mkdir "$ROOTFS/volume"
	sh_args 'for d in /volume/sub/in /sub/in; do mount -t tmpfs inner $d && grep -c " $d " /proc/self/mountinfo; done'
	in_shared_host "for d in '$T/volume/sub' '$ROOTFS/sub'; do mount -t tmpfs host \"\$d\" && mkdir \"\$d/in\"; done
		'$RUNC' --root '$STATE' run '$ID'; echo host: \$(grep -c ' inner ' /proc/self/mountinfo)"
	same "$output" "1
1
host: 0"
}

@test "defences: what the host mounts below a volume reaches the container, as a slave, also below a submount" {
	mkdir "$T/volume" "$T/volume/sub" "$T/volume/out"
	edit --arg v "$T/volume" '.mounts += [{destination: "/vol", source: $v, type: "none", options: ["rbind", "rw"]}]'
	args sleep 100
	in_shared_host "mount -t tmpfs host '$T/volume/sub' && mkdir '$T/volume/sub/out'
		'$RUNC' --root '$STATE' run -d '$ID' </dev/null >/dev/null 2>&1
		for d in '$T/volume/out' '$T/volume/sub/out'; do mount -t tmpfs later \"\$d\"; done
		'$RUNC' --root '$STATE' exec '$ID' grep -cE ' /vol/(sub/)?out .*- tmpfs later' /proc/self/mountinfo
		'$RUNC' --root '$STATE' delete --force '$ID'"
	same "$output" 2
}

@test "defences: a mount below a read-only path is there and read-only, too" {
	edit '.root.readonly = false | .linux.readonlyPaths += ["/ro"]
		| .mounts += [{destination: "/ro/sub", source: "tmpfs", type: "tmpfs", options: ["rw"]}]'
	mkdir -p "$ROOTFS/ro/sub"
	sh_args 'awk "\$5 == \"/ro/sub\" { print \$6 }" /proc/self/mountinfo | grep -o ^ro; 		touch /ro/file || echo file; touch /ro/sub/file || echo sub; stat -f -c %T /ro/sub'
	run runc run "$ID"
	expect 0
	same "$(grep -v touch <<<"$output")" "ro
file
sub
tmpfs"
}

@test "defences: /dev/null that the running container has replaced is not taken for exec's input" {
	edit '.process.capabilities |= with_entries(.value += ["CAP_MKNOD"])'
	sh_args 'rm /dev/null; eval "$REPLACE"; touch /seen/done; exec sleep 100'
	mkdir "$T/seen" "$ROOTFS/seen"
	edit --arg s "$T/seen" '.mounts += [{destination: "/seen", source: $s, type: "none", options: ["bind"]}]'
	local replace
	for replace in 'echo file >/dev/null' 'mknod /dev/null c 1 5' 'mkdir /dev/null' 'mkfifo /dev/null' 'ln -s zero /dev/null'; do
		edit --arg r "REPLACE=$replace" '.process.env = ["PATH=/bin", $r, "HOME=/"]'
		background run "$ID"
		wait_for 10 test -e "$T/seen/done"
		run runc exec "$ID" echo ran </dev/null
		[ "$status" = 255 ] || { echo "$replace"; echo "$output"; return 1; }
		contains "$output" "container's /dev/null is invalid"
		lacks "$output" ran
		runc delete --force "$ID"
		rm "$T/seen/done"
	done
	# Where it has none, the host's stays.
	edit '.process.env = ["PATH=/bin", "REPLACE=true", "HOME=/"]'
	background run "$ID"
	wait_for 10 test -e "$T/seen/done"
	run runc exec "$ID" echo ran </dev/null
	expect 0 ran
}

@test "defences: a masked path that cannot be reached for another reason than absence is refused" {
	ln -s loop "$ROOTFS/loop"
	edit '.linux.maskedPaths += ["/loop"]'
	refused 'maskedPaths: /loop: too many levels of symbolic links' run "$ID"
	edit '.linux.maskedPaths -= ["/loop"] | .linux.readonlyPaths += ["/loop"]'
	refused 'readonlyPaths: /loop: too many levels of symbolic links' run "$ID"
	edit '.linux.readonlyPaths -= ["/loop"] | .linux.maskedPaths += ["/missing", "/bin/busybox/below"]'
	run runc run "$ID"
	expect 0
}

@test "defences: exec whose conductor is killed at the last byte runs nothing" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	edit '.root.readonly = false'
	args sleep 100
	detached run -d "$ID"
	expect 0
	# The only write of one byte tells the program to go.
	strace -o "$T/trace" -e trace=write "$RUNC" --root "$STATE" exec "$ID" true 3>&- 4>&-
	local at
	at=$(grep '^write(' "$T/trace" | grep -n '^write([0-9]*, "0", 1)' | cut -d : -f 1)
	[ -n "$at" ] || { cat "$T/trace"; return 1; }
	run timeout -k 2 $((20 * SLOW)) strace -o /dev/null -e trace=write -e "inject=write:error=EIO:signal=KILL:when=$at" \
		"$RUNC" --root "$STATE" exec "$ID" touch /ran 3>&- 4>&-
	[ "$status" != 0 ]
	no_more() { [ "$(runc ps -f json "$ID" | jq length)" = 1 ]; }
	wait_for 10 no_more
	[ ! -e "$ROOTFS/ran" ] || { echo "it ran"; return 1; }
}

@test "defences: Landlock keeps truncate(2) by path from files that may not be changed" {
	local number
	number=$("$RUNC" features | jq -r '.annotations["davit.confinement.landlock"]' | tr -dc 0-9)
	[ "$number" -ge 3 ] || skip "this kernel's Landlock is older than ABI 3"
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	cp "$HELPERS/helper-syscall" "$ROOTFS/bin/syscall"
	mkdir "$ROOTFS/data" "$ROOTFS/work"
	echo content >"$ROOTFS/data/file"
	echo content >"$ROOTFS/work/file"
	edit '.root.readonly = false | .annotations += {"org.davit.landlock.execute": "/bin",
		"org.davit.landlock.read": "/data", "org.davit.landlock.write": "/work:/dev"}'
	number=$(awk '$2 == "__NR_truncate" { print $3 }' "$TOP/build/syscalls.txt")
	sh_args "syscall $number /data/file 0; syscall $number /work/file 0"
	run runc run "$ID"
	expect 0
	same "$output" "$number: 13
$number: 0"
	same "$(cat "$ROOTFS/data/file")" content
	same "$(cat "$ROOTFS/work/file")" ""
}

@test "defences: what is kept of a container is its owner's alone, in a directory that others pass" {
	newer "only for davit"
	needs_seccomp
	edit --slurpfile s "$TOP/integration/configs/docker.json" '.linux.seccomp = $s[0].linux.seccomp'
	args sleep 100
	modes() { (cd "$STATE/$ID" && stat -c '%n %a' . ./* | sort); }
	local mask kept='. 711
./config.json 600
./filter.bpf 600
./journal 600
./plan 600
./state.json 600'
	for mask in 0 0777; do
		(umask "$mask" && detached run -d "$ID" && expect 0)
		same "$(modes)" "$kept"
		runc update --pids-limit 50 "$ID"
		same "$(modes)" "$(sort <<<"$kept
./resources.json 600")"
		runc delete --force "$ID"
		detached create "$ID"
		same "$(cd "$STATE/$ID" && stat -c '%n %a %F' exec.fifo)" "exec.fifo 600 fifo"
		runc delete --force "$ID"
	done
}

@test "defences: what a conductor hands on in memory is sealed: a plan that update makes, the filter of exec" {
	newer "only for davit"
	command -v strace >/dev/null || skip "strace is not installed"
	needs_controller pids
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	args sleep 100
	detached run -d "$ID"
	expect 0
	# sealed NAME VERB…: the conductor seals a memory file of that name.
	sealed() {
		local name=$1
		shift
		strace -y -o "$T/trace" -e trace=fcntl "$RUNC" --root "$STATE" "$@" </dev/null >"$T/out" 2>&1 3>&- 4>&-
		grep -q "memfd:$name.*F_ADD_SEALS, F_SEAL_SEAL|F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_WRITE) = 0" "$T/trace" || { cat "$T/trace"; return 1; }
	}
	sealed plan update --pids-limit 50 "$ID"
	sealed plan exec "$ID" true
	sealed filter exec "$ID" true
}

@test "defences: the pid file is its owner's to write, whatever the umask, also with NOTIFY_SOCKET" {
	[ -x "$HELPERS/helper-notify" ] || skip "the helper is not built"
	newer "only for davit"
	args true
	"$HELPERS/helper-notify" listen "$T/manager" >/dev/null 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$T/manager"
	local mask
	for mask in 0 022 0777; do
		(umask "$mask" && NOTIFY_SOCKET=$T/manager runc run --pid-file "$T/pid" "$ID")
		same "$mask $(stat -c %a "$T/pid")" "$mask 644"
		rm "$T/pid"
	done
}

@test "defences: a created container with a filter has given up the right to load it" {
	needs_seccomp
	edit --slurpfile s "$TOP/integration/configs/docker.json" '.linux.seccomp = $s[0].linux.seccomp
		| .process.noNewPrivileges = false'
	detached create "$ID"
	expect 0
	local set n=0
	for set in $(awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' "/proc/$(pid_of "$ID")/status"); do
		same "$((0x$set >> 21 & 1))" 0 # CAP_SYS_ADMIN
		n=$((n + 1))
	done
	same $n 4
}

@test "defences: no device is made where a symlink leads that leads nowhere yet" {
	newer "1.1.5 follows it"
	ln -s there "$ROOTFS/link"
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	local path
	for path in /link/node /link/deep/node; do
		edit --arg p "$path" '.root.readonly = false | .linux.devices = [{path: $p, type: "c", major: 1, minor: 3}]'
		refused "mknod.*$path: too many levels of symbolic links" run "$ID"
	done
	# In a user namespace the host's is bound, or a node that was made before.
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	refused "$path: too many levels of symbolic links" run "$ID"
	[ ! -e "$ROOTFS/there" ]
}

@test "defences: no console is made where a symlink leads that leads nowhere yet" {
	[ -x "$HELPERS/helper-recvtty" ] || skip "the helper is not built"
	newer "1.1.5 makes a file of its own"
	mkdir -p "$ROOTFS/dev/pts"
	ln -s elsewhere "$ROOTFS/dev/console"
	edit '.process.terminal = true | .mounts |= map(select(.destination | test("^/dev($|/shm|/mqueue)") | not))'
	"$HELPERS/helper-recvtty" "$T/socket" >"$T/tty" 2>&1 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -S "$T/socket"
	refused 'open /dev/console: too many levels of symbolic links' create --console-socket "$T/socket" "$ID"
	[ ! -e "$ROOTFS/dev/elsewhere" ]
}

@test "defences: the caller's soft limit of open files is the container's, where it is below the hard one" {
	newer "1.1.5 raises it"
	edit 'del(.process.rlimits)'
	sh_args 'ulimit -Sn; ulimit -Hn'
	run sh -c 'ulimit -Sn 300; ulimit -Hn 400; exec "$@"' sh "$RUNC" --root "$STATE" run "$ID"
	same "$output" "300
400"
	args sleep 100
	(ulimit -Sn 300 && ulimit -Hn 400 && detached run -d "$ID")
	run sh -c 'ulimit -Sn 310; ulimit -Hn 390; exec "$@"' sh "$RUNC" --root "$STATE" exec "$ID" sh -c 'ulimit -Sn; ulimit -Hn'
	same "$output" "310
390"
}

@test "defences: a directory that is moved away while something is mounted in it is noticed" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "1.1.5 does not look again"
	mkdir -p "$T/volume/a/b" "$ROOTFS/vol"
	edit --arg v "$T/volume" '.mounts += [{destination: "/vol", source: $v, type: "none", options: ["bind", "rw"]},
		{destination: "/vol/a/b", source: "late", type: "tmpfs"}]'
	local n tracer
	strace -f -y -o "$T/trace" -e trace=move_mount "$RUNC" --root "$STATE" create "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&- &
	tracer=$!
	BACKGROUND="$BACKGROUND $tracer"
	wait_for 10 test -d "$STATE/$ID"
	wait_for 10 is_created
	runc delete --force "$ID"
	wait "$tracer" || true
	# Which of its process's calls is the one into the volume.
	n=$(awk '/move_mount\(/ { n[$1]++ } /a\/b>/ { print n[$1]; exit }' "$T/trace")
	[ "$n" -gt 1 ] || { cat "$T/trace"; return 1; }
	# The directory has been opened when the call begins, and moves before it goes on.
	strace -f -o "$T/trace" -e trace=move_mount -e "inject=move_mount:delay_enter=3s:when=$n" \
		"$RUNC" --root "$STATE" create "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- &
	tracer=$!
	BACKGROUND="$BACKGROUND $tracer"
	before_it() { [ "$(grep -c 'move_mount(' "$T/trace")" -ge $((n - 1)) ]; }
	wait_for 10 before_it
	sleep 1
	mv "$T/volume/a" "$T/volume/c"
	mkdir -p "$T/volume/a/b"
	ended() { [ -s "$T/err" ] || is_created; }
	wait_for 10 ended
	runc delete --force "$ID"
	wait "$tracer" || true
	contains "$(cat "$T/err")" 'rootfs at'
	contains "$(cat "$T/err")" 'the path was moved while it was mounted on'
}

# socket_that_goes: a pidfd socket whose listener is gone once the file "connected" is there; then "gone" is, too.
socket_that_goes() {
	perl -MSocket -e 'socket my $s, PF_UNIX, SOCK_STREAM, 0 or die; bind $s, pack_sockaddr_un("$ARGV[0]/socket") or die;
		listen $s, 5 or die; select undef, undef, undef, 0.02 until -e "$ARGV[0]/connected";
		close $s; open my $f, ">", "$ARGV[0]/gone"' "$T" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 10 test -S "$T/socket"
}

@test "defences: the pid file is gone when the creation fails after it was written, and when poststart fails" {
	newer "1.1.5 leaves it"
	socket_that_goes
	edit --arg t "$T" '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "touch \($t)/connected; until [ -e \($t)/gone ]; do sleep 0.02; done"]}]'
	refused 'pidfd' create --pid-file "$T/pid" --pidfd-socket "$T/socket" "$ID"
	[ ! -e "$T/pid" ]
	edit '.hooks = {poststart: [{path: "/bin/false"}]}'
	args sleep 100
	refused 'poststart' run -d --pid-file "$T/pid" "$ID"
	[ ! -e "$T/pid" ]
}

@test "defences: whoever sees the pid file finds the container's state" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	strace -o /dev/null -e trace=renameat,renameat2,rename -e inject=renameat,renameat2,rename:delay_enter=1500ms \
		"$RUNC" --root "$STATE" create --pid-file "$T/pid" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 20 test -e "$T/pid"
	[ -s "$STATE/$ID/state.json" ]
	wait "${BACKGROUND##* }"
}

@test "defences: masked directories and files are read-only, and nothing in them runs" {
	mkdir "$ROOTFS/secret"
	touch "$ROOTFS/file"
	edit '.root.readonly = false | .linux.maskedPaths += ["/secret", "/file"]'
	sh_args 'awk "\$5 == \"/secret\" || \$5 == \"/file\" { print \$5, \$6 }" /proc/self/mountinfo | sort; ls -A /secret | wc -l; cat /file'
	run runc run "$ID"
	expect 0
	local path
	for path in /secret /file; do
		grep -qE "^$path ro,nosuid,(nodev,)?noexec" <<<"$output" || { echo "$output"; return 1; }
	done
	grep -qE "^/secret ro,nosuid,nodev,noexec" <<<"$output"
	same "$(tail -n 1 <<<"$output")" 0
}

@test "defences: SIGURG, which runtimes send themselves, is not passed on; another signal is" {
	edit '.root.readonly = false'
	sh_args 'trap "echo URG" URG; trap "echo USR1" USR1; touch /ready; while [ ! -e /end ]; do sleep 0.05; done'
	background run "$ID"
	wait_for 10 test -e "$ROOTFS/ready"
	kill -URG "${BACKGROUND##* }"
	kill -USR1 "${BACKGROUND##* }"
	usr1() { grep -q USR1 "$T/out"; }
	wait_for 10 usr1
	touch "$ROOTFS/end"
	wait "${BACKGROUND##* }"
	same "$(cat "$T/out")" USR1
}

@test "defences: a network namespace of the initial user namespace is joined before the user namespace" {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	unshare --net sleep 100 3>&- 4>&- &
	local net=$!
	unshare --user sleep 100 3>&- 4>&- &
	local user=$!
	BACKGROUND="$BACKGROUND $net $user"
	apart() { [ "$(readlink "/proc/$net/ns/net")" != "$(readlink /proc/self/ns/net)" ] && [ "$(readlink "/proc/$user/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }
	wait_for 10 apart
	printf '0 100000 1000\n' >"/proc/$user/uid_map"
	printf '0 100000 1000\n' >"/proc/$user/gid_map"
	edit --arg n "/proc/$net/ns/net" --arg u "/proc/$user/ns/user" '.mounts |= map(select(.type == "proc" or .destination == "/dev"))
		| .linux.namespaces = [{type: "pid"}, {type: "mount"}, {type: "user", path: $u}, {type: "network", path: $n}] | del(.hostname)'
	sh_args "for n in net user; do readlink /proc/self/ns/\$n; done"
	run runc run "$ID"
	expect 0 "$(readlink "/proc/$net/ns/net")" "$(readlink "/proc/$user/ns/user")"
}

@test "defences: a container that ends while exec is about to start its program: the program does not run" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	# Without a pid namespace of its own, where the kernel would end all with the first process.
	edit '.root.readonly = false | .linux.namespaces |= map(select(.type != "pid"))'
	args sleep 100
	detached run -d "$ID"
	expect 0
	local first
	first=$(pid_of "$ID")
	# The pid file has its name, the last byte waits.
	strace -o /dev/null -e trace=renameat,renameat2,rename -e inject=renameat,renameat2,rename:delay_exit=2s \
		"$RUNC" --root "$STATE" exec --pid-file "$T/pid" "$ID" touch /ran >"$T/out" 2>"$T/err" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 20 test -e "$T/pid"
	kill -9 "$first"
	wait_for 10 is_stopped "$ID"
	status=0
	wait "${BACKGROUND##* }" || status=$?
	output=$(cat "$T/err")
	expect 255 "cannot exec in a stopped container"
	[ ! -e "$ROOTFS/ran" ]
}

@test "defences: run does not remove the next container of its id" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "1.1.5 has no lock"
	# Without a pid namespace of its own, where all that is in the cgroup is killed.
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	args true
	strace -o "$T/trace" -e trace=flock "$RUNC" --root "$STATE" run "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&-
	local at
	at=$(grep -n LOCK_EX "$T/trace" | tail -n 1 | cut -d : -f 1)
	# The last lock is that of its own removal; meanwhile the container is deleted and another one made.
	strace -o "$T/trace" -e trace=flock -e "inject=flock:delay_enter=4s:when=$at" \
		"$RUNC" --root "$STATE" run "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 20 is_stopped "$ID"
	LIMIT=20 runc delete "$ID"
	args sleep 100
	detached create "$ID"
	expect 0
	wait "${BACKGROUND##* }" || true
	same "$(cat "$T/err")" ""
	same "$(status_of "$ID")" created
}

@test "defences: after each change of ids the process of a creation dies with its conductor" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	strace -f -o "$T/trace" -e trace=setresuid,prctl,execve,execveat "$RUNC" --root "$STATE" run "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&-
	# Of the process that becomes rootfs: between its change of ids and its next program.
	awk '/setresuid\(0, 0, 0\) *= 0/ && !($1 in order) { changed[$1] = 1 }
		/PR_SET_PDEATHSIG, SIGKILL/ && ($1 in changed) { renewed[$1] = 1 }
		/execve(at)?\(/ && ($1 in changed) && !($1 in order) { order[$1] = ($1 in renewed) ? "renewed" : "lost"; print order[$1] }' \
		"$T/trace" | sort -u >"$T/order"
	same "$(cat "$T/order")" renewed
}

@test "defences: a path in labels of OpenMetrics cannot end them" {
	newer "new in davit"
	mountpoint -q /sys/fs/cgroup/pids || skip "this machine has no pids hierarchy"
	local name="$ID\"\\x"
	mkdir "/sys/fs/cgroup/pids/$name"
	run "$LIBEXEC/stats" openmetrics "/$name"
	rmdir "/sys/fs/cgroup/pids/$name"
	expect 0 "id=\"/$ID\\\"\\\\x\""
}

@test "defences: of two PATHs and two HOMEs the last one is looked at" {
	edit '.process.env = ["PATH=/nowhere", "HOME=", "PATH=/bin", "HOME=/last"]'
	sh_args 'echo $HOME'
	run runc run "$ID"
	expect 0
	same "$output" /last
}

@test "defences: a detached container's user does not become the owner of its /dev/null" {
	newer "1.1.5 looks at the host's"
	edit '.process.user = {uid: 1000, gid: 1000} | .root.readonly = false'
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec --user 0 "$ID" stat -c '%u %t:%T' /dev/null
	expect 0
	same "$output" "0 1:3"
}
