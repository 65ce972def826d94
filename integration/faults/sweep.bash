# One system call of one program fails, or a signal comes at it, while a verb runs; then the verb has to end in time, to have
# done all it says or to say what failed, and `delete --force` has to leave nothing.
#   FAULTS=N|all    points for each verb (40)
#   SEED=N          chooses which; a failure prints it
#   POINT='PROGRAM CALL N WHAT'    only this one, as a failure prints it

FAULT=$HELPERS/helper-fault
OLD_MEMORY=100003840 NEW_MEMORY=60002304

# What is to be seen of a container from within; a sweep compares it with that of an undisturbed one.
REPORT='grep -E "^(Umask|Uid|Gid|Groups|Sig[BI]|Cap|NoNew|Seccomp:)" /proc/self/status
cat /proc/self/limits /proc/self/oom_score_adj /proc/sys/kernel/msgmax /sys/class/net/lo/flags
sed "s/^[0-9]* [0-9]* [^ ]* //; s/ master:[0-9]*//" /proc/self/mountinfo
env; pwd; hostname; ls /proc/self/fd; stat -c "%n %F %a %u %g %t:%T" /data /dev/* /new; ls -l /proc/self/ns | sed "s/.*:.. //"
ls /proc/kcore /proc/acpi; cat /proc/keys | wc -l; echo END'

setup_faults() {
	[ "$(id -u)" = 0 ] || skip "needs root, who may trace what is not dumpable"
	[ "$(uname -m)" = x86_64 ] || skip "helper-fault knows the registers of x86_64 only"
	setup_bundle
	ID=fault$$-$RANDOM
	CG=davit-$ID
	mkdir -m 1750 "$ROOTFS/data"
	echo 'root:x:0:0:root:/home/of/root:/bin/sh' >"$ROOTFS/etc/passwd.new"
	mv -f "$ROOTFS/etc/passwd.new" "$ROOTFS/etc/passwd"
	echo "$REPORT" >"$ROOTFS/report"
	edit --arg cg "/$CG" --arg source "$T" '.linux.cgroupsPath = $cg
		| .linux.resources = {memory: {limit: 100003840}, pids: {limit: 99}, devices: [{allow: false, access: "rwm"}]}
		| .mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["size=64k"]},
			{destination: "/new", type: "bind", source: $source, options: ["rbind", "ro"]}]
		| .linux.sysctl = {"kernel.msgmax": "9999"} | .process.oomScoreAdj = 77
		| .process.env |= map(select(startswith("HOME=") | not))
		| .hooks = {createRuntime: [{path: "/bin/true"}], createContainer: [{path: "/bin/true"}], poststop: [{path: "/bin/true"}]}'
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	NAMES=$(awk '$2 ~ /^__NR_/ && $3 ~ /^[0-9]+$/ { print substr($2, 6), $3 }' "$TOP/build/syscalls.txt")
	SEED=${SEED:-$SRANDOM}
	declare -gA WAS=()
	# The verb that is under test has not to make the first program of the cache.
	args true
	runc run "$ID"
}

# --- What each verb needs before, does, and has done when it says so. ---

waiting() { args sh -c '. /report 2>&1; exec sleep 1000'; }
quick() { args sh -c '. /report 2>&1'; }

started() {
	runc run -d "$ID" </dev/null >"$T/report" 2>"$T/before" || { cat "$T/before"; return 1; }
	reported
}

# The container has written all of its report.
reported() {
	local end=$((SECONDS + 5 * SLOW)) text
	while text=$(<"$T/report") && [[ $text != *END ]]; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# Namespaces have other numbers each time: what counts is which are not the host's.
as_report() {
	local text=$(<"$1") name link
	for name in cgroup ipc mnt net pid uts time user; do
		link=$(readlink "/proc/self/ns/$name")
		text=${text//"$link"/$name of the host}
	done
	sed -E 's/(\[)[0-9]+\]/\1own]/' <<<"$text"
	cat "$(limit_file)" 2>/dev/null
	return 0
}

limit_file() {
	if [ -d "/sys/fs/cgroup/memory/$CG" ]; then echo "/sys/fs/cgroup/memory/$CG/memory.limit_in_bytes"; else echo "/sys/fs/cgroup/$CG/memory.max"; fi
}

same_report() {
	reported || { WHY="its program did not come to an end of its report: $(tail -n 1 "$T/report")"; return 1; }
	as_report "$T/report" >"$T/report.now"
	cmp -s "$T/report.now" "$T/report.right" && return 0
	WHY="the container is another one: $(diff "$T/report.right" "$T/report.now" | grep '^[<>]' | head -n 8)"
	# With a word of it, unless it may do more than it should.
	[ -s "$T/err" ] && ! diff "$T/report.right" "$T/report.now" | grep -qE '^[<>] (Uid|Gid|Groups|Cap|NoNew|Seccomp|.* of the host)'
}

has_status() {
	local status
	status=$(status_of "$ID" 2>&1)
	[ "$status" = "$1" ] || { WHY="its status is $status"; return 1; }
}

# What the kernel has and what the state says.
limits_agree() {
	local kernel state
	# A step that has outlived its conductor holds the lock until it is done.
	flock -w 5 "$STATE/$ID/journal" true || { WHY="somebody holds its lock"; return 1; }
	kernel=$(<"$(limit_file)")
	state=$("$LIBEXEC/plan-dump" <"$STATE/$ID/plan" | sed -n 's/^ *memory_limit: //p')
	[ -n "$kernel" ] && [ "$kernel" = "$state" ] || { WHY="the kernel's limit is $kernel, the state's $state"; return 1; }
}

before_run() { quick; }
do_run() { COMMAND=(run "$ID"); }
did_run() { same_report && [ -z "$(quick_left)" ]; }

before_create() { waiting; }
do_create() { COMMAND=(create "$ID"); }
did_create() { has_status created && runc start "$ID" && same_report; }

before_detached() { waiting; }
do_detached() { COMMAND=(run -d "$ID"); }
did_detached() { has_status running && same_report; }

before_start() { runc create "$ID" </dev/null >"$T/report" 2>&1; }
do_start() { COMMAND=(start "$ID"); }
did_start() { has_status running && same_report; }

before_exec() { started; }
do_exec() { COMMAND=(exec "$ID" sh -c '. /report 2>&1'); }
did_exec() { same_report; }

before_update() { started; }
do_update() { COMMAND=(update --memory "$NEW_MEMORY" "$ID"); }
did_update() {
	limits_agree && [ "$(<"$(limit_file)")" = "$NEW_MEMORY" ] || { WHY="the limit is $(<"$(limit_file)")"; return 1; }
}

before_pause() { started; }
do_pause() { COMMAND=(pause "$ID"); }
did_pause() { has_status paused; }

before_resume() { started && runc pause "$ID"; }
do_resume() { COMMAND=(resume "$ID"); }
did_resume() { has_status running; }

before_kill() { started; }
do_kill() { COMMAND=(kill "$ID" KILL); }
did_kill() { wait_for 5 is_stopped "$ID" >/dev/null || { WHY="it is $(status_of "$ID")"; return 1; }; }

before_delete() { started && runc kill "$ID" KILL && wait_for 5 is_stopped "$ID"; }
do_delete() { COMMAND=(delete "$ID"); }
did_delete() { WHY=$(quick_left) && [ -z "$WHY" ]; }

before_force() { started; }
do_force() { COMMAND=(delete --force "$ID"); }
did_force() { did_delete; }

# --- The sweep ---

# What is there that was not before the sweep, without a new process to look for it, until it has gone or 2 seconds are over.
quick_left() {
	local i p text
	for i in {1..40}; do
		text=
		[ ! -d "$STATE/$ID" ] || text+="state "
		p=$(find /sys/fs/cgroup -maxdepth 4 -type d -name "*$ID*" 2>/dev/null)
		[ -z "$p" ] || text+="cgroup: $p "
		for p in /proc/[0-9]*; do
			[ -n "${WAS[${p#/proc/}]}" ] || [ "$p" = "/proc/$BASHPID" ] && continue
			{ read -r _ _ state _ <"$p/stat"; } 2>/dev/null || continue
			[ "$state" = Z ] || text+="process: ${p#/proc/} $(tr '\0' ' ' <"$p/cmdline" 2>/dev/null) "
		done
		[ "$(sort -k 5 /proc/self/mountinfo)" = "$(<"$T/mounts.before")" ] || text+="mounts "
		[ -n "$text" ] || return 0
		sleep 0.05
	done
	echo "$text"
}

remember_processes() {
	local p
	WAS=([$BASHPID]=1)
	for p in /proc/[0-9]*; do WAS[${p#/proc/}]=1; done
}

# bring VERB WHAT…: runs the verb under helper-fault with its fault; the time it took is in $TOOK (ms), $status is its exit.
bring() {
	local verb=$1 begin=${EPOCHREALTIME/./}
	shift
	rm -f "$T/hit"
	"do_$verb"
	status=0
	timeout -k 2 $((TOO_LONG * SLOW)) "$FAULT" "$1" "$T/hit" "${@:2}" -- "$RUNC" --root "$STATE" "${COMMAND[@]}" </dev/null \
		>"$T/said" 2>"$T/err" 3>&- 4>&- || status=$?
	# A container that was created before writes to the report.
	[ "$verb" = start ] || mv -f "$T/said" "$T/report"
	TOOK=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

# Lines "PROGRAM CALL N WHAT" of all that can go wrong with the verb, in the order of its system calls. Each step is once
# stopped for good: at its first call, but not between clone and execve, where the conductor, which shares its memory, stands.
all_points() {
	awk -v full="${FAULTS/[0-9]*/}" -v verb_program=" runc ${COMMAND[0]} " 'FILENAME == ARGV[1] { name[$2] = $1; next }
		FILENAME == ARGV[2] { if ($0 !~ /^(#|$)/) { what[$1] = $0; sub(/^[^ ]+ /, "", what[$1]) } next }
		{
			call = name[$2]; program = $1; sub(/[+#].*/, "", program)
			words = program "/" call in what ? what[program "/" call] : call in what ? what[call] : what["default"]
			if (words ~ /^- /) words = ""
			n = split(words " KILL TERM STOP:50", word, " ")
			for (i = 1; i <= n; i++) print $1, call, $3, word[i]
			if (full && !seen[$1]++ && program == $1 && verb_program !~ " " program " ") print $1, call, $3, "STOP"
		}' <(echo "$NAMES") "$TOP/integration/faults/faults" "$T/calls"
}

# The chosen ones. Programs have their share, however many calls they make, and so have faults.
chosen_points() {
	[ -z "$POINT" ] || { echo "$POINT"; return; }
	[ "$FAULTS" != all ] || { all_points "$1"; return; }
	all_points "$1" | awk -v seed="$SEED" -v verb="$1" 'BEGIN { srand(seed + length(verb)) } { print rand(), rand(), $0 }' |
		sort -k 3,3 -k 1,1n | awk '{ print ++n[$3] * 1.0 + $2, $3, $4, $5, $6 }' | sort -n | head -n "${FAULTS:-40}" | cut -d ' ' -f 2-
}

bad() {
	echo "not right: $1: POINT='$POINT_NOW' ($VERB, seed $SEED): exit status $status after $TOOK ms: $(head -c 400 "$T/err")${2:+; $2}"
	COUNT[$1]=$((COUNT[$1] + 1))
}

hung() { { [ "$status" = 124 ] || [ "$status" = 137 ]; } && [ "$TOOK" -ge $((TOO_LONG * SLOW * 1000)) ]; }

judge() {
	local records
	WHY=
	records=$(grep -c level=error "$T/err")
	if hung; then
		bad hang
	elif [ "$status" = 0 ]; then
		if "did_$VERB" 2>"$T/why"; then COUNT[done]=$((COUNT[done] + 1)); else bad silent "$WHY $(<"$T/why")"; fi
	elif [ "$status" -lt 128 ] || [ "$status" = 255 ]; then
		if [ ! -s "$T/err" ] || [ "$records" -gt 1 ]; then bad words "$records error records"; else COUNT[refused]=$((COUNT[refused] + 1)); fi
	else
		COUNT[killed]=$((COUNT[killed] + 1))
	fi
	[ "$VERB" != update ] || limits_agree || bad differ "$WHY"
}

cleared() {
	local left code=0
	timeout -k 2 $((30 * SLOW)) "$RUNC" --root "$STATE" delete --force "$ID" >"$T/deleted" 2>&1 3>&- 4>&- || code=$?
	left=$(quick_left)
	[ -n "$left" ] || [ "$code" != 0 ] || return 0
	bad left "delete --force: $code $(<"$T/deleted"); $left"
	sweep
	rm -rf "${STATE:?}/$ID"
}

# sweep_verb VERB: prints what is not right, and the figures.
sweep_verb() (
	trap - DEBUG # bats' trace of each command costs more than most of them
	local number call n what total=0 end=$((SECONDS + ${SWEEP_SECONDS:-1000000}))
	VERB=$1 TOO_LONG=30
	declare -gA COUNT=([done]=0 [refused]=0 [killed]=0 [unreached]=0 [hang]=0 [silent]=0 [words]=0 [differ]=0 [left]=0)
	case $VERB in run) quick ;; *) waiting ;; esac
	# What is right, twice: the first time fills what is kept.
	"before_$VERB" && bring "$VERB" list && [ "$status" = 0 ] || { cat "$T/before" "$T/err"; return 1; }
	mv "$T/hit" "$T/calls"
	[ "$VERB" != create ] || runc start "$ID"
	case $VERB in run | create | detached | start | exec) reported && as_report "$T/report" >"$T/report.right" ;; esac
	runc delete --force "$ID"
	chosen_points "$VERB" >"$T/points"
	remember_processes
	while read -r POINT_NOW; do
		[ "$SECONDS" -lt "$end" ] || break
		read -r program call n what <<<"$POINT_NOW"
		number=$(awk -v call="$call" '$1 == call { print $2 }' <<<"$NAMES")
		# What a conductor waits for a step, before it gives up.
		if [ "$what" = STOP ]; then TOO_LONG=90; else TOO_LONG=30; fi
		"before_$VERB" || { echo "before it: $(cat "$T/before")"; return 1; }
		bring "$VERB" hit "$program" "$number" "$n" "$what"
		total=$((total + 1))
		grep -qs hit "$T/hit" || COUNT[unreached]=$((COUNT[unreached] + 1))
		hung || [ "$(tail -n 1 "$T/hit" 2>&1)" = ended ] ||
			{ echo "the sweep itself failed at POINT='$POINT_NOW': exit status $status: $(<"$T/err")"; cleared; return 1; }
		judge
		cleared
	done <"$T/points"
	echo "$VERB: $total of $(all_points "$VERB" | wc -l) points, seed $SEED: done ${COUNT[done]}, refused ${COUNT[refused]}, killed ${COUNT[killed]}, not reached ${COUNT[unreached]}; hangs ${COUNT[hang]}, silent ${COUNT[silent]}, without words ${COUNT[words]}, state and kernel differ ${COUNT[differ]}, left over ${COUNT[left]}"
	[ "$total" -lt 10 ] || [ $((COUNT[unreached] * 2)) -le "$total" ] ||
		{ echo "the sweep itself failed: ${COUNT[unreached]} of $total points were not reached"; return 1; }
	[ "$total" -gt 0 ] && [ $((COUNT[hang] + COUNT[silent] + COUNT[words] + COUNT[differ] + COUNT[left])) = 0 ]
)
