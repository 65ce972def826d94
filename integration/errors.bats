# An error is never taken for "not there": each of these calls fails for another reason, and nothing is lost by it.
# layouts: hybrid v2

load lib/common

# failing PATH CALL:ERROR VERB…: that call of the conductor, on PATH, fails; the result as with `run`.
failing() {
	needs_strace
	local path=$1 call=${2%%:*} error=${2#*:}
	shift 2
	run timeout -k 2 30 strace -o "$T/trace" -P "$path" -e "trace=$call" -e "inject=$call:error=$error" \
		"$RUNC" --root "$STATE" "$@" 3>&- 4>&-
	grep -q INJECTED "$T/trace" || { echo "nothing was injected into $call of $path:"; cat "$T/trace"; return 1; }
}

@test "errors: delete --force takes nothing but a state root that is not there for a success" {
	newer "only for davit"
	args sleep 1000
	detached run -d "$ID"
	expect 0
	chmod 777 "$STATE"
	run runc delete --force "$ID"
	expect 1 "must belong to uid 0 and be writable by nobody else"
	chown 1:1 "$STATE"
	chmod 700 "$STATE"
	run runc delete --force "$ID"
	expect 1 "must belong to uid 0"
	chown 0:0 "$STATE"
	ln -s "$STATE" "$T/link"
	run timeout 10 "$RUNC" --root "$T/link" delete --force "$ID"
	expect 1 "open $T/link: not a directory"
	touch "$T/file"
	run timeout 10 "$RUNC" --root "$T/file" delete --force "$ID"
	expect 1 "open $T/file: not a directory"
	run timeout 10 bash -c 'ulimit -n 3; exec "$@"' sh "$RUNC" --root "$STATE" delete --force "$ID" 3>&- 4>&-
	[ "$status" != 0 ]
	chmod 777 "$STATE/$ID"
	run runc delete --force "$ID"
	expect 1 "$ID: operation not permitted"
	chmod 711 "$STATE/$ID"
	same "$(status_of "$ID")" running
	run timeout 10 "$RUNC" --root "$T/nosuch" delete --force "$ID"
	expect 0
	same "$output" ""
}

@test "errors: a status that cannot be told is none, and a delete without --force does nothing then" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local pid at verb
	pid=$(pid_of "$ID")
	for at in read:EIO open:EMFILE open:ENFILE fstatfs:EIO; do
		for verb in delete state start pause exec; do
			if [ "$verb" = exec ]; then
				failing "/proc/$pid/stat" "$at" exec "$ID" true
			else
				failing "/proc/$pid/stat" "$at" "$verb" "$ID"
			fi
			[ "$status" != 0 ]
			contains "$output" "the status of container $ID cannot be told" || { echo "$at: $verb"; return 1; }
		done
		failing "/proc/$pid/stat" "$at" kill "$ID" KILL
		[ "$status" = 1 ]
		lacks "$output" "container not running"
		failing "/proc/$pid/stat" "$at" delete --force "$ID"
		[ "$status" = 1 ]
		failing "/proc/$pid/stat" "$at" list
		expect 0 "status for $ID: "
		kill -0 "$pid"
	done
	same "$(status_of "$ID")" running
}

@test "errors: a fifo that cannot be opened does not make a running container a created one" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	mkfifo "$STATE/$ID/exec.fifo"
	run runc delete "$ID"
	expect 1 "that is not stopped: running"
	strace -o "$T/trace" -e trace=openat "$RUNC" --root "$STATE" delete "$ID" 2>/dev/null 3>&- 4>&- || true
	run strace -o "$T/trace" -e trace=openat \
		-e "inject=openat:error=EMFILE:when=$(grep -n 'exec\.fifo' "$T/trace" | head -n 1 | cut -d : -f 1)" \
		"$RUNC" --root "$STATE" delete "$ID" 3>&- 4>&-
	grep -q 'exec.fifo.*INJECTED' "$T/trace"
	expect 1 "the status of container $ID cannot be told: too many open files"
	kill -0 "$pid"
	same "$(status_of "$ID")" running
}

