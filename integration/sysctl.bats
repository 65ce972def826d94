# linux.sysctl: each key of the table by its namespace, and none of the host.

load lib/common

# sysctl KEY VALUE
sysctl() { edit --arg k "$1" --arg v "$2" '.linux.sysctl = {($k): $v}'; }

userns() {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

# In the container the file has the value, on the host what it had before.
# sets KEY FILE VALUE [SEEN]
sets() {
	local before
	before=$(cat "/proc/sys/$2")
	sysctl "$1" "$3"
	args cat "/proc/sys/$2"
	run runc run "$ID"
	expect 0 || { echo "$1"; return 1; }
	same "$(tr -s '\t ' ' ' <<<"$output")" "${4:-$3}" || return 1
	same "$(cat "/proc/sys/$2")" "$before"
}

@test "sysctl: every key of the ipc namespace, also with slashes, and in a user namespace" {
	sets kernel.msgmax kernel/msgmax 4243
	sets kernel.msgmnb kernel/msgmnb 4244
	sets kernel.msgmni kernel/msgmni 4245
	sets kernel.sem kernel/sem "251 32001 101 129"
	sets kernel.shmall kernel/shmall 18446744073692774399
	sets kernel.shmmax kernel/shmmax 18446744073692774398
	sets kernel.shmmni kernel/shmmni 4097
	sets kernel.shm_rmid_forced kernel/shm_rmid_forced 1
	sets fs.mqueue.msg_max fs/mqueue/msg_max 11
	sets fs/mqueue/queues_max fs/mqueue/queues_max 257
	sets kernel/msgmax kernel/msgmax 4246
	userns
	sets kernel.msgmax kernel/msgmax 4247
}

@test "sysctl: network: keys with dots and slashes, an interface with a dot" {
	sets net.ipv4.ip_unprivileged_port_start net/ipv4/ip_unprivileged_port_start 99
	sets net/ipv4/ip_forward net/ipv4/ip_forward 1
	sets net.ipv4.conf.all.forwarding net/ipv4/conf/all/forwarding 1
	[ -e /proc/sys/net/ipv4/conf/lo ] || skip "no such file"
	# The dot of an interface is a slash in the other notation: nobody has this one, and the error names the key.
	sysctl net/ipv4/conf/eth0.1/forwarding 1
	refused 'failed to write sysctl.*net/ipv4/conf/eth0.1/forwarding.*no such file' create "$ID"
	sysctl net.ipv4.conf.eth0/1.forwarding 1
	refused 'failed to write sysctl.*net.ipv4.conf.eth0/1.forwarding.*no such file' create "$ID"
}

@test "sysctl: an interface whose name has a dot, in a joined network namespace" {
	unshare --net sh -c 'ip link add eth0.1 type dummy || ip link set lo name eth0.1; echo $$; exec sleep 1000' >"$T/pid" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	wait_for 5 test -s "$T/pid"
	local pid
	pid=$(cat "$T/pid")
	nsenter --net="/proc/$pid/ns/net" test -e /proc/sys/net/ipv4/conf/eth0.1 || [ -n "$(nsenter --net="/proc/$pid/ns/net" ip link show eth0.1)" ]
	edit --arg p "/proc/$pid/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)'
	sysctl net/ipv4/conf/eth0.1/forwarding 1
	args cat /proc/sys/net/ipv4/conf/eth0.1/forwarding
	run runc run "$ID"
	expect 0
	same "$output" 1
	sysctl net.ipv4.conf.eth0/1.forwarding 0
	run runc run "$ID"
	same "$output" 0
}

@test "sysctl: a joined namespace that is the host's own is the host" {
	newer "1.1.5 checks the network only"
	local before
	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/kernel/domainname)
	edit '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" elif .type == "ipc" then .path = "/proc/1/ns/ipc"
		elif .type == "uts" then .path = "/proc/self/ns/uts" else . end) | del(.hostname)'
	sysctl net.ipv4.ip_forward 1
	refused 'sysctl .*net.ipv4.ip_forward.* not allowed in host network namespace' create "$ID"
	sysctl net/ipv4/ip_forward 1
	refused 'sysctl .*net/ipv4/ip_forward.* not allowed in host network namespace' create "$ID"
	sysctl kernel.msgmax 1
	refused 'sysctl .*kernel.msgmax.* not allowed in host ipc namespace' create "$ID"
	sysctl fs.mqueue.msg_max 11
	refused 'sysctl .*fs.mqueue.msg_max.* not allowed in host ipc namespace' create "$ID"
	sysctl kernel/domainname x
	refused 'sysctl .*kernel/domainname.* not allowed in host uts namespace' create "$ID"
	same "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/kernel/domainname)" "$before"
	edit 'del(.linux.sysctl)'
	run runc run "$ID"
	expect 0
}

