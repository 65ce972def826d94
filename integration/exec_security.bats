# exec into a container that wants to get out: what it may see and touch of the joining process, and where the new
# process may not end up. RT numbers as in security.bats.

load lib/common
load lib/exec
load lib/peer

setup() {
	setup_bundle
	edit '.root.readonly = false'
	args sleep 1000
}

# The watcher: a program of the container that looks at every process but itself, all the time, and says what it could
# do, with the name that the process had before and after it looked.
watcher() {
	cat >"$ROOTFS/watch" <<-'END'
		echo ready
		while :; do
			for p in /proc/[0-9]*; do
				case $p in /proc/1|/proc/$$) continue ;; esac
				read -r name <$p/comm || continue
				seen=
				for f in environ mem maps auxv; do (: <$p/$f) && seen="$seen $f"; done
				[ -n "$(ls $p/fd)" ] && { seen="$seen fd"; fds=$(ls -l $p/fd); }
				for f in exe root cwd; do l=$(readlink $p/$f) && [ -n "$l" ] && seen="$seen $f=$l"; done
				read -r after <$p/comm || continue
				[ "$name" = "$after" ] || continue
				echo "$name sees:$seen"
				case $seen in *fd*) echo "$fds" | sed "s/^/$name fd: /" ;; esac
			done
		done 2>/dev/null
	END
	args sh /watch
	runc run -d "$ID" </dev/null >"$T/seen" 2>"$T/err"
	P=$(pid_of "$ID")
	wait_for 5 grep -q ready "$T/seen"
}

# held DELAYED FLAGS…: one exec whose processes wait before and after each of these system calls.
held() {
	needs_strace
	local calls=$1
	shift
	status=0
	timeout -k 2 60 strace -f -o "$T/trace" -e trace="$calls" -e inject="$calls:delay_enter=60000:delay_exit=60000" \
		"$RUNC" --root "$STATE" exec "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || status=$?
	output=$(cat "$T/out" "$T/err")
}

@test "exec: the joining process is not to be looked into from a user namespace (RT-07)" {
	command -v strace >/dev/null || skip "no strace"
	edit '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces += [{type: "user"}] | .process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]'
	watcher
	held setns,clone,clone3,execve,execveat,prctl,capset,setgroups,setresuid,setresgid,close_range,read "$ID" sleep 0.5
	expect 0
	grep -v '^\(sh\|sleep\|cat\|ls\|readlink\|sed\) ' "$T/seen" | sort | uniq -c >"$T/others"
	cat "$T/others"
	grep -q ' sees:' "$T/others" # it was there to be seen
	newer "1.1.5 is visible for a moment"
	lacks "$(cat "$T/others")" "sees: "
}

@test "exec: a host's CAP_SYS_PTRACE in the container finds no directory and no file of the host (RT-07, RT-08)" {
	command -v strace >/dev/null || skip "no strace"
	edit '.process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"] | .process.noNewPrivileges = false'
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	watcher
	held setns,clone,clone3,execve,execveat,prctl,capset,setresuid,close_range,read,pread64 "$ID" sleep 0.5
	expect 0
	grep -v '^\(sh\|sleep\|cat\|ls\|readlink\|sed\) ' "$T/seen" | sort | uniq >"$T/others"
	cat "$T/others"
	grep -q ' fd: ' "$T/others"
	newer "1.1.5 is a copy of the whole runtime"
	grep -o 'fd: .* -> .*' "$T/others" | sed 's/.* -> //' | sort -u >"$T/links"
	# Pipes, sockets, memfds, /dev/null and what the caller gave as 0 to 2; nothing that leads anywhere.
	same "$(grep -vE '^(socket|pipe|anon_inode):|^/memfd:|^/dev/null$|^/etc/passwd$' "$T/links" | grep -vE "^$T/(seen|out|err)\$")" ""
	lacks "$(cat "$T/others")" "exe=$TOP"
	lacks "$(cat "$T/others")" "exe=$LIBEXEC"
	lacks "$(grep -o 'exe=.*' "$T/others")" /davit
	same "$(grep -o ' root=[^ ]*' "$T/others" | sort -u)" " root=/"
	same "$(grep -o ' cwd=[^ ]*' "$T/others" | sort -u)" " cwd=/"
}

