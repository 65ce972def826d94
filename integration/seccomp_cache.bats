# The cache of compiled seccomp programs in ROOT/.bpf: what is found there, and what is not believed.

load lib/common

setup() {
	[ -x "$HELPERS/helper-syscall" ] || skip "the helper is not built"
	"$RUNC" features 2>/dev/null 3>&- | jq -e '.linux.seccomp.enabled == false' >/dev/null &&
		skip "built without libseccomp"
	newer "the cache is davit's"
	setup_bundle
	cp "$HELPERS/helper-syscall" "$ROOTFS/bin/syscall"
	CACHE=$STATE/.bpf
	# getpid with 7, with 7 + 2^32, getppid, getcwd: their errno. Without a filter 0 0 0 34.
	sh_args 'for c in "39 7" "39 4294967303" 110 79; do syscall $c; done | sed "s/.*: //" | tr "\n" " "'
	profile .
	cp config.json base.json
}

teardown() {
	umount "$STATE/.bpf" 2>/dev/null || true
	teardown_bundle
}

# profile FILTER: the profile of the bundle becomes the base profile, changed by jq's FILTER.
profile() {
	edit '.linux.seccomp = ({defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"], flags: [], syscalls: [
		{names: ["getpid"], action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{index: 0, value: 7, op: "SCMP_CMP_EQ"}]},
		{names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 5}]} | '"$1)"
}

# answers COLD|WARM TEXT [ARGUMENT…]: a run prints TEXT; COLD: it has started the compiler, WARM: it has not.
answers() {
	local seen=WARM want=$1 text=$2
	shift 2
	runc --debug run "$@" "$ID" >"$T/out" 2>"$T/err" </dev/null || { cat "$T/err"; return 1; }
	same "$(cat "$T/out")" "$text " || return 1
	grep -q 'msg="seccomp: from' "$T/err" && seen=COLD
	same "$seen" "$want"
}

entries() { find "$CACHE" -type f | wc -l; }
entry() { find "$CACHE" -type f; }

@test "seccomp cache: the second container with a profile starts no compiler and is confined alike" {
	answers COLD "13 0 5 34"
	same "$(entries)" 1
	answers WARM "13 0 5 34"
	# Whatever else the configuration says.
	edit '.hostname = "another" | .process.env += ["A=b"] | .process.cwd = "/tmp" | .mounts += [
		{destination: "/mnt", type: "tmpfs", source: "tmpfs"}]'
	answers WARM "13 0 5 34"
	same "$(stat -c '%a %F' "$CACHE" "$(entry)")" $'700 directory\n600 regular file'
}

@test "seccomp cache: profiles that differ in one field have programs of their own" {
	local n=0 line
	local variants='.|13 0 5 34
.syscalls[0].errnoRet = 14|14 0 5 34
del(.syscalls[0].errnoRet)|1 0 5 34
.syscalls[0].args[0].op = "SCMP_CMP_NE"|0 13 5 34
.syscalls[0].args[0].value = 4294967303|0 13 5 34
.syscalls[0].args[0].index = 1|0 0 5 34
.syscalls[0].args[0].valueTwo = 1|13 0 5 34
.syscalls[0].args[0] |= (.op = "SCMP_CMP_MASKED_EQ" \| .value = 8 \| .valueTwo = 8)|0 0 5 34
.syscalls[0].args[0] |= (.op = "SCMP_CMP_MASKED_EQ" \| .value = 8 \| .valueTwo = 0)|13 13 5 34
.syscalls[0].args = []|13 13 5 34
.syscalls[0] |= (.action = "SCMP_ACT_LOG" \| del(.errnoRet))|0 0 5 34
.syscalls[1].names = ["getppid", "getcwd"]|13 0 5 5
.syscalls[1].names = ["getppid", "get", "cwd"]|13 0 5 34
.syscalls[1].names = ["getppid", "getc", "wd"]|13 0 5 34
.syscalls[1].names = ["getp", "pid"]|13 0 0 34
.syscalls \|= reverse|13 0 5 34
.syscalls \|= .[:1]|13 0 0 34
.defaultAction = "SCMP_ACT_LOG"|13 0 5 34
.flags = ["SECCOMP_FILTER_FLAG_LOG"]|13 0 5 34
.flags = ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]|13 0 5 34
.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]|13 0 5 34
.architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_X86_64"]|13 0 5 34'
	variants=${variants//\\|/@}
	while IFS= read -r line; do
		profile "$(tr @ '|' <<<"${line%|*}")"
		answers COLD "${line##*|}" || { echo "$line"; return 1; }
		n=$((n + 1))
		same "$(entries)" "$n" || { echo "$line"; return 1; }
	done <<<"$variants"
	while IFS= read -r line; do
		profile "$(tr @ '|' <<<"${line%|*}")"
		answers WARM "${line##*|}" || { echo "$line"; return 1; }
	done <<<"$variants"
	same "$n" 22
}

