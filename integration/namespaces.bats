# Namespaces, new and joined, and user namespaces.

load lib/common

# ns TYPE of the shell and of the container's program; FILE below /proc/self/ns
outside() { readlink "/proc/self/ns/$1"; }

@test "namespaces: those listed are new, the others are the caller's" {
	local type file all="pid:pid network:net ipc:ipc uts:uts mount:mnt cgroup:cgroup"
	edit '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
	sh_args 'for f in pid net ipc uts mnt cgroup user; do echo $f $(readlink /proc/self/ns/$f); done'
	run runc run "$ID"
	expect 0
	for file in pid net ipc uts mnt cgroup; do
		lacks "$output" "$file $(outside $file)"
	done
	contains "$output" "user $(outside user)"
	edit 'del(.hostname) | .linux.namespaces |= map(select(.type == "mount" or .type == "pid"))'
	run runc run "$ID"
	expect 0
	for file in net ipc uts cgroup user; do contains "$output" "$file $(outside $file)"; done
	for file in pid mnt; do lacks "$output" "$file $(outside $file)"; done
}

@test "namespaces: pid: the program is 1 and sees only itself" {
	sh_args 'echo pid-$$; ls -d /proc/[0-9]* | wc -l'
	run runc run "$ID"
	expect 0 pid-1
	[ "${lines[1]}" -le 3 ]
}

@test "namespaces: network: loopback is up and alone" {
	sh_args 'ip -o link; ip -o addr show lo; ping -c 1 -w 2 127.0.0.1 >/dev/null 2>&1 && echo pong'
	edit '.process.capabilities[] += ["CAP_NET_RAW"]'
	run runc run "$ID"
	contains "$output" "LOOPBACK,UP"
	contains "$output" "127.0.0.1/8"
	contains "$output" "pong"
	lacks "$output" "eth0"
}

@test "namespaces: uts: hostname and domainname stay inside" {
	local before
	before=$(hostname)
	edit '.hostname = "inside"'
	args hostname
	run runc run "$ID"
	expect 0
	same "$output" inside
	same "$(hostname)" "$before"
	newer "domainname since 1.2"
	edit '.domainname = "example.org"'
	args cat /proc/sys/kernel/domainname
	run runc run "$ID"
	same "$output" example.org
}

@test "namespaces: a hostname without a uts namespace is refused" {
	edit '.linux.namespaces |= map(select(.type != "uts"))'
	refused 'unable to set hostname without a private UTS namespace' create "$ID"
}

@test "namespaces: joined by path: pid, network, ipc, uts" {
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	local pid t
	pid=$(pid_of "$ID-a")
	edit --arg p "/proc/$pid/ns" '.linux.namespaces |= map(
		if .type == "pid" then .path = $p + "/pid" elif .type == "network" then .path = $p + "/net"
		elif .type == "ipc" then .path = $p + "/ipc" elif .type == "uts" then .path = $p + "/uts" else . end) | del(.hostname)'
	sh_args 'for f in pid net ipc uts mnt; do echo $f $(readlink /proc/self/ns/$f); done; echo mine-$$'
	run runc run "$ID-b"
	expect 0
	for t in pid net ipc uts; do contains "$output" "$t $(readlink "/proc/$pid/ns/$t")"; done
	lacks "$output" "mnt $(readlink "/proc/$pid/ns/mnt")"
	lacks "$output" "mine-1$"
	same "$(status_of "$ID-a")" running
}