@test "exec: the joining process never has the capability that opens files of the host by handle (RT-07)" {
	command -v strace >/dev/null || skip "no strace"
	edit '.process.capabilities[] += ["CAP_SYS_PTRACE"]'
	cat >"$ROOTFS/watch" <<-'END'
		echo ready
		while :; do
			for p in /proc/[0-9]*; do
				case $p in /proc/1) continue ;; esac
				sed -n "s/^Name:/name/p; s/^Cap[PB][a-z]*:/cap/p" $p/status | xargs
			done
		done 2>/dev/null
	END
	args sh /watch
	runc run -d "$ID" </dev/null >"$T/seen" 2>"$T/err"
	wait_for 5 grep -q ready "$T/seen"
	held prctl,capset,setresuid,close_range,read "$ID" sleep 0.5
	expect 0
	newer "1.1.5 has all of them"
	grep '^name' "$T/seen" | grep -v '^name \(sh\|sleep\|sed\|xargs\) ' | sort -u >"$T/others"
	cat "$T/others"
	grep -q '^name memfd:dmz ' "$T/others"
	local sets set
	while read -r _ _ _ sets; do
		for set in ${sets//cap/}; do [ $((0x$set >> 2 & 1)) = 0 ]; done
	done <"$T/others"
}

@test "exec: /proc/PID/exe of the joining process is never a file of the host; no program is changed (RT-08)" {
	newer "for davit"
	[ -x "$HELPERS/helper-exewatch" ] || skip "the helper is not built"
	sha256sum "$RUNC" "$LIBEXEC"/* >"$T/sums"
	stat -c '%n %i %Y %Z' "$RUNC" "$LIBEXEC"/* >"$T/stats"
	cp "$HELPERS/helper-exewatch" "$ROOTFS/bin/exewatch"
	printf '#!/proc/self/exe\n' >"$ROOTFS/bad"
	chmod +x "$ROOTFS/bad"
	ln -s /proc/self/exe "$ROOTFS/worse"
	args exewatch 4
	edit '.process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"]'
	runc run -d "$ID" </dev/null >"$T/seen" 2>"$T/err"
	wait_for 3 grep -q ready "$T/seen"
	local i
	runc exec -d "$ID" sh -c 'while :; do for p in /proc/[0-9]*; do echo x >>$p/exe; done; done 2>/dev/null' </dev/null >/dev/null 2>&1
	for i in 1 2 3 4 5 6 7 8 9 10; do
		runc exec "$ID" true </dev/null
		run runc exec "$ID" /bad </dev/null
		[ "$status" != 0 ]
		run runc exec "$ID" /worse </dev/null
	done
	wait_for 8 is_stopped "$ID"
	cat "$T/seen"
	grep -q '^exe .*busybox' "$T/seen"
	lacks "$(grep '^exe' "$T/seen")" "$TOP"
	lacks "$(grep '^exe' "$T/seen")" /davit
	sha256sum --quiet -c "$T/sums"
	stat -c '%n %i %Y %Z' "$RUNC" "$LIBEXEC"/* | cmp - "$T/stats"
}

# inside_or_refused DIRECTORY: exec --cwd is refused, or the directory is one of the container's own.
inside_or_refused() {
	status=0
	runc exec --cwd "$1" "$ID" sh -c 'pwd -P; stat -c "%d" .; ls -a . | xargs; ls ../../../../../..; cat ../../../../../../../canary' </dev/null >"$T/out" 2>"$T/err" || status=$?
	lacks "$(cat "$T/out")" outside || { echo "cwd $1"; return 1; }
	[ "$status" != 255 ] || return 0
	[ "$(head -c 1 "$T/out")" = / ] || { echo "cwd $1: $(cat "$T/out")"; return 1; }
	lacks "$(head -n 1 "$T/out")" unreachable
}

@test "exec: --cwd through /proc does not lead out (RT-16)" {
	newer "Debian's has the fix, but makes directories"
	local n d refusals=0
	echo outside >"$T/canary"
	ln -s /proc/self/fd/7 "$ROOTFS/seven"
	ln -s /proc/1/root "$ROOTFS/root1"
	ln -s /proc/self/cwd "$ROOTFS/here"
	ln -s /proc/thread-self/root "$ROOTFS/top"
	ln -s /proc/self/fd "$ROOTFS/fds"
	for n in {3..12}; do ln -s "/proc/self/fd/$n/../../../../../.." "$ROOTFS/up$n"; done
	edit '.process.capabilities[] += ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"]'
	up
	exec {dir}<"$T"
	for n in {0..32}; do
		for d in "/proc/self/fd/$n" "/proc/thread-self/fd/$n" "/proc/self/fd/$n/.." "/fds/$n"; do
			inside_or_refused "$d"
			[ "$status" != 255 ] || refusals=$((refusals + 1))
		done
	done
	exec {dir}<&-
	[ "$refusals" = 132 ] # no directory of anybody is open
	for d in /proc/1/root /proc/1/cwd /proc/self/root /proc/self/cwd /proc/thread-self/cwd /seven /root1 /here /top /up{3..12} \
		"/proc/$$/root" /proc/self/task/1/root /proc/self/ns /proc/self/map_files; do
		inside_or_refused "$d"
	done
	# The same by process.json, and with the caller's own directory handed over.
	jq '.process | .cwd = "/proc/self/fd/3" | .args = ["cat", "canary"]' <config.json >"$T/process.json"
	run "$RUNC" --root "$STATE" exec -p "$T/process.json" "$ID" </dev/null 3>&- 4>&-
	expect 255
}

@test "exec: a working directory that is the user's only as root, and such that are none" {
	up
	runc exec "$ID" mkdir -m 700 /private </dev/null
	run runc exec -u 1234 --cwd /private "$ID" pwd
	expect 0 # entered before the change of user, as runc does
	newer "1.1.5 makes directories"
	run runc exec --cwd "/$(head -c 300 /dev/zero | tr '\0' d)" "$ID" pwd
	expect 255 "file name too long"
	ln -s loop "$ROOTFS/loop"
	run runc exec --cwd /loop "$ID" pwd
	expect 255 "symbolic links"
}

@test "exec: what the container did to /proc does not reach the joining process (RT-09, RT-21)" {
	newer "for davit"
	edit '.process.capabilities[] += ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"] | .linux.maskedPaths = [] | .linux.readonlyPaths = []
		| .process.apparmorProfile = ""'
	up
	run runc exec "$ID" sh -c 'mount -t tmpfs tmpfs /proc && mkdir -p /proc/self/fd /proc/thread-self/attr /proc/1/ns && echo fake >/proc/self/oom_score_adj'
	expect 0
	run runc exec -u 1234 "$ID" sh -c 'cat /proc/self/oom_score_adj; id -u'
	expect 0
	same "$output" $'fake\n1234'
	run runc exec --cwd /proc/self/fd "$ID" pwd
	expect 0
	same "$output" /proc/self/fd # an ordinary directory by now
}

# opened LINK FLAGS…: exec opens LINK, which is a device that the container may make but not open; the writes of the
# cgroup step are held back, so that the process would have the time to be there before it is in its cgroups.
opened() {
	needs_strace
	local name=$1
	shift
	status=0
	timeout -k 2 60 strace -f -o "$T/trace" -e trace=open,openat,openat2,write -e inject=write:delay_enter=10000 \
		"$RUNC" --root "$STATE" exec "$@" >"$T/out" 2>"$T/err" 3>&- 4>&- || status=$?
	# A call that strace shows in two parts becomes one line again.
	awk '/ <unfinished \.\.\.>$/ { pid = $1; sub(/ <unfinished \.\.\.>$/, ""); held[pid] = $0; next }
		/^[0-9]+ <\.\.\. [a-z0-9_]+ resumed>/ { pid = $1; sub(/^.* resumed>/, ""); $0 = held[pid] $0 } 1' "$T/trace" |
		grep "\"[^ ]*$name\"" >"$T/opens" || { cat "$T/trace"; return 1; }
	cat "$T/opens"
	lacks "$(sed 's/.*EPERM.*//' "$T/opens")" "$name"
}

