# runc spec --check and --explain: what a config.json would do, and all that is wrong with it, without a container.

load lib/common

# explained PROGRAM: the actions of one program, one a line.
explained() {
	runc spec --explain --json | jq -r --arg program "$1" '.steps[] | select(.program == $program).action'
}

# list KEY: the pointers of a list of findings on one line.
list() {
	runc spec --explain --json | jq -r --arg key "$1" '[.[$key][].pointer] | join(" ")'
}

# engine_like: the template as an engine fills it in.
engine_like() {
	edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [10, 20]} | .process.oomScoreAdj = 300
		| .process.apparmorProfile = "docker-default" | .hostname = "box"
		| .mounts += [{destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", "ro", "nosuid", "rprivate"]}]
		| .hooks = {prestart: [{path: "/usr/bin/hook", args: ["hook", "up"], timeout: 5}], poststop: [{path: "/usr/bin/hook"}]}
		| .linux.namespaces |= map(if .type == "network" then .path = "/run/netns/x" else . end)
		| .linux.resources.memory = {limit: 536870912, swap: 1073741824} | .linux.resources.cpu = {shares: 512, quota: 50000, period: 100000}
		| .linux.resources.pids = {limit: 100} | .linux.cgroupsPath = "/box/1"
		| .linux.sysctl = {"kernel.msgmax": "65536"}
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"], syscalls: [
			{names: (["accept", "bind", "chmod", "dup", "exit", "fcntl", "getpid", "ioctl", "kill", "link", "mkdir", "nanosleep", "open",
				"pause", "quotactl", "rename", "stat", "times", "umask", "vfork", "execve", "read", "write", "capset"]), action: "SCMP_ACT_ALLOW"},
			{names: ["personality"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]},
			{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
}

@test "explain: --check of what spec writes, in the current directory, by name and with --bundle" {
	newer "only davit has it"
	run runc spec --check
	expect 0
	same "$output" "config.json is valid"
	cd /
	run runc spec --check "$BUNDLE"
	expect 0 "config.json is valid"
	run runc spec --check -b "$BUNDLE"
	expect 0 "config.json is valid"
	(cd "$T" && rm -rf less && mkdir less && cd less && runc spec --rootless && runc spec --check)
}

@test "explain: --check tells every error and warning, and exits with 1" {
	newer "only davit has it"
	edit '.process.cwd = 5 | .process.env += ["A"] | .linux.maskedPath = [] | .root.path = "" | del(.ociVersion)'
	run runc spec --check
	expect 1 "error: process.cwd: expected a string, found a number" "error: root.path: must not be empty" \
		"error: ociVersion: missing" "error: process.env[3]: invalid environment variable: missing '='" \
		"warning: linux.maskedPath: unknown and ignored; did you mean maskedPaths?" \
		"config.json is not valid: 4 errors, 1 warning"
	same "$(echo "$output" | wc -l)" 6
	run runc spec --check --json
	expect 1
	jq -e '.valid == false and (.errors | length) == 4 and (.warnings | length) == 1 and .omitted == {}' <<<"$output"
	jq -e '[.errors[].pointer] | sort == ["/ociVersion", "/process/cwd", "/process/env/3", "/root/path"]' <<<"$output"
	# In the words of create.
	refused 'ociVersion: missing|process.cwd: expected a string|root.path: must|missing .=' create "$ID"
	contains "$(cat "$T/err")" "$(runc spec --check --json | jq -r '.errors[0].message')"
}

@test "explain: --check of invalid JSON has its line and column" {
	newer "only davit has it"
	printf '{\n  "ociVersion": "1.0.0",\n  "process": nonsense\n}\n' >config.json
	run runc spec --check
	expect 1 "error: config.json:3:" "config.json is not valid: 1 error"
	run runc spec --explain --json
	expect 1
	jq -e '.valid == false and .steps == [] and (.errors | length) == 1' <<<"$output"
}

@test "explain: needs no root, no state directory, and changes nothing" {
	newer "only davit has it"
	local before
	before=$(find "$BUNDLE" -maxdepth 1 -printf '%p %T@ %s\n' | sort)
	run timeout 10 setpriv --reuid 4711 --regid 4711 --clear-groups env -i "$RUNC" --root "$T/no-state" spec --explain "$BUNDLE" 3>&- 4>&-
	expect 0 "executes true"
	[ ! -e "$T/no-state" ]
	same "$(find "$BUNDLE" -maxdepth 1 -printf '%p %T@ %s\n' | sort)" "$before"
}

@test "explain: what an engine asks for, in the order in which it happens" {
	newer "only davit has it"
	engine_like
	run runc spec --explain
	expect 0 "config.json is valid" \
		"allowed, 24 system calls: accept, bind" "and 12 more" "allowed, where argument 0 = 8: personality" \
		"fail with ENOSYS, 1 system call: clone3" "fail with EPERM, all others" \
		"opens what is bound from the host: /srv/data" "opens the namespaces /run/netns/x" "makes the cgroup /box/1 in every hierarchy" \
		"devices: denies everything" "memory: limit 512 MiB (536870912 bytes)" "memory: limit with swap 1 GiB (1073741824 bytes)" \
		"cpu: weight of 512 shares" "cpu: time in each period 50 ms (50000 µs)" "pids: at most 100 processes and threads" \
		"joins the network namespace /run/netns/x" "makes new namespaces: pid, ipc, uts, mount" \
		"binds /srv/data and all that is mounted below it on /data: ro, nosuid, propagation rprivate" \
		"sysctl kernel.msgmax = 65536" "prestart hook: /usr/bin/hook, as hook up; the caller's environment; killed after 5 s" \
		"host name box" "becomes uid 1000, gid 1000, groups 10, 20" "AppArmor profile docker-default" \
		"capabilities (bounding, effective, permitted): CAP_KILL, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE" \
		"capabilities (inheritable, ambient): none" "oom_score_adj 300: killed earlier" "executes true" "poststop hook"
	lacks "$output" "sets the loopback"
	same "$(runc spec --explain --json | jq -r '[.steps[] | .phase + " " + .program] | . as $all
		| [range(length) | select(. == 0 or $all[. - 1] != $all[.]) | $all[.]] | join(", ")')" \
		"create runc, create parse, create seccomp, create sources, create cgroup, create ns, create rootfs, create hook, create rootfs, create dmz, start dmz, delete cgroup, delete hook"
	runc spec --explain --json | jq -e 'all(.steps[]; (.privileges | length) > 0 and (.action | length) > 0)'
}

@test "explain: the container is as it was explained" {
	newer "only davit has it"
	edit '.hostname = "night" | .process.user = {uid: 1000, gid: 1001} | .process.user.umask = 23 | .process.cwd = "/tmp"
		| .mounts += [{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["nosuid", "noexec", "size=64k"]}]
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 99}]'
	sh_args 'hostname; id -u; id -g; umask; pwd; ulimit -n; grep " /scratch " /proc/mounts | cut -d " " -f 4'
	run runc run "$ID"
	expect 0
	same "$(head -n 6 <<<"$output" | tr '\n' ' ')" "night 1000 1001 0027 /tmp 77 "
	contains "${lines[6]}" "nosuid"
	contains "${lines[6]}" "noexec"
	contains "$(explained rootfs)" "host name night"
	contains "$(explained rootfs)" "mounts tmpfs on /scratch: nosuid, noexec, size=64k"
	contains "$(explained dmz)" "becomes uid 1000, gid 1001"
	contains "$(explained dmz)" "umask 027"
	contains "$(explained dmz)" "working directory /tmp"
	contains "$(explained dmz)" "RLIMIT_NOFILE: 77, at most 99"
}

