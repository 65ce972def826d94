# Large configurations: time grows with their size and not with its square. CPU time of the least of some runs, because the
# machine has other work; four times the size may take up to eight times as long, where a square would take sixteen.

load lib/common

# cpu COMMAND…: milliseconds of user and system time of what it runs and waits for.
cpu() {
	local TIMEFORMAT='%U %S'
	{ time "$@" >"$T/cpu.out" 2>"$T/cpu.err" 3>&- 4>&-; } 2>&1 | awk '{ printf "%d\n", ($1 + $2) * 1000 + 0.5 }'
	[ "${PIPESTATUS[0]}" = 0 ] || { head -c 500 "$T/cpu.err" >&2; return 1; }
}

# least TIMES COMMAND…
least() {
	local times=$1 best=999999 now
	shift
	while [ "$times" -gt 0 ]; do
		now=$(cpu "$@") || return 1
		[ "$now" -ge "$best" ] || best=$now
		times=$((times - 1))
	done
	echo "$best"
}

# Ten times, so that clock ticks do not count.
parse_ten() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do "$LIBEXEC/parse" <"$1" >"$T/plan" || return 1; done
}

linear() { # WHAT SMALL LARGE: of a size and of four times that
	echo "# $1: $2 ms, four times as much: $3 ms" >&3
	[ "$3" -le $((8 * ($2 > 5 ? $2 : 5))) ] || { echo "$1: $2 ms, four times as much: $3 ms"; return 1; }
}

# Lines of: what, a tab, four times how many at most, a tab, the change, with that number as $n.
dimensions() {
	cat <<-'END'
		mounts	32000	.mounts += [range($n) | {destination: "/mnt/\(.)", source: "src", type: "bind", options: ["bind", "ro"]}]
		variables	60000	.process.env += [range($n) | "V\(.)=x"]
		bytes of variables	40	.process.env += [range($n) | "V\(.)=" + ("x" * 122880)]
		arguments	60000	.process.args += [range($n) | "a\(.)"]
		additional groups	60000	.process.user.additionalGids = [range($n)]
		unknown capabilities	60000	.process.capabilities.bounding = [range($n) | "CAP_X\(.)"]
		annotations	60000	.annotations = ([range($n) | {key: "a\(.)", value: "x"}] | from_entries)
		unknown members	60000	. += ([range($n) | {key: "unknown\(.)", value: "x"}] | from_entries)
		hooks	60000	.hooks.poststop = [range($n) | {path: "/a\(.)"}]
		devices	60000	.linux.devices = [range($n) | {path: "/dev/a\(.)", type: "p"}]
		device rules	40000	.linux.resources.devices = [range($n) | {allow: true, type: "c", major: 1, minor: ., access: "r"}]
		masked paths	60000	.linux.maskedPaths = [range($n) | "/a\(.)"]
		sysctls	60000	.linux.sysctl = ([range($n) | {key: "net.ipv4.a\(.)", value: "x"}] | from_entries)
		seccomp rules	16000	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [range($n) | {names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{index: 1, value: ., op: "SCMP_CMP_EQ"}]}]}
	END
}

@test "scale: parse: four times of anything takes four times as long" {
	newer "for davit"
	local what most change small large
	while IFS=$'\t' read -r what most change; do
		jq -c --argjson n $((most / 4)) "$change" config.json >"$T/small.json"
		jq -c --argjson n "$most" "$change" config.json >"$T/large.json"
		small=$(least 3 parse_ten "$T/small.json")
		large=$(least 3 parse_ten "$T/large.json")
		linear "$what" "$small" "$large"
	done < <(dimensions)
}

# large N: N mounts, 500 seccomp rules, four strings of 120 KiB.
large() {
	cp "$T/usual.json" config.json
	edit --argjson n "$1" '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs"}]
		+ [range($n) | {destination: "/mnt/\(.)", source: "src", type: "bind", options: ["bind", "ro", "nosuid"]}]
		| .process.env += [range(4) | "V\(.)=" + ("x" * 122870)]'
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null ||
		edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [range(500) |
			{names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{index: 1, value: (100 + .), op: "SCMP_CMP_EQ"}]}]}'
}

@test "scale: 10,000 mounts, strings of 120 KiB and 500 seccomp rules start, in time that grows with the mounts" {
	local small large
	mkdir src
	sh_args 'wc -l </proc/self/mountinfo; echo ${#V3}'
	cp config.json "$T/usual.json"
	large 10000
	LIMIT=60 run runc run "$ID"
	expect 0
	[ "${lines[0]}" -gt 10000 ]
	same "${lines[1]}" 122870
	jq '.process.args = ["true"]' "$T/usual.json" >"$T/true.json"
	mv "$T/true.json" "$T/usual.json"
	large 10000
	large=$(LIMIT=60 least 3 runc run "$ID")
	large 2500
	small=$(LIMIT=60 least 3 runc run "$ID")
	linear "run with mounts" "$small" "$large"
}

@test "scale: a small limit of open files: hundreds of mounts, several containers at once, and the limit is the container's" {
	local i
	args sh -c 'ulimit -Sn'
	mkdir src
	edit --arg t "$T" 'del(.process.rlimits) | .root = {path: "\($t)/bundle/rootfs"}
		| .mounts += [{destination: "/m", type: "tmpfs", source: "tmpfs"}]
		+ [range(400) | {destination: "/m/\(.)", source: "\($t)/bundle/src", type: "bind", options: ["bind"]}]
		| .hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "ulimit -Sn >>\($t)/hooks"]}]'
	mkdir "$ROOTFS/m"
	for i in 1 2 3 4 5 6; do
		mkdir "$T/$i"
		jq --arg c "/$ID-$i" '.linux.cgroupsPath = $c' config.json >"$T/$i/config.json"
	done
	(
		ulimit -Sn 256
		for i in 1 2 3 4 5 6; do
			timeout 60 "$RUNC" --root "$STATE" run -b "$T/$i" "$ID-$i" >"$T/$i.out" 2>&1 </dev/null 3>&- 4>&- &
		done
		wait
	)
	for i in 1 2 3 4 5 6; do same "$(cat "$T/$i.out")" 256 || return 1; done
	same "$(sort -u "$T/hooks")" 256
}
