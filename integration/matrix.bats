# A spy in a container tries on every process it sees what the kernel may allow, while containers are made, started,
# entered and deleted beside it, in each combination of
#   user namespace    no · new (each its own) · joined (one for both) · identity (each its own, the host's ids 0 to 65535
#                     mapped to themselves) · same (one such for both) · all (one for both, with all ids there are)
#   pid namespace     own (the spy is in the container that is entered) · joined · host (here the test's own)
#   root              pivot · no-pivot (with the flag, where pivot_root(2) fails as on a ramdisk)
#   capabilities      default (an engine's) · ptrace (with CAP_SYS_PTRACE) · admin (with CAP_SYS_PTRACE, CAP_SYS_ADMIN)
#   terminal          no-terminal · terminal
# Each line in the log is a combination. An operation is followed by how often a file of the host was reached and how many
# processes the spy saw. "break" is a process of the container that tries to leave its root: entered, and as the first one.

load lib/common

ROUNDS=${ROUNDS:-3}

# What reaches files of the host: user namespace, pid namespace, root, capabilities and operation as patterns, and why.
EXPECTED="
all host * ptrace|admin create the user namespace has every id, the owner of the images, too
no host * ptrace * CAP_SYS_PTRACE of the host over all its processes
new|joined|identity|same|all * no-pivot admin break CAP_SYS_ADMIN takes away what covers the host's root
"
pidns_option || EXPECTED+="no|all joined * ptrace|admin create before Linux 6.18 rootfs works in the pid namespace that is joined
"

setup_file() {
	[ -n "$DAVIT_ISOLATED" ] && [ "$(id -u)" = 0 ] || return 0
	local node
	# The machine's devices are out of reach, whatever happens.
	mount -t tmpfs -o mode=755 dev /dev
	mkdir /dev/pts /dev/shm
	mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts /dev/pts
	ln -s pts/ptmx /dev/ptmx
	ln -s /proc/self/fd /dev/fd
	for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "/dev/${node%:*}" c 1 "${node#*:}"; done
	mknod -m 666 /dev/tty c 5 0
	# What belongs to the host and what to containers is told apart by its file system.
	mkdir "$BATS_FILE_TMPDIR/inside" "$BATS_FILE_TMPDIR/host"
	mount -t tmpfs -o mode=755 inside "$BATS_FILE_TMPDIR/inside"
	mount -t tmpfs -o mode=755 host "$BATS_FILE_TMPDIR/host"
}

teardown_file() {
	[ -n "$DAVIT_ISOLATED" ] && [ "$(id -u)" = 0 ] || return 0
	umount "$BATS_FILE_TMPDIR/inside" "$BATS_FILE_TMPDIR/host"
}

setup() {
	[ -n "$DAVIT_ISOLATED" ] && [ "$(id -u)" = 0 ] || skip "needs root and the namespaces of tests/run"
	[ -x "$HELPERS/helper-spy" ] && [ -x "$HELPERS/helper-refuse" ] || skip "the helpers are not built"
	setup_bundle
	STATE=$BATS_FILE_TMPDIR/host/state-$BATS_TEST_NUMBER
	INSIDE=$BATS_FILE_TMPDIR/inside/rootfs
	HOST=$BATS_FILE_TMPDIR/host
	CANARY=$HOST/canary
	if [ ! -e "$INSIDE" ]; then
		mkdir -p "$INSIDE"/{bin,dev,proc,sys,etc} && mkdir -m 777 "$INSIDE/tmp"
		cp "$(command -v busybox)" "$HELPERS/helper-spy" "$INSIDE/bin"
		printf x >"$INSIDE/phase"
		(umask 077; mkdir "$HOST/private"; head -c 32 /dev/urandom | base64 >"$CANARY")
	fi
	DEVICES=$(stat -c %d "$HOST" "$TOP" "$T" | sort -u | xargs)
	jq --arg root "$INSIDE" '.root = {path: $root, readonly: false} | .process.noNewPrivileges = false
		| .process.cwd = "/"
		| .process.capabilities = ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE
			SYS_CHROOT KILL AUDIT_WRITE" | [splits("\\s+") | "CAP_" + .] | {bounding: ., effective: ., permitted: .})
		| del(.hostname)' config.json >base.json
	cp base.json config.json
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	cp config.json base.json
	mkfifo "$T/says"
	exec 6<>"$T/says"
	exec 7> >(cat >"$T/messages")
	"$HELPERS/helper-recvtty" "$HOST/socket-$BATS_TEST_NUMBER" hold 3>&- 4>&- 6>&- 7>&- &
	HOLDER=$!
	SOCKET=$HOST/socket-$BATS_TEST_NUMBER
	echo "$HOLDER of the test" >>"$T/processes.before"
	wait_for 5 test -S "$SOCKET"
}

