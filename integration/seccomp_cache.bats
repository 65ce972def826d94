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
	umount "$STATE/.bpf" "$T/small" 2>/dev/null || true
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

# table: key, turn and length of each entry.
table() {
	[ ! -e "$CACHE" ] || perl -e 'local $/; open my $f, "<", $ARGV[0] or die; my $all = <$f>; $all .= "\0" x 4096;
		for (0 .. 63) { my ($key, $turn, $length) = unpack "H64QQ", substr $all, 8 + 56 * $_, 56; print "$key $turn $length\n" if $turn; }' "$CACHE"
}

entries() { table | wc -l; }

# change AT: the lowest bit of that byte of the cache.
change() {
	printf "\\x$(printf %02x $((0x$(xxd -p -s "$1" -l 1 "$CACHE") ^ 1)))" | dd of="$CACHE" bs=1 seek="$1" conv=notrunc status=none
}

# fake_entries FIRST LAST: each a little younger than the one before.
fake_entries() {
	perl -e 'my ($file, $first, $last) = @ARGV; open my $f, "+<", $file or die; print $f "davitbpf";
		for ($first .. $last) { seek $f, 8 + 56 * $_, 0; print $f pack "H64QQQ", sprintf("%064x", $_), $_ + 1, 8, 0; }
		truncate $f, 4096 if -s $f < 4096' "$CACHE" "$1" "$2"
}

nothing_cached() { same "$(entries)" 0; }

@test "seccomp cache: the second container with a profile starts no compiler and is confined alike" {
	answers COLD "13 0 5 34"
	same "$(entries)" 1
	answers WARM "13 0 5 34"
	# Whatever else the configuration says.
	edit '.hostname = "another" | .process.env += ["A=b"] | .process.cwd = "/tmp" | .mounts += [
		{destination: "/mnt", type: "tmpfs", source: "tmpfs"}]'
	answers WARM "13 0 5 34"
	same "$(stat -c '%a %F' "$CACHE")" "600 regular file"
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
	local length at sum
	answers COLD "13 0 5 34"
	length=$(table | cut -d ' ' -f 3) sum=$(tail -c +4097 "$CACHE" | sha256sum)
	# Of the magic, the key, the length, the sum, the first instruction and the last.
	for at in 0 7 8 39 48 49 56 63 4096 $((4096 + length - 1)); do
		change "$at"
		answers COLD "13 0 5 34" || { echo "byte $at"; return 1; }
		same "$(tail -c +4097 "$CACHE" | head -c "$length" | sha256sum)" "$sum" || [ "$at" = 8 ] || [ "$at" = 39 ]
		rm "$CACHE"
		answers COLD "13 0 5 34"
	done
	for at in 0 8 40 4096 $((4096 + length - 8)); do
		truncate -s "$at" "$CACHE"
		answers COLD "13 0 5 34" || { echo "length $at"; return 1; }
		answers WARM "13 0 5 34"
	done
}

@test "seccomp cache: the program of another profile under this one's key is not believed" {
	answers COLD "13 0 5 34"
	profile '.syscalls = []'
	answers COLD "0 0 0 34"
	dd if="$CACHE" of="$T/second" bs=32768 skip=$((4096 + 32768)) iflag=skip_bytes status=none
	dd if="$T/second" of="$CACHE" bs=32768 seek=4096 oflag=seek_bytes conv=notrunc status=none
	cp base.json config.json
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
}

@test "seccomp cache: symlinks, FIFOs, hard links and what others own or can open are not used" {
	mkdir -m 700 "$STATE"
	: >"$T/elsewhere"
	chmod 600 "$T/elsewhere"
	ln -s "$T/elsewhere" "$CACHE"
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	same "$(stat -c %s "$T/elsewhere")" 0
	rm "$CACHE"
	mkfifo -m 600 "$CACHE"
	answers COLD "13 0 5 34"
	rm "$CACHE"
	ln "$T/elsewhere" "$CACHE"
	answers COLD "13 0 5 34"
	same "$(stat -c %s "$T/elsewhere")" 0
	rm "$CACHE"
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
	chmod 604 "$CACHE"
	answers COLD "13 0 5 34"
	chmod 620 "$CACHE"
	answers COLD "13 0 5 34"
	chmod 600 "$CACHE"
	chown 12345 "$CACHE"
	answers COLD "13 0 5 34"
	same "$(entries)" 1
	chown 0 "$CACHE"
	answers WARM "13 0 5 34"
}

