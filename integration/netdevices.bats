# linux.netDevices. The host of these tests is a network namespace of their own: the machine's devices are not touched.
# layouts: hybrid v2

load lib/common

# A process that holds a network namespace with its loopback device up; its pid in $HELD.
hold() {
	unshare -n sh -c 'ip link set lo up && exec sleep 1000' >/dev/null 2>&1 3>&- 4>&- &
	HELD=$!
	BACKGROUND="$BACKGROUND $HELD"
	wait_for 5 is_sleep "$HELD"
	processes >"$T/processes.before"
}

is_sleep() { [ "$(cat "/proc/$1/comm")" = sleep ]; }

setup() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v ip >/dev/null || skip "iproute2 is not installed"
	setup_bundle
	hold
	HOST=$HELD
	host ip link add v0 type veth peer name p0 || skip "this kernel has no veth devices"
	host ip link set p0 up
	args sleep 1000
}

teardown() { teardown_bundle; }

in_net() { nsenter --net="/proc/$1/ns/net" "${@:2}"; }
host() { in_net "$HOST" "$@"; }
inside() { in_net "$(pid_of "$ID")" "$@"; }

runc() {
	host timeout -k 2 "${LIMIT:-20}" "$RUNC" --root "$STATE" "$@" 3>&- 4>&-
}

background() {
	nsenter --net="/proc/$HOST/ns/net" "$RUNC" --root "$STATE" "$@" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
}

# devices JSON: what config.json asks for.
devices() {
	edit --argjson d "$1" '.linux.netDevices = $d'
}

# Devices of all sorts, with everything that is to be kept or brought back: v0 up, w0 down, b0 a port of a bridge.
many() {
	host ip address add 10.1.0.1/24 broadcast 10.1.0.255 label v0:web dev v0
	host ip address add 10.1.0.2/24 dev v0
	host ip address add 10.1.0.3/24 dev v0
	host ip address add 10.2.0.1 peer 10.2.0.2/32 metric 77 dev v0
	host ip address add 10.3.0.1/16 preferred_lft 0 dev v0
	host ip address add 10.4.0.1/24 scope link dev v0
	host ip address add 10.5.0.1/24 valid_lft 1000 preferred_lft 900 dev v0
	# Without a search for duplicates on the host, so that it is usable there; the container's default is to search.
	host sysctl -qw net.ipv6.conf.v0.accept_dad=0
	host ip address add 2001:db8::1/64 dev v0
	host ip address add 2001:db8::2/64 nodad noprefixroute dev v0
	host ip address add 2001:db8:1::1 peer 2001:db8:1::2/128 nodad dev v0
	host ip link set v0 mtu 1400 address 02:00:00:00:00:01
	host ip link set v0 up
	host ip link add w0 type veth peer name q0
	host ip address add 10.6.0.1/24 dev w0
	host ip link add bridge type bridge
	host ip link add b0 type veth peer name r0
	host ip link set b0 master bridge up
}

# addresses INTO…: of a device, as far as they are to be kept; what goes before is how to get there.
addresses() {
	"$@" | jq -cS '.[].addr_info[] | {family, local, prefixlen, broadcast, "label": .label, address, metric, scope,
		secondary, deprecated, noprefixroute, tentative, dynamic}'
}

# What of the host must be the same when a creation has failed.
state() {
	host ip -j address | jq -S 'map({ifname, ifindex, mtu, address, master, up: (.flags | contains(["UP"])),
		addresses: [.addr_info[] | {family, local, prefixlen, broadcast, "label": .label, address, metric, scope, secondary,
			deprecated, noprefixroute, dynamic}]}) | sort_by(.ifindex)' >"$1"
}

host_has_no() { ! host ip link show "$1" >/dev/null 2>&1; }

unchanged() {
	state "$T/after"
	diff -u "$T/before" "$T/after"
}