teardown() {
	[ -n "$HOLDER" ] || return 0
	kill "$HOLDER"
	exec 6>&- 7>&-
	teardown_bundle
}

# bundle NAME USER PID CAPABILITIES TERMINAL WORD…: with $A as the first process of the container whose namespaces are joined.
bundle() {
	local name=$1 user=$2 pid=$3 caps=$4 terminal=$5
	shift 5
	mkdir -p "$T/$name"
	jq --arg user "$user" --arg pid "$pid" --arg caps "$caps" --arg ns "${A:+/proc/$A/ns/}" --argjson terminal "$terminal" --args '
		def ranges($host; $size): [{containerID: 0, hostID: $host, size: $size}];
		.process.args = $ARGS.positional | .process.terminal = $terminal
		| .process.capabilities[] += ({ptrace: ["CAP_SYS_PTRACE"], admin: ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]}[$caps] // [])
		| .linux.namespaces |= map(select(.type != "pid"))
		| if $pid != "host" then .linux.namespaces += [{type: "pid"} + if $pid == "joined" and $ns != "" then {path: ($ns + "pid")} else {} end] else . end
		| if $user == "no" then . else
			if (["joined", "same", "all"] | index($user)) and $ns != "" then .linux.namespaces += [{type: "user", path: ($ns + "user")}]
			else .linux.namespaces += [{type: "user"}]
				| .linux.uidMappings = ({all: ranges(0; 4294967295), identity: ranges(0; 65536), same: ranges(0; 65536)}[$user]
					// ranges(100000; 65536))
				| .linux.gidMappings = .linux.uidMappings end
			| if $pid == "joined" and $ns != "" and (["new", "identity"] | index($user)) then .mounts |= map(select(.destination != "/proc"))
			  elif $pid == "host" then .mounts |= map(if .destination == "/proc" then
				{destination: "/proc", type: "none", source: "/proc", options: ["rbind"]} else . end) else . end
			end' "$@" <base.json >"$T/$name/config.json"
}

# davit VERB…: what it has to say is in $T/messages.
davit() {
	"${CALLER[@]}" "$RUNC" --root "$STATE" "$@" </dev/null >&6 2>&7 3>&- 4>&- 6>&- 7>&-
}

phase() { printf %s "$1" >"$INSIDE/phase"; }

# spy NAME FLAGS…: starts the container with the spy.
spy() {
	local name=$1 line
	shift
	bundle "$name" "$USER_NS" "$PID_NS" "$CAPS" false /bin/helper-spy watch /phase "$CANARY" "$HOST/private" $DEVICES
	davit create "$@" --bundle "$T/$name" "$ID-$name" || return 1
	davit start "$ID-$name" || return 1
	IFS= read -r -t 10 line <&6
	[ "$line" = ready ] || { echo "the spy says: $line"; return 1; }
}

# The spy's account, as REACHED and SEEN by the first letter of the operation, and what it told.
declare -gA REACHED SEEN
account() {
	local line word phase reached seen tries permits
	PERMITS=
	phase r
	while IFS= read -r -t 20 line <&6; do
		case $line in
		end) return 0 ;;
		phase*)
			read -r word phase reached seen tries permits <<<"$line"
			REACHED[$phase]=$reached SEEN[$phase]=$seen
			PERMITS+="      $phase: $permits"$'\n'
			;;
		*) NOTES+="      $line"$'\n' ;;
		esac
	done
	echo "no report of the spy; it said: $NOTES"
	return 1
}

