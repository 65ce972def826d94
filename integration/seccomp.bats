# Seccomp filters of the container.

load lib/common

setup() {
	setup_bundle
	edit '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"]}'
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null &&
		skip "built without libseccomp" || true
}

# rule JSON: adds an element of linux.seccomp.syscalls.
rule() { edit --argjson rule "$1" '.linux.seccomp.syscalls += [$rule]'; }

@test "seccomp: a system call gets the errno asked for" {
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}'
	sh_args 'mkdir /tmp/x; ls /tmp'
	run runc run "$ID"
	contains "$output" "No space left on device"
	lacks "$output" "x$"
}

@test "seccomp: without errnoRet it is EPERM" {
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}'
	args mkdir /tmp/x
	run runc run "$ID"
	expect 1 "Operation not permitted"
}

@test "seccomp: arguments are compared: equal, masked, greater" {
	rule '{"names": ["chmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
		"args": [{"index": 1, "value": 448, "op": "SCMP_CMP_EQ"}]}'
	rule '{"names": ["fchmodat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
		"args": [{"index": 2, "value": 448, "op": "SCMP_CMP_EQ"}]}'
	rule '{"names": ["umask"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
		"args": [{"index": 0, "value": 7, "valueTwo": 5, "op": "SCMP_CMP_MASKED_EQ"}]}'
	sh_args 'touch /tmp/f; chmod 700 /tmp/f && echo bad; chmod 755 /tmp/f && echo good'
	run runc run "$ID"
	contains "$output" "Permission denied"
	contains "$output" good
	lacks "$output" bad
}

@test "seccomp: two conditions on one argument are alternatives, on two arguments both must hold" {
	rule '{"names": ["chmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [
		{"index": 1, "value": 448, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 493, "op": "SCMP_CMP_EQ"}]}'
	sh_args 'touch /tmp/f; for m in 700 755 711; do chmod $m /tmp/f 2>/dev/null; echo $m-$?; done'
	run runc run "$ID"
	expect 0 700-1 755-1 711-0
}

@test "seccomp: KILL_PROCESS ends the process with SIGSYS" {
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}'
	args mkdir /tmp/x
	run runc run "$ID"
	same "$status" 159
}

@test "seccomp: an allow list, with the default's errno for the rest" {
	edit '.linux.seccomp.defaultAction = "SCMP_ACT_ERRNO"'
	rule '{"names": ["read","write","open","openat","close","stat","lstat","fstat","newfstatat","statx","mmap","mprotect",
		"munmap","brk","rt_sigaction","rt_sigprocmask","rt_sigreturn","ioctl","access","faccessat","faccessat2","execve","execveat","exit",
		"exit_group","arch_prctl","set_tid_address","set_robust_list","rseq","prlimit64","getrandom","getuid","geteuid",
		"getgid","getegid","getpid","getppid","prctl","capset","capget","setuid","setgid","setgroups","setresuid","setresgid",
		"fcntl","dup","dup2","dup3","chdir","fchdir","getcwd","close_range","readlink","uname","futex","getdents64",
		"statfs","fstatfs","lseek","pread64","writev","readv","poll","ppoll","wait4","umask","sched_yield","nanosleep","setsid",
		"sched_getaffinity","madvise","tgkill","gettid","sigaltstack","epoll_pwait","epoll_ctl","eventfd2","pipe2","clone","clone3","vfork","fork"],
		"action": "SCMP_ACT_ALLOW"}'
	sh_args 'echo alive; mkdir /tmp/x; sync; hostname new'
	run runc run "$ID"
	contains "$output" alive
	contains "$output" "Operation not permitted"
}

@test "seccomp: the process has mode 2 and exactly one filter; without a filter none" {
	args grep -E '^(Seccomp|Seccomp_filters|NoNewPrivs):' /proc/self/status
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}'
	run runc run "$ID"
	expect 0 $'Seccomp:\t2' $'Seccomp_filters:\t1'
	edit 'del(.linux.seccomp)'
	run runc run "$ID"
	expect 0 $'Seccomp:\t0' $'Seccomp_filters:\t0'
}

@test "seccomp: also when noNewPrivileges is false" {
	args grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	edit '.process.noNewPrivileges = false'
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}'
	run runc run "$ID"
	expect 0 $'Seccomp:\t2' $'NoNewPrivs:\t0'
}

