# What a parse that was taken over can make others do. In a copy of the programs parse is one that makes its plan of
# another config.json (lib/liar.c); the witness has read the real one. Engines' configurations pass it in configs.bats, and
# whatever the unit tests of parse make.
# layouts: hybrid v2

load lib/common

setup() {
	setup_bundle
	COPY=$T/copy
	mkdir -p "$COPY/bin" "$COPY/build"
	cp "$TOP/bin/runc" "$COPY/bin/"
	cp -r "$LIBEXEC" "$COPY/build/davit"
	mv "$COPY/build/davit/parse" "$COPY/build/davit/parse.real"
	cp "$HELPERS/helper-liar" "$COPY/build/davit/parse"
	RUNC=$COPY/bin/runc
	LIE=$COPY/build/davit
	# So that there is something to look at, and every list has an element already.
	mkdir -p "$T/volume"
	printf '#!/bin/sh\nexit 0\n' >"$T/hook"
	printf '#!/bin/sh\ntouch %s\n' "$T/taken-over" >"$T/evil"
	chmod 755 "$T/hook" "$T/evil"
	edit --arg hook "$T/hook" --arg volume "$T/volume" '
		.process.args = ["true"] | .hooks.poststop = [{path: $hook}] |
		.hooks.createRuntime = [{path: $hook, args: ["hook", "a"], env: ["A=b"], timeout: 5}] |
		.mounts += [{destination: "/tmp", type: "bind", source: $volume, options: ["bind", "ro"]}] |
		.linux.devices = [{type: "c", path: "/dev/fuse", major: 10, minor: 229, fileMode: 384}] |
		.linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 229, access: "rw"}] |
		.linux.sysctl = {"kernel.msgmax": "65536"} | .annotations = {"a": "b"}'
	edit_seccomp '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct", "swapon"], action: "SCMP_ACT_ERRNO"}]}'
}

# lie FILTER: what parse reads instead of config.json, with every path in it there.
lie() { jq --arg evil "$T/evil" --arg etc /etc "$1" <config.json >"$LIE/lie.json"; }

# caught PLACE: it is refused with that place of the plan named, and nothing has happened.
caught() {
	refused "the plan does not come from this config.json; in the plan $1 is " run "$ID" || return 1
	[ ! -e "$T/taken-over" ] || { echo "the hook of the lie has run"; return 1; }
}

@test "witness: an honest parse is believed" {
	run runc run "$ID"
	expect 0
	same "$output" ""
	rm "$T/hook"
	edit 'del(.hooks)'
	lie .
	run runc run "$ID"
	expect 0
}

@test "witness: another hook, or another argument, environment or kind of one, is refused" {
	lie '.hooks.poststop[0].path = $evil'
	caught '/hooks/poststop/0/path'
	lie '.hooks.createRuntime[0].path = $evil'
	caught '/hooks/createRuntime/0/path'
	lie '.hooks.createRuntime[0].args[1] = $evil'
	caught '/hooks/createRuntime/0/args/1'
	lie '.hooks.createRuntime[0].args += [$evil]'
	caught '/hooks/createRuntime/0/args/2'
	lie '.hooks.createRuntime[0].env[0] = "LD_PRELOAD=" + $evil'
	caught '/hooks/createRuntime/0/env/0'
	lie 'del(.hooks.createRuntime[0].env)'
	caught '/hooks/createRuntime/0/env/0'
	lie '.hooks.createContainer = [{path: $evil}]'
	caught '/hooks/createContainer/0/path'
	lie '.hooks.poststart = .hooks.poststop | del(.hooks.poststop)'
	refused 'in the plan /hooks/poststop/0 is missing' run "$ID"
	lie '.hooks.poststop += [{path: $evil}]'
	caught '/hooks/poststop/1/path'
}

@test "witness: strings that stand elsewhere in config.json are not believed as hook or source" {
	# What a user of an engine can have in there: words of a command.
	edit --arg evil "$T/evil" '.process.args = [$evil, "/etc"] | .process.env += ["A=" + $evil] | .annotations.b = $evil'
	lie '.hooks.createRuntime[0].path = $evil'
	caught '/hooks/createRuntime/0/path'
	lie '.mounts[-1].source = "/etc"'
	caught '/mounts/[0-9]+/source'
}

