# Loaded by every bats file: a bundle per test, a state root per test, and a teardown that fails the test when anything
# of it is left. tests/run starts each file in a mount and pid namespace of its own, so that what is left can be seen.
#   RUNC     the runtime under test (default bin/runc); CONTROL=1: it is another one, skip what only newer ones have
#   LAYOUT   hybrid (as the machine is), v1, v2: what tests/run has mounted on /sys/fs/cgroup; vm: in the virtual machine
#            (integration/vm), v2 with all controllers, systemd and AppArmor

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RUNC=${RUNC:-$TOP/bin/runc}
LIBEXEC=$TOP/build/davit
LAYOUT=${LAYOUT:-hybrid}
HELPERS=$TOP/build/tests
# By this factor the time limits are longer.
if [ "$LAYOUT" = vm ]; then SLOW=${SLOW:-5}; else SLOW=${SLOW:-1}; fi
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-$((120 * SLOW))}
# script(1) runs its commands in it; another shell would lose exported functions.
export SHELL=/bin/bash

# Every call of the runtime: own state root, a time limit, no fd of bats. LIMIT=N changes the seconds.
runc() {
	timeout -k 2 $((${LIMIT:-10} * SLOW)) "$RUNC" --root "$STATE" "$@" 3>&- 4>&-
}

# For containers that outlive the command and would hold bats' pipes: output in $T/out and $T/err, as with `run` in
# $status and $output (stderr).
detached() {
	status=0
	runc "$@" </dev/null >"$T/out" 2>"$T/err" || status=$?
	output=$(cat "$T/err")
}

# Starts the runtime in the background without a time limit, so that $! is its pid; teardown kills it.
background() {
	"$RUNC" --root "$STATE" "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
}

# The rootfs all tests share: busybox and a few files. Copied with hard links, so never change a file in place.
make_rootfs() {
	local r=$BATS_FILE_TMPDIR/rootfs d
	[ -e "$r.done" ] && return
	for d in bin dev etc proc sys tmp root run var; do mkdir -p "$r/$d"; done
	cp "$(command -v busybox)" "$r/bin/busybox"
	# One process for 400 links.
	busybox --list | (cd "$r/bin" && perl -ne 'chomp; $_ eq "busybox" or symlink "busybox", $_ or die "$_: $!"')
	ln -s bin "$r/sbin"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$r/etc/passwd"
	echo 'root:x:0:' >"$r/etc/group"
	mkdir "$BATS_FILE_TMPDIR/spec"
	(cd "$BATS_FILE_TMPDIR/spec" && "$RUNC" spec $(is_root || echo --rootless) 3>&- 4>&-)
	touch "$r.done"
}

is_root() { [ "$(id -u)" = 0 ]; }

# for_root REASON: what an ordinary user cannot have (AS_USER of tests/run, doc/rootless.md).
for_root() { is_root || skip "not for an ordinary user: $1"; }

# Other ids than the caller's, in the container.
for_ids() { is_root || [ -n "$DAVIT_RANGES" ] || skip "not for a user without sub-ids: only the own id is mapped"; }

# A fresh bundle in $BUNDLE, which becomes the current directory; $ID is a container id nobody else has.
setup_bundle() {
	make_rootfs
	T=$BATS_TEST_TMPDIR
	STATE=$T/state
	BUNDLE=$T/bundle
	ROOTFS=$BUNDLE/rootfs
	ID=t$BATS_TEST_NUMBER-$$-$RANDOM
	MARK=DAVIT_TEST=$ID
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "$BATS_FILE_TMPDIR" "$T" 2>/dev/null || true
	mkdir -p "$BUNDLE"
	cp -al "$BATS_FILE_TMPDIR/rootfs" "$ROOTFS"
	cp "$BATS_FILE_TMPDIR/spec/config.json" "$BUNDLE/config.json"
	cd "$BUNDLE" || return 1
	edit --arg mark "$MARK" '.process.terminal = false | .process.args = ["true"] | .process.env += [$mark]'
	# tests/as-user ranges
	[ -z "$DAVIT_RANGES" ] || edit --argjson s "$DAVIT_RANGES" '.linux.uidMappings += [{containerID: 1, hostID: $s, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	processes >"$T/processes.before"
}