@test "seccomp: numbers newer than the profile knows give ENOSYS, others the default" {
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	cp "$HELPERS/helper-syscall" "$ROOTFS/bin/syscall"
	local names
	names=$(grep -hoE '^#define __NR_[a-z0-9_]+' /usr/include/x86_64-linux-gnu/asm/unistd_64.h | sed 's/.*__NR_//' |
		grep -vxE 'getpgid' | head -n 430 | jq -R . | jq -sc .)
	edit --argjson names "$names" '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 13,
		architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: $names, action: "SCMP_ACT_ALLOW"}]}'
	sh_args 'syscall 121; syscall 999'
	run runc run "$ID"
	contains "$output" "121: 13"
	contains "$output" "999: 38"
}

@test "seccomp: unknown system call names are ignored" {
	rule '{"names": ["no_such_call", "mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}'
	args mkdir /tmp/x
	run runc run "$ID"
	expect 1 "Operation not permitted"
}

@test "seccomp: a misspelt name in a rule that forbids is warned of once, checked and explained" {
	newer "only davit warns"
	local text='linux.seccomp.syscalls[0].names[1]: unknown to libseccomp 2'
	rule '{"names": ["chmod", "fchmodatt", "mkdir"], "action": "SCMP_ACT_ERRNO"}'
	rule '{"names": ["zzzzzzzz"], "action": "SCMP_ACT_KILL", "args": [{"index": 1, "value": 1, "op": "SCMP_CMP_EQ"}]}'
	run runc run "$ID"
	expect 0 "level=warning" "$text" "the filter does not have it; did you mean fchmodat?" "syscalls[1].names[0]: unknown"
	same "$(grep -c level=warning <<<"$output")" 2
	run runc --log "$T/log" run "$ID"
	expect 0
	same "$(grep -c 'syscalls.*names.*unknown' "$T/log")" 2
	run runc spec --check
	expect 0 "warning: $text" "did you mean fchmodat?" "config.json is valid"
	run runc spec --explain
	expect 0 "fail with EPERM, 2 system calls: chmod, mkdir" \
		"kill the thread, where argument 1 = 1: no call that libseccomp knows" \
		"not in the filter, because libseccomp does not know them: fchmodatt, zzzzzzzz"
}

@test "seccomp: nothing is warned of where an unknown name leaves nothing open" {
	newer "only davit warns"
	# Of other architectures, and behind ipc(2) and socketcall(2).
	rule '{"names": ["arm_sync_file_range", "s390_pci_mmio_read", "fcntl64", "riscv_flush_icache", "semop", "recv", "breakpoint"],
		"action": "SCMP_ACT_ERRNO"}'
	run runc run "$ID"
	expect 0
	same "$output" ""
	# What permits, does no more than all others get, or only differs in the error.
	edit '.linux.seccomp.syscalls = [{names: ["fchmodatt"], action: "SCMP_ACT_ALLOW"}]'
	run runc run "$ID"
	expect 0
	same "$output" ""
	edit '.linux.seccomp.defaultAction = "SCMP_ACT_ERRNO" | .linux.seccomp.syscalls = [
		{names: ["execve", "read", "write", "capset", "exit_group"], action: "SCMP_ACT_ALLOW"},
		{names: ["fchmodatt"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]'
	run runc spec --check
	same "$output" "config.json is valid"
	# More than the default does.
	edit '.linux.seccomp.syscalls += [{names: ["fchmodatt"], action: "SCMP_ACT_KILL_PROCESS"}]'
	run runc spec --check
	expect 0 "linux.seccomp.syscalls[2].names[0]: unknown to libseccomp"
}

@test "seccomp: run.oci.seccomp_fail_unknown_syscall makes any unknown name an error" {
	newer "crun's annotation"
	local action
	for action in ALLOW ERRNO; do
		edit --arg action "SCMP_ACT_$action" '.annotations = {"run.oci.seccomp_fail_unknown_syscall": "1"}
			| .linux.seccomp.syscalls = [{names: ["mkdir", "mkdri"], action: $action}]'
		refused 'linux.seccomp.syscalls\[0\].names\[1\]: unknown to libseccomp 2[0-9.]*; did you mean mkdir\?' create "$ID"
		run runc spec --check
		expect 1 "error: linux.seccomp.syscalls[0].names[1]: unknown to libseccomp"
	done
	edit '.linux.seccomp.syscalls[0].names = ["mkdir", "arm_sync_file_range"]'
	run runc run "$ID"
	expect 0
	edit '.annotations[] = "0" | .linux.seccomp.syscalls[0].names = ["mkdri"]'
	run runc run "$ID"
	expect 0 "did you mean mkdir?"
	runc features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.seccomp_fail_unknown_syscall")'
}

