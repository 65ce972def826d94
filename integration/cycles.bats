# A container made and removed hundreds of times, each with cgroups of its own and processes that fork: nothing is left.
# layouts: hybrid v1 v2 vm

load lib/common

export BATS_TEST_TIMEOUT=350 # it takes 30 seconds on a machine that has nothing else to do

# A container that runs; what it does is done when it says "ready".
started() { detached "${WITH[@]}" run -d "$ID" && [ "$status" = 0 ]; }
is_ready() { grep -q ready "$T/out"; }

programs() { "$HELPERS/helper-bpfprogs" | sort; }
# Other programs of the machine may come and go.
programs_gone() { [ -z "$(programs | comm -13 "$T/programs" -)" ]; }

# What the kernel has of everything that a container is made of; the numbers are of the whole machine but for mounts.
groups() { find /sys/fs/cgroup -type d -name "*$ID*" | wc -l; }
below() { find /sys/fs/cgroup -type d -path "*$ID*/a/b" | wc -l; }
FEWEST=1
in_v2 || FEWEST=2 # pids and freezer
files() { find "$BUNDLE" /run /tmp /dev/shm -xdev -newer "$T/begin" -not -path "$T/*" -not -path "$BATS_RUN_TMPDIR/*" 2>/dev/null | grep -F "$ID" || true; }

# cycles COUNT [OPTION]: so many containers, made with the global option.
cycles() {
	local i how mounts
	WITH=("${@:2}")
	edit '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}]) | .root.readonly = false |
		(.mounts[] | select(.type == "cgroup") | .options) -= ["ro"]'
	sh_args 'for g in /sys/fs/cgroup /sys/fs/cgroup/pids /sys/fs/cgroup/freezer /sys/fs/cgroup/unified; do
			[ -e $g/cgroup.procs ] && mkdir -p $g/a/b $g/c && for p in 1 2; do (echo 0 >$g/a/b/cgroup.procs; exec sleep 1000) & done
		done 2>/dev/null
		hop() { (hop &) ; }; hop & echo ready; [ ! -e /tmp/end ] || exit 0; wait'
	cp config.json "$T/own"
	jq '.linux.namespaces |= map(select(.type != "pid"))' "$T/own" >"$T/shared"
	touch "$T/begin"
	mounts=$(wc -l </proc/self/mountinfo)
	programs >"$T/programs"
	for ((i = 1; i <= $1; i++)); do
		how=$((i % 6))
		if [ $((i % 2)) = 0 ]; then cp "$T/own" config.json; else cp "$T/shared" config.json; fi
		case $how in
		0) detached "${WITH[@]}" create "$ID" && runc delete "$ID" ;;
		1 | 2) started && runc delete --force "$ID" ;;
		3) started && wait_for 5 is_ready && runc pause "$ID" && runc delete --force "$ID" ;;
		4) started && wait_for 5 is_ready && [ "$(below)" -ge "$FEWEST" ] &&
			runc exec -d "$ID" sleep 1000 </dev/null >/dev/null 2>&1 && runc delete --force "$ID" ;;
		5) started && runc kill "$ID" KILL && wait_for 5 is_stopped "$ID" && runc delete "$ID" ;;
		esac || { echo "cycle $i failed:"; cat "$T/err"; return 1; }
	done
	nothing_left
	same "$(groups)" 0
	same "$(wc -l </proc/self/mountinfo)" "$mounts"
	same "$(files)" ""
	[ ! -e "$STATE" ] || same "$(ls -A "$STATE")" ""
	wait_for 15 programs_gone || { programs | comm -13 "$T/programs" -; return 1; }
}

@test "cycles: 500 containers with cgroups and forks inside, in every state: no cgroup, mount, program, process or file is left" {
	[ -x "$HELPERS/helper-bpfprogs" ] || skip "the helper is not built"
	! in_vm || skip "not for the virtual machine: plain v2 has it"
	cycles 500
}

@test "cycles: with systemd: 100 such containers, and no unit either" {
	in_vm || skip "for the virtual machine only"
	[ -x "$HELPERS/helper-bpfprogs" ] || skip "the helper is not built"
	cycles 100 --systemd-cgroup
	same "$(systemctl list-units --all --plain --no-legend "*$ID*")" ""
	same "$(systemctl list-jobs --no-legend)" ""
}
