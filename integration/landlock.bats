# The annotations org.davit.landlock.*: what Landlock leaves to the container's processes.
# layouts: hybrid vm

load lib/common

setup() {
	setup_bundle
	[ "$("$RUNC" features | jq -r '.annotations["davit.confinement.landlock"]' | tr -dc 0-9)" -ge 6 ] 2>/dev/null ||
		skip "this kernel's Landlock is older than ABI 6"
	edit '.root.readonly = false'
	mkdir "$ROOTFS/data" "$ROOTFS/work" "$ROOTFS/other"
	echo content >"$ROOTFS/data/file"
	echo secret >"$ROOTFS/other/file"
	echo x >"$ROOTFS/other/gone"
}

# landlock NAME VALUE
landlock() {
	edit --arg name "org.davit.landlock.$1" --arg value "$2" '.annotations[$name] = $value'
}

files() {
	landlock execute /bin
	landlock read /data
	landlock write /work:/dev
}

# What a process may do when files() has been called: "WHAT: yes" or "WHAT: no", one a line.
WHAT='try() { what=$1; shift; if "$@" >/dev/null 2>&1; then echo "$what: yes"; else echo "$what: no"; fi; }
	try "read inside" cat /data/file
	try "list inside" ls /data
	try "read outside" cat /other/file
	try "list outside" ls /other
	try "read program" cat /bin/busybox
	try "change inside" sh -c "echo x >/work/$ROUND && echo y >>/work/$ROUND && cat /work/$ROUND"
	try "truncate inside" truncate -s 0 /work/$ROUND
	try "move inside" sh -c "mkdir /work/d$ROUND && mv /work/$ROUND /work/d$ROUND/ && rm -r /work/d$ROUND"
	try "change outside" sh -c "echo x >>/other/file"
	try "change what may be read" sh -c "echo x >>/data/file"
	try "truncate outside" truncate -s 0 /other/file
	try "make outside" touch /other/new
	try "make directory outside" mkdir /data/new
	try "make link outside" ln -s x /data/link
	try "make fifo outside" mkfifo /data/fifo
	try "remove outside" rm /other/gone
	try "move outside" mv /other/file /other/moved
	try "move from inside" sh -c "echo x >/work/m && mv /work/m /data/m"
	try "execute" busybox true
	try "execute what may be read and changed" sh -c "cp /bin/busybox /work/busybox && /work/busybox true"'

allowed='read inside: yes
list inside: yes
read outside: no
list outside: no
read program: yes
change inside: yes
truncate inside: yes
move inside: yes
change outside: no
change what may be read: no
truncate outside: no
make outside: no
make directory outside: no
make link outside: no
make fifo outside: no
remove outside: no
move outside: no
move from inside: no
execute: yes
execute what may be read and changed: no'

everything_allowed() {
	sed 's/no$/yes/' <<<"$allowed"
}

@test "landlock: without annotations all of it works, so the tests below test something" {
	sh_args "ROUND=1; $WHAT"
	run runc run "$ID"
	same "$output" "$(everything_allowed)"
}

@test "landlock: files are read, changed and executed where the lists say, and nowhere else" {
	files
	sh_args "ROUND=1; $WHAT"
	run runc run "$ID"
	same "$output" "$allowed"
	same "$(cat "$ROOTFS/data/file" "$ROOTFS/other/file")" $'content\nsecret'
}

@test "landlock: also without noNewPrivileges, and for a user without capabilities" {
	files
	chmod 777 "$ROOTFS/work"
	sh_args "ROUND=1; $WHAT"
	edit '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000} | del(.process.capabilities)'
	run runc run "$ID"
	same "$output" "$allowed"
}

@test "landlock: nothing is left of the right that puts the rules in force; HOME is known before" {
	landlock execute /bin
	landlock read /proc
	sh_args 'grep -E "^Cap(Prm|Eff)" /proc/self/status; echo "$HOME"; cat /etc/passwd'
	edit '.process.noNewPrivileges = false | del(.process.capabilities, .linux.seccomp)'
	run runc run "$ID"
	same "$output" "CapPrm:	0000000000000000
CapEff:	0000000000000000
/root
cat: can't open '/etc/passwd': Permission denied"
	# What a program gets the kernel counts anew; before that it would be there.
	detached create "$ID"
	expect 0
	same "$(awk '/^Cap(Prm|Eff)/ { print $2 }' "/proc/$(pid_of "$ID")/status" | sort -u)" 0000000000000000
}