# filtered_hook: startContainer hooks that write their filter mode, and what chmod says, to /tmp/said.
filtered_hook() {
	cat >"$ROOTFS/bin/hook" <<-'END'
		#!/bin/sh
		read -r state
		case $state in *'"created"'*) echo created ;; esac
		grep -E "^(Seccomp|NoNewPrivs|CapEff)" /proc/self/status
		chmod 4 /tmp/none
		echo "$HOME $X"
	END
	printf '#!/bin/sh\nexec /bin/hook >/tmp/said 2>&1\n' >"$ROOTFS/bin/outer"
	chmod 755 "$ROOTFS/bin/hook" "$ROOTFS/bin/outer"
	touch "$ROOTFS/tmp/none"
	chmod 666 "$ROOTFS/tmp/none"
	edit '.hooks.startContainer = [{path: "/bin/true"}, {path: "/bin/outer"}] | .process.env += ["X=inside"]'
	edit '.linux.seccomp.syscalls = [{names: ["chmod", "fchmodat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]'
}

# What the program of startContainer hooks calls and shells do not need.
HELPER_CALLS='["close_range", "execveat", "socketpair", "recvmsg", "sendmsg", "ppoll", "setpgid", "waitid", "pipe2", "vfork", "capget"]'

@test "seccomp: a startContainer hook runs under a profile that forbids what its own program calls, all at once" {
	newer "crun and 1.1.5 are not so"
	local nnp
	filtered_hook
	sh_args 'cat /tmp/said; ls /proc/self/fd; set -- /proc/[0-9]*; echo processes $#; exit 5'
	edit --argjson calls "$HELPER_CALLS" '.linux.seccomp.syscalls += [{names: $calls, action: "SCMP_ACT_ERRNO"}]'
	for nnp in true false; do
		edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		rm -f "$ROOTFS/tmp/said"
		run runc run "$ID"
		expect 5 created $'Seccomp:\t2' $'Seccomp_filters:\t1' $'CapEff:\t0000000020000420' "/tmp/none: No space left" "/root inside" \
			$'\n0\n1\n2\n3\nprocesses 1' || { echo "$nnp"; return 1; }
	done
	edit '.process.user = {uid: 1000, gid: 1000}'
	chmod 777 "$ROOTFS/tmp"
	rm -f "$ROOTFS/tmp/said"
	run runc run "$ID"
	expect 5 created $'Seccomp:\t2' $'Seccomp_filters:\t1' "/tmp/none: No space left" "/ inside"
}

@test "seccomp: a startContainer hook under each call alone that its program needs, and with a profile of few calls" {
	newer "crun and 1.1.5 are not so"
	local call
	filtered_hook
	sh_args 'cat /tmp/said'
	for call in $(jq -r '.[]' <<<"$HELPER_CALLS"); do
		edit --arg call "$call" '.linux.seccomp.syscalls[1] = {names: [$call], action: "SCMP_ACT_KILL_PROCESS"}'
		run runc run "$ID"
		expect 0 created $'Seccomp:\t2' || { echo "$call"; return 1; }
	done
	# exec, exit, and what the C library starts with.
	edit '.hooks.startContainer = [{path: "/bin/true"}] | .process.args = ["true"] | .linux.seccomp.defaultAction = "SCMP_ACT_KILL_PROCESS"
		| .linux.seccomp.syscalls = [{names: ["execve", "read", "write", "exit_group", "brk", "arch_prctl", "set_tid_address", "set_robust_list",
		"rseq", "prctl", "prlimit64", "readlink", "getrandom", "mprotect", "getuid"], action: "SCMP_ACT_ALLOW"}]'
	run runc run "$ID"
	expect 0
	same "$output" ""
}

