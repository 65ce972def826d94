# Bad input: each one clear line, exit status 1, nothing left, never a hang (LIMIT).

load lib/common

export LIMIT=5

# replaced SED-EXPRESSION: config.json as one line, edited as text.
replaced() {
	jq -c . <"$BATS_FILE_TMPDIR/spec/config.json" | sed "$1" >config.json
}

@test "bad input: no config.json" {
	rm config.json
	refused 'JSON specification file config.json not found' create "$ID"
	refused 'JSON specification file config.json not found' run "$ID"
}

@test "bad input: a bundle that is missing, or a file" {
	refused 'no such file or directory' create --bundle /no/such/bundle "$ID"
	refused 'not a directory' create --bundle "$BUNDLE/config.json" "$ID"
	refused 'chdir|too long' create --bundle "/$(printf 'a%.0s' {1..5000})" "$ID"
}

@test "bad input: invalid JSON is told with line and column" {
	newer "Go tells an offset at most"
	printf '{\n  "ociVersion": "1.0.0",\n  "process": nonsense\n}\n' >config.json
	refused 'config.json.*(line 3, column|:3:)' create "$ID"
	local text
	for text in '' '{' '[]' '"str"' 'null' '{}x' '{"a":1,}' "{'a':1}" '{"a":NaN}' '// c' '{"a":"b' '{"a" 1}' $'{"a":"\x01"}' $'{"a":"\n"}' \
		$'\xef\xbb\xbf{}' '{"a":01}' '{"a":+1}' '{"a":.5}' '{"a":"\x"}' '{"a":tru}' '{}{}'; do
		printf '%s' "$text" >config.json
		refused 'config|process|root' create "$ID" || { echo "input: $text"; return 1; }
	done
}

@test "bad input: truncated at any place" {
	newer "takes long"
	local size n
	jq -c . <"$BATS_FILE_TMPDIR/spec/config.json" >whole.json
	size=$(stat -c %s whole.json)
	for n in 1 2 10 100 500 $((size / 2)) $((size - 100)) $((size - 2)); do
		head -c "$n" whole.json >config.json
		refused 'config.json' create "$ID"
	done
}

@test "bad input: a NUL or more after the end" {
	newer "Go ignores what follows"
	printf '\0' >>config.json
	refused 'config.json' create "$ID"
}

@test "bad input: invalid UTF-8 and lone surrogates" {
	newer "Go replaces them silently"
	replaced 's/"sh"/"s\xffh"/'
	refused 'UTF-8' create "$ID"
	replaced 's/"sh"/"s\xc0\xafh"/'
	refused 'UTF-8' create "$ID"
	replaced 's/"sh"/"s\\ud800h"/'
	refused 'UTF-8|surrogate|unicode' create "$ID"
}

@test "bad input: wrong types are told with the place" {
	newer "Go's words are others"
	edit '.process.args = ["a", "b", 5]'
	refused 'process\.args\[2\]: expected a string, found a number' create "$ID"
	cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
	local expression
	while read -r expression; do
		cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
		edit "$expression"
		refused 'expected' create "$ID" || { echo "input: $expression"; return 1; }
	done <<-'END'
		.process.user.uid = "1000"
		.process.user = "1000:1000"
		.process.noNewPrivileges = "true"
		.process.noNewPrivileges = 1
		.process.capabilities = []
		.process.capabilities.bounding = "CAP_KILL"
		.linux.seccomp = "x"
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: {}}
		.linux.maskedPaths = "/proc/kcore"
		.linux.readonlyPaths = {}
		.root.readonly = "true"
		.linux.namespaces = {}
		.mounts[0].options = "ro"
		.process.rlimits = {}
		.linux.resources.devices[0].allow = "false"
		.process.apparmorProfile = 5
		.hooks.createRuntime = {}
		.hostname = 5
		.annotations = 5
		.annotations = {"a": 5}
		.hooks = 5
		.mounts = {}
		.root = []
		.process = []
		.linux = "x"
		.process.env = ["A=1", 2]
		.process.cwd = 1
		.linux.sysctl = []
		.process.terminal = "no"
	END
}