@test "exec: no device is opened before the devices cgroup can forbid it" {
	command -v strace >/dev/null || skip "no strace"
	[ -c /dev/fuse ] && (: <>/dev/fuse) || skip "no device to try"
	newer "the words are davit's"
	edit '.process.capabilities[] += ["CAP_MKNOD", "CAP_SYS_ADMIN"] | .process.apparmorProfile = "" | del(.linux.seccomp)'
	up
	runc exec "$ID" sh -c 'rm /etc/passwd; mknod -m 666 /etc/passwd c 10 229' </dev/null
	run runc exec "$ID" dd if=/etc/passwd count=1 </dev/null
	contains "$output" "not permitted" # the cgroup forbids it
	opened /etc/passwd "$ID" true </dev/null
	runc exec "$ID" sh -c 'rm /dev/null; mknod -m 666 /dev/null c 10 229' </dev/null
	opened /dev/null "$ID" true </dev/null
	runc exec "$ID" sh -c 'umount /dev/pts && mknod -m 666 /dev/pts/ptmx c 10 229' </dev/zero
	receiver helper-recvtty
	run runc exec -d -t --console-socket "$T/socket" "$ID" true </dev/zero
	expect 255 "not a devpts: /dev/pts"
}

@test "exec: with noNewPrivileges the joining process has no CAP_SYS_ADMIN, also where there is a filter to load" {
	command -v strace >/dev/null || skip "no strace"
	newer "davit's programs"
	local value last
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	for value in true false; do
		edit --argjson v $value '.process.noNewPrivileges = $v'
		up
		rm -f "$T"/trace.*
		strace -ff -o "$T/trace" -e trace=execveat,capset "$RUNC" --root "$STATE" exec "$ID" true </dev/null >"$T/out" 2>&1 3>&- 4>&-
		last=$(grep 'capset.* = 0$' "$(grep -l '\["ns"' "$T"/trace.*)" | tail -n 1)
		contains "$last" CAP_SETPCAP
		same "$value $(grep -c CAP_SYS_ADMIN <<<"$last")" "$value $([ $value = true ] && echo 0 || echo 1)"
		runc delete --force "$ID"
	done
}