@test "seccomp: a startContainer hook that fails under such a profile is told as ever" {
	newer "1.1.5 does not tell start"
	filtered_hook
	edit --argjson calls "$HELPER_CALLS" '.linux.seccomp.syscalls += [{names: $calls, action: "SCMP_ACT_ERRNO"}]
		| .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo the-reason >&2; exit 3"]}]'
	sh_args 'echo program >>/tmp/log'
	detached create "$ID"
	expect 0
	status=0
	runc start "$ID" >"$T/out2" 2>"$T/err2" || status=$?
	output=$(cat "$T/err2")
	expect 1 'a startContainer hook failed'
	contains "$(cat "$T/err")" 'error running startContainer hook #0: exit status 3, stdout: , stderr: the-reason'
	edit '.hooks.startContainer = [{path: "/bin/sleep", args: ["sleep", "100"], timeout: 1}]'
	run runc run "$ID"
	expect 1 'hook ran past specified timeout of 1'
	edit '.hooks.startContainer = [{path: "/bin/no"}]'
	run runc run "$ID"
	expect 1 'hook #0: fork/exec /bin/no: no such file or directory'
	[ ! -e "$ROOTFS/tmp/log" ]
	# A program that cannot begin is told as one, not as a hook.
	printf '#!/no/interpreter\n' >"$ROOTFS/script"
	chmod 755 "$ROOTFS/script"
	edit '.hooks.startContainer = [{path: "/bin/true"}] | .process.args = ["/script"]'
	run runc run "$ID"
	expect 255 "exec /script: no such file or directory" "/no/interpreter"
	lacks "$output" hook
	sh_args 'echo program >>/tmp/log'
	# It can be killed meanwhile.
	edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "touch /tmp/began; sleep 100"]}]'
	detached create "$ID"
	runc start "$ID" >"$T/out2" 2>"$T/err2" 3>&- &
	wait_for 5 test -e "$ROOTFS/tmp/began"
	runc kill "$ID" KILL
	status=0
	wait $! || status=$?
	same "$status" 1
	grep -q 'a startContainer hook failed' "$T/err2"
	nothing_left
}

@test "seccomp: unknown actions, operators, architectures and flags are refused" {
	edit '.linux.seccomp.defaultAction = "SCMP_ACT_MAYBE"'
	refused 'SCMP_ACT_MAYBE' create "$ID"
	edit '.linux.seccomp.defaultAction = "SCMP_ACT_ALLOW" | .linux.seccomp.architectures = ["SCMP_ARCH_PDP11"]'
	refused 'SCMP_ARCH_PDP11' create "$ID"
	edit '.linux.seccomp.architectures = [] | .linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_NO"]'
	newer "1.1.5 has these in other words"
	refused 'SECCOMP_FILTER_FLAG_NO' create "$ID"
	edit 'del(.linux.seccomp.flags)'
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_LIKE"}]}'
	refused 'SCMP_CMP_LIKE' create "$ID"
	edit '.linux.seccomp.syscalls[0].args[0] = {index: 7, value: 1, op: "SCMP_CMP_EQ"}'
	refused 'index' create "$ID"
}

@test "seccomp: names empty, and errnoRet out of range, are refused" {
	newer "not in 1.1.5"
	rule '{"names": [], "action": "SCMP_ACT_ERRNO"}'
	refused 'names' create "$ID"
	edit '.linux.seccomp.syscalls = [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 5000}]'
	refused 'errnoRet' create "$ID"
}

@test "seccomp: a profile of several hundred names and three architectures" {
	local names
	names=$(grep -hoE '^#define __NR_[a-z0-9_]+' /usr/include/x86_64-linux-gnu/asm/unistd_64.h | sed 's/.*__NR_//' |
		grep -vxE 'mkdir|mkdirat' | jq -R . | jq -sc .)
	edit --argjson names "$names" '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO",
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [{names: $names, action: "SCMP_ACT_ALLOW"}]}'
	sh_args 'echo alive; mkdir /tmp/x'
	run runc run "$ID"
	expect 1 alive "Operation not permitted"
}

@test "seccomp: 20,000 argument rules are refused within 10 seconds" {
	newer "all peers hang"
	edit '.linux.seccomp.syscalls = [range(20000) as $i | {names: ["read"], action: "SCMP_ACT_ERRNO",
		args: [{index: 0, value: $i, op: "SCMP_CMP_EQ"}, {index: 1, value: ($i * 7), op: "SCMP_CMP_GT"}]}]'
	LIMIT=15 refused 'seccomp' create "$ID"
}