@test "landlock: in a user namespace, with and without noNewPrivileges" {
	files
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS/work" "$ROOTFS/other" "$ROOTFS/data"
	sh_args "ROUND=1; $WHAT"
	run runc run "$ID"
	same "$output" "$allowed"
	rm -rf "$ROOTFS"/work/*
	edit '.process.noNewPrivileges = false'
	run runc run "$ID"
	same "$output" "$allowed"
}

@test "landlock: exec has the same rules, with a terminal and without" {
	files
	args sleep 100
	detached run -d "$ID"
	expect 0
	run runc exec "$ID" sh -c "ROUND=1; $WHAT" </dev/null
	same "$output" "$allowed"
	run script -qec "timeout 20 '$RUNC' --root '$STATE' exec -t '$ID' cat /other/file" /dev/null </dev/null
	contains "$output" "Permission denied"
	edit '{args: ["cat", "/other/file"], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}, noNewPrivileges: false}
		+ {capabilities: .process.capabilities}'
	run runc exec --process config.json "$ID"
	expect 1 "Permission denied"
}

@test "landlock: ioctls of devices go with the right to change them" {
	landlock execute /
	landlock read /
	sh_args 'stty -F /dev/null 2>&1; true'
	run runc run "$ID"
	expect 0 "Permission denied"
	landlock write /dev/null
	run runc run "$ID"
	expect 0
	lacks "$output" "Permission denied"
}

@test "landlock: one list confines everything that the others do not allow" {
	landlock execute /
	sh_args 'cat /other/file && ! echo x >/work/x && ! touch /tmp/x && echo so'
	run runc run "$ID"
	expect 0 secret so
}

@test "landlock: the program itself needs to be executable" {
	landlock read /
	run runc run "$ID"
	[ "$status" != 0 ]
	contains "${output,,}" "permission denied"
}

@test "landlock: single files, and mounts below a directory" {
	mkdir "$T/source"
	echo mounted >"$T/source/file"
	edit --arg s "$T/source" '.mounts += [{destination: "/data/mount", type: "bind", source: $s, options: ["bind", "rw"]}]'
	echo two >"$ROOTFS/data/two"
	landlock execute /bin
	landlock read /data/file:/data/mount
	sh_args 'cat /data/file /data/mount/file; cat /data/two; ls /data; echo end'
	run runc run "$ID"
	same "$output" "content
mounted
cat: can't open '/data/two': Permission denied
ls: can't open '/data': Permission denied
end"
}

@test "landlock: links in a path are the image's and stay in its root" {
	ln -s /data "$ROOTFS/absolute"
	ln -s ../../../../other "$ROOTFS/data/climbs"
	landlock execute /sbin
	landlock read /absolute:/data/climbs
	sh_args 'cat /data/file /other/file; cat /etc/passwd'
	run runc run "$ID"
	expect 1 content secret "cat: can't open '/etc/passwd': Permission denied"
}

@test "landlock: a path that is not there is an error, of exec, too" {
	landlock execute /
	landlock write /work:/nowhere
	refused 'annotation org.davit.landlock.write: /nowhere: no such file or directory' create "$ID"
	landlock write /work/here
	mkdir "$ROOTFS/work/here"
	args sleep 100
	detached run -d "$ID"
	expect 0
	rmdir "$ROOTFS/work/here"
	run runc exec "$ID" true
	expect 255 "annotation org.davit.landlock.write: /work/here: no such file or directory"
}

# started COMMAND: a container whose rules name /work and what is in it; in there COMMAND has run.
started() {
	landlock execute /bin
	landlock read /data
	landlock write /work:/work/sub:/work/file:/work/mount:/dev
	mkdir -p "$ROOTFS/work/sub" "$ROOTFS/work/mount"
	echo x >"$ROOTFS/work/file"
	edit '.mounts |= map(select(.destination != "/work/mount")) + [{destination: "/work/mount", type: "tmpfs", source: "tmpfs"}]'
	sh_args "$1 && echo started; exec sleep 100"
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q started "$T/out"
}

@test "landlock: exec is refused when a path leads elsewhere than when the container was created" {
	local path swap write='echo x >/other/new; echo x >/data/new'
	while read -r path swap; do
		started "$swap"
		run runc exec "$ID" sh -c "$write"
		expect 255 "annotation org.davit.landlock.write: $path: not what it was when the container was created" ||
			{ echo "$swap"; return 1; }
		run script -qec "timeout 20 '$RUNC' --root '$STATE' exec -t '$ID' sh -c '$write'" /dev/null </dev/null
		contains "$output" "$path: not what it was when the container was created" || { echo "$swap"; return 1; }
		[ ! -e "$ROOTFS/other/new" ] && [ ! -e "$ROOTFS/data/new" ]
		kill -0 "$(pid_of "$ID")"
		runc delete --force "$ID"
		rm -rf "$ROOTFS/work/"*
	done <<-'END'
		/work/sub rmdir /work/sub && ln -s / /work/sub
		/work/sub rmdir /work/sub && ln -s ../other /work/sub
		/work/sub mv /work/sub /work/away && mkdir /work/sub
		/work/sub mv /work/sub /work/away && ln -s mount /work/sub
		/work/file mv /work/file /work/away && ln -s ../other/file /work/file
		/work/file cp /work/file /work/away && mv /work/away /work/file
	END
}

@test "landlock: exec is refused when something else is mounted on a path, or where nobody knows what it was" {
	local word
	started true
	nsenter -m -t "$(pid_of "$ID")" mount -t tmpfs tmpfs /work/mount
	run runc exec "$ID" true
	expect 255 "annotation org.davit.landlock.write: /work/mount: not what it was when the container was created"
	nsenter -m -t "$(pid_of "$ID")" umount /work/mount
	# Also where that is the same directory.
	nsenter -m -t "$(pid_of "$ID")" mount -o bind /work/mount /work/mount
	run runc exec "$ID" true
	expect 255 "annotation org.davit.landlock.write: /work/mount: not what it was when the container was created"
	nsenter -m -t "$(pid_of "$ID")" umount /work/mount
	run runc exec "$ID" sh -c 'echo x >/work/mount/x; echo y >/work/sub/y; echo z >>/work/file; cat /work/mount/x /work/sub/y /work/file'
	expect 0
	same "$output" $'x\ny\nx\nz'
	cp "$STATE/$ID/landlock" "$T/landlock"
	head -c 100 "$T/landlock" >"$STATE/$ID/landlock"
	run runc exec "$ID" true
	expect 255 "the container's Landlock paths: "
	rm "$STATE/$ID/landlock"
	run runc exec "$ID" true
	expect 255 "the container's Landlock paths: no such file or directory"
	same "$(stat -c %s "$T/landlock")" $((7 * 24))
}

@test "landlock: magic links are no way out" {
	landlock execute /
	landlock read /proc/self/root
	refused 'org.davit.landlock.read: /proc/self/root: ' create "$ID"
	landlock read /proc/self/fd/4
	refused 'org.davit.landlock.read: /proc/self/fd/4: ' create "$ID"
}

@test "landlock: TCP ports" {
	landlock bind-tcp 8080,8081
	landlock connect-tcp 8080
	sh_args 'timeout 10 nc -l -p 8080 </dev/null & timeout 10 nc -l -p 8081 </dev/null & timeout 10 nc -l -p 8082 </dev/null & sleep 0.5
		netstat -ltn | sed -n "s/.*:\(80[0-9]*\) .*/bound \1/p" | sort
		timeout 5 nc 127.0.0.1 8080 </dev/null && echo reached
		timeout 5 nc 127.0.0.1 8081 </dev/null'
	edit '.process.capabilities.bounding += ["CAP_NET_ADMIN"]'
	run runc run "$ID"
	contains "$output" "bound 8080"
	contains "$output" "bound 8081"
	lacks "$output" "bound 8082"
	contains "$output" "nc: bind: Permission denied"
	contains "$output" "reached"
	contains "$output" "nc: can't connect to remote host (127.0.0.1): Permission denied"
}