@test "bad input: required fields that are missing are named" {
	local field
	for field in root process.cwd process.args; do
		cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
		edit "del(.$field)"
		refused "[pP]rocess|root|[cC]wd|args" create "$ID"
	done
	newer "others in 1.1.5"
	for field in root.path 'linux.namespaces[0].type' 'mounts[0].destination' ociVersion; do
		cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
		edit "del(.$field)"
		refused "${field##*.}" create "$ID"
	done
}

@test "bad input: numbers out of range, or no integers" {
	newer "1.1.5 takes some"
	local pair path value
	while read -r path value; do
		cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
		edit "$path = 424242"
		sed -i "s/424242/$value/" config.json
		refused "${path##*.}|range|integer|expected|number" create "$ID" || { echo "input: $path $value"; return 1; }
	done <<-'END'
		.process.user.uid -1
		.process.user.uid 4294967295
		.process.user.uid 4294967296
		.process.user.uid 1e3
		.process.user.uid 1.5
		.process.user.uid 18446744073709551616
		.process.user.uid -0
		.process.user.gid 99999999999999999999999999999999999999999
		.process.user.umask 1024
		.process.oomScoreAdj 1001
		.process.oomScoreAdj -1001
		.process.rlimits[0].soft -1
		.process.rlimits[0].hard 18446744073709551616
		.linux.resources.memory.limit 9223372036854775808
		.linux.resources.memory.limit -2
		.linux.resources.pids.limit 1.5
		.linux.resources.cpu.shares -1
		.linux.resources.cpu.period 1e5
	END
}

@test "bad input: a file over 16 MiB is refused before it is read, any within a few seconds and 64 MiB" {
	newer "no limit in 1.1.5"
	truncate -s 200M config.json
	refused '16 MiB|too large|larger' create "$ID"
	cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
	edit '.annotations.a = ("x" * 15000000) | .process.terminal = false | .process.args = ["true"]'
	local begin
	begin=$(date +%s%N)
	run runc run "$ID"
	[ $((($(date +%s%N) - begin) / 1000000)) -lt 4000 ]
	nothing_left
	{ printf '['; yes '0,' | head -c 16000000; printf '0]'; } >config.json
	LIMIT=5 refused '' create "$ID"
	{ head -c 16000000 /dev/zero | tr '\0' ' '; jq -c '.process.terminal = false | .process.args = ["true"]' \
		<"$BATS_FILE_TMPDIR/spec/config.json"; } >config.json
	run runc run "$ID"
	expect 0
}

@test "bad input: nesting beyond 64" {
	newer "no limit in 1.1.5"
	local depth
	for depth in 65 10000 1000000; do
		{ printf '{"x":'; printf '[%.0s' $(seq "$depth") ; } >config.json
		refused 'nest|deep|depth' create "$ID"
	done
	edit -n '{}' 2>/dev/null || true
	jq -c '.x = (reduce range(60) as $i (1; [.]))' <"$BATS_FILE_TMPDIR/spec/config.json" >config.json
	edit '.process.terminal = false | .process.args = ["true"]'
	run runc run "$ID"
	expect 0
}

@test "bad input: duplicate keys" {
	newer "the last wins in 1.1.5"
	replaced 's/"cwd":"\/"/"cwd":"\/","cwd":"\/tmp"/'
	refused 'duplicate.*cwd|cwd.*duplicate' create "$ID"
	replaced 's/^{/{"root":{"path":"x"},/'
	refused 'duplicate' create "$ID"
	replaced 's/^{/{"unknown":1,"unknown":2,/'
	refused 'duplicate' create "$ID"
}

@test "bad input: NUL inside strings" {
	local expression
	newer "1.1.5 leaves some to the kernel"
	while read -r expression; do
		cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
		edit "$expression"
		refused 'NUL|nul|u0000' create "$ID" || { echo "input: $expression"; return 1; }
	done <<-'END'
		.process.args = ["a\u0000b"]
		.process.env += ["A=\u0000"]
		.process.cwd = "/\u0000"
		.hostname = "a\u0000"
		.root.path = "rootfs\u0000"
		.mounts[0].destination = "/proc\u0000"
		.mounts[1].options += ["a\u0000"]
		.linux.sysctl = {"kernel.msgmax": "1\u0000"}
		.linux.cgroupsPath = "/a\u0000"
		.annotations = {"a\u0000b": "c"}
	END
}