@test "seccomp: each action does what it is called" {
	local action wanted
	sh_args 'mkdir /tmp/x; echo status-$?; [ -d /tmp/x ] && echo made'
	for action in KILL:159 KILL_THREAD:159 KILL_PROCESS:159 TRAP:159 ERRNO:1 TRACE:1 LOG:0 ALLOW:0; do
		edit --arg a "SCMP_ACT_${action%:*}" '.linux.seccomp.defaultAction = "SCMP_ACT_ALLOW" |
			.linux.seccomp.syscalls = [{names: ["mkdir", "mkdirat"], action: $a}]'
		[ "$action" != ALLOW:0 ] || edit '.linux.seccomp.defaultAction = "SCMP_ACT_LOG"' # one that differs from the rule's
		run runc run "$ID"
		expect $((${action#*:} == 0 ? 0 : 1)) "status-${action#*:}" || { echo "$action"; return 1; }
		if [ "${action#*:}" = 0 ]; then contains "$output" made; else lacks "$output" made; fi
		case $action in
		ERRNO*) contains "$output" "Operation not permitted" ;;
		TRACE*) contains "$output" "Function not implemented" ;; # without a tracer
		esac
		rm -rf "$ROOTFS/tmp/x"
	done
}

@test "seccomp: each operator" {
	local pair op denied
	sh_args 'touch /tmp/f; for m in 100 200 300; do chmod $m /tmp/f 2>/dev/null || printf "%s " $m; done'
	# 0100, 0200 and 0300 are 64, 128 and 192.
	for pair in "NE 100 300 " "LT 100 " "LE 100 200 " "EQ 200 " "GE 200 300 " "GT 300 " "MASKED_EQ 200 300 "; do
		op=${pair%% *} denied=${pair#* }
		edit --arg op "SCMP_CMP_$op" '.linux.seccomp.syscalls = [{names: ["chmod"], action: "SCMP_ACT_ERRNO", args: [
			{index: 1, value: 128, valueTwo: 128, op: $op}]}]'
		run runc run "$ID"
		[ "$output " = "$denied" ] || same "$op $output" "$op $denied"
	done
}

@test "seccomp: every architecture, action, operator and flag of the specification is known" {
	local arch flag
	for arch in X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X \
		PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB; do
		edit --arg a "SCMP_ARCH_$arch" '.linux.seccomp.architectures = [$a]'
		"$LIBEXEC/parse" <config.json >"$T/plan" || { echo "$arch"; return 1; }
	done
	edit 'del(.linux.seccomp.architectures)'
	for flag in TSYNC LOG SPEC_ALLOW; do
		edit --arg f "SECCOMP_FILTER_FLAG_$flag" '.linux.seccomp.flags = [$f]'
		"$LIBEXEC/parse" <config.json >"$T/plan" || { echo "$flag"; return 1; }
	done
}

@test "seccomp: without flags it is SPEC_ALLOW, with an empty list none, else those of the list" {
	local pair
	command -v strace >/dev/null || skip "strace is not installed"
	newer "1.1.5 knows other defaults"
	for pair in 'del(.linux.seccomp.flags)=SPEC_ALLOW' '.linux.seccomp.flags=[]=0' \
		'.linux.seccomp.flags=["SECCOMP_FILTER_FLAG_LOG"]=LOG' \
		'.linux.seccomp.flags=["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"]=LOG|SPEC_ALLOW'; do
		edit "${pair%=*}"
		rule '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}'
		args grep Seccomp: /proc/self/status
		run timeout 20 strace -f -o "$T/trace" -e trace=seccomp "$RUNC" --root "$STATE" run "$ID"
		expect 0 $'Seccomp:\t2'
		# The side programs' own filters have no flags; libseccomp tries what the kernel knows with an address that is none.
		grep 'SECCOMP_SET_MODE_FILTER.* = 0$' "$T/trace" | sed 's/SECCOMP_FILTER_FLAG_//g' >"$T/flags"
		[ "${pair##*=}" = 0 ] || grep -qF "SECCOMP_SET_MODE_FILTER, ${pair##*=}, " "$T/flags" || { echo "$pair"; cat "$T/flags"; return 1; }
		[ "${pair##*=}" != 0 ] || ! grep -qE 'SPEC_ALLOW|LOG' "$T/flags" || { echo "$pair"; cat "$T/flags"; return 1; }
	done
}

@test "seccomp: a rule that says what the default says is none, and so is a profile without default and rules" {
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_ALLOW"}'
	args grep Seccomp: /proc/self/status
	run runc run "$ID"
	expect 0 $'Seccomp:\t2'
	newer "1.1.5 refuses an empty profile"
	edit '.linux.seccomp = {}'
	run runc run "$ID"
	expect 0 $'Seccomp:\t0'
}

