# runc update of limits that have a line per device: block devices, network interfaces, RDMA devices.
# layouts: hybrid v1 v2 vm

load lib/common
load lib/update

setup() {
	setup_bundle
	newer "1.1.5 updates the weight alone"
	LOOP=
}

teardown() {
	[ -z "$LOOP" ] || losetup -d "$LOOP"
	teardown_bundle
}

needs_blocks() {
	if in_v2; then needs io; else needs blkio; fi
	disk || skip "no disk"
}

# The number of a disk that limits can be about, as "MAJOR:MINOR" and in $DISK as members of JSON.
disk() {
	local d
	for d in /sys/block/*; do
		case ${d##*/} in loop* | ram* | sr* | fd*) continue ;; esac
		MAJMIN=$(cat "$d/dev") && DISK="\"major\": ${MAJMIN%:*}, \"minor\": ${MAJMIN#*:}" && return
	done
	return 1
}

# A disk of this test's own, with a scheduler that knows weights.
weighted_disk() {
	truncate -s 1M "$T/image"
	LOOP=$(losetup --find --show "$T/image" 2>/dev/null) || skip "no loop device"
	echo bfq 2>/dev/null >"/sys/block/${LOOP##*/}/queue/scheduler" || skip "this kernel has no bfq"
	MAJMIN=$(cat "/sys/block/${LOOP##*/}/dev")
	DISK="\"major\": ${MAJMIN%:*}, \"minor\": ${MAJMIN#*:}"
}

# rates N…: members of blockIO that set reads and writes, in bytes and operations.
rates() {
	local list name
	list=""
	for name in ReadBps WriteBps ReadIOPS WriteIOPS; do
		[ "${1:--}" = - ] || list+="${list:+, }\"throttle${name}Device\": [{$DISK, \"rate\": $1}]"
		shift || true
	done
	echo "$list"
}

# rates_are N…: what the kernel has; "max": none.
rates_are() {
	local file now=""
	if in_v2; then
		now=$(value io io.max | sed -n "s/^$MAJMIN //p")
		now=${now:-"rbps=max wbps=max riops=max wiops=max"}
		same "$now" "rbps=$1 wbps=$2 riops=$3 wiops=$4"
		return
	fi
	for file in read_bps write_bps read_iops write_iops; do
		file=$(value blkio "blkio.throttle.${file}_device" | sed -n "s/^$MAJMIN //p")
		now+="${file:-max} "
	done
	same "$now" "$1 $2 $3 $4 "
}

block() { if in_v2; then dir_of io; else dir_of blkio; fi; }

# The file that has the weight of all devices.
weight_file() {
	local file
	for file in blkio.weight blkio.bfq.weight io.bfq.weight io.weight; do
		[ ! -e "$(block)/$file" ] || { echo "$(block)/$file"; return; }
	done
}

weight() { sed -n '1s/^default //;1p' "$(weight_file)"; }
weight_is() {
	case $(weight_file) in */io.weight) set -- $((1 + ($1 - 10) * 9999 / 990)) ;; esac
	same "$(weight)" "$1"
}