@test "netdevices: moved, set up, with its permanent global addresses of both families and all that belongs to them" {
	local before
	many
	before=$(addresses host ip -j address show v0 | jq -c 'select(.scope == "global" and .dynamic == null)')
	same "$(wc -l <<<"$before")" 8
	devices '{"v0": {}}'
	detached create "$ID"
	expect 0
	fails host ip link show v0
	same "$(addresses inside ip -j address show v0 | jq -c 'select(.scope == "global")')" "$before"
	inside ip -j link show v0 | jq -e '.[0] | .mtu == 1400 and .address == "02:00:00:00:00:01" and (.flags | contains(["UP"]))'
	# Usable at once, from both sides.
	contains "$(inside ip route get 10.1.0.77)" "dev v0 src 10.1.0.1"
	contains "$(inside ip -6 route get 2001:db8::77)" "dev v0"
	host ip address add 10.1.0.9/24 dev p0
	host busybox ping -c 1 -W 5 10.1.0.1
	# The others are the host's still.
	host ip link show w0
	host ip link show b0
}

@test "netdevices: renamed, a label with it; to a name that another of the host has; several at once" {
	many
	devices '{"v0": {"name": "w0"}, "w0": {"name": "v0"}, "b0": {"name": "abcdefghijklmno"}}'
	detached run -d "$ID"
	expect 0
	same "$(inside ip -j link | jq -cS 'map(.ifname) | sort')" '["abcdefghijklmno","lo","v0","w0"]'
	inside ip -j link | jq -e 'map(.flags | contains(["UP"])) | all'
	inside ip -j address show v0 | jq -e '.[0].addr_info[0].local == "10.6.0.1"'
	inside ip -j address show w0 | jq -e '.[0].addr_info[] | select(.local == "10.1.0.1") | .label == "w0:web"'
	inside ip -j address show w0 | jq -e '.[0].addr_info[] | select(.local == "10.1.0.2") | .label == "w0"'
	inside ip -j -d link show abcdefghijklmno | jq -e '.[0].master == null'
	same "$(host ip -j link | jq -c 'map(.ifname) | contains(["v0"]) or contains(["w0"]) or contains(["b0"])')" false
}

@test "netdevices: a label that has no room behind a longer name is the name" {
	host ip address add 10.1.0.1/24 label v0:web dev v0
	devices '{"v0": {"name": "abcdefghijkl"}}'
	detached create "$ID"
	expect 0
	inside ip -j address show abcdefghijkl | jq -e '.[0].addr_info[0] | .local == "10.1.0.1" and .label == "abcdefghijkl"'
}

@test "netdevices: templates: the kernel picks numbers that are free" {
	many
	devices '{"v0": {"name": "net%d"}, "w0": {"name": "net%d"}, "b0": {"name": "net0"}}'
	detached create "$ID"
	expect 0
	same "$(inside ip -j link | jq -cS 'map(.ifname) | sort')" '["lo","net0","net1","net2"]'
	inside ip -j address | jq -e 'map(select(.addr_info[].local == "10.6.0.1" and .ifname != "net0" and .ifname != "lo")) | length == 1'
	inside ip -j link | jq -e 'map(.flags | contains(["UP"])) | all'
}

@test "netdevices: into a joined namespace that has devices of the same index and the same name" {
	local other before i name
	many
	hold
	other=$HELD
	# Its devices have the indices that those of the host have.
	for i in 0 1 2 3 4; do in_net "$other" ip link add "lan$i" type veth peer name "peer$i"; done
	in_net "$other" ip link add v0 type veth peer name pv0
	# The lowest free one is not the one that the kernel would take next.
	in_net "$other" ip link add gone type veth peer name gone1
	in_net "$other" ip link delete gone
	before=$(in_net "$other" ip -j address | jq -cS 'map({ifname, ifindex, address, addr_info, flags})')
	edit --arg p "/proc/$other/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)'
	devices '{"v0": {"name": "lan%d"}, "w0": {}}'
	detached create "$ID"
	expect 0
	name=$(in_net "$other" ip -j address | jq -r '.[] | select(.addr_info | map(.local) | contains(["10.1.0.1", "2001:db8::1"])) | .ifname')
	[[ $name == lan[5-9] ]]
	in_net "$other" ip -j address show w0 | jq -e '.[0].addr_info[0].local == "10.6.0.1"'
	same "$(in_net "$other" ip -j address | jq -cS --arg n "$name" 'map(select(.ifname != $n and .ifname != "w0") |
		{ifname, ifindex, address, addr_info, flags})')" "$before"
	# They stay when the container is deleted: the runtime has nothing to do with them any more.
	runc delete --force "$ID"
	in_net "$other" ip link show "$name"
	in_net "$other" ip link show w0
	fails host ip link show v0
}