@test "seccomp cache: an entry with a changed byte, cut, or longer is compiled anew and replaced" {
	local file size at sum
	answers COLD "13 0 5 34"
	file=$(entry) size=$(stat -c %s "$file") sum=$(sha256sum <"$file")
	# Of the magic, the key, the sum, the first instruction and the last.
	for at in 0 7 8 39 40 47 48 55 $((size - 1)); do
		printf "\\x$(printf %02x $((0x$(xxd -p -s "$at" -l 1 "$file") ^ 1)))" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
		answers COLD "13 0 5 34" || { echo "byte $at"; return 1; }
		same "$(sha256sum <"$file")" "$sum"
	done
	for at in 0 8 48 $((size - 8)) $((size + 8)); do
		truncate -s "$at" "$file"
		answers COLD "13 0 5 34" || { echo "length $at"; return 1; }
		same "$(sha256sum <"$file")" "$sum"
	done
	answers WARM "13 0 5 34"
}

@test "seccomp cache: the program of another profile under this one's name is not believed" {
	local mine
	answers COLD "13 0 5 34"
	mine=$(entry)
	profile '.syscalls = []'
	answers COLD "0 0 0 34"
	cp -p "$(entry | grep -v "$mine")" "$mine"
	cp base.json config.json
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
}

@test "seccomp cache: symlinks, FIFOs, hard links and what others own or can open are not used" {
	local file
	mkdir -p "$T/elsewhere"
	mkdir -m 700 "$STATE"
	ln -s "$T/elsewhere" "$CACHE"
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	same "$(ls -A "$T/elsewhere")" ""
	rm "$CACHE"
	mkfifo -m 600 "$CACHE"
	answers COLD "13 0 5 34"
	rm "$CACHE"
	mkdir -m 777 "$CACHE"
	answers COLD "13 0 5 34"
	same "$(ls -A "$CACHE")" ""
	chmod 700 "$CACHE"
	chown 12345 "$CACHE"
	answers COLD "13 0 5 34"
	same "$(ls -A "$CACHE")" ""
	chown 0 "$CACHE"
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
	file=$(entry)
	mv "$file" "$T/entry"
	ln -s "$T/entry" "$file"
	answers COLD "13 0 5 34"
	mkfifo -m 600 "$T/fifo"
	mv "$T/fifo" "$file"
	answers COLD "13 0 5 34"
	ln "$file" "$T/second"
	answers COLD "13 0 5 34"
	chown 12345 "$file"
	answers COLD "13 0 5 34"
	chmod 604 "$file"
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
}

@test "seccomp cache: where nothing can be written the container starts all the same, without a word" {
	mkdir -m 700 "$STATE"
	mkdir -m 700 "$CACHE"
	mount -t tmpfs -o mode=700,ro none "$CACHE"
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	umount "$CACHE"
	mount -t tmpfs -o mode=700,size=4k none "$CACHE"
	head -c 4096 /dev/zero >"$CACHE/filler"
	answers COLD "13 0 5 34"
	runc run "$ID" >"$T/out" 2>"$T/err"
	same "$(cat "$T/err")" ""
	same "$(ls -A "$CACHE")" filler
	rm "$CACHE/filler"
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
}

@test "seccomp cache: killed before the entry has its name, and the next creation finds no trace of it" {
	command -v strace >/dev/null || skip "strace is not installed"
	args sleep 100
	# create renames state.json first, then the entry.
	timeout 20 strace -o "$T/trace" -e trace=renameat -e inject=renameat:signal=KILL:when=2 \
		"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
	same "$(ls -A "$CACHE")" new
	truncate -s -8 "$CACHE/new"
	runc delete --force "$ID"
	cp base.json config.json
	answers COLD "13 0 5 34"
	[ ! -e "$CACHE/new" ]
	same "$(entries)" 1
	answers WARM "13 0 5 34"
}

@test "seccomp cache: 20 creations at once with two profiles" {
	local n pids=() bad=0
	edit --arg rootfs "$ROOTFS" '.root.path = $rootfs'
	for n in $(seq 20); do
		mkdir "$T/b$n"
		if [ $((n % 2)) = 0 ]; then cp config.json "$T/b$n/"; else
			jq '.linux.seccomp.syscalls[0].errnoRet = 20' config.json >"$T/b$n/config.json"
		fi
	done
	for n in $(seq 20); do
		LIMIT=60 runc run -b "$T/b$n" "$ID-$n" >"$T/out$n" 2>&1 </dev/null &
		pids+=($!)
	done
	for n in "${pids[@]}"; do wait "$n" || bad=$((bad + 1)); done
	same "$bad" 0
	for n in $(seq 20); do
		same "$(cat "$T/out$n")" "$([ $((n % 2)) = 0 ] && echo 13 || echo 20) 0 5 34 "
	done
	[ "$(entries)" -ge 1 ]
	[ "$(entries)" -le 2 ]
	[ ! -e "$CACHE/new" ]
	same "$(find "$CACHE" -type f -regextype posix-extended -regex '.*/[0-9a-f]{64}' | wc -l)" "$(entries)"
	runc run "$ID" >"$T/out" </dev/null
	answers WARM "13 0 5 34"
}