@test "seccomp cache: where nothing can be written the container starts all the same, without a word" {
	mkdir -m 700 "$STATE" "$T/small"
	: >"$CACHE"
	chmod 600 "$CACHE"
	mount --bind "$CACHE" "$CACHE"
	mount -o remount,bind,ro "$CACHE"
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	umount "$CACHE"
	nothing_cached
	# Room for the table, and not for a program.
	mount -t tmpfs -o mode=700,size=8k none "$T/small"
	head -c 4096 /dev/zero >"$T/small/filler"
	install -m 600 /dev/null "$T/small/cache"
	mount --bind "$T/small/cache" "$CACHE"
	answers COLD "13 0 5 34"
	runc run "$ID" >"$T/out" 2>"$T/err"
	same "$(cat "$T/err")" ""
	nothing_cached
	umount "$CACHE" "$T/small"
	# A file that may not be as large is a signal, which must not reach the container.
	fake_entries 0 40
	run bash -c 'ulimit -f 1000; exec timeout 10 "$@"' sh "$RUNC" --root "$STATE" run "$ID"
	same "$status $output" "0 13 0 5 34 "
	same "$(entries)" 41
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
	same "$(entries)" 42
}

# The directory of earlier versions, which runc took for a container and complained about in each list.
@test "seccomp cache: runc lists nothing of it, and what earlier versions kept is removed" {
	mkdir -m 700 "$STATE" "$CACHE"
	touch "$CACHE/$(printf %064x 1)" "$CACHE/$(printf %064x 2)" "$CACHE/new"
	answers COLD "13 0 5 34"
	answers WARM "13 0 5 34"
	same "$(stat -c '%a %F' "$CACHE")" "600 regular file"
	if [ -x /usr/sbin/runc ]; then
		args sleep 100
		detached run -d "$ID"
		run timeout 10 /usr/sbin/runc --root "$STATE" list -q
		lacks "$output" .bpf
		runc delete --force "$ID"
	fi
	# What is not ours stays, and is no error.
	rm "$CACHE"
	mkdir -m 700 "$CACHE"
	touch "$CACHE/$(printf %064x 1)" "$CACHE/README"
	cp base.json config.json
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	same "$(ls -A "$CACHE")" README
	rm -r "$CACHE"
}

@test "seccomp cache: killed while the entry is written, and the next creation does not believe it" {
	command -v strace >/dev/null || skip "strace is not installed"
	local n
	# The table without the entry, the program, the table with it.
	for n in 1 2 3; do
		args sleep 100
		timeout 20 strace -o "$T/trace" -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=$n \
			"$RUNC" --root "$STATE" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&- || true
		grep -q 'pwrite64.*KILL' "$T/trace" || grep -q 'killed by SIGKILL' "$T/trace"
		runc delete --force "$ID"
		[ ! -s "$CACHE" ] || truncate -s -8 "$CACHE"
		cp base.json config.json
		answers COLD "13 0 5 34"
		same "$(entries)" 1
		answers WARM "13 0 5 34"
		rm "$CACHE"
	done
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
	runc run "$ID" >"$T/out" </dev/null
	answers WARM "13 0 5 34"
}

@test "seccomp cache: at most 64 entries, the oldest goes" {
	local first
	answers COLD "13 0 5 34"
	first=$(table | cut -d ' ' -f 1)
	# All others are there and younger.
	fake_entries 1 63
	same "$(entries)" 64
	profile '.syscalls = []'
	answers COLD "0 0 0 34"
	same "$(entries)" 64
	lacks "$(table)" "$first"
	answers WARM "0 0 0 34"
	cp base.json config.json
	answers COLD "13 0 5 34"
	same "$(entries)" 64
	same "$(table | sort -n -k 2 | tail -n 2 | cut -d ' ' -f 2 | xargs)" "65 66"
	answers WARM "13 0 5 34"
	[ "$(stat -c %s "$CACHE")" -le $((4096 + 64 * 32768)) ]
}

@test "seccomp cache: exec takes the program of its container, whatever the cache says" {
	edit '.process.args = ["sleep", "100"]'
	detached run -d "$ID"
	expect 0
	rm "$CACHE"
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
		nothing_cached
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
	: >"$CACHE"
	chmod 600 "$CACHE"
	chown 12345 "$CACHE"
	answers COLD "13 0 5 34"
	answers COLD "13 0 5 34"
	same "$(stat -c %s "$CACHE")" 0
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
	same "$(stat -c '%u %a' "$CACHE")" "31337 600"
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