@test "sysctl: user: in a user namespace only; domainname with uts; hostname never" {
	sysctl user.max_user_namespaces 5
	[ -n "$CONTROL" ] || refused 'setting ucounts without a user namespace not allowed: user.max_user_namespaces' create "$ID"
	sysctl kernel.hostname x
	refused 'kernel.hostname.* is not allowed as it conflicts with the OCI .*hostname.* field' create "$ID"
	sets kernel.domainname kernel/domainname example.org
	edit 'del(.hostname) | .linux.namespaces |= map(select(.type != "uts"))'
	refused 'kernel.domainname.* is not in a separate kernel namespace' create "$ID"
	newer "user.* since 1.4"
	userns
	sets user.max_user_namespaces user/max_user_namespaces 5
}

@test "sysctl: what belongs to no namespace of the container is refused" {
	local key
	for key in kernel.core_pattern kernel/core_pattern vm.swappiness fs.file-max kernel.shm kernel.msgmaxx net user kernel.ns_last_pid; do
		sysctl "$key" 1
		refused "sysctl .*$key.* is not in a separate kernel namespace" create "$ID"
	done
	edit '.linux.namespaces |= map(select(.type != "ipc" and .type != "network"))'
	for key in msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced; do
		sysctl "kernel.$key" 1
		refused "sysctl .*kernel.$key.* is not allowed in the hosts ipc namespace" create "$ID"
	done
	sysctl fs.mqueue.msg_max 1
	refused 'is not allowed in the hosts ipc namespace' create "$ID"
	sysctl net.core.somaxconn 1
	refused 'sysctl .*net.core.somaxconn.* not allowed in host network namespace' create "$ID"
}

@test "sysctl: a value or key the kernel refuses ends the creation with the key" {
	sysctl kernel.msgmax x
	refused 'failed to write sysctl.*kernel.msgmax.*invalid argument' create "$ID"
	sysctl net.nosuch 1
	refused 'sysctl.*net.nosuch.*no such file' create "$ID"
	sysctl kernel.shm_rmid_forced 7
	refused 'failed to write sysctl.*kernel.shm_rmid_forced.*invalid argument' create "$ID"
}

@test "sysctl: ping_group_range with groups that are not mapped: a hint" {
	edit '.linux.namespaces += [{type: "network"}, {type: "user"}] | .linux.namespaces |= unique_by(.type)
		| .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	sysctl net.ipv4.ping_group_range "0 2147483647"
	refused 'failed to write sysctl net.ipv4.ping_group_range \(are the groups 0 2147483647 mapped in the user namespace\?\): invalid argument' create "$ID"
	sysctl net/ipv4/ping_group_range "0 1000"
	refused 'are the groups 0 1000 mapped in the user namespace' create "$ID"
	sysctl net.ipv4.ping_group_range "x"
	refused 'failed to write sysctl net.ipv4.ping_group_range.*: invalid argument' create "$ID"
	sysctl net.ipv4.ping_group_range "0 999"
	args cat /proc/sys/net/ipv4/ping_group_range
	run runc run "$ID"
	expect 0 $'0\t999'
	edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
	sysctl net.ipv4.ping_group_range "x"
	refused 'failed to write sysctl net.ipv4.ping_group_range: invalid argument' create "$ID"
}