@test "explain: unknown, ignored and deprecated members by their pointer" {
	newer "only davit has it"
	edit '."a/b~c" = {x: 1} | .process.user.frobnicate = 1 | .mounts[0]["new\u001bone"] = 1 | .windows = {} | .process.user.username = "u"
		| .hooks.prestart = [] | .linux.resources.memory = {kernel: 5, useHierarchy: true} | .process.capabilities.bounding += ["CAP_NEW"]
		| .process.terminal = false | .process.consoleSize = {height: 1, width: 1}'
	same "$(list unknown)" $'/process/user/frobnicate /mounts/0/new\eone /a~1b~0c'
	same "$(list ignored)" \
		"/process/user/username /process/capabilities/bounding/3 /process/consoleSize /linux/resources/memory/kernel /linux/resources/memory/useHierarchy /windows"
	same "$(list deprecated)" "/linux/resources/memory/kernel /linux/resources/memory/useHierarchy /hooks/prestart"
	runc spec --explain --json | jq -e 'all(.ignored[], .deprecated[]; .reason | length > 0)'
	run runc spec --explain
	expect 0 "Unknown members" '/mounts/0/new\x1bone' "/windows – for Windows" "/hooks/prestart – use createRuntime"
	# --check is about validity alone.
	run runc spec --check
	lacks "$output" "/windows"
}