@test "witness: another source, kind, flag or place of a mount is refused" {
	local last
	last=$(jq '.mounts | length - 1' <config.json)
	lie '.mounts[-1].source = $etc'
	caught "/mounts/$last/source"
	lie '.mounts[-1].options = ["bind"]'
	caught "/mounts/$last"
	lie '.mounts[-1].options += ["rshared"]'
	caught "/mounts/$last"
	lie '.mounts[-1].options = ["rbind", "ro"]'
	caught "/mounts/$last"
	lie '.mounts[-1].destination = "/var"'
	caught "/mounts/$last/destination"
	lie '.mounts += [{destination: "/var", type: "bind", source: $etc, options: ["bind"]}]'
	caught "/mounts/$((last + 1))/source"
	lie '.mounts[1].type = "overlay" | .mounts[1].options = ["lowerdir=/etc:/usr"]'
	caught '/mounts/1/type'
	lie '.mounts[1].options += ["huge=always"]'
	caught '/mounts/1'
	lie 'del(.mounts[0])'
	caught '/mounts/0/destination'
	lie '.root.path = $etc'
	caught '/root/path'
	lie '.root.readonly = false'
	caught '/root/readonly'
}

@test "witness: another device, device rule, namespace or id is refused" {
	lie '.linux.devices[0].path = "/dev/other"'
	caught '/linux/devices/0/path'
	lie '.linux.devices[0] += {major: 1, minor: 1}'
	caught '/linux/devices/0/major'
	lie '.linux.devices[0].fileMode = 438'
	caught '/linux/devices/0/fileMode'
	lie '.linux.devices += [{type: "b", path: "/dev/disk", major: 8, minor: 0}]'
	caught '/linux/devices/1'
	lie '.linux.resources.devices += [{allow: true, access: "rwm"}]'
	caught '/linux/resources/devices/2'
	lie '.linux.resources.devices[1].access = "rwm"'
	caught '/linux/resources/devices/1/access'
	lie '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
	caught '/linux/namespaces/[0-9]/path'
	lie 'del(.linux.namespaces[0])'
	caught '/linux/namespaces/0/type'
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] |
		.linux.gidMappings = .linux.uidMappings'
	lie '.linux.uidMappings[0].hostID = 0'
	caught '/linux/uidMappings/0/hostID'
	lie '.process.user.gid = 5'
	caught '/process/user/gid'
}

@test "witness: another capability, sysctl, mask or filter, or none, is refused" {
	lie '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
	caught '/process/capabilities/bounding'
	contains "$output" CAP_SYS_ADMIN
	lie '.process.capabilities.ambient = ["CAP_KILL"]'
	caught '/process/capabilities/ambient'
	lie '.process.noNewPrivileges = false'
	caught '/process/noNewPrivileges'
	lie '.linux.sysctl["kernel.msgmax"] = "1"'
	caught '/linux/sysctl/kernel.msgmax'
	lie '.linux.sysctl["kernel.msgmni"] = "1"'
	caught '/linux/sysctl/kernel.msgmni'
	lie 'del(.linux.maskedPaths)'
	refused 'in the plan /linux/maskedPaths/0 is missing' run "$ID"
	lie '.linux.readonlyPaths[0] = "/etc"'
	caught '/linux/readonlyPaths/0'
	lie '.linux.rootfsPropagation = "rshared"'
	caught '/linux/rootfsPropagation'
	lie '.linux.cgroupsPath = "/elsewhere"'
	caught '/linux/cgroupsPath'
	lie '.annotations = {"run.oci.seccomp_bpf_data": "BgAAAAAA/38="}'
	caught '/annotations/a'
	needs_seccomp
	lie 'del(.linux.seccomp)'
	refused 'in the plan /linux/seccomp/' run "$ID"
	lie '.linux.seccomp.syscalls[0].names[1] = "acct"'
	caught '/linux/seccomp/syscalls/0/names/1'
	lie '.linux.seccomp.syscalls[0].action = "SCMP_ACT_LOG"'
	caught '/linux/seccomp/syscalls/0/action'
}