@test "errors: a process that cannot be opened or signalled is told, at once" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local call
	for call in pidfd_open:EMFILE pidfd_send_signal:EPERM; do
		SECONDS=0
		run timeout -k 2 30 strace -o "$T/trace" -e "trace=${call%:*}" -e "inject=${call%:*}:error=${call#*:}:when=1" \
			"$RUNC" --root "$STATE" delete --force "$ID" 3>&- 4>&-
		expect 1 "the container's first process: "
		[ "$SECONDS" -lt 5 ]
		same "$(status_of "$ID")" running
	done
}

@test "errors: a hierarchy that cannot be opened is not one that is not there" {
	in_v2 && skip "v2 has one hierarchy"
	newer "only for davit"
	local n
	for n in 4 5 6 8; do
		run bash -c "ulimit -n $n; exec '$LIBEXEC/cgroup' stat /" 3>&- 4>&-
		[ "$status" != 0 ] || { echo "with $n files:"; echo "$output"; return 1; }
		contains "$output" "too many open files"
	done
	run "$LIBEXEC/cgroup" stat / 3>&- 4>&-
	expect 0
}

@test "errors: what /proc says about cgroups cannot be read: nothing is made or removed" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	args sleep 1000
	local call=trace=open,openat
	run timeout -k 2 30 strace -f -o "$T/trace" -P /proc/self/cgroup -e $call -e "inject=${call#*=}:error=EMFILE" \
		"$RUNC" --root "$STATE" create "$ID" </dev/null 3>&- 4>&-
	grep -q INJECTED "$T/trace"
	expect 1 "/proc/self/cgroup: too many open files"
	nothing_left
	detached run -d "$ID"
	expect 0
	# An empty one goes without a look at /proc.
	mkdir "$(one_cgroup)/below"
	run timeout -k 2 30 strace -f -o "$T/trace" -P /proc/self/cgroup -e $call -e "inject=${call#*=}:error=EIO" \
		"$RUNC" --root "$STATE" delete --force "$ID" 3>&- 4>&-
	expect 1 "/proc/self/cgroup: input/output error"
	[ -e "$STATE/$ID/journal" ]
	run runc delete --force "$ID"
	expect 0
	nothing_left
}

@test "errors: a hierarchy that is not mounted any more keeps its cgroup, and delete says so" {
	in_v2 && skip "v2 has one hierarchy"
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	newer "only for davit"
	needs_controller freezer
	args sleep 1000
	detached run -d "$ID"
	expect 0
	local path=/sys/fs/cgroup/freezer source
	source=$(awk -v p=$path '$5 == p { print $NF }' /proc/self/mountinfo | head -n 1)
	[ -n "$source" ] || skip "the freezer is not mounted at $path"
	umount "$path"
	run runc pause "$ID"
	expect 1 "cannot toggle freezer: its hierarchy is not mounted: $path"
	# What lies in its place is no cgroup.
	mkdir "$path/$ID"
	run runc delete --force "$ID"
	expect 1 "unable to remove container's cgroup: mount its hierarchy first" "$path"
	[ -e "$STATE/$ID/journal" ]
	rmdir "$path/$ID"
	mount -t cgroup -o freezer cgroup "$path"
	run runc delete --force "$ID"
	expect 0
	# As it was mounted before, for teardown.
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	nothing_left
}

@test "errors: a kill of all processes that cannot be says so, and kills none" {
	newer "only for davit"
	mkdir -p "$T/installed/build"
	cp -a "$TOP/bin" "$T/installed/"
	cp -a "$LIBEXEC" "$T/installed/build/"
	rm "$T/installed/build/davit/cgroup"
	args sleep 1000
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	detached run -d "$ID"
	expect 0
	RUNC=$T/installed/bin/runc run runc kill "$ID" KILL
	expect 1 "unable to kill all processes: cannot start "
	same "$(status_of "$ID")" running
}