# edit [jq options] FILTER: changes config.json of the current directory.
edit() {
	jq "$@" <config.json >config.json.new && mv -f config.json.new config.json
}

# args WORD…: what the container runs.
args() {
	edit --argjson args "$(jq -nc '$ARGS.positional' --args -- "$@")" '.process.args = $args'
}

# sh_args SCRIPT: the container runs this script.
sh_args() {
	args sh -c "$1"
}

setup() { setup_bundle; }
teardown() { teardown_bundle; }

# "PID NAME" of all processes; in the virtual machine without the kernel's and those of systemd's services, elsewhere
# outside tests/run only of those that carry this test's mark or hold its files.
processes() (
	trap - DEBUG # bats' trace of each command costs more than the loop
	local p name
	if in_vm; then # kernel threads are children of process 2
		ps -ww -e -o pid=,ppid=,stat=,cgroup:500=,args= |
			awk '$1 != 2 && $2 != 2 && $3 !~ /^Z/ && $4 !~ /(\.service|init\.scope)$/ && $5 !~ /^(ps|awk|grep)$/ {
				sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, $1 " "); print }'
		return
	fi
	for p in /proc/[0-9]*; do
		[ "$p" = "/proc/$$" ] || [ "$p" = "/proc/$BASHPID" ] && continue
		if [ -z "$DAVIT_ISOLATED" ]; then
			{ tr '\0' '\n' <"$p/environ" | grep -qxF "$MARK"; } 2>/dev/null ||
				{ tr '\0' ' ' <"$p/cmdline" | grep -qF "$STATE"; } 2>/dev/null || continue
		fi
		name=$({ tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null) || continue
		grep -qs '^State:[[:space:]]*Z' "$p/status" && continue
		case $name in "grep "*) continue ;; esac # at the other end of a pipe from us
		echo "${p#/proc/} $name"
	done
)

# The pids of those that were not there when the test began.
new_processes() {
	processes | awk 'NR == FNR { was[$1]; next } !($1 in was) { print $1 }' "$T/processes.before" -
}

# What is there now and was not when the test began, one item a line; waits up to 10 seconds for things to go away.
leftovers() (
	trap - DEBUG
	local i now
	for i in {1..50}; do
		now=$(
			awk 'NR == FNR { was[$0]; next } !($0 in was) { print "mount: " $0 }' "$T/mounts.before" /proc/self/mountinfo
			find /sys/fs/cgroup -type d -path "*$ID*" -printf 'cgroup: %p\n' 2>/dev/null
			new_processes | while read -r p; do
				ours "$p" || echo "process: $p $(tr '\0' ' ' <"/proc/$p/cmdline")"
			done 2>/dev/null
			find "$STATE" -mindepth 1 -name '.*' -prune -o -mindepth 1 -printf 'state: %p\n' 2>/dev/null
		)
		[ -z "$now" ] && return 0
		sleep 0.2
	done
	echo "$now"
)

# True for processes of bats itself and for what has gone meanwhile: children of this shell that are no runtime.
ours() {
	local parent=$1 name stat
	{ mapfile -d '' -t name <"/proc/$1/cmdline"; } 2>/dev/null || return 0
	name="${name[*]}"
	[ -n "$name" ] || return 0
	case $name in *bats-exec-* | "sleep $BATS_TEST_TIMEOUT") return 0 ;; esac
	while [ "$parent" -gt 1 ]; do
		[ "$parent" = "$BASHPID" ] && return 0
		# The state and the parent's pid follow the name in parentheses.
		stat=
		{ IFS= read -r stat <"/proc/$parent/stat"; } 2>/dev/null || return 0
		[ -n "$stat" ] || return 0
		stat=${stat##*) ? }
		parent=${stat%% *}
	done
	return 1
}