@test "witness: as long as it has not spoken there is neither a process of the container nor a hook that runs" {
	cp "$HELPERS/helper-liar" "$LIE/witness.new"
	mv "$LIE/witness.new" "$LIE/witness"
	printf '#!/bin/sh\ntouch %s\n' "$T/taken-over" >"$T/hook"
	background run "$ID"
	local conductor=$! names
	wait_for 5 pgrep -P "$conductor" -f '^ns '
	wait_for 5 pgrep -P "$conductor" -f '^witness '
	sleep 0.5 # for one that does not wait
	names=$(ps -o args= --ppid "$conductor")
	echo "$names"
	grep -q ^witness <<<"$names"
	# ns clones the first process into its place and ends.
	grep -q '^ns ' <<<"$names"
	same "$(grep -cE '^(ns|rootfs|dmz|true)\>' <<<"$names")" 1
	[ ! -e "$T/taken-over" ]
	kill -TERM "$conductor"
	wait_for 5 test ! -d "/proc/$conductor"
	contains "$(cat "$T/err")" 'interrupted by signal 15'
	[ ! -e "$T/taken-over" ]
	nothing_left
}

@test "witness: one that says nothing is named after some seconds, and nothing is left" {
	cp "$HELPERS/helper-liar" "$LIE/witness.new"
	mv "$LIE/witness.new" "$LIE/witness"
	LIMIT=20 refused 'witness took too long' run "$ID"
	nothing_left
}

@test "witness: what no config.json could bring parse to write is refused, too" {
	printf kernel.msgmax >"$LIE/lie.from"
	printf kernel.poweof >"$LIE/lie.to"
	caught /linux/sysctl/kernel.msgmax
	# The annotation that keeps the caller's groups is there in the plan and has another name in the lie.
	edit '.annotations["run.oci.keep_original_group5"] = "1"'
	lie 'del(.annotations["run.oci.keep_original_group5"]) | .annotations["run.oci.keep_original_groups"] = "1"'
	printf keep_original_groups >"$LIE/lie.from"
	printf keep_original_group5 >"$LIE/lie.to"
	caught /run.oci.keep_original_groups
}

@test "witness: a plan that asks for no more than the template is made without it; one that asks for more is not" {
	cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
	edit '.process.terminal = false | .process.args = ["true"]'
	rm "$LIE/lie.json" 2>/dev/null || true
	mv "$LIE/witness" "$LIE/witness.real"
	run runc run "$ID"
	expect 0
	edit '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
	refused 'cannot start .*/witness: no such file' run "$ID"
	mv "$LIE/witness.real" "$LIE/witness"
	# Whatever config.json is: a lie that gives more is seen.
	edit '.process.capabilities.bounding -= ["CAP_SYS_ADMIN"]'
	lie '.hooks.poststop = [{path: $evil}]'
	caught '/hooks/poststop/0/path'
	lie '.linux.namespaces |= map(select(.type != "pid"))'
	caught '/linux/namespaces/0/type'
	lie '.linux.readonlyPaths = []'
	refused 'in the plan /linux/readonlyPaths/0 is missing' run "$ID"
	lie '.root.path = "/"'
	caught '/root/path'
	lie '.mounts += [{destination: "/var", type: "bind", source: "/etc", options: ["bind"]}]'
	caught '/mounts/7/source'
}

@test "witness: a plan that is made again of the kept config.json is looked at, too" {
	detached create "$ID"
	expect 0
	# As after an upgrade: the kept plan is of another build.
	printf X | dd of="$STATE/$ID/plan" bs=1 seek=20 conv=notrunc status=none
	lie '.hooks.poststart = [{path: $evil}]'
	run runc start "$ID"
	expect 1 'the plan does not come from this config.json; in the plan /hooks/poststart/0/path is'
	lie '.hooks.poststop[0].path = $evil'
	run runc delete --force "$ID"
	contains "$output" 'in the plan /hooks/poststop/0/path is'
	[ ! -e "$T/taken-over" ]
}