@test "seccomp: errno and trace values from 0 to the last, and one more is refused" {
	local value
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	cp "$HELPERS/helper-syscall" "$ROOTFS/bin/syscall"
	args syscall 83
	for value in 0 1 4094; do
		edit --argjson value $value '.linux.seccomp.syscalls = [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: $value}]'
		run runc run "$ID"
		expect 0
		same "$output" "83: $value"
	done
	newer "1.1.5 cuts them"
	edit '.linux.seccomp.syscalls[0].errnoRet = 4095'
	refused 'errnoRet: 4095 is out of range \(0 to 4094\)' create "$ID"
	for value in 0 65535; do
		edit --argjson value $value '.linux.seccomp.syscalls[0] |= (.action = "SCMP_ACT_TRACE" | .errnoRet = $value)'
		run runc run "$ID"
		expect 0
		same "$output" "83: 38" # there is no tracer
	done
	edit '.linux.seccomp.syscalls[0].errnoRet = 65536'
	refused 'errnoRet: 65536 is out of range \(0 to 65535\)' create "$ID"
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 4095,
		syscalls: [{names: ["execve", "read", "write", "capset"], action: "SCMP_ACT_ALLOW"}]}'
	refused 'linux.seccomp.defaultErrnoRet: 4095 is out of range' create "$ID"
}

@test "seccomp: of several rules for one call each has its effect, whatever their order" {
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	edit '.linux.seccomp.syscalls = [
		{names: ["chmod"], action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{index: 1, value: 64, op: "SCMP_CMP_EQ"}]},
		{names: ["chmod"], action: "SCMP_ACT_ERRNO", errnoRet: 28, args: [{index: 1, value: 128, op: "SCMP_CMP_EQ"}]},
		{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13}, {names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13}]'
	sh_args 'touch /tmp/f; for m in 100 200 300; do chmod $m /tmp/f && echo done $m; done; mkdir /tmp/x'
	run runc run "$ID"
	expect 1 "/tmp/f: Permission denied" "/tmp/f: No space left on device" "done 300" "'/tmp/x': Permission denied"
	lacks "$output" "done 1"
	lacks "$output" "done 2"
	edit '.linux.seccomp.syscalls |= reverse'
	run runc run "$ID"
	expect 1 "/tmp/f: Permission denied" "/tmp/f: No space left on device" "done 300" "'/tmp/x': Permission denied"
}

@test "seccomp: each architecture is compiled in, or refused for what it is" {
	local arch
	case $(uname -m) in x86_64 | aarch64) ;; *) skip "made for x86_64 and aarch64" ;; esac
	newer "1.1.5 knows fewer"
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}'
	args mkdir /tmp/x
	for arch in X86 X86_64 X32 ARM AARCH64 MIPSEL MIPSEL64 MIPSEL64N32 PPC64LE RISCV64; do
		edit --arg a "SCMP_ARCH_$arch" '.linux.seccomp.architectures = [$a, "SCMP_ARCH_X86_64", $a]' # twice is once
		run runc run "$ID"
		expect 1 "Operation not permitted" || { echo "$arch"; return 1; }
	done
	for arch in MIPS MIPS64 MIPS64N32 PPC PPC64 S390 S390X PARISC PARISC64; do
		edit --arg a "SCMP_ARCH_$arch" '.linux.seccomp.architectures = [$a]'
		refused "error adding architecture to seccomp filter: not of this machine's byte order: SCMP_ARCH_$arch\"" create "$ID" ||
			{ echo "$arch"; return 1; }
	done
	for arch in LOONGARCH64 M68K SH SHEB; do
		edit --arg a "SCMP_ARCH_$arch" '.linux.seccomp.architectures = [$a]'
		runc features | jq -e --arg a "SCMP_ARCH_$arch" '.linux.seccomp.archs | index($a) == null' >/dev/null || continue
		refused "this libseccomp does not know the architecture SCMP_ARCH_$arch" create "$ID" || { echo "$arch"; return 1; }
	done
	for arch in x86_64 SCMP_ARCH_x86_64 SCMP_ARCH_X86-64 '' SCMP_ARCH_; do
		edit --arg a "$arch" '.linux.seccomp.architectures = [$a]'
		refused "string $arch is not a valid arch for seccomp" create "$ID" || { echo "$arch"; return 1; }
	done
}