@test "namespaces: joined by path: user with its network, cgroup, mount" {
	local pid keep
	keep=$(cat config.json)
	edit '.linux.namespaces += [{"type": "user"}, {"type": "cgroup"}] | .process.args = ["sleep", "100"]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	detached run -d "$ID-a"
	expect 0
	pid=$(pid_of "$ID-a")
	echo "$keep" >config.json
	edit --arg p "/proc/$pid/ns" '.linux.namespaces |= map(if .type == "network" then .path = $p + "/net" else . end)
		| .linux.namespaces += [{"type": "user", "path": ($p + "/user")}]'
	sh_args 'for f in user net; do echo $f $(readlink /proc/self/ns/$f); done; cat /proc/self/uid_map'
	run runc run "$ID-b"
	expect 0 "user $(readlink "/proc/$pid/ns/user")" "net $(readlink "/proc/$pid/ns/net")"
	contains "$output" 100000
	echo "$keep" >config.json
	edit --arg p "/proc/$pid/ns" '.linux.namespaces += [{"type": "cgroup", "path": ($p + "/cgroup")}]'
	sh_args 'readlink /proc/self/ns/cgroup'
	run runc run "$ID-c"
	expect 0 "$(readlink "/proc/$pid/ns/cgroup")"
	echo "$keep" >config.json
	args sleep 100
	detached run -d "$ID-m"
	expect 0
	pid=$(pid_of "$ID-m")
	edit --arg p "/proc/$pid/ns" '.linux.namespaces |= map(if .type == "mount" then .path = $p + "/mnt" else . end)'
	sh_args 'readlink /proc/self/ns/mnt'
	run runc run "$ID-d"
	expect 0 "$(readlink "/proc/$pid/ns/mnt")"
}

@test "namespaces: a joined one that is missing, a file, a FIFO or of another type is refused at once" {
	edit '.linux.namespaces |= map(if .type == "network" then .path = "/no/such" else . end)'
	refused 'no such file or directory' create "$ID"
	newer "1.1.5 hangs on a FIFO and has other words"
	echo x >"$T/file"
	mkfifo "$T/fifo"
	local path
	for path in "$T/file" "$T/fifo" /proc/self/ns/uts "$T"; do
		edit --arg p "$path" '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)'
		LIMIT=5 refused 'namespace' create "$ID"
	done
}

@test "namespaces: unknown and duplicate types are refused" {
	edit '.linux.namespaces += [{type: "pid"}]'
	refused 'duplicated? ns|duplicate' create "$ID"
	edit '.linux.namespaces |= (unique_by(.type) + [{type: "foo"}])'
	refused 'foo' create "$ID"
}

@test "namespaces: user: ids are mapped, the program is root inside and nobody outside" {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 1000}]'
	sh_args 'id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map; echo x >/dev/null && echo null-works; sleep 1'
	detached run -d "$ID"
	expect 0
	local pid
	pid=$(pid_of "$ID")
	same "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" "100000 100000 100000 100000"
	same "$(awk '/^Gid/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" "200000 200000 200000 200000"
	wait_for 5 is_stopped "$ID"
	output=$(cat "$T/out")
	same "$(head -n 2 "$T/out")" $'0\n0'
	contains "$(tr -s ' ' <"$T/out")" "0 100000 1000"
	contains "$(tr -s ' ' <"$T/out")" "0 200000 1000"
	contains "$output" null-works
}

@test "namespaces: user: masked paths, devices and read-only root hold there too" {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	sh_args 'ls -l /dev/null /dev/zero; wc -c </proc/keys; touch /x 2>&1; ls -ld /dev/pts/ptmx'
	run runc run "$ID"
	contains "$output" "1,   3"
	contains "$output" "1,   5"
	contains "$output" "Read-only file system"
	contains "$output" $'\n0'
}

@test "namespaces: user: without maps, or without container id 0, is refused" {
	edit '.linux.namespaces += [{type: "user"}]'
	refused '[uU]ser namespaces enabled, but no' create "$ID"
	newer "1.1.5 fails late"
	edit '.linux.uidMappings = [{containerID: 5, hostID: 100000, size: 10}]
		| .linux.gidMappings = [{containerID: 5, hostID: 100000, size: 10}]'
	refused 'no mapping found for uid 0|mapping' create "$ID"
	edit '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 0}]'
	refused 'uidMappings' create "$ID"
	edit '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 5, hostID: 200000, size: 10}]'
	refused 'uidMappings' create "$ID"
}

@test "namespaces: user: an id that is not mapped is refused" {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .process.user.uid = 5000
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 10}]'
	refused 'unmapped|invalid argument|not mapped' create "$ID"
}

