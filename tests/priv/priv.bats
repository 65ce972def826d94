# Each side program is stopped behind its confinement, before it has got any input, and /proc/PID is compared with
# libexec/NAME/priv. By hand a pipe that says nothing is fd 0; conducted, a control socket that says nothing.

load ../../integration/lib/common

setup() {
	T=$BATS_TEST_TMPDIR
	STATE=$T/state
	ID=priv-$$-$RANDOM
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	processes >"$T/processes.before"
	[ "$(id -u)" = 0 ] || skip "needs root, who has something to give up"
	mkfifo "$T/silence"
	exec 9<>"$T/silence"
}

teardown() {
	[ -z "$BACKGROUND" ] || kill -9 $BACKGROUND 2>/dev/null || true
}

# What a caller richer than root as it is after a login hands down: further groups, and inheritable capabilities that are
# in no table.
RICHER=(setpriv --groups 5,6 --inh-caps +sys_chroot,+mknod --)

# declared PROGRAM KEYWORD: the words of a line of the table.
declared() {
	sed 's/#.*//' "$TOP/libexec/$1/priv" | awk -v k="$2" '$1 == k { for (i = 2; i <= NF; i++) printf "%s ", $i }' | sed 's/ $//'
}

of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$2/status"; }

# settled PID PROGRAM: it is behind its filter, if the table has one, and sleeps or is held by a tracer.
settled() {
	[ "$(readlink "/proc/$1/exe")" = "$LIBEXEC/$2" ] || return 1
	case $(declared "$2" seccomp) in "" | none) ;; *) [ "$(of Seccomp "$1")" = 2 ] || return 1 ;; esac
	[[ $(of State "$1") == [St]* ]]
}

# compare PROGRAM PID: everything the table says.
compare() {
	local program=$1 pid=$2 caps want name bit list range id
	list=$(declared "$program" caps)
	if [ "$(declared "$program" uid)" = reserved ]; then
		range=$("$RUNC" features | jq -r '.annotations["davit.confinement.ids"]')
		id=$((${range%-*} + pid % (${range#*-} - ${range%-*} + 1)))
		same "$program Uid $(of Uid "$pid" | tr '\t' ' ')" "$program Uid $id $id $id $id"
		same "$program Gid $(of Gid "$pid" | tr '\t' ' ')" "$program Gid $id $id $id $id"
		same "$program Groups $(of Groups "$pid" | tr -d ' ')" "$program Groups "
	fi
	case $list in
	keep) ;;
	none) for name in CapInh CapPrm CapEff CapAmb; do same "$program $name $(of $name "$pid")" "$program $name 0000000000000000"; done ;;
	*)
		want=0
		for name in $list; do
			bit=$(sed -n "s/^#define CAP_$name[[:space:]]*\([0-9]*\).*/\1/p" /usr/include/linux/capability.h)
			want=$((want | 1 << bit))
		done
		caps=$((16#$(of CapPrm "$pid")))
		# The table is a ceiling; a program may give up more.
		[ $((caps & ~want)) = 0 ] || { echo "$program: CapPrm $(of CapPrm "$pid") is more than $list"; return 1; }
		same "$program CapEff $((16#$(of CapEff "$pid") & ~want))" "$program CapEff 0"
		same "$program CapAmb $((16#$(of CapAmb "$pid") & ~want))" "$program CapAmb 0"
		same "$program CapInh $((16#$(of CapInh "$pid") & ~want))" "$program CapInh 0"
		;;
	esac
	[ "$(declared "$program" nnp)" != yes ] || same "$program NoNewPrivs $(of NoNewPrivs "$pid")" "$program NoNewPrivs 1"
	case $(declared "$program" seccomp) in
	"" | none) same "$program Seccomp $(of Seccomp "$pid")" "$program Seccomp 0" ;;
	*) same "$program Seccomp $(of Seccomp "$pid")" "$program Seccomp 2" ;;
	esac
	# Not dumpable: root owns the files whatever the ids are, and mem cannot be opened without CAP_SYS_PTRACE.
	same "$program owner $(stat -c %u "/proc/$pid/environ")" "$program owner 0"
	run setpriv --bounding-set=-all --inh-caps=-all --reuid 65534 --regid 65534 --clear-groups ls "/proc/$pid/fd"
	[ "$status" != 0 ] || { echo "$program is dumpable"; return 1; }
	# Limits
	sed 's/#.*//' "$TOP/libexec/$program/priv" | awk '$1 == "rlimit" { print $2, $3 }' | while read -r name want; do
		case $name in
		AS) name='Max address space' ;; CORE) name='Max core file size' ;; CPU) name='Max cpu time' ;;
		FSIZE) name='Max file size' ;; NOFILE) name='Max open files' ;; NPROC) name='Max processes' ;; *) continue ;;
		esac
		# No limit above the caller's own hard one.
		[ "$name" != 'Max open files' ] || [ "$(ulimit -Hn)" = unlimited ] || [ "$want" -le "$(ulimit -Hn)" ] || want=$(ulimit -Hn)
		grep -Eq "^$name +$want +$want " "/proc/$pid/limits" || { echo "$program: $name is not $want"; cat "/proc/$pid/limits"; exit 1; }
	done
}