@test "errors: what does not fit is told as that, never as success or with the words of another error" {
	newer "only for davit"
	local size
	mkdir "$T/full"
	STATE=$T/full/state
	for size in 4k 8k 12k 16k 20k 24k 28k; do
		mount -t tmpfs -o "size=$size" none "$T/full"
		detached create "$ID"
		[ "$status" = 0 ] || contains "$output" "no space left on device" || { umount "$T/full"; return 1; }
		run runc delete --force "$ID"
		umount "$T/full"
		expect 0
	done
	STATE=$T/state
	# A memfd is a file, too: the images of dmz and rootfs do not fit.
	for size in 2 4 8 16 24 32 48; do
		run bash -c "ulimit -f $size; exec timeout 20 '$RUNC' --root '$STATE' run '$ID'" </dev/null 3>&- 4>&-
		[ "$status" = 0 ] || contains "$output" "file too large" || { echo "$size"; return 1; }
		run runc delete --force "$ID"
		expect 0
	done
}

@test "errors: a pid file that another user made a link to a FIFO or a device is replaced, and nothing is opened at its end" {
	[ "$(id -u)" = 0 ] || skip "needs root, to make a link of another user"
	mkfifo "$T/fifo"
	exec 8<>"$T/fifo"
	for target in "$T/fifo" /dev/full; do
		ln -sf "$target" "$T/pid"
		chown -h 1000 "$T/pid"
		detached create --pid-file "$T/pid" "$ID"
		expect 0
		[ ! -L "$T/pid" ]
		same "$(cat "$T/pid")" "$(pid_of "$ID")"
		runc delete --force "$ID"
	done
	exec 8>&-
	[ -p "$T/fifo" ]
}

@test "errors: a pid file that is a device or a FIFO is written to, and never replaced" {
	newer "runc replaces it"
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	local dev=$T/dev verb
	mkdir "$dev"
	mount -t tmpfs none "$dev"
	mknod "$dev/null" c 1 3
	mknod "$dev/full" c 1 7
	mkfifo "$dev/fifo"
	ln -s null "$dev/link"
	args sleep 1000
	detached run -d --pid-file "$dev/null" "$ID"
	expect 0
	[ -c "$dev/null" ]
	detached exec -d --pid-file "$dev/link" "$ID" sleep 1000
	expect 0
	[ -L "$dev/link" ] && [ -c "$dev/null" ]
	runc delete --force "$ID"
	detached run -d --pid-file "$dev/full" "$ID"
	expect 1 "pid file $dev/full: no space left on device"
	[ -c "$dev/full" ]
	detached run -d --pid-file "$dev/fifo" "$ID"
	expect 1 "pid file $dev/fifo: no such device or address"
	[ -p "$dev/fifo" ]
	exec 8<>"$dev/fifo"
	detached run -d --pid-file "$dev/fifo" "$ID" 8>&-
	expect 0
	same "$(timeout 5 dd bs=64 count=1 <&8 2>/dev/null)" "$(pid_of "$ID")"
	exec 8>&-
	runc delete --force "$ID"
	umount "$dev"
	nothing_left
}

@test "errors: start where the state root is read-only starts the container and says so" {
	newer "only for davit"
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	args sleep 1000
	detached create "$ID"
	expect 0
	mount --bind "$STATE" "$STATE"
	mount -o remount,bind,ro "$STATE"
	run runc start "$ID"
	umount "$STATE"
	expect 0 "the exec fifo of the container stays: read-only file system"
	same "$(status_of "$ID")" running
	run runc start "$ID"
	expect 1 "cannot start an already running container"
}

@test "errors: a lock that cannot be had is told, and leaves no directory" {
	command -v strace >/dev/null || skip "strace is not installed"
	newer "only for davit"
	run timeout -k 2 30 strace -o "$T/trace" -e trace=flock -e inject=flock:error=ENOLCK:when=1 \
		"$RUNC" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	expect 1 "journal in $STATE/$ID: no locks available"
	nothing_left
	# The first is the creation's, the last that of the end.
	strace -o "$T/trace" -e trace=flock "$RUNC" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	run timeout -k 2 30 strace -o "$T/trace" -e trace=flock -e "inject=flock:error=ENOLCK:when=$(grep -c 'flock(.*LOCK_' "$T/trace")" \
		"$RUNC" --root "$STATE" run "$ID" </dev/null 3>&- 4>&-
	expect 0 "unable to destroy container: locking its journal: no locks available"
	run runc delete "$ID"
	expect 0
	nothing_left
}