@test "netdevices: with a user namespace of its own" {
	many
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	devices '{"v0": {"name": "eth0"}}'
	detached create "$ID"
	expect 0
	inside ip -j address show eth0 | jq -e '.[0] | (.flags | contains(["UP"])) and
		(.addr_info | map(.local) | contains(["10.1.0.1", "2001:db8::1"]))'
	runc delete --force "$ID"
	wait_for 10 host_has_no p0 # it goes with its peer, when the kernel is done with that one's namespace
	# And back again, from a namespace that belongs to it.
	host ip link add v0 type veth peer name p1
	host ip address add 10.1.0.1/24 dev v0
	host ip link set v0 up
	state "$T/before"
	edit '.hooks.createRuntime = [{"path": "/bin/false"}]'
	refused 'createRuntime hook' create "$ID"
	unchanged
}

@test "netdevices: hooks of prestart and createRuntime see them, and sysctls of theirs are set" {
	many
	printf '#!/bin/sh\nnsenter -t "$(jq -r .pid)" -n ip -o -4 address show eth7 >"$1"\n' >"$T/hook"
	chmod +x "$T/hook"
	edit --arg h "$T/hook" --arg t "$T" '.hooks = {prestart: [{path: $h, args: ["h", ($t + "/first")]}],
		createRuntime: [{path: $h, args: ["h", ($t + "/second")], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]}
		| .linux.sysctl = {"net.ipv4.conf.eth7.forwarding": "1", "net.ipv6.conf.eth7.accept_ra": "0"}'
	# It is the last of many, so that what does not wait for it comes too early.
	local i
	for i in 0 1 2 3 4 5 6 7; do host ip link add "x$i" type veth peer name "y$i"; done
	devices '{"x0": {}, "y0": {}, "x1": {}, "y1": {}, "x2": {}, "y2": {}, "x3": {}, "y3": {}, "x4": {}, "y4": {}, "x5": {},
		"y5": {}, "x6": {}, "y6": {}, "x7": {}, "y7": {}, "v0": {"name": "eth7"}}'
	detached create "$ID"
	expect 0
	contains "$(cat "$T/first")" "10.1.0.1/24"
	contains "$(cat "$T/second")" "10.1.0.1/24"
	same "$(inside sysctl -n net.ipv4.conf.eth7.forwarding net.ipv6.conf.eth7.accept_ra | xargs)" "1 0"
}

@test "netdevices: refused before anything is made: names, no namespace, rootless" {
	local name
	state "$T/before"
	for name in . .. a/b a:b 'a b' "$(printf 'a\tb')" abcdefghijklmnop; do
		devices "$(jq -nc --arg n "$name" '{v0: {name: $n}}')"
		refused 'linux\.netDevices\.v0\.name: invalid network device name' create "$ID"
		devices "$(jq -nc --arg n "$name" '{($n): {name: "eth0"}}')"
		refused 'linux\.netDevices.*: invalid network device name' create "$ID"
	done
	devices '{"": {}}'
	refused 'linux\.netDevices.*: invalid network device name' create "$ID"
	devices '{"v0": {"name": "a%d%d"}}'
	refused 'linux\.netDevices\.v0\.name: invalid network device name' create "$ID"
	devices '{"v0": {"name": "eth0"}, "p0": {"name": "eth0"}}'
	refused 'linux\.netDevices: two network devices with the name' create "$ID"
	devices '{"v0": {}}'
	refused 'linux\.netDevices: network devices are not supported for rootless containers' --rootless true create "$ID"
	edit '.linux.namespaces |= map(select(.type != "network"))'
	refused 'linux\.netDevices: unable to move network devices without a NET namespace' create "$ID"
	unchanged
}