# Nothing is left although no delete was called.
nothing_left() {
	local left
	left=$(leftovers)
	[ -z "$left" ] || { echo "left behind:"; echo "$left"; return 1; }
}

teardown_bundle() {
	local root id left
	cd / || return 1
	[ -n "$T" ] && [ -e "$T/processes.before" ] || return 0
	if [ -n "$BACKGROUND" ]; then kill -9 $BACKGROUND 2>/dev/null || true; fi
	for root in "$STATE" "$T"/*/state; do
		[ -d "$root" ] && [ ! -L "$root" ] || continue
		# A test that failed may have left it to another user, of whose state root root only looks at.
		case $(id -u):$root in 0:"$T"/*) chown -hR 0:0 "$root" && chmod go-w "$root" || true ;; esac
		for id in "$root"/*/; do
			[ -d "$id" ] || continue
			id=$(basename "$id")
			"$RUNC" --root "$root" resume "$id" >/dev/null 2>&1 3>&- || true
			timeout -k 2 $((15 * SLOW)) "$RUNC" --root "$root" delete --force "$id" 3>&- || true
		done
	done
	left=$(leftovers)
	[ -z "$left" ] && return 0
	sweep
	echo "left behind:"
	echo "$left"
	return 1
}

# One of the container's cgroups.
one_cgroup() { find /sys/fs/cgroup -type d -name "$ID" -print -quit | grep . || echo /nonexistent; }

# So that one failed test does not disturb the next, and bats removes nothing through a mount.
sweep() {
	local p try
	new_processes | while read -r p; do ours "$p" || kill -9 "$p"; done 2>/dev/null
	# A process that was killed is in its cgroup until it has ended.
	for try in {1..20}; do
		[ -n "$(find /sys/fs/cgroup -depth -type d -path "*$ID*" 2>/dev/null)" ] || break
		find /sys/fs/cgroup -depth -type d -path "*$ID*" -exec rmdir {} + 2>/dev/null && break
		sleep 0.1
	done
	# The octal escapes of mountinfo are those of printf's %b.
	awk -v below="$T/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r p; do
		umount -l "$(printf '%b' "$p")" || true
	done
	return 0
}

# --- Assertions: print what was seen, so that a failure explains itself. ---

# fails COMMAND…: a line that begins with "!" ends no test unless it is its last.
fails() {
	if "$@"; then
		echo "succeeded: $*"
		return 1
	fi
}

# expect STATUS [TEXT…]: of the last `run` or `detached`; each TEXT stands somewhere in $output.
expect() {
	local want=$1 text
	shift
	if [ "$status" != "$want" ]; then
		echo "exit status $status, expected $want; output:"
		echo "$output"
		return 1
	fi
	for text in "$@"; do contains "$output" "$text" || return 1; done
}