@test "namespaces: user: joined by path" {
	chmod 755 "$T" "$BUNDLE" "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1000}]'
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/user" 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= map(if .type == "user" then .path = $p else . end)'
	sh_args 'readlink /proc/self/ns/user; id -u'
	run runc run "$ID-b"
	[ "$status" = 0 ] || newer "1.1.5 wants the maps as well"
	expect 0 "$(readlink "/proc/$(pid_of "$ID-a")/ns/user")"
}

@test "namespaces: sysctl: set inside, refused where they would reach the host" {
	edit '.linux.sysctl = {"kernel.msgmax": "4243", "net.ipv4.ip_unprivileged_port_start": "99"}'
	args cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_unprivileged_port_start
	run runc run "$ID"
	expect 0
	same "$output" $'4243\n99'
	lacks "$(cat /proc/sys/kernel/msgmax)" 4243
	edit '.linux.sysctl = {"kernel.core_pattern": "x"}'
	refused 'kernel.core_pattern.*is not in a separate kernel namespace' create "$ID"
	edit '.linux.sysctl = {"net.ipv4.ip_forward": "0"} | .linux.namespaces |= map(select(.type != "network"))'
	refused 'not allowed in host network namespace' create "$ID"
	edit '.linux.sysctl = {"kernel.shmmax": "1"} | .linux.namespaces |= map(select(.type != "ipc"))'
	refused 'not allowed in the hosts ipc namespace' create "$ID"
}

@test "namespaces: sysctl: keys and values that smuggle are refused" {
	newer "1.1.5 tries some"
	local host key
	host=$(cat /proc/sys/kernel/core_pattern)
	for key in net/../kernel/core_pattern net..kernel.core_pattern net.ipv4/../../kernel/core_pattern; do
		edit --arg k "$key" '.linux.sysctl = {($k): "core"}'
		refused 'sysctl' create "$ID"
	done
	edit '.linux.sysctl = {"kernel.msgmax": "1\n2"}'
	refused 'sysctl' create "$ID"
	same "$(cat /proc/sys/kernel/core_pattern)" "$host"
}

@test "namespaces: uts: names of 64 bytes, empty ones, longer ones" {
	newer "domainname since 1.2"
	sh_args 'cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname'
	edit '.hostname = "h" * 64 | .domainname = "d" * 64'
	run runc run "$ID"
	expect 0
	same "${lines[0]}" "$(printf 'h%.0s' {1..64})"
	same "${lines[1]}" "$(printf 'd%.0s' {1..64})"
	edit '.hostname = "h" * 65'
	refused 'hostname: longer than 64 bytes' create "$ID"
	edit '.hostname = "h" | .domainname = "d" * 65'
	refused 'domainname: longer than 64 bytes' create "$ID"
	edit '.hostname = "" | .domainname = ""'
	run runc run "$ID"
	expect 0
	same "$output" "$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)"
	edit '.linux.namespaces |= map(select(.type != "uts"))'
	run runc run "$ID"
	expect 0
	edit '.domainname = "d"'
	refused 'unable to set domainname without a private UTS namespace' create "$ID"
}

@test "namespaces: uts: a hostname in a joined namespace is the name of both" {
	args sleep 100
	detached run -d "$ID-a"
	expect 0
	edit --arg p "/proc/$(pid_of "$ID-a")/ns/uts" '.hostname = "second" | .linux.namespaces |= map(if .type == "uts" then .path = $p else . end)'
	args hostname
	run runc run "$ID-b"
	expect 0
	same "$output" second
	run runc exec "$ID-a" hostname
	same "$output" second
	[ "$(hostname)" != second ]
}

@test "namespaces: a path is taken as it is: relative, or with a comma, is refused; an empty one is none" {
	newer "1.1.5 takes relative ones"
	edit '.linux.namespaces |= map(if .type == "ipc" then .path = "proc/self/ns/ipc" else . end)'
	refused 'linux.namespaces\[[0-9]\]: path must be absolute' create "$ID"
	edit '.linux.namespaces |= map(if .type == "ipc" then .path = "/a,b" else . end)'
	refused 'invalid namespace path /a,b' create "$ID"
	edit '.linux.namespaces |= map(.path = "")'
	args readlink /proc/self/ns/ipc
	run runc run "$ID"
	expect 0
	lacks "$output" "$(readlink /proc/self/ns/ipc)"
}