@test "netdevices: refused when looked at: no such device, loopback, a name that is taken, the host's own namespace" {
	many
	state "$T/before"
	devices '{"v0": {}, "nosuch": {}}'
	refused 'linux\.netDevices\.nosuch: the host has no such network device' create "$ID"
	devices '{"v0": {}, "v0.1": {}}'
	refused 'error creating network interfaces: linux\.netDevices\[.*v0\.1.*\]: the host has no such network device' create "$ID"
	devices '{"v0": {}, "lo": {"name": "lo1"}}'
	refused 'linux\.netDevices\.lo: a loopback device cannot be moved' create "$ID"
	devices '{"w0": {}, "v0": {"name": "lo"}}'
	refused 'linux\.netDevices\.v0: .*has a device of this name: lo' create "$ID"
	host ip link property add dev v0 altname other
	devices '{"v0": {}, "other": {"name": "eth0"}}'
	refused 'linux\.netDevices\.other: the same device as v0' create "$ID"
	edit --arg p "/proc/$HOST/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)'
	devices '{"v0": {"name": "eth0"}}'
	refused "linux\\.netDevices: the container's network namespace is the host's" create "$ID"
	unchanged
}

@test "netdevices: after a failure later in the creation all are back on the host, as they were" {
	many
	state "$T/before"
	devices '{"v0": {"name": "eth%d"}, "w0": {"name": "lan"}, "b0": {}}'
	local keep
	keep=$(cat config.json)
	edit '.hooks.createRuntime = [{"path": "/bin/false"}]'
	refused 'createRuntime hook' create "$ID"
	unchanged
	echo "$keep" >config.json
	args /no/such/program
	refused 'no such file or directory' create "$ID"
	unchanged
	echo "$keep" >config.json
	edit '.mounts += [{"destination": "/x", "type": "tmpfs", "source": "x", "options": ["size=nonsense"]}]'
	refused 'size' create "$ID"
	unchanged
	# The last thing of all that can fail.
	echo "$keep" >config.json
	refused 'console' create --pidfd-socket "$T/nosuch" "$ID" || refused 'no such file' create --pidfd-socket "$T/nosuch" "$ID"
	unchanged
	contains "$(host ip route get 10.1.0.77)" "dev v0 src 10.1.0.1"
}

@test "netdevices: when one of several cannot be given its addresses all are back on the host" {
	many
	hold
	in_net "$HELD" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	state "$T/before"
	edit --arg p "/proc/$HELD/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)'
	devices '{"w0": {}, "b0": {"name": "v0"}, "v0": {"name": "eth0"}}'
	refused 'linux\.netDevices\.v0: giving the device its addresses: permission denied' create "$ID"
	unchanged
	same "$(in_net "$HELD" ip -j link | jq -c 'map(.ifname)')" '["lo"]'
}

@test "netdevices: back on the host when the runtime is killed in the middle of the creation" {
	many
	state "$T/before"
	mkfifo "$T/never"
	edit --arg f "$T/never" --arg s "$T/seen" '.hooks.createRuntime = [{"path": "/bin/sh",
		"args": ["sh", "-c", "echo >\($s); exec /bin/cat \($f)"]}]'
	devices '{"v0": {"name": "eth0"}, "b0": {}}'
	background create "$ID"
	local pid=$!
	wait_for 10 test -s "$T/seen"
	fails host ip link show v0
	kill -KILL "$pid"
	wait_for 10 unchanged >/dev/null
	: <>"$T/never"
	runc delete --force "$ID"
	rm -f "$T/seen"
	# A signal for all processes of the terminal is none for the one that knows how it was.
	setsid nsenter --net="/proc/$HOST/ns/net" "$RUNC" --root "$STATE" create "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- &
	pid=$!
	BACKGROUND="$BACKGROUND $pid"
	wait_for 10 test -s "$T/seen"
	fails host ip link show v0
	kill -INT -- "-$pid"
	wait "$pid" || true
	unchanged
	contains "$(cat "$T/err")" "interrupted by signal 2"
	: <>"$T/never"
	nothing_left
}

