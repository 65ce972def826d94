# The documentation says what the code does: privileges, man pages, tables, the example service, the completion.
# layouts: hybrid

load lib/common

sources_of_privileges() {
	cd "$TOP" || return
	echo shared/fds.h libexec/verbs/deps libexec/verbs/drop.c $(ls libexec/*/deps | grep -v libexec/verbs/) libexec/*/priv
}

# NAME of every program that deps files name, with the page it must have.
pages() {
	awk 'FNR == 1 { verb = FILENAME ~ /verbs/ } $1 == "program" { print $2, $2 == "help" ? "runc" : (verb ? "runc-" : "davit-") $2 }' \
		"$TOP"/libexec/*/deps
}

@test "docs: privileges.md is what the privilege tables say" {
	cd "$TOP"
	awk -f tools/privileges.awk $(sources_of_privileges) | diff -u doc/privileges.md - || { echo "run: make docs"; return 1; }
}

@test "docs: PRIVILEGES of the man pages is what the privilege tables say" {
	local page name
	cd "$TOP"
	for page in doc/man/*.8; do
		awk -v page=1 -f tools/privileges.awk $(sources_of_privileges) "$page" | diff -u "$page" - ||
			{ echo "run: make docs"; return 1; }
	done
	for name in libexec/*/priv; do
		name=${name#libexec/}
		grep -q "^\.\\\\\" priv ${name%/priv}\$" "doc/man/davit-${name%/priv}.8" ||
			{ echo "doc/man/davit-${name%/priv}.8 has no block for its privileges"; return 1; }
	done
}

@test "docs: every program has a man page with the same headings" {
	local program page want='NAME SYNOPSIS DESCRIPTION FILE DESCRIPTORS PRIVILEGES EXIT STATUS EXAMPLES SEE ALSO'
	while read -r program page; do
		[ -e "$TOP/doc/man/$page.8" ] || { echo "$program has no doc/man/$page.8"; return 1; }
		same "$page: $(sed -n 's/^\.Sh //p' "$TOP/doc/man/$page.8" | tr '\n' ' ')" "$page: $want "
	done < <(pages)
	for page in "$TOP"/doc/man/*.8; do
		pages | cut -d ' ' -f 2 | grep -qx "$(basename "$page" .8)" || { echo "$page: no such program"; return 1; }
	done
}

@test "docs: man pages are well formed and refer to pages that exist" {
	local page name
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for page in "$TOP"/doc/man/*.8; do
		run mandoc -T lint -W warning "$page"
		[[ $output != *WARNING* && $output != *ERROR* ]] || { echo "$output"; return 1; }
		for name in $(sed -n 's/^\.Xr \(\(davit\|runc\)[a-z-]*\) 8.*/\1/p' "$page"); do
			[ -e "$TOP/doc/man/$name.8" ] || { echo "$page refers to $name(8)"; return 1; }
		done
	done
}

@test "docs: architecture.md knows every descriptor, message and journal record, and every link leads somewhere" {
	local word number file target
	cd "$TOP"
	while read -r word number; do
		grep -Eq "^\| $number \| \`$word\` " doc/architecture.md || { echo "no row for $number $word"; return 1; }
	done < <(sed -nE 's/^\t(FD_[A-Z_]+) = ([0-9]+).*/\1 \2/p' shared/fds.h)
	for word in $(sed -nE 's/^\t(MSG_[A-Z]+(_[A-Z]+)*)(,| = ).*/\1/p' shared/msg.h | grep -v -e COUNT -e MSG_ONCE) \
		$(sed -nE 's/^\t(JOURNAL_[A-Z]+).*/\1/p' shared/journal.h); do
		grep -q "\`$word\`" doc/architecture.md || { echo "$word is not mentioned"; return 1; }
	done
	for file in README.md SECURITY.md doc/*.md; do
		for target in $(grep -oE '\]\([^)#]+' "$file" | cut -c 3- | grep -v '^https\?:'); do
			[ -e "$(dirname "$file")/$target" ] || { echo "$file: $target does not exist"; return 1; }
		done
		# Files named in back quotes, where they look like a path of the tree.
		for target in $(grep -oE '`(bin|libexec|shared|tools|tests|integration|doc)/[a-z0-9_/.-]+`' "$file" | tr -d '`'); do
			[ -e "$target" ] || { echo "$file: $target does not exist"; return 1; }
		done
	done
}

# conformance_problems FILE: what is wrong in its tables.
conformance_problems() {
	awk -v top="$TOP" '
		function known(file, name, path, line, pattern) {
			path = top (file ~ /\.c$/ ? "/tests/" : "/integration/") file
			if (!(path in read)) {
				while ((getline line <path) > 0) {
					if (match(line, /^@test ".*" \{$/))
						tests[path, substr(line, 8, length(line) - 10)]
					else if (match(line, /cmocka_unit_test[a-z_]*\([a-z0-9_]+/)) {
						line = substr(line, RSTART, RLENGTH)
						sub(/.*\(/, "", line)
						tests[path, line]
					}
				}
				read[path]
			}
			return (path, name) in tests
		}
		function check(tests, item, n, i, file, name) {
			n = split(tests, item, "<br>")
			if (!n)
				print NR ": no test"
			for (i = 1; i <= n; i++) {
				file = name = item[i]
				sub(/^`/, "", file)
				sub(/`: .*/, "", file)
				sub(/^[^:]*: /, "", name)
				if (item[i] !~ /^`[a-z0-9_]+\.(bats|c)`: ./ || !known(file, name))
					print NR ": no such test: " item[i]
			}
		}
		/^#/ { layouts = 0 }
		/^\| member or rule \| v1 \| v2 \| systemd \|$/ { layouts = 1; next }
		/^\| (member or rule \| what davit does \| test|--- \| --- \| ---( \| ---)?) \|$/ { next }
		!/^\|/ { next }
		{
			rows++
			if (split(substr($0, 3, length($0) - 4), cell, / \| /) != 3 + layouts || cell[1] == "" || cell[2] == "") {
				print NR ": not a row of " 3 + layouts " columns"
				next
			}
			if (!layouts)
				check(cell[3])
			# In each of these cells: what it does there, and the tests of that.
			for (i = 2; layouts && i <= 4; i++) {
				at = index(cell[i], "<br>")
				check(at > 1 ? substr(cell[i], at + 4) : "")
			}
		}
		END { if (rows < 150) print "only " rows + 0 " rows" }' "$1"
}

