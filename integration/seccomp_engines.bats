# The default seccomp profiles of docker, podman and containerd (configs/README.md) in a container: what they forbid fails with
# the errno that they name. The container has all capabilities, so that the kernel itself would answer something else.

load lib/common

HEADER=/usr/include/x86_64-linux-gnu/asm/unistd_64.h

# call [arguments]: without a filter harmless, for the arguments are wrong or the process ends at once.
# Behind it what docker, podman and containerd answer; "-": the kernel does, the call is allowed.
TABLE='
keyctl 9999                    : 1 - 1
add_key                        : 1 38 1
request_key                    : 1 38 1
mount                          : 1 - 1
umount2                        : 1 - 1
pivot_root                     : 1 - 1
unshare 0x10000000             : 1 - 1
setns                          : 1 - 1
clone 0x10000200               : 1 - 1
clone 0x00020200               : 1 - 1
clone3 0 0                     : 38 - 38
bpf 9999                       : 1 1 1
perf_event_open                : 1 1 1
kexec_load 0 17 0 0            : 1 1 1
kexec_file_load                : 1 1 1
open_by_handle_at              : 1 1 1
personality 0                  : - - -
personality 8                  : - - -
personality 0x20000            : - - -
personality 0x20008            : - - -
personality 0xffffffff         : - - -
personality 0x40000            : 1 38 1
personality 0x400000           : 1 38 1
personality 0x100000000        : 1 38 1
socket 40 1 0                  : - - -
socket 38 5 0                  : - - -
socket 16 3 9                  : - - -
ptrace 9999                    : - - -
userfaultfd                    : 1 1 1
init_module                    : 1 1 1
finit_module                   : 1 1 1
delete_module                  : 1 1 1
swapon                         : 1 1 1
swapoff                        : 1 1 1
acct                           : 1 1 1
iopl                           : 1 1 1
ioperm                         : 1 1 1
settimeofday                   : 1 1 1
clock_settime                  : 1 1 1
sethostname                    : 1 1 1
setdomainname                  : 1 1 1
fanotify_init                  : 1 1 1
move_pages                     : 1 1 1
mbind                          : 1 - 1
kcmp                           : 1 1 1
process_madvise                : 1 1 1
quotactl                       : 1 1 1
vmsplice                       : - 1 -
fsopen                         : 1 - 1
move_mount                     : 1 - 1
open_tree                      : 1 - 1
mount_setattr                  : 1 - 1
io_uring_setup                 : - 38 -
memfd_secret                   : - - -
futex_waitv                    : - 38 -
'

setup() {
	setup_bundle
	[ -x "$HELPERS/helper-calls" ] || skip "the helper is not built"
	[ -e $HEADER ] || skip "no $HEADER"
	newer "1.1.5 refuses capabilities that the caller does not have"
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null &&
		skip "built without libseccomp" || true
	cp "$HELPERS/helper-calls" "$ROOTFS/bin/calls"
	args calls /calls
	edit --argjson all "$("$RUNC" features 3>&- | jq -c .linux.capabilities 2>/dev/null || echo '[]')" \
		'.process.capabilities = {bounding: $all, effective: $all, permitted: $all}'
}

# profile ENGINE: as in its captured config.
profile() {
	edit --slurpfile from "$TOP/integration/configs/$1.json" '.linux.seccomp = $from[0].linux.seccomp |
		.process.noNewPrivileges = ($from[0].process.noNewPrivileges // false)'
}

# answers: what the container prints.
answers() {
	runc run "$ID" 2>"$T/err" || { cat "$T/err"; return 1; } # a warning when the caller has not all capabilities
}

# table_holds ENGINE COLUMN
table_holds() {
	local line call number wanted=() shown=0 i free filtered n=0
	awk '/^#define __NR_/ { print substr($2, 6), $3 }' $HEADER >"$T/numbers"
	while read -r line; do
		call=${line%%:*}
		number=$(awk -v name="${call%% *}" '$1 == name { print $2 }' "$T/numbers")
		[ -n "$number" ] || { echo "no number: $call"; return 1; }
		read -r -a i <<<"${line#*:}"
		wanted+=("${i[$2]}")
		read -r -a call <<<"$call"
		echo "$(IFS=,; echo "${call[*]}") $number ${call[*]:1}" >>"$ROOTFS/calls"
	done < <(grep . <<<"$TABLE")
	edit 'del(.linux.seccomp)'
	mapfile -t free < <(answers)
	profile "$1"
	mapfile -t filtered < <(answers)
	n=${#wanted[@]}
	same "$n ${#free[@]} ${#filtered[@]}" "$n $n $n"
	for i in "${!wanted[@]}"; do
		[ "${wanted[i]}" != - ] || wanted[i]=${free[i]#* }
		[ "${wanted[i]}" = "${free[i]#* }" ] || shown=$((shown + 1))
		same "${filtered[i]}" "${free[i]%% *} ${wanted[i]}"
	done
	echo "$shown of $n calls are answered otherwise than without a filter"
	[ $shown -ge 20 ]
}

# rest_holds ENGINE: every number that the profile does not name, and those of 100 calls to come. Not 335 and 336, the calls of
# the kernel's own trampolines for probes, which newer kernels do not show to filters.
rest_holds() {
	local newest standard
	jq -r '.linux.seccomp.syscalls[].names[]' "$TOP/integration/configs/$1.json" | sort -u >"$T/named"
	standard=$(jq -r '.linux.seccomp.defaultErrnoRet // 1' "$TOP/integration/configs/$1.json")
	newest=$(awk 'NR == FNR { named[$1]; next }
		/^#define __NR_/ && substr($2, 6) in named && $3 > newest { newest = $3 } END { print newest }' "$T/named" $HEADER)
	awk -v newest="$newest" -v standard="$standard" -v wanted="$T/wanted" 'NR == FNR { named[$1]; next }
		/^#define __NR_/ && substr($2, 6) in named { taken[$3] }
		END { for (n = 0; n < newest + 100; n++) if (!(n in taken) && n != 335 && n != 336) {
			print n, n; print n, (n > newest ? 38 : standard) >wanted } }' \
		"$T/named" $HEADER >"$ROOTFS/calls"
	[ "$(grep -c . "$T/wanted")" -gt 110 ]
	profile "$1"
	answers >"$T/answers"
	diff "$T/wanted" "$T/answers"
}

@test "seccomp_engines: docker's profile: the calls it forbids" {
	table_holds docker 0
}

@test "seccomp_engines: podman's profile: the calls it forbids" {
	table_holds podman 1
}

@test "seccomp_engines: containerd's profile: the calls it forbids" {
	table_holds containerd 2
}

@test "seccomp_engines: docker's profile: what it does not name" {
	rest_holds docker
}

@test "seccomp_engines: podman's profile: what it does not name" {
	rest_holds podman
}

@test "seccomp_engines: containerd's profile: what it does not name" {
	rest_holds containerd
}