# other_plan FILTER: parse enters a container with a plan made of that.
other_plan() {
	jq "$1" <config.json >"$T/other.json"
	"$LIE/parse.real" <"$T/other.json" >"$LIE/lie.plan"
}

# not_entered TEXT ARGUMENT…: exec fails with that, and runs nothing.
not_entered() {
	local text=$1
	shift
	run runc exec "$@"
	expect 255 "$text" || return 1
	lacks "$output" reached
}

@test "witness: a process that enters gets no namespace, capability or identity that was not asked for" {
	args sleep 300
	edit '.process.user.additionalGids = [9] | .process.capabilities.inheritable = .process.capabilities.permitted'
	detached run -d "$ID"
	expect 0
	local wrong='parse made a plan of another process or container' say=(sh -c 'echo reached')
	run runc exec --cap CAP_CHOWN --user 5:6 --additional-gids 7 --no-new-privs "$ID" sh -c 'id -u; grep CapBnd /proc/self/status'
	expect 0 5
	contains "$output" "CapBnd:	0000000020000421"
	other_plan 'del(.linux.namespaces[] | select(.type == "pid"))'
	not_entered "$wrong" "$ID" "${say[@]}"
	other_plan '.process.capabilities.effective += ["CAP_SYS_ADMIN"]'
	not_entered "$wrong" "$ID" "${say[@]}"
	not_entered "$wrong" --cap CAP_CHOWN "$ID" "${say[@]}"
	other_plan '.process.user.uid = 77'
	not_entered "$wrong" "$ID" "${say[@]}"
	other_plan '.process.capabilities.ambient = [.process.capabilities.permitted[0]]'
	not_entered "$wrong" "$ID" "${say[@]}"
	other_plan '.process.user.additionalGids = [1]'
	not_entered "$wrong" "$ID" "${say[@]}"
	other_plan '.process.user.additionalGids += [1]'
	not_entered "$wrong" "$ID" "${say[@]}"
	other_plan '.process.noNewPrivileges = false'
	not_entered "$wrong" "$ID" "${say[@]}"
	other_plan '.process.apparmorProfile = "unconfined"'
	not_entered "$wrong" "$ID" "${say[@]}"
	needs_seccomp
	other_plan 'del(.linux.seccomp)'
	not_entered "$wrong" "$ID" "${say[@]}"
}

@test "witness: a process.json that asks for more than the container has is read twice" {
	args sleep 300
	detached run -d "$ID"
	expect 0
	jq '.process | .args = ["sh", "-c", "grep CapEff /proc/self/status"]' <config.json >"$T/like.json"
	jq '.capabilities.effective += ["CAP_CHOWN"] | .capabilities.permitted += ["CAP_CHOWN"] | .user.uid = 5 | .noNewPrivileges = false' \
		<"$T/like.json" >"$T/more.json"
	run runc exec --process "$T/more.json" "$ID"
	expect 0
	# The capabilities of the container, and those of process.json, but for what a user has by none.
	jq 'del(.capabilities) | .user.uid = 5' <"$T/like.json" >"$T/none.json"
	run runc exec --process "$T/none.json" "$ID"
	expect 0
	cp "$T/more.json" "$LIE/lie-process.json"
	local none='the plan does not come from this process.json; in the plan /'
	not_entered "${none}user/uid is 5" --process "$T/like.json" "$ID"
	jq '.capabilities.effective += ["CAP_CHOWN"]' <"$T/like.json" >"$LIE/lie-process.json"
	not_entered "${none}capabilities/effective is \"CAP_CHOWN\"" --process "$T/like.json" "$ID"
	jq '.noNewPrivileges = false' <"$T/like.json" >"$LIE/lie-process.json"
	not_entered "${none}noNewPrivileges is 0" --process "$T/like.json" "$ID"
	mv "$LIE/witness" "$LIE/witness.real"
	not_entered 'davit/witness: no such file' --process "$T/more.json" "$ID"
	rm "$LIE/lie-process.json"
	run runc exec --process "$T/like.json" "$ID"
	expect 0 CapEff
}