@test "landlock: no port at all" {
	landlock bind-tcp none
	landlock connect-tcp none
	sh_args 'timeout 5 nc -l -p 8080 </dev/null; timeout 5 nc 127.0.0.1 8080 </dev/null; echo end'
	run runc run "$ID"
	same "$output" "nc: bind: Permission denied
nc: can't connect to remote host (127.0.0.1): Permission denied
end"
}

@test "landlock: signals stay inside; those of the host arrive" {
	landlock scope signals
	sh_args 'sleep 100 & kill $! && echo own; exec sleep 100'
	detached run -d "$ID"
	expect 0
	wait_for 5 grep -q own "$T/out"
	# A process that enters is outside of the first one's domain.
	run runc exec "$ID" kill -9 1
	expect 1 "not permitted"
	is_running "$ID"
	runc kill "$ID" KILL
	wait_for 5 is_stopped "$ID"
}

@test "landlock: abstract sockets" {
	edit '.linux.namespaces |= map(select(.type != "network"))'
	landlock scope abstract-sockets
	cp "$HELPERS/helper-abstract" "$ROOTFS/bin/abstract"
	args abstract connect "$ID"
	"$HELPERS/helper-abstract" listen "$ID" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 grep -q "@$ID" /proc/net/unix
	run runc run "$ID"
	expect 1 "Operation not permitted"
	edit 'del(.annotations)'
	run runc run "$ID"
	same "$output" connected
}