@test "seccomp: ENOSYS for newer numbers of x86 and x32, too, by what the profile names for each" {
	local names x32=1073741824
	[ "$(uname -m)" = x86_64 ] || skip "made for x86_64"
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	cp "$HELPERS/helper-syscall" "$ROOTFS/bin/syscall"
	args syscall x86:20
	run runc run "$ID"
	lacks "$output" none || skip "the kernel has no calls of i386"
	names=$(grep -hoE '^#define __NR_[a-z0-9_]+' /usr/include/x86_64-linux-gnu/asm/unistd_64.h | sed 's/.*__NR_//' |
		grep -vxE 'getpgid' | head -n 330 | jq -R . | jq -sc .)
	# statx: 332 on x86_64; arch_prctl: 384 on x86. getpgid: 121, 132.
	edit --argjson names "$names" '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 13,
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], syscalls: [{names: ($names + ["statx"]), action: "SCMP_ACT_ALLOW"}]}'
	sh_args "for n in 121 332 333 x86:132 x86:383 x86:385 $((x32 + 121)) $((x32 + 999)); do syscall \$n; done"
	run runc run "$ID"
	expect 0 "121: 13" "333: 38" "x86:132: 13" "x86:385: 38" "$((x32 + 121)): 38" "$((x32 + 999)): 38"
	lacks "$output" "332: 38"
	lacks "$output" "383: 38"
	# Listed, x32 has a limit of its own.
	edit '.linux.seccomp.architectures += ["SCMP_ARCH_X32"]'
	run runc run "$ID"
	expect 0 "121: 13" "333: 38" "x86:132: 13" "x86:385: 38" "$((x32 + 121)): 13" "$((x32 + 999)): 38"
	# What is not listed gets no answer at all.
	edit '.linux.seccomp.architectures = []'
	args syscall x86:385
	run runc run "$ID"
	same "$status" 159
}

@test "seccomp: 10,000 rules that fit start, those that do not are refused" {
	edit '.linux.seccomp.syscalls = [range(10000) | {names: (["nosuch\(.)"] + if . % 100 == 0 then ["mkdir", "mkdirat"] else [] end),
		action: "SCMP_ACT_ERRNO", errnoRet: 28}]'
	args mkdir /tmp/x
	run runc run "$ID"
	expect 1 "No space left on device"
	edit '.linux.seccomp.syscalls = [range(10000) | {names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: ., op: "SCMP_CMP_EQ"}]}]'
	newer "1.1.5 leaves it to the kernel"
	refused 'makes more than 4096 instructions' create "$ID"
}

@test "seccomp: every constant misspelt is refused by its name" {
	local filter text
	newer "1.1.5 has some of these in other words"
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}'
	while IFS='|' read -r filter text; do
		cp config.json good.json
		edit "$filter"
		refused "$text" create "$ID" || { echo "$filter"; return 1; }
		mv good.json config.json
	done <<-'END'
		.linux.seccomp.defaultAction = "SCMP_ACT_allow"|string SCMP_ACT_allow is not a valid action for seccomp
		.linux.seccomp.defaultAction = "ALLOW"|string ALLOW is not a valid action for seccomp
		.linux.seccomp.defaultAction = ""|string  is not a valid action for seccomp
		.linux.seccomp.syscalls[0].action = "SCMP_ACT_ERRNO "|string SCMP_ACT_ERRNO  is not a valid action for seccomp
		.linux.seccomp.syscalls[0].args[0].op = "SCMP_CMP_Eq"|string SCMP_CMP_Eq is not a valid operator for seccomp
		.linux.seccomp.syscalls[0].args[0].op = ""|string  is not a valid operator for seccomp
		.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]|seccomp flag SECCOMP_FILTER_FLAG_NEW_LISTENER is not known to runc
		.linux.seccomp.flags = ["SPEC_ALLOW"]|seccomp flag SPEC_ALLOW is not known to runc
		.linux.seccomp.syscalls[0].args[0].index = 6|args.0..index: 6 is out of range .0 to 5.
		.linux.seccomp.syscalls[0].args[0].index = -1|index: -1 is out of range
		del(.linux.seccomp.syscalls[0].args[0].value)|args.0..value: missing
		del(.linux.seccomp.syscalls[0].args[0].op)|args.0..op: missing
		del(.linux.seccomp.syscalls[0].args[0].index)|args.0..index: missing
	END
}
