# The command line of runc: global options, usage errors, help, exit codes, log records. No container is made.

load lib/common

setup() {
	T=$BATS_TEST_TMPDIR
	STATE=$T/state
	mkdir -m 700 "$STATE"
	cd "$T" || return 1
}

teardown() { :; }

# split COMMAND…: standard output in $out, standard error in $err.
split() {
	status=0
	out=$("$@" 2>"$T/stderr" 3>&- 4>&- </dev/null) || status=$?
	err=$(cat "$T/stderr")
	output=$out$err
}

record='^time="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})" level=error msg='

@test "cli: no arguments, help, -h and --help print help and exit with 0" {
	local words
	for words in "" help h -h --help "--debug --help"; do
		split "$RUNC" $words
		expect 0
		same "$(grep -v '^$' <<<"$out" | sed -n 1p)" "NAME:"
		same "$(grep -v '^$' <<<"$out" | sed -n 2p)" "   runc - Open Container Initiative runtime"
		same "$err" ""
	done
}

@test "cli: help of a command" {
	local words
	for words in "help state" "h state" "state --help" "state -h" "state a b c --help"; do
		split "$RUNC" $words
		expect 0
		same "$(sed -n 2p <<<"$out")" "   runc state - output the state of a container"
		same "$err" ""
	done
}

@test "cli: every command that help lists has help of its own" {
	local verb
	for verb in $("$RUNC" help | sed -n '/^COMMANDS:/,/^$/s/^   \([a-z]*\) .*/\1/p'); do
		[ "$verb" = help ] && continue
		split "$RUNC" "$verb" --help
		expect 0 "   runc $verb - "
	done
}

@test "cli: an unknown command is exit status 3" {
	split "$RUNC" nosuch
	same "$status" 3
	grep -Eq "${record}\"No help topic for 'nosuch'\\\\n\"\$" <<<"$err"
	same "$out" ""
	split "$RUNC" help nosuch
	same "$status" 3
	split "$RUNC" nosuch --help
	same "$status" 3
	# A step is not a command.
	split "$RUNC" parse
	same "$status" 3
}

@test "cli: version" {
	local words
	for words in -v --version; do
		split "$RUNC" $words
		expect 0
		grep -Eq '^runc version [0-9]' <<<"${out%%$'\n'*}"
		grep -Eq '^commit: [^ ]+$' <<<"$out"
		grep -Eqx 'spec: [0-9]+\.[0-9]+\.[0-9]+' <<<"$out"
		same "$err" ""
	done
}

@test "cli: a wrong number of arguments" {
	split runc state
	expect 1
	same "$out" "Incorrect Usage."
	grep -Eq "$record\"$RUNC: \\\\\"state\\\\\" requires exactly 1 argument\(s\)\"\$" <<<"$err"
	split runc state a b
	expect 1 "requires exactly 1 argument(s)"
	split runc kill
	expect 1 "requires a minimum of 1 argument(s)"
	split runc kill a b c
	expect 1 "requires a maximum of 2 argument(s)"
	split runc list x
	expect 1 "requires exactly 0 argument(s)"
}

@test "cli: unknown flags and bad values" {
	split runc state --foo x
	expect 1 "Incorrect Usage: flag provided but not defined: -foo" 'msg="flag provided but not defined: -foo"'
	split runc state -it x
	expect 1 "flag provided but not defined: -it"
	split runc --criu x state y
	expect 1 "flag provided but not defined: -criu"
	split runc list --quiet=maybe
	expect 1 'invalid value "maybe" for flag -quiet'
	split runc state x --log
	expect 1 "flag needs an argument"
	split "$RUNC" --root
	expect 1 "flag needs an argument"
}

@test "cli: one dash, two dashes, = and booleans with a value" {
	local words
	for words in "-root $STATE list -q" "-root=$STATE list -quiet" "--root=$STATE list --quiet=true" \
		"--root $STATE list --quiet=1" "list --root $STATE -q" "--debug=false --root $STATE list -q -- " \
		"-- list --root $STATE -q"; do
		split "$RUNC" $words
		expect 0
		same "$output" ""
	done
}

@test "cli: flags after arguments, but not where the arguments are a program's" {
	split runc state nosuch --debug=false
	expect 1 "container does not exist"
	split runc kill nosuch --debug
	expect 1 "container does not exist"
	split runc state -- --debug # an id like any other
	expect 1 "container does not exist"
}

@test "cli: the state root" {
	split "$RUNC" --root / list
	expect 1 "Option --root argument should not be set to /"
	split "$RUNC" --root "$T/a/../../../../../../.." --log "$T/log" --log-format json list
	expect 1 "level=error msg=\"Option --root argument should not be set to /\""
	[ ! -e "$T/log" ]
	split "$RUNC" --root "$T/none" list
	expect 1 "open $T/none: no such file or directory"
	split "$RUNC" --root "$T/none" state x
	expect 1 "container does not exist"
	chmod 777 "$STATE"
	split runc list
	expect 1 "operation not permitted"
	chmod 1777 "$STATE"
	split runc list -q
	expect 0
	(cd "$STATE" && split "$RUNC" --root "" list -q && expect 0)
}

