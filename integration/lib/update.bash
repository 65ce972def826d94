# For the tests of runc update: what the kernel has now in the layout at hand, and updates that must work or fail.

# What is the same in every layout is not repeated in the virtual machine, which is slow.
not_in_vm() { [ "$LAYOUT" != vm ] || skip "the same in every layout"; }

# needs CONTROLLER…
needs() {
	local name
	for name; do
		if in_v2; then
			grep -qw "$name" /sys/fs/cgroup/cgroup.controllers || skip "this v2 has no $name controller"
		else
			mountpoint -q "/sys/fs/cgroup/$name" || skip "this machine has no $name hierarchy"
		fi
	done
}

# Any limit of this layout that an update can set and a test can read: "FLAG VALUE CONTROLLER FILE".
needs_some() {
	if in_v2; then needs pids; else needs pids memory cpu cpuset; fi
}

# value CONTROLLER FILE: of the container's cgroup.
dir_of() {
	local top=/sys/fs/cgroup
	in_v2 || top=/sys/fs/cgroup/$1
	find "$top" -type d -name "$ID" -print -quit
}
value() { cat "$(dir_of "$1")/$2"; }

# is CONTROLLER FILE-OF-V1 V1 FILE-OF-V2 V2: what is in the file of this layout.
is() {
	if in_v2; then same "$4 $(value "$1" "$4")" "$4 $5"; else same "$2 $(value "$1" "$2")" "$2 $3"; fi
}

memory_is() { is memory memory.limit_in_bytes "$1" memory.max "$1"; }
# memory_swap_is BOTH MEMORY
memory_swap_is() { is memory memory.memsw.limit_in_bytes "$1" memory.swap.max $(($1 - $2)); }
pids_is() { same "$(value pids pids.max)" "$1"; }
needs_swap() {
	if in_v2; then [ -e "$(dir_of memory)/memory.swap.max" ]; else [ -e "$(dir_of memory)/memory.memsw.limit_in_bytes" ]; fi ||
		skip "no swap accounting"
}

# One limit that every layout has: pids, or huge pages where v2 has no more. one N: as JSON; one_is N: what the kernel has.
has_pids() { ! in_v2 || grep -qw pids /sys/fs/cgroup/cgroup.controllers; }
needs_one() { has_pids || needs hugetlb; }
one() {
	if has_pids; then echo "{\"pids\": {\"limit\": $1}}"
	else echo "{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": $(($1 * 2097152))}]}"; fi
}
one_now() { if has_pids; then value pids pids.max; else echo $(($(value hugetlb hugetlb.2MB.max) / 2097152)); fi; }
one_is() { same "$(one_now)" "$1"; }
one_stored() { jq '.resources | .pids.limit // (.hugepageLimits[0].limit / 2097152)' "$STATE/$ID/resources.json"; }
one_planned() {
	if has_pids; then "$LIBEXEC/plan-dump" <"$STATE/$ID/plan" | sed -n 's/^pids_limit: //p'
	else "$LIBEXEC/plan-dump" <"$STATE/$ID/plan" | awk '/hugepage/ { h = 1 } h && /limit/ { print $2 / 2097152; exit }'; fi
}
set_one() { runc update -r - "$ID" <<<"$(one "$1")"; }

# running [FILTER]: a container that runs, with these resources.
running() {
	args sleep 1000
	edit ".linux.resources = ${1:-"{}"}"
	detached run -d "$ID"
	expect 0
}

# update ARGUMENT…: must work, and say nothing.
update() {
	run runc update "$@" "$ID"
	expect 0 || return 1
	same "$output" ""
}

# update_json JSON
update_json() {
	status=0
	output=$(runc update -r - "$ID" <<<"$1" 2>&1) || status=$?
	expect 0 || return 1
	same "$output" ""
}

# fails TEXT ARGUMENT…: and nothing of the stored state changes.
fails() {
	local text=$1 before
	shift
	before=$(cat "$STATE/$ID/"{state.json,plan,resources.json} 2>/dev/null | md5sum)
	run runc update "$@" "$ID"
	expect 1 "$text" || return 1
	same "$(grep -c level=error <<<"$output")" 1 || return 1
	same "$(cat "$STATE/$ID/"{state.json,plan,resources.json} 2>/dev/null | md5sum)" "$before" || return 1
	[ -z "$(find "$STATE/$ID" -name '*.new')" ]
}

# stored FILTER VALUE: of the resources in state.json; 1.1.5 merged otherwise, and stored zeros.
stored() { [ -n "$CONTROL" ] || same "$1: $(jq -c ".config.cgroups$1" "$STATE/$ID/state.json")" "$1: $2"; }
