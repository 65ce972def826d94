# tests/run starts each file through tests/plain: what a caller has makes no difference to a test.

load lib/common

setup() { T=$BATS_TEST_TMPDIR; }
teardown() { :; }

SEEN='nice; umask; chrt -p 0 | sed "s/.*: //"; ionice -p $$; grep -E "^(Sig(Blk|Ign)|Cpus_allowed_list):" /proc/self/status
	cat /proc/self/personality /proc/self/oom_score_adj; ulimit -Sa; ls /proc/$$/fd; env | grep -v ^_= | sort
	printf "%s\n" "${X-}" i | tr "[:lower:]" "[:upper:]"'

# odd COMMAND…: has everything that a caller of make check may have and no test expects.
odd() {
	(
		umask 077
		ulimit -Sn 256
		ulimit -Sc unlimited
		ulimit -Ss 4096
		exec 5</ 77</etc
		LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TERM=nonsense POSIXLY_CORRECT=1 BASH_ENV=/nonexistent CDPATH=/ X=x LISTEN_FDS=1 \
			NOTIFY_SOCKET=/nonexistent TMPDIR=/nonexistent choom -n 100 -- chrt --batch 0 ionice -c 3 taskset -c "$CPU" setarch linux32 -R \
			env --block-signal --ignore-signal nice -n 7 "$@"
	)
}

@test "runner: nothing of its caller is seen by a test" {
	CPU=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	CPU=${CPU##*[-,]}
	[ "$(choom -n 0 -- nice -n -1 nice)" = -1 ] || skip "no right to lower a nice value"
	"$TOP/tests/plain" bash -c "$SEEN" >"$T/expected" 3>&- 4>&-
	odd "$TOP/tests/plain" bash -c "$SEEN" >"$T/seen" 2>/dev/null 3>&- 4>&-
	diff "$T/expected" "$T/seen"
	odd bash -c "$SEEN" >"$T/odd" 2>/dev/null 3>&- 4>&-
	fails diff "$T/expected" "$T/odd" >"$T/differs"
	[ "$(grep -c '^>' "$T/differs")" -ge 20 ]
}

@test "runner: a job ignores and blocks no signal" {
	[ -n "$DAVIT_PLAIN" ] || skip "outside tests/run"
	local set
	for set in $(sed -n 's/^Sig\(Blk\|Ign\):[[:space:]]*//p' /proc/self/status); do
		# 32 and 33 are the C library's, which lets nobody set them.
		same "$((0x$set & ~0x180000000))" 0
	done
	same "$(umask) $LC_ALL $TERM" "0022 C.UTF-8 dumb"
}

@test "runner: what the makefile and a caller set for the tests reaches them" {
	local name names
	# NAME= before tests/run in a recipe, and ${NAME:-…} in the runner itself
	names=$(perl -0pe 's/\\\n//g' "$TOP/tests/tests.mk" | grep tests/run | grep -oE '[A-Z_]+=' | tr -d =
		grep -oE '\$\{[A-Z_]+:-[^}]' "$TOP/tests/run" | tr -dc 'A-Z_\n')
	[ "$(wc -w <<<"$names")" -ge 9 ]
	for name in $names; do
		same "$name $(env "$name=set" "$TOP/tests/plain" printenv "$name")" "$name set"
	done
}

# A test file in the test: what its failed tests leave, their teardown removes, so that nothing is removed through a mount.
@test "runner: a failed test leaves no mount, nothing behind one, and nothing of another user" {
	[ -n "$DAVIT_ISOLATED" ] || skip "needs the private namespaces of tests/run"
	mkdir "$T/kept" "$T/tmp"
	touch "$T/kept/file"
	sed 's/^TEST/@test/' >"$T/fails.bats" <<-'END'
		load "$TOP/integration/lib/common"
		TEST "mounts" {
			mkdir -p "$T/a b/c" "$T/d"
			mount -t tmpfs none "$T/a b"
			mkdir "$T/a b/c"
			mount --bind "$KEPT" "$T/a b/c"
			mount --rbind "$T/a b" "$T/d"
			cd "$T/a b"
			sleep 1000 3>&- 4>&- &
			false
		}
		TEST "a state root that is another user's by now" {
			args sleep 1000
			detached run -d "$ID"
			chown -R 1234:1234 "$STATE"
			chmod 777 "$STATE"
			false
		}
		TEST "a state root of another place" {
			args sleep 1000
			mkdir "$T/user"
			"$RUNC" --root "$T/user/state" run -d "$ID-u" </dev/null >"$T/out" 2>&1 3>&- 4>&-
			chown -R 1234:1234 "$T/user"
			false
		}
	END
	run env -i PATH="$PATH" TERM=dumb TMPDIR="$T/tmp" TOP="$TOP" KEPT="$T/kept" DAVIT_ISOLATED=1 LAYOUT="$LAYOUT" \
		"$(type -aP bats | tail -n 1)" --tap "$T/fails.bats" 3>&- 4>&-
	echo "$output"
	same "$(grep -c '^not ok' <<<"$output")" 3
	# Of the containers delete leaves nothing to report.
	same "$(grep -c '^# left behind' <<<"$output")" 1
	[ -e "$T/kept/file" ]
	fails grep -F "$T/" /proc/self/mountinfo
	fails pgrep -fx "sleep 1000"
	same "$(ls "$T/tmp")" ""
}

@test "runner: whatever traces with strace skips without it" {
	local without
	without=$(awk 'FNR == 1 || /^(@test|[a-z_]+\(\) [{(])/ { name = $0; needs = 0 }
		/needs_strace|command -v strace|type -P strace/ { needs = 1 }
		/(^|[ \t(])strace -/ && !/^[ \t]*#/ && !needs { print FILENAME ": " name }' "$TOP"/integration/*.bats "$TOP"/integration/lib/*.bash \
		"$TOP"/integration/clients/* "$TOP"/tests/priv/*.bats)
	same "$without" ""
}