@test "bad input: config.json is a FIFO, a directory, a device, a socket: refused at once" {
	newer "1.1.5 hangs on a FIFO"
	rm config.json
	mkfifo config.json
	refused 'config.json.*regular file|regular file' create "$ID"
	rm config.json
	mkdir config.json
	refused 'config.json|regular file|directory' create "$ID"
	rmdir config.json
	ln -s /dev/zero config.json
	refused 'regular file' create "$ID"
	rm config.json
	ln -s nosuch config.json
	refused 'config.json not found' create "$ID"
}

@test "bad input: unknown fields are ignored" {
	edit '.future = {"a": [1, 2.5e3, null, {"b": "c"}]} | .process.future = 1 | .linux.future = []'
	run runc run "$ID"
	expect 0
	same "$output" ""
}

@test "bad input: keys differ by case" {
	newer "Go takes them as equal"
	edit '.Process = {"args": ["/bad"]} | .ROOT = 5'
	run runc run "$ID"
	expect 0
}

@test "bad input: ociVersion" {
	newer "not checked by 1.1.5"
	local v
	for v in '"9.9.9"' '"abc"' '""' 5; do
		edit --argjson v "$v" '.ociVersion = $v'
		refused 'ociVersion' create "$ID"
	done
	edit '.ociVersion = "1.0.0"'
	run runc run "$ID"
	expect 0
}

@test "bad input: hostname too long, masked paths relative or with .." {
	edit '.hostname = ("a" * 65)'
	refused 'hostname|invalid argument|too long' create "$ID"
	newer "not in 1.1.5"
	edit '.hostname = "a" | .linux.maskedPaths = ["relative"]'
	refused 'maskedPaths' create "$ID"
	edit '.linux.maskedPaths = ["/a/../b"]'
	refused 'maskedPaths' create "$ID"
}

@test "bad input: an apparmor profile where the kernel has no AppArmor is refused (RT-37)" {
	[ ! -e /sys/module/apparmor/parameters/enabled ] || skip "this kernel has AppArmor"
	edit '.process.apparmorProfile = "nosuch"'
	refused 'apparmor: config provided but apparmor not supported|apparmor failed to apply profile' create "$ID"
}

@test "bad input: an selinux label where the kernel has no SELinux is refused (RT-37)" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "this kernel has SELinux"
	edit '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	refused 'selinux label is specified in config, but selinux is disabled or not supported' create "$ID"
}

@test "bad input: exec: labels of security modules that the kernel does not have" {
	newer "the words of 1.1.5 are others"
	args sleep 100
	detached run -d "$ID"
	expect 0
	if [ ! -e /sys/module/apparmor/parameters/enabled ]; then
		run runc exec --apparmor nosuch "$ID" true
		expect 255 "apparmor: config provided but apparmor not supported"
	fi
	if [ ! -e /sys/fs/selinux/enforce ]; then
		run runc exec --process-label system_u:system_r:container_t:s0 "$ID" true
		expect 255 "selinux label is specified in config, but selinux is disabled or not supported"
	fi
}

@test "bad input: a mount label where the kernel has no SELinux is refused" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "this kernel has SELinux"
	edit '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	refused 'mountLabel' create "$ID"
}

@test "bad input: parse dies of a signal or of memory: told, and nothing left" {
	newer "for davit"
	# The real parse is replaced in this mount namespace only.
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	cp "$(command -v busybox)" "$T/evil"
	mount --bind "$T/evil" "$LIBEXEC/parse"
	run runc create "$ID"
	umount "$LIBEXEC/parse"
	expect 1 'parse'
	nothing_left
}

@test "bad input: every field of the template with a value of another type is refused, never a crash" {
	newer "for davit"
	jq -c '[paths(scalars)] | .[]' <"$BATS_FILE_TMPDIR/spec/config.json" | shuf -n "${FIELDS:-40}" --random-source=<(yes) >"$T/paths"
	local p
	while read -r p; do
		cp "$BATS_FILE_TMPDIR/spec/config.json" config.json
		edit --argjson p "$p" 'setpath($p; {"unexpected": 1})'
		refused 'expected' create "$ID" || { echo "field: $p"; return 1; }
	done <"$T/paths"
}