# device_weight_is N: of $MAJMIN; 0: it has none of its own.
device_weight_is() {
	local now
	now=$(cat "$(block)"/*bfq.weight* | sed -n "s/^$MAJMIN //p")
	same "${now:-0}" "$1"
}

# What no kernel takes, behind limits of block devices in the order of the writes.
junk() {
	if in_v2; then echo '"unified": {"cgroup.max.depth": "junk"}'
	else echo '"network": {"priorities": [{"name": "nosuch0", "priority": 1}]}'; fi
}
junk_error() {
	if in_v2; then echo 'unable to set unified resource "cgroup.max.depth"'
	elif mountpoint -q /sys/fs/cgroup/net_prio; then echo 'net_prio.ifpriomap'
	else echo 'cannot set net_prio limit: container could not join or create cgroup'; fi
}

@test "update: weight of block devices by its flag and by JSON" {
	needs_blocks
	running '{}'
	[ -n "$(weight_file)" ] || skip "no scheduler of this kernel has weights"
	update --blkio-weight 500
	weight_is 500
	stored .blkio_weight 500
	update_json '{"blockIO": {"weight": 20}}'
	weight_is 20
	update_json '{"blockIO": {"weight": 0}}'
	weight_is 20
	stored .blkio_weight 20
	update --blkio-weight 0
	stored .blkio_weight 20
	fails "invalid value for blkio-weight: 9 is out of range (10 to 1000)" --blkio-weight 9
	fails "invalid value for blkio-weight: 1001 is out of range (10 to 1000)" --blkio-weight 1001
	fails 'invalid value "x" for flag -blkio-weight' --blkio-weight x
	weight_is 20
}

@test "update: rates of block devices, one after the other and all at once" {
	needs_blocks
	running "{blockIO: {$(rates 1048576)}}"
	rates_are 1048576 max max max
	update_json "{\"blockIO\": {$(rates - 2097152)}}"
	rates_are 1048576 2097152 max max
	update_json "{\"blockIO\": {$(rates 3145728 0 100 200)}}"
	rates_are 3145728 max 100 200
	stored ".blkio_throttle_read_bps_device[0].rate" 3145728
	same "$(jq -c '.resources.blockIO.throttleReadIOPSDevice[0].rate' "$STATE/$ID/resources.json")" 100
}

@test "update: of block devices only what is given is written" {
	needs_blocks
	running "{blockIO: {$(rates 1048576 - 50)}}"
	# by somebody else
	if in_v2; then echo "$MAJMIN rbps=5242880" >"$(dir_of io)/io.max"
	else echo "$MAJMIN 5242880" >"$(dir_of blkio)/blkio.throttle.read_bps_device"; fi
	update_json "{\"blockIO\": {$(rates - 2097152)}}"
	rates_are 5242880 2097152 50 max
	update --pids-limit 100 || needs pids
	rates_are 5242880 2097152 50 max
}

@test "update: a failure behind them sets block devices back, also those that had no limit" {
	needs_blocks
	running "{blockIO: {$(rates 1048576)}}"
	[ -n "$(weight_file)" ] || skip "no scheduler of this kernel has weights"
	local before
	before=$(weight)
	echo "{\"blockIO\": {\"weight\": 700, $(rates 2097152 3145728 4 5)}, $(junk)}" >"$T/r"
	fails "$(junk_error)" -r "$T/r"
	lacks "$output" warning
	rates_are 1048576 max max max
	same "$(weight)" "$before"
}

@test "update: weights of single devices, and a failure behind them" {
	needs_blocks
	weighted_disk
	running '{}'
	[ -n "$(weight_file)" ] || skip "no scheduler of this kernel has weights"
	echo "{\"blockIO\": {\"weightDevice\": [{$DISK, \"weight\": 300}]}, $(junk)}" >"$T/r"
	fails "$(junk_error)" -r "$T/r"
	lacks "$output" warning
	device_weight_is 0
	update_json "{\"blockIO\": {\"weightDevice\": [{$DISK, \"weight\": 200}]}}"
	device_weight_is 200
	fails "$(junk_error)" -r "$T/r"
	lacks "$output" warning
	device_weight_is 200
	update_json '{"blockIO": {"weight": 50}}'
	device_weight_is 200 # which bfq takes away
	echo "{\"blockIO\": {\"weight\": 70}, $(junk)}" >"$T/r"
	fails "$(junk_error)" -r "$T/r"
	lacks "$output" warning
	device_weight_is 200
	weight_is 50
	stored '.blkio_weight_device[0].weight' 200
}

@test "update: limits of block devices are kept by other updates, and in a plan of another build" {
	needs_blocks
	needs_one
	running "{blockIO: {$(rates 1048576)}}"
	update_json "{\"blockIO\": {\"weight\": 300, $(rates - 2097152)}}"
	set_one 40
	printf '\377' | dd of="$STATE/$ID/plan" bs=1 seek=8 conv=notrunc 2>/dev/null # its layout
	run runc exec "$ID" true
	expect 0
	update_json "{\"blockIO\": {$(rates - - 70)}}"
	same "$(jq -c .resources.blockIO "$STATE/$ID/resources.json")" \
		"$(jq -nc "{weight: 300, $(rates 1048576 2097152 70)}")"
	same "$(jq -c '.config.cgroups | [.blkio_weight, .blkio_throttle_write_bps_device[0].rate]' \
		"$STATE/$ID/state.json")" '[300,2097152]'
	contains "$("$LIBEXEC/plan-dump" <"$STATE/$ID/plan")" 2097152
	rates_are 1048576 2097152 70 max
}

@test "update: marks of the network and RDMA devices where there is no such controller" {
	running '{}'
	echo '{"network": {"classID": 5}}' >"$T/class"
	echo '{"network": {"priorities": [{"name": "lo", "priority": 5}]}}' >"$T/priority"
	echo '{"rdma": {"mlx5_0": {"hcaHandles": 5}}}' >"$T/rdma"
	if in_v2; then
		fails "linux.resources.network.classID: cgroup v2 has no such limit" -r "$T/class"
		fails "linux.resources.network.priorities: cgroup v2 has no such limit" -r "$T/priority"
		fails "rdma" -r "$T/rdma"
	else
		mountpoint -q /sys/fs/cgroup/net_cls ||
			fails "cannot set net_cls limit: container could not join or create cgroup" -r "$T/class"
		mountpoint -q /sys/fs/cgroup/net_prio ||
			fails "cannot set net_prio limit: container could not join or create cgroup" -r "$T/priority"
		mountpoint -q /sys/fs/cgroup/rdma ||
			fails "cannot set rdma limit: container could not join or create cgroup" -r "$T/rdma"
	fi
	update_json '{"network": {"classID": 0, "priorities": []}, "rdma": {}, "blockIO": {}}'
}

@test "update: marks of the network, and interfaces that are none of the request's" {
	needs net_cls net_prio
	running '{}'
	update_json '{"network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 5}]}}'
	same "$(value net_cls net_cls.classid)" 1048577
	same "$(value net_prio net_prio.ifpriomap | sed -n 's/^lo //p')" 5
	echo '{"network": {"classID": 2, "priorities": [{"name": "lo", "priority": 6}, {"name": "nosuch0", "priority": 1}]}}' >"$T/r"
	fails "net_prio.ifpriomap" -r "$T/r"
	same "$(value net_cls net_cls.classid)" 1048577
	same "$(value net_prio net_prio.ifpriomap | sed -n 's/^lo //p')" 5
	stored .net_cls_classid_u 1048577
}

@test "update: shares are stored with the weight that v2 makes of them, as runc does" {
	needs cpu
	running '{cpu: {shares: 512}}'
	stored .cpu_weight 59
	update --cpu-share 1024
	stored .cpu_weight 100
	update --pids-limit 5 || needs pids
	stored .cpu_weight 100
}
