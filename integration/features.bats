# runc features: what this build can do, for callers that ask before they try.

load lib/common

setup() {
	T=$BATS_TEST_TMPDIR
	STATE=$T/state
	cd "$T" || return 1
	runc features >features.json
}

teardown() { :; }

@test "features: four spaces and a last line end" {
	jq --indent 4 . features.json | cmp - features.json
}

@test "features: versions, hooks, namespaces, capabilities" {
	jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"' features.json
	jq -e '.hooks == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]' features.json
	jq -e '.linux.namespaces == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]' features.json
	jq -e '.linux.memoryPolicy | (.modes | length == 7 and . == sort) and (.flags | length == 3 and . == sort)' features.json
	jq -e '.linux.capabilities | length == 41 and .[0] == "CAP_CHOWN" and .[40] == "CAP_CHECKPOINT_RESTORE"' features.json
}

@test "features: mount options are sorted and parse knows each of them" {
	local option
	jq -e '.mountOptions | . == sort and . == unique and contains(["rro", "rbind", "unbindable"])' features.json
	[ -x "$LIBEXEC/parse" ] || skip "parse is not built"
	runc spec
	for option in $(jq -r '.mountOptions[]' features.json); do
		edit --arg option "$option" '.mounts = [{destination: "/x", source: "/", type: "tmpfs",
			options: (if $option == "tmpcopyup" then [$option] else ["rbind", $option] end)}] |
			if $option | endswith("idmap") then .mounts[].uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
				.mounts[].gidMappings = .mounts[0].uidMappings else . end'
		"$LIBEXEC/parse" <config.json >plan || { echo "$option"; return 1; }
		"$LIBEXEC/plan-dump" <plan >dump
		# A word that is unknown is data for the file system, which a bind mount cannot have.
		jq -e '[.. | objects | select(.data? // [] | length > 0)] == []' dump 2>/dev/null || ! grep -q "\"$option\"" dump
	done
}

@test "features: id-mapped mounts" {
	jq -e '.linux.mountExtensions.idmap.enabled and (.mountOptions | index("idmap") and index("ridmap"))' features.json
}

@test "features: what is not there is not claimed" {
	local systemd=false
	[ ! -e "$LIBEXEC/scope" ] || systemd=true
	jq -e --argjson s $systemd '.linux.cgroup == {v1: true, v2: true, systemd: $s, systemdUser: $s, rdma: true}' features.json
	jq -e '.annotations["org.opencontainers.runc.checkpoint.enabled"] == "false"' features.json
}

@test "features: devices of the host are moved" {
	jq -e '.linux.netDevices.enabled == true' features.json
}

@test "features: intelRdt with schemata and monitoring" {
	jq -e '.linux.intelRdt == {enabled: true, schemata: true, monitoring: true}' features.json
}

@test "features: seccomp follows the build" {
	if [ -x "$LIBEXEC/seccomp" ]; then
		jq -e '.linux.seccomp | .enabled and (.actions | index("SCMP_ACT_ERRNO") != null) and
			(.archs | index("SCMP_ARCH_X86_64") != null) and
			(.supportedFlags - .knownFlags == [])' features.json
		jq -e '.annotations["io.github.seccomp.libseccomp.version"] | test("^[0-9]+\\.[0-9]+\\.[0-9]+$")' features.json
		runc --version | grep -qE '^libseccomp: [0-9]'
	else
		jq -e '.linux.seccomp == {enabled: false}' features.json
	fi
}

@test "features: the version is that of --version" {
	same "runc version $(jq -r '.annotations["org.opencontainers.runc.version"]' features.json)" \
		"$(runc --version | sed -n 1p)"
	same "commit: $(jq -r '.annotations["org.opencontainers.runc.commit"]' features.json)" \
		"$(runc --version | sed -n 2p)"
}

@test "features: the confinement in force" {
	jq -e '.annotations["davit.confinement.landlock"] | test("^(abi [0-9]+|none)$")' features.json
	jq -e '.annotations["davit.confinement.seccomp"] | test("^(filter|none)$")' features.json
}

@test "features: the annotations that change what davit does are told" {
	jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.keep_original_groups") != null' features.json
	jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.seccomp_bpf_data") != null' features.json
	if [ -x "$LIBEXEC/scope" ]; then
		jq -e '.potentiallyUnsafeConfigAnnotations | index("org.systemd.property.") != null' features.json
	else
		jq -e '.potentiallyUnsafeConfigAnnotations | index("org.systemd.property.") == null' features.json
	fi
	jq -e '.potentiallyUnsafeConfigAnnotations | map(select(startswith("org.davit."))) ==
		(["read", "write", "execute", "bind-tcp", "connect-tcp", "scope"] | map("org.davit.landlock." + .))' features.json
}
