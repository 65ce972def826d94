# The other ends of the sockets that a caller names.

# receiver HELPER [MODE]: plays the caller's end at $T/socket; what it says is in $T/received.
receiver() {
	[ -x "$HELPERS/$1" ] || skip "the helper is not built"
	rm -f "$T/socket"
	"$HELPERS/$1" "$T/socket" ${2:+"$2"} >"$T/received" 3>&- 4>&- &
	RECEIVER=$!
	BACKGROUND="$BACKGROUND $RECEIVER"
	echo "$RECEIVER of the test" >>"$T/processes.before"
	wait_for 5 test -S "$T/socket"
}

# a datagram socket at $T/datagram
datagram_socket() {
	[ -x "$HELPERS/helper-notify" ] || skip "the helper is not built"
	"$HELPERS/helper-notify" listen "$T/datagram" >/dev/null 3>&- 4>&- &
	BACKGROUND="$BACKGROUND $!"
	echo "$! of the test" >>"$T/processes.before"
	wait_for 5 test -S "$T/datagram"
}