@test "exec: a terminal is opened when the process is in its cgroups" {
	command -v strace >/dev/null || skip "no strace"
	in_v2 && skip "there it is cloned into its cgroup"
	needs_controller pids
	up
	receiver helper-recvtty
	timeout -k 2 60 strace -f -o "$T/trace" -P "/sys/fs/cgroup/pids/$ID/cgroup.procs" -P ptmx -e trace=write,openat2 \
		-e inject=write:delay_enter=500000 "$RUNC" --root "$STATE" exec -d -t --console-socket "$T/socket" "$ID" true \
		</dev/null >"$T/out" 2>"$T/err" 3>&- 4>&-
	same "$(grep -oE '(write|openat2)\(' "$T/trace" | uniq | xargs)" "write( openat2("
}

@test "exec: a program replaced while it starts, in a loop, is the old or the new one" {
	[ -x "$HELPERS/helper-swap" ] || skip "the helper is not built"
	cp "$HELPERS/helper-swap" "$ROOTFS/bin/swap"
	ln -s busybox "$ROOTFS/bin/one"
	ln -s /nowhere "$ROOTFS/bin/two"
	printf '#!/bin/sh\necho one\n' >"$ROOTFS/a"
	printf '#!/bin/sh\necho two\n' >"$ROOTFS/b"
	chmod +x "$ROOTFS/a" "$ROOTFS/b"
	args swap /a /b
	up
	local i
	for i in {1..40}; do
		run runc exec "$ID" /a
		expect 0
		[ "$output" = one ] || [ "$output" = two ] || { echo "$output"; return 1; }
	done
}

@test "exec: the caller's terminal is not the process's to write into (RT-33)" {
	up
	status=0
	timeout 20 script -qec "$(printf '%q ' "$RUNC" --root "$STATE" exec "$ID" sh -c 'echo tty-$(sed "s/.*) //" /proc/self/stat | cut -d " " -f 5)-; (: </dev/tty) 2>&1')" \
		"$T/typescript" >"$T/out" 2>&1 </dev/null 3>&- 4>&- || status=$?
	contains "$(cat "$T/out")" tty-0-
	contains "$(cat "$T/out")" "can't open /dev/tty"
}

@test "exec: a container that has all capabilities there are, so that none is given up on the way" {
	local all
	all=$(seq 0 "$(cat /proc/sys/kernel/cap_last_cap)" | while read -r n; do
		sed -n "s/^#define \(CAP_[A-Z_]*\)[[:space:]]*$n\$/\"\1\"/p" /usr/include/linux/capability.h
	done | jq -sc .)
	# In a user namespace its root has them all, whatever the caller has.
	edit --argjson all "$all" '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces += [{type: "user"}] | .process.capabilities[] = $all'
	up
	run runc exec "$ID" sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status
	expect 0
	same "$output" "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$P/status")"
	[ $((16#$output)) = $(((1 << $(cat /proc/sys/kernel/cap_last_cap) + 1) - 1)) ]
}
