# A tmux server of the test's own: one pane with an interactive shell, its screen, its keys. Sourced after common.

# tmux_start [SHELL]: the pane runs bash, which edits its lines and restores a terminal itself; or
# dash, which does neither; or busybox sh, which edits lines and believes what it finds.
tmux_start() {
	command -v tmux >/dev/null || skip "tmux is not installed"
	SOCKET=$T/tmux.socket
	printf '#!/bin/sh\nexec "%s" --root "%s" "$@"\n' "$RUNC" "$STATE" >"$T/runc"
	chmod +x "$T/runc"
	env -u TMUX TERM=xterm SHELL=/bin/sh PATH="$T:$PATH" PS1='ready> ' HISTFILE= tmux -S "$SOCKET" -f /dev/null \
		new-session -d -x 80 -y 24 "exec ${1:-bash --noprofile --norc} -i" 3>&- 4>&-
	sees_prompt
	PANE_TTY=$(tmux_ display-message -p '#{pane_tty}')
}

tmux_() {
	tmux -S "$SOCKET" -f /dev/null "$@" 3>&- 4>&-
}

tmux_stop() {
	[ -z "$SOCKET" ] || tmux -S "$SOCKET" kill-server 2>/dev/null || true
}

screen() {
	tmux_ capture-pane -p
}

shows() {
	screen | grep -qF -- "$1"
}

# sees TEXT [SECONDS]: waits until the screen shows it.
sees() {
	wait_for "${2:-8}" shows "$1" || { echo "not on the screen: $1"; screen; return 1; }
}

# The last line that is not empty is this.
at_prompt() {
	[ "$(screen | sed '/^$/d' | tail -n 1 | sed 's/ *$//')" = "${1:-ready>}" ]
}

sees_prompt() {
	wait_for "${2:-8}" at_prompt "$1" || { echo "no prompt:"; screen; return 1; }
}

# press KEY…: tmux's names (C-c, Enter).
press() {
	tmux_ send-keys "$@"
}

# enter LINE: types it, and Enter.
enter() {
	tmux_ send-keys -l "$1"
	press Enter
}

# clean_screen: nothing but a prompt is shown; again when something that was on its way comes after it.
clean_screen() {
	wait_for 5 clears || { screen; return 1; }
}

clears() {
	tmux_ send-keys -R
	press Enter
	wait_for 3 only_prompt >/dev/null
}

only_prompt() {
	[ "$(screen | grep -c .)" = 1 ] && screen | grep -q '^[a-z]*> *$'
}

# The attributes of the pane's terminal, without its size: as they are, and as the shell gives them to its commands.
attributes_now() {
	stty -a <"$PANE_TTY" | sed 's/ rows .* columns [0-9]*;//'
}

attributes() {
	rm -f "$T/stty"
	enter "stty -a >$T/stty.new; mv $T/stty.new $T/stty"
	wait_for 5 test -e "$T/stty"
	sed 's/ rows .* columns [0-9]*;//' "$T/stty"
}

is_raw() {
	stty -a <"$PANE_TTY" | grep -q -- '-icanon' && stty -a <"$PANE_TTY" | grep -q -- '-isig'
}

becomes_raw() {
	wait_for 5 is_raw || { echo "the pane is not raw:"; stty -a <"$PANE_TTY"; screen; return 1; }
}

# The foreground runtime of this test and its tty step, by what they are.
conductor_pid() {
	local p
	for p in $(pgrep -f -- "--root $STATE"); do
		[ "$(readlink "/proc/$p/exe")" = "$LIBEXEC/${1:-run}" ] && echo "$p"
	done | head -n 1
}

tty_pid() {
	local p
	for p in $(pgrep -P "$1"); do
		case $(readlink "/proc/$p/exe") in "$LIBEXEC/tty" | "/memfd:tty "*) echo "$p" ;; esac
	done
}

is_stopped_process() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

# User and system time of a process, in ticks.
cpu_ticks() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# idle PID: nothing was used for a fifth of a second.
idle() {
	local now
	now=$(cpu_ticks "$1")
	sleep 0.2
	[ -n "$now" ] && [ "$(cpu_ticks "$1")" = "$now" ]
}
