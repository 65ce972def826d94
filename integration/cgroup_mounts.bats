# Mounts of type cgroup: what of the hierarchies a container sees, with which options.
# layouts: hybrid v1 v2 vm

load lib/common

# cgroup_mount OPTION…: the only mount of type cgroup, at /sys/fs/cgroup.
cgroup_mount() {
	edit --argjson o "$(jq -nc '$ARGS.positional' --args -- "$@")" '.mounts |= map(if .type == "cgroup" then .options = $o else . end)'
}

# with_namespace / without_namespace: of cgroups
with_namespace() { edit '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]'; }
without_namespace() { edit '.linux.namespaces |= map(select(.type != "cgroup"))'; }
user_namespace() {
	chown 100000:100000 "$ROOTFS"
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

# The hierarchies of v1 that this machine has and that are mounted here, as directories are called.
host_hierarchies() {
	cut -d : -f 2 /proc/self/cgroup | grep . | sed 's/^name=//' | while read -r name; do
		mountpoint -q "/sys/fs/cgroup/$name" && echo "$name"
	done | sort
}

# Lines "PATH ROOT OPTIONS TYPE" of the cgroup mounts in $output's mountinfo.
cgroups() { awk '/^[0-9]/ && $5 ~ "^/sys/fs/cgroup" { t = $0; sub(/.* - /, "", t); split(t, w, " "); print $5, $4, $6, w[1] }' <<<"$output"; }

# each_own OPTIONS: there is a tmpfs with them and, for each hierarchy, the container's own directory with them; a v2
# container sees what its namespace shows.
each_own() {
	local options=$1 root=$2 name
	if in_v2; then
		same "$(cgroups | wc -l)" 1
		[[ $(cgroups) =~ ^/sys/fs/cgroup\ [^\ ]+\ $options,relatime\ cgroup2$ ]] || { cgroups; return 1; }
		return
	fi
	same "$(cgroups | awk '$4 == "cgroup" { sub(".*/", "", $1); print $1 }' | sort)" "$(host_hierarchies)"
	same "$(cgroups | awk '$4 != "cgroup" { print $1, $2, $4 }')" "/sys/fs/cgroup / tmpfs"
	while read -r _ name _; do
		[[ $name == $root ]] || { echo "root is $name and not $root"; return 1; }
	done <<<"$(cgroups | awk '$4 == "cgroup"')"
	same "$(cgroups | awk '$4 == "cgroup" { print $3 }' | sort -u)" "$options,relatime"
}

@test "cgroup mounts: own directories, read-only, with and without a cgroup namespace" {
	cgroup_mount nosuid noexec nodev ro
	args cat /proc/self/mountinfo
	with_namespace
	run runc run "$ID"
	expect 0
	each_own ro,nosuid,nodev,noexec /
	without_namespace
	run runc run "$ID"
	expect 0
	each_own ro,nosuid,nodev,noexec "*/$ID"
	in_v2 || [[ $(cgroups | grep ' tmpfs$') == *" ro,nosuid,nodev,noexec,"* ]]
}

@test "cgroup mounts: writable: the container makes a cgroup of its own below and no other" {
	cgroup_mount nosuid noexec nodev rw
	with_namespace
	sh_args 'cat /proc/self/mountinfo; cd /sys/fs/cgroup; [ -e cgroup.procs ] || cd pids
		mkdir inner && cat inner/cgroup.procs && rmdir inner && echo made'
	run runc run "$ID"
	expect 0 made
	each_own rw,nosuid,nodev,noexec /
}

@test "cgroup mounts: options are those given for each hierarchy and no others" {
	cgroup_mount rw
	with_namespace
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	each_own rw /
	cgroup_mount noexec rro noatime
	run runc run "$ID"
	expect 0
	! in_v2 || { [[ $(cgroups) == *" ro,noexec,noatime cgroup2" ]]; return; }
	same "$(cgroups | awk '$4 == "cgroup" { print $3 }' | sort -u)" ro,noexec,noatime
}

@test "cgroup mounts: in a user namespace, with and without a cgroup namespace" {
	user_namespace
	cgroup_mount nosuid noexec nodev ro
	args cat /proc/self/mountinfo
	with_namespace
	run runc run "$ID"
	expect 0
	each_own ro,nosuid,nodev,noexec /
	without_namespace
	run runc run "$ID"
	expect 0
	each_own ro,nosuid,nodev,noexec "*/$ID"
	cgroup_mount nosuid noexec nodev rw
	with_namespace
	run runc run "$ID"
	expect 0
	each_own rw,nosuid,nodev,noexec /
}

@test "cgroup mounts: v1: links for the members of a merged hierarchy, the one of systemd by its name" {
	! in_v2 || skip "v2 has one directory"
	cgroup_mount ro
	sh_args 'cd /sys/fs/cgroup; for l in *; do [ ! -L $l ] || echo "$l $(readlink $l)"; done; [ ! -d systemd ] || echo systemd-there; ls -d unified'
	run runc run "$ID"
	local name links=
	for name in $(host_hierarchies); do
		[[ $name != *,* ]] || links+=$(tr , '\n' <<<"$name" | sed "s|\$| $name|")$'\n'
	done
	same "$(grep -v 'systemd\|unified' <<<"$output" | sort)" "$(sort <<<"${links%$'\n'}")"
	! mountpoint -q /sys/fs/cgroup/systemd || contains "$output" systemd-there
	# As with runc, the unified hierarchy beside v1 is not shown.
	contains "$output" "unified: No such file"
}

@test "cgroup mounts: propagation words hold, options of a cgroup file system are ignored with a warning" {
	newer "1.1.5 has other words"
	cgroup_mount ro rshared nsdelegate
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0 "no option for a cgroup mount of a container, ignored: nsdelegate"
	[[ $(awk '$5 == "/sys/fs/cgroup"' <<<"$output") =~ shared: ]]
	in_v2 || [[ $(awk '$5 == "/sys/fs/cgroup/pids"' <<<"$output") =~ shared: ]]
}

@test "cgroup mounts: at another place, twice" {
	cgroup_mount ro
	edit '.mounts += [{destination: "/mnt/cg", type: "cgroup", source: "cgroup", options: ["rw", "nosuid"]}]'
	args cat /proc/self/mountinfo
	run runc run "$ID"
	expect 0
	in_v2 && want=/mnt/cg || want=/mnt/cg/pids
	[[ $(awk -v p=$want '$5 == p { print $6 }' <<<"$output") == rw,nosuid* ]]
}

@test "cgroup mounts: the options of the host's v2 hierarchy stay as they are" {
	in_v2 || skip "for v2 only"
	local before
	before=$(findmnt -n -o FS-OPTIONS /sys/fs/cgroup)
	! in_vm || contains "$before" nsdelegate
	cgroup_mount nosuid noexec nodev
	for namespace in with_namespace without_namespace; do
		$namespace
		run runc run "$ID"
		expect 0
		same "$(findmnt -n -o FS-OPTIONS /sys/fs/cgroup)" "$before"
	done
}