# Quotes inside an error record are escaped; the texts in the tests are not.
contains() {
	[[ $1 == *"$2"* || ${1//\\\"/\"} == *"$2"* ]] || { echo "\"$2\" is not in:"; echo "$1"; return 1; }
}

lacks() {
	[[ $1 != *"$2"* ]] || { echo "\"$2\" should not be in:"; echo "$1"; return 1; }
}

same() {
	[ "$1" = "$2" ] || { echo "got:      $1"; echo "expected: $2"; return 1; }
}

# refused PATTERN VERB…: the command fails with status 1 and one error record that matches the extended regular
# expression, within the time limit, and leaves nothing.
refused() {
	local pattern=$1 message lines
	shift
	status=0
	runc "$@" </dev/null >"$T/out" 2>"$T/err" || status=$?
	output=$(cat "$T/out" "$T/err")
	expect 1 || return 1
	lines=$(grep -c 'level=error' "$T/err" || true)
	[ "$lines" = 1 ] || { echo "$lines error records:"; cat "$T/err"; return 1; }
	message=$(grep 'level=error' "$T/err")
	grep -Eq -- "$pattern" <<<"$message" || { echo "no /$pattern/ in: $message"; return 1; }
	nothing_left
}

# status_of ID: created, running, …
status_of() {
	runc state "$1" | jq -r .status
}

pid_of() {
	runc state "$1" | jq -r .pid
}

# rewrite_journal CODE: each record of the container's journal as the perl CODE leaves it, which sees its $type and may
# change $body, or undefine it to drop the record; with sums that fit.
rewrite_journal() {
	perl -e 'local $/; open my $f, "<", $ARGV[0] or die; my ($j, $out) = (<$f>, "");
		while (length $j >= 12) {
			my ($magic, $type, $length) = unpack "LSS", $j;
			my $body = substr $j, 8, $length;
			substr($j, 0, 12 + $length) = "";
			eval $ARGV[1];
			die $@ if $@;
			defined $body or next;
			my ($record, $sum) = (pack("LSS", $magic, $type, length $body) . $body, 2166136261);
			$sum = (($sum ^ ord $_) * 16777619) & 0xffffffff for split //, $record;
			$out .= $record . pack "L", $sum;
		}
		open $f, ">", $ARGV[0] or die; print $f $out' "$STATE/$ID/journal" "$1"
}

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1 * SLOW + 1))
	shift
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || { echo "not within the time: $*"; return 1; }
		sleep 0.05
	done
}

# stop_at CALL COMMAND…: in the background, until SIGSTOP holds it in the first such system call. $HELD is its pid; what
# comes of it is waited for by go_on, with its output in $T/held.out.
stop_at() {
	local call=$1
	shift
	needs_strace
	strace -qq -o "$T/held" -e trace="$call" -e inject="$call:signal=STOP:when=1" "$@" </dev/null >"$T/held.out" 2>&1 3>&- 4>&- &
	TRACER=$!
	BACKGROUND="$BACKGROUND $TRACER"
	wait_for 10 grep -q 'stopped by SIGSTOP' "$T/held" || { cat "$T/held" "$T/held.out"; return 1; }
	HELD=$(pgrep -P "$TRACER")
}

go_on() {
	kill -CONT "$HELD"
	wait "$TRACER"
}

# start_time PID: field 22 of /proc/PID/stat.
start_time() {
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}

is_created() { [ "$(status_of "$ID")" = created ]; }
is_stopped() { [ "$(status_of "$1")" = stopped ]; }
is_running() { [ "$(status_of "$1")" = running ]; }

# The layout is v2 and nothing else; it is the virtual machine's.
in_v2() { [ "$LAYOUT" = v2 ] || [ "$LAYOUT" = vm ]; }
in_vm() { [ "$LAYOUT" = vm ]; }

# True if a procfs can be that of another pid namespace.
pidns_option() {
	unshare --mount --pid --fork sh -c 'mount -t proc -o pidns=/proc/self/ns/pid proc /proc' 2>/dev/null
}

# newer REASON: the test rests on behaviour that the control does not have.
newer() {
	[ -z "$CONTROL" ] || skip "not in the control: $1"
}

needs_strace() { command -v strace >/dev/null || skip "strace is not installed"; }

# Of davit alone: another runtime under test is what it is.
has_seccomp() { [ -n "$CONTROL" ] || [ -x "$LIBEXEC/seccomp" ]; }
needs_seccomp() { has_seccomp || skip "built without libseccomp"; }

# edit where the seccomp profile is one of several things, and the test is as good without it.
edit_seccomp() { ! has_seccomp || edit "$@"; }

# needs_controller NAME: v1 hierarchy or v2 controller.
needs_controller() {
	if in_v2; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers ||
			skip "the v2 hierarchy of this machine has no $1 controller"
	else
		mountpoint -q "/sys/fs/cgroup/$1" || skip "this machine has no $1 hierarchy"
	fi
}
