# What the tests of exec share: a container that runs, calls that fail, and the caller's end of a socket.

# up: the container runs; $P is its first process.
up() {
	detached run -d "$ID"
	expect 0
	P=$(pid_of "$ID")
}

# fails PATTERN [FLAG…] ID WORD…: status 255 and one error record that matches.
fails() {
	local pattern=$1
	shift
	status=0
	runc exec "$@" </dev/null >"$T/out" 2>"$T/err" || status=$?
	output=$(cat "$T/out" "$T/err")
	expect 255 || return 1
	same "$(grep -c level=error "$T/err")" 1 || { cat "$T/err"; return 1; }
	grep level=error "$T/err" | grep -Eq -- "$pattern" || { echo "no /$pattern/ in: $(cat "$T/err")"; return 1; }
}