@test "netdevices: a runtime killed when the creation has succeeded takes nothing back" {
	many
	devices '{"v0": {"name": "eth0"}}'
	detached create "$ID"
	expect 0
	inside ip link show eth0
	# Nobody is left who could.
	same "$(pgrep -x netdev || true)" ""
	runc start "$ID"
	inside ip link show eth0
	# A virtual device ends with its namespace: the runtime does not move it back.
	runc delete --force "$ID"
	wait_for 5 eval '! host ip link show v0 && ! host ip link show p0'
}

@test "netdevices: nor does one that is killed when that is written down, and netdev still waits" {
	command -v strace >/dev/null || skip "strace is not installed"
	many
	devices '{"v0": {"name": "eth0"}}'
	# The first signal is the one that ends netdev.
	host timeout 20 strace -o "$T/trace" -e trace=pidfd_send_signal -e inject=pidfd_send_signal:signal=KILL:when=1 \
		"$RUNC" --root "$STATE" create "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- 4>&- || true
	grep -q 'killed by SIGKILL' "$T/trace"
	wait_for 5 eval '! pgrep -x netdev >/dev/null'
	same "$(status_of "$ID")" created
	inside ip link show eth0
	fails host ip link show v0
	runc delete --force "$ID"
}

@test "netdevices: a device is known to have moved, whatever the kernel's answer says" {
	local netdev number sequence
	command -v strace >/dev/null || skip "strace is not installed"
	devices '{"v0": {"name": "eth0"}}'
	args true
	# The number of the answer that tells of the move, and the number that is in it.
	host timeout 20 strace -ff -o "$T/trace" -e trace=sendto,recvfrom "$RUNC" --root "$STATE" run "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&-
	netdev=$(grep -l '^sendto.*RTM_SETLINK' "$T"/trace.*)
	number=$(awk '/^recvfrom/ { n++; if (moved) { print n; exit } } /^sendto.*RTM_SETLINK/ { moved = 1 }' "$netdev")
	sequence=$(sed -n 's/^sendto.*RTM_SETLINK.*nlmsg_seq=\([0-9]\).*/\1/p' "$netdev" | head -n 1)
	wait_for 5 eval '! host ip link show p0'
	host ip link add v0 type veth peer name p0
	# Moved it is, and the answer says EIO.
	host timeout 20 strace -f -qq -o /dev/null -e trace=recvfrom \
		-e inject="recvfrom:poke_exit=@arg2=24000000020000010${sequence}00000000000000fbffffff:when=$number" \
		"$RUNC" --root "$STATE" run "$ID" </dev/null >"$T/out" 2>&1 3>&- 4>&- || true
	contains "$(cat "$T/out")" "linux.netDevices.v0: moving the device into the container: input/output error"
	host ip link show v0
}

@test "netdevices: netdev by hand" {
	many
	hold
	host "$LIBEXEC/netdev" v0 eth%d <"/proc/$HELD/ns/net"
	in_net "$HELD" ip -j address show eth0 | jq -e '.[0].addr_info | map(.local) | contains(["10.1.0.1", "2001:db8::1"])'
	host "$LIBEXEC/netdev" w0 <"/proc/$HELD/ns/net"
	in_net "$HELD" ip link show w0
	run host "$LIBEXEC/netdev" b0 w0 <"/proc/$HELD/ns/net"
	expect 1 "netdev: b0: the container's network namespace has a device of this name: w0"
	run host "$LIBEXEC/netdev" b0 </dev/null
	expect 1 "fd 0 must be a network namespace"
}
