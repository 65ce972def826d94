# runc update: what a request may say, what it must not, and what it leaves out.
# layouts: hybrid v1 v2 vm

load lib/common
load lib/update

@test "update: sizes as go-units reads them" {
	not_in_vm
	needs memory
	running '{}'
	sizes() {
		while read -r text bytes; do
			text=${text//_/ }
			update --memory-reservation "$text" || { echo "for $text"; return 1; }
			is memory memory.soft_limit_in_bytes "$bytes" memory.low "$bytes" || { echo "for $text"; return 1; }
		done
	}
	sizes <<-EOF
		1048576 1048576
		2097152b 2097152
		512k 524288
		512K 524288
		512kb 524288
		512KiB 524288
		3_m 3145728
		1.5m 1572864
		0.25g 268435456
		0001m 1048576
		1t 1099511627776
		0.5TiB 549755813888
	EOF
}

@test "update: values that are none, in runc's words" {
	not_in_vm
	running '{}'
	junk() {
		while IFS='|' read -r flag text message; do
			fails "$message" "--$flag=$text" || { echo "for --$flag $text"; return 1; }
		done
	}
	junk <<-'EOF'
		memory|abc|invalid value for memory: invalid size: 'abc'
		memory|10x|invalid value for memory: invalid size: '10x'
		memory|1e3|invalid value for memory: invalid size: '1e3'
		memory|-2|invalid value for memory: invalid size: '-2'
		memory|5kibb|invalid value for memory: invalid size: '5kibb'
		memory|.5m|invalid value for memory: invalid size: '.5m'
		memory|5.|invalid value for memory: invalid size: '5.'
		memory|0x10|invalid value for memory: invalid size: '0x10'
		memory-swap| 5|invalid value for memory-swap: invalid size: ' 5'
		memory-reservation|k|invalid value for memory-reservation: invalid size: 'k'
		cpu-share|x|invalid value for cpu-share: strconv.ParseUint: parsing "x": invalid syntax
		cpu-share|-5|invalid value for cpu-share: strconv.ParseUint: parsing "-5": invalid syntax
		cpu-share|18446744073709551616|invalid value for cpu-share: strconv.ParseUint: parsing "18446744073709551616": value out of range
		cpu-period|1.5|invalid value for cpu-period: strconv.ParseUint: parsing "1.5": invalid syntax
		cpu-rt-period|x|invalid value for cpu-rt-period: strconv.ParseUint: parsing "x": invalid syntax
		cpu-quota|x|invalid value for cpu-quota: strconv.ParseInt: parsing "x": invalid syntax
		cpu-quota|9223372036854775808|invalid value for cpu-quota: strconv.ParseInt: parsing "9223372036854775808": value out of range
		cpu-rt-runtime|1_0|invalid value for cpu-rt-runtime: strconv.ParseInt: parsing "1_0": invalid syntax
	EOF
	newer "its own words"
	junk <<-'EOF'
		cpu-burst|x|invalid value for cpu-burst: strconv.ParseUint: parsing "x": invalid syntax
		cpu-idle|x|invalid value for cpu-idle: strconv.ParseInt: parsing "x": invalid syntax
		memory|99999999999999999999|invalid value for memory: invalid size: '99999999999999999999'
		memory|9000p|invalid value for memory: invalid size: '9000p'
		memory|100|limit: 100 is less than a page
	EOF
	run runc update --pids-limit x "$ID"
	expect 1 'invalid value "x" for flag -pids-limit: '
}

@test "update: JSON that is none, wrong types, unknown members, null" {
	not_in_vm
	needs pids
	newer "1.1.5 dereferences null"
	running '{pids: {limit: 100}}'
	update_json '{"pids": {"limit": 60}, "nosuch": {"a": [1]}, "cpu": null, "memory": {"limit": null}}'
	pids_is 60
	bad() {
		while IFS='|' read -r json message; do
			printf %s "$json" >"$T/r"
			fails "$message" -r "$T/r" || { echo "for $json"; return 1; }
		done
	}
	bad <<-'EOF'
		|resources:1:1:
		x|resources:1:1:
		{"pids": {"limit": 1}} trailing|nothing may follow
		[]|msg="resources: expected an object, found an array
		{"pids": {}, "pids": {}}|msg="resources: duplicate member
		{"memory": {"limit": "10m"}}|memory.limit: expected a number, found a string
		{"pids": {"limit": 1.5}}|pids.limit: expected a whole number
		{"cpu": {"shares": -1}}|cpu.shares: -1 is out of range
		{"cpu": {"idle": 2}}|cpu.idle: 2 is out of range
		{"cpu": {"cpus": "0-"}}|cpu.cpus: 
		{"hugepageLimits": [{"pageSize": "2XB", "limit": 1}]}|hugepageLimits[0].pageSize
		{"pids": {"limit": 1}, "pids": {"limit": 2}}|pids
	EOF
	pids_is 60
	fails "open /nosuch.json: no such file or directory" -r /nosuch.json
	fails "read $T: is a directory" -r "$T"
	head -c 17000000 /dev/zero | tr '\0' ' ' >"$T/r"
	fails "larger than 16 MiB" -r "$T/r"
	run bash -c "head -c 17000000 /dev/zero | tr '\\0' ' ' | '$RUNC' --root '$STATE' update -r - '$ID'"
	expect 1 "larger than 16 MiB"
}

@test "update: obsolete limits of kernel memory are a warning" {
	not_in_vm
	running '{}'
	run runc update --kernel-memory 10m "$ID"
	expect 0 "level=warning" "Kernel memory settings are ignored and will be removed"
	run runc update --kernel-memory-tcp 10m "$ID"
	expect 0 "Kernel memory settings are ignored and will be removed"
	status=0
	output=$(runc update -r - "$ID" <<<'{"memory": {"kernel": 10485760}}' 2>&1) || status=$?
	expect 0 "Kernel memory settings are ignored and will be removed"
	run runc update --kernel-memory x "$ID"
	expect 1 "invalid value for kernel-memory: invalid size: 'x'"
}

@test "update: only what is given is written, whatever else is stored" {
	needs_some
	if in_v2; then needs memory; fi
	running '{pids: {limit: 100}, memory: {limit: 67108864}, cpu: {shares: 512}}'
	echo 77 >"$(dir_of pids)/pids.max" # by somebody else
	newer "1.1.5 writes everything"
	update --memory 80m
	pids_is 77
	memory_is 83886080
}

@test "update: what a request leaves out: memory, shares and weight stay stored" {
	needs_some
	if in_v2; then needs memory cpu; fi
	running '{memory: {limit: 67108864, reservation: 33554432}, cpu: {shares: 512}}'
	update --pids-limit 40
	stored .memory 67108864
	stored .memory_reservation 33554432
	stored .cpu_shares 512
	update_json '{"memory": {"limit": 0}, "cpu": {"shares": 0}}' # 0 is not given
	stored .memory 67108864
	stored .cpu_shares 512
}

@test "update: what a request leaves out: burst, idle, cpuset, pids go out of the state, the kernel keeps them" {
	needs_some
	newer "it stores zeros"
	if in_v2; then needs memory cpuset; fi
	running '{pids: {limit: 100}, cpu: {cpus: "0", mems: "0"}}'
	update --memory 80m
	stored .pids_limit null
	stored .cpuset_cpus null
	stored .cpuset_mems null
	pids_is 100
	same "$(value cpuset cpuset.cpus)" 0
}

@test "update: what a request leaves out: of quota and period the other stays stored, or both go" {
	needs cpu
	newer "it stores zeros"
	running '{cpu: {quota: 50000, period: 200000}}'
	update --cpu-quota 60000
	stored .cpu_quota 60000
	stored .cpu_period 200000
	update --cpu-period 100000
	stored .cpu_quota 60000
	stored .cpu_period 100000
	update --cpu-quota 30000 --cpu-period 50000
	stored .cpu_quota 30000
	stored .cpu_period 50000
	update --cpu-share 400
	stored .cpu_quota null
	stored .cpu_period null
	is cpu cpu.cfs_quota_us 30000 cpu.max "30000 50000"
	update --cpu-quota 20000 # the kernel keeps the period
	is cpu cpu.cfs_period_us 50000 cpu.max "20000 50000"
}

@test "update: swap below the memory that is stored is refused" {
	needs memory
	newer "1.1.5 leaves it to the kernel"
	running '{memory: {limit: 67108864, swap: 134217728}}'
	fails "memory+swap limit should be >= memory limit" --memory-swap 32m
	fails "memory+swap limit should be >= memory limit" --memory 200m
	memory_is 67108864
}

@test "update: swap without any limit of memory is refused" {
	newer "1.1.5 leaves it to the kernel"
	running '{}'
	fails "unable to set swap limit without memory limit" --memory-swap 32m
}