@test "explain: nothing of config.json reaches the terminal as it is, and no secret" {
	newer "only davit has it"
	edit '.process.args = ["true", "\u001b[2J\u009b1m\u007f"] | .process.env += ["TOKEN=secret"] | .hostname = "a\u001b]0;x\u0007"
		| .process["x\u009by"] = 1'
	local format
	for format in --explain "--explain --json"; do
		# shellcheck disable=SC2086 # two words
		run runc spec $format
		expect 0 TOKEN
		lacks "$output" secret
		lacks "$output" $'\e'
		lacks "$output" $'\a'
		lacks "$output" $'\x7f'
		lacks "$output" $'\xc2\x9b'
	done
}

@test "explain: a config.json that is none" {
	newer "only davit has it"
	rm config.json
	run runc spec --check
	expect 1 "JSON specification file config.json not found"
	mkfifo config.json
	run runc spec --explain
	expect 1 "config.json: not a regular file"
	rm config.json
	truncate -s 17M config.json
	run runc spec --check
	expect 1 "config.json: larger than 16 MiB"
	run runc spec --check /no/such
	expect 1 "chdir /no/such: no such file or directory"
}

@test "explain: the other flags of spec are what they were" {
	newer "only davit has it"
	run runc spec one
	expect 1 'requires exactly 0 argument(s)'
	run runc spec --check one two
	expect 1 'requires a maximum of 1 argument(s)'
	rm config.json
	run runc spec --json
	expect 1 "--json is for --check and --explain"
	[ ! -e config.json ]
	runc spec
	run runc spec
	expect 1 "File config.json exists"
}

@test "explain: a full disk is an error, and parse by hand says the same" {
	newer "only davit has it"
	run sh -c "'$LIBEXEC/parse' --explain <config.json >/dev/full"
	expect 1 "no space left on device"
	same "$("$LIBEXEC/parse" --check --json <config.json)" "$(runc spec --check --json)"
	run sh -c "'$LIBEXEC/parse' --json <config.json"
	expect 1 "usage: parse"
}

@test "explain: thousands of mounts and errors in time" {
	newer "only davit has it"
	edit '.mounts += [range(10000) | {destination: "/m/\(.)", type: "bind", source: "/s", options: ["rbind", "ro"]}]'
	same "$(LIMIT=5 runc spec --explain | grep -c 'binds /s ')" 10000
	edit '.mounts |= map(.destination = "")'
	run env LIMIT=5 bash -c "timeout 5 '$RUNC' spec --check | tail -n 2"
	expect 0 "and 9507 more errors" "config.json is not valid: 10007 errors"
}

@test "explain: what docker, podman and containerd write is valid, and told from its filter to its program" {
	newer "only davit has it"
	local file seccomp
	for file in "$TOP"/integration/configs/*.json "$TOP"/integration/configs/written/*.json; do
		cp "$file" config.json
		run runc spec --check
		expect 0 "config.json is valid" || { echo "$file"; return 1; }
		same "$(list unknown)" ""
		run runc spec --explain
		seccomp=("fail with E" "allowed, 3" " system calls: " "executes /bin/")
		jq -e .linux.seccomp config.json >/dev/null || seccomp=()
		expect 0 "${seccomp[@]}" " on /proc" "changes the root with pivot_root" "capabilities (bounding" "environment: " "executes " ||
			{ echo "$file"; return 1; }
		same "$(grep -c '^      binds ' <<<"$output")" "$(jq '[.mounts[] | select(.options // [] | any(. == "bind" or . == "rbind"))] | length' config.json)"
	done
}

@test "explain: a config without a process is valid, and run refuses it before anything is made" {
	edit 'del(.process)'
	run runc spec --check
	expect 0 "warning: process: missing; runc start will refuse this"
	edit --arg t "$T" '.hooks.createRuntime = [{path: "/bin/touch", args: ["touch", "\($t)/made"]}]'
	run runc run "$ID"
	expect 1 "process property must not be empty"
	[ ! -e "$T/made" ]
}

@test "explain: hooks by whom and in whose environment" {
	edit '.hooks = ([["createRuntime", "createContainer", "startContainer"][] | {key: ., value: [{path: "/bin/\(.)"}]}] | from_entries)'
	run runc spec --explain
	expect 0 "createRuntime hook: /bin/createRuntime, as /bin/createRuntime; the caller's environment" \
		"createContainer hook, inside the container's namespaces: /bin/createContainer, as /bin/createContainer; empty environment" \
		"startContainer hook, inside the container: /bin/startContainer, as /bin/startContainer; the container's user and environment"
}