@test "docs: every row of conformance.md names tests that exist" {
	same "$(conformance_problems "$TOP/doc/conformance.md")" ""
	# The check itself: a row without a test, with one that is gone, with a column too few.
	{
		cat "$TOP/doc/conformance.md"
		printf '%s\n' '| a | b | |' '| a | b | `hooks.bats`: hooks: no such test |' '| a | `hooks.bats`: hooks: annotations are in the state |' \
			'| a | b | `nosuch.c`: x |' '| a | b | `test_hook.c`: test_stat |' '| a | b | hooks: annotations are in the state |' \
			'| a | b | `hooks.bats`: hooks: annotations are in the state |' '| a | b | `test_hook.c`: test_state |'
		printf '%s\n' '| member or rule | v1 | v2 | systemd |' '| a | b<br>`hooks.bats`: hooks: annotations are in the state | c | d<br>`nosuch.c`: x |' \
			'| a | `hooks.bats`: hooks: annotations are in the state |'
	} >"$T/broken.md"
	same "$(conformance_problems "$T/broken.md" | wc -l)" 9
}

# unknown_tests FILE: in back quotes, with a colon and a blank.
unknown_tests() {
	local name
	grep -oE '`[a-z][a-z ]*: [^`]+`' "$1" | tr -d '`' | sort -u | while IFS= read -r name; do
		grep -qF "@test \"$name\" {" "$TOP"/integration/*.bats "$TOP"/tests/priv/*.bats || echo "$name"
	done
}

@test "docs: SECURITY.md names tests that exist, in every row of who can do what" {
	same "$(unknown_tests "$TOP/SECURITY.md")" ""
	same "$(sed -n '/^## Who can/,/^## The matrix/p' "$TOP/SECURITY.md" | grep '^|' | grep -v -e '^| who' -e '^| class' -e '^|---' | grep -v '`')" ""
	{ cat "$TOP/SECURITY.md"; echo '`security: no such test`'; } >"$T/broken.md"
	same "$(unknown_tests "$T/broken.md")" "security: no such test"
}

@test "docs: no two tests have one name" {
	same "$(sed -n 's/^@test "\(.*\)" {$/\1/p' "$TOP"/integration/*.bats "$TOP"/integration/clients/*.bats | sort | uniq -d)" ""
}

@test "docs: make install puts every program and page in place, and what is installed and moved works" {
	local program page systemd=no
	command -v musl-gcc >/dev/null || skip "musl-gcc is not installed"
	# -o all: install what is built, whatever the switches were.
	[ -e "$LIBEXEC/scope" ] && systemd=yes
	run env -u MAKEFLAGS -u MFLAGS make -C "$TOP" -s -o all install SECCOMP="${SECCOMP:-yes}" SYSTEMD="$systemd" DESTDIR="$T/stage" PREFIX=/usr
	expect 0
	while read -r program page; do
		[ "$program" = seccomp ] && [ "$SECCOMP" = no ] && continue
		[ "$program" = scope ] && [ ! -e "$LIBEXEC/scope" ] && continue
		[ -x "$T/stage/usr/libexec/davit/$program" ] || { echo "$program is not installed"; return 1; }
		[ -e "$T/stage/usr/share/man/man8/$page.8" ] || { echo "$page.8 is not installed"; return 1; }
	done < <(pages)
	same "$(find "$T/stage" -perm /6000)" ""
	mv "$T/stage" "$T/moved"
	args echo hello
	run "$T/moved/usr/sbin/runc" --root "$STATE" run "$ID" 3>&-
	expect 0 hello
}

@test "docs: a copy of the installed runc, or a bind mount of it, finds the programs where they were installed" {
	local systemd=no
	command -v musl-gcc >/dev/null || skip "musl-gcc is not installed"
	[ -e "$LIBEXEC/scope" ] && systemd=yes
	run env -u MAKEFLAGS -u MFLAGS make -C "$TOP" -s -o all install SECCOMP="${SECCOMP:-yes}" SYSTEMD="$systemd" DESTDIR= PREFIX="$T/usr"
	expect 0
	args echo hello
	mkdir "$T/copy"
	cp "$T/usr/sbin/runc" "$T/copy/runc"
	run "$T/copy/runc" --root "$STATE" run "$ID" 3>&-
	expect 0 hello
	if [ -n "$DAVIT_ISOLATED" ]; then
		mkdir "$T/bound"
		: >"$T/bound/runc"
		mount --bind "$T/usr/sbin/runc" "$T/bound/runc"
		run "$T/bound/runc" --root "$STATE" run "$ID" 3>&-
		umount "$T/bound/runc"
		expect 0 hello
	fi
	# Never some programs from here and some from there.
	mkdir -p "$T/copy/libexec" "$T/libexec/davit"
	cp "$LIBEXEC/help" "$T/libexec/davit/help"
	run "$T/copy/runc" --root "$STATE" run "$ID" 3>&-
	[ "$status" != 0 ]
	lacks "$output" hello
	install -m 644 "$LIBEXEC/run" "$T/libexec/davit/run"
	run "$T/copy/runc" --root "$STATE" run "$ID" 3>&-
	expect 1 "no program for this command: $T/copy/../libexec/davit/run: permission denied"
	rm -r "$T/libexec" "$T/usr/libexec"
	run "$T/copy/runc" --root "$STATE" run "$ID" 3>&-
	expect 1 "no program for this command: $T/copy/../libexec/davit/run, $T/usr/libexec/davit/run: no such file or directory"
}

# unit KEY: its value in the example service that UNIT names.
unit() {
	sed -n "s/^$1=//p" "$TOP/doc/examples/${UNIT:-container}.service"
}

# service KEY: runs that command as systemd would: stdin null, in the bundle, the installed path being the tree's runc.
service() {
	local words
	words=$(unit "$1")
	words=${words#-}
	[ -z "$(unit PIDFile)" ] || words=${words//$(unit PIDFile)/$T/service.pid}
	[ "${words%% *}" = /usr/local/sbin/runc ] || { echo "$1 is not a call of runc"; return 1; }
	read -ra words <<<"${words#* }"
	[ "${words[-1]}" = web ] && words[-1]=$ID
	[ "${words[-2]}" = web ] && words[-2]=$ID
	(cd "$BUNDLE" && runc "${words[@]}" </dev/null >>"$T/service.log" 2>&1) || { cat "$T/service.log"; return 1; }
}

@test "docs: the example service starts, stops and cleans up as systemd would do it" {
	local pid
	same "$(unit Type)" forking
	args sleep 1000
	service ExecStart
	# Type=forking: the command has ended, the pid file names the main process, which is alive and not its child.
	[ -s "$T/service.pid" ]
	pid=$(cat "$T/service.pid")
	same "$pid" "$(pid_of "$ID")"
	is_running "$ID"
	service ExecStop || true
	# systemd kills what does not end by itself; sleep as process 1 ignores SIGTERM.
	kill -KILL "$pid"
	wait_for 5 is_stopped "$ID"
	service ExecStopPost
	nothing_left
}

@test "docs: the example service cleans up after a start that failed, and after a crash" {
	args /nosuch
	fails service ExecStart
	service ExecStopPost
	nothing_left
	args sleep 1000
	service ExecStart
	kill -KILL "$(cat "$T/service.pid")"
	service ExecStopPost
	nothing_left
	service ExecStart
	service ExecStopPost
	nothing_left
}

@test "docs: the example service of type notify starts, is ready, stops and cleans up" {
	[ -x "$HELPERS/helper-notify" ] || skip "the helper is not built"
	local UNIT=container-notify main listener
	same "$(unit Type) $(unit NotifyAccess)" "notify main"
	cp "$HELPERS/helper-notify" "$ROOTFS/bin/notify"
	"$HELPERS/helper-notify" listen "$T/manager" >"$T/heard" 3>&- 4>&- &
	listener=$!
	BACKGROUND=$listener
	wait_for 5 test -S "$T/manager"
	sh_args 'trap "exit 0" TERM; notify send READY=1; while :; do sleep 0.05; done'
	LIMIT=60 NOTIFY_SOCKET=$T/manager service ExecStart &
	wait_for 5 grep -q BARRIER "$T/heard"
	# The sender is the main process, which gets SIGTERM when the service is stopped.
	main=$(sed -n 's/.*MAINPID=\([0-9]*\).*/\1/p' "$T/heard")
	same "$(cut -d ' ' -f 1 "$T/heard" | sort -u)" "$main"
	contains "$(tr '\0' ' ' <"/proc/$main/cmdline")" "run $ID"
	kill -TERM "$main"
	wait_for 5 test ! -e "/proc/$main"
	service ExecStopPost
	kill $listener
	wait $listener || true
	nothing_left
}