@test "seccomp cache: at most 64 entries, the oldest goes" {
	local n first
	answers COLD "13 0 5 34"
	first=$(entry)
	touch -d 2001-01-01 "$first"
	for n in $(seq 63); do printf x >"$CACHE/$(printf %064x "$n")"; done
	profile '.syscalls = []'
	answers COLD "0 0 0 34"
	same "$(entries)" 64
	[ ! -e "$first" ]
	answers WARM "0 0 0 34"
	cp base.json config.json
	answers COLD "13 0 5 34"
	same "$(entries)" 64
}

@test "seccomp cache: exec takes the program of its container, whatever the cache says" {
	edit '.process.args = ["sleep", "100"]'
	detached run -d "$ID"
	expect 0
	rm -r "$CACHE"
	run runc exec "$ID" syscall 39 7
	expect 0 "39: 13"
	[ ! -e "$CACHE" ]
	edit '.linux.seccomp.syscalls = []'
	runc exec "$ID" syscall 110 | grep '110: 5'
}

@test "seccomp: what a subverted compiler makes is kept only if it can be a program" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private mount namespace of tests/run"
	[ -x "$HELPERS/helper-evil" ] || skip "the helper is not built"
	local mode
	for mode in f o; do
		sed "s/evil-mode=k/evil-mode=$mode/" <"$HELPERS/helper-evil" >"$T/evil"
		chmod 755 "$T/evil"
		mount --bind "$T/evil" "$LIBEXEC/seccomp"
		run runc create "$ID"
		umount "$LIBEXEC/seccomp"
		expect 1 "seccomp filter: not a program of at most 4096 instructions" || { echo "$mode"; return 1; }
		[ ! -e "$STATE/$ID" ]
		same "$(ls -A "$CACHE")" ""
	done
}

@test "seccomp cache: it is no container" {
	answers COLD "13 0 5 34"
	same "$(runc list -q 2>&1)" ""
	same "$(runc list --format json 2>&1)" null
	refused "invalid container ID format" delete --force .bpf
	refused "invalid container ID format" state .bpf
	refused "invalid container ID format" create .bpf
	same "$(entries)" 1
}

@test "seccomp cache: a root that others may add to is used, but not what they have put there" {
	mkdir -m 1777 "$STATE"
	setpriv --reuid 12345 --regid 12345 --clear-groups mkdir -m 700 "$CACHE" 2>/dev/null ||
		{ mkdir -m 700 "$CACHE"; chown 12345 "$CACHE"; }
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	same "$(ls -A "$CACHE")" ""
}

@test "seccomp cache: without root it is the user's" {
	setpriv --reuid 31337 --regid 31337 --clear-groups unshare -U true 2>/dev/null ||
		skip "this machine does not let ordinary users make user namespaces"
	setpriv --reuid 31337 --regid 31337 --clear-groups test -x "$RUNC" || skip "an ordinary user cannot reach $RUNC"
	mkdir -m 755 "$T/user"
	cp -a "$ROOTFS" "$T/user/rootfs"
	chown -R 31337:31337 "$T/user"
	STATE=$T/user/state CACHE=$T/user/state/.bpf
	runc() {
		setpriv --reuid 31337 --regid 31337 --clear-groups env -u XDG_RUNTIME_DIR HOME="$T/user" \
			timeout -k 2 10 "$RUNC" --root "$STATE" "$@" 3>&- 4>&-
	}
	cd "$T/user"
	runc spec --rootless >/dev/null 2>&1 || (umask 0; runc spec --rootless)
	jq --slurpfile base "$BUNDLE/base.json" --arg mark "$MARK" '.process.terminal = false |
		.process.args = $base[0].process.args | .process.env += [$mark] | .linux.seccomp = $base[0].linux.seccomp' \
		config.json >new.json
	mv new.json config.json
	chmod 644 config.json
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
	same "$(stat -c '%u %a' "$CACHE" "$(entry)")" $'31337 700\n31337 600'
}

@test "seccomp cache: the compiler reads no field of the configuration that is not in the key" {
	local fields
	fields=$(grep -ohE 'config->[a-z_]+' "$TOP"/libexec/seccomp/*.c | sort -u)
	contains "$fields" "config->seccomp_rules"
	same "$(grep -vE -- '->(seccomp_[a-z_]+|has_seccomp)$' <<<"$fields")" ""
}

@test "seccomp cache: a program compiled under another kernel release is not taken" {
	printf '#!/bin/sh\nexec setarch --uname-2.6 %s "$@"\n' "$RUNC" >"$T/runc"
	chmod 755 "$T/runc"
	answers COLD "13 0 5 34"
	RUNC=$T/runc answers COLD "13 0 5 34"
	RUNC=$T/runc answers WARM "13 0 5 34"
	answers WARM "13 0 5 34"
	same "$(entries)" 2
}
