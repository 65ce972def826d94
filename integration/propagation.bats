#!/usr/bin/env bats
# What a container mounts never reaches the host, also where the host's mounts are shared, as systemd makes them (F24).

load lib/common



# Runs the container in a mount namespace whose mounts are shared among its processes, as a host's are.
in_shared_host() {
	run timeout 30 unshare -m --propagation shared sh -c "$1" 3>&-
}

@test "propagation: mounting over a masked file does not touch the host's /dev/null" {
	edit '.process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .process.capabilities.effective += ["CAP_SYS_ADMIN"]
		| .process.capabilities.permitted += ["CAP_SYS_ADMIN"]'
	sh_args 'echo evil >/dev/shm/evil; mount -o bind /dev/shm/evil /proc/keys && cat /proc/keys'
	in_shared_host "'$RUNC' --root '$STATE' run '$ID'; stat -c 'host %F' /dev/null; grep -c evil /proc/self/mountinfo"
	echo "$output"
	[[ "$output" == *evil* ]]
	[[ "$output" == *"host character special file"* ]]
	[ "${lines[${#lines[@]} - 1]}" = 0 ]
}

@test "propagation: mounting over a bound device of a user namespace does not touch the host" {
	edit '.linux.namespaces += [{"type": "user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		| .linux.gidMappings = .linux.uidMappings
		| .process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .process.capabilities.effective += ["CAP_SYS_ADMIN"]
		| .process.capabilities.permitted += ["CAP_SYS_ADMIN"]'
	sh_args 'echo evil >/dev/shm/evil; mount -o bind /dev/shm/evil /dev/zero; cat /dev/zero'
	in_shared_host "'$RUNC' --root '$STATE' run '$ID'; stat -c 'host %F' /dev/zero"
	echo "$output"
	[[ "$output" == *"host character special file"* ]]
}

@test "propagation: a mount in a bind-mounted directory stays in the container; one of the host reaches it" {
	mkdir "$T/shared" "$T/shared/in" "$T/shared/out"
	edit ".mounts += [{\"destination\": \"/vol\", \"source\": \"$T/shared\", \"type\": \"none\", \"options\": [\"rbind\", \"rw\"]}]
		| .process.capabilities.bounding += [\"CAP_SYS_ADMIN\"] | .process.capabilities.effective += [\"CAP_SYS_ADMIN\"]
		| .process.capabilities.permitted += [\"CAP_SYS_ADMIN\"]"
	sh_args 'mount -t tmpfs inner /vol/in && grep -c " /vol/in " /proc/self/mountinfo'
	in_shared_host "'$RUNC' --root '$STATE' run '$ID'; grep -c ' $T/shared/in ' /proc/self/mountinfo"
	echo "$output"
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" = 0 ]
}

@test "process: without capabilities in config.json there are none" {
	edit 'del(.process.capabilities)'
	sh_args 'grep Cap /proc/self/status'
	run runc run "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '0000000000000000$' <<<"$output")" -eq 5 ]
}