# by_hand PROGRAM ARG…: with a silent pipe as input.
by_hand() {
	local program=$1
	shift
	"${RICHER[@]}" "$LIBEXEC/$program" "$@" <&9 >"$T/out" 2>"$T/err" 3>&- 4>&- 5</ 6</etc &
	BACKGROUND="$BACKGROUND $!"
	STEP=$!
	wait_for 5 settled "$STEP" "$program" || { echo "$program: $(cat "$T/err")"; return 1; }
}

# fds PID: numbers, sorted, on one line.
fds() { ls "/proc/$1/fd" | sort -n | tr '\n' ' '; }

@test "priv: every step has a table" {
	local d
	for d in "$TOP"/libexec/*/; do
		d=$(basename "$d")
		[ "$d" = verbs ] || [ -s "$TOP/libexec/$d/priv" ] || { echo "$d has none"; return 1; }
	done
}

@test "priv: parse by hand" {
	by_hand parse
	compare parse "$STEP"
	same "$(fds "$STEP")" "0 1 2 "
}

@test "priv: plan-dump by hand" {
	by_hand plan-dump
	compare plan-dump "$STEP"
	same "$(fds "$STEP")" "0 1 2 "
}

@test "priv: seccomp by hand" {
	[ -x "$LIBEXEC/seccomp" ] || skip "built without libseccomp"
	by_hand seccomp
	compare seccomp "$STEP"
	same "$(fds "$STEP")" "0 1 2 "
}

# conducted PROGRAM [ARGUMENTS]: as a conductor starts it; the step's pid in $STEP.
conducted() {
	local program=$1
	rm -f "$T/conduct"
	"${RICHER[@]}" "$HELPERS/helper-conduct" "$LIBEXEC/$program" "$(declared "$program" fds)" "$TOP/shared/fds.h" ${2:+"$2"} \
		>"$T/conduct" 2>"$T/err" 3>&- 4>&- 9>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 grep -q '^pid ' "$T/conduct"
	STEP=$(sed -n 's/^pid //p' "$T/conduct")
	if [ -n "$CONDUCT_STOP" ]; then
		wait_for 5 pgrep -P "$STEP" >/dev/null
		BACKGROUND="$BACKGROUND $STEP"
		STEP=$(pgrep -P "$STEP")
	fi
	BACKGROUND="$BACKGROUND $STEP"
	wait_for 5 settled "$STEP" "$program" || { echo "$program: $(cat "$T/err")"; return 1; }
}

# Nothing but the table's fds is left of those that helper-conduct left open.
only_declared() {
	local fd
	for fd in $(fds "$2"); do
		[ "$fd" -lt 40 ] || { echo "$1 has fd $fd: $(readlink "/proc/$2/fd/$fd")"; return 1; }
	done
}

@test "priv: netlink, netdev, tty and pstable, conducted, with a control socket that says nothing" {
	local program
	for program in netlink netdev tty pstable; do
		conducted "$program"
		compare "$program" "$STEP"
		only_declared "$program" "$STEP"
		# A wait that is interrupted by a stop goes on by restart_syscall(2).
		kill -STOP "$STEP"
		wait_for 5 grep -q '^State:.T' "/proc/$STEP/status"
		kill -CONT "$STEP"
		sleep 0.1
		grep -q '^State:.[SR]' "/proc/$STEP/status" || { echo "$program has ended"; return 1; }
	done
}

@test "priv: sources, cgroup, resctrl, scope and seccomp, conducted, held at their first look at the plan or word about it" {
	command -v strace >/dev/null || skip "strace is not installed"
	local program
	export CONDUCT_STOP=recvmsg,sendmsg,pread64
	for program in sources cgroup resctrl scope seccomp; do
		[ -x "$LIBEXEC/$program" ] || continue
		case $program in
		cgroup | resctrl) conducted $program create ;;
		# The library that it is linked to is read by pread64.
		scope) CONDUCT_STOP=sendmsg conducted $program "create v2 bus" ;;
		*) conducted $program ;;
		esac
		compare "$program" "$STEP"
		only_declared "$program" "$STEP"
	done
}

@test "priv: witness and nodes, conducted, held at their first look at the plan" {
	command -v strace >/dev/null || skip "strace is not installed"
	local program
	export CONDUCT_STOP=sendmsg,pread64
	for program in witness nodes; do
		conducted $program
		compare $program "$STEP"
		only_declared $program "$STEP"
	done
}

@test "priv: stats, which watches a container, and its conductor" {
	setup_bundle
	args sleep 100
	background run "$ID"
	wait_for 5 is_running "$ID"
	"$RUNC" --root "$STATE" events --interval 1h "$ID" >"$T/events" 2>&1 3>&- 4>&- 9>&- &
	local pid=$! set
	BACKGROUND="$BACKGROUND $pid"
	wait_for 5 pgrep -P "$pid" -x stats >/dev/null
	STEP=$(pgrep -P "$pid" -x stats)
	wait_for 5 settled "$STEP" stats
	compare stats "$STEP"
	for set in CapPrm CapEff CapInh CapAmb; do
		[ $((16#$(of $set "$pid") & ~(1 << 5 | 1 << 1))) = 0 ] || { echo "events keeps $set $(of $set "$pid")"; return 1; }
	done
	runc kill "$ID" KILL
	wait_for 5 test ! -d "/proc/$pid"
	wait_for 5 test ! -d "$STATE/$ID"
}

@test "priv: a conductor that waits for a container in the foreground keeps what sequencing needs" {
	setup_bundle
	args sleep 100
	background run "$ID"
	local pid=$! set ceiling
	wait_for 5 is_running "$ID"
	# CAP_KILL for its steps and the container, CAP_DAC_OVERRIDE for the cgroup step that will remove (it inherits it).
	ceiling=$((1 << 5 | 1 << 1))
	keeps_little() {
		for set in CapPrm CapEff CapInh CapAmb; do
			[ $((16#$(of $set "$pid") & ~ceiling)) = 0 ] || return 1
		done
	}
	wait_for 5 keeps_little || { grep Cap "/proc/$pid/status"; return 1; }
	runc kill "$ID" KILL
	wait_for 5 test ! -d "$STATE/$ID"
}

@test "priv: a call outside the list is fatal: parse is killed by SIGSYS" {
	by_hand parse
	local filters
	filters=$(of Seccomp_filters "$STEP")
	same "$filters" 1
	# Of the kernel's 460 calls the filter lets those of the table through: parse has no more than nine.
	[ "$(declared parse seccomp | wc -w)" -le 9 ]
	[ "$(declared seccomp seccomp | wc -w)" -le 14 ]
}

# table WORDS…: what the build says of a table with this line.
table() {
	printf '%s\n' "$*" >"$T/priv"
	run awk -v name=try -v syscalls="$TOP/build/syscalls.txt" -f "$TOP/tools/priv.awk" "$TOP/build/syscalls.txt" "$T/priv"
}

@test "priv: what is misspelt in a table stops the build" {
	local line
	for line in 'seccomp read wirte' 'seccomp opan?' 'seccomp read read' 'seccomp kill: read read' 'uid resreved' 'uid' 'nnp ye' \
		'exec maybe' 'seccomp dup3(O_CLOEXEC)' 'seccomp ioctl(TCGETS|)' 'seccomp ioctl(tcgets)' 'landlock nothing' \
		'landlock none /etc' 'lanldock none'; do
		table "$line"
		[ "$status" != 0 ] || { echo "$line: $output"; return 1; }
		[[ $output == "$T/priv:1: "* ]] || { echo "$line: $output"; return 1; }
	done
	table 'seccomp read poll? ioctl(TCGETS|TCSETS) openat(!O_CREAT|O_TRUNC)'
	same "$status" 0
}

@test "priv: what the compiler sees, it refuses: capabilities, descriptors, limits, arguments" {
	local line
	for line in 'caps CHWON' 'fds PLANE:regular' 'fds PLAN:regluar' 'rlimit CPUS 1' 'seccomp read ioctl(TCGETTS)' 'landlock COPIES'; do
		table "$line"
		same "$line: $status" "$line: 0"
		echo "$output" >"$T/try.c"
		run cc -D_GNU_SOURCE -I"$TOP/shared" -fsyntax-only "$T/try.c"
		[ "$status" != 0 ] || { echo "$line: compiled"; return 1; }
	done
}

@test "priv: a call that not all architectures have carries a mark" {
	# The calls of newer architectures, aarch64 among them.
	echo '#include <asm-generic/unistd.h>' | cc -E -dM -D__ARCH_WANT_NEW_STAT -D__ARCH_WANT_SET_GET_RLIMIT \
		-D__ARCH_WANT_RENAMEAT - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p' | sort >"$T/generic"
	grep -qx newfstatat "$T/generic" || skip "the kernel's headers have no list of generic calls"
	sed -n 's/#.*//; s/^seccomp *//p' "$TOP"/libexec/*/priv | tr -s ' \t' '\n' | grep -v -e ':$' -e '^none$' -e '?$' | sed 's/(.*//' |
		sort -u | comm -23 - "$T/generic" >"$T/unmarked"
	same "$(cat "$T/unmarked")" ""
}