# complete WORD…: what the completion offers for the last word.
complete_words() {
	bash -c '
		source "$1/doc/completions/runc"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_runc
		printf "%s\n" "${COMPREPLY[@]}"' complete "$TOP" "$@" 3>&-
}

@test "docs: bash completion offers verbs, options and ids" {
	same "$(complete_words "$RUNC" sta | sort | tr '\n' ' ')" "start state "
	contains "$(complete_words "$RUNC" run --)" "--no-pivot"
	contains "$(complete_words "$RUNC" run --)" "--pidfd-socket"
	contains "$(complete_words "$RUNC" run -)" "-b"
	contains "$(complete_words "$RUNC" --)" "--log-format"
	same "$(complete_words "$RUNC" --log-format j)" json
	same "$(complete_words "$RUNC" spec --ex)" "--explain"
	mkdir "$T/here"
	same "$(complete_words "$RUNC" spec --check "$T/he")" "$T/here"
	args sleep 1000
	detached create "$ID"
	expect 0
	same "$(complete_words "$RUNC" --root "$STATE" state "${ID:0:3}")" "$ID"
	same "$(complete_words "$RUNC" --root "$STATE" kill "$ID" SIGHU)" SIGHUP
}

@test "docs: no test rests on a command behind ! that does not end it" {
	local found
	# set -e ignores a command behind !; as the last of a function it is its status. What printf says is a test of this one.
	found=$(printf '%s\n' "@test \"made\" {" "	! grep x $T/file |" "		grep y" "	! true" "	# last" "}" |
		cat - "$TOP"/integration/*.bats "$TOP"/integration/*/*.bats "$TOP"/integration/*/*.bash "$TOP"/tests/*/*.bats | awk '
		/^[ \t]*(#|$)/ { next }
		held != "" { if ($0 !~ /^[ \t]*[})]/) print held; held = "" }
		{ line = line $0 }
		/(\\|\||&&)$/ { next }
		line ~ /^[ \t]*! / && line !~ /\|\|/ { held = line }
		{ line = "" }')
	same "$found" "	! grep x $T/file |		grep y"
}