@test "cli: container ids" {
	local id
	split runc state ""
	expect 1 "container id cannot be empty"
	for id in . .. a/b "a b" ä $'a\n' ../x; do
		split runc state "$id"
		expect 1 "invalid container ID format"
	done
}

@test "cli: the log goes to a file, and the bare message to stderr" {
	split runc --log "$T/log" state x
	expect 1
	same "$err" "container does not exist"
	grep -Eq "$record\"container does not exist\"\$" "$T/log"
	split runc --log "$T/log" --log-format json state x
	same "$(wc -l <"$T/log")" 2
	same "$(tail -n 1 "$T/log" | jq -r '[keys_unsorted[]] | join(" ")')" "level msg time"
	same "$(tail -n 1 "$T/log" | jq -r .msg)" "container does not exist"
	tail -n 1 "$T/log" | jq -e '.level == "error" and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})$"))'
}

@test "cli: an error of usage is in the log, too" {
	split runc --log "$T/log" --log-format json state
	expect 1
	jq -e '.msg | endswith("requires exactly 1 argument(s)")' "$T/log"
}

@test "cli: the time of a record has the offset of the local zone" {
	split env TZ=DAV-5:30 "$RUNC" --root "$STATE" state x
	grep -Eq '^time="[^"]*\+05:30" ' <<<"$err"
	split env TZ=UTC "$RUNC" --root "$STATE" state x
	grep -Eq '^time="[^"]*Z" ' <<<"$err"
}

@test "cli: quotes, line ends and controls in a record" {
	split runc --log-format text spec --bundle $'a"b\n\e[1m\\'
	grep -qF 'msg="chdir a\"b\n\x1b[1m\\: no such file or directory"' <<<"$err"
	same "$(wc -l <<<"$err")" 1
	split runc --log-format json spec --bundle $'a"b\n\e[1m<'
	same "$(jq -r .msg <<<"$err")" $'chdir a"b\n\e[1m<: no such file or directory'
}

@test "cli: a log that cannot be used" {
	split runc --log "$T" state x
	expect 1 "open $T: is a directory"
	split runc --log "$T/no/log" state x
	expect 1 "open $T/no/log: no such file or directory"
	mkfifo "$T/fifo"
	split runc --log "$T/fifo" state x
	expect 1 "open $T/fifo: no such device or address"
	split runc --log-format xml state x
	expect 1 "invalid log-format: xml"
	split runc --log-format "" state x
	expect 1 'msg="container does not exist"'
}

@test "cli: a log is not made at the end of a symlink, and no link of another user is followed" {
	newer "1.1.5 follows and makes"
	[ "$(id -u)" = 0 ] || skip "needs root, to make a link of another user"
	mkdir "$T/dir"
	echo old >"$T/there"
	ln -s "$T/there" "$T/ours"
	split runc --log "$T/ours" state x
	same "$(sed -n 2p "$T/there" | grep -c 'container does not exist')" 1
	ln -s ../there "$T/dir/relative"
	split runc --log "$T/dir/relative" state x
	same "$(grep -c 'container does not exist' "$T/there")" 2
	split runc --log /dev/stderr state x
	expect 1
	contains "$err" 'level=error msg="container does not exist"'
	ln -s "$T/missing" "$T/dangling"
	split runc --log "$T/dangling" state x
	expect 1 "open $T/dangling: no such file or directory"
	[ ! -e "$T/missing" ]
	chown -h 1000 "$T/ours" "$T/dangling"
	for link in ours dangling; do
		split runc --log "$T/$link" state x
		expect 1 "open $T/$link: a symlink of another user is not followed"
	done
	[ ! -e "$T/missing" ]
	same "$(wc -l <"$T/there")" 3
}

@test "cli: a full log costs one line" {
	split runc --log /dev/full state x
	expect 1
	same "$(sed -n 1p <<<"$err")" "Failed to write to log, write /dev/full: no space left on device"
	same "$(sed -n 2p <<<"$err")" "container does not exist"
}

@test "cli: closed descriptors, ignored signals and a file size limit do no harm" {
	run bash -c '"$1" --root "$2" list -q 0<&- 2>&-' - "$RUNC" "$STATE"
	expect 0
	run bash -c 'trap "" CHLD TERM PIPE; ulimit -f 0; "$1" --root "$2" spec; echo "status $?"; ls -A' - "$RUNC" "$STATE"
	contains "$output" "write config.json: file too large"
	contains "$output" "status 1"
	lacks "$output" $'\nconfig.json'
	run bash -c '"$1" list --root "$2" >/dev/full' - "$RUNC" "$STATE"
	expect 1 "no space left on device"
}

@test "cli: the dispatcher works through a symlink and from a removed directory" {
	ln -s "$RUNC" "$T/link"
	split "$T/link" --root "$STATE" list -q
	expect 0
	mkdir gone
	cd gone
	rmdir "$T/gone"
	split runc list -q
	expect 0
}

@test "cli: an installation without its programs says so in one line" {
	mkdir bin
	cp "$RUNC" bin/runc
	split bin/runc list
	expect 1 "this installation of davit has no program for this command" "put a symbolic link to runc here instead of a copy"
	same "$(wc -l <<<"$err")" 1
}
