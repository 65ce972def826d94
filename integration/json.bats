# How config.json is read, for every member of it: the order of members, null, numbers. integration/lib/full.json has every member.

load lib/common

setup() {
	T=$BATS_TEST_TMPDIR
	cd "$T" || return 1
	cp "$TOP/integration/lib/full.json" .
}

teardown() { :; }

# plan [FILE]: parses; $status, and in $output what it said and the plan as text without its header.
plan() {
	status=0
	"$LIBEXEC/parse" <"$1" >"$1.plan" 2>"$1.err" 3>&- || status=$?
	output=$(cat "$1.err")
	[ "$status" != 0 ] || output+=$'\n'$("$LIBEXEC/plan-dump" <"$1.plan" 3>&- | sed 1d)
}

# each FILTER VARIANT…: for each member whose value passes the filter, keys of maps left out, its path and then full.json as
# each variant makes it of the path $p, one a line.
each() {
	local filter=$1 variants
	shift
	variants=$(IFS=,; echo "$*")
	jq -c "[path(.. | $filter)][] as \$p | select((\$p | length > 0) and (\$p[-1] | type == \"string\") and
		(\$p[:-1] as \$of | [[\"annotations\"], [\"linux\", \"sysctl\"], [\"linux\", \"netDevices\"], [\"linux\", \"timeOffsets\"], [\"linux\", \"resources\", \"unified\"], [\"linux\", \"resources\", \"rdma\"]] |
			index([\$of]) | not)) | \$p, $variants" full.json
}

# Both plans are the same, or both are refused in the same words; warnings do not count.
same_plan() {
	local first
	plan "$1"
	first="$status $(grep -v -e 'parse: warning: ' -e '^$' <<<"$output")"
	plan "$2"
	[ "$status $(grep -v -e 'parse: warning: ' -e '^$' <<<"$output")" = "$first" ] || { diff <(echo "$first") <(echo "$status $output"); return 1; }
}

@test "json: full.json has every member that parse knows" {
	local word
	jq -r 'paths | .[-1] | strings' full.json | sort -u >known
	for word in $(grep -hoE '\{"[a-zA-Z0-9]+", FIELD_[A-Z]+' "$TOP"/libexec/parse/*.c | grep -v FIELD_IGNORED | cut -d '"' -f 2 | sort -u); do
		grep -qx "$word" known || { echo "$word is not in integration/lib/full.json"; return 1; }
	done
	plan full.json
	expect 0
}

@test "json: the order of members means nothing" {
	plan full.json
	expect 0
	local usual=$output
	jq 'walk(if type == "object" then to_entries | reverse | from_entries else . end)' full.json >reversed.json
	plan reversed.json
	same "$status" 0
	diff <(echo "$usual") <(echo "$output")
	jq -S . full.json >sorted.json
	plan sorted.json
	same "$status" 0
	diff <(echo "$usual") <(echo "$output")
}

@test "json: null is as if the member were absent, for each" {
	local path count=0
	while read -r path; do
		read -r without
		read -r null
		echo "$without" >without.json
		echo "$null" >null.json
		same_plan without.json null.json || { echo "$path"; return 1; }
		count=$((count + 1))
	done < <(each . 'delpaths([$p])' 'setpath($p; null)')
	[ "$count" -gt 120 ]
}

@test "json: a number with a fraction or an exponent, or -0, is refused for each member that is a number" {
	local path name form number count=0
	while read -r path; do
		read -r form
		name=${path%\"]}
		for number in 1.0 1e3 -0; do
			echo "${form/'"@"'/$number}" >number.json
			plan number.json
			expect 1 'expected a whole number without fraction and exponent' || { echo "$path $number"; return 1; }
			contains "$output" "${name##*\"}: " || return 1
		done
		count=$((count + 1))
	done < <(each numbers 'setpath($p; "@")')
	[ "$count" -gt 40 ]
}

@test "json: numbers arrive to the last digit, and one more is refused" {
	local path name below low high above number count=0
	while read -r path name below low high above; do
		[ -n "$path" ] || continue
		jq -c "$path = \"@\"" full.json >form.json
		for number in "$low" "$high"; do
			sed "s/\"@\"/$number/" form.json >number.json
			plan number.json
			expect 0 || { echo "$path $number"; return 1; }
			grep -Eqx -- "[ -]*$name: $number" <<<"$output" || { echo "$path: no $number in"; grep "$name" <<<"$output"; return 1; }
		done
		for number in "$below" "$above"; do
			sed "s/\"@\"/$number/" form.json >number.json
			plan number.json
			expect 1 'out of range' || { echo "$path $number"; return 1; }
		done
		count=$((count + 1))
	done <<-'END'
		.process.consoleSize.height console_height -1 0 65535 65536
		.process.user.uid uid -1 0 4294967294 4294967295
		.process.user.gid gid -1 0 4294967294 4294967295
		.process.user.umask umask -1 0 511 512
		.process.oomScoreAdj oom_score_adj -1001 -1000 1000 1001
		.process.scheduler.nice sched_nice -2147483649 -2147483648 2147483647 2147483648
		.process.scheduler.runtime sched_runtime -1 0 18446744073709551615 18446744073709551616
		.process.scheduler.deadline sched_deadline -1 0 18446744073709551615 18446744073709551616
		.process.scheduler.period sched_period -1 0 18446744073709551615 18446744073709551616
		.linux.timeOffsets.monotonic.secs time_monotonic -9223372036854775809 -9223372036854775808 9223372036854775807 9223372036854775808
		.linux.timeOffsets.boottime.nanosecs time_boottime_nanoseconds -1 0 999999999 1000000000
		.process.rlimits[0].hard hard -1 17 18446744073709551615 18446744073709551616
		.hooks.prestart[0].timeout timeout 0 1 2147483647 2147483648
		.linux.devices[0].uid uid -1 0 4294967294 4294967295
		.linux.devices[0].minor minor -1 0 1048575 1048576
		.linux.resources.memory.reservation memory_reservation -2 -1 9223372036854775807 9223372036854775808
		.linux.resources.cpu.shares cpu_shares -1 0 18446744073709551615 18446744073709551616
		.linux.resources.cpu.period cpu_period -1 0 18446744073709551615 18446744073709551616
		.linux.resources.cpu.realtimeRuntime cpu_rt_runtime -2 -1 9223372036854775807 9223372036854775808
		.linux.resources.cpu.realtimePeriod cpu_rt_period -1 0 18446744073709551615 18446744073709551616
		.linux.resources.pids.limit pids_limit -9223372036854775809 -1 9223372036854775807 9223372036854775808
		.linux.resources.hugepageLimits[0].limit limit -1 0 18446744073709551615 18446744073709551616
		.linux.resources.blockIO.weightDevice[0].major major -1 0 4294967295 4294967296
		.linux.resources.blockIO.throttleReadBpsDevice[0].rate rate -1 0 18446744073709551615 18446744073709551616
		.linux.resources.network.classID net_class_id -1 0 4294967295 4294967296
		.linux.resources.network.priorities[0].priority priority -1 0 4294967295 4294967296
		.linux.resources.rdma.r.hcaHandles handles -1 0 4294967295 4294967296
		.linux.resources.rdma.r.hcaObjects objects -1 0 4294967295 4294967296
		.linux.seccomp.syscalls[2].args[0].value value -1 0 18446744073709551615 18446744073709551616
		.linux.seccomp.syscalls[2].args[0].valueTwo value_two -1 0 18446744073709551615 18446744073709551616
	END
	[ "$count" = 30 ]
	# What a double would make equal.
	for number in 9007199254740993 9223372036854775807 18446744073709551614; do
		jq -c '.process.rlimits[0].hard = "@"' full.json | sed "s/\"@\"/$number/" >number.json
		plan number.json
		expect 0 "hard: $number"
	done
}

@test "json: names are case-sensitive, for each member" {
	local path count=0
	while read -r path; do
		read -r without
		read -r upper
		echo "$without" >without.json
		echo "$upper" >upper.json
		same_plan without.json upper.json || { echo "$path"; return 1; }
		count=$((count + 1))
	done < <(each . 'delpaths([$p])' '(getpath($p) as $v | delpaths([$p]) | setpath($p[:-1] + [$p[-1] | ascii_upcase]; $v))')
	[ "$count" -gt 120 ]
}