@test "landlock: with a seccomp filter and hooks, which are confined, too" {
	needs_seccomp
	files
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}
		| .hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "touch /other/hook; echo x >/work/hook"]}]}'
	sh_args 'mkdir /work/d; cat /data/file; cat /other/file'
	run runc run "$ID"
	expect 1 "Operation not permitted" content "can't open '/other/file': Permission denied"
	[ -e "$ROOTFS/work/hook" ]
	[ ! -e "$ROOTFS/other/hook" ]
}

@test "landlock: a kernel that lacks it, has it off, or is too old is told in one line" {
	command -v strace >/dev/null || skip "strace is not installed"
	landlock execute /
	landlock scope signals
	"$LIBEXEC/parse" <config.json >plan
	fence() { strace -qq -o /dev/null -e inject=landlock_create_ruleset:"$1" "$LIBEXEC/fence" 3<plan 12<"$LIBEXEC/dmz" 2>&1; }
	run fence error=ENOSYS
	expect 1 "fence: annotations org.davit.landlock.*: this kernel has no Landlock"
	run fence error=EOPNOTSUPP
	expect 1 "Landlock is off in this kernel (lsm=)"
	run fence retval=2
	expect 1 "annotation org.davit.landlock.execute needs Landlock ABI 3 (Linux 6.2), this kernel has ABI 2"
	run fence retval=5
	expect 1 "annotation org.davit.landlock.scope needs Landlock ABI 6 (Linux 6.12), this kernel has ABI 5"
}

@test "landlock: --explain says it" {
	files
	landlock bind-tcp none
	landlock connect-tcp 443
	landlock scope signals
	"$LIBEXEC/parse" --explain <config.json >"$T/told"
	grep -q 'may be read and changed: /work, /dev$' "$T/told"
	grep -q 'may be read and executed: /bin$' "$T/told"
	grep -q 'no TCP port may be bound$' "$T/told"
	grep -q 'TCP connections only to the ports 443$' "$T/told"
	grep -q 'reached by its signals$' "$T/told"
}

@test "landlock: lists that are none are refused" {
	local junk
	while read -r name junk; do
		edit 'del(.annotations)'
		landlock "$name" "$junk"
		refused "org.davit.landlock.$name" create "$ID"
	done <<-'EOF'
		reads /data
		read data
		read /data::/work
		write none
		execute /bin/../data
		bind-tcp 80,http
		connect-tcp 65536
		scope everything
	EOF
}
