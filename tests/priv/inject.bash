# For the files that take a step over behind its confinement (integration/lib/inject.c).

setup_injection() {
	T=$BATS_TEST_TMPDIR
	STATE=$T/state
	ID=inject-$$-$RANDOM
	sort -k 5 /proc/self/mountinfo >"$T/mounts.before"
	processes >"$T/processes.before"
	[ "$(id -u)" = 0 ] || skip "needs root, who has something to give up"
	[ "$(uname -m)" = x86_64 ] || skip "helper-inject knows the registers of x86_64 only"
	echo secret >"$T/secret"
	chmod 600 "$T/secret"
}

# inject PROGRAM[:MODE] [at CALL NUMBER] CALL… -- COMMAND…: the results are in $output.
inject() {
	timeout 60 "$HELPERS/helper-inject" "$@" >"$T/injected" 2>"$T/err" </dev/null 3>&- 4>&- || true
	output=$(grep -E '^[a-z0-9_]+: ' "$T/injected") || { echo "nothing was injected: $(cat "$T/err" "$T/injected")"; return 1; }
}

# taken PROGRAM[:ARGUMENT] CALL…: conducted, with sockets that say nothing.
taken() {
	local program=${1%%:*} arguments=
	[ "$program" = "$1" ] || arguments=${1#*:}
	shift
	inject "$program" "$@" -- "$HELPERS/helper-conduct" "$LIBEXEC/$program" \
		"$(sed -n 's/#.*//; s/^fds *//p' "$TOP/libexec/$program/priv")" "$TOP/shared/fds.h" ${arguments:+"$arguments"}
}

# has_landlock N: the kernel has Landlock's ABI of that number, else the test is skipped.
has_landlock() {
	[ "$("$RUNC" features | jq -r '.annotations["davit.confinement.landlock"]' | tr -dc 0-9)" -ge "$1" ] 2>/dev/null ||
		skip "no Landlock ABI $1 in this kernel"
}

# Flags of open(2), requests of ioctl(2), commands of bpf(2) and the like, as numbers.
RDONLY=0 WRONLY=1 RDWR=2 CREAT=0100 TRUNC=01000 PATH_ONLY=010000000 CWD=-100
TIOCSTI=0x5412 TIOCSETD=0x5423 TIOCLINUX=0x541C TIOCCONS=0x541D TIOCSCTTY=0x540E TIOCSWINSZ=0x5414
SIOCSIFFLAGS=0x8914 SIOCGSKNS=0x894C