# expected OPERATION: it stands in the list for this combination; $REASON.
expected() {
	local user pid root caps operation
	while read -r user pid root caps operation REASON; do
		[[ -n $REASON && $USER_NS == @($user) && $PID_NS == @($pid) && $ROOT == @($root) && $CAPS == @($caps) && $1 == @($operation) ]] ||
			continue
		SEEN_REASONS+="$REASON "
		return 0
	done <<<"$EXPECTED"
	return 1
}

# judge: prints the combination, and notes what it reached and should not have.
judge() {
	local line="$USER_NS $PID_NS $ROOT $CAPS $TERMINAL: $ROUNDS rounds" operation key bad=
	for operation in create start exec delete break; do
		key=${operation:0:1}
		[ -n "${REACHED[$key]-}" ] || continue
		line+=", $operation ${REACHED[$key]}/${SEEN[$key]}"
		[ "${REACHED[$key]}" != 0 ] || continue
		if expected "$operation"; then line+=" ($REASON)"; else bad=1; fi
	done
	echo "# $line" >&3
	[ -z "$VERBOSE" ] || printf '%s' "$NOTES$PERMITS" | sed 's/^/# /' >&3
	[ -z "$bad" ] || { echo "not expected: $line"; echo "$NOTES"; FAILED=1; }
}

# break_out NAME: a process of the container tries to leave its root; as one that enters NAME and as a first process.
break_out() {
	local line i
	phase x
	bundle k "$USER_NS" "$PID_NS" "$CAPS" false /bin/helper-spy break "$CANARY" "$HOST/private"
	REACHED[b]=0 SEEN[b]=2
	for i in exec run; do
		if [ $i = exec ]; then
			davit exec "$ID-$1" /bin/helper-spy break "$CANARY" "$HOST/private"
		else
			davit run "${FLAGS[@]}" --bundle "$T/k" "$ID-k"
		fi || { NOTES+="      break: $i has failed: $(tail -n 1 "$T/messages")"$'\n'; REACHED[b]=1; continue; }
		while IFS= read -r -t 10 line <&6 && [ "$line" != in ]; do
			NOTES+="      break by $i: $line"$'\n'
			[ "$line" != out ] || { REACHED[b]=1; break; }
		done
	done
}

# failed OPERATION: a spy that is expected to get hold of our programs may disturb them, others not. One with the host's ids
# may stop parse or witness while that is root, and not continue it when it has an id of its own: then somebody waits in vain.
failed() {
	phase x
	expected "$1" || [[ $PID_NS == host && $(tail -n 1 "$T/messages") == *@("took too long"|"timed out")* ]] || return 1
	NOTES+="      $1 has failed: $(tail -n 1 "$T/messages")"$'\n'
	[ ! -e "$STATE/$ID-b" ] || davit delete --force "$ID-b"
}

# The spy is what is entered: it is there after "start" and before "delete", and sees nothing of the others' creation.
own() {
	local i
	A=
	phase x
	spy a "${FLAGS[@]}" || return 1
	phase e
	for ((i = 0; i < ROUNDS; i++)); do
		davit exec "${TTY[@]}" "$ID-a" /bin/busybox true || return 1
	done
	account || return 1
	unset 'REACHED[c]' 'REACHED[s]' 'REACHED[d]'
	break_out a
	davit delete --force "$ID-a" || return 1
	judge
}

