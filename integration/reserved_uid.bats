# The steps that hold nothing have a uid that nobody else has: what shares it could kill them, with every creation.

load lib/common

setup() {
	setup_bundle
	[ "$(id -u)" = 0 ] || skip "who is not root keeps the own ids"
	[ -n "$DAVIT_ISOLATED" ] || skip "the container kills what it can: only in a pid namespace, which tests/run makes"
}

@test "reserved uid: a container of uid 65534 on the host's pid namespace that kills all it can breaks no creation" {
	local i
	edit '.process.user = {uid: 65534, gid: 65534} | .linux.namespaces |= map(select(.type != "pid"))'
	args sh -c 'while :; do kill -9 -1; done 2>/dev/null'
	background run "$ID"
	wait_for 5 is_running "$ID"
	edit '.process.user = {uid: 0, gid: 0} | .process.args = ["true"]'
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	for i in {1..30}; do
		# Another profile each time, so that seccomp has to run.
		edit_seccomp --argjson n "$i" '.linux.seccomp.syscalls[0].args = [{index: 0, value: $n, op: "SCMP_CMP_EQ"}]'
		run runc run "$ID-$i"
		same "$i: $status $output" "$i: 0 "
	done
	is_running "$ID"
	runc kill "$ID" KILL
	wait_for 5 test ! -e "$STATE/$ID"
}

# uid_of PROGRAM: what it became, in a run of the container, in every thread of it.
uids_of() { sed -n "s/.*setresuid([0-9]*, \([0-9]*\), [0-9]*) *= 0.*/\1/p" "$T"/trace.* | sort -u; }

@test "reserved uid: each process has its own, of the range that the build was given, and the group of the same number" {
	command -v strace >/dev/null || skip "strace is not installed"
	needs_seccomp
	args true
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	strace -ff -qq -e trace=setresuid,setresgid -o "$T/trace" "$RUNC" --root "$STATE" run "$ID" 3>&-
	local uid count=0 base
	base=$("$RUNC" features | jq -r '.annotations["davit.confinement.ids"]')
	for uid in $(uids_of); do
		[ "$uid" -ge "${base%-*}" ] || continue # the container's own
		[ "$uid" -le "${base#*-}" ]
		grep -q "setresgid($uid, $uid, $uid) *= 0" "$T"/trace.*
		count=$((count + 1))
	done
	same "$count" 2 # parse and seccomp
}

has_own_users() { [ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }

@test "reserved uid: in a user namespace without these ids it is 65534, and without that the caller's" {
	local count pid
	for count in 65535 1; do
		mkfifo "$T/go-$count"
		unshare --user sh -c 'read line <"$1"; exec "$2" <"$1"' - "$T/go-$count" "$LIBEXEC/parse" >/dev/null 2>&1 3>&- 4>&- &
		pid=$!
		BACKGROUND="$BACKGROUND $pid"
		wait_for 5 has_own_users "$pid"
		echo "0 0 $count" >"/proc/$pid/gid_map"
		echo "0 0 $count" >"/proc/$pid/uid_map"
		exec 8>"$T/go-$count"
		echo >&8
		wait_for 5 grep -q '^Seccomp:.2' "/proc/$pid/status"
		same "$count $(grep -E '^(Uid|Gid|CapPrm):' "/proc/$pid/status" | tr '\n\t' '  ')" \
			"$count $([ "$count" = 1 ] && set 0 || set 65534; echo "Uid: $1 $1 $1 $1 Gid: $1 $1 $1 $1") CapPrm: 0000000000000000 "
		exec 8>&-
	done
}