# The spy is in container a, the rounds are of container b.
beside() {
	local i with=false socket=()
	[ "$TERMINAL" = no-terminal ] || with=true socket=(--console-socket "$SOCKET")
	bundle b "$USER_NS" "$PID_NS" "$CAPS" "$with" /bin/busybox sleep 100
	for ((i = 0; i < ROUNDS; i++)); do
		phase c
		davit create "${FLAGS[@]}" "${socket[@]}" --bundle "$T/b" "$ID-b" || { failed create && continue; return 1; }
		phase s
		davit start "$ID-b" || { failed start && continue; return 1; }
		phase e
		davit exec "${TTY[@]}" "$ID-b" /bin/busybox true || { failed exec && continue; return 1; }
		phase d
		davit delete --force "$ID-b" || { failed delete && continue; return 1; }
	done
	account || return 1
	davit run -d "${FLAGS[@]}" "${socket[@]}" --bundle "$T/b" "$ID-b" || return 1
	break_out b
	davit delete --force "$ID-b" || return 1
	judge
}

# matrix USER PID
matrix() {
	USER_NS=$1 PID_NS=$2 CALLER=() FAILED= SEEN_REASONS=
	for CAPS in default ptrace admin; do
		if [ "$USER_NS:$CAPS" = no:admin ]; then
			echo "# no $PID_NS admin: left out, without a user namespace it is the host's capability" >&3
			continue
		fi
		A=
		if [ "$PID_NS" != own ]; then
			phase x
			CALLER=()
			spy a || { cat "$T/messages"; return 1; }
			A=$(pid_of "$ID-a")
		fi
		for ROOT in pivot no-pivot; do
			for TERMINAL in no-terminal terminal; do
				FLAGS=() TTY=() CALLER=() NOTES=
				[ "$ROOT" = pivot ] || FLAGS=(--no-pivot) CALLER=("$HELPERS/helper-refuse" pivot_root)
				[ "$TERMINAL" = no-terminal ] || TTY=(-d -t --console-socket "$SOCKET")
				if [ "$PID_NS" = own ]; then own; else beside; fi ||
					{ echo "$USER_NS $PID_NS $ROOT $CAPS $TERMINAL: $NOTES"; cat "$T/messages"; return 1; }
			done
		done
		[ "$PID_NS" = own ] || { phase x; davit delete --force "$ID-a"; }
	done
	all_reached || FAILED=1
	[ -z "$FAILED" ]
}

# Prints what stands in the list for these namespaces although nothing was reached.
all_reached() {
	local user pid root caps operation reason status=0
	while read -r user pid root caps operation reason; do
		[[ -n $reason && $USER_NS == @($user) && $PID_NS == @($pid) && $SEEN_REASONS != *"$reason"* ]] || continue
		echo "nothing was reached, so take it from the list: $user $pid $root $caps $operation: $reason"
		status=1
	done <<<"$EXPECTED"
	return $status
}

@test "matrix: no user namespace, own pid namespace" { matrix no own; }
@test "matrix: no user namespace, joined pid namespace" { matrix no joined; }
@test "matrix: no user namespace, host's pid namespace" { matrix no host; }
@test "matrix: new user namespace, own pid namespace" { matrix new own; }
@test "matrix: new user namespace, joined pid namespace" { matrix new joined; }
@test "matrix: new user namespace, host's pid namespace" { matrix new host; }
@test "matrix: joined user namespace, own pid namespace" { matrix joined own; }
@test "matrix: joined user namespace, joined pid namespace" { matrix joined joined; }
@test "matrix: joined user namespace, host's pid namespace" { matrix joined host; }
@test "matrix: identity-mapped user namespace, own pid namespace" { matrix identity own; }
@test "matrix: identity-mapped user namespace, joined pid namespace" { matrix identity joined; }
@test "matrix: identity-mapped user namespace, host's pid namespace" { matrix identity host; }
@test "matrix: joined identity-mapped user namespace, own pid namespace" { matrix same own; }
@test "matrix: joined identity-mapped user namespace, joined pid namespace" { matrix same joined; }
@test "matrix: joined identity-mapped user namespace, host's pid namespace" { matrix same host; }
@test "matrix: joined user namespace with all ids, own pid namespace" { matrix all own; }
@test "matrix: joined user namespace with all ids, joined pid namespace" { matrix all joined; }
@test "matrix: joined user namespace with all ids, host's pid namespace" { matrix all host; }
